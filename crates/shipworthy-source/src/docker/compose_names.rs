//! Other names of services: those of containers, of networks, and those that links give (Compose specification, `links`).

use shipworthy_model::picture::Text;

use super::compose::Set;
use crate::yaml::Node;

impl Set<'_> {
    /// The names that one service makes known: of which service, and which name.
    pub(super) fn aliases(&self, service: &str, node: &Node) -> Vec<(String, Text)> {
        let own = |alias: Text| (service.to_owned(), alias);
        let mut aliases: Vec<(String, Text)> =
            node.get("container_name").and_then(|name| self.text(name)).map(own).into_iter().collect();
        for (_, network) in node.get("networks").iter().flat_map(|networks| networks.entries()) {
            aliases.extend(self.texts(network.get("aliases")).into_iter().map(own));
        }
        for link in self.texts(node.get("links")) {
            if let Some((service, alias)) = link.as_str().and_then(|link| link.split_once(':')) {
                aliases.push((service.to_owned(), Text::known(alias, link.at)));
            }
        }
        aliases
    }
}
