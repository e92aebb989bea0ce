//! The evaluator's own objects: Python values that may be unknown in part, with what they were assumed under.

use std::collections::BTreeSet;
use std::rc::Rc;

use shipworthy_model::{Assumption, Condition, Region, Unknown, Why};

/// The index of a mutable object in the heap.
pub(super) type Id = u32;

/// A Python value.
#[derive(Clone)]
pub(super) struct Val {
    pub(super) kind: Kind,
    /// The expression that made it.
    pub(super) at: Option<Region>,
    /// What was assumed about the world to know it.
    pub(super) deps: Deps,
}

/// What a value is. Mutable objects are references into the heap, so that aliases see each other's changes.
#[derive(Clone)]
pub(super) enum Kind {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Rc<Vec<Elem>>),
    List(Id),
    Dict(Id),
    Set(Id),
    /// What `keys()`, `values()` or `items()` of a dictionary gives: it shows later changes too.
    View(Id, View),
    /// An iterator or generator that remembers how far it has come.
    Iter(Id),
    Path(Rc<str>),
    TimeDelta(i128),
    Lazy(Rc<str>),
    Range(i128, i128, i128),
    Slice(Rc<(Val, Val, Val)>),
    /// `...`
    Ellipsis,
    Function(u32),
    /// A function bound to its first argument: a method of a class in the project.
    Method(Rc<(Val, Val)>),
    /// A method of a built-in value: `[].append`.
    Builtin(Rc<(Val, Rc<str>)>),
    Class(Id),
    Instance(Id),
    /// A module of the project, by its namespace.
    Module(Id),
    /// A module, class, function or constant outside the project that we know by name: `os.path.join`.
    Extern(Rc<str>),
    /// `super()`: the instance and the class to start after.
    Super(Rc<(Val, Id)>),
    Unknown(Rc<Unknown>),
    OneOf(Rc<Vec<(Condition, Val)>>),
}

/// What a view shows of its dictionary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Keys,
    Values,
    Items,
}

/// An element of a sequence.
#[derive(Clone)]
pub(super) enum Elem {
    One(Val),
    /// There only under a condition.
    Perhaps(Val, Condition),
    /// Any number of elements.
    Many(Rc<Unknown>),
}

/// The assumptions a value rests on. Cheap to copy and usually empty.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Deps(Option<Rc<BTreeSet<Assumption>>>);

impl Deps {
    pub(super) fn of(assumption: Assumption) -> Self {
        Self(Some(Rc::new(BTreeSet::from([assumption]))))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether both are the same set, and not only alike.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (None, _) => other.clone(),
            (_, None) => self.clone(),
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) || b.is_subset(a) => self.clone(),
            (Some(a), Some(b)) => Self(Some(Rc::new(a.union(b).cloned().collect()))),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Assumption> {
        self.0.iter().flat_map(|set| set.iter())
    }
}

impl Val {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, at: None, deps: Deps::default() }
    }

    pub(super) fn none() -> Self {
        Self::new(Kind::None)
    }

    pub(super) fn bool(flag: bool) -> Self {
        Self::new(Kind::Bool(flag))
    }

    pub(super) fn int(number: i128) -> Self {
        Self::new(Kind::Int(number))
    }

    pub(super) fn str(text: impl Into<Rc<str>>) -> Self {
        Self::new(Kind::Str(text.into()))
    }

    pub(super) fn external(name: impl Into<Rc<str>>) -> Self {
        Self::new(Kind::Extern(name.into()))
    }

    pub(super) fn tuple(items: Vec<Val>) -> Self {
        Self::new(Kind::Tuple(Rc::new(items.into_iter().map(Elem::One).collect())))
    }

    pub(super) fn unknown(why: Why, at: Option<Region>) -> Self {
        Self { kind: Kind::Unknown(Rc::new(Unknown::new(why, at))), at, deps: Deps::default() }
    }

    pub(super) fn at(mut self, at: Region) -> Self {
        self.at = Some(at);
        self
    }

    /// Places the value where it was made, unless it knows a better place.
    pub(super) fn or_at(mut self, at: Region) -> Self {
        self.at.get_or_insert(at);
        self
    }

    pub(super) fn with(mut self, deps: &Deps) -> Self {
        if !deps.is_empty() {
            self.deps = self.deps.union(deps);
        }
        self
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The unknown that the value as a whole is, if it is one; of several values, the condition they hang on.
    pub(super) fn as_unknown(&self) -> Option<Rc<Unknown>> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown.clone()),
            Kind::OneOf(alternatives) => {
                let (condition, _) = &alternatives[0];
                Some(Rc::new(Unknown::new(Why::Branch(condition.text.clone()), condition.at)))
            }
            _ => None,
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self.kind, Kind::None)
    }
}

/// The negation of a condition.
pub(super) fn negated(condition: &Condition) -> Condition {
    Condition { holds: !condition.holds, ..condition.clone() }
}

/// The unknown that an element is, where it is not certainly one known value.
pub(super) fn branch_unknown(condition: &Condition) -> Rc<Unknown> {
    Rc::new(Unknown::new(Why::Branch(condition.text.clone()), condition.at))
}
