//! A location without its final slash and an alias with one let visitors climb out of the folder.

use shipworthy_model::front::{FrontKind, Handler, PathMatch};
use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Sign, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "alias-traversal",
    topic: Topic::Static,
    severity: Severity::Critical,
    django: &[],
    summary: "visitors can read files beside the folder that is served",
    guide: include_str!("alias_traversal.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    // Only nginx replaces characters and not names: `/static../x` is below `/static` for it.
    for front in facts.production_fronts().into_iter().filter(|front| front.kind == FrontKind::Nginx) {
        // What is only reached from inside, after the application has said so, no address of a visitor leads to.
        for (_, route) in front.routes().filter(|(_, route)| !route.internal) {
            let Some(files) = route.handlers().filter_map(Handler::as_files).find(|files| files.strips) else { continue };
            served = served.or(files.at);
            let PathMatch::Prefix(path, _) = &route.path else { continue };
            // Nobody outside may ask for what is for the program's own use.
            if route.internal {
                continue;
            }
            let ends = files
                .folder
                .pieces
                .last()
                .is_some_and(|piece| matches!(piece, shipworthy_model::front::Piece::Literal(text) if text.ends_with('/')));
            if path.ends_with('/') || seen.contains(&route.at) {
                continue;
            }
            seen.push(route.at);
            // A file of its own has nothing beside it that begins like it.
            let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
            if path.contains(['{', '$']) {
                findings.open("whether this location ends with a slash hangs on what its template is filled with").at(route.at);
                continue;
            }
            if is_file && !ends {
                continue;
            }
            let finding = if ends {
                findings
                    .fail(format!("`{path}../` leads out of the folder: the location lacks the slash that the alias has"))
                    .label(format!("`{path}../manage.py` is looked up beside the folder, not in it"))
            } else {
                findings
                    .fail(format!("everything whose name begins like the folder is served too: `{path}.old/`"))
                    .severity(Severity::Low)
                    .label("neither the location nor the alias ends with a slash")
            };
            finding
                .at(route.at)
                .see(files.at, "the folder")
                .help(format!("write both with a slash at the end: `location {path}/`"))
                .weighed(facts, front);
        }
    }
    findings.conclude(served, "every alias ends where its location ends", "no alias of nginx is configured here");
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let escaped = wire
        .answers(Probe::Traversal)
        .find(|seen| matches!(seen.response.status, 200 | 206) && seen.response.shows(Sign::ManagePy));
    if let Some(seen) = escaped {
        findings
            .fail(format!("{} serves files beside the folder of static files: {}", wire.called(), seen.exchange.request.target))
            .seen([seen.id])
            .label("source, .env and the database lie where manage.py lies")
            .help("end the location in a slash where its alias ends in one: `location /static/ { alias /srv/shop/static/; }`; then change every secret");
    } else if let Some(seen) = wire.answer(Probe::Traversal) {
        findings.pass("the folder above the static files is out of reach").seen([seen.id]);
    } else {
        findings.not_applicable("no folder of static or media files is known").seen([]);
    }
}
