//! Django waits for a header that says HTTPS, and the proxy does not send it.

use shipworthy_model::front::Scheme;
use shipworthy_model::{Entrance, Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "forwarded-proto-missing",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "the front end does not send the header that SECURE_PROXY_SSL_HEADER waits for",
    guide: include_str!("forwarded_proto_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.entrances().iter().any(|it| it.request.scheme == Scheme::Https) {
        findings.not_applicable("no front end here ends TLS for Django");
        return;
    }
    let setting = facts.setting("SECURE_PROXY_SSL_HEADER");
    let (header, value) = match facts.scheme_header() {
        Ok(Some(pair)) => pair,
        Ok(None) => {
            findings.not_applicable("SECURE_PROXY_SSL_HEADER is not set").at(setting.region());
            return;
        }
        Err(why) => {
            findings.undecided("SECURE_PROXY_SSL_HEADER", &why).at(why.at.or(setting.region()));
            return;
        }
    };
    let entrances = facts.entrances();
    let secure: Vec<&Entrance<'_>> = entrances.iter().filter(|it| it.request.scheme == Scheme::Https).collect();
    let mut seen: Vec<Region> = Vec::new();
    for entrance in secure.iter().filter(|it| it.doubt.is_none()) {
        let lost = entrance.traffic.lost.iter().any(|lost| lost.upstream && *lost.name == *header);
        if lost
            || is_for_sockets(entrance)
            || seen.contains(&entrance.at())
            || facts.sees_https(entrance, &entrance.request).is_yes()
        {
            continue;
        }
        seen.push(entrance.at());
        let name = entrance.front.kind.name();
        let message = match entrance.arrives(&entrance.request, &header) {
            Err(why) => {
                findings.undecided(&format!("what {name} sends as {header}"), &why).at(why.at.or(Some(entrance.at())));
                continue;
            }
            Ok(Some(text)) if text.split(',').next().unwrap_or_default().trim() == value => continue,
            Ok(Some(text)) => format!("{name} sends `{text}` as {header} over TLS, and Django waits for `{value}`"),
            Ok(None)
                if entrance.traffic.forwards(&header).at().is_some()
                    && entrance.traffic.forwards(&header).is_clients().is_yes() =>
            {
                format!("{name} ends TLS and passes the client's own {header} on, which browsers do not send")
            }
            Ok(None) => format!("{name} ends TLS and does not send {header}, which Django waits for"),
        };
        let at = entrance.traffic.forwards(&header).at().unwrap_or(entrance.at());
        findings
            .fail(message)
            .at(at)
            .label("Django takes every request for plain HTTP: redirects without end, or cookies that are not secure")
            .see(setting.region(), "names the header and the value that means HTTPS")
            .help(format!("send it: `proxy_set_header {} $scheme;` in nginx", written(&header)))
            .weighed(facts, entrance.front);
    }
    if findings.is_clean() {
        findings.pass(format!("front ends send {header} over TLS")).at(secure[0].at());
    }
}

/// Whether it is an address of `WebSockets` alone: nothing is redirected there, and no cookie is set.
fn is_for_sockets(entrance: &Entrance<'_>) -> bool {
    entrance.request.path != "/" && entrance.traffic.forwards("upgrade").at().is_some()
}

/// As headers are written: `X-Forwarded-Proto`.
fn written(header: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
    };
    header.split('-').map(word).collect::<Vec<_>>().join("-")
}
