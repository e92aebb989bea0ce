//! `proxy_set_header` says nothing to what `uwsgi_pass` asks.

use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "proxy-header-inert",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "a header is set by a directive that has no effect where it stands",
    guide: include_str!("proxy_header_inert.md"),
    check,
};

/// Headers that Django or its server may believe. That others do not arrive is no danger.
const BELIEVED: [&str; 3] = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-ssl"];

fn check(facts: &Facts, findings: &mut Findings) {
    let passages = facts.passages();
    let mut seen: Vec<Region> = Vec::new();
    let gateways = passages.iter().filter(|(_, _, _, upstream)| upstream.protocol.is_gateway());
    let mut judged = None;
    for (front, _, route, upstream) in gateways {
        judged = Some(upstream.at);
        for idle in &route.traffic.idle {
            let arrives_otherwise = route.forwards(&idle.name).is_clients().is_no();
            if !BELIEVED.contains(&&*idle.name) || seen.contains(&idle.at) || arrives_otherwise {
                continue;
            }
            seen.push(idle.at);
            let variable = format!("HTTP_{}", idle.name.replace('-', "_").to_ascii_uppercase());
            findings
                .fail(format!("`{}` does not set {}: {}", idle.directive, idle.name, idle.why))
                .at(idle.at)
                .label("without effect, so that the client's own header arrives")
                .see(upstream.at, "passes requests on by another protocol")
                .help(format!("set it for this protocol: `uwsgi_param {variable} …;`"))
                .weighed(facts, front);
        }
    }
    findings.conclude(
        judged,
        "no header about host or scheme is set without effect",
        "no front end here passes requests to Django by a gateway protocol",
    );
}
