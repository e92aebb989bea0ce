//! Classes of the project: ancestry, instances, special methods, and the exceptions among them.

use super::call::{Args, PLAIN};
use super::heap::Cell;
use super::interp::{Interp, Res};
use super::object::{Elem, Id, Kind, Val};
use shipworthy_model::{Condition, Region, Unknown, Why};
use std::rc::Rc;

/// Classes above one another; the order of ancestors is worked out anew for each.
const MAX_ANCESTORS: u32 = 60;
/// Classes in an order of ancestors.
const MAX_ORDER: usize = 201;

impl Interp<'_> {
    /// A class with a namespace, in the module that is being executed.
    pub(super) fn new_class(&mut self, name: &str, bases: Vec<Val>, space: Id) -> Res<Id> {
        let above = bases.iter().map(|base| match base.kind {
            Kind::Class(id) => self.heap.class(id).depth + 1,
            _ => 1,
        });
        let depth = above.max().unwrap_or_default();
        let too_many = || vec![Val::unknown(Why::Limit("inherited classes".into()), Some(self.statement))];
        let (bases, depth) = if depth > MAX_ANCESTORS { (too_many(), 1) } else { (bases, depth) };
        self.burn(u64::from(depth * depth))?;
        let module = self.frame().module.clone();
        Ok(self.heap.new_cell(Cell::Class(super::heap::Class { depth, name: name.into(), module, bases, space })))
    }

    /// The classes a class inherits from, itself first, in Python's order (C3).
    pub(super) fn ancestry(&self, class: &Val) -> Vec<Val> {
        let Kind::Class(id) = class.kind else { return vec![class.clone()] };
        let bases = &self.heap.class(id).bases;
        // One base: its order is this one's, and there is nothing to merge.
        if let [base] = &**bases {
            return std::iter::once(class.clone()).chain(self.ancestry(base)).take(MAX_ORDER).collect();
        }
        let mut sequences: Vec<Vec<Val>> = bases.iter().map(|base| self.ancestry(base)).collect();
        sequences.push(bases.clone());
        // What lies outside the project has it too, at its end, though its bases are not seen.
        let is_object = |class: &Val| matches!(&class.kind, Kind::Extern(name) if &**name == "builtins.object");
        let object = sequences.iter().flatten().find(|class| is_object(class)).cloned();
        for sequence in &mut sequences {
            sequence.retain(|class| !is_object(class));
        }
        let mut order = vec![class.clone()];
        loop {
            sequences.retain(|sequence| !sequence.is_empty());
            if sequences.is_empty() || order.len() >= MAX_ORDER {
                order.extend(object);
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
        let mut perhaps: Vec<(Val, Condition)> = Vec::new();
        let mut found = None;
        for class in self.ancestry(class) {
            let Kind::Class(id) = class.kind else { continue };
            match self.binding(self.heap.class(id).space, name) {
                Some((value, None)) => {
                    found = Some(value);
                    break;
                }
                Some((value, Some(condition))) => perhaps.push((value, condition)),
                None => {}
            }
        }
        // Where a class defines it only perhaps, it is perhaps inherited.
        for (value, condition) in perhaps.into_iter().rev() {
            found = Some(match found {
                Some(inherited) => self.join_values(value, inherited, &condition),
                None => value,
            });
        }
        found
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

    pub(super) fn instantiate(&mut self, id: Id, args: Args, at: Region) -> Res<Val> {
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
            self.heap.space_mut(attributes).lose(unknown);
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

    pub(super) fn call_native_instance(&mut self, instance: &Val, args: Args, at: Region) -> Res<Val> {
        let Kind::Instance(id) = instance.kind else { return Ok(Val::none()) };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return Ok(Val::none()) };
        if let Some(name) = self.native_class(&class.clone()) {
            self.call_extern(&format!("{name}.__call__").into(), args.with_first(instance.clone()), at)
        } else {
            let unknown = Unknown::new(Why::Unsupported("calling an instance".into()), Some(at));
            self.call_unknown(unknown, &args)
        }
    }

    pub(super) fn native_item(&mut self, instance: &Val, key: &Val, at: Region) -> Res<Val> {
        let Kind::Instance(id) = instance.kind else { return Ok(Val::none()) };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return Ok(Val::none()) };
        match self.native_class(&class.clone()) {
            Some(name) if super::library::is_exception(&name) => {
                let message = format!("a value of type {} has no items", self.type_name_of_class(&class.clone()));
                Err(self.raise_on("TypeError", &message, at, &[instance, key]))
            }
            Some(name) if !name.starts_with("builtins.") => {
                self.call_extern(&format!("{name}.__getitem__").into(), Args::of(vec![instance.clone(), key.clone()]), at)
            }
            Some(_) | None => Ok(Val::unknown(Why::Unsupported("an item of an instance".into()), Some(at))),
        }
    }

    /// The dotted name of the library class behind an instance's class.
    pub(super) fn native_class(&self, class: &Val) -> Option<Rc<str>> {
        self.ancestry(class).into_iter().find_map(|class| match class.kind {
            Kind::Extern(name) => Some(name),
            _ => None,
        })
    }

    /// A special method such as `__call__`, bound, if a class of the project defines it.
    pub(super) fn special(&self, object: &Val, name: &str) -> Option<Val> {
        let Kind::Instance(id) = object.kind else { return None };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return None };
        let method = self.class_attribute(class, name)?;
        Some(Val::new(Kind::Method(Rc::new((object.clone(), method)))))
    }

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
}

/// Whether a base outside the project gives its heirs nothing but a name.
fn is_inert(base: &Val) -> bool {
    matches!(&base.kind, Kind::Extern(name) if matches!(&**name, "abc.ABC" | "typing.Generic" | "typing.Protocol" | "typing.TypedDict"))
}
