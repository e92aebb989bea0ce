//! Front ends that are configured by the services behind them: Traefik beside containers that carry its labels.

use shipworthy_model::front::Front;
use shipworthy_model::picture::{Environment, Picture, Platform, Text, Unit};
use shipworthy_model::{Artifacts, Notice};

use super::traefik::{Given, Labels, read_labels};

/// The front ends that Traefik makes of labels, one for each environment in which it runs and is told its entry points.
pub fn read_picture_fronts(picture: &Picture, artifacts: &Artifacts) -> (Vec<Front>, Vec<Notice>) {
    let (mut fronts, mut notices) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    for environment in picture.environments.iter().filter(|environment| environment.platform == Platform::Compose) {
        let proxies = environment.units.iter().filter(|unit| unit.image_name().is_some_and(|image| image.contains("traefik")));
        for proxy in proxies {
            let words = words(proxy);
            let arguments: Vec<Given<'_>> = words.iter().map(|(key, value, text)| Given { key, value, at: text.at }).collect();
            let told = arguments.iter().any(|given| given.key.to_ascii_lowercase().starts_with("--entrypoints."));
            if !told || seen.contains(&proxy.at) {
                continue;
            }
            seen.push(proxy.at);
            let services = services(environment, &arguments);
            if services.is_empty() {
                continue;
            }
            let artifact = proxy.at.artifact;
            let reading = read_labels(&artifacts.get(artifact).path, artifact, &arguments, &services);
            fronts.extend(reading.fronts);
            notices.extend(reading.notices);
        }
    }
    (fronts, notices)
}

/// The options of a command, as names and values: `--entrypoints.web.address=:80`; a switch alone is on.
fn words(unit: &Unit) -> Vec<(&str, &str, &Text)> {
    let words = unit.command.iter().flat_map(|command| &command.words);
    let options = words.filter(|word| word.shown().starts_with("--"));
    options
        .map(|word| {
            let (key, value) = word.shown().split_once('=').unwrap_or((word.shown(), "true"));
            (key, value.trim_matches(['"', '\'']), word)
        })
        .collect()
}

/// The services whose labels count: all of them, or those alone that switch it on.
fn services<'e>(environment: &'e Environment, arguments: &[Given<'_>]) -> Vec<Labels<'e>> {
    let named = arguments.iter().any(|given| {
        given.key.eq_ignore_ascii_case("--providers.docker.exposedbydefault") && given.value.eq_ignore_ascii_case("false")
    });
    let labelled = environment.units.iter().map(|unit| {
        let own = unit.labels.iter().filter(|(key, _)| key.shown().starts_with("traefik."));
        let labels: Vec<Given<'e>> =
            own.map(|(key, value)| Given { key: key.shown(), value: value.shown(), at: value.at }).collect();
        Labels { service: &unit.name, labels }
    });
    labelled
        .filter(|service| {
            let on = service.labels.iter().any(|given| given.key == "traefik.enable" && given.value.eq_ignore_ascii_case("true"));
            !service.labels.is_empty() && (on || !named)
        })
        .collect()
}
