//! Real nginx is the judge of its model: random configurations run on loopback, and what answers each request and which
//! headers arrive upstream is compared with what the model says.
//!
//! `SHIPWORTHY_NGINX_COUNT` is the number of configurations (default 40), `SHIPWORTHY_NGINX_SEED` the first seed. Without an
//! `nginx` on the path the test says so and passes.

#![allow(clippy::pedantic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use generate::{Dice, Generator, HEADERS, HOSTS, HTTP, PATHS};
use shipworthy_model::Artifacts;
use shipworthy_model::front::{Answer, Body, Change, Front, Handler, Request};
use shipworthy_source::{MemoryTree, fronts};

#[path = "nginx/generate.rs"]
mod generate;

#[test]
fn the_model_answers_as_nginx_does() {
    let Some(nginx) = find("nginx") else {
        let _ = writeln!(std::io::stderr(), "nginx: SKIPPED, there is no nginx on the path");
        return;
    };
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().expect(name));
    let (count, seed) = (number("SHIPWORTHY_NGINX_COUNT", 40), number("SHIPWORTHY_NGINX_SEED", 0));
    let echo = echo();
    let mut dice = Dice::new(seed + 1);
    let held: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<u16> = held.iter().map(|socket| socket.local_addr().unwrap().port()).collect();
    drop(held);
    let mut generator = Generator { dice: &mut dice, next: 0, echo };
    let servers: Vec<String> = ports.iter().map(|port| generator.port(*port)).collect();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("logs")).unwrap();
    let text = format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log;\nevents {{ worker_connections 512; }}\nhttp {{\n\
         access_log off; merge_slashes off;\nclient_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n\
         server_names_hash_bucket_size 128;\n{HTTP}\n{}}}\n",
        servers.concat()
    );
    std::fs::write(folder.join("nginx.conf"), &text).unwrap();
    let running = Running::start(&nginx, &folder, ports[0]);
    let mut artifacts = Artifacts::default();
    let artifact = artifacts.add("nginx.conf", text.as_str());
    let reading = fronts::nginx::read(&MemoryTree::default(), &mut artifacts, artifact);
    assert_eq!(reading.notices, [], "what was generated is understood");
    let front = &reading.fronts[0];
    let mut differences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut asked, mut certain) = (0, 0);
    for (port, server) in ports.iter().zip(&servers) {
        for _ in 0..40 {
            let request = imagine(&mut dice, *port);
            let real = ask(&request);
            asked += 1;
            let found = compare(front, &request, &real, &mut certain);
            for difference in found {
                let class = difference.split(':').next().unwrap_or_default().to_owned();
                differences.entry(class).or_default().push(format!("{difference}\n  {request:?}\n{server}"));
            }
        }
    }
    drop(running);
    let _ = std::fs::remove_dir_all(&folder);
    let mut report = String::new();
    for (class, list) in &differences {
        let _ =
            writeln!(report, "== {class}: {} times, such as\n{}", list.len(), list.iter().min_by_key(|text| text.len()).unwrap());
    }
    assert!(differences.is_empty(), "{asked} requests, {certain} answered with certainty\n{report}");
    assert!(certain * 100 > asked * 95, "{certain} of {asked} are answered with certainty");
}

fn imagine(dice: &mut Dice, port: u16) -> Request {
    let mut request = Request::http(dice.one(&HOSTS), dice.one(&PATHS)).on(port);
    request.address = Some("127.0.0.1".to_owned());
    request.client = "127.0.0.1".to_owned();
    for (name, values) in [
        ("X-Forwarded-Proto", ["https", "http", "wss"]),
        ("X-Forwarded-For", ["9.9.9.9", "1.2.3.4, 5.6.7.8", "x"]),
        ("X-Forwarded-Host", ["evil", "a.test", "b"]),
        ("X-Real-IP", ["9.9.9.9", "8.8.8.8", "x"]),
        ("X-Flag", ["1", "2", "0"]),
        ("Upgrade", ["websocket", "h2", "x"]),
    ] {
        if dice.chance(35) {
            request = request.with(name, dice.one(&values));
        }
    }
    if dice.chance(20) {
        request.query = "q=1".to_owned();
    }
    request
}

/// What nginx answered.
struct Real {
    status: u16,
    location: Option<String>,
    routes: Vec<String>,
    body: String,
}

fn ask(request: &Request) -> Real {
    let mut socket = TcpStream::connect(("127.0.0.1", request.port())).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut text = format!("GET {}{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request.path, request.host);
    for (name, value) in &request.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    socket.write_all(text.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes);
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).unwrap_or(444);
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let all =
        |wanted: &str| headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect::<Vec<_>>();
    Real { status, location: all("location").into_iter().next(), routes: all("x-route"), body: body.to_owned() }
}

fn compare(front: &Front, request: &Request, real: &Real, certain: &mut usize) -> Vec<String> {
    let answers = front.answers(request);
    let [Answer { doubt: None, handler, traffic, .. }] = answers.as_slice() else {
        let fits = answers.iter().any(|answer| differs(&answer.handler, request, real).is_none());
        return if fits { Vec::new() } else { vec![format!("none of several: {:?} {}", real.status, real.body)] };
    };
    *certain += 1;
    if let Some(difference) = differs(handler, request, real) {
        return vec![difference];
    }
    let mut differences = Vec::new();
    let routes: Vec<String> = traffic
        .map(|traffic| traffic.answers_with("X-Route"))
        .unwrap_or_default()
        .into_iter()
        .filter_map(|header| if let Change::Append(text) = &header.change { text.as_literal() } else { None })
        .collect();
    // nginx answers for the slash itself, before a location's headers count for the model.
    if routes != real.routes && !(real.status == 301 && routes.is_empty()) {
        differences.push(format!("route: model {routes:?}, nginx {:?}", real.routes));
    }
    if matches!(handler, Handler::Proxy(_)) {
        for name in HEADERS {
            let lines: Vec<&str> = real
                .body
                .lines()
                .filter_map(|line| line.split_once(": "))
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
                .collect();
            let theirs = (!lines.is_empty()).then(|| lines.join(", "));
            match traffic.unwrap().forwards(name).arrives(request, name) {
                Ok(ours) if ours.clone().unwrap_or_default() == theirs.clone().unwrap_or_default() => {}
                Ok(ours) => differences.push(format!("header {name}: model {ours:?}, nginx {theirs:?}")),
                Err(why) => differences.push(format!("header {name} unknown: {}", why.reason())),
            }
        }
    }
    differences
}

fn differs(handler: &Handler, request: &Request, real: &Real) -> Option<String> {
    let fits = match handler {
        Handler::Proxy(_) => real.status == 200 && real.body.starts_with("ECHO"),
        Handler::Redirect(redirect) => {
            let target = redirect.target.render(request).unwrap_or_default();
            let target = if target.starts_with('/') { format!("http://HOST{target}") } else { target };
            let theirs = real.location.clone().unwrap_or_default();
            let same = match target.strip_prefix("http://HOST") {
                Some(path) => theirs.ends_with(path),
                None => theirs == target,
            };
            redirect.status == Ok(real.status) && same
        }
        Handler::Respond(respond) => {
            let text = if let Body::Text(text) = &respond.body { text.as_literal() } else { None };
            respond.status == Ok(real.status) && text.is_none_or(|text| text == real.body)
        }
        // Files of an empty folder.
        Handler::Nothing | Handler::Files(_) => matches!(real.status, 404 | 403),
        Handler::Rewrite(..) | Handler::Execute(..) | Handler::Unknown(_) => false,
    };
    (!fits).then(|| format!("answer: model {handler:?}, nginx {} {:?} {:?}", real.status, real.location, real.body))
}

/// A server that answers with the headers it got.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
                match socket.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => bytes.extend_from_slice(&part[..length]),
                }
            }
            let body = format!("ECHO\n{}", String::from_utf8_lossy(&bytes));
            let _ = write!(socket, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        }
    });
    port
}

struct Running(Child);

impl Running {
    fn start(nginx: &PathBuf, folder: &PathBuf, port: u16) -> Self {
        let mut command = Command::new(nginx);
        command.arg("-p").arg(folder).arg("-c").arg("nginx.conf").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Self(command.spawn().unwrap());
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if running.0.try_wait().unwrap().is_some() {
                let mut trouble = String::new();
                running.0.stderr.take().unwrap().read_to_string(&mut trouble).unwrap();
                panic!("nginx does not accept what was generated: {trouble}\n{}", folder.display());
            }
            assert!(start.elapsed() < Duration::from_secs(60), "nginx does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}
