//! Effective options of gunicorn and uvicorn, judged by the real programs where `SHIPWORTHY_SERVERS` names the `bin` folder
//! of a virtual environment that has them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use shipworthy_model::picture::AppServer;
use shipworthy_model::{Datum, Item, Value};

/// Options that a command line, `GUNICORN_CMD_ARGS` or a configuration file may set: flag, name, values.
const OPTIONS: [(&str, &str, &[&str]); 22] = [
    ("--bind", "bind", &["0.0.0.0:80", ":8001", "unix:/tmp/x.sock", "[::1]:8000"]),
    ("-b", "bind", &["127.0.0.1:9000", "0.0.0.0:81"]),
    ("--workers", "workers", &["2", "4"]),
    ("-w", "workers", &["3", "7"]),
    ("--threads", "threads", &["2", "8"]),
    ("--worker-class", "worker_class", &["sync", "gthread"]),
    ("-k", "worker_class", &["gthread", "sync"]),
    ("--timeout", "timeout", &["0", "120"]),
    ("-t", "timeout", &["31", "600"]),
    ("--graceful-timeout", "graceful_timeout", &["5"]),
    ("--graceful", "graceful_timeout", &["6"]),
    ("--keep-alive", "keepalive", &["9"]),
    ("--max-requests", "max_requests", &["1000"]),
    ("--max-requests-jitter", "max_requests_jitter", &["50"]),
    ("--forwarded-allow-ips", "forwarded_allow_ips", &["*", "10.0.0.1,10.0.0.2"]),
    ("--header-map", "header_map", &["drop", "refuse", "dangerous"]),
    ("--log-level", "loglevel", &["debug", "warning"]),
    ("--access-logfile", "accesslog", &["-", "/dev/null"]),
    ("--error-logfile", "errorlog", &["-", "/dev/null"]),
    ("--name", "proc_name", &["shop"]),
    ("--limit-request-line", "limit_request_line", &["8190"]),
    ("--limit-request-field_size", "limit_request_field_size", &["100"]),
];
const SWITCHES: [(&str, &str); 4] = [
    ("--reload", "reload"),
    ("--preload", "preload_app"),
    ("--capture-output", "capture_output"),
    ("--reuse-port", "reuse_port"),
];
/// Names that are compared.
const COMPARED: [&str; 22] = [
    "bind",
    "workers",
    "threads",
    "worker_class",
    "timeout",
    "graceful_timeout",
    "keepalive",
    "max_requests",
    "max_requests_jitter",
    "forwarded_allow_ips",
    "header_map",
    "loglevel",
    "accesslog",
    "errorlog",
    "proc_name",
    "limit_request_line",
    "limit_request_field_size",
    "reload",
    "preload_app",
    "capture_output",
    "reuse_port",
    "forwarder_headers",
];

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn words(&mut self, most: usize) -> Vec<String> {
        let mut words = Vec::new();
        for _ in 0..self.next(most + 1) {
            if self.next(4) == 0 {
                words.push(SWITCHES[self.next(SWITCHES.len())].0.to_owned());
                continue;
            }
            let (flag, _, values) = OPTIONS[self.next(OPTIONS.len())];
            let value = values[self.next(values.len())];
            match self.next(3) {
                0 if flag.starts_with("--") => words.push(format!("{flag}={value}")),
                0 => words.push(format!("{flag}{value}")),
                _ => words.extend([flag.to_owned(), value.to_owned()]),
            }
        }
        words
    }

    fn config(&mut self) -> String {
        let mut text = String::from("import os\n");
        for _ in 0..self.next(6) {
            let (_, name, values) = OPTIONS[self.next(OPTIONS.len())];
            let value = values[self.next(values.len())];
            let number = value.parse::<i64>().is_ok();
            let line = match self.next(4) {
                0 if name == "bind" => format!("bind = [{value:?}, ':1']"),
                0 if number => format!("{name} = int(os.environ.get('NOT_SET', {value:?}))"),
                1 if number => format!("{name} = {value} * 2 - {value}"),
                2 => format!("{name} = {value:?} if not os.getenv('NOT_SET') else 1"),
                _ if number => format!("{name} = {value}"),
                _ => format!("{name} = {value:?}"),
            };
            text.push_str(&line);
            text.push('\n');
        }
        if self.next(3) == 0 {
            text.push_str("reload = True\n");
        }
        text
    }
}

/// As `gunicorn --print-config` prints it.
fn shown(name: &str, value: &Value) -> String {
    match &value.datum {
        Datum::Str(text) if matches!(name, "forwarded_allow_ips" | "forwarder_headers") => {
            let items: Vec<String> = text.split(',').map(|item| format!("'{}'", item.trim())).collect();
            format!("[{}]", items.join(", "))
        }
        Datum::Str(text) => text.to_string(),
        Datum::Int(number) => number.to_string(),
        Datum::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Datum::None => "None".to_owned(),
        Datum::List(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Item::One(value) => format!("'{}'", shown("", value)),
                    other => format!("{other:?}"),
                })
                .collect();
            format!("[{}]", items.join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn ours(procfile: &str, config: &str) -> AppServer {
    let (picture, notices, _) = super::picture(&[("Procfile", procfile), ("gunicorn.conf.py", config)]);
    assert!(notices.is_empty(), "{notices:?}");
    picture.environments[0].units[0].processes[0].runs.server().expect("a server").clone()
}

fn programs() -> Option<PathBuf> {
    std::env::var_os("SHIPWORTHY_SERVERS").map(PathBuf::from)
}

fn theirs(programs: &Path, folder: &Path, words: &[String], variables: &[(&str, String)]) -> Option<BTreeMap<String, String>> {
    let mut command = Command::new(programs.join("gunicorn"));
    command.args(words).arg("--print-config").arg("app:app").current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())));
    let found: BTreeMap<String, String> = lines.collect();
    assert!(!found.is_empty(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(found)
}

#[test]
fn gunicorn_agrees() {
    let Some(programs) = programs() else { return };
    let rounds = std::env::var("SHIPWORTHY_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    let folder = std::env::temp_dir().join(format!("shipworthy-servers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("app.py"), "def app(environ, start_response): pass\n").unwrap();
    let mut random = Random(0x5eed_cafe_f00d_1234);
    for round in 0..rounds {
        let (words, extra, config) = (random.words(5), random.words(2), random.config());
        let mut variables: Vec<(&str, String)> = Vec::new();
        if !extra.is_empty() {
            variables.push(("GUNICORN_CMD_ARGS", extra.join(" ")));
        }
        if random.next(3) == 0 {
            variables.push(("WEB_CONCURRENCY", "5".to_owned()));
        }
        if random.next(3) == 0 {
            variables.push(("FORWARDED_ALLOW_IPS", "10.1.1.1".to_owned()));
        }
        std::fs::write(folder.join("gunicorn.conf.py"), &config).unwrap();
        let assigned: Vec<String> = variables.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        let assigned = assigned.join(" ");
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let server = ours(&format!("worker: {assigned} gunicorn {} app:app\n", quoted.join(" ")), &config);
        let Some(theirs) = theirs(&programs, &folder, &words, &variables) else { return };
        for name in COMPARED {
            let own = shown(name, &server.option(name).expect(name).value);
            assert_eq!(own, theirs[name], "{name} in round {round}: {variables:?} {words:?}\n{config}");
        }
        assert!(server.open.is_none(), "{:?}", server.open);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Asks uvicorn what it would hand to its server.
const ASK: &str = "import sys, json, importlib
m = importlib.import_module('uvicorn.main')
from uvicorn import Config
seen = {}
def run(app, **options): seen.update(options, app=app)
m.run = run
try: m.main(sys.argv[1:], standalone_mode=False)
except SystemExit: pass
c = Config(seen['app'], **{k: v for k, v in seen.items() if k in ('host', 'port', 'uds', 'workers', 'proxy_headers', 'forwarded_allow_ips', 'reload', 'root_path', 'interface')})
print(json.dumps({k: getattr(c, k, None) for k in ('host', 'port', 'uds', 'workers', 'proxy_headers', 'forwarded_allow_ips', 'reload', 'root_path')}))
";

#[test]
fn uvicorn_agrees() {
    let Some(programs) = programs() else { return };
    let mut random = Random(0x0000_ddba_115e_ed77);
    let choices: [&[&str]; 9] = [
        &["--host", "0.0.0.0"],
        &["--port=81"],
        &["--workers", "4"],
        &["--no-proxy-headers"],
        &["--proxy-headers"],
        &["--forwarded-allow-ips", "*"],
        &["--reload"],
        &["--root-path=/x"],
        &["--interface", "wsgi"],
    ];
    for round in 0..12 {
        let mut words: Vec<&str> = Vec::new();
        for _ in 0..random.next(5) {
            words.extend(choices[random.next(choices.len())]);
        }
        let mut variables: Vec<(&str, &str)> = Vec::new();
        for variable in
            [("WEB_CONCURRENCY", "6"), ("FORWARDED_ALLOW_IPS", "10.0.0.9"), ("UVICORN_PORT", "82"), ("UVICORN_HOST", "::1")]
        {
            if random.next(3) == 0 {
                variables.push(variable);
            }
        }
        let mut command = Command::new(programs.join("python"));
        command.arg("-c").arg(ASK).args(&words).arg("app:app").env_clear().envs(variables.iter().copied());
        let output = command.output().unwrap();
        let theirs: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)));
        let assigned: Vec<String> = variables.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        let assigned = assigned.join(" ");
        let server = ours(&format!("worker: {assigned} uvicorn {} app:app\n", words.join(" ")), "");
        let context = format!("round {round}: {variables:?} {words:?}");
        for name in ["host", "port", "workers", "proxy_headers", "forwarded_allow_ips", "reload", "root_path"] {
            let own = shown("", &server.option(name).expect(name).value);
            let other = match &theirs[name] {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
                other => other.to_string(),
            };
            assert_eq!(own, other, "{name} in {context}");
        }
    }
}
