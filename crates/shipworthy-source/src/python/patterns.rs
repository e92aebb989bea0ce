//! `match` and its patterns.

use super::interp::{Flow, Interp, Res};
use super::object::{Elem, Kind, Val};
use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, Region, Why};
use std::rc::Rc;

/// Names of a pattern, and what they are bound to where it matches.
type Captures<'a> = Vec<(&'a str, Val)>;

impl<'a> Interp<'a> {
    pub(super) fn match_statement(&mut self, node: &'a ast::StmtMatch) -> Res<Flow> {
        let subject = self.expr(&node.subject)?;
        self.match_cases(&subject, &node.cases)
    }

    fn match_cases(&mut self, subject: &Val, cases: &'a [ast::MatchCase]) -> Res<Flow> {
        let Some((case, rest)) = cases.split_first() else { return Ok(Flow::Normal) };
        let mut captures = Vec::new();
        match self.pattern(&case.pattern, subject, &mut captures)? {
            Some(true) => self.under(&subject.deps, |this| this.matched(case, &captures, subject, rest)),
            Some(false) => {
                self.taint(&case.body, &subject.deps);
                self.under(&subject.deps, |this| this.match_cases(subject, rest))
            }
            None => {
                let condition = self.condition_of(case);
                self.fork(&condition, &subject.deps, &mut |this| this.matched(case, &captures, subject, rest), &mut |this| {
                    this.match_cases(subject, rest)
                })
            }
        }
    }

    /// A case whose pattern matches: its names are bound, whatever its guard says then.
    fn matched(
        &mut self,
        case: &'a ast::MatchCase,
        captures: &Captures<'a>,
        subject: &Val,
        rest: &'a [ast::MatchCase],
    ) -> Res<Flow> {
        for (name, value) in captures {
            self.store(name, value.clone());
        }
        let guard = match &case.guard {
            Some(guard) => {
                let value = self.expr(guard)?;
                self.truth(&value)
            }
            None => Some(true),
        };
        match guard {
            Some(true) => {
                let flow = self.block(&case.body);
                for case in rest {
                    self.taint(&case.body, &subject.deps);
                }
                flow
            }
            Some(false) => {
                self.taint(&case.body, &subject.deps);
                self.match_cases(subject, rest)
            }
            None => {
                let condition = self.condition_of(case);
                self.fork(&condition, &subject.deps, &mut |this| this.block(&case.body), &mut |this| {
                    this.match_cases(subject, rest)
                })
            }
        }
    }

    fn condition_of(&self, case: &ast::MatchCase) -> Condition {
        let source = self.source();
        Condition {
            text: format!("case {}", source.excerpt(case.pattern.range())).into(),
            at: Some(source.region(case.pattern.range())),
            holds: true,
        }
    }

    /// Whether a pattern matches, and what its names are then bound to.
    fn pattern(&mut self, pattern: &'a ast::Pattern, subject: &Val, captures: &mut Captures<'a>) -> Res<Option<bool>> {
        let at = self.region(pattern.range());
        Ok(match pattern {
            ast::Pattern::MatchValue(node) => {
                let value = self.expr(&node.value)?;
                self.note_compared(subject, &value, at);
                self.equal(subject, &value)
            }
            ast::Pattern::MatchSingleton(node) => {
                let singleton = match node.value {
                    ast::Singleton::None => Kind::None,
                    ast::Singleton::True => Kind::Bool(true),
                    ast::Singleton::False => Kind::Bool(false),
                };
                self.identical(subject, &Val::new(singleton))
            }
            ast::Pattern::MatchAs(node) => {
                let matched = match &node.pattern {
                    Some(inner) => self.pattern(inner, subject, captures)?,
                    None => Some(true),
                };
                if let Some(name) = &node.name {
                    captures.push((&name.id, subject.clone()));
                }
                matched
            }
            ast::Pattern::MatchOr(node) => {
                let mut any = Some(false);
                for inner in &node.patterns {
                    let mut own = Vec::new();
                    let matched = self.pattern(inner, subject, &mut own)?;
                    if matched == Some(false) {
                        continue;
                    }
                    // Behind one that may match it is not known which of them binds the names.
                    for (name, value) in own {
                        let sure = matched.and(any).is_some();
                        captures.push((name, if sure { value } else { self.unknown_of(&[&value, subject], at) }));
                    }
                    if matched == Some(true) {
                        return Ok(Some(true));
                    }
                    any = None;
                }
                any
            }
            ast::Pattern::MatchSequence(node) => {
                if !matches!(subject.kind, Kind::List(_) | Kind::Tuple(_)) && subject.as_unknown().is_none() {
                    return Ok(Some(false));
                }
                let certain: Option<Vec<Val>> = match self.elements(subject, at)? {
                    Ok(elements) if subject.as_unknown().is_none() => {
                        elements.into_iter().map(|elem| if let Elem::One(value) = elem { Some(value) } else { None }).collect()
                    }
                    _ => None,
                };
                if let Some(values) = certain {
                    return self.sequence_pattern(&node.patterns, values, captures);
                }
                let part = self.unknown_of(&[subject], at);
                for inner in &node.patterns {
                    self.pattern(inner, &part, captures)?;
                }
                None
            }
            ast::Pattern::MatchMapping(node) => self.mapping_pattern(node, subject, captures)?,
            ast::Pattern::MatchClass(node) => self.class_pattern(node, subject, at, captures)?,
            ast::Pattern::MatchStar(node) => {
                if let Some(name) = &node.name {
                    captures.push((&name.id, subject.clone()));
                }
                None
            }
        })
    }

    fn sequence_pattern(
        &mut self,
        patterns: &'a [ast::Pattern],
        values: Vec<Val>,
        captures: &mut Captures<'a>,
    ) -> Res<Option<bool>> {
        let star = patterns.iter().position(|pattern| matches!(pattern, ast::Pattern::MatchStar(_)));
        let fits = if star.is_some() { values.len() + 1 >= patterns.len() } else { values.len() == patterns.len() };
        if !fits {
            return Ok(Some(false));
        }
        let rest = (values.len() + 1).saturating_sub(patterns.len());
        let mut values = values.into_iter();
        let mut all = Some(true);
        for pattern in patterns {
            let matched = match pattern {
                ast::Pattern::MatchStar(node) => {
                    let taken = values.by_ref().take(rest).collect();
                    if let Some(name) = &node.name {
                        let list = self.list(taken);
                        captures.push((&name.id, list));
                    }
                    Some(true)
                }
                pattern => {
                    let value = values.next().unwrap_or_else(Val::none);
                    self.pattern(pattern, &value, captures)?
                }
            };
            match matched {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => all = None,
            }
        }
        Ok(all)
    }

    fn mapping_pattern(
        &mut self,
        node: &'a ast::PatternMatchMapping,
        subject: &Val,
        captures: &mut Captures<'a>,
    ) -> Res<Option<bool>> {
        let at = self.region(node.range());
        let subject = self.bare(subject);
        let Kind::Dict(id) = subject.kind else {
            let sure = !matches!(
                subject.kind,
                Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) | Kind::Extern(_) | Kind::Module(_)
            );
            if sure {
                return Ok(Some(false));
            }
            let part = self.unknown_of(&[&subject], at);
            for pattern in &node.patterns {
                self.pattern(pattern, &part, captures)?;
            }
            if let Some(rest) = &node.rest {
                captures.push((&rest.id, part));
            }
            return Ok(None);
        };
        let mut all = Some(true);
        let mut taken = Vec::new();
        for (key, pattern) in node.keys.iter().zip(&node.patterns) {
            let key = self.expr(key)?;
            match self.dict_get(id, &key) {
                Ok(Some(value)) => match self.pattern(pattern, &value, captures)? {
                    Some(true) => {}
                    Some(false) => return Ok(Some(false)),
                    None => all = None,
                },
                Ok(None) => return Ok(Some(false)),
                Err(unknown) => {
                    self.pattern(pattern, &super::interp::unknown_value(&unknown), captures)?;
                    all = None;
                }
            }
            taken.push(key);
        }
        if let Some(rest) = &node.rest {
            let copy = self.copy(&subject);
            for key in taken {
                self.delete_item(&copy, &key, at)?;
            }
            captures.push((&rest.id, copy));
        }
        Ok(all)
    }

    /// The attribute that a place in the pattern of a class stands for.
    fn positional_part(&self, class: &Val, index: usize) -> Option<Rc<str>> {
        match self.class_attribute(class, "__match_args__")?.kind {
            Kind::Tuple(names) => match names.get(index)? {
                Elem::One(Val { kind: Kind::Str(name), .. }) => Some(name.clone()),
                Elem::One(_) | Elem::Perhaps(..) | Elem::Many(_) => None,
            },
            _ => None,
        }
    }

    fn class_pattern(
        &mut self,
        node: &'a ast::PatternMatchClass,
        subject: &Val,
        at: Region,
        captures: &mut Captures<'a>,
    ) -> Res<Option<bool>> {
        let class = self.expr(&node.cls)?;
        let mut all = match self.is_instance(subject, &class) {
            Some(false) => return Ok(Some(false)),
            answer => answer,
        };
        let arguments = &node.arguments;
        for (index, pattern) in arguments.patterns.iter().enumerate() {
            // Built-in classes match the subject itself; others say by `__match_args__` which attribute is meant.
            let own = matches!(&class.kind, Kind::Extern(name) if name.starts_with("builtins."));
            let part = if own && index == 0 {
                subject.clone()
            } else {
                match self.positional_part(&class, index) {
                    Some(name) => self.attribute(subject, &name, at)?,
                    None => Val::unknown(Why::Unsupported("a positional class pattern".into()), Some(at)),
                }
            };
            match self.pattern(pattern, &part, captures)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => all = None,
            }
        }
        for keyword in &arguments.keywords {
            let part = self.attribute(subject, &keyword.attr.id, at)?;
            match self.pattern(&keyword.pattern, &part, captures)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => all = None,
            }
        }
        Ok(all)
    }
}
