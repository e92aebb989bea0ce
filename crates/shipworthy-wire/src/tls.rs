//! TLS: handshakes that go on whatever the certificate is, and remember what it was.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use shipworthy_model::wire::{Certificate, Failure, Protocol};
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

use crate::options::{Error, Options};

/// Everything that handshakes share.
#[derive(Debug)]
pub(crate) struct Trust {
    provider: Arc<CryptoProvider>,
    verifier: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates that the user trusts, whatever else they are.
    given: Arc<Vec<CertificateDer<'static>>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

/// What the verifier saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) distrust: Option<Arc<str>>,
}

/// Notes what it sees and lets the handshake go on: nothing secret is sent that a stranger could read.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    verifier: Option<Arc<WebPkiServerVerifier>>,
    given: Arc<Vec<CertificateDer<'static>>>,
    seen: Arc<Mutex<Seen>>,
}

impl Trust {
    /// Of the machine's roots and those that the user gives.
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        let mut given = Vec::new();
        if let Some(pem) = &options.roots {
            let wrong = |reason: String| Error::Certificates { what: "--cacert", reason };
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                roots.add(certificate.clone()).map_err(|error| wrong(error.to_string()))?;
                given.push(certificate);
            }
            if given.is_empty() {
                return Err(wrong("it holds no certificate in PEM".to_owned()));
            }
        }
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().ok();
        let identity = match &options.identity {
            None => None,
            Some((chain, key)) => {
                // The reason must not quote the key.
                let wrong = |reason: &str| Error::Certificates { what: "--cert", reason: reason.to_owned() };
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
                let chain = chain.map_err(|_| wrong("it is no certificate in PEM"))?;
                let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| wrong("it has no key in PEM"))?;
                Some((chain, key))
            }
        };
        Ok(Self { provider, verifier, given: Arc::new(given), identity })
    }

    /// The configuration of one handshake, and where it leaves what it sees.
    pub(crate) fn config(&self, sni: bool, h2: bool) -> Result<(Arc<ClientConfig>, Arc<Mutex<Seen>>), Failure> {
        let trouble = |error: rustls::Error| Failure::Tls(error.to_string().into());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let recorder = Recorder {
            provider: self.provider.clone(),
            verifier: self.verifier.clone(),
            given: self.given.clone(),
            seen: seen.clone(),
        };
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(trouble)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(recorder));
        let mut config = match &self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(trouble)?,
            None => builder.with_no_client_auth(),
        };
        config.enable_sni = sni;
        config.resumption = rustls::client::Resumption::disabled();
        config.alpn_protocols = if h2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
        Ok((Arc::new(config), seen))
    }
}

/// What a handshake left behind.
pub(crate) fn taken(seen: &Mutex<Seen>) -> Seen {
    seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The version in today's words.
pub(crate) fn protocol(version: Option<rustls::ProtocolVersion>) -> Option<Protocol> {
    match version? {
        rustls::ProtocolVersion::TLSv1_2 => Some(Protocol::Tls12),
        rustls::ProtocolVersion::TLSv1_3 => Some(Protocol::Tls13),
        _ => None,
    }
}

/// Why a handshake failed.
pub(crate) fn failure(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::AlertReceived(alert) => Failure::Alert(alert_name(u8::from(*alert)).into()),
        rustls::Error::InvalidMessage(_) => Failure::Tls("the answer is no TLS".into()),
        other => Failure::Tls(other.to_string().into()),
    }
}

/// The name of an alert (RFC 8446, section 6).
pub(crate) fn alert_name(code: u8) -> String {
    let name = match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        40 => "handshake_failure",
        42 => "bad_certificate",
        47 => "illegal_parameter",
        49 => "access_denied",
        50 => "decode_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        112 => "unrecognized_name",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return format!("number {code}"),
    };
    name.to_owned()
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.verifier {
            // Names and dates are judged by what is written in it.
            _ if self.given.iter().any(|given| given == end_entity) => Ok(()),
            Some(verifier) => verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp, now).map(|_| ()),
            None => Err(rustls::Error::General("no root certificates are known".to_owned())),
        };
        let certificates = std::iter::once(end_entity).chain(intermediates).take(10).filter_map(|der| certificate(der)).collect();
        let seen = Seen { certificates, distrust: verdict.err().map(|error| distrust(&error).into()) };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn distrust(error: &rustls::Error) -> String {
    let text = match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => "its issuer is not known",
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "it has expired"
        }
        rustls::Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "it does not hold yet"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "it is for another name",
        rustls::Error::InvalidCertificate(CertificateError::Revoked) => "it was revoked",
        rustls::Error::InvalidCertificate(CertificateError::BadSignature) => "its signature is wrong",
        other => return other.to_string(),
    };
    text.to_owned()
}

fn certificate(der: &[u8]) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let mut names = Vec::new();
    for extension in parsed.extensions() {
        if let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() {
            for name in &alternative.general_names {
                match name {
                    GeneralName::DNSName(name) => names.push((*name).into()),
                    GeneralName::IPAddress(bytes) => names.extend(ip(bytes).map(|ip| ip.to_string().into())),
                    _ => {}
                }
            }
        }
    }
    names.truncate(200);
    Some(Certificate {
        subject: parsed.subject().to_string().into(),
        issuer: parsed.issuer().to_string().into(),
        names,
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
    })
}

fn ip(bytes: &[u8]) -> Option<std::net::IpAddr> {
    <[u8; 4]>::try_from(bytes).map(Into::into).ok().or_else(|| <[u8; 16]>::try_from(bytes).map(Into::into).ok())
}
