//! Imports: modules of the project are executed, everything else is known by name only.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Region, Unknown, Why};

use super::call::Args;
use super::heap::Cell;
use super::interp::{Frame, FrameKind, Interp, ModuleState, Raised, Res};
use super::members::absence_of;
pub(super) use super::module_names::is_stdlib;
use super::module_names::{is_of_the_deployment, provides};
use super::object::{Elem, Id, Kind, Val};
use crate::Node;

/// Where a dotted module name leads.
#[derive(Clone)]
pub(super) enum Found {
    /// A file of the project.
    File(String),
    /// A folder of the project without `__init__.py`.
    Folder(String),
    /// Not in the project, though its parent package is.
    Missing,
    /// Its top-level package is not in the project.
    Outside,
}

impl<'a> Interp<'a> {
    pub(super) fn import_statement(&mut self, node: &'a ast::StmtImport) -> Res<()> {
        for alias in &node.names {
            let at = self.region(alias.range());
            let takes_all = || self.source().text.contains(&format!("from {} import *", alias.name));
            if matches!(self.find(&alias.name), Found::Missing)
                && takes_all()
                && self.caught(&Val::external("builtins.ModuleNotFoundError"))
            {
                self.would_take_settings_from(&alias.name);
            }
            let module = self.import(&alias.name, at)?;
            if let Some(name) = &alias.asname {
                self.store(name, module);
            } else {
                let top = alias.name.split('.').next().unwrap_or(&alias.name);
                let module = self.import(top, at)?;
                self.store(top, module);
            }
        }
        Ok(())
    }

    pub(super) fn import_from(&mut self, node: &'a ast::StmtImportFrom) -> Res<()> {
        let at = self.region(node.range());
        let name = self.absolute_name(node.module.as_deref(), node.level);
        let package = self.lookup(self.frame().globals, "__package__");
        if node.level > 0 && package.is_none_or(|package| package.as_str() == Some("")) {
            return Err(self.raise_plain("ImportError", "a relative import needs a package around it", at));
        }
        let takes_all = node.names.iter().any(|alias| &*alias.name == "*");
        if takes_all && matches!(self.find(&name), Found::Missing) {
            if !self.caught(&Val::external("builtins.ModuleNotFoundError")) {
                self.needs_module(&name, at)?;
            } else if !self.needed.contains_key(&*name) {
                self.would_import_settings_from(&name);
            }
        }
        let module = self.import(&name, at)?;
        for alias in &node.names {
            if &*alias.name == "*" {
                self.import_star(&module, &name, at);
                continue;
            }
            let at = self.region(alias.range());
            let value = self.import_member(&module, &name, &alias.name, at)?;
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.store(bound, value);
            self.continue_story(&module, &alias.name, bound);
        }
        Ok(())
    }

    /// The story of a name goes on across an import: what is to be said of it is said where it was made.
    fn continue_story(&mut self, module: &Val, name: &str, bound: &str) {
        let Kind::Module(from) = module.kind else { return };
        let Some(origin) = self.heap.space(from).names.get(name).map(|binding| binding.origin.clone()) else { return };
        let target = self.space_of(bound);
        if let Some(binding) = self.heap.space_mut(target).names.get_mut(bound).filter(|_| !origin.is_empty()) {
            binding.origin = origin;
        }
    }

    /// `importlib.import_module(name, package)` and `__import__(name)`.
    pub(super) fn import_by_name(&mut self, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.first() else { return Ok(Val::none()) };
        let Some(text) = name.as_str() else { return Ok(self.unknown_of(&[name], at)) };
        let level = text.chars().take_while(|c| *c == '.').count();
        let name = if level == 0 {
            text.to_owned()
        } else {
            let package = args.get(1, "package").and_then(Val::as_str).unwrap_or_default();
            let parts: Vec<&str> = package.split('.').collect();
            let kept = parts.len().saturating_sub(level - 1);
            format!("{}.{}", parts[..kept].join("."), &text[level..])
        };
        let spreads = {
            let artifacts = self.artifacts.borrow();
            let statement = artifacts.text(self.statement);
            ["globals()", "locals()", "vars()"].iter().any(|names| statement.contains(names))
        };
        if spreads && matches!(self.find(&name), Found::Missing) && self.caught(&Val::external("builtins.ModuleNotFoundError")) {
            self.would_take_settings_from(&name);
        }
        self.import(&name, at)
    }

    pub(super) fn absolute_name(&self, module: Option<&str>, level: u32) -> String {
        let module = module.unwrap_or_default();
        if level == 0 {
            return module.to_owned();
        }
        // The package is that of the namespace, whatever file its code comes from.
        let package = self.lookup(self.frame().globals, "__package__");
        let package = package.as_ref().and_then(Val::as_str).unwrap_or_default();
        let mut parts: Vec<&str> = package.split('.').collect();
        parts.truncate(parts.len().saturating_sub(level as usize - 1));
        if !module.is_empty() {
            parts.push(module);
        }
        parts.join(".")
    }

    /// A module by its dotted name: executed if it is the project's, a name otherwise.
    pub(super) fn import(&mut self, name: &str, at: Region) -> Res<Val> {
        if let Some(known) = self.modules.get(name) {
            return Ok(Val::new(Kind::Module(known.space)));
        }
        match self.find(name) {
            Found::File(path) => self.import_file(name, &path, at),
            Found::Folder(path) => {
                self.import_parent(name, at)?;
                let space = self.module_space(name, &path, true);
                self.modules.insert(name.into(), ModuleState { space, done: true });
                self.attach(name, space);
                Ok(Val::new(Kind::Module(space)))
            }
            Found::Missing => {
                self.import_parent(name, at)?;
                if let Some(module) = self.needed_module(name) {
                    return Ok(module);
                }
                let message = format!("there is no module {name} in the project");
                let exception = Val::external("builtins.ModuleNotFoundError");
                if self.caught(&exception) {
                    let deps = absence_of(name);
                    let said = Val::tuple(vec![Val::str(format!("No module named '{name}'"))]);
                    let attributes = vec![("args", said), ("name", Val::str(name)), ("path", Val::none())];
                    let exception = self.native_instance("builtins.ModuleNotFoundError", attributes);
                    let wants = Some(name.into());
                    return Err(super::interp::Stop::Raise(Box::new(Raised { exception, message, at, deps, wants })));
                }
                if let Some(module) = self.import_for_effect(name, at)? {
                    return Ok(module);
                }
                // The file may exist where the project is deployed: what it sets is unknown.
                let raised = match self.raise_plain("ModuleNotFoundError", &message, at) {
                    super::interp::Stop::Raise(raised) => raised,
                    limit @ super::interp::Stop::Limit(_) => return Err(limit),
                };
                self.uncaught(&raised, self.undecided == 0);
                Ok(Val::unknown(Why::Import(name.into()), Some(at)))
            }
            Found::Outside => self.import_outside(name, at),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    fn import_outside(&mut self, name: &str, at: Region) -> Res<Val> {
        let top = name.split('.').next().unwrap_or(name);
        if is_stdlib(top) || top == "django" {
            return Ok(Val::external(name).at(at));
        }
        let declared = self.request.dependencies.is_some_and(|packages| provides(packages, top));
        if !declared {
            let exception = Val::external("builtins.ModuleNotFoundError");
            self.may_raise(exception, &format!("import {name}"), at);
        }
        if super::library::is_modelled(top) {
            Ok(Val::external(name).at(at))
        } else {
            Ok(Val::unknown(Why::Import(name.into()), Some(at)))
        }
    }

    fn import_parent(&mut self, name: &str, at: Region) -> Res<()> {
        if let Some((parent, _)) = name.rsplit_once('.') {
            self.import(parent, at)?;
        }
        Ok(())
    }

    fn import_file(&mut self, name: &str, path: &str, at: Region) -> Res<Val> {
        self.import_parent(name, at)?;
        if let Some(known) = self.modules.get(name) {
            return Ok(Val::new(Kind::Module(known.space)));
        }
        let space = self.module_space(name, path, path.ends_with("__init__.py"));
        self.modules.insert(name.into(), ModuleState { space, done: false });
        let result = self.execute_module(name, path, space, at);
        match result {
            Ok(()) => {}
            // A module that failed to load is not in `sys.modules`.
            Err(stop @ super::interp::Stop::Raise(_)) => {
                self.modules.remove(name);
                return Err(stop);
            }
            Err(limit @ super::interp::Stop::Limit(_)) => return Err(limit),
        }
        if let Some(state) = self.modules.get_mut(name) {
            state.done = true;
        }
        self.attach(name, space);
        Ok(Val::new(Kind::Module(space)))
    }

    /// Runs a module's statements in its namespace.
    pub(super) fn execute_module(&mut self, name: &str, path: &str, space: Id, at: Region) -> Res<()> {
        let loaded = self.load_source(path);
        let at = if self.frames.is_empty() { self.statement } else { at };
        let Some(source) = loaded else {
            let unknown = Unknown::new(Why::File(path.into()), Some(at));
            self.heap.space_mut(space).lose(Rc::new(unknown));
            return Ok(());
        };
        if let Some((message, region)) = &source.error {
            let exception = Val::external("builtins.SyntaxError");
            let stop = self.raise_plain("SyntaxError", message, *region);
            if self.caught(&exception) {
                return Err(stop);
            }
            if let super::interp::Stop::Raise(raised) = stop {
                self.uncaught(&raised, self.undecided == 0);
            }
            // What follows the error may set anything.
            let unknown = Unknown::new(Why::Raises("SyntaxError".into()), Some(*region));
            self.heap.space_mut(space).lose(Rc::new(unknown));
        }
        if !self.frames.is_empty() {
            self.course.brought.entry(source.artifact).or_insert(at);
        }
        self.deeper(at, |this| {
            let statement = this.statement;
            let loops = std::mem::take(&mut this.loops);
            let returns = std::mem::take(&mut this.returns);
            this.frames.push(Frame {
                source,
                module: name.into(),
                globals: space,
                locals: space,
                enclosing: Vec::new(),
                kind: FrameKind::Module,
                names: Rc::default(),
                class: None,
                receiver: None,
                yielded: None,
                managed: None,
            });
            let result = this.block(&source.module.body);
            this.frames.pop();
            this.loops = loops;
            this.returns = returns;
            this.statement = statement;
            result.map(|_| ())
        })
    }

    pub(super) fn module_space(&mut self, name: &str, path: &str, is_package: bool) -> Id {
        let space = self.new_space();
        let file = self.absolute_path(path);
        let package = if is_package { name } else { name.rsplit_once('.').map_or("", |(package, _)| package) };
        let mut set = |name: &str, value: Val| {
            let binding = super::heap::Binding { value, origin: Rc::default(), perhaps: None };
            self.heap.space_mut(space).names.insert(name.into(), binding);
        };
        set("__name__", Val::str(name));
        set("__file__", Val::str(file));
        set("__package__", Val::str(package));
        set("__doc__", Val::none());
        if is_package {
            let folder = self.absolute_path(path.strip_suffix("/__init__.py").unwrap_or(path));
            let path = self.list_of(vec![Elem::One(Val::str(folder))]);
            self.bind(space, "__path__", path);
        }
        space
    }

    /// The absolute path that Python would show for a path of the tree.
    pub(super) fn absolute_path(&self, path: &str) -> String {
        let root = self.request.root.trim_end_matches('/');
        if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") }
    }

    /// The path in the tree of an absolute path; `None` outside of it.
    pub(super) fn tree_path<'p>(&self, absolute: &'p str) -> Option<&'p str> {
        let rest = absolute.strip_prefix(self.request.root.trim_end_matches('/'))?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    /// A submodule becomes an attribute of its package.
    fn attach(&mut self, name: &str, space: Id) {
        if let Some((parent, child)) = name.rsplit_once('.')
            && let Some(parent) = self.modules.get(parent)
        {
            let parent = parent.space;
            self.bind(parent, child, Val::new(Kind::Module(space)));
        }
    }

    /// `sys.path`: what the program put there, around what it started with, which is the folder of a script and more.
    pub(super) fn search_list(&mut self, at: Region) -> Val {
        if let Some(list) = &self.path {
            return list.clone();
        }
        let unknown = Unknown::new(Why::Machine("sys.path".into()), Some(at));
        let first = Val::unknown(Why::Machine("sys.path[0]".into()), Some(at));
        let list = self.list_of(vec![Elem::One(first), Elem::Many(Rc::new(unknown))]);
        self.path = Some(list.clone());
        list
    }

    /// Puts a folder last on `sys.path`.
    pub(super) fn look_in(&mut self, folder: &Val, at: Region) {
        let Kind::List(id) = self.search_list(at).kind else { return };
        if let Cell::List(elements) = self.heap.cell_mut(id) {
            elements.push(Elem::One(folder.clone()));
        }
    }

    /// The folders of the tree that are on `sys.path`, relative to its root, first one first. Those that the process started
    /// with come after what was put before all of them.
    pub(super) fn search_path(&self) -> Vec<String> {
        let given = self.request.search_path;
        let Some(Val { kind: Kind::List(id), .. }) = &self.path else { return given.to_vec() };
        let mut folders: Vec<String> = Vec::new();
        let mut add = |folder: String| {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        };
        let Cell::List(elements) = self.heap.cell(*id) else { return given.to_vec() };
        for element in elements {
            match element {
                Elem::One(value) | Elem::Perhaps(value, _) => match super::operators::path_text(value) {
                    Some(text) => {
                        let (absolute, _) = self.started_at(text);
                        self.tree_path(&super::library::path::normalise(&absolute))
                            .map(str::to_owned)
                            .into_iter()
                            .for_each(&mut add);
                    }
                    None => given.iter().cloned().for_each(&mut add),
                },
                Elem::Many(_) => given.iter().cloned().for_each(&mut add),
            }
        }
        given.iter().cloned().for_each(add);
        folders
    }

    /// The file of a module of the project.
    pub(super) fn path_of_module(&self, name: &str) -> Option<String> {
        match self.find(name) {
            Found::File(path) => Some(path),
            Found::Folder(_) | Found::Missing | Found::Outside => None,
        }
    }

    pub(super) fn find(&self, name: &str) -> Found {
        let top = name.split('.').next().unwrap_or(name);
        // The package that a relative import starts from is the project's, wherever it lies.
        let own = self.frames.last().is_some_and(|frame| frame.module.split('.').next() == Some(top));
        match &self.path {
            None => self.request.shelf.found(name, own, || self.look_for(name, top, own)),
            // The code has a search path of its own.
            Some(_) => self.look_for(name, top, own),
        }
    }

    /// Looks for a module on the search path; its top-level package is `top`, and the project's if it is its `own`.
    fn look_for(&self, name: &str, top: &str, own: bool) -> Found {
        let tail = name.replace('.', "/");
        let mut inside = false;
        for root in &self.search_path() {
            let join = |path: &str| if root.is_empty() { path.to_owned() } else { format!("{root}/{path}") };
            // A copy of the library inside the project works by what it does to imports, as the library does.
            let copied = |file| self.request.tree.node(&join(&format!("configurations/{file}.py"))) == Node::File;
            if top == "configurations" && ["importer", "decorators", "values"].into_iter().all(copied) {
                return Found::Outside;
            }
            let package = format!("{}/__init__.py", join(&tail));
            if self.request.tree.node(&package) == Node::File {
                return Found::File(package);
            }
            let module = format!("{}.py", join(&tail));
            if self.request.tree.node(&module) == Node::File {
                return Found::File(module);
            }
            if self.request.tree.node(&join(&tail)) == Node::Folder && !is_stdlib(top) {
                return Found::Folder(join(&tail));
            }
            inside |= self.request.tree.node(&format!("{}/__init__.py", join(top))) == Node::File
                || self.request.tree.node(&format!("{}.py", join(top))) == Node::File
                || (name != top && self.request.tree.node(&join(top)) == Node::Folder && !is_stdlib(top));
        }
        if is_of_the_deployment(top)
            && !super::library::is_modelled(top)
            && !self.request.dependencies.is_some_and(|packages| provides(packages, top))
        {
            return Found::Missing;
        }
        if inside || own { Found::Missing } else { Found::Outside }
    }
}
