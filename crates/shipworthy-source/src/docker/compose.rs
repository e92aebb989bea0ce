//! Compose: several files merged into services, their variables resolved, `extends` and `env_file` followed.

use std::sync::Arc;

use shipworthy_model::picture::{
    Build, Command, Mount, MountKind, Port, Probe, ProbeKind, Publishing, Source, Text, Unit, Variable,
};
use shipworthy_model::{Artifacts, Notice, Region, Why};

use super::compose_merge::{self, to_map};
use super::ports;
use crate::draft::Draft;
use crate::picture::Written;
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::references::{self, Dialect, Look};
use crate::yaml::{self, Kind, Node};
use crate::{Tree, dotenv, shell, text};

/// A set of files that are merged, later ones on top.
pub(crate) struct Set<'a> {
    pub(crate) tree: &'a dyn Tree,
    pub(crate) artifacts: &'a mut Artifacts,
    pub(crate) notices: &'a mut Vec<Notice>,
    /// The folder from which paths count: that of the first file.
    pub(crate) folder: String,
    /// Variables of the `.env` file beside it.
    pub(crate) variables: Vec<Variable>,
    /// What pipelines write into files of variables before they start it.
    written: Option<&'a Written>,
    /// Whether everything that the files name was there.
    pub(crate) complete: bool,
}

const DEEPEST: usize = 8;

/// Whether a document is a compose file, by its keys.
pub(crate) fn is_compose(root: &Node) -> bool {
    let Some(services) = root.get("services") else { return root.get("include").is_some() };
    // GitHub's workflows and GitLab's pipelines have services too, but never at the top beside `jobs`.
    services.is_map() && root.get("jobs").is_none() && root.get("on").is_none() && root.get("kind").is_none()
}

/// Reads one file. `None` if it is not there.
pub(crate) fn open(tree: &dyn Tree, path: &str, artifacts: &mut Artifacts, notices: &mut Vec<Notice>) -> Option<Arc<Node>> {
    let content = text::decode(tree.read(path).ok()?);
    let artifact = artifacts.add(path, content.as_str());
    let documents = yaml::read(&content, artifact);
    for notice in documents.notices {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    documents.roots.into_iter().next()
}

impl<'a> Set<'a> {
    /// A set whose paths count from a folder, with the variables of its `.env`. `written` is what pipelines write into such
    /// files where they deploy this set.
    pub(crate) fn new(
        tree: &'a dyn Tree,
        folder: &str,
        written: Option<&'a Written>,
        artifacts: &'a mut Artifacts,
        notices: &'a mut Vec<Notice>,
    ) -> Self {
        let own = folder.to_owned();
        let mut set = Self { tree, artifacts, notices, folder: own, variables: Vec::new(), written, complete: true };
        if let Some(path) = beside(folder, ".env") {
            set.variables = set.variables_of(&path).unwrap_or_default();
        }
        set
    }

    fn variables_of(&mut self, path: &str) -> Option<Vec<Variable>> {
        let written = self.written.and_then(|written| written.of(path));
        let below = if written.is_some_and(|(_, anew)| anew) { None } else { self.variables_in(path) };
        let Some((written, _)) = written else { return below };
        let mut variables = below.unwrap_or_default();
        Variable::overlay(&mut variables, written.iter().cloned());
        Some(variables)
    }

    fn variables_in(&mut self, path: &str) -> Option<Vec<Variable>> {
        let content = text::decode(self.tree.read(path).ok().filter(|bytes| bytes.len() < 1 << 20)?);
        let artifact = self.artifacts.add(path, content.as_str());
        let (mut assignments, _) = dotenv::read(&content, artifact);
        let outside: Vec<Variable> = self.variables.clone();
        dotenv::interpolate(&mut assignments, &|name| {
            let known = outside.iter().find(|variable| &*variable.name == name)?;
            known.value.expose().map(Arc::from)
        });
        let mut variables = Vec::new();
        for assignment in assignments {
            let value = match &assignment.value {
                Some(value) => Text::known(value.clone(), assignment.at),
                None => self.handed_through(&assignment.name, assignment.at),
            };
            Variable::overlay(&mut variables, [Variable::new(assignment.name, value, Source::File)]);
        }
        Some(variables)
    }

    /// A variable that is named without a value: that of `.env`, or of whoever starts it.
    fn handed_through(&self, name: &str, at: Region) -> Text {
        match self.variables.iter().find(|variable| &*variable.name == name) {
            Some(variable) => variable.value.clone(),
            None => Text::unknown(format!("${{{name}}}"), Why::Variable(name.into()), at),
        }
    }

    fn expand(&self, piece: &Piece) -> Text {
        let look = |name: &str| match self.variables.iter().find(|variable| &*variable.name == name) {
            Some(variable) => Look::Set(variable.value.clone()),
            None => Look::Open,
        };
        references::expand(&piece.text, piece.at, Dialect::Compose, &look)
    }

    pub(super) fn text(&self, node: &Node) -> Option<Text> {
        match &node.kind {
            Kind::Scalar(piece, _) => Some(self.expand(piece)),
            Kind::Template(piece) => Some(yaml::template(piece)),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    pub(super) fn texts(&self, node: Option<&Arc<Node>>) -> Vec<Text> {
        node.map(|node| node.one_or_more().into_iter().filter_map(|item| self.text(item)).collect()).unwrap_or_default()
    }

    /// The services of files that are merged in this order.
    pub(crate) fn read(&mut self, roots: &[(String, Arc<Node>)]) -> Vec<Draft> {
        let mut services: Vec<(Piece, Arc<Node>)> = Vec::new();
        let mut queue: Vec<(String, Arc<Node>, usize)> = Vec::new();
        for (path, root) in roots {
            self.included(path, root, 0, &mut queue);
            queue.push((path.clone(), root.clone(), 0));
        }
        for (path, root, _) in &queue {
            let Some(own) = root.get("services") else { continue };
            for (name, node) in own.entries() {
                let node = self.extended(path, root, node, 0);
                match services.iter_mut().find(|(known, _)| known.text == name.text) {
                    Some((_, known)) => *known = compose_merge::service(known, &node),
                    None => services.push((name.clone(), node)),
                }
            }
        }
        let mut drafts: Vec<Draft> = services.iter().map(|(name, node)| self.service(name, node)).collect();
        self.place(&queue.iter().rev().map(|(_, root, _)| root).collect::<Vec<_>>(), &mut drafts);
        for (name, alias) in services.iter().flat_map(|(name, node)| self.aliases(&name.text, node)) {
            if let Some(draft) = drafts.iter_mut().find(|draft| *draft.unit.name == name) {
                draft.unit.aliases.push(alias);
            }
        }
        drafts
    }

    fn included(&mut self, path: &str, root: &Arc<Node>, depth: usize, queue: &mut Vec<(String, Arc<Node>, usize)>) {
        let Some(include) = root.get("include") else { return };
        for item in include.items() {
            let paths = match &item.kind {
                Kind::Map(_) => {
                    item.get("path").map(|node| node.one_or_more().into_iter().cloned().collect()).unwrap_or_default()
                }
                Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) => vec![(**item).clone()],
            };
            for node in paths {
                let file = self.text(&node).and_then(|text| beside(folder_of(path), text.as_str()?));
                let opened = file.and_then(|file| Some((file.clone(), open(self.tree, &file, self.artifacts, self.notices)?)));
                match opened.filter(|_| depth < DEEPEST && queue.len() < 100) {
                    Some((file, other)) => {
                        self.included(&file, &other, depth + 1, queue);
                        queue.push((file, other, depth));
                    }
                    None => self.missing(node.at, "this compose file is not in the project"),
                }
            }
        }
    }

    fn missing(&mut self, at: Region, message: &str) {
        self.complete = false;
        let notice = Notice::at(at, message);
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// A service on top of the one that it extends.
    fn extended(&mut self, path: &str, root: &Arc<Node>, node: &Arc<Node>, depth: usize) -> Arc<Node> {
        let Some(extends) = node.get("extends").filter(|_| depth < DEEPEST) else { return node.clone() };
        let (file, name) = match &extends.kind {
            Kind::Map(_) => (extends.get("file").cloned(), extends.get("service").cloned()),
            Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) => (None, Some(extends.clone())),
        };
        let Some(name) = name.as_ref().and_then(|name| name.str()) else { return node.clone() };
        let (path, other) = match &file {
            None => (path.to_owned(), Some(root.clone())),
            Some(file) => match self.text(file).and_then(|text| beside(folder_of(path), text.as_str()?)) {
                Some(file) => (file.clone(), open(self.tree, &file, self.artifacts, self.notices)),
                None => (String::new(), None),
            },
        };
        let found = other.as_ref().and_then(|other| other.get("services").and_then(|services| services.get(name)).cloned());
        if let (Some(other), Some(base)) = (other, found) {
            let base = self.extended(&path, &other, &base, depth + 1);
            compose_merge::service(&base, node)
        } else {
            self.missing(extends.at, "the service that this one extends is not in the project");
            node.clone()
        }
    }

    fn service(&mut self, name: &Piece, node: &Arc<Node>) -> Draft {
        let mut unit = Unit::new(name.text.clone(), name.at);
        let text = |key: &str| node.get(key).and_then(|value| self.text(value));
        unit.image = text("image");
        unit.user = text("user");
        unit.folder = text("working_dir");
        unit.restart =
            text("restart").or_else(|| node.path(&["deploy", "restart_policy", "condition"]).and_then(|it| self.text(it)));
        unit.replicas = node.path(&["deploy", "replicas"]).and_then(|it| self.text(it)).or_else(|| text("scale"));
        unit.stop_signal = text("stop_signal");
        unit.discards.extend(node.path(&["logging", "driver"]).and_then(|it| self.text(it)).filter(|driver| driver.is("none")));
        unit.profiles = self.texts(node.get("profiles"));
        unit.exposes = self.texts(node.get("expose"));
        unit.entrypoint = node.get("entrypoint").and_then(|it| self.command(it));
        unit.command = node.get("command").and_then(|it| self.command(it));
        unit.depends_on = self.keys(node.get("depends_on"));
        unit.networks = self.keys(node.get("networks"));
        unit.security.privileged = text("privileged");
        unit.security.read_only = text("read_only");
        unit.security.capabilities = self.texts(node.get("cap_add"));
        unit.security.escalation = self
            .texts(node.get("security_opt"))
            .into_iter()
            .find(|option| option.shown().starts_with("no-new-privileges"))
            .map(|option| Text::known(if option.shown().ends_with("false") { "true" } else { "false" }, option.at));
        for labels in [node.get("labels"), node.path(&["deploy"]).and_then(|deploy| deploy.get("labels"))].into_iter().flatten() {
            let map = to_map(labels);
            for (key, value) in map.entries() {
                let value = self.text(value).unwrap_or_else(|| Text::known("", value.at));
                unit.labels.push((self.expand(key), value));
            }
        }
        if let Some(mode) = text("network_mode").filter(|mode| mode.is("host")) {
            let how = Publishing::HostNetwork;
            unit.ports.push(Port { host: None, published: None, target: None, protocol: None, how, at: mode.at });
        }
        unit.ports.extend(self.ports(node));
        unit.mounts = self.mounts(node);
        unit.build = self.build(node);
        unit.probes.extend(node.get("healthcheck").and_then(|it| self.health(it)));
        let (variables, files) = self.environment(node);
        unit.variables = variables;
        unit.env_files = files;
        let mut draft = Draft::new(unit);
        draft.folder = draft.unit.build.as_ref().and_then(|build| build.context.as_deref().map(str::to_owned));
        draft.folder.get_or_insert_with(|| self.folder.clone());
        for mount in &draft.unit.mounts {
            let source = mount.source.as_ref().and_then(Text::as_str).filter(|_| mount.kind == MountKind::Bind);
            if let (Some(path), Some(target)) = (source.and_then(|source| beside(&self.folder, source)), mount.target.as_str()) {
                draft.binds.push((target.to_owned(), path));
            }
        }
        draft
    }

    /// A command: words of a list, or one text that is split into words without a shell.
    fn command(&self, node: &Node) -> Option<Command> {
        let words = match &node.kind {
            Kind::Scalar(piece, _) => {
                let look = |word: &Piece| self.expand(word);
                // References hold blanks of their own: split first, where nothing is quoted across them.
                shell::words(piece)
                    .iter()
                    .flat_map(|word| {
                        let text = look(word);
                        let splits = word.text.starts_with('$') && text.as_str().is_some_and(|known| known.contains(' '));
                        if splits {
                            let words: Vec<Text> = text
                                .as_str()
                                .unwrap_or_default()
                                .split_whitespace()
                                .map(|part| Text::known(part, word.at))
                                .collect();
                            words
                        } else {
                            vec![text]
                        }
                    })
                    .collect()
            }
            Kind::List(items) => items.iter().filter_map(|item| self.text(item)).collect(),
            Kind::Template(piece) => vec![yaml::template(piece)],
            Kind::Null | Kind::Map(_) => return None,
        };
        Some(Command { words, shell: false, at: node.at })
    }

    /// The items of a list, or the keys of a mapping.
    fn keys(&self, node: Option<&Arc<Node>>) -> Vec<Text> {
        match node.map(|node| &node.kind) {
            Some(Kind::Map(_)) => node.iter().flat_map(|node| node.entries()).map(|(key, _)| self.expand(key)).collect(),
            Some(Kind::List(_) | Kind::Scalar(..) | Kind::Template(_) | Kind::Null) | None => self.texts(node),
        }
    }

    fn ports(&self, node: &Node) -> Vec<Port> {
        let items = node.get("ports").map(|ports| ports.items()).unwrap_or_default();
        let one = |item: &Arc<Node>| match &item.kind {
            Kind::Map(_) => {
                let text = |key: &str| item.get(key).and_then(|value| self.text(value));
                Some(Port {
                    host: text("host_ip"),
                    published: text("published"),
                    target: text("target"),
                    protocol: text("protocol"),
                    how: Publishing::Host,
                    at: item.at,
                })
            }
            Kind::Scalar(..) | Kind::Template(_) => self.text(item).map(|text| ports::port(&text)),
            Kind::Null | Kind::List(_) => None,
        };
        items.iter().filter_map(one).collect()
    }

    fn mounts(&self, node: &Node) -> Vec<Mount> {
        let mut mounts = Vec::new();
        for item in node.get("volumes").map(|volumes| volumes.items()).unwrap_or_default() {
            if !item.is_map() {
                mounts.extend(self.text(item).map(|text| ports::mount(&text)));
                continue;
            }
            let text = |key: &str| item.get(key).and_then(|value| self.text(value));
            let source = text("source").or_else(|| text("src"));
            let Some(target) = text("target").or_else(|| text("dst")).or_else(|| text("destination")) else { continue };
            let kind = match text("type").as_ref().map(Text::shown) {
                Some("bind") => MountKind::Bind,
                Some("tmpfs") => MountKind::Temporary,
                Some("volume") if source.is_none() => MountKind::Anonymous,
                Some("volume") => MountKind::Volume,
                Some(_) | None => source.as_ref().map_or(MountKind::Anonymous, |source| ports::kind_of(source.shown())),
            };
            let read_only = item.get("read_only").is_some_and(|flag| flag.is_true());
            mounts.push(Mount { kind, source, target, read_only, at: item.at });
        }
        for item in self.texts(node.get("tmpfs")) {
            let at = item.at;
            mounts.push(Mount { kind: MountKind::Temporary, source: None, target: item, read_only: false, at });
        }
        for (key, kind, folder) in [("secrets", MountKind::Secret, "/run/secrets/"), ("configs", MountKind::Config, "/")] {
            for item in node.get(key).map(|list| list.items()).unwrap_or_default() {
                let field = |name: &str| item.get(name).and_then(|value| self.text(value));
                let Some(source) = field("source").or_else(|| self.text(item)) else { continue };
                let target = field("target").unwrap_or_else(|| Text::known(format!("{folder}{}", source.shown()), source.at));
                mounts.push(Mount { kind, source: Some(source), target, read_only: true, at: item.at });
            }
        }
        mounts
    }

    fn build(&self, node: &Node) -> Option<Build> {
        let build = node.get("build")?;
        let field = |key: &str| build.get(key).and_then(|value| self.text(value));
        let context = match &build.kind {
            Kind::Scalar(..) | Kind::Template(_) => self.text(build),
            Kind::Map(_) => Some(field("context").unwrap_or_else(|| Text::known(".", build.at))),
            Kind::Null | Kind::List(_) => None,
        }?;
        let context = context.as_str().filter(|path| !path.contains("://")).and_then(|path| beside(&self.folder, path));
        let named = field("dockerfile");
        let name = named.as_ref().and_then(Text::as_str).unwrap_or("Dockerfile");
        let dockerfile = context.as_deref().and_then(|context| beside(context, name)).unwrap_or_default();
        let arguments = match build.get("args") {
            Some(node) => self.pairs(node, Source::Image),
            None => Vec::new(),
        };
        Some(Build {
            context: context.map(Into::into),
            dockerfile: dockerfile.into(),
            target: field("target"),
            arguments,
            at: build.at,
            by_name: false,
        })
    }

    fn pairs(&self, node: &Arc<Node>, from: Source) -> Vec<Variable> {
        let map = to_map(node);
        let mut variables = Vec::new();
        for (name, value) in map.entries() {
            let text = match &value.kind {
                Kind::Null => self.handed_through(&name.text, name.at),
                Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) | Kind::Map(_) => match self.text(value) {
                    Some(text) => text,
                    None => continue,
                },
            };
            Variable::overlay(&mut variables, [Variable::new(name.text.clone(), text, from)]);
        }
        variables
    }

    /// The variables of a service: those of its files, and its own on top.
    fn environment(&mut self, node: &Node) -> (Vec<Variable>, Vec<(Text, bool)>) {
        let mut variables = Vec::new();
        let mut files = Vec::new();
        let nodes: Vec<Node> = match node.get("env_file") {
            Some(node) if node.is_map() => vec![(**node).clone()],
            Some(node) => match &node.kind {
                Kind::List(items) => items.iter().map(|item| (**item).clone()).collect(),
                Kind::Scalar(..) | Kind::Template(_) => vec![(**node).clone()],
                Kind::Null | Kind::Map(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        for node in &nodes {
            let Some(path) = node.get("path").map_or_else(|| self.text(node), |path| self.text(path)) else { continue };
            let file = path.as_str().and_then(|path| beside(&self.folder, path));
            let read = file.and_then(|file| self.variables_of(&file));
            files.push((path, read.is_some()));
            Variable::overlay(&mut variables, read.unwrap_or_default());
        }
        if let Some(own) = node.get("environment") {
            Variable::overlay(&mut variables, self.pairs(own, Source::Definition));
        }
        (variables, files)
    }

    fn health(&self, node: &Node) -> Option<Probe> {
        let probe = |kind| Some(Probe { name: "healthcheck".into(), kind, at: node.at });
        if node.get("disable").is_some_and(|flag| flag.is_true()) {
            return probe(ProbeKind::Disabled);
        }
        let test = node.get("test")?;
        let words = self.texts(Some(test));
        match words.first().map(Text::shown) {
            Some("NONE") => probe(ProbeKind::Disabled),
            Some("CMD" | "CMD-SHELL") => probe(ProbeKind::Command(words[1..].to_vec())),
            Some(_) => probe(ProbeKind::Command(words)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    fn read(files: &[(&str, &str)], set: &[&str]) -> (Vec<Draft>, Vec<Notice>) {
        let mut tree = MemoryTree::default();
        for (path, text) in files {
            tree.insert(path, *text);
        }
        let (mut artifacts, mut notices) = (Artifacts::default(), Vec::new());
        let mut roots = Vec::new();
        for path in set {
            roots.push(((*path).to_owned(), open(&tree, path, &mut artifacts, &mut notices).unwrap()));
        }
        let mut compose = Set::new(&tree, "", None, &mut artifacts, &mut notices);
        let drafts = compose.read(&roots);
        (drafts, notices)
    }

    #[test]
    fn files_are_merged() {
        let base = "x-env: &env\n  A: 1\n  B: ${B:-two}\nservices:\n  web:\n    build: .\n    environment:\n      <<: *env\n    command: gunicorn x\n    ports: [\"80:80\"]\n    volumes: [\"a:/data\", \"./src:/app\"]\n";
        let above = "services:\n  web:\n    command: [\"uvicorn\", \"y\"]\n    environment:\n      - A=3\n      - SECRET_KEY\n    ports: !override [\"127.0.0.1:8000:80\"]\n    volumes: [\"b:/data\"]\n  db:\n    image: postgres:17\n";
        let (drafts, notices) = read(
            &[("compose.yaml", base), ("compose.prod.yaml", above), (".env", "B=3\n")],
            &["compose.yaml", "compose.prod.yaml"],
        );
        assert!(notices.is_empty(), "{notices:?}");
        let web = &drafts[0].unit;
        assert!(web.command.as_ref().unwrap().words[0].is("uvicorn"));
        let shown: Vec<String> = web.variables.iter().map(|it| format!("{}={}", it.name, it.value.shown())).collect();
        assert_eq!(shown, ["A=3", "B=3", "SECRET_KEY=${SECRET_KEY}"]);
        assert_eq!((web.ports.len(), web.mounts.len()), (1, 2));
        assert!(web.mounts[0].source.as_ref().unwrap().is("b"));
        assert_eq!(drafts[0].binds, [("/app".to_owned(), "src".to_owned())]);
        assert_eq!(drafts[1].unit.image_name(), Some("postgres"));
    }

    #[test]
    fn services_extend_others() {
        let base = "services:\n  common:\n    image: x\n    env_file: [a.env, {path: b.env, required: false}]\n";
        let own = "services:\n  web:\n    extends: {file: base.yml, service: common}\n    network_mode: host\n    healthcheck: {test: [\"CMD\", \"curl\", \"x\"]}\n  other:\n    extends: nothing\n";
        let (drafts, notices) = read(&[("base.yml", base), ("compose.yml", own), ("a.env", "K=v\n")], &["compose.yml"]);
        assert_eq!(notices.len(), 1);
        assert!(drafts[0].unit.image.as_ref().unwrap().is("x"));
        assert_eq!(drafts[0].unit.env_files.iter().map(|it| it.1).collect::<Vec<_>>(), [true, false]);
        assert_eq!(drafts[0].unit.ports[0].how, Publishing::HostNetwork);
        assert!(drafts[0].unit.variables[0].value.is("v"));
    }
}
