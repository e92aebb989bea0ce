//! Unpickling a session runs whatever its writer wants; newer Djangos no longer have the serializer at all.

use shipworthy_model::{Definition, Facts, Findings, Rule, SessionStore, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "session-pickle",
    topic: Topic::Sessions,
    severity: Severity::High,
    django: &[],
    summary: "sessions are pickled",
    guide: include_str!("session_pickle.md"),
    check,
};

const OWN: &str = "django.contrib.sessions.serializers.PickleSerializer";

fn check(facts: &Facts, findings: &mut Findings) {
    let serializer = facts.setting("SESSION_SERIALIZER");
    let pickles = |value: &Value| {
        value.as_str().is_some_and(|path| path.to_ascii_lowercase().contains("pickle") || is_pickler(facts, path))
    };
    match serializer.value.decide(pickles) {
        Truth::Yes => {
            let unless = serializer.unless();
            let removed = facts.django.version.at_least(5, 0) && serializer.value.as_str() == Some(OWN);
            let cookies = facts.session_store() == Ok(SessionStore::Cookies);
            let finding = if removed {
                findings.fail(format!("SESSION_SERIALIZER names the pickle serializer, which Django 5.0 removed{unless}"))
            } else if cookies {
                let engine = facts.setting("SESSION_ENGINE");
                let finding =
                    findings.fail(format!("sessions are pickled into cookies, so SECRET_KEY is all that keeps code out{unless}"));
                finding.severity(Severity::Critical).see(engine.region(), "the visitor holds the session")
            } else {
                let finding = findings.fail(format!("sessions are pickled, so whoever writes to their store runs code{unless}"));
                finding.severity(Severity::Medium)
            };
            finding.at(serializer.region()).help("use django.contrib.sessions.serializers.JSONSerializer, Django's default");
        }
        Truth::No => {
            findings.pass("sessions are not pickled").at(serializer.region());
        }
        Truth::Unknown(why) => {
            let message = format!("SESSION_SERIALIZER could not be decided: {}", why.reason());
            findings.open(message).at(why.at.or(serializer.region()));
        }
    }
}

/// Whether a class of the project's own pickles: it calls what does, or derives from Django's serializer that did.
fn is_pickler(facts: &Facts, path: &str) -> bool {
    let pickles = |call: &str| ["pickle.", "_pickle.", "dill.", "cloudpickle.", "joblib."].iter().any(|it| call.starts_with(it));
    match facts.definition(path) {
        Some(Definition::Class(class)) => class.calls.iter().any(|call| pickles(call)) || facts.derives(path, OWN).is_yes(),
        Some(Definition::Function(_) | Definition::Alias(_) | Definition::Other | Definition::Missing) | None => false,
    }
}
