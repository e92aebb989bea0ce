//! `STATIC_URL` and `MEDIA_URL` are prefixes, so they end with a slash.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "asset-url-slash-missing",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &["urls.E006"],
    summary: "STATIC_URL or MEDIA_URL does not end with a slash",
    guide: include_str!("asset_url_slash_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for name in ["STATIC_URL", "MEDIA_URL"] {
        let url = facts.setting(name);
        // An empty text is relative, so Django reads it as the script prefix, which ends with a slash.
        let complete = |text: &str| text.is_empty() || text.ends_with('/');
        match url.value.decide(|value| value.expose_str().is_some_and(|text| !complete(text))) {
            Truth::Yes => {
                findings
                    .fail(format!("{name} is {} and does not end with a slash{}", url.value.show(), url.unless()))
                    .at(url.region())
                    .django("urls.E006")
                    .help(format!("end {name} with a slash"));
            }
            Truth::No => match url.value.decide(|value| matches!(value.type_name(), "str" | "None" | "lazy text")) {
                Truth::No => {
                    findings
                        .fail(format!("{name} is a {}, not a text", url.value.type_name()))
                        .at(url.region())
                        .help(format!("write {name} as a text that ends with a slash"));
                }
                Truth::Yes | Truth::Unknown(_) => {}
            },
            Truth::Unknown(why) => {
                findings.undecided(name, &why).at(why.at.or(url.region()));
            }
        }
    }
    if findings.is_clean() {
        let (of_static, of_media) = (facts.setting("STATIC_URL"), facts.setting("MEDIA_URL"));
        findings.pass("STATIC_URL and MEDIA_URL end with a slash or are empty").at(of_static.region().or(of_media.region()));
    }
}
