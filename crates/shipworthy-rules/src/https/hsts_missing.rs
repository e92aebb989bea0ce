//! Without HSTS a browser asks over plain HTTP again on every visit.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, Use};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-missing",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &["security.W004"],
    summary: "Django sends no Strict-Transport-Security header",
    guide: include_str!("hsts_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let seconds = facts.setting("SECURE_HSTS_SECONDS");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings.not_applicable("SECURE_HSTS_SECONDS has no effect: SecurityMiddleware is not installed").at(seconds.region());
        return;
    }
    match installed.and(!seconds.truth()) {
        Truth::No => {
            findings.pass(seconds.state("SECURE_HSTS_SECONDS")).at(seconds.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_HSTS_SECONDS", &why);
        }
        Truth::Yes if facts.is_added_over_tls("strict-transport-security").is_some() => {
            findings
                .pass("the front end sends Strict-Transport-Security")
                .at(seconds.region())
                .see(facts.is_added_over_tls("strict-transport-security"), "sends it");
        }
        Truth::Yes if let Some((Truth::Yes, ingress)) = facts.picture.ingress_hsts() => {
            let by = ingress.by;
            findings
                .pass(format!("{by} sends Strict-Transport-Security for hosts with a certificate, unless it is told not to"))
                .at(seconds.region())
                .see(ingress.at, "makes it send the header");
        }
        Truth::Yes if let Some((Truth::Unknown(why), _)) = &facts.picture.ingress_hsts() => {
            findings.undecided("whether the router sends Strict-Transport-Security", why);
        }
        Truth::Yes
            if facts.has_own_middleware(&["secur", "hsts", "header", "https", "ssl", "tls"])
                && let Some(path) = facts.used_in(Use::HstsHeader) =>
        {
            findings
                .open(format!(
                    "{}: whether what {path} sends reaches every page is not to be seen",
                    seconds.state("SECURE_HSTS_SECONDS")
                ))
                .at(seconds.region().or(facts.setting("MIDDLEWARE").region()))
                .help("SECURE_HSTS_SECONDS makes SecurityMiddleware send Strict-Transport-Security with every page over HTTPS");
        }
        Truth::Yes => {
            let finding = findings.fail(format!(
                "{}: Django sends no Strict-Transport-Security header, unless a front end does",
                seconds.state("SECURE_HSTS_SECONDS")
            ));
            if let Some(at) = facts.is_added_by_neighbour("strict-transport-security") {
                finding.severity(Severity::Low).see(at, "sent with the first page of the same host, from which browsers keep it");
            }
            if let Some(decision) = facts.settings.course.waits_for_address("SECURE_HSTS_SECONDS") {
                finding.severity(Severity::Low).see(decision.test, "it is on as soon as this address is not one of this machine");
            }
            finding
                .at(seconds.region().or(facts.setting("MIDDLEWARE").region()))
                .django("security.W004")
                .help("once every page works over HTTPS, set SECURE_HSTS_SECONDS = 3600, then raise it in steps to a year");
        }
    }
}

/// The header on the pages of the running site.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let pages = wire.pages();
    let Some(first) = pages.iter().find(|seen| seen.exchange.request.secure) else {
        findings.not_applicable("no page of the site was seen over HTTPS").seen([]);
        return;
    };
    let site = wire.called();
    match pages.iter().find(|seen| seen.response.header("strict-transport-security").is_none()) {
        None => {
            findings.pass(format!("{site} sends Strict-Transport-Security with its pages")).seen([first.id]);
        }
        Some(_) if pages.iter().any(|seen| seen.response.header("strict-transport-security").is_some()) => {
            findings.pass(format!("{site} sends Strict-Transport-Security, if not with every page")).seen([first.id]);
        }
        Some(bare) => {
            findings
                .fail(format!("{site} sends no Strict-Transport-Security header"))
                .seen([bare.id])
                .help("once every page works over HTTPS, set SECURE_HSTS_SECONDS = 3600, then raise it in steps to a year");
        }
    }
}
