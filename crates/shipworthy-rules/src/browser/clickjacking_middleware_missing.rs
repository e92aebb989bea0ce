//! Without a word about frames any site may lay this one under its own buttons.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

use crate::pages::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "clickjacking-middleware-missing",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.W002"],
    summary: "other sites may show this one in a frame",
    guide: include_str!("clickjacking_middleware_missing.md"),
    check,
};

const PAGES: Words = Words {
    right: "says who may show it in a frame",
    wrong: "may be shown in a frame by any site",
    label: Some("any site may show these pages in a frame and catch clicks on them"),
    help: "add 'django.middleware.clickjacking.XFrameOptionsMiddleware' to MIDDLEWARE",
    severity: None,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    pages::judge(facts, findings, &PAGES, |response| {
        let policy = response.all("content-security-policy").any(|policy| policy.contains("frame-ancestors"));
        let options = response.header("x-frame-options").unwrap_or_default().trim().to_ascii_lowercase();
        policy || matches!(options.as_str(), "deny" | "sameorigin")
    });
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let middleware = facts.setting("MIDDLEWARE");
    match facts.has_middleware("django.middleware.clickjacking.XFrameOptionsMiddleware") {
        Truth::Yes => {
            findings.pass("XFrameOptionsMiddleware is installed").at(middleware.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("MIDDLEWARE", &why);
        }
        Truth::No if facts.has_middleware_class("XFrameOptions").is_yes() => {
            findings
                .fail("MIDDLEWARE has another class in place of XFrameOptionsMiddleware")
                .at(middleware.region())
                .severity(Severity::Info)
                .django("security.W002")
                .label("if it is a subclass it works, and Django's check does not see it");
        }
        Truth::No if facts.frame_ancestors().is_yes() => {
            findings
                .fail("XFrameOptionsMiddleware is not in MIDDLEWARE, but frame-ancestors of the content security policy says it all")
                .at(middleware.region())
                .severity(Severity::Info)
                .django("security.W002");
        }
        Truth::No if facts.framed_by().iter().any(|directive| directive.has("*")) => {
            let at = facts.framed_by().iter().find_map(|directive| directive.at);
            findings
                .fail(
                    "XFrameOptionsMiddleware is not in MIDDLEWARE, and frame-ancestors lets every site show this one in a frame",
                )
                .at(middleware.region())
                .severity(Severity::Info)
                .django("security.W002")
                .see(at, "on purpose, as it seems");
        }
        Truth::No if let Some(at) = facts.is_added_over_tls("x-frame-options") => {
            findings
                .fail("XFrameOptionsMiddleware is not in MIDDLEWARE, but the front end sends X-Frame-Options")
                .at(middleware.region())
                .severity(Severity::Info)
                .django("security.W002")
                .see(at, "sends it");
        }
        Truth::No if facts.is_headless() => {
            findings
                .fail("XFrameOptionsMiddleware is not in MIDDLEWARE, nor is anything that logs browsers in")
                .at(middleware.region())
                .severity(Severity::Low)
                .django("security.W002")
                .help("add 'django.middleware.clickjacking.XFrameOptionsMiddleware' to MIDDLEWARE before there are pages to click on");
        }
        Truth::No => {
            findings
                .fail(format!("XFrameOptionsMiddleware is not in MIDDLEWARE{}", middleware.unless()))
                .at(middleware.region())
                .django("security.W002")
                .label("any site may show these pages in a frame and catch clicks on them")
                .help("add 'django.middleware.clickjacking.XFrameOptionsMiddleware' to MIDDLEWARE");
        }
    }
}
