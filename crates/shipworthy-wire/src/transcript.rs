//! Transcripts: exchanges and handshakes as people write them down, for guides and tests.

use shipworthy_model::wire::{Certificate, Exchange, Failure, Handshake, Outcome, Protocol, Request, Response, Stage};
use shipworthy_model::{Probe, SetCookie};

use crate::{Error, address, body, plan};

/// Reads an exchange: its request in a line (`GET https://shop.example/x`), and the response as it came, or `!` and why none
/// did: `! closed: the TLS handshake`. Without a probe's name the address decides.
pub fn exchange(method: &str, url: &str, host: Option<&str>, probe: Option<Probe>, text: &str) -> Result<Exchange, Error> {
    let site = address(url)?;
    let secure = url.starts_with("https");
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let target = rest.find('/').map_or("/", |start| &rest[start..]);
    let host = host.map_or_else(|| site.authority(secure), str::to_owned);
    let request = Request {
        method: method.into(),
        secure,
        target: target.into(),
        sni: secure.then(|| site.host.clone()),
        host: host.as_str().into(),
        version: "HTTP/1.1".into(),
        ..Request::default()
    };
    let probe = probe.unwrap_or_else(|| guess(secure, target));
    let outcome = match text.strip_prefix("! ") {
        Some(why) => {
            Outcome::Failed(failure(why.trim()).ok_or_else(|| Error::Recording(format!("`{}` is no failure", why.trim())))?)
        }
        None => Outcome::Answered(response(text, Some(&*host).filter(|host| host.ends_with(".invalid")))?),
    };
    Ok(Exchange { probe, request, outcome, took: 1, started: 0 })
}

/// What an exchange that nobody names was for.
pub(crate) fn guess(secure: bool, target: &str) -> Probe {
    let path = target.split('?').next().unwrap_or_default();
    if path == "/" {
        if secure { Probe::Home } else { Probe::PlainHttp }
    } else if path.contains("login") {
        Probe::Login
    } else if path.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "css" | "js")) {
        Probe::Asset
    } else if !secure {
        Probe::PlainHttp
    } else {
        Probe::Missing
    }
}

fn response(text: &str, strange: Option<&str>) -> Result<Response, Error> {
    let (head, content) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let number = status.split(' ').nth(1).and_then(|number| number.parse().ok());
    let mut response = Response {
        status: number.ok_or_else(|| Error::Recording(format!("`{status}` is no status line")))?,
        ..Response::default()
    };
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| Error::Recording(format!("`{line}` is no header")))?;
        let name = name.trim().to_ascii_lowercase();
        let value = if name == "set-cookie" { SetCookie::redacted(value.trim()) } else { value.trim().to_owned() };
        response.headers.push((name.as_str().into(), value.into()));
    }
    body::read(&mut response, content.as_bytes(), strange.or(Some(plan::MALFORMED)));
    if let Some(length) = response.header("content-length").and_then(|length| length.parse().ok()) {
        response.length = length;
    }
    Ok(response)
}

/// Reads a handshake: lines of `name: value` with `offered`, `chosen`, `sni`, `names`, `subject`, `issuer`, `not-before`,
/// `not-after` (days from the look, or seconds since 1970 with an `@`), `distrust` and `failure`.
pub fn handshake(text: &str, now: u64) -> Result<Handshake, Error> {
    let mut handshake = Handshake::default();
    let mut certificate = Certificate { not_after: i64::MAX, ..Certificate::default() };
    let mut has_certificate = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let wrong = || Error::Recording(format!("`{line}` says nothing about a handshake"));
        let (name, value) = line.split_once(": ").ok_or_else(wrong)?;
        let version = |value: &str| Protocol::ALL.into_iter().find(|version| version.name() == value).ok_or_else(wrong);
        has_certificate |= matches!(name, "names" | "subject" | "issuer" | "not-before" | "not-after");
        match name {
            "offered" => handshake.offered = Some(version(value)?),
            "chosen" => handshake.chosen = Some(version(value)?),
            "sni" => handshake.sni = Some(value.into()),
            "names" => certificate.names = value.split(", ").map(Into::into).collect(),
            "subject" => certificate.subject = value.into(),
            "issuer" => certificate.issuer = value.into(),
            "not-before" => certificate.not_before = moment(value, now).ok_or_else(wrong)?,
            "not-after" => certificate.not_after = moment(value, now).ok_or_else(wrong)?,
            "distrust" => handshake.distrust = Some(value.into()),
            "failure" => handshake.failure = Some(failure(value).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        }
    }
    handshake.certificates.extend(has_certificate.then_some(certificate));
    Ok(handshake)
}

fn moment(text: &str, now: u64) -> Option<i64> {
    match text.strip_suffix(" days") {
        Some(days) => Some(now.cast_signed() + days.parse::<i64>().ok()? * 86_400),
        None => text.strip_prefix('@')?.parse().ok(),
    }
}

/// A failure in words that [`failure`] reads back.
pub(crate) fn failure_text(failure: &Failure) -> String {
    match failure {
        Failure::Refused => "refused".to_owned(),
        Failure::Unreachable(why) => format!("unreachable: {why}"),
        Failure::Closed(stage) => format!("closed: {}", stage.name()),
        Failure::Alert(alert) => format!("alert: {alert}"),
        Failure::Tls(why) => format!("tls: {why}"),
        Failure::Timeout(stage) => format!("timeout: {}", stage.name()),
        Failure::Malformed(why) => format!("malformed: {why}"),
        Failure::TooLarge(stage) => format!("too large: {}", stage.name()),
        Failure::NotSent(why) => format!("not sent: {why}"),
    }
}

/// Reads a failure.
pub(crate) fn failure(text: &str) -> Option<Failure> {
    let (kind, detail) = text.split_once(": ").unwrap_or((text, ""));
    let stage = || Stage::ALL.into_iter().find(|stage| stage.name() == detail);
    Some(match kind {
        "refused" => Failure::Refused,
        "unreachable" => Failure::Unreachable(detail.into()),
        "closed" => Failure::Closed(stage()?),
        "alert" => Failure::Alert(detail.into()),
        "tls" => Failure::Tls(detail.into()),
        "timeout" => Failure::Timeout(stage()?),
        "malformed" => Failure::Malformed(detail.into()),
        "too large" => Failure::TooLarge(stage()?),
        "not sent" => Failure::NotSent(detail.into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_read_back() {
        for failure_ in [
            Failure::Refused,
            Failure::Closed(Stage::Handshake),
            Failure::Timeout(Stage::Body),
            Failure::Alert("protocol_version".into()),
            Failure::Malformed("a: b".into()),
        ] {
            assert_eq!(failure(&failure_text(&failure_)), Some(failure_));
        }
        assert_eq!(failure("closed: never"), None);
    }

    #[test]
    fn an_exchange_is_read_without_its_cookies() {
        let text = "HTTP/1.1 200 OK\nSet-Cookie: csrftoken=s3cret; Path=/\nContent-Type: text/html\n\n<html><title>Shop</title>";
        let read = exchange("GET", "https://shop.example/", None, None, text).unwrap();
        let response = read.response().unwrap();
        assert_eq!((read.probe, response.status, response.title.as_deref()), (Probe::Home, 200, Some("Shop")));
        assert_eq!(response.header("set-cookie"), Some("csrftoken=…; Path=/"));
    }
}
