//! With an `AllowAllUsers` backend a deactivated account stays logged in.

use shipworthy_model::{Definition, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "inactive-users-allowed",
    topic: Topic::Accounts,
    severity: Severity::Medium,
    django: &[],
    summary: "deactivated users stay logged in",
    guide: include_str!("inactive_users_allowed.md"),
    check,
};

const ALLOW_ALL: [&str; 2] =
    ["django.contrib.auth.backends.AllowAllUsersModelBackend", "django.contrib.auth.backends.AllowAllUsersRemoteUserBackend"];

fn check(facts: &Facts, findings: &mut Findings) {
    let backends = facts.setting("AUTHENTICATION_BACKENDS");
    if facts.has_app("django.contrib.auth").is_no() {
        findings.not_applicable("django.contrib.auth is not installed").at(backends.region());
        return;
    }
    let derived = backends.value.certain_items().find(|item| item.as_str().is_some_and(|path| derives(facts, path)));
    if let Some((item, path)) = derived.and_then(|item| Some((item, item.as_str()?))) {
        findings
            .fail(format!("{path} derives from a backend that lets deactivated users in"))
            .at(item.at.or(backends.region()))
            .label("sessions of a user go on when is_active is taken away, and only the login form still asks")
            .help("derive it from the backend of the same name without AllowAllUsers");
        return;
    }
    match facts.lists("AUTHENTICATION_BACKENDS", ALLOW_ALL[0]).or(facts.lists("AUTHENTICATION_BACKENDS", ALLOW_ALL[1])) {
        Truth::No => {
            findings.pass("no backend lets deactivated users in").at(backends.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("AUTHENTICATION_BACKENDS", &why);
        }
        Truth::Yes => {
            let item = backends.value.known_items().find(|item| item.as_str().is_some_and(|path| ALLOW_ALL.contains(&path)));
            findings
                .fail("AUTHENTICATION_BACKENDS lets deactivated users in")
                .at(item.and_then(|item| item.at).or(backends.region()))
                .label("sessions of a user go on when is_active is taken away, and only the login form still asks")
                .help("use the backend of the same name without AllowAllUsers");
        }
    }
}

/// Whether a class of the project's own derives from one of them, and does not itself say who is let in.
fn derives(facts: &Facts, path: &str) -> bool {
    let Some(Definition::Class(class)) = facts.definition(path) else { return false };
    let decides = ["user_can_authenticate", "get_user", "authenticate"].iter().any(|name| class.names.contains(*name));
    !decides && ALLOW_ALL.iter().any(|backend| facts.derives(path, backend).is_yes())
}
