//! The deployment picture as a Mermaid flowchart.

use std::collections::BTreeMap;

use shipworthy_model::picture::{Environment, Role, Unit};

use super::deployment::{Shown, port_of};

/// The picture as a flowchart, an environment a box.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut out = String::from("flowchart LR\n");
    for (index, environment) in shown.picture.environments.iter().enumerate() {
        render_environment(shown, environment, index, &mut out);
    }
    out
}

fn render_environment(shown: &Shown<'_>, environment: &Environment, index: usize, out: &mut String) {
    let title = format!("{} ({})", environment.name, environment.class.name());
    out.push_str(&format!("  subgraph e{index}[\"{}\"]\n", label(&shown.words(&title))));
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    for (number, unit) in environment.units.iter().enumerate() {
        let id = format!("e{index}u{number}");
        let what = unit
            .processes
            .first()
            .map(|process| format!("<br/>{}", label(&shown.words(process.runs.name()))))
            .unwrap_or_default();
        let text = format!("{}{what}", label(&shown.words(&unit.name)));
        let (open, close) = match unit.role {
            Role::Database | Role::Cache | Role::Storage | Role::Search => ("[(", ")]"),
            Role::Broker => ("[[", "]]"),
            Role::FrontEnd => ("{{", "}}"),
            Role::Web | Role::Worker | Role::Scheduler | Role::Job | Role::Mail | Role::Monitor | Role::Other => ("[", "]"),
        };
        out.push_str(&format!("    {id}{open}\"{text}\"{close}\n"));
        ids.insert(&unit.name, id);
    }
    out.push_str("  end\n");
    for unit in &environment.units {
        let Some(id) = ids.get(&*unit.name) else { continue };
        if let Some(port) = unit.ports.first() {
            let ports: Vec<String> = unit.ports.iter().map(|port| port_of(shown, port)).collect();
            let from = if port.is_loopback() == Some(true) { "this machine" } else { "internet" };
            out.push_str(&format!("  e{index}{}([{from}]) -->|\"{}\"| {id}\n", from.replace(' ', ""), label(&ports.join(", "))));
        }
        for other in needs(unit) {
            if let Some(other) = ids.get(other) {
                out.push_str(&format!("  {id} --> {other}\n"));
            }
        }
    }
}

fn needs(unit: &Unit) -> impl Iterator<Item = &str> {
    unit.depends_on.iter().filter_map(|text| text.as_str())
}

/// Text inside the quotes of a label.
fn label(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
