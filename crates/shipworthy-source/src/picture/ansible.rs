//! Ansible: what fills the templates of files in which the processes of a machine find their variables.

use std::sync::Arc;

use shipworthy_model::picture::{Source, Text, Variable};
use shipworthy_model::{ArtifactId, Artifacts, Why};

use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::references::is_name;
use crate::stage::Stage;
use crate::yaml::{self, Kind, Node};
use crate::{Node as Place, Tree, dotenv, text};

/// Endings of files that are filled in before they are put where programs read them.
const ENDINGS: [&str; 6] = [".j2", ".jinja2", ".jinja", ".template", ".tmpl", ".tpl"];

/// The template of a file that a unit of systemd names, where it lies beside the unit's own: its path in the tree.
pub(super) fn template_of(tree: &dyn Tree, unit: &str, named: &str) -> Option<String> {
    let name = named.rsplit('/').next().filter(|name| !name.is_empty() && !name.contains(['{', '$', '%']))?;
    let folders = [folder_of(unit).to_owned(), beside(folder_of(unit), "../files").unwrap_or_default()];
    let paths = folders.iter().flat_map(|folder| {
        let plain = std::iter::once(format!("{folder}/{name}"));
        plain.chain(ENDINGS.iter().map(move |end| format!("{folder}/{name}{end}")))
    });
    paths.map(|path| path.trim_start_matches('/').to_owned()).find(|path| tree.node(path) == Place::File)
}

/// The variables that a file gives once it is filled in: those that it writes itself, and those of its loops.
pub(super) fn variables(tree: &dyn Tree, path: &str, content: &str, artifacts: &mut Artifacts) -> Vec<Variable> {
    let artifact = artifacts.add(path, content);
    let mut variables = Vec::new();
    for assignment in dotenv::read(content, artifact).0 {
        let Some(value) = assignment.value.filter(|_| is_name(&assignment.name)) else { continue };
        let value = if value.contains("{{") || value.contains("{%") {
            yaml::template(&Piece::verbatim(&value, assignment.at))
        } else {
            Text::known(value, assignment.at)
        };
        Variable::overlay(&mut variables, [Variable::new(assignment.name, value, Source::File)]);
    }
    Variable::overlay(&mut variables, looped(tree, path, content, artifacts));
    fill(tree, path, &mut variables, artifacts);
    variables
}

/// The variables that loops of a template write, `{% for name, value in variables.items() %}`: the entries of the mapping
/// of that name (docs.ansible.com, "Variable precedence": a mapping replaces one of the same name as a whole).
pub(super) fn looped(tree: &dyn Tree, path: &str, content: &str, artifacts: &mut Artifacts) -> Vec<Variable> {
    let mut made = Vec::new();
    for name in mappings(content) {
        let mut known: Vec<Variable> = Vec::new();
        for rank in sources(tree, path) {
            let mut found: Vec<Vec<Variable>> = Vec::new();
            for file in rank {
                found.extend(mapping(tree, &file, name, artifacts));
            }
            // Files of one rank are for different machines: what they do not agree on is nobody's to say.
            let mut found = found.into_iter();
            let Some(first) = found.next() else { continue };
            known = found.fold(first, |mut all, other| {
                for variable in &mut all {
                    let same = other.iter().find(|it| it.name == variable.name);
                    if same.is_none_or(|same| same.value.expose() != variable.value.expose()) {
                        let why = Why::Unsupported("different machines have different ones".into());
                        variable.value = Text::unknown("…", why, variable.value.at);
                    }
                }
                all
            });
        }
        Variable::overlay(&mut made, known);
    }
    made
}

/// Fills in what variables take whole from a variable of Ansible, `{{ django_debug }}`, where files of the tree hold it.
pub(super) fn fill(tree: &dyn Tree, path: &str, variables: &mut [Variable], artifacts: &mut Artifacts) {
    let blank = |variable: &Variable| {
        variable.value.as_unknown()?;
        let inside = variable.value.shown().trim().strip_prefix("{{")?.strip_suffix("}}")?;
        let name = inside.split('|').next().unwrap_or_default().trim();
        (is_name(name) && !inside.contains("{{")).then(|| name.to_owned())
    };
    if variables.iter().all(|variable| blank(variable).is_none()) {
        return;
    }
    let ranks = sources(tree, path);
    for variable in variables {
        let Some(name) = blank(variable) else { continue };
        // A credential that is put there is told by its own name.
        for rank in ranks.iter().rev() {
            let found: Vec<Text> = rank.iter().filter_map(|file| scalar(tree, file, &name, artifacts)).collect();
            let Some(first) = found.first() else { continue };
            if found.iter().all(|other| other.expose() == first.expose()) {
                *variable = Variable::new(variable.name.clone(), first.clone(), variable.from);
            }
            break;
        }
    }
}

/// What a variable of this name is in a file of variables, where it is a plain text.
fn scalar(tree: &dyn Tree, path: &str, name: &str, artifacts: &mut Artifacts) -> Option<Text> {
    let node = |content: &str, artifact| {
        let documents = yaml::read(content, artifact);
        documents.roots.iter().find_map(|root| root.get(name).cloned())
    };
    let (content, artifact) = opened(tree, path, name, artifacts)?;
    filled(&*node(&content, artifact)?)
}

/// The text of a file of variables that has this name in it.
fn opened(tree: &dyn Tree, path: &str, name: &str, artifacts: &mut Artifacts) -> Option<(String, ArtifactId)> {
    const LARGEST: usize = 1 << 18;
    let content = text::decode(tree.read(path).ok().filter(|bytes| bytes.len() < LARGEST)?);
    let artifact = content.contains(name).then(|| artifacts.add(path, content.as_str()))?;
    Some((content, artifact))
}

/// The names of the mappings whose entries the loops of a template write as variables.
fn mappings(content: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (start, _) in content.match_indices("{%") {
        let inside = &content[start + 2..];
        let Some(end) = inside.find("%}") else { continue };
        let Some(head) = inside[..end].trim_matches(['-', '+', ' ']).strip_prefix("for ") else { continue };
        let Some((targets, subject)) = head.split_once(" in ") else { continue };
        let Some(subject) = subject.trim().strip_suffix(".items()").filter(|name| is_name(name)) else { continue };
        let Some((key, value)) = targets.split_once(',').map(|(key, value)| (key.trim(), value.trim())) else { continue };
        let body = &inside[end + 2..];
        let body: String = body[..body.find("{%").unwrap_or(body.len())].split_whitespace().collect();
        let writes = body.find(&format!("{{{{{key}}}}}=")).is_some_and(|at| body[at..].contains(&format!("{{{{{value}")));
        if writes {
            names.push(subject);
        }
    }
    names
}

/// The files that give a role its variables, weakest first; files of machines that are not production's are left out.
fn sources(tree: &dyn Tree, template: &str) -> Vec<Vec<String>> {
    let role = folder_of(folder_of(template)).to_owned();
    // Beside a playbook, templates lie where its variables do.
    let mut above = vec![role.clone()];
    let mut folder = role.as_str();
    while !folder.is_empty() && above.len() < 4 {
        folder = folder_of(folder);
        above.push(folder.to_owned());
    }
    let within = |folder: &str, name: &str| format!("{folder}/{name}").trim_start_matches('/').to_owned();
    let listed = |folder: String| -> Vec<String> {
        let mut files = Vec::new();
        for name in tree.list(&folder).unwrap_or_default() {
            let path = within(&folder, &name);
            if tree.node(&path) == Place::Folder {
                files.extend(tree.list(&path).unwrap_or_default().iter().map(|name| within(&path, name)));
            } else {
                files.push(path);
            }
        }
        let is_yaml = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.rsplit_once('.').is_none_or(|(_, end)| matches!(end, "yml" | "yaml"))
        };
        files.retain(|path| is_yaml(path) && !matches!(Stage::of(path), Stage::Development | Stage::Staging));
        files
    };
    let of = |name: &str| -> Vec<String> {
        let folders = above.iter().flat_map(|folder| [within(folder, &format!("inventory/{name}")), within(folder, name)]);
        folders.flat_map(listed).collect()
    };
    let is_for_all = |path: &String| path.split('/').any(|part| part == "all" || part.starts_with("all."));
    let (all, groups): (Vec<String>, Vec<String>) = of("group_vars").into_iter().partition(is_for_all);
    let own = |name: &str| listed(within(&role, name));
    vec![own("defaults"), all, groups, of("host_vars"), own("vars")]
}

/// What a mapping of this name holds in a file of variables.
fn mapping(tree: &dyn Tree, path: &str, name: &str, artifacts: &mut Artifacts) -> Option<Vec<Variable>> {
    let (content, artifact) = opened(tree, path, name, artifacts)?;
    let documents = yaml::read(&content, artifact);
    let node = documents.roots.iter().find_map(|root| root.get(name))?;
    let entries = node.entries().filter(|(key, _)| is_name(&key.text));
    Some(entries.filter_map(|(key, value)| Some(Variable::new(key.text.clone(), filled(value)?, Source::File))).collect())
}

/// What a value becomes in a template: Jinja writes YAML's words for truth as Python does.
fn filled(node: &Node) -> Option<Text> {
    let plain = match &node.kind {
        Kind::Scalar(piece, true) => piece,
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) | Kind::Map(_) => return node.text(),
    };
    let word: Option<Arc<str>> = match plain.text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some("True".into()),
        "false" | "no" | "off" => Some("False".into()),
        _ => None,
    };
    Some(word.map_or_else(|| plain.known(), |word| Text::known(word, plain.at)))
}
