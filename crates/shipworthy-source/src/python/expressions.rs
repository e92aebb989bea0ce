//! Expressions: names, displays, operators, branches and comprehensions.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Region, Unknown, Why};

use super::call::Args;
use super::comprehensions::Sought;
use super::course::Sides;
use super::heap::{Cell, Dict, Slot};
use super::interp::{Body, Interp, Res, unknown_value};
use super::object::{Deps, Elem, Id, Kind, Val};

impl<'a> Interp<'a> {
    // ── Expressions ─────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn expr(&mut self, expression: &'a ast::Expr) -> Res<Val> {
        self.burn(1)?;
        let at = self.region(expression.range());
        self.deeper_expression(expression, at)
    }

    fn deeper_expression(&mut self, expression: &'a ast::Expr, at: Region) -> Res<Val> {
        // Long chains of operators are deep trees; the stack grows, Python's own frame count does not.
        stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.expression(expression, at))
    }

    fn expression(&mut self, expression: &'a ast::Expr, at: Region) -> Res<Val> {
        Ok(match expression {
            ast::Expr::NoneLiteral(_) => Val::none().at(at),
            ast::Expr::BooleanLiteral(node) => Val::bool(node.value).at(at),
            ast::Expr::EllipsisLiteral(_) => Val::new(Kind::Ellipsis).at(at),
            ast::Expr::NumberLiteral(node) => self.number(&node.value, at),
            ast::Expr::StringLiteral(node) => Val::str(node.value.to_str()).at(at),
            ast::Expr::BytesLiteral(node) => Val::new(Kind::Bytes(node.value.bytes().collect::<Vec<u8>>().into())).at(at),
            ast::Expr::FString(node) => self.f_string(node)?.at(at),
            ast::Expr::TString(_) => Val::unknown(Why::Unsupported("a template string".into()), Some(at)),
            // A name shows where its value was made, not where it is read.
            ast::Expr::Name(node) => self.load(&node.id, at)?,
            ast::Expr::List(node) => {
                let items = self.display(&node.elts, true)?;
                self.list_of(items).at(at)
            }
            ast::Expr::Tuple(node) => Val::new(Kind::Tuple(Rc::new(self.display(&node.elts, true)?))).at(at),
            ast::Expr::Set(node) if let Some(blank) = self.blank_of(node) => blank,
            ast::Expr::Set(node) => {
                let items = self.display(&node.elts, false)?;
                self.set_of(items).at(at)
            }
            ast::Expr::Dict(node) => self.dict_display(node, at)?,
            ast::Expr::Attribute(node) => {
                let object = self.expr(&node.value)?;
                self.attribute(&object, &node.attr, at)?
            }
            ast::Expr::Subscript(node) => {
                let object = self.expr(&node.value)?;
                let key = self.expr(&node.slice)?;
                self.subscript(&object, &key, at)?
            }
            ast::Expr::Slice(node) => {
                let mut part = |bound: &'a Option<Box<ast::Expr>>| match bound {
                    Some(bound) => self.expr(bound),
                    None => Ok(Val::none()),
                };
                let parts = (part(&node.lower)?, part(&node.upper)?, part(&node.step)?);
                Val::new(Kind::Slice(Rc::new(parts)))
            }
            ast::Expr::Starred(node) => self.expr(&node.value)?,
            ast::Expr::BoolOp(node) => self.bool_operator(node.op, &node.values)?,
            ast::Expr::UnaryOp(node) => {
                let operand = self.expr(&node.operand)?;
                self.unary(node.op, &operand, at)?.at(at)
            }
            ast::Expr::BinOp(node) => {
                let left = self.expr(&node.left)?;
                let right = self.expr(&node.right)?;
                self.binary(node.op, &left, &right, at)?.at(at)
            }
            ast::Expr::Compare(node) => self.comparison(node, at)?.at(at),
            ast::Expr::If(node) => self.conditional(node)?,
            ast::Expr::Named(node) => {
                let value = self.expr(&node.value)?;
                self.assign(&node.target, value.clone())?;
                value
            }
            ast::Expr::Lambda(node) => {
                self.function("<lambda>", node.parameters.as_deref(), Body::Expression(&node.body))?.at(at)
            }
            ast::Expr::Call(node) => self.call_expression(node, at)?.or_at(at),
            ast::Expr::ListComp(node) => {
                let items = self.comprehension(&node.generators, &|this, out| {
                    let value = this.expr(&node.elt)?;
                    this.push(out, Elem::One(value));
                    Ok(())
                })?;
                self.with_contents_deps(Val::new(Kind::List(items))).at(at)
            }
            ast::Expr::SetComp(node) => {
                let items = self.comprehension(&node.generators, &|this, out| {
                    let value = this.expr(&node.elt)?;
                    this.push(out, Elem::One(value));
                    Ok(())
                })?;
                // What kept elements out of it decides about the set too.
                let deps = self.heap.stored(items).deps.clone();
                let items = self.take_list(items);
                self.set_of(items).at(at).with(&deps)
            }
            ast::Expr::Generator(node) => {
                // Evaluated at once: the sources of a settings module do not change under a generator.
                let items = self.comprehension(&node.generators, &|this, out| {
                    let value = this.expr(&node.elt)?;
                    this.push(out, Elem::One(value));
                    Ok(())
                })?;
                let deps = self.heap.stored(items).deps.clone();
                let items = self.take_list(items);
                Val::new(Kind::Iter(self.heap.new_cell(Cell::Iter(items, 0)))).at(at).with(&deps)
            }
            ast::Expr::DictComp(node) => self.dict_comprehension(node, at)?,
            ast::Expr::Yield(node) => {
                let value = match &node.value {
                    Some(value) => self.expr(value)?,
                    None => Val::none(),
                };
                if let Some(index) = self.frame().managed {
                    return self.yield_to_block(index, value, at);
                }
                if let Some(out) = self.frame().yielded {
                    self.push(out, Elem::One(value));
                }
                Val::none()
            }
            ast::Expr::YieldFrom(node) => {
                let value = self.expr(&node.value)?;
                let elements = self.elements(&value, at)?;
                if let Some(out) = self.frame().yielded {
                    match elements {
                        Ok(elements) => elements.into_iter().for_each(|elem| self.push(out, elem)),
                        Err(unknown) => self.push(out, Elem::Many(unknown)),
                    }
                }
                Val::none()
            }
            ast::Expr::Await(_) => Val::unknown(Why::Unsupported("await".into()), Some(at)),
            ast::Expr::IpyEscapeCommand(_) => Val::none(),
        })
    }

    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    fn number(&self, number: &ast::Number, at: Region) -> Val {
        match number {
            ast::Number::Int(int) => {
                let text = int.to_string().replace('_', "");
                let (digits, radix) = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
                    Some("0x") => (&text[2..], 16),
                    Some("0o") => (&text[2..], 8),
                    Some("0b") => (&text[2..], 2),
                    _ => (&*text, 10),
                };
                match i128::from_str_radix(digits, radix) {
                    Ok(number) => Val::int(number).at(at),
                    Err(_) => Val::unknown(Why::Limit("integers of 127 bits".into()), Some(at)),
                }
            }
            ast::Number::Float(float) => Val::new(Kind::Float(*float)).at(at),
            ast::Number::Complex { .. } => Val::unknown(Why::Unsupported("a complex number".into()), Some(at)),
        }
    }

    /// The elements of a display, with `*` spread out.
    fn display(&mut self, elements: &'a [ast::Expr], ordered: bool) -> Res<Vec<Elem>> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            if let ast::Expr::Starred(starred) = element {
                let value = self.expr(&starred.value)?;
                let at = self.region(starred.range());
                let elements = if ordered { self.elements(&value, at)? } else { self.members(&value, at)? };
                match elements {
                    Ok(elements) => {
                        self.burn(elements.len() as u64)?;
                        self.sized(items.len() + elements.len())?;
                        items.extend(elements.into_iter().map(|elem| match elem {
                            Elem::One(item) => Elem::One(item.with(&value.deps)),
                            Elem::Perhaps(item, condition) => Elem::Perhaps(item.with(&value.deps), condition),
                            Elem::Many(unknown) => Elem::Many(unknown),
                        }));
                    }
                    Err(unknown) => items.push(Elem::Many(unknown)),
                }
            } else {
                items.push(Elem::One(self.expr(element)?));
            }
        }
        Ok(items)
    }

    fn dict_display(&mut self, node: &'a ast::ExprDict, at: Region) -> Res<Val> {
        let id = self.heap.new_cell(Cell::Dict(Dict::default()));
        let dict = Val::new(Kind::Dict(id)).at(at);
        for item in &node.items {
            if let Some(key) = &item.key {
                let key = self.expr(key)?;
                let value = self.expr(&item.value)?;
                self.dict_insert(id, &key, value, at)?;
            } else {
                let other = self.expr(&item.value)?;
                self.dict_update(id, &other, at)?;
            }
        }
        Ok(dict)
    }

    fn f_string(&mut self, node: &'a ast::ExprFString) -> Res<Val> {
        let mut text = String::new();
        let mut deps = Deps::default();
        let mut unknown = None;
        for part in node.value.as_slice() {
            match part {
                ast::FStringPart::Literal(literal) => text.push_str(&literal.value),
                ast::FStringPart::FString(string) => self.interpolate(&string.elements, &mut text, &mut deps, &mut unknown)?,
            }
        }
        Ok(match unknown {
            Some(unknown) => unknown_value(&unknown).with(&deps),
            None => Val::str(text).with(&deps),
        })
    }

    fn interpolate(
        &mut self,
        elements: &'a ast::InterpolatedStringElements,
        text: &mut String,
        deps: &mut Deps,
        unknown: &mut Option<Rc<Unknown>>,
    ) -> Res<()> {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                ast::InterpolatedStringElement::Interpolation(node) => {
                    let value = self.expr(&node.expression)?;
                    let mut spec = String::new();
                    if let Some(format_spec) = &node.format_spec {
                        let mut why = None;
                        self.interpolate(&format_spec.elements, &mut spec, deps, &mut why)?;
                        if let Some(why) = why {
                            *unknown = Some(why);
                            continue;
                        }
                    }
                    *deps = deps.union(&value.deps);
                    if let Some(debug) = &node.debug_text {
                        text.push_str(debug.leading());
                        text.push_str(
                            self.source()
                                .text
                                .get(node.expression.range().start().to_usize()..node.expression.range().end().to_usize())
                                .unwrap_or_default(),
                        );
                        text.push_str(debug.trailing());
                    }
                    let by_repr = matches!(node.conversion, ast::ConversionFlag::Repr)
                        || (node.debug_text.is_some()
                            && matches!(node.conversion, ast::ConversionFlag::None)
                            && node.format_spec.is_none());
                    let at = self.region(node.range());
                    let value = if by_repr { value } else { self.textual(&value, &["__str__", "__repr__"], at)? };
                    let shown = if by_repr {
                        self.repr(&value).map(Val::str)
                    } else if matches!(node.conversion, ast::ConversionFlag::None) {
                        Ok(value)
                    } else {
                        self.to_str(&value).map(Val::str)
                    };
                    match shown.and_then(|value| self.format_value(&value, &spec)) {
                        Ok(shown) => text.push_str(&shown),
                        Err(super::format::Unformatted::Unknown(why)) => *unknown = Some(why),
                        Err(super::format::Unformatted::Wrong(message)) => {
                            return Err(self.raise_plain("ValueError", &message, at));
                        }
                        Err(super::format::Unformatted::Mistyped(message)) => {
                            return Err(self.raise_plain("TypeError", &message, at));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    // ── Branches ────────────────────────────────────────────────────────────────────────────────────────────────

    fn bool_operator(&mut self, operator: ast::BoolOp, values: &'a [ast::Expr]) -> Res<Val> {
        let Some((first, rest)) = values.split_first() else { return Ok(Val::none()) };
        let left = self.expr(first)?;
        if rest.is_empty() {
            return Ok(left);
        }
        let stops_at = matches!(operator, ast::BoolOp::Or);
        match self.decide(&left, self.statement)? {
            Some(truth) if truth == stops_at => Ok(left),
            Some(_) => {
                let deps = left.deps.clone();
                let right = self.under(&deps, |this| this.bool_operator(operator, rest))?;
                Ok(right.with(&deps))
            }
            None => {
                let mut condition = self.condition(first);
                condition.holds = stops_at;
                let kept = self.assume(&left, stops_at);
                self.telling(first, |this| {
                    this.fork_value(&condition, &left.deps, &mut |_| Ok(kept.clone()), &mut |this| {
                        this.narrow(first, !stops_at);
                        this.bool_operator(operator, rest)
                    })
                })
            }
        }
    }

    /// What remains of a value when its truth is known: the alternatives that agree.
    fn assume(&self, value: &Val, truth: bool) -> Val {
        let Kind::OneOf(alternatives) = &value.kind else { return value.clone() };
        let kept: Vec<_> = alternatives.iter().filter(|(_, value)| self.truth(value) != Some(!truth)).cloned().collect();
        match kept.as_slice() {
            [] => value.clone(),
            [(_, only)] => only.clone().with(&value.deps),
            _ => Val { kind: Kind::OneOf(Rc::new(kept)), ..value.clone() },
        }
    }

    fn conditional(&mut self, node: &'a ast::ExprIf) -> Res<Val> {
        let test = self.expr(&node.test)?;
        let deps = test.deps.clone();
        let decided = self.decide(&test, self.statement)?;
        self.note_decision(&node.test, decided, &deps, &Sides::of_expression(node));
        match decided {
            Some(true) => Ok(self.under(&deps, |this| this.expr(&node.body))?.with(&deps)),
            Some(false) => Ok(self.under(&deps, |this| this.expr(&node.orelse))?.with(&deps)),
            None => {
                let condition = self.condition(&node.test);
                self.telling(&node.test, |this| {
                    let side = |this: &mut Self, holds: bool| {
                        this.narrow(&node.test, holds);
                        this.expr(if holds { &node.body } else { &node.orelse })
                    };
                    this.fork_value(&condition, &deps, &mut |this| side(this, true), &mut |this| side(this, false))
                })
            }
        }
    }

    #[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
    fn comparison(&mut self, node: &'a ast::ExprCompare, at: Region) -> Res<Val> {
        let mut left = self.expr(&node.left)?;
        let mut result = Val::bool(true);
        for (operator, right) in node.ops.iter().zip(&node.comparators) {
            let right = self.expr(right)?;
            let link = self.compare(*operator, &left, &right, at)?;
            result = match (self.truth(&result), self.truth(&link)) {
                (_, Some(false)) => return Ok(link.with(&result.deps)),
                (Some(true), _) => link.with(&result.deps),
                (_, Some(true)) => result.with(&link.deps),
                (_, None) => result.with(&link.deps),
            };
            left = right;
        }
        Ok(result)
    }

    // ── Comprehensions ──────────────────────────────────────────────────────────────────────────────────────────

    /// Adds to a list that is being built.
    pub(super) fn push(&mut self, list: Id, elem: Elem) {
        let control = self.control.clone();
        self.heap.depend(list, &control);
        if let Cell::List(items) = self.heap.cell_mut(list) {
            items.push(elem);
        }
    }

    pub(super) fn take_list(&mut self, list: Id) -> Vec<Elem> {
        match self.heap.cell_mut(list) {
            Cell::List(items) => std::mem::take(items),
            _ => Vec::new(),
        }
    }

    // ── Calls ───────────────────────────────────────────────────────────────────────────────────────────────────

    fn call_expression(&mut self, node: &'a ast::ExprCall, at: Region) -> Res<Val> {
        let function = self.expr(&node.func)?;
        let mut args = Args::default();
        for argument in &node.arguments.args {
            if let ast::Expr::Starred(starred) = argument {
                let value = self.expr(&starred.value)?;
                match self.elements(&value, at)? {
                    Ok(elements) => {
                        self.sized(args.pos.len() + elements.len())?;
                        for elem in elements {
                            match elem {
                                Elem::One(item) => args.pos.push(item.with(&value.deps)),
                                Elem::Perhaps(_, condition) => args.open = Some(super::object::branch_unknown(&condition)),
                                Elem::Many(unknown) => args.open = Some(unknown),
                            }
                        }
                    }
                    Err(unknown) => args.open = Some(unknown),
                }
            } else if let (ast::Expr::Generator(generator), Kind::Extern(name), 0) = (argument, &function.kind, args.pos.len())
                && let Some(stops_at) = stops_at(name)
            {
                let at = self.region(argument.range());
                args.pos.push(self.generate_until(generator, stops_at, at)?);
            } else {
                let value = self.expr(argument)?;
                args.pos.push(value);
            }
        }
        for keyword in &node.arguments.keywords {
            let value = self.expr(&keyword.value)?;
            match &keyword.arg {
                Some(name) => args.kw.push((name.as_str().into(), value)),
                None => self.spread_keywords(&value, &mut args),
            }
        }
        self.call(&function, args, at)
    }

    fn spread_keywords(&mut self, value: &Val, args: &mut Args) {
        let Kind::Dict(id) = value.kind else {
            args.open = Some(
                value
                    .as_unknown()
                    .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("spreading keyword arguments".into()), value.at))),
            );
            return;
        };
        if let Cell::Dict(dict) = self.heap.cell(id) {
            for Slot { key, value: item, perhaps } in dict.entries.values() {
                match (key.as_str(), perhaps) {
                    (Some(name), None) => args.kw.push((name.into(), item.clone().with(&value.deps))),
                    (_, Some(condition)) => args.open = Some(super::object::branch_unknown(condition)),
                    (None, None) => {}
                }
            }
            if let Some(rest) = &dict.rest {
                args.open = Some(rest.clone());
            }
        }
    }
}

/// What a function looks for that takes no more of an iterator than it needs.
fn stops_at(function: &str) -> Option<Sought> {
    match function {
        "builtins.any" => Some(Sought::Truth(true)),
        "builtins.all" => Some(Sought::Truth(false)),
        "builtins.next" => Some(Sought::Anything),
        _ => None,
    }
}
