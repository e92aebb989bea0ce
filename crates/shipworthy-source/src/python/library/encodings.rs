//! `base64`, `binascii`, `hashlib` and `uuid`: bytes written otherwise, where the input is known.

use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD, URL_SAFE};
use sha2::Digest;
use shipworthy_model::Region;

use super::{Library, TEXT, no_attribute};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["base64", "binascii", "hashlib", "uuid.UUID"],
    call,
    attribute: no_attribute,
    methods: &["Hash.update", "Hash.digest", "Hash.hexdigest", "Hash.copy"],
};

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let (module, function) = name.split_once('.')?;
    match (module, function) {
        ("uuid", "UUID") => return uuid(interp, args, at),
        ("hashlib", "Hash.update") => {
            let (hash, more) = (args.pos.first()?, bytes_of(interp, args.pos.get(1)?)?);
            let Kind::Bytes(so_far) = interp.native_attribute(hash, "*input*")?.kind else { return None };
            let input = Val::new(Kind::Bytes([&*so_far, &more].concat().into()));
            return Some(interp.set_attribute(hash, "*input*", input, at).map(|()| Val::none()));
        }
        ("hashlib", "Hash.digest" | "Hash.hexdigest") => {
            let hash = args.pos.first()?;
            let Kind::Bytes(input) = interp.native_attribute(hash, "*input*")?.kind else { return None };
            let algorithm = interp.native_attribute(hash, "name")?;
            let digest = match algorithm.as_str()? {
                "md5" => md5::Md5::digest(&input).to_vec(),
                "sha1" => sha1::Sha1::digest(&input).to_vec(),
                "sha224" => sha2::Sha224::digest(&input).to_vec(),
                "sha256" => sha2::Sha256::digest(&input).to_vec(),
                "sha384" => sha2::Sha384::digest(&input).to_vec(),
                "sha512" => sha2::Sha512::digest(&input).to_vec(),
                _ => return None,
            };
            return Some(Ok(if function == "Hash.digest" {
                Val::new(Kind::Bytes(digest.into()))
            } else {
                Val::str(hex(&digest))
            }));
        }
        ("hashlib", algorithm @ ("md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512")) => {
            let input = match args.get(0, "string") {
                Some(input) => bytes_of(interp, input)?,
                None => Vec::new(),
            };
            let attributes = vec![("*input*", Val::new(Kind::Bytes(input.into()))), ("name", Val::str(algorithm))];
            return Some(Ok(interp.native_instance("hashlib.Hash", attributes)));
        }
        _ => {}
    }
    let value = args.pos.first()?;
    if args.pos.len() + args.kw.len() > 1 {
        return None;
    }
    let input = match (&value.kind, function.contains("decode")) {
        (Kind::Str(text), true) if text.is_ascii() => text.as_bytes().to_vec(),
        (Kind::Bytes(bytes), _) => bytes.to_vec(),
        (Kind::Str(_) | Kind::None, false) => {
            return Some(Err(interp.raise_on("TypeError", "bytes are encoded, not text", at, &[value])));
        }
        _ => return None,
    };
    if interp.sized(input.len() * 2).is_err() {
        return None;
    }
    let bytes = |bytes: Vec<u8>| Some(Ok(Val::new(Kind::Bytes(bytes.into()))));
    match name {
        "base64.b64encode" | "base64.standard_b64encode" => bytes(STANDARD.encode(input).into_bytes()),
        "base64.urlsafe_b64encode" => bytes(URL_SAFE.encode(input).into_bytes()),
        "base64.b16encode" => bytes(hex(&input).to_ascii_uppercase().into_bytes()),
        "base64.b32encode" => bytes(base32(&input).into_bytes()),
        "binascii.hexlify" => bytes(hex(&input).into_bytes()),
        "base64.b64decode" | "base64.standard_b64decode" | "base64.urlsafe_b64decode" => {
            let url_safe = name.contains("urlsafe");
            let alphabet = if url_safe { base64::alphabet::URL_SAFE } else { base64::alphabet::STANDARD };
            // Python passes over characters that do not belong to the alphabet, and over the bits behind the last byte.
            let is_ours =
                |byte: &u8| byte.is_ascii_alphanumeric() || (if url_safe { b"-_".contains(byte) } else { b"+/".contains(byte) });
            let padding = input.iter().rev().take_while(|byte| **byte == b'=').count();
            let body = &input[..input.len() - padding];
            if !body.iter().all(is_ours) {
                return None;
            }
            let wrong = body.len() % 4 == 1 || (body.len() % 4 != 0 && padding < 4 - body.len() % 4);
            if wrong {
                let deps = value.deps.clone();
                return Some(Err(interp.raise_with("binascii.Error", "the text is no base64", at, deps)));
            }
            let config = GeneralPurposeConfig::new()
                .with_decode_allow_trailing_bits(true)
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
            GeneralPurpose::new(&alphabet, config).decode(body).ok().and_then(bytes)
        }
        _ => None,
    }
}

/// The bytes of a value that is hashed; text is refused by Python, which is left to be unknown.
fn bytes_of(_interp: &Interp<'_>, value: &Val) -> Option<Vec<u8>> {
    match &value.kind {
        Kind::Bytes(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn base32(input: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in input.chunks(5) {
        let mut buffer = [0u8; 5];
        buffer[..chunk.len()].copy_from_slice(chunk);
        let number = buffer.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        let digits = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = (number >> (35 - 5 * index)) & 31;
            out.push(if index < digits { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    out
}

fn uuid(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Res<Val>> {
    let value = args.get(0, "hex")?;
    if args.pos.len() + args.kw.len() != 1 {
        return None;
    }
    let text = value.as_str()?;
    let digits = text.replace("urn:", "").replace("uuid:", "");
    let digits = digits.trim_matches(['{', '}']).replace('-', "").to_ascii_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(Err(interp.raise_on("ValueError", "the text is no UUID", at, &[value])));
    }
    let shown = format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
    Some(Ok(interp.native_instance("uuid.UUID", vec![("hex", Val::str(digits)), (TEXT, Val::str(shown))])))
}
