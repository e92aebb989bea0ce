//! A version number tells scanners which holes to try.

use shipworthy_model::{Encounter, Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "server-version-disclosed",
    topic: Topic::Server,
    severity: Severity::Info,
    django: &[],
    summary: "the server tells its version",
    guide: include_str!("server_version_disclosed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let telling = |seen: &Encounter<'_>| {
        ["server", "x-powered-by"].into_iter().find_map(|name| {
            let value = seen.response.header(name)?;
            let version =
                value.split([' ', '/']).any(|part| part.starts_with(|c: char| c.is_ascii_digit()) && part.contains('.'));
            version.then(|| (name, value.to_owned()))
        })
    };
    if let Some((seen, (name, value))) = wire.all_answers().find_map(|seen| Some((seen, telling(&seen)?))) {
        findings
            .fail(format!("{} tells its version in {name}: {value}", wire.called()))
            .seen([seen.id])
            .help("`server_tokens off` in nginx, `ServerTokens Prod` in Apache; removing the name altogether gains nothing");
        return;
    }
    match wire.all_answers().next() {
        Some(seen) => findings.pass(format!("{} does not tell the version of its server", wire.called())).seen([seen.id]),
        None => findings.not_applicable("no answer was seen").seen([]),
    };
}
