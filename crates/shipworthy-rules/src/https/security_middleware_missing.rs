//! Without `SecurityMiddleware` no SECURE_ setting of Django's has any effect.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "security-middleware-missing",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &["security.W001"],
    summary: "SecurityMiddleware is not installed",
    guide: include_str!("security_middleware_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.django.version.at_least(1, 8) {
        findings.not_applicable("SecurityMiddleware came with Django 1.8");
        return;
    }
    let middleware = facts.setting("MIDDLEWARE");
    if facts.django.version.feature() < (1, 8) {
        findings.not_applicable("this Django has no SecurityMiddleware: it came with 1.8");
        return;
    }
    match facts.has_security_middleware() {
        Truth::Yes => {
            findings.pass("SecurityMiddleware is installed").at(middleware.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("MIDDLEWARE", &why);
        }
        Truth::No => {
            let heir = middleware.value.known_items().find(|item| {
                item.as_str().and_then(|path| path.rsplit('.').next()).is_some_and(|class| class.ends_with("SecurityMiddleware"))
            });
            if let Some(heir) = heir {
                findings
                    .fail(format!("MIDDLEWARE has {} in place of SecurityMiddleware", heir.show()))
                    .at(heir.at.or(middleware.region()))
                    .severity(Severity::Info)
                    .django("security.W001")
                    .label("if this is a subclass it works, but Django's checks of the SECURE_ settings stay silent")
                    .help(
                        "list django.middleware.security.SecurityMiddleware itself, and what you add in a middleware beside it",
                    );
            } else {
                findings
                    .fail(format!("SecurityMiddleware is not in MIDDLEWARE{}", middleware.unless()))
                    .at(middleware.region())
                    .django("security.W001")
                    .label("Django sends no redirect to HTTPS, no HSTS, no nosniff, no referrer and opener policy")
                    .help("put 'django.middleware.security.SecurityMiddleware' first in MIDDLEWARE");
            }
        }
    }
}
