//! With `USE_TZ` off, the database holds local times: twice a year an hour is missing or ambiguous.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "time-zone-unaware",
    topic: Topic::Internationalization,
    severity: Severity::Info,
    django: &[],
    summary: "times are stored without a time zone",
    guide: include_str!("time_zone_unaware.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("USE_TZ");
    match setting.truth() {
        Truth::Yes => {
            findings.pass("USE_TZ is on: times are stored in UTC").at(setting.region());
        }
        Truth::No if setting.explicit.is_no() => {
            findings
                .fail(format!("USE_TZ is not set, and off by default in Django {}", facts.django.version))
                .label("on by default from 5.0")
                .help("set USE_TZ = True before the first data is stored, or USE_TZ = False to keep it on purpose");
        }
        Truth::No => {
            findings
                .fail(format!("USE_TZ is off{}", setting.unless()))
                .at(setting.region())
                .help("set USE_TZ = True in new projects; in old ones the stored times have to be converted");
        }
        Truth::Unknown(why) => {
            findings.undecided("USE_TZ", &why).at(why.at.or(setting.region()));
        }
    }
}
