//! Conditions under which a part of a configuration applies, and whether one holds for a request.

use std::sync::Arc;

use super::{Name, Pattern, Request, Scheme, Text};
use crate::{Truth, Unknown, Why};

/// A condition on a request.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// No condition.
    Always,
    /// The scheme of the client's connection.
    Scheme(Scheme),
    /// One of these hosts.
    Host(Vec<Name>),
    /// The path passes the test.
    Path(Test),
    /// One of these methods, in upper case.
    Method(Vec<Arc<str>>),
    /// A text made from the request passes the test.
    Text(Text, Test),
    /// The client's address, as the front end sees it, is one of these addresses or networks; as written.
    Client(Vec<Arc<str>>),
    /// A file or folder of this name is there (`if (-f …)`, Caddy's `file`): not known from a configuration.
    File(Text),
    /// All of these.
    All(Vec<When>),
    /// At least one of these.
    Any(Vec<When>),
    /// Not this.
    Not(Box<When>),
    /// Something that is not modelled.
    Unknown(Unknown),
}

/// How a text is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Equal to one of these; with case ignored where the flag says so.
    Is(Vec<Arc<str>>, bool),
    /// Begins with one of these; with case ignored where the flag says so.
    Starts(Vec<Arc<str>>, bool),
    /// Ends with one of these; with case ignored where the flag says so.
    Ends(Vec<Arc<str>>, bool),
    /// Contains one of these; with case ignored where the flag says so.
    Contains(Vec<Arc<str>>, bool),
    /// The path of one of these, or one below it by whole names (`/a` and `/a/b`, not `/ab`).
    Below(Vec<Arc<str>>),
    /// One of these patterns is found.
    Finds(Vec<Pattern>),
    /// Neither empty nor `0`: what nginx's `if ($variable)` asks.
    Truthy,
    /// Not empty.
    Present,
    /// One of these, where `*` stands for any text.
    Glob(Vec<Arc<str>>, bool),
}

impl When {
    /// The hosts that it speaks of, wherever in it and whether it wants them or not.
    pub fn named_hosts(&self) -> Vec<&Name> {
        match self {
            Self::Host(names) => names.iter().collect(),
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(Self::named_hosts).collect(),
            Self::Not(inner) => inner.named_hosts(),
            Self::Always
            | Self::Scheme(_)
            | Self::Path(_)
            | Self::Method(_)
            | Self::Text(..)
            | Self::Client(_)
            | Self::File(_)
            | Self::Unknown(_) => Vec::new(),
        }
    }

    /// Both; conditions that always hold are left out.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (Self::All(mut all), other) => {
                all.push(other);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether it always holds.
    pub fn is_always(&self) -> bool {
        *self == Self::Always
    }

    /// Whether it holds for a request.
    pub fn holds(&self, request: &Request) -> Truth {
        match self {
            Self::Always => Truth::Yes,
            Self::Scheme(scheme) => (*scheme == request.scheme).into(),
            Self::Host(names) => names.iter().map(|name| name.matches(&request.hostname())).fold(Truth::No, Truth::or),
            Self::Path(test) => test.passes(&request.path),
            Self::Method(methods) => methods.iter().any(|method| **method == *request.method).into(),
            Self::Text(made, test) => match made.render(request) {
                Ok(made) => test.passes(&made),
                Err(why) => Truth::Unknown(why),
            },
            Self::Client(networks) => networks.iter().map(|network| is_in(&request.client, network)).fold(Truth::No, Truth::or),
            Self::File(_) if let Some(there) = request.there => there.into(),
            Self::File(text) => Truth::Unknown(Unknown::new(Why::File("a file of the server".into()), text.at)),
            Self::All(every) => every.iter().map(|it| it.holds(request)).fold(Truth::Yes, Truth::and),
            Self::Any(some) => some.iter().map(|it| it.holds(request)).fold(Truth::No, Truth::or),
            Self::Not(inner) => !inner.holds(request),
            Self::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }

    /// The hosts that the condition asks for, where it certainly asks for some; `None` where any host may pass.
    pub fn hosts(&self) -> Option<Vec<&Name>> {
        match self {
            Self::Host(names) => Some(names.iter().collect()),
            Self::All(all) => all.iter().find_map(Self::hosts),
            Self::Any(any) => any.iter().map(Self::hosts).collect::<Option<Vec<_>>>().map(|all| all.concat()),
            Self::Always
            | Self::Scheme(_)
            | Self::Path(_)
            | Self::Method(_)
            | Self::Text(..)
            | Self::Client(_)
            | Self::File(_)
            | Self::Not(_)
            | Self::Unknown(_) => None,
        }
    }
}

/// Whether an address is in a network such as `10.0.0.0/8`; words for groups of networks are unknown, except those for all
/// and for private ones.
pub(crate) fn is_in(address: &str, network: &str) -> Truth {
    let unknown = || Truth::Unknown(Unknown::new(Why::Unsupported(format!("the network `{network}`").into()), None));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return unknown() };
    match network {
        "all" => return Truth::Yes,
        "private_ranges" => {
            let ranges = ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.1/8", "fd00::/8", "::1/128"];
            return ranges.iter().map(|range| is_in(&address.to_string(), range)).fold(Truth::No, Truth::or);
        }
        _ => {}
    }
    let (base, bits) = network.split_once('/').map_or((network, None), |(base, bits)| (base, bits.parse::<u32>().ok()));
    match (address, base.parse::<std::net::IpAddr>()) {
        (std::net::IpAddr::V4(address), Ok(std::net::IpAddr::V4(base))) => {
            let bits = bits.unwrap_or(32).min(32);
            let shift = |value: u32| value.checked_shr(32 - bits).unwrap_or(0);
            (shift(address.to_bits()) == shift(base.to_bits())).into()
        }
        (std::net::IpAddr::V6(address), Ok(std::net::IpAddr::V6(base))) => {
            let bits = bits.unwrap_or(128).min(128);
            let shift = |value: u128| value.checked_shr(128 - bits).unwrap_or(0);
            (shift(address.to_bits()) == shift(base.to_bits())).into()
        }
        (_, Ok(_)) => Truth::No,
        (_, Err(_)) => unknown(),
    }
}

impl Test {
    /// Whether a text passes.
    pub fn passes(&self, text: &str) -> Truth {
        let any = |known: &[Arc<str>], fold: bool, test: fn(&str, &str) -> bool| {
            let text = if fold { text.to_lowercase() } else { text.to_owned() };
            known.iter().any(|known| if fold { test(&text, &known.to_lowercase()) } else { test(&text, known) }).into()
        };
        match self {
            Self::Is(known, fold) => any(known, *fold, |text, known| text == known),
            Self::Starts(known, fold) => any(known, *fold, |text, known| text.starts_with(known)),
            Self::Ends(known, fold) => any(known, *fold, |text, known| text.ends_with(known)),
            Self::Contains(known, fold) => any(known, *fold, |text, known| text.contains(known)),
            Self::Below(paths) => paths.iter().any(|path| is_at_or_below(text, path)).into(),
            Self::Finds(patterns) => patterns.iter().map(|pattern| pattern.finds(text)).fold(Truth::No, Truth::or),
            Self::Truthy => (!text.is_empty() && text != "0").into(),
            Self::Present => (!text.is_empty()).into(),
            Self::Glob(known, fold) => any(known, *fold, |text, known| is_glob_match(text.as_bytes(), known.as_bytes())),
        }
    }
}

/// Whether a path is `prefix` or below it, by whole names.
pub(crate) fn is_at_or_below(path: &str, prefix: &str) -> bool {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a text is of a form where `*` stands for anything: at worst as many steps as the product of both lengths.
fn is_glob_match(text: &[u8], form: &[u8]) -> bool {
    let (mut at, mut place, mut star, mut mark) = (0, 0, None, 0);
    while at < text.len() {
        if form.get(place) == Some(&b'*') {
            star = Some(place);
            mark = at;
            place += 1;
        } else if form.get(place) == Some(&text[at]) {
            at += 1;
            place += 1;
        } else if let Some(star) = star {
            mark += 1;
            at = mark;
            place = star + 1;
        } else {
            return false;
        }
    }
    form[place..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_addresses() {
        assert!(is_in("10.1.2.3", "10.0.0.0/8").is_yes() && is_in("11.1.2.3", "10.0.0.0/8").is_no());
        assert!(is_in("203.0.113.7", "0.0.0.0/0").is_yes() && is_in("203.0.113.7", "::/0").is_no());
        assert!(is_in("fd12::1", "private_ranges").is_yes() && is_in("203.0.113.7", "private_ranges").is_no());
        assert!(matches!(is_in("203.0.113.7", "{{ proxy }}"), Truth::Unknown(_)));
    }

    #[test]
    fn texts_pass_tests() {
        let list = |words: &[&str]| words.iter().map(|word| Arc::from(*word)).collect::<Vec<Arc<str>>>();
        assert!(Test::Glob(list(&["/a/*/c"]), false).passes("/a/b/b/c").is_yes());
        assert!(Test::Glob(list(&["*.php"]), true).passes("/X.PHP").is_yes());
        assert!(Test::Glob(list(&["/a*"]), false).passes("/b").is_no());
        assert!(Test::Below(list(&["/media"])).passes("/mediax").is_no());
        assert!(Test::Below(list(&["/media/"])).passes("/media").is_yes());
        assert!(Test::Below(list(&["/"])).passes("/media").is_yes());
        assert!(Test::Truthy.passes("0").is_no());
    }
}
