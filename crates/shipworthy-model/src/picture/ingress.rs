//! What stands before an environment does on its own for HTTPS: ingress-nginx for an Ingress with a certificate, the routers
//! of platforms.

use super::{Environment, Picture, Publishing};
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
