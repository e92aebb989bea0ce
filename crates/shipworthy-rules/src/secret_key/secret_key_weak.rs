//! A signing key that can be guessed lets anyone forge sessions, reset links and signed cookies.

use shipworthy_model::key::Weakness;
use shipworthy_model::{Assumption, Effective, Facts, Findings, Provenance, Rule, Severity, Topic, Truth, Unknown, Why};

pub(crate) static RULE: Rule = Rule {
    id: "secret-key-weak",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &["security.W009"],
    summary: "SECRET_KEY is weak",
    guide: include_str!("secret_key_weak.md"),
    check,
};

const HELP: &str = "make one with django.core.management.utils.get_random_secret_key() and keep it outside the source";

fn check(facts: &Facts, findings: &mut Findings) {
    let key = facts.setting("SECRET_KEY");
    let judged: Vec<Option<Weakness>> = key.value.alternatives().into_iter().map(|(value, _)| Weakness::of(value)).collect();
    let reported = key.value.decide(|value| Weakness::of(value).is_some_and(Weakness::is_reported));
    let written = facts.given_in(&key, &key.value);
    // `try: SECRET_KEY = os.environ["SECRET_KEY"]`, and nothing where it is not set: Django refuses to work then.
    let asked = facts.settings.variables.iter().find(|it| it.given.is_none() && it.name.contains("SECRET_KEY"));
    if let Some(variable) = asked.filter(|_| key.explicit.is_no()) {
        findings
            .open(format!("SECRET_KEY cannot be judged: the environment variable {} was not given", variable.name))
            .at(variable.reads.first().copied())
            .help("give the variables of production with --env-file; only the strength of the key is looked at");
        return;
    }
    match (reported, judged.first().copied().flatten()) {
        (Truth::Yes, Some(weakness)) => {
            findings
                .fail(format!("SECRET_KEY {}{}", weakness.clause(), key.unless()))
                .at(written.or(key.region()))
                .see(written.and(key.region()), "the setting")
                .django("security.W009")
                .severity(severity(facts, &key, weakness))
                .help(HELP);
        }
        (Truth::Unknown(why), _) => undecided(&key, &why, findings),
        (Truth::Yes | Truth::No, _) => match judged.into_iter().flatten().next() {
            Some(weakness) => {
                let severity = if weakness == Weakness::NotText("bytes") { Severity::Info } else { Severity::High };
                findings
                    .fail(format!("SECRET_KEY {}{}", weakness.clause(), key.unless()))
                    .at(written.or(key.region()))
                    .see(written.and(key.region()), "the setting")
                    .severity(severity)
                    .help(HELP);
            }
            None => {
                findings.pass(format!("SECRET_KEY is long and varied{}", key.unless())).at(key.region());
            }
        },
    }
}

/// Django refuses to work with an empty key, so a variable that must be given is no danger; a key that is short but random
/// is none in practice.
fn severity(facts: &Facts, key: &Effective, weakness: Weakness) -> Severity {
    let unset = key.assumptions.iter().any(Assumption::is_unsettled);
    let written = matches!(facts.provenance(key, &key.value), Provenance::Written | Provenance::Default(_));
    match weakness {
        Weakness::Empty if unset => Severity::Info,
        Weakness::Short(_) => Severity::Low,
        Weakness::Prefixed if !written => Severity::Medium,
        // A file of each server's own that is not committed is there to say otherwise.
        _ if key.assumptions.iter().any(|it| matches!(it, Assumption::Absent(_) | Assumption::Silent(_))) => Severity::Medium,
        Weakness::Empty | Weakness::Prefixed | Weakness::Guessable | Weakness::Placeholder | Weakness::NotText(_) => {
            Severity::High
        }
    }
}

fn undecided(key: &Effective, why: &Unknown, findings: &mut Findings) {
    let at = why.at.or(key.region());
    match &why.why {
        Why::Random(maker) if maker.trim_end_matches("()").ends_with("get_random_secret_key") => {
            findings.pass("SECRET_KEY is made by get_random_secret_key(): 50 random characters").at(at);
        }
        Why::Random(maker) => {
            findings.not_applicable(format!("SECRET_KEY is made by {maker}: nobody can guess it, and nobody can keep it")).at(at);
        }
        Why::Variable(name) => {
            findings
                .open(format!("SECRET_KEY cannot be judged: the environment variable {name} was not given"))
                .at(at)
                .help("give the variables of production with --env-file; only the strength of the key is looked at");
        }
        _ => {
            findings.undecided("the strength of SECRET_KEY", why).at(at);
        }
    }
}
