//! A default site on port 80 says nothing about port 443, where strangers come too.

use shipworthy_model::front::{Scheme, Stranger};
use shipworthy_model::{Entrance, Facts, Findings, Region, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "tls-default-host-missing",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &[],
    summary: "over TLS, the front end passes requests for unknown hosts to Django",
    guide: include_str!("tls_default_host_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<(Region, u16)> = Vec::new();
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == Scheme::Https) {
        let socket = (Region::whole(entrance.front.artifact), entrance.request.port());
        if !seen.contains(&socket) {
            seen.push(socket);
            judge(facts, findings, entrance);
        }
    }
    if seen.is_empty() {
        findings.not_applicable("no front end here ends TLS for Django");
    }
}

fn judge(facts: &Facts, findings: &mut Findings, entrance: &Entrance<'_>) {
    let (name, port) = (entrance.front.kind.name(), entrance.request.port());
    let public = facts.is_public(entrance.front, entrance.listener);
    if public.is_no() {
        findings.pass(format!("{name} on port {port} gets requests from another proxy only")).at(entrance.listener.at);
        return;
    }
    let answer = match entrance.stranger() {
        Stranger::Served(answer) => answer,
        Stranger::Rejected(at) => {
            findings.pass(format!("{name} turns unknown hosts away on port {port}")).at(at.or(Some(entrance.site.at)));
            return;
        }
        Stranger::Redirected(answer) | Stranger::Kept(answer) => {
            let at = answer.site.map_or(entrance.site.at, |site| site.at);
            findings.pass(format!("{name} keeps unknown hosts on port {port} from Django")).at(at);
            return;
        }
        Stranger::Unknown(why) => {
            findings.undecided(&format!("what {name} does with unknown hosts on port {port}"), &why).at(why.at);
            return;
        }
    };
    let site = answer.site.unwrap_or(entrance.site);
    let passed = answer.handler.reaches_upstream(site).is_some_and(|it| facts.is_django(entrance.front, it));
    if !passed {
        findings.pass(format!("{name} keeps unknown hosts on port {port} from Django")).at(site.at);
        return;
    }
    let said = site.listeners.iter().any(|listener| listener.default && listener.port.is(port).is_yes());
    let wildcard = facts.lists("ALLOWED_HOSTS", "*").is_yes();
    let finding = match public {
        Truth::Yes if said || facts.is_whole_front(entrance.front) => findings
            .fail(format!("{name} passes TLS requests for every host on port {port} to Django"))
            .severity(if wildcard { Severity::High } else { Severity::Medium })
            .weighed(facts, entrance.front),
        Truth::Yes => findings.open(format!(
            "{name} passes TLS requests for every host on port {port} to Django, unless a site in another file is the default"
        )),
        Truth::No | Truth::Unknown(_) => findings.open(format!(
            "{name} passes TLS requests for every host on port {port} to Django; whether the internet reaches it is not to be seen"
        )),
    };
    finding.at(site.at).label("the site that answers for hosts that none names").help(
        "add a site before it that is the default and turns everything away: `listen 443 ssl default_server; ssl_reject_handshake on; return 444;` in nginx",
    );
    if wildcard {
        finding.see(facts.setting("ALLOWED_HOSTS").region(), "accepts every host too");
    }
}
