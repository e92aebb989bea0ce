//! What stands before `SecurityMiddleware` answers plain HTTP and goes out without its headers.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "security-middleware-late",
    topic: Topic::Https,
    severity: Severity::Low,
    django: &[],
    summary: "SecurityMiddleware comes after middleware that answers requests",
    guide: include_str!("security_middleware_late.md"),
    check,
};

/// Middleware that answers a request itself, or opens the session, before the redirect to HTTPS has happened.
const ANSWERS: [&str; 6] = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    match facts.has_security_middleware() {
        Truth::No => {
            findings.not_applicable("SecurityMiddleware is not installed").at(middleware.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("MIDDLEWARE", &why);
        }
        Truth::Yes => {
            let before = facts.middleware_before("django.middleware.security.SecurityMiddleware").unwrap_or_default();
            let early = before.iter().find_map(|item| match item {
                Item::One(value) => value.as_str().filter(|path| ANSWERS.contains(path)).map(|path| (path.to_owned(), value.at)),
                Item::Perhaps(..) | Item::Many(_) => None,
            });
            match early {
                None => {
                    findings.pass("nothing that answers requests stands before SecurityMiddleware").at(middleware.region());
                }
                Some((path, at)) => {
                    let class = path.rsplit('.').next().unwrap_or(&path).to_owned();
                    findings
                        .fail(format!("MIDDLEWARE has {class} before SecurityMiddleware{}", middleware.unless()))
                        .at(at.or(middleware.region()))
                        .label("works before the redirect to HTTPS, and what it answers has no security headers")
                        .help("move 'django.middleware.security.SecurityMiddleware' to the top of MIDDLEWARE");
                }
            }
        }
    }
}
