//! Granted: the same module where variables are given on whose presence code hangs, as every deployment gives some.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{Artifacts, Assumption, Decision, Granted, Region, Setting, Settings, Stage, Truth, Variable};
use typed_arena::Arena;

use super::elsewhere::{self, TEXT};
use super::environment::tells_of_a_pipeline;
use super::{FUEL, Request, Wanted, run};

/// Families of variables that are tried, those that make most settings first: each is an evaluation.
const MAX_FAMILIES: usize = 2;

/// Fills in [`Settings::granted`] of settings that [`load`](super::load) gave for the same request: for each family of
/// variables by itself, as many stand for services of which a deployment has one.
pub fn grant(request: &Request<'_>, settings: &mut Settings, artifacts: &mut Artifacts) {
    let waiting = waiting(settings, settings, artifacts);
    let mut families: Vec<Vec<(Region, Arc<str>)>> = Vec::new();
    for code in waiting {
        match families.iter_mut().find(|family| family.first().is_some_and(|(_, name)| first_word(name) == first_word(&code.1))) {
            Some(family) => family.push(code),
            None => families.push(vec![code]),
        }
    }
    let makes = |code: &(Region, Arc<str>)| {
        let behind = settings.course.decisions.iter().filter(|decision| decision.then == code.0);
        behind.map(|decision| decision.skipped.len()).max().unwrap_or_default()
    };
    families.sort_by_key(|family| std::cmp::Reverse(family.iter().map(makes).sum::<usize>()));
    families.truncate(MAX_FAMILIES);
    settings.granted = families.into_iter().filter_map(|family| try_family(request, settings, family, artifacts)).collect();
}

fn first_word(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

fn try_family(
    request: &Request<'_>,
    settings: &Settings,
    mut code: Vec<(Region, Arc<str>)>,
    artifacts: &mut Artifacts,
) -> Option<Granted> {
    loop {
        let environment = code.iter().fold(request.environment.clone(), |given, (_, name)| given.with(name, TEXT));
        let there = load(&Request { environment: &environment, ..*request }, settings, artifacts);
        let certain = |settings: &Settings| settings.load_errors.iter().filter(|error| error.certain).count();
        if (there.open.is_some() && settings.open.is_none()) || certain(&there) > certain(settings) {
            return None;
        }
        // A condition may ask for one variable after another: what waits for a second one does not run yet.
        let more = waiting(&there, settings, artifacts);
        let known = code.len();
        let second = more.into_iter().filter(|(at, _)| code.iter().any(|(asked, _)| asked == at)).collect::<Vec<_>>();
        if !second.is_empty() && known + second.len() <= MAX_VARIABLES && !second.iter().all(|it| code.contains(it)) {
            code.extend(second);
            continue;
        }
        code.retain(|(at, _)| second.iter().all(|(still, _)| still != at));
        let changed = elsewhere::compare(settings, &there, "".into(), None, artifacts).changed;
        let shows = |name: &&Arc<str>| changed[*name].as_ref().is_some_and(|setting| elsewhere::shows(&setting.value));
        let made_up: BTreeSet<Arc<str>> = changed.keys().filter(shows).cloned().collect();
        let inside = |at: &Region| code.iter().any(|(code, _)| code.holds(*at));
        let is_made = |setting: &Option<Setting>| setting.as_ref().is_some_and(|it| it.origin.iter().any(inside));
        let made = changed.iter().filter(|(name, there)| protects(name) && !made_up.contains(*name) && is_made(there));
        let made: BTreeSet<Arc<str>> = made.map(|(name, _)| name.clone()).collect();
        return (!made.is_empty()).then_some(Granted { code, made, changed, made_up, text: TEXT });
    }
}

/// Variables that are given at once: more decide too much about each other.
const MAX_VARIABLES: usize = 20;

fn load(request: &Request<'_>, here: &Settings, artifacts: &mut Artifacts) -> Settings {
    let (arena, sources, shared) = (Arena::new(), RefCell::new(FxHashMap::default()), RefCell::new(std::mem::take(artifacts)));
    let required = here.load_errors.iter().filter(|error| error.certain).filter_map(|error| error.variable.clone());
    let (there, _) = run(request, &arena, &sources, &shared, required.collect(), FUEL, Wanted::Settings);
    *artifacts = shared.into_inner();
    there
}

/// The code that waits for a variable in settings as they are, each with the variable. What is known of the variables is
/// told by the settings as they were first.
fn waiting(settings: &Settings, first: &Settings, artifacts: &Artifacts) -> Vec<(Region, Arc<str>)> {
    let mut found: Vec<(Region, Arc<str>)> = Vec::new();
    let decisions = settings.course.decisions.iter().filter(|decision| asks_whether_given(artifacts.text(decision.test)));
    for decision in decisions {
        let Some(name) = waits_for(decision) else { continue };
        let variable = first.variables.iter().find(|variable| variable.name == *name);
        let is_asked = is_of_a_service(name) && variable.is_none_or(may_be_given);
        if is_asked && !found.iter().any(|(at, _)| *at == decision.then) {
            found.push((decision.then, name.clone()));
        }
    }
    found
}

/// The one variable for want of which the code behind a condition does not run.
fn waits_for(decision: &Decision) -> Option<&Arc<str>> {
    let idle = decision.outcome == Truth::No && decision.raised.is_none();
    let makes = decision.skipped.iter().any(|name| protects(name)) && !decision.skipped.contains("DEBUG");
    let mut unset = decision.assumptions.iter().filter_map(|assumption| match assumption {
        Assumption::Unset(name) => Some(name),
        Assumption::Given(_) | Assumption::Absent(_) | Assumption::Silent(_) | Assumption::World(_) => None,
    });
    let name = unset.next().filter(|_| idle && makes)?;
    unset.next().is_none().then_some(name)
}

/// Whether a setting keeps something from strangers: only where code makes one is it worth an evaluation.
fn protects(name: &str) -> bool {
    const FAMILIES: [&str; 7] = ["SECURE_", "SESSION_", "CSRF_", "CORS_", "CSP_", "AUTH_PASSWORD", "USE_X_"];
    const NAMES: [&str; 8] = [
        "ALLOWED_HOSTS",
        "EMAIL_BACKEND",
        "EMAIL_USE_SSL",
        "EMAIL_USE_TLS",
        "PASSWORD_HASHERS",
        "REST_FRAMEWORK",
        "SILENCED_SYSTEM_CHECKS",
        "X_FRAME_OPTIONS",
    ];
    let of_a_storage = name.ends_with("_DEFAULT_ACL") || name.ends_with("_QUERYSTRING_AUTH");
    of_a_storage || NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether a test only asks if something is there: `BUCKET`, `os.getenv("BUCKET")`, `"BUCKET" in os.environ`.
fn asks_whether_given(test: &str) -> bool {
    let compares = ["=", "<", ">", "not ", " is ", ".lower", ".upper", ".startswith", " or "];
    !compares.iter().any(|sign| test.contains(sign))
}

/// Whether a variable is text without a default that nobody gives.
fn may_be_given(variable: &Variable) -> bool {
    let empty = variable.default.as_ref().is_none_or(|default| default.is_none().is_yes() || default.as_str() == Some(""));
    &*variable.cast == "str" && empty && variable.given.is_none() && !variable.required
}

/// Whether a variable may be one that a deployment gives for what it has, rather than a developer's switch.
fn is_of_a_service(name: &str) -> bool {
    const OTHERS: [&str; 13] = [
        // What is no word, but is taken apart.
        "url",
        "uri",
        "dsn",
        "debug",
        "toolbar",
        "profile",
        "profiling",
        "profiler",
        "silk",
        "mock",
        "fake",
        "build",
        "docker",
    ];
    let lower = name.to_ascii_lowercase();
    let other = lower.split('_').any(|word| OTHERS.contains(&word));
    !other && !matches!(Stage::of(&lower), Stage::Development | Stage::Staging) && !tells_of_a_pipeline(name)
}
