//! An entry of TEMPLATES that Django cannot build an engine from fails with the first page.
use shipworthy_model::{Engine, Facts, Findings, Lookup, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "template-engine-invalid",
    topic: Topic::Templates,
    severity: Severity::High,
    django: &[],
    summary: "TEMPLATES holds an entry that Django cannot use",
    guide: include_str!("template_engine_invalid.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let engines = facts.engines();
    let mut names: Vec<String> = Vec::new();
    for engine in &engines.list {
        if engine.value.entries().is_none() {
            findings
                .fail(format!("an entry of TEMPLATES is a {}, not a dictionary", engine.value.type_name()))
                .at(engine.at)
                .help("write each entry as a dictionary with the key \"BACKEND\"");
            continue;
        }
        match engine.get("BACKEND") {
            Lookup::Found(backend) => {
                let valid = |path: &str| path.split('.').count() > 1;
                if backend.as_unknown().is_none() && !backend.as_str().is_some_and(valid) {
                    findings
                        .fail(format!("BACKEND {} of an entry of TEMPLATES is no dotted path", backend.show()))
                        .at(backend.at.or(engine.at))
                        .help("use \"django.template.backends.django.DjangoTemplates\"");
                }
            }
            Lookup::Absent => {
                findings
                    .fail("an entry of TEMPLATES names no BACKEND")
                    .at(engine.at)
                    .help("add \"BACKEND\": \"django.template.backends.django.DjangoTemplates\"");
            }
            Lookup::Unknown(why) => {
                findings.undecided("BACKEND of an entry of TEMPLATES", &why).at(why.at.or(engine.at));
            }
        }
        let Some(name) = name(engine) else { continue };
        if names.contains(&name) {
            findings
                .fail(format!("two entries of TEMPLATES are named \"{name}\""))
                .at(engine.at)
                .help("give each entry a NAME of its own");
        }
        names.push(name);
    }
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if engines.list.is_empty() {
        findings.not_applicable("TEMPLATES has no entry");
    } else if findings.is_clean() {
        findings.pass("every entry of TEMPLATES has a backend and a name of its own").at(engines.at);
    }
}

/// The engine's NAME, or what Django makes of its BACKEND: the last part but one.
fn name(engine: &Engine) -> Option<String> {
    match engine.get("NAME") {
        Lookup::Found(name) => name.as_str().map(str::to_owned),
        Lookup::Absent => engine.value.found("BACKEND")?.as_str()?.rsplit('.').nth(1).map(str::to_owned),
        Lookup::Unknown(_) => None,
    }
}
