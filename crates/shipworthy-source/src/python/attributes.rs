//! Attributes: of modules, instances, classes and built-in values, read and set.

use super::heap::Cell;
use super::interp::{Interp, Res, Role, Stop, unknown_value};
use super::object::{Id, Kind, Val};
use shipworthy_model::{Region, Why};
use std::rc::Rc;

impl Interp<'_> {
    pub(super) fn attribute(&mut self, object: &Val, name: &str, at: Region) -> Res<Val> {
        let value = self.attribute_value(object, name, at)?;
        Ok(value.with(&object.deps))
    }

    fn attribute_value(&mut self, object: &Val, name: &str, at: Region) -> Res<Val> {
        let bound = || Val::new(Kind::Builtin(Rc::new((object.clone(), name.into()))));
        match &object.kind {
            Kind::OneOf(_) => self.distribute(object, &mut |this, object| this.attribute(object, name, at)),
            Kind::Unknown(unknown) => {
                self.doubtful(unknown, at);
                if super::scope::is_mutator(name) {
                    self.changes_unknown(unknown, matches!(name, "append" | "extend"))?;
                }
                Ok(match &unknown.why {
                    Why::Import(module) => Val::unknown(Why::Import(format!("{module}.{name}").into()), Some(at)),
                    _ => unknown_value(unknown),
                })
            }
            Kind::Module(space) => {
                let space = *space;
                self.lookup_or(space, name, &mut |this| {
                    if super::methods::is_dict_method(name) {
                        return Ok(bound());
                    }
                    if let Some(value) = this.submodule(space, name, at)? {
                        return Ok(value);
                    }
                    if let Some(value) = this.behind(space, name, at) {
                        return Ok(value);
                    }
                    match &this.heap.space(space).open {
                        Some(open) => Ok(unknown_value(open)),
                        None if name == "__dict__" => Ok(object.clone()),
                        None => {
                            Err(this.raise_on("AttributeError", &format!("the module has no attribute {name}"), at, &[object]))
                        }
                    }
                })
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
                    "cache_clear" if function.results.is_some() => {
                        Val::new(Kind::Method(Rc::new((object.clone(), Val::external("functools.cache_clear")))))
                    }
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
                None if name.starts_with('_') || name.chars().any(char::is_uppercase) => Err(self.no_attribute(object, name, at)),
                None => Ok(Val::unknown(Why::Unsupported(format!("the attribute {name} of a path").into()), Some(at))),
            },
            Kind::TimeDelta(micros) => Ok(match name {
                "days" => Val::int(micros.div_euclid(86_400_000_000)),
                "seconds" => Val::int(micros.rem_euclid(86_400_000_000) / 1_000_000),
                "microseconds" => Val::int(micros.rem_euclid(1_000_000)),
                "total_seconds" => bound(),
                _ => return Err(self.no_attribute(object, name, at)),
            }),
            Kind::Int(number) if matches!(name, "real" | "numerator") => Ok(Val::int(*number)),
            Kind::Bool(flag) if matches!(name, "real" | "numerator") => Ok(Val::int(i128::from(*flag))),
            Kind::Int(_) | Kind::Bool(_) if name == "imag" => Ok(Val::int(0)),
            Kind::Int(_) | Kind::Bool(_) if name == "denominator" => Ok(Val::int(1)),
            Kind::Float(_) if name == "real" => Ok(object.clone()),
            Kind::Float(_) if name == "imag" => Ok(Val::new(Kind::Float(0.0))),
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
            | Kind::View(..)
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

    pub(super) fn no_attribute(&self, object: &Val, name: &str, at: Region) -> Stop {
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
        self.lookup_or(space, name, &mut |this| this.inherited_attribute(object, &class, space, name, at))
    }

    /// An attribute that an instance does not hold itself.
    fn inherited_attribute(&mut self, object: &Val, class: &Val, space: Id, name: &str, at: Region) -> Res<Val> {
        if let Some(value) = self.class_attribute(class, name) {
            if let Kind::Function(function) = value.kind
                && self.functions[function as usize].role == Role::Cached
            {
                let made = self.call_values(&value, vec![object.clone()], at)?;
                self.bind(space, name, made.clone());
                return Ok(made);
            }
            if let Some(getter) = self.special(&value, "__get__") {
                return self.call_values(&getter, vec![object.clone(), class.clone()], at);
            }
            // An initialiser nobody can see may have set the attribute on the instance.
            return Ok(match &self.heap.space(space).open {
                Some(open) if !matches!(value.kind, Kind::Function(_)) => unknown_value(open),
                _ => self.bind_method(class, object, value),
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
        if let Some(native) = self.native_class(class) {
            if let Some(value) = super::library::instance_attribute(self, &native, object, name, at) {
                return Ok(value);
            }
            let dotted: Rc<str> = format!("{native}.{name}").into();
            if super::library::is_method(&dotted) {
                return Ok(Val::new(Kind::Method(Rc::new((object.clone(), Val::external(dotted))))));
            }
            if super::library::is_exception(&native) {
                return match super::library::exception_attribute(self, object, &native, name, at) {
                    Some(value) => Ok(value),
                    None => match self.class_attribute(class, "__getattr__") {
                        Some(method) => self.call_values(&method, vec![object.clone(), Val::str(name)], at),
                        None => Err(self.no_attribute(object, name, at)),
                    },
                };
            }
            let plain = self.plain(object).is_some() && native.starts_with("builtins.");
            if super::library::lacks(self, &native, name) {
                return Err(self.no_attribute(object, name, at));
            }
            if &*native != "builtins.object" && !plain {
                return Ok(Val::unknown(Why::Call(dotted.as_ref().into()), Some(at)));
            }
        }
        if let Some(unknown) = self.ancestry(class).iter().find_map(Val::as_unknown) {
            return Ok(unknown_value(&unknown));
        }
        if let Some(method) = self.class_attribute(class, "__getattr__") {
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
            "__bases__" => {
                let bases = self.heap.class(id).bases.clone();
                return Ok(Val::tuple(if bases.is_empty() { vec![Val::external("builtins.object")] } else { bases }));
            }
            "__mro__" => {
                let mut classes = self.ancestry(object);
                let is_object = |class: &Val| matches!(&class.kind, Kind::Extern(name) if &**name == "builtins.object");
                if !classes.last().is_some_and(is_object) {
                    classes.push(Val::external("builtins.object"));
                }
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
                if super::library::lacks(self, base, name) {
                    return Err(self.raise_on("AttributeError", &format!("the class has no attribute {name}"), at, &[object]));
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

    pub(super) fn set_attribute(&mut self, object: &Val, name: &str, value: Val, at: Region) -> Res<()> {
        match &object.kind {
            Kind::Module(space) => {
                let place = value.at.filter(|place| place.artifact != self.statement.artifact);
                self.bind(*space, name, value);
                self.made_at(*space, name, place);
            }
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

    /// `del object.name`.
    pub(super) fn delete_attribute(&mut self, object: &Val, name: &str, at: Region) -> Res<()> {
        let space = match object.kind {
            Kind::Module(space) => space,
            Kind::Class(id) => self.heap.class(id).space,
            Kind::Instance(id) => match self.heap.cell(id) {
                Cell::Instance(_, space) => *space,
                _ => return Ok(()),
            },
            // A change to something outside the project, which nothing here reads back.
            _ => return Ok(()),
        };
        let missing = self.no_attribute(object, name, at);
        self.unbind_or(space, name, missing)
    }
}
