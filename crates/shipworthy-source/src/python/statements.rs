//! Statements, executed in order on values that may be unknown.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, Region, Unknown, Why};

use super::course::Sides;
use super::heap::Cell;
use super::interp::{Flow, FrameKind, Interp, Res, Stop};
use super::object::{Deps, Elem, Id, Kind, Val};
use super::scope;

impl<'a> Interp<'a> {
    /// Executes statements until one leaves the block. At the top of a module an exception that nobody catches ends only
    /// its statement: it is noted, and the audit of what else is known goes on.
    pub(super) fn block(&mut self, statements: &'a [ast::Stmt]) -> Res<Flow> {
        for statement in statements {
            let at = self.region(statement.range());
            let outer = std::mem::replace(&mut self.statement, at);
            let result = self.burn(1).and_then(|()| self.statement(statement));
            match result {
                Ok(Flow::Normal) => {}
                Err(Stop::Raise(raised)) if self.frame().kind == FrameKind::Module && !self.caught(&raised.exception) => {
                    self.uncaught(&raised, self.undecided == 0);
                    let why = Why::Raises(self.exception_name(&raised.exception).into());
                    self.lose(std::slice::from_ref(statement), &Unknown::new(why, Some(raised.at)));
                }
                leaving => {
                    self.statement = outer;
                    return leaving;
                }
            }
            self.statement = outer;
        }
        Ok(Flow::Normal)
    }

    #[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
    fn statement(&mut self, statement: &'a ast::Stmt) -> Res<Flow> {
        match statement {
            ast::Stmt::Expr(node) => {
                self.expr(&node.value)?;
            }
            ast::Stmt::Assign(node) => {
                let value = self.expr(&node.value)?;
                for target in &node.targets {
                    self.assign(target, value.clone())?;
                }
            }
            ast::Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    let value = self.expr(value)?;
                    self.assign(&node.target, value)?;
                }
                self.annotate(&node.target, &node.annotation);
                self.annotate_type(node)?;
            }
            ast::Stmt::AugAssign(node) => self.augmented(node)?,
            ast::Stmt::If(node) => return self.if_statement(node),
            ast::Stmt::For(node) => return self.for_statement(node),
            ast::Stmt::While(node) => return self.while_statement(node),
            ast::Stmt::Try(node) => return self.try_statement(node),
            ast::Stmt::With(node) => return self.with_statement(&node.items, &node.body),
            ast::Stmt::Match(node) => return self.match_statement(node),
            ast::Stmt::FunctionDef(node) => self.define_function(node)?,
            ast::Stmt::ClassDef(node) => self.define_class(node)?,
            ast::Stmt::Import(node) => self.import_statement(node)?,
            ast::Stmt::ImportFrom(node) => self.import_from(node)?,
            ast::Stmt::Return(node) => {
                let value = match &node.value {
                    Some(value) => self.expr(value)?,
                    None => Val::none(),
                };
                return Ok(Flow::Return(value.with(&self.control.clone())));
            }
            ast::Stmt::Delete(node) => {
                for target in &node.targets {
                    self.delete(target)?;
                }
            }
            ast::Stmt::Raise(node) => return Err(self.raise_statement(node)?),
            ast::Stmt::Assert(node) => {
                let test = self.expr(&node.test)?;
                let at = self.region(node.range());
                match self.decide(&test, at)? {
                    Some(true) => {}
                    Some(false) => return Err(self.raise_on("AssertionError", "an assertion does not hold", at, &[&test])),
                    None => self.may_raise(Val::external("builtins.AssertionError"), "an assertion", at),
                }
            }
            ast::Stmt::Break(_) => return Ok(Flow::Break),
            ast::Stmt::Continue(_) => return Ok(Flow::Continue),
            // Scopes of names are settled when a function is defined.
            ast::Stmt::Global(_) | ast::Stmt::Nonlocal(_) | ast::Stmt::Pass(_) => {}
            ast::Stmt::TypeAlias(node) => {
                let at = self.region(node.range());
                self.assign(&node.name, Val::unknown(Why::Unsupported("a type alias".into()), Some(at)))?;
            }
            ast::Stmt::IpyEscapeCommand(_) => {}
        }
        Ok(Flow::Normal)
    }

    // ── Assignment ──────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn assign(&mut self, target: &'a ast::Expr, value: Val) -> Res<()> {
        match target {
            ast::Expr::Name(name) => {
                self.store(&name.id, value);
                Ok(())
            }
            ast::Expr::Attribute(node) => {
                let object = self.expr(&node.value)?;
                self.set_attribute(&object, &node.attr, value, self.region(node.range()))
            }
            ast::Expr::Subscript(node) => {
                let object = self.expr(&node.value)?;
                let key = self.expr(&node.slice)?;
                self.set_item(&object, &key, value, self.region(node.range()))
            }
            ast::Expr::Tuple(node) => self.unpack(&node.elts, &value, self.region(node.range())),
            ast::Expr::List(node) => self.unpack(&node.elts, &value, self.region(node.range())),
            ast::Expr::Starred(node) => self.assign(&node.value, value),
            _ => Ok(()),
        }
    }

    fn unpack(&mut self, targets: &'a [ast::Expr], value: &Val, at: Region) -> Res<()> {
        let certain: Option<Vec<Val>> = match self.elements(value, at)? {
            Ok(elements) => {
                elements.into_iter().map(|elem| if let Elem::One(value) = elem { Some(value) } else { None }).collect()
            }
            Err(_) => None,
        };
        let certain = certain.or_else(|| self.columns(value, targets.len()));
        let Some(items) = certain else {
            self.may_raise(Val::external("builtins.ValueError"), "unpacking an unknown number of values", at);
            let unknown = value.as_unknown().unwrap_or_else(|| {
                Rc::new(Unknown::new(Why::Unsupported("unpacking an unknown number of values".into()), Some(at)))
            });
            for target in targets {
                let part = if matches!(target, ast::Expr::Starred(_)) {
                    self.list_of(vec![Elem::Many(unknown.clone())])
                } else {
                    super::interp::unknown_value(&unknown)
                };
                self.assign(target, part.with(&value.deps))?;
            }
            return Ok(());
        };
        let starred = targets.iter().position(|target| matches!(target, ast::Expr::Starred(_)));
        let fits = match starred {
            None => items.len() == targets.len(),
            Some(_) => items.len() + 1 >= targets.len(),
        };
        if !fits {
            let message = format!("{} values cannot be unpacked into {} names", items.len(), targets.len());
            return Err(self.raise_on("ValueError", &message, at, &[value]));
        }
        let mut items = items.into_iter().map(|item| item.with(&value.deps));
        let rest = (items.len() + 1).saturating_sub(targets.len());
        for (index, target) in targets.iter().enumerate() {
            let part = if Some(index) == starred {
                let list = items.by_ref().take(rest).collect();
                self.list(list)
            } else {
                items.next().unwrap_or_else(Val::none)
            };
            self.assign(target, part)?;
        }
        Ok(())
    }

    /// What several tuples or lists of one length hold at each place, of which the value is one.
    fn columns(&self, value: &Val, length: usize) -> Option<Vec<Val>> {
        let Kind::OneOf(alternatives) = &value.kind else { return None };
        let mut columns: Option<Vec<Val>> = None;
        for (condition, row) in alternatives.iter() {
            let elements = match &row.kind {
                Kind::Tuple(items) => items.as_slice(),
                Kind::List(id) => match self.heap.cell(*id) {
                    Cell::List(items) => items,
                    _ => return None,
                },
                _ => return None,
            };
            let known = |elem: &Elem| if let Elem::One(value) = elem { Some(value.clone().with(&row.deps)) } else { None };
            let row: Vec<Val> = elements.iter().map(known).collect::<Option<_>>()?;
            if row.len() != length {
                return None;
            }
            columns = Some(match columns {
                None => row,
                Some(columns) => {
                    let others = columns.into_iter().zip(row);
                    others.map(|(known, other)| self.join_values(other, known, condition)).collect()
                }
            });
        }
        columns
    }

    fn augmented(&mut self, node: &'a ast::StmtAugAssign) -> Res<()> {
        let at = self.region(node.range());
        match &*node.target {
            ast::Expr::Name(name) => {
                let left = self.load(&name.id, at)?;
                let right = self.expr(&node.value)?;
                let value = self.binary_in_place(node.op, &left, &right, at)?;
                self.store(&name.id, value);
            }
            ast::Expr::Attribute(target) => {
                let object = self.expr(&target.value)?;
                let left = self.attribute(&object, &target.attr, at)?;
                let right = self.expr(&node.value)?;
                let value = self.binary_in_place(node.op, &left, &right, at)?;
                self.set_attribute(&object, &target.attr, value, at)?;
            }
            ast::Expr::Subscript(target) => {
                let object = self.expr(&target.value)?;
                let key = self.expr(&target.slice)?;
                let left = self.subscript(&object, &key, at)?;
                let right = self.expr(&node.value)?;
                let value = self.binary_in_place(node.op, &left, &right, at)?;
                self.set_item(&object, &key, value, at)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn delete(&mut self, target: &'a ast::Expr) -> Res<()> {
        let at = self.region(target.range());
        match target {
            ast::Expr::Name(name) => {
                let space = self.space_of(&name.id);
                let missing = self.raise_plain("NameError", &format!("name {} is not defined", name.id), at);
                self.unbind_or(space, &name.id, missing)?;
            }
            ast::Expr::Subscript(node) => {
                let object = self.expr(&node.value)?;
                let key = self.expr(&node.slice)?;
                self.delete_item(&object, &key, at)?;
            }
            ast::Expr::Attribute(node) => {
                let object = self.expr(&node.value)?;
                self.delete_attribute(&object, &node.attr, at)?;
            }
            ast::Expr::Tuple(node) => {
                for element in &node.elts {
                    self.delete(element)?;
                }
            }
            ast::Expr::List(node) => {
                for element in &node.elts {
                    self.delete(element)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    // ── Branches ────────────────────────────────────────────────────────────────────────────────────────────────

    /// The condition a test stands for.
    pub(super) fn condition(&self, test: &ast::Expr) -> Condition {
        let source = self.source();
        Condition { text: source.excerpt(test.range()), at: Some(source.region(test.range())), holds: true }
    }

    /// Runs code under the assumptions that decided a branch.
    pub(super) fn under<T>(&mut self, deps: &Deps, run: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        if deps.is_empty() {
            return run(self);
        }
        let outer = self.control.clone();
        self.control = outer.union(deps);
        // What no want of a variable has decided is no cause of its own, nor is that DEBUG is off.
        let relaxing = self.debug_variables();
        let wants = deps.iter().any(|it| it.is_unsettled() && it.variable().is_none_or(|name| !relaxing.contains(name)));
        let cause = if wants { deps.clone() } else { self.reason.union(deps) };
        let reason = std::mem::replace(&mut self.reason, cause);
        let result = run(self);
        self.reason = reason;
        self.control = outer;
        result
    }

    fn if_statement(&mut self, node: &'a ast::StmtIf) -> Res<Flow> {
        self.if_chain(&node.test, &node.body, &node.elif_else_clauses)
    }

    fn if_chain(&mut self, test: &'a ast::Expr, body: &'a [ast::Stmt], rest: &'a [ast::ElifElseClause]) -> Res<Flow> {
        let value = self.expr(test)?;
        let otherwise = |this: &mut Self| match rest {
            [] => Ok(Flow::Normal),
            [clause, rest @ ..] => match &clause.test {
                Some(test) => this.if_chain(test, &clause.body, rest),
                None => this.block(&clause.body),
            },
        };
        let decided = self.decide(&value, self.statement)?;
        self.note_decision(test, decided, &value.deps, &Sides::of_statement(body, rest));
        match decided {
            Some(true) => {
                let flow = self.under(&value.deps, |this| this.block(body));
                for clause in rest {
                    self.taint(&clause.body, &value.deps);
                }
                flow
            }
            Some(false) => {
                let flow = self.under(&value.deps, otherwise);
                self.taint(body, &value.deps);
                flow
            }
            None => self.fork_on(test, &value.deps, &mut |this| this.block(body), &mut |this| otherwise(this)),
        }
    }

    // ── What was not run ────────────────────────────────────────────────────────────────────────────────────────

    /// Notes that names changed by statements that were not run would have been changed under other assumptions.
    pub(super) fn taint(&mut self, statements: &'a [ast::Stmt], deps: &Deps) {
        if deps.is_empty() {
            return;
        }
        let mut names = Vec::new();
        scope::touched(statements, &mut names);
        if names.contains(&scope::ANY_NAME) {
            let space = self.frame().locals;
            for (name, binding) in &mut self.heap.space_mut(space).names {
                if super::is_setting_name(name) {
                    binding.value.deps = binding.value.deps.union(deps);
                }
            }
        }
        for name in names {
            let space = self.space_of(name);
            if let Some(binding) = self.heap.space_mut(space).names.get_mut(name) {
                binding.value.deps = binding.value.deps.union(deps);
            }
        }
    }

    /// Makes every name that these statements may change unknown.
    pub(super) fn lose(&mut self, statements: &'a [ast::Stmt], why: &Unknown) {
        let mut names = Vec::new();
        scope::touched(statements, &mut names);
        let why = Rc::new(why.clone());
        if names.contains(&scope::ANY_NAME) {
            let space = self.frame().locals;
            self.open_space(space, &why);
        }
        for name in names.into_iter().filter(|name| *name != scope::ANY_NAME) {
            let space = self.space_of(name);
            let value = super::interp::unknown_value(&why);
            self.bind(space, name, value);
        }
    }

    /// Makes what is reachable through a value unknown: code that nobody sees may have changed it.
    pub(super) fn lose_contents(&mut self, value: &Val, why: &Rc<Unknown>) {
        let id: Id = match value.kind {
            Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => id,
            Kind::Module(id) if self.takes_from(id, why) => return,
            Kind::Module(id) => {
                self.hide(id, why);
                for (name, binding) in &mut self.heap.space_mut(id).names {
                    // What Python itself puts there stays, and what we keep there.
                    if !name.starts_with("__") && !name.starts_with('*') {
                        binding.value = super::interp::unknown_value(why);
                    }
                }
                self.heap.space_mut(id).lose(why.clone());
                return;
            }
            _ => return,
        };
        let (statement, control) = (self.statement, self.control.clone());
        match self.heap.change(id, statement, &control) {
            Cell::List(items) | Cell::Set(items) => *items = vec![Elem::Many(why.clone())],
            Cell::Dict(dict) => {
                // Keys may be gone, too.
                dict.entries.clear();
                dict.rest = Some(why.clone());
            }
            Cell::Space(_) | Cell::Iter(..) | Cell::Class(_) | Cell::Instance(..) => {}
        }
    }
}
