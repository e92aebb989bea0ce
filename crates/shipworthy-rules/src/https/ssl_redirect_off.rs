//! Without a redirect, whoever types the bare host name talks to the site in the clear.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "ssl-redirect-off",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &["security.W008"],
    summary: "Django does not redirect plain HTTP to HTTPS",
    guide: include_str!("ssl_redirect_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let redirect = facts.setting("SECURE_SSL_REDIRECT");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings.not_applicable("SECURE_SSL_REDIRECT has no effect: SecurityMiddleware is not installed").at(redirect.region());
        return;
    }
    match installed.and(!redirect.is_true()) {
        Truth::No => {
            findings.pass(redirect.state("SECURE_SSL_REDIRECT")).at(redirect.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_SSL_REDIRECT", &why);
        }
        Truth::Yes if redirect.truth().is_yes() => {
            findings
                .fail(format!("{}, not True: it redirects by accident", redirect.state("SECURE_SSL_REDIRECT")))
                .at(redirect.region())
                .severity(Severity::Low)
                .django("security.W008")
                .label(format!(
                    "a value of type {} that Python takes for true, where Django's check asks for True itself",
                    redirect.value.type_name()
                ))
                .help("set SECURE_SSL_REDIRECT to the boolean, parsing the environment variable if it comes from one");
        }
        Truth::Yes if facts.is_reached_by_tls_only().is_some() => {
            findings
                .pass("the front end passes nothing to Django that comes by plain HTTP")
                .at(redirect.region())
                .see(facts.is_reached_by_tls_only(), "passes requests on over TLS only");
        }
        Truth::Yes => {
            findings
                .fail(format!(
                    "{}: Django serves plain HTTP, unless a front end redirects every request",
                    redirect.state("SECURE_SSL_REDIRECT")
                ))
                .at(redirect.region().or(facts.setting("MIDDLEWARE").region()))
                .django("security.W008")
                .help(
                    "set SECURE_SSL_REDIRECT = True, and SECURE_PROXY_SSL_HEADER if a proxy ends TLS, or redirect in the proxy",
                );
        }
    }
}
