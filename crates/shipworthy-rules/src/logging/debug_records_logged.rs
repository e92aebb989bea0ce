//! Records of level DEBUG are written for the developer: many, and with what users typed.

use shipworthy_model::log_routes::{DEBUG, lineage};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Value};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "debug-records-logged",
    topic: Topic::Logging,
    severity: Severity::Low,
    django: &[],
    summary: "records of level DEBUG are logged",
    guide: include_str!("debug_records_logged.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(logging) = subjects::logging(facts, findings) else { return };
    let setting = logging.setting();
    for name in ["", "django", "django.template", "django.db.backends"] {
        let Some(logger) = logging.logger(name) else { continue };
        let own = logger.found("level").filter(|_| logging.effective_level(&lineage(name)).is_some_and(|level| level <= DEBUG));
        let written = logging.routes(name, DEBUG).sinks.iter().any(|sink| !sink.mails);
        let Some(level) = own.filter(|level| written && level_is_debug(level)) else { continue };
        let queries = name == "django.db.backends";
        let called = if name.is_empty() { "the root logger".to_owned() } else { format!("the logger {name}") };
        let what = if queries { ": every query, while DEBUG is on" } else { "" };
        if let Some(filter) = filter(logger) {
            findings
                .open(format!("{called} logs those records of level DEBUG that its filter {} lets through", filter.show()))
                .at(level.at.or(logger.at).or(setting.region()));
            continue;
        }
        let keys: &[&str] = if name.is_empty() { &["root", "level"] } else { &["loggers", name, "level"] };
        let unless = facts.settings.unless("LOGGING", setting, keys);
        let finding = findings.fail(format!("{called} logs records of level DEBUG{unless}{what}"));
        finding.at(level.at.or(logger.at).or(setting.region())).help("use INFO or WARNING in production");
        if queries {
            finding.severity(Severity::Info);
        }
    }
    if findings.is_clean() {
        findings.pass("no logger of Django logs records of level DEBUG").at(setting.region());
    }
}

/// A filter of a logger itself: what it drops nobody writes, and what a class drops is not to be seen.
fn filter(logger: &Value) -> Option<&Value> {
    logger.found("filters")?.known_items().next()
}

fn level_is_debug(level: &Value) -> bool {
    shipworthy_model::log_routes::level_of(level).is_some_and(|level| level <= DEBUG)
}
