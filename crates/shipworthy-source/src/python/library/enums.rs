//! Classes that behave in a way of their own: enumerations, and decorated classes.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Id, Kind, Val};

impl Interp<'_> {
    pub(in crate::python) fn is_enum(&self, class: &Val) -> bool {
        self.ancestry(class).iter().any(|class| matches!(&class.kind, Kind::Extern(name) if name.starts_with("enum.") || name.starts_with("django.db.models.TextChoices") || name.starts_with("django.db.models.enums")))
    }

    /// The members of an enumeration in order, without aliases; `None` for other classes.
    fn members_of(&self, class: &Val) -> Option<Vec<(Rc<str>, Val)>> {
        let Kind::Class(id) = class.kind else { return None };
        if !self.is_enum(class) {
            return None;
        }
        let names = &self.heap.space(self.heap.class(id).space).names;
        let mut members: Vec<(Rc<str>, Val)> = Vec::new();
        for (name, binding) in names {
            let value = &binding.value;
            if self.is_member(value, id) && !members.iter().any(|(_, known)| self.same(known, value)) {
                members.push((name.clone(), value.clone()));
            }
        }
        Some(members)
    }

    fn is_member(&self, value: &Val, class: Id) -> bool {
        match value.kind {
            Kind::Instance(id) => {
                matches!(self.heap.cell(id), Cell::Instance(Val { kind: Kind::Class(own), .. }, _) if *own == class)
            }
            _ => false,
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    pub(in crate::python) fn enum_members(&mut self, class: &Val, at: Region) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        Ok(match self.members_of(class) {
            Some(members) => Ok(members.into_iter().map(|(_, member)| Elem::One(member)).collect()),
            None => Err(Rc::new(Unknown::new(Why::Unsupported("iterating over a class".into()), Some(at)))),
        })
    }

    /// `Colour.__members__` and what Django's choices add to their class.
    pub(in crate::python) fn enum_class_attribute(&mut self, class: &Val, name: &str) -> Option<Val> {
        if !matches!(name, "__members__" | "names" | "values") {
            return None;
        }
        let members = self.members_of(class)?;
        if name == "__members__" {
            let entries = members.iter().map(|(name, member)| (&**name, member.clone())).collect();
            return Some(self.dict(entries));
        }
        if !self.is_choices(class) {
            return None;
        }
        let items = members
            .into_iter()
            .map(|(member, value)| if name == "names" { Some(Val::str(member)) } else { self.native_attribute(&value, "value") })
            .collect::<Option<Vec<_>>>()?;
        Some(self.list(items))
    }

    fn is_choices(&self, class: &Val) -> bool {
        self.ancestry(class).iter().any(|class| {
            matches!(&class.kind, Kind::Extern(name) if name.starts_with("django.db.models.") && name.ends_with("Choices"))
        })
    }

    fn inherits(&self, class: &Val, names: &[&str]) -> bool {
        self.ancestry(class).iter().any(|class| matches!(&class.kind, Kind::Extern(name) if names.contains(&&**name)))
    }

    /// Turns the plain values in the body of an enumeration into members. `false` where they are made in ways of their own.
    #[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
    fn make_members(&mut self, id: Id, class: &Val) -> bool {
        const CUSTOM: [&str; 4] = ["__new__", "__init__", "_generate_next_value_", "_ignore_"];
        if CUSTOM.iter().any(|name| self.class_defines(class, name)) {
            return false;
        }
        let text = self.inherits(class, &["builtins.str", "enum.StrEnum", "django.db.models.TextChoices"]);
        let number = self
            .inherits(class, &["builtins.int", "enum.IntEnum", "enum.IntFlag", "enum.Flag", "django.db.models.IntegerChoices"]);
        let shows_value = self.inherits(class, &["enum.StrEnum"]) || self.is_choices(class);
        let space = self.heap.class(id).space;
        let class_name = self.heap.class(id).name.clone();
        let own: Vec<(Rc<str>, Val)> =
            self.heap.space(space).names.iter().map(|(name, binding)| (name.clone(), binding.value.clone())).collect();
        let mut last = 0;
        let mut made: Vec<(Val, Val)> = Vec::new();
        for (name, value) in own {
            if name.starts_with(['_', '*']) || matches!(value.kind, Kind::Function(_) | Kind::Class(_)) {
                continue;
            }
            let mut value = value;
            if matches!(&value.kind, Kind::Instance(_)) {
                let auto = matches!(value.kind, Kind::Instance(id) if matches!(self.heap.cell(id), Cell::Instance(class, _) if matches!(&class.kind, Kind::Extern(name) if &**name == "enum.auto")));
                if !auto || self.inherits(class, &["enum.Flag", "enum.IntFlag"]) {
                    return false;
                }
                value = if self.inherits(class, &["enum.StrEnum"]) {
                    Val::str(name.to_lowercase())
                } else if self.inherits(class, &["django.db.models.TextChoices"]) {
                    Val::str(name.clone())
                } else if text {
                    // A number in the place of text.
                    return false;
                } else {
                    Val::int(last + 1)
                };
            }
            if let (Kind::Tuple(parts), true) = (&value.kind, self.is_choices(class)) {
                let parts = Rc::clone(parts);
                // The last part is the label.
                match parts.as_slice() {
                    [Elem::One(first), Elem::One(label)] if matches!(label.kind, Kind::Str(_) | Kind::Lazy(_)) => {
                        value = first.clone();
                    }
                    _ => return false,
                }
            }
            match (&value.kind, text, number) {
                (Kind::Str(_), true, _) | (Kind::Int(_), _, true) => {}
                (_, true, _) | (_, _, true) => return false,
                (Kind::Unknown(_) | Kind::OneOf(_), ..) => return false,
                _ => {}
            }
            if let Kind::Int(number) = value.kind {
                last = number;
            }
            let known = made.iter().find(|(known, _)| self.equal(known, &value) == Some(true)).map(|(_, member)| member.clone());
            let member = known.unwrap_or_else(|| {
                let attributes = self.new_space();
                self.bind(attributes, "name", Val::str(name.clone()));
                self.bind(attributes, "_name_", Val::str(name.clone()));
                self.bind(attributes, "value", value.clone());
                self.bind(attributes, "_value_", value.clone());
                let shown = match (&value.kind, shows_value) {
                    (Kind::Str(text), true) => Val::str(text.clone()),
                    (_, true) => Val::none(),
                    // Versions of Python differ in what they show of members that are text or numbers too.
                    _ if text || number => Val::none(),
                    _ => Val::str(format!("{class_name}.{name}")),
                };
                self.bind(attributes, super::TEXT, shown);
                if text || number {
                    self.bind(attributes, crate::python::call::PLAIN, value.clone());
                }
                Val::new(Kind::Instance(self.heap.new_cell(Cell::Instance(class.clone(), attributes)))).with(&value.deps)
            });
            made.push((value, member.clone()));
            if let Some(binding) = self.heap.space_mut(space).names.get_mut(&name) {
                binding.value = member;
            }
        }
        true
    }

    pub(in crate::python) fn enum_item(&mut self, class: &Val, key: &Val, at: Region) -> Res<Val> {
        match key.as_str().map(str::to_owned) {
            Some(name) if self.is_enum(class) => match self.class_attribute(class, &name) {
                Some(value) => Ok(value),
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
        if self.is_enum(&value) && !self.make_members(class, &value) {
            return Ok(Val::unknown(Why::Unsupported("an enumeration with members of its own making".into()), Some(at)));
        }
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
    if !interp.is_enum(class) || interp.class_defines(class, "_missing_") {
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
