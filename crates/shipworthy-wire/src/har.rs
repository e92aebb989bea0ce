//! HAR 1.2: exchanges as a file that other tools read, and that can be judged again without asking anybody.
//!
//! Values of cookies and of headers that the user adds are never in it, nor bodies that show what nobody should see: what was
//! recognised in them stands in fields of our own, whose names begin with an underscore.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shipworthy_model::wire::{Certificate, Exchange, Handshake, Header, Outcome, Protocol, Request, Response, Wire};
use shipworthy_model::{Probe, SetCookie, Sign, Site};

use crate::transcript::{failure, failure_text, guess};
use crate::{Error, address, body};

/// The recording as text.
pub fn write(wire: &Wire) -> String {
    let site = &wire.site;
    let log = json!({ "log": {
        "version": "1.2",
        "creator": { "name": "shipworthy", "version": env!("CARGO_PKG_VERSION") },
        "entries": wire.exchanges.iter().map(entry).collect::<Vec<_>>(),
        "_shipworthy": {
            "site": { "host": *site.host, "http": site.http, "https": site.https, "prefix": *site.prefix },
            "at": wire.at,
            "handshakes": wire.handshakes.iter().map(handshake).collect::<Vec<_>>(),
        },
    }});
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

/// Reads a recording, also of a browser's making. What a foreign recording shows is judged as far as it goes.
pub fn read(text: &str) -> Result<Wire, Error> {
    let wrong = |what: &str| Error::Recording(what.to_owned());
    let log: Value =
        serde_json::from_str(text).map_err(|error| Error::Recording(format!("it is no JSON at line {}", error.line())))?;
    let log = log.get("log").ok_or_else(|| wrong("it has no `log`"))?;
    let entries = log.get("entries").and_then(Value::as_array).ok_or_else(|| wrong("it has no `entries`"))?;
    let own = &log["_shipworthy"];
    let mut wire = Wire { at: own["at"].as_u64().unwrap_or_default(), ..Wire::default() };
    wire.site = match own["site"]["host"].as_str() {
        Some(host) => Site {
            host: host.into(),
            http: port(&own["site"]["http"]),
            https: port(&own["site"]["https"]),
            prefix: text_of(&own["site"]["prefix"]).into(),
        },
        None => address(text_of(&entries.first().ok_or_else(|| wrong("it has no entries"))?["request"]["url"]))?,
    };
    for handshake in own["handshakes"].as_array().into_iter().flatten() {
        wire.handshakes.push(read_handshake(handshake));
    }
    for entry in entries {
        let exchange = read_entry(entry, &wire.site)?;
        wire.exchanges.extend(exchange);
    }
    if wire.at == 0 {
        wire.at = wire.exchanges.iter().map(|exchange| exchange.started / 1000).max().unwrap_or_default();
    }
    Ok(wire)
}

fn entry(exchange: &Exchange) -> Value {
    let request = &exchange.request;
    let url = request.line().split_once(' ').map_or_else(String::new, |(_, url)| url.to_owned());
    let mut own = json!({
        "probe": exchange.probe.name(),
        "target": *request.target,
        "host": *request.host,
        "secure": request.secure,
        "sni": request.sni.as_deref(),
    });
    let response = match &exchange.outcome {
        Outcome::Failed(failure) => {
            own["failure"] = failure_text(failure).into();
            Response::default()
        }
        Outcome::Answered(response) => {
            own["signs"] = response.signs.iter().map(|sign| sign.name()).collect();
            own["title"] = response.title.as_deref().into();
            own["links"] = response.links.iter().map(|link| &**link).collect();
            own["broken"] = response.broken.as_ref().map(failure_text).into();
            response.clone()
        }
    };
    json!({
        "startedDateTime": moment(exchange.started),
        "time": exchange.took,
        "request": {
            "method": *request.method, "url": url, "httpVersion": *request.version, "cookies": [],
            "headers": headers(std::iter::once(&("host".into(), request.host.clone())).chain(&request.headers)),
            "queryString": [], "headersSize": -1, "bodySize": 0,
        },
        "response": {
            "status": response.status, "statusText": "", "httpVersion": *request.version, "cookies": [],
            "headers": headers(&response.headers),
            "content": {
                "size": response.length, "mimeType": response.content_type(),
                "text": response.text.as_deref().unwrap_or_default(),
            },
            "redirectURL": response.header("location").unwrap_or_default(), "headersSize": -1, "bodySize": response.length,
        },
        "cache": {},
        "timings": { "send": 0, "wait": exchange.took, "receive": 0 },
        "serverIPAddress": *request.address,
        "_shipworthy": own,
    })
}

fn headers<'h>(headers: impl IntoIterator<Item = &'h Header>) -> Value {
    headers.into_iter().map(|(name, value)| json!({ "name": **name, "value": **value })).collect()
}

fn read_entry(entry: &Value, site: &Site) -> Result<Option<Exchange>, Error> {
    let own = &entry["_shipworthy"];
    let (asked, answered) = (&entry["request"], &entry["response"]);
    let url = text_of(&asked["url"]);
    let request_headers = read_headers(&asked["headers"]);
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let of_url = rest.find('/').map_or("/", |start| &rest[start..]);
    let secure = own["secure"].as_bool().unwrap_or_else(|| url.starts_with("https"));
    let authority = rest.split('/').next().unwrap_or_default();
    if own.is_null() && authority != site.authority(secure) {
        return Ok(None);
    }
    let request = Request {
        method: text_of(&asked["method"]).into(),
        secure,
        target: own["target"].as_str().unwrap_or(of_url).into(),
        host: own["host"].as_str().unwrap_or(authority).into(),
        sni: own["sni"].as_str().map(Into::into),
        headers: request_headers
            .into_iter()
            .filter(|(name, _)| !matches!(&**name, "host" | "cookie" | "authorization"))
            .collect(),
        version: text_of(&asked["httpVersion"]).into(),
        address: text_of(&entry["serverIPAddress"]).into(),
    };
    let probe = match own["probe"].as_str() {
        Some(name) => Probe::named(name).ok_or_else(|| Error::Recording(format!("`{name}` is no probe")))?,
        None => guess(secure, &request.target),
    };
    let read_failure = |value: &Value| value.as_str().and_then(failure);
    let outcome = match read_failure(&own["failure"]) {
        Some(failure) => Outcome::Failed(failure),
        None => Outcome::Answered(read_response(answered, own, &request.host)),
    };
    Ok(Some(Exchange {
        probe,
        request,
        outcome,
        took: milliseconds(&entry["time"]),
        started: since(text_of(&entry["startedDateTime"])),
    }))
}

fn read_response(answered: &Value, own: &Value, host: &str) -> Response {
    let status = answered["status"].as_u64().unwrap_or_default() as u16;
    let mut response = Response { status, headers: read_headers(&answered["headers"]), ..Response::default() };
    let content = &answered["content"];
    let text = text_of(&content["text"]);
    let bytes = match content["encoding"].as_str() {
        Some("base64") => STANDARD.decode(text).unwrap_or_default(),
        _ => text.as_bytes().to_vec(),
    };
    if own.is_null() {
        // A browser records what it has unpacked.
        let packed = std::mem::take(&mut response.headers);
        response.headers = packed.iter().filter(|(name, _)| &**name != "content-encoding").cloned().collect();
        body::read(&mut response, &bytes, Some(host));
        response.headers = packed;
    } else {
        let names = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        response.signs = names(&own["signs"]).iter().filter_map(|name| Sign::named(name)).collect();
        response.title = own["title"].as_str().map(Into::into);
        response.links = names(&own["links"]).into_iter().map(Into::into).collect();
        response.broken = own["broken"].as_str().and_then(failure);
        response.text = (!text.is_empty()).then(|| text.into());
        response.length = content["size"].as_u64().unwrap_or_default();
    }
    response
}

fn read_headers(list: &Value) -> Vec<Header> {
    let read = |header: &Value| {
        let name = text_of(&header["name"]).to_ascii_lowercase();
        let value = text_of(&header["value"]);
        let value = if name == "set-cookie" { SetCookie::redacted(value) } else { value.to_owned() };
        (!name.starts_with(':')).then(|| (name.into(), value.into()))
    };
    list.as_array().into_iter().flatten().filter_map(read).collect()
}

fn handshake(handshake: &Handshake) -> Value {
    let certificates = handshake.certificates.iter().map(|certificate| {
        json!({
            "subject": *certificate.subject, "issuer": *certificate.issuer,
            "names": certificate.names.iter().map(|name| &**name).collect::<Vec<_>>(),
            "notBefore": certificate.not_before, "notAfter": certificate.not_after,
        })
    });
    json!({
        "sni": handshake.sni.as_deref(),
        "offered": handshake.offered.map(Protocol::name),
        "chosen": handshake.chosen.map(Protocol::name),
        "alpn": handshake.alpn.as_deref(),
        "certificates": certificates.collect::<Vec<_>>(),
        "distrust": handshake.distrust.as_deref(),
        "failure": handshake.failure.as_ref().map(failure_text),
    })
}

fn read_handshake(value: &Value) -> Handshake {
    let version = |value: &Value| Protocol::ALL.into_iter().find(|version| Some(version.name()) == value.as_str());
    let certificate = |value: &Value| Certificate {
        subject: text_of(&value["subject"]).into(),
        issuer: text_of(&value["issuer"]).into(),
        names: value["names"].as_array().into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect(),
        not_before: value["notBefore"].as_i64().unwrap_or_default(),
        not_after: value["notAfter"].as_i64().unwrap_or_default(),
    };
    Handshake {
        sni: value["sni"].as_str().map(Into::into),
        offered: version(&value["offered"]),
        chosen: version(&value["chosen"]),
        alpn: value["alpn"].as_str().map(Into::into),
        certificates: value["certificates"].as_array().into_iter().flatten().map(certificate).collect(),
        distrust: value["distrust"].as_str().map(Into::into),
        failure: value["failure"].as_str().and_then(failure),
    }
}

/// A duration; browsers write fractions.
fn milliseconds(value: &Value) -> u64 {
    let text = value.to_string();
    text.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or_default()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok())
}

/// A moment as ISO 8601 has it, by its milliseconds since 1970 (Howard Hinnant's `civil_from_days`).
fn moment(milliseconds: u64) -> String {
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

/// The milliseconds since 1970 of a moment as ISO 8601 has it; zones other than UTC are taken for UTC, which is near enough
/// for judging certificates.
fn since(text: &str) -> u64 {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u64>().ok()).unwrap_or_default();
    let (year, month, day) = (number(0, 4), number(5, 7).max(1), number(8, 10).max(1));
    if year < 1970 {
        return 0;
    }
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = shifted_year / 400 * 146_097 + shifted_year % 400 * 365 + shifted_year % 400 / 4 - shifted_year % 400 / 100
        + (153 * shifted_month + 2) / 5
        + day
        - 1
        - 719_468;
    ((days * 24 + number(11, 13)) * 60 + number(14, 16)) * 60_000 + number(17, 19) * 1000 + number(20, 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript;

    #[test]
    fn moments_are_read_back() {
        for milliseconds in [0, 951_782_400_000, 1_795_345_445_678, 4_102_444_799_999] {
            assert_eq!(since(&moment(milliseconds)), milliseconds, "{}", moment(milliseconds));
        }
        assert_eq!(moment(1_795_345_445_678), "2026-11-22T11:04:05.678Z");
    }

    #[test]
    fn a_recording_is_read_back_and_holds_no_secret() {
        let answer = "HTTP/1.1 200 OK\nSet-Cookie: sessionid=s3cret; HttpOnly\nContent-Type: text/plain\n\nSECRET_KEY=s3cret\n";
        let exchange = transcript::exchange("GET", "https://shop.example/.env", None, Some(Probe::ProjectFile), answer).unwrap();
        let failed = transcript::exchange("GET", "http://shop.example/", None, None, "! refused").unwrap();
        let wire = Wire {
            site: address("https://shop.example").unwrap(),
            at: 7,
            exchanges: vec![exchange, failed],
            handshakes: vec![transcript::handshake("offered: TLS 1.0\nfailure: alert: protocol_version\n", 7).unwrap()],
        };
        let text = write(&wire);
        assert!(!text.contains("s3cret"), "{text}");
        let again = read(&text).unwrap();
        assert_eq!(format!("{again:?}"), format!("{:?}", read(&write(&again)).unwrap()));
        assert_eq!((again.site.clone(), again.at), (wire.site.clone(), 7));
        assert_eq!(format!("{:?}", again.handshakes), format!("{:?}", wire.handshakes));
        let response = again.exchanges[0].response().unwrap();
        assert!(response.shows(Sign::EnvFile) && response.cookies().next().unwrap().http_only);
        assert!(again.exchanges[1].failure().is_some());
    }
}
