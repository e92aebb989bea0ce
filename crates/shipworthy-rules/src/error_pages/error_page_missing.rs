//! Visitors should meet the site's own pages when something goes wrong, not Django's bare ones.
use shipworthy_model::runtime::FoundTemplate;
use shipworthy_model::{Definition, Facts, Findings, Probe, Region, Rule, Severity, Sign, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "error-page-missing",
    topic: Topic::ErrorPages,
    severity: Severity::Info,
    django: &[],
    summary: "an error page has no template",
    guide: include_str!("error_page_missing.md"),
    check,
};

/// The templates Django looks for, and when.
const PAGES: [(&str, &str); 4] = [
    ("404.html", "an address leads nowhere"),
    ("500.html", "a view raises an exception"),
    ("403.html", "access is denied"),
    ("400.html", "a request is malformed"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    if !ran(facts, findings) {
        settings(facts, findings);
    }
    exchanges(facts, findings);
}

/// What Django finds for the names of the error pages, also in packages. False if nobody asked it.
fn ran(facts: &Facts, findings: &mut Findings) -> bool {
    let Some(runtime) = facts.runtime() else { return false };
    let (Some(templates), Some(addresses)) = (&runtime.templates, &runtime.addresses) else { return false };
    let engines = facts.engines();
    if engines.list.is_empty() && engines.doubt.is_none() {
        findings.not_applicable("TEMPLATES has no entry: the site renders no pages").settles();
        return true;
    }
    let mut missing: Vec<(&str, &str)> = Vec::new();
    for (page, occasion) in PAGES {
        match (addresses.handlers.get(&page[..3]), templates.get(page)) {
            (Some(view), _) => findings.pass(format!("{view} answers when {occasion}")),
            (None, Some(FoundTemplate::File(path))) => findings.pass(format!("Django takes {path} when {occasion}")),
            (None, Some(FoundTemplate::Broken(raised))) => findings
                .fail(format!("{page} cannot be read as a template: {}", raised.what()))
                .severity(Severity::Medium)
                .help("repair it: now an error while an error is shown ends in a bare page or none"),
            (None, Some(FoundTemplate::Missing) | None) => {
                missing.push((page, occasion));
                continue;
            }
        }
        .settles()
        .about(page);
    }
    tell_missing(facts, missing, findings);
    true
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let engines = facts.engines();
    if !facts.project.seen {
        findings.open("whether there are templates for error pages cannot be seen without the project's files");
        return;
    }
    if engines.list.is_empty() && engines.doubt.is_none() {
        if facts.has_old_templates() {
            findings.open("which error pages there are hangs on TEMPLATE_DIRS and TEMPLATE_LOADERS, which are not looked at");
        } else {
            findings.not_applicable("TEMPLATES has no entry: the site renders no pages");
        }
        return;
    }
    for (handler, path, at) in &facts.project.routes.error_views {
        if matches!(facts.definition(path), Some(Definition::Missing)) {
            findings
                .fail(format!("{handler} names {path}, which is not there"))
                .severity(Severity::Medium)
                .at(*at)
                .about(format!("{handler}.view"))
                .label("where the page is due, Django fails to import the view")
                .help("name a view that is there, or leave the name out");
        }
    }
    let mut missing: Vec<(&str, &str)> = Vec::new();
    for (page, occasion) in PAGES {
        let handler = format!("handler{}", &page[..3]);
        let handlers = &facts.project.error_handlers;
        if let Some(template) = facts.project.templates.iter().find(|template| &*template.name == page) {
            findings.pass(format!("{page} is there for when {occasion}")).at(template.region).about(page);
        } else if let Some((_, at)) = handlers.iter().find(|(name, _)| **name == *handler) {
            findings.pass(format!("the URLconf names a {handler} of its own for when {occasion}")).at(*at).about(page);
        } else {
            missing.push((page, occasion));
        }
    }
    match doubt(facts) {
        Some((why, at)) if !missing.is_empty() => {
            let pages = missing.iter().map(|(page, _)| *page).collect::<Vec<_>>().join(", ");
            findings.open(format!("whether there are pages of the project's own for {pages} could not be decided: {why}")).at(at);
        }
        Some(_) | None => tell_missing(facts, missing, findings),
    }
}

/// Why pages and views may be there that were not seen, and where that is said.
fn doubt(facts: &Facts) -> Option<(String, Option<Region>)> {
    let engines = facts.engines();
    if let Some(why) = engines.doubt {
        return Some((why.reason(), why.at.or(engines.at)));
    }
    let urlconf = facts.setting("ROOT_URLCONF");
    if let Some(why) = urlconf.value.as_unknown() {
        return Some((why.reason(), why.at.or(urlconf.region())));
    }
    let brings = || facts.brings_error_pages().map(|app| format!("{app} brings some of its own"));
    facts.project.error_page_doubt.as_ref().map(ToString::to_string).or_else(brings).map(|why| (why, engines.at))
}

fn tell_missing(facts: &Facts, missing: Vec<(&str, &str)>, findings: &mut Findings) {
    let engines = facts.engines();
    let (often, seldom): (Vec<_>, Vec<_>) = missing.into_iter().partition(|(page, _)| matches!(*page, "404.html" | "500.html"));
    for (pages, severity) in [(often, Severity::Low), (seldom, Severity::Info)] {
        if pages.is_empty() {
            continue;
        }
        // Of pages that are missing together, the one that a look at the site can show stands for them.
        let shown = pages.iter().find(|(page, _)| matches!(*page, "404.html" | "400.html")).unwrap_or(&pages[0]).0;
        let all = |say: &dyn Fn(&(&str, &str)) -> String, word: &str| pages.iter().map(say).collect::<Vec<_>>().join(word);
        let names = all(&|(page, _)| (*page).to_owned(), " and ");
        let finding = findings
            .fail(format!("there is no template {}", all(&|(page, _)| (*page).to_owned(), " or ")))
            .severity(severity)
            .at(engines.at)
            .about(shown)
            .label(format!("a bare page of Django's is shown when {}", all(&|(_, occasion)| (*occasion).to_owned(), " or ")))
            .help(format!(
                "add {names} to a template folder, or name {} in the URLconf",
                all(&|(page, _)| format!("handler{}", &page[..3]), " and ")
            ));
        if facts.runtime().is_some_and(|runtime| runtime.templates.is_some()) {
            finding.settles();
        }
    }
}

/// Bare pages of Django's that the running site shows.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let bare = [
        (Probe::Missing, Sign::StockNotFound, "404.html", Severity::Low),
        (Probe::MalformedHost, Sign::StockBadRequest, "400.html", Severity::Info),
    ];
    for (probe, sign, page, severity) in bare {
        let Some(seen) = wire.answer(probe) else { continue };
        if seen.response.shows(sign) {
            findings
                .fail(format!("{site} answers {} with Django's bare page", seen.response.status))
                .severity(severity)
                .help(format!("add {page} to a template folder"))
        } else if wire.is_django() && seen.response.is_page() && !seen.response.shows_debug() && seen.response.status >= 400 {
            findings.pass(format!("{site} answers {} with a page of its own", seen.response.status))
        } else {
            continue;
        }
        .seen([seen.id])
        .about(page);
    }
    if !findings.has_seen() {
        findings.not_applicable(format!("no error page of Django's was seen at {site}")).seen([]);
    }
}
