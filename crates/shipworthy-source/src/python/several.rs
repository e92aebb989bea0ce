//! Several evaluations of one module, which differ in their environments.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{Artifacts, Settings};
use typed_arena::Arena;

use super::{Request, Wanted, run};

/// One evaluation: a request, and the variables that are taken for set, to nobody knows what.
pub(super) struct Job<'r> {
    pub(super) request: Request<'r>,
    pub(super) set: BTreeSet<Arc<str>>,
}

/// The settings of every job, in their order, and the steps that they took off `fuel`. Where these run out the list ends:
/// what took the last of them is no answer. Files that were read are added to `artifacts`.
pub(super) fn evaluate_all(jobs: &[Job<'_>], fuel: &mut u64, artifacts: &mut Artifacts) -> Vec<Settings> {
    let (arena, sources, shared) = (Arena::new(), RefCell::new(FxHashMap::default()), RefCell::new(std::mem::take(artifacts)));
    let mut answers = Vec::with_capacity(jobs.len());
    for Job { request, set } in jobs {
        let (settings, left) = run(request, &arena, &sources, &shared, set.clone(), *fuel, Wanted::Settings);
        *fuel = left;
        if left == 0 {
            break;
        }
        answers.push(settings);
    }
    *artifacts = shared.into_inner();
    answers
}
