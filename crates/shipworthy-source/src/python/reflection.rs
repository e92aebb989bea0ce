//! Built-in functions that look at objects and run code: `isinstance`, `getattr`, `type`, `exec`.

use super::call::Args;
use super::heap::Cell;
use super::interp::{Flow, FrameKind, Interp, Res, unknown_value};
use super::object::{Deps, Elem, Kind, Val, branch_unknown};
use shipworthy_model::{Assumption, Region, Unknown, Why};
use std::rc::Rc;

/// The hidden attribute of a union of classes that holds them.
const JOINED: &str = "*joined*";

impl Interp<'_> {
    /// Whether these are built-in classes, of which the first may be several that `|` joined.
    pub(super) fn are_classes(&self, left: &Val, right: &Val) -> bool {
        const CLASSES: [&str; 11] =
            ["bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];
        let is_class = |value: &Val| match &value.kind {
            Kind::Extern(name) => name.strip_prefix("builtins.").is_some_and(|name| CLASSES.contains(&name)),
            _ => false,
        };
        is_class(right) && (is_class(left) || self.native_attribute(left, JOINED).is_some())
    }

    /// `list | tuple`: what `isinstance` takes for either.
    pub(super) fn union_of(&mut self, left: &Val, right: &Val) -> Val {
        let mut classes = match self.native_attribute(left, JOINED) {
            Some(Val { kind: Kind::Tuple(items), .. }) => items.to_vec(),
            _ => vec![Elem::One(left.clone())],
        };
        classes.push(Elem::One(right.clone()));
        self.native_instance("types.UnionType", vec![(JOINED, Val::new(Kind::Tuple(Rc::new(classes))))])
    }

    /// `isinstance(value, class)`; `None` where it cannot be decided.
    pub(super) fn is_instance(&self, value: &Val, class: &Val) -> Option<bool> {
        if let Some(classes) = self.native_attribute(class, JOINED) {
            return self.is_instance(value, &classes);
        }
        if let Kind::Tuple(classes) = &class.kind {
            let mut any = Some(false);
            for elem in classes.iter() {
                let Elem::One(class) = elem else { return None };
                match self.is_instance(value, class) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => any = None,
                }
            }
            return any;
        }
        match &value.kind {
            // What a required variable holds is text.
            Kind::Unknown(unknown) if matches!(unknown.why, Why::Variable(_)) => match &class.kind {
                Kind::Extern(name) if &**name == "builtins.str" => None,
                _ => None,
            },
            Kind::Unknown(_) => None,
            Kind::OneOf(alternatives) => {
                let mut answers = alternatives.iter().map(|(_, value)| self.is_instance(value, class));
                let first = answers.next()??;
                answers.all(|answer| answer == Some(first)).then_some(first)
            }
            Kind::Instance(id) => {
                let Cell::Instance(own, _) = self.heap.cell(*id) else { return None };
                if self.ancestry(own).iter().any(|ancestor| self.same(ancestor, class)) {
                    return Some(true);
                }
                if let (Some(plain), Kind::Extern(_)) = (self.plain(value), &class.kind) {
                    return self.is_instance(&plain, class);
                }
                match self.external_ancestor(own) {
                    None => Some(false),
                    Some(_) => None,
                }
            }
            _ => match &class.kind {
                Kind::Extern(name) => {
                    let own = self.type_name(value);
                    let name = name.strip_prefix("builtins.").unwrap_or(name);
                    match name {
                        "object" => Some(true),
                        "int" => Some(matches!(value.kind, Kind::Int(_) | Kind::Bool(_))),
                        "dict" => Some(matches!(value.kind, Kind::Dict(_))),
                        "collections.OrderedDict" | "collections.defaultdict" => Some(name.ends_with(own)),
                        "str" | "bool" | "float" | "list" | "tuple" | "set" | "bytes" | "complex" | "bytearray" => {
                            Some(own == name)
                        }
                        "frozenset" => Some(own == "frozenset"),
                        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "os.PathLike" => {
                            Some(matches!(value.kind, Kind::Path(_)))
                        }
                        "datetime.timedelta" => Some(matches!(value.kind, Kind::TimeDelta(_))),
                        "collections.abc.Mapping" | "collections.abc.MutableMapping" | "typing.Mapping" => {
                            Some(matches!(value.kind, Kind::Dict(_)))
                        }
                        "collections.abc.Sequence" | "typing.Sequence" => Some(matches!(
                            value.kind,
                            Kind::List(_) | Kind::Tuple(_) | Kind::Str(_) | Kind::Bytes(_) | Kind::Range(..)
                        )),
                        "collections.abc.Iterable" | "typing.Iterable" => Some(matches!(
                            value.kind,
                            Kind::List(_)
                                | Kind::Tuple(_)
                                | Kind::Str(_)
                                | Kind::Bytes(_)
                                | Kind::Range(..)
                                | Kind::Dict(_)
                                | Kind::Set(_)
                                | Kind::View(..)
                                | Kind::Iter(_)
                        )),
                        "collections.abc.Callable" | "typing.Callable" => {
                            Some(matches!(value.kind, Kind::Function(_) | Kind::Method(_) | Kind::Builtin(_) | Kind::Class(_)))
                        }
                        "types.ModuleType" => Some(matches!(value.kind, Kind::Module(_))),
                        "type" => Some(matches!(value.kind, Kind::Class(_))),
                        "property" => match value.kind {
                            Kind::Function(id) => Some(self.functions[id as usize].role == super::interp::Role::Property),
                            Kind::Extern(_) => None,
                            _ => Some(false),
                        },
                        // Classes of their own, which no built-in value is of.
                        "staticmethod"
                        | "classmethod"
                        | "types.FunctionType"
                        | "types.MethodType"
                        | "types.GeneratorType"
                        | "decimal.Decimal"
                        | "fractions.Fraction"
                        | "datetime.datetime"
                        | "datetime.date"
                        | "datetime.time"
                        | "uuid.UUID"
                        | "re.Pattern"
                        | "enum.Enum"
                            if matches!(
                                value.kind,
                                Kind::None
                                    | Kind::Bool(_)
                                    | Kind::Int(_)
                                    | Kind::Float(_)
                                    | Kind::Str(_)
                                    | Kind::Bytes(_)
                                    | Kind::Tuple(_)
                                    | Kind::List(_)
                                    | Kind::Dict(_)
                                    | Kind::Set(_)
                                    | Kind::Path(_)
                                    | Kind::TimeDelta(_)
                            ) =>
                        {
                            Some(false)
                        }
                        _ => match value.kind {
                            Kind::Extern(_) => None,
                            // A plain built-in value is no instance of a library's class.
                            _ if !super::modules::is_stdlib(name) => Some(false),
                            _ => None,
                        },
                    }
                }
                Kind::Class(_) => match value.kind {
                    Kind::Extern(_) => None,
                    _ => Some(false),
                },
                _ => None,
            },
        }
    }

    /// `type(name, bases, attributes)`.
    pub(super) fn make_class(&mut self, args: &Args, at: Region) -> Res<Val> {
        let (name, bases, attributes) = (&args.pos[0], &args.pos[1], &args.pos[2]);
        let (Some(name), Some(bases)) = (name.as_str().map(str::to_owned), self.certain_elements(bases, at)?) else {
            return Ok(self.unknown_of(&[name, bases], at));
        };
        let space = self.new_space();
        self.namespace_update(space, &Val::new(Kind::Module(space)), attributes, at)?;
        let class = self.new_class(&name, bases, space)?;
        self.finish_class(class, &[], at)
    }

    pub(super) fn get_attribute(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.get(1) else { return Err(self.wrong_arguments("getattr", at, args)) };
        let Some(text) = name.as_str().map(str::to_owned) else { return Ok(self.unknown_of(&[name], at)) };
        let Some(default) = args.pos.get(2).cloned() else { return self.attribute(value, &text, at) };
        if let Some(default) = self.unless_behind(value, &text, &default) {
            return Ok(default);
        }
        self.unless_missing(&mut |this| this.attribute(value, &text, at), &default)
    }

    /// What `get` gives, or `default` on the paths on which it raises an `AttributeError`.
    fn unless_missing(&mut self, get: &mut dyn FnMut(&mut Self) -> Res<Val>, default: &Val) -> Res<Val> {
        // The answer is bound in a namespace, so that it is joined like all that paths leave behind.
        const ANSWER: &str = "*answer*";
        let space = self.new_space();
        let statement = self.statement;
        self.catching(
            vec![Some(Val::external("builtins.AttributeError"))],
            |this| {
                let value = get(this)?;
                this.bind(space, ANSWER, value);
                Ok(Flow::Normal)
            },
            |this, raised| {
                this.bind(space, ANSWER, default.clone().with(&raised.deps));
                Ok(Flow::Normal)
            },
            |_| Ok(Flow::Normal),
        )?;
        self.statement = statement;
        Ok(self.lookup(space, ANSWER).unwrap_or_else(|| default.clone()))
    }

    pub(super) fn has_attribute(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.get(1) else { return Err(self.wrong_arguments("hasattr", at, args)) };
        let Some(text) = name.as_str().map(str::to_owned) else { return Ok(self.unknown_of(&[name], at)) };
        if let Kind::Module(space) = value.kind {
            return Ok(match self.heap.space(space).names.get(&*text) {
                Some(binding) => match &binding.perhaps {
                    None => Val::bool(true),
                    Some(condition) => unknown_value(&branch_unknown(condition)),
                },
                None => match &self.heap.space(space).open {
                    Some(open) => unknown_value(open),
                    None => Val::bool(false),
                },
            });
        }
        if let Kind::Extern(module) = &value.kind {
            let dotted: Rc<str> = format!("{module}.{text}").into();
            let known = super::library::attribute(self, &dotted, at).is_some() || super::library::is_modelled(&dotted);
            return Ok(if known { Val::bool(true) } else { Val::unknown(Why::Import(dotted.as_ref().into()), Some(at)) });
        }
        let get = &mut |this: &mut Self| {
            let value = this.attribute(value, &text, at)?;
            Ok(match value.as_unknown() {
                // One of several is there, whichever it is.
                Some(unknown) if matches!(value.kind, Kind::Unknown(_)) => unknown_value(&unknown),
                _ => Val::bool(true).with(&value.deps),
            })
        };
        self.unless_missing(get, &Val::bool(false))
    }

    /// `exec` and `eval` of text of the project.
    pub(super) fn execute(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
        let code = args.pos[0].clone();
        let space = match args.pos.get(1).map(|space| &space.kind) {
            None => self.frame().locals,
            Some(Kind::Module(space)) => *space,
            Some(_) => {
                return Ok(Val::unknown(Why::Unsupported(format!("{name}() in a namespace of its own").into()), Some(at)));
            }
        };
        let source = match &code.kind {
            Kind::Str(text) => self.source_of_text(text, code.at, name == "eval"),
            _ => None,
        };
        let Some(source) = source else {
            let why = self
                .unknown_of(&[&code], at)
                .as_unknown()
                .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported(format!("{name}()").into()), Some(at))));
            // A module is named after what nobody knows: it may be there where the project is deployed.
            if let Some(package) = self.spreads_a_module()
                && self.caught(&Val::external("builtins.ModuleNotFoundError"))
            {
                let absent = format!("a module of {package}");
                self.would_import_settings_from(&absent);
                let deps = Deps::of(Assumption::Absent(absent.as_str().into()));
                let message = format!("there is no such module of {package}");
                return Err(self.raise_with("builtins.ModuleNotFoundError", &message, at, deps));
            }
            // A file of settings that only the server has: the next attempt looks at what is there without it.
            if let Why::File(path) = &why.why
                && path.starts_with('/')
                && !self.aside.contains(path)
            {
                self.newly_aside.insert(path.clone());
            }
            self.lose_contents(&Val::new(Kind::Module(space)), &why);
            return Ok(unknown_value(&why));
        };
        let mut frame = self.frame().clone();
        frame.source = source;
        frame.locals = space;
        if frame.kind == FrameKind::Function {
            frame.kind = FrameKind::Module;
            frame.globals = space;
        }
        self.frames.push(frame);
        let result = if name == "eval" {
            match source.module.body.first() {
                Some(ruff_python_ast::Stmt::Expr(node)) => self.expr(&node.value),
                _ => Ok(Val::none()),
            }
        } else {
            self.block(&source.module.body).map(|_| Val::none())
        };
        self.frames.pop();
        result
    }

    /// The package whose module, of whatever name, the statement imports every name of:
    /// `exec("from .local.%s import *" % socket.gethostname())`.
    fn spreads_a_module(&self) -> Option<String> {
        let artifacts = self.artifacts.borrow();
        let (_, import) = artifacts.text(self.statement).split_once("from ")?;
        let (module, names) = import.split_once(" import")?;
        let package = module.split(['%', '{', '"', '\'']).next()?.trim_end_matches('.');
        let level = package.len() - package.trim_start_matches('.').len();
        let whole = names.trim_start().starts_with('*') && package.len() > level && package.len() < module.len();
        whole.then(|| self.absolute_name(Some(&package[level..]), level as u32))
    }
}
