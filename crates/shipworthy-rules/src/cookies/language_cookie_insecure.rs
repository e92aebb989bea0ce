//! The language cookie is no secret, but on a site that is HTTPS-only it has no reason to travel in the clear.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "language-cookie-insecure",
    topic: Topic::Cookies,
    severity: Severity::Info,
    django: &[],
    summary: "the language cookie is also sent over plain HTTP",
    guide: include_str!("language_cookie_insecure.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let secure = facts.setting("LANGUAGE_COOKIE_SECURE");
    let [session, _, language] = facts.cookies();
    let https = session.effective("SECURE", facts).truth();
    if language.used.is_no() || https.is_no() {
        findings.not_applicable("no language cookie, or a site that works over plain HTTP too").at(secure.region());
        return;
    }
    match language.used.and(https).and(!secure.truth()) {
        Truth::No => {
            findings.pass(secure.state("LANGUAGE_COOKIE_SECURE")).at(secure.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("LANGUAGE_COOKIE_SECURE", &why);
        }
        Truth::Yes => {
            findings
                .fail(format!("{}, while the session cookie is for HTTPS only", secure.state("LANGUAGE_COOKIE_SECURE")))
                .at(secure.region().or(facts.setting("SESSION_COOKIE_SECURE").region()))
                .help("set LANGUAGE_COOKIE_SECURE = True");
        }
    }
}
