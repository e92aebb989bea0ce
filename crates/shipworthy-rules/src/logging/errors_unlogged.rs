//! With DEBUG off Django's own logging writes errors nowhere; it only mails them to ADMINS.

use shipworthy_model::log_routes::{ERROR, Routes};
use shipworthy_model::{Definition, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "errors-unlogged",
    topic: Topic::Logging,
    severity: Severity::Medium,
    django: &[],
    summary: "server errors are logged nowhere",
    guide: include_str!("errors_unlogged.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let logging = facts.logging();
    let setting = logging.setting();
    if logging.applied.is_no() {
        let function = facts.setting("LOGGING_CONFIG");
        let message = "LOGGING_CONFIG is off: errors go where the project's own code or Python's last resort puts them";
        findings.pass(message).at(function.region());
        return;
    }
    let routes = logging.routes("django.request", ERROR);
    let written = routes.sinks.iter().find(|sink| !sink.mails);
    let mailed = routes.sinks.iter().any(|sink| sink.mails);
    if let Some(sink) = written {
        findings.pass(format!("server errors are logged by {}", sink.name)).at(sink.at.or(setting.region()));
        return;
    }
    if let Some(tracker) = facts.error_tracker() {
        findings.pass(format!("server errors are reported by {tracker}")).at(setting.region());
        return;
    }
    if let Some(why) = &routes.doubt {
        findings
            .open(format!("where server errors are logged could not be decided: {}", why.reason()))
            .at(why.at.or(setting.region()));
        return;
    }
    let middleware = facts.setting("MIDDLEWARE");
    let lists = middleware.value.alternatives();
    let mut classes = lists.iter().flat_map(|(list, _)| list.known_items());
    let catcher = classes.find(|item| item.as_str().is_some_and(|path| catches(facts, path, 20)));
    if let Some((item, path)) = catcher.and_then(|item| Some((item, item.as_str()?))) {
        let class = path.rsplit('.').next().unwrap_or(path);
        let message =
            format!("Django logs server errors nowhere, but {class}.process_exception sees them first and may log them");
        findings.open(message).at(item.at.or(middleware.region()));
        return;
    }
    let admins = facts.setting("ADMINS");
    match (mailed, admins.truth()) {
        (true, Truth::Yes) => {
            findings.pass("server errors are mailed to ADMINS").at(admins.region());
        }
        (true, Truth::Unknown(why)) => {
            findings
                .open(format!("server errors are only mailed to ADMINS, which could not be decided: {}", why.reason()))
                .at(why.at.or(admins.region()));
        }
        (true | false, _) => unlogged(facts, &routes, findings),
    }
}

/// Whether a middleware of the project, or a class of it that it derives from, is told of every exception of a view.
fn catches(facts: &Facts, path: &str, depth: usize) -> bool {
    let Some(Definition::Class(class)) = facts.definition(path) else { return false };
    class.names.contains("process_exception")
        || depth > 0 && class.bases.iter().flatten().any(|base| catches(facts, base, depth - 1))
}

fn unlogged(facts: &Facts, routes: &Routes, findings: &mut Findings) {
    let setting = facts.setting("LOGGING");
    let why = if routes.disabled {
        "LOGGING switches off the logger that reports them"
    } else if setting.truth().is_no() {
        "Django's default only mails them to ADMINS, which is empty"
    } else {
        "no handler of LOGGING writes them while DEBUG is off"
    };
    // While DEBUG is on, Django's own handler writes them to the console.
    let once = if setting.truth().is_no() && facts.truth("DEBUG").is_yes() { " once DEBUG is off" } else { "" };
    let unless = if setting.assumptions.is_empty() { facts.setting("ADMINS").unless() } else { setting.unless() };
    let finding = findings.fail(format!("server errors are logged nowhere{once}: {why}{unless}"));
    finding.at(setting.region());
    finding.help(if routes.disabled {
        "set disable_existing_loggers to False, or give the logger django a handler"
    } else {
        "give the root logger or the logger django a handler that writes to the console"
    });
    for (name, why, at) in &routes.dropped {
        finding.see(*at, format!("the handler {name} does not help: {why}"));
    }
}
