//! Front ends with TLS as child processes: each in a fit and in an unfit form.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::site::{Site, probe};

/// A front end that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Apache,
    Haproxy,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Nginx, Self::Caddy, Self::Apache, Self::Haproxy];

    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"],
            Self::Caddy => &["/usr/bin/caddy", "/usr/local/bin/caddy", "/opt/homebrew/bin/caddy"],
            Self::Apache => &["/usr/sbin/apache2"],
            Self::Haproxy => &["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"],
        }
    }

    /// What is wrong with its unfit form, the application's own faults included.
    pub(crate) fn planted(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &[
                "debug-enabled",
                "allowed-hosts-wildcard",
                "unknown-host-forwarded",
                "forwarded-proto-spoofable",
                "hsts-duplicated",
                "directory-listing",
                "alias-traversal",
                "project-files-served",
            ],
            Self::Apache => &[
                "debug-enabled",
                "allowed-hosts-wildcard",
                "unknown-host-forwarded",
                "forwarded-proto-spoofable",
                "directory-listing",
            ],
            Self::Caddy | Self::Haproxy => {
                &["debug-enabled", "allowed-hosts-wildcard", "unknown-host-forwarded", "forwarded-proto-spoofable"]
            }
        }
    }
}

/// It stops when it is dropped.
pub(crate) struct Front {
    child: Child,
    folder: TempDir,
    http: u16,
    https: u16,
}

impl Front {
    /// Starts it before a site, and waits until it listens. `None` where it is not installed.
    pub(crate) fn start(kind: Kind, fit: bool, site: &Site) -> Option<Self> {
        let Some(program) = kind.programs().iter().find(|path| Path::new(path).is_file()) else {
            eprintln!("{kind:?} is not installed: nothing to do");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (http, https) = (free(), free());
        let pem = certificates(folder.path());
        let place = Place { folder: folder.path(), pem: &pem, http, https, site };
        let mut command = Command::new(program);
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        match kind {
            Kind::Nginx => {
                let config = write("nginx.conf", place.nginx(fit));
                command.arg("-p").arg(folder.path()).arg("-e").arg("stderr").arg("-c").arg(config);
            }
            Kind::Caddy => {
                let config = write("Caddyfile", place.caddy(fit));
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config);
                command.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
            }
            Kind::Apache => {
                let config = write("apache.conf", place.apache(fit));
                command.arg("-DFOREGROUND").arg("-d").arg(folder.path()).arg("-f").arg(config);
            }
            Kind::Haproxy => {
                let config = write("haproxy.cfg", place.haproxy(fit));
                command.arg("-db").arg("-f").arg(config);
            }
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut child = command.spawn().unwrap();
        for _ in 0..200 {
            if [http, https].iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
                return Some(Self { child, folder, http, https });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("{kind:?} does not listen: {}", std::fs::read_to_string(folder.path().join("log")).unwrap());
    }

    /// What the probe reports of the site behind it.
    pub(crate) fn probe(&self) -> Value {
        let ca = self.folder.path().join("ca.pem").to_string_lossy().into_owned();
        let (url, http) = (format!("https://shop.test:{}/", self.https), self.http.to_string());
        probe(&[&url, "--http-port", &http, "--resolve", "shop.test:127.0.0.1", "--cacert", &ca])
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // Workers end with their master when it is asked, not when it is killed.
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a report says of a rule.
pub(crate) fn told(report: &Value, rule: &str) -> String {
    let findings = report["findings"].as_array().unwrap().iter().filter(|it| it["rule"] == rule);
    findings.map(|it| format!("\n{} {} {}", it["kind"], it["message"], it["exchanges"])).collect::<Vec<_>>().concat()
}

fn free() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A private authority and a certificate of its making for `shop.test`. Gives the file that holds certificate and key.
fn certificates(folder: &Path) -> PathBuf {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Live CA");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["shop.test".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "shop.test");
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &authority).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    let pem = folder.join("site.pem");
    std::fs::write(&pem, leaf.pem() + &key.serialize_pem()).unwrap();
    pem
}

struct Place<'a> {
    folder: &'a Path,
    pem: &'a Path,
    http: u16,
    https: u16,
    site: &'a Site,
}

impl Place<'_> {
    fn nginx(&self, fit: bool) -> String {
        let Self { http, https, site, .. } = self;
        let (folder, pem, port) = (self.folder.display(), self.pem.display(), site.port);
        let (statics, project) = (site.statics().display().to_string(), site.folder.path().display().to_string());
        let servers = if fit {
            format!(
                "server {{ listen 127.0.0.1:{http} default_server; return 444; }}
                 server {{ listen 127.0.0.1:{https} ssl default_server; ssl_reject_handshake on; return 444; }}
                 server {{ listen 127.0.0.1:{http}; server_name shop.test; return 301 https://$host:{https}$request_uri; }}
                 server {{
                   listen 127.0.0.1:{https} ssl http2; server_name shop.test;
                   location /static/ {{ alias {statics}/; }}
                   location / {{
                     proxy_pass http://127.0.0.1:{port};
                     proxy_set_header Host $host;
                     proxy_set_header X-Forwarded-Proto $scheme;
                     proxy_set_header X-Forwarded-Host \"\";
                   }}
                 }}"
            )
        } else {
            format!(
                "server {{
                   listen 127.0.0.1:{http}; server_name shop.test;
                   location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host $http_host; }}
                 }}
                 server {{
                   listen 127.0.0.1:{https} ssl; server_name shop.test;
                   root {project};
                   add_header Strict-Transport-Security max-age=31536000 always;
                   location /static {{ alias {statics}/; autoindex on; }}
                   location / {{ try_files $uri @app; }}
                   location @app {{
                     proxy_pass http://127.0.0.1:{port};
                     proxy_set_header Host $http_host;
                     proxy_set_header X-Forwarded-Proto $scheme;
                   }}
                 }}"
            )
        };
        format!(
            "daemon off; worker_processes 1; pid {folder}/pid;
             events {{ }}
             http {{
               access_log off; server_tokens off; gzip on; gzip_types text/css text/javascript;
               client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
               uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
               types {{ text/html html; text/css css; text/javascript js; }}
               ssl_certificate {pem}; ssl_certificate_key {pem}; ssl_protocols TLSv1.2 TLSv1.3;
               {servers}
             }}"
        )
    }

    fn caddy(&self, fit: bool) -> String {
        let Self { http, https, site, .. } = self;
        let (pem, port) = (self.pem.display(), site.port);
        let statics = site.statics().display().to_string();
        let global =
            format!("{{\n admin off\n auto_https off\n http_port {http}\n https_port {https}\n default_bind 127.0.0.1\n}}\n");
        if fit {
            format!(
                "{global}http://shop.test:{http} {{\n redir https://shop.test:{https}{{uri}} 301\n}}
https://shop.test:{https} {{\n tls {pem} {pem}\n encode gzip\n handle_path /static/* {{\n root * {statics}\n file_server\n }}
 handle {{\n reverse_proxy 127.0.0.1:{port} {{\n header_down -Server\n }}\n }}\n}}\n"
            )
        } else {
            let proxy = format!(
                "reverse_proxy 127.0.0.1:{port} {{\n header_up X-Forwarded-Proto {{http.request.header.X-Forwarded-Proto}}\n }}"
            );
            format!("{global}http://:{http} {{\n {proxy}\n}}\nhttps://:{https} {{\n tls {pem} {pem}\n {proxy}\n}}\n")
        }
    }

    fn apache(&self, fit: bool) -> String {
        let Self { http, https, site, .. } = self;
        let (folder, pem, port) = (self.folder.display(), self.pem.display(), site.port);
        let statics = site.statics().display().to_string();
        let modules = [
            "mpm_event",
            "authz_core",
            "headers",
            "proxy",
            "proxy_http",
            "ssl",
            "alias",
            "mime",
            "autoindex",
            "dir",
            "deflate",
            "filter",
        ]
        .iter()
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
        .collect::<Vec<_>>()
        .concat();
        let tls = format!("SSLEngine on\nSSLCertificateFile {pem}\nSSLProtocol -all +TLSv1.2 +TLSv1.3\n");
        let options = if fit { "-Indexes" } else { "+Indexes" };
        let files =
            format!("Alias /static/ {statics}/\n<Directory {statics}>\nRequire all granted\nOptions {options}\n</Directory>\n");
        let pass = format!("ProxyPreserveHost On\nProxyPass /static/ !\nProxyPass / http://127.0.0.1:{port}/\n");
        let hosts = if fit {
            format!(
                "<VirtualHost 127.0.0.1:{http}>\nServerName unknown.invalid\nRedirect 421 /\n</VirtualHost>
<VirtualHost 127.0.0.1:{https}>\nServerName unknown.invalid\n{tls}Redirect 421 /\n</VirtualHost>
<VirtualHost 127.0.0.1:{http}>\nServerName shop.test\nRedirect permanent / https://shop.test:{https}/\n</VirtualHost>
<VirtualHost 127.0.0.1:{https}>\nServerName shop.test\n{tls}{files}ProxyAddHeaders Off\nRequestHeader unset X-Forwarded-Host early
RequestHeader set X-Forwarded-Proto https early\nHeader always unset Server\n{pass}AddOutputFilterByType DEFLATE text/css text/javascript application/javascript\n</VirtualHost>\n"
            )
        } else {
            format!(
                "<VirtualHost 127.0.0.1:{http}>\n{files}{pass}</VirtualHost>\n<VirtualHost 127.0.0.1:{https}>\n{tls}{files}{pass}</VirtualHost>\n"
            )
        };
        format!(
            "{modules}ServerName unknown.invalid\nPidFile {folder}/pid\nDefaultRuntimeDir {folder}\nErrorLog {folder}/log\nServerTokens Prod
Mutex file:{folder} default\nListen 127.0.0.1:{http}\nListen 127.0.0.1:{https}\nTypesConfig /etc/mime.types\n{hosts}"
        )
    }

    fn haproxy(&self, fit: bool) -> String {
        let Self { http, https, site, .. } = self;
        let (pem, port) = (self.pem.display(), site.port);
        let rules = if fit {
            format!(
                "http-request deny deny_status 421 unless {{ req.hdr(host),field(1,:) -i shop.test }}
  http-request redirect location https://shop.test:{https}%[pathq] code 301 unless {{ ssl_fc }}
  http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
  http-request set-header X-Forwarded-Proto http unless {{ ssl_fc }}
  http-request del-header X-Forwarded-Host
  http-response del-header Server"
            )
        } else {
            "http-request set-header X-Forwarded-Proto https if { ssl_fc }".to_owned()
        };
        format!(
            "global\n  ssl-default-bind-options ssl-min-ver TLSv1.2\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s
frontend site\n  bind 127.0.0.1:{http}\n  bind 127.0.0.1:{https} ssl crt {pem}\n  {rules}\n  default_backend app
backend app\n  server one 127.0.0.1:{port}\n"
        )
    }
}
