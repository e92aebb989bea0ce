//! Loops, with paths that leave them early.

use super::heap::Cell;
use super::interp::{Flow, Interp, Raised, Res, Stop};
use super::join::{Suspended, Target};
use super::object::{Deps, Elem, Id, Kind, Val};
use ruff_python_ast as ast;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, Unknown, Why};
use std::rc::Rc;

/// Rounds that a loop may be left in by what cannot be decided, before nobody counts them any more.
const MAX_LEFT: usize = 50;

/// What a loop over several lists at once hands to its body.
#[derive(Clone, Copy)]
enum Shape {
    /// The element.
    Plain,
    /// `zip`: a tuple of elements.
    Rows,
    /// `enumerate`: a number and the element.
    Numbered(i128),
}

impl<'a> Interp<'a> {
    pub(super) fn for_statement(&mut self, node: &'a ast::StmtFor) -> Res<Flow> {
        let at = self.region(node.iter.range());
        if let Some((columns, shape)) = self.growing_columns(node)? {
            let depth = self.heap.begin();
            self.loops.push((depth, depth));
            let result = self.for_growing(node, columns, shape);
            return self.finish_loop(depth, result, &node.orelse);
        }
        let iterable = self.expr(&node.iter)?;
        let grows = matches!(iterable.kind, Kind::List(_) | Kind::Iter(_)) && self.changes_what_it_walks(node)?;
        let elements = if grows && matches!(iterable.kind, Kind::Iter(_)) {
            Err(Rc::new(Unknown::new(Why::Unsupported("a loop over what its body changes".into()), Some(at))))
        } else if grows {
            Ok(Vec::new())
        } else {
            self.elements(&iterable, at)?
        };
        let depth = self.heap.begin();
        self.loops.push((depth, depth));
        let deps = iterable.deps.clone();
        let result = match elements {
            Ok(_) if grows => self.under(&deps, |this| this.for_growing(node, vec![iterable.clone()], Shape::Plain)),
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

    /// The arguments of `zip(…)` or `enumerate(…)` where the loop's body changes a list among them, which the loop sees.
    fn growing_columns(&mut self, node: &'a ast::StmtFor) -> Res<Option<(Vec<Val>, Shape)>> {
        let ast::Expr::Call(call) = &*node.iter else { return Ok(None) };
        let ast::Expr::Name(name) = &*call.func else { return Ok(None) };
        if !matches!(&*name.id, "zip" | "enumerate")
            || !call.arguments.keywords.iter().all(|keyword| keyword.arg.as_ref().is_some_and(|arg| &**arg == "start"))
            || call.arguments.args.iter().any(|argument| matches!(argument, ast::Expr::Starred(_)))
            || !self.changes_what_it_walks(node)?
        {
            return Ok(None);
        }
        let at = self.region(node.iter.range());
        let function = self.load(&name.id, at)?;
        if !matches!(&function.kind, Kind::Extern(function) if function.strip_prefix("builtins.") == Some(&*name.id)) {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for argument in &call.arguments.args {
            columns.push(self.expr(argument)?);
        }
        if &*name.id == "zip" {
            return Ok(Some((columns, Shape::Rows)));
        }
        let mut start = if columns.len() > 1 { columns.pop() } else { None };
        if let Some(keyword) = call.arguments.keywords.first() {
            start = Some(self.expr(&keyword.value)?);
        }
        Ok(Some(match start.as_ref().map(super::operators::as_number) {
            None => (columns, Shape::Numbered(0)),
            Some(Some(super::operators::Number::Int(start))) => (columns, Shape::Numbered(start)),
            // A count from an unknown number on has unknown numbers.
            Some(_) => (vec![self.unknown_of(&start.iter().collect::<Vec<_>>(), at)], Shape::Plain),
        }))
    }

    /// Whether the body of a loop adds to or takes from a list that the loop walks over, by any of its names.
    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    fn changes_what_it_walks(&mut self, node: &'a ast::StmtFor) -> Res<bool> {
        let (mut walked, mut changed) = (Vec::new(), Vec::new());
        super::scope::names_in(&node.iter, &mut walked);
        super::scope::resized(&node.body, &mut changed);
        if changed.is_empty() {
            return Ok(false);
        }
        let at = self.statement;
        let mut lists = Vec::new();
        for name in walked {
            if let Ok(value) = self.load(name, at) {
                self.lists_in(&value, &mut lists);
            }
        }
        let mut resized = Vec::new();
        for name in changed {
            if let Ok(value) = self.load(name, at) {
                self.lists_in(&value, &mut resized);
            }
        }
        Ok(resized.iter().any(|id| lists.contains(id)))
    }

    /// The lists that a value is or holds, as far as a few keys lead.
    fn lists_in(&self, value: &Val, lists: &mut Vec<Id>) {
        const MOST: usize = 200;
        let mut left = vec![value.clone()];
        for _ in 0..MOST {
            let Some(value) = left.pop() else { return };
            match &value.kind {
                Kind::List(id) if lists.contains(id) => {}
                Kind::List(id) => lists.push(*id),
                Kind::Dict(id) => {
                    let Cell::Dict(dict) = self.heap.cell(*id) else { continue };
                    let inner = dict.entries.values().map(|slot| &slot.value);
                    left.extend(inner.filter(|value| matches!(value.kind, Kind::List(_) | Kind::Dict(_))).take(MOST).cloned());
                }
                Kind::OneOf(alternatives) => left.extend(alternatives.iter().map(|(_, value)| value.clone())),
                _ => {}
            }
        }
    }

    /// A loop over lists that its body may change: each round takes what then stands in the next place.
    #[allow(clippy::needless_pass_by_value, reason = "the caller is done with it")]
    fn for_growing(&mut self, node: &'a ast::StmtFor, columns: Vec<Val>, shape: Shape) -> Res<Flow> {
        let at = self.region(node.iter.range());
        let mut fixed = Vec::with_capacity(columns.len());
        for column in &columns {
            fixed.push(if let Kind::List(_) = column.kind { None } else { Some(self.elements(column, at)?) });
        }
        for index in 0.. {
            self.burn(1)?;
            let mut row = Vec::with_capacity(columns.len());
            for (column, fixed) in columns.iter().zip(&fixed) {
                let items = match (&column.kind, fixed) {
                    (_, Some(Ok(items))) => items.as_slice(),
                    (Kind::List(id), None) => match self.heap.cell(*id) {
                        Cell::List(items) => items.as_slice(),
                        _ => &[],
                    },
                    (_, Some(Err(_)) | None) => return self.for_unknown(node),
                };
                match items.get(index) {
                    None if items.iter().all(|item| matches!(item, Elem::One(_))) => return Ok(Flow::Normal),
                    Some(Elem::One(value)) if items[..index].iter().all(|item| matches!(item, Elem::One(_))) => {
                        row.push(value.clone().with(&column.deps));
                    }
                    // From here on nobody knows which element comes next.
                    None | Some(Elem::One(_) | Elem::Perhaps(..) | Elem::Many(_)) => return self.for_unknown(node),
                }
            }
            let value = match shape {
                Shape::Plain => row.pop().unwrap_or_else(Val::none),
                Shape::Rows if row.is_empty() => return Ok(Flow::Normal),
                Shape::Rows => Val::tuple(row),
                Shape::Numbered(start) => {
                    row.insert(0, Val::int(start + index as i128));
                    Val::tuple(row)
                }
            };
            match self.iteration(&node.target, value, &node.body)? {
                Flow::Normal => {}
                leaving @ (Flow::Break | Flow::Return(_) | Flow::Continue) => return Ok(leaving),
            }
        }
        Ok(Flow::Normal)
    }

    /// The rest of a loop of which nobody knows the elements.
    fn for_unknown(&mut self, node: &'a ast::StmtFor) -> Res<Flow> {
        let at = self.region(node.iter.range());
        let unknown = Rc::new(Unknown::new(Why::Unsupported("a loop over what its body changes".into()), Some(at)));
        let condition = Condition { text: self.source().excerpt(node.iter.range()), at: Some(at), holds: true };
        self.any_number_of_times(&condition, &Deps::default(), &mut |this| {
            this.iteration(&node.target, super::interp::unknown_value(&unknown), &node.body)
        })
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
                        let value = this.any_of_many(&unknown);
                        this.iteration(&node.target, value, &node.body)
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
    #[allow(clippy::needless_pass_by_value, reason = "the caller is done with it")]
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
        let mut left = 0;
        loop {
            self.burn(1)?;
            let test = self.expr(&node.test)?;
            let waiting = self.suspended.len();
            match self.decide(&test, self.statement)? {
                Some(false) => return Ok(Flow::Normal),
                Some(true) if left > MAX_LEFT => return self.while_unknown(node),
                Some(true) => match self.under(&test.deps, |this| this.round(&node.body, |this| this.block(&node.body)))? {
                    Flow::Normal | Flow::Continue => left += usize::from(self.suspended.len() > waiting),
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

    /// The rest of a loop that is left by what cannot be decided, after nobody knows how many rounds: what it changes is not
    /// known, and neither is with what it is left in the last one.
    fn while_unknown(&mut self, node: &'a ast::StmtWhile) -> Res<Flow> {
        let condition = self.condition(&node.test);
        let why = Unknown::new(Why::Unsupported("a loop that ends by what cannot be decided".into()), condition.at);
        let mut round = |this: &mut Self| this.round(&node.body, |this| this.block(&node.body));
        self.any_number_of_times(&condition, &Deps::default(), &mut round)?;
        let mut names = Vec::new();
        super::scope::touched(&node.body, &mut names);
        let unknown = Rc::new(why.clone());
        for name in names {
            let space = self.space_of(name);
            if let Some(value) = self.lookup(space, name) {
                self.lose_contents(&value, &unknown);
            }
        }
        self.lose(&node.body, &why);
        self.fork(&condition, &Deps::default(), &mut round, &mut |_| Ok(Flow::Normal))
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
