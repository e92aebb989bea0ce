//! Loops, with paths that leave them early.

use super::interp::{Flow, Interp, Raised, Res, Stop};
use super::join::{Suspended, Target};
use super::object::{Deps, Elem, Val};
use ruff_python_ast as ast;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_text_size::Ranged;
use shipworthy_model::Condition;

impl<'a> Interp<'a> {
    pub(super) fn for_statement(&mut self, node: &'a ast::StmtFor) -> Res<Flow> {
        let at = self.region(node.iter.range());
        let iterable = self.expr(&node.iter)?;
        let elements = self.elements(&iterable, at)?;
        let depth = self.heap.begin();
        self.loops.push((depth, depth));
        let deps = iterable.deps.clone();
        let result = match elements {
            Ok(elements) => self.under(&deps, |this| this.for_elements(node, elements)),
            Err(unknown) => {
                let condition = Condition { text: self.source().excerpt(node.iter.range()), at: Some(at), holds: true };
                self.any_number_of_times(&condition, &deps, &mut |this| {
                    this.iteration(&node.target, super::interp::unknown_value(&unknown), &node.body)
                })
            }
        };
        self.finish_loop(depth, result, &node.orelse)
    }

    fn for_elements(&mut self, node: &'a ast::StmtFor, elements: Vec<Elem>) -> Res<Flow> {
        for elem in elements {
            self.burn(1)?;
            let flow = match elem {
                Elem::One(value) => self.iteration(&node.target, value, &node.body)?,
                Elem::Perhaps(value, condition) => self.fork(
                    &condition,
                    &Deps::default(),
                    &mut |this| this.iteration(&node.target, value.clone(), &node.body),
                    &mut |_| Ok(Flow::Normal),
                )?,
                Elem::Many(unknown) => {
                    let condition = Condition { text: self.source().excerpt(node.iter.range()), at: unknown.at, holds: true };
                    self.any_number_of_times(&condition, &Deps::default(), &mut |this| {
                        this.iteration(&node.target, super::interp::unknown_value(&unknown), &node.body)
                    })?
                }
            };
            match flow {
                Flow::Normal => {}
                leaving @ (Flow::Break | Flow::Return(_) | Flow::Continue) => return Ok(leaving),
            }
        }
        Ok(Flow::Normal)
    }

    /// One round of a loop: `continue` comes back here as a normal end.
    fn iteration(&mut self, target: &'a ast::Expr, value: Val, body: &'a [ast::Stmt]) -> Res<Flow> {
        self.round(body, |this| {
            this.assign(target, value)?;
            this.block(body)
        })
    }

    /// Runs a body. Only where a path of it may wait at its end for the others is there a frame to undo: a frame copies
    /// each object that the body changes.
    fn round(&mut self, body: &'a [ast::Stmt], run: impl FnOnce(&mut Self) -> Res<Flow>) -> Res<Flow> {
        if !continues(body) {
            return run(self);
        }
        let depth = self.heap.begin();
        let outer = self.loops.last().copied();
        if let Some(innermost) = self.loops.last_mut() {
            innermost.1 = depth;
        }
        let result = run(self);
        if let (Some(innermost), Some(outer)) = (self.loops.last_mut(), outer) {
            *innermost = outer;
        }
        match result {
            Ok(Flow::Normal | Flow::Continue) => {
                self.land(Target::Iteration(depth), true);
                Ok(Flow::Normal)
            }
            Ok(leaving) => self.leave_round(depth, Ok(leaving)),
            Err(Stop::Raise(raised)) => self.leave_round(depth, Err(raised)),
            Err(limit) => {
                self.heap.commit();
                Err(limit)
            }
        }
    }

    /// The straight path leaves the loop, but others may have chosen to continue it.
    fn leave_round(&mut self, depth: usize, leaving: Result<Flow, Box<Raised>>) -> Res<Flow> {
        let waiting = self.suspended.iter().any(|path| path.target == Target::Iteration(depth));
        if !waiting {
            self.heap.commit();
            return leaving.map_err(Stop::Raise);
        }
        let condition = self
            .suspended
            .iter()
            .find(|path| path.target == Target::Iteration(depth))
            .map(|path| super::object::negated(&path.condition));
        let delta = self.heap.undo();
        if let Some(condition) = condition {
            self.suspend(leaving, delta, condition);
        }
        self.heap.begin();
        self.land(Target::Iteration(depth), false);
        Ok(Flow::Normal)
    }

    fn finish_loop(&mut self, depth: usize, result: Res<Flow>, orelse: &'a [ast::Stmt]) -> Res<Flow> {
        self.loops.pop();
        match result {
            Ok(Flow::Normal | Flow::Continue) => {
                let broken = self.caught_paths(Target::Loop(depth));
                if broken.is_empty() {
                    self.heap.commit();
                    return self.block(orelse);
                }
                // Paths that broke out skip the `else`.
                let straight = self.heap.undo();
                self.rejoin(straight, broken, |this| this.block(orelse))
            }
            Ok(Flow::Break) => {
                self.land(Target::Loop(depth), true);
                Ok(Flow::Normal)
            }
            Ok(Flow::Return(value)) => self.leave_loop(depth, Ok(Flow::Return(value))),
            Err(Stop::Raise(raised)) => self.leave_loop(depth, Err(raised)),
            Err(limit) => {
                self.heap.commit();
                Err(limit)
            }
        }
    }

    fn leave_loop(&mut self, depth: usize, leaving: Result<Flow, Box<Raised>>) -> Res<Flow> {
        let broken = self.caught_paths(Target::Loop(depth));
        let Some(first) = broken.first() else {
            self.heap.commit();
            return leaving.map_err(Stop::Raise);
        };
        let condition = super::object::negated(&first.condition);
        let delta = self.heap.undo();
        self.suspend(leaving, delta, condition);
        let mut merged: Option<super::heap::Delta> = None;
        for path in broken.into_iter().rev() {
            merged = Some(match merged {
                Some(delta) => self.joined(path.delta, delta, &path.condition),
                None => path.delta,
            });
        }
        self.heap.apply(merged.unwrap_or_default());
        Ok(Flow::Normal)
    }

    /// Continues the straight path with `more` and joins it with paths that skip it.
    fn rejoin(
        &mut self,
        straight: super::heap::Delta,
        paths: Vec<Suspended>,
        more: impl Fn(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        let Some((first, rest)) = paths.split_first() else {
            self.heap.apply(straight);
            return more(self);
        };
        let others: Vec<_> = rest.iter().map(|path| (path.delta.clone(), path.condition.clone())).collect();
        let mut skipped = first.delta.clone();
        for (delta, condition) in others {
            skipped = self.joined(delta, skipped, &condition);
        }
        self.fork(
            &first.condition,
            &Deps::default(),
            &mut |this| {
                this.heap.apply(skipped.clone());
                Ok(Flow::Normal)
            },
            &mut |this| {
                this.heap.apply(straight.clone());
                more(this)
            },
        )
    }

    pub(super) fn while_statement(&mut self, node: &'a ast::StmtWhile) -> Res<Flow> {
        let depth = self.heap.begin();
        self.loops.push((depth, depth));
        let result = self.while_rounds(node);
        self.finish_loop(depth, result, &node.orelse)
    }

    fn while_rounds(&mut self, node: &'a ast::StmtWhile) -> Res<Flow> {
        loop {
            self.burn(1)?;
            let test = self.expr(&node.test)?;
            match self.decide(&test, self.statement)? {
                Some(false) => return Ok(Flow::Normal),
                Some(true) => match self.under(&test.deps, |this| this.round(&node.body, |this| this.block(&node.body)))? {
                    Flow::Normal | Flow::Continue => {}
                    leaving @ (Flow::Break | Flow::Return(_)) => return Ok(leaving),
                },
                None => {
                    let condition = self.condition(&node.test);
                    return self.any_number_of_times(&condition, &test.deps, &mut |this| {
                        this.round(&node.body, |this| this.block(&node.body))
                    });
                }
            }
        }
    }
}

/// Whether there is a `continue` somewhere in a body.
fn continues(body: &[ast::Stmt]) -> bool {
    struct Search(bool);
    impl<'a> StatementVisitor<'a> for Search {
        fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
            match statement {
                ast::Stmt::Continue(_) => self.0 = true,
                _ if self.0 => {}
                _ => walk_stmt(self, statement),
            }
        }
    }
    let mut search = Search(false);
    search.visit_body(body);
    search.0
}
