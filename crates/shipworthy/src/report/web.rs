//! Exchanges with the running site, as SARIF tells them.

use std::collections::BTreeMap;

use serde::Serialize;
use shipworthy_model::{Exchange, ExchangeId};

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
