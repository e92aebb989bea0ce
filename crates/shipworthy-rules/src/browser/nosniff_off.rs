//! Without nosniff a browser may run as a script what was uploaded as a picture.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "nosniff-off",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.W006"],
    summary: "browsers may guess content types",
    guide: include_str!("nosniff_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let nosniff = facts.setting("SECURE_CONTENT_TYPE_NOSNIFF");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings
            .not_applicable("SECURE_CONTENT_TYPE_NOSNIFF has no effect: SecurityMiddleware is not installed")
            .at(nosniff.region());
        return;
    }
    let state = nosniff.state("SECURE_CONTENT_TYPE_NOSNIFF");
    match installed.and(!nosniff.is_true()) {
        Truth::No => {
            findings.pass(state).at(nosniff.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_CONTENT_TYPE_NOSNIFF", &why);
        }
        Truth::Yes if nosniff.truth().is_yes() => {
            findings
                .fail(format!("{state}, not True: it works by accident"))
                .at(nosniff.region())
                .severity(Severity::Low)
                .django("security.W006")
                .label(format!(
                    "a value of type {} that Python takes for true, where Django's check asks for True itself",
                    nosniff.value.type_name()
                ))
                .help("set SECURE_CONTENT_TYPE_NOSNIFF = True");
        }
        Truth::Yes => {
            findings
                .fail(format!("{state}: browsers may guess the type of what they get"))
                .at(nosniff.region())
                .django("security.W006")
                .label("an uploaded \"picture\" that holds a script may run as one")
                .help("delete the line: True is the default");
        }
    }
}

/// The header on the pages of the running site.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let pages = wire.pages();
    let Some(first) = pages.first() else {
        findings.not_applicable("no page of the application was seen").seen([]);
        return;
    };
    let site = wire.called();
    let right = |value: &str| value.trim().eq_ignore_ascii_case("nosniff");
    match pages.iter().find(|seen| !seen.response.header("x-content-type-options").is_some_and(right)) {
        None => {
            findings.pass(format!("{site} sends X-Content-Type-Options: nosniff")).seen([first.id]);
        }
        Some(seen) => {
            findings
                .fail(format!("{site} does not send X-Content-Type-Options: nosniff with its pages"))
                .seen([seen.id])
                .help("let SecurityMiddleware send it: SECURE_CONTENT_TYPE_NOSNIFF is on by default");
        }
    }
}
