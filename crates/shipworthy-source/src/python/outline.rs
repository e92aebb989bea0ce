//! The outline of modules: what their text binds at its top level, without evaluating any of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use shipworthy_model::{ArtifactId, Class, Definition, Definitions, Parameter, ParameterKind};

use super::syntax;
use crate::{Node, Tree};

/// How many definitions are followed from the names asked for, through aliases and bases.
const FOLLOWED: usize = 500;

/// Reads what modules of the project define under dotted paths, and under all that these lead to.
///
/// Only what the text says without doubt is in the answer: a name that is bound once, at the module's top level, or that is
/// not bound at all. Modules outside the folders of `search_path`, and those that cannot be read, say nothing.
pub fn definitions(tree: &dyn Tree, search_path: &[String], asked: BTreeSet<String>) -> Definitions {
    let mut outlines: BTreeMap<String, Option<Outline>> = BTreeMap::new();
    let mut found = Definitions::new();
    let mut queue: VecDeque<String> = asked.into_iter().collect();
    for _ in 0..FOLLOWED {
        let Some(path) = queue.pop_front() else { break };
        let Some((module, name)) = path.rsplit_once('.') else { continue };
        if found.contains_key(path.as_str()) {
            continue;
        }
        let outline = outlines.entry(module.to_owned()).or_insert_with(|| outline(tree, search_path, module));
        let Some(definition) = outline.as_ref().and_then(|outline| outline.definition(name)) else { continue };
        match &definition {
            Definition::Class(Class { bases, .. }) => queue.extend(bases.iter().flatten().map(ToString::to_string)),
            Definition::Alias(next) => queue.push_back(next.to_string()),
            Definition::Function(_) | Definition::Other | Definition::Missing => {}
        }
        found.insert(path.into(), definition);
    }
    found
}

/// What a module binds at its top level.
#[derive(Default)]
struct Outline {
    /// The dotted name of the module.
    name: String,
    /// The dotted name that relative imports start from.
    package: String,
    /// What each name is bound to; `None` where it is bound perhaps.
    names: BTreeMap<String, Option<Definition>>,
    /// Whether the module may bind names that its own text does not show: a star import, `globals()`, `__getattr__`.
    open: bool,
}

fn outline(tree: &dyn Tree, search_path: &[String], module: &str) -> Option<Outline> {
    let tail = module.replace('.', "/");
    let files = search_path.iter().flat_map(|root| {
        let start = if root.is_empty() { tail.clone() } else { format!("{root}/{tail}") };
        [(format!("{start}/__init__.py"), true), (format!("{start}.py"), false)]
    });
    let (path, is_package) = files.into_iter().find(|(path, _)| tree.node(path) == Node::File)?;
    let text = syntax::decode(&tree.read(&path).ok()?).ok()?;
    let source = syntax::parse(ArtifactId(0), &path, text).ok()?;
    if source.error.is_some() {
        return None;
    }
    let package = if is_package { module } else { module.rsplit_once('.').map_or("", |(package, _)| package) };
    let mut outline = Outline { name: module.to_owned(), package: package.to_owned(), ..Outline::default() };
    outline.block(&source.module.body);
    Some(outline)
}

impl Outline {
    fn definition(&self, name: &str) -> Option<Definition> {
        match self.names.get(name) {
            Some(definition) => definition.clone(),
            None if self.open => None,
            None => Some(Definition::Missing),
        }
    }

    fn block(&mut self, body: &[Stmt]) {
        for statement in body {
            match statement {
                Stmt::ClassDef(class) => {
                    let plain = class.decorator_list.is_empty();
                    self.bind(&class.name, if plain { Definition::Class(self.class(class)) } else { Definition::Other });
                }
                Stmt::FunctionDef(function) => {
                    self.open |= &*function.name == "__getattr__";
                    let plain = function.decorator_list.is_empty();
                    let definition =
                        if plain { Definition::Function(parameters(&function.parameters)) } else { Definition::Other };
                    self.bind(&function.name, definition);
                }
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let whole = alias.name.as_str();
                        let (name, target) = if let Some(name) = &alias.asname {
                            (name.as_str(), whole)
                        } else {
                            let top = whole.split('.').next().unwrap_or(whole);
                            (top, top)
                        };
                        self.bind(name, Definition::Alias(target.into()));
                    }
                }
                Stmt::ImportFrom(import) => self.import_from(import),
                Stmt::Assign(assign) => match assign.targets.as_slice() {
                    [Expr::Name(name)] => {
                        let definition = self.path(&assign.value).map_or(Definition::Other, Definition::Alias);
                        self.bind(&name.id, definition);
                    }
                    _ => self.doubt(statement, Some(&Definition::Other)),
                },
                Stmt::AugAssign(_) | Stmt::With(_) => self.doubt(statement, Some(&Definition::Other)),
                Stmt::Expr(_)
                | Stmt::Pass(_)
                | Stmt::Assert(_)
                | Stmt::TypeAlias(_)
                | Stmt::AnnAssign(_)
                | Stmt::Delete(_)
                | Stmt::If(_)
                | Stmt::Try(_)
                | Stmt::For(_)
                | Stmt::While(_)
                | Stmt::Match(_)
                | Stmt::Return(_)
                | Stmt::Raise(_)
                | Stmt::Global(_)
                | Stmt::Nonlocal(_)
                | Stmt::Break(_)
                | Stmt::Continue(_)
                | Stmt::IpyEscapeCommand(_) => self.doubt(statement, None),
            }
        }
    }

    fn import_from(&mut self, import: &ast::StmtImportFrom) {
        let base = imported_from(import, &self.package);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.open = true;
                // It may bind again what the module has bound so far.
                self.names.values_mut().for_each(|definition| *definition = Some(Definition::Other));
                continue;
            }
            let target = if base.is_empty() { name.to_owned() } else { format!("{base}.{name}") };
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.bind(bound, Definition::Alias(target.into()));
        }
    }

    fn class(&self, class: &ast::StmtClassDef) -> Class {
        let bases = class.bases().iter().map(|base| match base {
            // `Base[Item]` is an alias of the class, for whoever derives from it.
            Expr::Subscript(generic) => self.path(&generic.value),
            base => self.path(base),
        });
        let mut body = Outline { name: self.name.clone(), package: self.package.clone(), ..Outline::default() };
        body.block(&class.body);
        let mut calls = Calls { outline: self, found: BTreeSet::new() };
        class.body.iter().for_each(|statement| calls.visit_stmt(statement));
        Class { bases: bases.collect(), names: body.names.into_keys().map(Into::into).collect(), calls: calls.found }
    }

    /// The dotted path of a name or a chain of attributes.
    fn path(&self, expression: &Expr) -> Option<Arc<str>> {
        match expression {
            Expr::Name(name) => match self.names.get(name.id.as_str()) {
                Some(Some(Definition::Alias(path))) => Some(path.clone()),
                Some(Some(Definition::Class(_) | Definition::Function(_))) => Some(format!("{}.{}", self.name, name.id).into()),
                Some(Some(Definition::Other | Definition::Missing) | None) => None,
                None if self.open => None,
                // What no statement has bound is built in, or the module would not load.
                None => Some(format!("builtins.{}", name.id).into()),
            },
            Expr::Attribute(attribute) => {
                let base = self.path(&attribute.value)?;
                Some(format!("{base}.{}", attribute.attr).into())
            }
            _ => None,
        }
    }

    fn bind(&mut self, name: &str, definition: Definition) {
        self.names.insert(name.to_owned(), Some(definition));
    }

    /// Binds every name that a statement may bind to what it comes to, as far as its kind says.
    fn doubt(&mut self, statement: &Stmt, definition: Option<&Definition>) {
        Bound { outline: self, definition }.visit_stmt(statement);
    }
}

/// What is called under a name of another module's.
struct Calls<'o> {
    outline: &'o Outline,
    found: BTreeSet<Arc<str>>,
}

impl<'a> Visitor<'a> for Calls<'_> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            let path = self.outline.path(&call.func);
            self.found.extend(path.filter(|path| !path.starts_with("builtins.")));
        }
        visitor::walk_expr(self, expression);
    }
}

/// Every name that a statement may bind, however deep inside.
struct Bound<'o> {
    outline: &'o mut Outline,
    definition: Option<&'o Definition>,
}

impl Bound<'_> {
    fn bind(&mut self, name: &str) {
        self.outline.names.insert(name.to_owned(), self.definition.cloned());
    }
}

impl<'a> Visitor<'a> for Bound<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // Their bodies bind names of their own.
            Stmt::FunctionDef(function) => {
                self.outline.open |= &*function.name == "__getattr__";
                self.bind(&function.name);
            }
            Stmt::ClassDef(class) => self.bind(&class.name),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.bind(name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.outline.open |= &*alias.name == "*";
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if !name.ctx.is_load() => self.bind(&name.id),
            // What these are for is to bind names that no text shows.
            Expr::Name(name) if matches!(&*name.id, "globals" | "locals" | "vars" | "setattr" | "exec") => {
                self.outline.open = true;
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

fn parameters(parameters: &ast::Parameters) -> Vec<Parameter> {
    let each = |list: &[ast::ParameterWithDefault], kind| {
        list.iter()
            .map(|one| Parameter { name: one.name().as_str().into(), kind, required: one.default.is_none() })
            .collect::<Vec<_>>()
    };
    let rest = |one: &Option<Box<ast::Parameter>>, kind| {
        one.iter().map(|one| Parameter { name: one.name.as_str().into(), kind, required: false }).collect::<Vec<_>>()
    };
    [
        each(&parameters.posonlyargs, ParameterKind::Positional),
        each(&parameters.args, ParameterKind::Either),
        rest(&parameters.vararg, ParameterKind::Places),
        each(&parameters.kwonlyargs, ParameterKind::Named),
        rest(&parameters.kwarg, ParameterKind::Names),
    ]
    .concat()
}

/// The absolute name of the module that an `import` is from, which stands in a package.
pub(super) fn imported_from(import: &ast::StmtImportFrom, package: &str) -> String {
    let module = import.module.as_deref().unwrap_or_default();
    if import.level == 0 {
        return module.to_owned();
    }
    let mut parts: Vec<&str> = package.split('.').filter(|part| !part.is_empty()).collect();
    parts.truncate(parts.len().saturating_sub(import.level as usize - 1));
    parts.extend(Some(module).filter(|module| !module.is_empty()));
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    fn read(files: &[(&str, &str)], asked: &[&str]) -> Definitions {
        let mut tree = MemoryTree::default();
        for (path, text) in files {
            tree.insert(path, text.as_bytes());
        }
        definitions(&tree, &["src".to_owned()], asked.iter().map(|name| (*name).to_owned()).collect())
    }

    fn bases(definition: Option<&Definition>) -> Vec<&str> {
        match definition {
            Some(Definition::Class(Class { bases: Some(bases), .. })) => bases.iter().map(|base| &**base).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn classes_and_what_they_derive_from() {
        let files = [
            ("src/shop/__init__.py", ""),
            (
                "src/shop/mw.py",
                "from django.contrib.auth import middleware as m\nimport shop.base\nfrom . import base as near\n\
                 class A(m.AuthenticationMiddleware, object): pass\nclass B(shop.base.Base): name = 1\n\
                 class C(A): pass\nclass D(near.Base[int]): pass\nclass E(make()): pass\n",
            ),
            ("src/shop/base.py", "from elsewhere import Base\n"),
        ];
        let found = read(&files, &["shop.mw.A", "shop.mw.B", "shop.mw.C", "shop.mw.D", "shop.mw.E", "shop.mw.F", "shop.no.G"]);
        assert_eq!(bases(found.get("shop.mw.A")), ["django.contrib.auth.middleware.AuthenticationMiddleware", "builtins.object"]);
        assert_eq!(bases(found.get("shop.mw.B")), ["shop.base.Base"]);
        assert_eq!(bases(found.get("shop.mw.C")), ["shop.mw.A"]);
        assert_eq!(bases(found.get("shop.mw.D")), ["shop.base.Base"]);
        assert!(matches!(found.get("shop.mw.E"), Some(Definition::Class(Class { bases: None, .. }))));
        assert_eq!(found.get("shop.mw.F"), Some(&Definition::Missing));
        assert_eq!(found.get("shop.no.G"), None);
        assert_eq!(found.get("shop.base.Base"), Some(&Definition::Alias("elsewhere.Base".into())));
    }

    #[test]
    fn what_the_text_leaves_open() {
        let text = "import os\nfrom other import *\nclass Late: pass\nif os.name == 'x':\n    class Perhaps: pass\n\
                    try:\n    from fast import Quick\nexcept ImportError:\n    Quick = None\n@wrap\ndef view(request): pass\n";
        let found = read(
            &[("src/a.py", text), ("src/b.py", "class Early: pass\nglobals().update(x)\n"), ("src/c.py", "def broken(:\n")],
            &["a.Late", "a.Perhaps", "a.Quick", "a.view", "a.Unseen", "b.Early", "b.Unseen", "c.broken"],
        );
        assert!(matches!(found.get("a.Late"), Some(Definition::Class(_))));
        assert_eq!(found.get("a.view"), Some(&Definition::Other));
        for name in ["a.Perhaps", "a.Quick", "a.Unseen", "b.Unseen", "c.broken"] {
            assert_eq!(found.get(name), None, "{name}");
        }
    }

    #[test]
    fn functions_and_their_parameters() {
        use ParameterKind::{Either, Named, Names, Places, Positional};

        let found = read(&[("src/v.py", "async def view(request, /, a, b=1, *c, d, e=2, **f): pass\n")], &["v.view"]);
        let Some(Definition::Function(parameters)) = found.get("v.view") else { panic!("{found:?}") };
        let shown: Vec<_> = parameters.iter().map(|one| (&*one.name, one.kind, one.required)).collect();
        assert_eq!(
            shown,
            [
                ("request", Positional, true),
                ("a", Either, true),
                ("b", Either, false),
                ("c", Places, false),
                ("d", Named, true),
                ("e", Named, false),
                ("f", Names, false),
            ]
        );
    }
}
