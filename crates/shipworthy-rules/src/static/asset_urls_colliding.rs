//! `STATIC_URL` and `MEDIA_URL` must not claim each other's addresses.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "asset-urls-colliding",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "STATIC_URL and MEDIA_URL overlap",
    guide: include_str!("asset_urls_colliding.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let (of_static, of_media) = (facts.setting("STATIC_URL"), facts.setting("MEDIA_URL"));
    for (name, url) in [("STATIC_URL", &of_static), ("MEDIA_URL", &of_media)] {
        if let Some(why) = url.value.as_unknown() {
            findings.undecided(name, &why).at(why.at.or(url.region()));
            return;
        }
    }
    let (Some(statics), Some(media)) = (of_static.value.as_str(), of_media.value.as_str()) else {
        findings.not_applicable("STATIC_URL and MEDIA_URL are not both set");
        return;
    };
    let (statics, media) = (prefixed(statics), prefixed(media));
    let at = of_media.region().or(of_static.region());
    if statics == media {
        findings
            .fail(format!("STATIC_URL and MEDIA_URL are both {}", of_media.value.show()))
            .severity(Severity::High)
            .at(at)
            .see(of_static.region(), "the same prefix for the project's own files")
            .help("give uploads a prefix of their own, such as \"media/\"");
    } else if media.starts_with(&statics) && statics != "/" {
        findings
            .fail(format!("MEDIA_URL {} lies within STATIC_URL {}", of_media.value.show(), of_static.value.show()))
            .at(at)
            .see(of_static.region(), "whoever serves this prefix answers for uploads too")
            .help("give uploads a prefix of their own, such as \"media/\"");
    } else if statics.starts_with(&media) && media != "/" {
        findings
            .fail(format!("STATIC_URL {} lies within MEDIA_URL {}", of_static.value.show(), of_media.value.show()))
            .at(at)
            .see(of_static.region(), "an upload could take the name of a script of the site")
            .help("give static files a prefix outside the one for uploads");
    } else {
        findings.pass("STATIC_URL and MEDIA_URL do not overlap").at(at);
    }
}

/// The prefix as Django uses it: a relative one starts at the root of the site, and so does an empty one.
fn prefixed(url: &str) -> String {
    if url.starts_with("http://") || url.starts_with("https://") || url.starts_with('/') {
        url.to_owned()
    } else {
        format!("/{url}")
    }
}
