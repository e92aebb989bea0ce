//! nginx-proxy: a front end that makes its sites from the variables of containers (github.com/nginx-proxy/nginx-proxy).

use shipworthy_model::picture::{Ingress, Unit};
use shipworthy_model::{Truth, Unknown, Why};

/// What nginx-proxy does on its own for HTTPS in front of these units: for a container with `VIRTUAL_HOST` and a certificate,
/// which `LETSENCRYPT_HOST` asks for, it sends plain HTTP on and adds `Strict-Transport-Security`, unless `HTTPS_METHOD`
/// or `HSTS` say otherwise (its docs/README.md, "How SSL Support Works").
pub(super) fn ingress(units: &[Unit]) -> Option<Ingress> {
    let unit = units.iter().find(|unit| unit.serves() && unit.variable("VIRTUAL_HOST").is_some())?;
    let certified = unit.variable("LETSENCRYPT_HOST")?;
    let switched = |name: &str, off: &[&str]| match unit.variable(name).map(|variable| &variable.value) {
        None => Truth::Yes,
        Some(value) => match value.as_str() {
            Some(word) => Truth::from(!off.contains(&word)),
            None => Truth::Unknown(Unknown::new(Why::Variable(name.into()), Some(value.at))),
        },
    };
    let redirects = switched("HTTPS_METHOD", &["noredirect", "nohttps", "nohttp"]);
    Some(Ingress::new("nginx-proxy", certified.value.at, redirects, switched("HSTS", &["off"])))
}
