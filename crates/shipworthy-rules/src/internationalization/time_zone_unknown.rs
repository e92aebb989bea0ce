//! Django refuses to start with a time zone that the system does not know.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, django};

pub(crate) static RULE: Rule = Rule {
    id: "time-zone-unknown",
    topic: Topic::Internationalization,
    severity: Severity::High,
    django: &[],
    summary: "TIME_ZONE is no known time zone",
    guide: include_str!("time_zone_unknown.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("TIME_ZONE");
    match setting.truth() {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("TIME_ZONE is empty: the system's own time is used").at(setting.region());
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("TIME_ZONE", &why).at(why.at.or(setting.region()));
            return;
        }
    }
    let shown = setting.value.show();
    match setting.value.decide(|zone| zone.as_str().is_some_and(django::is_time_zone)) {
        Truth::Yes => {
            findings.pass(format!("TIME_ZONE {shown} is known")).at(setting.region());
        }
        Truth::No => {
            findings
                .fail(format!("TIME_ZONE {shown} is no name of the tz database{}", setting.unless()))
                .at(setting.region())
                .label("where the system has the database, Django stops with an exception")
                .help("write a name such as \"UTC\" or \"Europe/Berlin\", with its capital letters");
        }
        Truth::Unknown(why) => {
            findings.undecided("TIME_ZONE", &why).at(why.at.or(setting.region()));
        }
    }
}
