//! Without a root URL configuration Django answers no request at all.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "root-urlconf-missing",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &[],
    summary: "ROOT_URLCONF is not set, or names a module that is not there",
    guide: include_str!("root_urlconf_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("ROOT_URLCONF");
    match setting.truth() {
        Truth::Yes => {}
        Truth::No => {
            findings
                .fail("ROOT_URLCONF is not set")
                .at(setting.region())
                .label("every request ends in an exception")
                .help("set ROOT_URLCONF to the dotted name of the module with urlpatterns");
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("ROOT_URLCONF", &why).at(why.at.or(setting.region()));
            return;
        }
    }
    let Some(module) = setting.value.as_str() else {
        findings.pass("ROOT_URLCONF is set").at(setting.region());
        return;
    };
    let absent = super::app_unknown::is_absent(facts, module);
    if absent {
        findings
            .open(format!("ROOT_URLCONF names {module}, which this tree does not have; a build step may add it"))
            .at(setting.region())
            .help("correct the dotted name, if nothing adds the module");
    } else {
        findings.pass(format!("ROOT_URLCONF is {module}")).at(setting.region());
    }
}
