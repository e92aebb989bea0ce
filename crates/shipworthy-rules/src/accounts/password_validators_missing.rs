//! Without validators an administrator's password may be "1".

use shipworthy_model::{Datum, Effective, Facts, Findings, Lookup, Region, Rule, Severity, Topic, Truth, Use, Value};

pub(crate) static RULE: Rule = Rule {
    id: "password-validators-missing",
    topic: Topic::Accounts,
    severity: Severity::Medium,
    django: &[],
    summary: "users may choose any password",
    guide: include_str!("password_validators_missing.md"),
    check,
};

const LENGTH: &str = "django.contrib.auth.password_validation.MinimumLengthValidator";

/// Backends that check passwords stored here.
const LOCAL: [&str; 2] = ["django.contrib.auth.backends.ModelBackend", "django.contrib.auth.backends.AllowAllUsersModelBackend"];

fn check(facts: &Facts, findings: &mut Findings) {
    let validators = facts.setting("AUTH_PASSWORD_VALIDATORS");
    if facts.django.version.feature() < (1, 9) {
        findings.not_applicable("Django has password validators since 1.9");
        return;
    }
    if facts.has_app("django.contrib.auth").is_no() {
        findings.not_applicable("django.contrib.auth is not installed").at(validators.region());
        return;
    }
    if let Some(why) = validators.value.as_unknown() {
        findings.undecided("AUTH_PASSWORD_VALIDATORS", &why);
        return;
    }
    match validators.truth() {
        Truth::No if facts.checks_no_passwords() => {
            let backends = facts.setting("AUTHENTICATION_BACKENDS");
            findings.not_applicable("no backend in AUTHENTICATION_BACKENDS asks for a password").at(backends.region());
        }
        Truth::No => missing(&validators, facts, findings),
        Truth::Unknown(why) => {
            findings.undecided("AUTH_PASSWORD_VALIDATORS", &why);
        }
        Truth::Yes => present(&validators, findings),
    }
}

fn missing(validators: &Effective, facts: &Facts, findings: &mut Findings) {
    let backends = facts.setting("AUTHENTICATION_BACKENDS");
    let local = backends
        .value
        .any(|backend| backend.decide(|backend| backend.as_str().is_some_and(|path| LOCAL.contains(&path))))
        .unwrap_or(Truth::No);
    let severity = match local {
        Truth::Yes => Severity::Medium,
        Truth::No | Truth::Unknown(_) => Severity::Low,
    };
    let state = describe(validators);
    let admin = ["django.contrib.admin", "wagtail.users"].iter().any(|app| !facts.has_app(app).is_no());
    let (what, severity) = match facts.used_in(Use::PasswordRules) {
        Some(_) => ("Django itself checks no password", severity.lowered().max(Severity::Low)),
        None if facts.logs_in_elsewhere() && admin => ("an administrator may give any password", Severity::Low),
        None if facts.logs_in_elsewhere() => ("no password that is set is checked", Severity::Info),
        None => ("users may choose any password, administrators too", severity),
    };
    let finding = findings.fail(format!("{state}{}: {what}", validators.unless()));
    finding.at(validators.region()).severity(severity);
    finding.help("copy the four validators that startproject writes into AUTH_PASSWORD_VALIDATORS");
    match facts.used_in(Use::PasswordRules) {
        Some(path) => finding.label(format!("{path} has a rule of its own, which other ways to set a password do not know")),
        None => finding.label("\"1\" and the user's own name are accepted"),
    };
}

fn describe(validators: &Effective) -> String {
    match validators.explicit {
        Truth::No => "AUTH_PASSWORD_VALIDATORS is not set".to_owned(),
        Truth::Yes | Truth::Unknown(_) => "AUTH_PASSWORD_VALIDATORS is empty".to_owned(),
    }
}

fn present(validators: &Effective, findings: &mut Findings) {
    let malformed = validators.value.known_items().find(|item| {
        item.as_unknown().is_none() && !(matches!(item.datum, Datum::Dict(_)) && item.get("NAME") != Lookup::Absent)
    });
    if let Some(item) = malformed {
        findings
            .fail("AUTH_PASSWORD_VALIDATORS holds an entry without NAME")
            .at(item.at.or(validators.region()))
            .severity(Severity::High)
            .label("no password can be set or changed")
            .help("each entry is a dictionary: {\"NAME\": \"…MinimumLengthValidator\"}");
        return;
    }
    let short = validators.value.known_items().filter_map(minimum).find(|(length, _)| *length < 8);
    if let Some((length, at)) = short {
        findings
            .fail(format!("AUTH_PASSWORD_VALIDATORS accepts passwords of {length} characters"))
            .at(at.or(validators.region()))
            .severity(Severity::Low)
            .help("take min_length out for Django's 8, or raise it");
        return;
    }
    findings.pass("AUTH_PASSWORD_VALIDATORS is not empty").at(validators.region());
}

/// The length that a validator for length demands, where it is written.
fn minimum(item: &Value) -> Option<(i128, Option<Region>)> {
    if !item.found("NAME")?.equals(LENGTH).is_yes() {
        return None;
    }
    let length = item.found("OPTIONS")?.found("min_length")?;
    Some((length.as_int()?, length.at))
}
