//! Ingresses of Kubernetes and Routes of `OpenShift`: whether they answer for HTTPS.

use std::sync::Arc;

use shipworthy_model::picture::Ingress;
use shipworthy_model::{Region, Truth, Unknown, Why};

use crate::kubernetes::Object;
use crate::yaml::Node;

const NAME: &str = "ingress-nginx";
const OWN: &str = "nginx.ingress.kubernetes.io/";

/// What the objects of an environment say of their Ingresses. `open` are the places of annotations that a template adds
/// to, `all` the objects of the whole tree, among which may be the settings of the controller.
pub(super) fn ingresses<'o>(
    objects: &[Object],
    open: &[Region],
    all: &(impl Iterator<Item = &'o Object> + Clone),
) -> Vec<Ingress> {
    let told = |key: &str| {
        all.clone().any(|object| &*object.kind == "ConfigMap" && object.node.path(&["data", key]).is_some_and(is_off))
    };
    let (redirect_off, hsts_off) = (told("ssl-redirect"), told("hsts"));
    let own = objects.iter().filter_map(|object| match &*object.kind {
        "Ingress" => Some(ingress(&object.node, open, redirect_off, hsts_off)),
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
    own.then(|| Ingress { by: "the router of OpenShift", at, redirects, hsts: Truth::from(header.is_some()) })
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
        return Ingress { by: "the Ingress", at, redirects, hsts: Truth::No };
    }
    if tls.is_none() {
        return Ingress { by: NAME, at, redirects: Truth::No, hsts: Truth::No };
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
    Ingress { by: NAME, at, redirects, hsts: Truth::from(!hsts_off) }
}

fn is_off(node: &Node) -> bool {
    node.str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
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
