//! `ConfigMap`s of Kubernetes as files: what a container that mounts one finds in it.

use shipworthy_model::picture::Inlay;

use crate::kubernetes::{Cluster, Object};
use crate::yaml::Node;

impl Cluster<'_> {
    /// The files that a container has out of `ConfigMap`s.
    pub(crate) fn inlays(&self, pod: &Node, container: &Node) -> Vec<Inlay> {
        let volumes = pod.get("volumes").map(|list| list.items()).unwrap_or_default();
        let shown = |node: &Node, keys: &[&str]| self.at(node, keys).map(|text| text.shown().to_owned());
        let mut inlays = Vec::new();
        for mount in container.get("volumeMounts").map(|list| list.items()).unwrap_or_default() {
            let (Some(name), Some(target)) = (shown(mount, &["name"]), shown(mount, &["mountPath"])) else { continue };
            let Some(volume) = volumes.iter().find(|volume| shown(volume, &["name"]).as_ref() == Some(&name)) else { continue };
            let own = shown(volume, &["configMap", "name"]);
            let same = |object: &&Object| {
                let called = || shown(&object.node, &["metadata", "name"]);
                &*object.kind == "ConfigMap" && (Some(&*object.name) == own.as_deref() || called() == own)
            };
            let Some(map) = self.objects.iter().rev().find(same).filter(|_| own.is_some()) else { continue };
            let items = volume.path(&["configMap", "items"]).map(Node::items).unwrap_or_default();
            let below = shown(mount, &["subPath"]);
            for (key, value) in map.node.get("data").iter().flat_map(|data| data.entries()) {
                let renamed = items.iter().find(|item| shown(item, &["key"]).as_deref() == Some(&key.text));
                let inside = match renamed {
                    Some(item) => shown(item, &["path"]).unwrap_or_default(),
                    None if items.is_empty() => key.text.to_string(),
                    None => continue,
                };
                let path = match &below {
                    Some(below) if *below == inside => target.clone(),
                    Some(_) => continue,
                    None => format!("{}/{inside}", target.trim_end_matches('/')),
                };
                let laid = value.piece().and_then(|piece| piece.laid(str::to_owned));
                inlays.extend(laid.map(|text| Inlay { path: path.into(), text, at: value.at }));
            }
        }
        inlays
    }
}
