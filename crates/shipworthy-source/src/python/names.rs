//! Names: the namespaces they are looked up in, and what they are where only some paths bind them.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, LoadError, Region, Unknown, Why};

use super::heap::Delta;
use super::interp::{FrameKind, Interp, Raised, Res, Stop, unknown_value};
use super::object::{Deps, Id, Kind, Val, negated};

impl Interp<'_> {
    /// The namespace in which an assignment to this name lands.
    pub(super) fn space_of(&self, name: &str) -> Id {
        let frame = self.frame();
        if frame.kind == FrameKind::Function {
            if frame.names.global.contains(name) {
                return frame.globals;
            }
            if frame.names.nonlocal.contains(name) {
                return self.enclosing_space(name).unwrap_or(frame.locals);
            }
            if !frame.names.bound.contains(name) {
                // A walrus in a comprehension binds in the function or module around it.
                return frame.enclosing.first().copied().unwrap_or(frame.globals);
            }
        }
        frame.locals
    }

    fn enclosing_space(&self, name: &str) -> Option<Id> {
        self.frame().enclosing.iter().copied().find(|space| self.heap.space(*space).names.contains_key(name))
    }

    pub(super) fn store(&mut self, name: &str, value: Val) {
        let space = self.space_of(name);
        self.bind(space, name, value);
    }

    /// What a name means where the code stands.
    pub(super) fn load(&mut self, name: &str, at: Region) -> Res<Val> {
        let frame = self.frame();
        let (globals, locals) = (frame.globals, frame.locals);
        let mut spaces = Vec::with_capacity(2 + frame.enclosing.len());
        if frame.kind != FrameKind::Function || frame.names.bound.contains(name) {
            // The common case needs no chain.
            if let Some((value, None)) = self.binding(locals, name) {
                return Ok(value);
            }
            spaces.push(locals);
            if frame.kind == FrameKind::Function {
                return self.load_from(&spaces, name, &mut |this| {
                    let message = format!("local variable {name} is read before it is set");
                    Err(this.raise_plain("UnboundLocalError", &message, at))
                });
            }
        }
        spaces.extend(&self.frame().enclosing);
        if !spaces.contains(&globals) {
            spaces.push(globals);
        }
        self.load_from(&spaces, name, &mut |this| this.load_builtin(globals, name, at))
    }

    /// A name in the first of the namespaces that binds it, or what lies behind them.
    fn load_from(&mut self, spaces: &[Id], name: &str, behind: &mut dyn FnMut(&mut Self) -> Res<Val>) -> Res<Val> {
        match spaces {
            [] => behind(self),
            [space, further @ ..] => self.lookup_or(*space, name, &mut |this| this.load_from(further, name, behind)),
        }
    }

    fn load_builtin(&mut self, globals: Id, name: &str, at: Region) -> Res<Val> {
        if let Some(constant) = super::builtins::constant(name) {
            return Ok(constant.at(at));
        }
        if super::builtins::exists(name) {
            return Ok(Val::external(format!("builtins.{name}")));
        }
        if let Some(open) = &self.heap.space(globals).open {
            return Ok(unknown_value(open));
        }
        if let Some(value) = self.behind(globals, name, at) {
            return Ok(value);
        }
        if let Some(unknown) = self.callee_that_sets(globals, name) {
            return Ok(unknown_value(&unknown));
        }
        Err(self.raise_plain("NameError", &format!("name {name} is not defined"), at))
    }

    /// The code nobody sees that put a setting into the module that called it, which nothing else defines.
    fn callee_that_sets(&mut self, globals: Id, name: &str) -> Option<Rc<Unknown>> {
        if !super::is_setting_name(name) || self.caught(&Val::external("builtins.NameError")) {
            return None;
        }
        let (_, unknown) = self.callees.iter().find(|(space, _)| *space == globals)?;
        let unknown = unknown.clone();
        self.takes_from(globals, &unknown).then_some(unknown)
    }

    /// `{name}` where nothing has that name is no set, but a blank: `str.format` fills it in when a project is made.
    pub(super) fn blank_of(&self, node: &ast::ExprSet) -> Option<Val> {
        let [ast::Expr::Name(name)] = &*node.elts else { return None };
        let frame = self.frame();
        let globals = self.heap.space(frame.globals);
        let sealed = frame.kind == FrameKind::Module && globals.open.is_none() && globals.behind.is_none();
        let bound = |space: Id| self.heap.space(space).names.contains_key(name.id.as_str());
        let known = bound(frame.globals)
            || bound(frame.locals)
            || super::builtins::exists(&name.id)
            || super::builtins::constant(&name.id).is_some();
        let text = format!("{{{}}}", name.id);
        let blank = || Val::unknown(Why::Blank(text.as_str().into()), Some(self.region(node.range())));
        (sealed && self.handlers.is_empty() && !known).then(blank)
    }

    /// A name bound in a namespace, with what its object's changes rest on. Only some paths may have bound it: where the
    /// others would see something else, ask [`Self::lookup_or`].
    pub(super) fn lookup(&self, space: Id, name: &str) -> Option<Val> {
        self.binding(space, name).map(|(value, _)| value)
    }

    /// A name bound in a namespace, and the condition under which it is.
    pub(super) fn binding(&self, space: Id, name: &str) -> Option<(Val, Option<Condition>)> {
        let binding = self.heap.space(space).names.get(name)?;
        Some((self.with_contents_deps(binding.value.clone()), binding.perhaps.clone()))
    }

    /// A name bound in a namespace, or what `otherwise` gives: both, where only some paths have bound it.
    pub(super) fn lookup_or(&mut self, space: Id, name: &str, otherwise: &mut dyn FnMut(&mut Self) -> Res<Val>) -> Res<Val> {
        match self.binding(space, name) {
            None => otherwise(self),
            Some((value, None)) => Ok(value),
            Some((value, Some(condition))) => self.unless_bound(value, &condition, otherwise),
        }
    }

    fn unless_bound(&mut self, value: Val, condition: &Condition, otherwise: &mut dyn FnMut(&mut Self) -> Res<Val>) -> Res<Val> {
        let (other, delta) = self.try_side(&Deps::default(), otherwise)?;
        match other {
            Ok(other) => {
                self.join(Delta::default(), delta, condition);
                Ok(self.join_values(value, other, condition))
            }
            Err(raised) if self.caught(&raised.exception) => {
                self.suspend(Err(raised), delta, negated(condition));
                Ok(value)
            }
            Err(raised) => {
                self.doubt(&raised);
                Ok(value)
            }
        }
    }

    /// Notes an exception that is raised if a name was not bound after all. Most code that reads such a name reads it where
    /// the same condition holds: worth a word only where loading fails anyway.
    fn doubt(&mut self, raised: &Raised) {
        let exception = self.exception_name(&raised.exception).into();
        if !self.doubts.iter().any(|known| known.at == Some(raised.at)) {
            let message = raised.message.clone();
            self.doubts.push(LoadError { exception, message, at: Some(raised.at), variable: None, certain: false });
        }
    }

    /// Takes a name out of a namespace: whether it was there, `None` where only some paths have bound it.
    pub(super) fn unbind(&mut self, space: Id, name: &str) -> Option<bool> {
        match self.heap.space_mut(space).names.shift_remove(name) {
            Some(binding) if binding.perhaps.is_some() => None,
            Some(_) => Some(true),
            None if self.heap.space(space).open.is_some() => None,
            None => Some(false),
        }
    }

    /// `del` of a name in a namespace, which raises where it was not bound.
    pub(super) fn unbind_or(&mut self, space: Id, name: &str, missing: Stop) -> Res<()> {
        match (self.unbind(space, name), missing) {
            (Some(true), _) => Ok(()),
            (Some(false), missing) => Err(missing),
            (None, Stop::Raise(raised)) if self.caught(&raised.exception) => {
                self.may_raise(raised.exception, &raised.message, raised.at);
                Ok(())
            }
            (None, Stop::Raise(raised)) => {
                self.doubt(&raised);
                Ok(())
            }
            (None, limit @ Stop::Limit(_)) => Err(limit),
        }
    }

    pub(super) fn with_contents_deps(&self, value: Val) -> Val {
        match value.kind {
            Kind::List(id) | Kind::Dict(id) | Kind::Set(id) => {
                let deps = self.heap.stored(id).deps.clone();
                value.with(&deps)
            }
            _ => value,
        }
    }
}
