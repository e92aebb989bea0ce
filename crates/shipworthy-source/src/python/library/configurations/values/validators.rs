//! What Django's validators say of texts that settings are set to.

use std::net::IpAddr;

use shipworthy_model::Region;

use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::Val;

/// Whether a validating value takes a text; `None` where only Django's own patterns can tell.
pub(super) fn is_valid(interp: &mut Interp<'_>, object: &Val, class: &str, value: &Val, at: Region) -> Res<Option<bool>> {
    let Some(text) = value.as_str() else { return Ok(None) };
    Ok(match class {
        "EmailValue" => is_email(text),
        "URLValue" => is_url(text),
        "IPValue" => match text.parse::<IpAddr>() {
            Ok(_) => Some(true),
            // A zone behind an address is for Python's version to allow.
            Err(_) if text.split_once('%').is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok()) => None,
            Err(_) => Some(false),
        },
        _ => {
            let Some(regex) = interp.native_attribute(object, "regex").filter(|regex| !regex.is_none()) else { return Ok(None) };
            let found = interp.call_extern(&"re.search".into(), Args::of(vec![regex, value.clone()]), at)?;
            interp.truth(&found)
        }
    })
}

/// `validate_email`, for addresses without quotes and literals.
fn is_email(text: &str) -> Option<bool> {
    let Some((user, domain)) = text.rsplit_once('@') else { return Some(false) };
    // Of the characters beyond ASCII these are letters of it in another case, where case does not count.
    if user.chars().any(|c| !c.is_ascii() && !"ıİſ\u{212a}".contains(c)) && !user.contains('"') {
        return Some(false);
    }
    if let Some(quoted) = user.strip_prefix('"').and_then(|user| user.strip_suffix('"'))
        && !quoted.contains('\\')
        && quoted.contains(' ')
    {
        return Some(false);
    }
    if !text.is_ascii() || text.len() > 250 || user.contains('"') || domain.starts_with('[') {
        return None;
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-!#$%&'*+/=?^_`{}|~".contains(&byte);
    let user = user.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(allowed));
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| {
        !label.is_empty() && label.len() < 64 && !label.starts_with('-') && !label.ends_with('-') && is_plain(label)
    };
    let domain =
        domain == "localhost" || labels.len() > 1 && labels.iter().all(label) && labels.last().is_some_and(|last| last.len() > 1);
    Some(user && domain)
}

/// `URLValidator()`, for plain host names.
fn is_url(text: &str) -> Option<bool> {
    let Some((scheme, rest)) = text.split_once("://") else { return Some(false) };
    // No part of a URL may hold a blank.
    if text.contains(char::is_whitespace) {
        return Some(false);
    }
    if !matches!(&*scheme.to_ascii_lowercase(), "http" | "https" | "ftp" | "ftps") || rest.is_empty() {
        return Some(false);
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let labels: Vec<&str> = host.split('.').collect();
    let plain = host == "localhost"
        || labels.len() > 1
            && labels
                .iter()
                .all(|label| !label.is_empty() && label.len() < 60 && label.bytes().all(|byte| byte.is_ascii_alphabetic()))
            && labels.last().is_some_and(|last| last.len() > 1);
    if host.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !host.eq_ignore_ascii_case("localhost")
        && !authority.contains('@')
    {
        return Some(false);
    }
    if host.contains('_') && !authority.contains('@') {
        return Some(false);
    }
    // What stands behind the colon of a host is a number.
    if !authority.contains(['@', '[']) && port.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Some(false);
    }
    let port = port.len() < 5 && port.bytes().all(|byte| byte.is_ascii_digit()) && !authority.ends_with(':');
    let tail = tail.bytes().all(|byte| byte.is_ascii_graphic());
    (plain && port && tail).then_some(true)
}

fn is_plain(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
