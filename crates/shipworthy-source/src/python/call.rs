//! Calls: functions and classes of the project, built-in methods, library models, and code nobody can see.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};
use shipworthy_model::{Region, Unknown, Why};

use super::heap::{Cell, Dict};
use super::interp::{Body, Flow, Frame, FrameKind, Interp, Res, Stop, unknown_value};
use super::join::{Exit, Target};
use super::object::{Elem, Id, Kind, Val, negated};

/// The hidden attribute that holds the built-in value beneath an instance.
pub(super) const PLAIN: &str = "*plain*";

/// The arguments of a call.
#[derive(Clone, Default)]
pub(super) struct Args {
    pub(super) pos: Vec<Val>,
    pub(super) kw: Vec<(Rc<str>, Val)>,
    /// Further arguments that nobody knows.
    pub(super) open: Option<Rc<Unknown>>,
}

impl Args {
    pub(super) fn of(pos: Vec<Val>) -> Self {
        Self { pos, ..Self::default() }
    }

    /// The argument at a position, or by its name.
    pub(super) fn get(&self, index: usize, name: &str) -> Option<&Val> {
        self.pos.get(index).or_else(|| self.named(name))
    }

    pub(super) fn named(&self, name: &str) -> Option<&Val> {
        self.kw.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Val> {
        self.pos.iter().chain(self.kw.iter().map(|(_, value)| value))
    }

    /// The arguments without the first one, which a method takes as its receiver.
    pub(super) fn rest(&self) -> Self {
        Self { pos: self.pos.iter().skip(1).cloned().collect(), kw: self.kw.clone(), open: self.open.clone() }
    }

    pub(super) fn with_first(mut self, first: Val) -> Self {
        self.pos.insert(0, first);
        self
    }
}

impl<'a> Interp<'a> {
    pub(super) fn call_values(&mut self, function: &Val, arguments: Vec<Val>, at: Region) -> Res<Val> {
        self.call(function, Args::of(arguments), at)
    }

    pub(super) fn call(&mut self, function: &Val, args: Args, at: Region) -> Res<Val> {
        self.burn(2)?;
        let result = self.deeper(at, |this| this.call_any(function, args, at))?;
        Ok(result.with(&function.deps))
    }

    fn call_any(&mut self, function: &Val, args: Args, at: Region) -> Res<Val> {
        match &function.kind {
            Kind::Function(id) => self.call_function(*id, args, at),
            Kind::Method(bound) => {
                let (receiver, function) = &**bound;
                self.call(function, args.with_first(receiver.clone()), at)
            }
            Kind::Builtin(bound) => {
                let (receiver, name) = &**bound;
                self.call_method(receiver, name, args, at)
            }
            Kind::Class(id) => self.instantiate(*id, args, at),
            Kind::Extern(name) => self.call_extern(name, args, at),
            Kind::OneOf(_) => self.distribute(function, &mut |this, function| this.call(function, args.clone(), at)),
            Kind::Unknown(unknown) => {
                self.lose_wrapped(unknown, unknown);
                self.changes_hidden(unknown)?;
                let name = match &unknown.why {
                    Why::Import(name) | Why::Call(name) => name.clone(),
                    other => return self.call_unknown(Unknown::new(other.clone(), Some(at)), &args),
                };
                self.call_unknown(Unknown::new(Why::Call(name), Some(at)), &args)
            }
            Kind::Instance(_) => match self.special(function, "__call__") {
                Some(method) => self.call(&method, args, at),
                None => self.call_native_instance(function, args, at),
            },
            _ => {
                let message = format!("a value of type {} cannot be called", self.type_name(function));
                Err(self.raise_on("TypeError", &message, at, &[function]))
            }
        }
    }

    /// A call of code nobody can see: it may raise, and may change what is handed to it.
    pub(super) fn call_unknown(&mut self, unknown: Unknown, args: &Args) -> Res<Val> {
        let unknown = Rc::new(unknown);
        if let Some(at) = unknown.at
            && self.handlers.iter().any(|_| true)
        {
            self.may_raise(Val::unknown(unknown.why.clone(), Some(at)), &subject(&unknown.why), at);
        }
        for value in args.values() {
            self.lose_contents(value, &unknown);
        }
        if args.values().any(|value| matches!(value.kind, Kind::Unknown(_))) {
            self.changes_hidden(&unknown)?;
        }
        self.wrap(&unknown, args);
        self.lose_wrapped(&unknown, &unknown);
        // Called for what it does alone, it may look for whoever calls it.
        let frame = self.frame();
        if frame.kind == FrameKind::Module && unknown.at == Some(self.statement) {
            let space = frame.globals;
            let name = self.heap.space(space).names.get("__name__").and_then(|name| name.value.as_str());
            // Handed the name of the module, it finds the module by that.
            if name.is_some_and(|name| args.values().any(|value| value.as_str() == Some(name))) {
                self.takes_from(space, &unknown);
            } else {
                self.callees.push((space, unknown.clone()));
            }
        }
        Ok(unknown_value(&unknown))
    }

    /// Notes which functions of the project code nobody sees was given: what it made of them may call them.
    fn wrap(&mut self, made: &Rc<Unknown>, args: &Args) {
        let functions: Vec<Val> = args.values().filter(|value| matches!(value.kind, Kind::Function(_))).cloned().collect();
        if !functions.is_empty() {
            self.wrapped.push((made.clone(), functions));
        }
    }

    /// What functions of the project may have changed that code nobody sees holds, now that it is called.
    fn lose_wrapped(&mut self, called: &Rc<Unknown>, why: &Rc<Unknown>) {
        // Where names were lost it may be a function that one of them was bound to.
        let lost = !self.hidden.is_empty();
        let functions =
            self.wrapped.iter().filter(|(made, _)| lost || Rc::ptr_eq(made, called)).flat_map(|(_, functions)| functions);
        for function in functions.cloned().collect::<Vec<_>>() {
            let Kind::Function(id) = function.kind else { continue };
            let (body, globals, enclosing, locals) = {
                let function = &self.functions[id as usize];
                (function.body, function.globals, function.enclosing.clone(), function.locals.clone())
            };
            let Body::Block(body) = body else { continue };
            let mut names = Vec::new();
            super::scope::touched(body, &mut names);
            for name in names.into_iter().filter(|name| !locals.bound.contains(*name)) {
                for space in enclosing.iter().chain([&globals]) {
                    let Some(value) = self.lookup(*space, name) else { continue };
                    if locals.global.contains(name) || locals.nonlocal.contains(name) {
                        self.bind(*space, name, unknown_value(why));
                    } else {
                        self.lose_contents(&value, why);
                    }
                    break;
                }
            }
        }
    }

    /// Arguments with the built-in values that lie beneath text and numbers of the project's own classes.
    pub(super) fn bare_arguments(&self, mut args: Args) -> Args {
        for value in args.pos.iter_mut().chain(args.kw.iter_mut().map(|(_, value)| value)) {
            if let Some(plain) = self.plain(value)
                && matches!(plain.kind, Kind::Str(_) | Kind::Int(_) | Kind::Float(_) | Kind::Bytes(_))
            {
                *value = plain;
            }
        }
        args
    }

    /// What is done with an unknown value may raise what a `try` in progress catches.
    pub(in crate::python) fn doubtful(&mut self, unknown: &Rc<Unknown>, at: Region) {
        if !self.handlers.is_empty() {
            self.may_raise(crate::python::interp::unknown_value(unknown), &subject(&unknown.why), at);
        }
    }

    /// A call of something outside the project, by its dotted name.
    pub(super) fn call_extern(&mut self, name: &Rc<str>, args: Args, at: Region) -> Res<Val> {
        if let Some(open) = &args.open
            && !super::library::takes_anything(name)
        {
            return self.call_unknown(Unknown::new(open.why.clone(), Some(at)), &args);
        }
        if !super::library::takes_choices(name)
            && let Some(index) = args.pos.iter().position(|value| matches!(value.kind, Kind::OneOf(_)))
        {
            let choice = args.pos[index].clone();
            return self.distribute(&choice, &mut |this, value| {
                let mut args = args.clone();
                args.pos[index] = value.clone();
                this.call_extern(name, args, at)
            });
        }
        if super::library::changes_arguments(name) {
            return self.call_unknown(Unknown::new(Why::Call(name.as_ref().into()), Some(at)), &args);
        }
        if !super::library::takes_choices(name)
            && let Some(index) = args.kw.iter().position(|(_, value)| matches!(value.kind, Kind::OneOf(_)))
        {
            let choice = args.kw[index].1.clone();
            return self.distribute(&choice, &mut |this, value| {
                let mut args = args.clone();
                args.kw[index].1 = value.clone();
                this.call_extern(name, args, at)
            });
        }
        let deps = args.values().fold(super::object::Deps::default(), |deps, value| deps.union(&value.deps));
        let args = if super::library::takes_instances(name) { args } else { self.bare_arguments(args) };
        if let Some(unknown) = args.values().find_map(Val::as_unknown)
            && !super::library::takes_choices(name)
        {
            self.doubtful(&unknown, at);
        }
        if let Some(class) = name.strip_suffix(".__init__")
            && super::library::is_exception(class)
            && let Some(Val { kind: Kind::Instance(id), .. }) = args.pos.first()
            && let Cell::Instance(_, space) = self.heap.cell(*id)
        {
            let space = *space;
            self.bind(space, "args", Val::tuple(args.pos[1..].to_vec()));
            return Ok(Val::none());
        }
        if let Some(result) = super::library::call(self, name, &args, at) {
            return Ok(result?.with(&deps).or_at(at));
        }
        if super::library::is_exception(name) {
            return Ok(self.native_instance(name, vec![("args", Val::tuple(args.pos.clone()))]).with(&deps));
        }
        let unknown = Unknown::new(Why::Call(name.as_ref().into()), Some(at));
        if super::modules::is_stdlib(name) {
            // The standard library changes its arguments only where it is modelled.
            self.may_raise(Val::unknown(unknown.why.clone(), Some(at)), &subject(&unknown.why), at);
            let unknown = Rc::new(unknown);
            self.wrap(&unknown, &args);
            return Ok(unknown_value(&unknown).with(&deps));
        }
        self.call_unknown(unknown, &args)
    }

    // ── Functions of the project ────────────────────────────────────────────────────────────────────────────────

    fn call_function(&mut self, id: u32, args: Args, at: Region) -> Res<Val> {
        let function = &self.functions[id as usize];
        if function.manages {
            return Ok(self.manager(id, args));
        }
        if is_of_versioneer(&function.source.text) {
            // It asks git, or the name of the folder, and changes nothing.
            return Ok(Val::unknown(Why::Machine("versioneer".into()), Some(at)));
        }
        match function.results {
            Some(results) => self.call_remembering(id, results, args, at),
            None => self.run_function(id, args, None, at),
        }
    }

    /// Runs a function's body. `managed` is the `with` block that runs where a manager's generator yields.
    pub(super) fn run_function(&mut self, id: u32, args: Args, managed: Option<usize>, at: Region) -> Res<Val> {
        let function = &self.functions[id as usize];
        let (body, globals, source, module) = (function.body, function.globals, function.source, function.module.clone());
        let (enclosing, class, generator, names) =
            (function.enclosing.clone(), function.class, function.generator, function.locals.clone());
        let locals = self.new_space();
        let receiver = args.pos.first().cloned();
        let outer = self.statement;
        self.bind_parameters(id, locals, args, at)?;
        let yielded = (generator && managed.is_none()).then(|| self.heap.new_cell(Cell::List(Vec::new())));
        self.frames.push(Frame {
            source,
            module,
            globals,
            locals,
            enclosing,
            kind: FrameKind::Function,
            names,
            class,
            receiver,
            yielded,
            managed,
        });
        self.calls.push(at);
        let depth = self.heap.begin();
        self.returns.push(depth);
        let loops = std::mem::take(&mut self.loops);
        let result = match body {
            Body::Block(statements) => self.block(statements),
            Body::Expression(expression) => self.expr(expression).map(Flow::Return),
        };
        self.loops = loops;
        self.returns.pop();
        self.frames.pop();
        self.calls.pop();
        self.statement = outer;
        let value = self.finish_function(depth, result)?;
        match yielded {
            Some(list) => {
                let items = self.take_list(list);
                Ok(Val::new(Kind::Iter(self.heap.new_cell(Cell::Iter(items, 0)))))
            }
            None => Ok(self.answered(value, id, at)),
        }
    }

    /// What a function says of its arguments, a yes or no or a number, belongs where it is asked: its own code says the same
    /// of anybody's.
    fn answered(&self, value: Val, id: u32, at: Region) -> Val {
        let function = &self.functions[id as usize];
        let own = match &function.body {
            Body::Block([first, .., last]) => function.source.region(TextRange::new(first.start(), last.end())),
            Body::Block([only]) => function.source.region(only.range()),
            Body::Block([]) => return value,
            Body::Expression(expression) => function.source.region(expression.range()),
        };
        let plain = matches!(value.kind, Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_));
        if plain && value.at.is_some_and(|made| own.holds(made)) { value.at(at) } else { value }
    }

    /// Joins the returns that only some paths took with the straight end of the body.
    fn finish_function(&mut self, depth: usize, result: Res<Flow>) -> Res<Val> {
        let paths = self.caught_paths(Target::Function(depth));
        let straight = match result {
            Ok(Flow::Return(value)) => Ok(value),
            Ok(Flow::Normal | Flow::Break | Flow::Continue) => Ok(Val::none()),
            Err(stop) => Err(stop),
        };
        if paths.is_empty() {
            self.heap.commit();
            return straight;
        }
        let delta = self.heap.undo();
        let mut current = match straight {
            Ok(value) => Some((value, delta)),
            Err(Stop::Raise(raised)) => {
                let condition = negated(&paths[0].condition);
                self.suspend(Err(raised), delta, condition);
                None
            }
            Err(limit) => return Err(limit),
        };
        for path in paths.into_iter().rev() {
            let Exit::Return(value) = path.exit else { continue };
            current = Some(match current {
                None => (value, path.delta),
                Some((other, delta)) => {
                    let delta = self.joined(path.delta, delta, &path.condition);
                    (self.join_values(value, other, &path.condition), delta)
                }
            });
        }
        let (value, delta) = current.unwrap_or_else(|| (Val::none(), super::heap::Delta::default()));
        self.heap.apply(delta);
        Ok(value)
    }

    fn bind_parameters(&mut self, id: u32, locals: Id, args: Args, at: Region) -> Res<()> {
        let function = &self.functions[id as usize];
        let name = function.name.clone();
        let defaults = function.defaults.clone();
        let Some(parameters) = function.parameters else {
            if args.pos.is_empty() && args.kw.is_empty() {
                return Ok(());
            }
            return Err(self.raise_plain("TypeError", &format!("{name}() takes no arguments"), at));
        };
        let parameters: &'a ast::Parameters = parameters;
        let Args { pos, mut kw, open } = args;
        let mut pos = pos.into_iter();
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let default = |name: &str| defaults.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
        for parameter in positional {
            let parameter = parameter.parameter.name.as_str();
            let value = match pos.next() {
                Some(value) => Some(value),
                None => kw.iter().position(|(known, _)| &**known == parameter).map(|index| kw.remove(index).1),
            };
            let value = match (value, &open) {
                (Some(value), _) => value,
                (None, Some(unknown)) => unknown_value(unknown),
                (None, None) => match default(parameter) {
                    Some(value) => value,
                    None => {
                        return Err(self.raise_plain("TypeError", &format!("{name}() is missing its argument {parameter}"), at));
                    }
                },
            };
            self.bind(locals, parameter, value);
        }
        let mut surplus: Vec<Elem> = pos.map(Elem::One).collect();
        match &parameters.vararg {
            Some(vararg) => {
                surplus.extend(open.clone().map(Elem::Many));
                self.bind(locals, vararg.name.as_str(), Val::new(Kind::Tuple(Rc::new(surplus))));
            }
            None if !surplus.is_empty() => {
                return Err(self.raise_plain("TypeError", &format!("{name}() is given too many arguments"), at));
            }
            None => {}
        }
        for parameter in &parameters.kwonlyargs {
            let parameter = parameter.parameter.name.as_str();
            let value = kw.iter().position(|(known, _)| &**known == parameter).map(|index| kw.remove(index).1);
            let value = match (value, &open) {
                (Some(value), _) => value,
                (None, Some(unknown)) => unknown_value(unknown),
                (None, None) => match default(parameter) {
                    Some(value) => value,
                    None => {
                        return Err(self.raise_plain("TypeError", &format!("{name}() is missing its argument {parameter}"), at));
                    }
                },
            };
            self.bind(locals, parameter, value);
        }
        match &parameters.kwarg {
            Some(kwarg) => {
                let mut dict = Dict { rest: open, ..Dict::default() };
                for (name, value) in kw {
                    dict.set_str(&name, value);
                }
                let dict = self.dict_of(dict);
                self.bind(locals, kwarg.name.as_str(), dict);
            }
            None => {
                if let Some((unexpected, _)) = kw.first() {
                    let message = format!("{name}() has no argument {unexpected}");
                    return Err(self.raise_plain("TypeError", &message, at));
                }
            }
        }
        Ok(())
    }

    // ── Attributes ──────────────────────────────────────────────────────────────────────────────────────────────

    /// Something outside the project that the project has changed.
    pub(super) fn patched(&self, dotted: &str) -> Option<Val> {
        self.lookup(self.patches, dotted)
    }

    /// Changes something outside the project.
    pub(super) fn patch(&mut self, dotted: &str, value: Val) {
        let patches = self.patches;
        self.bind(patches, dotted, value);
    }
}

/// What may fail, where a value is not known.
fn subject(why: &Why) -> String {
    match why {
        Why::Call(name) | Why::Import(name) | Why::Random(name) | Why::Machine(name) => name.to_string(),
        Why::Variable(name) | Why::File(name) => format!("what is made of {name}"),
        // It is said already what it depends on.
        Why::Branch(text) => text.trim_end_matches(" fails").to_owned(),
        Why::Limit(_) | Why::Unsupported(_) | Why::Raises(_) | Why::Blank(_) | Why::Dump(_) => why.reason().replace('`', ""),
    }
}

/// Whether a file is the one that versioneer writes into a package.
fn is_of_versioneer(text: &str) -> bool {
    let head: usize = text.char_indices().nth(2_000).map_or(text.len(), |(at, _)| at);
    text[..head].contains("# Generated by versioneer-")
}
