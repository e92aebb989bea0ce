//! Requests that rules imagine, to ask a front end what it would do with them.

/// A request as a client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Plain or over TLS.
    pub scheme: Scheme,
    /// The `Host` header as written, with a port where one is.
    pub host: String,
    /// The port it came in by; `None` is the usual one of the scheme.
    pub port: Option<u16>,
    /// The address it came in by; `None` is any that is not this machine's own.
    pub address: Option<String>,
    /// The client's address.
    pub client: String,
    /// The method.
    pub method: String,
    /// The path, decoded.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The headers, with lower-case names; those not in it are not sent.
    pub headers: Vec<(String, String)>,
    /// Whether the file that the path means is there; `None` where that is not known.
    pub there: Option<bool>,
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// As URLs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that URLs of it mean.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host that nobody configures: what a scanner or an attacker sends.
pub(crate) const STRANGER: &str = "stranger.invalid";

impl Request {
    /// A plain GET from somewhere on the internet.
    pub fn http(host: &str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            scheme: Scheme::Http,
            host: host.to_owned(),
            port: None,
            address: None,
            client: "203.0.113.7".to_owned(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            there: None,
        }
    }

    /// A GET over TLS from somewhere on the internet.
    pub fn https(host: &str, path: &str) -> Self {
        Self { scheme: Scheme::Https, ..Self::http(host, path) }
    }

    /// The same on another port.
    #[must_use]
    pub fn on(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The port it came in by.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.port())
    }

    /// The host in lower case, without port and final dot.
    pub fn hostname(&self) -> String {
        let host = match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
            Some(_) | None => &self.host,
        };
        host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
    }

    /// The value of a header, by lower-case name. Several lines of it are joined as HTTP says.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}
