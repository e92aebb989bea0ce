//! `SITE_ID` is the primary key of a site: a number, or nothing.
use shipworthy_model::{Datum, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "site-id-invalid",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &["sites.E101"],
    summary: "SITE_ID is no whole number",
    guide: include_str!("site_id_invalid.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    match facts.has_contrib("django.contrib.sites") {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("django.contrib.sites is not installed");
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("whether django.contrib.sites is installed", &why);
            return;
        }
    }
    let setting = facts.setting("SITE_ID");
    // From 6.1 on the value is compared with what a key makes of it, and 1.0 equals 1.
    let by_value = facts.django.version.at_least(6, 1);
    let valid = |datum: &Datum| match datum {
        Datum::None | Datum::Int(_) | Datum::Bool(_) => true,
        Datum::Float(number) => by_value && number.fract() == 0.0,
        _ => false,
    };
    match setting.value.decide(|value| valid(&value.datum)) {
        Truth::Yes => {
            findings.pass(format!("SITE_ID is {}", setting.value.show())).at(setting.region());
        }
        Truth::No => {
            findings
                .fail(format!("SITE_ID is {}, a {}{}", setting.value.show(), setting.value.type_name(), setting.unless()))
                .at(setting.region())
                .django("sites.E101")
                .help("convert it: SITE_ID = int(…)");
        }
        Truth::Unknown(why) => {
            findings.undecided("SITE_ID", &why).at(why.at.or(setting.region()));
        }
    }
}
