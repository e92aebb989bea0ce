//! A `SECURE_PROXY_SSL_HEADER` that never matches leaves Django believing that every request came in the clear.

use shipworthy_model::{Datum, Effective, Facts, Findings, Item, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "proxy-ssl-header-unfit",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "SECURE_PROXY_SSL_HEADER has a shape or name that never matches",
    guide: include_str!("proxy_ssl_header_unfit.md"),
    check,
};

/// What servers themselves put into `request.META` to tell the scheme, besides headers.
const SERVER_KEYS: [&str; 6] =
    ["HTTPS", "REQUEST_SCHEME", "SERVER_PORT", "SERVER_PORT_SECURE", "SSL_PROTOCOL", "wsgi.url_scheme"];

const FORM: &str =
    "set SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\"), with the header that your proxy overwrites";

fn check(facts: &Facts, findings: &mut Findings) {
    let header = facts.setting("SECURE_PROXY_SSL_HEADER");
    match header.truth() {
        Truth::Unknown(why) => {
            findings.undecided("SECURE_PROXY_SSL_HEADER", &why);
        }
        Truth::No => unset(&header, facts, findings),
        Truth::Yes => match pair(&header.value) {
            Err(why) => {
                findings
                    .fail(format!("SECURE_PROXY_SSL_HEADER is {why}"))
                    .at(header.region())
                    .severity(Severity::High)
                    .label("Django raises an error on every request that asks for its scheme")
                    .help(FORM);
            }
            Ok(None) => {
                findings.open("SECURE_PROXY_SSL_HEADER could not be decided: a part of it is unknown").at(header.region());
            }
            Ok(Some((name, value))) => judge(&name, &value, &header, facts, findings),
        },
    }
}

fn unset(header: &Effective, facts: &Facts, findings: &mut Findings) {
    let redirect = facts.has_security_middleware().and(facts.truth("SECURE_SSL_REDIRECT"));
    let proxy = ["USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT"].into_iter().find(|name| facts.truth(name).is_yes());
    match proxy.filter(|_| redirect.is_yes()) {
        Some(proxy) => {
            let proxy_setting = facts.setting(proxy);
            findings
                .open(format!("{proxy} speaks of a proxy, and nothing shows how Django learns that a request was secure"))
                .at(header.region().or(proxy_setting.region()))
                .see(facts.setting("SECURE_SSL_REDIRECT").region(), "redirects for ever if the application server does not tell")
                .help(FORM);
        }
        None => {
            findings.pass(header.state("SECURE_PROXY_SSL_HEADER")).at(header.region());
        }
    }
}

/// The header's name and value; `None` where one is unknown, an error where there are no two.
fn pair(value: &Value) -> Result<Option<(Value, Value)>, String> {
    if value.as_unknown().is_some() {
        return Ok(None);
    }
    match &value.datum {
        Datum::List(items) | Datum::Tuple(items) => match items.as_slice() {
            [Item::One(name), Item::One(value)] => Ok(Some((name.clone(), value.clone()))),
            items if items.iter().any(|item| !matches!(item, Item::One(_))) => Ok(None),
            items => Err(format!("{} with {} items, not a pair", value.type_name(), items.len())),
        },
        Datum::Str(text) if text.chars().count() == 2 => Err("text, not a pair".to_owned()),
        _ => Err(format!("{}, not a pair", value.type_name())),
    }
}

fn judge(name: &Value, value: &Value, header: &Effective, facts: &Facts, findings: &mut Findings) {
    let (Some(name), Some(secure)) = (name.as_str(), value.as_str()) else {
        if name.has_unknown() || value.has_unknown() {
            findings.open("SECURE_PROXY_SSL_HEADER could not be decided: a part of it is unknown").at(header.region());
        } else {
            findings.fail("SECURE_PROXY_SSL_HEADER is not a pair of texts").at(header.region()).help(FORM);
        }
        return;
    };
    let loops = facts.has_security_middleware().and(facts.truth("SECURE_SSL_REDIRECT")).is_yes();
    let unmatched =
        if loops { "never matches: every request is redirected to itself" } else { "never matches: no request is secure" };
    if SERVER_KEYS.contains(&name) {
        findings.pass(format!("SECURE_PROXY_SSL_HEADER reads {name}, which the server sets")).at(header.region());
    } else if let Some(right) = misnamed(name) {
        findings
            .fail(format!("SECURE_PROXY_SSL_HEADER names the header \"{name}\", which request.META never holds"))
            .at(header.region())
            .severity(if loops { Severity::High } else { Severity::Medium })
            .label(unmatched)
            .help(format!("headers are named as in WSGI: \"{right}\""));
    } else if name == "HTTP_X_FORWARDED_PROTO" && secure != "https" {
        findings
            .fail(format!("SECURE_PROXY_SSL_HEADER waits for the value \"{secure}\" in {name}, where proxies send \"https\""))
            .at(header.region())
            .severity(if loops { Severity::High } else { Severity::Medium })
            .label(unmatched)
            .help(FORM);
    } else {
        findings
            .pass(format!("SECURE_PROXY_SSL_HEADER trusts {name}, which the proxy has to overwrite or strip"))
            .at(header.region());
    }
}

/// The name the header should have, if as written it can be no key of `request.META`.
fn misnamed(name: &str) -> Option<String> {
    let right = name.to_ascii_uppercase().replace('-', "_");
    let bare = right.strip_prefix("HTTP_").unwrap_or(&right);
    let is_header = right.starts_with("HTTP_") || right.starts_with("X_") || right.starts_with("CLOUDFRONT_");
    (is_header && name != format!("HTTP_{bare}")).then(|| format!("HTTP_{bare}"))
}
