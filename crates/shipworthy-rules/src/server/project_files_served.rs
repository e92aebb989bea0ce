//! A document root that is the project's folder hands out settings, keys and the database.

use shipworthy_model::front::{Handler, Request};
use shipworthy_model::{Facts, Family, Findings, Probe, Region, Rule, Severity, Sign, Topic, path};

pub(crate) static RULE: Rule = Rule {
    id: "project-files-served",
    topic: Topic::Server,
    severity: Severity::Critical,
    django: &[],
    summary: "the front end serves the project's own files",
    guide: include_str!("project_files_served.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let homes = homes(facts);
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    for front in facts.production_fronts() {
        for site in &front.sites {
            let request = Request { there: Some(true), ..site.request("/manage.py") };
            for answer in site.answers(&request).iter().filter(|answer| answer.doubt.is_none()) {
                let Handler::Files(files) = &answer.handler else { continue };
                let (Some(folder), Some(at)) = (files.folder.as_literal(), files.at) else { continue };
                served = served.or(Some(at));
                // Names that are tried may leave out the path itself.
                let tried =
                    files.tries.is_empty() || files.tries.iter().any(|text| text.render(&request).as_deref() == Ok("/manage.py"));
                let folder = path::absolute("", &folder);
                let Some((_, why)) = homes.iter().find(|(home, _)| *home == folder).filter(|_| tried && !seen.contains(&at))
                else {
                    continue;
                };
                seen.push(at);
                findings
                    .fail(format!("{} serves the files of {folder}, the folder of the project", front.kind.name()))
                    .at(at)
                    .label("`/manage.py`, `/.env` and `/db.sqlite3` are fetched like pictures")
                    .see(*why, "the project's folder")
                    .help("make a folder of its own the root, and serve STATIC_ROOT and MEDIA_ROOT in locations of their own")
                    .weighed(facts, front);
            }
        }
    }
    below(facts, findings, &homes, &mut seen, &mut served);
    findings.conclude(
        served,
        "no root of a front end is known to be the project's folder",
        "no front end here serves the files of its root",
    );
}

/// Addresses under which a front end serves the project's folder, or the one in which its database or its key lies.
fn below(
    facts: &Facts,
    findings: &mut Findings,
    homes: &[(String, Option<Region>)],
    seen: &mut Vec<Region>,
    served: &mut Option<Region>,
) {
    let kept = kept(facts);
    let root = path::absolute("", &facts.project.root);
    for front in facts.production_fronts() {
        let units = facts.front_units(front);
        let own = units.iter().filter(|(_, unit)| unit.serves()).filter_map(|(_, unit)| unit.folder.as_ref()?.as_str());
        let own: Vec<String> = own.map(|folder| path::absolute("", folder)).collect();
        for (site, route) in front.routes().filter(|(_, route)| !route.internal && route.traffic.access.is_empty()) {
            let Some(files) = route.handlers().find_map(Handler::as_files) else { continue };
            let (Some(folder), Some(at), Some(address)) = (files.folder.as_literal(), files.at, route.path.example()) else {
                continue;
            };
            let address = format!("{}/", address.trim_end_matches('/'));
            let looked = if files.strips { folder } else { format!("{folder}{address}") };
            let looked = path::absolute("", &looked);
            // Another route may come first there, and names that are tried leave out the path itself.
            let request = Request { there: Some(true), ..site.request(&format!("{address}manage.py")) };
            let answers = site.answers(&request);
            let reached =
                answers.iter().any(|it| it.doubt.is_none() && it.handler.as_files().is_some_and(|it| it.at == files.at));
            if !reached || !files.tries.is_empty() || seen.contains(&at) {
                continue;
            }
            *served = served.or(Some(at));
            let home =
                homes.iter().map(|(home, _)| home).chain(&own).find(|home| **home == looked || path::is_below(home, &looked));
            let inside = match home {
                Some(home) => looked.strip_prefix(&**home).map(|rest| rest.trim_start_matches('/').to_owned()),
                None if looked.starts_with('/') => None,
                None => Some(looked.clone()),
            };
            let Some(inside) = inside else { continue };
            let place = if matches!(&*inside, "" | ".") { root.clone() } else { format!("{root}/{inside}") };
            let what = match kept.iter().find(|(file, _)| path::is_below(&place, file)) {
                _ if place == root => "which is the folder of the project",
                Some((_, what)) => what,
                None => continue,
            };
            seen.push(at);
            findings
                .fail(format!("{} serves {looked} at {address}, {what}", front.kind.name()))
                .at(at)
                .label("whoever knows the name of a file fetches it like a picture")
                .help("serve STATIC_ROOT and MEDIA_ROOT, and no folder with anything else in it")
                .weighed(facts, front);
        }
    }
}

/// Files of the project that nobody may fetch, with what to say of the folder that they lie in.
fn kept(facts: &Facts) -> Vec<(String, &'static str)> {
    let databases = facts.setting("DATABASES");
    let services = databases.services();
    let sqlite = services.iter().filter(|database| database.family() == Some(Family::Sqlite));
    let names = sqlite.filter_map(|database| facts.path_of(database.config.found("NAME")?));
    let key = facts.key_file().map(|at| path::absolute(&facts.project.root, &facts.artifacts.get(at.artifact).path));
    let files = names.map(|file| (file, "where the database lies")).chain(key.map(|file| (file, "where SECRET_KEY lies")));
    files.map(|(file, what)| (path::absolute("", &file), what)).collect()
}

/// Folders that are the project's where it runs, and where that is said: working folders of what serves it on the same
/// machine, and folders of the host that are mounted as they are.
fn homes(facts: &Facts) -> Vec<(String, Option<Region>)> {
    let mut homes = Vec::new();
    for environment in facts.picture.production() {
        let machine = environment.platform == shipworthy_model::picture::Platform::Machine;
        for unit in environment.units.iter().filter(|unit| machine && unit.serves()) {
            let folders = unit.folder.iter().chain(unit.processes.iter().filter_map(|process| process.folder.as_ref()));
            homes.extend(folders.filter_map(|it| Some((path::absolute("", it.as_str()?), Some(it.at)))));
        }
        for unit in environment.units.iter().filter(|unit| !unit.serves()) {
            let whole = unit.mounts.iter().filter(|it| it.source.as_ref().and_then(|it| it.as_str()).is_some_and(is_whole));
            homes.extend(whole.filter_map(|it| Some((path::absolute("", it.target.as_str()?), Some(it.at)))));
        }
    }
    homes
}

fn is_whole(source: &str) -> bool {
    matches!(source, "." | "./")
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let told = [
        (Sign::EnvFile, "the environment with its credentials"),
        (Sign::Git, "the repository with its whole history"),
        (Sign::Settings, "the settings"),
        (Sign::Sqlite, "the database"),
        (Sign::ManagePy, "the source"),
    ];
    let mut served = 0;
    for seen in wire.answers(Probe::ProjectFile).filter(|seen| matches!(seen.response.status, 200 | 206)) {
        let Some((_, what)) = told.iter().find(|(sign, _)| seen.response.shows(*sign)) else { continue };
        served += 1;
        findings.fail(format!("{} hands out {what}: {}", wire.called(), seen.exchange.request.target)).seen([seen.id]).help(
            "let the web server serve the folders of static and media files only, never the project's; then change every secret",
        );
    }
    if served > 0 {
        return;
    }
    match wire.answer(Probe::ProjectFile) {
        Some(seen) => findings.pass("the files of the project are out of reach at their usual addresses").seen([seen.id]),
        None => findings.not_applicable("no answer for a file of the project was seen").seen([]),
    };
}
