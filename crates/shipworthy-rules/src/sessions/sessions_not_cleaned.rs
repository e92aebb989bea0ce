//! Django never deletes expired sessions on its own: somebody has to run clearsessions.

use shipworthy_model::picture::When;
use shipworthy_model::{Facts, Findings, Region, Rule, SessionStore, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "sessions-not-cleaned",
    topic: Topic::Sessions,
    severity: Severity::Low,
    django: &[],
    summary: "expired sessions pile up",
    guide: include_str!("sessions_not_cleaned.md"),
    check,
};

/// Five years: longer than any server keeps its data.
const ENDLESS: f64 = 5.0 * 365.0 * 86_400.0;

fn check(facts: &Facts, findings: &mut Findings) {
    let engine = facts.setting("SESSION_ENGINE");
    if facts.has_sessions().is_no() {
        findings.not_applicable("MIDDLEWARE has no session middleware").at(facts.setting("MIDDLEWARE").region());
        return;
    }
    match facts.session_store() {
        Ok(SessionStore::Database | SessionStore::CachedDatabase | SessionStore::Files) => {}
        Ok(SessionStore::Cache | SessionStore::Cookies) => {
            findings.pass("sessions vanish on their own where they are kept").at(engine.region());
            return;
        }
        Ok(SessionStore::Other) => {
            findings.not_applicable("sessions are kept by another package").at(engine.region());
            return;
        }
        Err(why) => {
            findings.open(format!("SESSION_ENGINE could not be decided: {}", why.reason())).at(why.at.or(engine.region()));
            return;
        }
    }
    let age = facts.setting("SESSION_COOKIE_AGE");
    if age.value.decide(|age| age.as_number().is_some_and(|seconds| seconds > ENDLESS)).is_yes() {
        findings
            .fail(format!("SESSION_COOKIE_AGE lets sessions live for years, so none is ever expired and removed{}", age.unless()))
            .at(age.region())
            .help("let sessions expire after weeks, and run clearsessions every day");
    } else if let Some((name, at)) = schedule(facts) {
        findings.pass(format!("{name} runs clearsessions")).at(at);
    } else if let Some((when, at)) = step(facts) {
        findings.pass(format!("clearsessions runs {when}")).at(at);
    } else {
        findings
            .open("nothing in the settings or the files of the deployment runs clearsessions; another scheduler may")
            .at(engine.region())
            .help("run manage.py clearsessions every day, by cron or a scheduler of the project");
    }
}

/// When the deployment runs the command again and again, and where that is written.
fn step(facts: &Facts) -> Option<(&'static str, Region)> {
    let steps = facts.picture.runs_command("clearsessions").filter(|step| !step.conditional);
    let mut found = steps.filter_map(|step| match step.when {
        When::Scheduled(_) => Some(("by schedule", step.at)),
        When::Release => Some(("on each release", step.at)),
        When::Start => Some(("on each start", step.at)),
        When::Build | When::Pipeline | When::Manual => None,
    });
    found.next()
}

/// The setting that schedules the command, if one does: its name is enough, whatever runs it.
fn schedule(facts: &Facts) -> Option<(&str, Option<Region>)> {
    const WORDS: [&str; 5] = ["clearsessions", "clear_sessions", "clear_expired", "cleanup_sessions", "clean_sessions"];
    facts.settings.explicit.iter().find_map(|(name, setting)| {
        let mut found = None;
        setting.value.walk(&mut |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            if found.is_none() && WORDS.iter().any(|word| text.contains(word)) {
                found = Some(value.at.or(setting.origin.last().copied()));
            }
        });
        found.map(|at| (&**name, at))
    })
}
