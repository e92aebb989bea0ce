//! With DEBUG off Django serves no static files: something else has to.
use shipworthy_model::front::{Files, Request, Route};
use shipworthy_model::{Entrance, Facts, Findings, Probe, Rule, Severity, Sign, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "static-unserved",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "nothing serves the static files",
    guide: include_str!("static_unserved.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    if !findings.needs_app(facts, "django.contrib.staticfiles") {
        return;
    }
    let url = facts.setting("STATIC_URL");
    let storage = facts.storage("staticfiles");
    if storage.class().is_some() && storage.is_local().is_no() {
        findings.pass(format!("static files are kept and served by {}", storage.backend.show())).at(storage.at);
        return;
    }
    match url.value.is_none() {
        Truth::Yes => {
            findings
                .fail(format!("STATIC_URL is not set, although django.contrib.staticfiles is installed{}", url.unless()))
                .at(url.region())
                .help("set STATIC_URL = \"static/\", or remove the app");
            return;
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.undecided("STATIC_URL", &why).at(why.at.or(url.region()));
            return;
        }
    }
    if let Some(host) = url.value.as_str().filter(|url| url.contains("//")) {
        findings.pass(format!("static files are served by {host}")).at(url.region());
        return;
    }
    if let Some(server) = facts.static_middleware() {
        findings.pass(format!("static files are served by {server}")).at(facts.setting("MIDDLEWARE").region());
        return;
    }
    if let Some(path) = url.value.as_str().filter(|path| !path.is_empty())
        && by_front(facts, findings, &format!("/{}/", path.trim_matches('/')))
    {
        return;
    }
    findings
        .open(format!("a web server must serve STATIC_ROOT under {}, which nothing here shows", url.value.show()))
        .at(url.region())
        .help("point the web server's location at STATIC_ROOT, or install WhiteNoise's middleware");
}

/// Settles it by the front ends, where one of them has a site for Django.
fn by_front(facts: &Facts, findings: &mut Findings, url: &str) -> bool {
    let entrances = facts.entrances();
    for entrance in &entrances {
        let mut request = entrance.request.clone();
        request.path = format!("{url}admin/css/base.css");
        for answer in entrance.site.answers(&request) {
            let Some(files) = answer.handler.as_files() else { continue };
            // Files of every folder, chosen by their endings, are those of another application as often.
            if answer.route.is_some_and(|route| serves_anywhere(entrance, &request, files, route)) {
                return false;
            }
            let at = answer.route.map_or(files.at, |route| Some(route.at));
            findings.pass(format!("{} serves {url}", entrance.front.kind.name())).at(at);
            return true;
        }
    }
    // A file that is not in the project may hold the location.
    let whole = |it: &&Entrance<'_>| it.doubt.is_none() && it.front.missing.is_empty() && facts.is_whole_front(it.front);
    let Some(entrance) = entrances.iter().find(whole) else { return false };
    let mut request = entrance.request.clone();
    request.path = format!("{url}admin/css/base.css");
    let answers = entrance.site.answers(&request);
    let django = |answer: &shipworthy_model::front::Answer<'_>| {
        answer.doubt.is_none() && answer.handler.as_proxy().is_some_and(|upstream| facts.is_django(entrance.front, upstream))
    };
    // Another front end may serve them, and a view may.
    if entrances.iter().any(|it| it.front.artifact != entrance.front.artifact) || !answers.iter().all(django) {
        return false;
    }
    findings
        .fail(format!("{} passes {url} to Django, which serves no static files", entrance.front.kind.name()))
        .at(entrance.at())
        .label("style sheets and scripts are asked from Django, and nothing in the settings serves them")
        .see(facts.setting("STATIC_URL").region(), "the address of static files")
        .help("serve STATIC_ROOT in a location of its own, or install WhiteNoise's middleware")
        .weighed(facts, entrance.front);
    true
}

/// Whether a route that answers with files of a folder of the whole site, by their endings alone, answers as well where
/// nothing of Django's lies.
fn serves_anywhere(entrance: &Entrance<'_>, request: &Request, files: &Files, route: &Route) -> bool {
    let elsewhere = Request { path: "/shipworthy-elsewhere/base.css".to_owned(), ..request.clone() };
    let page = Request { path: "/shipworthy-elsewhere/".to_owned(), ..request.clone() };
    let same = |request: &Request| {
        let answers = entrance.site.answers(request);
        answers.iter().any(|answer| {
            answer.route.is_some_and(|other| other.at == route.at)
                && answer.handler.as_files().is_some_and(|it| it.at == files.at)
        })
    };
    same(&elsewhere) && !same(&page)
}

/// Style sheets and scripts that pages of the running site link to.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let assets: Vec<_> = wire.answers(Probe::Asset).collect();
    let Some(first) = assets.first() else {
        findings.not_applicable("the pages that were seen link to no style sheet or script of their own site").seen([]);
        return;
    };
    let wanted = |target: &str| {
        let path = target.split('?').next().unwrap_or_default();
        if path.rsplit_once('.').is_some_and(|(_, end)| end == "css") { "css" } else { "javascript" }
    };
    let served = |seen: &&shipworthy_model::Encounter<'_>| {
        seen.response.status == 200
            && seen.response.content_type().contains(wanted(&seen.exchange.request.target))
            && !seen.response.shows(Sign::FrontEnd)
    };
    let broken: Vec<_> = assets.iter().filter(|seen| !served(seen)).collect();
    match broken.first() {
        None => {
            findings.pass(format!("{site} serves the style sheets and scripts that its pages link to")).seen([first.id]);
        }
        Some(seen) => {
            let kind = seen.response.content_type();
            let kind = if kind.is_empty() { String::new() } else { format!(", as {kind}") };
            findings
                .fail(format!(
                    "{site} does not serve {} of {} linked style sheets and scripts: {} comes with {}{kind}",
                    broken.len(),
                    assets.len(),
                    seen.exchange.request.target,
                    seen.response.status
                ))
                .seen(broken.iter().map(|seen| seen.id).collect::<Vec<_>>())
                .severity(Severity::High)
                .help(
                    "run collectstatic in every release, and serve STATIC_ROOT under STATIC_URL by the web server or WhiteNoise",
                );
        }
    }
}
