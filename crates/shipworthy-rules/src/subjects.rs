//! What several rules are about, or why there is nothing for them to judge: said once, in the same words.

use shipworthy_model::front::Scheme;
use shipworthy_model::log_routes::Logging;
use shipworthy_model::{Effective, Facts, Finding, Findings, SetCookie, Storage, Truth};

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

/// The path below which uploads have addresses on this site, with slashes around it.
pub(crate) fn media_path(facts: &Facts, findings: &mut Findings) -> Option<String> {
    let setting = facts.setting("MEDIA_URL");
    let Some(url) = setting.value.as_str().filter(|url| !url.is_empty() && !url.contains("//")) else {
        findings.not_applicable("uploads have no address on this site").at(setting.region());
        return None;
    };
    Some(if url.starts_with('/') { url.to_owned() } else { format!("/{url}") })
}

/// A setting by which Django's `SecurityMiddleware` does something of its own about HTTPS, where it does, and a front end
/// ends TLS for it. `does_not` is said where it does not; `whether` where that is not known.
pub(crate) fn behind_tls(facts: &Facts, findings: &mut Findings, name: &str, does_not: &str, whether: &str) -> Option<Effective> {
    if !facts.entrances().iter().any(|it| it.request.scheme == Scheme::Https) {
        findings.not_applicable("no front end here ends TLS for Django");
        return None;
    }
    let setting = facts.setting(name);
    match setting.truth().and(facts.has_security_middleware()) {
        Truth::Yes => return Some(setting),
        Truth::No => findings.not_applicable(does_not).at(setting.region()),
        Truth::Unknown(why) => findings.undecided(whether, &why).at(why.at.or(setting.region())),
    };
    None
}

/// The cookies that show who somebody is, as the running site sets them: each is judged, and what it is about is added.
pub(crate) fn seen_cookies(
    facts: &Facts,
    findings: &mut Findings,
    judge: impl for<'f> Fn(&'f mut Findings, &str, &SetCookie) -> &'f mut Finding,
) {
    let Some(wire) = facts.wire() else { return };
    for (id, cookie) in wire.cookies().iter().filter(|(_, cookie)| cookie.is_csrf() || cookie.is_session()) {
        let called = if cookie.is_csrf() { "the CSRF cookie" } else { "the session cookie" };
        judge(findings, called, cookie).seen([*id]).about(called);
    }
    if !findings.has_seen() {
        findings.not_applicable("no login or CSRF cookie was set on the pages that were looked at").seen([]);
    }
}
