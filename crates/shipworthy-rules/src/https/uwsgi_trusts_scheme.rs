//! uWSGI believes `X-Forwarded-Proto`, whoever sends it.

use shipworthy_model::front::{Protocol, Scheme};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "uwsgi-trusts-scheme",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "uWSGI gets the client's own word about the scheme, and believes it",
    guide: include_str!("uwsgi_trusts_scheme.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let entrances = facts.entrances();
    let mut seen: Vec<Region> = Vec::new();
    for entrance in entrances.iter().filter(|it| it.upstream.protocol == Protocol::Uwsgi) {
        let public = facts.is_public(entrance.front, entrance.listener).is_yes() && entrance.front.ends_tls();
        if entrance.request.scheme == Scheme::Https || !public || entrance.doubt.is_some() || seen.contains(&entrance.at()) {
            continue;
        }
        seen.push(entrance.at());
        let lie = entrance.request.clone().with("x-forwarded-proto", "https").with("x-forwarded-ssl", "on");
        match facts.sees_https(entrance, &lie) {
            Truth::No => {}
            Truth::Unknown(why) => {
                findings.undecided("whether uWSGI gets the client's own word about the scheme", &why).at(entrance.at());
            }
            Truth::Yes => {
                findings
                    .fail(format!("{} passes plain requests to uWSGI with the client's own headers about the scheme", entrance.front.kind.name()))
                    .at(entrance.at())
                    .label("`X-Forwarded-Proto: https` over plain HTTP makes the request a secure one")
                    .help("set both: `uwsgi_param HTTP_X_FORWARDED_PROTO $scheme; uwsgi_param HTTP_X_FORWARDED_SSL $https;`, or redirect plain requests")
                    .weighed(facts, entrance.front);
            }
        }
    }
    if seen.is_empty() {
        findings.not_applicable("no front end here passes plain requests from the internet to uWSGI beside TLS");
    } else if findings.is_clean() {
        findings.pass("the front end tells uWSGI the scheme itself").at(seen[0]);
    }
}
