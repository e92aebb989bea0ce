//! Headers: what a front end makes of them on the way to the upstream, and what it adds on the way back.

use std::sync::Arc;

use super::{Known, Request, Text, When};
use crate::{Region, Truth, Unknown};

/// A change to a request header on its way upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderRule {
    /// The header, in lower case with dashes.
    pub name: Arc<str>,
    /// The change.
    pub change: Change,
    /// The condition.
    pub when: When,
    /// Where it is said; `None` for what the program does unasked.
    pub at: Option<Region>,
}

/// A change to a header.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It gets this text, whatever it was. An empty text removes it.
    Set(Text),
    /// It gets this text if it is not there.
    Default(Text),
    /// This text comes after what it was, after a comma or as a line of its own: readers see the client's first.
    Append(Text),
    /// It goes.
    Remove,
    /// It is the client's again, whatever the program or an outer level did to it.
    Keep,
    /// Not known.
    Unknown(Unknown),
}

/// A change to a response header.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseHeader {
    /// The header, in lower case.
    pub name: Arc<str>,
    /// The change, to what the upstream said.
    pub change: Change,
    /// Whether error responses get it too (nginx's and Apache's `always`).
    pub always: bool,
    /// The condition.
    pub when: When,
    /// Where it is said.
    pub at: Region,
}

/// What arrives upstream of a request header.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent {
    /// What the client sent, untouched.
    Client,
    /// Nothing.
    Removed,
    /// This text and nothing of the client's own, unless the text says so.
    Text(Text, Option<Region>),
    /// The first, then this text behind it.
    Extended(Box<Sent>, Text, Option<Region>),
    /// This text where the first is absent.
    Defaulted(Box<Sent>, Text, Option<Region>),
    /// The first of these whose condition holds.
    OneOf(Vec<(When, Sent)>),
    /// Not known.
    Unknown(Unknown),
}

impl Sent {
    /// What rules make of a header that the client sends; later rules see what earlier ones made.
    pub fn by<'a>(rules: impl Iterator<Item = &'a HeaderRule>, name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        rules.filter(|rule| *rule.name == *name).fold(Self::Client, |before, rule| {
            let at = rule.at;
            let after = match &rule.change {
                Change::Set(text) if text.pieces.is_empty() => Self::Removed,
                Change::Set(text) => Self::Text(text.clone(), at),
                Change::Default(text) => Self::Defaulted(Box::new(before.clone()), text.clone(), at),
                Change::Append(text) => Self::Extended(Box::new(before.clone()), text.clone(), at),
                Change::Remove => Self::Removed,
                Change::Keep => Self::Client,
                Change::Unknown(why) => Self::Unknown(why.clone()),
            };
            if rule.when.is_always() { after } else { Self::OneOf(vec![(rule.when.clone(), after), (When::Always, before)]) }
        })
    }

    /// Whether a client can choose what the upstream reads, for some request at least. Readers such as Django take the
    /// leftmost of several values, so what is only appended to is the client's.
    pub fn is_clients(&self) -> Truth {
        match self {
            Self::Client => Truth::Yes,
            Self::Removed => Truth::No,
            Self::Text(text, _) => text.is_clients(),
            Self::Extended(inner, ..) | Self::Defaulted(inner, ..) => inner.is_clients(),
            Self::OneOf(sides) => sides.iter().map(|(_, side)| side.is_clients()).fold(Truth::No, Truth::or),
            Self::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }

    /// Whether it is the `Host` header as the client wrote it, which need not be the host that chose the site: of a request
    /// with an absolute target, sites are chosen by the target. (nginx's `$http_host`.)
    pub fn is_raw_host(&self) -> bool {
        match self {
            Self::Text(text, _) => matches!(text.as_part(), Some(super::Part::HostHeader)),
            Self::OneOf(sides) => sides.iter().any(|(_, side)| side.is_raw_host()),
            Self::Client | Self::Removed | Self::Extended(..) | Self::Defaulted(..) | Self::Unknown(_) => false,
        }
    }

    /// Whether the client can choose it in requests like this one.
    pub fn is_clients_for(&self, request: &Request) -> Truth {
        match self {
            Self::OneOf(sides) => {
                let mut doubt = None;
                for (when, side) in sides {
                    match (when.holds(request), side.is_clients_for(request)) {
                        (Truth::No, _) => {}
                        (Truth::Yes, answer) => {
                            return doubt.map_or(answer.clone(), |why| if answer.is_no() { Truth::Unknown(why) } else { answer });
                        }
                        (Truth::Unknown(why), answer) => doubt = (!answer.is_no()).then_some(why).or(doubt),
                    }
                }
                doubt.map_or(Truth::No, Truth::Unknown)
            }
            Self::Extended(inner, ..) | Self::Defaulted(inner, ..) => inner.is_clients_for(request),
            Self::Client | Self::Removed | Self::Text(..) | Self::Unknown(_) => self.is_clients(),
        }
    }

    /// What arrives for one request: the text, or `None` where the header is absent.
    pub fn arrives(&self, request: &Request, name: &str) -> Known<Option<String>> {
        match self {
            Self::Client if name.eq_ignore_ascii_case("host") => Ok(Some(request.host.clone())),
            Self::Client => Ok(request.header(&name.to_ascii_lowercase())),
            Self::Removed => Ok(None),
            Self::Text(text, _) => Ok(Some(text.render(request)?).filter(|text| !text.is_empty())),
            Self::Extended(inner, text, _) => {
                let text = text.render(request)?;
                let first = inner.arrives(request, name)?;
                if text.is_empty() {
                    return Ok(first);
                }
                Ok(Some(first.map_or(text.clone(), |first| format!("{first}, {text}"))))
            }
            Self::Defaulted(inner, text, _) => match inner.arrives(request, name)? {
                Some(first) => Ok(Some(first)),
                None => text.render(request).map(Some),
            },
            Self::OneOf(sides) => {
                for (when, side) in sides {
                    match when.holds(request) {
                        Truth::Yes => return side.arrives(request, name),
                        Truth::No => {}
                        Truth::Unknown(why) => return Err(why),
                    }
                }
                Ok(None)
            }
            Self::Unknown(why) => Err(why.clone()),
        }
    }

    /// Where it is decided, as far as somebody wrote it.
    pub fn at(&self) -> Option<Region> {
        match self {
            Self::Client | Self::Removed => None,
            Self::Text(_, at) => *at,
            Self::Extended(inner, _, at) | Self::Defaulted(inner, _, at) => at.or_else(|| inner.at()),
            Self::OneOf(sides) => sides.iter().find_map(|(_, side)| side.at()),
            Self::Unknown(why) => why.at,
        }
    }
}
