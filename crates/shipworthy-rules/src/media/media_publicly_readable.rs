//! Objects in a bucket are readable by everybody when they are stored or linked as public.
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic, Truth, Value};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "media-publicly-readable",
    topic: Topic::Media,
    severity: Severity::Info,
    django: &[],
    summary: "uploads in the object store are readable by everybody",
    guide: include_str!("media_publicly_readable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(storage) = subjects::s3_uploads(facts, findings) else { return };
    let (acl, acl_at) = option(facts, storage.options.as_ref(), "default_acl", "AWS_DEFAULT_ACL");
    if let Some(acl) = acl.as_ref().and_then(Value::as_str).filter(|acl| acl.starts_with("public")) {
        findings
            .fail(format!("uploads are stored with the access list \"{acl}\""))
            .severity(if acl == "public-read-write" { Severity::High } else { Severity::Info })
            .at(acl_at)
            .help("leave the access list out and let the bucket's policy decide, if uploads are not meant for everybody");
    }
    let (signed, signed_at) = option(facts, storage.options.as_ref(), "querystring_auth", "AWS_QUERYSTRING_AUTH");
    match signed.as_ref().map(Value::truth) {
        Some(Truth::No) => {
            findings
                .fail("links to uploads are not signed")
                .at(signed_at)
                .label("works only where everybody may read the bucket, or a CDN stands before it")
                .help("leave AWS_QUERYSTRING_AUTH on, if uploads are not meant for everybody");
        }
        Some(Truth::Unknown(why)) => {
            findings.undecided("AWS_QUERYSTRING_AUTH", &why).at(why.at.or(signed_at));
        }
        Some(Truth::Yes) | None => {}
    }
    if findings.is_clean() {
        findings.pass("links to uploads are signed, and the bucket's policy decides who may read").at(storage.at);
    }
}

/// An option of the storage: its own, or the setting that stands for it.
fn option(facts: &Facts, options: Option<&Value>, key: &str, setting: &str) -> (Option<Value>, Option<Region>) {
    if let Some(own) = options.and_then(|options| options.found(key)) {
        return (Some(own.clone()), own.at);
    }
    let setting = facts.setting(setting);
    let at = setting.region();
    (Some(setting.value).filter(|_| !setting.explicit.is_no()), at)
}
