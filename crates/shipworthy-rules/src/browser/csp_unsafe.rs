//! A content security policy that lets inline scripts or any host through stops no attack.

use shipworthy_model::policy::{Directive, NONCE, Policy};
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "csp-unsafe",
    topic: Topic::Browser,
    severity: Severity::Low,
    django: &[],
    summary: "the content security policy lets injected scripts run",
    guide: include_str!("csp_unsafe.md"),
    check,
};

/// Keywords that mean something only in quotes; without them they are host names.
const KEYWORDS: [&str; 7] = ["self", "none", "unsafe-inline", "unsafe-eval", "strict-dynamic", "report-sample", "unsafe-hashes"];

fn check(facts: &Facts, findings: &mut Findings) {
    let sent: Vec<Policy> = facts
        .policies()
        .into_iter()
        .filter(|policy| policy.enforced && !facts.has_middleware(policy.middleware).is_no())
        .filter(|policy| facts.reads_instead(policy).is_none())
        .collect();
    if sent.is_empty() {
        match facts.setting("SECURE_CSP").value.as_unknown() {
            Some(why) if !facts.has_middleware_class("ContentSecurityPolicyMiddleware").is_no() => {
                findings.undecided("SECURE_CSP", &why);
            }
            Some(_) | None => {
                findings.not_applicable("no content security policy is enforced");
            }
        }
        return;
    }
    for policy in &sent {
        for directive in &policy.directives {
            unquoted(policy, directive, findings);
        }
        match policy.scripts() {
            Some(directive) => scripts(policy, directive, findings),
            None => match &policy.rest {
                Some(why) => {
                    findings.undecided(&format!("script-src of {}", policy.setting), why);
                }
                None => {
                    findings
                        .fail(format!("{} has neither script-src nor default-src: scripts are not restricted", policy.setting))
                        .at(policy.at)
                        .severity(Severity::Info)
                        .help("add \"default-src\": [\"'self'\"]");
                }
            },
        }
    }
    if findings.is_clean() {
        findings.pass("the content security policy names what scripts may run").at(sent[0].at);
    }
}

fn scripts(policy: &Policy, directive: &Directive, findings: &mut Findings) {
    let name = &directive.name;
    let at = directive.at.or(policy.at);
    let strict = directive.has("'strict-dynamic'");
    let pinned = strict
        || directive.has(NONCE)
        || directive.sources.iter().any(|source| source.starts_with("'nonce-") || source.starts_with("'sha"));
    if directive.has("'unsafe-inline'") && !pinned && directive.rest.is_none() {
        findings
            .fail(format!("{name} of {} allows 'unsafe-inline': injected scripts run", directive.setting))
            .at(at)
            .help("give the inline scripts of your templates a nonce: CSP.NONCE and {{ csp_nonce }}");
    }
    let open = ["*", "http:", "https:", "data:", "http://*", "https://*"].into_iter().find(|wide| directive.has(wide));
    if let Some(open) = open.filter(|_| !strict) {
        findings
            .fail(format!("{name} of {} allows {open}: scripts may come from anywhere", directive.setting))
            .at(at)
            .help("name the hosts that scripts come from");
    }
    let plain = directive.sources.iter().find(|source| source.starts_with("http://") && &***source != "http://*");
    if let Some(plain) = plain.filter(|_| !strict) {
        findings
            .fail(format!("{name} of {} allows scripts over plain HTTP from {plain}", directive.setting))
            .at(at)
            .help("name the host with https://");
    }
    if directive.has("'unsafe-eval'") {
        findings
            .fail(format!("{name} of {} allows 'unsafe-eval'", directive.setting))
            .at(at)
            .severity(Severity::Info)
            .help("drop it if no library in use turns text into code");
    }
    if let Some(why) = directive.rest.as_ref().filter(|_| !findings.has(Kind::Fail)) {
        findings.undecided(&format!("{name} of {}", directive.setting), why);
    }
}

fn unquoted(policy: &Policy, directive: &Directive, findings: &mut Findings) {
    if !directive.name.ends_with("-src") {
        return;
    }
    if let Some(keyword) = directive.sources.iter().find(|source| KEYWORDS.contains(&source.to_ascii_lowercase().as_str())) {
        findings
            .fail(format!("{} of {} holds {keyword} without quotes: the name of a host", directive.name, directive.setting))
            .at(directive.at.or(policy.at))
            .label("browsers look for a host of this name")
            .help(format!("write \"'{keyword}'\", with quotes inside the quotes"));
    }
}
