//! A signing key made anew in every process ends every session at a restart, and breaks them between workers.

use shipworthy_model::picture::Text;
use shipworthy_model::{Assumption, Effective, Facts, Findings, Rule, Severity, Topic, Unknown, Why};

pub(crate) static RULE: Rule = Rule {
    id: "secret-key-ephemeral",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &[],
    summary: "SECRET_KEY is made anew in every process",
    guide: include_str!("secret_key_ephemeral.md"),
    check,
};

const HELP: &str = "make one key once and give it to every process in the environment";

fn check(facts: &Facts, findings: &mut Findings) {
    // One run shows one key, and not whether the next would have another.
    if facts.runtime().is_some() {
        return;
    }
    let key = facts.setting("SECRET_KEY");
    let random = key.value.alternatives().into_iter().find_map(|(value, condition)| {
        let unknown = value.as_unknown()?;
        matches!(unknown.why, Why::Random(_)).then_some((unknown, condition))
    });
    match random {
        Some((unknown, Some(condition))) => {
            findings
                .open(format!("SECRET_KEY is made anew in every process {}", condition.clause()))
                .at(unknown.at.or(key.region()))
                .help(HELP);
        }
        Some((unknown, None)) if is_kept(facts, &unknown) => {
            findings
                .open("SECRET_KEY is made anew, and perhaps kept in a file that every process reads")
                .at(unknown.at.or(key.region()))
                .help(HELP);
        }
        Some((unknown, None)) => {
            findings
                .fail(format!("SECRET_KEY is made anew in every process{}", key.unless()))
                .at(unknown.at.or(key.region()))
                .severity(severity(&key))
                .help(HELP);
        }
        None => match key.value.as_unknown() {
            Some(Unknown { why: Why::Variable(name), .. }) if scripted(facts, &name).is_some() => {
                let Some((value, program)) = scripted(facts, &name) else { return };
                let unless = if value.assumes.is_empty() { String::new() } else { format!(" unless {name} is given") };
                let severity = if value.assumes.is_empty() { Severity::High } else { Severity::Medium };
                let finding = if is_written_down(facts, value, &name) {
                    findings.open(format!("a script makes {name} anew with {program}{unless}, and perhaps keeps it in a file"))
                } else {
                    findings.fail(format!("a script makes {name} anew with {program} at each start{unless}")).severity(severity)
                };
                finding.at(value.at).see(key.region(), "the setting").help(HELP);
            }
            Some(Unknown { why: Why::Variable(name), .. }) => {
                findings.pass(format!("SECRET_KEY is whatever the environment variable {name} holds")).at(key.region());
            }
            Some(unknown) => {
                findings.not_applicable(format!("SECRET_KEY is unknown, but not random: {}", unknown.reason())).at(key.region());
            }
            None => {
                findings.pass("SECRET_KEY is the same in every process").at(key.region());
            }
        },
    }
}

/// What a script on the way to a process that serves production gives a variable, where it makes it anew.
fn scripted<'f>(facts: &'f Facts, name: &str) -> Option<(&'f Text, &'f str)> {
    let units = facts.picture.production().into_iter().flat_map(|it| &it.units).filter(|unit| unit.serves());
    let variables = units.flat_map(|unit| unit.processes.iter().flat_map(|process| &process.variables));
    variables.filter(|it| &*it.name == name).find_map(|it| Some((&it.value, maker(&it.value)?)))
}

/// What makes a text at random.
fn maker(value: &Text) -> Option<&str> {
    match value.as_unknown().map(|unknown| &unknown.why) {
        Some(Why::Random(program)) => Some(program),
        Some(_) | None => None,
    }
}

/// Whether the script writes the variable somewhere, where the next process may find it.
fn is_written_down(facts: &Facts, value: &Text, name: &str) -> bool {
    let text = &facts.artifacts.get(value.at.artifact).text;
    let refers = |line: &str| [format!("${name}"), format!("${{{name}}}")].iter().any(|reference| line.contains(reference));
    text.lines().any(|line| refers(line) && (line.contains('>') || line.contains("tee ")) && !line.contains(">&2"))
}

/// A deployment that gives the variable is not concerned.
fn severity(key: &Effective) -> Severity {
    let unset = key.assumptions.iter().any(Assumption::is_unsettled);
    if unset { Severity::Medium } else { Severity::High }
}

/// Whether the module that makes the key also reads or writes files: it may keep the key for the next process.
fn is_kept(facts: &Facts, unknown: &Unknown) -> bool {
    let Some(at) = unknown.at else { return false };
    let text = &facts.artifacts.get(at.artifact).text;
    ["open(", ".write(", "read_text(", "write_text(", "read_bytes(", "write_bytes("].iter().any(|call| text.contains(call))
}
