//! `STATIC_ROOT` holds copies: it must not be a folder that also holds sources.
use shipworthy_model::{Effective, Facts, Findings, Item, Region, Rule, Severity, Topic, Truth, Value, path};

pub(crate) static RULE: Rule = Rule {
    id: "static-root-shared",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &["staticfiles.E002"],
    summary: "STATIC_ROOT is also a folder of sources",
    guide: include_str!("static_root_shared.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let root = facts.setting("STATIC_ROOT");
    match root.truth() {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("STATIC_ROOT is not set");
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("STATIC_ROOT", &why).at(why.at.or(root.region()));
            return;
        }
    }
    let Some(text) = root.value.as_str() else {
        findings.not_applicable("STATIC_ROOT is no path").at(root.region());
        return;
    };
    let folder = facts.absolute(text);
    sources(facts, findings, &root, &folder);
    code(facts, findings, &root, &folder);
    if findings.is_clean() {
        findings.pass("STATIC_ROOT is a folder of its own").at(root.region());
    }
}

/// Compares with `STATICFILES_DIRS`, as `FileSystemFinder` does.
fn sources(facts: &Facts, findings: &mut Findings, root: &Effective, folder: &str) {
    let dirs = facts.setting("STATICFILES_DIRS");
    if let Some(why) = dirs.value.as_unknown() {
        findings.undecided("STATICFILES_DIRS", &why).at(why.at.or(dirs.region()));
    }
    if !matches!(dirs.value.type_name(), "list" | "tuple") {
        return;
    }
    let finders = how_many_finders(facts);
    for (source, at) in dirs.value.certain_items().filter_map(source_path) {
        let at = at.or(dirs.region());
        let source = facts.absolute(&source);
        if source == folder {
            let finding = findings.fail("STATIC_ROOT is itself one of STATICFILES_DIRS");
            finding.at(root.region()).see(at, "the same folder as a source");
            finding.help("collect into a folder that no finder reads, such as BASE_DIR / \"staticfiles\"");
            for _ in 0..finders {
                finding.django("staticfiles.E002");
            }
        } else if path::is_below(&source, folder) {
            findings
                .fail("STATIC_ROOT lies inside one of STATICFILES_DIRS")
                .at(root.region())
                .see(at, "every collectstatic copies the last one's result into itself")
                .help("collect into a folder that no finder reads, such as BASE_DIR / \"staticfiles\"");
        }
    }
}

/// Collected into the folder of the code, everything in it becomes public.
fn code(facts: &Facts, findings: &mut Findings, root: &Effective, folder: &str) {
    let project = path::absolute("", &facts.project.root);
    let base = facts.setting("BASE_DIR");
    let base_folder = base.value.as_str().filter(|base| path::is_absolute(base)).map(|base| path::absolute("", base));
    let exposes = |code: &str| code != "." && code != "/" && (folder == code || path::is_below(folder, code));
    if base_folder.as_deref().is_some_and(exposes) || exposes(&project) {
        findings
            .fail("STATIC_ROOT is the project's own folder, or one above it")
            .severity(Severity::High)
            .at(root.region())
            .see(base.region(), "the project's folder")
            .label("whoever serves this folder serves the settings and the database file too")
            .help("collect into a folder of its own, such as BASE_DIR / \"staticfiles\"");
    }
}

/// The path of an entry of `STATICFILES_DIRS`: the entry, or the second part of a pair.
fn source_path(entry: &Value) -> Option<(String, Option<Region>)> {
    let path = match entry.items() {
        Some([_, Item::One(path)]) => path,
        Some(_) => return None,
        None => entry,
    };
    Some((path.as_str()?.to_owned(), path.at.or(entry.at)))
}

/// How often Django's own check of `STATICFILES_DIRS` runs: once for each mention of its finder.
fn how_many_finders(facts: &Facts) -> usize {
    if !facts.has_app("django.contrib.staticfiles").is_yes() {
        return 0;
    }
    let finders = facts.setting("STATICFILES_FINDERS");
    let finder = "django.contrib.staticfiles.finders.FileSystemFinder";
    finders.value.certain_items().filter(|item| item.equals(finder).is_yes()).count()
}
