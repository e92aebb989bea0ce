//! uWSGI as a server of files: what `static-map` and `check-static` hand out before Django is asked.
//!
//! Source of the facts: uWSGI's documentation "Serving static files with uWSGI" and `core/static.c`.

use shipworthy_model::front::{
    Change, Fallback, Files, Front, FrontKind, Handler, Name, Order, PathMatch, Pattern, Respond, ResponseHeader, Route, Scope,
    Site, Test, Text, Traffic, Unmatched, Use, When,
};
use shipworthy_model::picture::{self, AppServer, Picture, Program};
use shipworthy_model::{Artifacts, Region, path};

/// The front ends that servers are to themselves, one for each place that says so.
pub(super) fn fronts(picture: &Picture, artifacts: &Artifacts) -> Vec<Front> {
    let mut found: Vec<(Region, Front)> = Vec::new();
    for (environment, unit, process) in picture.processes() {
        let Some(server) = process.runs.server().filter(|server| server.program == Program::Uwsgi) else { continue };
        let home = process.folder.as_ref().or(unit.folder.as_ref()).and_then(|folder| folder.as_str()).unwrap_or_default();
        let own = Use { environment: environment.name.clone(), unit: Some(unit.name.clone()), path: "".into() };
        let Some((at, site)) = site(server, home) else { continue };
        match found.iter_mut().find(|(known, _)| *known == at) {
            Some((_, front)) if !front.uses.contains(&own) => front.uses.push(own),
            Some(_) => {}
            None => {
                let mut front = Front::new(FrontKind::Uwsgi, at.artifact, &artifacts.get(at.artifact).path, Scope::Sites);
                front.unmatched = Unmatched::Program(Respond::status(404, None));
                front.sites.push(site);
                front.uses.push(own);
                found.push((at, front));
            }
        }
    }
    found.into_iter().map(|(_, front)| front).collect()
}

/// The site of a server that hands out files, and where that is said first.
fn site(server: &AppServer, home: &str) -> Option<(Region, Site)> {
    let mut routes: Vec<(PathMatch, Files, Region)> = Vec::new();
    for (name, strips) in [("static-map", true), ("static-map2", false)] {
        for said in server.texts(name) {
            // Behind the folder may stand what else a request must fulfil.
            let Some((mount, folder)) = said.as_str().and_then(|text| text.split_once('=')) else { continue };
            routes.push((PathMatch::Prefix(mount.trim().into(), false), files(folder.trim(), home, strips, said), said.at));
        }
    }
    for said in server.texts("check-static") {
        let Some(folder) = said.as_str() else { continue };
        routes.push((PathMatch::Any, files(folder.trim(), home, false, said), said.at));
    }
    let first = routes.first()?.2;
    let mut site = Site::new(Order::First, first);
    site.names.push(Name::Any);
    site.traffic = Traffic { response_headers: headers(server), ..Traffic::default() };
    let made = |(path, files, at)| Route::new(path, Handler::Files(files), site.traffic.clone(), at);
    site.routes = routes.into_iter().map(made).collect();
    Some((first, site))
}

fn files(folder: &str, home: &str, strips: bool, said: &picture::Text) -> Files {
    // Where the process runs is not always told; then a folder is the project's own.
    let folder = if home.is_empty() { folder.to_owned() } else { path::absolute(home, folder) };
    let folder = Text::literal(&folder, Some(said.at));
    Files { folder, strips, tries: Vec::new(), fallback: Fallback::Next, listing: None, at: Some(said.at) }
}

/// Headers that are added to what it hands out.
fn headers(server: &AppServer) -> Vec<ResponseHeader> {
    let header = |text: &str, when: When, at: Region| {
        let (name, value) = text.split_once(':')?;
        let change = Change::Set(Text::literal(value.trim(), Some(at)));
        Some(ResponseHeader { name: name.trim().to_ascii_lowercase().into(), change, always: true, when, at })
    };
    let everywhere = server.texts("add-header").iter().filter_map(|said| header(said.as_str()?, When::Always, said.at));
    let routed = server.texts("route").iter().filter_map(|said| {
        let (pattern, action) = said.as_str()?.split_once(' ')?;
        let action = action.trim().strip_prefix("addheader:")?;
        header(action, When::Path(Test::Finds(vec![Pattern::new(pattern, false, Some(said.at))])), said.at)
    });
    everywhere.chain(routed).collect()
}
