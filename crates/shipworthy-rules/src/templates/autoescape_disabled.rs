//! Without automatic escaping every variable of a template is an injection waiting for its user.
use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "autoescape-disabled",
    topic: Topic::Templates,
    severity: Severity::High,
    django: &[],
    summary: "templates do not escape what they print",
    guide: include_str!("autoescape_disabled.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let engines = facts.engines();
    for engine in &engines.list {
        match engine.is_django().or(engine.is_jinja()) {
            Truth::Yes => {}
            Truth::No | Truth::Unknown(_) => continue,
        }
        match engine.option("autoescape") {
            Lookup::Found(escapes) => {
                let at = escapes.at.or(engine.at);
                match escapes.truth() {
                    Truth::No => {
                        findings
                            .fail("OPTIONS[\"autoescape\"] of a template engine is off")
                            .at(at)
                            .label("what users typed becomes part of the page's HTML")
                            .help("leave the option out, and mark what is safe where it is made");
                    }
                    Truth::Yes => {}
                    Truth::Unknown(why) => {
                        findings.undecided("OPTIONS[\"autoescape\"]", &why).at(why.at.or(at));
                    }
                }
            }
            Lookup::Absent => {}
            Lookup::Unknown(why) => {
                findings.undecided("OPTIONS[\"autoescape\"]", &why).at(why.at.or(engine.at));
            }
        }
    }
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if engines.list.is_empty() {
        findings.not_applicable("TEMPLATES has no entry");
    } else if findings.is_clean() {
        findings.pass("every template engine escapes what it prints").at(engines.at);
    }
}
