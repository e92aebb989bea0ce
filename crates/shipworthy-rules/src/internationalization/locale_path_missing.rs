//! A folder of translations that is not there leaves the site untranslated, silently.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, path};

pub(crate) static RULE: Rule = Rule {
    id: "locale-path-missing",
    topic: Topic::Internationalization,
    severity: Severity::Low,
    django: &[],
    summary: "LOCALE_PATHS names a folder that is not there",
    guide: include_str!("locale_path_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let paths = facts.setting("LOCALE_PATHS");
    match paths.truth() {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("LOCALE_PATHS is empty");
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("LOCALE_PATHS", &why).at(why.at.or(paths.region()));
            return;
        }
    }
    for folder in paths.value.certain_items() {
        let at = folder.at.or(paths.region());
        let Some(text) = folder.as_str() else {
            if let Some(why) = folder.as_unknown() {
                findings.undecided("LOCALE_PATHS", &why).at(why.at.or(at));
            }
            continue;
        };
        if !path::is_absolute(text) {
            findings
                .fail(format!("LOCALE_PATHS names the relative path {}", folder.show()))
                .at(at)
                .label("depends on the folder the process was started in")
                .help(format!("write BASE_DIR / {}", folder.show()));
        } else if facts.is_folder(text).is_no() {
            let inside = path::is_below(&path::absolute("", &facts.project.root), &facts.absolute(text));
            let built = facts.is_built_folder(text);
            let lacks = if built { "is not there before a build makes it" } else { "does not exist" };
            findings
                .fail(format!("the folder {} in LOCALE_PATHS {lacks}", facts.show_folder(text)))
                .severity(if inside && !built { Severity::Low } else { Severity::Info })
                .at(at)
                .help("create it with makemessages, or remove the entry");
        }
    }
    if findings.is_clean() {
        findings.pass("LOCALE_PATHS names absolute folders").at(paths.region());
    }
}
