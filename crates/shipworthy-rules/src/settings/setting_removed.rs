//! A setting that this Django no longer has does nothing, and nothing says so.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "setting-removed",
    topic: Topic::Settings,
    severity: Severity::Low,
    django: &[],
    summary: "a setting has no effect in this version of Django",
    guide: include_str!("setting_removed.md"),
    check,
};

/// A setting that a feature release removed.
struct Removed {
    name: &'static str,
    since: (u16, u16),
    severity: Severity,
    /// What replaced it; if that is set too, the leftover is harmless.
    successor: Option<&'static str>,
    effect: &'static str,
}

const fn removed(
    name: &'static str,
    since: (u16, u16),
    severity: Severity,
    successor: Option<&'static str>,
    effect: &'static str,
) -> Removed {
    Removed { name, since, severity, successor, effect }
}

/// `STATICFILES_STORAGE` and `DEFAULT_FILE_STORAGE` have a rule of their own.
const REMOVED: [Removed; 20] = [
    removed("MIDDLEWARE_CLASSES", (2, 0), Severity::Critical, Some("MIDDLEWARE"), "none of this middleware runs"),
    removed("TEMPLATE_DIRS", (1, 10), Severity::Medium, Some("TEMPLATES"), "no template is looked for here"),
    removed("TEMPLATE_LOADERS", (1, 10), Severity::Medium, Some("TEMPLATES"), "no template is loaded by these"),
    removed("TEMPLATE_CONTEXT_PROCESSORS", (1, 10), Severity::Medium, Some("TEMPLATES"), "none of these runs"),
    removed("TEMPLATE_DEBUG", (1, 10), Severity::Info, None, "OPTIONS[\"debug\"] of TEMPLATES took its place"),
    removed("TEMPLATE_STRING_IF_INVALID", (1, 10), Severity::Info, None, "an option of TEMPLATES took its place"),
    removed("ALLOWED_INCLUDE_ROOTS", (1, 10), Severity::Info, None, "the tag it belonged to is gone"),
    removed("SEND_BROKEN_LINK_EMAILS", (1, 8), Severity::Low, None, "BrokenLinkEmailsMiddleware took its place"),
    removed("CACHE_MIDDLEWARE_ANONYMOUS_ONLY", (1, 8), Severity::Low, None, "pages of users are kept as their headers allow"),
    removed("TRANSACTIONS_MANAGED", (1, 8), Severity::Low, None, "ATOMIC_REQUESTS and AUTOCOMMIT of a database took its place"),
    removed("USE_ETAGS", (2, 1), Severity::Info, None, "ConditionalGetMiddleware took its place"),
    removed("DEFAULT_CONTENT_TYPE", (3, 0), Severity::Info, None, "responses are text/html unless they say otherwise"),
    removed("FILE_CHARSET", (3, 1), Severity::Info, None, "files are read as UTF-8"),
    removed("PASSWORD_RESET_TIMEOUT_DAYS", (4, 0), Severity::Low, Some("PASSWORD_RESET_TIMEOUT"), "links last three days"),
    removed("DEFAULT_HASHING_ALGORITHM", (4, 0), Severity::Info, None, "signatures use SHA-256"),
    removed("SECURE_BROWSER_XSS_FILTER", (4, 0), Severity::Info, None, "browsers have dropped the filter as well"),
    removed("USE_L10N", (5, 0), Severity::Info, None, "formats always follow the language"),
    removed("USE_DEPRECATED_PYTZ", (5, 0), Severity::Info, None, "zoneinfo is always used"),
    removed("CSRF_COOKIE_MASKED", (5, 0), Severity::Info, None, "the cookie is never masked"),
    removed("FORMS_URLFIELD_ASSUME_HTTPS", (6, 0), Severity::Info, None, "addresses without a scheme always become https"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    for setting in REMOVED.iter().filter(|setting| version.feature() >= setting.since) {
        let leftover = facts.setting(setting.name);
        // A star import from elsewhere may set anything; naming twenty doubts would help nobody.
        if !leftover.explicit.is_yes() {
            continue;
        }
        let replaced = setting.successor.is_some_and(|name| match facts.setting(name).explicit {
            Truth::Yes => true,
            Truth::No | Truth::Unknown(_) => false,
        });
        let (major, minor) = setting.since;
        let message = format!("{} has no effect since Django {major}.{minor}", setting.name);
        let severity = if replaced { Severity::Info } else { setting.severity };
        // Where nothing says which Django the project runs, it may well be one that reads the setting: what relies on it alone
        // is rather a sign that it is.
        let relies = facts.django.assumed && !replaced && setting.severity >= Severity::High;
        let finding = if relies {
            findings.open(message + ", and nothing here says which Django the project runs")
        } else {
            findings.fail(message)
        };
        finding.at(leftover.region()).label(setting.effect);
        finding.severity(if facts.django.assumed { severity.lowered() } else { severity });
        finding.help(match setting.successor {
            Some(successor) if !replaced => format!("move it to {successor}, then remove it"),
            Some(_) | None => format!("remove {}", setting.name),
        });
        if !facts.django.assumed {
            finding.see(facts.django.at, format!("the project runs Django {version}"));
        }
    }
    if findings.is_clean() {
        findings.pass(format!("no setting that is known to have gone before Django {version} is set"));
    }
}
