//! Caddy 2: its Caddyfile, with automatic HTTPS and the order of directives.
//!
//! Sources of the facts: Caddy's documentation of the Caddyfile and its directives, and its packages `httpcaddyfile`,
//! `reverseproxy` and `caddyhttp/autohttps.go`.

mod directives;
mod expand;
mod headers;
mod lexer;
mod proxy;
mod site;
mod values;

use rustc_hash::FxHashMap;
use shipworthy_model::front::{Body, Front, FrontKind, Name, Respond, Scope, Site, Unmatched};
use shipworthy_model::{ArtifactId, Artifacts, Region, Truth};

use super::Reading;
use super::gathering::Gathering;
use super::include::{Place, folder};
use crate::Tree;
use expand::Expander;
use lexer::{Line, Word};
use site::Options;

/// Where packages and images keep Caddy's configuration.
const ROOTS: [&str; 1] = ["/etc/caddy"];

/// Reads a Caddyfile with the files it imports.
pub fn read(tree: &dyn Tree, artifacts: &mut Artifacts, artifact: ArtifactId) -> Reading {
    let path = artifacts.get(artifact).path.clone();
    let place = Place { tree, home: folder(&path).to_owned(), roots: &ROOTS };
    let mut expander = Expander { files: Gathering::new(&place, artifacts), snippets: FxHashMap::default() };
    let lines = expander.file(artifact, 0, true);
    let Gathering { files, missing, notices, .. } = expander.files;
    let mut front = Front::new(FrontKind::Caddy, artifact, &path, Scope::Whole);
    front.missing = missing;
    // No route: an empty page with status 200.
    front.unmatched = Unmatched::Program(Respond { status: Ok(200), body: Body::Stock, at: None });
    let mut options = Options::read(&[]);
    let mut rest = lines.as_slice();
    if let Some(first) = lines.first().filter(|line| line.words.is_empty() && line.block.is_some()) {
        options = Options::read(first.inside());
        rest = &lines[1..];
        for admin in first.inside().iter().filter(|line| line.name() == "admin") {
            let address = admin.word(0);
            if !(address == "off"
                || address.starts_with("localhost")
                || address.starts_with("127.")
                || address.starts_with("unix/"))
            {
                front.exposed.push(("admin".into(), admin.at));
            }
        }
    }
    let mut sites: Vec<Site> = Vec::new();
    let blocks = |line: &&Line| line.block.is_some() && !line.name().starts_with("&(");
    if rest.iter().any(|line| line.block.is_some() && is_address(line.name())) || rest.is_empty() {
        for line in rest.iter().filter(blocks) {
            sites.extend(site::read(&line.words, line.inside(), &options, line.at));
        }
    } else if let Some((head, body)) = rest.split_first() {
        // A single site may do without braces.
        let words: Vec<Word> = head.words.clone();
        if is_address(head.name()) {
            sites.extend(site::read(&words, body, &options, Region::new(artifact, head.at.start, head.at.end)));
        } else {
            front.scope = Scope::Fragment;
            let lines: Vec<Line> = rest.to_vec();
            let mut site = Site::new(shipworthy_model::front::Order::First, Region::whole(artifact));
            site.names.push(Name::Any);
            let unknown =
                shipworthy_model::Unknown::new(shipworthy_model::Why::File("the file that imports it".into()), Some(head.at));
            site.listeners.push(shipworthy_model::front::Listener {
                port: shipworthy_model::front::Port::Unknown(unknown.clone()),
                tls: Truth::Unknown(unknown),
                ..shipworthy_model::front::Listener::any(0, false, None)
            });
            directives::fill(&mut site, &lines, &options, "");
            sites.push(site);
        }
    }
    yield_to_written(&mut sites);
    front.sites = sites;
    Reading { fronts: vec![front], notices, files }
}

/// A site that is written for a name on the plain port comes before the redirect that automatic HTTPS adds.
fn yield_to_written(sites: &mut Vec<Site>) {
    let plain = |site: &Site| site.speaks_tls().is_no() && !site.listeners.iter().all(|listener| listener.at.is_none());
    let taken: Vec<(Name, shipworthy_model::front::Port)> = sites
        .iter()
        .filter(|site| plain(site))
        .flat_map(|site| site.names.iter().flat_map(|name| site.listeners.iter().map(|it| (name.clone(), it.port.clone()))))
        .collect();
    for site in sites.iter_mut().filter(|site| site.listeners.iter().all(|listener| listener.at.is_none())) {
        let port = site.listeners.first().map(|listener| listener.port.clone());
        site.names.retain(|name| !taken.iter().any(|(known, on)| known == name && Some(on) == port.as_ref()));
    }
    sites.retain(|site| !site.names.is_empty());
}

/// Whether a word reads like the address of a site and not like a directive.
fn is_address(word: &str) -> bool {
    let word = word.trim_end_matches(',');
    word.contains(['.', ':', '$', '{', '*', '<']) && !word.starts_with(['@', '/', '('])
        || word == "localhost"
        || word.starts_with('_')
}

/// Whether a text reads like a Caddyfile.
pub(crate) fn looks_like(text: &str) -> bool {
    const KNOWN: [&str; 10] = [
        "reverse_proxy",
        "file_server",
        "encode ",
        "handle ",
        "handle_path ",
        "php_fastcgi",
        "respond ",
        "redir ",
        "import ",
        "root * ",
    ];
    text.lines().map(str::trim_start).any(|line| KNOWN.iter().any(|known| line.starts_with(known)) && !line.ends_with(';'))
}
