//! A relative `MEDIA_ROOT` is another folder for every process that starts somewhere else.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, path};

pub(crate) static RULE: Rule = Rule {
    id: "media-root-relative",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "MEDIA_ROOT is a relative path",
    guide: include_str!("media_root_relative.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let root = facts.setting("MEDIA_ROOT");
    let storage = facts.storage("default");
    if !storage.is_local().is_yes() && storage.class().is_some_and(|class| !class.starts_with("django.")) {
        findings.not_applicable("uploads are kept by a storage that is not known to look at MEDIA_ROOT").at(storage.at);
        return;
    }
    let shown = root.value.show();
    let relative = |text: &str| !text.is_empty() && !path::is_absolute(text);
    match root.value.decide(|value| value.as_str().is_some_and(relative)) {
        Truth::Yes => {
            findings
                .fail(format!("MEDIA_ROOT is the relative path {shown}{}", root.unless()))
                .at(root.region())
                .label("depends on the folder the process was started in")
                .help("write the absolute path of the folder that is served and backed up");
        }
        Truth::No => match root.truth() {
            Truth::Yes => {
                findings.pass(format!("MEDIA_ROOT is the absolute path {shown}")).at(root.region());
            }
            Truth::No => {
                findings.not_applicable("MEDIA_ROOT is not set");
            }
            Truth::Unknown(why) => {
                findings.undecided("MEDIA_ROOT", &why).at(why.at.or(root.region()));
            }
        },
        Truth::Unknown(why) => {
            findings.undecided("MEDIA_ROOT", &why).at(why.at.or(root.region()));
        }
    }
}
