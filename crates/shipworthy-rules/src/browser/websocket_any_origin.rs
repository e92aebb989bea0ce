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
        let logs_in = ["channels.auth", "channels.sessions"].iter().any(|it| artifact.text.contains(it));
        Some((at, artifact.text.contains("OriginValidator"), logs_in))
    });
    // Consumers may compare it themselves.
    let named = ["OriginValidator", "b\"origin\"", "b'origin'"];
    let elsewhere =
        || facts.artifacts.iter().any(|(_, it)| named.iter().any(|word| it.path.ends_with(".py") && it.text.contains(word)));
    match routes {
        None => {
            findings.not_applicable("no ASGI application here takes WebSockets");
        }
        Some((at, true, _)) => {
            findings.pass("the application compares the origin of WebSockets").at(at);
        }
        Some((at, false, true)) if !elsewhere() => {
            let sent = facts.setting("SESSION_COOKIE_SAMESITE");
            let (severity, label) = if sent.value.as_str().is_some_and(|it| it.eq_ignore_ascii_case("none"))
                || sent.truth().is_no()
            {
                (
                    Severity::Medium,
                    "pages of every site open these in the name of their visitors: the session's cookie comes along",
                )
            } else {
                (
                    Severity::Low,
                    "only SameSite keeps the session's cookie back from pages of other sites, not from those of other subdomains",
                )
            };
            findings
                .fail(
                    "nothing in the ASGI application compares the origin of WebSockets, whose visitors it knows by their cookies",
                )
                .at(at)
                .severity(severity)
                .label(label)
                .help(HELP);
        }
        Some((at, false, _)) => {
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
