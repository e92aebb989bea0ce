//! The heap: every mutable object, with a trail so that both sides of an undecided branch can be tried and joined.

use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use shipworthy_model::{Condition, Region, Unknown};

use super::object::{Deps, Elem, Id, Val};

/// Objects of one evaluation.
const MAX_CELLS: usize = 100_000;
/// Elements of all objects of one evaluation: 64 bytes each.
const MAX_MADE: usize = 500_000;

pub(super) type Map<K, V> = IndexMap<K, V, FxBuildHasher>;

/// A mutable object.
#[derive(Clone)]
pub(super) enum Cell {
    List(Vec<Elem>),
    Set(Vec<Elem>),
    Dict(Dict),
    Space(Space),
    Iter(Vec<Elem>, usize),
    Class(Class),
    /// An instance: its class (a project class or an external one) and the namespace of its attributes.
    Instance(Val, Id),
}

impl Cell {
    /// What copying it costs: its elements and one for itself.
    fn size(&self) -> u64 {
        1 + match self {
            Self::List(items) | Self::Set(items) | Self::Iter(items, _) => items.len() as u64,
            Self::Dict(dict) => dict.entries.len() as u64,
            Self::Space(space) => space.names.len() as u64,
            Self::Class(_) | Self::Instance(..) => 0,
        }
    }

    /// About how much room it takes, in elements.
    fn weight(&self) -> usize {
        match self {
            Self::List(items) | Self::Set(items) | Self::Iter(items, _) => items.len(),
            // An entry holds its key twice, and its place in the table.
            Self::Dict(dict) => dict.entries.len() * 3,
            Self::Space(space) => space.names.len() * 2,
            Self::Class(_) | Self::Instance(..) => 1,
        }
    }
}

/// A dictionary. Keys are normalised as Python compares them, so `1`, `1.0` and `True` are one key.
#[derive(Clone, Default)]
pub(super) struct Dict {
    pub(super) entries: Map<Key, Slot>,
    /// Further keys that nobody knows.
    pub(super) rest: Option<Rc<Unknown>>,
    /// The factory of a `defaultdict`.
    pub(super) factory: Option<Val>,
}

/// A value under its key as first written.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) key: Val,
    pub(super) value: Val,
    pub(super) perhaps: Option<Condition>,
}

/// A hashable key. Its order says nothing; it is there so that sets can be keys.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    None,
    Int(i128),
    Float(u64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    Path(Rc<str>),
    Tuple(Vec<Key>),
    Object(u8, Id),
    Name(Rc<str>),
}

/// Names and what they are bound to: a module, a class body, a function call, an instance's attributes.
#[derive(Clone, Default)]
pub(super) struct Space {
    pub(super) names: Map<Rc<str>, Binding>,
    /// Names that nobody knows may be bound too.
    pub(super) open: Option<Rc<Unknown>>,
    /// Whether all that may bind those is told as a source of settings that is not there.
    pub(super) is_told: bool,
    /// The module that nobody sees and that its names are taken from, too: what is bound nowhere else comes from there.
    pub(super) behind: Option<Rc<str>>,
}

impl Space {
    /// Notes that names may be bound in it, by what cannot be told.
    pub(super) fn lose(&mut self, why: Rc<Unknown>) {
        self.open = Some(why);
        self.is_told = false;
    }
}

#[derive(Clone)]
pub(super) struct Binding {
    pub(super) value: Val,
    /// The statements that bound it, oldest first.
    pub(super) origin: Rc<Vec<Region>>,
    /// Bound only under this condition.
    pub(super) perhaps: Option<Condition>,
}

#[derive(Clone)]
pub(super) struct Class {
    /// How many classes are above it.
    pub(super) depth: u32,
    pub(super) name: Rc<str>,
    pub(super) module: Rc<str>,
    pub(super) bases: Vec<Val>,
    pub(super) space: Id,
}

/// A cell with the story of its mutations.
#[derive(Clone)]
pub(super) struct Stored {
    /// Shared by every state that holds it: who changes it makes a copy of its own.
    pub(super) cell: Rc<Cell>,
    /// The statements that changed it after it was made.
    pub(super) log: Rc<Vec<Region>>,
    /// What was assumed when it was changed.
    pub(super) deps: Deps,
}

impl Stored {
    /// Whether both are one state, and not only alike.
    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.cell, &other.cell) && Rc::ptr_eq(&self.log, &other.log) && self.deps.is(&other.deps)
    }
}

/// The cells that a piece of execution changed, with what it left in them.
pub(super) type Delta = FxHashMap<Id, Stored>;

#[derive(Default)]
pub(super) struct Heap {
    cells: Vec<Stored>,
    frames: Vec<Frame>,
    /// Elements copied for the sake of undoing and joining, since somebody last paid for them.
    copied: u64,
    /// Elements in cells when they were made.
    made: usize,
}

/// What has to be put back to undo everything since the frame began. Younger cells need no undoing: nothing older can
/// reach them once the rest is undone.
struct Frame {
    saved: FxHashMap<Id, Stored>,
    length: usize,
}

impl Heap {
    pub(super) fn new_cell(&mut self, cell: Cell) -> Id {
        self.made += cell.weight();
        self.cells.push(Stored { cell: Rc::new(cell), log: Rc::default(), deps: Deps::default() });
        self.cells.len() as Id - 1
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether so much was made that no settings module can mean it.
    pub(super) fn is_exhausted(&self) -> bool {
        self.cells.len() > MAX_CELLS || self.made > MAX_MADE
    }

    pub(super) fn stored(&self, id: Id) -> &Stored {
        &self.cells[id as usize]
    }

    pub(super) fn cell(&self, id: Id) -> &Cell {
        &self.cells[id as usize].cell
    }

    /// The cell for changing it, without an entry in its log.
    pub(super) fn cell_mut(&mut self, id: Id) -> &mut Cell {
        self.stored_mut(id);
        self.own_cell(id)
    }

    /// The cell alone, copied where another state holds it too.
    fn own_cell(&mut self, id: Id) -> &mut Cell {
        let cell = &mut self.cells[id as usize].cell;
        if Rc::strong_count(cell) > 1 {
            self.copied += cell.size();
        }
        Rc::make_mut(cell)
    }

    /// The cell for changing it by a statement.
    pub(super) fn change(&mut self, id: Id, by: Region, control: &Deps) -> &mut Cell {
        let stored = self.stored_mut(id);
        if stored.log.last() != Some(&by) && stored.log.len() < 200 {
            Rc::make_mut(&mut stored.log).push(by);
        }
        if !control.is_empty() {
            stored.deps = stored.deps.union(control);
        }
        self.own_cell(id)
    }

    /// Adds assumptions to a cell.
    pub(super) fn depend(&mut self, id: Id, deps: &Deps) {
        if !deps.is_empty() {
            let stored = self.stored_mut(id);
            stored.deps = stored.deps.union(deps);
        }
    }

    fn stored_mut(&mut self, id: Id) -> &mut Stored {
        if let Some(frame) = self.frames.last_mut()
            && (id as usize) < frame.length
            && !frame.saved.contains_key(&id)
        {
            self.copied += 1;
            frame.saved.insert(id, self.cells[id as usize].clone());
        }
        &mut self.cells[id as usize]
    }

    pub(super) fn space(&self, id: Id) -> &Space {
        match self.cell(id) {
            Cell::Space(space) => space,
            _ => unreachable!("namespaces are only reached through their ids"),
        }
    }

    pub(super) fn space_mut(&mut self, id: Id) -> &mut Space {
        match self.cell_mut(id) {
            Cell::Space(space) => space,
            _ => unreachable!("namespaces are only reached through their ids"),
        }
    }

    pub(super) fn class(&self, id: Id) -> &Class {
        match self.cell(id) {
            Cell::Class(class) => class,
            _ => unreachable!("classes are only reached through their ids"),
        }
    }

    /// Begins a frame and returns its depth.
    pub(super) fn begin(&mut self) -> usize {
        self.frames.push(Frame { saved: FxHashMap::default(), length: self.cells.len() });
        self.frames.len() - 1
    }

    /// Ends the youngest frame and keeps what was done in it.
    pub(super) fn commit(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(outer) = self.frames.last_mut() {
            for (id, stored) in frame.saved {
                if (id as usize) < outer.length {
                    outer.saved.entry(id).or_insert(stored);
                }
            }
        }
    }

    /// Ends the youngest frame, undoes what was done in it, and returns what that was.
    pub(super) fn undo(&mut self) -> Delta {
        let Some(frame) = self.frames.pop() else { return Delta::default() };
        frame.saved.into_iter().map(|(id, before)| (id, std::mem::replace(&mut self.cells[id as usize], before))).collect()
    }

    /// Everything changed or made since the frame at `depth` began, with `further` on top.
    pub(super) fn since(&mut self, depth: usize, further: Delta) -> Delta {
        let mut delta = further;
        let Some(target) = self.frames.get(depth) else { return delta };
        let changed = self.frames[depth..].iter().flat_map(|frame| frame.saved.keys().copied());
        for id in changed.chain(target.length as Id..self.cells.len() as Id) {
            delta.entry(id).or_insert_with(|| {
                self.copied += 1;
                self.cells[id as usize].clone()
            });
        }
        delta
    }

    /// Notes that the elements of a cell are copied.
    pub(super) fn copying(&mut self, cell: &Cell) {
        self.copied += cell.size();
    }

    /// How many elements have been copied since this was last asked: time that no step accounts for.
    pub(super) fn take_copied(&mut self) -> u64 {
        std::mem::take(&mut self.copied)
    }

    /// Puts a delta in force.
    pub(super) fn apply(&mut self, delta: Delta) {
        for (id, stored) in delta {
            self.put(id, stored);
        }
    }

    /// Puts a cell in a state. Where it is in that state there is nothing to undo later.
    pub(super) fn put(&mut self, id: Id, stored: Stored) {
        if !self.cells[id as usize].is(&stored) {
            *self.stored_mut(id) = stored;
        }
    }
}
