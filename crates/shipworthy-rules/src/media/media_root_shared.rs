//! Uploads come from strangers: they must not share a folder with code, templates or static files.

use shipworthy_model::{Effective, Facts, Finding, Findings, Kind, Lookup, Region, Rule, Severity, Topic, Use, Value, path};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "media-root-shared",
    topic: Topic::Media,
    severity: Severity::High,
    django: &[],
    summary: "MEDIA_ROOT shares a folder with code, templates or static files",
    guide: include_str!("media_root_shared.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(root) = subjects::media_root(facts, findings) else { return };
    let Some(text) = root.value.as_str() else {
        findings.not_applicable("MEDIA_ROOT is no path").at(root.region());
        return;
    };
    let media = facts.absolute(text);
    collected(facts, findings, &root, &media);
    let dirs = facts.setting("STATICFILES_DIRS");
    for dir in dirs.value.certain_items() {
        inside(facts, findings, (&root, &media), dir, dir.at.or(dirs.region()), "STATICFILES_DIRS");
    }
    for engine in facts.engines().list {
        if let Lookup::Found(dirs) = engine.get("DIRS") {
            for dir in dirs.certain_items() {
                inside(facts, findings, (&root, &media), dir, dir.at.or(dirs.at), "a template folder");
            }
        }
    }
    code(facts, findings, &root, &media);
    mounted(facts, findings, &root, &media);
    if !findings.has(Kind::Fail) {
        findings.pass("MEDIA_ROOT is a folder of its own").at(root.region());
    }
}

/// Compares with `STATIC_ROOT`.
fn collected(facts: &Facts, findings: &mut Findings, root: &Effective, media: &str) {
    let statics = facts.setting("STATIC_ROOT");
    let Some(text) = statics.value.as_str().filter(|text| !text.is_empty()) else { return };
    let folder = facts.absolute(text);
    if folder == media {
        let finding = findings.fail("MEDIA_ROOT and STATIC_ROOT are the same folder");
        finding
            .at(root.region())
            .see(statics.region(), "the same folder for the project's own files")
            .help("give uploads a folder of their own");
        weigh(facts, finding);
    } else if path::is_below(&folder, media) {
        let finding = findings.fail("MEDIA_ROOT lies inside STATIC_ROOT");
        finding
            .severity(Severity::Medium)
            .at(root.region())
            .see(statics.region(), "collectstatic --clear deletes everything in here")
            .help("move uploads out of STATIC_ROOT");
        weigh(facts, finding);
    }
}

/// Compares with a folder of sources.
fn inside(
    facts: &Facts,
    findings: &mut Findings,
    (root, media): (&Effective, &str),
    dir: &Value,
    at: Option<Region>,
    what: &str,
) {
    let Some(text) = dir.as_str() else { return };
    let folder = facts.absolute(text);
    if folder == media || path::is_below(&folder, media) {
        let finding = findings.fail(format!("MEDIA_ROOT lies in {what}"));
        finding
            .at(root.region())
            .see(at, "uploads become part of the project's own files")
            .help("move uploads to a folder that holds nothing else");
        weigh(facts, finding);
    }
}

/// Takes a finding for a note where nothing puts a file into `MEDIA_ROOT`.
fn weigh(facts: &Facts, finding: &mut Finding) {
    if facts.keeps_files().is_no() && facts.uses(Use::MediaRoot).is_no() && !are_shown(facts) {
        finding.severity(Severity::Info).label("nothing of the project's own keeps files so far");
    }
}

/// Whether a front end has a folder for uploads: then there are some, whoever keeps them.
fn are_shown(facts: &Facts) -> bool {
    let setting = facts.setting("MEDIA_URL");
    let Some(url) = setting.value.as_str().filter(|url| !url.contains("://") && !url.trim_matches('/').is_empty()) else {
        return false;
    };
    let url = format!("/{}", url.trim_start_matches('/'));
    facts.production_fronts().into_iter().flat_map(|front| &front.sites).any(|site| {
        let answers = site.answers(&site.request(&format!("{url}page.html")));
        let own = |stem: &str| stem.len() > 1 && url.starts_with(stem);
        answers.iter().any(|it| it.handler.as_files().is_some() && it.route.is_some_and(|route| own(route.path.stem())))
    })
}

/// Compares with the project's folder, and the package of the settings.
fn code(facts: &Facts, findings: &mut Findings, root: &Effective, media: &str) {
    let base = facts.setting("BASE_DIR");
    let project = path::absolute("", &facts.project.root);
    let base_folder = base.value.as_str().filter(|base| path::is_absolute(base)).map(|base| path::absolute("", base));
    let exposes = |code: &str| code != "." && code != "/" && (media == code || path::is_below(media, code));
    if base_folder.as_deref().is_some_and(exposes) || exposes(&project) {
        findings
            .fail("MEDIA_ROOT is the project's own folder, or one above it")
            .severity(Severity::Critical)
            .at(root.region())
            .see(base.region(), "the project's folder")
            .label("an upload can replace the code, and whoever serves this folder serves the code")
            .help("move uploads to a folder that holds nothing else");
    }
}

/// Compares with what a front end serves as static files, where both are volumes of its container.
fn mounted(facts: &Facts, findings: &mut Findings, root: &Effective, media: &str) {
    let url = facts.setting("STATIC_URL");
    let Some(url) = url.value.as_str().filter(|url| !url.trim_matches('/').is_empty() && !url.contains("//")) else { return };
    let url = format!("/{}/", url.trim_matches('/'));
    let project = path::absolute("", &facts.project.root);
    let inside = media.strip_prefix(&*project).and_then(|rest| rest.strip_prefix('/'));
    let mut seen = Vec::new();
    for folder in facts.front_folders(&url) {
        for (environment, unit, _) in facts.front_homes(folder.front) {
            let below = unit.mounts.iter().filter_map(|mount| Some((mount, path::absolute("", mount.target.as_str()?))));
            let below = below.filter(|(_, place)| path::is_below(&folder.looked, place));
            for (mount, place) in below.filter(|_| environment.class.may_be_production()) {
                let is_media = environment.units.iter().filter(|web| web.serves()).any(|web| {
                    let own = web.folder.as_ref().and_then(|folder| folder.as_str());
                    let within = inside.zip(own).map(|(inside, own)| path::absolute(own, inside));
                    unit.seen_by(&place, web).into_iter().any(|seen| seen == media || Some(seen) == within)
                });
                if !is_media || seen.contains(&mount.at) {
                    continue;
                }
                seen.push(mount.at);
                let shown = format!("{url}{}", place[folder.looked.len()..].trim_start_matches('/'));
                findings
                    .fail(format!("the container of {} has uploads among the static files, and shows them at {shown}", unit.name))
                    .severity(Severity::Medium)
                    .at(mount.at)
                    .see(folder.at, "serves everything below this folder")
                    .see(root.region(), "where uploads go")
                    .help("mount uploads at a folder of their own")
                    .weighed(facts, folder.front);
            }
        }
    }
}
