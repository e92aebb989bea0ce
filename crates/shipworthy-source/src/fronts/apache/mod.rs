//! Apache httpd 2.4: virtual hosts, proxies, aliases, rewrites, `mod_wsgi`.
//!
//! Sources of the facts: Apache's documentation of `core`, `mod_proxy`, `mod_alias`, `mod_rewrite`, `mod_headers`, `mod_ssl`,
//! `mod_remoteip` and of "How Apache processes configuration sections", `mod_wsgi`'s documentation, and the order of the
//! modules' hooks.

mod expand;
mod headers;
mod lexer;
mod proxy;
mod rewrite;
mod site;
mod values;

use rustc_hash::FxHashMap;
use shipworthy_model::front::{Front, FrontKind, Listener, Name, Port, Scope};
use shipworthy_model::{ArtifactId, Artifacts, Region, Truth, Unknown, Why};

use super::Reading;
use super::gathering::Gathering;
use super::include::{Place, folder};
use crate::Tree;
use expand::Expander;
use lexer::Directive;
use site::Main;

/// Where distributions and images keep Apache's configuration.
const ROOTS: [&str; 4] = ["/etc/apache2", "/etc/httpd", "/usr/local/apache2", "/usr/local/apache2/conf"];

/// Reads a configuration with the files it includes.
pub fn read(tree: &dyn Tree, artifacts: &mut Artifacts, artifact: ArtifactId) -> Reading {
    let path = artifacts.get(artifact).path.clone();
    let place = Place { tree, home: folder(&path).to_owned(), roots: &ROOTS };
    let mut expander = Expander { files: Gathering::new(&place, artifacts), defined: FxHashMap::default() };
    let directives = expander.file(artifact, true);
    let Gathering { files, missing, notices, .. } = expander.files;
    let hosts: Vec<&Directive> = directives.iter().filter(|it| it.name == "virtualhost").collect();
    let listens: Vec<&Directive> = directives.iter().filter(|it| it.name == "listen").collect();
    let scope = match (listens.is_empty(), hosts.is_empty()) {
        (false, _) => Scope::Whole,
        (true, false) => Scope::Sites,
        (true, true) => Scope::Fragment,
    };
    let mut front = Front::new(FrontKind::Apache, artifact, &path, scope);
    front.missing = missing;
    let ports = listens.iter().filter_map(|it| {
        let (bind, port) = site::socket(it.word(0), it.at);
        let tls = it.word(1).eq_ignore_ascii_case("https");
        port.map(|port| (bind, port, tls, it.at))
    });
    let outer: Vec<Directive> = directives.iter().filter(|it| it.name != "virtualhost").cloned().collect();
    let inner = hosts.iter().flat_map(|host| host.inside());
    let groups = directives.iter().chain(inner).filter(|it| it.name == "proxy").collect();
    let main = Main { directives: &outer, listens: ports.collect(), groups };
    for host in &hosts {
        front.sites.push(site::read(&host.words, host.inside(), &main, host.at));
    }
    if hosts.is_empty() {
        let none = Main { directives: &[], listens: main.listens, groups: main.groups };
        let mut site = site::read(&[], &outer, &none, Region::whole(artifact));
        if scope == Scope::Fragment {
            let unknown = Unknown::new(Why::File("the file that includes it".into()), Some(Region::whole(artifact)));
            site.names.push(Name::Any);
            site.listeners.push(Listener {
                port: Port::Unknown(unknown.clone()),
                tls: Truth::Unknown(unknown),
                ..Listener::any(0, false, None)
            });
        }
        front.sites.push(site);
    }
    let sections = directives.iter().chain(hosts.iter().flat_map(|host| host.inside()));
    for section in sections.filter(|it| it.name == "location") {
        let pages = section.inside().iter().filter(|it| it.name == "sethandler");
        let shows = pages.filter(|it| matches!(it.word(0), "server-status" | "server-info" | "balancer-manager"));
        front.exposed.extend(shows.map(|it| (it.word(0).into(), it.at)));
    }
    Reading { fronts: vec![front], notices, files }
}

/// Whether a text reads like Apache's.
pub(crate) fn looks_like(text: &str) -> bool {
    const SECTIONS: [&str; 8] =
        ["<virtualhost", "<directory", "<location", "<ifmodule", "<proxy ", "<files", "<ifdefine", "<if "];
    const WORDS: [&str; 9] = [
        "wsgiscriptalias ",
        "proxypass ",
        "rewriterule ",
        "documentroot ",
        "servername ",
        "sslengine ",
        "requestheader ",
        "header ",
        "alias ",
    ];
    let starts = |line: &str, words: &[&str]| {
        words.iter().any(|word| line.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word)))
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.ends_with([';', '{']));
    lines.any(|line| starts(line, &SECTIONS) || starts(line, &WORDS))
}
