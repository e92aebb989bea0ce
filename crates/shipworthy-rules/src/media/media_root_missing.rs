//! Without `MEDIA_ROOT`, uploads land in whatever folder the server process was started in.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, Use};

pub(crate) static RULE: Rule = Rule {
    id: "media-root-missing",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "MEDIA_ROOT is not set",
    guide: include_str!("media_root_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let root = facts.setting("MEDIA_ROOT");
    let url = facts.setting("MEDIA_URL");
    let storage = facts.storage("default");
    let local = storage.is_local();
    if local.is_no() {
        findings.not_applicable("uploads are kept by a storage that needs no MEDIA_ROOT").at(storage.at);
        return;
    }
    if storage.options.as_ref().is_some_and(|options| !options.get("location").eq(&shipworthy_model::Lookup::Absent)) {
        findings.pass("the default storage has a location of its own").at(storage.at);
        return;
    }
    match (root.truth(), local) {
        (Truth::Yes, _) => {
            findings.pass(format!("MEDIA_ROOT is {}", root.value.show())).at(root.region());
        }
        (Truth::Unknown(why), _) => {
            findings.undecided("MEDIA_ROOT", &why).at(why.at.or(root.region()));
        }
        (Truth::No, Truth::Unknown(why)) => {
            findings
                .open(format!("MEDIA_ROOT is not set, and whether the default storage needs it is unknown: {}", why.reason()))
                .at(why.at.or(storage.at));
        }
        (Truth::No, Truth::Yes | Truth::No) => match url.truth() {
            Truth::Yes => {
                let idle = facts.keeps_files().is_no() && facts.uses(Use::MediaRoot).is_no();
                findings
                    .fail(format!("MEDIA_ROOT is not set, although MEDIA_URL is{}", root.unless()))
                    .at(root.region().or(url.region()))
                    .severity(if idle { Severity::Low } else { Severity::Medium })
                    .label(if idle {
                        "no code of the project keeps files, and what does later writes into the folder the process was started in"
                    } else {
                        "uploads are written into the folder the process was started in"
                    })
                    .help("set MEDIA_ROOT to an absolute folder outside the code, on a disk that is backed up");
            }
            Truth::Unknown(why) => {
                findings.open(format!("MEDIA_ROOT is not set, and MEDIA_URL could not be decided: {}", why.reason())).at(why.at);
            }
            Truth::No => absent(facts, findings),
        },
    }
}

/// Neither setting is there: a question only where something takes uploads.
fn absent(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    match facts.file_app() {
        Some(app) => {
            findings
                .open(format!("MEDIA_ROOT is not set, but {app} stores files"))
                .at(apps.region())
                .help("set MEDIA_ROOT and MEDIA_URL, or a storage that keeps uploads elsewhere");
        }
        None => {
            findings.not_applicable("neither MEDIA_ROOT nor MEDIA_URL is set: no uploads are expected");
        }
    }
}
