//! Classes that behave in a way of their own: enumerations, and decorated classes.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Id, Kind, Val};

impl<'a> Interp<'a> {
    fn is_enum(&self, class: &Val) -> bool {
        self.ancestry(class).iter().any(|class| matches!(&class.kind, Kind::Extern(name) if name.starts_with("enum.") || name.starts_with("django.db.models.TextChoices") || name.starts_with("django.db.models.enums")))
    }

    /// A member of an enumeration, or any other attribute of a class as it is.
    pub(in crate::python) fn enum_attribute(&mut self, class: &Val, name: &str, value: Val, _at: Region) -> Res<Val> {
        if name.starts_with('_') || !self.is_enum(class) || matches!(value.kind, Kind::Function(_)) {
            return Ok(value);
        }
        let space = self.new_space();
        let name = Val::str(name);
        self.bind(space, "name", name);
        self.bind(space, "value", value.clone());
        Ok(Val::new(Kind::Instance(self.heap.new_cell(Cell::Instance(class.clone(), space)))).with(&value.deps))
    }

    pub(in crate::python) fn enum_members(&mut self, class: &Val, at: Region) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        let Kind::Class(id) = class.kind else { return Ok(Ok(Vec::new())) };
        if !self.is_enum(class) {
            return Ok(Err(Rc::new(Unknown::new(Why::Unsupported("iterating over a class".into()), Some(at)))));
        }
        let members: Vec<(Rc<str>, Val)> = self
            .heap
            .space(self.heap.class(id).space)
            .names
            .iter()
            .filter(|(name, binding)| !name.starts_with('_') && !matches!(binding.value.kind, Kind::Function(_)))
            .map(|(name, binding)| (name.clone(), binding.value.clone()))
            .collect();
        let mut elements = Vec::with_capacity(members.len());
        for (name, value) in members {
            elements.push(Elem::One(self.enum_attribute(class, &name, value, at)?));
        }
        Ok(Ok(elements))
    }

    pub(in crate::python) fn enum_item(&mut self, class: &Val, key: &Val, at: Region) -> Res<Val> {
        match key.as_str().map(str::to_owned) {
            Some(name) if self.is_enum(class) => match self.class_attribute(class, &name) {
                Some(value) => self.enum_attribute(class, &name, value, at),
                None => Err(self.raise_on("KeyError", "the enumeration has no such member", at, &[key])),
            },
            _ => Ok(Val::unknown(Why::Unsupported("an item of a class".into()), Some(at))),
        }
    }

    /// A class once its body has run.
    pub(in crate::python) fn finish_class(&mut self, class: Id, keywords: &[(Rc<str>, Val)], at: Region) -> Res<Val> {
        if keywords
            .iter()
            .any(|(name, value)| &**name == "metaclass" && !matches!(&value.kind, Kind::Extern(name) if &**name == "abc.ABCMeta"))
        {
            // A metaclass may do anything with the class.
            return Ok(Val::unknown(Why::Unsupported("a metaclass".into()), Some(at)));
        }
        super::finish_class(self, class, keywords);
        let value = Val::new(Kind::Class(class));
        let space = self.heap.class(class).space;
        let attributes: Vec<(Rc<str>, Val)> =
            self.heap.space(space).names.iter().map(|(name, binding)| (name.clone(), binding.value.clone())).collect();
        for (name, attribute) in attributes {
            if let Some(method) = self.special(&attribute, "__set_name__") {
                self.call_values(&method, vec![value.clone(), Val::str(name)], at)?;
            }
        }
        let parents = self.ancestry(&value);
        let hook = parents.iter().skip(1).find_map(|parent| match parent.kind {
            Kind::Class(id) => self.lookup(self.heap.class(id).space, "__init_subclass__"),
            _ => None,
        });
        if let Some(hook) = hook {
            let kw = keywords.iter().filter(|(name, _)| &**name != "metaclass").cloned().collect();
            self.call(&hook, Args { pos: vec![value.clone()], kw, open: None }, at)?;
        }
        Ok(value)
    }

    pub(in crate::python) fn decorate_class(&mut self, decorator: &Val, class: Val, at: Region) -> Res<Val> {
        match &decorator.kind {
            Kind::Extern(name)
                if matches!(
                    &**name,
                    "functools.total_ordering" | "enum.unique" | "typing.final" | "typing.runtime_checkable"
                ) =>
            {
                Ok(class)
            }
            _ => self.call_values(decorator, vec![class], at),
        }
    }

    /// An annotation without a value binds nothing; the name is remembered for classes made of fields.
    pub(in crate::python) fn annotate(&mut self, target: &ruff_python_ast::Expr, annotation: &ruff_python_ast::Expr) {
        use ruff_text_size::Ranged;
        let ruff_python_ast::Expr::Name(name) = target else { return };
        if self.frame().kind != crate::python::interp::FrameKind::Class {
            return;
        }
        let text = self.source().excerpt(annotation.range());
        let space = self.frame().locals;
        let mut fields = super::records::own_fields(self, space);
        fields.retain(|(known, _)| **known != *name.id);
        fields.push((name.id.as_str().into(), text.as_ref().into()));
        let fields = fields.into_iter().map(|(name, text)| Val::tuple(vec![Val::str(name), Val::str(text)])).collect();
        self.bind(space, super::records::FIELDS, Val::tuple(fields));
    }
}

/// `Colour("red")`: the member with this value.
pub(super) fn instantiate(interp: &mut Interp<'_>, class: &Val, args: &Args, at: Region) -> Option<Res<Val>> {
    if !interp.is_enum(class) {
        return None;
    }
    let wanted = args.pos.first()?.clone();
    let members = match interp.enum_members(class, at) {
        Ok(Ok(members)) => members,
        Ok(Err(_)) => return None,
        Err(stop) => return Some(Err(stop)),
    };
    for member in members {
        let Elem::One(member) = member else { continue };
        let value = interp.native_attribute(&member, "value")?;
        match interp.equal(&value, &wanted) {
            Some(true) => return Some(Ok(member)),
            Some(false) => {}
            None => return Some(Ok(interp.unknown_of(&[&wanted, &value], at))),
        }
    }
    Some(Err(interp.raise_on("ValueError", "the enumeration has no member of this value", at, &[&wanted])))
}

/// Members of enumerations that are strings or integers too are their values.
pub(super) fn plain_value(interp: &Interp<'_>, object: &Val) -> Option<Val> {
    let Kind::Instance(id) = object.kind else { return None };
    let Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
    let mixed = interp.ancestry(class).iter().any(|class| {
        matches!(&class.kind, Kind::Extern(name) if matches!(&**name, "builtins.str" | "builtins.int" | "enum.StrEnum" | "enum.IntEnum" | "django.db.models.TextChoices" | "django.db.models.IntegerChoices"))
    });
    if mixed && interp.is_enum(class) { interp.native_attribute(object, "value") } else { None }
}
