//! Statements, executed in order on values that may be unknown.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, Region, Unknown, Why};

use super::course::Sides;
use super::heap::Cell;
use super::interp::{Flow, FrameKind, Interp, Raised, Res, Stop};
use super::join::{Exit, Suspended, Target};
use super::object::{Deps, Elem, Id, Kind, Val};

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
                if self.truth(&test) == Some(false) {
                    let at = self.region(node.range());
                    return Err(self.raise_on("AssertionError", "an assertion does not hold", at, &[&test]));
                }
            }
            ast::Stmt::Break(_) => return Ok(Flow::Break),
            ast::Stmt::Continue(_) => return Ok(Flow::Continue),
            // Scopes of names are settled when a function is defined.
            ast::Stmt::Global(_) | ast::Stmt::Nonlocal(_) | ast::Stmt::Pass(_) | ast::Stmt::TypeAlias(_) => {}
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
                if self.heap.space_mut(space).names.shift_remove(&*name.id).is_none() && self.heap.space(space).open.is_none() {
                    return Err(self.raise_plain("NameError", &format!("name {} is not defined", name.id), at));
                }
            }
            ast::Expr::Subscript(node) => {
                let object = self.expr(&node.value)?;
                let key = self.expr(&node.slice)?;
                self.delete_item(&object, &key, at)?;
            }
            ast::Expr::Attribute(node) => {
                let object = self.expr(&node.value)?;
                if let Kind::Module(space) = object.kind {
                    self.heap.space_mut(space).names.shift_remove(&*node.attr.id);
                } else if let Kind::Instance(id) = object.kind
                    && let Cell::Instance(_, space) = self.heap.cell(id)
                {
                    let space = *space;
                    self.heap.space_mut(space).names.shift_remove(&*node.attr.id);
                }
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
        let reason = std::mem::replace(&mut self.reason, deps.clone());
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
            None => {
                let condition = self.condition(test);
                self.fork(&condition, &value.deps, &mut |this| this.block(body), &mut |this| otherwise(this))
            }
        }
    }

    // ── Exceptions ──────────────────────────────────────────────────────────────────────────────────────────────

    fn raise_statement(&mut self, node: &'a ast::StmtRaise) -> Res<Stop> {
        let at = self.region(node.range());
        let Some(exception) = &node.exc else {
            // A bare `raise` in a handler: what it re-raises is bound there.
            let current = self.frame().locals;
            let pending = self.heap.space(current).names.get("*exception*").map(|binding| binding.value.clone());
            let exception = pending.unwrap_or_else(|| Val::external("builtins.Exception"));
            let message = "an exception is raised again".to_owned();
            return Ok(Stop::Raise(Box::new(Raised { deps: exception.deps.union(&self.reason), exception, message, at })));
        };
        let exception = self.expr(exception)?;
        let message = self.exception_message(&exception);
        let deps = self.reason.clone();
        Ok(Stop::Raise(Box::new(Raised { exception, message, at, deps })))
    }

    fn try_statement(&mut self, node: &'a ast::StmtTry) -> Res<Flow> {
        let mut classes = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in &node.handlers {
            classes.push(match &handler.type_ {
                Some(class) => Some(self.handler_class(class)?),
                None => None,
            });
        }
        let result = self.catching(
            classes.clone(),
            |this| this.block(&node.body),
            |this, raised| this.handle(node, &classes, raised),
            |this| this.block(&node.orelse),
        );
        if node.finalbody.is_empty() {
            return result;
        }
        if let Err(Stop::Limit(_)) = result {
            return result;
        }
        match self.block(&node.finalbody)? {
            Flow::Normal => result,
            leaving => Ok(leaving),
        }
    }

    /// The class that a handler names. Python looks it up when an exception comes; a name that only the body of the `try`
    /// imports is taken for what the import will bring.
    fn handler_class(&mut self, class: &'a ast::Expr) -> Res<Val> {
        if let ast::Expr::Tuple(node) = class {
            let classes = node.elts.iter().map(|class| self.handler_class(class)).collect::<Res<Vec<_>>>()?;
            return Ok(Val::tuple(classes));
        }
        match self.expr(class) {
            Err(Stop::Raise(_)) => Ok(Val::external(&*self.source().excerpt(class.range()))),
            result => result,
        }
    }

    /// Runs `body` while catching exceptions of `classes`; `handle` gets each caught one, `orelse` runs after a normal end.
    pub(super) fn catching(
        &mut self,
        classes: Vec<Option<Val>>,
        body: impl FnOnce(&mut Self) -> Res<Flow>,
        handle: impl Fn(&mut Self, &Raised) -> Res<Flow>,
        orelse: impl Fn(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        let depth = self.heap.begin();
        let index = self.handlers.len();
        let frames = self.frames.len();
        self.handlers.push((classes, depth));
        let result = body(self);
        self.handlers.truncate(index);
        self.frames.truncate(frames);
        let paths = self.caught_paths(Target::Try(index));
        if paths.is_empty() {
            self.heap.commit();
            return match result {
                Ok(Flow::Normal) => orelse(self),
                Err(Stop::Raise(raised)) => handle(self, &raised),
                leaving => leaving,
            };
        }
        let straight = self.heap.undo();
        let result = match result {
            Ok(flow) => Ok(flow),
            Err(Stop::Raise(raised)) => Err(raised),
            Err(limit) => return Err(limit),
        };
        self.catch_paths(
            &paths,
            &mut |this| {
                this.heap.apply(straight.clone());
                match &result {
                    Ok(Flow::Normal) => orelse(this),
                    Ok(Flow::Return(value)) => Ok(Flow::Return(value.clone())),
                    Ok(Flow::Break) => Ok(Flow::Break),
                    Ok(Flow::Continue) => Ok(Flow::Continue),
                    Err(raised) => handle(this, raised),
                }
            },
            &handle,
        )
    }

    fn catch_paths(
        &mut self,
        paths: &[Suspended],
        straight: &mut dyn FnMut(&mut Self) -> Res<Flow>,
        handle: &dyn Fn(&mut Self, &Raised) -> Res<Flow>,
    ) -> Res<Flow> {
        let Some((path, rest)) = paths.split_first() else { return straight(self) };
        self.fork(
            &path.condition,
            &Deps::default(),
            &mut |this| {
                this.heap.apply(path.delta.clone());
                match &path.exit {
                    Exit::Raise(raised) => handle(this, raised),
                    Exit::Return(_) | Exit::Jump => Ok(Flow::Normal),
                }
            },
            &mut |this| this.catch_paths(rest, straight, handle),
        )
    }

    fn handle(&mut self, node: &'a ast::StmtTry, classes: &[Option<Val>], raised: &Raised) -> Res<Flow> {
        for (ast::ExceptHandler::ExceptHandler(handler), class) in node.handlers.iter().zip(classes) {
            let matches = class.as_ref().map_or(Some(true), |class| self.is_exception_of(&raised.exception, class));
            match matches {
                Some(true) => return self.under(&raised.deps, |this| this.handler_body(handler, raised)),
                Some(false) => {}
                None => {
                    // It may be this handler or a later one; the first that may match stands for them.
                    return self.under(&raised.deps, |this| this.handler_body(handler, raised));
                }
            }
        }
        Err(Stop::Raise(Box::new(raised.clone())))
    }

    fn handler_body(&mut self, handler: &'a ast::ExceptHandlerExceptHandler, raised: &Raised) -> Res<Flow> {
        self.note_handler(handler, raised);
        let locals = self.frame().locals;
        let exception = self.exception_instance(raised);
        self.bind(locals, "*exception*", exception.clone());
        if let Some(name) = &handler.name {
            self.store(&name.id, exception);
        }
        let result = self.block(&handler.body);
        self.heap.space_mut(locals).names.shift_remove("*exception*");
        if let Some(name) = &handler.name {
            let space = self.space_of(&name.id);
            self.heap.space_mut(space).names.shift_remove(&*name.id);
        }
        result
    }

    fn with_statement(&mut self, items: &'a [ast::WithItem], body: &'a [ast::Stmt]) -> Res<Flow> {
        let Some((item, rest)) = items.split_first() else { return self.block(body) };
        let at = self.region(item.context_expr.range());
        let context = self.expr(&item.context_expr)?;
        if let Some(classes) = self.suppressed_classes(&context) {
            return self.catching(classes, |this| this.with_statement(rest, body), |_, _| Ok(Flow::Normal), |_| Ok(Flow::Normal));
        }
        if context.as_unknown().is_some() {
            // A context manager that nobody sees may swallow what is raised inside.
            let classes = vec![Some(context.clone())];
            let body = |this: &mut Self| this.with_entered(item, &context, rest, body, at);
            return self.catching(classes, body, |_, _| Ok(Flow::Normal), |_| Ok(Flow::Normal));
        }
        self.with_entered(item, &context, rest, body, at)
    }

    /// The body of a `with` statement once its context is known.
    fn with_entered(
        &mut self,
        item: &'a ast::WithItem,
        context: &Val,
        rest: &'a [ast::WithItem],
        body: &'a [ast::Stmt],
        at: Region,
    ) -> Res<Flow> {
        let entered = self.enter(context, at)?;
        if let Some(target) = &item.optional_vars {
            self.assign(target, entered)?;
        }
        if let Some(exit) = self.special(context, "__exit__") {
            return self.with_exit(&exit, rest, body, at);
        }
        let result = self.with_statement(rest, body);
        self.exit(context, at)?;
        result
    }

    /// The body of a `with` whose manager is of the project: its `__exit__` sees an exception and may swallow it.
    fn with_exit(&mut self, exit: &Val, items: &'a [ast::WithItem], body: &'a [ast::Stmt], at: Region) -> Res<Flow> {
        let none = || vec![Val::none(), Val::none(), Val::none()];
        let flow = self.catching(
            vec![None],
            |this| match this.with_statement(items, body)? {
                Flow::Normal => Ok(Flow::Normal),
                leaving => {
                    this.call_values(exit, none(), at)?;
                    Ok(leaving)
                }
            },
            |this, raised| {
                let exception = this.exception_instance(raised);
                let class = this.class_of(&exception, at);
                let trace = Val::unknown(Why::Unsupported("a traceback".into()), Some(at));
                let answer = this.call_values(exit, vec![class, exception, trace], at)?;
                match this.truth(&answer) {
                    Some(true) => Ok(Flow::Normal),
                    Some(false) => Err(Stop::Raise(Box::new(raised.clone()))),
                    None => {
                        this.lose(body, &Unknown::new(Why::Unsupported("what `__exit__` says".into()), Some(at)));
                        Ok(Flow::Normal)
                    }
                }
            },
            |this| this.call_values(exit, none(), at).map(|_| Flow::Normal),
        )?;
        Ok(flow)
    }

    fn class_of(&self, value: &Val, at: Region) -> Val {
        match value.kind {
            Kind::Instance(id) => match self.heap.cell(id) {
                Cell::Instance(class, _) => class.clone(),
                _ => Val::none(),
            },
            _ => Val::unknown(Why::Unsupported("a class".into()), Some(at)),
        }
    }

    // ── Definitions ─────────────────────────────────────────────────────────────────────────────────────────────

    // ── What was not run ────────────────────────────────────────────────────────────────────────────────────────

    /// Notes that names changed by statements that were not run would have been changed under other assumptions.
    pub(super) fn taint(&mut self, statements: &'a [ast::Stmt], deps: &Deps) {
        if deps.is_empty() {
            return;
        }
        let mut names = Vec::new();
        super::scope::touched(statements, &mut names);
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
        super::scope::touched(statements, &mut names);
        let why = Rc::new(why.clone());
        for name in names {
            let space = self.space_of(name);
            let value = super::interp::unknown_value(&why);
            self.bind(space, name, value);
        }
    }

    /// Makes what is reachable through a value unknown: code that nobody sees may have changed it.
    pub(super) fn lose_contents(&mut self, value: &Val, why: &Rc<Unknown>) {
        let id: Id = match value.kind {
            Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => id,
            Kind::Module(id) => {
                for binding in self.heap.space_mut(id).names.values_mut() {
                    binding.value = super::interp::unknown_value(why);
                }
                self.heap.space_mut(id).open = Some(why.clone());
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
