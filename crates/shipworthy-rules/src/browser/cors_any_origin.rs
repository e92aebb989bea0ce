//! A site that lets every origin read its answers has no wall left between it and other sites.

use shipworthy_model::front::{Change, Part};
use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Topic, Truth};

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
    let (_, all) = facts.first_set("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL");
    if !fronts(facts, findings) || facts.has_cors().and(all.truth()).is_yes() {
        settings(facts, findings);
    }
    exchanges(facts, findings);
}

/// Headers that front ends add to what comes from Django. Whether one of them lets every origin in.
fn fronts(facts: &Facts, findings: &mut Findings) -> bool {
    let mut seen: Vec<Region> = Vec::new();
    for (front, _, route, _) in facts.passages() {
        let said = |name: &str| {
            let all = route.traffic.answers_with(name).into_iter().filter(|it| it.when.is_always());
            all.filter_map(|it| match &it.change {
                Change::Set(text) | Change::Append(text) | Change::Default(text) => Some((text, it.at)),
                Change::Keep | Change::Remove | Change::Unknown(_) => None,
            })
            .next_back()
        };
        let Some((origin, at)) = said("access-control-allow-origin").filter(|(_, at)| !seen.contains(at)) else { continue };
        let repeated = matches!(origin.as_part(), Some(Part::Header(name)) if name.eq_ignore_ascii_case("origin"));
        if !repeated && origin.as_literal().as_deref() != Some("*") {
            continue;
        }
        seen.push(at);
        let name = front.kind.name();
        let credentials =
            said("access-control-allow-credentials").filter(|(text, _)| text.as_literal().as_deref() == Some("true"));
        // With `*` browsers let no cookies along.
        let finding = match credentials.filter(|_| repeated) {
            Some((_, with)) => findings
                .fail(format!("{name} repeats whatever origin asks, with credentials: every site may act here as its visitors"))
                .severity(facts.foreign_login_severity())
                .see(with, "requests of other sites may carry logins"),
            None => {
                findings.fail(format!("{name} lets every site read what this one answers to strangers")).severity(Severity::Low)
            }
        };
        finding
            .at(at)
            .label("added to what comes from Django")
            .help("remove the header, and list the origins in CORS_ALLOWED_ORIGINS of django-cors-headers")
            .weighed(facts, front);
    }
    !seen.is_empty()
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
            let paths = facts.setting("CORS_URLS_REGEX");
            let finding = if credentials.truth().is_yes() {
                let reads = facts.cors_only_reads().is_yes();
                let does = if reads { "may read here what its visitors see" } else { "may act here as its visitors" };
                let severity = facts.cors_severity();
                findings
                    .fail(format!("{state} with CORS_ALLOW_CREDENTIALS: every site {does}"))
                    .severity(if reads { severity.lowered() } else { severity })
                    .label("any origin is answered, and may send cookies")
                    .see(credentials.region(), "requests of other sites may carry logins")
                    .help(format!("list the origins in CORS_ALLOWED_ORIGINS and drop {name}"))
            } else {
                findings
                    .fail(format!("{state}: every site may read what this one answers to strangers"))
                    .severity(if paths.explicit.is_yes() { Severity::Info } else { facts.cors_severity() })
                    .help("right for a public API; otherwise list the origins in CORS_ALLOWED_ORIGINS")
            };
            finding.at(all.region()).see(paths.region(), "under these paths only");
            if let Some(test) = all.region().and_then(|at| facts.settings.course.with_debug(at)) {
                finding.severity(Severity::Info).see(test, "only while DEBUG is on");
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
