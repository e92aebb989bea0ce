//! TLS: what a handshake showed.

use std::sync::Arc;

use super::{Failure, Site};

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// 1.0, of 1999.
    Tls10,
    /// 1.1, of 2006.
    Tls11,
    /// 1.2
    Tls12,
    /// 1.3
    Tls13,
}

impl Protocol {
    /// Every version, oldest first.
    pub const ALL: [Self; 4] = [Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// The name people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

/// A handshake that was tried for its own sake.
#[derive(Clone, Debug, Default)]
pub struct Handshake {
    /// The server name that was asked for.
    pub sni: Option<Arc<str>>,
    /// The only version that was offered; today's where none is named.
    pub offered: Option<Protocol>,
    /// The version the server chose.
    pub chosen: Option<Protocol>,
    /// The application protocol both agreed on: `h2`, `http/1.1`.
    pub alpn: Option<Arc<str>>,
    /// The certificates the server sent, its own first.
    pub certificates: Vec<Certificate>,
    /// Why the chain does not lead from a trusted root to this host now; absent where it does.
    pub distrust: Option<Arc<str>>,
    /// Why there was no handshake.
    pub failure: Option<Failure>,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is.
    pub subject: Arc<str>,
    /// Who signed it.
    pub issuer: Arc<str>,
    /// The host names and addresses it is for.
    pub names: Vec<Arc<str>>,
    /// The first second it holds, since 1970.
    pub not_before: i64,
    /// The last second it holds, since 1970.
    pub not_after: i64,
}

impl Certificate {
    /// Whether it is for this host: by exact name, by one leftmost `*` label, or by address.
    pub fn covers(&self, site: &Site) -> bool {
        let host = site.host.trim_end_matches('.').to_ascii_lowercase();
        self.names.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            match name.strip_prefix("*.") {
                Some(parent) => host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
                None => name == host,
            }
        })
    }

    /// Whether it signs itself.
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        let certificate = Certificate { names: vec!["*.shop.example".into(), "10.0.0.1".into()], ..Certificate::default() };
        let covers = |host: &str| certificate.covers(&Site { host: host.into(), ..Site::default() });
        assert!(covers("www.SHOP.example") && covers("10.0.0.1"));
        assert!(!covers("shop.example") && !covers("a.b.shop.example"));
    }
}
