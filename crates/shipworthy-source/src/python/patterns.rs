//! `match` and its patterns.

use super::interp::{Flow, Interp, Res};
use super::object::{Elem, Kind, Val};
use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Condition, Region, Why};
use std::rc::Rc;

impl<'a> Interp<'a> {
    pub(super) fn match_statement(&mut self, node: &'a ast::StmtMatch) -> Res<Flow> {
        let subject = self.expr(&node.subject)?;
        self.match_cases(&subject, &node.cases)
    }

    fn match_cases(&mut self, subject: &Val, cases: &'a [ast::MatchCase]) -> Res<Flow> {
        let Some((case, rest)) = cases.split_first() else { return Ok(Flow::Normal) };
        let matched = self.pattern(&case.pattern, subject)?;
        let guard = match (&case.guard, matched) {
            (_, Some(false)) => Some(false),
            (None, matched) => matched,
            (Some(guard), matched) => {
                let value = self.expr(guard)?;
                match (matched, self.truth(&value)) {
                    (Some(true), truth) => truth,
                    (_, Some(false)) => Some(false),
                    (_, Some(true) | None) => None,
                }
            }
        };
        match guard {
            Some(true) => {
                let flow = self.under(&subject.deps, |this| this.block(&case.body));
                for case in rest {
                    self.taint(&case.body, &subject.deps);
                }
                flow
            }
            Some(false) => {
                self.taint(&case.body, &subject.deps);
                self.under(&subject.deps, |this| this.match_cases(subject, rest))
            }
            None => {
                let source = self.source();
                let condition = Condition {
                    text: format!("case {}", source.excerpt(case.pattern.range())).into(),
                    at: Some(source.region(case.pattern.range())),
                    holds: true,
                };
                self.fork(&condition, &subject.deps, &mut |this| this.block(&case.body), &mut |this| {
                    this.match_cases(subject, rest)
                })
            }
        }
    }

    /// Whether a pattern matches; binds its names where it may.
    fn pattern(&mut self, pattern: &'a ast::Pattern, subject: &Val) -> Res<Option<bool>> {
        let at = self.region(pattern.range());
        Ok(match pattern {
            ast::Pattern::MatchValue(node) => {
                let value = self.expr(&node.value)?;
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
                    Some(inner) => self.pattern(inner, subject)?,
                    None => Some(true),
                };
                if let Some(name) = &node.name
                    && matched != Some(false)
                {
                    self.store(&name.id, subject.clone());
                }
                matched
            }
            ast::Pattern::MatchOr(node) => {
                let mut any = Some(false);
                for inner in &node.patterns {
                    match self.pattern(inner, subject)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
            ast::Pattern::MatchSequence(node) => {
                if subject.as_unknown().is_some() {
                    return Ok(None);
                }
                if !matches!(subject.kind, Kind::List(_) | Kind::Tuple(_)) {
                    return Ok(Some(false));
                }
                let Ok(elements) = self.elements(subject, at)? else { return Ok(None) };
                let certain: Option<Vec<Val>> =
                    elements.into_iter().map(|elem| if let Elem::One(value) = elem { Some(value) } else { None }).collect();
                match certain {
                    Some(values) => self.sequence_pattern(&node.patterns, values)?,
                    None => None,
                }
            }
            ast::Pattern::MatchMapping(node) => self.mapping_pattern(node, subject)?,
            ast::Pattern::MatchClass(node) => self.class_pattern(node, subject, at)?,
            ast::Pattern::MatchStar(_) => None,
        })
    }

    fn sequence_pattern(&mut self, patterns: &'a [ast::Pattern], values: Vec<Val>) -> Res<Option<bool>> {
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
                        self.store(&name.id, list);
                    }
                    Some(true)
                }
                pattern => {
                    let value = values.next().unwrap_or_else(Val::none);
                    self.pattern(pattern, &value)?
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

    fn mapping_pattern(&mut self, node: &'a ast::PatternMatchMapping, subject: &Val) -> Res<Option<bool>> {
        let subject = self.bare(subject);
        let Kind::Dict(id) = subject.kind else {
            let sure = !matches!(
                subject.kind,
                Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) | Kind::Extern(_) | Kind::Module(_)
            );
            return Ok(sure.then_some(false));
        };
        let mut all = Some(true);
        let mut taken = Vec::new();
        for (key, pattern) in node.keys.iter().zip(&node.patterns) {
            let key = self.expr(key)?;
            match self.dict_get(id, &key) {
                Ok(Some(value)) => match self.pattern(pattern, &value)? {
                    Some(true) => {}
                    Some(false) => return Ok(Some(false)),
                    None => all = None,
                },
                Ok(None) => return Ok(Some(false)),
                Err(unknown) => {
                    self.pattern(pattern, &super::interp::unknown_value(&unknown))?;
                    all = None;
                }
            }
            taken.push(key);
        }
        if let Some(rest) = &node.rest {
            let copy = self.copy(&subject);
            let at = self.region(node.range());
            for key in taken {
                self.delete_item(&copy, &key, at)?;
            }
            self.store(&rest.id, copy);
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

    fn class_pattern(&mut self, node: &'a ast::PatternMatchClass, subject: &Val, at: Region) -> Res<Option<bool>> {
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
            match self.pattern(pattern, &part)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => all = None,
            }
        }
        for keyword in &arguments.keywords {
            let part = self.attribute(subject, &keyword.attr.id, at)?;
            match self.pattern(&keyword.pattern, &part)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => all = None,
            }
        }
        Ok(all)
    }
}
