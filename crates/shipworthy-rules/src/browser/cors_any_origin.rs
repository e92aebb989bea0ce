//! A site that lets every origin read its answers has no wall left between it and other sites.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "cors-any-origin",
    topic: Topic::Browser,
    severity: Severity::High,
    django: &[],
    summary: "every site may read the answers of this one",
    guide: include_str!("cors_any_origin.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let (name, all) = facts.first_set("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL");
    let installed = facts.has_cors();
    if installed.is_no() {
        findings.not_applicable("django-cors-headers' middleware is not installed").at(all.region());
        return;
    }
    match installed.and(all.truth()) {
        Truth::No => {
            findings.pass(all.state(name)).at(all.region());
        }
        Truth::Unknown(why) => {
            findings.undecided(name, &why);
        }
        Truth::Yes => {
            let credentials = facts.setting("CORS_ALLOW_CREDENTIALS");
            let state = all.state(name);
            if credentials.truth().is_yes() {
                findings
                    .fail(format!("{state} with CORS_ALLOW_CREDENTIALS: every site may act here as its visitors"))
                    .at(all.region())
                    .severity(facts.cors_severity())
                    .label("any origin is answered, and may send cookies")
                    .see(credentials.region(), "requests of other sites may carry logins")
                    .help(format!("list the origins in CORS_ALLOWED_ORIGINS and drop {name}"));
            } else {
                let paths = facts.setting("CORS_URLS_REGEX");
                findings
                    .fail(format!("{state}: every site may read what this one answers to strangers"))
                    .at(all.region())
                    .severity(if paths.explicit.is_yes() { Severity::Info } else { facts.cors_severity() })
                    .see(paths.region(), "under these paths only")
                    .help("right for a public API; otherwise list the origins in CORS_ALLOWED_ORIGINS");
            }
        }
    }
}

/// What the running site tells a page of another site.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let Some(seen) = wire.answer(Probe::Preflight) else {
        findings.not_applicable("the site was not asked as a page of another site would").seen([]);
        return;
    };
    let allowed = seen.response.header("access-control-allow-origin").unwrap_or_default();
    let credentials = seen.response.header("access-control-allow-credentials").is_some_and(|value| value == "true");
    let help = "list the origins in CORS_ALLOWED_ORIGINS";
    if allowed.ends_with(".shipworthy.invalid") && credentials {
        findings
            .fail(format!("{site} lets pages of every site act as its visitors"))
            .seen([seen.id])
            .label("the origin that was made up is named in the answer, with credentials")
            .help(help);
    } else if allowed == "*" || allowed.ends_with(".shipworthy.invalid") {
        findings
            .fail(format!("{site} lets pages of every site read what it shows to strangers"))
            .seen([seen.id])
            .severity(Severity::Low)
            .help(help);
    } else {
        findings.pass(format!("{site} does not let pages of an unknown site read its answers")).seen([seen.id]);
    }
}
