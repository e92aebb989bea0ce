//! Front ends: the configuration that a project holds, and the same rehearsed on loopback.
//!
//! What runs is the project's own file, with production's ports, paths and names replaced by those of the rehearsal.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::process::{Server, free, program};
use crate::server::{AppServer, At};
use crate::shop::Shop;

/// The name of the site.
pub(crate) const HOST: &str = "shop.example.com";

/// The routes of Traefik in the project.
pub(crate) const ROUTES: &str = "traefik/routes.yml";

/// A front end that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    Nginx,
    Caddy,
    Apache,
    Haproxy,
    Traefik,
}

/// The ports of a front end on loopback.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) http: u16,
    pub(crate) https: u16,
}

impl Front {
    pub(crate) const ALL: [Self; 5] = [Self::Nginx, Self::Caddy, Self::Apache, Self::Haproxy, Self::Traefik];

    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Apache => "apache2",
            Self::Haproxy => "haproxy",
            Self::Traefik => "traefik",
        }
    }

    /// Its configuration in the project; Traefik's is what it starts with, and its routes are in [`ROUTES`].
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Nginx => "nginx/shop.conf",
            Self::Caddy => "caddy/Caddyfile",
            Self::Apache => "apache/shop.conf",
            Self::Haproxy => "haproxy/haproxy.cfg",
            Self::Traefik => "traefik/traefik.yml",
        }
    }

    /// Puts it before the shop in the place of nginx.
    pub(crate) fn settle(self, shop: &Shop, server: AppServer) {
        let compose = |image: &str, path: &str| {
            shop.replace("compose.yaml", "  nginx:\n    image: nginx:1.28\n", &format!("  front:\n    image: {image}\n"));
            shop.replace(
                "compose.yaml",
                "./nginx/shop.conf:/etc/nginx/conf.d/default.conf",
                &format!("./{}:{path}", self.path()),
            );
            std::fs::remove_dir_all(shop.root().join("nginx")).unwrap();
        };
        match self {
            Self::Nginx if server == AppServer::Uwsgi => {
                let passed = "        proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-Proto $scheme;\n        \
                    proxy_set_header X-Forwarded-For $remote_addr;\n        proxy_pass http://web:8000;\n";
                let params = "        include uwsgi_params;\n        uwsgi_param HTTP_HOST $host;\n        \
                    uwsgi_param HTTP_X_FORWARDED_PROTO $scheme;\n        uwsgi_param HTTP_X_FORWARDED_SSL \"\";\n        \
                    uwsgi_pass web:8000;\n";
                shop.replace(self.path(), passed, params);
            }
            Self::Nginx => {}
            Self::Caddy => {
                compose("caddy:2", "/etc/caddy/Caddyfile");
                shop.write(self.path(), include_str!("fronts/Caddyfile"));
            }
            Self::Apache => {
                compose("httpd:2.4", "/usr/local/apache2/conf/extra/shop.conf");
                shop.write(self.path(), include_str!("fronts/apache.conf"));
            }
            Self::Haproxy => {
                compose("haproxy:3.2", "/usr/local/etc/haproxy/haproxy.cfg");
                shop.write(self.path(), include_str!("fronts/haproxy.cfg"));
                serve_files(shop);
            }
            Self::Traefik => {
                compose("traefik:3.7", "/etc/traefik/traefik.yml");
                let mount = format!("./{}:/etc/traefik/traefik.yml", self.path());
                shop.replace("compose.yaml", &mount, "./traefik:/etc/traefik");
                shop.write(self.path(), include_str!("fronts/traefik.yml"));
                shop.write(ROUTES, include_str!("fronts/routes.yml"));
                serve_files(shop);
            }
        }
    }

    /// Starts it before an application, over plain HTTP alone, and gives its port; `None` where it is not installed.
    pub(crate) fn start_plain(self, shop: &Shop, app: &At) -> Option<(Server, u16)> {
        let (server, ports) = self.launch(shop, app, &Authority::get().certify(HOST, 90))?;
        Some((server.listens(ports.http), ports.http))
    }

    /// Starts it before an application; `None` where it is not installed.
    pub(crate) fn start(self, shop: &Shop, app: &At, certificate: &Certificate) -> Option<(Server, Ports)> {
        let (server, ports) = self.launch(shop, app, certificate)?;
        Some((server.listens(ports.http).listens(ports.https), ports))
    }

    fn launch(self, shop: &Shop, app: &At, certificate: &Certificate) -> Option<(Server, Ports)> {
        let ports = Ports { http: free(), https: free() };
        let ready = free();
        let scratch = shop.scratch();
        let pem = scratch.join("site.pem");
        std::fs::write(&pem, &certificate.0).unwrap();
        let mut text = self.rehearsed(&shop.read(self.path()), shop, app, ports, &pem);
        if self == Self::Traefik {
            let entry = format!("ping: {{manualRouting: true}}\nentryPoints:\n  ready: {{address: \"127.0.0.1:{ready}\"}}\n");
            text = text.replace("entryPoints:\n", &entry);
        }
        let config = scratch.join(if self == Self::Traefik { "front.yml" } else { "front.conf" });
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(program(self.program())?);
        match self {
            Self::Nginx => command.arg("-p").arg(&scratch).args(["-e", "stderr", "-c"]).arg(&config),
            Self::Caddy => {
                command.env("XDG_DATA_HOME", &scratch).env("XDG_CONFIG_HOME", &scratch);
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&config)
            }
            Self::Apache => command.arg("-DFOREGROUND").arg("-d").arg(&scratch).arg("-f").arg(&config),
            Self::Haproxy => command.arg("-db").arg("-f").arg(&config),
            Self::Traefik => {
                let routes = self.rehearsed(&shop.read(ROUTES), shop, app, ports, &pem);
                let entry = "  routers:\n    ready: {rule: Path(`/`), entryPoints: [ready], service: ping@internal}\n";
                let routes = routes.replace("  routers:\n", entry);
                std::fs::write(scratch.join("routes.yml"), routes).unwrap();
                command.arg(format!("--configFile={}", config.display()))
            }
        };
        let server = Server::start(command, self.program(), &scratch);
        Some((if self == Self::Traefik { server.until(|| knows_routes(ready)) } else { server }, ports))
    }

    fn rehearsed(self, text: &str, shop: &Shop, app: &At, ports: Ports, pem: &Path) -> String {
        let Ports { http, https } = ports;
        let (folder, pem) = (shop.scratch().display().to_string(), pem.display().to_string());
        let (statics, media) = (shop.root().join("staticfiles"), shop.root().join("media"));
        let text = text
            .replace("/etc/ssl/shop.pem", &pem)
            .replace("/etc/ssl/shop.key", &pem)
            .replace("/srv/static", &statics.display().to_string())
            .replace("/srv/media", &media.display().to_string())
            .replace("/srv/shop", &shop.root().display().to_string())
            .replace("web:8000", &app.authority());
        match self {
            Self::Nginx => {
                let text = text
                    .replace("listen 443", &format!("listen 127.0.0.1:{https}"))
                    .replace("listen 80", &format!("listen 127.0.0.1:{http}"))
                    .replace(&format!("https://{HOST}$"), &format!("https://{HOST}:{https}$"))
                    // The usual port, which is not named, becomes one that is.
                    .replace("Host $host;", &format!("Host $host:{https};"))
                    .replace("HTTP_HOST $host;", &format!("HTTP_HOST $host:{https};"))
                    .replace("include uwsgi_params", "include /etc/nginx/uwsgi_params");
                let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|name| format!("{name}_temp_path {folder}/{name};\n"))
                    .concat();
                format!(
                    "daemon off; worker_processes 1; pid {folder}/nginx.pid;\nevents {{ }}\nhttp {{\naccess_log off;\n{temporary}\
                     types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; }}\n{text}\n}}\n"
                )
            }
            Self::Caddy => {
                let global = format!("{{\n admin off\n http_port {http}\n default_bind 127.0.0.1\n}}\n");
                let tls = format!(" {{\n\ttls {pem} {pem}");
                let text = text
                    .replace(&format!("http://{HOST} {{"), &format!("http://{HOST}:{http} {{"))
                    .replace("http:// {", &format!("http://:{http} {{"))
                    .replace("https:// {", &format!("https://:{https}{tls}"))
                    .replace(&format!("\n{HOST} {{"), &format!("\nhttps://{HOST}:{https}{tls}"))
                    .replace("redir https://shop.example.com", &format!("redir https://shop.example.com:{https}"));
                let text = text
                    .strip_prefix(&format!("{HOST} {{"))
                    .map_or(text.clone(), |rest| format!("https://{HOST}:{https}{tls}{rest}"));
                global + &text
            }
            Self::Apache => {
                let names = "mpm_event authz_core headers proxy proxy_http ssl alias mime autoindex dir deflate filter rewrite";
                let wsgi = text.contains("WSGI").then_some("wsgi");
                let modules = names
                    .split(' ')
                    .chain(wsgi)
                    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
                    .collect::<Vec<_>>()
                    .concat();
                let text = text
                    .replace("*:443", &format!("127.0.0.1:{https}"))
                    .replace("*:80", &format!("127.0.0.1:{http}"))
                    .replace(&format!("https://{HOST}/"), &format!("https://{HOST}:{https}/"));
                format!(
                    "{modules}ServerName unknown.invalid\nPidFile {folder}/apache.pid\nDefaultRuntimeDir {folder}\n\
                     ErrorLog {folder}/apache.errors\nMutex file:{folder} default\nListen 127.0.0.1:{http}\n\
                     Listen 127.0.0.1:{https}\nTypesConfig /etc/mime.types\nServerTokens Prod\n{text}"
                )
            }
            Self::Haproxy => text
                .replace("bind :443", &format!("bind 127.0.0.1:{https}"))
                .replace("bind :80", &format!("bind 127.0.0.1:{http}"))
                .replace(&format!("https://{HOST}%"), &format!("https://{HOST}:{https}%")),
            Self::Traefik => text
                .replace("\":443\"", &format!("127.0.0.1:{https}"))
                .replace("\":80\"", &format!("127.0.0.1:{http}"))
                .replace("/etc/traefik/routes.yml", &format!("{folder}/routes.yml")),
        }
    }
}

/// Whether Traefik has read its routes: it listens before, and its own entry point for the question answers 404 until then.
fn knows_routes(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.starts_with("HTTP/1.1 200")
}

/// Before a front end that serves no files, the application does.
fn serve_files(shop: &Shop) {
    let after = "    \"django.middleware.security.SecurityMiddleware\",\n";
    let noise = format!("{after}    \"whitenoise.middleware.WhiteNoiseMiddleware\",\n");
    shop.replace("shop/settings/base.py", after, &noise);
    shop.replace("requirements.txt", "redis==6.4.0", "redis==6.4.0\nwhitenoise==6.12.0");
}

/// A certificate with its key, in PEM.
pub(crate) struct Certificate(String);

/// A private authority, made once, and what it signs.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// The one of this run.
    pub(crate) fn get() -> &'static Self {
        static AUTHORITY: OnceLock<Authority> = OnceLock::new();
        AUTHORITY.get_or_init(|| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, "Live CA");
            let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
            Self { issuer, folder }
        })
    }

    /// The file of its certificate.
    pub(crate) fn path(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }

    /// Certifies a name for some days from now; yesterday is -1.
    pub(crate) fn certify(&self, name: &str, days: i64) -> Certificate {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let now = std::time::SystemTime::now();
        let day = |days: i64| {
            let span = std::time::Duration::from_secs(days.unsigned_abs() * 86_400);
            if days < 0 { now - span } else { now + span }
        };
        (params.not_before, params.not_after) = (day(-400).into(), day(days).into());
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        Certificate(leaf.pem() + &key.serialize_pem())
    }

    /// A certificate for a name that nobody but itself signed.
    pub(crate) fn pretend(name: &str) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        Certificate(leaf.pem() + &key.serialize_pem())
    }
}

impl Certificate {
    /// In PEM, with its key.
    pub(crate) fn pem(&self) -> &str {
        &self.0
    }
}
