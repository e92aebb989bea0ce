//! Options: which site is looked at, by which way, and what the user adds to every request.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use shipworthy_model::{Secret, Site};

/// Which site is looked at, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The site.
    pub site: Site,
    /// How it is reached.
    pub access: Access,
    /// Headers that every request carries, for staging behind a gate.
    pub headers: Vec<(String, Secret)>,
    /// Certificates in PEM that are trusted besides those of the machine.
    pub roots: Option<Vec<u8>>,
    /// A client certificate with its chain, and its key, in PEM.
    pub identity: Option<(Vec<u8>, Secret)>,
    /// Paths of pages that people log in on, besides the usual ones.
    pub login: Vec<String>,
    /// The path under which static files are served, if it is known.
    pub static_url: Option<String>,
    /// Paths of `WebSocket`s, besides those that pages name.
    pub websockets: Vec<String>,
    /// The path of an uploaded file, if the user names one.
    pub media: Option<String>,
    /// The folder of the settings module, seen from the folder of `manage.py`, and the module's file name.
    pub settings: Option<String>,
    /// The application server's own port, if it is to be tried.
    pub app_port: Option<u16>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How much time lies between the starts of two requests.
    pub pause: Duration,
}

/// How a site is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// By these addresses of its host.
    Addresses(Vec<IpAddr>),
    /// Through this socket, whatever the port.
    Socket(PathBuf),
}

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("{0} is no address of a site: it takes http://HOST/ or https://HOST/")]
    Address(String),
    /// The name has no address.
    #[error("{host} has no address: {reason}")]
    Name {
        /// The host.
        host: String,
        /// One clause.
        reason: String,
    },
    /// The certificates that were given cannot be used.
    #[error("{what} cannot be used: {reason}")]
    Certificates {
        /// Which.
        what: &'static str,
        /// One clause.
        reason: String,
    },
    /// The system gives no sockets or timers.
    #[error("requests cannot be made here: {0}")]
    System(String),
    /// A recording that is none.
    #[error("the recording cannot be used: {0}")]
    Recording(String),
}

impl Options {
    /// For a site at its address, by the ways the machine knows.
    pub fn new(site: Site, access: Access) -> Self {
        let local = access.is_local();
        Self {
            site,
            access,
            headers: Vec::new(),
            roots: None,
            identity: None,
            login: Vec::new(),
            static_url: None,
            websockets: Vec::new(),
            media: None,
            settings: None,
            app_port: None,
            timeout: Duration::from_secs(10),
            pause: if local { Duration::ZERO } else { Duration::from_millis(250) },
        }
    }
}

impl Access {
    /// Looks the host up. An address that is given takes the place of the name's own.
    pub fn find(host: &str, given: Option<IpAddr>) -> Result<Self, Error> {
        if let Some(address) = given.or_else(|| host.parse().ok()) {
            return Ok(Self::Addresses(vec![address]));
        }
        let failed = |reason: String| Error::Name { host: host.to_owned(), reason };
        let found = (host, 0).to_socket_addrs().map_err(|error| failed(error.to_string()))?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found.map(|address: SocketAddr| address.ip()) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            Err(failed("the name is known, without an address".to_owned()))
        } else {
            Ok(Self::Addresses(addresses))
        }
    }

    /// Whether it ends on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Addresses(addresses) => addresses.iter().all(IpAddr::is_loopback),
        }
    }
}

/// Reads the address of a site: `https://shop.example`, `http://127.0.0.1:8000/app/`, `shop.example`.
///
/// The usual port of the other scheme belongs to a site on usual ports; beside an unusual port nothing is known.
pub fn address(text: &str) -> Result<Site, Error> {
    let wrong = || Error::Address(text.to_owned());
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err(wrong()),
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let (host, port) = match authority.strip_prefix('[') {
        Some(inside) => {
            let (host, rest) = inside.split_once(']').ok_or_else(wrong)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
            (host, rest.strip_prefix(':'))
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if host.is_empty() || !host.chars().all(allowed) || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(wrong());
    }
    let port: Option<u16> = port.map(|port| port.parse().map_err(|_| wrong())).transpose()?;
    let usual = if secure { 443 } else { 80 };
    let (own, other) = match port {
        None => (usual, Some(if secure { 80 } else { 443 })),
        Some(port) if port == usual => (usual, Some(if secure { 80 } else { 443 })),
        Some(port) => (port, None),
    };
    let (http, https) = if secure { (other, Some(own)) } else { (Some(own), other) };
    Ok(Site { host: host.to_ascii_lowercase().into(), http, https, prefix: path.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read = |text: &str| address(text).map(|site| (site.host.to_string(), site.http, site.https, site.prefix.to_string()));
        let all = |host: &str, http, https, prefix: &str| (host.to_owned(), http, https, prefix.to_owned());
        assert_eq!(read("https://Shop.example/").unwrap(), all("shop.example", Some(80), Some(443), ""));
        assert_eq!(read("shop.example").unwrap(), all("shop.example", Some(80), Some(443), ""));
        assert_eq!(read("http://127.0.0.1:8000/app/").unwrap(), all("127.0.0.1", Some(8000), None, "/app"));
        assert_eq!(read("https://[::1]:8443").unwrap(), all("::1", None, Some(8443), ""));
        for wrong in ["ftp://x/", "https://", "https://a b/", "http://x:99999/", "https://user@x/", "https://[::1/"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_is_local() {
        let addresses = |list: &[&str]| Access::Addresses(list.iter().map(|it| it.parse().unwrap()).collect());
        assert!(addresses(&["127.0.0.1", "::1"]).is_local() && Access::Socket("/run/x".into()).is_local());
        assert!(!addresses(&["127.0.0.1", "192.0.2.1"]).is_local());
    }
}
