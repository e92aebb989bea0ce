//! Which of a project's settings modules is production's, and the reason in one clause.

use std::sync::Arc;

use shipworthy_model::{EntryPoint, EntryPointKind, ModuleChoice, Region, Truth};
use shipworthy_source::declarations::{Declaration, Weight};
use shipworthy_source::stage::Stage;

use super::{Candidate, Project};

/// A module that somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The dotted name.
    pub(crate) module: String,
    /// Who asked: one clause.
    pub(crate) reason: String,
    /// Where.
    pub(crate) at: Option<Region>,
}

/// How much speaks for a module; less is more. The order is the one in which evidence is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A file that deploys production names it.
    DeclaredForProduction,
    /// A file that deploys names it.
    Declared,
    /// Its name says production.
    NamedProduction,
    /// A server's entry point names it.
    Served,
    /// A compose file, an env file or a script names it.
    Mentioned,
    /// `manage.py` names it.
    Managed,
    /// It could stand alone, and nothing speaks against it.
    Standing,
    /// An entry point names it, though its name says development.
    StartedForDevelopment,
    /// Its name says staging.
    Staging,
    /// Its name says development, or that others build on it.
    Unlikely,
    /// A fragment, or for tests.
    Never,
}

#[derive(Debug)]
struct Ranked<'a> {
    candidate: &'a Candidate,
    rank: Rank,
    reason: String,
    at: Option<Region>,
    agreeing: usize,
}

/// A module of production that a server's entry point names and that is not in the project, and where it is named: whoever
/// deploys the project writes it.
fn served_missing<'e>(project: &Project, entry_points: &'e [EntryPoint]) -> Option<(Region, &'e str)> {
    let named =
        entry_points.iter().filter(|entry| entry.kind != EntryPointKind::Manage).filter_map(|entry| entry.module.as_ref());
    let is_there = |module: &str| project.candidates.iter().any(|it| &*it.module == module);
    let mut missing = named.filter(|(module, _)| Stage::of_module(module) == Stage::Production && !is_there(module));
    missing.next().map(|(module, at)| (*at, &**module))
}

/// Chooses the module. `debug` evaluates a module and says whether DEBUG is on in it.
pub(crate) fn choose(
    project: &Project,
    wish: Option<&Wish>,
    entry_points: &[EntryPoint],
    declarations: &[Declaration],
    path_of: &dyn Fn(Region) -> String,
    debug: &mut dyn FnMut(&str) -> Truth,
) -> ModuleChoice {
    if let Some(wish) = wish {
        let others = project.candidates.iter().map(|it| it.module.clone()).filter(|module| **module != *wish.module);
        let module = wish.module.as_str().into();
        return ModuleChoice { module, reason: wish.reason.clone(), at: wish.at, others: others.collect(), stand_in: None };
    }
    let built_on = |module: &str| project.candidates.iter().any(|it| it.builds_on.iter().any(|base| base == module));
    let mut ranked: Vec<Ranked<'_>> =
        project.candidates.iter().map(|it| rank(it, entry_points, declarations, path_of, built_on(&it.module))).collect();
    for it in ranked.iter_mut().filter(|it| it.rank == Rank::StartedForDevelopment && project.is_template(&it.candidate.module)) {
        // In a project that is made anew, `local` are its own settings, and a server loads them.
        let served = |entry: &&EntryPoint| {
            let named = entry.module.as_ref().filter(|(name, _)| *name == it.candidate.module);
            entry.kind != EntryPointKind::Manage && named.is_some()
        };
        if let Some(at) = entry_points.iter().find(served).and_then(|entry| entry.module.as_ref()).map(|(_, at)| *at) {
            (it.rank, it.at, it.reason) = (Rank::Served, Some(at), format!("{} names it", path_of(at)));
        }
    }
    for it in &mut ranked {
        // An entry point loads what whoever deploys has written: what builds on that is for something beside it.
        let started = |module: &&String| {
            entry_points.iter().any(|entry| entry.module.as_ref().is_some_and(|(name, _)| **name == ***module))
        };
        let missing = |module: &&String| !project.candidates.iter().any(|other| *other.module == ***module);
        let wanted = it.candidate.builds_on.iter().filter(missing).find(started);
        if let Some(wanted) = wanted.filter(|_| matches!(it.rank, Rank::Mentioned | Rank::Managed | Rank::Standing)) {
            (it.rank, it.at) = (Rank::Unlikely, None);
            it.reason = format!("no module here is production's, and {wanted} is not in the project");
        }
    }
    ranked.sort_by(|a, b| order(a).cmp(&order(b)));
    let possible = ranked.iter().filter(|it| it.rank < Rank::StartedForDevelopment).count();
    let mut place = 0;
    let mut passed_over: Vec<&str> = Vec::new();
    let surest = ranked.first().is_none_or(|first| first.rank == Rank::DeclaredForProduction);
    if !surest && possible > 1 {
        let off = |it: &Ranked<'_>, debug: &mut dyn FnMut(&str) -> Truth| match debug(&it.candidate.module) {
            Truth::Yes => false,
            Truth::No | Truth::Unknown(_) => true,
        };
        // What nothing names must at least lie beside what is named.
        let beside = |it: &Ranked<'_>| it.rank < Rank::Standing || are_near(&ranked[0].candidate.module, &it.candidate.module);
        // More candidates than this are not deployments of one project.
        let first_off = (0..possible.min(6)).filter(|at| beside(&ranked[*at])).find(|at| off(&ranked[*at], debug));
        if let Some(at) = first_off {
            passed_over = ranked[..at].iter().map(|it| &*it.candidate.module).collect();
            place = at;
        }
    }
    let Some(chosen) = ranked.get(place) else { return ModuleChoice::default() };
    let mut reason = if ranked.len() == 1 && chosen.rank > Rank::Managed {
        "it is the only settings module".to_owned()
    } else {
        chosen.reason.clone()
    };
    if !passed_over.is_empty() {
        reason = format!("{reason}, and DEBUG is on in {}", passed_over.join(" and "));
    }
    let others: Vec<Arc<str>> = ranked
        .iter()
        .enumerate()
        .filter(|(at, it)| *at != place && it.rank != Rank::Never)
        .map(|(_, it)| it.candidate.module.clone())
        .collect();
    let served_missing = served_missing(project, entry_points);
    let stand_in = match (chosen.rank, chosen.candidate.stage) {
        (Rank::StartedForDevelopment | Rank::Unlikely | Rank::Never, Stage::Development) => {
            Some("is for development, and no settings of production were found".to_owned())
        }
        (Rank::Unlikely, Stage::Base | Stage::Neutral) => {
            Some("is what other settings build on, and no settings of production were found".to_owned())
        }
        _ if project.is_example() => Some("belongs to an example in this repository".to_owned()),
        (Rank::Standing, _) if project.is_distributed(&chosen.candidate.module) => {
            Some("belongs to a package that nothing here starts, and sites set the rest".to_owned())
        }
        (Rank::Mentioned | Rank::Managed | Rank::Standing, _) if served_missing.is_some() => {
            served_missing.map(|(at, missing)| format!("is not what {} starts: {missing} is not in the project", path_of(at)))
        }
        (rank, _) if rank > Rank::Declared => {
            let elsewhere = declarations.iter().find(|it| is_elsewhere(it, project));
            elsewhere.map(|it| format!("is not what {} deploys: {} is not in the project", path_of(it.at), it.module))
        }
        _ => None,
    };
    ModuleChoice { module: chosen.candidate.module.clone(), reason, at: chosen.at, others, stand_in }
}

/// Whether a declaration names production's settings, which lie beside those that are known and are not there: they are
/// made when the project is built.
fn is_elsewhere(declaration: &Declaration, project: &Project) -> bool {
    let beside = |candidate: &Candidate| are_near(&candidate.module, &declaration.module);
    declaration.weight == Weight::Deploys
        && matches!(declaration.stage, Stage::Production | Stage::Neutral)
        && !matches!(Stage::of_module(&declaration.module), Stage::Development)
        && !project.candidates.iter().any(|candidate| candidate.module == declaration.module)
        && project.candidates.iter().any(beside)
}

/// Whether the name of a module says that a step of the build loads it: nothing is served with it.
fn is_for_a_step(module: &str) -> bool {
    let last = module.rsplit('.').next().unwrap_or(module);
    let words: Vec<&str> = last.split('_').collect();
    let has = |word: &str| words.contains(&word);
    has("collectstatic") || has("compress") || (has("collect") && has("static")) || matches!(last, "static" | "build")
}

/// Whether two modules lie in one package, or one in the other.
fn are_near(one: &str, other: &str) -> bool {
    let package = |module: &str| module.rsplit_once('.').map_or(0, |(package, _)| package.len());
    let (first, second) = (&one[..package(one)], &other[..package(other)]);
    first == second || first == other || second == one
}

/// Among equals: the plainest name for production, the most evidence, the most settings that only production needs.
fn order<'a>(ranked: &'a Ranked<'_>) -> (Rank, bool, std::cmp::Reverse<usize>, std::cmp::Reverse<usize>, usize, &'a str) {
    let module = &*ranked.candidate.module;
    let last = module.rsplit('.').next().unwrap_or(module);
    let plain = matches!(last, "production" | "prod" | "settings");
    (
        ranked.rank,
        !plain,
        std::cmp::Reverse(ranked.agreeing),
        std::cmp::Reverse(ranked.candidate.hardening),
        module.matches('.').count(),
        module,
    )
}

fn rank<'a>(
    candidate: &'a Candidate,
    entry_points: &[EntryPoint],
    declarations: &[Declaration],
    path_of: &dyn Fn(Region) -> String,
    built_on: bool,
) -> Ranked<'a> {
    let module = &candidate.module;
    let declared: Vec<&Declaration> = declarations.iter().filter(|it| it.module == *module).collect();
    let starting: Vec<(&EntryPoint, Region)> = entry_points
        .iter()
        .filter_map(|entry| entry.module.as_ref().filter(|(name, _)| name == module).map(|(_, at)| (entry, *at)))
        .collect();
    let agreeing = declared.iter().filter(|it| it.stage != Stage::Development).count() + starting.len();
    let ranked = |rank: Rank, at: Option<Region>, reason: String| Ranked { candidate, rank, reason, at, agreeing };
    let named_by = |region: Region| format!("{} names it", path_of(region));
    if Stage::is_test(module) {
        return ranked(Rank::Never, None, "it is for tests".to_owned());
    }
    if candidate.blank {
        return ranked(Rank::Never, None, "it is empty".to_owned());
    }
    if is_for_a_step(module) {
        return ranked(Rank::Unlikely, None, "it is for a step of the build".to_owned());
    }
    let find = |weight: Weight, stage: Stage| declared.iter().find(|it| it.weight == weight && it.stage == stage);
    let is_for_servers = matches!(candidate.stage, Stage::Production | Stage::Neutral | Stage::Staging | Stage::Base);
    let for_production = find(Weight::Deploys, Stage::Production).or_else(|| find(Weight::Mentions, Stage::Production));
    if let Some(found) = for_production {
        return ranked(Rank::DeclaredForProduction, Some(found.at), named_by(found.at));
    }
    let served = starting.iter().find(|(entry, _)| entry.kind != EntryPointKind::Manage);
    let managed = starting.iter().find(|(entry, _)| entry.kind == EntryPointKind::Manage);
    if let Some(found) = find(Weight::Deploys, Stage::Neutral).filter(|_| is_for_servers) {
        return ranked(Rank::Declared, Some(found.at), named_by(found.at));
    }
    // What a server loads is settings, whatever of them another module makes.
    if candidate.stage == Stage::Production && (candidate.complete || served.is_some()) {
        let at = served.or(managed).map(|(_, at)| *at);
        let reason = at.map_or_else(
            || "its name says production".to_owned(),
            |at| format!("its name says production, and {}", named_by(at)),
        );
        return ranked(Rank::NamedProduction, at, reason);
    }
    if matches!(candidate.stage, Stage::Neutral | Stage::Base) {
        if let Some((_, at)) = served {
            return ranked(Rank::Served, Some(*at), named_by(*at));
        }
        if let Some(found) = find(Weight::Mentions, Stage::Neutral) {
            return ranked(Rank::Mentioned, Some(found.at), named_by(found.at));
        }
        if let Some((_, at)) = managed {
            return ranked(Rank::Managed, Some(*at), named_by(*at));
        }
    }
    if !candidate.complete {
        return ranked(Rank::Never, None, "it is a fragment of settings".to_owned());
    }
    if built_on && candidate.stage == Stage::Neutral {
        return ranked(Rank::Unlikely, None, "others build on it".to_owned());
    }
    match (candidate.stage, served.or(managed)) {
        (Stage::Production | Stage::Neutral, _) => {
            ranked(Rank::Standing, None, "no other module looks more like production".to_owned())
        }
        (Stage::Development | Stage::Base | Stage::Staging, Some((_, at))) => ranked(
            Rank::StartedForDevelopment,
            Some(*at),
            format!("{}, and nothing here looks more like production", named_by(*at)),
        ),
        (Stage::Staging, None) => ranked(Rank::Staging, None, "no module here is production's".to_owned()),
        (Stage::Development | Stage::Base, None) => ranked(Rank::Unlikely, None, "no module here is production's".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::{ArtifactId, Unknown, Why};

    fn candidate(module: &str) -> Candidate {
        let (module, stage) = (module.into(), Stage::of_module(module));
        Candidate {
            module,
            path: String::new(),
            stage,
            complete: true,
            lists: true,
            hardening: 0,
            blank: false,
            builds_on: Vec::new(),
        }
    }

    fn chosen(modules: &[&str], served: &str, with_debug: &[&str]) -> ModuleChoice {
        let project = Project::of(modules.iter().map(|module| candidate(module)).collect());
        let at = Region::new(ArtifactId(0), 0, 1);
        let entry = EntryPoint {
            kind: EntryPointKind::Wsgi,
            path: "wsgi.py".into(),
            module: Some((served.into(), at)),
            overridable: true,
        };
        let mut debug = |module: &str| match module {
            "undecided" => Truth::Unknown(Unknown::new(Why::Variable("X".into()), None)),
            module => Truth::from(with_debug.contains(&module)),
        };
        choose(&project, None, &[entry], &[], &|_| "wsgi.py".to_owned(), &mut debug)
    }

    #[test]
    fn a_module_with_debug_is_passed_over_for_one_without() {
        let choice = chosen(&["one.settings", "one.settings.production"], "one.settings", &["one.settings.production"]);
        assert_eq!(&*choice.module, "one.settings");
        assert_eq!(choice.reason, "wsgi.py names it, and DEBUG is on in one.settings.production");
        assert_eq!(choice.others, ["one.settings.production".into()]);
    }

    #[test]
    fn where_all_have_debug_the_first_stays() {
        let both = ["one.settings", "one.settings.production"];
        assert_eq!(&*chosen(&both, "one.settings", &both).module, "one.settings.production");
    }

    #[test]
    fn development_is_no_way_out() {
        assert_eq!(&*chosen(&["one.settings", "one.settings_dev"], "one.settings", &["one.settings"]).module, "one.settings");
        assert_eq!(&*chosen(&["one.settings", "one.test_settings"], "one.settings", &["one.settings"]).module, "one.settings");
    }

    #[test]
    fn what_builds_files_serves_nothing() {
        let modules = ["one.settings.collect_static", "one.settings.hetzner"];
        for served in modules {
            assert_eq!(&*chosen(&modules, served, &[]).module, "one.settings.hetzner");
        }
        assert_eq!(&*chosen(&modules[..1], "one.settings", &[]).module, "one.settings.collect_static", "there is no other");
    }

    #[test]
    fn what_builds_on_settings_that_are_not_there_is_not_chosen() {
        let mut beside = candidate("one.settings_more");
        beside.builds_on = vec!["one.settings".to_owned()];
        let project = Project::of(vec![beside, candidate("one.settings_common")]);
        let at = Region::new(ArtifactId(0), 0, 1);
        let entry = EntryPoint {
            kind: EntryPointKind::Wsgi,
            path: "wsgi.py".into(),
            module: Some(("one.settings".into(), at)),
            overridable: true,
        };
        let choice = choose(&project, None, &[entry], &[], &|_| "wsgi.py".to_owned(), &mut |_| Truth::No);
        assert_eq!(&*choice.module, "one.settings_common");
        assert!(choice.stand_in.is_some(), "what is wrong in it is left open");
    }

    #[test]
    fn tests_are_never_chosen_before_anything_else() {
        assert_eq!(&*chosen(&["a.tests.settings", "a.local"], "a.tests.settings", &[]).module, "a.local");
    }
}
