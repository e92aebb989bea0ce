//! The root URL configuration as text: routes to views that serve files, and error views.

use std::collections::BTreeMap;
use std::sync::Arc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt, UnaryOp};
use ruff_text_size::Ranged;
use shipworthy_model::{ArtifactId, FileView, Routes};

use super::syntax::{self, Source};

/// Views of Django's that serve files.
const VIEWS: [&str; 2] = ["django.views.static.serve", "django.contrib.staticfiles.views.serve"];

/// Reads what a module says of its routes. `package` is what its relative imports start from.
///
/// Only what it certainly says is in the answer: what stands under a condition on `DEBUG` that is off in production, or under
/// any other condition, is not.
pub(crate) fn routes(text: &str, artifact: ArtifactId, package: &str) -> Routes {
    let Ok(source) = syntax::parse(artifact, "urls.py", Arc::from(text)) else { return Routes::default() };
    if source.error.is_some() {
        return Routes::default();
    }
    let mut reader = Reader { source: &source, package, names: BTreeMap::new(), found: Routes::default() };
    reader.block(&source.module.body);
    reader.found
}

struct Reader<'s> {
    source: &'s Source,
    package: &'s str,
    names: BTreeMap<String, String>,
    found: Routes,
}

impl Reader<'_> {
    fn block(&mut self, body: &[Stmt]) {
        for statement in body {
            match statement {
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let whole = alias.name.as_str();
                        let top = whole.split('.').next().unwrap_or(whole);
                        let (name, target) = alias.asname.as_ref().map_or((top, top), |name| (name.as_str(), whole));
                        self.names.insert(name.to_owned(), target.to_owned());
                    }
                }
                Stmt::ImportFrom(import) => self.import(import),
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        let Expr::Name(name) = target else { continue };
                        let handler = ["handler400", "handler403", "handler404", "handler500"].contains(&name.id.as_str());
                        let named = match &*assign.value {
                            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
                            value => self.path(value),
                        };
                        if let Some(path) = named.filter(|_| handler) {
                            let at = self.source.region(assign.range());
                            self.found.error_views.push((name.id.as_str().into(), path.into(), at));
                        }
                        // What is bound anew is no longer what was imported.
                        self.names.remove(name.id.as_str());
                    }
                    self.visit_expr(&assign.value);
                }
                Stmt::AugAssign(assign) => self.visit_expr(&assign.value),
                Stmt::AnnAssign(assign) => assign.value.iter().for_each(|value| self.visit_expr(value)),
                Stmt::Expr(expression) => self.visit_expr(&expression.value),
                Stmt::If(branch) => self.branch(branch),
                _ => {}
            }
        }
    }

    fn branch(&mut self, branch: &ast::StmtIf) {
        let is_debug = |test: &Expr| match test {
            Expr::Attribute(attribute) => &*attribute.attr == "DEBUG",
            Expr::Name(name) => &*name.id == "DEBUG",
            _ => false,
        };
        match &*branch.test {
            Expr::UnaryOp(not) if not.op == UnaryOp::Not && is_debug(&not.operand) => self.block(&branch.body),
            test if is_debug(test) => {
                if let [last] = branch.elif_else_clauses.as_slice()
                    && last.test.is_none()
                {
                    self.block(&last.body);
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, import: &ast::StmtImportFrom) {
        let base = super::outline::imported_from(import, self.package);
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
            self.names.insert(name, format!("{base}.{}", alias.name));
        }
    }

    fn path(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::Name(name) => self.names.get(name.id.as_str()).cloned(),
            Expr::Attribute(attribute) => Some(format!("{}.{}", self.path(&attribute.value)?, attribute.attr)),
            _ => None,
        }
    }

    fn route(&mut self, call: &ast::ExprCall) {
        let routed = match &*call.func {
            Expr::Name(name) => Some(name.id.as_str()),
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            _ => None,
        };
        if !matches!(routed, Some("path" | "re_path" | "url")) {
            return;
        }
        let argument = |place: usize, name: &str| call.arguments.find_argument_value(name, place);
        let view = argument(1, "view").and_then(|view| self.path(view)).filter(|view| VIEWS.contains(&view.as_str()));
        let (Some(view), Some(Expr::StringLiteral(route))) = (view, argument(0, "route").or(argument(0, "regex"))) else {
            return;
        };
        let given = |name: &str| match argument(2, "kwargs") {
            Some(Expr::Dict(given)) => given.items.iter().any(|item| {
                let named = matches!(&item.key, Some(Expr::StringLiteral(key)) if key.value.to_str() == name);
                named && matches!(&item.value, Expr::BooleanLiteral(value) if value.value)
            }),
            Some(_) | None => false,
        };
        // A route to one file shows that file; and static files are refused where DEBUG is off, unless told otherwise.
        let many = ["<path:", ".*", ".+"].iter().any(|any| route.value.to_str().contains(any));
        if !many || view == VIEWS[1] && !given("insecure") {
            return;
        }
        let indexes = given("show_indexes");
        let at = self.source.region(call.range());
        self.found.file_views.push(FileView { route: route.value.to_str().into(), view: view.into(), indexes, at });
    }
}

impl<'a> Visitor<'a> for Reader<'_> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            // What stands on one side of a condition may not be there.
            Expr::If(_) | Expr::Lambda(_) => return,
            Expr::Call(call) => self.route(call),
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_to_files_count_whatever_debug_is() {
        let head = "from django.conf import settings\nfrom django.urls import path, re_path\nfrom django.views.static import serve as s\n";
        let found = |text: &str| {
            let found = routes(&format!("{head}{text}"), ArtifactId(0), "shop");
            found.file_views.iter().map(|view| (view.route.to_string(), view.indexes)).collect::<Vec<_>>()
        };
        assert_eq!(
            found("urlpatterns = [re_path(r'^m/(?P<path>.*)$', s, {'show_indexes': True})]\n"),
            [("^m/(?P<path>.*)$".to_owned(), true)]
        );
        assert_eq!(found("urlpatterns = []\nurlpatterns += [path('m/<path:path>', view=s)]\n").len(), 1);
        assert_eq!(found("if not settings.DEBUG:\n    urlpatterns = [path('m/<path:path>', s)]\n").len(), 1);
        assert_eq!(found("if settings.DEBUG:\n    pass\nelse:\n    urlpatterns = [path('m/<path:path>', s)]\n").len(), 1);
        for quiet in [
            "if settings.DEBUG:\n    urlpatterns = [path('m/<path:path>', s)]\n",
            "urlpatterns = [path('m/<path:path>', s)] if settings.DEBUG else []\n",
            "if settings.SERVE:\n    urlpatterns = [path('m/<path:path>', s)]\n",
            "s = login_required(s)\nurlpatterns = [path('m/<path:path>', s)]\n",
            "urlpatterns = [path('m/<path:path>', login_required(s))]\n",
            "urlpatterns = [path('robots.txt', s, {'path': 'robots.txt'})]\n",
            "from django.contrib.staticfiles import views\nurlpatterns = [path('m/<path:path>', views.serve)]\n",
        ] {
            assert!(found(quiet).is_empty(), "{quiet}");
        }
    }

    #[test]
    fn error_views_are_named_by_text_and_by_name() {
        let text = "from . import errors\nfrom shop.views import sorry\nhandler404 = 'shop.views.gone'\nhandler500 = sorry\nhandler403 = errors.no\nhandler400 = make()\n";
        let found = routes(text, ArtifactId(0), "shop").error_views;
        let shown: Vec<_> = found.iter().map(|(name, path, _)| (&**name, &**path)).collect();
        assert_eq!(
            shown,
            [("handler404", "shop.views.gone"), ("handler500", "shop.views.sorry"), ("handler403", "shop.errors.no")]
        );
    }
}
