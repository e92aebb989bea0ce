//! The same module, evaluated again in other environments: what their variables would change.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{Artifacts, Elsewhere, Setting, Settings, Value};
use typed_arena::Arena;

use super::{Environment, FUEL, Request, Wanted, elsewhere, run, what_if};

/// The second part of [`evaluate`](super::evaluate): fills in [`Settings::what_if`] of settings that [`load`](super::load)
/// gave for the same request.
pub fn ask(request: &Request<'_>, settings: &mut Settings, artifacts: &mut Artifacts) {
    let questions = what_if::questions(request, settings);
    if questions.is_empty() {
        return;
    }
    let required = required(settings);
    let (arena, sources, shared) = (Arena::new(), RefCell::new(FxHashMap::default()), RefCell::new(std::mem::take(artifacts)));
    let requests: Vec<Request<'_>> =
        questions.iter().map(|question| Request { environment: &question.environment, ..*request }).collect();
    let mut fuel = FUEL;
    for (question, request) in questions.iter().zip(&requests) {
        if question.is_only_a_probe() && settings.elsewhere.iter().any(|known| known.variable == question.variable) {
            continue;
        }
        let (answers, left) = run(request, &arena, &sources, &shared, required.clone(), fuel, Wanted::Settings);
        if left == 0 {
            // Half of a variable's answers would say that the other texts change nothing.
            settings.what_if.retain(|known| known.setting.as_ref() != question.setting || known.variable != question.variable);
            break;
        }
        fuel = left;
        let answer = question.answer(&answers);
        // Of what else is otherwise where DEBUG is off, each way of saying so tells the same.
        let turns_off = |value: &Value| value.truth().is_no() && settings.explicit("DEBUG").is_some_and(is_on);
        let known = || settings.elsewhere.iter().any(|it| it.variable == question.variable);
        if answer.value.as_ref().is_some_and(turns_off) && !known() {
            let (name, text) = (question.variable.clone(), Some(question.text));
            let found = elsewhere::compare(settings, &answers, name, text, &shared.borrow());
            settings.elsewhere.push(found);
        }
        if !question.is_only_a_probe() {
            settings.what_if.push(answer);
        }
    }
    *artifacts = shared.into_inner();
}

/// Who wants to know what is otherwise where a variable is set.
pub trait Asker {
    /// Whether it is worth knowing of this variable by itself.
    fn names(&self, variable: &str) -> bool;
    /// Whether it may be worth knowing of this variable: then it is, if [`Asker::cares`].
    fn suspects(&self, variable: &str) -> bool;
    /// Whether anything hangs on what is otherwise where some of the suspects are set.
    fn cares(&mut self, elsewhere: &Elsewhere) -> bool;
}

/// The last part of [`evaluate`](super::evaluate): fills in [`Settings::elsewhere`] for the variables that somebody asks about.
pub fn look_elsewhere(request: &Request<'_>, settings: &mut Settings, asker: &mut dyn Asker, artifacts: &mut Artifacts) {
    let variables = elsewhere::variables(settings);
    let (named, rest): (Vec<_>, Vec<_>) = variables.into_iter().partition(|name| asker.names(name));
    let suspects: Vec<_> = rest.into_iter().filter(|name| asker.suspects(name)).collect();
    if named.is_empty() && suspects.is_empty() {
        return;
    }
    let required = required(settings);
    let (arena, sources, shared) = (Arena::new(), RefCell::new(FxHashMap::default()), RefCell::new(std::mem::take(artifacts)));
    let (mut fuel, mut vague) = (FUEL, Vec::new());
    // Suspects are set together: where nothing hangs on all of them, nobody needs to know which is which.
    let mut groups: Vec<Vec<Arc<str>>> = vec![suspects];
    groups.extend(named.into_iter().map(|name| vec![name]));
    while let Some(mut group) = groups.pop() {
        let Some(first) = group.first().cloned() else { continue };
        let set = required.iter().chain(&group).cloned().collect();
        let (there, left) = run(request, &arena, &sources, &shared, set, fuel, Wanted::Settings);
        fuel = left;
        if fuel == 0 {
            break;
        }
        // Where names may be set that nobody sees, all else is no answer either.
        let opens = there.open.is_some() && settings.open.is_none();
        if opens && group.len() == 1 {
            continue;
        }
        let named = asker.names(&first);
        let found = elsewhere::compare(settings, &there, first, None, &shared.borrow());
        if group.len() > 1 {
            if opens || asker.cares(&found) {
                groups.push(group.split_off(group.len() / 2));
                groups.push(group);
            }
            continue;
        }
        if named || asker.cares(&found) {
            if elsewhere::is_vague(settings, &found) {
                vague.push(found.variable.clone());
            }
            settings.elsewhere.push(found);
        }
    }
    let plain: Vec<Environment> = vague.iter().map(|name| request.environment.with(name, elsewhere::TEXT)).collect();
    let requests: Vec<Request<'_>> = plain.iter().map(|environment| Request { environment, ..*request }).collect();
    for (name, request) in vague.iter().zip(&requests) {
        let (there, left) = run(request, &arena, &sources, &shared, required.clone(), fuel, Wanted::Settings);
        fuel = left;
        if fuel == 0 {
            break;
        }
        let found = elsewhere::compare(settings, &there, name.clone(), Some(elsewhere::TEXT), &shared.borrow());
        if elsewhere::is_handed_on(&found) && there.open.is_none() {
            settings.elsewhere.push(found);
        }
    }
    *artifacts = shared.into_inner();
}

/// What loading could not do without, it cannot do without in another environment either: no need to find out again. A
/// variable that is read without a default is not yet one: whoever reads it may catch what that raises.
fn required(settings: &Settings) -> BTreeSet<Arc<str>> {
    let failing = settings.load_errors.iter().filter(|error| error.certain);
    failing.filter_map(|error| error.variable.clone()).collect()
}

fn is_on(setting: &Setting) -> bool {
    setting.value.truth().is_yes()
}
