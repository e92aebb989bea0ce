//! Manifests of Kubernetes: workloads, what publishes them, and what gives them variables.

mod services;

use std::sync::Arc;

use base64::Engine as _;
use shipworthy_model::Region;
use shipworthy_model::Why;
use shipworthy_model::picture::{
    Command, HttpProbe, Mount, MountKind, Port, Probe, ProbeKind, Publishing, Source, Text, Unit, Variable,
};

use crate::draft::Draft;
use crate::piece::Piece;
use crate::references::{self, Dialect, Look};
use crate::yaml::{Kind, Node};

/// An object of a manifest.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) kind: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) node: Arc<Node>,
}

/// What is left of a name when the placeholders of a template are taken out of it; `otherwise` if that is nothing.
fn without_templates(name: &str, otherwise: &str) -> String {
    let mut left = name.to_owned();
    while let Some(start) = left.find("{{") {
        let end = left[start..].find("}}").map_or(left.len(), |end| start + end + 2);
        left.replace_range(start..end, "");
    }
    let bare = left.trim_matches(['-', '.', '/', ' ', '"']);
    if bare.is_empty() { otherwise.to_ascii_lowercase() } else { bare.to_owned() }
}

/// The objects of documents; those of a `List` one by one.
pub(crate) fn objects(roots: &[Arc<Node>]) -> Vec<Object> {
    let mut objects = Vec::new();
    for root in roots {
        if root.get("kind").and_then(|kind| kind.str()).is_some_and(|kind| kind == "List") {
            let items = root.get("items").map(|items| items.items()).unwrap_or_default();
            objects.extend(items.iter().filter_map(object));
        } else {
            objects.extend(object(root));
        }
    }
    objects
}

fn object(node: &Arc<Node>) -> Option<Object> {
    let kind = node.get("kind")?.str()?;
    node.get("apiVersion")?;
    let name = node.path(&["metadata", "name"]).and_then(Node::piece).map_or("", |piece| &piece.text);
    Some(Object { kind: kind.into(), name: name.into(), node: node.clone() })
}

/// Values of a Helm chart.
pub(crate) type Values<'a> = Option<&'a Node>;

/// Reads objects that are deployed together.
pub(crate) struct Cluster<'a> {
    pub(crate) objects: &'a [Object],
    pub(crate) values: Values<'a>,
}

impl Cluster<'_> {
    /// A scalar; where a template takes it from the chart's values as it is, that value.
    pub(crate) fn text(&self, node: &Node) -> Option<Text> {
        let Kind::Template(piece) = &node.kind else { return node.text() };
        let inside = piece.text.trim().trim_matches('"').strip_prefix("{{")?.strip_suffix("}}");
        let path = inside.map(|inside| inside.trim_matches(['-', ' ']).split('|').next().unwrap_or_default().trim().to_owned());
        // A default stands for what is empty, too.
        let has_default = inside.is_some_and(|inside| inside.split('|').skip(1).any(|step| step.trim().starts_with("default ")));
        let found = path.as_deref().and_then(|path| path.strip_prefix(".Values.")).and_then(|path| {
            let keys: Vec<&str> = path.split('.').collect();
            self.values?.path(&keys)?.text()
        });
        found.filter(|text| !has_default || text.expose() != Some("")).or_else(|| node.text())
    }

    pub(crate) fn at(&self, node: &Node, keys: &[&str]) -> Option<Text> {
        node.path(keys).and_then(|node| self.text(node))
    }

    /// The units of all workloads.
    pub(crate) fn drafts(&self) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for object in self.objects {
            let spec: &[&str] = match &*object.kind {
                "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "DeploymentConfig" => &["spec", "template"],
                "CronJob" => &["spec", "jobTemplate", "spec", "template"],
                "Pod" => &[],
                _ => continue,
            };
            let Some(template) = object.node.path(spec) else { continue };
            let Some(pod) = template.get("spec") else { continue };
            let containers = pod.get("containers").map(|list| list.items()).unwrap_or_default();
            for (index, container) in containers.iter().enumerate() {
                let own = container.get("name").and_then(|name| name.piece()).map(|name| name.text.clone()).unwrap_or_default();
                let object_name = without_templates(&object.name, &object.kind);
                let own = without_templates(&own, "container");
                let name = if containers.len() > 1 { format!("{object_name}/{own}") } else { object_name };
                let mut draft = self.container(&name, object, template, pod, container);
                if index == 0 {
                    let before = pod.get("initContainers").map(|list| list.items()).unwrap_or_default();
                    for container in before {
                        let variables = self.environment(container);
                        let (entrypoint, command) =
                            (self.command(container, "command", &variables), self.command(container, "args", &variables));
                        let at = container.at;
                        let words: Vec<Text> = entrypoint.into_iter().chain(command).flat_map(|command| command.words).collect();
                        if !words.is_empty() {
                            draft.before.push(Command { words, shell: false, at });
                        }
                    }
                }
                draft.once = matches!(&*object.kind, "Job" | "CronJob");
                drafts.push(draft);
            }
        }
        if !drafts.is_empty() {
            drafts.extend(self.strangers().into_iter().map(Draft::new));
        }
        drafts
    }

    fn container(&self, name: &str, object: &Object, template: &Node, pod: &Node, container: &Arc<Node>) -> Draft {
        let at = container.get("name").map_or(container.at, |name| name.at);
        let mut unit = Unit::new(name, at);
        unit.image = self.at(container, &["image"]);
        unit.variables = self.environment(container);
        unit.entrypoint = self.command(container, "command", &unit.variables);
        unit.command = self.command(container, "args", &unit.variables);
        unit.folder = self.at(container, &["workingDir"]);
        unit.replicas = self.at(&object.node, &["spec", "replicas"]);
        unit.restart = self.at(pod, &["restartPolicy"]);
        unit.schedule = self.at(&object.node, &["spec", "schedule"]).filter(|_| &*object.kind == "CronJob");
        if matches!(&*object.kind, "Job" | "CronJob") {
            unit.role = shipworthy_model::picture::Role::Job;
        }
        let either =
            |key: &str| self.at(container, &["securityContext", key]).or_else(|| self.at(pod, &["securityContext", key]));
        unit.security.privileged = either("privileged");
        unit.security.non_root = either("runAsNonRoot");
        unit.security.run_as = either("runAsUser");
        unit.security.read_only = either("readOnlyRootFilesystem");
        unit.security.escalation = either("allowPrivilegeEscalation");
        let added = container.path(&["securityContext", "capabilities", "add"]);
        unit.security.capabilities = added.iter().flat_map(|list| list.items()).filter_map(|item| self.text(item)).collect();
        unit.user.clone_from(&unit.security.run_as);
        for port in container.get("ports").map(|list| list.items()).unwrap_or_default() {
            unit.exposes.extend(self.at(port, &["containerPort"]));
            if let Some(published) = self.at(port, &["hostPort"]) {
                unit.ports.push(Port {
                    host: self.at(port, &["hostIP"]),
                    published: Some(published),
                    target: self.at(port, &["containerPort"]),
                    protocol: self.at(port, &["protocol"]),
                    how: Publishing::Host,
                    at: port.at,
                });
            }
        }
        if pod.get("hostNetwork").is_some_and(|flag| flag.is_true()) {
            unit.ports.push(bare(Publishing::HostNetwork, pod.get("hostNetwork").map_or(pod.at, |flag| flag.at)));
        }
        self.published(template, &mut unit);
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            unit.probes.extend(container.get(name).and_then(|probe| self.probe(name, probe)));
        }
        unit.mounts = self.mounts(object, pod, container);
        unit.inlays = self.inlays(pod, container);
        for holder in
            [object.node.path(&["metadata", "annotations"]), template.path(&["metadata", "annotations"])].into_iter().flatten()
        {
            for (key, value) in holder.entries() {
                unit.labels.extend(self.text(value).map(|value| (key.known(), value)));
            }
        }
        Draft::new(unit)
    }

    fn command(&self, container: &Node, key: &str, variables: &[Variable]) -> Option<Command> {
        let node = container.get(key)?;
        let look = |name: &str| match variables.iter().find(|variable| &*variable.name == name) {
            Some(variable) => Look::Set(variable.value.clone()),
            None => Look::Open,
        };
        let words: Vec<Text> = node
            .one_or_more()
            .into_iter()
            .filter_map(|item| match &item.kind {
                // A name that is not among the variables stays as it is written.
                Kind::Scalar(piece, _) if piece.text.contains("$(") => {
                    let text = references::expand(&piece.text, piece.at, Dialect::Kubernetes, &look);
                    Some(if text.as_unknown().is_some() { piece.known() } else { text })
                }
                Kind::Scalar(..) | Kind::Template(_) | Kind::Null | Kind::List(_) | Kind::Map(_) => self.text(item),
            })
            .collect();
        Some(Command { words, shell: false, at: node.at })
    }

    fn find(&self, kinds: &[&str], name: &str) -> Option<&Object> {
        self.objects.iter().rev().find(|object| kinds.contains(&&*object.kind) && &*object.name == name)
    }

    /// The variables of a container: those of `envFrom`, and its own on top.
    fn environment(&self, container: &Node) -> Vec<Variable> {
        let mut variables = Vec::new();
        for item in container.get("envFrom").map(|list| list.items()).unwrap_or_default() {
            let prefix = item.get("prefix").and_then(|prefix| prefix.str()).unwrap_or_default();
            for (key, kinds, from) in [
                ("configMapRef", &["ConfigMap"][..], Source::ConfigMap),
                ("secretRef", &["Secret", "SealedSecret"][..], Source::SecretObject),
            ] {
                let Some(name) = item.path(&[key, "name"]).and_then(Node::piece) else { continue };
                let Some(object) = self.find(kinds, &name.text) else { continue };
                let data: Vec<Variable> = self
                    .data(object)
                    .into_iter()
                    .map(|(key, text)| Variable::new(format!("{prefix}{}", key.text), text, from))
                    .collect();
                Variable::overlay(&mut variables, data);
            }
        }
        for item in container.get("env").map(|list| list.items()).unwrap_or_default() {
            let Some(name) = item.get("name").and_then(|name| name.piece()).map(|name| name.text.clone()) else { continue };
            let (text, from) = match item.get("value") {
                Some(value) => {
                    let look = |name: &str| match variables.iter().find(|variable: &&Variable| &*variable.name == name) {
                        Some(variable) => Look::Set(variable.value.clone()),
                        None => Look::Open,
                    };
                    let text = match &value.kind {
                        Kind::Scalar(piece, _) => references::expand(&piece.text, piece.at, Dialect::Kubernetes, &look),
                        Kind::Null => Text::known("", value.at),
                        Kind::Template(_) | Kind::List(_) | Kind::Map(_) => {
                            self.text(value).unwrap_or_else(|| Text::known("", value.at))
                        }
                    };
                    (text, Source::Definition)
                }
                None => self.referred(item, &name),
            };
            Variable::overlay(&mut variables, [Variable::new(name, text, from)]);
        }
        variables
    }

    fn referred(&self, item: &Node, name: &Arc<str>) -> (Text, Source) {
        let unknown = |why: Why| Text::unknown(format!("${{{name}}}"), why, item.at);
        for (key, kinds, from) in [
            ("configMapKeyRef", &["ConfigMap"][..], Source::ConfigMap),
            ("secretKeyRef", &["Secret", "SealedSecret"][..], Source::SecretObject),
        ] {
            let Some(reference) = item.path(&["valueFrom", key]) else { continue };
            let (Some(object), Some(entry)) =
                (reference.get("name").and_then(|it| it.piece()), reference.get("key").and_then(|it| it.piece()))
            else {
                continue;
            };
            let found = self.find(kinds, &object.text).map(|object| self.data(object)).unwrap_or_default();
            let found = found.into_iter().find(|(key, _)| key.text == entry.text).map(|(_, text)| text);
            return (found.unwrap_or_else(|| unknown(Why::Variable(name.clone()))), from);
        }
        (unknown(Why::Machine("the cluster".into())), Source::Definition)
    }

    /// What a `ConfigMap` or Secret holds.
    fn data(&self, object: &Object) -> Vec<(Piece, Text)> {
        let mut data = Vec::new();
        let encoded = &*object.kind == "Secret";
        for key in ["data", "stringData"] {
            for (name, value) in object.node.get(key).iter().flat_map(|data| data.entries()) {
                let Some(text) = self.text(value) else { continue };
                let text = match text.as_str().filter(|_| encoded && key == "data") {
                    Some(known) => {
                        let bytes =
                            base64::engine::general_purpose::STANDARD.decode(known.split_whitespace().collect::<String>());
                        match bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                            Some(decoded) => Text::known(decoded.trim_end_matches('\n'), text.at),
                            None => Text::unknown("…", Why::Unsupported("this base64".into()), text.at),
                        }
                    }
                    None => text,
                };
                data.push((name.clone(), text));
            }
        }
        if &*object.kind == "SealedSecret" {
            let sealed = object.node.path(&["spec", "encryptedData"]);
            for (name, value) in sealed.iter().flat_map(|data| data.entries()) {
                data.push((name.clone(), Text::unknown("…", Why::Unsupported("a sealed secret".into()), value.at)));
            }
        }
        data
    }

    fn probe(&self, name: &str, node: &Node) -> Option<Probe> {
        let kind = if let Some(http) = node.get("httpGet") {
            let headers: Vec<(Text, Text)> = http
                .get("httpHeaders")
                .map(|list| list.items())
                .unwrap_or_default()
                .iter()
                .filter_map(|item| Some((self.at(item, &["name"])?, self.at(item, &["value"])?)))
                .collect();
            let host = headers.iter().find(|(name, _)| name.shown().eq_ignore_ascii_case("host")).map(|(_, value)| value.clone());
            ProbeKind::Http(Box::new(HttpProbe {
                path: self.at(http, &["path"]),
                host: host.or_else(|| self.at(http, &["host"])),
                port: self.at(http, &["port"]),
                https: self.at(http, &["scheme"]).is_some_and(|scheme| scheme.is("HTTPS")),
                headers,
            }))
        } else if let Some(tcp) = node.get("tcpSocket") {
            ProbeKind::Tcp(self.at(tcp, &["port"]))
        } else {
            let command = node.path(&["exec", "command"])?;
            ProbeKind::Command(command.one_or_more().into_iter().filter_map(|item| self.text(item)).collect())
        };
        Some(Probe { name: name.into(), kind, at: node.at })
    }

    fn mounts(&self, object: &Object, pod: &Node, container: &Node) -> Vec<Mount> {
        let volumes = pod.get("volumes").map(|list| list.items()).unwrap_or_default();
        let claims = object.node.path(&["spec", "volumeClaimTemplates"]).map(Node::items).unwrap_or_default();
        let mut mounts = Vec::new();
        for item in container.get("volumeMounts").map(|list| list.items()).unwrap_or_default() {
            let (Some(name), Some(target)) = (self.at(item, &["name"]), self.at(item, &["mountPath"])) else { continue };
            let volume = volumes.iter().find(|volume| self.at(volume, &["name"]).is_some_and(|own| own.shown() == name.shown()));
            let claimed =
                claims.iter().any(|claim| self.at(claim, &["metadata", "name"]).is_some_and(|own| own.shown() == name.shown()));
            let (kind, source) = match volume {
                Some(volume) => {
                    let has = |key: &str| volume.get(key).is_some();
                    let source = self
                        .at(volume, &["persistentVolumeClaim", "claimName"])
                        .or_else(|| self.at(volume, &["hostPath", "path"]))
                        .or_else(|| self.at(volume, &["configMap", "name"]))
                        .or_else(|| self.at(volume, &["secret", "secretName"]));
                    let kind = if has("persistentVolumeClaim") || has("nfs") || has("csi") || has("ephemeral") {
                        MountKind::Volume
                    } else if has("hostPath") {
                        MountKind::Bind
                    } else if has("emptyDir") {
                        MountKind::Temporary
                    } else if has("configMap") {
                        MountKind::Config
                    } else if has("secret") {
                        MountKind::Secret
                    } else {
                        MountKind::Other
                    };
                    (kind, source.or(Some(name)))
                }
                None if claimed => (MountKind::Volume, Some(name)),
                None => (MountKind::Other, Some(name)),
            };
            let read_only = item.get("readOnly").is_some_and(|flag| flag.is_true());
            mounts.push(Mount { kind, source, target, read_only, at: item.at });
        }
        mounts
    }
}

fn bare(how: Publishing, at: Region) -> Port {
    Port { host: None, published: None, target: None, protocol: None, how, at }
}

/// A patch on top of an object, as `kubectl` merges them: mappings by key, lists of named things by name.
pub(crate) fn patched(below: &Arc<Node>, above: &Arc<Node>, depth: usize) -> Arc<Node> {
    if depth > 40 {
        return above.clone();
    }
    match (&below.kind, &above.kind) {
        (Kind::Map(first), Kind::Map(second)) => {
            let mut entries = first.clone();
            for (key, value) in second {
                let name = key.str();
                match entries.iter().position(|(known, _)| name.is_some() && known.str() == name) {
                    Some(index) if value.is_null() => {
                        entries.remove(index);
                    }
                    Some(index) => entries[index].1 = patched(&entries[index].1, value, depth + 1),
                    None => entries.push((key.clone(), value.clone())),
                }
            }
            Arc::new(Node { kind: Kind::Map(entries), at: below.at, tag: None })
        }
        (Kind::List(first), Kind::List(second)) => {
            let key_of = |node: &Arc<Node>| {
                let key =
                    ["name", "mountPath", "containerPort", "port"].iter().find_map(|key| node.get(key).and_then(|it| it.str()));
                key.map(str::to_owned)
            };
            if second.iter().any(|item| key_of(item).is_none()) {
                return above.clone();
            }
            let mut items = first.clone();
            for item in second {
                let removed = item.get("$patch").and_then(|patch| patch.str()) == Some("delete");
                match items.iter().position(|known| key_of(known) == key_of(item)) {
                    Some(index) if removed => {
                        items.remove(index);
                    }
                    Some(index) => items[index] = patched(&items[index], item, depth + 1),
                    None if removed => {}
                    None => items.push(item.clone()),
                }
            }
            Arc::new(Node { kind: Kind::List(items), at: below.at, tag: None })
        }
        _ => above.clone(),
    }
}
