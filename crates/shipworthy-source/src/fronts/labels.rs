//! Front ends that are configured by what stands behind them: Traefik beside containers that carry its labels, Ingresses of
//! Kubernetes, and configurations that stand in the definitions of units.

use shipworthy_model::front::Front;
use shipworthy_model::picture::{Environment, MountKind, Picture, Platform, Text, Unit};
use shipworthy_model::{ArtifactId, Artifacts, Notice, Region};

use super::traefik::{Given, Labels, Node, read_beside, read_static};
use super::{ingress, inlays, uwsgi};
use crate::places::{beside, folder_of};

/// The front ends that no file of their own describes. Traefik makes one of labels for each environment in which it runs and is
/// told its entry points: by arguments, or by a file that is mounted or copied to where it looks for one.
pub fn read_picture_fronts(picture: &Picture, artifacts: &Artifacts) -> (Vec<Front>, Vec<Notice>) {
    let (mut fronts, mut notices) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    for environment in picture.environments.iter().filter(|environment| environment.platform == Platform::Compose) {
        for proxy in environment.units.iter().filter(|unit| is_traefik(picture, unit)) {
            let words = words(proxy);
            let arguments: Vec<Given<'_>> = words.iter().map(|(key, value, text)| Given { key, value, at: text.at }).collect();
            let told = arguments.iter().any(|given| given.key.to_ascii_lowercase().starts_with("--entrypoints."));
            let file = if told { None } else { static_file(picture, proxy, artifacts) };
            let file = file.and_then(|file| read_static(artifacts, file));
            if !told && file.is_none() || seen.contains(&proxy.at) {
                continue;
            }
            seen.push(proxy.at);
            let services = services(environment, &arguments, file.as_ref());
            if services.is_empty() {
                continue;
            }
            let artifact = proxy.at.artifact;
            let root = file.unwrap_or_else(|| Node::empty(Region::whole(artifact)));
            let reading = read_beside(&artifacts.get(artifact).path, artifact, root, &arguments, &services);
            fronts.extend(reading.fronts);
            notices.extend(reading.notices);
        }
    }
    fronts.extend(picture.environments.iter().filter_map(|environment| ingress::front(environment, artifacts)));
    fronts.extend(uwsgi::fronts(picture, artifacts));
    let (inlaid, trouble) = inlays::fronts(picture, artifacts);
    fronts.extend(inlaid);
    notices.extend(trouble);
    (fronts, notices)
}

fn is_traefik(picture: &Picture, unit: &Unit) -> bool {
    let named = |image: &str| image.rsplit('/').next().unwrap_or(image).contains("traefik");
    let image = picture.image(unit);
    let bases = image.iter().flat_map(|image| &image.stages).map(|stage| &stage.base);
    unit.image_name().is_some_and(named) || bases.into_iter().any(|base| base.as_str().is_some_and(named))
}

/// The file of static configuration that a container finds by itself (doc.traefik.io, "Configuration File").
fn static_file(picture: &Picture, unit: &Unit, artifacts: &Artifacts) -> Option<ArtifactId> {
    let own = ["etc/traefik/traefik.yml", "etc/traefik/traefik.yaml", "etc/traefik/traefik.toml"];
    let folder = folder_of(&artifacts.get(unit.at.artifact).path).to_owned();
    let mounts = unit.mounts.iter().filter(|mount| mount.kind == MountKind::Bind);
    let mounts = mounts.filter_map(|mount| Some((folder.clone(), mount.source.as_ref()?.as_str()?, mount.target.as_str()?)));
    let stage = picture.image(unit).and_then(|image| image.stages.last());
    let context = unit.build.as_ref().and_then(|build| build.context.as_deref()).unwrap_or_default();
    let copies = stage.into_iter().flat_map(|stage| &stage.copies).filter(|copy| copy.from.is_none());
    let copies = copies.flat_map(|copy| {
        let target = copy.target.as_str();
        copy.sources.iter().filter_map(move |source| Some((context.to_owned(), source.as_str()?, target?)))
    });
    mounts.chain(copies).find_map(|(folder, source, target)| {
        let target = target.trim_start_matches(['.', '/']).trim_end_matches('/');
        own.into_iter().find_map(|own| {
            let inside = own.strip_prefix(target)?;
            let name = own.rsplit('/').next().unwrap_or(own);
            // A file that is copied into the folder keeps its name; a folder brings what lies in it.
            let path = match inside.strip_prefix('/') {
                Some(_) if source.ends_with(name) => source.to_owned(),
                Some(inside) => format!("{}/{inside}", source.trim_end_matches('/')),
                None => source.to_owned(),
            };
            artifacts.find(&beside(&folder, path.trim_start_matches('/'))?)
        })
    })
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
fn services<'e>(environment: &'e Environment, arguments: &[Given<'_>], file: Option<&Node>) -> Vec<Labels<'e>> {
    let by_file = file.and_then(|root| root.path("providers.docker.exposedByDefault")).and_then(Node::text);
    let by_word = arguments.iter().find(|given| given.key.eq_ignore_ascii_case("--providers.docker.exposedbydefault"));
    let named = by_word.map(|given| given.value).or(by_file).is_some_and(|it| it.eq_ignore_ascii_case("false"));
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
