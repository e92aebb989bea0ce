//! Python switches off every logger that a configuration does not name, unless it is told not to.

use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "existing-loggers-disabled",
    topic: Topic::Logging,
    severity: Severity::Low,
    django: &[],
    summary: "LOGGING switches off the loggers it does not name",
    guide: include_str!("existing_loggers_disabled.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let logging = facts.logging();
    let setting = logging.setting();
    if setting.truth().is_no() || logging.applied.is_no() {
        findings.not_applicable("Django applies no LOGGING of the project").at(setting.region());
        return;
    }
    if let Truth::Unknown(why) = &logging.applied {
        findings.undecided("whether LOGGING is applied", why).at(why.at.or(setting.region()));
        return;
    }
    match logging.disables_existing() {
        Truth::Yes => {
            let (what, at) = match setting.value.get("disable_existing_loggers") {
                Lookup::Found(flag) => ("switches off", flag.at.or(setting.region())),
                Lookup::Absent | Lookup::Unknown(_) => {
                    ("does not set disable_existing_loggers, which switches off", setting.region())
                }
            };
            let unless = facts.settings.unless("LOGGING", setting, &["disable_existing_loggers"]);
            findings
                .fail(format!("LOGGING {what} the loggers it does not name, those of the web server too{unless}"))
                .at(at)
                .help("set disable_existing_loggers to False");
        }
        Truth::No => {
            findings.pass("LOGGING keeps the loggers it does not name").at(setting.region());
        }
        Truth::Unknown(why) => {
            let message = format!("whether LOGGING switches off other loggers could not be decided: {}", why.reason());
            findings.open(message).at(why.at.or(setting.region()));
        }
    }
}
