//! `WhiteNoise` answers for static files from its place in MIDDLEWARE: right behind `SecurityMiddleware`.
use shipworthy_model::{Facts, Findings, Item, Region, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "whitenoise-misplaced",
    topic: Topic::Static,
    severity: Severity::Low,
    django: &[],
    summary: "WhiteNoise's middleware is not right behind SecurityMiddleware",
    guide: include_str!("whitenoise_misplaced.md"),
    check,
};

const WHITENOISE: &str = "whitenoise.middleware.WhiteNoiseMiddleware";
const SECURITY: &str = "django.middleware.security.SecurityMiddleware";
/// Django's middleware that may stand before it: they add headers to static files too, and cost nothing.
const BEFORE: [&str; 2] = [SECURITY, "django.middleware.csp.ContentSecurityPolicyMiddleware"];

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    match facts.has_middleware(WHITENOISE) {
        Truth::Yes => {}
        Truth::No => {
            let storage = facts.storage("staticfiles");
            if storage.class().is_some_and(|class| class.starts_with("whitenoise.")) {
                findings
                    .open("static files are prepared for WhiteNoise, whose middleware is not in MIDDLEWARE")
                    .at(middleware.region())
                    .see(storage.at, "the storage of WhiteNoise")
                    .help(format!("put \"{WHITENOISE}\" behind SecurityMiddleware, unless a web server serves STATIC_ROOT"));
            } else {
                findings.not_applicable("WhiteNoise is not used");
            }
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("whether WhiteNoise is in MIDDLEWARE", &why).at(why.at.or(middleware.region()));
            return;
        }
    }
    let paths: Vec<(&str, Option<Region>)> = middleware
        .value
        .items()
        .unwrap_or_default()
        .iter()
        .filter_map(|item| match item {
            Item::One(value) => Some((value.as_str()?, value.at)),
            Item::Perhaps(..) | Item::Many(_) => None,
        })
        .collect();
    let place = |wanted: &str| paths.iter().position(|(path, _)| *path == wanted);
    let Some(own) = place(WHITENOISE) else {
        findings.open("the place of WhiteNoise in MIDDLEWARE is unknown").at(middleware.region());
        return;
    };
    let at = paths[own].1.or(middleware.region());
    if let Some((other, other_at)) = paths[..own].iter().find(|(path, _)| path.starts_with("django.") && !BEFORE.contains(path)) {
        findings
            .fail(format!("WhiteNoise stands behind {} in MIDDLEWARE{}", class(other), middleware.unless()))
            .at(at)
            .see(*other_at, "runs for every static file first")
            .help("move it right behind SecurityMiddleware");
    } else if place(SECURITY).is_some_and(|security| security > own) {
        // That is the other's fault, and another rule tells of it.
        findings.not_applicable("SecurityMiddleware is what stands in the wrong place").at(at);
    } else {
        findings.pass("WhiteNoise stands behind SecurityMiddleware and before the rest").at(at);
    }
}

/// The class of a dotted path.
fn class(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
