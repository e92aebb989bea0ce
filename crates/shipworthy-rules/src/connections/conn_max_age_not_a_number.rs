//! A `CONN_MAX_AGE` that is text cannot be added to a time: no connection is ever opened.

use shipworthy_model::{Datum, Facts, Findings, Kind, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "conn-max-age-not-a-number",
    topic: Topic::Connections,
    severity: Severity::High,
    django: &[],
    summary: "CONN_MAX_AGE is not a number",
    guide: include_str!("conn_max_age_not_a_number.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    for database in databases.services() {
        let name = format!("CONN_MAX_AGE of DATABASES[\"{}\"]", database.alias);
        let at = database.region("CONN_MAX_AGE").or(databases.region());
        match database.asks("CONN_MAX_AGE", is_no_number) {
            Truth::Yes => {
                let value = database.config.found("CONN_MAX_AGE").map_or("", Value::type_name);
                findings
                    .fail(format!("{name} is {value}, not a number of seconds{}", databases.unless()))
                    .at(at)
                    .help("convert it with int(), or use None for connections that never close");
            }
            Truth::No | Truth::Unknown(_) => {}
        }
    }
    if !findings.has(Kind::Fail) {
        findings.pass("no CONN_MAX_AGE is known to be anything but a number or None").at(databases.region());
    }
}

fn is_no_number(value: &Value) -> bool {
    match &value.datum {
        Datum::None | Datum::Bool(_) | Datum::Int(_) | Datum::Float(_) | Datum::Unknown(_) | Datum::OneOf(_) => false,
        Datum::Str(_)
        | Datum::Secret(_)
        | Datum::Bytes(_)
        | Datum::List(_)
        | Datum::Tuple(_)
        | Datum::Set(_)
        | Datum::Dict(_)
        | Datum::Path(_)
        | Datum::TimeDelta(_)
        | Datum::Lazy(_)
        | Datum::Ref(_) => true,
    }
}
