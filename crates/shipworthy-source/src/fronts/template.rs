//! Placeholders of templates in configuration files: what stands in their place is not known.

use shipworthy_model::{Region, Unknown, Why};

/// A placeholder in a text: where it begins and ends, and why its value is not known.
pub(crate) struct Hole {
    /// First byte.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// The reason.
    pub(crate) why: Why,
}

/// The first placeholder at or after `from`: `{{ x }}`, `{% x %}`, `<%= x %>`, `${X}` and `$X` in capitals, `__X__`, `@X@`,
/// `%%X%%`, `<x>`.
pub(crate) fn hole(text: &str, from: usize) -> Option<Hole> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let found = match bytes[at] {
            b'{' => {
                paired(text, at, "{{", "}}").or_else(|| paired(text, at, "{%", "%}")).or_else(|| paired(text, at, "{#", "#}"))
            }
            b'<' => paired(text, at, "<%", "%>").or_else(|| angle(text, at)),
            b'$' => variable(text, at),
            b'_' => framed(text, at, "__"),
            b'@' => framed(text, at, "@"),
            b'%' => framed(text, at, "%%"),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        at += 1;
    }
    None
}

/// Why a text is not known, if a placeholder is in it.
pub(crate) fn unknown(text: &str, at: Region) -> Option<Unknown> {
    hole(text, 0).map(|hole| Unknown::new(hole.why, Some(at)))
}

fn made(text: &str, start: usize, end: usize) -> Hole {
    let shown: String = text[start..end].chars().take(60).collect();
    Hole { start, end, why: Why::Unsupported(format!("the template's `{shown}`").into()) }
}

fn paired(text: &str, at: usize, open: &str, close: &str) -> Option<Hole> {
    let inside = text[at..].strip_prefix(open)?;
    let length = inside.find(close)?;
    Some(made(text, at, at + open.len() + length + close.len()))
}

/// `<your-domain>`: a word to be replaced by hand.
fn angle(text: &str, at: usize) -> Option<Hole> {
    let length = text[at + 1..].find('>')?;
    let word = &text[at + 1..at + 1 + length];
    let is_word = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_ .".contains(&byte));
    // A named group of a pattern, `(?<name>`, is none.
    let is_group = at > 0 && matches!(text.as_bytes()[at - 1], b'?' | b'P');
    (is_word && !is_group).then(|| made(text, at, at + length + 2))
}

/// A variable of the shell. Those in capitals only: nginx's own are in lower case.
fn variable(text: &str, at: usize) -> Option<Hole> {
    let rest = &text[at + 1..];
    let (name, end) = if let Some(inside) = rest.strip_prefix('{') {
        let close = inside.find('}')?;
        (inside[..close].split([':', '-', '?', '=']).next().unwrap_or_default(), at + close + 3)
    } else {
        let length = rest.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_')).unwrap_or(rest.len());
        (&rest[..length], at + 1 + length)
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let is_name = is_name && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    is_name.then(|| Hole { start: at, end, why: Why::Variable(name.into()) })
}

fn framed(text: &str, at: usize, frame: &str) -> Option<Hole> {
    let inside = text[at..].strip_prefix(frame)?;
    let length = inside.find(frame)?;
    let name = &inside[..length];
    let is_name =
        name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    let end = at + 2 * frame.len() + length;
    is_name.then(|| made(text, at, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_variables_are_not() {
        for (text, found) in [
            ("https://{{ domain }}/x", Some("{{ domain }}")),
            ("${PORT}", Some("${PORT}")),
            ("$DOMAIN$request_uri", Some("$DOMAIN")),
            ("${NGINX_HOST:-shop}", Some("${NGINX_HOST:-shop}")),
            ("__DOMAIN__", Some("__DOMAIN__")),
            ("@HOST@", Some("@HOST@")),
            ("<your-domain>", Some("<your-domain>")),
            ("<%= @host %>", Some("<%= @host %>")),
            ("$host$request_uri", None),
            ("${scheme}", None),
            ("^/(?<year>\\d+)/", None),
            ("@django", None),
            ("a%20b", None),
        ] {
            assert_eq!(hole(text, 0).map(|hole| &text[hole.start..hole.end]), found, "{text}");
        }
    }
}
