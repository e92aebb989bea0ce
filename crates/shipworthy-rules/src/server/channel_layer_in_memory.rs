//! A channel layer in memory joins nobody: each process talks to itself.

use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, Use};

pub(crate) static RULE: Rule = Rule {
    id: "channel-layer-in-memory",
    topic: Topic::Server,
    severity: Severity::Medium,
    django: &[],
    summary: "a channel layer lives in the memory of one process",
    guide: include_str!("channel_layer_in_memory.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let layers = facts.setting("CHANNEL_LAYERS");
    if layers.truth().is_no() {
        findings.not_applicable("no channel layers are configured").at(layers.region());
        return;
    }
    if let Some(why) = layers.value.as_unknown() {
        findings.undecided("CHANNEL_LAYERS", &why);
        return;
    }
    for (alias, layer) in layers.value.known_entries() {
        let backend = layer.found("BACKEND");
        if let Some(backend) = backend.filter(|backend| backend.equals("channels.layers.InMemoryChannelLayer").is_yes()) {
            let idle = facts.uses(Use::Channels).is_no();
            let what = if idle { ", and no code of the project uses it" } else { "" };
            findings
                .fail(format!("CHANNEL_LAYERS[{}] lives in the memory of one process{what}", alias.show()))
                .severity(if idle { Severity::Info } else { Severity::Medium })
                .at(backend.at.or(layers.region()))
                .label("messages do not reach the other workers, and are lost on restart")
                .help("use channels_redis.core.RedisChannelLayer with a Redis server that all processes share");
        }
    }
    if !findings.has(Kind::Fail) {
        if layers.value.has_unknown() && layers.value.known_entries().all(|(_, layer)| layer.found("BACKEND").is_none()) {
            findings.open("CHANNEL_LAYERS could not be decided: a part of it is unknown").at(layers.region());
        } else {
            findings.pass("no channel layer lives in the memory of one process").at(layers.region());
        }
    }
}
