//! One hasher that cannot be imported breaks every login, also of those who do not use it.

use shipworthy_model::{Datum, Facts, Findings, Region, Rule, Severity, Topic, Version};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "password-hashers-broken",
    topic: Topic::Accounts,
    severity: Severity::High,
    django: &[],
    summary: "PASSWORD_HASHERS names a hasher that this version of Django does not have",
    guide: include_str!("password_hashers_broken.md"),
    check,
};

const MODULE: &str = "django.contrib.auth.hashers.";

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(hashers) = subjects::hashers(facts, findings) else { return };
    let help = "delete PASSWORD_HASHERS for Django's defaults, or name hashers that exist in a list";
    if matches!(hashers.value.datum, Datum::Str(_)) || hashers.truth().is_no() {
        findings
            .fail(format!("{}, not a list of hashers", hashers.state("PASSWORD_HASHERS")))
            .at(hashers.region())
            .label("no password can be set or checked")
            .help(help);
        return;
    }
    for item in hashers.value.known_items() {
        if let Some(path) = item.as_str() {
            judge(path, item.at.or(hashers.region()), facts, findings);
        }
    }
    if findings.is_clean() {
        if hashers.value.has_unknown() {
            findings.open("PASSWORD_HASHERS could not be decided: a part of it is unknown").at(hashers.region());
        } else {
            findings.pass("every hasher in PASSWORD_HASHERS exists").at(hashers.region());
        }
    }
}

fn judge(path: &str, at: Option<Region>, facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    let missing = match path.strip_prefix(MODULE) {
        Some(class) => match removed(class) {
            Some(since) if version >= since => Some(format!("which Django {since} removed")),
            Some(_) => None,
            None if EXIST.contains(&class) => None,
            None => Some("which Django does not have".to_owned()),
        },
        None => path
            .rsplit_once('.')
            .is_none_or(|(module, _)| facts.project.has_module(module).is_no())
            .then(|| "which the project does not have".to_owned()),
    };
    if let Some(why) = missing {
        findings
            .fail(format!("PASSWORD_HASHERS names {path}, {why}"))
            .at(at)
            .label("Django imports the whole list at the first login, and fails")
            .help("delete the entry; users whose passwords are stored that way have to reset them");
    }
}

const EXIST: [&str; 7] = [
    "PBKDF2PasswordHasher",
    "PBKDF2SHA1PasswordHasher",
    "Argon2PasswordHasher",
    "BCryptSHA256PasswordHasher",
    "BCryptPasswordHasher",
    "ScryptPasswordHasher",
    "MD5PasswordHasher",
];

/// The release that took a hasher out.
fn removed(class: &str) -> Option<Version> {
    match class {
        "CryptPasswordHasher" => Some(Version::new(5, 0)),
        "SHA1PasswordHasher" | "UnsaltedSHA1PasswordHasher" | "UnsaltedMD5PasswordHasher" => Some(Version::new(5, 1)),
        _ => None,
    }
}
