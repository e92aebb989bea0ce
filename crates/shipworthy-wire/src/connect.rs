//! Connections: a stream to the site, by address or socket, with or without TLS.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use shipworthy_model::wire::{Failure, Handshake, Stage};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use crate::legacy;
use crate::options::Access;
use crate::tls::{self, Trust};

/// A stream of whatever kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream of whatever kind, owned.
pub(crate) struct Connection(Box<dyn Stream>);

/// Opens a stream. Gives where it leads as well.
pub(crate) async fn open(access: &Access, port: u16) -> Result<(Connection, String), Failure> {
    match access {
        Access::Socket(path) => match UnixStream::connect(path).await {
            Ok(stream) => Ok((Connection(Box::new(stream)), path.to_string_lossy().into_owned())),
            Err(error) => Err(refused(&error)),
        },
        Access::Addresses(addresses) => {
            let mut last = Failure::Unreachable("no address is known".into());
            for address in addresses {
                let address = SocketAddr::new(*address, port);
                match TcpStream::connect(address).await {
                    Ok(stream) => {
                        // Small requests should not wait for each other's acknowledgements.
                        let _ = stream.set_nodelay(true);
                        return Ok((Connection(Box::new(stream)), address.to_string()));
                    }
                    Err(error) => last = refused(&error),
                }
            }
            Err(last)
        }
    }
}

/// The address as it would be connected to, for requests that never got there.
pub(crate) fn shown(access: &Access, port: u16) -> String {
    match access {
        Access::Socket(path) => path.to_string_lossy().into_owned(),
        Access::Addresses(addresses) => {
            addresses.first().map_or_else(String::new, |address: &IpAddr| SocketAddr::new(*address, port).to_string())
        }
    }
}

/// Puts TLS over a stream. The handshake tells what was seen, whether it succeeded or not.
pub(crate) async fn secure(
    stream: Connection,
    trust: &Trust,
    name: &str,
    sni: Option<&str>,
    h2: bool,
) -> (Option<Connection>, Handshake) {
    let mut handshake = Handshake { sni: sni.map(Into::into), ..Handshake::default() };
    let server = ServerName::try_from(sni.unwrap_or(name).to_owned());
    let (config, server) = match (trust.config(sni.is_some(), h2), server) {
        (Ok(config), Ok(server)) => (config, server),
        (Err(failure), _) => {
            handshake.failure = Some(failure);
            return (None, handshake);
        }
        (_, Err(_)) => {
            handshake.failure = Some(Failure::Tls("the host is no name that TLS can ask for".into()));
            return (None, handshake);
        }
    };
    let (config, seen) = config;
    let result = TlsConnector::from(config).connect(server, stream).await;
    let seen = tls::taken(&seen);
    handshake.certificates = seen.certificates;
    handshake.distrust = seen.distrust;
    match result {
        Ok(stream) => {
            let (_, session) = stream.get_ref();
            handshake.chosen = tls::protocol(session.protocol_version());
            handshake.alpn = session.alpn_protocol().map(|name| Arc::from(String::from_utf8_lossy(name)));
            (Some(Connection(Box::new(stream))), handshake)
        }
        Err(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            handshake.failure = Some(inner.map_or_else(|| broken(&error, Stage::Handshake), tls::failure));
            (None, handshake)
        }
    }
}

/// Offers one old version of TLS and reads what the server says.
pub(crate) async fn offer(mut stream: Connection, hello: &[u8], handshake: &mut Handshake) {
    let mut bytes = Vec::new();
    if let Err(error) = stream.write_all(hello).await {
        handshake.failure = Some(broken(&error, Stage::Handshake));
        return;
    }
    let mut answer = [0; legacy::ANSWER];
    while bytes.len() < legacy::ANSWER {
        match stream.read(&mut answer[bytes.len()..]).await {
            Ok(0) => break,
            Ok(read) => {
                let from = bytes.len();
                bytes.extend_from_slice(&answer[from..from + read]);
            }
            Err(error) if bytes.is_empty() => {
                handshake.failure = Some(broken(&error, Stage::Handshake));
                return;
            }
            Err(_) => break,
        }
    }
    match legacy::answer(&bytes) {
        Ok(version) => handshake.chosen = Some(version),
        Err(failure) => handshake.failure = Some(failure),
    }
}

/// What an error of the system means at a stage.
pub(crate) fn broken(error: &std::io::Error, stage: Stage) -> Failure {
    match error.kind() {
        std::io::ErrorKind::ConnectionReset
        | std::io::ErrorKind::ConnectionAborted
        | std::io::ErrorKind::BrokenPipe
        | std::io::ErrorKind::NotConnected
        | std::io::ErrorKind::UnexpectedEof => Failure::Closed(stage),
        std::io::ErrorKind::TimedOut => Failure::Timeout(stage),
        _ => Failure::Unreachable(error.to_string().into()),
    }
}

fn refused(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => Failure::Refused,
        _ => broken(error, Stage::Connecting),
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}
