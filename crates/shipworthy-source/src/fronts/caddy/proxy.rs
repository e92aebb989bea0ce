//! `reverse_proxy`: its upstreams, and the headers on the way to them.

use shipworthy_model::front::{Address, Protocol, Server, Stated, Timeout, Traffic, Upstream, When};
use shipworthy_model::{Region, Unknown, Why};

use super::headers;
use super::lexer::{Line, Word};
use super::site;
use super::values;

/// Reads the directive: where requests go, and how traffic is treated on the way.
pub(crate) fn read(line: &Line, words: &[Word], around: &Traffic) -> (Upstream, Traffic) {
    let mut traffic = around.clone();
    let mut protocol = Protocol::Http;
    let mut servers: Vec<Server> = Vec::new();
    servers.extend(words.iter().filter_map(|word| server(&word.text, word.at, &mut protocol)));
    let mut changes = Vec::new();
    for inner in line.inside() {
        match inner.name() {
            "to" => servers.extend(inner.rest().iter().filter_map(|word| server(&word.text, word.at, &mut protocol))),
            "dynamic" => {
                let why = Why::Machine("the upstreams found at run time".into());
                servers.push(Server { address: Err(Unknown::new(why, Some(inner.at))), at: Some(inner.at) });
            }
            "header_up" => changes.extend(headers::request_rule(inner.rest(), &When::Always, inner.at)),
            "header_down" => {
                let down = Line { words: inner.words.clone(), block: None, at: inner.at };
                headers::directive(&down, inner.rest(), &When::Always, &mut traffic);
            }
            "trusted_proxies" => traffic.trusts.push(site::trust(inner.rest(), inner.at)),
            "transport" => transport(inner, &mut protocol, &mut traffic),
            "request_buffers" | "buffer_requests" => traffic.buffers_requests = Some(Stated::at(true, inner.at)),
            "response_buffers" | "buffer_responses" => traffic.buffers_responses = Some(Stated::at(true, inner.at)),
            _ => {}
        }
    }
    // `request_header` of the site comes first, then the proxy's own, then `header_up`.
    traffic.request_headers.extend(headers::forwarded(&traffic.trusts));
    traffic.request_headers.extend(changes);
    (Upstream { protocol, servers, name: None, path: None, script: None, at: line.at }, traffic)
}

fn transport(line: &Line, protocol: &mut Protocol, traffic: &mut Traffic) {
    if line.word(0) == "fastcgi" {
        *protocol = Protocol::FastCgi;
    }
    for inner in line.inside() {
        let which = match inner.name() {
            "tls" | "tls_insecure_skip_verify" | "tls_server_name" => {
                *protocol = Protocol::Https;
                continue;
            }
            "dial_timeout" => Timeout::Connect,
            "read_timeout" | "response_header_timeout" => Timeout::Read,
            "write_timeout" => Timeout::Send,
            _ => continue,
        };
        traffic.timeouts.push((which, Stated::at(inner.word(0).into(), inner.at)));
    }
}

fn server(written: &str, at: Region, protocol: &mut Protocol) -> Option<Server> {
    let rest = match written.split_once("://") {
        Some(("https", rest)) => {
            *protocol = Protocol::Https;
            rest
        }
        Some(("h2c", rest)) => {
            *protocol = Protocol::Http2;
            rest
        }
        Some((_, rest)) => rest,
        None => written,
    };
    let rest = rest.trim_end_matches('/');
    if rest.is_empty() {
        return None;
    }
    let placeholder =
        || rest.contains('{').then(|| Unknown::new(Why::Unsupported(format!("the placeholder `{rest}`").into()), Some(at)));
    let address = match values::unknown(rest, at).or_else(placeholder) {
        Some(why) => Err(why),
        None if rest.starts_with(':') => Ok(Address::Net("localhost".into(), rest[1..].parse().ok())),
        None => Ok(Address::parse(rest)),
    };
    Some(Server { address, at: Some(at) })
}
