//! The course of an evaluation: which conditions were met and how they came out, for those who ask why.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_text_size::{Ranged, TextRange};
use shipworthy_model::{Datum, Decision, Region, Truth, Unknown, Why, is_secret_name};

use super::heap::Cell;
use super::interp::{Interp, Raised};
use super::object::{Deps, Kind, Val};
use super::scope;

/// Decisions kept of one evaluation.
const MAX_DECISIONS: usize = 2_000;
/// Names kept of one test.
const MAX_OPERANDS: usize = 4;

/// Longer lists explain nothing.
const MAX_ELEMENTS: usize = 16;

/// The two sides of a condition, as ranges of the source, and the statements of each.
pub(super) struct Sides<'a> {
    pub(super) then: TextRange,
    pub(super) otherwise: Option<TextRange>,
    pub(super) then_body: &'a [ast::Stmt],
    pub(super) otherwise_bodies: Vec<&'a [ast::Stmt]>,
}

impl<'a> Sides<'a> {
    /// Of an `if` or `elif` with what follows it.
    pub(super) fn of_statement(body: &'a [ast::Stmt], rest: &'a [ast::ElifElseClause]) -> Self {
        let whole = |first: TextRange, last: TextRange| TextRange::new(first.start(), last.end());
        let then = match body {
            [first, .., last] => whole(first.range(), last.range()),
            [only] => only.range(),
            [] => TextRange::default(),
        };
        let otherwise = match rest {
            [first, .., last] => Some(whole(first.range(), last.range())),
            [only] => Some(only.range()),
            [] => None,
        };
        Self { then, otherwise, then_body: body, otherwise_bodies: rest.iter().map(|clause| &*clause.body).collect() }
    }

    /// Of a conditional expression.
    pub(super) fn of_expression(node: &'a ast::ExprIf) -> Self {
        Self { then: node.body.range(), otherwise: Some(node.orelse.range()), then_body: &[], otherwise_bodies: Vec::new() }
    }
}

impl<'a> Interp<'a> {
    /// Notes how a test came out; `None` where both sides are to be tried.
    pub(super) fn note_decision(&mut self, test: &'a ast::Expr, outcome: Option<bool>, deps: &Deps, sides: &Sides<'a>) {
        let at = self.region(test.range());
        let outcome = match outcome {
            Some(answer) => Truth::from(answer),
            None => Truth::Unknown(Unknown::new(Why::Branch(self.source().excerpt(test.range())), Some(at))),
        };
        if let Some(known) = self.known_decision(at, &outcome) {
            // What differs from time to time, in a loop or a function, explains nothing.
            if !self.course.decisions[known].operands.is_empty() {
                let now = self.operands(test);
                self.course.decisions[known].operands.retain(|operand| now.contains(operand));
            }
            return;
        }
        if self.course.decisions.len() >= MAX_DECISIONS {
            return;
        }
        let mut skipped = Vec::new();
        match &outcome {
            Truth::Yes => sides.otherwise_bodies.iter().for_each(|body| scope::touched(body, &mut skipped)),
            Truth::No => scope::touched(sides.then_body, &mut skipped),
            Truth::Unknown(_) => {}
        }
        let decision = Decision {
            test: at,
            outcome,
            then: self.region(sides.then),
            otherwise: sides.otherwise.map(|range| self.region(range)),
            operands: self.operands(test),
            assumptions: deps.iter().cloned().collect(),
            skipped: settings_among(&skipped),
            raised: None,
        };
        self.add_decision(decision);
    }

    /// Notes that an `except` caught something.
    pub(super) fn note_handler(&mut self, handler: &'a ast::ExceptHandlerExceptHandler, raised: &Raised) {
        let [first, ..] = handler.body.as_slice() else { return };
        let last = handler.body.last().unwrap_or(first);
        let test = handler.type_.as_ref().map_or_else(|| handler.range(), |class| class.range());
        let test = self.region(test);
        if self.known_decision(test, &Truth::Yes).is_some() || self.course.decisions.len() >= MAX_DECISIONS {
            return;
        }
        let class = self.exception_name(&raised.exception);
        let raised_text = if raised.message.is_empty() { class } else { format!("{class}: {}", raised.message) };
        let decision = Decision {
            test,
            outcome: Truth::Yes,
            then: self.region(TextRange::new(first.start(), last.end())),
            otherwise: None,
            operands: Vec::new(),
            assumptions: raised.deps.iter().cloned().collect(),
            skipped: BTreeSet::new(),
            raised: Some(raised_text.into()),
        };
        self.add_decision(decision);
    }

    /// The place of a decision among those that were made, if the test came out this way before.
    fn known_decision(&self, test: Region, outcome: &Truth) -> Option<usize> {
        self.decided.get(&(test, way(outcome))).copied()
    }

    fn add_decision(&mut self, decision: Decision) {
        self.decided.insert((decision.test, way(&decision.outcome)), self.course.decisions.len());
        self.course.add(decision);
    }

    /// The plain values that the names of a test have now.
    fn operands(&self, test: &'a ast::Expr) -> Vec<(Arc<str>, shipworthy_model::Value)> {
        let mut names = Names(Vec::new());
        names.visit_expr(test);
        let plain = |name: &&str| {
            let value = self.current(name)?;
            let telling = match &value.kind {
                Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Str(_) | Kind::OneOf(_) => true,
                Kind::List(id) => matches!(self.heap.cell(*id), Cell::List(items) if items.len() <= MAX_ELEMENTS),
                _ => false,
            };
            if !telling {
                return None;
            }
            // What a name hints at is a credential whatever it holds.
            let shown = self.freeze_as(&value, name).0;
            let hidden = is_secret_name(name) && matches!(shown.datum, Datum::Str(_));
            (!hidden).then(|| (Arc::from(*name), shown))
        };
        names.0.iter().filter_map(plain).take(MAX_OPERANDS).collect()
    }

    /// What a name of the code that runs now is bound to, without any of the effects of looking it up.
    fn current(&self, name: &str) -> Option<Val> {
        let frame = self.frame();
        let spaces = std::iter::once(frame.locals).chain(frame.enclosing.iter().copied()).chain([frame.globals]);
        spaces.filter_map(|space| self.heap.space(space).names.get(name)).map(|binding| binding.value.clone()).next()
    }
}

/// The three ways in which a test comes out, as a key.
fn way(outcome: &Truth) -> u8 {
    match outcome {
        Truth::Yes => 0,
        Truth::No => 1,
        Truth::Unknown(_) => 2,
    }
}

/// The names that an expression reads, in their order.
struct Names<'a>(Vec<&'a str>);

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        match expression {
            ast::Expr::Name(name) if !self.0.contains(&name.id.as_str()) => self.0.push(&name.id),
            ast::Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expression),
        }
    }
}

fn settings_among(names: &[&str]) -> BTreeSet<Arc<str>> {
    names.iter().filter(|name| super::is_setting_name(name)).map(|name| Arc::from(*name)).collect()
}
