//! What a test tells of the names in it, on either side of a branch that cannot be decided.

use std::rc::Rc;

use ruff_python_ast as ast;

use super::interp::{Flow, Interp, Res};
use super::object::{Deps, Id, Kind, Val};

/// A name of which a test leaves some of the alternatives.
struct Narrowed {
    space: Id,
    name: Rc<str>,
    value: Val,
}

impl<'a> Interp<'a> {
    /// Runs both sides of a test that cannot be decided. On each, the names of the test are what it says they are.
    pub(super) fn fork_on(
        &mut self,
        test: &'a ast::Expr,
        deps: &Deps,
        then: &mut dyn FnMut(&mut Self) -> Res<Flow>,
        otherwise: &mut dyn FnMut(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        let condition = self.condition(test);
        self.telling(test, |this| {
            this.fork(
                &condition,
                deps,
                &mut |this| {
                    this.narrow(test, true);
                    then(this)
                },
                &mut |this| {
                    this.narrow(test, false);
                    otherwise(this)
                },
            )
        })
    }

    /// Runs what narrows the names of a test; those that it leaves as they were get their alternatives back, with the
    /// conditions that tell them apart.
    pub(super) fn telling<T>(&mut self, test: &'a ast::Expr, run: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        let mut before: Vec<Narrowed> = Vec::new();
        self.alternatives_of(test, &mut before);
        let result = run(self)?;
        for known in before {
            self.restore(known);
        }
        Ok(result)
    }

    /// Takes for granted that a test comes out this way: of the alternatives of a name, those remain that agree.
    pub(super) fn narrow(&mut self, test: &'a ast::Expr, holds: bool) {
        match test {
            ast::Expr::Name(_) => self.narrow_name(test, |this, value| this.truth(value) != Some(!holds)),
            ast::Expr::UnaryOp(node) if node.op == ast::UnaryOp::Not => self.narrow(&node.operand, !holds),
            ast::Expr::BoolOp(node) if holds == (node.op == ast::BoolOp::And) => {
                for part in &node.values {
                    self.narrow(part, holds);
                }
            }
            ast::Expr::Compare(node) => {
                let ([operator], [ast::Expr::NoneLiteral(_)]) = (&*node.ops, &*node.comparators) else { return };
                let is_none = match operator {
                    ast::CmpOp::Is | ast::CmpOp::Eq => holds,
                    ast::CmpOp::IsNot | ast::CmpOp::NotEq => !holds,
                    _ => return,
                };
                self.narrow_name(&node.left, |_, value| value.is_none() == is_none || value.as_unknown().is_some());
            }
            ast::Expr::Call(node) => {
                let (Some(name), Some(class)) = (asked_of(node), node.arguments.args.get(1)) else { return };
                let at = self.statement;
                // A project's own function of the name says what it likes.
                let is_ours = matches!(self.load("isinstance", at), Ok(Val { kind: Kind::Extern(_), .. }));
                if let Some(class) = self.expr(class).ok().filter(|_| is_ours) {
                    self.narrow_name(name, |this, value| this.is_instance(value, &class) != Some(!holds));
                }
            }
            _ => {}
        }
    }

    fn narrow_name(&mut self, name: &'a ast::Expr, agrees: impl Fn(&Self, &Val) -> bool) {
        let Some(Narrowed { space, name, value }) = self.several(name) else { return };
        let Kind::OneOf(alternatives) = &value.kind else { return };
        let kept: Vec<_> = alternatives.iter().filter(|(_, value)| agrees(self, value)).cloned().collect();
        let narrowed = match kept.as_slice() {
            [] => return,
            [(_, only)] => only.clone().with(&value.deps),
            kept if kept.len() == alternatives.len() => return,
            _ => Val { kind: Kind::OneOf(Rc::new(kept)), ..value.clone() },
        };
        if let Some(binding) = self.heap.space_mut(space).names.get_mut(&name) {
            binding.value = narrowed;
        }
    }

    /// The names of a test that have alternatives.
    fn alternatives_of(&self, test: &'a ast::Expr, found: &mut Vec<Narrowed>) {
        match test {
            ast::Expr::Name(_) => found.extend(self.several(test)),
            ast::Expr::UnaryOp(node) => self.alternatives_of(&node.operand, found),
            ast::Expr::BoolOp(node) => node.values.iter().for_each(|part| self.alternatives_of(part, found)),
            ast::Expr::Compare(node) => self.alternatives_of(&node.left, found),
            ast::Expr::Call(node) => asked_of(node).into_iter().for_each(|name| self.alternatives_of(name, found)),
            _ => {}
        }
    }

    /// A name with the namespace that certainly binds it, if it has alternatives.
    fn several(&self, name: &'a ast::Expr) -> Option<Narrowed> {
        let ast::Expr::Name(node) = name else { return None };
        let frame = self.frame();
        let spaces = std::iter::once(frame.locals).chain(frame.enclosing.iter().copied()).chain([frame.globals]);
        for space in spaces {
            if let Some(binding) = self.heap.space(space).names.get(node.id.as_str()) {
                let certain = binding.perhaps.is_none() && matches!(binding.value.kind, Kind::OneOf(_));
                return certain.then(|| Narrowed { space, name: node.id.as_str().into(), value: binding.value.clone() });
            }
        }
        None
    }

    fn restore(&mut self, known: Narrowed) {
        let Kind::OneOf(before) = &known.value.kind else { return };
        let Some(now) = self.heap.space(known.space).names.get(&known.name).map(|binding| &binding.value) else { return };
        let Kind::OneOf(after) = &now.kind else { return };
        let has = |list: &[(shipworthy_model::Condition, Val)], value: &Val| list.iter().any(|(_, it)| self.same(it, value));
        let alike = before.iter().all(|(_, value)| has(after, value)) && after.iter().all(|(_, value)| has(before, value));
        if alike && let Some(binding) = self.heap.space_mut(known.space).names.get_mut(&known.name) {
            binding.value = known.value;
        }
    }
}

/// What `isinstance(name, class)` is asked of.
fn asked_of(call: &ast::ExprCall) -> Option<&ast::Expr> {
    let is_it = matches!(&*call.func, ast::Expr::Name(name) if &*name.id == "isinstance");
    call.arguments.args.first().filter(|_| is_it && call.arguments.args.len() == 2 && call.arguments.keywords.is_empty())
}
