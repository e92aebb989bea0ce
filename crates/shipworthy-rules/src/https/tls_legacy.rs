//! TLS 1.0 and 1.1 were withdrawn in 2021.

use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "tls-legacy",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end speaks versions of TLS that were withdrawn",
    guide: include_str!("tls_legacy.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut secure = None;
    for front in facts.production_fronts() {
        for site in front.sites.iter().filter(|site| site.speaks_tls().is_yes()) {
            secure = secure.or(Some(site.at));
            let Some((version, Some(at))) = site.tls.oldest() else { continue };
            if !matches!(version, "sslv2" | "sslv3" | "tlsv1" | "tlsv1.1") || seen.contains(&at) {
                continue;
            }
            seen.push(at);
            findings
                .fail(format!("{} is told to speak {version}", front.kind.name()))
                .at(at)
                .label("a version below TLS 1.2; whether it is spoken also hangs on the TLS library")
                .help("name TLSv1.2 and TLSv1.3 and no other")
                .weighed(facts, front);
        }
    }
    match secure {
        None => {
            findings.not_applicable("no front end here speaks TLS");
        }
        Some(at) if !findings.has(Kind::Fail) => {
            findings.pass("no version below TLS 1.2 is asked for").at(at);
        }
        Some(_) => {}
    }
}
