//! A silenced check is a warning that nobody will ever see again.

use shipworthy_model::django::CHECKS;
use shipworthy_model::{Datum, Effective, Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "checks-silenced",
    topic: Topic::Checks,
    severity: Severity::Low,
    django: &[],
    summary: "checks of Django's for security are silenced",
    guide: include_str!("checks_silenced.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let silenced = facts.setting("SILENCED_SYSTEM_CHECKS");
    if let Some(why) = silenced.value.as_unknown() {
        findings.undecided("SILENCED_SYSTEM_CHECKS", &why);
        return;
    }
    if let Datum::Str(text) = &silenced.value.datum {
        whole(text, &silenced, findings);
    }
    for item in silenced.value.known_items() {
        let Some(id) = item.as_str() else { continue };
        let at = item.at.or(silenced.region());
        match asks(id) {
            Some(_) if is_met(facts, id) => {}
            Some((what, severity)) => say(id, what, severity, at, findings),
            None if unknown(id) => {
                findings
                    .fail(format!("SILENCED_SYSTEM_CHECKS names {id}, which is no check of Django's"))
                    .at(at)
                    .severity(Severity::Info)
                    .label("nothing is silenced: names count letter by letter, and some checks are gone")
                    .help("delete the entry");
            }
            None => {}
        }
    }
    if !findings.has(Kind::Fail) {
        if silenced.value.has_unknown() {
            findings.open("SILENCED_SYSTEM_CHECKS could not be decided: a part of it is unknown").at(silenced.region());
        } else {
            findings.pass("no check of Django's for security is silenced").at(silenced.region());
        }
    }
}

/// Text instead of a list silences every check whose id is a part of it.
fn whole(text: &str, silenced: &Effective, findings: &mut Findings) {
    for check in CHECKS.iter().filter(|check| text.contains(check.id)) {
        if let Some((what, severity)) = asks(check.id) {
            say(check.id, what, severity, silenced.region(), findings);
        }
    }
}

fn say(id: &str, what: &str, severity: Severity, at: Option<Region>, findings: &mut Findings) {
    findings
        .fail(format!("SILENCED_SYSTEM_CHECKS silences {id}: {what}"))
        .at(at)
        .severity(severity)
        .help("repair what it warns of, or say beside the entry who decided this and why");
}

/// Whether an entry can silence nothing. Other packages have checks of their own; those of `security` are Django's.
fn unknown(id: &str) -> bool {
    id.starts_with("security.") || !id.contains('.')
}

/// What a check asks, in a few words, and how bad it is not to hear the answer.
fn asks(id: &str) -> Option<(&'static str, Severity)> {
    use Severity::{Info, Low, Medium};
    Some(match id {
        "security.W001" => ("whether SecurityMiddleware is installed", Low),
        "security.W002" => ("whether XFrameOptionsMiddleware is installed", Low),
        "security.W003" => ("whether forms are protected against other sites", Medium),
        "security.W004" => ("whether HSTS is sent, which a front end may do", Info),
        "security.W005" => ("whether HSTS covers subdomains", Info),
        "security.W006" => ("whether browsers may guess content types", Low),
        "security.W008" => ("whether plain HTTP is redirected, which a front end may do", Info),
        "security.W009" => ("whether SECRET_KEY is weak", Medium),
        "security.W010" | "security.W011" | "security.W012" => ("whether the session cookie is for HTTPS only", Low),
        "security.W013" | "security.W014" | "security.W015" => ("whether scripts can read the session cookie", Low),
        "security.W016" => ("whether the CSRF cookie is for HTTPS only", Low),
        "security.W018" => ("whether DEBUG is on", Medium),
        "security.W019" => ("whether X_FRAME_OPTIONS is \"DENY\"", Info),
        "security.W020" => ("whether ALLOWED_HOSTS is empty", Low),
        "security.W021" => ("whether HSTS asks to be preloaded", Info),
        "security.W022" => ("whether a referrer policy is set", Info),
        "security.E023" => ("whether the referrer policy is known to browsers", Low),
        "security.E024" => ("whether the opener policy is known to browsers", Low),
        "security.W025" => ("whether SECRET_KEY_FALLBACKS are weak", Medium),
        "security.E026" => ("whether content security policies are dictionaries", Low),
        "security.W027" => ("whether templates can print the nonce of the policy", Low),
        "security.E101" | "security.E102" => ("whether CSRF_FAILURE_VIEW can be called", Low),
        "4_0.E001" => ("whether CSRF_TRUSTED_ORIGINS have a scheme", Low),
        _ => return None,
    })
}

/// Whether a middleware of the project's own is what Django's check does not know for one: a subclass of its own.
fn is_met(facts: &Facts, id: &str) -> bool {
    let class = match id {
        "security.W001" => "django.middleware.security.SecurityMiddleware",
        "security.W002" => "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "security.W003" => "django.middleware.csrf.CsrfViewMiddleware",
        _ => return false,
    };
    let middleware = facts.setting("MIDDLEWARE");
    let derives = |path: &str| path != class && facts.derives(path, class).is_yes();
    middleware.value.certain_items().any(|item| item.as_str().is_some_and(derives))
}
