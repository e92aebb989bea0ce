//! Without a backend that can be imported nobody can log in.

use shipworthy_model::{Datum, Facts, Findings, Kind, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "authentication-backends-broken",
    topic: Topic::Accounts,
    severity: Severity::High,
    django: &[],
    summary: "AUTHENTICATION_BACKENDS is empty or names what does not exist",
    guide: include_str!("authentication_backends_broken.md"),
    check,
};

const EXIST: [&str; 5] =
    ["BaseBackend", "ModelBackend", "AllowAllUsersModelBackend", "RemoteUserBackend", "AllowAllUsersRemoteUserBackend"];

fn check(facts: &Facts, findings: &mut Findings) {
    let backends = facts.setting("AUTHENTICATION_BACKENDS");
    if facts.has_app("django.contrib.auth").is_no() {
        findings.not_applicable("django.contrib.auth is not installed").at(backends.region());
        return;
    }
    if let Some(why) = backends.value.as_unknown() {
        findings.undecided("AUTHENTICATION_BACKENDS", &why);
        return;
    }
    if matches!(backends.value.datum, Datum::Str(_)) || backends.truth().is_no() {
        findings
            .fail(format!("{}, not a list of backends", backends.state("AUTHENTICATION_BACKENDS")))
            .at(backends.region())
            .label("every login, and every page that asks for a permission, ends in a server error")
            .help("delete the setting for Django's default, or name backends in a list");
        return;
    }
    for item in backends.value.known_items() {
        let Some(path) = item.as_str() else { continue };
        let missing = match path.strip_prefix("django.contrib.auth.backends.") {
            Some(class) => !EXIST.contains(&class),
            None => path.rsplit_once('.').is_none_or(|(module, _)| facts.project.has_module(module).is_no()),
        };
        if missing {
            findings
                .fail(format!("AUTHENTICATION_BACKENDS names {path}, which does not exist"))
                .at(item.at.or(backends.region()))
                .label("every login, and every page that asks for a permission, ends in a server error")
                .help("correct the path or delete the entry");
        }
    }
    if !findings.has(Kind::Fail) {
        if backends.value.has_unknown() {
            findings.open("AUTHENTICATION_BACKENDS could not be decided: a part of it is unknown").at(backends.region());
        } else {
            findings.pass("AUTHENTICATION_BACKENDS names backends").at(backends.region());
        }
    }
}
