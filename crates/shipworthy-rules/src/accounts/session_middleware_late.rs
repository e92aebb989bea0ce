//! A middleware that needs the session before there is one breaks every request.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth, Unknown, Why};

pub(crate) static RULE: Rule = Rule {
    id: "session-middleware-late",
    topic: Topic::Accounts,
    severity: Severity::High,
    django: &[],
    summary: "a middleware needs the session before SessionMiddleware has made it",
    guide: include_str!("session_middleware_late.md"),
    check,
};

const SESSION: &str = "django.contrib.sessions.middleware.SessionMiddleware";

/// Packages whose middleware is known to make no session.
const NO_SESSION: [&str; 6] = ["django.", "whitenoise.", "corsheaders.", "debug_toolbar.", "csp.", "django_prometheus."];

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    let storage = facts.setting("MESSAGE_STORAGE");
    let stored = storage.value.decide(|storage| {
        matches!(
            storage.as_str(),
            Some(
                "django.contrib.messages.storage.fallback.FallbackStorage"
                    | "django.contrib.messages.storage.session.SessionStorage"
            )
        )
    });
    let needs = [
        ("django.contrib.auth.middleware.AuthenticationMiddleware", Truth::Yes),
        ("django.contrib.messages.middleware.MessageMiddleware", stored),
        ("django.middleware.csrf.CsrfViewMiddleware", facts.truth("CSRF_USE_SESSIONS")),
    ];
    for (path, need) in needs {
        let class = path.rsplit('.').next().unwrap_or(path);
        let Some(before) = facts.middleware_before(path).filter(|_| need.is_yes()) else { continue };
        match session_among(&before) {
            Truth::Yes => {
                findings.pass(format!("{class} comes after the session")).at(middleware.region());
            }
            Truth::Unknown(why) => {
                findings.undecided(&format!("whether a session is made before {class}"), &why).at(middleware.region());
            }
            Truth::No => {
                let late = middleware.value.contains(SESSION).is_yes();
                let what = if late { "before SessionMiddleware" } else { "without SessionMiddleware" };
                let at = middleware.value.known_items().find(|item| item.as_str() == Some(path)).and_then(|item| item.at);
                findings
                    .fail(format!("MIDDLEWARE has {class} {what}"))
                    .at(at.or(middleware.region()))
                    .label("it raises an error where it wants the session and finds none")
                    .help(format!("put '{SESSION}' above it"));
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("no middleware that is known to be installed needs the session").at(middleware.region());
    }
}

/// Whether one of these middleware makes the session. A foreign one with such a name stands in for Django's.
fn session_among(before: &[Item]) -> Truth {
    before.iter().map(makes_session).fold(Truth::No, Truth::or)
}

fn makes_session(item: &Item) -> Truth {
    match item {
        Item::Many(why) => Truth::Unknown(why.clone()),
        Item::Perhaps(value, condition) => match value.as_str() {
            Some(path) if !path.to_lowercase().contains("session") => Truth::No,
            _ => Truth::Unknown(Unknown::new(Why::Branch(condition.text.clone()), condition.at)),
        },
        Item::One(value) => match value.as_str() {
            Some(path) if path == SESSION || path.to_lowercase().contains("session") => Truth::Yes,
            Some(path) if NO_SESSION.iter().any(|package| path.starts_with(package)) => Truth::No,
            Some(path) => Truth::Unknown(Unknown::new(Why::Import(path.into()), value.at)),
            None => Truth::Unknown(value.as_unknown().unwrap_or(Unknown::new(Why::Unsupported("this entry".into()), value.at))),
        },
    }
}
