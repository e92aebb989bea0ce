//! HSTS without its subdomains leaves cookies of the whole domain open to one host in the clear.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-subdomains-off",
    topic: Topic::Https,
    severity: Severity::Info,
    django: &["security.W005"],
    summary: "HSTS does not cover subdomains",
    guide: include_str!("hsts_subdomains_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let subdomains = facts.setting("SECURE_HSTS_INCLUDE_SUBDOMAINS");
    let sent = facts.has_security_middleware().and(facts.truth("SECURE_HSTS_SECONDS"));
    if sent.is_no() {
        findings.not_applicable("Django sends no Strict-Transport-Security header").at(subdomains.region());
        return;
    }
    match sent.and(!subdomains.is_true()) {
        Truth::No => {
            findings.pass(subdomains.state("SECURE_HSTS_INCLUDE_SUBDOMAINS")).at(subdomains.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_HSTS_INCLUDE_SUBDOMAINS", &why);
        }
        Truth::Yes if subdomains.truth().is_yes() => {
            findings
                .fail(format!(
                    "{}, not True: it covers subdomains by accident",
                    subdomains.state("SECURE_HSTS_INCLUDE_SUBDOMAINS")
                ))
                .at(subdomains.region())
                .severity(Severity::Low)
                .django("security.W005")
                .label("whatever Python takes for true binds every subdomain to HTTPS")
                .help("set SECURE_HSTS_INCLUDE_SUBDOMAINS to True or False");
        }
        Truth::Yes => {
            findings
                .fail(format!("{}: HSTS covers this host only", subdomains.state("SECURE_HSTS_INCLUDE_SUBDOMAINS")))
                .at(subdomains.region().or(facts.setting("SECURE_HSTS_SECONDS").region()))
                .django("security.W005")
                .help("if every subdomain, internal ones too, is HTTPS-only, set SECURE_HSTS_INCLUDE_SUBDOMAINS = True");
        }
    }
}

/// The header as the running site sends it.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let pages = wire.pages();
    let sent = pages.iter().find_map(|seen| Some((seen.id, seen.response.header("strict-transport-security")?)));
    match sent.map(|(id, header)| (id, header.to_ascii_lowercase().contains("includesubdomains"))) {
        None => findings.not_applicable("no Strict-Transport-Security header was seen").seen([]),
        Some((id, true)) => findings.pass("Strict-Transport-Security covers subdomains").seen([id]),
        Some((id, false)) => findings
            .fail("Strict-Transport-Security covers this host only")
            .seen([id])
            .help("if every subdomain, internal ones too, is HTTPS-only, set SECURE_HSTS_INCLUDE_SUBDOMAINS = True"),
    };
}
