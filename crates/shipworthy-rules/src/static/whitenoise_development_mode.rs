//! `WhiteNoise`'s development switches make production search for files on every request.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "whitenoise-development-mode",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "WhiteNoise serves files as in development",
    guide: include_str!("whitenoise_development_mode.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.has_middleware("whitenoise.middleware.WhiteNoiseMiddleware");
    if middleware.is_no() {
        findings.not_applicable("WhiteNoise is not in MIDDLEWARE");
        return;
    }
    for (name, effect) in [
        ("WHITENOISE_AUTOREFRESH", "every request for a static file searches the disk again"),
        ("WHITENOISE_USE_FINDERS", "every file a finder knows is served, collected or not"),
    ] {
        let setting = facts.setting(name);
        match (setting.truth(), &middleware) {
            (Truth::Yes, Truth::Yes) => {
                findings
                    .fail(format!("{name} is on{}", setting.unless()))
                    .severity(if name == "WHITENOISE_AUTOREFRESH" { Severity::Medium } else { Severity::Low })
                    .at(setting.region())
                    .label(effect)
                    .help(format!("leave {name} out; it follows DEBUG"));
            }
            (Truth::Yes, Truth::Unknown(why)) => {
                findings.undecided("whether WhiteNoise is in MIDDLEWARE", why);
            }
            (Truth::Unknown(why), _) => {
                findings.undecided(name, &why).at(why.at.or(setting.region()));
            }
            (Truth::No, _) | (Truth::Yes, Truth::No) => {}
        }
    }
    if findings.is_clean() {
        findings.pass("WHITENOISE_AUTOREFRESH and WHITENOISE_USE_FINDERS are off");
    }
}
