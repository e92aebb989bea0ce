//! DEBUG shows source code and settings to anyone who can cause an error.

use shipworthy_model::{Assumption, Facts, Findings, Given, Probe, Rule, Severity, Sign, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "debug-enabled",
    topic: Topic::Debug,
    severity: Severity::Critical,
    django: &["security.W018"],
    summary: "DEBUG is on",
    guide: include_str!("debug_enabled.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let debug = facts.setting("DEBUG");
    match debug.truth() {
        Truth::Yes => {
            let text = debug.value.alternatives().iter().any(|(value, _)| value.expose_str().is_some());
            let why = if text { ": any text counts as true, even \"False\"" } else { "" };
            let finding = findings.fail(format!("DEBUG is on{}{why}", debug.unless()));
            let variables = debug.assumptions.iter().filter_map(Assumption::variable);
            for variable in variables.filter_map(|name| facts.settings.variables.iter().find(|variable| &*variable.name == name))
            {
                if let Some(Given::File(given)) = &variable.given {
                    finding.see(*given, format!("{} is given here", variable.name));
                }
            }
            // A file of each server's own that is not committed is there to say otherwise.
            if debug.assumptions.iter().any(|it| matches!(it, Assumption::Absent(_) | Assumption::Silent(_))) {
                finding.severity(Severity::High);
            }
            finding
                .at(debug.region())
                .django("security.W018")
                .help("set DEBUG = False in the settings of production, or let it be off unless a variable switches it on");
        }
        Truth::No => {
            if let Some((name, at)) = &facts.settings.debug_elsewhere {
                findings
                    .open(format!("DEBUG is on with what {name} gives, and nothing says whether that is production's"))
                    .at(*at)
                    .help("name the file under `classes` in the configuration, and switch DEBUG off in it if it is production's");
                return;
            }
            if let Some((supposed, at)) = facts.settings.supposed.as_ref().and_then(|it| Some((it, it.debug?))) {
                let names: Vec<&str> = supposed.switches.iter().map(|it| &*it.variable).collect();
                let (names, verb) = (names.join(" and "), if names.len() == 1 { "says" } else { "say" });
                findings
                    .fail(format!("DEBUG is on wherever {names} {verb} nothing"))
                    .at(at)
                    .severity(Severity::Low)
                    .help("let what is not told where it runs be production: DEBUG is off unless a variable switches it on");
                return;
            }
            findings.pass(format!("DEBUG is off{}", debug.unless())).at(debug.region());
        }
        Truth::Unknown(why) => {
            findings
                .open(format!("DEBUG could not be decided: {}", why.reason()))
                .at(why.at.or(debug.region()))
                .help("give the variables of production with --env-file, or let DEBUG be off by default");
        }
    }
}

/// The running site shows its developers' pages, or shows something else where they would be.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    if let Some(seen) = wire.all_answers().find(|seen| seen.response.shows_debug()) {
        findings
            .fail(format!("DEBUG is on: {site} answers with Django's page for developers"))
            .seen([seen.id])
            .help("set DEBUG = False in the settings of production, and restart every process");
        return;
    }
    // Django writes its bare pages only while DEBUG is off.
    let bare = [(Probe::MalformedHost, Sign::StockBadRequest), (Probe::Missing, Sign::StockNotFound)];
    let proof =
        bare.into_iter().flat_map(|(probe, sign)| wire.answers(probe).filter(move |seen| seen.response.shows(sign))).next();
    let missing = wire.answer(Probe::Missing).filter(|seen| seen.response.status == 404 && !seen.response.shows(Sign::FrontEnd));
    match (proof, missing) {
        (Some(seen), _) => {
            findings.pass(format!("{site} shows no page for developers where there would be one")).seen([seen.id]);
        }
        (None, Some(seen)) if wire.is_django() => {
            findings
                .open(format!("{site} shows no page for developers, but a view of its own may have answered"))
                .seen([seen.id])
                .severity(Severity::Low);
        }
        (None, _) => {
            findings
                .open(format!("whether DEBUG is on at {site} could not be decided: no error page of Django's was seen"))
                .seen([]);
        }
    }
}
