//! `string_if_invalid` is a debugging aid: it prints a text wherever a variable is missing.
use shipworthy_model::{Datum, Engine, Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "template-invalid-marker",
    topic: Topic::Templates,
    severity: Severity::Info,
    django: &["templates.E002"],
    summary: "string_if_invalid is set",
    guide: include_str!("template_invalid_marker.md"),
    check,
};

/// What Django prints for a template engine, without the address in memory that follows.
pub(super) const ENGINE: &str = "<django.template.backends.django.DjangoTemplates object>";

fn check(facts: &Facts, findings: &mut Findings) {
    let engines = facts.engines();
    let since_5_1 = facts.django.version.at_least(5, 1);
    for engine in &engines.list {
        // Up to 5.0 the check looks at every entry, whatever its backend; later each engine of Django's checks itself.
        match engine.is_django() {
            Truth::No if since_5_1 => {}
            Truth::Unknown(why) if since_5_1 => {
                if !matches!(engine.option("string_if_invalid"), Lookup::Absent) {
                    findings.undecided("whether an engine reads string_if_invalid", &why).at(why.at.or(engine.at));
                }
            }
            Truth::Yes | Truth::No | Truth::Unknown(_) => judge(findings, engine, since_5_1),
        }
    }
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if engines.list.is_empty() {
        findings.not_applicable("TEMPLATES has no entry");
    } else if findings.is_clean() {
        findings.pass("string_if_invalid is empty").at(engines.at);
    }
}

fn judge(findings: &mut Findings, engine: &Engine, since_5_1: bool) {
    let marker = match engine.option("string_if_invalid") {
        Lookup::Found(marker) => marker,
        Lookup::Absent => return,
        Lookup::Unknown(why) => {
            findings.undecided("string_if_invalid", &why).at(why.at.or(engine.at));
            return;
        }
    };
    let at = marker.at.or(engine.at);
    match marker.decide(|value| matches!(value.datum, Datum::Str(_) | Datum::Secret(_))) {
        Truth::No => {
            findings
                .fail(format!("string_if_invalid is a {}, not a text", marker.type_name()))
                .severity(Severity::Medium)
                .at(at)
                .django_about("templates.E002", since_5_1.then(|| ENGINE.to_owned()))
                .help("leave string_if_invalid out");
        }
        Truth::Yes => match marker.truth() {
            Truth::Yes => {
                findings
                    .fail(format!("string_if_invalid is {}", marker.show()))
                    .at(at)
                    .label("visitors see it wherever a variable is missing, the admin's pages included")
                    .help("leave string_if_invalid out in production");
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings.undecided("string_if_invalid", &why).at(why.at.or(at));
            }
        },
        Truth::Unknown(why) => {
            findings.undecided("string_if_invalid", &why).at(why.at.or(at));
        }
    }
}
