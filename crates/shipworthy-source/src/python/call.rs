//! Calls: functions and classes of the project, built-in methods, library models, and code nobody can see.

use std::rc::Rc;

use ruff_python_ast as ast;
use shipworthy_model::{Region, Unknown, Why};

use super::heap::{Cell, Dict};
use super::interp::{Body, Flow, Frame, FrameKind, Interp, Res, Role, Stop, unknown_value};
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

    fn with_first(mut self, first: Val) -> Self {
        self.pos.insert(0, first);
        self
    }
}

/// Whether a base outside the project gives its heirs nothing but a name.
fn is_inert(base: &Val) -> bool {
    matches!(&base.kind, Kind::Extern(name) if matches!(&**name, "abc.ABC" | "typing.Generic" | "typing.Protocol" | "typing.TypedDict"))
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
            self.may_raise(Val::unknown(unknown.why.clone(), Some(at)), &unknown.reason(), at);
        }
        for value in args.values() {
            self.lose_contents(value, &unknown);
        }
        Ok(unknown_value(&unknown))
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
        if let Some(result) = super::library::call(self, name, &args, at) {
            return Ok(result?.with(&deps).or_at(at));
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
        if super::library::is_exception(name) {
            return Ok(self.native_instance(name, vec![("args", Val::tuple(args.pos.clone()))]).with(&deps));
        }
        let unknown = Unknown::new(Why::Call(name.as_ref().into()), Some(at));
        if super::modules::is_stdlib(name) {
            // The standard library changes its arguments only where it is modelled.
            self.may_raise(Val::unknown(unknown.why.clone(), Some(at)), &unknown.reason(), at);
            return Ok(unknown_value(&Rc::new(unknown)).with(&deps));
        }
        self.call_unknown(unknown, &args)
    }

    // ── Functions of the project ────────────────────────────────────────────────────────────────────────────────

    fn call_function(&mut self, id: u32, args: Args, at: Region) -> Res<Val> {
        let function = &self.functions[id as usize];
        let (body, globals, source, module) = (function.body, function.globals, function.source, function.module.clone());
        let (enclosing, class, generator, names) =
            (function.enclosing.clone(), function.class, function.generator, function.locals.clone());
        let locals = self.new_space();
        let receiver = args.pos.first().cloned();
        let outer = self.statement;
        self.bind_parameters(id, locals, args, at)?;
        let yielded = generator.then(|| self.heap.new_cell(Cell::List(Vec::new())));
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
        });
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
        self.statement = outer;
        let value = self.finish_function(depth, result)?;
        match yielded {
            Some(list) => {
                let items = self.take_list(list);
                Ok(Val::new(Kind::Iter(self.heap.new_cell(Cell::Iter(items, 0)))))
            }
            None => Ok(value),
        }
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

    // ── Classes of the project ──────────────────────────────────────────────────────────────────────────────────

    /// The classes a class inherits from, itself first, in Python's order (C3).
    pub(super) fn ancestry(&self, class: &Val) -> Vec<Val> {
        let Kind::Class(id) = class.kind else { return vec![class.clone()] };
        let bases = &self.heap.class(id).bases;
        let mut sequences: Vec<Vec<Val>> = bases.iter().map(|base| self.ancestry(base)).collect();
        sequences.push(bases.clone());
        let mut order = vec![class.clone()];
        loop {
            sequences.retain(|sequence| !sequence.is_empty());
            if sequences.is_empty() || order.len() > 200 {
                return order;
            }
            let next = sequences
                .iter()
                .map(|sequence| &sequence[0])
                .find(|head| !sequences.iter().any(|sequence| sequence[1..].iter().any(|other| self.same(other, head))))
                .unwrap_or(&sequences[0][0])
                .clone();
            for sequence in &mut sequences {
                sequence.retain(|other| !self.same(other, &next));
            }
            order.push(next);
        }
    }

    /// An attribute that a class or one of its ancestors in the project defines.
    pub(super) fn class_attribute(&self, class: &Val, name: &str) -> Option<Val> {
        self.ancestry(class).iter().find_map(|class| match class.kind {
            Kind::Class(id) => self.lookup(self.heap.class(id).space, name),
            _ => None,
        })
    }

    pub(super) fn class_defines(&self, class: &Val, name: &str) -> bool {
        self.class_attribute(class, name).is_some()
    }

    /// The external ancestors of a class: those whose code cannot be seen.
    pub(super) fn external_ancestor(&self, class: &Val) -> Option<Val> {
        self.ancestry(class).into_iter().find(|class| match &class.kind {
            Kind::Extern(name) => &**name != "builtins.object",
            Kind::Unknown(_) | Kind::OneOf(_) => true,
            _ => false,
        })
    }

    fn instantiate(&mut self, id: Id, args: Args, at: Region) -> Res<Val> {
        let class = Val::new(Kind::Class(id));
        if let Some(result) = super::library::instantiate(self, &class, &args, at) {
            return result;
        }
        let instance = match self.class_attribute(&class, "__new__") {
            None => self.bare_instance(&class).at(at),
            Some(new) => {
                let made = self.call(&new, args.clone().with_first(class.clone()), at)?;
                let own = match made.kind {
                    Kind::Instance(made) => match self.heap.cell(made) {
                        Cell::Instance(made, _) => self.ancestry(made).iter().any(|other| self.same(other, &class)),
                        _ => false,
                    },
                    _ => false,
                };
                // What is no instance of the class is not initialised.
                if !own {
                    return Ok(made);
                }
                made
            }
        };
        let attributes = match instance.kind {
            Kind::Instance(id) => match self.heap.cell(id) {
                Cell::Instance(_, space) => *space,
                _ => return Ok(instance),
            },
            _ => return Ok(instance),
        };
        if self.plain(&instance).is_none() && self.put_value_beneath(&instance, &class, &args, at)? == Some(true) {
            return Ok(instance);
        }
        if self.is_exception_class(&class) {
            self.bind(attributes, "args", Val::tuple(args.pos.clone()));
        }
        if let Some(init) = self.class_attribute(&class, "__init__") {
            let bound = Val::new(Kind::Method(Rc::new((instance.clone(), init))));
            self.call(&bound, args, at)?;
        } else if self.is_exception_class(&class) {
            // It takes whatever it is given.
        } else if let Some(base) = self.external_ancestor(&class).filter(|base| !is_inert(base)) {
            // An initialiser nobody can see may set any attribute.
            let unknown = base.as_unknown().unwrap_or_else(|| {
                let name = self.type_name_of_class(&base);
                Rc::new(Unknown::new(Why::Call(name.into()), Some(at)))
            });
            for value in args.values() {
                self.lose_contents(value, &unknown);
            }
            self.heap.space_mut(attributes).open = Some(unknown);
        } else if !args.pos.is_empty() || !args.kw.is_empty() {
            let name = self.heap.class(id).name.clone();
            return Err(self.raise_plain("TypeError", &format!("{name}() takes no arguments"), at));
        }
        Ok(instance)
    }

    /// An object of a library, with attributes.
    pub(super) fn native_instance(&mut self, class: &str, attributes: Vec<(&str, Val)>) -> Val {
        let space = self.new_space();
        for (name, value) in attributes {
            self.bind(space, name, value);
        }
        let class = Val::external(class);
        Val::new(Kind::Instance(self.heap.new_cell(Cell::Instance(class, space))))
    }

    /// An attribute of a library's object, as its model keeps it.
    pub(super) fn native_attribute(&self, instance: &Val, name: &str) -> Option<Val> {
        let Kind::Instance(id) = instance.kind else { return None };
        let Cell::Instance(_, space) = self.heap.cell(id) else { return None };
        self.lookup(*space, name)
    }

    /// The built-in value beneath an instance of a class that inherits from a built-in one, or of a named tuple.
    pub(super) fn plain(&self, value: &Val) -> Option<Val> {
        match value.kind {
            Kind::Instance(_) => self.native_attribute(value, PLAIN).map(|plain| plain.with(&value.deps)),
            _ => None,
        }
    }

    /// The value itself, or the built-in value beneath it.
    pub(super) fn bare(&self, value: &Val) -> Val {
        self.plain(value).unwrap_or_else(|| value.clone())
    }

    fn call_native_instance(&mut self, instance: &Val, args: Args, at: Region) -> Res<Val> {
        let Kind::Instance(id) = instance.kind else { return Ok(Val::none()) };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return Ok(Val::none()) };
        match self.native_class(&class.clone()) {
            Some(name) => self.call_extern(&format!("{name}.__call__").into(), args.with_first(instance.clone()), at),
            None => {
                let unknown = Unknown::new(Why::Unsupported("calling an instance".into()), Some(at));
                self.call_unknown(unknown, &args)
            }
        }
    }

    pub(super) fn native_item(&mut self, instance: &Val, key: &Val, at: Region) -> Res<Val> {
        let Kind::Instance(id) = instance.kind else { return Ok(Val::none()) };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return Ok(Val::none()) };
        match self.native_class(&class.clone()) {
            Some(name) => {
                self.call_extern(&format!("{name}.__getitem__").into(), Args::of(vec![instance.clone(), key.clone()]), at)
            }
            None => Ok(Val::unknown(Why::Unsupported("an item of an instance".into()), Some(at))),
        }
    }

    /// The dotted name of the library class behind an instance's class.
    pub(super) fn native_class(&self, class: &Val) -> Option<Rc<str>> {
        self.ancestry(class).into_iter().find_map(|class| match class.kind {
            Kind::Extern(name) => Some(name),
            _ => None,
        })
    }

    // ── Attributes ──────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn attribute(&mut self, object: &Val, name: &str, at: Region) -> Res<Val> {
        let value = self.attribute_value(object, name, at)?;
        Ok(value.with(&object.deps))
    }

    fn attribute_value(&mut self, object: &Val, name: &str, at: Region) -> Res<Val> {
        let bound = || Val::new(Kind::Builtin(Rc::new((object.clone(), name.into()))));
        match &object.kind {
            Kind::OneOf(_) => self.distribute(object, &mut |this, object| this.attribute(object, name, at)),
            Kind::Unknown(unknown) => Ok(match &unknown.why {
                Why::Import(module) => Val::unknown(Why::Import(format!("{module}.{name}").into()), Some(at)),
                _ => unknown_value(unknown),
            }),
            Kind::Module(space) => {
                if let Some(value) = self.lookup(*space, name) {
                    return Ok(value);
                }
                if super::methods::is_dict_method(name) {
                    return Ok(bound());
                }
                if let Some(value) = self.submodule(*space, name, at)? {
                    return Ok(value);
                }
                match &self.heap.space(*space).open {
                    Some(open) => Ok(unknown_value(open)),
                    None if name == "__dict__" => Ok(object.clone()),
                    None => Err(self.raise_on("AttributeError", &format!("the module has no attribute {name}"), at, &[object])),
                }
            }
            Kind::Extern(module) => Ok(self.extern_attribute(module, name, at)),
            Kind::Instance(_) => self.instance_attribute(object, name, at),
            Kind::Class(id) => self.class_attribute_value(*id, object, name, at),
            Kind::Super(bound) => {
                let (receiver, class) = &**bound;
                self.super_attribute(receiver, *class, name, at)
            }
            Kind::Function(id) => {
                let function = &self.functions[*id as usize];
                Ok(match name {
                    "__name__" | "__qualname__" => Val::str(function.name.clone()),
                    "__module__" => Val::str(function.module.clone()),
                    "__doc__" => Val::none(),
                    // `lru_cache` adds them.
                    "cache_clear" | "cache_info" => Val::external("functools.cache_clear"),
                    "setter" | "getter" | "deleter" if function.role == Role::Property => {
                        let method = Val::external(format!("builtins.property.{name}"));
                        Val::new(Kind::Method(Rc::new((object.clone(), method))))
                    }
                    _ => Val::unknown(Why::Unsupported("an attribute of a function".into()), Some(at)),
                })
            }
            Kind::Path(_) => match super::library::path::property(self, object, name) {
                Some(value) => Ok(value),
                None if super::library::path::is_method(name) => Ok(bound()),
                None => Err(self.no_attribute(object, name, at)),
            },
            Kind::TimeDelta(micros) => Ok(match name {
                "days" => Val::int(micros.div_euclid(86_400_000_000)),
                "seconds" => Val::int(micros.rem_euclid(86_400_000_000) / 1_000_000),
                "microseconds" => Val::int(micros.rem_euclid(1_000_000)),
                "total_seconds" => bound(),
                _ => return Err(self.no_attribute(object, name, at)),
            }),
            Kind::None
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Str(_)
            | Kind::Lazy(_)
            | Kind::Bytes(_)
            | Kind::Tuple(_)
            | Kind::List(_)
            | Kind::Dict(_)
            | Kind::Set(_)
            | Kind::Range(..)
            | Kind::Iter(_) => {
                if super::methods::exists(&object.kind, name) {
                    Ok(bound())
                } else if name == "__class__" {
                    Ok(Val::external(format!("builtins.{}", self.type_name(object))))
                } else if name.starts_with("__") && !matches!(object.kind, Kind::None) {
                    Ok(Val::unknown(Why::Unsupported(format!("the attribute {name}").into()), Some(at)))
                } else {
                    Err(self.no_attribute(object, name, at))
                }
            }
            Kind::Method(_) | Kind::Builtin(_) | Kind::Slice(_) | Kind::Ellipsis => {
                Ok(Val::unknown(Why::Unsupported(format!("the attribute {name}").into()), Some(at)))
            }
        }
    }

    fn no_attribute(&self, object: &Val, name: &str, at: Region) -> Stop {
        let message = format!("a value of type {} has no attribute {name}", self.type_name(object));
        self.raise_on("AttributeError", &message, at, &[object])
    }

    /// An attribute of something outside the project.
    pub(super) fn extern_attribute(&mut self, module: &Rc<str>, name: &str, at: Region) -> Val {
        let dotted: Rc<str> = format!("{module}.{name}").into();
        if let Some(value) = self.patched(&dotted) {
            return value;
        }
        if let Some(value) = super::library::attribute(self, &dotted, at) {
            return value;
        }
        if name == "__name__" || name == "__qualname__" {
            return Val::str(module.rsplit('.').next().unwrap_or(module));
        }
        if name == "__module__" {
            return Val::str(module.rsplit_once('.').map_or("builtins", |(module, _)| module));
        }
        if super::library::is_modelled(&dotted) || super::modules::is_stdlib(module) {
            Val::external(dotted).at(at)
        } else {
            Val::unknown(Why::Import(dotted.as_ref().into()), Some(at))
        }
    }

    fn instance_attribute(&mut self, object: &Val, name: &str, at: Region) -> Res<Val> {
        let Kind::Instance(id) = object.kind else { return Ok(Val::none()) };
        let Cell::Instance(class, space) = self.heap.cell(id) else { return Ok(Val::none()) };
        let (class, space) = (class.clone(), *space);
        if name == "__class__" {
            return Ok(class);
        }
        if name == "__dict__" {
            return Ok(Val::new(Kind::Module(space)));
        }
        if let Some(value) = self.class_attribute(&class, name)
            && let Kind::Function(function) = value.kind
            && self.functions[function as usize].role == Role::Property
        {
            return self.call_values(&value, vec![object.clone()], at);
        }
        if let Some(value) = self.lookup(space, name) {
            return Ok(value);
        }
        if let Some(value) = self.class_attribute(&class, name) {
            if let Kind::Function(function) = value.kind
                && self.functions[function as usize].role == Role::Cached
            {
                let made = self.call_values(&value, vec![object.clone()], at)?;
                self.bind(space, name, made.clone());
                return Ok(made);
            }
            if let Some(getter) = self.special(&value, "__get__") {
                return self.call_values(&getter, vec![object.clone(), class], at);
            }
            // An initialiser nobody can see may have set the attribute on the instance.
            return Ok(match &self.heap.space(space).open {
                Some(open) if !matches!(value.kind, Kind::Function(_)) => unknown_value(open),
                _ => self.bind_method(&class, object, value),
            });
        }
        if let Some(open) = &self.heap.space(space).open {
            return Ok(unknown_value(open));
        }
        if let Some(plain) = self.plain(object)
            && super::methods::exists(&plain.kind, name)
        {
            return Ok(Val::new(Kind::Builtin(Rc::new((plain, name.into())))));
        }
        if let Some(native) = self.native_class(&class) {
            if let Some(value) = super::library::instance_attribute(self, &native, object, name, at) {
                return Ok(value);
            }
            let dotted: Rc<str> = format!("{native}.{name}").into();
            if super::library::is_method(&dotted) {
                return Ok(Val::new(Kind::Method(Rc::new((object.clone(), Val::external(dotted))))));
            }
            if super::library::is_exception(&native) {
                return Err(self.no_attribute(object, name, at));
            }
            let plain = self.plain(object).is_some() && native.starts_with("builtins.");
            if &*native != "builtins.object" && !plain {
                return Ok(Val::unknown(Why::Call(dotted.as_ref().into()), Some(at)));
            }
        }
        if let Some(unknown) = self.ancestry(&class).iter().find_map(Val::as_unknown) {
            return Ok(unknown_value(&unknown));
        }
        if let Some(method) = self.class_attribute(&class, "__getattr__") {
            return self.call_values(&method, vec![object.clone(), Val::str(name)], at);
        }
        Err(self.no_attribute(object, name, at))
    }

    /// A function found on a class becomes a method of the object it was asked of.
    fn bind_method(&self, class: &Val, object: &Val, value: Val) -> Val {
        let Kind::Function(id) = value.kind else { return value };
        match self.functions[id as usize].role {
            Role::Plain => Val::new(Kind::Method(Rc::new((object.clone(), value)))),
            Role::ClassMethod => Val::new(Kind::Method(Rc::new((class.clone(), value)))),
            Role::Static | Role::Property | Role::Cached => value,
        }
    }

    fn class_attribute_value(&mut self, id: Id, object: &Val, name: &str, at: Region) -> Res<Val> {
        match name {
            "__name__" | "__qualname__" => return Ok(Val::str(self.heap.class(id).name.clone())),
            "__module__" => return Ok(Val::str(self.heap.class(id).module.clone())),
            "__dict__" => return Ok(Val::new(Kind::Module(self.heap.class(id).space))),
            "__mro__" => {
                let classes = self.ancestry(object);
                return Ok(Val::tuple(classes));
            }
            _ => {}
        }
        if let Some(value) = self.enum_class_attribute(object, name) {
            return Ok(value);
        }
        if let Some(value) = self.class_attribute(object, name) {
            if let Kind::Function(function) = value.kind
                && self.functions[function as usize].role == Role::ClassMethod
            {
                return Ok(Val::new(Kind::Method(Rc::new((object.clone(), value)))));
            }
            if let Some(getter) = self.special(&value, "__get__") {
                return self.call_values(&getter, vec![Val::none(), object.clone()], at);
            }
            return Ok(value);
        }
        if let Some(base) = self.external_ancestor(object) {
            if let Kind::Extern(base) = &base.kind {
                let dotted: Rc<str> = format!("{base}.{name}").into();
                if super::library::is_method(&dotted) {
                    return Ok(Val::new(Kind::Method(Rc::new((object.clone(), Val::external(dotted))))));
                }
                if let Some(value) = super::library::attribute(self, &dotted, at) {
                    return Ok(value);
                }
                return Ok(Val::unknown(Why::Import(dotted.as_ref().into()), Some(at)));
            }
            return Ok(base.as_unknown().map_or_else(Val::none, |unknown| unknown_value(&unknown)));
        }
        let message = format!("the class {} has no attribute {name}", self.heap.class(id).name);
        Err(self.raise_on("AttributeError", &message, at, &[object]))
    }

    fn super_attribute(&mut self, receiver: &Val, class: Id, name: &str, at: Region) -> Res<Val> {
        let start = match &receiver.kind {
            Kind::Instance(id) => match self.heap.cell(*id) {
                Cell::Instance(class, _) => class.clone(),
                _ => return Ok(Val::none()),
            },
            _ => receiver.clone(),
        };
        let order = self.ancestry(&start);
        let after =
            order.iter().position(|other| matches!(other.kind, Kind::Class(id) if id == class)).map_or(0, |index| index + 1);
        for class in &order[after..] {
            match &class.kind {
                Kind::Class(id) => {
                    if let Some(value) = self.lookup(self.heap.class(*id).space, name) {
                        if let Kind::Function(function) = value.kind
                            && matches!(self.functions[function as usize].role, Role::Property | Role::Cached)
                        {
                            return self.call_values(&value, vec![receiver.clone()], at);
                        }
                        return Ok(self.bind_method(&start, receiver, value));
                    }
                }
                Kind::Extern(base) if &**base != "builtins.object" => {
                    let dotted: Rc<str> = format!("{base}.{name}").into();
                    return Ok(Val::new(Kind::Method(Rc::new((receiver.clone(), Val::external(dotted))))));
                }
                Kind::Unknown(unknown) => return Ok(unknown_value(unknown)),
                _ => {}
            }
        }
        if name.starts_with("__") {
            return Ok(Val::new(Kind::Method(Rc::new((receiver.clone(), Val::external(format!("builtins.object.{name}")))))));
        }
        Err(self.raise_plain("AttributeError", &format!("no base class has the attribute {name}"), at))
    }

    /// A special method such as `__call__`, bound, if a class of the project defines it.
    pub(super) fn special(&self, object: &Val, name: &str) -> Option<Val> {
        let Kind::Instance(id) = object.kind else { return None };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return None };
        let method = self.class_attribute(class, name)?;
        Some(Val::new(Kind::Method(Rc::new((object.clone(), method)))))
    }

    pub(super) fn set_attribute(&mut self, object: &Val, name: &str, value: Val, at: Region) -> Res<()> {
        match &object.kind {
            Kind::Module(space) => self.bind(*space, name, value),
            Kind::Class(id) => {
                let space = self.heap.class(*id).space;
                self.bind(space, name, value);
            }
            Kind::Instance(id) => {
                let Cell::Instance(class, space) = self.heap.cell(*id) else { return Ok(()) };
                let (class, space) = (class.clone(), *space);
                if let Some(method) = self.class_attribute(&class, "__setattr__") {
                    return self.call_values(&method, vec![object.clone(), Val::str(name), value], at).map(|_| ());
                }
                if let Some(attribute) = self.class_attribute(&class, name) {
                    if let Kind::Function(id) = attribute.kind
                        && self.functions[id as usize].role == Role::Property
                    {
                        return match self.functions[id as usize].setter.clone() {
                            Some(setter) => self.call_values(&setter, vec![object.clone(), value], at).map(|_| ()),
                            None => Err(self.no_attribute(object, name, at)),
                        };
                    }
                    if let Some(setter) = self.special(&attribute, "__set__") {
                        return self.call_values(&setter, vec![object.clone(), value], at).map(|_| ());
                    }
                }
                self.bind(space, name, value);
            }
            Kind::OneOf(alternatives) => {
                let why = alternatives[0].0.clone();
                for (_, alternative) in alternatives.iter() {
                    self.set_attribute(alternative, name, unknown_value(&super::object::branch_unknown(&why)), at)?;
                }
            }
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Str(_) | Kind::List(_) | Kind::Dict(_) => {
                return Err(self.no_attribute(object, name, at));
            }
            Kind::Extern(module) => self.patch(&format!("{module}.{name}"), value),
            // A change to something outside the project, which nothing here reads back.
            _ => {}
        }
        Ok(())
    }

    /// Something outside the project that the project has changed.
    pub(super) fn patched(&self, dotted: &str) -> Option<Val> {
        self.lookup(self.patches, dotted)
    }

    /// Changes something outside the project.
    pub(super) fn patch(&mut self, dotted: &str, value: Val) {
        let patches = self.patches;
        self.bind(patches, dotted, value);
    }

    // ── Exceptions ──────────────────────────────────────────────────────────────────────────────────────────────

    fn is_exception_class(&self, class: &Val) -> bool {
        self.ancestry(class).iter().any(|class| matches!(&class.kind, Kind::Extern(name) if super::library::is_exception(name)))
    }

    /// Whether an exception is caught by `except CLASS`; `None` where that is not known.
    pub(super) fn is_exception_of(&self, exception: &Val, class: &Val) -> Option<bool> {
        if let Kind::Tuple(classes) = &class.kind {
            let mut any = Some(false);
            for elem in classes.iter() {
                let Elem::One(class) = elem else { return None };
                match self.is_exception_of(exception, class) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => any = None,
                }
            }
            return any;
        }
        let thrown = match &exception.kind {
            Kind::Instance(id) => match self.heap.cell(*id) {
                Cell::Instance(class, _) => class.clone(),
                _ => return None,
            },
            _ => exception.clone(),
        };
        if matches!(class.kind, Kind::Extern(ref name) if &**name == "builtins.BaseException" || &**name == "builtins.Exception")
        {
            return Some(true);
        }
        if let Kind::Unknown(_) = thrown.kind {
            // Code nobody sees may raise anything but the failure of an import.
            let import = matches!(&class.kind, Kind::Extern(name) if matches!(&**name, "builtins.ImportError" | "builtins.ModuleNotFoundError"));
            return if import { Some(false) } else { None };
        }
        let mut unsure = class.as_unknown().is_some();
        for ancestor in self.ancestry(&thrown) {
            if self.same(&ancestor, class) {
                return Some(true);
            }
            if let (Kind::Extern(thrown), Kind::Extern(wanted)) = (&ancestor.kind, &class.kind) {
                match super::library::is_subexception(thrown, wanted) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => unsure = true,
                }
            }
        }
        if unsure { None } else { Some(false) }
    }

    pub(super) fn exception_message(&self, exception: &Val) -> String {
        let argument = self.native_attribute(exception, "args").and_then(|args| match &args.kind {
            Kind::Tuple(items) => match items.first() {
                Some(Elem::One(first)) => Some(first.clone()),
                _ => None,
            },
            _ => None,
        });
        match argument {
            // The project's own words may quote a credential: only short text without values is repeated.
            Some(value) => value.as_str().map_or_else(String::new, str::to_owned),
            None => String::new(),
        }
    }

    pub(super) fn exception_instance(&mut self, raised: &super::interp::Raised) -> Val {
        match &raised.exception.kind {
            Kind::Extern(name) => {
                let args = Val::tuple(vec![Val::unknown(Why::Raises(raised.message.as_str().into()), Some(raised.at))]);
                let name = name.clone();
                self.native_instance(&name, vec![("args", args)])
            }
            Kind::Class(id) => {
                let id = *id;
                let space = self.new_space();
                Val::new(Kind::Instance(self.heap.new_cell(Cell::Instance(Val::new(Kind::Class(id)), space))))
            }
            _ => raised.exception.clone(),
        }
        .with(&raised.deps)
    }

    // ── Context managers ────────────────────────────────────────────────────────────────────────────────────────

    /// The exceptions that `contextlib.suppress(…)` swallows.
    pub(super) fn suppressed_classes(&self, context: &Val) -> Option<Vec<Option<Val>>> {
        let Kind::Instance(id) = context.kind else { return None };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return None };
        if !matches!(&class.kind, Kind::Extern(name) if &**name == "contextlib.suppress") {
            return None;
        }
        let classes = self.native_attribute(context, "classes")?;
        match &classes.kind {
            Kind::Tuple(items) => Some(
                items
                    .iter()
                    .filter_map(|item| match item {
                        Elem::One(class) => Some(Some(class.clone())),
                        Elem::Perhaps(..) | Elem::Many(_) => None,
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    /// What `with CONTEXT as name` binds.
    pub(super) fn enter(&mut self, context: &Val, at: Region) -> Res<Val> {
        if let Some(method) = self.special(context, "__enter__") {
            return self.call_values(&method, Vec::new(), at);
        }
        if let Kind::Instance(id) = context.kind
            && let Cell::Instance(class, _) = self.heap.cell(id)
            && let Some(native) = self.native_class(&class.clone())
        {
            let dotted: Rc<str> = format!("{native}.__enter__").into();
            if super::library::is_method(&dotted) {
                return self.call_extern(&dotted, Args::of(vec![context.clone()]), at);
            }
        }
        Ok(match &context.kind {
            // Files, paths and locks give themselves.
            Kind::Instance(_) | Kind::Path(_) => context.clone(),
            _ => self.unknown_of(&[context], at),
        })
    }

    pub(super) fn exit(&mut self, context: &Val, at: Region) -> Res<()> {
        if let Some(method) = self.special(context, "__exit__") {
            self.call_values(&method, vec![Val::none(), Val::none(), Val::none()], at)?;
        } else if let Kind::Instance(id) = context.kind
            && let Cell::Instance(class, _) = self.heap.cell(id)
            && let Some(native) = self.native_class(&class.clone())
        {
            let dotted: Rc<str> = format!("{native}.__exit__").into();
            if super::library::is_method(&dotted) {
                self.call_extern(&dotted, Args::of(vec![context.clone()]), at)?;
            }
        }
        Ok(())
    }
}
