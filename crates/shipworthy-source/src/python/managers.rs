//! `with`: managers of the project and of libraries, and what they do with exceptions.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Region, Unknown, Why};

use super::call::Args;
use super::heap::Cell;
use super::interp::{Flow, Frame, Interp, Raised, Res, Stop};
use super::object::{Elem, Kind, Val};

/// A `with` block whose manager is a generator: it runs where the generator yields.
pub(super) struct Managed<'a> {
    target: Option<&'a ast::Expr>,
    items: &'a [ast::WithItem],
    body: &'a [ast::Stmt],
    /// How many frames, and functions whose `return` may wait, stand around the block.
    frames: usize,
    returns: usize,
    loops: Vec<(usize, usize)>,
    /// How often the generator yielded, and how the block ended.
    rounds: usize,
    flow: Flow,
}

/// The hidden attribute of a manager: its place among the calls that `contextmanager` made managers of.
const CALL: &str = "*call*";

impl<'a> Interp<'a> {
    pub(super) fn with_statement(&mut self, items: &'a [ast::WithItem], body: &'a [ast::Stmt]) -> Res<Flow> {
        let Some((item, rest)) = items.split_first() else { return self.block(body) };
        let at = self.region(item.context_expr.range());
        let context = self.expr(&item.context_expr)?;
        if let Some(classes) = self.suppressed_classes(&context) {
            let caught = classes.clone();
            return self.catching(
                classes,
                |this| this.with_statement(rest, body),
                |this, raised| this.suppress(&caught, raised),
                |_| Ok(Flow::Normal),
            );
        }
        if context.as_unknown().is_some() {
            // A context manager that nobody sees may swallow what is raised inside.
            let classes = vec![Some(context.clone())];
            let body = |this: &mut Self| this.with_entered(item, &context, rest, body, at);
            let caught = classes.clone();
            return self.catching(classes, body, |this, raised| this.suppress(&caught, raised), |_| Ok(Flow::Normal));
        }
        self.with_entered(item, &context, rest, body, at)
    }

    /// An exception that reaches a manager which swallows some.
    pub(super) fn suppress(&mut self, classes: &[Option<Val>], raised: &Raised) -> Res<Flow> {
        let mut doubt = false;
        for class in classes {
            match class.as_ref().map_or(Some(true), |class| self.is_exception_of(&raised.exception, class)) {
                Some(true) => return Ok(Flow::Normal),
                Some(false) => {}
                None => doubt = true,
            }
        }
        let pass_on = || Err(Stop::Raise(Box::new(raised.clone())));
        if doubt { self.perhaps_caught(raised, &mut |_| Ok(Flow::Normal), &mut |_| pass_on()) } else { pass_on() }
    }

    /// The body of a `with` statement once its context is known.
    pub(super) fn with_entered(
        &mut self,
        item: &'a ast::WithItem,
        context: &Val,
        rest: &'a [ast::WithItem],
        body: &'a [ast::Stmt],
        at: Region,
    ) -> Res<Flow> {
        if let Some(call) = self.managing_call(context) {
            return self.with_generator(call, item, rest, body, at);
        }
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
    pub(super) fn with_exit(&mut self, exit: &Val, items: &'a [ast::WithItem], body: &'a [ast::Stmt], at: Region) -> Res<Flow> {
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

    // ── Generators that manage ──────────────────────────────────────────────────────────────────────────────────

    /// The manager that calling a generator under `contextmanager` gives. Nothing of it runs yet.
    pub(super) fn manager(&mut self, function: u32, args: Args) -> Val {
        let call = Val::int(self.managers.len() as i128);
        self.managers.push((function, args));
        self.native_instance("contextlib._GeneratorContextManager", vec![(CALL, call)])
    }

    /// The call behind such a manager.
    fn managing_call(&self, context: &Val) -> Option<(u32, Args)> {
        match self.native_attribute(context, CALL)?.kind {
            Kind::Int(call) => usize::try_from(call).ok().and_then(|call| self.managers.get(call)).cloned(),
            _ => None,
        }
    }

    /// Runs the generator; where it yields, the block runs as if it stood there.
    fn with_generator(
        &mut self,
        (function, args): (u32, Args),
        item: &'a ast::WithItem,
        items: &'a [ast::WithItem],
        body: &'a [ast::Stmt],
        at: Region,
    ) -> Res<Flow> {
        let index = self.managed.len();
        self.managed.push(Managed {
            target: item.optional_vars.as_deref(),
            items,
            body,
            frames: self.frames.len(),
            returns: self.returns.len(),
            loops: self.loops.clone(),
            rounds: 0,
            flow: Flow::Normal,
        });
        let result = self.deeper(at, |this| this.run_function(function, args, Some(index), at));
        let managed = self.managed.pop();
        result?;
        match managed {
            Some(managed) if managed.rounds > 0 => Ok(managed.flow),
            _ => Err(self.raise_plain("RuntimeError", "the generator does not yield", at)),
        }
    }

    /// What a manager's generator yields: the block runs with it.
    pub(super) fn yield_to_block(&mut self, index: usize, value: Val, at: Region) -> Res<Val> {
        let managed = &mut self.managed[index];
        managed.rounds += 1;
        if managed.rounds > 1 && self.undecided == 0 {
            return Err(self.raise_plain("RuntimeError", "the generator does not stop", at));
        }
        let managed = &self.managed[index];
        let (target, items, body) = (managed.target, managed.items, managed.body);
        let inner: Vec<Frame<'a>> = self.frames.split_off(managed.frames);
        let returns = self.returns.split_off(managed.returns);
        let loops = std::mem::replace(&mut self.loops, managed.loops.clone());
        let statement = self.statement;
        let result = match target {
            Some(target) => self.assign(target, value),
            None => Ok(()),
        };
        let result = result.and_then(|()| self.with_statement(items, body));
        self.statement = statement;
        self.loops = loops;
        self.returns.extend(returns);
        self.frames.extend(inner);
        self.managed[index].flow = result?;
        Ok(Val::none())
    }

    /// The exceptions that `contextlib.suppress(…)` swallows.
    pub(super) fn suppressed_classes(&self, context: &Val) -> Option<Vec<Option<Val>>> {
        let Kind::Instance(id) = context.kind else { return None };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return None };
        if !matches!(&class.kind, Kind::Extern(name) if &**name == "contextlib.suppress") {
            return None;
        }
        let classes = self.native_attribute(context, "classes")?;
        match &classes.kind {
            Kind::Tuple(items) => Some(
                items
                    .iter()
                    .filter_map(|item| match item {
                        Elem::One(class) => Some(Some(class.clone())),
                        Elem::Perhaps(..) | Elem::Many(_) => None,
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    /// What `with CONTEXT as name` binds.
    pub(super) fn enter(&mut self, context: &Val, at: Region) -> Res<Val> {
        if let Some(method) = self.special(context, "__enter__") {
            return self.call_values(&method, Vec::new(), at);
        }
        if let Kind::Instance(id) = context.kind
            && let Cell::Instance(class, _) = self.heap.cell(id)
            && let Some(native) = self.native_class(&class.clone())
        {
            let dotted: Rc<str> = format!("{native}.__enter__").into();
            if super::library::is_method(&dotted) {
                return self.call_extern(&dotted, Args::of(vec![context.clone()]), at);
            }
        }
        Ok(match &context.kind {
            // Files, paths and locks give themselves.
            Kind::Instance(_) | Kind::Path(_) => context.clone(),
            _ => self.unknown_of(&[context], at),
        })
    }

    pub(super) fn exit(&mut self, context: &Val, at: Region) -> Res<()> {
        if let Some(method) = self.special(context, "__exit__") {
            self.call_values(&method, vec![Val::none(), Val::none(), Val::none()], at)?;
        } else if let Kind::Instance(id) = context.kind
            && let Cell::Instance(class, _) = self.heap.cell(id)
            && let Some(native) = self.native_class(&class.clone())
        {
            let dotted: Rc<str> = format!("{native}.__exit__").into();
            if super::library::is_method(&dotted) {
                self.call_extern(&dotted, Args::of(vec![context.clone()]), at)?;
            }
        }
        Ok(())
    }
}
