//! Without nosniff a browser may run as a script what was uploaded as a picture.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

use crate::pages::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "nosniff-off",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.W006"],
    summary: "browsers may guess content types",
    guide: include_str!("nosniff_off.md"),
    check,
};

const PAGES: Words = Words {
    right: "sends X-Content-Type-Options: nosniff",
    wrong: "does not send X-Content-Type-Options: nosniff with its pages",
    label: None,
    help: "let SecurityMiddleware send it: SECURE_CONTENT_TYPE_NOSNIFF is on by default",
    severity: None,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    pages::judge(facts, findings, &PAGES, |response| {
        response.header("x-content-type-options").is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff"))
    });
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
