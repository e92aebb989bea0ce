//! Uploaded files need no execute bit, and nobody but the server has to write them.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "upload-permissions-loose",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "uploaded files are executable, or writable by everybody",
    guide: include_str!("upload_permissions_loose.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for (name, is_folder) in [("FILE_UPLOAD_PERMISSIONS", false), ("FILE_UPLOAD_DIRECTORY_PERMISSIONS", true)] {
        let setting = facts.setting(name);
        if let Some(why) = setting.value.as_unknown() {
            findings.undecided(name, &why).at(why.at.or(setting.region()));
            continue;
        }
        let Some(mode) = setting.value.as_int() else { continue };
        let shown = format!("{name} is 0o{mode:o}");
        if mode & 0o002 != 0 {
            findings.fail(format!("{shown}: everybody on the machine may write")).at(setting.region()).help(if is_folder {
                "use 0o755, or 0o750"
            } else {
                "use 0o644, or 0o640"
            });
        } else if !is_folder && mode & 0o111 != 0 {
            findings.fail(format!("{shown}: uploaded files are executable")).at(setting.region()).help("use 0o644, or 0o640");
        } else if mode & 0o400 == 0 || is_folder && mode & 0o300 != 0o300 {
            // 644 without the 0o is a common slip: as a mode it takes the owner's right to read.
            findings
                .fail(format!("{shown}: the server itself may not use what it has written"))
                .severity(Severity::Low)
                .at(setting.region())
                .help("write the mode in octal, with 0o in front");
        }
    }
    if findings.is_clean() {
        findings
            .pass("uploaded files are neither executable nor writable by everybody")
            .at(facts.setting("FILE_UPLOAD_PERMISSIONS").region());
    }
}
