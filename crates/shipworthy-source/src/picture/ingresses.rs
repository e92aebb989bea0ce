//! Ingresses of Kubernetes and Routes of `OpenShift`: whether they answer for HTTPS.

use std::sync::Arc;

use shipworthy_model::picture::{Belief, Fit, Ingress, Lead, Text};
use shipworthy_model::{Region, Truth, Unknown, Why};

use crate::kubernetes::{Cluster, Object};
use crate::yaml::Node;

const NAME: &str = "ingress-nginx";
const OWN: &str = "nginx.ingress.kubernetes.io/";

/// What the objects of an environment say of their Ingresses. `open` are the places of annotations that a template adds
/// to, `all` the objects of the whole tree, among which may be the settings of the controller.
pub(super) fn ingresses<'o>(
    cluster: &Cluster<'_>,
    open: &[Region],
    all: &(impl Iterator<Item = &'o Object> + Clone),
) -> Vec<Ingress> {
    let told = |key: &str| {
        all.clone().any(|object| &*object.kind == "ConfigMap" && object.node.path(&["data", key]).is_some_and(is_off))
    };
    let (redirect_off, hsts_off) = (told("ssl-redirect"), told("hsts"));
    let believes = all.clone().find_map(belief);
    let own = cluster.objects.iter().filter_map(|object| match &*object.kind {
        "Ingress" => {
            let mut ingress = ingress(&object.node, open, redirect_off, hsts_off);
            ingress.leads = leads(cluster, &object.node);
            ingress.believes = believes.clone().filter(|_| ingress.by == NAME);
            Some(ingress)
        }
        "Route" => route(&object.node),
        _ => None,
    });
    own.collect()
}

/// A Route: the router answers plain HTTP only where the route allows it, and may send it on
/// (docs.openshift.com, "Secured routes", `insecureEdgeTerminationPolicy`).
fn route(node: &Arc<Node>) -> Option<Ingress> {
    // Others have objects of this name as well.
    let own = node.get("apiVersion").and_then(|it| it.str()).is_some_and(|it| it.starts_with("route.openshift.io/"));
    let tls = node.path(&["spec", "tls"]).filter(|tls| tls.is_map());
    let at = tls.map_or(node.at, |tls| tls.at);
    let redirects = match tls.map(|tls| tls.get("insecureEdgeTerminationPolicy")) {
        Some(Some(word)) => match word.str() {
            Some("Redirect" | "None") => Truth::Yes,
            Some(_) => Truth::No,
            None => unknown("what a template makes of the policy of the Route", word.at),
        },
        Some(None) => Truth::Yes,
        None => Truth::No,
    };
    let header = node.path(&["metadata", "annotations"]).and_then(|all| all.get("haproxy.router.openshift.io/hsts_header"));
    own.then(|| Ingress::new("the router of OpenShift", at, redirects, Truth::from(header.is_some())))
}

fn unknown(what: &str, at: Region) -> Truth {
    Truth::Unknown(Unknown::new(Why::Unsupported(what.into()), Some(at)))
}

/// What the annotations of an Ingress that another controller serves say of redirects: those name a middleware, an action
/// or a configuration that lies elsewhere, or the entry point at which only TLS comes in.
fn other(annotations: &Node) -> Truth {
    let told = annotations.entries().find(|(key, value)| {
        let (key, value) = (key.text.to_ascii_lowercase(), value.str().unwrap_or_default().to_ascii_lowercase());
        let redirect = key.contains("redirect") || value.contains("redirect");
        redirect && value != "false" || key.ends_with("/router.entrypoints") && value == "websecure"
    });
    told.map_or(Truth::No, |(key, _)| unknown("the redirect that an annotation of the Ingress names", key.at))
}

fn ingress(node: &Arc<Node>, open: &[Region], redirect_off: bool, hsts_off: bool) -> Ingress {
    let annotations = node.path(&["metadata", "annotations"]);
    let tls = node.path(&["spec", "tls"]).filter(|tls| !tls.items().is_empty());
    let at = tls.map_or(node.at, |tls| tls.at);
    let annotation = |key: &str| annotations.and_then(|all| all.get(key));
    let is_nginx = [node.path(&["spec", "ingressClassName"]), annotation("kubernetes.io/ingress.class").map(|it| &**it)]
        .into_iter()
        .flatten()
        .any(|class| class.str().is_some_and(|class| class.contains("nginx")))
        || annotations.is_some_and(|all| all.entries().any(|(key, _)| key.text.starts_with(OWN)));
    if !is_nginx {
        let redirects = annotations.map_or(Truth::No, other);
        return Ingress::new("the Ingress", at, redirects, Truth::No);
    }
    if tls.is_none() {
        return Ingress::new(NAME, at, Truth::No, Truth::No);
    }
    let added =
        open.iter().any(|place| place.artifact == node.at.artifact && annotations.is_some_and(|all| all.at.start <= place.start));
    let unknown = |at: Region| unknown("annotations of the Ingress that a template adds", at);
    let redirects = match annotation(&format!("{OWN}ssl-redirect")) {
        Some(word) if is_off(word) => Truth::No,
        Some(word) if word.str().is_none() => unknown(word.at),
        None if redirect_off => Truth::No,
        None if added => unknown(at),
        Some(_) | None => Truth::Yes,
    };
    Ingress::new(NAME, at, redirects, Truth::from(!hsts_off))
}

fn is_off(node: &Node) -> bool {
    node.str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}

/// Where the settings of ingress-nginx make it take the scheme, the host and the address from headers that clients send.
/// (kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#use-forwarded-headers)
fn belief(object: &Object) -> Option<Belief> {
    let data = object.node.get("data").filter(|_| &*object.kind == "ConfigMap")?;
    let said = data.get("use-forwarded-headers").filter(|it| it.is_true())?;
    let networks = data.get("proxy-real-ip-cidr").and_then(|it| it.str()).unwrap_or_default();
    let networks = networks.split(',').map(str::trim).filter(|it| !it.is_empty()).map(Arc::from).collect();
    Some(Belief { at: said.at, networks })
}

/// What the rules of an Ingress lead where, and its default backend.
fn leads(cluster: &Cluster<'_>, node: &Arc<Node>) -> Vec<Lead> {
    let at = |node: &Node, keys: &[&str]| node.path(keys).and_then(|node| cluster.text(node));
    let annotations = node.path(&["metadata", "annotations"]);
    let said = |key: &str| annotations.and_then(|all| all.get(&format!("{OWN}{key}")));
    let patterns = said("use-regex").is_some_and(|it| it.is_true()) || said("rewrite-target").is_some();
    // Load balancers of clouds take their certificates by annotations.
    let elsewhere = annotations.and_then(|all| {
        all.entries().find(|(key, _)| {
            ["certificate", "managed-cert", "ssl-cert", "router.tls", "listen-ports"].iter().any(|it| key.text.contains(it))
        })
    });
    let tls = node.path(&["spec", "tls"]).map(Node::items).unwrap_or_default();
    let secured: Vec<Text> = tls
        .iter()
        .flat_map(|entry| entry.get("hosts").map(|hosts| hosts.items()).unwrap_or_default())
        .filter_map(|host| cluster.text(host))
        .collect();
    let speaks_tls = |host: Option<&Text>| match host.and_then(Text::as_str) {
        _ if tls.is_empty() => {
            elsewhere.map_or(Truth::No, |(key, _)| unknown("the certificate that an annotation of the Ingress names", key.at))
        }
        Some(host) if !secured.is_empty() => {
            let named = |own: &Text| own.as_str().is_none_or(|own| own == host || is_below(host, own));
            secured.iter().any(named).into()
        }
        Some(_) | None => Truth::Yes,
    };
    let service = |backend: &Node| {
        let name = at(backend, &["service", "name"]).or_else(|| at(backend, &["serviceName"]))?;
        let port = at(backend, &["service", "port", "number"]).or_else(|| at(backend, &["servicePort"]));
        Some((name, port.and_then(|port| port.as_str()?.parse().ok())))
    };
    let mut leads = Vec::new();
    for rule in node.path(&["spec", "rules"]).map(Node::items).unwrap_or_default() {
        // An empty value of a chart waits for whoever installs it.
        let host = at(rule, &["host"]).map(|host| match host.expose() {
            Some("") => Text::unknown("the host of the Ingress", Why::Machine("the values of the chart".into()), host.at),
            Some(_) | None => host,
        });
        for entry in rule.path(&["http", "paths"]).map(Node::items).unwrap_or_default() {
            let Some((service, port)) = entry.get("backend").and_then(|it| service(it)) else { continue };
            let written = at(entry, &["path"]);
            let written = written.as_ref().and_then(Text::as_str).filter(|path| path.starts_with('/')).unwrap_or("/");
            let fit = match at(entry, &["pathType"]).as_ref().and_then(Text::as_str) {
                Some("Exact") => Fit::Exact,
                Some("Prefix") => Fit::Below,
                Some(_) | None if patterns || written.contains(['(', '*', '[', '$', '^']) => Fit::Pattern,
                Some(_) | None => Fit::Below,
            };
            let place = entry.get("path").map_or(entry.at, |path| path.at);
            let at = rule.get("host").map_or(place, |host| host.at);
            let tls = speaks_tls(host.as_ref());
            leads.push(Lead { host: host.clone(), path: (written.into(), fit), service, port, tls, at });
        }
    }
    let rest = node.path(&["spec", "defaultBackend"]).or_else(|| node.path(&["spec", "backend"]));
    if let Some((service, port)) = rest.and_then(service) {
        let at = rest.map_or(node.at, |rest| rest.at);
        leads.push(Lead { host: None, path: ("/".into(), Fit::Below), service, port, tls: speaks_tls(None), at });
    }
    leads
}

/// Whether a host is one label below the domain of a wildcard.
fn is_below(host: &str, wildcard: &str) -> bool {
    wildcard.strip_prefix("*.").is_some_and(|domain| host.split_once('.').is_some_and(|(_, rest)| rest == domain))
}

/// The places in a template at which it adds what other files write to the annotations of an Ingress.
pub(super) fn open_annotations(text: &str, artifact: shipworthy_model::ArtifactId) -> Vec<Region> {
    let (mut places, mut start, mut within) = (Vec::new(), 0, None);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let depth = line.len() - line.trim_start().len();
        if trimmed == "annotations:" {
            within = Some(depth);
        } else if within.is_some_and(|own| depth <= own) && !trimmed.is_empty() && !trimmed.starts_with(['{', '#']) {
            within = None;
        } else if within.is_some() && trimmed.starts_with("{{") && ["toYaml", "include"].iter().any(|it| trimmed.contains(it)) {
            let place = |offset: usize| u32::try_from(offset).unwrap_or_default();
            places.push(Region::new(artifact, place(start), place(start + line.trim_end().len())));
        }
        start += line.len();
    }
    places
}
