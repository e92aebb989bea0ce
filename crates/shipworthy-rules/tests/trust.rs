//! What application servers were measured to believe, asked of the join of front end, server and settings: for each row of the
//! measurements a configuration goes in, and the verdict comes out.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

use shipworthy_model::{Artifacts, Django, Facts, Findings, Kind, Truth};
use shipworthy_rules::RULES;
use shipworthy_source::{MemoryTree, fronts, picture};

/// A front end that passes the client's own headers on over plain HTTP.
fn nginx(upstream: &str) -> String {
    let pass = match upstream.strip_prefix("uwsgi://") {
        Some(address) => format!("include uwsgi_params; uwsgi_pass {address};"),
        None => format!("proxy_set_header Host $host; proxy_pass {upstream};"),
    };
    format!(
        "events {{}}\nhttp {{\n  server {{ listen 80; server_name shop.example; location / {{ {pass} }} }}\n  server {{ listen 443 ssl; \
         server_name shop.example; location / {{ {pass} }} }}\n}}\n"
    )
}

/// The deployment: on this machine for sockets and loopback, in containers for another machine.
fn files(command: &str, upstream: &str) -> Vec<(&'static str, String)> {
    let front = nginx(upstream);
    // What the distribution ships says nothing of forwarded headers.
    let params = "uwsgi_param QUERY_STRING $query_string;\nuwsgi_param REQUEST_METHOD $request_method;\nuwsgi_param HTTPS $https if_not_empty;\n";
    if upstream.contains("//app:") {
        let compose = format!(
            "services:\n  proxy:\n    image: nginx:1.28\n    ports: ['80:80', '443:443']\n    volumes: \
             ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n  app:\n    build: .\n    command: {command}\n"
        );
        vec![("nginx.conf", front), ("compose.prod.yaml", compose), ("uwsgi_params", params.to_owned())]
    } else {
        let unit = format!("[Service]\nExecStart=/srv/venv/bin/{command}\n");
        vec![("deploy/nginx.conf", front), ("deploy/shop.service", unit), ("deploy/uwsgi_params", params.to_owned())]
    }
}

fn facts(command: &str, upstream: &str) -> Facts {
    let files = files(command, upstream);
    let mut tree = MemoryTree::default();
    for (path, text) in &files {
        tree.insert(path, text.as_bytes());
    }
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut artifacts = Artifacts::default();
    let (picture, _) = picture::read_picture(&tree, &paths, &mut artifacts);
    let (fronts, notices) = fronts::read_fronts(&tree, &paths, &mut artifacts);
    assert_eq!(notices, [], "{files:?}");
    let mut facts = Facts { artifacts, picture, fronts, django: Django::default(), ..Facts::default() };
    facts.project.seen = true;
    facts
}

/// Whether Django, whose `SECURE_PROXY_SSL_HEADER` is not set, takes a plain request with this header for one over TLS.
fn is_believed(facts: &Facts, header: &str, value: &str) -> Truth {
    let entrances = facts.entrances();
    let plain = entrances.iter().find(|it| it.request.port() == 80).unwrap();
    facts.sees_https(plain, &plain.request.clone().with(header, value))
}

/// The verdict of a rule: whether it fails.
fn fails(facts: &Facts, id: &str) -> bool {
    let rule = RULES.iter().find(|rule| rule.id == id).unwrap();
    Findings::of([*rule], facts).iter().any(|finding| finding.kind == Kind::Fail)
}

const LOOPBACK: &str = "http://127.0.0.1:8000";
const SOCKET: &str = "http://unix:/run/shop.sock";
const ELSEWHERE: &str = "http://app:8000";

#[test]
fn servers_believe_what_they_were_measured_to() {
    // The command, what it is reached by, whether X-Forwarded-Proto and X-Forwarded-Ssl are believed.
    let rows: [(&str, &str, bool, bool); 24] = [
        ("gunicorn shop.wsgi", LOOPBACK, true, true),
        ("gunicorn --bind unix:/run/shop.sock shop.wsgi", SOCKET, true, true),
        ("gunicorn --bind unix:/run/shop.sock --forwarded-allow-ips 10.0.0.1 shop.wsgi", SOCKET, true, true),
        ("gunicorn --bind 0.0.0.0:8000 shop.wsgi", ELSEWHERE, false, false),
        ("gunicorn --bind 0.0.0.0:8000 --forwarded-allow-ips '*' shop.wsgi", ELSEWHERE, true, true),
        ("env FORWARDED_ALLOW_IPS=* gunicorn --bind 0.0.0.0:8000 shop.wsgi", ELSEWHERE, true, true),
        ("gunicorn -k uvicorn.workers.UvicornWorker shop.asgi", LOOPBACK, true, false),
        (
            "gunicorn -k uvicorn.workers.UvicornWorker --bind 0.0.0.0:8000 --forwarded-allow-ips=* shop.asgi",
            ELSEWHERE,
            true,
            false,
        ),
        ("gunicorn -k uvicorn.workers.UvicornWorker --bind 0.0.0.0:8000 shop.asgi", ELSEWHERE, false, false),
        ("uvicorn shop.asgi:application", LOOPBACK, true, false),
        ("uvicorn --uds /run/shop.sock shop.asgi:application", SOCKET, false, false),
        ("uvicorn --host 0.0.0.0 shop.asgi:application", ELSEWHERE, false, false),
        ("uvicorn --host 0.0.0.0 --forwarded-allow-ips=* shop.asgi:application", ELSEWHERE, true, false),
        ("uvicorn --no-proxy-headers shop.asgi:application", LOOPBACK, false, false),
        ("daphne shop.asgi:application", LOOPBACK, false, false),
        ("daphne --proxy-headers shop.asgi:application", LOOPBACK, true, false),
        ("daphne --proxy-headers -b 0.0.0.0 shop.asgi:application", ELSEWHERE, true, false),
        ("granian --interface wsgi shop.wsgi", LOOPBACK, false, false),
        ("granian --interface asgi --host 0.0.0.0 shop.asgi", ELSEWHERE, false, false),
        ("hypercorn shop.asgi:application", LOOPBACK, false, false),
        ("python manage.py runserver", LOOPBACK, false, false),
        ("uwsgi --http-socket 127.0.0.1:8000 --module shop.wsgi", LOOPBACK, true, true),
        ("uwsgi --http 0.0.0.0:8000 --module shop.wsgi", ELSEWHERE, true, true),
        ("uwsgi --socket 127.0.0.1:3031 --module shop.wsgi", "uwsgi://127.0.0.1:3031", true, true),
    ];
    for (command, upstream, proto, ssl) in rows {
        let facts = facts(command, upstream);
        assert_eq!(is_believed(&facts, "x-forwarded-proto", "https"), proto.into(), "{command} by {upstream}: proto");
        assert_eq!(is_believed(&facts, "x-forwarded-ssl", "on"), ssl.into(), "{command} by {upstream}: ssl");
        assert_eq!(is_believed(&facts, "x-forwarded-proto", "http"), Truth::No, "{command} by {upstream}: neither");
        let spoofable = if upstream.starts_with("uwsgi") { "uwsgi-trusts-scheme" } else { "forwarded-proto-spoofable" };
        assert_eq!(fails(&facts, spoofable), proto || ssl, "{command} by {upstream}: {spoofable}");
    }
}

/// Behind nginx, uvicorn at a socket never learns that a request came over TLS: Django redirects what is over TLS already.
#[test]
fn a_socket_hides_the_scheme_from_uvicorn() {
    for (command, upstream, seen) in [
        ("uvicorn --uds /run/shop.sock shop.asgi:application", SOCKET, false),
        ("gunicorn --bind unix:/run/shop.sock shop.wsgi", SOCKET, true),
        ("uvicorn shop.asgi:application", LOOPBACK, true),
    ] {
        let facts = facts(command, upstream);
        let entrances = facts.entrances();
        let secure = entrances.iter().find(|it| it.request.port() == 443).unwrap();
        let told = secure.request.clone().with("x-forwarded-proto", "https");
        assert_eq!(facts.sees_https(secure, &told), seen.into(), "{command}");
    }
}
