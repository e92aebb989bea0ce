//! Without `CsrfViewMiddleware` any site can send forms in the name of whoever visits it.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "csrf-middleware-missing",
    topic: Topic::Browser,
    severity: Severity::High,
    django: &["security.W003"],
    summary: "forms are accepted from other sites",
    guide: include_str!("csrf_middleware_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    match facts.has_csrf_middleware() {
        Truth::Yes => {
            findings.pass("CsrfViewMiddleware is installed").at(middleware.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("MIDDLEWARE", &why);
        }
        Truth::No if facts.has_middleware_class("Csrf").is_yes() => {
            findings
                .fail("MIDDLEWARE has another class in place of CsrfViewMiddleware")
                .at(middleware.region())
                .severity(Severity::Low)
                .django("security.W003")
                .label("what it lets through cannot be seen from here")
                .help("install CsrfViewMiddleware itself and exempt single views with @csrf_exempt");
        }
        Truth::No if facts.knows_no_visitor() => {
            findings
                .fail("CsrfViewMiddleware is not in MIDDLEWARE, nor is anything that logs browsers in")
                .at(middleware.region())
                .severity(if facts.is_headless() { Severity::Info } else { Severity::Low })
                .django("security.W003")
                .help("add 'django.middleware.csrf.CsrfViewMiddleware' to MIDDLEWARE before anything relies on cookies");
        }
        Truth::No => {
            findings
                .fail("CsrfViewMiddleware is not in MIDDLEWARE")
                .at(middleware.region())
                .django("security.W003")
                .label("any site can send forms in the name of a visitor who is logged in here")
                .help("add 'django.middleware.csrf.CsrfViewMiddleware' to MIDDLEWARE; exempt single views with @csrf_exempt");
        }
    }
}
