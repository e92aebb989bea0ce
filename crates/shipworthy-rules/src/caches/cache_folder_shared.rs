//! Cache files are pickles: whoever can write one into the cache's folder runs code as the server.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "cache-folder-shared",
    topic: Topic::Caches,
    severity: Severity::Low,
    django: &[],
    summary: "a file-based cache lies where every user of the machine may write",
    guide: include_str!("cache_folder_shared.md"),
    check,
};

const FILES: &str = "django.core.cache.backends.filebased.FileBasedCache";

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for cache in caches.services() {
        let in_shared = cache.asks("LOCATION", |location| facts.path_of(location).is_some_and(|path| facts.is_temporary(&path)));
        match cache.is_backend_class(FILES, facts).and(in_shared) {
            Truth::Yes => {
                let unless = facts.settings.unless("CACHES", &caches, &[cache.alias, "LOCATION"]);
                findings
                    .fail(format!("CACHES[\"{}\"] keeps pickles in a folder for everybody{unless}", cache.alias))
                    .at(cache.region("LOCATION").or(caches.region()))
                    .label("every user of the machine can create this folder first")
                    .help("use a folder below /var/cache that only the server's user may write");
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings
                    .open(format!("who may write into the folder of CACHES[\"{}\"] could not be decided", cache.alias))
                    .at(why.at.or(cache.region("LOCATION")).or(caches.region()));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("no file-based cache lies in a folder for everybody").at(caches.region());
    }
}
