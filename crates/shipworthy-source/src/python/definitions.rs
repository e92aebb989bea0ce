//! Definitions of functions and classes.

use super::interp::{Body, Frame, FrameKind, Function, Interp, Res, Role};
use super::object::{Kind, Val};
use ruff_python_ast as ast;
use ruff_text_size::Ranged;
use shipworthy_model::{Region, Why};
use std::rc::Rc;

impl<'a> Interp<'a> {
    pub(super) fn define_function(&mut self, node: &'a ast::StmtFunctionDef) -> Res<()> {
        let at = self.region(node.range());
        let mut function = self.function(&node.name.id, Some(&node.parameters), Body::Block(&node.body))?;
        if node.is_async {
            function = Val::unknown(Why::Unsupported("an async function".into()), Some(at));
        }
        for decorator in node.decorator_list.iter().rev() {
            let decorating = self.expr(&decorator.expression)?;
            function = self.decorate(&decorating, function, self.region(decorator.range()))?;
        }
        self.store(&node.name.id, function.or_at(at));
        Ok(())
    }

    fn decorate(&mut self, decorator: &Val, function: Val, at: Region) -> Res<Val> {
        if let (Kind::Extern(name), Kind::Function(id)) = (&decorator.kind, &function.kind) {
            let role = match &**name {
                "builtins.staticmethod" => Some(Role::Static),
                "builtins.classmethod" => Some(Role::ClassMethod),
                "builtins.property" => Some(Role::Property),
                "functools.cached_property" | "django.utils.functional.cached_property" => Some(Role::Cached),
                _ => None,
            };
            if let Some(role) = role {
                self.functions[*id as usize].role = role;
                return Ok(function);
            }
        }
        self.call_values(decorator, vec![function], at)
    }

    /// Makes a function object from a definition or a lambda.
    pub(super) fn function(&mut self, name: &str, parameters: Option<&'a ast::Parameters>, body: Body<'a>) -> Res<Val> {
        let mut defaults = Vec::new();
        for parameter in parameters.iter().flat_map(|parameters| parameters.iter_non_variadic_params()) {
            if let Some(default) = &parameter.default {
                let value = self.expr(default)?;
                defaults.push((Rc::from(parameter.parameter.name.as_str()), value));
            }
        }
        let locals = self.locals_of(parameters, body);
        let frame = self.frame();
        let mut enclosing = frame.enclosing.clone();
        if frame.kind == FrameKind::Function {
            enclosing.insert(0, frame.locals);
        }
        let function = Function {
            name: name.into(),
            module: frame.module.clone(),
            parameters,
            body,
            defaults,
            globals: frame.globals,
            enclosing,
            source: frame.source,
            class: frame.class,
            generator: match body {
                Body::Block(statements) => super::scope::yields(statements),
                Body::Expression(_) => false,
            },
            role: Role::Plain,
            locals,
            setter: None,
            results: None,
            manages: false,
        };
        self.functions.push(function);
        Ok(Val::new(Kind::Function(self.functions.len() as u32 - 1)))
    }

    pub(super) fn define_class(&mut self, node: &'a ast::StmtClassDef) -> Res<()> {
        let at = self.region(node.range());
        let mut bases = Vec::new();
        let mut keywords = Vec::new();
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                bases.push(self.expr(base)?);
            }
            for keyword in &arguments.keywords {
                let value = self.expr(&keyword.value)?;
                if let Some(name) = &keyword.arg {
                    keywords.push((Rc::<str>::from(name.as_str()), value));
                }
            }
        }
        let space = self.new_space();
        let class = self.new_class(node.name.as_str(), bases, space)?;
        let mut frame: Frame<'a> = self.frame().clone();
        if frame.kind == FrameKind::Function {
            frame.enclosing.insert(0, frame.locals);
        }
        frame.kind = FrameKind::Class;
        frame.locals = space;
        frame.names = Rc::default();
        frame.class = Some(class);
        self.frames.push(frame);
        let result = self.block(&node.body);
        self.frames.pop();
        result?;
        let mut value = self.finish_class(class, &keywords, at)?;
        for decorator in node.decorator_list.iter().rev() {
            let decorating = self.expr(&decorator.expression)?;
            value = self.decorate_class(&decorating, value, self.region(decorator.range()))?;
        }
        self.store(&node.name.id, value.or_at(at));
        Ok(())
    }
}
