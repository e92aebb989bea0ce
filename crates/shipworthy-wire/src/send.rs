//! Sending: one order over one connection, within its time, and what came of it.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use shipworthy_model::SetCookie;
use shipworthy_model::wire::{Exchange, Failure, Handshake, Outcome, Protocol, Response, Stage};
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::connect::{self, Connection};
use crate::options::Options;
use crate::order::{MOST_BODY, Order};
use crate::tls::Trust;
use crate::{body, legacy};

/// So much of a head is read.
const MOST_HEAD: usize = 64 << 10;
/// So many headers are read.
const MOST_HEADERS: usize = 200;
/// What names us.
const AGENT: &str =
    concat!("shipworthy/", env!("CARGO_PKG_VERSION"), " (a Django deployment check, run by the owner of this site)");

/// What every order shares.
pub(crate) struct Way {
    /// The user's options.
    pub(crate) options: Options,
    /// Roots and client certificate.
    pub(crate) trust: std::rc::Rc<Trust>,
}

impl Way {
    fn port(&self, order: &Order) -> u16 {
        let site = &self.options.site;
        order.port.or(if order.secure { site.https } else { site.http }).unwrap_or(if order.secure { 443 } else { 80 })
    }

    /// Carries an order out. Never takes longer than the time limit, never keeps more than the order's share.
    pub(crate) async fn send(&self, order: &Order) -> (Exchange, Option<Handshake>) {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let begin = Instant::now();
        let trace = Trace::default();
        let outcome = match timeout(self.options.timeout, self.exchange(order, &trace)).await {
            Ok(Ok(response)) => Outcome::Answered(response),
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(_) => match trace.head.take() {
                // The body did not come to its end: what came is told all the same.
                Some(mut response) => {
                    body::read(&mut response, &trace.bytes.take(), order.strange.as_deref());
                    response.broken = Some(Failure::Timeout(Stage::Body));
                    Outcome::Answered(response)
                }
                None => Outcome::Failed(Failure::Timeout(trace.stage.get())),
            },
        };
        let address = trace.address.take().unwrap_or_else(|| connect::shown(&self.options.access, self.port(order)));
        let version = if trace.h2.get() { "HTTP/2" } else { "HTTP/1.1" };
        let request = order.request(self.told(order), version, &address);
        let took = begin.elapsed().as_millis() as u64;
        (Exchange { probe: order.probe, request, outcome, took, started }, trace.handshake.take())
    }

    /// Offers one old version of TLS.
    pub(crate) async fn offer(&self, version: Protocol, random: [u8; 32]) -> Handshake {
        let site = &self.options.site;
        let named = site.host.parse::<std::net::IpAddr>().is_err();
        let sni = named.then(|| site.host.clone());
        let mut handshake = Handshake { sni: sni.clone(), offered: Some(version), ..Handshake::default() };
        let hello = legacy::hello(version, sni.as_deref(), random);
        let work = async {
            match connect::open(&self.options.access, site.https.unwrap_or(443)).await {
                Ok((stream, _)) => connect::offer(stream, &hello, &mut handshake).await,
                Err(failure) => handshake.failure = Some(failure),
            }
        };
        if timeout(self.options.timeout, work).await.is_err() {
            handshake.failure = Some(Failure::Timeout(Stage::Handshake));
        }
        handshake
    }

    async fn exchange(&self, order: &Order, trace: &Trace) -> Result<Response, Failure> {
        let (stream, address) = connect::open(&self.options.access, self.port(order)).await?;
        trace.address.set(Some(address));
        let mut h2 = false;
        let stream = if order.secure {
            trace.stage.set(Stage::Handshake);
            let (stream, handshake) =
                connect::secure(stream, &self.trust, &self.options.site.host, order.sni.as_deref(), order.h2).await;
            let failure = handshake.failure.clone();
            h2 = handshake.alpn.as_deref() == Some("h2");
            trace.handshake.set(Some(handshake));
            match stream {
                Some(stream) => stream,
                None => return Err(failure.unwrap_or(Failure::Closed(Stage::Handshake))),
            }
        } else {
            stream
        };
        trace.h2.set(h2);
        trace.stage.set(Stage::Head);
        let request = self.request(order, h2)?;
        let answer = if h2 { over_h2(stream, request).await? } else { over_h1(stream, request).await? };
        let (parts, incoming) = answer.into_parts();
        let mut response = head(&parts);
        trace.head.set(Some(response.clone()));
        trace.stage.set(Stage::Body);
        response.broken = read(incoming, order.cap, trace).await;
        trace.head.set(None);
        let bytes = trace.bytes.take();
        body::read(&mut response, &bytes, order.strange.as_deref());
        Ok(response)
    }

    fn headers(&self, order: &Order) -> Vec<(String, String)> {
        let mut headers = vec![
            ("user-agent".to_owned(), AGENT.to_owned()),
            ("accept".to_owned(), "text/html,*/*;q=0.8".to_owned()),
            ("connection".to_owned(), "close".to_owned()),
        ];
        for (name, value) in &order.headers {
            headers.retain(|(known, _)| known != name);
            headers.push(((*name).to_owned(), value.clone()));
        }
        for (name, value) in &self.options.headers {
            let name = name.to_ascii_lowercase();
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value.expose().to_owned()));
        }
        headers
    }

    /// The headers as they may be told: what the user adds may be a credential.
    fn told(&self, order: &Order) -> Vec<(String, String)> {
        let added = |name: &str| self.options.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let told = |(name, value): (String, String)| if added(&name) { (name, "…".to_owned()) } else { (name, value) };
        self.headers(order).into_iter().map(told).collect()
    }

    fn request(&self, order: &Order, h2: bool) -> Result<http::Request<Empty<Bytes>>, Failure> {
        let odd = |error: http::Error| Failure::NotSent(error.to_string().into());
        let target = if h2 { format!("https://{}{}", order.host, order.target) } else { order.target.clone() };
        let mut builder = http::Request::builder().method(order.method).uri(target);
        if !h2 {
            builder = builder.header("host", &order.host);
        }
        for (name, value) in self.headers(order).into_iter().filter(|(name, _)| !(h2 && name == "connection")) {
            builder = builder.header(name, value);
        }
        builder.body(Empty::new()).map_err(odd)
    }
}

/// How far an exchange has come, told from inside it so that a time limit loses nothing.
#[derive(Default)]
struct Trace {
    stage: Cell<Stage>,
    address: Cell<Option<String>>,
    h2: Cell<bool>,
    handshake: Cell<Option<Handshake>>,
    head: Cell<Option<Response>>,
    bytes: Cell<Vec<u8>>,
}

async fn over_h1(stream: Connection, request: http::Request<Empty<Bytes>>) -> Result<http::Response<Incoming>, Failure> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(MOST_HEAD).max_headers(MOST_HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| trouble(&error, Stage::Head))?;
    spawn_local(connection);
    sender.send_request(request).await.map_err(|error| trouble(&error, Stage::Head))
}

async fn over_h2(stream: Connection, request: http::Request<Empty<Bytes>>) -> Result<http::Response<Incoming>, Failure> {
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.max_header_list_size(MOST_HEAD as u32);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| trouble(&error, Stage::Head))?;
    spawn_local(connection);
    sender.send_request(request).await.map_err(|error| trouble(&error, Stage::Head))
}

/// Reads a body up to a cap. What is over it is left where it is, which is no trouble where only a start was wanted.
async fn read(mut incoming: Incoming, cap: usize, trace: &Trace) -> Option<Failure> {
    while let Some(frame) = incoming.frame().await {
        match frame {
            Ok(frame) => {
                let Ok(data) = frame.into_data() else { continue };
                let mut bytes = trace.bytes.take();
                let room = cap - bytes.len();
                bytes.extend_from_slice(&data[..data.len().min(room)]);
                trace.bytes.set(bytes);
                if data.len() >= room {
                    return (cap == MOST_BODY && data.len() > room).then_some(Failure::TooLarge(Stage::Body));
                }
            }
            Err(error) => return Some(trouble(&error, Stage::Body)),
        }
    }
    None
}

fn head(parts: &http::response::Parts) -> Response {
    let headers = parts.headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = if name == "set-cookie" { SetCookie::redacted(&text) } else { text.into_owned() };
        (Arc::from(name.as_str()), Arc::from(text))
    });
    Response { status: parts.status.as_u16(), headers: headers.collect(), ..Response::default() }
}

fn trouble(error: &hyper::Error, stage: Stage) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            // After the handshake some servers refuse with an alert.
            return match io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => crate::tls::failure(error),
                None => connect::broken(io, stage),
            };
        }
        source = inner.source();
    }
    if error.is_parse() && error.to_string().contains("too large") {
        Failure::TooLarge(stage)
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Failure::Closed(stage)
    } else {
        let reason = std::error::Error::source(error).map_or_else(|| error.to_string(), |inner| format!("{error}: {inner}"));
        Failure::Malformed(reason.into())
    }
}
