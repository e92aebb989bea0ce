//! The same module, evaluated again in other environments: what their variables would change.

use std::collections::BTreeSet;
use std::sync::Arc;

use shipworthy_model::{Artifacts, Elsewhere, Setting, Settings, Value, WhatIf};

use super::several::{Job, evaluate_all};
use super::what_if::Question;
use super::{Environment, FUEL, Request, elsewhere, what_if};

/// The second part of [`evaluate`](super::evaluate): fills in [`Settings::what_if`] of settings that [`load`](super::load)
/// gave for the same request.
pub fn ask(request: &Request<'_>, settings: &mut Settings, artifacts: &mut Artifacts) {
    let (probes, questions): (Vec<_>, Vec<_>) =
        what_if::questions(request, settings).into_iter().partition(Question::is_only_a_probe);
    let (required, mut fuel) = (required(settings), FUEL);
    put(&questions, request, settings, &required, &mut fuel, artifacts);
    let is_open = |probe: &Question| !settings.elsewhere.iter().any(|known| known.variable == probe.variable);
    let probes: Vec<_> = probes.into_iter().filter(is_open).collect();
    put(&probes, request, settings, &required, &mut fuel, artifacts);
}

/// Evaluates what questions ask for, and keeps the answers.
fn put(
    questions: &[Question],
    request: &Request<'_>,
    settings: &mut Settings,
    required: &BTreeSet<Arc<str>>,
    fuel: &mut u64,
    artifacts: &mut Artifacts,
) {
    let environments = questions.iter().map(|question| &question.environment);
    let job = |environment| Job { request: Request { environment, ..*request }, set: required.clone() };
    let jobs: Vec<Job<'_>> = environments.map(job).collect();
    let answers = evaluate_all(&jobs, fuel, artifacts);
    for (question, answers) in questions.iter().zip(&answers) {
        let answer = question.answer(answers);
        // Of what else is otherwise where DEBUG is off, each way of saying so tells the same.
        let turns_off = |value: &Value| value.truth().is_no() && settings.explicit("DEBUG").is_some_and(is_on);
        let known = || settings.elsewhere.iter().any(|it| it.variable == question.variable);
        if answer.value.as_ref().is_some_and(turns_off) && !known() {
            let (name, text) = (question.variable.clone(), Some(question.text));
            let found = elsewhere::compare(settings, answers, name, text, artifacts);
            settings.elsewhere.push(found);
        }
        if !question.is_only_a_probe() {
            settings.what_if.push(answer);
        }
    }
    if let Some(unanswered) = questions.get(answers.len()) {
        // Half of a variable's answers would say that the other texts change nothing.
        let is_half = |known: &WhatIf| known.setting.as_ref() == unanswered.setting && known.variable == unanswered.variable;
        settings.what_if.retain(|known| !is_half(known));
    }
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
    let (mut fuel, mut vague) = (FUEL, Vec::new());
    // Suspects are set together: where nothing hangs on all of them, nobody needs to know which is which.
    let mut groups: Vec<Vec<Arc<str>>> = named.into_iter().map(|name| vec![name]).collect();
    groups.extend(Some(suspects).filter(|suspects| !suspects.is_empty()));
    while !groups.is_empty() {
        let set = |group: &Vec<Arc<str>>| required.iter().chain(group).cloned().collect();
        let jobs: Vec<Job<'_>> = groups.iter().map(|group| Job { request: *request, set: set(group) }).collect();
        let answers = evaluate_all(&jobs, &mut fuel, artifacts);
        for (mut group, there) in std::mem::take(&mut groups).into_iter().zip(answers) {
            // Where names may be set that nobody sees, all else is no answer either.
            let opens = there.open.is_some() && settings.open.is_none();
            let first = group[0].clone();
            if opens && group.len() == 1 {
                continue;
            }
            let named = asker.names(&first);
            let found = elsewhere::compare(settings, &there, first, None, artifacts);
            if group.len() > 1 {
                if opens || asker.cares(&found) {
                    let rest = group.split_off(group.len() / 2);
                    groups.extend([group, rest]);
                }
            } else if named || asker.cares(&found) {
                if elsewhere::is_vague(settings, &found) {
                    vague.push(found.variable.clone());
                }
                settings.elsewhere.push(found);
            }
        }
    }
    let plain: Vec<Environment> = vague.iter().map(|name| request.environment.with(name, elsewhere::TEXT)).collect();
    let job = |environment| Job { request: Request { environment, ..*request }, set: required.clone() };
    let jobs: Vec<Job<'_>> = plain.iter().map(job).collect();
    for (name, there) in vague.into_iter().zip(evaluate_all(&jobs, &mut fuel, artifacts)) {
        let found = elsewhere::compare(settings, &there, name, Some(elsewhere::TEXT), artifacts);
        if elsewhere::is_handed_on(&found) && there.open.is_none() {
            settings.elsewhere.push(found);
        }
    }
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
