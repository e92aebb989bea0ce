//! Tokens: credentials that give themselves away by their shape, wherever they stand.

use std::ops::Range;

use shipworthy_model::is_secret_name;

/// Prefixes that issuers put before their tokens, and how many characters of the token's alphabet follow at least.
const PREFIXES: [(&str, usize); 31] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("EAAC", 40),
    ("SG.", 20),
    ("dop_v1_", 30),
    ("eyJ", 30),
    ("gho_", 20),
    ("ghp_", 20),
    ("ghr_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("hf_", 20),
    ("key-", 32),
    ("npm_", 30),
    ("pypi-", 40),
    ("rk_live_", 10),
    ("rk_test_", 10),
    ("sk-", 24),
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("shpat_", 24),
    ("whsec_", 20),
    ("xapp-", 10),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
];

/// The bytes that hide a credential: tokens after their prefix, passwords in URLs, the body of private keys.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = url_credentials(text).collect();
    found.extend(prefixed(text));
    found.extend(private_keys(text));
    found
}

/// The passwords of URLs: `://user:PASSWORD@host`, `://LONGTOKEN@host`, `?password=PASSWORD`.
pub(crate) fn url_credentials(text: &str) -> impl Iterator<Item = Range<usize>> {
    // Every line of a report is asked: most are settled at a glance.
    let places = text.contains("://").then(|| text.match_indices("://"));
    places.into_iter().flatten().flat_map(|(at, _)| {
        let start = at + 3;
        let ends = |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>' | '`' | ',');
        let end = text[start..].find(ends).map_or(text.len(), |length| start + length);
        let mut found: Vec<Range<usize>> = userinfo_password(text, start, end).into_iter().collect();
        found.extend(query_passwords(text, start, end));
        found
    })
}

fn userinfo_password(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let authority_end = text[start..end].find(['/', '?', '#']).map_or(end, |length| start + length);
    // A password with a raw slash ends the authority early; then what follows the colon is no port.
    let strict = text[start..authority_end].contains('@');
    let at = start + text[start..if strict { authority_end } else { end }].rfind('@')?;
    let password = match text[start..at].find(':') {
        Some(colon) => start + colon + 1..at,
        None if strict && at - start >= 16 => start..at,
        None => return None,
    };
    let shown = &text[password.clone()];
    let is_port = !strict && shown.split('/').next().is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    (!is_port && !is_placeholder(shown)).then_some(password)
}

fn query_passwords(text: &str, start: usize, end: usize) -> Vec<Range<usize>> {
    let Some(query) = text[start..end].find('?').map(|length| start + length + 1) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = query;
    for pair in text[query..end].split(['&', ';']) {
        if let Some((name, value)) = pair.split_once('=')
            && is_secret_name(name)
            && !is_placeholder(value)
        {
            found.push(at + name.len() + 1..at + pair.len());
        }
        at += pair.len() + 1;
    }
    found
}

/// Whether text stands where a credential will be put: `{password}`, `%(pw)s`, `$PASSWORD`, `<password>`, `••••`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let inside = |open: &str, close: char| {
        text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|name| !name.contains(close))
    };
    text.is_empty()
        || matches!(text, "%s" | "{}" | "..." | "…" | "‹redacted›")
        || text.chars().all(|character| matches!(character, '*' | '•' | 'x' | 'X'))
        || inside("{", '}')
        || inside("<", '>')
        || (inside("${", '}') && !text.contains(":-"))
        || (text.starts_with("%(") && text.ends_with(")s"))
        || text
            .strip_prefix('$')
            .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// Tokens after their prefix. Most text has no word long enough, so it is walked once, word by word.
fn prefixed(text: &str) -> Vec<Range<usize>> {
    const SHORTEST: usize = 14;
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut end = 0;
    while end < bytes.len() {
        let word = end;
        end += bytes[word..].iter().take_while(|byte| in_token(**byte)).count();
        if end - word >= SHORTEST {
            let begins = |at: &usize| *at == word || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
            for at in (word..=end - SHORTEST).filter(begins) {
                let token = PREFIXES
                    .iter()
                    .filter(|(prefix, _)| bytes[at] == prefix.as_bytes()[0])
                    .find(|(prefix, least)| bytes[at..end].starts_with(prefix.as_bytes()) && end - at >= prefix.len() + least);
                if let Some((prefix, _)) = token {
                    found.push(at + prefix.len()..end);
                    break;
                }
            }
        }
        end += 1;
    }
    found
}

fn in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=')
}

/// The bodies of private keys in PEM form.
pub(crate) fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    let places = text.contains("-----BEGIN ").then(|| text.match_indices("-----BEGIN "));
    places.into_iter().flatten().filter_map(|(at, found)| {
        let header = at + found.len();
        let start = header + text[header..].find("-----")? + 5;
        text[header..start].contains("PRIVATE KEY").then(|| {
            let end = text[start..].find("-----END ").map_or(text.len(), |length| start + length);
            start..end
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn urls() {
        assert_eq!(found("redis://:pw@cache/0 and amqp://a:b/c@mq//"), ["pw", "b/c"]);
        assert_eq!(found("'https://0123456789abcdef0123@sentry.io/1'"), ["0123456789abcdef0123"]);
        assert_eq!(found("postgres://db/x?user=a&password=p%20w&sslmode=require"), ["p%20w"]);
        let harmless = "https://example.com:8000/@user git://git@host postgres://u:{pw}@db postgres://u:${PW}@db x://u:%s@h";
        assert!(found(harmless).is_empty(), "{:?}", found(harmless));
    }

    #[test]
    fn shapes() {
        assert_eq!(found("AKIAIOSFODNN7EXAMPLE"), ["IOSFODNN7EXAMPLE"]);
        assert_eq!(found("sk_live_4eC39HqLyjWDarjtT1zdp7dc!"), ["4eC39HqLyjWDarjtT1zdp7dc"]);
        assert_eq!(found("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"), ["\nabc\n"]);
        assert!(found("-----BEGIN CERTIFICATE-----\nabc risk-management sk-learn AKIA").is_empty());
    }
}
