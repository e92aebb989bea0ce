//! Ways to a site and what guards it: certificates, gates of staging, sockets, protocols, and services behind it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::front::{Authority, Front, HOST};
use crate::process::{Server, free, program, python, run};
use crate::report::{Report, set};
use crate::server::{AppServer, At};
use crate::shop::{Edit, Shop, environment};
use crate::stack::Stack;

#[test]
fn certificates_that_browsers_refuse() {
    let authority = Authority::get();
    let certificates = [
        (authority.certify(HOST, 60), None),
        (authority.certify(HOST, 9), Some("ends in 8 days")),
        (authority.certify(HOST, -3), Some("expired 3 days ago")),
        (authority.certify("other.example.com", 60), Some("it names other.example.com")),
        (Authority::pretend(HOST), Some("signs itself")),
    ];
    for (certificate, words) in certificates {
        let Some(stack) = Stack::certified(Front::Nginx, AppServer::Gunicorn, &[], &certificate) else { return };
        let seen = stack.probe();
        let rules: &[&str] = if words.is_some() { &["tls-certificate-unfit"] } else { &[] };
        assert_eq!(seen.failed(), set(rules), "{words:?}{}", seen.told(&seen.failed()));
        if let Some(words) = words {
            let message = seen.of_rule("tls-certificate-unfit")[0]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(words), "{message}");
        }
    }
}

/// Staging behind a client certificate and basic authentication: shut without them, fit with them.
#[test]
fn gates_open_for_those_who_have_the_keys() {
    const LIMIT: &str = "    client_max_body_size 10m;\n";
    // `ann` with the password `p1anted-gate`, as `openssl passwd -apr1` would have it; nginx takes plain ones too.
    const GATES: &str = "    client_max_body_size 10m;\n    ssl_client_certificate /srv/shop/ca.pem;\n    ssl_verify_client on;\n    \
        auth_basic staging;\n    auth_basic_user_file /srv/shop/people;\n";
    let Some(python) = python() else { return };
    let authority = Authority::get();
    let shop = Shop::new(
        &python,
        Front::Nginx,
        AppServer::Gunicorn,
        &[Edit::Front(LIMIT, GATES), Edit::Write("people", "ann:{PLAIN}p1anted-gate\n")],
    );
    std::fs::copy(authority.path(), shop.root().join("ca.pem")).unwrap();
    let Some((_app, at)) = AppServer::Gunicorn.start(Front::Nginx, &shop) else { return };
    let Some((_front, ports)) = Front::Nginx.start(&shop, &at, &authority.certify(HOST, 60)) else { return };
    let identity = shop.scratch().join("client.pem");
    std::fs::write(&identity, authority.certify("client", 60).pem()).unwrap();
    let url = format!("https://{HOST}:{}/", ports.https);
    let words = [
        "probe".to_owned(),
        url,
        format!("--http-port={}", ports.http),
        format!("--resolve={HOST}:127.0.0.1"),
        format!("--cacert={}", authority.path()),
    ];
    let keys =
        [format!("--cert={}", identity.display()), "--basic-auth=ann:p1anted-gate".to_owned(), "--save=gate.har".to_owned()];
    let seen = |more: &[String]| {
        let words: Vec<&str> = words.iter().chain(more).map(String::as_str).collect();
        Report::of(&shop.scratch(), &words)
    };
    assert!(!seen(&[]).passed().contains("csrf-cookie-insecure"), "the gates are shut");
    assert!(!seen(&keys[..1]).passed().contains("csrf-cookie-insecure"), "one gate is shut");
    let inside = seen(&keys);
    assert_eq!(inside.failed(), set(&[]), "{}", inside.told(&inside.failed()));
    assert!(inside.passed().contains("csrf-cookie-insecure"));
    let recording = std::fs::read_to_string(shop.scratch().join("gate.har")).unwrap();
    assert!(!recording.contains("p1anted") && !recording.contains("YW5uOn"), "a credential is recorded");
}

/// An application server on a socket, without a front end.
#[test]
fn a_socket_leads_to_the_application_itself() {
    let Some(python) = python() else { return };
    let shop = Shop::new(&python, Front::Caddy, AppServer::Gunicorn, &[]);
    let at = At::Socket(shop.scratch().join("app.sock"));
    let Some(_app) = AppServer::Gunicorn.start_at(Front::Caddy, &shop, &at, &[]) else { return };
    let At::Socket(path) = &at else { return };
    let socket = format!("--unix-socket={}", path.display());
    let header = "--header=X-Forwarded-Proto: https";
    let seen = Report::of(&shop.scratch(), &["probe", &format!("http://{HOST}/"), &socket, header]);
    let failed = seen.failed_gravely();
    // It is asked as a proxy would ask it, so what a front end does is missing, and nothing else.
    assert_eq!(failed, set(&["ssl-redirect-off", "static-unserved", "unknown-host-forwarded"]), "{}", seen.told(&failed));
}

/// The application server's own port beside the front end, and HTTP/2.
#[test]
fn ports_and_protocols() {
    let Some(stack) = Stack::start(Front::Caddy, AppServer::Gunicorn, &[]) else { return };
    let At::Port(port) = stack.at else { return };
    let way = stack.way();
    let port = format!("--app-port={port}");
    let words: Vec<&str> = ["probe"].into_iter().chain(way.iter().map(String::as_str)).chain([&*port]).collect();
    let seen = Report::of(&stack.shop.scratch(), &words);
    assert_eq!(seen.failed(), set(&["app-port-exposed"]), "{}", seen.told(&seen.failed()));
    let alone = Report::of(
        &stack.shop.scratch(),
        &["probe", "http://127.0.0.1:1/", "--from", &{
            stack.probe();
            stack.shop.recording().display().to_string()
        }],
    );
    assert_eq!(alone.failed(), set(&[]), "a recording says which site it is of");
    let recording = std::fs::read_to_string(stack.shop.recording()).unwrap();
    let recording: serde_json::Value = serde_json::from_str(&recording).unwrap();
    let home = &recording["log"]["entries"][0];
    assert_eq!((&home["request"]["httpVersion"], &home["response"]["status"]), (&"HTTP/2".into(), &200.into()));
}

/// `PostgreSQL` and Redis in a folder of their own.
struct Services {
    _redis: Server,
    _postgres: Server,
    database: String,
    cache: String,
}

impl Services {
    fn start(folder: &Path) -> Option<Self> {
        let mut redis = Command::new(program("redis-server")?);
        let port = free();
        redis.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--requirepass", "p1anted-redis", "--save", ""]);
        let redis = Server::start(redis, "redis-server", folder).listens(port);
        let cache = format!("redis://:p1anted-redis@127.0.0.1:{port}/0");
        let bin = postgres()?;
        let (data, port) = (folder.join("data"), free());
        // It refuses to run as root: then it runs as the user that its package makes.
        let as_root = std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
        let command = |name: &str| {
            let mut command = Command::new(if as_root { "setpriv".into() } else { bin.join(name) });
            if as_root {
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(bin.join(name));
            }
            command.current_dir(folder);
            command
        };
        std::fs::create_dir(&data).unwrap();
        std::fs::write(folder.join("password"), "p1anted-database\n").unwrap();
        if as_root {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&data).arg(folder.join("password")));
            run(Command::new("chmod").arg("a+rx").arg(folder));
        }
        run(command("initdb")
            .args(["-U", "shop", "-A", "scram-sha-256", "--no-sync", "--pwfile"])
            .arg(folder.join("password"))
            .arg("-D")
            .arg(&data));
        let mut postgres = command("postgres");
        postgres.args(["-F", "-h", "127.0.0.1", "-k", "", "-p", &port.to_string(), "-D"]).arg(&data);
        let postgres = Server::start(postgres, "postgres", folder).listens(port);
        let database = format!("postgres://shop:p1anted-database@127.0.0.1:{port}/postgres");
        Some(Self { _redis: redis, _postgres: postgres, database, cache })
    }
}

/// The folder of the newest `PostgreSQL`'s programs.
fn postgres() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|it| it.path()).collect();
    found.sort();
    let found = found.pop().map(|path| path.join("bin")).filter(|bin| bin.join("initdb").is_file());
    found.or_else(|| program("initdb").and_then(|path| path.parent().map(Path::to_owned)))
}

/// The whole of it: the example with the database and the cache it is made for, and its sessions in them.
#[test]
fn a_database_and_a_cache_behind_it() {
    const SESSION: Edit =
        Edit::Replace("catalog/views.py", "    return render", "    request.session['seen'] = True\n    return render");
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some(services) = Services::start(folder.path()) else { return };
    let mut shop = Shop::new(&python, Front::Nginx, AppServer::Gunicorn, &[SESSION]);
    shop.surroundings = Some(environment(&services.database, &services.cache));
    run(Command::new(&python).args(["manage.py", "migrate", "-v0"]).current_dir(shop.root()).envs(shop.environment()));
    let Some((app, at)) = AppServer::Gunicorn.start(Front::Nginx, &shop) else { return };
    let Some((front, ports)) = Front::Nginx.start(&shop, &at, &Authority::get().certify(HOST, 60)) else { return };
    let stack = Stack::of(shop, (app, at), (front, ports));
    let seen = stack.probe();
    assert_eq!(seen.failed(), set(&[]), "{}", seen.told(&seen.failed()));
    for rule in ["session-cookie-insecure", "session-cookie-readable", "csrf-cookie-insecure"] {
        assert!(seen.passed().contains(rule), "{rule}");
    }
    let count = "from django.contrib.sessions.models import Session; import sys; sys.exit(0 if Session.objects.count() else 3)";
    run(Command::new(&python)
        .args(["manage.py", "shell", "-c", count])
        .current_dir(stack.shop.root())
        .envs(stack.shop.environment()));
}
