//! An HSTS lifetime that browsers cannot read, or that is too short or too long, protects nobody or binds everybody.

use shipworthy_model::{Datum, Effective, Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-weak",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "the Strict-Transport-Security header is unreadable, short-lived or contradicts itself",
    guide: include_str!("hsts_weak.md"),
    check,
};

const DAY: i128 = 86_400;
const YEAR: i128 = 365 * DAY;

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let seconds = facts.setting("SECURE_HSTS_SECONDS");
    if facts.has_security_middleware().is_no() || seconds.truth().is_no() {
        findings.not_applicable("Django sends no Strict-Transport-Security header").at(seconds.region());
        return;
    }
    if let Some(why) = seconds.value.as_unknown() {
        findings.undecided("SECURE_HSTS_SECONDS", &why);
        return;
    }
    match age(&seconds) {
        None => {
            findings
                .fail(format!("{}, which no browser reads as a number", seconds.state("SECURE_HSTS_SECONDS")))
                .at(seconds.region())
                .label("the header is sent and ignored")
                .help("set SECURE_HSTS_SECONDS to an integer, in seconds");
        }
        Some(age) => lifetime(age, &seconds, facts, findings),
    }
}

/// The `max-age` as browsers read it: digits only.
fn age(seconds: &Effective) -> Option<i128> {
    match &seconds.value.datum {
        Datum::Int(number) => Some(*number).filter(|number| *number >= 0),
        Datum::Str(text) => Some(text.trim()).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok(),
        _ => None,
    }
}

fn lifetime(age: i128, seconds: &Effective, facts: &Facts, findings: &mut Findings) {
    let state = seconds.state("SECURE_HSTS_SECONDS");
    let preload = facts.setting("SECURE_HSTS_PRELOAD");
    let subdomains = facts.truth("SECURE_HSTS_INCLUDE_SUBDOMAINS");
    if age == 0 {
        findings
            .fail(format!("{state}, which tells browsers to forget that the site is HTTPS-only"))
            .at(seconds.region())
            .help("set SECURE_HSTS_SECONDS to a positive integer");
    } else if preload.truth().is_yes() && (subdomains.is_no() || age < YEAR) {
        findings
            .fail("SECURE_HSTS_PRELOAD is on, but browsers' preload list refuses this header")
            .at(preload.region())
            .severity(Severity::Low)
            .label("the list asks for includeSubDomains and a max-age of at least a year")
            .see(seconds.region(), "the lifetime")
            .help("turn SECURE_HSTS_PRELOAD off unless the whole domain, with every subdomain, is to be HTTPS-only for years");
    } else if age < DAY {
        findings
            .fail(format!("{state}: HSTS is at its first stage"))
            .at(seconds.region())
            .severity(Severity::Low)
            .label("who comes back tomorrow is unprotected again")
            .help("when nothing broke, raise SECURE_HSTS_SECONDS in steps: a day, a week, a month, a year");
    } else if age < 180 * DAY {
        findings
            .fail(format!("{state}: HSTS lasts {} days", age / DAY))
            .at(seconds.region())
            .severity(Severity::Info)
            .help("raise SECURE_HSTS_SECONDS to 31536000, a year, when every page has proved to work over HTTPS");
    } else if age > 10 * YEAR {
        findings
            .fail(format!("{state}: HSTS lasts {} years and cannot be called back", age / YEAR))
            .at(seconds.region())
            .severity(Severity::Info)
            .help("one year, 31536000, is renewed on every visit and is enough");
    } else {
        findings.pass(state).at(seconds.region());
    }
}

/// The header as the running site sends it.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let pages = wire.pages();
    let sent = pages.iter().find_map(|seen| Some((seen.id, seen.response.header("strict-transport-security")?.to_owned())));
    let Some((id, header)) = sent.filter(|_| wire.site.https.is_some()) else {
        findings.not_applicable("no Strict-Transport-Security header was seen").seen([]);
        return;
    };
    let directives: Vec<String> = header.split(';').map(|part| part.trim().to_ascii_lowercase()).collect();
    let age = directives.iter().find_map(|part| part.strip_prefix("max-age=")?.trim_matches('"').parse::<i128>().ok());
    let has = |name: &str| directives.iter().any(|part| part == name);
    let help = "raise SECURE_HSTS_SECONDS in steps to 31536000, a year, when every page has proved to work over HTTPS";
    match age {
        None => findings
            .fail(format!("Strict-Transport-Security is \"{header}\", in which no browser reads a max-age"))
            .help("send it once, as max-age=31536000"),
        Some(0) => findings.fail("Strict-Transport-Security tells browsers to forget that the site is HTTPS-only").help(help),
        Some(age) if has("preload") && (age < YEAR || !has("includesubdomains")) => findings
            .fail(format!("Strict-Transport-Security asks to be preloaded, and the list refuses \"{header}\""))
            .severity(Severity::Low)
            .help("drop preload unless the whole domain, with every subdomain, is to be HTTPS-only for years"),
        Some(age) if age < DAY => {
            findings.fail(format!("Strict-Transport-Security lasts {age} seconds")).severity(Severity::Low).help(help)
        }
        Some(age) if age < 180 * DAY => {
            findings.fail(format!("Strict-Transport-Security lasts {} days", age / DAY)).severity(Severity::Info).help(help)
        }
        Some(age) => findings.pass(format!("Strict-Transport-Security lasts {} days", age / DAY)),
    }
    .seen([id]);
}
