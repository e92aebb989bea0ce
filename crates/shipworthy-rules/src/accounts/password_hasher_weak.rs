//! A fast hash turns a stolen table of users into a list of passwords.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "password-hasher-weak",
    topic: Topic::Accounts,
    severity: Severity::High,
    django: &[],
    summary: "passwords are stored with a hash that can be reversed by trying",
    guide: include_str!("password_hasher_weak.md"),
    check,
};

const WEAK: [&str; 5] = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.UnsaltedMD5PasswordHasher",
    "django.contrib.auth.hashers.SHA1PasswordHasher",
    "django.contrib.auth.hashers.UnsaltedSHA1PasswordHasher",
    "django.contrib.auth.hashers.CryptPasswordHasher",
];

const STRONG: [&str; 6] = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(hashers) = subjects::hashers(facts, findings) else { return };
    let items = hashers.value.items().unwrap_or_default();
    match items.first() {
        Some(Item::One(first)) => {
            match first.as_str() {
                Some(path) if WEAK.contains(&path) => {
                    let class = path.rsplit('.').next().unwrap_or(path);
                    findings
                    .fail(format!("PASSWORD_HASHERS begins with {class}{}: new passwords are stored with it", hashers.unless()))
                    .at(first.at.or(hashers.region()))
                    .label("billions of guesses a second on one graphics card")
                    .help("delete PASSWORD_HASHERS for Django's defaults; keep the old hasher at the end until its hashes are gone");
                }
                Some(path) if STRONG.contains(&path) => {}
                Some(path) => {
                    findings
                        .open(format!("PASSWORD_HASHERS begins with {path}, whose strength cannot be seen in the settings"))
                        .at(first.at.or(hashers.region()));
                }
                None => {
                    findings.open("PASSWORD_HASHERS begins with something unknown").at(hashers.region());
                }
            }
        }
        Some(Item::Perhaps(_, condition)) => {
            findings.open(format!("PASSWORD_HASHERS depends on `{}`", condition.text)).at(hashers.region());
        }
        Some(Item::Many(why)) => {
            findings.undecided("PASSWORD_HASHERS", why);
        }
        None => {
            findings.not_applicable("PASSWORD_HASHERS holds no hasher").at(hashers.region());
            return;
        }
    }
    for later in hashers.value.known_items().skip(1).filter(|item| item.as_str().is_some_and(|path| WEAK.contains(&path))) {
        findings
            .fail(format!("PASSWORD_HASHERS still accepts {}", later.show()))
            .at(later.at.or(hashers.region()))
            .severity(Severity::Info)
            .label("hashes of this kind stay until their owners log in again")
            .help("count them in the database, reset the rest, and delete the entry");
    }
    if findings.is_clean() {
        findings.pass("new passwords are stored with a slow hash").at(hashers.region());
    }
}
