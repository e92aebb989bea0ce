//! A cookie whose attributes contradict each other is dropped by browsers, and with it the login.

use shipworthy_model::{Assumption, Cookie, Effective, Facts, Findings, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "cookie-rejected",
    topic: Topic::Cookies,
    severity: Severity::High,
    django: &[],
    summary: "browsers refuse a cookie of Django's",
    guide: include_str!("cookie_rejected.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    for cookie in facts.cookies().iter().filter(|cookie| cookie.used.is_yes()) {
        name(cookie, facts, findings);
        samesite(cookie, facts, findings);
        domain(cookie, facts, findings);
        path(cookie, facts, findings);
    }
    if findings.is_clean() {
        let used: Vec<&str> = facts.cookies().iter().filter(|cookie| cookie.used.is_yes()).map(|cookie| cookie.called).collect();
        if used.is_empty() {
            findings.not_applicable("no middleware that sets a cookie is known to be installed");
        } else {
            findings.pass(format!("nothing in its settings makes browsers refuse {}", used.join(" or ")));
        }
    }
}

/// `__Host-` and `__Secure-` promise attributes that browsers then insist on.
fn name(cookie: &Cookie, facts: &Facts, findings: &mut Findings) {
    let name = cookie.effective("NAME", facts);
    let Some(text) = name.value.as_str() else { return };
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>@,;:\\\"/[]?={}".contains(c)) {
        findings
            .fail(format!("{}, which is no name for a cookie", name.state(&cookie.setting("NAME"))))
            .at(name.region())
            .label("setting it raises an error")
            .help("use letters, digits, - and _ only");
        return;
    }
    let lower = text.to_ascii_lowercase();
    let host = lower.starts_with("__host-");
    if !host && !lower.starts_with("__secure-") {
        return;
    }
    let path = cookie.effective("PATH", facts);
    let secure = cookie.effective("SECURE", facts);
    let mut wrong = Vec::new();
    match secure.truth() {
        Truth::Yes => {}
        Truth::No => wrong.push((cookie.setting("SECURE"), "is not on", secure)),
        Truth::Unknown(why) => {
            findings.undecided(&format!("{}, which the name of {} demands,", cookie.setting("SECURE"), cookie.called), &why);
        }
    }
    if host && cookie.effective("DOMAIN", facts).truth().is_yes() {
        wrong.push((cookie.setting("DOMAIN"), "is set", cookie.effective("DOMAIN", facts)));
    }
    if host && path.value.equals("/").is_no() {
        wrong.push((cookie.setting("PATH"), "is not \"/\"", path));
    }
    for (setting, what, effective) in wrong {
        findings
            .fail(format!("{} is {}, but {setting} {what}", cookie.setting("NAME"), name.value.show()))
            .at(effective.region().or(name.region()))
            .label(format!("browsers refuse {} because of its name", cookie.called))
            .see(name.region(), "the name that promises otherwise")
            .help("__Host- wants Secure, no Domain and the path \"/\"; __Secure- wants Secure");
    }
}

fn samesite(cookie: &Cookie, facts: &Facts, findings: &mut Findings) {
    let samesite = cookie.effective("SAMESITE", facts);
    let secure = cookie.effective("SECURE", facts);
    let none = samesite.value.decide(|value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("none")));
    match none.and(!secure.truth()) {
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.undecided(&format!("whether {} is sent with SameSite=None and Secure", cookie.called), &why);
        }
        Truth::Yes => {
            findings
                .fail(format!("{} is \"None\", but {} is not on", cookie.setting("SAMESITE"), cookie.setting("SECURE")))
                .at(samesite.region())
                .label(format!("browsers refuse {}: SameSite=None without Secure", cookie.called))
                .help(format!("set {} = True", cookie.setting("SECURE")));
        }
    }
}

fn domain(cookie: &Cookie, facts: &Facts, findings: &mut Findings) {
    let setting = cookie.effective("DOMAIN", facts);
    let Some(domain) = setting.value.as_str().filter(|domain| !domain.is_empty()) else { return };
    let state = setting.state(&cookie.setting("DOMAIN"));
    if domain.contains(['/', ':', ' ', '*', ',', ';', '@']) {
        findings
            .fail(format!("{state}, which is no domain"))
            .at(setting.region())
            .label(format!("browsers refuse {}, or Python refuses to set it", cookie.called))
            .help("give the bare domain, without scheme, port, path or wildcard, or leave it at None");
        return;
    }
    let hosts = facts.setting("ALLOWED_HOSTS");
    if guessed(&setting) || guessed(&hosts) || hosts.value.has_unknown() || hosts.truth().is_no() {
        return;
    }
    let hosts_known: Vec<&str> = hosts.value.known_items().filter_map(Value::as_str).collect();
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    if !hosts_known.iter().any(|host| sets(host, &domain)) {
        findings
            .fail(format!("{state}, but no host of ALLOWED_HOSTS lies in that domain"))
            .at(setting.region())
            .label(format!("browsers refuse {} from every host that Django answers for", cookie.called))
            .see(hosts.region(), "the hosts that Django answers for")
            .help(format!("leave {} at None", cookie.setting("DOMAIN")));
    }
}

/// What follows a semicolon is another attribute: Django writes the path as it is given.
fn path(cookie: &Cookie, facts: &Facts, findings: &mut Findings) {
    let setting = cookie.effective("PATH", facts);
    let Some(text) = setting.value.as_str() else { return };
    if text.contains(';') || text.contains(char::is_control) {
        findings
            .fail(format!("{}, which is more than a path", setting.state(&cookie.setting("PATH"))))
            .at(setting.region())
            .severity(Severity::Low)
            .label(format!("what follows the semicolon becomes an attribute of {}, or an error", cookie.called))
            .help("give the path alone; attributes have settings of their own, such as SESSION_COOKIE_HTTPONLY");
    }
}

fn guessed(setting: &Effective) -> bool {
    setting.assumptions.iter().any(Assumption::is_unsettled)
}

/// Whether a host that this entry of `ALLOWED_HOSTS` admits may set a cookie for `domain`.
fn sets(entry: &str, domain: &str) -> bool {
    let entry = entry.to_ascii_lowercase();
    let below = |host: &str, domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    match entry.strip_prefix('.') {
        Some(bare) => below(bare, domain) || below(domain, bare),
        None => entry == "*" || below(&entry, domain),
    }
}

/// The cookies as the running site sets them.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let cookies = wire.cookies();
    for (id, cookie) in &cookies {
        let name = &cookie.name;
        let lower = name.to_ascii_lowercase();
        let cross = cookie.same_site.as_deref().is_some_and(|policy| policy.eq_ignore_ascii_case("none"));
        let promise = lower.starts_with("__secure-") || lower.starts_with("__host-");
        let host = lower.starts_with("__host-") && (cookie.domain.is_some() || cookie.path.as_deref() != Some("/"));
        let why = if cross && !cookie.secure {
            "SameSite=None without Secure"
        } else if promise && !cookie.secure {
            "its name promises Secure"
        } else if host {
            "its name promises the path \"/\" and no Domain"
        } else {
            continue;
        };
        findings.fail(format!("browsers refuse the cookie {name}: {why}")).seen([*id]).help("set it with what it promises");
    }
    if findings.has_seen() {
        return;
    }
    match cookies.first() {
        Some((id, _)) => findings.pass("browsers keep every cookie that was set").seen([*id]),
        None => findings.not_applicable("no cookie was set on the pages that were looked at").seen([]),
    };
}
