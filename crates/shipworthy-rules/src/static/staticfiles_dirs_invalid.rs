//! `STATICFILES_DIRS` of the wrong shape, or naming folders that are not there, collects nothing.
use shipworthy_model::{Facts, Finding, Findings, Item, Kind, Region, Rule, Severity, Topic, Truth, Value, path};

pub(crate) static RULE: Rule = Rule {
    id: "staticfiles-dirs-invalid",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &["staticfiles.E001", "staticfiles.E003", "staticfiles.W004"],
    summary: "STATICFILES_DIRS does not name folders",
    guide: include_str!("staticfiles_dirs_invalid.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let dirs = facts.setting("STATICFILES_DIRS");
    if !findings.needs_app(facts, "django.contrib.staticfiles") {
        return;
    }
    if let Some(why) = dirs.value.as_unknown() {
        findings.undecided("STATICFILES_DIRS", &why).at(why.at.or(dirs.region()));
        return;
    }
    let finders = facts.setting("STATICFILES_FINDERS");
    let finder = "django.contrib.staticfiles.finders.FileSystemFinder";
    let looks = finders.value.certain_items().filter(|item| item.equals(finder).is_yes()).count();
    if !matches!(dirs.value.type_name(), "list" | "tuple") {
        let finding = findings.fail(format!("STATICFILES_DIRS is a {}, neither a list nor a tuple", dirs.value.type_name()));
        finding.at(dirs.region()).label("a lost trailing comma makes a text of a tuple");
        finding.help("write STATICFILES_DIRS = [BASE_DIR / \"static\"]");
        if matches!(dirs.value.type_name(), "str" | "set" | "dict") {
            times(looks, finding, "staticfiles.E001");
        }
        return;
    }
    for entry in dirs.value.certain_items() {
        judge(facts, findings, entry, dirs.region(), looks);
    }
    if !findings.has(Kind::Fail) {
        findings.pass("STATICFILES_DIRS names folders").at(dirs.region());
    }
}

/// Judges one entry: a folder, or a pair of a prefix and a folder.
fn judge(facts: &Facts, findings: &mut Findings, entry: &Value, at: Option<Region>, looks: usize) {
    let at = entry.at.or(at);
    let folder = match entry.items() {
        Some([Item::One(prefix), Item::One(folder)]) => {
            if prefix.as_str().is_some_and(|prefix| prefix.ends_with('/')) {
                let finding = findings.fail(format!("the prefix {} in STATICFILES_DIRS ends with a slash", prefix.show()));
                finding.severity(Severity::Low).at(at).help("leave out the slash; Django adds its own");
                times(looks, finding, "staticfiles.E003");
            }
            folder
        }
        Some([_, _]) => return,
        Some(items) => {
            findings
                .fail(format!("an entry of STATICFILES_DIRS has {} parts where Django unpacks two", items.len()))
                .severity(Severity::High)
                .at(at)
                .help("write a path, or a pair (\"prefix\", path)");
            return;
        }
        None => entry,
    };
    let Some(text) = folder.as_str() else { return };
    match facts.is_folder(text) {
        Truth::No => {
            let inside = path::is_below(&path::absolute("", &facts.project.root), &facts.absolute(text));
            // What a build makes is not in the tree, and should not be.
            let built = facts.is_built_folder(text)
                || text.split('/').any(|part| matches!(part, "dist" | "build" | "node_modules" | "bundles" | "webpack_bundles"));
            let shown = facts.show_folder(text);
            let finding = findings.fail(if built {
                format!("the folder {shown} in STATICFILES_DIRS is not there before a build makes it")
            } else {
                format!("the folder {shown} in STATICFILES_DIRS does not exist")
            });
            finding.severity(if inside && !built { Severity::Low } else { Severity::Info }).at(at);
            finding.help("create the folder, build its files before collectstatic, or remove the entry");
            times(looks, finding, "staticfiles.W004");
        }
        Truth::Yes | Truth::Unknown(_) => {}
    }
}

/// Django's check runs once for each mention of its finder.
fn times(looks: usize, finding: &mut Finding, id: &'static str) {
    for _ in 0..looks {
        finding.django(id);
    }
}
