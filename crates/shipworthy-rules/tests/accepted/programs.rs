//! The programs themselves, asked whether they would start with a configuration. Nothing is started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use shipworthy_model::front::FrontKind;

/// The programs of this machine, and a folder for what they are shown.
pub(crate) struct Programs {
    folder: PathBuf,
    found: Vec<(FrontKind, PathBuf)>,
}

const NAMES: [(FrontKind, &[&str]); 4] = [
    (FrontKind::Nginx, &["nginx"]),
    (FrontKind::Caddy, &["caddy"]),
    (FrontKind::Apache, &["apache2", "httpd"]),
    (FrontKind::HaProxy, &["haproxy"]),
];

impl Programs {
    /// Looks for them, and makes a certificate for those that want one.
    pub(crate) fn find(folder: &Path) -> Self {
        let found = NAMES.iter().filter_map(|(kind, names)| Some((*kind, names.iter().find_map(|name| on_path(name))?)));
        let programs = Self { folder: folder.to_owned(), found: found.collect() };
        programs.certificate();
        programs
    }

    /// Those that are not there.
    pub(crate) fn missing(&self) -> Vec<FrontKind> {
        NAMES.iter().map(|(kind, _)| *kind).filter(|kind| self.found.iter().all(|(known, _)| known != kind)).collect()
    }

    /// Whether a program accepts a configuration; `None` where the program is not there.
    pub(crate) fn accepts(&self, path: &str, kind: FrontKind, files: &[(String, String)]) -> Option<Result<(), String>> {
        let (_, program) = self.found.iter().find(|(known, _)| *known == kind)?;
        let root = self.folder.join("shown");
        _ = std::fs::remove_dir_all(&root);
        for (name, text) in files {
            let place = root.join(name);
            std::fs::create_dir_all(place.parent()?).ok()?;
            std::fs::write(place, self.at_home(kind, text)).ok()?;
        }
        let own = root.join(path);
        let text = std::fs::read_to_string(&own).ok()?;
        Some(match kind {
            FrontKind::Nginx => self.nginx(program, &own, &text),
            // Guides leave the address to whoever deploys.
            FrontKind::Caddy => ask(Command::new(program)
                .env("ADDRESS", "shop.example")
                .args(["validate", "--adapter", "caddyfile", "--config"])
                .arg(&own)),
            FrontKind::HaProxy => ask(Command::new(program).args(["-c", "-dr", "-f"]).arg(&own)),
            FrontKind::Apache => self.apache(program, &own),
            FrontKind::Traefik | FrontKind::Ingress | FrontKind::Uwsgi => return None,
        })
    }

    /// A part of a configuration stands in a whole one on its machine: it is tried on each level.
    fn nginx(&self, program: &Path, own: &Path, text: &str) -> Result<(), String> {
        for name in ["uwsgi_params", "fastcgi_params", "proxy_params", "mime.types", "scgi_params", "fastcgi.conf"] {
            let place = own.parent().map(|folder| folder.join(name)).filter(|place| !place.exists());
            if let Some(place) = place {
                _ = std::fs::copy(Path::new("/etc/nginx").join(name), place);
            }
        }
        let pem = self.pem();
        let http = format!("ssl_certificate {pem}; ssl_certificate_key {pem}; access_log off; resolver 127.0.0.1;");
        let whole = [
            // Guides leave certificates out where they say nothing of them.
            text.replacen("http {", &format!("http {{ {http}\n"), 1),
            format!("events {{}}\n{text}"),
            format!("events {{}}\nhttp {{ {http}\n{text}\n}}"),
            format!("events {{}}\nhttp {{ {http} server {{ listen 80;\n{text}\n}} }}"),
        ];
        let mut refusal = String::new();
        // What is whole stands for itself.
        let levels = if text.lines().any(|line| line.trim_start().starts_with("http ")) { &whole[..1] } else { &whole[1..] };
        for (level, text) in levels.iter().enumerate() {
            let place = own.with_extension(format!("{level}.try"));
            std::fs::write(&place, text).map_err(|error| error.to_string())?;
            let prefix = own.parent().unwrap_or(own);
            let own_pid = format!("pid {}/nginx.pid; error_log stderr;", self.folder.display());
            let asked = |globals: &str| {
                ask(Command::new(program).arg("-t").arg("-p").arg(prefix).arg("-c").arg(&place).arg("-g").arg(globals))
            };
            match asked(&own_pid).or_else(|_| asked("error_log stderr;")) {
                Ok(()) => return Ok(()),
                // The level at which a part belongs is the one whose refusal is not about the level.
                Err(message) if refusal.is_empty() || !message.contains("not allowed here") => refusal = message,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    fn apache(&self, program: &Path, own: &Path) -> Result<(), String> {
        let mut whole = String::from(
            "ServerName localhost\nServerRoot /etc/apache2\nDefine APACHE_LOG_DIR /tmp\nPidFile /tmp/accepted.pid\nErrorLog /dev/null\n",
        );
        let mut modules: Vec<PathBuf> = std::fs::read_dir("/etc/apache2/mods-available")
            .into_iter()
            .flatten()
            .filter_map(|it| Some(it.ok()?.path()))
            .collect();
        modules.sort();
        let wanted = [
            "access_compat",
            "alias",
            "auth_basic",
            "authn_core",
            "authz_core",
            "authz_host",
            "autoindex",
            "cgid",
            "dir",
            "env",
            "expires",
            "ext_filter",
            "filter",
            "headers",
            "include",
            "lbmethod_byrequests",
            "mime",
            "mpm_event",
            "negotiation",
            "proxy",
            "proxy_balancer",
            "proxy_http",
            "proxy_uwsgi",
            "proxy_wstunnel",
            "proxy_fcgi",
            "remoteip",
            "reqtimeout",
            "rewrite",
            "setenvif",
            "slotmem_shm",
            "socache_shmcb",
            "ssl",
            "status",
            "substitute",
            "wsgi",
        ];
        for module in modules.iter().filter(|path| path.extension().is_some_and(|end| end == "load")) {
            let name = module.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if wanted.contains(&name.as_str()) && std::fs::read_to_string(module).is_ok() {
                let text = std::fs::read_to_string(module).unwrap_or_default();
                let file = text.split_whitespace().find(|word| word.ends_with(".so")).unwrap_or_default().to_owned();
                if Path::new(&file).exists() {
                    whole.push_str(&text);
                }
            }
        }
        whole.push_str(&format!("Include {}\n", own.display()));
        let place = own.with_extension("try");
        std::fs::write(&place, whole).map_err(|error| error.to_string())?;
        ask(Command::new(program).arg("-t").arg("-f").arg(&place))
    }

    /// The configuration as it can be tried here: certificates that exist, and names that can be resolved.
    fn at_home(&self, kind: FrontKind, text: &str) -> String {
        let pem = self.pem();
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_start();
            let first = trimmed.split_whitespace().next().unwrap_or_default();
            let with = |value: &str, end: &str| format!("{first} {value}{end}\n");
            out.push_str(&match (kind, first) {
                (FrontKind::Nginx, "ssl_certificate" | "ssl_certificate_key" | "ssl_trusted_certificate") => with(&pem, ";"),
                (FrontKind::Nginx, "ssl_dhparam" | "auth_basic_user_file") => String::from("\n"),
                (FrontKind::Nginx, "server") if !trimmed.contains('{') => named(line),
                (FrontKind::Nginx, "user") => String::from("\n"),
                (FrontKind::Nginx, _) if line.contains("_pass ") => named(line),
                (FrontKind::Apache, "SSLCertificateFile" | "SSLCertificateKeyFile" | "SSLCertificateChainFile") => with(&pem, ""),
                (FrontKind::Apache, "ServerRoot") => String::from("\n"),
                (FrontKind::HaProxy, "bind") => with_crt(line, &pem),
                (FrontKind::Caddy, "tls") => String::from("\n"),
                _ => line.to_owned(),
            });
        }
        out
    }

    fn pem(&self) -> String {
        self.folder.join("own.pem").to_string_lossy().into_owned()
    }

    fn certificate(&self) {
        let (key, certificate) = (self.folder.join("key.pem"), self.folder.join("cert.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .stderr(Stdio::null())
            .status();
        if made.is_ok_and(|status| status.success()) {
            let both =
                [certificate, key].iter().map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect::<String>();
            _ = std::fs::write(self.pem(), both);
        }
    }
}

/// A line of nginx with this machine in the place of names that only a network of containers knows.
fn named(line: &str) -> String {
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let mut out = line.to_owned();
    for scheme in ["http://", "https://", "uwsgi_pass ", "fastcgi_pass ", "scgi_pass ", "grpc://", "server "] {
        let Some(start) = out.find(scheme).map(|at| at + scheme.len()) else { continue };
        let end = out[start..].find(|character: char| !is_name(character)).map_or(out.len(), |at| start + at);
        let name = &out[start..end];
        // Without a port it may be the name of an upstream.
        if !name.is_empty() && name != "unix" && (out[end..].starts_with(':') || scheme == "server ") {
            out.replace_range(start..end, "127.0.0.1");
        }
    }
    out
}

fn with_crt(line: &str, pem: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut out: Vec<String> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let is_crt = index > 0 && words[index - 1] == "crt";
        out.push(if is_crt { pem.to_owned() } else { (*word).to_owned() });
    }
    format!("    {}\n", out.join(" "))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    std::env::split_paths(&path).chain(usual).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn ask(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    Err(said.lines().filter(|line| !line.contains("[warn]")).collect::<Vec<_>>().join(" | "))
}
