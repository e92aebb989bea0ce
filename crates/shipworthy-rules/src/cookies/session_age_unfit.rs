//! A session age that is no number breaks logins, and one of years makes a stolen cookie good for years.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "session-age-unfit",
    topic: Topic::Cookies,
    severity: Severity::Medium,
    django: &[],
    summary: "SESSION_COOKIE_AGE is no usable number of seconds, or far too long",
    guide: include_str!("session_age_unfit.md"),
    check,
};

const DAY: f64 = 86_400.0;

fn check(facts: &Facts, findings: &mut Findings) {
    let age = facts.setting("SESSION_COOKIE_AGE");
    if facts.has_middleware_class("SessionMiddleware").is_no() {
        findings.not_applicable("sessions are not in use").at(age.region());
        return;
    }
    if let Some(why) = age.value.as_unknown() {
        findings.undecided("SESSION_COOKIE_AGE", &why);
        return;
    }
    let state = age.state("SESSION_COOKIE_AGE");
    let Some(seconds) = age.value.as_number() else {
        findings
            .fail(format!("{state}, not a number of seconds"))
            .at(age.region())
            .severity(Severity::High)
            .label("Django raises an error whenever it saves a session")
            .help("set SESSION_COOKIE_AGE to an integer, in seconds: 1209600 is two weeks");
        return;
    };
    if seconds < 60.0 {
        findings
            .fail(format!("{state}: a session is over before its first minute"))
            .at(age.region())
            .label("nobody stays logged in from one page to the next")
            .help("SESSION_COOKIE_AGE counts seconds; 1209600 is two weeks");
    } else if seconds > 90.0 * DAY {
        let year = seconds > 400.0 * DAY;
        findings
            .fail(format!("{state}: a session lasts {:.0} days", seconds / DAY))
            .at(age.region())
            .severity(if year { Severity::Low } else { Severity::Info })
            .label("as long as a stolen cookie stays good")
            .help("shorten SESSION_COOKIE_AGE, and renew sessions in use with SESSION_SAVE_EVERY_REQUEST = True");
    } else {
        findings.pass(state).at(age.region());
    }
}
