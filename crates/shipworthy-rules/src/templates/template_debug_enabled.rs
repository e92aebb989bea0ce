//! The template engine's own debug option stays on when DEBUG goes off.
use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "template-debug-enabled",
    topic: Topic::Templates,
    severity: Severity::Low,
    django: &[],
    summary: "a template engine runs in debug mode",
    guide: include_str!("template_debug_enabled.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let engines = facts.engines();
    for engine in engines.list.iter().filter(|engine| engine.is_django().is_yes()) {
        match engine.option("debug") {
            Lookup::Found(debug) => {
                let at = debug.at.or(engine.at);
                match debug.truth() {
                    // What follows DEBUG is DEBUG's fault.
                    Truth::Yes if facts.truth("DEBUG").is_yes() => {}
                    Truth::Yes => {
                        findings
                            .fail(format!("OPTIONS[\"debug\"] of a template engine is on{}", facts.setting("TEMPLATES").unless()))
                            .at(at)
                            .label("stays on when DEBUG is off")
                            .help("leave the option out; it follows DEBUG");
                    }
                    Truth::No => {}
                    Truth::Unknown(why) => {
                        findings.undecided("OPTIONS[\"debug\"]", &why).at(why.at.or(at));
                    }
                }
            }
            Lookup::Absent => {}
            Lookup::Unknown(why) => {
                findings.undecided("OPTIONS[\"debug\"]", &why).at(why.at.or(engine.at));
            }
        }
    }
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if engines.list.is_empty() {
        findings.not_applicable("TEMPLATES has no entry");
    } else if findings.is_clean() {
        findings.pass("no template engine runs in debug mode on its own").at(engines.at);
    }
}
