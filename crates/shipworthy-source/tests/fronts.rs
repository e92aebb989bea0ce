//! Readers of front ends over many files: nothing panics, every region lies in its file, and real files are understood.
//!
//! `SHIPWORTHY_FUZZ_COUNT` is the number of damaged files per fixture (default 40), `SHIPWORTHY_FUZZ_SEED` the first seed.
//! `SHIPWORTHY_FRONTS` names a folder of real configurations to be read: what is not understood of them is printed.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shipworthy_model::front::{Front, FrontKind, Handler, Request, Scheme, When};
use shipworthy_model::{Artifacts, Region};
use shipworthy_source::fronts::{self, Reading};
use shipworthy_source::{MemoryTree, text};

fn fixtures() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fronts");
    walk(&folder, &mut |path| {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        found.push((name, std::fs::read_to_string(path).unwrap()));
    });
    found.sort();
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, found: &mut dyn FnMut(&PathBuf)) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { walk(&path, found) } else { found(&path) }
    }
}

fn read(kind: FrontKind, path: &str, text: &str) -> (Artifacts, Reading) {
    let mut artifacts = Artifacts::default();
    let artifact = artifacts.add(path, text);
    let reading = fronts::read(kind, &MemoryTree::default(), &mut artifacts, artifact);
    (artifacts, reading)
}

#[test]
fn fixtures_are_recognised_and_read_without_notices() {
    for (path, text) in fixtures() {
        let kind = fronts::program(&path, &text);
        let folder = path.split('/').next().unwrap();
        assert_eq!(kind.map(|kind| format!("{kind:?}").to_lowercase()).as_deref(), Some(folder), "{path}");
        let (_, reading) = read(kind.unwrap(), &path, &text);
        assert_eq!(reading.notices, [], "{path}");
        assert!(reading.fronts.iter().any(|front| !front.sites.is_empty()), "{path} has no site");
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().expect(name));
    let (count, seed) = (number("SHIPWORTHY_FUZZ_COUNT", 40), number("SHIPWORTHY_FUZZ_SEED", 1));
    let kinds = [FrontKind::Nginx, FrontKind::Apache, FrontKind::Caddy, FrontKind::HaProxy, FrontKind::Traefik];
    for (index, (path, text)) in fixtures().into_iter().enumerate() {
        let own = fronts::program(&path, &text).unwrap();
        let mut state = (seed + index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for round in 0..count {
            let damaged = damage(&text, &mut state);
            // Every tenth goes to a reader it was never meant for.
            let kind = if round % 10 == 9 { kinds[(round / 10) as usize % kinds.len()] } else { own };
            let (artifacts, reading) = read(kind, &path, &damaged);
            for front in &reading.fronts {
                ask(front);
                let shown = format!("{front:?}");
                for region in regions(&shown, &reading) {
                    let file = &artifacts.get(region.artifact).text;
                    let inside = file.is_char_boundary(region.start as usize) && file.is_char_boundary(region.end as usize);
                    assert!(inside && region.end as usize <= file.len(), "{region:?} of {kind:?} {path}\n{damaged}");
                }
            }
        }
    }
}

/// Every region in a front end, by its printed form: no field is forgotten that way.
fn regions(shown: &str, reading: &Reading) -> Vec<Region> {
    let mut found: Vec<Region> = reading.notices.iter().filter_map(|notice| notice.at).collect();
    for piece in shown.split("Region { artifact: ArtifactId(").skip(1) {
        let numbers: Vec<u32> = piece
            .split(|it: char| !it.is_ascii_digit())
            .filter(|it| !it.is_empty())
            .take(3)
            .map(|it| it.parse().unwrap())
            .collect();
        found.push(Region::new(shipworthy_model::ArtifactId(numbers[0]), numbers[1], numbers[2]));
    }
    found
}

/// Every question, so that none of them panics either.
fn ask(front: &Front) {
    for request in [Request::http("shop.example", "/static/a.css?x=1"), Request::https("x.example", "/")] {
        for answer in front.answers(&request) {
            if let Some(traffic) = answer.traffic {
                let _ = traffic.forwards("X-Forwarded-Proto").arrives(&request, "X-Forwarded-Proto");
                let _ = traffic.forwards("Host").is_clients_for(&request);
            }
        }
    }
    let _ = (front.stranger(Scheme::Http, 80), front.stranger(Scheme::Https, 443), front.is_whole());
    for site in &front.sites {
        let _ = (site.redirects_to_https(), site.route_for("/media/x.php"), site.speaks_plain());
        for route in site.all_routes() {
            let _ = (route.handler.ends(site).len(), route.path.stem());
        }
    }
}

fn damage(text: &str, state: &mut u64) -> String {
    let mut next = |limit: usize| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 20) as usize % limit.max(1)
    };
    let mut characters: Vec<char> = text.chars().collect();
    const PIECES: &[&str] = &[
        "{",
        "}",
        "\"",
        "'",
        "`",
        ";",
        "\\",
        "#",
        "\n",
        "{{",
        "}}",
        "{%",
        "${",
        "$",
        "<",
        ">",
        "</",
        "(",
        ")",
        "é",
        "\0",
        "[",
        "*",
        "include *;",
        "import *",
        "%{",
    ];
    for _ in 0..1 + next(6) {
        let (from, length) = (next(characters.len() + 1), next(30));
        let until = (from + length).min(characters.len());
        match next(4) {
            0 => drop(characters.drain(from..until)),
            1 => {
                let piece: Vec<char> = PIECES[next(PIECES.len())].chars().collect();
                characters.splice(from..from, piece);
            }
            2 => {
                let copy = characters[from..until].to_vec();
                let place = next(characters.len() + 1);
                characters.splice(place..place, copy);
            }
            _ => characters.truncate(if next(4) == 0 { from } else { characters.len() }),
        }
    }
    characters.into_iter().collect()
}

/// What answers a path at a host of an HTTPS site: the server that it is passed on to, a folder, or a status.
fn answer(kind: FrontKind, text: &str, path: &str) -> String {
    let (_, reading) = read(kind, "site.conf", text);
    let answers = reading.fronts[0].answers(&Request::https("shop.example", path));
    let shown = |handler: &Handler| match handler {
        Handler::Proxy(upstream) => match upstream.servers.first().map(|server| &server.address) {
            None => "Django".to_owned(),
            Some(Ok(address)) => format!("{address:?}{}", if upstream.path.is_some() { " otherwise" } else { "" }),
            Some(Err(_)) => "unknown".to_owned(),
        },
        Handler::Files(files) => files.folder.as_literal().unwrap_or_default(),
        Handler::Respond(respond) => format!("{:?}", respond.status.as_ref().ok()),
        other => format!("{other:?}"),
    };
    answers.iter().map(|answer| shown(&answer.handler)).collect::<Vec<_>>().join(" or ")
}

#[test]
fn sections_of_apache_are_merged_as_it_merges_them() {
    let site = |inside: &str| format!("<VirtualHost *:443>\nServerName shop.example\nSSLEngine on\n{inside}\n</VirtualHost>\n");
    let of = |inside: &str, path: &str| answer(FrontKind::Apache, &site(inside), path);
    // The last section that fits counts, wherever it stands.
    let located = "<Location />\nProxyPass http://127.0.0.1:8000/\n</Location>\n<Location /static>\nProxyPass !\n</Location>\nAlias /static /srv/static\n<Directory /srv/static>\nRequire all granted\n</Directory>";
    assert_eq!(of(located, "/static/a.css"), "/srv/static");
    assert!(of(located, "/x").contains("8000"), "{}", of(located, "/x"));
    // Some methods are not all of them.
    let limited = "WSGIScriptAlias / /srv/shop/shop/wsgi.py\n<Directory /srv/shop/shop>\nRequire all granted\n<LimitExcept GET POST>\nRequire all denied\n</LimitExcept>\n</Directory>";
    assert_eq!(of(limited, "/"), "Django");
    // A file by its name comes after the folders it lies in.
    let file = "<Directory />\nRequire all denied\n</Directory>\nWSGIScriptAlias / /srv/shop/shop/wsgi.py\n<Directory /srv/shop/shop>\n<Files wsgi.py>\nRequire all granted\n</Files>\n</Directory>";
    assert_eq!(of(file, "/"), "Django");
    assert!(of(&file.replace("wsgi.py>", "other.py>"), "/").contains("403"));
}

#[test]
fn certbot_switches_tls_on() {
    let text = "<VirtualHost *:443>\nServerName shop.example\nInclude /etc/letsencrypt/options-ssl-apache.conf\nSSLCertificateFile /etc/letsencrypt/live/shop/fullchain.pem\n</VirtualHost>\n";
    let (_, reading) = read(FrontKind::Apache, "shop-le-ssl.conf", text);
    assert!(reading.fronts[0].sites[0].listeners[0].tls.is_yes());
}

#[test]
fn rules_of_haproxy_count_where_it_follows_them() {
    let front = |mode: &str, inside: &str, backend: &str| {
        format!(
            "defaults\n  mode {mode}\nfrontend f\n  bind *:443 ssl crt /etc/c.pem\n{inside}\n  default_backend b\nbackend b\n{backend}\n  server one 10.0.0.1:8000\n"
        )
    };
    let of = |inside: &str, backend: &str, path: &str| answer(FrontKind::HaProxy, &front("http", inside, backend), path);
    // A path that is rewritten is not passed on as it came.
    assert!(!of("", "", "/").contains("otherwise"));
    for rewriting in ["  http-request set-path /x%[path]", "  reqrep ^([^\\ ]*)\\ /a/(.*) \\1\\ /\\2"] {
        assert!(of(rewriting, "", "/").contains("otherwise") && of("", rewriting, "/").contains("otherwise"), "{rewriting}");
    }
    // A login that is asked for under a condition is asked for nowhere else.
    let login = "  acl in_admin path_beg /admin\n  acl known http_auth(users)\n  http-request auth if in_admin !known";
    assert!(of(login, "", "/").contains("8000") && !of(login, "", "/").contains("401"));
    assert!(of(login, "", "/admin/").contains("401"), "{}", of(login, "", "/admin/"));
    // `OR` is `or`.
    let either = "  acl a path_beg /a\n  acl b path_beg /b\n  http-request deny if a OR b";
    assert!(of(either, "", "/b").contains("403") && !of(either, "", "/c").contains("403"));
    let read = |text: &str| read(FrontKind::HaProxy, "haproxy.cfg", text).1;
    // What is no HTTP has no headers.
    let headers = |mode: &str| {
        let text = front(mode, "  http-request set-header X-Forwarded-Proto https\n  option forwardfor", "");
        read(&text).fronts[0].sites[0].routes[0].traffic.request_headers.len()
    };
    assert_eq!((headers("http"), headers("tcp")), (2, 0));
    // What the defaults except is excepted of what the backend says again.
    let text = front("http\n  option forwardfor except 127.0.0.0/8", "", "  option forwardfor header X-Real-IP");
    let reading = read(&text);
    let rule = reading.fronts[0].sites[0].routes[0].traffic.request_headers.last().unwrap();
    assert!(&*rule.name == "x-real-ip" && rule.when != When::Always, "{rule:?}");
    // The prefix `/` is none.
    let text = front("http", "  redirect prefix / code 301 if { path_beg /old }", "");
    let reading = read(&text);
    let Handler::Redirect(redirect) = &reading.fronts[0].sites[0].before[0].handler else { panic!() };
    assert_eq!(redirect.target.pieces.len(), 1);
}

#[test]
fn real_files_are_understood() {
    let Ok(folder) = std::env::var("SHIPWORTHY_FRONTS") else { return };
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    walk(Path::new(&folder), &mut |path| {
        let content = text::decode(std::fs::read(path).unwrap());
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        let label = name.split('/').next().unwrap().to_owned();
        let Some(kind) = fronts::program(&name, &content) else {
            println!("? {name}");
            counts.entry(label).or_default()[3] += 1;
            return;
        };
        let (artifacts, reading) = read(kind, &name, &content);
        let count = counts.entry(format!("{label} as {kind:?}")).or_default();
        count[0] += 1;
        count[1] += usize::from(reading.notices.is_empty());
        count[2] += usize::from(reading.fronts.iter().any(|front| !front.sites.is_empty()));
        reading.fronts.iter().for_each(ask);
        for notice in reading.notices.iter().take(3) {
            let shown = notice.at.map(|at| artifacts.text(at).chars().take(100).collect::<String>());
            println!("! {name}: {}: {shown:?}", notice.message);
        }
        let unknown = reading.fronts.iter().map(|front| format!("{front:?}").matches("Unsupported(").count()).sum::<usize>();
        println!(
            "= {name}: {} sites, {unknown} unsupported",
            reading.fronts.iter().map(|front| front.sites.len()).sum::<usize>()
        );
    });
    for (label, [files, whole, sited, unread]) in counts {
        println!("# {label}: {files} files, {whole} without notices, {sited} with sites, {unread} not recognised");
    }
}
