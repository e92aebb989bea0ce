//! Random configurations of nginx, and random requests to them.

use std::fmt::Write as _;

/// A small generator of numbers: the same seed gives the same configuration everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    pub(crate) fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

pub(crate) const HOSTS: [&str; 12] = [
    "a.test",
    "www.a.test",
    "x.www.a.test",
    "b.test",
    "sub.b.test",
    "www.c.test",
    "www.d",
    "x1.test",
    "other.test",
    "A.TEST",
    "a.test:81",
    "_",
];

pub(crate) const PATHS: [&str; 20] = [
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/",
    "/a/b/c.php",
    "/ab",
    "/static",
    "/static/x.css",
    "/static/x.php",
    "/media/x.php",
    "/media/",
    "/old/x",
    "/old/a/b",
    "/A/b",
    "/x.PHP",
    "/a/x.php",
    "/ab/c",
    "/staticfiles/x",
    "/v12/",
];

const NAMES: [&str; 12] = [
    "a.test",
    "*.a.test",
    ".b.test",
    "www.*",
    "~^x\\d+\\.test$",
    "www.a.test",
    "*.www.a.test",
    "b.test",
    "\"\"",
    "_",
    "~^www\\.",
    "sub.b.test",
];

const PREFIXES: [&str; 12] =
    ["/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/static", "/static/", "/media/", "/old/", "/A", "/a/b/c.php"];

const PATTERNS: [&str; 7] = ["\\.php$", "^/a/", "x\\.(css|php)$", "^/static", "/b", "^/v\\d+/$", "\\.(?!css)"];

const VALUES: [&str; 14] = [
    "$scheme",
    "$host",
    "$http_host",
    "$http_x_forwarded_proto",
    "$proxy_add_x_forwarded_for",
    "$remote_addr",
    "https",
    "$mapped",
    "$looked",
    "$chosen",
    "\"\"",
    "$proxy_host",
    "$server_name",
    "a-${scheme}-b",
];

pub(crate) const HEADERS: [&str; 6] =
    ["Host", "X-Forwarded-Proto", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Upgrade"];

pub(crate) const HTTP: &str = r#"
map $http_x_forwarded_proto $mapped { default $scheme; https https; ~^wss? "ws"; }
map $host $looked { hostnames; default none; .a.test a; *.b.test b; www.* www; ~c\. "c"; }
"#;

pub(crate) struct Generator<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) next: usize,
    pub(crate) echo: u16,
}

impl Generator<'_> {
    /// The servers of one port.
    pub(crate) fn port(&mut self, port: u16) -> String {
        let mut out = String::new();
        let mut used: Vec<&str> = Vec::new();
        let count = 1 + self.dice.below(4);
        let default = self.dice.below(count * 2);
        for index in 0..count {
            let mark = if index == default { " default_server" } else { "" };
            let _ = writeln!(out, "server {{\n  listen 127.0.0.1:{port}{mark};");
            let mut names: Vec<&str> = Vec::new();
            for _ in 0..self.dice.below(4) {
                let name = self.dice.one(&NAMES);
                if !used.contains(&name) && name != "www.*" || !used.contains(&name) && names.is_empty() {
                    used.push(name);
                    names.push(name);
                }
            }
            if !names.is_empty() {
                let _ = writeln!(out, "  server_name {};", names.join(" "));
            }
            self.level(&mut out, 35);
            let _ = writeln!(out, "  set $chosen first;");
            if self.dice.chance(30) {
                let _ = writeln!(out, "  if ($http_x_flag) {{ set $chosen flagged; }}");
            }
            if self.dice.chance(25) {
                let test = self.dice.one(&[
                    "$host = a.test",
                    "$host ~* ^WWW",
                    "$http_x_flag = 2",
                    "$scheme != http",
                    "$request_method = POST",
                    "$mapped = https",
                ]);
                let what =
                    self.dice.one(&["return 301 https://$host$request_uri;", "return 444;", "return 403;", "return 302 /a/;"]);
                let _ = writeln!(out, "  if ({test}) {{ {what} }}");
            }
            if self.dice.chance(20) {
                let flag = self.dice.one(&["last", "permanent", "redirect", ""]);
                let _ = writeln!(out, "  rewrite ^/old/(.*)$ /a/b {flag};");
            }
            if self.dice.chance(10) {
                let _ = writeln!(
                    out,
                    "  return {};",
                    self.dice.one(&["301 https://$host$request_uri", "404", "https://$server_name/x"])
                );
            }
            self.locations(&mut out, 1, None, false);
            out.push_str("}\n");
        }
        out
    }

    /// Headers of a level.
    fn level(&mut self, out: &mut String, percent: usize) {
        if self.dice.chance(percent) {
            for _ in 0..1 + self.dice.below(3) {
                let (name, value) = (self.dice.one(&HEADERS[..5]), self.dice.one(&VALUES));
                let _ = writeln!(out, "  proxy_set_header {name} {value};");
            }
        }
    }

    fn locations(&mut self, out: &mut String, depth: usize, outer: Option<&str>, in_pattern: bool) {
        let mut used: Vec<String> = Vec::new();
        for _ in 0..self.dice.below(if depth == 1 { 7 } else { 3 }) {
            let kind = self.dice.below(10);
            let (head, path) = match kind {
                0..=1 => ("~ ", self.dice.one(&PATTERNS)),
                2 => ("~* ", self.dice.one(&PATTERNS)),
                3 => ("= ", self.dice.one(&PREFIXES)),
                4..=5 => ("^~ ", self.dice.one(&PREFIXES)),
                _ => ("", self.dice.one(&PREFIXES)),
            };
            let is_pattern = head.starts_with('~');
            if !is_pattern && (in_pattern || outer.is_some_and(|outer| !path.starts_with(outer))) {
                continue;
            }
            // A prefix is one location, with or without its mark; an exact one of the same path is another.
            let key = if is_pattern { format!("{head}{path}") } else { format!("{} {path}", head == "= ") };
            if used.contains(&key) {
                continue;
            }
            used.push(key);
            self.next += 1;
            let name = format!("L{}", self.next);
            let _ = writeln!(out, " location {head}{path} {{\n  add_header X-Route {name} always;");
            self.level(out, 40);
            if self.dice.chance(15) {
                let _ = writeln!(out, "  if ($http_x_flag = 1) {{ return 200 I{name}; }}");
            }
            if self.dice.chance(10) {
                let _ = writeln!(out, "  if ($http_x_flag = 2) {{ add_header X-Route V{name} always; }}");
            }
            match self.dice.below(10) {
                0..=4 => {
                    let _ = writeln!(out, "  proxy_pass http://127.0.0.1:{};", self.echo);
                    if self.dice.chance(10) {
                        let _ = writeln!(
                            out,
                            "  {}",
                            self.dice.one(&["deny all;", "allow 127.0.0.1; deny all;", "deny 10.0.0.0/8;"])
                        );
                    }
                }
                5 => {
                    let _ = writeln!(out, "  return 302 https://$host/x;");
                }
                _ => {
                    let _ = writeln!(out, "  return 200 {name};");
                }
            }
            if depth < 3 && head != "= " {
                self.locations(out, depth + 1, if is_pattern { outer } else { Some(path) }, is_pattern || in_pattern);
            }
            out.push_str(" }\n");
        }
    }
}
