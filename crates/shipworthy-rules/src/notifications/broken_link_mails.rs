//! Mail about broken links needs readers, exceptions for crawlers and a place before what swallows 404 responses.

use shipworthy_model::{Facts, Findings, Item, Kind, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "broken-link-mails",
    topic: Topic::Notifications,
    severity: Severity::Low,
    django: &[],
    summary: "mail about broken links is sent to nobody or about everything",
    guide: include_str!("broken_link_mails.md"),
    check,
};

const MAILS: &str = "django.middleware.common.BrokenLinkEmailsMiddleware";
const SWALLOW: [&str; 3] = [
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    match facts.has_middleware(MAILS) {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("MIDDLEWARE sends no mail about broken links").at(middleware.region());
            return;
        }
        Truth::Unknown(why) => {
            let message = format!("whether mail about broken links is sent could not be decided: {}", why.reason());
            findings.open(message).at(why.at.or(middleware.region()));
            return;
        }
    }
    let managers = facts.setting("MANAGERS");
    if managers.truth().is_no() {
        findings
            .fail(format!("mail about broken links goes to MANAGERS, which is empty{}", managers.unless()))
            .at(managers.region().or(middleware.region()))
            .help("name the readers in MANAGERS, or remove the middleware");
    }
    let ignored = facts.setting("IGNORABLE_404_URLS");
    // Nobody gets what nobody reads.
    if ignored.truth().is_no() && !managers.truth().is_no() {
        findings
            .fail(format!("IGNORABLE_404_URLS is empty, so every missing icon sends a mail{}", ignored.unless()))
            .at(ignored.region().or(middleware.region()))
            .help("add patterns for favicon.ico, robots.txt and the paths that scanners try");
    }
    let place = |path: &str| {
        middleware.value.items().unwrap_or_default().iter().position(|item| match item {
            Item::One(value) => Value::as_str(value) == Some(path),
            Item::Perhaps(..) | Item::Many(_) => false,
        })
    };
    let own = place(MAILS);
    if let Some(before) = SWALLOW.iter().find(|path| place(path).is_some_and(|other| own.is_some_and(|own| other < own))) {
        findings
            .fail(format!("BrokenLinkEmailsMiddleware stands after {}, which answers some 404s after it", short(before)))
            .at(middleware.region())
            .help("move it towards the top of MIDDLEWARE");
    }
    if !findings.has(Kind::Fail) {
        findings.pass("mail about broken links has readers and exceptions").at(middleware.region());
    }
}

fn short(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
