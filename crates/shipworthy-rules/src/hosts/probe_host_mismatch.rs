//! A probe that asks by address is a visitor with an unknown host, and Django answers it 400.

use shipworthy_model::front::Pattern;
use shipworthy_model::picture::{Probe, ProbeKind, Runs, Text};
use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "probe-host-mismatch",
    topic: Topic::Hosts,
    severity: Severity::Low,
    django: &[],
    summary: "a health probe is refused or redirected by Django",
    guide: include_str!("probe_host_mismatch.md"),
    check,
};

/// What a probe asks Django.
struct Asked {
    /// The host that it names, without a port; the address of the pod where it names none.
    host: Option<String>,
    path: Option<String>,
    port: Option<u16>,
    /// Whether it says that it came by TLS.
    secure: bool,
    /// Whether it follows a redirect.
    follows: bool,
}

/// Packages whose middleware leaves requests for unknown hosts alone.
const PASSIVE: [&str; 6] = ["django.", "whitenoise.", "corsheaders.", "csp.", "django_prometheus.", "simple_history."];

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    let mut seen = Vec::new();
    for (deployed, _, server) in production::servers(facts) {
        // A front end in the same container may be what is asked.
        let front = deployed.unit.processes.iter().any(|process| matches!(process.runs, Runs::FrontEnd(_)));
        for probe in deployed.unit.probes.iter().filter(|_| !front && deployed.is_audited(facts)) {
            let Some(asked) = asked(probe) else { continue };
            let ports: Vec<u16> =
                server.binds().iter().filter_map(|bind| bind.as_str()?.rsplit(':').next()?.parse().ok()).collect();
            let elsewhere = asked.port.is_some_and(|port| !ports.is_empty() && !ports.contains(&port));
            if elsewhere || seen.contains(&probe.at) {
                continue;
            }
            seen.push(probe.at);
            judged += 1;
            judge(facts, findings, &deployed, probe, &asked);
        }
    }
    if !findings.is_clean() {
        return;
    }
    if judged > 0 {
        findings.pass("the health probes of the deployment name hosts that Django serves");
    } else {
        findings.not_applicable("no health probe of the deployment asks Django by HTTP");
    }
}

fn judge(facts: &Facts, findings: &mut Findings, deployed: &Deployed<'_>, probe: &Probe, asked: &Asked) {
    let who = format!("the {} of {}", probe.name, deployed.unit.name);
    let named = asked.host.as_deref().map_or_else(|| "the address of the pod".to_owned(), str::to_owned);
    let hosts = facts.setting("ALLOWED_HOSTS");
    // While DEBUG is on and nothing is listed, Django lets this machine's own names in.
    let debug = !facts.truth("DEBUG").is_no();
    match facts.allowed_hosts().allow(asked.host.as_deref().unwrap_or("10.0.0.1")) {
        Truth::No if debug => {}
        Truth::No => match answers_before(facts) {
            Truth::No => {
                let message = format!("{who} asks for {named}, which ALLOWED_HOSTS does not name{}", hosts.unless());
                let finding = findings.fail(format!("{message}{}", deployed.unless()));
                finding
                    .at(probe.at)
                    .label("Django answers 400 Bad Request, and the unit counts as ill")
                    .see(hosts.region(), "the hosts that Django serves")
                    .help("let the probe send a Host that ALLOWED_HOSTS names");
                deployed.weigh(finding);
            }
            Truth::Yes | Truth::Unknown(_) => {
                findings
                    .open(format!("{who} asks for {named}, which ALLOWED_HOSTS does not name; a middleware may answer it first"))
                    .at(probe.at);
            }
        },
        Truth::Unknown(why) => {
            findings.undecided(&format!("whether ALLOWED_HOSTS names {named}, for which {who} asks"), &why).at(probe.at);
        }
        Truth::Yes if redirected(facts, asked) => {
            let what = if asked.follows {
                "follows a redirect to TLS, which nothing speaks there"
            } else {
                "gets a redirect, not an answer"
            };
            let finding = findings.fail(format!("{who} {what}{}", deployed.unless()));
            finding
                .at(probe.at)
                .label("the path is redirected before any view is asked, so the answer says nothing of the site's health")
                .see(facts.setting("SECURE_SSL_REDIRECT").region(), "the redirect")
                .help("exempt the path with SECURE_REDIRECT_EXEMPT, or send the header that SECURE_PROXY_SSL_HEADER names");
            deployed.weigh(finding);
        }
        Truth::Yes => {}
    }
}

/// Whether a middleware may answer a request before Django looks at its host, which `CommonMiddleware` does for every one.
fn answers_before(facts: &Facts) -> Truth {
    let unknown = || Truth::from(true);
    let Some(before) = facts.middleware_before("django.middleware.common.CommonMiddleware") else { return unknown() };
    let passive = |item: &Item| match item {
        Item::One(value) => value.as_str().is_some_and(|path| PASSIVE.iter().any(|start| path.starts_with(start))),
        Item::Perhaps(..) | Item::Many(_) => false,
    };
    (!before.iter().all(passive)).into()
}

/// Whether Django certainly redirects the request to HTTPS.
fn redirected(facts: &Facts, asked: &Asked) -> bool {
    let exempt = facts.setting("SECURE_REDIRECT_EXEMPT");
    let Some(path) = asked.path.as_deref().filter(|_| !asked.secure) else { return false };
    // Django looks for each pattern in the path without its first slash.
    let path = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let misses = |item: &Item| match item {
        Item::One(value) => value.as_str().is_some_and(|source| Pattern::new(source, false, None).finds(path).is_no()),
        Item::Perhaps(..) | Item::Many(_) => false,
    };
    let exempted = !exempt.truth().is_no() && !exempt.value.items().is_some_and(|items| items.iter().all(misses));
    facts.has_security_middleware().and(facts.truth("SECURE_SSL_REDIRECT")).is_yes() && !exempted
}

fn asked(probe: &Probe) -> Option<Asked> {
    match &probe.kind {
        ProbeKind::Http(http) => {
            let secure = http.headers.iter().any(|(name, _)| name.shown().to_ascii_lowercase().starts_with("x-forwarded-"));
            // A text that is not decided says nothing.
            let known = http.host.as_ref().is_none_or(|host| host.as_str().is_some());
            known.then(|| Asked {
                host: http.host.as_ref().and_then(|host| host.as_str()).map(bare),
                path: http.path.as_ref().and_then(|path| path.as_str()).map(str::to_owned),
                port: http.port.as_ref().and_then(|port| port.as_str()?.parse().ok()),
                secure: secure || http.https,
                follows: false,
            })
        }
        ProbeKind::Command(words) => {
            let text = words.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
            from_command(&text)
        }
        ProbeKind::Tcp(_) | ProbeKind::Disabled => None,
    }
}

/// What a command asks: the first address in it, with the headers that curl, wget, `HTTPie` and Python are given.
fn from_command(text: &str) -> Option<Asked> {
    let mut words = text.split([' ', '"', '\'']).filter_map(|word| word.rsplit('/').next());
    let program = words.find(|word| matches!(*word, "curl" | "wget" | "http") || word.starts_with("python"))?;
    let python = program.starts_with("python");
    // `requests` is content with every answer that is not looked at.
    let looks = ["urlopen", "raise_for_status", "status_code", ".ok"].iter().any(|word| text.contains(word));
    if python && !looks {
        return None;
    }
    let follows = program == "wget" || python || program == "http" && text.contains("--follow");
    let (_, rest) = text.split_once("http://")?;
    let address = &rest[..rest.find([' ', '"', '\'', '\\', ')', ',', ';', '|', '&']).unwrap_or(rest.len())];
    if address.contains(['$', '{']) {
        return None;
    }
    let (authority, path) =
        address.split_once('/').map_or((address, String::from("/")), |(host, path)| (host, format!("/{path}")));
    let lower = text.to_ascii_lowercase();
    // A header in Python is a key of a dictionary.
    let lower = if python { lower.replace(['"', '\'', '\\'], "").replace([',', '}', ')'], " ") } else { lower };
    // A header of its own, not the end of `localhost:`.
    let mut headers = lower.match_indices("host:").filter(|(at, _)| lower[..*at].ends_with([' ', '"', '\'', '=', '{']));
    let host = headers.next().map(|(at, name)| lower[at + name.len()..].trim_start());
    let host = host.map(|rest| rest[..rest.find([' ', '"', '\'']).unwrap_or(rest.len())].to_owned());
    if host.as_deref().is_some_and(|host| host.contains(['$', '{'])) {
        return None;
    }
    Some(Asked {
        host: Some(bare(host.as_deref().unwrap_or(authority))),
        path: Some(path),
        port: authority.rsplit_once(':').map_or(Some(80), |(_, port)| port.parse().ok()),
        secure: lower.contains("x-forwarded-"),
        follows,
    })
}

/// A host without its port.
fn bare(host: &str) -> String {
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or(host, |(host, _)| host).to_owned()
}
