//! Old TLS: a hand-made first message that offers one old version only, and what the server says to it.
//!
//! Today's libraries cannot offer TLS 1.0 or 1.1. To learn whether a server still takes them no cryptography is needed: it
//! either chooses the version in its own first message, or refuses with an alert.

use shipworthy_model::wire::{Failure, Protocol, Stage};

use crate::tls::alert_name;

/// Suites that servers which still speak old versions have: ECDHE and RSA with AES and 3DES, in CBC mode.
const SUITES: [u16; 8] = [0xc009, 0xc00a, 0xc013, 0xc014, 0x002f, 0x0035, 0x000a, 0x0033];

/// A `ClientHello` that offers one version (RFC 5246, section 7.4.1.2).
pub(crate) fn hello(version: Protocol, sni: Option<&str>, random: [u8; 32]) -> Vec<u8> {
    let code = code(version);
    let mut body = code.to_be_bytes().to_vec();
    body.extend(random);
    body.push(0); // no session to resume
    body.extend((SUITES.len() as u16 * 2).to_be_bytes());
    body.extend(SUITES.iter().flat_map(|suite| suite.to_be_bytes()));
    body.extend([1, 0]); // no compression
    let mut extensions = Vec::new();
    if let Some(name) = sni {
        let length = name.len() as u16;
        let mut entry = (length + 3).to_be_bytes().to_vec();
        entry.push(0);
        entry.extend(length.to_be_bytes());
        entry.extend(name.as_bytes());
        extension(&mut extensions, 0, &entry);
    }
    extension(&mut extensions, 10, &[0, 6, 0, 29, 0, 23, 0, 24]); // x25519, P-256, P-384
    extension(&mut extensions, 11, &[1, 0]); // uncompressed points
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let mut record = vec![22, 3, 1];
    record.extend((body.len() as u16 + 4).to_be_bytes());
    record.push(1);
    record.extend(&(body.len() as u32).to_be_bytes()[1..]);
    record.extend(body);
    record
}

/// How many bytes of the answer decide.
pub(crate) const ANSWER: usize = 11;

/// What the first bytes of the answer say: the version that the server chose, or why it did not.
pub(crate) fn answer(bytes: &[u8]) -> Result<Protocol, Failure> {
    match bytes {
        // A record of the handshake, in it a ServerHello with its version.
        [22, 3, _, _, _, 2, _, _, _, major, minor, ..] => {
            let chosen = u16::from_be_bytes([*major, *minor]);
            Protocol::ALL
                .into_iter()
                .find(|version| code(*version) == chosen)
                .ok_or_else(|| Failure::Tls("an unknown version".into()))
        }
        [21, _, _, _, _, _, alert, ..] => Err(Failure::Alert(alert_name(*alert).into())),
        [] => Err(Failure::Closed(Stage::Handshake)),
        _ => Err(Failure::Tls("the answer is no TLS".into())),
    }
}

fn extension(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_be_bytes());
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
}

fn code(version: Protocol) -> u16 {
    match version {
        Protocol::Tls10 => 0x0301,
        Protocol::Tls11 => 0x0302,
        Protocol::Tls12 => 0x0303,
        Protocol::Tls13 => 0x0304,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_add_up() {
        let hello = hello(Protocol::Tls10, Some("shop.example"), [7; 32]);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
        assert_eq!(u32::from_be_bytes([0, hello[6], hello[7], hello[8]]) as usize, hello.len() - 9);
        assert_eq!(hello[9..11], [3, 1]);
    }

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(answer(&[22, 3, 1, 0, 80, 2, 0, 0, 76, 3, 1, 0]), Ok(Protocol::Tls10));
        assert_eq!(answer(&[21, 3, 1, 0, 2, 2, 70]), Err(Failure::Alert("protocol_version".into())));
        assert_eq!(answer(b""), Err(Failure::Closed(Stage::Handshake)));
        assert!(matches!(answer(b"HTTP/1.1 400"), Err(Failure::Tls(_))));
    }
}
