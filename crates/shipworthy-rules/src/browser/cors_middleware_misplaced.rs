//! `CorsMiddleware` that comes too late, or not at all, leaves out headers exactly where something else answers.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "cors-middleware-misplaced",
    topic: Topic::Browser,
    severity: Severity::Low,
    django: &[],
    summary: "CorsMiddleware comes after middleware that answers requests, or is missing",
    guide: include_str!("cors_middleware_misplaced.md"),
    check,
};

const CORS: &str = "corsheaders.middleware.CorsMiddleware";

/// It lets every origin read what it serves by itself, unless `WHITENOISE_ALLOW_ALL_ORIGINS` is off.
const WHITENOISE: &str = "whitenoise.middleware.WhiteNoiseMiddleware";

/// The settings that name origins, each with its old name.
const ORIGINS: [(&str, &str); 3] = [
    ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"),
    ("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST"),
    ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"),
];

/// Middleware that may answer a request itself, without the headers then.
const ANSWERS: [&str; 3] = [
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    let app = facts.has_app("corsheaders");
    match facts.has_cors() {
        Truth::Unknown(why) => {
            findings.undecided("MIDDLEWARE", &why);
        }
        Truth::No if app.is_yes() => {
            findings
                .fail("corsheaders is installed, but CorsMiddleware is not in MIDDLEWARE")
                .at(middleware.region())
                .label("no CORS setting has any effect")
                .help(format!("put '{CORS}' near the top of MIDDLEWARE, or uninstall corsheaders"));
        }
        Truth::No => {
            findings.not_applicable("django-cors-headers is not in use");
        }
        Truth::Yes if !ORIGINS.iter().any(|names| allows(facts, names)) => {
            findings.not_applicable("the CORS settings allow no origin: CorsMiddleware adds nothing wherever it stands");
        }
        Truth::Yes => {
            let closed = facts.truth("WHITENOISE_ALLOW_ALL_ORIGINS").is_no()
                && !facts.setting("WHITENOISE_ALLOW_ALL_ORIGINS").explicit.is_no();
            let answers = |path: &str| ANSWERS.contains(&path) || closed && path == WHITENOISE;
            let before = facts.middleware_before(CORS).unwrap_or_default();
            let early = before.iter().find_map(|item| match item {
                Item::One(value) => value.as_str().filter(|path| answers(path)).map(|path| (path, value)),
                Item::Perhaps(..) | Item::Many(_) => None,
            });
            match early {
                None => {
                    findings.pass("nothing that answers requests stands before CorsMiddleware").at(middleware.region());
                }
                Some((path, value)) => {
                    late(path, value, findings);
                }
            }
        }
    }
}

/// Whether a setting lets origins in, other than while `DEBUG` is on.
fn allows(facts: &Facts, (new, old): &(&'static str, &'static str)) -> bool {
    let (_, origins) = facts.first_set(new, old);
    let debug = origins.region().and_then(|at| facts.settings.course.with_debug(at));
    !origins.truth().is_no() && debug.is_none()
}

fn late(path: &str, value: &Value, findings: &mut Findings) {
    let class = path.rsplit('.').next().unwrap_or(path);
    findings
        .fail(format!("MIDDLEWARE has {class} before CorsMiddleware"))
        .at(value.at)
        .label("what it answers goes out without CORS headers, and preflight requests may end here")
        .help(format!("move '{CORS}' above it"));
}
