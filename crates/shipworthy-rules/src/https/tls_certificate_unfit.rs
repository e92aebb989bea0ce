//! A certificate that browsers refuse makes the site unreachable, and one that ends soon will.

use shipworthy_model::wire::Handshake;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "tls-certificate-unfit",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "browsers refuse the certificate, or soon will",
    guide: include_str!("tls_certificate_unfit.md"),
    check,
};

const DAY: i64 = 86_400;
/// Certificates that renew themselves never come this near to their end.
const SOON: i64 = 14;

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let site = &wire.site;
    let ours =
        |handshake: &&Handshake| handshake.offered.is_none() && handshake.sni.as_deref().is_none_or(|sni| *sni == *site.host);
    let Some(handshake) = wire.handshakes.iter().find(ours) else {
        findings.not_applicable("no TLS handshake was seen").seen([]);
        return;
    };
    let home = wire.tried(shipworthy_model::Probe::Home).map(|(id, _)| id);
    if let Some(failure) = &handshake.failure {
        findings.open(format!("the certificate of {} was not seen: {}", site.host, failure.reason())).seen(home);
        return;
    }
    let Some(leaf) = handshake.certificates.first() else {
        findings.open(format!("the certificate of {} could not be read", site.host)).seen(home);
        return;
    };
    let at = wire.at.cast_signed();
    let left = leaf.not_after.saturating_sub(at) / DAY;
    let renew = "renew it, and let the renewal run by itself, with an alarm when it fails";
    let finding = if leaf.not_after < at {
        findings
            .fail(format!("the certificate of {} expired {} days ago", site.host, -left))
            .severity(Severity::Critical)
            .help(renew)
    } else if leaf.not_before > at {
        findings.fail(format!("the certificate of {} does not hold yet", site.host)).severity(Severity::Critical).help(renew)
    } else if !leaf.covers(site) {
        let names: Vec<&str> = leaf.names.iter().take(3).map(|name| &**name).collect();
        findings
            .fail(format!("the certificate is not for {}: it names {}", site.host, names.join(", ")))
            .severity(Severity::Critical)
            .help("request a certificate for every name that the site is reached by")
    } else if let Some(why) = &handshake.distrust {
        let own = leaf.is_self_signed();
        let message = if own {
            format!("the certificate of {} signs itself", site.host)
        } else {
            format!("browsers do not trust the certificate of {}: {why}", site.host)
        };
        findings.fail(message).help(
            "serve the whole chain (`fullchain.pem`), from a public authority; if a private one is right here, name it with --cacert",
        )
    } else if left < SOON {
        findings
            .fail(format!("the certificate of {} ends in {left} days", site.host))
            .severity(if left < 4 { Severity::High } else { Severity::Medium })
            .help(renew)
    } else {
        findings.pass(format!("the certificate of {} is trusted and holds for {left} more days", site.host))
    };
    finding.seen(home);
}
