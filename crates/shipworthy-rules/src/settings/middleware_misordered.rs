//! Users, messages and CSRF tokens in sessions need the session that an earlier middleware opens.
use shipworthy_model::{Facts, Findings, Item, Region, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "middleware-misordered",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "a middleware stands before the one it needs",
    guide: include_str!("middleware_misordered.md"),
    check,
};

const SESSION: &str = "django.contrib.sessions.middleware.SessionMiddleware";
const AUTH: &str = "django.contrib.auth.middleware.AuthenticationMiddleware";

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    if let Some(why) = middleware.value.as_unknown() {
        findings.undecided("MIDDLEWARE", &why).at(why.at.or(middleware.region()));
        return;
    }
    let mut needs = vec![(AUTH, SESSION)];
    let storage = facts.setting("MESSAGE_STORAGE");
    let in_session = |text: &str| text.contains(".fallback.") || text.contains(".session.");
    if storage.value.decide(|value| value.as_str().is_some_and(in_session)).is_yes() {
        needs.push(("django.contrib.messages.middleware.MessageMiddleware", SESSION));
    }
    if facts.truth("CSRF_USE_SESSIONS").is_yes() {
        needs.push(("django.middleware.csrf.CsrfViewMiddleware", SESSION));
    }
    for later in [
        "django.contrib.auth.middleware.RemoteUserMiddleware",
        "django.contrib.auth.middleware.PersistentRemoteUserMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ] {
        needs.push((later, AUTH));
    }
    for (later, earlier) in needs {
        judge(facts, findings, later, earlier);
    }
    if findings.is_clean() {
        findings.pass("each middleware stands behind the ones it needs").at(middleware.region());
    }
}

fn judge(facts: &Facts, findings: &mut Findings, later: &str, earlier: &str) {
    let middleware = facts.setting("MIDDLEWARE");
    let Some(before) = facts.middleware_before(later) else { return };
    let word = if earlier == SESSION { "session" } else { "auth" };
    let mut doubt: Option<Option<Region>> = None;
    for item in &before {
        match item {
            Item::One(value) if value.equals(earlier).is_yes() => return,
            // One of the project's own that is named alike may do the same.
            Item::One(value) => {
                let alike = |text: &str| !text.starts_with("django.") && text.to_lowercase().contains(word);
                if value.decide(|value| value.as_str().is_some_and(alike)) != Truth::No {
                    doubt = Some(value.at);
                }
            }
            Item::Perhaps(value, _) => doubt = Some(value.at),
            Item::Many(why) => doubt = Some(why.at),
        }
    }
    let at = middleware
        .value
        .certain_items()
        .find(|value| value.equals(later).is_yes())
        .and_then(|value| value.at)
        .or(middleware.region());
    let (later, earlier) = (class(later), class(earlier));
    match doubt {
        Some(other) => {
            findings.open(format!("whether something before {later} does the work of {earlier} is unknown")).at(other.or(at));
        }
        None => {
            findings
                .fail(format!("{later} does not stand behind {earlier} in MIDDLEWARE"))
                .at(at)
                .label("it raises ImproperlyConfigured, on every request or on the first that needs it")
                .help(format!("put {earlier} before {later}"));
        }
    }
}

/// The class of a dotted path.
fn class(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
