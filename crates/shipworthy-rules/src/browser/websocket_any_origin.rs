//! Browsers let pages of every site open `WebSocket`s, with cookies: only the server can turn strangers away.

use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "websocket-any-origin",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &[],
    summary: "WebSockets open for pages of every site",
    guide: include_str!("websocket_any_origin.md"),
    check,
};

const HELP: &str = "wrap the router in channels.security.websocket.AllowedHostsOriginValidator";

fn check(facts: &Facts, findings: &mut Findings) {
    applications(facts, findings);
    exchanges(facts, findings);
}

fn applications(facts: &Facts, findings: &mut Findings) {
    let routes = facts.artifacts.iter().find_map(|(id, artifact)| {
        if !artifact.path.ends_with(".py") || !artifact.text.contains("ProtocolTypeRouter(") {
            return None;
        }
        let start = artifact.text.find("\"websocket\"").or_else(|| artifact.text.find("'websocket'"))?;
        let end = start + "'websocket'".len();
        let at = Region::new(id, u32::try_from(start).ok()?, u32::try_from(end).ok()?);
        Some((at, artifact.text.contains("OriginValidator")))
    });
    match routes {
        None => {
            findings.not_applicable("no ASGI application here takes WebSockets");
        }
        Some((at, true)) => {
            findings.pass("the application compares the origin of WebSockets").at(at);
        }
        Some((at, false)) => {
            findings
                .open("whether the origin of WebSockets is compared could not be decided: nothing in the ASGI application does")
                .at(at)
                .label("pages of every site may open these, with the cookies of their visitors")
                .help(HELP);
        }
    }
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let Some(seen) = wire.answers(Probe::WebSocket).find(|seen| matches!(seen.response.status, 101 | 403)) else {
        findings.not_applicable(format!("no WebSocket was found at {site}; name one with --websocket-url")).seen([]);
        return;
    };
    let path = &seen.exchange.request.target;
    if seen.response.status == 101 {
        findings
            .fail(format!("{site} opens the WebSocket {path} for pages of every site"))
            .seen([seen.id])
            .label("a page of a stranger speaks there in the name of its visitors")
            .help(HELP);
    } else {
        findings.pass(format!("{site} refuses the WebSocket {path} to pages of other sites")).seen([seen.id]);
    }
}
