//! The one compose file of a project that does what only a server does, where no file says what it is for.

use shipworthy_model::picture::{Class, Environment, Mount, Platform, Port, Publishing, Unit};

use super::finish::Maker;

/// Takes it for production's: it publishes the ports of the web, starts its containers again whatever happens, and mounts
/// no source. Where two do so, they are a choice for others.
pub(super) fn promote(maker: &mut Maker<'_>) {
    if maker.picture.environments.iter().any(|it| it.class.is_production()) {
        return;
    }
    let candidate = |it: &&mut Environment| it.platform == Platform::Compose && it.class.may_be_production() && lasts(&it.units);
    let mut fitting = maker.picture.environments.iter_mut().filter(candidate);
    let (Some(one), None) = (fitting.next(), fitting.next()) else { return };
    one.class = Class::by_conduct();
    maker.settled.extend(one.artifacts.iter().map(|artifact| (*artifact, one.class.clone())));
}

fn lasts(units: &[Unit]) -> bool {
    let published = |unit: &Unit| {
        let web = |port: &Port| {
            let at = port.published.as_ref().is_some_and(|it| it.is("80") || it.is("443"));
            at && port.how == Publishing::Host && port.is_public() == Some(true)
        };
        unit.ports.iter().any(web)
    };
    let again = |unit: &Unit| unit.restart.as_ref().is_some_and(|it| it.is("always") || it.is("unless-stopped"));
    let lasting = |unit: &Unit| again(unit) && (unit.build.is_some() || published(unit));
    units.iter().any(published) && units.iter().any(lasting) && !units.iter().any(|unit| unit.mounts.iter().any(Mount::is_source))
}
