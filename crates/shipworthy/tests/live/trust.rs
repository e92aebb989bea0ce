//! Who believes which header: what application servers and front ends were measured to do, measured again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tokio::net::TcpSocket;

use crate::front::{Front, HOST, ROUTES};
use crate::process::{free, missing, python};
use crate::server::{AppServer, At};
use crate::shop::{Edit, Shop};

/// A view that tells what Django makes of a request.
const ECHO: Edit = Edit::Replace(
    "catalog/views.py",
    "def index(request):",
    "def echo(request):\n    from django.http import HttpResponse\n    names = ('REMOTE_ADDR', 'HTTP_HOST', 'HTTP_X_FORWARDED_PROTO', 'HTTP_X_FORWARDED_HOST', 'HTTP_X_FORWARDED_SSL')\n    \
     told = {name: request.META.get(name) for name in names}\n    return HttpResponse('\\n'.join(f'{name}={value}' for name, value in [('secure', request.is_secure()), *told.items()]))\n\n\ndef index(request):",
);
const ROUTE: Edit =
    Edit::Replace("catalog/urls.py", "path(\"\", views.index)", "path(\"\", views.index), path(\"echo\", views.echo)");
/// Django believes nothing of its own, and turns nobody away.
const TRUSTING: Edit = Edit::Settings("SECURE_PROXY_SSL_HEADER = None\nSECURE_SSL_REDIRECT = False\nALLOWED_HOSTS = ['*']");

/// From where a request comes.
#[derive(Clone, Copy)]
enum Peer {
    /// The usual address of loopback.
    Loopback,
    /// Another address of loopback, which nobody's list has.
    Other,
    Socket,
}

/// What Django told: `name=value` a line.
fn ask(at: &At, peer: Peer, headers: &[&str]) -> Result<String, String> {
    let mut request = format!("GET /echo HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n");
    if headers.iter().any(|it| it.starts_with("Host:")) {
        "GET /echo HTTP/1.1\r\nConnection: close\r\n".clone_into(&mut request);
    }
    if let Some(target) = headers.iter().find_map(|it| it.strip_prefix("target ")) {
        request = request.replace("/echo", target);
    }
    for header in headers.iter().filter(|it| !it.starts_with("target ")) {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request += "\r\n";
    let mut answer = Vec::new();
    match at {
        At::Socket(path) => {
            let mut stream = UnixStream::connect(path).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let _ = stream.read_to_end(&mut answer);
        }
        At::Port(port) => {
            let mut stream = connect(peer, *port);
            stream.write_all(request.as_bytes()).unwrap();
            let _ = stream.read_to_end(&mut answer);
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    if text.contains("secure=") { Ok(text) } else { Err(text.lines().next().unwrap_or("nothing").to_owned()) }
}

/// A connection to a port of loopback from one of its addresses.
fn connect(peer: Peer, port: u16) -> TcpStream {
    let from = match peer {
        Peer::Other => [127, 0, 0, 9],
        Peer::Loopback | Peer::Socket => [127, 0, 0, 1],
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    })
}

const PROTO: &str = "X-Forwarded-Proto: https";
const SSL: &str = "X-Forwarded-Ssl: on";
const FOR: &str = "X-Forwarded-For: 192.0.2.7";

/// Whether an application server takes a header's word for HTTPS, and lets another rewrite the client's address.
fn beliefs(at: &At, peer: Peer) -> (bool, bool, bool) {
    // Daphne reads the scheme only beside the client's address.
    let is_secure = |header: &str| ask(at, peer, &[header, FOR]).unwrap().contains("secure=True");
    let rewritten = ask(at, peer, &[PROTO, FOR]).unwrap().contains("REMOTE_ADDR=192.0.2.7");
    (is_secure(PROTO), is_secure(SSL), rewritten)
}

/// Application server, its options, from where, and whether it believes `X-Forwarded-Proto`, `X-Forwarded-Ssl` and
/// `X-Forwarded-For`.
type Row = (AppServer, &'static [&'static str], Peer, (bool, bool, bool));

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (AppServer::Gunicorn, &[], Peer::Loopback, (true, true, false)),
    (AppServer::Gunicorn, &[], Peer::Other, (false, false, false)),
    (AppServer::Gunicorn, &[], Peer::Socket, (true, true, false)),
    (AppServer::Gunicorn, &["--forwarded-allow-ips=*"], Peer::Other, (true, true, false)),
    (AppServer::Uvicorn, &[], Peer::Loopback, (true, false, true)),
    (AppServer::Uvicorn, &[], Peer::Other, (false, false, false)),
    (AppServer::Uvicorn, &[], Peer::Socket, (false, false, false)),
    (AppServer::Uvicorn, &["--forwarded-allow-ips=*"], Peer::Other, (true, false, true)),
    (AppServer::Daphne, &[], Peer::Loopback, (false, false, false)),
    (AppServer::Daphne, &["--proxy-headers"], Peer::Other, (true, false, true)),
    (AppServer::Granian, &[], Peer::Loopback, (false, false, false)),
    (AppServer::GranianWsgi, &[], Peer::Loopback, (false, false, false)),
    (AppServer::Hypercorn, &[], Peer::Loopback, (false, false, false)),
    (AppServer::Runserver, &[], Peer::Loopback, (false, false, false)),
    (AppServer::UvicornWorkers, &[], Peer::Loopback, (true, false, true)),
    (AppServer::UvicornWorkers, &["--forwarded-allow-ips=*"], Peer::Other, (true, false, true)),
    (AppServer::Uwsgi, &[], Peer::Loopback, (true, true, false)),
    (AppServer::Uwsgi, &[], Peer::Other, (true, true, false)),
];

#[test]
fn application_servers_believe_what_was_measured() {
    let Some(python) = python() else { return };
    let mut wrong = Vec::new();
    for (server, options, peer, expected) in ROWS {
        // Before a front end that speaks HTTP with it.
        let shop = Shop::new(&python, Front::Caddy, *server, &[ECHO, ROUTE, TRUSTING]);
        let at = match peer {
            Peer::Socket => At::Socket(shop.scratch().join("app.sock")),
            Peer::Loopback | Peer::Other => At::Port(free()),
        };
        let Some(_app) = server.start_at(Front::Caddy, &shop, &at, options) else { continue };
        let found = beliefs(&at, *peer);
        if found != *expected {
            wrong.push(format!("{server:?} {options:?}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What arrives of a client's own headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrives {
    /// The client's word.
    Theirs,
    /// The front end's word, or nothing.
    Ours,
    /// Both, the client's first.
    Added,
}

use Arrives::{Added, Ours, Theirs};

fn arrives(told: &str, name: &str, sent: &str) -> Arrives {
    let value = told.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap_or_default();
    if value == sent {
        Theirs
    } else if value.starts_with(&format!("{sent},")) {
        Added
    } else {
        Ours
    }
}

/// Front end, an application server behind it that takes nothing for more than it is, its site for plain HTTP, and what arrives of `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Ssl`.
type Passage = (Front, AppServer, &'static str, (Arrives, Arrives, Arrives));

#[rustfmt::skip]
const PASSAGES: &[Passage] = &[
    (Front::Nginx, AppServer::Granian, "server { listen 80; location / { proxy_pass http://web:8000; } }", (Theirs, Theirs, Theirs)),
    (Front::Nginx, AppServer::Granian, "server { listen 80; location / { include /etc/nginx/proxy_params; proxy_pass http://web:8000; } }", (Ours, Theirs, Theirs)),
    (Front::Nginx, AppServer::Granian, "server { listen 80; proxy_set_header X-Forwarded-Proto $scheme; location / { proxy_set_header X-Real-IP x; proxy_pass http://web:8000; } }", (Theirs, Theirs, Theirs)),
    (Front::Nginx, AppServer::Uwsgi, "server { listen 80; location / { proxy_set_header X-Forwarded-Proto $scheme; include /etc/nginx/uwsgi_params; uwsgi_pass web:8000; } }", (Theirs, Theirs, Theirs)),
    (Front::Nginx, AppServer::Uwsgi, "server { listen 80; location / { uwsgi_param HTTP_X_FORWARDED_PROTO $scheme; include /etc/nginx/uwsgi_params; uwsgi_pass web:8000; } }", (Ours, Theirs, Theirs)),
    (Front::Caddy, AppServer::Granian, "http:// {\n\treverse_proxy web:8000\n}\n", (Ours, Ours, Theirs)),
    (Front::Caddy, AppServer::Granian, "http:// {\n\treverse_proxy web:8000 {\n\t\theader_up X-Forwarded-Proto {http.request.header.X-Forwarded-Proto}\n\t}\n}\n", (Theirs, Ours, Theirs)),
    (Front::Haproxy, AppServer::Granian, "", (Theirs, Theirs, Theirs)),
    (Front::Haproxy, AppServer::Granian, "http-request set-header X-Forwarded-Proto https if { ssl_fc }", (Theirs, Theirs, Theirs)),
    (Front::Haproxy, AppServer::Granian, "http-request set-header X-Forwarded-Proto http", (Ours, Theirs, Theirs)),
    (Front::Haproxy, AppServer::Granian, "http-request add-header X-Forwarded-Proto http", (Added, Theirs, Theirs)),
    (Front::Apache, AppServer::Granian, "ProxyPreserveHost On\nProxyPass / http://web:8000/\n", (Theirs, Added, Theirs)),
    (Front::Apache, AppServer::Granian, "ProxyPreserveHost On\nRequestHeader set X-Forwarded-Proto http early\nProxyAddHeaders Off\nProxyPass / http://web:8000/\n", (Ours, Theirs, Theirs)),
    (Front::Traefik, AppServer::Granian, "PathPrefix(`/`)", (Ours, Ours, Theirs)),
    (Front::Traefik, AppServer::Granian, "PathPrefix(`/`)\n    forwardedHeaders: {insecure: true}", (Theirs, Theirs, Theirs)),
    (Front::Traefik, AppServer::Granian, "PathPrefix(`/`)\n    forwardedHeaders: {trustedIPs: [127.0.0.1/32]}", (Theirs, Theirs, Theirs)),
    (Front::Traefik, AppServer::Granian, "PathPrefix(`/`)\n    forwardedHeaders: {trustedIPs: [192.0.2.1/32]}", (Ours, Ours, Theirs)),
];

/// Writes the whole configuration around a site for plain HTTP. Traefik's is the rule of its route, and the entry point's
/// options after it.
fn configure(shop: &Shop, front: Front, inside: &str) {
    let text = match front {
        Front::Nginx | Front::Caddy => inside.to_owned(),
        Front::Apache => format!("<VirtualHost *:80>\n{inside}</VirtualHost>\n"),
        Front::Haproxy => format!(
            "defaults\n mode http\n timeout connect 5s\n timeout client 9s\n timeout server 9s\nfrontend f\n bind :80\n {inside}\n \
             default_backend b\nbackend b\n server web web:8000\n"
        ),
        Front::Traefik => {
            let (rule, options) = inside.split_once('\n').unwrap_or((inside, ""));
            shop.write(
                ROUTES,
                &format!(
                    "http:\n  routers:\n    all: {{rule: {rule}, entryPoints: [web], service: web}}\n  services:\n    web: {{loadBalancer: {{servers: [{{url: \"http://web:8000\"}}]}}}}\n"
                ),
            );
            format!(
                "entryPoints:\n  web:\n    address: \":80\"\n{options}\nproviders: {{file: {{filename: /etc/traefik/routes.yml}}}}\n"
            )
        }
    };
    shop.write(front.path(), &text);
}

#[test]
fn front_ends_pass_on_what_was_measured() {
    let Some(python) = python() else { return };
    let mut wrong = Vec::new();
    for (front, server, inside, expected) in PASSAGES {
        let shop = Shop::new(&python, *front, *server, &[ECHO, ROUTE, TRUSTING]);
        let Some((_app, at)) = server.start(*front, &shop) else { continue };
        configure(&shop, *front, inside);
        let Some((_front, http)) = front.start_plain(&shop, &at) else { continue };
        let (proto, host, ssl) = ("https", "evil.example", "on");
        let told = ask(&At::Port(http), Peer::Loopback, &[PROTO, "X-Forwarded-Host: evil.example"]).unwrap_or_default();
        let alone = ask(&At::Port(http), Peer::Loopback, &[SSL]);
        let found = (
            arrives(&told, "HTTP_X_FORWARDED_PROTO", proto),
            arrives(&told, "HTTP_X_FORWARDED_HOST", host),
            arrives(&alone.unwrap_or_default(), "HTTP_X_FORWARDED_SSL", ssl),
        );
        if found != *expected {
            wrong.push(format!("{front:?} {inside}: {found:?}, not {expected:?}\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// uWSGI takes its peer's word for the scheme, and nginx hands on a client's own headers with the parameters it comes with.
#[test]
fn parameters_as_they_come_make_plain_requests_secure() {
    const STOCK: &str = "server { listen 80; location / { include /etc/nginx/uwsgi_params; uwsgi_pass web:8000; } }";
    const SAID: &str = "server { listen 80; location / { include /etc/nginx/uwsgi_params; uwsgi_param HTTP_X_FORWARDED_PROTO $scheme; \
        uwsgi_param HTTP_X_FORWARDED_SSL \"\"; uwsgi_pass web:8000; } }";
    let Some(python) = python() else { return };
    for (inside, secure) in [(STOCK, true), (SAID, false)] {
        let shop = Shop::new(&python, Front::Nginx, AppServer::Uwsgi, &[ECHO, ROUTE, TRUSTING]);
        let Some((_app, at)) = AppServer::Uwsgi.start(Front::Nginx, &shop) else { return };
        configure(&shop, Front::Nginx, inside);
        let Some((_front, http)) = Front::Nginx.start_plain(&shop, &at) else { return };
        assert_eq!(beliefs(&At::Port(http), Peer::Loopback), (secure, secure, false), "{inside}");
    }
}

/// Apache that runs the application itself: what its own Python is told of a request. Any WSGI application shows it, so
/// that it need not be a Django that the Python of this machine can run.
const TELLING: Edit = Edit::Write(
    "told.wsgi",
    "def application(environ, start_response):\n    names = ('HTTP_HOST', 'HTTP_X_FORWARDED_PROTO', 'HTTP_X_FORWARDED_HOST', \
     'HTTP_X_FORWARDED_SSL')\n    secure = environ['wsgi.url_scheme'] == 'https'\n    lines = [f'secure={secure}'] + \
     [f'{name}={environ.get(name)}' for name in names]\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    \
     return ['\\n'.join(lines).encode()]\n",
);

/// `mod_wsgi` passes everything on, and what Apache unsets early does not arrive.
#[test]
fn an_application_inside_apache_gets_what_was_measured() {
    const ALIAS: &str = "ServerName shop.example.com\nWSGIScriptAlias / /srv/shop/told.wsgi\n<Directory /srv/shop>\n\
        Require all granted\n</Directory>\n";
    let Some(python) = python() else { return };
    if !Path::new("/usr/lib/apache2/modules/mod_wsgi.so").is_file() {
        return missing("mod_wsgi.so");
    }
    for (before, proto) in [("", Theirs), ("RequestHeader unset X-Forwarded-Proto early\n", Ours)] {
        let shop = Shop::new(&python, Front::Apache, AppServer::Gunicorn, &[TELLING]);
        configure(&shop, Front::Apache, &format!("{before}{ALIAS}"));
        let Some((_front, http)) = Front::Apache.start_plain(&shop, &At::Port(free())) else { return };
        let headers = [PROTO, SSL, "X-Forwarded-Host: evil.example", "Host: evil.example"];
        let told = ask(&At::Port(http), Peer::Loopback, &headers).unwrap();
        let found = [("PROTO", "https"), ("HOST", "evil.example"), ("SSL", "on")]
            .map(|(name, sent)| arrives(&told, &format!("HTTP_X_FORWARDED_{name}"), sent));
        assert_eq!(found, [proto, Theirs, Theirs], "{before}{told}");
        assert!(told.contains("secure=False") && told.contains("HTTP_HOST=evil.example"), "{told}");
    }
}

/// Front end, its site for plain HTTP, and what an unknown host and one beside the right host of the target get.
type HostRow = (Front, &'static str, Result<&'static str, &'static str>, Result<&'static str, &'static str>);

/// What becomes of an unknown host, and of one beside the right host of the target.
#[test]
fn front_ends_treat_hosts_as_was_measured() {
    let Some(python) = python() else { return };
    let beside = format!("target http://{HOST}/echo");
    #[rustfmt::skip]
    let rows: &[HostRow] = &[
        (Front::Nginx, "server { listen 80 default_server; return 444; } server { listen 80; server_name shop.example.com; location / { proxy_set_header Host $host; proxy_pass http://web:8000; } }", Err("nothing"), Ok(HOST)),
        (Front::Nginx, "server { listen 80 default_server; return 444; } server { listen 80; server_name shop.example.com; location / { proxy_set_header Host $http_host; proxy_pass http://web:8000; } }", Err("nothing"), Ok("evil.example")),
        (Front::Nginx, "server { listen 80; server_name shop.example.com; location / { proxy_set_header Host $host; proxy_pass http://web:8000; } } server { listen 80; server_name _; return 444; }", Ok("evil.example"), Ok(HOST)),
        (Front::Caddy, "http://shop.example.com {\n\treverse_proxy web:8000\n}\n", Err("HTTP/1.1 200 OK"), Ok(HOST)),
        (Front::Haproxy, "", Ok("evil.example"), Err("HTTP/1.1 400 Bad request")),
        (Front::Haproxy, "http-request deny deny_status 421 unless { req.hdr(host),field(1,:) -i shop.example.com }", Err("HTTP/1.1 421 Misdirected Request"), Err("HTTP/1.1 400 Bad request")),
        (Front::Apache, "ServerName shop.example.com\nProxyPreserveHost On\nProxyPass / http://web:8000/\n", Ok("evil.example"), Ok(HOST)),
        (Front::Traefik, "Host(`shop.example.com`)", Err("HTTP/1.1 404 Not Found"), Ok(HOST)),
        (Front::Traefik, "PathPrefix(`/`)", Ok("evil.example"), Ok(HOST)),
    ];
    let mut wrong = Vec::new();
    for (front, inside, unknown, absolute) in rows {
        let shop = Shop::new(&python, *front, AppServer::Gunicorn, &[ECHO, ROUTE, TRUSTING]);
        let Some((_app, at)) = AppServer::Gunicorn.start(*front, &shop) else { continue };
        configure(&shop, *front, inside);
        let Some((_front, http)) = front.start_plain(&shop, &at) else { continue };
        for (headers, expected) in [(&["Host: evil.example"][..], unknown), (&["Host: evil.example", &beside], absolute)] {
            let found = ask(&At::Port(http), Peer::Loopback, headers);
            let host = found
                .as_ref()
                .map(|told| told.lines().find_map(|line| line.strip_prefix("HTTP_HOST=")).unwrap_or_default())
                // The rehearsal's own port stands for the usual one.
                .map(|host| host.split(':').next().unwrap_or_default());
            let same = match (&host, expected) {
                (Ok(found), Ok(wanted)) => found == wanted,
                (Err(found), Err(wanted)) => found.trim() == *wanted,
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
            };
            if !same {
                wrong.push(format!("{front:?} {inside} {headers:?}: {host:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
