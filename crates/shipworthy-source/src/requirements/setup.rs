//! `setup.cfg`, `setup.py` with literal lists, and Conda's `environment.yml`.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;
use shipworthy_model::ArtifactId;

use super::line::add;
use super::{Group, Manifest};
use crate::python::syntax;

/// `setup.cfg`: `install_requires` and `options.extras_require`.
pub(super) fn cfg(text: &str, artifact: ArtifactId) -> Manifest {
    let mut manifest = Manifest::default();
    let mut section = "";
    let mut group = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let mut requirement = trimmed;
        if trimmed.starts_with('[') && !line.starts_with([' ', '\t']) {
            section = trimmed.trim_matches(['[', ']']);
            group = None;
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            let (key, value) = trimmed.split_once('=').unwrap_or((trimmed, ""));
            group = match (section, key.trim()) {
                ("options", "install_requires") => Some(Group::Production),
                ("options.extras_require", extra) => Some(Group::of(extra)),
                _ => None,
            };
            requirement = value.trim();
        }
        if let Some(group) = group.filter(|_| !requirement.is_empty()) {
            let place = start + line.find(requirement).unwrap_or(0);
            add(requirement, place, artifact, group, &mut manifest.declared);
        }
    }
    manifest
}

/// `setup.py`: the lists given to `setup()` where they are literal.
pub(super) fn py(text: &str, artifact: ArtifactId) -> Manifest {
    let mut manifest = Manifest::default();
    if text.len() > 256 * 1024 || !text.contains("install_requires") {
        return manifest;
    }
    let Ok(parsed) = syntax::tree(text) else { return manifest };
    let mut search = Search { lists: FxHashMap::default(), found: Vec::new() };
    search.visit_body(&parsed.syntax().body);
    for (list, group) in search.found {
        let list = match list {
            Expr::Name(name) => search.lists.get(name.id.as_str()).copied().unwrap_or(list),
            list => list,
        };
        let items = match list {
            Expr::List(list) => &list.elts,
            Expr::Tuple(list) => &list.elts,
            _ => continue,
        };
        for item in items {
            if let Some(literal) = item.as_string_literal_expr() {
                add(literal.value.to_str(), item.range().start().to_usize() + 1, artifact, group, &mut manifest.declared);
            }
        }
    }
    manifest
}

struct Search<'a> {
    lists: FxHashMap<&'a str, &'a Expr>,
    found: Vec<(&'a Expr, Group)>,
}

impl<'a> Visitor<'a> for Search<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Assign(assign) = stmt
            && let [Expr::Name(name)] = assign.targets.as_slice()
        {
            self.lists.insert(name.id.as_str(), &assign.value);
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            if let Some(keyword) = call.arguments.find_keyword("install_requires") {
                self.found.push((&keyword.value, Group::Production));
            }
            if let Some(Expr::Dict(extras)) = call.arguments.find_keyword("extras_require").map(|it| &it.value) {
                for item in extras {
                    let name = item.key.as_ref().and_then(Expr::as_string_literal_expr);
                    let group = name.map_or(Group::Production, |name| Group::of(name.value.to_str()));
                    self.found.push((&item.value, group));
                }
            }
        }
        walk_expr(self, expr);
    }
}

/// `environment.yml`: Conda's own `name=version` and the requirements under `pip:`.
pub(super) fn conda(text: &str, artifact: ArtifactId) -> Manifest {
    let mut manifest = Manifest::default();
    let mut offset = 0;
    let mut inside = false;
    let mut pip_indent = None;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some(entry) = trimmed.strip_prefix("- ") else {
            inside = trimmed == "dependencies:";
            continue;
        };
        let entry = entry.split(" #").next().unwrap_or(entry).trim().trim_matches(['"', '\'']);
        if !inside {
            continue;
        }
        if pip_indent.is_some_and(|pip| indent <= pip) {
            pip_indent = None;
        }
        if entry == "pip:" {
            pip_indent = Some(indent);
            continue;
        }
        let place = start + line.find(entry).unwrap_or(0);
        if pip_indent.is_some() {
            add(entry, place, artifact, Group::Production, &mut manifest.declared);
            continue;
        }
        let package = entry.rsplit("::").next().unwrap_or(entry);
        let mut parts = package.splitn(3, '=').filter(|part| !part.is_empty());
        let written = match (package.contains(['<', '>', '!', '~']), parts.next(), parts.next()) {
            (false, Some(name), Some(version)) => {
                format!(
                    "{name}=={}{}",
                    version.trim_start_matches('='),
                    if version.contains('*') || version.matches('.').count() > 1 { "" } else { ".*" }
                )
            }
            _ => package.to_owned(),
        };
        add(&written, place, artifact, Group::Production, &mut manifest.declared);
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::super::Constraint;
    use super::*;

    fn shown(manifest: &Manifest) -> Vec<String> {
        manifest
            .declared
            .iter()
            .map(|it| match &it.constraint {
                Constraint::Any => format!("{} {:?}", it.name, it.group),
                Constraint::Exact(version) => format!("{}=={version} {:?}", it.name, it.group),
                Constraint::Range(range) => format!("{} {range} {:?}", it.name, it.group),
            })
            .collect()
    }

    #[test]
    fn setup_cfg() {
        let text = "[metadata]\nname = x\n[options]\npackages = find:\ninstall_requires =\n    Django>=4.2\n    # no\n    redis\n\
            python_requires = >=3.8\n[options.extras_require]\ntest =\n    pytest\n";
        assert_eq!(shown(&cfg(text, ArtifactId(0))), ["django >=4.2 Production", "redis Production", "pytest Development"]);
    }

    #[test]
    fn setup_py() {
        let text =
            "REQ = ['Django>=4.2', 'a']\nsetup(name='x', install_requires=REQ, extras_require={'dev': ['b'], 's3': ['c']})\n";
        assert_eq!(shown(&py(text, ArtifactId(0))), ["django >=4.2 Production", "a Production", "b Development", "c Production"]);
    }

    #[test]
    fn conda_environments() {
        let text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.12\n  - conda-forge::django=5.1\n  - numpy>=1\n  - pip:\n    - Django==5.1.2\n    - x\n  - y\n";
        assert_eq!(
            shown(&conda(text, ArtifactId(0))),
            [
                "python ==3.12.* Production",
                "django ==5.1.* Production",
                "numpy >=1 Production",
                "django==5.1.2 Production",
                "x Production",
                "y Production"
            ]
        );
    }
}
