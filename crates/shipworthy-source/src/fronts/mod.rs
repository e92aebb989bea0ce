//! Front ends: the configuration of what stands before Django, read into the words of `shipworthy_model::front`.

pub mod apache;
pub mod caddy;
mod gathering;
pub mod haproxy;
mod include;
mod ingress;
mod inlays;
mod labels;
pub mod nginx;
mod template;
pub mod traefik;
mod uwsgi;

use shipworthy_model::front::{Front, FrontKind};
use shipworthy_model::{ArtifactId, Artifacts, Notice};

pub use labels::read_picture_fronts;

use crate::Tree;
use crate::text::is_set_aside;

/// What reading a file gave.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The front ends it describes.
    pub fronts: Vec<Front>,
    /// What could not be understood.
    pub notices: Vec<Notice>,
    /// The files of the project that it includes, which need no reading of their own.
    pub files: Vec<ArtifactId>,
}

/// Which reader a file wants, by its path and its text; `None` where it is no configuration of a front end, or where others
/// say more about it (compose files and manifests with labels and ingresses).
pub fn program(path: &str, text: &str) -> Option<FrontKind> {
    const OTHERS: [&str; 24] = [
        "py",
        "md",
        "rst",
        "txt",
        "html",
        "js",
        "ts",
        "css",
        "json",
        "sh",
        "svg",
        "png",
        "po",
        "mo",
        "lock",
        "service",
        "rb",
        "go",
        "rs",
        "ini",
        "env",
        "sql",
        "xml",
        "dockerfile",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let bare = ["j2", "template", "tmpl", "tpl", "erb", "example", "sample", "dist", "in", "mustache", "jinja", "jinja2"]
        .iter()
        .fold(name.as_str(), |name, end| name.strip_suffix(end).and_then(|name| name.strip_suffix('.')).unwrap_or(name));
    let end = bare.rsplit_once('.').map_or("", |(_, end)| end);
    if OTHERS.contains(&end) || bare.contains("dockerfile") || text.starts_with("#!") {
        return None;
    }
    if matches!(end, "yml" | "yaml" | "toml") {
        return Some(FrontKind::Traefik).filter(|_| traefik::looks_like(text));
    }
    if bare.contains("caddyfile") || end == "caddy" {
        return Some(FrontKind::Caddy).filter(|_| bare.starts_with("caddyfile") || caddy::looks_like(text));
    }
    if haproxy::looks_like(text) {
        return Some(FrontKind::HaProxy);
    }
    if nginx::looks_like(text) || path.contains("nginx") && matches!(end, "conf" | "nginx") && nginx::may_be(text) {
        return Some(FrontKind::Nginx);
    }
    let apache_file = matches!(end, "conf" | "vhost" | "cnf" | "htaccess" | "apache" | "apache2" | "httpd")
        || !bare.contains('.')
        || bare == ".htaccess";
    if apache_file && apache::looks_like(text) {
        return Some(FrontKind::Apache);
    }
    None
}

/// Whether the path of a file lets expect the configuration of a front end, so that its text is worth a look.
pub fn may_be(path: &str) -> bool {
    const WORDS: [&str; 9] =
        ["nginx", "apache", "httpd", "caddy", "haproxy", "traefik", "sites-available", "sites-enabled", "vhost"];
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    !is_set_aside(path)
        && ([".conf", ".cfg", ".vhost"].iter().any(|end| name.contains(end)) || WORDS.iter().any(|word| lower.contains(word)))
}

/// Reads every configuration of a front end among these files of the tree. A file that another one includes is part of
/// that one. Files that were read are added to `artifacts`.
pub fn read_fronts(tree: &dyn Tree, files: &[String], artifacts: &mut Artifacts) -> (Vec<Front>, Vec<Notice>) {
    const MOST: usize = 500;
    const LARGEST: usize = 1 << 20;
    let mut readings: Vec<(ArtifactId, Reading)> = Vec::new();
    for path in files.iter().filter(|path| may_be(path)).take(MOST) {
        let Ok(bytes) = tree.read(path) else { continue };
        if bytes.len() > LARGEST || bytes.contains(&0) {
            continue;
        }
        let text = crate::text::decode(bytes);
        if let Some(kind) = program(path, &text) {
            let artifact = artifacts.add(path, text);
            readings.push((artifact, read(kind, tree, artifacts, artifact)));
        }
    }
    let included: Vec<ArtifactId> =
        readings.iter().flat_map(|(own, reading)| reading.files.iter().filter(move |file| *file != own)).copied().collect();
    let mut fronts = Vec::new();
    let mut notices = Vec::new();
    for (artifact, reading) in readings {
        if !included.contains(&artifact) {
            fronts.extend(reading.fronts);
            notices.extend(reading.notices);
        }
    }
    (fronts, notices)
}

/// Reads a configuration of this program, with the files it includes.
pub fn read(kind: FrontKind, tree: &dyn Tree, artifacts: &mut Artifacts, artifact: ArtifactId) -> Reading {
    match kind {
        FrontKind::Nginx => nginx::read(tree, artifacts, artifact),
        FrontKind::Caddy => caddy::read(tree, artifacts, artifact),
        FrontKind::HaProxy => haproxy::read(tree, artifacts, artifact),
        FrontKind::Apache => apache::read(tree, artifacts, artifact),
        FrontKind::Traefik => traefik::read(tree, artifacts, artifact),
        // They have no files of their own: manifests and the options of servers say it.
        FrontKind::Ingress | FrontKind::Uwsgi => Reading::default(),
    }
}
