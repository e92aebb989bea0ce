//! Secrets: credential-shaped text that can be judged but never printed.

use std::fmt;

use sha2::{Digest, Sha256};

/// A credential. It has no `Display` and no serialisation, and `Debug` prints `‹redacted›`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret(Known);

/// What is known of a credential.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Known {
    /// All of it.
    Text(String),
    /// What somebody who saw it told, without the text.
    Hearsay { length: usize, distinct: usize, insecure_prefix: bool, fingerprint: String, address: Option<String> },
}

/// The prefix of the keys that `startproject` makes: never meant for production.
const INSECURE_PREFIX: &str = "django-insecure-";

impl Secret {
    /// Takes text out of circulation.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Known::Text(text.into()))
    }

    /// A credential whose text was withheld: what [`Self::len`], [`Self::distinct`], [`Self::starts_with`] (of
    /// `django-insecure-`) and [`Self::fingerprint`] say of it.
    pub fn told(length: usize, distinct: usize, insecure_prefix: bool, fingerprint: impl Into<String>) -> Self {
        Self(Known::Hearsay { length, distinct, insecure_prefix, fingerprint: fingerprint.into(), address: None })
    }

    /// Adds to a withheld URL what is no credential in it: `redis://cache:6379/0`.
    #[must_use]
    pub fn with_address(mut self, url: impl Into<String>) -> Self {
        if let Known::Hearsay { address, .. } = &mut self.0 {
            *address = Some(url.into());
        }
        self
    }

    /// Length in characters, as Python's `len` counts them.
    pub fn len(&self) -> usize {
        match &self.0 {
            Known::Text(text) => text.chars().count(),
            Known::Hearsay { length, .. } => *length,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of distinct characters, as Python's `len(set(…))` counts them.
    pub fn distinct(&self) -> usize {
        match &self.0 {
            Known::Text(text) => text.chars().collect::<std::collections::BTreeSet<_>>().len(),
            Known::Hearsay { distinct, .. } => *distinct,
        }
    }

    /// Whether it starts with a public prefix such as `django-insecure-`. Of a withheld text that is the only prefix
    /// known; for every other the answer is no.
    pub fn starts_with(&self, prefix: &str) -> bool {
        match &self.0 {
            Known::Text(text) => text.starts_with(prefix),
            Known::Hearsay { insecure_prefix, .. } => *insecure_prefix && INSECURE_PREFIX.starts_with(prefix),
        }
    }

    /// The first twelve hexadecimal digits of the SHA-256 of its UTF-8 bytes: enough to compare, useless to reverse for
    /// a strong secret.
    pub fn fingerprint(&self) -> String {
        match &self.0 {
            Known::Text(text) => Sha256::digest(text.as_bytes())
                .iter()
                .take(6)
                .flat_map(|byte| [byte >> 4, byte & 15])
                .filter_map(|digit| char::from_digit(u32::from(digit), 16))
                .collect(),
            Known::Hearsay { fingerprint, .. } => fingerprint.clone(),
        }
    }

    /// For a URL, where it leads: of a withheld one without its user information and query. Judged, never shown.
    pub fn address(&self) -> Option<&str> {
        match &self.0 {
            Known::Text(text) => Some(text),
            Known::Hearsay { address, .. } => address.as_deref(),
        }
    }

    /// For a URL with credentials, the URL with its user information struck out: `postgres://‹redacted›@db/shop`.
    pub fn without_credentials(&self) -> Option<String> {
        let (scheme, rest) = self.address()?.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Some(format!("{scheme}://‹redacted›@{host}{}", tail.split('?').next().unwrap_or_default()))
    }

    /// The text itself; `None` where it was withheld. Every caller must be able to say why it may see it: comparing,
    /// masking, `--show-secrets`.
    pub fn text(&self) -> Option<&str> {
        match &self.0 {
            Known::Text(text) => Some(text),
            Known::Hearsay { .. } => None,
        }
    }

    /// The text itself, under the same condition as [`Self::text`]; empty where it was withheld.
    pub fn expose(&self) -> &str {
        self.text().unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("‹redacted›")
    }
}

/// Whether a setting, dictionary key or environment variable of this name holds a credential.
///
/// The words are those of Django's debug view (django/views/debug.py, `hidden_settings`), less the names that hold
/// something else: a key's prefix, a password policy, a header's name.
pub fn is_secret_name(name: &str) -> bool {
    const HARMLESS_ENDS: [&str; 42] = [
        "_PREFIX",
        "_HEADER",
        "_HEADER_NAME",
        "_HEADERS",
        "_NAME",
        "_PATH",
        "_FILE",
        "_FILENAME",
        "_BACKEND",
        "_BACKENDS",
        "_CLASS",
        "_CLASSES",
        "_FUNCTION",
        "_LIFETIME",
        "_AGE",
        "_TIMEOUT",
        "_TTL",
        "_SECONDS",
        "_DAYS",
        "_LENGTH",
        "_SIZE",
        "_MODEL",
        "_HASHERS",
        "_VALIDATORS",
        "_FORM",
        "_FORMS",
        "_FIELD",
        "_ENABLED",
        "_URL",
        "_VIEW",
        "_SERIALIZER",
        "_VERSION",
        "_TYPE",
        "_ALGORITHM",
        "_TEMPLATE",
        "_DIR",
        "_HOST",
        "_PORT",
        "_REDIRECT",
        "_PROVIDER",
        "_EXPIRE",
        "_LIMIT",
    ];
    // Asked of every key of every dictionary: no copy is made, and most letters begin no word.
    let name = name.as_bytes();
    let is = |at: usize, word: &str| name.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    let begins = |(at, first): (usize, &u8)| match first.to_ascii_uppercase() {
        b'A' => is(at, "API"),
        b'C' => is(at, "CREDENTIAL"),
        b'K' => is(at, "KEY"),
        b'P' => is(at, "PASS") || is(at, "PRIVATE"),
        b'S' => is(at, "SECRET") || is(at, "SIGNATURE"),
        b'T' => is(at, "TOKEN"),
        _ => false,
    };
    let ends = |end: &&str| name.len() >= end.len() && is(name.len() - end.len(), end);
    name.iter().enumerate().any(begins) && !HARMLESS_ENDS.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_prints_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "‹redacted›");
    }

    #[test]
    fn a_withheld_text_still_answers() {
        let seen = Secret::new("django-insecure-abcabc");
        let told = Secret::told(seen.len(), seen.distinct(), seen.starts_with("django-insecure-"), seen.fingerprint());
        assert_eq!((told.len(), told.distinct()), (22, seen.distinct()));
        assert_eq!(told.fingerprint(), seen.fingerprint());
        assert!(told.starts_with("django-insecure-") && !told.starts_with("django-insecure-a"));
        assert_eq!((told.text(), told.is_empty()), (None, false));
    }

    #[test]
    fn a_url_keeps_its_host() {
        let url = Secret::new("postgres://u:p@ss@db.internal:5432/shop?sslmode=require");
        assert_eq!(url.without_credentials().as_deref(), Some("postgres://‹redacted›@db.internal:5432/shop"));
        assert_eq!(Secret::new("no url").without_credentials(), None);
        let told = Secret::told(40, 20, false, "0123456789ab");
        assert_eq!(told.without_credentials(), None);
        assert_eq!(
            told.with_address("redis://cache:6379/0").without_credentials().as_deref(),
            Some("redis://‹redacted›@cache:6379/0")
        );
    }

    #[test]
    fn names() {
        for name in ["SECRET_KEY", "EMAIL_HOST_PASSWORD", "AWS_SECRET_ACCESS_KEY", "PASSWORD", "api_token", "STRIPE_API_KEY"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["PASSWORD_HASHERS", "AUTH_PASSWORD_VALIDATORS", "CACHE_KEY_PREFIX", "DEBUG", "PASSWORD_RESET_TIMEOUT"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
