//! A log file at a relative path moves with the working directory; one in a served folder is public.

use shipworthy_model::{Effective, Facts, Findings, Rule, Severity, Topic, Truth, Value, path};

pub(crate) static RULE: Rule = Rule {
    id: "log-file-misplaced",
    topic: Topic::Logging,
    severity: Severity::Low,
    django: &[],
    summary: "a log file lies where it does not last or should not be",
    guide: include_str!("log_file_misplaced.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let logging = facts.logging();
    let setting = logging.setting();
    if logging.applied.is_no() {
        findings.not_applicable("Django applies no LOGGING of the project").at(setting.region());
        return;
    }
    let mut files = 0;
    let handlers = logging.section("handlers").into_iter().flat_map(Value::known_entries);
    for (name, handler) in handlers {
        let Some(file) = handler.found("filename") else { continue };
        files += 1;
        let name = name.expose_str().unwrap_or("?");
        let at = file.at.or(handler.at).or(setting.region());
        match file.as_unknown() {
            Some(why) => {
                findings.open(format!("the file of the handler {name} could not be decided: {}", why.reason())).at(why.at.or(at));
            }
            None => judge(facts, setting, name, file, findings),
        }
    }
    if findings.is_clean() {
        if files == 0 {
            findings.not_applicable("no handler writes to a file").at(setting.region());
        } else {
            findings.pass("log files have absolute paths outside the project").at(setting.region());
        }
    }
}

fn judge(facts: &Facts, setting: &Effective, name: &str, file: &Value, findings: &mut Findings) {
    // What an installer fills in may be any path.
    let is_to_be_filled_in = file.as_str().is_some_and(|file| file.starts_with("@@") || file.starts_with("{{"));
    let Some(full) = facts.path_of(file).filter(|_| !is_to_be_filled_in) else { return };
    let at = file.at.or(setting.region());
    let unless = setting.unless();
    let served = facts.served_around(&full);
    if let Some(folder) = served.filter(|folder| matches!(folder.is_served(), Truth::Yes)) {
        let finding = findings
            .fail(format!("the log file of the handler {name} lies in {}, where anybody can read it{unless}", folder.setting));
        finding.at(at).see(folder.at, "every file in here is served").severity(Severity::High);
        finding.help("write logs to the console, or to a folder below /var/log");
    } else if file.as_str().is_some_and(|file| !path::is_absolute(file)) {
        let finding = findings.fail(format!("the log file of the handler {name} depends on the working directory{unless}"));
        finding
            .at(at)
            .label(format!("the path is {}", file.show()))
            .help("write logs to the console, or give the file an absolute path");
    } else if !facts.project.root.is_empty() && path::is_below(&facts.project.root, &full) {
        let finding =
            findings.fail(format!("the log file of the handler {name} lies in the project, which deployments replace{unless}"));
        finding.at(at).severity(Severity::Info).help("write logs to the console, or to a folder below /var/log");
    }
}
