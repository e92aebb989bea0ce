//! Large uploads pass through `FILE_UPLOAD_TEMP_DIR`: if it is not there, they fail.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, path};

pub(crate) static RULE: Rule = Rule {
    id: "upload-temp-folder-missing",
    topic: Topic::Media,
    severity: Severity::Low,
    django: &["files.E001"],
    summary: "FILE_UPLOAD_TEMP_DIR names a folder that does not exist",
    guide: include_str!("upload_temp_folder_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("FILE_UPLOAD_TEMP_DIR");
    let shown = setting.value.show();
    match setting.truth() {
        Truth::Yes => {}
        Truth::No => {
            findings.pass("FILE_UPLOAD_TEMP_DIR is not set: the system's temporary folder is used");
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("FILE_UPLOAD_TEMP_DIR", &why).at(why.at.or(setting.region()));
            return;
        }
    }
    let Some(text) = setting.value.as_str() else {
        findings.open(format!("FILE_UPLOAD_TEMP_DIR is a {}, not a path", setting.value.type_name())).at(setting.region());
        return;
    };
    let media = facts.setting("MEDIA_ROOT");
    let within = |root: &str| !root.is_empty() && path::is_below(&facts.absolute(root), &facts.absolute(text));
    if facts.is_folder(text).is_no() && media.value.as_str().is_some_and(within) {
        // What uploads are kept in is seldom in the tree.
        findings.open(format!("whether {shown}, a folder in MEDIA_ROOT, exists where the site runs cannot be seen from here"));
        return;
    }
    match facts.is_folder(text) {
        Truth::No => {
            let inside = path::is_below(&path::absolute("", &facts.project.root), &facts.absolute(text));
            findings
                .fail(format!("FILE_UPLOAD_TEMP_DIR names {shown}, which does not exist{}", setting.unless()))
                .severity(if inside { Severity::Low } else { Severity::Info })
                .at(setting.region())
                .label("uploads too large for memory fail here")
                .django("files.E001")
                .help("create the folder where the site runs, or leave the setting out");
        }
        Truth::Yes => {
            findings.pass(format!("FILE_UPLOAD_TEMP_DIR names {shown}, which exists")).at(setting.region());
        }
        Truth::Unknown(_) => {
            findings.open(format!("whether {shown} exists where the site runs cannot be seen from here")).at(setting.region());
        }
    }
}
