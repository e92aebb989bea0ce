//! An S3 storage replaces an upload by the next one of the same name unless told otherwise.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "media-overwritable",
    topic: Topic::Media,
    severity: Severity::Info,
    django: &[],
    summary: "an upload replaces an earlier one of the same name",
    guide: include_str!("media_overwritable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(storage) = subjects::s3_uploads(facts, findings) else { return };
    let setting = facts.setting("AWS_S3_FILE_OVERWRITE");
    let own = storage.options.as_ref().and_then(|options| options.found("file_overwrite"));
    let (overwrites, at) = match own {
        Some(own) => (own.truth(), own.at),
        None if setting.explicit.is_no() => (Truth::Yes, storage.at),
        None => (setting.truth(), setting.region()),
    };
    match overwrites {
        Truth::Yes => {
            findings
                .fail("an upload replaces an earlier one of the same name")
                .at(at)
                .label("django-storages overwrites by default")
                .help("set AWS_S3_FILE_OVERWRITE = False, or give uploads names that nobody can choose");
        }
        Truth::No => {
            findings.pass("AWS_S3_FILE_OVERWRITE is off: uploads get names of their own").at(at);
        }
        Truth::Unknown(why) => {
            findings.undecided("AWS_S3_FILE_OVERWRITE", &why).at(why.at.or(at));
        }
    }
}
