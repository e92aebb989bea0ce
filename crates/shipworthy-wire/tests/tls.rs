//! TLS as servers speak it: certificates good and bad, alerts, resets, old versions, client certificates, sockets.
#![allow(clippy::unwrap_used)] // a test may stop where a server is not as it should be

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use shipworthy_model::wire::{Failure, Protocol, Stage};
use shipworthy_model::{Probe, Secret, Site, Wire};
use shipworthy_wire::{Access, Options, address, look};

const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 29\r\n\r\n<!doctype html><title>Shop</t";

/// A private authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Private CA");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a name, and its key.
    fn certificate(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    fn config(&self, name: &str, clients: bool) -> ServerConfig {
        let (certificate, key) = self.certificate(name);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let builder = if clients {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(self.0.der().to_vec())).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        builder.with_single_cert(vec![CertificateDer::from(certificate.der().to_vec())], key).unwrap()
    }
}

/// Serves each connection by `serve`, until the test process ends.
fn serve(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Serves one page over TLS and notes the names that were asked for.
fn secure(config: ServerConfig) -> (u16, Arc<Mutex<Vec<Option<String>>>>) {
    let (config, names) = (Arc::new(config), Arc::new(Mutex::new(Vec::new())));
    let noted = names.clone();
    let port = serve(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        let mut request = [0; 4096];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            noted.lock().unwrap().push(stream.conn.server_name().map(str::to_owned));
            let _ = stream.write_all(PAGE);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (port, names)
}

fn options(host: &str, port: u16) -> Options {
    let site = address(&format!("https://{host}:{port}/")).unwrap();
    let mut options = Options::new(site, Access::find(host, Some("127.0.0.1".parse().unwrap())).unwrap());
    options.timeout = Duration::from_secs(5);
    options
}

fn seen(options: &Options) -> Wire {
    look(options).unwrap().0
}

#[test]
fn a_certificate_of_a_private_authority_is_trusted_where_it_is_given() {
    let authority = Authority::new();
    let (port, names) = secure(authority.config("shop.example", false));
    let mut options = options("shop.example", port);
    options.roots = Some(authority.0.pem().into_bytes());
    let wire = seen(&options);
    let handshake = &wire.handshakes[0];
    assert_eq!((handshake.distrust.as_deref(), handshake.chosen), (None, Some(Protocol::Tls13)));
    let leaf = &handshake.certificates[0];
    assert!(leaf.covers(&wire.site) && leaf.issuer.contains("Private CA") && leaf.not_after > wire.at.cast_signed());
    let home = wire.answer(Probe::Home).unwrap();
    assert_eq!((home.response.status, home.response.broken.as_ref()), (200, None));
    // The name in the handshake is the site's own, except where another is tried on purpose.
    let names = names.lock().unwrap();
    assert!(names.contains(&Some("shop.example".to_owned())));
    assert!(names.iter().flatten().any(|name| name.ends_with(".shipworthy.invalid")), "{names:?}");
    assert!(wire.handshakes.iter().filter(|it| it.offered.is_some()).all(|it| it.chosen.is_none() && it.failure.is_some()));
}

#[test]
fn a_certificate_that_signs_itself_is_trusted_where_it_is_given() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.der().to_vec())], der)
        .unwrap();
    let (port, _) = secure(config);
    let mut options = options("shop.example", port);
    assert!(seen(&options).handshakes[0].distrust.is_some());
    options.roots = Some(certificate.pem().into_bytes());
    assert_eq!(seen(&options).handshakes[0].distrust, None);
}

/// A server that takes the connection and never shakes hands.
#[test]
fn a_handshake_that_hangs() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut options = options("shop.example", listener.local_addr().unwrap().port());
    options.timeout = Duration::from_millis(200);
    let (wire, notices) = look(&options).unwrap();
    assert_eq!(wire.exchanges[0].failure(), Some(&Failure::Timeout(Stage::Handshake)));
    assert!(matches!(&notices[..], [notice] if notice.message.contains("gave no answer")), "{notices:?}");
}

#[test]
fn distrust_has_its_reason_and_the_look_goes_on() {
    let authority = Authority::new();
    let (port, _) = secure(authority.config("shop.example", false));
    let wire = seen(&options("shop.example", port));
    assert_eq!(wire.handshakes[0].distrust.as_deref(), Some("its issuer is not known"));
    assert!(wire.answer(Probe::Home).is_some());
    let mut other = options("other.example", port);
    other.roots = Some(authority.0.pem().into_bytes());
    let wire = seen(&other);
    assert_eq!(wire.handshakes[0].distrust.as_deref(), Some("it is for another name"));
    assert!(!wire.handshakes[0].certificates[0].covers(&wire.site));
}

#[test]
fn a_client_certificate_is_shown_where_it_is_given() {
    let authority = Authority::new();
    let (port, _) = secure(authority.config("shop.example", true));
    let mut options = options("shop.example", port);
    let wire = seen(&options);
    assert!(
        matches!(wire.exchanges[0].failure(), Some(Failure::Alert(_) | Failure::Closed(_))),
        "{:?}",
        wire.exchanges[0].failure()
    );
    let (certificate, key) = authority.certificate("client");
    options.identity = Some((certificate.pem().into_bytes(), Secret::new(key.serialize_pem())));
    assert!(seen(&options).answer(Probe::Home).is_some());
}

#[test]
fn alerts_and_resets_end_a_handshake() {
    let alert = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 112]);
        let _ = stream.read(&mut [0; 4096]);
    });
    let wire = seen(&options("shop.example", alert));
    assert_eq!(wire.exchanges[0].failure(), Some(&Failure::Alert("unrecognized_name".into())));
    let closing = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    let wire = seen(&options("shop.example", closing));
    assert_eq!(wire.exchanges[0].failure(), Some(&Failure::Closed(Stage::Handshake)));
    let plain = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let wire = seen(&options("shop.example", plain));
    assert!(matches!(wire.exchanges[0].failure(), Some(Failure::Tls(_))), "{:?}", wire.exchanges[0].failure());
}

#[test]
fn an_old_version_that_is_chosen_is_seen() {
    let config = Arc::new(Authority::new().config("shop.example", false));
    let port = serve(move |mut stream| {
        let mut start = [0; 11];
        let _ = stream.peek(&mut start);
        // Today's clients write 3.3 here, whatever they offer.
        if start[9..11] == [3, 1] {
            let _ = stream.write_all(&[22, 3, 1, 0, 49, 2, 0, 0, 45, 3, 1, 0, 0]);
            let _ = stream.read(&mut [0; 4096]);
            return;
        }
        let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
            let _ = stream.write_all(PAGE);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    let wire = seen(&options("shop.example", port));
    let chosen: Vec<_> = wire.handshakes.iter().filter(|it| it.offered.is_some()).map(|it| it.chosen).collect();
    assert_eq!(chosen, [Some(Protocol::Tls10), None]);
}

#[cfg(unix)]
#[test]
fn a_socket_is_as_good_as_an_address() {
    let path = std::env::temp_dir().join(format!("shipworthy-wire-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(PAGE);
            }
        }
    });
    let site = Site { https: None, ..address("http://shop.example/").unwrap() };
    let options = Options::new(site, Access::Socket(path.clone()));
    let wire = seen(&options);
    let home = wire.tried(Probe::Home).unwrap().1;
    assert_eq!((home.response().unwrap().status, &*home.request.host), (200, "shop.example"));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn version_six_of_the_internet_protocol_works_too() {
    let Ok(listener) = TcpListener::bind(("::1", 0)) else { return };
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(PAGE);
            }
        }
    });
    let site = address(&format!("http://[::1]:{port}/")).unwrap();
    let options = Options::new(site, Access::find("::1", None).unwrap());
    let wire = seen(&options);
    assert_eq!(*wire.answer(Probe::Home).unwrap().exchange.request.host, *format!("[::1]:{port}"));
}
