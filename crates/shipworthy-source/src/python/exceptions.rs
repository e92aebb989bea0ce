//! Exceptions: `raise`, `try`, `with`, and paths that a handler may catch.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Assumption, Condition, LoadError, Region, Why};

use super::environment::tells_of_a_pipeline;
use super::heap::Cell;
use super::interp::{Flow, Interp, MAX_MESSAGE, Raised, Res, Stop};
use super::join::{Exit, Suspended, Target};
use super::object::{Deps, Kind, Val};

impl<'a> Interp<'a> {
    pub(super) fn raise_statement(&mut self, node: &'a ast::StmtRaise) -> Res<Stop> {
        let at = self.region(node.range());
        let Some(exception) = &node.exc else {
            // A bare `raise` in a handler: what it re-raises is bound there.
            let current = self.frame().locals;
            let pending = self.heap.space(current).names.get("*exception*").map(|binding| binding.value.clone());
            let exception = pending.unwrap_or_else(|| Val::external("builtins.Exception"));
            let message = "an exception is raised again".to_owned();
            let (deps, wants) = (exception.deps.union(&self.reason), self.handled.clone());
            return Ok(Stop::Raise(Box::new(Raised { exception, message, at, deps, wants })));
        };
        let exception = self.expr(exception)?;
        let message = self.exception_message(&exception);
        let (deps, wants) = (self.reason.clone(), self.handled.clone());
        Ok(Stop::Raise(Box::new(Raised { exception, message, at, deps, wants })))
    }

    pub(super) fn try_statement(&mut self, node: &'a ast::StmtTry) -> Res<Flow> {
        let mut classes = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in &node.handlers {
            classes.push(match &handler.type_ {
                Some(class) => Some(self.handler_class(class)?),
                None => None,
            });
        }
        let result = self.catching(
            classes.clone(),
            |this| this.block(&node.body),
            |this, raised| {
                // Had it gone well, the body would have set more.
                this.taint(&node.body, &raised.deps);
                this.handle(&node.handlers, &classes, raised)
            },
            |this| this.block(&node.orelse),
        );
        if node.finalbody.is_empty() {
            return result;
        }
        if let Err(Stop::Limit(_)) = result {
            return result;
        }
        match self.block(&node.finalbody)? {
            Flow::Normal => result,
            leaving => Ok(leaving),
        }
    }

    /// The class that a handler names. Python looks it up when an exception comes; a name that only the body of the `try`
    /// imports is taken for what the import will bring.
    pub(super) fn handler_class(&mut self, class: &'a ast::Expr) -> Res<Val> {
        if let ast::Expr::Tuple(node) = class {
            let classes = node.elts.iter().map(|class| self.handler_class(class)).collect::<Res<Vec<_>>>()?;
            return Ok(Val::tuple(classes));
        }
        match self.expr(class) {
            Err(Stop::Raise(_)) => Ok(Val::external(&*self.source().excerpt(class.range()))),
            result => result,
        }
    }

    /// Runs `body` while catching exceptions of `classes`; `handle` gets each caught one, `orelse` runs after a normal end.
    pub(super) fn catching(
        &mut self,
        classes: Vec<Option<Val>>,
        body: impl FnOnce(&mut Self) -> Res<Flow>,
        handle: impl Fn(&mut Self, &Raised) -> Res<Flow>,
        orelse: impl Fn(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        let depth = self.heap.begin();
        let index = self.handlers.len();
        let frames = self.frames.len();
        self.handlers.push((classes, depth));
        let result = body(self);
        self.handlers.truncate(index);
        self.frames.truncate(frames);
        let paths = self.caught_paths(Target::Try(index));
        if paths.is_empty() {
            self.heap.commit();
            return match result {
                Ok(Flow::Normal) => orelse(self),
                Err(Stop::Raise(raised)) => handle(self, &raised),
                leaving => leaving,
            };
        }
        let straight = self.heap.undo();
        let result = match result {
            Ok(flow) => Ok(flow),
            Err(Stop::Raise(raised)) => Err(raised),
            Err(limit) => return Err(limit),
        };
        self.catch_paths(
            &paths,
            &mut |this| {
                this.heap.apply(straight.clone());
                match &result {
                    Ok(Flow::Normal) => orelse(this),
                    Ok(Flow::Return(value)) => Ok(Flow::Return(value.clone())),
                    Ok(Flow::Break) => Ok(Flow::Break),
                    Ok(Flow::Continue) => Ok(Flow::Continue),
                    Err(raised) => handle(this, raised),
                }
            },
            &handle,
        )
    }

    pub(super) fn catch_paths(
        &mut self,
        paths: &[Suspended],
        straight: &mut dyn FnMut(&mut Self) -> Res<Flow>,
        handle: &dyn Fn(&mut Self, &Raised) -> Res<Flow>,
    ) -> Res<Flow> {
        let Some((path, rest)) = paths.split_first() else { return straight(self) };
        self.fork(
            &path.condition,
            &Deps::default(),
            &mut |this| {
                this.heap.apply(path.delta.clone());
                match &path.exit {
                    Exit::Raise(raised) => handle(this, raised),
                    Exit::Return(_) | Exit::Jump => Ok(Flow::Normal),
                }
            },
            &mut |this| this.catch_paths(rest, straight, handle),
        )
    }

    pub(super) fn handle(&mut self, handlers: &'a [ast::ExceptHandler], classes: &[Option<Val>], raised: &Raised) -> Res<Flow> {
        for (index, (ast::ExceptHandler::ExceptHandler(handler), class)) in handlers.iter().zip(classes).enumerate() {
            let matches = class.as_ref().map_or(Some(true), |class| self.is_exception_of(&raised.exception, class));
            match matches {
                Some(true) => return self.under(&raised.deps, |this| this.handler_body(handler, raised)),
                Some(false) => {}
                None => {
                    let (handlers, classes) = (&handlers[index + 1..], &classes[index + 1..]);
                    return self.perhaps_caught(raised, &mut |this| this.handler_body(handler, raised), &mut |this| {
                        this.handle(handlers, classes, raised)
                    });
                }
            }
        }
        Err(Stop::Raise(Box::new(raised.clone())))
    }

    /// An exception that a handler may catch: the handler runs, or what comes after it.
    pub(super) fn perhaps_caught(
        &mut self,
        raised: &Raised,
        caught: &mut dyn FnMut(&mut Self) -> Res<Flow>,
        passed_on: &mut dyn FnMut(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        let condition = Condition { text: "what is caught".into(), at: Some(raised.at), holds: true };
        self.fork(&condition, &raised.deps, caught, passed_on)
    }

    pub(super) fn handler_body(&mut self, handler: &'a ast::ExceptHandlerExceptHandler, raised: &Raised) -> Res<Flow> {
        self.note_handler(handler, raised);
        let locals = self.frame().locals;
        let exception = self.exception_instance(raised);
        self.bind(locals, "*exception*", exception.clone());
        if let Some(name) = &handler.name {
            self.store(&name.id, exception);
        }
        let outer = std::mem::replace(&mut self.handled, raised.wants.clone());
        let result = self.block(&handler.body);
        self.handled = outer;
        self.heap.space_mut(locals).names.shift_remove("*exception*");
        if let Some(name) = &handler.name {
            let space = self.space_of(&name.id);
            self.heap.space_mut(space).names.shift_remove(&*name.id);
        }
        result
    }

    pub(super) fn class_of(&self, value: &Val, at: Region) -> Val {
        match value.kind {
            Kind::Instance(id) => match self.heap.cell(id) {
                Cell::Instance(class, _) => class.clone(),
                _ => Val::none(),
            },
            _ => Val::unknown(Why::Unsupported("a class".into()), Some(at)),
        }
    }

    /// A built-in exception.
    pub(super) fn raise_plain(&self, class: &str, message: &str, at: Region) -> Stop {
        self.raise_with(&format!("builtins.{class}"), message, at, Deps::default())
    }

    /// An exception that hangs on what was assumed to know `values`.
    pub(super) fn raise_on(&self, class: &str, message: &str, at: Region, values: &[&Val]) -> Stop {
        let deps = values.iter().fold(Deps::default(), |deps, value| deps.union(&value.deps));
        self.raise_with(&format!("builtins.{class}"), message, at, deps)
    }

    /// An exception by its dotted name.
    pub(super) fn raise_with(&self, class: &str, message: &str, at: Region, deps: Deps) -> Stop {
        Stop::Raise(Box::new(Raised {
            exception: Val::external(class),
            message: message.chars().take(MAX_MESSAGE).collect(),
            at,
            deps: if deps.is_empty() { self.reason.clone() } else { deps },
            wants: self.handled.clone(),
        }))
    }

    /// Whether a `try` in progress would certainly or perhaps catch this exception.
    pub(super) fn caught(&self, exception: &Val) -> bool {
        self.catcher(exception).is_some()
    }

    /// The index of the innermost `try` in progress that may catch this exception.
    pub(super) fn catcher(&self, exception: &Val) -> Option<usize> {
        self.handlers.iter().enumerate().rev().find_map(|(index, (classes, _))| {
            classes
                .iter()
                .any(|class| class.as_ref().is_none_or(|class| self.is_exception_of(exception, class) != Some(false)))
                .then_some(index)
        })
    }

    /// An exception that nobody catches: what it hangs on decides whether loading needs a variable or simply fails.
    pub(super) fn uncaught(&mut self, raised: &Raised, certain: bool) {
        if !certain && matches!(raised.exception.kind, Kind::Unknown(_)) {
            // Code that nobody sees may fail at any time: not worth a word.
            return;
        }
        let unset: Vec<Arc<str>> = raised
            .deps
            .iter()
            .filter_map(|assumption| match assumption {
                Assumption::Unset(name) => (!tells_of_a_pipeline(name)).then(|| name.clone()),
                Assumption::Given(_) | Assumption::Absent(_) | Assumption::Silent(_) | Assumption::World(_) => None,
            })
            .collect();
        // Of several, those that it speaks of are what it wants: the others only led there.
        let spoken_of: Vec<Arc<str>> = unset.iter().filter(|name| speaks_of(&raised.message, name)).cloned().collect();
        let mut wanted = if spoken_of.is_empty() { unset } else { spoken_of };
        // Who is stopped because DEBUG is off is asked for something else than to switch it on.
        let relaxing = self.debug_variables();
        if wanted.iter().any(|name| !relaxing.contains(name)) {
            wanted.retain(|name| !relaxing.contains(name));
        }
        let variable = wanted.first().cloned();
        let wants = raised.wants.as_ref().filter(|module| certain && !self.needed.contains_key(*module));
        let names = if certain { self.wanted_names(raised) } else { Vec::new() };
        if wants.is_none() && names.is_empty() && certain {
            self.newly_required.extend(wanted.iter().filter(|name| !self.required.contains(*name)).cloned());
        }
        let exception = self.exception_name(&raised.exception);
        let error =
            LoadError { exception: exception.into(), message: raised.message.clone(), at: Some(raised.at), certain, variable };
        if let Some(module) = wants.filter(|module| !crate::stage::Stage::is_test(module)) {
            // Whatever a handler says of it.
            let cause = LoadError {
                exception: "ModuleNotFoundError".into(),
                message: format!("there is no module {module} in the project"),
                ..error.clone()
            };
            self.newly_needed.push((module.clone(), None, cause));
        }
        self.newly_needed.extend(names.into_iter().map(|(module, name)| (module, Some(name), error.clone())));
        if !self.load_errors.iter().any(|known| known.at == error.at && known.exception == error.exception) {
            self.load_errors.push(error);
        }
    }

    /// The variables without which DEBUG is off.
    pub(super) fn debug_variables(&self) -> BTreeSet<Arc<str>> {
        let spaces = self.modules.values().map(|module| self.heap.space(module.space));
        let debug = spaces.filter_map(|space| space.names.get("DEBUG")).filter(|it| self.truth(&it.value) == Some(false));
        let unset = |it: &Assumption| match it {
            Assumption::Unset(name) => Some(name.clone()),
            Assumption::Given(_) | Assumption::Absent(_) | Assumption::Silent(_) | Assumption::World(_) => None,
        };
        debug.flat_map(|debug| debug.value.deps.iter().filter_map(unset).collect::<Vec<_>>()).collect()
    }

    /// The class name of an exception, without its module.
    pub(super) fn exception_name(&self, exception: &Val) -> String {
        let name = match &exception.kind {
            Kind::Extern(name) => name.to_string(),
            Kind::Class(id) => self.heap.class(*id).name.to_string(),
            Kind::Instance(id) => match self.heap.cell(*id) {
                Cell::Instance(class, _) => return self.exception_name(&class.clone()),
                _ => "an exception".to_owned(),
            },
            _ => "an exception".to_owned(),
        };
        name.rsplit('.').next().unwrap_or_default().to_owned()
    }
}

/// Whether a name stands in a text as a word of its own.
pub(super) fn speaks_of(text: &str, name: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == name)
}
