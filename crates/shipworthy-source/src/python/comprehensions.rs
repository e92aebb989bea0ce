//! Comprehensions and generator expressions.

use super::heap::{Cell, Dict};
use super::interp::{Flow, Frame, FrameKind, Interp, Locals, Res};
use super::object::{Deps, Elem, Id, Kind, Val};
use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, Region, Unknown};
use std::rc::Rc;

/// What ends a generator that runs only until it is found.
#[derive(Clone, Copy)]
pub(super) enum Sought {
    Truth(bool),
    Anything,
}

impl<'a> Interp<'a> {
    /// Runs the generators and lets `emit` add to a fresh list, whose id is returned.
    pub(super) fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        emit: &dyn Fn(&mut Self, Id) -> Res<()>,
    ) -> Res<Id> {
        let out = self.heap.new_cell(Cell::List(Vec::new()));
        let Some(first) = generators.first() else { return Ok(out) };
        // The first iterable is evaluated outside the new scope.
        let iterable = self.expr(&first.iter)?;
        let outer = std::mem::take(&mut self.left_out);
        let settled = self.settled.take();
        let result = self
            .in_comprehension_scope(generators, |this| this.generate(generators, Some(iterable), &mut |this| emit(this, out)));
        self.settled = settled;
        result?;
        let left_out = std::mem::replace(&mut self.left_out, outer);
        self.heap.depend(out, &left_out);
        Ok(out)
    }

    /// `any(…)`, `all(…)` or `next(…)` of a generator expression: it runs no further than the answer needs.
    pub(super) fn generate_until(&mut self, node: &'a ast::ExprGenerator, sought: Sought, at: Region) -> Res<Val> {
        let undecided = self.undecided;
        let items = self.comprehension(&node.generators, &|this, out| {
            let value = this.expr(&node.elt)?;
            let found = match sought {
                Sought::Anything => true,
                Sought::Truth(truth) => this.truth(&value) == Some(truth),
            };
            if found && this.undecided == undecided {
                this.settled = Some(true);
            }
            this.push(out, Elem::One(value));
            Ok(())
        })?;
        let deps = self.heap.stored(items).deps.clone();
        let items = self.take_list(items);
        Ok(Val::new(Kind::Iter(self.heap.new_cell(Cell::Iter(items, 0)))).at(at).with(&deps))
    }

    fn in_comprehension_scope(
        &mut self,
        generators: &'a [ast::Comprehension],
        run: impl FnOnce(&mut Self) -> Res<()>,
    ) -> Res<()> {
        let mut names = Locals::default();
        for generator in generators {
            let mut targets = Vec::new();
            target_names(&generator.target, &mut targets);
            names.bound.extend(targets);
        }
        let space = self.new_space();
        let mut frame: Frame<'a> = self.frame().clone();
        frame.enclosing.insert(0, frame.locals);
        frame.kind = FrameKind::Function;
        frame.locals = space;
        frame.names = Rc::new(names);
        self.frames.push(frame);
        let result = run(self);
        self.frames.pop();
        result
    }

    fn generate(
        &mut self,
        generators: &'a [ast::Comprehension],
        iterable: Option<Val>,
        emit: &mut dyn FnMut(&mut Self) -> Res<()>,
    ) -> Res<()> {
        let Some((generator, rest)) = generators.split_first() else { return emit(self) };
        let iterable = match iterable {
            Some(iterable) => iterable,
            None => self.expr(&generator.iter)?,
        };
        let at = self.region(generator.iter.range());
        let deps = iterable.deps.clone();
        match self.elements(&iterable, at)? {
            Ok(elements) => self.under(&deps, |this| {
                for elem in elements {
                    this.burn(1)?;
                    if this.settled == Some(true) {
                        break;
                    }
                    match elem {
                        Elem::One(value) => this.generate_one(generator, rest, value, emit)?,
                        Elem::Perhaps(value, condition) => {
                            this.fork(
                                &condition,
                                &Deps::default(),
                                &mut |this| this.generate_one(generator, rest, value.clone(), emit).map(|()| Flow::Normal),
                                &mut |_| Ok(Flow::Normal),
                            )?;
                        }
                        Elem::Many(unknown) => this.generate_many(generator, rest, &unknown, emit)?,
                    }
                }
                Ok(())
            }),
            Err(unknown) => self.under(&deps, |this| this.generate_many(generator, rest, &unknown, emit)),
        }
    }

    fn generate_one(
        &mut self,
        generator: &'a ast::Comprehension,
        rest: &'a [ast::Comprehension],
        value: Val,
        emit: &mut dyn FnMut(&mut Self) -> Res<()>,
    ) -> Res<()> {
        self.assign(&generator.target, value)?;
        self.filtered(&generator.ifs, &mut |this| this.generate(rest, None, emit))
    }

    fn filtered(&mut self, tests: &'a [ast::Expr], run: &mut dyn FnMut(&mut Self) -> Res<()>) -> Res<()> {
        let Some((test, rest)) = tests.split_first() else { return run(self) };
        let value = self.expr(test)?;
        match self.decide(&value, self.statement)? {
            Some(true) => self.under(&value.deps, |this| this.filtered(rest, run)),
            Some(false) => {
                self.left_out = self.left_out.union(&value.deps);
                Ok(())
            }
            None => {
                let condition = self.condition(test);
                self.fork(&condition, &value.deps, &mut |this| this.filtered(rest, run).map(|()| Flow::Normal), &mut |_| {
                    Ok(Flow::Normal)
                })
                .map(|_| ())
            }
        }
    }

    fn generate_many(
        &mut self,
        generator: &'a ast::Comprehension,
        rest: &'a [ast::Comprehension],
        unknown: &Rc<Unknown>,
        emit: &mut dyn FnMut(&mut Self) -> Res<()>,
    ) -> Res<()> {
        let condition = Condition { text: self.source().excerpt(generator.iter.range()), at: unknown.at, holds: true };
        self.any_number_of_times(&condition, &Deps::default(), &mut |this| {
            let value = this.any_of_many(unknown);
            this.generate_one(generator, rest, value, emit).map(|()| Flow::Normal)
        })
        .map(|_| ())
    }

    pub(super) fn dict_comprehension(&mut self, node: &'a ast::ExprDictComp, at: Region) -> Res<Val> {
        let id = self.heap.new_cell(Cell::Dict(Dict::default()));
        let Some(first) = node.generators.first() else { return Ok(Val::new(Kind::Dict(id)).at(at)) };
        let iterable = self.expr(&first.iter)?;
        let outer = std::mem::take(&mut self.left_out);
        self.in_comprehension_scope(&node.generators, |this| {
            this.generate(&node.generators, Some(iterable), &mut |this| {
                let Some(key) = &node.key else {
                    let other = this.expr(&node.value)?;
                    return this.dict_update(id, &other, at);
                };
                let key = this.expr(key)?;
                let value = this.expr(&node.value)?;
                this.dict_insert(id, &key, value, at)
            })
        })?;
        let left_out = std::mem::replace(&mut self.left_out, outer);
        self.heap.depend(id, &left_out);
        Ok(Val::new(Kind::Dict(id)).at(at))
    }
}

fn target_names(target: &ast::Expr, names: &mut Vec<Rc<str>>) {
    match target {
        ast::Expr::Name(name) => names.push(name.id.as_str().into()),
        ast::Expr::Tuple(node) => node.elts.iter().for_each(|element| target_names(element, names)),
        ast::Expr::List(node) => node.elts.iter().for_each(|element| target_names(element, names)),
        ast::Expr::Starred(node) => target_names(&node.value, names),
        _ => {}
    }
}
