//! Files that start Django (`manage.py`, `wsgi.py`, `asgi.py` and whatever else sets `DJANGO_SETTINGS_MODULE`).

use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;
use shipworthy_model::{ArtifactId, Region};

use crate::python::syntax;

/// The environment variable that names the settings module.
pub const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";
/// The environment variable that names the class of settings, where django-configurations is used.
pub(crate) const CONFIGURATION: &str = "DJANGO_CONFIGURATION";

/// A settings module that a Python file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The dotted name.
    pub module: Arc<str>,
    /// The literal.
    pub at: Region,
    /// Whether the environment may override it (`setdefault`, `get`) or not (assignment).
    pub overridable: bool,
}

/// Larger files start nothing.
const LARGEST: usize = 256 * 1024;

/// The settings module that a Python file names, the first one if it names several. Names that are put together at run
/// time are none.
pub fn read(text: &str, artifact: ArtifactId) -> Option<Reference> {
    read_template(text, artifact, None)
}

/// [`read`] of a file from which projects are made: `package` is what stands for `{{ project_name }}` in names.
pub fn read_template(text: &str, artifact: ArtifactId, package: Option<&str>) -> Option<Reference> {
    if text.len() > LARGEST || !text.contains(VARIABLE) {
        return None;
    }
    let Ok(parsed) = syntax::tree(text) else { return None };
    let mut search = Search { artifact, package, strings: FxHashMap::default(), found: None };
    search.visit_body(&parsed.syntax().body);
    search.found
}

/// An environment variable that a file sets whenever it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Its name.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// The literal.
    pub at: Region,
    /// Whether the environment may override it (`setdefault`) or not (assignment).
    pub overridable: bool,
}

/// The environment variables that a Python file sets to literals in statements of its own, under no condition.
pub fn variables(text: &str, artifact: ArtifactId) -> Vec<Put> {
    if text.len() > LARGEST || !text.contains("environ") {
        return Vec::new();
    }
    let Ok(parsed) = syntax::tree(text) else { return Vec::new() };
    let put = |name: &Expr, value: &Expr, overridable: bool| {
        let (name, text) = (literal(name)?, literal(value)?);
        let range = value.range();
        let at = Region::new(artifact, range.start().to_u32(), range.end().to_u32());
        Some(Put { name: name.into(), text: text.into(), at, overridable })
    };
    let statements = parsed.syntax().body.iter();
    statements
        .filter_map(|statement| match statement {
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [Expr::Subscript(target)] if is_environ(&target.value) => put(&target.slice, &assign.value, false),
                _ => None,
            },
            Stmt::Expr(expression) => {
                let call = expression.value.as_call_expr()?;
                let method = call.func.as_attribute_expr().filter(|it| is_environ(&it.value) && it.attr.as_str() == "setdefault");
                method?;
                put(call.arguments.find_positional(0)?, call.arguments.find_positional(1)?, true)
            }
            _ => None,
        })
        .collect()
}

struct Search<'a> {
    artifact: ArtifactId,
    /// What stands for a blank at the beginning of a name.
    package: Option<&'a str>,
    /// Names that are assigned a literal once; `None` for those assigned otherwise or again.
    strings: FxHashMap<&'a str, Option<&'a Expr>>,
    found: Option<Reference>,
}

impl<'a> Visitor<'a> for Search<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.found.is_some() {
            return;
        }
        if let Stmt::Assign(assign) = stmt {
            for target in &assign.targets {
                match target {
                    Expr::Subscript(subscript) if is_environ(&subscript.value) && literal(&subscript.slice) == Some(VARIABLE) => {
                        self.name(&assign.value, false);
                    }
                    Expr::Name(name) => {
                        let value = literal(&assign.value).map(|_| &*assign.value);
                        self.strings.entry(name.id.as_str()).and_modify(|known| *known = None).or_insert(value);
                    }
                    _ => {}
                }
            }
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.found.is_some() {
            return;
        }
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}

impl<'a> Search<'a> {
    fn call(&mut self, call: &'a ExprCall) {
        let method = match &*call.func {
            Expr::Attribute(attribute) if is_environ(&attribute.value) => attribute.attr.as_str(),
            Expr::Attribute(attribute) if matches!(attribute.attr.as_str(), "getenv" | "putenv") => attribute.attr.as_str(),
            Expr::Name(name) if matches!(name.id.as_str(), "getenv" | "setdefault") => name.id.as_str(),
            _ => return,
        };
        let arguments = &call.arguments;
        match method {
            "setdefault" | "get" | "getenv" | "putenv" if arguments.args.first().and_then(literal) == Some(VARIABLE) => {
                let value = arguments.find_positional(1).or_else(|| arguments.find_keyword("default").map(|it| &it.value));
                if let Some(value) = value {
                    self.name(value, method != "putenv");
                }
            }
            "update" => {
                if let Some(keyword) = arguments.find_keyword(VARIABLE) {
                    self.name(&keyword.value, false);
                }
                if let Some(Expr::Dict(dict)) = arguments.find_positional(0) {
                    for item in dict {
                        if item.key.as_ref().and_then(literal) == Some(VARIABLE) {
                            self.name(&item.value, false);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, value: &'a Expr, overridable: bool) {
        let value = match value {
            Expr::Name(name) => self.strings.get(name.id.as_str()).copied().flatten(),
            value => Some(value),
        };
        let Some((module, value)) = value.and_then(|value| Some((literal(value)?, value))) else { return };
        let blank = self.package.zip(module.strip_prefix("{{").and_then(|rest| rest.split_once("}}")));
        let filled = blank.map(|(package, (_, rest))| format!("{package}{rest}"));
        let module = filled.as_deref().unwrap_or(module);
        if !is_module_name(module) {
            return;
        }
        let range = value.range();
        let at = Region::new(self.artifact, range.start().to_u32(), range.end().to_u32());
        self.found = Some(Reference { module: module.into(), at, overridable });
    }
}

/// Whether a text could be a dotted module name.
pub fn is_module_name(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| {
            let mut characters = part.chars();
            characters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
                && characters.all(|character| character == '_' || character.is_alphanumeric())
        })
}

/// `os.environ`, `environ`
fn is_environ(expr: &Expr) -> bool {
    match expr {
        Expr::Attribute(attribute) => attribute.attr.as_str() == "environ",
        Expr::Name(name) => name.id.as_str() == "environ",
        _ => false,
    }
}

fn literal(expr: &Expr) -> Option<&str> {
    expr.as_string_literal_expr().map(|literal| literal.value.to_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, bool)> {
        read(text, ArtifactId(0)).map(|reference| (reference.module.to_string(), reference.overridable))
    }

    #[test]
    fn usual_forms() {
        for (text, overridable) in [
            ("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.b')", true),
            ("def main():\n    os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"a.b\")\n", true),
            ("os.environ['DJANGO_SETTINGS_MODULE'] = 'a.b'", false),
            ("environ[\"DJANGO_SETTINGS_MODULE\"] = 'a' '.b'", false),
            ("x = os.environ.get('DJANGO_SETTINGS_MODULE', 'a.b')", true),
            ("x = os.getenv('DJANGO_SETTINGS_MODULE', default='a.b')", true),
            ("os.environ.update({'DJANGO_SETTINGS_MODULE': 'a.b'})", false),
            ("os.environ.update(DJANGO_SETTINGS_MODULE='a.b')", false),
            ("m = 'a.b'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', m)", true),
            ("if 1:\n  try:\n    os.environ.setdefault(\n      'DJANGO_SETTINGS_MODULE', 'a.b'\n    )\n  finally: pass", true),
        ] {
            assert_eq!(found(text), Some(("a.b".to_owned(), overridable)), "{text}");
        }
    }

    #[test]
    fn files_set_variables_when_they_are_loaded() {
        let text = "import os\nos.environ.setdefault('A', '1')\nos.environ['B'] = '2'\nos.environ['C'] = x\nif y:\n    os.environ['D'] = '4'\n";
        let set: Vec<_> = variables(text, ArtifactId(0)).into_iter().map(|it| (it.name, it.text, it.overridable)).collect();
        assert_eq!(set, [("A".into(), "1".into(), true), ("B".into(), "2".into(), false)]);
    }

    #[test]
    fn undecided_names_are_none() {
        for text in [
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', f'a.{stage}')",
            "os.environ['DJANGO_SETTINGS_MODULE'] = path",
            "m = 'a' if x else 'b'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', m)",
            "m = 'a'\nm = 'b'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', m)",
            "# os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.b')",
            "del os.environ['DJANGO_SETTINGS_MODULE']",
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'not a module')",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_blank_is_the_package_of_the_template() {
        let text = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{{ project_name }}.settings')\n";
        let found = |package| read_template(text, ArtifactId(0), package).map(|found| found.module.to_string());
        assert_eq!(found(Some("shop")).as_deref(), Some("shop.settings"));
        assert_eq!(found(None), None);
    }

    #[test]
    fn the_region_is_the_literal() {
        let text = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.b')\n";
        let at = read(text, ArtifactId(0)).map(|it| &text[it.at.start as usize..it.at.end as usize]);
        assert_eq!(at, Some("'a.b'"));
    }
}
