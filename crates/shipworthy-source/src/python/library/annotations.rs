//! Annotations of classes: the types of fields, for classes that are made of fields.

use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::Why;

use crate::python::heap::Cell;
use crate::python::interp::{FrameKind, Interp, Res, Stop};
use crate::python::object::{Kind, Val};

/// Where a class keeps its annotations: a dictionary of types. A type with parameters is the tuple of its origin and them.
const ANNOTATIONS: &str = "__annotations__";

impl<'a> Interp<'a> {
    /// Remembers the annotation of a name in a class.
    pub(in crate::python) fn annotate_type(&mut self, node: &'a ast::StmtAnnAssign) -> Res<()> {
        let ast::Expr::Name(name) = &*node.target else { return Ok(()) };
        if self.frame().kind != FrameKind::Class {
            return Ok(());
        }
        let space = self.frame().locals;
        let annotation = self.annotation(&node.annotation, 0)?;
        let at = self.region(node.range());
        let known = if let Some(known) = self.lookup(space, ANNOTATIONS) {
            known
        } else {
            let made = self.dict(Vec::new());
            self.bind(space, ANNOTATIONS, made.clone());
            made
        };
        match known.kind {
            Kind::Dict(id) => self.dict_insert(id, &Val::str(name.id.as_str()), annotation.at(at), at),
            _ => Ok(()),
        }
    }

    fn annotation(&mut self, expression: &'a ast::Expr, depth: usize) -> Res<Val> {
        let at = self.region(expression.range());
        let unknown = Val::unknown(Why::Unsupported("this annotation".into()), Some(at));
        if depth > 20 {
            return Ok(unknown);
        }
        Ok(match expression {
            ast::Expr::NoneLiteral(_) => Val::none(),
            ast::Expr::Name(_) | ast::Expr::Attribute(_) => match self.expr(expression) {
                Ok(value) => value,
                // A name that only exists for type checkers; annotations may be deferred.
                Err(Stop::Raise(_)) => unknown,
                Err(limit) => return Err(limit),
            },
            ast::Expr::BinOp(node) if node.op == ast::Operator::BitOr => {
                let (left, right) = (self.annotation(&node.left, depth + 1)?, self.annotation(&node.right, depth + 1)?);
                Val::tuple(vec![Val::external("typing.Union"), left, right])
            }
            ast::Expr::Subscript(node) => {
                let origin = self.annotation(&node.value, depth + 1)?;
                let literal =
                    matches!(&origin.kind, Kind::Extern(name) if name.ends_with(".Literal") || name.ends_with(".Annotated"));
                let parts = match &*node.slice {
                    ast::Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                    other => vec![other],
                };
                let mut all = vec![origin];
                for part in parts {
                    all.push(match part {
                        ast::Expr::StringLiteral(_) | ast::Expr::NumberLiteral(_) | ast::Expr::BooleanLiteral(_) if literal => {
                            self.expr(part)?
                        }
                        ast::Expr::EllipsisLiteral(_) => Val::new(Kind::Ellipsis),
                        ast::Expr::Call(_) => match self.expr(part) {
                            Ok(value) => value,
                            Err(Stop::Raise(_)) => unknown.clone(),
                            Err(limit) => return Err(limit),
                        },
                        other => self.annotation(other, depth + 1)?,
                    });
                }
                Val::tuple(all)
            }
            _ => unknown,
        })
    }

    /// The annotated names of a class and its ancestors in the project, oldest first, with their types.
    pub(super) fn annotated(&self, class: &Val) -> Vec<(std::rc::Rc<str>, Val)> {
        let mut fields: Vec<(std::rc::Rc<str>, Val)> = Vec::new();
        for class in self.ancestry(class).into_iter().rev() {
            let Kind::Class(id) = class.kind else { continue };
            let Some(Val { kind: Kind::Dict(annotations), .. }) = self.lookup(self.heap.class(id).space, ANNOTATIONS) else {
                continue;
            };
            let Cell::Dict(dict) = self.heap.cell(annotations) else { continue };
            for slot in dict.entries.values() {
                let Some(name) = slot.key.as_str() else { continue };
                match fields.iter_mut().find(|(known, _)| &**known == name) {
                    Some((_, known)) => *known = slot.value.clone(),
                    None => fields.push((name.into(), slot.value.clone())),
                }
            }
        }
        fields
    }

    /// What a name is bound to in the class that annotated it last.
    pub(super) fn declared(&self, class: &Val, name: &str) -> Option<Val> {
        self.ancestry(class).into_iter().find_map(|class| {
            let Kind::Class(id) = class.kind else { return None };
            let space = self.heap.class(id).space;
            let Val { kind: Kind::Dict(annotations), .. } = self.lookup(space, ANNOTATIONS)? else { return None };
            match self.dict_get(annotations, &Val::str(name)) {
                Ok(Some(_)) => Some(self.heap.space(space).names.get(name).map(|binding| binding.value.clone())),
                _ => None,
            }
        })?
    }
}
