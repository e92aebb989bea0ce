//! A reset link that stays good for weeks is a key to the account that lies in a mailbox.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "password-reset-timeout-unfit",
    topic: Topic::Accounts,
    severity: Severity::Low,
    django: &[],
    summary: "PASSWORD_RESET_TIMEOUT is no usable number of seconds, or far too long",
    guide: include_str!("password_reset_timeout_unfit.md"),
    check,
};

const DAY: f64 = 86_400.0;

fn check(facts: &Facts, findings: &mut Findings) {
    let timeout = facts.setting("PASSWORD_RESET_TIMEOUT");
    if facts.has_app("django.contrib.auth").is_no() {
        findings.not_applicable("django.contrib.auth is not installed").at(timeout.region());
        return;
    }
    if let Some(why) = timeout.value.as_unknown() {
        findings.undecided("PASSWORD_RESET_TIMEOUT", &why);
        return;
    }
    let state = timeout.state("PASSWORD_RESET_TIMEOUT");
    let help = "PASSWORD_RESET_TIMEOUT counts seconds; the default, 259200, is three days";
    match timeout.value.as_number() {
        None => {
            findings
                .fail(format!("{state}, not a number of seconds"))
                .at(timeout.region())
                .severity(Severity::High)
                .label("every reset link ends in a server error")
                .help(help);
        }
        Some(seconds) if seconds < 60.0 => {
            findings
                .fail(format!("{state}: reset links die before the mail arrives"))
                .at(timeout.region())
                .severity(Severity::Medium)
                .help(help);
        }
        Some(seconds) if seconds > 7.0 * DAY => {
            findings
                .fail(format!("{state}: a reset link stays good for {:.0} days", seconds / DAY))
                .at(timeout.region())
                .label("whoever finds the mail by then takes the account")
                .help(help);
        }
        Some(_) => {
            findings.pass(state).at(timeout.region());
        }
    }
}
