//! Django limits what a request may bring, so that one request cannot fill the memory.
use shipworthy_model::{Effective, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "upload-limit-disabled",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "a limit on the size of requests is switched off",
    guide: include_str!("upload_limit_disabled.md"),
    check,
};

/// The limits, what each stops, and from where on it stops hardly anything.
const LIMITS: [(&str, &str, i128); 4] = [
    ("DATA_UPLOAD_MAX_MEMORY_SIZE", "one request may fill the memory of a worker", 256 << 20),
    ("DATA_UPLOAD_MAX_NUMBER_FIELDS", "one request may keep a worker busy with millions of fields", 1_000_000),
    ("DATA_UPLOAD_MAX_NUMBER_FILES", "one request may open any number of temporary files", 100_000),
    ("FILE_UPLOAD_MAX_MEMORY_SIZE", "uploads up to this size are held in memory", 256 << 20),
];

fn check(facts: &Facts, findings: &mut Findings) {
    for (name, effect, generous) in LIMITS {
        judge(findings, name, &facts.setting(name), effect, generous);
    }
    if findings.is_clean() {
        findings.pass("the size of requests, and the number of their fields and files, are limited");
    }
}

fn judge(findings: &mut Findings, name: &str, limit: &Effective, effect: &str, generous: i128) {
    let none_means_off = name != "FILE_UPLOAD_MAX_MEMORY_SIZE";
    match limit.value.is_none() {
        Truth::Yes if none_means_off => {
            findings
                .fail(format!("{name} is None: no limit{}", limit.unless()))
                .at(limit.region())
                .label(effect)
                .help(format!("set {name} to a little more than the largest request you expect"));
            return;
        }
        Truth::Yes | Truth::No => {}
        Truth::Unknown(why) => {
            findings.undecided(name, &why).at(why.at.or(limit.region()));
            return;
        }
    }
    if limit.value.as_number().is_some_and(|number| number > generous as f64) {
        findings
            .fail(format!("{name} is {}{}", limit.value.show(), limit.unless()))
            .severity(Severity::Low)
            .at(limit.region())
            .label(effect)
            .help(format!("set {name} to a little more than the largest request you expect"));
    }
}
