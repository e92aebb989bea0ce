//! A relative cache folder is another folder for every place the process is started from.

use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Truth, path};

pub(crate) static RULE: Rule = Rule {
    id: "cache-folder-relative",
    topic: Topic::Caches,
    severity: Severity::Medium,
    django: &["caches.W003"],
    summary: "a file-based cache is kept at a relative path",
    guide: include_str!("cache_folder_relative.md"),
    check,
};

const FILES: &str = "django.core.cache.backends.filebased.FileBasedCache";

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for cache in caches.services().iter().filter(|cache| !cache.is_backend_class(FILES, facts).is_no()) {
        let name = format!("CACHES[\"{}\"]", cache.alias);
        let at = cache.region("LOCATION").or(caches.region());
        let relative = match cache.get("LOCATION") {
            Lookup::Found(location) => location.decide(|path| path.as_str().is_some_and(|path| !path::is_absolute(path))),
            Lookup::Absent => Truth::Yes,
            Lookup::Unknown(why) => Truth::Unknown(why),
        };
        match cache.is_backend_class(FILES, facts).and(relative) {
            Truth::Yes if cache.get("LOCATION") == Lookup::Absent => {
                findings
                    .fail(format!(
                        "{name} keeps files but names no LOCATION, so it fills the working directory{}",
                        caches.unless()
                    ))
                    .at(at)
                    .help("give LOCATION the absolute path of a folder of its own");
            }
            Truth::Yes => {
                findings
                    .fail(format!("LOCATION of {name} is relative to the working directory{}", caches.unless()))
                    .at(at)
                    .django("caches.W003")
                    .help("start the path at BASE_DIR or at the root of the file system");
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings
                    .open(format!("whether LOCATION of {name} is an absolute path could not be decided: {}", why.reason()))
                    .at(why.at.or(at));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("no file-based cache is kept at a relative path").at(caches.region());
    }
}
