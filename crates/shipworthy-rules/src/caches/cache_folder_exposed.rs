//! A file cache inside a served folder hands its pickles to visitors; a served folder inside a cache is wiped with it.

use shipworthy_model::{Facts, Findings, Nesting, Rule, ServedFolder, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "cache-folder-exposed",
    topic: Topic::Caches,
    severity: Severity::High,
    django: &["caches.W002"],
    summary: "a file-based cache shares a folder with files that are served",
    guide: include_str!("cache_folder_exposed.md"),
    check,
};

const FILES: &str = "django.core.cache.backends.filebased.FileBasedCache";

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    let served = facts.served_folders();
    for cache in caches.services() {
        if cache.is_backend_class(FILES, facts).is_no() {
            continue;
        }
        let Some(location) = cache.config.found("LOCATION") else { continue };
        let Some(path) = facts.path_of(location) else {
            findings
                .open(format!("where CACHES[\"{}\"] keeps its files could not be decided", cache.alias))
                .at(location.at.or(caches.region()));
            continue;
        };
        for setting in ["MEDIA_ROOT", "STATIC_ROOT", "STATICFILES_DIRS"] {
            let Some((nesting, folder)) = closest(&path, served.iter().filter(|folder| folder.setting == setting)) else {
                continue;
            };
            let message = format!("LOCATION of CACHES[\"{}\"] {} {setting}", cache.alias, nesting.verb());
            match cache.is_backend_class(FILES, facts).and(folder.is_served()) {
                Truth::Yes => {
                    let finding = findings.fail(format!("{message}{}", caches.unless()));
                    finding.at(location.at.or(caches.region())).see(folder.at, format!("{setting} is {}", folder.path));
                    finding.django("caches.W002").help("keep the cache in a folder of its own, away from served files");
                }
                Truth::No => {}
                Truth::Unknown(why) => {
                    let finding = findings.open(format!("{message} if it applies: {}", why.reason()));
                    finding.at(location.at.or(caches.region()));
                }
            }
        }
    }
    if findings.is_clean() {
        findings.pass("no file-based cache shares a folder with served files").at(caches.region());
    }
}

/// The relation Django reports for one setting: equal folders first, then a folder around the cache, then one inside.
fn closest<'a>(path: &str, folders: impl Iterator<Item = &'a ServedFolder>) -> Option<(Nesting, &'a ServedFolder)> {
    let rank = |nesting: Nesting| match nesting {
        Nesting::Same => 0,
        Nesting::Inside => 1,
        Nesting::Around => 2,
    };
    let related = folders.filter_map(|folder| Some((Nesting::of(path, &folder.path)?, folder)));
    related.min_by_key(|(nesting, folder)| (folder.doubt.is_some(), rank(*nesting)))
}
