//! A wildcard in `ALLOWED_HOSTS` lets the visitor say what the site is called.

use shipworthy_model::{
    Effective, Facts, Findings, Item, Probe, Region, Response, Rule, Severity, Sign, Topic, Truth, Use, Value, host,
};

pub(crate) static RULE: Rule = Rule {
    id: "allowed-hosts-wildcard",
    topic: Topic::Hosts,
    severity: Severity::High,
    django: &[],
    summary: "ALLOWED_HOSTS accepts hosts of strangers",
    guide: include_str!("allowed_hosts_wildcard.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let hosts = facts.setting("ALLOWED_HOSTS");
    if let Some(unknown) = hosts.value.as_unknown() {
        findings.undecided("whether ALLOWED_HOSTS holds a wildcard", &unknown).at(unknown.at.or(hosts.region()));
        return;
    }
    let around = facts.serves_without_front();
    let shield = facts.keeps_strangers_out();
    if let Some(at) = shield
        && around.is_none()
        && hosts.value.contains("*").is_yes()
    {
        let message = "ALLOWED_HOSTS accepts every host, and the front end lets none through that it does not name";
        findings.pass(message).at(hosts.region()).see(at, "turns unknown hosts away");
        return;
    }
    if hosts.value.contains("*").is_yes()
        && facts.has_own_middleware(&[""])
        && let Some(path) = facts.used_in(Use::HostCheck)
    {
        findings
            .open(format!("ALLOWED_HOSTS accepts every host{}, and {path} turns some away itself", hosts.unless()))
            .at(hosts.region())
            .help("see that it does so before anything else asks for the host");
        return;
    }
    for item in hosts.value.items().unwrap_or_default() {
        match item {
            Item::One(value) => judge(findings, &hosts, value, None, shield.zip(around)),
            Item::Perhaps(value, condition) => judge(findings, &hosts, value, Some(condition.clause()), None),
            Item::Many(unknown) => {
                findings.undecided("whether ALLOWED_HOSTS holds a wildcard", unknown).at(unknown.at.or(hosts.region()));
            }
        }
    }
    if findings.is_clean() {
        findings.pass(format!("ALLOWED_HOSTS names hosts one by one{}", hosts.unless())).at(hosts.region());
    }
}

/// Judges one entry. `shielded`: a front end turns strangers away, but a server is reached without it.
fn judge(
    findings: &mut Findings,
    hosts: &Effective,
    value: &Value,
    condition: Option<String>,
    shielded: Option<(Region, Region)>,
) {
    let at = value.at.or(hosts.region());
    let shared = |text: &str| text.starts_with('.') && host::is_shared(text);
    let wildcard = value.equals("*");
    let wide = value.decide(|value| value.as_str().is_some_and(|text| text == "*" || shared(text)));
    let (message, severity) = match (&wide, &wildcard) {
        (Truth::No, _) => return,
        (Truth::Unknown(why), _) => {
            findings.undecided("whether ALLOWED_HOSTS holds a wildcard", why).at(why.at.or(at));
            return;
        }
        (Truth::Yes, Truth::Yes) => ("ALLOWED_HOSTS accepts every host".to_owned(), Severity::High),
        (Truth::Yes, Truth::No | Truth::Unknown(_)) => {
            (format!("ALLOWED_HOSTS accepts {}, where strangers have names of their own", value.show()), Severity::Medium)
        }
    };
    let finding = match condition {
        None => findings.fail(format!("{message}{}", hosts.unless())),
        Some(clause) => findings.open(format!("{message} {clause}")),
    };
    finding
        .at(at)
        .severity(severity)
        .label("links in mails and caches are built from a host that the visitor chooses")
        .help("name the hosts that the site is reached by; health checks can send a Host header of them");
    if let Some((front, server)) = shielded {
        finding
            .severity(severity.lowered())
            .see(front, "turns unknown hosts away in one deployment: one step milder")
            .see(server, "takes them in another, where no front end is known");
    }
}

/// What the running site answers to a host that nobody has heard of.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let home = wire.answer(Probe::Home);
    let probes = [Probe::UnknownHost, Probe::UnknownHostHttp, Probe::AbsoluteForm, Probe::UnknownName];
    let mut refused = None;
    for seen in probes.into_iter().flat_map(|probe| wire.answers(probe)) {
        if seen.response.shows(Sign::StockBadRequest)
            || seen.response.status == 400 && wire.is_application(seen.response) == Some(true)
        {
            refused = Some(seen.id);
            continue;
        }
        // A front end that sends strangers on would send on what Django refuses too.
        let sent_on = seen.response.redirects()
            && seen.response.location().is_some_and(|(_, host, _)| host.split(':').next() == Some(&*seen.exchange.request.host))
            && wire.answers(Probe::MalformedHost).any(|refused| {
                refused.exchange.request.secure == seen.exchange.request.secure && wire.refuses_host(refused.response)
            });
        // The right host in the target may have won over the one that was made up.
        let told = seen.exchange.probe != Probe::AbsoluteForm || seen.response.shows(Sign::Reflected);
        let like_home = home.is_some_and(|home| {
            let titled = home.response.title.is_some() && home.response.title == seen.response.title;
            let path =
                |response: &Response| response.header("location").filter(|place| place.starts_with('/')).map(str::to_owned);
            let sent = path(home.response).is_some()
                && path(home.response) == path(seen.response)
                && seen.response.carries_django_headers();
            let application = titled && wire.is_application(seen.response) == Some(true);
            home.response.status == seen.response.status && (application || sent)
        });
        if told && wire.is_django() && (like_home || sent_on) {
            findings
                .fail(format!("{site} answers under a host that nobody has heard of: {}", seen.exchange.request.host))
                .seen([seen.id])
                .label("links in mails and caches are built from a host that the visitor chooses")
                .help("name the hosts that the site is reached by in ALLOWED_HOSTS");
            return;
        }
    }
    match refused {
        Some(id) => findings.pass("Django refuses hosts that it does not know").seen([id]),
        None => findings
            .not_applicable(format!("hosts that nobody has heard of do not reach Django at {site}, or nothing tells"))
            .seen([]),
    };
}
