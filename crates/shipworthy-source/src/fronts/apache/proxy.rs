//! `mod_proxy` and `mod_wsgi`: where requests are passed on to.

use shipworthy_model::front::{Address, Protocol, Server, Upstream};
use shipworthy_model::{Region, Unknown, Why};

use super::lexer::{Directive, Word};
use super::values;
use crate::fronts::template;

/// The upstream of a URL such as `http://127.0.0.1:8000/`, `unix:/run/app.sock|uwsgi://app/`.
pub(crate) fn upstream(word: &Word, at: Region) -> Upstream {
    let (socket, url) = match word.text.split_once('|') {
        Some((socket, url)) => (socket.strip_prefix("unix:"), url),
        None => (None, word.text.as_str()),
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let protocol = match scheme {
        "https" | "wss" => Protocol::Https,
        "uwsgi" => Protocol::Uwsgi,
        "fcgi" => Protocol::FastCgi,
        "scgi" => Protocol::Scgi,
        "ajp" => Protocol::Ajp,
        "h2" | "h2c" => Protocol::Http2,
        _ => Protocol::Http,
    };
    let authority = rest.split(['/', '$', '%', '?']).next().unwrap_or_default();
    let path = &rest[authority.len()..];
    let authority = if rest.starts_with("%{") || rest.starts_with('$') { rest } else { authority };
    let unclear = || Unknown::new(Why::Unsupported(format!("the server `{authority}`").into()), Some(word.at));
    let address = match (socket, template::unknown(&word.text, word.at)) {
        (Some(path), None) => Ok(Address::Unix(path.into())),
        (_, Some(why)) => Err(why),
        (None, None) if authority.is_empty() || authority.contains(['%', '$']) => Err(unclear()),
        (None, None) => Ok(Address::parse(authority)),
    };
    let path = (!path.is_empty()).then(|| values::parse(path, word.at));
    let name = (scheme == "balancer").then(|| authority.into());
    Upstream { protocol, servers: vec![Server { address, at: Some(word.at) }], name, path, script: None, at }
}

/// Fills in the members of the groups that `<Proxy balancer://name>` declares.
pub(crate) fn members(upstream: &mut Upstream, groups: &[&Directive]) {
    let Some(name) = &upstream.name else { return };
    let group = groups.iter().find(|group| group.word(0).trim_end_matches('/') == format!("balancer://{name}"));
    let Some(group) = group else { return };
    let members = group.inside().iter().filter(|inner| inner.name == "balancermember");
    let members: Vec<Upstream> =
        members.filter_map(|inner| inner.words.first().map(|word| self::upstream(word, inner.at))).collect();
    if let Some(first) = members.first() {
        upstream.protocol = first.protocol;
    }
    upstream.servers = members.into_iter().flat_map(|member| member.servers).collect();
}
