//! A front end that puts its root before the whole path looks for static files one folder too deep.

use shipworthy_model::picture::{Environment, Platform, Text, Unit};
use shipworthy_model::{Datum, Facts, Findings, FrontFolder, Kind, Nesting, Region, Rule, Severity, Topic, path};

pub(crate) static RULE: Rule = Rule {
    id: "static-location-mismatch",
    topic: Topic::Static,
    severity: Severity::High,
    django: &[],
    summary: "the front end looks for static files where they are not",
    guide: include_str!("static_location_mismatch.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("STATIC_URL");
    let Some(url) = setting.value.as_str().filter(|url| !url.trim_matches('/').is_empty() && !url.contains("//")) else {
        findings.not_applicable("static files have no address on this site").at(setting.region());
        return;
    };
    let url = format!("/{}/", url.trim_matches('/'));
    let root = facts.setting("STATIC_ROOT");
    let own = match &root.value.datum {
        Datum::Str(text) | Datum::Path(text) => text.trim_end_matches('/').rsplit('/').next().map(str::to_owned),
        _ => None,
    };
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    // Where it really is twice, both agree.
    let twice = facts.path_of(&root.value).is_some_and(|folder| folder.ends_with(&format!("{url}{}", url.trim_matches('/'))));
    for folder in facts.front_folders(&url) {
        served = served.or(Some(folder.at));
        let last = url.trim_matches('/');
        let doubled = folder.looked.ends_with(&format!("/{last}/{last}"));
        if folder.files.strips || !doubled || twice || own.as_deref() != Some(last) || seen.contains(&folder.at) {
            continue;
        }
        seen.push(folder.at);
        findings
            .fail(format!("{} looks for static files in {}", folder.front.kind.name(), folder.looked))
            .at(folder.at)
            .label("`root` is put before the whole path, that of the location too")
            .see(root.region(), "where collectstatic puts them")
            .help(format!("write `alias {}/;`, or the folder around it as the root", folder.own.trim_end_matches('/')))
            .weighed(facts, folder.front);
    }
    elsewhere(facts, findings, &url, &mut seen);
    match served {
        None => {
            findings.not_applicable(format!("no front end here serves {url}")).at(setting.region());
        }
        Some(at) if !findings.has(Kind::Fail) => {
            findings.pass(format!("a front end serves {url} as files")).at(at);
        }
        Some(_) => {}
    }
}

/// Compares the folder in which the container of a front end looks with what that container has there.
fn elsewhere(facts: &Facts, findings: &mut Findings, url: &str, seen: &mut Vec<Region>) {
    let root = facts.setting("STATIC_ROOT");
    let Some(collected) = facts.path_of(&root.value).filter(|_| root.truth().is_yes() && root.assumptions.is_empty()) else {
        return;
    };
    for folder in facts.front_folders(url) {
        let homes = facts.front_homes(folder.front);
        if homes.is_empty() && !seen.contains(&folder.at) && misses_project(facts, &folder.looked, &collected) {
            seen.push(folder.at);
            let name = folder.front.kind.name();
            findings
                .fail(format!("{name} looks for static files in {}, and collectstatic puts them elsewhere", folder.own))
                .severity(Severity::Medium)
                .at(folder.at)
                .label("in the folder of the project, under another name than STATIC_ROOT has there")
                .see(root.region(), "where collectstatic puts them")
                .help("name the folder of STATIC_ROOT")
                .weighed(facts, folder.front);
        }
        let homes =
            homes.iter().filter(|(it, ..)| it.platform == Platform::Compose && it.complete && it.class.may_be_production());
        for (environment, unit, _) in homes {
            if seen.contains(&folder.at) {
                continue;
            }
            let Some(wrong) = wrong(facts, environment, unit, &folder, &collected) else { continue };
            seen.push(folder.at);
            let finding =
                findings.fail(format!("{} looks for static files in {}, {wrong}", folder.front.kind.name(), folder.own));
            finding
                .at(folder.at)
                .label("style sheets and scripts are not found")
                .see(root.region(), "where collectstatic puts them")
                .see(unit.at, "the container of the front end")
                .help("mount the volume that collectstatic fills, and name the folder at which it is mounted");
            finding.weighed(facts, folder.front);
        }
    }
}

/// Whether a folder lies where the project does, by the working folders of its images and services, and is not the one that
/// collectstatic fills there.
fn misses_project(facts: &Facts, looked: &str, collected: &str) -> bool {
    let root = path::absolute("", &facts.project.root);
    let Some(inside) = collected.strip_prefix(&*root).and_then(|rest| rest.strip_prefix('/')) else { return false };
    let images = facts.picture.images.iter().flat_map(|image| &image.stages).filter_map(|stage| stage.folder.as_ref());
    let units = facts.picture.production().into_iter().flat_map(|it| &it.units).filter_map(|unit| unit.folder.as_ref());
    let folders: Vec<String> =
        images.chain(units).filter_map(|folder| Some(path::absolute("", folder.as_str()?))).filter(|it| it.len() > 1).collect();
    let within = folders.iter().any(|folder| path::is_below(folder, looked));
    let same = looked.rsplit('/').next() == inside.rsplit('/').next();
    within && !same && !folders.iter().any(|folder| Nesting::of(looked, &format!("{folder}/{inside}")).is_some())
}

/// What is wrong with the folder in which a container looks, as the end of a sentence.
fn wrong(facts: &Facts, environment: &Environment, unit: &Unit, folder: &FrontFolder<'_>, collected: &str) -> Option<String> {
    let looked = &*folder.looked;
    let (name, servers) = (&unit.name, || environment.units.iter().filter(|it| it.serves()));
    if unit.serves() {
        let held = unit.mount_around(looked).is_ok_and(|mount| mount.is_some()) || unit.mounts_below(looked);
        let known = held
            || facts.picture.stages(unit).is_none_or(|(_, stages)| {
                let last = looked.rsplit('/').next().unwrap_or_default();
                stages.iter().flat_map(|stage| &stage.runs).flat_map(|run| &run.words).any(|word| word.shown().contains(last))
            });
        return (!known && !is_collected(facts, unit, looked, collected))
            .then(|| "and collectstatic puts them elsewhere".to_owned());
    }
    match unit.mount_around(looked) {
        Err(()) => None,
        Ok(None) if unit.mounts_below(looked) || facts.picture.image_may_hold(unit, looked) => None,
        Ok(None) => Some(format!("where the container of {name} has nothing")),
        Ok(Some(_)) => {
            let mut seen =
                servers().flat_map(|web| unit.seen_by(looked, web).into_iter().map(move |place| (web, place))).peekable();
            let first = seen.peek().cloned();
            let fits = seen.any(|(web, place)| is_collected(facts, web, &place, collected));
            first
                .filter(|_| !fits)
                .map(|(web, place)| format!("which is {place} in {}: collectstatic puts them elsewhere", web.name))
        }
    }
}

/// Whether a folder of a container may be the one that collectstatic fills there, or lies around or within it.
fn is_collected(facts: &Facts, unit: &Unit, place: &str, collected: &str) -> bool {
    let near = |folder: &str| Nesting::of(place, folder).is_some();
    let root = path::absolute("", &facts.project.root);
    let Some(inside) = collected.strip_prefix(&*root).and_then(|rest| rest.strip_prefix('/')) else {
        // A folder beside the project lies wherever the project does.
        let first = |path: &str| path.split('/').find(|part| !part.is_empty()).map(str::to_owned);
        let beside = first(collected) == first(&root) && place.rsplit('/').next() == collected.rsplit('/').next();
        return near(collected) || beside;
    };
    let stages = facts.picture.stages(unit).map(|(_, stages)| stages).unwrap_or_default();
    let copies = stages.iter().flat_map(|stage| &stage.copies).map(|copy| &copy.target);
    let mounts = unit.mounts.iter().map(|mount| &mount.target);
    let own = unit.folder.as_ref().and_then(Text::as_str);
    let Some(own) = own else { return true };
    let mut folders = copies.chain(mounts).filter_map(Text::as_str).chain([own]);
    // Where the project lies in the container is not always told: a folder of the same name will do.
    place.rsplit('/').next() == inside.rsplit('/').next()
        || folders.any(|folder| near(&path::absolute(&path::absolute("", own), &format!("{folder}/{inside}"))))
}
