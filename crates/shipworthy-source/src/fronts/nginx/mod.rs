//! nginx: its configuration, from the main file or from a file that a main file elsewhere includes.
//!
//! Sources of the facts: nginx's documentation of each module's directives (context, default, inheritance) and, where that is
//! silent, the code of `ngx_conf_file.c`, `ngx_http_core_module.c`, `ngx_http_rewrite_module.c` and `ngx_http_map_module.c`.

mod expand;
mod level;
mod lexer;
mod location;
mod maps;
mod server;
mod traffic;
mod values;

use shipworthy_model::front::{Front, FrontKind, Scope};
use shipworthy_model::{ArtifactId, Artifacts, Region};

use super::Reading;
use super::gathering::Gathering;
use super::include::{Place, folder};
use crate::Tree;
use expand::Expander;
use level::Level;
use lexer::Directive;
use location::Locations;
use values::Names;

/// Where distributions and images keep nginx's configuration.
const ROOTS: [&str; 4] = ["/etc/nginx", "/usr/local/nginx/conf", "/usr/local/openresty/nginx/conf", "/opt/bitnami/nginx/conf"];

/// Directives that stand in `http` or above it, and in no server.
const OF_HTTP: [&str; 9] =
    ["server", "upstream", "map", "geo", "split_clients", "log_format", "limit_req_zone", "limit_conn_zone", "proxy_cache_path"];

/// Reads a configuration with the files it includes.
pub fn read(tree: &dyn Tree, artifacts: &mut Artifacts, artifact: ArtifactId) -> Reading {
    let path = artifacts.get(artifact).path.clone();
    let place = Place { tree, home: folder(&path).to_owned(), roots: &ROOTS };
    let mut expander = Expander { files: Gathering::new(&place, artifacts) };
    // Whether a file is a fragment of a site shows only once it is read: an include in one cannot bring sites.
    let directives = expander.file(artifact, true);
    let Gathering { files, mut missing, notices, .. } = expander.files;
    let scope = scope(&directives);
    if scope == Scope::Fragment {
        for missing in &mut missing {
            missing.may_hold_sites = false;
        }
    }
    let mut front = Front::new(FrontKind::Nginx, artifact, &path, scope);
    let inner =
        |name: &str| directives.iter().filter(|it| it.name == name).flat_map(Directive::inside).cloned().collect::<Vec<_>>();
    let http = if scope == Scope::Whole { inner("http") } else { directives };
    let names = Names::of(&http);
    let mut locations = Locations { names: &names, notices, exposed: Vec::new() };
    let outer = Level { own: &http, around: None };
    if scope == Scope::Fragment {
        let at = Region::whole(artifact);
        front.sites.push(server::read(&mut locations, &names, &outer, at, true));
    } else {
        for directive in http.iter().filter(|directive| directive.name == "server" && directive.block.is_some()) {
            let level = Level { own: directive.inside(), around: Some(&outer) };
            front.sites.push(server::read(&mut locations, &names, &level, directive.at, false));
        }
    }
    server::ignore_conflicts(&mut front.sites);
    let Locations { notices, exposed, .. } = locations;
    front.missing = missing;
    front.exposed = exposed;
    Reading { fronts: vec![front], notices, files }
}

/// How much of a configuration the directives of a file are.
fn scope(directives: &[Directive]) -> Scope {
    let has = |names: &[&str]| directives.iter().any(|directive| names.contains(&directive.name.as_str()));
    if has(&["http", "events", "stream", "mail"]) {
        Scope::Whole
    } else if has(&OF_HTTP) {
        Scope::Sites
    } else {
        Scope::Fragment
    }
}

/// Whether a text reads like nginx's: how many of its directives are known ones.
pub(crate) fn looks_like(text: &str) -> bool {
    const KNOWN: [&str; 18] = [
        "server {",
        "location ",
        "proxy_pass ",
        "listen ",
        "server_name ",
        "upstream ",
        "uwsgi_pass ",
        "proxy_set_header ",
        "ssl_certificate ",
        "add_header ",
        "try_files ",
        "fastcgi_pass ",
        "http {",
        "events {",
        "map $",
        "root ",
        "server{",
        "uwsgi_param ",
    ];
    let is_known = |line: &str| KNOWN.iter().any(|known| line.starts_with(known)) && line.contains([';', '{']);
    let found = text.lines().map(str::trim_start).filter(|line| is_known(line)).take(2).count();
    found == 2 || (found == 1 && !text.contains('<') && text.contains(';'))
}

/// Whether a text that is said to be nginx's may be: most of its lines end as nginx wants it.
pub(crate) fn may_be(text: &str) -> bool {
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let (mut fit, mut all) = (0, 0);
    for line in said {
        all += 1;
        fit += usize::from(line.ends_with([';', '{', '}']));
    }
    fit * 2 > all
}
