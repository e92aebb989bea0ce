//! Without automatic escaping every variable of a template is an injection waiting for its user.
use shipworthy_model::{Engine, Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

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
    for (index, engine) in engines.list.iter().enumerate() {
        match engine.is_django().or(engine.is_jinja()) {
            Truth::Yes => {}
            Truth::No | Truth::Unknown(_) => continue,
        }
        match engine.option("autoescape") {
            Lookup::Found(escapes) => {
                let at = escapes.at.or(engine.at);
                match escapes.truth() {
                    Truth::No if let Some(name) = plain(engine).filter(|_| index > 0) => {
                        findings
                            .fail(format!("OPTIONS[\"autoescape\"] of the template engine {name:?} is off"))
                            .at(at)
                            .severity(Severity::Info)
                            .label("right for mail and other plain text, for which it is asked by its name")
                            .help("see that nothing asks this engine for HTML");
                    }
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

/// The name of an engine that says that it makes something else than HTML.
fn plain(engine: &Engine) -> Option<&str> {
    const WORDS: [&str; 12] =
        ["text", "txt", "plain", "plaintext", "mail", "mails", "email", "emails", "tex", "latex", "csv", "sql"];
    let Lookup::Found(name) = engine.get("NAME") else { return None };
    let mut words = name.as_str()?.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| WORDS.iter().any(|plain| word.eq_ignore_ascii_case(plain))).then(|| name.as_str()).flatten()
}
