//! The blanks of a template of projects: `{{ secret_key }}` is no value, but where one will stand.

use shipworthy_model::{Datum, Entry, Item, Notice, Settings, Unknown, Value, Why};

/// Makes unknown what the settings of a template leave to whoever makes a project from it. Settings that become Python
/// only when they are filled in say nothing yet.
pub(crate) fn leave_blank(settings: &mut Settings) {
    let broken = settings.load_errors.iter().find(|error| &*error.exception == "SyntaxError").and_then(|error| error.at);
    if let Some(at) = broken {
        let text = "these settings are a template: make a project from it, and audit that";
        settings.notices.push(Notice::at(at, text));
        settings.load_errors.clear();
        settings.explicit.clear();
        settings.what_if.clear();
        settings.open = Some(Unknown::new(Why::Blank("{% … %}".into()), Some(at)));
        return;
    }
    for setting in settings.explicit.values_mut() {
        let empty = setting.value.as_str() == Some("");
        if empty {
            setting.value.datum = Datum::Unknown(Unknown::new(Why::Blank("\"\"".into()), setting.value.at));
        }
        blank(&mut setting.value);
    }
}

fn blank(value: &mut Value) {
    let at = value.at;
    let is_blank = value.expose_str().is_some_and(|text| ["{{", "{%"].iter().any(|mark| text.contains(mark)));
    if is_blank {
        // The text around the blank may be a credential.
        value.datum = Datum::Unknown(Unknown::new(Why::Blank("{{ … }}".into()), at));
        return;
    }
    match &mut value.datum {
        Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => {
            for item in items {
                match item {
                    Item::One(value) | Item::Perhaps(value, _) => blank(value),
                    Item::Many(_) => {}
                }
            }
        }
        Datum::Dict(entries) => {
            for entry in entries {
                match entry {
                    Entry::One(key, value) | Entry::Perhaps(key, value, _) => {
                        blank(key);
                        blank(value);
                    }
                    Entry::Many(_) => {}
                }
            }
        }
        Datum::OneOf(alternatives) => alternatives.iter_mut().for_each(|(_, value)| blank(value)),
        Datum::None
        | Datum::Bool(_)
        | Datum::Int(_)
        | Datum::Float(_)
        | Datum::Str(_)
        | Datum::Secret(_)
        | Datum::Bytes(_)
        | Datum::Path(_)
        | Datum::TimeDelta(_)
        | Datum::Lazy(_)
        | Datum::Ref(_)
        | Datum::Unknown(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::{LoadError, Setting};

    fn settings(value: Value) -> Settings {
        let setting = Setting { value, origin: Vec::new(), assumptions: [].into() };
        Settings { explicit: [("X".into(), setting)].into(), ..Settings::default() }
    }

    #[test]
    fn a_blank_is_unknown_wherever_it_stands() {
        let mut settings = settings(Value::of(Datum::List(vec![
            Item::One(Value::text("www.example.com")),
            Item::One(Value::text("{{ domain }}")),
        ])));
        leave_blank(&mut settings);
        let items = settings.explicit["X"].value.items().unwrap();
        assert!(matches!(&items[0], Item::One(value) if value.as_unknown().is_none()));
        assert!(matches!(&items[1], Item::One(value) if value.as_unknown().is_some()));
    }

    #[test]
    fn what_a_template_leaves_empty_is_a_blank() {
        let mut settings = settings(Value::text(""));
        leave_blank(&mut settings);
        assert!(settings.explicit["X"].value.as_unknown().is_some());
    }

    #[test]
    fn what_is_no_python_yet_says_nothing() {
        let mut settings = settings(Value::text("{% if x %}"));
        let at = shipworthy_model::Region::new(shipworthy_model::ArtifactId(0), 0, 1);
        settings.load_errors.push(LoadError {
            exception: "SyntaxError".into(),
            message: String::new(),
            at: Some(at),
            variable: None,
            certain: true,
        });
        leave_blank(&mut settings);
        assert!(settings.explicit.is_empty() && settings.load_errors.is_empty() && settings.open.is_some());
        assert_eq!(settings.notices.len(), 1);
    }
}
