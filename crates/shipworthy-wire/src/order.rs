//! Orders: requests as they are to be sent, before anybody connects.

use shipworthy_model::wire::Request;
use shipworthy_model::{Probe, Site};

/// So much of a body is read.
pub(crate) const MOST_BODY: usize = 256 << 10;
/// So much of what may be a leak is read: enough to recognise it.
pub(crate) const MOST_LEAK: usize = 1024;

/// A request as it is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Why.
    pub(crate) probe: Probe,
    /// `GET`, `HEAD` or `OPTIONS`.
    pub(crate) method: &'static str,
    /// Whether through TLS.
    pub(crate) secure: bool,
    /// The port, if it is not the site's own.
    pub(crate) port: Option<u16>,
    /// The target of the request line.
    pub(crate) target: String,
    /// The `Host` header.
    pub(crate) host: String,
    /// The server name of the handshake.
    pub(crate) sni: Option<String>,
    /// Headers besides those of every request.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// How much of the body is read.
    pub(crate) cap: usize,
    /// Whether HTTP/2 may be spoken.
    pub(crate) h2: bool,
    /// The host that was made up for it.
    pub(crate) strange: Option<String>,
}

impl Order {
    /// A plain GET of a page of the site.
    pub(crate) fn page(site: &Site, probe: Probe, secure: bool, path: &str) -> Self {
        Self {
            probe,
            method: "GET",
            secure,
            port: None,
            target: format!("{}{path}", site.prefix),
            host: site.authority(secure),
            sni: secure.then(|| site.host.to_string()),
            headers: Vec::new(),
            cap: MOST_BODY,
            h2: false,
            strange: None,
        }
    }

    /// With a header more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Under another host, which is looked for in the answer.
    pub(crate) fn under(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self.strange = Some(host.to_owned());
        self
    }

    /// With so much of the answer at most.
    pub(crate) fn up_to(mut self, cap: usize) -> Self {
        self.cap = cap;
        self
    }

    /// The request as the facts tell it.
    pub(crate) fn request(&self, headers: Vec<(String, String)>, version: &str, address: &str) -> Request {
        Request {
            method: self.method.into(),
            secure: self.secure,
            target: self.target.as_str().into(),
            host: self.host.as_str().into(),
            sni: self.sni.as_deref().map(Into::into),
            headers: headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            version: version.into(),
            address: address.into(),
        }
    }
}
