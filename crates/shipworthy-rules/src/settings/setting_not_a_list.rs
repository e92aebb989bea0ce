//! Django refuses to start when one of five settings is no list or tuple.

use shipworthy_model::{Datum, Facts, Findings, Kind, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "setting-not-a-list",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "a setting that must be a list is something else",
    guide: include_str!("setting_not_a_list.md"),
    check,
};

/// The settings whose type Django checks while loading. `TEMPLATE_DIRS` is still among them, long after its end.
const LISTS: [&str; 5] = ["ALLOWED_HOSTS", "INSTALLED_APPS", "LOCALE_PATHS", "SECRET_KEY_FALLBACKS", "TEMPLATE_DIRS"];

fn check(facts: &Facts, findings: &mut Findings) {
    for name in LISTS.into_iter().filter(|name| facts.settings.explicit(name).is_some()) {
        let setting = facts.setting(name);
        let wrong = setting.value.decide(|value| !matches!(value.datum, Datum::List(_) | Datum::Tuple(_)));
        match wrong {
            Truth::No => {}
            Truth::Yes => {
                let shown = setting.value.alternatives().first().map_or("", |(value, _)| value.type_name());
                let help = match &setting.value.datum {
                    Datum::Str(text) if text.contains(',') => "split it: value.split(\",\")",
                    Datum::Str(_) => "put it into a list, or a comma behind it: (\"www.example.com\",)",
                    _ => "make it a list",
                };
                findings
                    .fail(format!("{name} is {}{}, and Django only takes a list or tuple", article(shown), setting.unless()))
                    .at(setting.region())
                    .label("Django raises ImproperlyConfigured while it loads the settings")
                    .help(help);
            }
            // Django would say so at every start, so a list that cannot be seen is no reason to doubt its type.
            Truth::Unknown(why) => {
                findings.not_applicable(format!("{name} is not known: {}", why.reason())).at(why.at.or(setting.region()));
            }
        }
    }
    if !findings.has(Kind::Fail) && !findings.has(Kind::NotApplicable) {
        findings.pass("the settings that must be lists are lists");
    }
}

fn article(kind: &str) -> String {
    match kind {
        "None" => kind.to_owned(),
        "int" | "object" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
