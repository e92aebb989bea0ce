//! What several rules are about, or why there is nothing for them to judge: said once, in the same words.

use shipworthy_model::log_routes::Logging;
use shipworthy_model::{Effective, Facts, Findings, Storage, Truth};

/// The project's `LOGGING`, where Django certainly applies it and it is known.
pub(crate) fn logging(facts: &Facts, findings: &mut Findings) -> Option<Logging> {
    let logging = facts.logging();
    let setting = logging.setting();
    if setting.truth().is_no() || !logging.applied.is_yes() {
        findings.not_applicable("Django applies no LOGGING of the project").at(setting.region());
        return None;
    }
    findings.needs("LOGGING", setting).then_some(logging)
}

/// `PASSWORD_HASHERS`, where users have passwords and it is known.
pub(crate) fn hashers(facts: &Facts, findings: &mut Findings) -> Option<Effective> {
    let hashers = facts.setting("PASSWORD_HASHERS");
    if facts.has_app("django.contrib.auth").is_no() {
        findings.not_applicable("django.contrib.auth is not installed").at(hashers.region());
        return None;
    }
    findings.needs("PASSWORD_HASHERS", &hashers).then_some(hashers)
}

/// `MEDIA_ROOT`, where it is set.
pub(crate) fn media_root(facts: &Facts, findings: &mut Findings) -> Option<Effective> {
    let root = facts.setting("MEDIA_ROOT");
    match root.truth() {
        Truth::Yes => return Some(root),
        Truth::No => findings.not_applicable("MEDIA_ROOT is not set"),
        Truth::Unknown(why) => findings.undecided("MEDIA_ROOT", &why).at(why.at.or(root.region())),
    };
    None
}

/// The storage of uploads, where it keeps them in an object store of S3's kind.
pub(crate) fn s3_uploads(facts: &Facts, findings: &mut Findings) -> Option<Storage> {
    let storage = facts.storage("default");
    match storage.class().map(|class| class.starts_with("storages.backends.s3")) {
        Some(true) => return Some(storage),
        Some(false) => findings.not_applicable("uploads are not kept by an S3 storage").at(storage.at),
        None => match storage.backend.as_unknown() {
            Some(why) => findings.undecided("the default storage", &why).at(why.at.or(storage.at)),
            None => findings.not_applicable("no default storage is defined"),
        },
    };
    None
}
