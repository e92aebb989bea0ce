//! The same module, evaluated again in other environments: what their variables would change.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{Artifacts, Setting, Settings, Value};
use typed_arena::Arena;

use super::{Environment, FUEL, Request, elsewhere, run, what_if};

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
        let (answers, left) = run(request, &arena, &sources, &shared, required.clone(), fuel);
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

/// The last part of [`evaluate`](super::evaluate): fills in [`Settings::elsewhere`] for the variables that are `wanted`.
pub fn look_elsewhere(request: &Request<'_>, settings: &mut Settings, wanted: &dyn Fn(&str) -> bool, artifacts: &mut Artifacts) {
    let mut variables = elsewhere::variables(settings);
    variables.retain(|name| wanted(name));
    if variables.is_empty() {
        return;
    }
    let required = required(settings);
    let (arena, sources, shared) = (Arena::new(), RefCell::new(FxHashMap::default()), RefCell::new(std::mem::take(artifacts)));
    let (mut fuel, mut vague) = (FUEL, Vec::new());
    for variable in variables {
        let set = required.iter().chain([&variable]).cloned().collect();
        let (there, left) = run(request, &arena, &sources, &shared, set, fuel);
        fuel = left;
        if fuel == 0 {
            break;
        }
        // Where names may be set that nobody sees, all else is no answer either.
        if there.open.is_some() && settings.open.is_none() {
            continue;
        }
        let found = elsewhere::compare(settings, &there, variable, None, &shared.borrow());
        if elsewhere::is_vague(settings, &found) {
            vague.push(found.variable.clone());
        }
        settings.elsewhere.push(found);
    }
    let plain: Vec<Environment> = vague.iter().map(|name| request.environment.with(name, elsewhere::TEXT)).collect();
    let requests: Vec<Request<'_>> = plain.iter().map(|environment| Request { environment, ..*request }).collect();
    for (name, request) in vague.iter().zip(&requests) {
        let (there, left) = run(request, &arena, &sources, &shared, required.clone(), fuel);
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
