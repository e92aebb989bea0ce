//! Exchanges with the running site, as SARIF tells them.

use std::collections::BTreeMap;

use serde::Serialize;
use shipworthy_model::{Exchange, ExchangeId, Finding};

use super::view::View;

/// SARIF's `webRequest`.
#[derive(Serialize)]
pub(super) struct Request {
    protocol: &'static str,
    version: String,
    target: String,
    method: String,
    headers: BTreeMap<String, String>,
}

/// SARIF's `webResponse`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_phrase: Option<String>,
    headers: BTreeMap<String, String>,
    no_response_received: bool,
}

impl Request {
    /// Of an exchange.
    pub(super) fn of(view: &View<'_>, id: ExchangeId) -> Option<Self> {
        let request = &exchange(view, id)?.request;
        let mut headers = headers(view, &request.headers);
        headers.insert("host".to_owned(), view.words(&request.host));
        Some(Self {
            protocol: if request.secure { "https" } else { "http" },
            version: request.version.trim_start_matches("HTTP/").to_owned(),
            target: view.words(&request.target),
            method: request.method.to_string(),
            headers,
        })
    }
}

impl Response {
    /// Of an exchange.
    pub(super) fn of(view: &View<'_>, id: ExchangeId) -> Option<Self> {
        let exchange = exchange(view, id)?;
        let response = exchange.response();
        Some(Self {
            status_code: response.map(|response| response.status),
            reason_phrase: exchange.failure().map(|failure| view.words(&failure.reason())),
            headers: response.map(|response| headers(view, &response.headers)).unwrap_or_default(),
            no_response_received: response.is_none(),
        })
    }
}

/// SARIF's `attachment`: the recording in which the exchanges of a result stand whole.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment {
    description: BTreeMap<&'static str, String>,
    artifact_location: BTreeMap<&'static str, String>,
}

impl Attachment {
    /// Of a finding, if it was seen on the site and somebody keeps the recording.
    pub(super) fn of(view: &View<'_>, finding: &Finding, encode: fn(&str) -> String) -> Option<Self> {
        let path = view.audit.recording.as_deref().filter(|_| !finding.exchanges.is_empty())?;
        let places: Vec<String> = finding.exchanges.iter().map(|id| format!("entry {}", id.0 + 1)).collect();
        let uri = if path.starts_with('/') { format!("file://{}", encode(path)) } else { encode(path) };
        Some(Self {
            description: BTreeMap::from([("text", format!("what was asked and answered (HAR): {}", places.join(", ")))]),
            artifact_location: BTreeMap::from([("uri", view.words(&uri))]),
        })
    }
}

fn exchange<'a>(view: &View<'a>, id: ExchangeId) -> Option<&'a Exchange> {
    view.audit.facts.wire()?.exchange(id)
}

/// SARIF has one value for a name: several are joined, each on its line.
fn headers(view: &View<'_>, headers: &[shipworthy_model::wire::Header]) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = view.words(value);
        all.entry(name.to_string()).and_modify(|known| *known = format!("{known}\n{value}")).or_insert(value);
    }
    all
}
