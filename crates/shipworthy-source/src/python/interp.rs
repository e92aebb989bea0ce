//! The interpreter's state: modules, frames, the environment, and what to do when knowledge ends.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_text_size::TextRange;
use rustc_hash::{FxHashMap, FxHashSet};
use shipworthy_model::{Artifacts, Course, LoadError, Notice, Region, Unknown, Variable, Why};
use typed_arena::Arena;

use super::Request;
use super::heap::{Binding, Cell, Dict, Heap, Map, Space};
use super::join::Suspended;
use super::object::{Deps, Elem, Id, Kind, Val};
use super::switches::Compared;
use super::syntax::Source;
use super::unseen::{Absent, Needed};

/// Steps of one evaluation. A settings module of 1,000 lines takes about 20,000.
pub(super) const FUEL: u64 = 1_500_000;
/// Nested calls; `CPython`'s own limit is 1,000 frames.
const MAX_DEPTH: usize = 250;
/// Characters of an exception's message: a name in it may be as long as its file.
pub(super) const MAX_MESSAGE: usize = 300;
/// Characters of a string, elements of a list.
pub(super) const MAX_SIZE: usize = 1 << 20;

/// Why the execution of a statement or expression ended without a value.
pub(super) enum Stop {
    /// An exception is on its way to whoever catches it.
    Raise(Box<Raised>),
    /// A bound was reached: the evaluation as a whole ends.
    Limit(Why),
}

/// An exception on its way.
#[derive(Clone)]
pub(super) struct Raised {
    /// The exception: an instance or a class, of the project or external.
    pub(super) exception: Val,
    /// What it says.
    pub(super) message: String,
    pub(super) at: Region,
    /// What was assumed about the world for it to be raised.
    pub(super) deps: Deps,
    /// The module of the project for want of which it is raised: by its import, or by a handler of that.
    pub(super) wants: Option<Arc<str>>,
}

pub(super) type Res<T> = Result<T, Stop>;

/// How the execution of statements ended.
pub(super) enum Flow {
    Normal,
    Return(Val),
    Break,
    Continue,
}

/// A function of the project.
#[derive(Clone)]
pub(super) struct Function<'a> {
    pub(super) name: Rc<str>,
    pub(super) module: Rc<str>,
    pub(super) parameters: Option<&'a ast::Parameters>,
    pub(super) body: Body<'a>,
    /// Defaults by parameter name, evaluated at definition.
    pub(super) defaults: Vec<(Rc<str>, Val)>,
    pub(super) globals: Id,
    pub(super) enclosing: Vec<Id>,
    pub(super) source: &'a Source,
    /// The class whose body defines it, for `super()`.
    pub(super) class: Option<Id>,
    pub(super) generator: bool,
    /// Attributes set on it, and marks such as `staticmethod`.
    pub(super) role: Role,
    pub(super) locals: Rc<Locals>,
    /// What sets the property that it is.
    pub(super) setter: Option<Val>,
    /// The dictionary of the results that `lru_cache` keeps of it, by arguments.
    pub(super) results: Option<Id>,
    /// Whether `contextmanager` makes a manager of each call.
    pub(super) manages: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    Static,
    ClassMethod,
    Property,
    /// A property that is worked out once and may be overwritten.
    Cached,
}

#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Block(&'a [ast::Stmt]),
    Expression(&'a ast::Expr),
}

/// The names a function binds itself, and those it takes from outside.
#[derive(Default)]
pub(super) struct Locals {
    pub(super) bound: FxHashSet<Rc<str>>,
    pub(super) global: FxHashSet<Rc<str>>,
    pub(super) nonlocal: FxHashSet<Rc<str>>,
}

/// Where names are looked up.
#[derive(Clone)]
pub(super) struct Frame<'a> {
    pub(super) source: &'a Source,
    /// The module's dotted name.
    pub(super) module: Rc<str>,
    pub(super) globals: Id,
    pub(super) locals: Id,
    /// Namespaces of the functions around, innermost first.
    pub(super) enclosing: Vec<Id>,
    pub(super) kind: FrameKind,
    pub(super) names: Rc<Locals>,
    pub(super) class: Option<Id>,
    /// The first argument, for `super()`.
    pub(super) receiver: Option<Val>,
    /// Values yielded so far.
    pub(super) yielded: Option<Id>,
    /// The `with` block that runs where this code yields.
    pub(super) managed: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Module,
    Class,
    Function,
}

/// What a `try` in progress would catch: exceptions of these classes; `None` is a bare `except`.
pub(super) type Handler = Vec<Option<Val>>;

pub(super) struct ModuleState {
    pub(super) space: Id,
    pub(super) done: bool,
}

pub(super) struct Interp<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) arena: &'a Arena<Source>,
    pub(super) sources: &'a RefCell<FxHashMap<String, Option<&'a Source>>>,
    pub(super) artifacts: &'a RefCell<Artifacts>,
    pub(super) heap: Heap,
    pub(super) functions: Vec<Function<'a>>,
    pub(super) modules: FxHashMap<Rc<str>, ModuleState>,
    pub(super) frames: Vec<Frame<'a>>,
    /// Every `try` in progress, outermost first, with the depth of its heap frame.
    pub(super) handlers: Vec<(Handler, usize)>,
    pub(super) suspended: Vec<Suspended>,
    /// Code nobody sees that a module called for what it does, by its namespace.
    pub(super) callees: Vec<(Id, Rc<Unknown>)>,
    /// Calls that `contextmanager` made managers of, and the `with` blocks of those that are open.
    pub(super) managers: Vec<(u32, super::call::Args)>,
    pub(super) managed: Vec<super::managers::Managed<'a>>,
    /// Lists that began as unknown ones: other names for these may change them.
    pub(super) grown: Vec<(Rc<Unknown>, Id)>,
    /// Lists, sets, dictionaries and functions that names were bound to which are lost: an unknown may be any of them.
    pub(super) hidden: Vec<Val>,
    /// Functions of the project in the hands of code nobody sees, by what that code made of them.
    pub(super) wrapped: Vec<(Rc<Unknown>, Vec<Val>)>,
    /// Heap frames of functions and loops in progress, for `return`, `break` and `continue` that only one side takes.
    pub(super) returns: Vec<usize>,
    /// A loop's frame and that of its present iteration.
    pub(super) loops: Vec<(usize, usize)>,
    /// Undecided branches we are inside of.
    pub(super) undecided: usize,
    /// What the branches taken so far rest on.
    pub(super) control: Deps,
    /// What the innermost of them rests on: the likeliest cause of an exception raised in it.
    pub(super) reason: Deps,
    /// What tests of membership in the environment rest on, until the comparison takes it.
    pub(super) membership: Deps,
    /// What the tests rest on that kept elements out of the comprehension at work.
    pub(super) left_out: Deps,
    /// Where a generator runs only until an answer is found: whether it is.
    pub(super) settled: Option<bool>,
    pub(super) statement: Region,
    /// Where the functions of the project that run now were called, outermost first.
    pub(super) calls: Vec<Region>,
    pub(super) fuel: u64,
    pub(super) depth: usize,
    pub(super) variables: Map<Arc<str>, Variable>,
    /// Variables that loading is known to require.
    pub(super) required: BTreeSet<Arc<str>>,
    /// Variables whose absence made loading fail: they go into `required` for the next attempt.
    pub(super) newly_required: BTreeSet<Arc<str>>,
    /// Files elsewhere that the code would run, if they were there: they are taken to be absent.
    pub(super) aside: BTreeSet<Arc<str>>,
    /// Files elsewhere whose text was run though nobody knows it: they go into `aside` for the next attempt.
    pub(super) newly_aside: BTreeSet<Arc<str>>,
    /// What the code itself puts into the environment.
    pub(super) environ: Id,
    /// What lies outside the project and is changed by it, by dotted name: `Env.DB_SCHEMES["x"] = …`.
    pub(super) patches: Id,
    pub(super) load_errors: Vec<LoadError>,
    /// What is raised where a name that only some paths bind is not bound after all.
    pub(super) doubts: Vec<LoadError>,
    pub(super) notices: Vec<Notice>,
    /// How the code was run, for those who ask why.
    pub(super) course: Course,
    /// Where a decision of a test stands in the course, by the way in which it came out.
    pub(super) decided: FxHashMap<(Region, u8), usize>,
    /// The list that is `sys.path`, where the code has asked for it.
    pub(super) path: Option<Val>,
    /// Where further settings would have come from.
    pub(super) absent: Vec<Absent>,
    /// Modules that are not in the project and without which it does not load.
    pub(super) needed: Needed,
    /// What variables were compared with.
    pub(super) compared: Vec<Compared>,
    /// Modules for want of which loading ended, and names of theirs: they go into `needed` for the next attempt.
    pub(super) newly_needed: Vec<(Arc<str>, Option<Arc<str>>, LoadError)>,
    /// Files that a parser was told to read and that are not there.
    pub(super) unread: BTreeSet<Arc<str>>,
    /// Names of modules that are not there for which the code has something else.
    pub(super) asked: BTreeSet<(Arc<str>, Arc<str>)>,
    /// The module of the project for want of which a handler runs.
    pub(super) handled: Option<Arc<str>>,
    pub(super) locals_cache: FxHashMap<*const u8, Rc<Locals>>,
    /// Sets that cannot be changed.
    pub(super) frozen: FxHashSet<Id>,
    /// Dictionaries that are `OrderedDict` or `defaultdict`.
    pub(super) dict_classes: FxHashMap<Id, &'static str>,
    /// Classes of iterators, where they are known.
    pub(super) iterator_classes: FxHashMap<Id, &'static str>,
    /// Rests of sequences of which the elements are known, though not their order.
    pub(super) unordered: Vec<(Rc<Unknown>, Vec<Val>)>,
}

impl<'a> Interp<'a> {
    pub(super) fn new(
        request: &'a Request<'a>,
        arena: &'a Arena<Source>,
        sources: &'a RefCell<FxHashMap<String, Option<&'a Source>>>,
        artifacts: &'a RefCell<Artifacts>,
        required: BTreeSet<Arc<str>>,
    ) -> Self {
        let mut heap = Heap::default();
        let environ = heap.new_cell(Cell::Dict(Dict::default()));
        let patches = heap.new_cell(Cell::Space(Space::default()));
        Self {
            request,
            arena,
            sources,
            artifacts,
            heap,
            functions: Vec::new(),
            modules: FxHashMap::default(),
            frames: Vec::new(),
            handlers: Vec::new(),
            suspended: Vec::new(),
            callees: Vec::new(),
            managers: Vec::new(),
            managed: Vec::new(),
            wrapped: Vec::new(),
            grown: Vec::new(),
            hidden: Vec::new(),
            settled: None,
            returns: Vec::new(),
            loops: Vec::new(),
            undecided: 0,
            control: Deps::default(),
            reason: Deps::default(),
            membership: Deps::default(),
            left_out: Deps::default(),
            statement: Region::whole(shipworthy_model::ArtifactId(0)),
            calls: Vec::new(),
            fuel: FUEL,
            depth: 0,
            variables: Map::default(),
            required,
            newly_required: BTreeSet::new(),
            aside: BTreeSet::new(),
            newly_aside: BTreeSet::new(),
            environ,
            patches,
            load_errors: Vec::new(),
            doubts: Vec::new(),
            notices: Vec::new(),
            course: Course::default(),
            decided: FxHashMap::default(),
            locals_cache: FxHashMap::default(),
            path: None,
            absent: Vec::new(),
            needed: Needed::new(),
            compared: Vec::new(),
            newly_needed: Vec::new(),
            unread: BTreeSet::new(),
            asked: BTreeSet::new(),
            handled: None,
            frozen: FxHashSet::default(),
            dict_classes: FxHashMap::default(),
            iterator_classes: FxHashMap::default(),
            unordered: Vec::new(),
        }
    }

    // ── Bounds ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Pays for a step, and for what was copied since the last one.
    pub(super) fn burn(&mut self, steps: u64) -> Res<()> {
        let steps = steps + self.heap.take_copied();
        if self.fuel < steps {
            self.fuel = 0;
            return Err(Stop::Limit(Why::Limit("steps".into())));
        }
        self.fuel -= steps;
        if self.heap.is_exhausted() {
            return Err(Stop::Limit(Why::Limit("objects".into())));
        }
        Ok(())
    }

    /// Runs something one level deeper, on more stack where the stack runs low.
    pub(super) fn deeper<T>(&mut self, at: Region, run: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.raise_plain("RecursionError", "maximum recursion depth exceeded", at));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || run(self));
        self.depth -= 1;
        result
    }

    // ── Frames ──────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn frame(&self) -> &Frame<'a> {
        self.frames.last().expect("code runs in a frame")
    }

    pub(super) fn source(&self) -> &'a Source {
        self.frame().source
    }

    pub(super) fn region(&self, range: TextRange) -> Region {
        self.source().region(range)
    }

    pub(super) fn new_space(&mut self) -> Id {
        self.heap.new_cell(Cell::Space(Space::default()))
    }

    pub(super) fn list(&mut self, items: Vec<Val>) -> Val {
        self.list_of(items.into_iter().map(Elem::One).collect())
    }

    pub(super) fn list_of(&mut self, items: Vec<Elem>) -> Val {
        Val::new(Kind::List(self.heap.new_cell(Cell::List(items))))
    }

    pub(super) fn dict_of(&mut self, dict: Dict) -> Val {
        Val::new(Kind::Dict(self.heap.new_cell(Cell::Dict(dict))))
    }

    /// A dictionary with these string keys.
    pub(super) fn dict(&mut self, entries: Vec<(&str, Val)>) -> Val {
        let mut dict = Dict::default();
        for (key, value) in entries {
            dict.set_str(key, value);
        }
        self.dict_of(dict)
    }

    /// Adds to a name's story the place that its value comes from: where code sets names that it does not spell, that says
    /// more than the statement.
    pub(super) fn made_at(&mut self, space: Id, name: &str, place: Option<Region>) {
        let statement = self.statement;
        if let (Some(place), Some(binding)) = (place, self.heap.space_mut(space).names.get_mut(name))
            && binding.origin.last() == Some(&statement)
            && place != statement
        {
            Rc::make_mut(&mut binding.origin).push(place);
        }
    }

    /// Tells a name's story from the place that its value is written at, where a statement sets many names and spells none.
    pub(super) fn written_at(&mut self, space: Id, name: &str, place: Option<Region>) {
        let statement = self.statement;
        let Some(binding) = self.heap.space_mut(space).names.get_mut(name) else { return };
        match (place, binding.origin.as_slice()) {
            (Some(place), [only]) if *only == statement => binding.origin = Rc::new(vec![place]),
            _ => self.made_at(space, name, place),
        }
    }

    /// Binds a name in a namespace by the current statement.
    pub(super) fn bind(&mut self, space: Id, name: &str, value: Val) {
        let value = value.with(&self.control.clone());
        let statement = self.statement;
        let space = self.heap.space_mut(space);
        match space.names.get_mut(name) {
            Some(binding) => {
                // Re-binding starts the story anew, but a name built up from itself keeps its past.
                let mut origin = Rc::clone(&binding.origin);
                if origin.last() != Some(&statement) && origin.len() < 200 {
                    Rc::make_mut(&mut origin).push(statement);
                }
                *binding = Binding { value, origin, perhaps: None };
            }
            None => {
                space.names.insert(name.into(), Binding { value, origin: Rc::new(vec![statement]), perhaps: None });
            }
        }
    }
}

impl Dict {
    pub(super) fn get_str(&self, key: &str) -> Option<&super::heap::Slot> {
        self.entries.get(&super::heap::Key::Str(key.into()))
    }

    pub(super) fn set_str(&mut self, key: &str, value: Val) {
        let key: Rc<str> = key.into();
        let slot = super::heap::Slot { key: Val::str(key.clone()), value, perhaps: None };
        self.entries.insert(super::heap::Key::Str(key), slot);
    }
}

/// An unknown as a value.
pub(super) fn unknown_value(unknown: &Rc<Unknown>) -> Val {
    Val { kind: Kind::Unknown(unknown.clone()), at: unknown.at, deps: Deps::default() }
}
