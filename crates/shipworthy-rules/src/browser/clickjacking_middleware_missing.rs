//! Without a word about frames any site may lay this one under its own buttons.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "clickjacking-middleware-missing",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.W002"],
    summary: "other sites may show this one in a frame",
    guide: include_str!("clickjacking_middleware_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
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
        Truth::No => {
            findings
                .fail("XFrameOptionsMiddleware is not in MIDDLEWARE")
                .at(middleware.region())
                .django("security.W002")
                .label("any site may show these pages in a frame and catch clicks on them")
                .help("add 'django.middleware.clickjacking.XFrameOptionsMiddleware' to MIDDLEWARE");
        }
    }
}

/// What the pages of the running site say about frames.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let pages = wire.pages();
    let Some(first) = pages.first() else {
        findings.not_applicable("no page of the application was seen").seen([]);
        return;
    };
    let site = wire.called();
    let speaks = |seen: &&shipworthy_model::Encounter<'_>| {
        let policy = seen.response.all("content-security-policy").any(|policy| policy.contains("frame-ancestors"));
        let options = seen.response.header("x-frame-options").unwrap_or_default().trim().to_ascii_lowercase();
        policy || matches!(options.as_str(), "deny" | "sameorigin")
    };
    match pages.iter().find(|seen| !speaks(seen)) {
        None => {
            findings.pass(format!("{site} says who may show it in a frame")).seen([first.id]);
        }
        Some(seen) => {
            findings
                .fail(format!("{site} may be shown in a frame by any site"))
                .seen([seen.id])
                .label("any site may show these pages in a frame and catch clicks on them")
                .help("add 'django.middleware.clickjacking.XFrameOptionsMiddleware' to MIDDLEWARE");
        }
    }
}
