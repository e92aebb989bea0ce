//! Names by syntax alone: what a function binds itself, what statements may change, whether a function is a generator.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{self, Visitor};

use super::interp::{Body, Interp, Locals};

impl<'a> Interp<'a> {
    /// The names a function binds, worked out once a definition.
    pub(super) fn locals_of(&mut self, parameters: Option<&'a ast::Parameters>, body: Body<'a>) -> Rc<Locals> {
        let key: *const u8 = match body {
            Body::Block(statements) => statements.as_ptr().cast(),
            Body::Expression(expression) => std::ptr::from_ref(expression).cast(),
        };
        if let Some(known) = self.locals_cache.get(&key) {
            return known.clone();
        }
        let mut finder = Finder { locals: Locals::default() };
        for parameter in parameters.iter().flat_map(|parameters| parameters.iter()) {
            finder.locals.bound.insert(parameter.name().as_str().into());
        }
        match body {
            Body::Block(statements) => finder.visit_body(statements),
            Body::Expression(expression) => finder.visit_expr(expression),
        }
        for name in finder.locals.global.iter().chain(&finder.locals.nonlocal) {
            finder.locals.bound.remove(name);
        }
        let locals = Rc::new(finder.locals);
        self.locals_cache.insert(key, locals.clone());
        locals
    }
}

struct Finder {
    locals: Locals,
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::FunctionDef(node) => {
                self.locals.bound.insert(node.name.as_str().into());
            }
            ast::Stmt::ClassDef(node) => {
                self.locals.bound.insert(node.name.as_str().into());
            }
            ast::Stmt::Global(node) => {
                self.locals.global.extend(node.names.iter().map(|name| Rc::from(name.as_str())));
            }
            ast::Stmt::Nonlocal(node) => {
                self.locals.nonlocal.extend(node.names.iter().map(|name| Rc::from(name.as_str())));
            }
            ast::Stmt::Import(node) => {
                for alias in &node.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.locals.bound.insert(name.split('.').next().unwrap_or(name).into());
                }
            }
            ast::Stmt::ImportFrom(node) => {
                for alias in &node.names {
                    self.locals.bound.insert(alias.asname.as_ref().unwrap_or(&alias.name).as_str().into());
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        match expression {
            ast::Expr::Name(name) if name.ctx.is_store() || name.ctx.is_del() => {
                self.locals.bound.insert(name.id.as_str().into());
            }
            // These have scopes of their own; only a walrus inside a comprehension reaches out of it.
            ast::Expr::Lambda(_) => {}
            ast::Expr::ListComp(_) | ast::Expr::SetComp(_) | ast::Expr::DictComp(_) | ast::Expr::Generator(_) => {
                let mut walruses = Walruses { names: Vec::new() };
                visitor::walk_expr(&mut walruses, expression);
                self.locals.bound.extend(walruses.names.into_iter().map(Rc::from));
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(node) = handler;
        if let Some(name) = &node.name {
            self.locals.bound.insert(name.as_str().into());
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(node) => node.name.as_ref(),
            ast::Pattern::MatchStar(node) => node.name.as_ref(),
            ast::Pattern::MatchMapping(node) => node.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.locals.bound.insert(name.as_str().into());
        }
        visitor::walk_pattern(self, pattern);
    }
}

struct Walruses<'a> {
    names: Vec<&'a str>,
}

impl<'a> Visitor<'a> for Walruses<'a> {
    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        if let ast::Expr::Named(node) = expression
            && let ast::Expr::Name(name) = &*node.target
        {
            self.names.push(&name.id);
        }
        visitor::walk_expr(self, expression);
    }
}

/// Whether a function body yields.
pub(super) fn yields(statements: &[ast::Stmt]) -> bool {
    struct Yields(bool);
    impl Visitor<'_> for Yields {
        fn visit_stmt(&mut self, statement: &ast::Stmt) {
            if !matches!(statement, ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_)) {
                visitor::walk_stmt(self, statement);
            }
        }

        fn visit_expr(&mut self, expression: &ast::Expr) {
            match expression {
                ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) => self.0 = true,
                ast::Expr::Lambda(_) => {}
                _ => visitor::walk_expr(self, expression),
            }
        }
    }
    let mut finder = Yields(false);
    finder.visit_body(statements);
    finder.0
}

/// What stands among names for any name at all: a star import, or code that is executed from text.
pub(super) const ANY_NAME: &str = "*";

/// The names that statements may bind, or whose objects they may change in place.
pub(super) fn touched<'a>(statements: &'a [ast::Stmt], names: &mut Vec<&'a str>) {
    let mut finder = Touched { names };
    finder.visit_body(statements);
}

struct Touched<'n, 'a> {
    names: &'n mut Vec<&'a str>,
}

impl<'a> Touched<'_, 'a> {
    fn add(&mut self, name: &'a str) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    /// The name at the root of `NAME.attr[key].method`.
    fn root(&mut self, expression: &'a ast::Expr) {
        match expression {
            ast::Expr::Name(name) => self.add(&name.id),
            ast::Expr::Attribute(node) => self.root(&node.value),
            ast::Expr::Subscript(node) => self.root(&node.value),
            ast::Expr::Call(node) => self.root(&node.func),
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Touched<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
        match statement {
            ast::Stmt::FunctionDef(node) => self.add(&node.name),
            ast::Stmt::ClassDef(node) => self.add(&node.name),
            ast::Stmt::Import(node) => {
                for alias in &node.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.add(name.split('.').next().unwrap_or(name));
                }
            }
            ast::Stmt::ImportFrom(node) => {
                for alias in &node.names {
                    self.add(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        match expression {
            ast::Expr::Name(name) if name.ctx.is_store() || name.ctx.is_del() => self.add(&name.id),
            ast::Expr::Attribute(node) if node.ctx.is_store() || node.ctx.is_del() => self.root(&node.value),
            ast::Expr::Subscript(node) if node.ctx.is_store() || node.ctx.is_del() => self.root(&node.value),
            ast::Expr::Call(node) => {
                if let ast::Expr::Attribute(method) = &*node.func
                    && is_mutator(&method.attr)
                {
                    self.root(&method.value);
                }
                if matches!(&*node.func, ast::Expr::Name(name) if matches!(&*name.id, "exec" | "include")) {
                    self.add(ANY_NAME);
                }
                visitor::walk_expr(self, expression);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

pub(super) fn is_mutator(method: &str) -> bool {
    matches!(
        method,
        "append"
            | "extend"
            | "insert"
            | "remove"
            | "pop"
            | "clear"
            | "update"
            | "setdefault"
            | "sort"
            | "reverse"
            | "add"
            | "discard"
    )
}

/// Names that an expression walks over as it goes; what `list(…)` and its like copy first is not among them.
pub(super) fn names_in<'a>(expression: &'a ast::Expr, names: &mut Vec<&'a str>) {
    struct Names<'n, 'a>(&'n mut Vec<&'a str>);
    impl<'a> Visitor<'a> for Names<'_, 'a> {
        fn visit_expr(&mut self, expression: &'a ast::Expr) {
            match expression {
                ast::Expr::Name(name) => self.0.push(&name.id),
                ast::Expr::Call(node) if is_plain_builtin(&node.func) => {}
                _ => visitor::walk_expr(self, expression),
            }
        }
    }
    Names(names).visit_expr(expression);
}

/// The names whose lists or dictionaries statements may make longer or shorter.
pub(super) fn resized<'a>(statements: &'a [ast::Stmt], names: &mut Vec<&'a str>) {
    struct Resized<'n, 'a>(&'n mut Vec<&'a str>);
    impl<'a> Resized<'_, 'a> {
        fn add(&mut self, expression: &'a ast::Expr) {
            match expression {
                ast::Expr::Name(name) => self.0.push(&name.id),
                ast::Expr::Subscript(item) => self.add(&item.value),
                _ => {}
            }
        }
    }
    impl<'a> Visitor<'a> for Resized<'_, 'a> {
        fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
            match statement {
                ast::Stmt::AugAssign(node) => self.add(&node.target),
                ast::Stmt::Delete(node) => {
                    for target in &node.targets {
                        if let ast::Expr::Subscript(item) = target {
                            self.add(&item.value);
                        }
                    }
                }
                _ => {}
            }
            visitor::walk_stmt(self, statement);
        }

        fn visit_expr(&mut self, expression: &'a ast::Expr) {
            if let ast::Expr::Call(node) = expression {
                // A function may change what it is given, or what it finds among the module's names.
                if matches!(*node.func, ast::Expr::Name(_)) && !is_plain_builtin(&node.func) {
                    for argument in &node.arguments.args {
                        self.add(argument);
                    }
                }
                if let ast::Expr::Attribute(method) = &*node.func
                    && is_mutator(&method.attr)
                {
                    self.add(&method.value);
                }
            }
            visitor::walk_expr(self, expression);
        }
    }
    Resized(names).visit_body(statements);
}

/// A built-in function that changes nothing, and is done with its argument when it returns.
fn is_plain_builtin(function: &ast::Expr) -> bool {
    let ast::Expr::Name(name) = function else { return false };
    matches!(
        &*name.id,
        "list"
            | "tuple"
            | "set"
            | "dict"
            | "sorted"
            | "len"
            | "str"
            | "repr"
            | "print"
            | "isinstance"
            | "type"
            | "bool"
            | "any"
            | "all"
            | "sum"
            | "min"
            | "max"
            | "range"
            | "frozenset"
            | "getattr"
            | "hasattr"
    )
}
