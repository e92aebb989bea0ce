//! A redirect to HTTPS that is temporary, or that forgets the page that was asked for.

use shipworthy_model::front::{Handler, Request, Scheme};
use shipworthy_model::{Facts, Findings, Kind, Probe, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "https-redirect-lossy",
    topic: Topic::Https,
    severity: Severity::Low,
    django: &[],
    summary: "the redirect to HTTPS is temporary or loses the page",
    guide: include_str!("https_redirect_lossy.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    for front in facts.production_fronts() {
        for site in front.sites.iter().filter(|site| site.listeners.iter().any(|it| it.tls.is_no())) {
            let host = site.example_host().filter(|host| !host.is_empty()).unwrap_or_else(|| "shop.example".to_owned());
            let request = Request { scheme: Scheme::Http, ..Request::http(&host, "/page/") };
            for answer in site.answers(&request).into_iter().filter(|answer| answer.doubt.is_none()) {
                let Handler::Redirect(redirect) = answer.handler else { continue };
                if !redirect.is_to_https().is_yes() || redirect.target.unknown_piece().is_some() || seen.contains(&redirect.at) {
                    continue;
                }
                seen.push(redirect.at);
                let mut faults = Vec::new();
                if redirect.is_permanent().is_no() {
                    faults.push("is temporary, so that browsers ask in the clear again");
                }
                if !redirect.keeps_path() {
                    faults.push("forgets the page that was asked for");
                }
                if faults.is_empty() {
                    continue;
                }
                findings
                    .fail(format!("the redirect to HTTPS {}", faults.join(" and ")))
                    .at(redirect.at)
                    .help("answer with 301 or 308 and keep path and query: `return 301 https://$host$request_uri;` in nginx")
                    .weighed(facts, front);
            }
        }
    }
    if seen.is_empty() {
        findings.not_applicable("no front end here redirects plain requests to HTTPS");
    } else if !findings.has(Kind::Fail) {
        findings.pass("the redirect to HTTPS is for good and keeps the page").at(seen[0]);
    }
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let Some(seen) = wire.answer(Probe::PlainHttp).filter(|seen| seen.response.redirects()) else {
        findings.not_applicable("plain HTTP is not redirected").seen([]);
        return;
    };
    let Some((scheme, host, rest)) = seen.response.location() else {
        findings.not_applicable("plain HTTP is not redirected to an address").seen([]);
        return;
    };
    let status = seen.response.status;
    let (name, target) = (wire.site.authority(true), &seen.exchange.request.target);
    let wrong = if scheme != "https" {
        Some(format!("plain HTTP is sent to plain HTTP first: {scheme}://{host}"))
    } else if !matches!(status, 301 | 308) {
        Some(format!("plain HTTP is sent on with {status}, which no browser remembers"))
    } else if rest != **target {
        Some(format!("the redirect to HTTPS loses the path or the query: it leads to {rest}"))
    } else if host != name {
        Some(format!("plain HTTP is sent to another host first: {host}"))
    } else {
        None
    };
    match wrong {
        None => findings.pass("the redirect to HTTPS is permanent and keeps the whole address").seen([seen.id]),
        Some(wrong) => findings.fail(wrong).seen([seen.id]).help(
            "redirect every request with 301 to the same host, path and query at https://, and to other hosts only from there",
        ),
    };
}
