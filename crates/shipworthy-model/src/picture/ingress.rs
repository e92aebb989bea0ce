//! What stands before an environment does on its own for HTTPS: ingress-nginx for an Ingress with a certificate, the routers
//! of platforms.

use std::sync::Arc;

use super::{Environment, Picture, Publishing, Text, Unit};
use crate::{Region, Truth, Unknown, Why};

/// An Ingress of Kubernetes, or the proxy of a platform, as far as it answers for HTTPS.
#[derive(Clone, Debug)]
pub struct Ingress {
    /// Who it is, in reports.
    pub by: &'static str,
    /// Where it names its certificates, or else begins.
    pub at: Region,
    /// Whether it sends plain HTTP on to HTTPS: ingress-nginx does for hosts with `tls`, unless `ssl-redirect` is off
    /// (kubernetes.github.io/ingress-nginx/user-guide/tls/#server-side-https-enforcement-through-redirect).
    pub redirects: Truth,
    /// Whether it sends `Strict-Transport-Security`: ingress-nginx does for hosts with `tls`, unless `hsts` is off in its
    /// `ConfigMap` (kubernetes.github.io/ingress-nginx/user-guide/tls/#http-strict-transport-security).
    pub hsts: Truth,
    /// Which requests it leads where, as far as rules in the files say it: none for the proxies of platforms.
    pub leads: Vec<Lead>,
    /// Where its controller is told to believe what clients say of their own address and scheme, and of whom.
    pub believes: Option<Belief>,
}

/// A rule of an Ingress: requests for a host and a path go to a service.
#[derive(Clone, Debug)]
pub struct Lead {
    /// The host, where the rule names one; `None` is every host that no other rule names.
    pub host: Option<Text>,
    /// The path, and how it is compared.
    pub path: (Arc<str>, Fit),
    /// The name of the service.
    pub service: Text,
    /// Its port.
    pub port: Option<u16>,
    /// Whether the host is served over TLS.
    pub tls: Truth,
    /// The rule.
    pub at: Region,
}

/// How the path of a rule is compared (kubernetes.io/docs/concepts/services-networking/ingress/#path-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The whole path.
    Exact,
    /// This path and what is below it by whole names.
    Below,
    /// A regular expression at its start.
    Pattern,
}

/// Whose word about the client a controller believes.
#[derive(Clone, Debug)]
pub struct Belief {
    /// Where it is told to.
    pub at: Region,
    /// The networks, where somebody names them; everybody's where nobody does.
    pub networks: Vec<Arc<str>>,
}

impl Ingress {
    /// What answers for HTTPS in this way, of which no rules are known.
    pub fn new(by: &'static str, at: Region, redirects: Truth, hsts: Truth) -> Self {
        Self { by, at, redirects, hsts, leads: Vec::new(), believes: None }
    }
}

impl Environment {
    /// Whether a rule of its Ingresses leads requests for every host to a unit, or which rules there are is not known.
    pub fn takes_any_host(&self, unit: &Unit) -> bool {
        let mut leads = self.ingresses.iter().flat_map(|ingress| &ingress.leads).peekable();
        leads.peek().is_none()
            || leads.any(|lead| lead.host.is_none() && lead.service.as_str().is_none_or(|name| self.is_called(unit, name)))
    }
}

impl Picture {
    /// Whether every Ingress of production sends plain HTTP on to HTTPS, and one of them. Where some do, it is not known
    /// which of them leads to Django. `None` where there is no Ingress, or Django is reached without one too.
    pub fn ingress_redirects(&self) -> Option<(Truth, &Ingress)> {
        self.ingresses(|ingress| &ingress.redirects)
    }

    /// The same, whether every Ingress sends `Strict-Transport-Security`.
    pub fn ingress_hsts(&self) -> Option<(Truth, &Ingress)> {
        self.ingresses(|ingress| &ingress.hsts)
    }

    fn ingresses(&self, does: impl Fn(&Ingress) -> &Truth) -> Option<(Truth, &Ingress)> {
        let production = self.production();
        let published = |it: &Environment| {
            let web = it.units.iter().filter(|unit| unit.serves());
            let mut ports = web.flat_map(|unit| &unit.ports);
            ports.any(|port| port.how != Publishing::Router && port.is_loopback() != Some(true))
        };
        // A compose file that does not say what it is for is as often a developer's.
        let apart = |it: &Environment| {
            let alone = it.ingresses.is_empty();
            (it.class.is_production() || !alone) && (published(it) || alone && it.platform.has_router())
        };
        let all: Vec<&Ingress> = production.iter().flat_map(|it| &it.ingresses).collect();
        let first = all.first().filter(|_| !production.iter().any(|it| apart(it)))?;
        let truth = all.iter().fold(Truth::Yes, |truth, ingress| truth.and(does(ingress).clone()));
        let some = all.iter().find(|ingress| does(ingress).is_yes()).filter(|_| truth.is_no());
        let doubt =
            |it: &&Ingress| Truth::Unknown(Unknown::new(Why::Machine("which Ingress leads to Django".into()), Some(it.at)));
        Some((some.as_ref().map_or(truth, |it| doubt(it)), *first))
    }
}
