//! `AUTH_USER_MODEL` is an application's label and a model's name; anything else and Django does not start.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "user-model-malformed",
    topic: Topic::Accounts,
    severity: Severity::High,
    django: &[],
    summary: "AUTH_USER_MODEL is not of the form \"label.Model\"",
    guide: include_str!("user_model_malformed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let model = facts.setting("AUTH_USER_MODEL");
    let formed = model.value.decide(|model| {
        model.as_str().is_some_and(|text| {
            text.split_once('.').is_some_and(|(label, name)| !label.is_empty() && !name.is_empty() && !name.contains('.'))
        })
    });
    match formed {
        Truth::Yes => {
            findings.pass(model.state("AUTH_USER_MODEL")).at(model.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("AUTH_USER_MODEL", &why);
        }
        Truth::No => {
            findings
                .fail(format!("{}, not of the form \"label.Model\"", model.state("AUTH_USER_MODEL")))
                .at(model.region())
                .label("Django does not start with it")
                .help("give the application's label and the class: AUTH_USER_MODEL = \"accounts.User\", without its module");
        }
    }
}
