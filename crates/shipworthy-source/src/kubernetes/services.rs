//! Services of Kubernetes: which ports of pods they open to whom.

use shipworthy_model::picture::{Port, Publishing, Role, Text, Unit};

use super::Cluster;
use crate::yaml::{Kind, Node};

impl Cluster<'_> {
    /// The ports that Services and Ingresses open to this pod.
    pub(super) fn published(&self, template: &Node, unit: &mut Unit) {
        let labels = template.path(&["metadata", "labels"]);
        for service in self.objects.iter().filter(|object| &*object.kind == "Service") {
            let Some(selector) = service.node.path(&["spec", "selector"]).filter(|selector| selector.entries().next().is_some())
            else {
                continue;
            };
            if !fits(selector, labels) {
                continue;
            }
            if *service.name != *unit.name {
                unit.aliases.push(Text::known(service.name.clone(), service.node.at));
            }
            let how = match self.at(&service.node, &["spec", "type"]).as_ref().map(Text::shown) {
                Some("LoadBalancer") => Some(Publishing::LoadBalancer),
                Some("NodePort") => Some(Publishing::NodePort),
                Some(_) | None => self.is_routed(&service.name).then_some(Publishing::Router),
            };
            let Some(how) = how else { continue };
            for port in service.node.path(&["spec", "ports"]).map(Node::items).unwrap_or_default() {
                let published = if how == Publishing::NodePort { self.at(port, &["nodePort"]) } else { self.at(port, &["port"]) };
                let target = self.at(port, &["targetPort"]).or_else(|| self.at(port, &["port"]));
                let target = target.map(|target| self.numbered(template, target));
                unit.ports.push(Port { host: None, published, target, protocol: self.at(port, &["protocol"]), how, at: port.at });
            }
        }
    }

    /// Whether an Ingress or a route of a gateway leads to a service.
    fn is_routed(&self, service: &str) -> bool {
        let named = |node: &Node| {
            node.get("name")
                .or_else(|| node.get("serviceName"))
                .and_then(|name| name.piece())
                .is_some_and(|name| &*name.text == service)
        };
        self.objects.iter().filter(|object| matches!(&*object.kind, "Ingress" | "HTTPRoute" | "IngressRoute" | "Route")).any(
            |object| {
                let mut found = false;
                search(&object.node, &mut |node| found |= node.is_map() && named(node), 0);
                found
            },
        )
    }

    /// A port by its number, where a container of the pod gives it a name.
    fn numbered(&self, template: &Node, target: Text) -> Text {
        let containers = template.path(&["spec", "containers"]).map(Node::items).unwrap_or_default();
        let mut ports = containers.iter().flat_map(|it| it.get("ports").map(|ports| ports.items()).unwrap_or_default());
        let named = ports.find(|port| self.at(port, &["name"]).is_some_and(|name| name.shown() == target.shown()));
        named.and_then(|port| self.at(port, &["containerPort"])).unwrap_or(target)
    }

    /// Units for the databases and their like that Services open to the outside, and whose pods others bring.
    pub(super) fn strangers(&self) -> Vec<Unit> {
        let labels: Vec<&Node> =
            self.objects.iter().filter_map(|object| object.node.path(&["spec", "template", "metadata", "labels"])).collect();
        let mut units = Vec::new();
        for service in self.objects.iter().filter(|object| &*object.kind == "Service") {
            let how = match self.at(&service.node, &["spec", "type"]).as_ref().map(Text::shown) {
                Some("LoadBalancer") => Publishing::LoadBalancer,
                Some("NodePort") => Publishing::NodePort,
                Some(_) | None => continue,
            };
            let selector = service.node.path(&["spec", "selector"]);
            if selector.is_none_or(|selector| labels.iter().any(|labels| fits(selector, Some(labels)))) {
                continue;
            }
            let mut unit = Unit::new(service.name.clone(), service.node.at);
            for port in service.node.path(&["spec", "ports"]).map(Node::items).unwrap_or_default() {
                let target = [self.at(port, &["targetPort"]), self.at(port, &["port"])].into_iter().flatten();
                let Some((target, role)) = target.into_iter().find_map(|text| Some((text.clone(), role_at(text.as_str()?)?)))
                else {
                    continue;
                };
                unit.role = role;
                let published = if how == Publishing::NodePort { self.at(port, &["nodePort"]) } else { self.at(port, &["port"]) };
                let protocol = self.at(port, &["protocol"]);
                unit.ports.push(Port { host: None, published, target: Some(target), protocol, how, at: port.at });
            }
            if let Some(annotations) = service.node.path(&["metadata", "annotations"]) {
                let said = annotations.entries().filter_map(|(key, value)| Some((key.known(), self.text(value)?)));
                unit.labels.extend(said);
            }
            if !unit.ports.is_empty() {
                units.push(unit);
            }
        }
        units
    }
}

/// Whether a selector chooses pods with these labels.
fn fits(selector: &Node, labels: Option<&Node>) -> bool {
    selector.entries().all(|(key, value)| {
        let own = labels.and_then(|labels| labels.get(&key.text)).and_then(|own| own.piece());
        own.is_some() && own.map(|own| &own.text) == value.piece().map(|value| &value.text)
    })
}

/// What listens at a port by common agreement.
fn role_at(port: &str) -> Option<Role> {
    match port {
        "5432" | "3306" | "1433" | "27017" => Some(Role::Database),
        "6379" | "11211" => Some(Role::Cache),
        "5672" => Some(Role::Broker),
        "9200" => Some(Role::Search),
        _ => None,
    }
}

/// Visits every node below one.
fn search(node: &Node, visit: &mut dyn FnMut(&Node), depth: usize) {
    if depth > 40 {
        return;
    }
    visit(node);
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| search(item, visit, depth + 1)),
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| search(value, visit, depth + 1)),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => {}
    }
}
