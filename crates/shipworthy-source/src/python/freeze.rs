//! The end of an evaluation: objects become plain values, and credentials become secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use shipworthy_model::{Assumption, Datum, Entry, Item, Parts, Region, Secret, Unknown, Value, Why, is_secret_name};

use super::heap::Cell;
use super::interp::Interp;
use super::object::{Deps, Elem, Id, Kind, Val};

/// Parts of one value; more end in an unknown.
const MAX_PARTS: usize = 200_000;
const MAX_NESTING: usize = 60;

/// How text is to be treated, by the names it stands under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Privacy {
    Public,
    /// Under a name such as `API_KEY`: a credential unless its shape says otherwise.
    Likely,
    /// Under the name of a credential of Django's own.
    Certain,
}

struct Freezer<'f, 'a> {
    interp: &'f Interp<'a>,
    inside: Vec<Id>,
    depth: usize,
    parts: usize,
    log: Vec<Region>,
    deps: Deps,
    /// The keys that lead to the value at hand; `None` where nobody asks, and behind an element of a list, which has no name.
    keys: Option<Vec<Arc<str>>>,
    /// What the dictionaries rest on that lead to it.
    shells: Deps,
    parts_rest_on: Parts,
}

/// Keys that lead to a part whose assumptions are kept.
const MAX_KEYS: usize = 4;

impl<'a> Interp<'a> {
    /// A value without a name.
    pub(super) fn freeze(&self, value: &Val) -> Value {
        self.freeze_as(value, "").0
    }

    /// The value of a setting, the statements that changed its objects, and what all of it rests on.
    pub(super) fn freeze_as(&self, value: &Val, name: &str) -> (Value, Vec<Region>, Deps) {
        let (frozen, freezer) = self.freezer(value, name, None);
        (frozen, freezer.log, freezer.deps)
    }

    /// What the parts of a setting rest on that is a dictionary and rests on `deps`.
    pub(super) fn parts_of(&self, value: &Val, name: &str, deps: &Deps) -> Option<Parts> {
        let wanted = !deps.is_empty() && matches!(value.kind, Kind::Dict(_) | Kind::OneOf(_));
        wanted.then(|| self.freezer(value, name, Some(Vec::new())).1.parts_rest_on)
    }

    fn freezer(&self, value: &Val, name: &str, keys: Option<Vec<Arc<str>>>) -> (Value, Freezer<'_, 'a>) {
        let mut freezer = Freezer {
            interp: self,
            inside: Vec::new(),
            depth: 0,
            parts: 0,
            log: Vec::new(),
            deps: Deps::default(),
            keys,
            shells: Deps::default(),
            parts_rest_on: Parts::default(),
        };
        let frozen = freezer.value(value, privacy(name));
        (frozen, freezer)
    }
}

impl Freezer<'_, '_> {
    fn value(&mut self, value: &Val, privacy: Privacy) -> Value {
        self.depth += 1;
        let frozen = self.frozen(value, privacy);
        self.depth -= 1;
        frozen
    }

    fn frozen(&mut self, value: &Val, privacy: Privacy) -> Value {
        self.parts += 1;
        self.deps = self.deps.union(&value.deps);
        if self.parts > MAX_PARTS || self.depth > MAX_NESTING {
            return Value::unknown(Why::Limit("size of a value".into()), value.at);
        }
        let unsupported = |what: &str| Datum::Unknown(Unknown::new(Why::Unsupported(what.into()), value.at));
        let datum = match &value.kind {
            Kind::None => Datum::None,
            Kind::Bool(flag) => Datum::Bool(*flag),
            Kind::Int(number) => Datum::Int(*number),
            Kind::Float(number) => Datum::Float(*number),
            Kind::Str(text) if text.contains(super::library::sys::ARGUMENT_MARK) => {
                Datum::Unknown(Unknown::new(Why::Machine("sys.argv".into()), value.at))
            }
            Kind::Str(text) => text_datum(text, privacy),
            Kind::Bytes(bytes) => Datum::Bytes(bytes.as_ref().into()),
            Kind::Path(text) => Datum::Path(text.as_ref().into()),
            Kind::TimeDelta(micros) => Datum::TimeDelta(*micros),
            Kind::Lazy(text) => Datum::Lazy(text.as_ref().into()),
            Kind::Tuple(items) => Datum::Tuple(self.items(items, privacy)),
            Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => return self.container(*id, value, privacy),
            Kind::Function(id) => {
                let function = &self.interp.functions[*id as usize];
                let inside = function.class.map(|class| format!("{}.", self.interp.heap.class(class).name)).unwrap_or_default();
                Datum::Ref(format!("{}.{inside}{}", function.module, function.name).into())
            }
            Kind::Class(id) => {
                let class = self.interp.heap.class(*id);
                Datum::Ref(format!("{}.{}", class.module, class.name).into())
            }
            Kind::Extern(name) if matches!(&**name, "sys.stdout" | "sys.stderr" | "sys.stdin") => {
                Datum::Ref("_io.TextIOWrapper".into())
            }
            Kind::Extern(name) if &**name == "datetime.timezone.utc" => Datum::Ref("datetime.timezone".into()),
            Kind::Extern(name) if super::library::is_known_object(value) => Datum::Ref(name.as_ref().into()),
            Kind::Extern(name) => Datum::Unknown(Unknown::new(Why::Import(name.as_ref().into()), value.at)),
            Kind::Instance(_) => match self.interp.plain(value).or_else(|| super::library::plain_value(self.interp, value)) {
                Some(plain) => return self.value(&plain, privacy),
                None => match super::library::class_name(self.interp, value) {
                    Some(name) => Datum::Ref(name.into()),
                    None => unsupported("an object"),
                },
            },
            Kind::View(..) => Datum::Ref(format!("builtins.{}", self.interp.type_name(value)).into()),
            Kind::Module(_) => unsupported("a module"),
            Kind::Iter(id) => match self.interp.iterator_classes.get(id) {
                Some(class) => Datum::Ref((*class).into()),
                None => unsupported("an iterator"),
            },
            Kind::Range(..) => unsupported("a range"),
            Kind::Method(_) | Kind::Builtin(_) | Kind::Super(_) => unsupported("a bound method"),
            Kind::Slice(_) | Kind::Ellipsis => unsupported("this object"),
            Kind::Unknown(unknown) => Datum::Unknown((**unknown).clone()),
            Kind::OneOf(alternatives) => {
                let frozen = alternatives.iter().map(|(condition, value)| (condition.clone(), self.value(value, privacy)));
                let frozen: Vec<_> = frozen.collect();
                super::merge::merged(&frozen, self.depth == 1).unwrap_or(Datum::OneOf(frozen))
            }
        };
        Value { datum, at: value.at }
    }

    fn container(&mut self, id: Id, value: &Val, privacy: Privacy) -> Value {
        if self.inside.contains(&id) {
            return Value::unknown(Why::Unsupported("a container that contains itself".into()), value.at);
        }
        self.inside.push(id);
        let stored = self.interp.heap.stored(id);
        self.deps = self.deps.union(&stored.deps);
        let outer = self.shells.clone();
        self.shells = outer.union(&value.deps).union(&stored.deps);
        if let Some(keys) = self.keys.as_ref().filter(|keys| keys.len() < MAX_KEYS) {
            note(&mut self.parts_rest_on.shell, keys, &self.shells);
        }
        for region in stored.log.iter() {
            if !self.log.contains(region) {
                self.log.push(*region);
            }
        }
        let datum = match &*stored.cell {
            Cell::List(items) => Datum::List(self.items(items, privacy)),
            Cell::Set(items) => Datum::Set(self.items(items, privacy)),
            Cell::Dict(dict) => {
                let mut entries = Vec::with_capacity(dict.entries.len());
                for slot in dict.entries.values() {
                    let key = self.value(&slot.key, Privacy::Public);
                    let inner = slot.key.as_str().map_or(Privacy::Public, self::privacy);
                    let privacy = if inner == Privacy::Public { inherited(privacy) } else { inner };
                    let value = self.part(&slot.key, &slot.value, privacy);
                    entries.push(match &slot.perhaps {
                        None => Entry::One(key, value),
                        Some(condition) => Entry::Perhaps(key, value, condition.clone()),
                    });
                }
                entries.extend(dict.rest.as_ref().map(|rest| Entry::Many((**rest).clone())));
                Datum::Dict(entries)
            }
            Cell::Space(_) | Cell::Iter(..) | Cell::Class(_) | Cell::Instance(..) => Datum::None,
        };
        self.shells = outer;
        self.inside.pop();
        Value { datum, at: value.at }
    }

    /// What stands under a key. Its assumptions are kept apart from those of its neighbours.
    fn part(&mut self, key: &Val, value: &Val, privacy: Privacy) -> Value {
        let keys = self.keys.clone();
        let neighbours = std::mem::take(&mut self.deps);
        self.keys = keys.clone().filter(|keys| keys.len() < MAX_KEYS).zip(key.as_str()).map(|(mut keys, key)| {
            keys.push(Arc::from(key));
            keys
        });
        let frozen = self.value(value, privacy);
        if let Some(keys) = &self.keys {
            let rests_on = self.deps.union(&self.shells);
            note(&mut self.parts_rest_on.whole, keys, &rests_on);
        }
        self.deps = neighbours.union(&self.deps);
        self.keys = keys;
        frozen
    }

    fn items(&mut self, items: &[Elem], privacy: Privacy) -> Vec<Item> {
        let keys = self.keys.take();
        let frozen = items
            .iter()
            .map(|item| match item {
                // How many arguments a server has is its own affair.
                Elem::One(value) if value.as_str().is_some_and(super::library::sys::is_argument) => {
                    Item::Many(Unknown::new(Why::Machine("sys.argv".into()), value.at))
                }
                Elem::One(value) => Item::One(self.value(value, privacy)),
                Elem::Perhaps(value, condition) => Item::Perhaps(self.value(value, privacy), condition.clone()),
                Elem::Many(unknown) => Item::Many(unwrap(unknown)),
            })
            .collect();
        self.keys = keys;
        frozen
    }
}

/// Adds what a part rests on: under a condition that could not be decided there may be several of its name.
fn note(parts: &mut BTreeMap<Vec<Arc<str>>, BTreeSet<Assumption>>, keys: &[Arc<str>], deps: &Deps) {
    parts.entry(keys.to_vec()).or_default().extend(deps.iter().cloned());
}

fn unwrap(unknown: &Rc<Unknown>) -> Unknown {
    (**unknown).clone()
}

fn privacy(name: &str) -> Privacy {
    match name {
        "SECRET_KEY" | "SECRET_KEY_FALLBACKS" | "PASSWORD" | "EMAIL_HOST_PASSWORD" | "password" => Privacy::Certain,
        _ if is_secret_name(name) => Privacy::Likely,
        _ => Privacy::Public,
    }
}

/// What stands under an innocent key inside something private is still likely private.
fn inherited(privacy: Privacy) -> Privacy {
    if privacy == Privacy::Public { Privacy::Public } else { Privacy::Likely }
}

fn text_datum(text: &Rc<str>, privacy: Privacy) -> Datum {
    let secret = match privacy {
        Privacy::Certain => !text.is_empty(),
        Privacy::Likely => is_credential(text),
        Privacy::Public => has_password(text) || has_token_shape(text),
    };
    if secret { Datum::Secret(Secret::new(&**text)) } else { Datum::Str(Arc::from(&**text)) }
}

/// Text under a name that promises a credential, unless it plainly is something else.
fn is_credential(text: &str) -> bool {
    let dotted_path = text.contains('.')
        && text.split('.').all(|part| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !part.starts_with(|c: char| c.is_ascii_digit())
        });
    let word = text.len() < 6 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    !(text.is_empty() || dotted_path || word || text.starts_with('/') || (text.contains("://") && !has_password(text)))
}

/// A URL with a password in it.
fn has_password(text: &str) -> bool {
    // Asked of every text: most have no `@`, and that is seen at once.
    if !text.contains('@') {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
}

/// The well-known shapes of issued tokens.
fn has_token_shape(text: &str) -> bool {
    const PREFIXES: [&str; 14] = [
        "AKIA",
        "ASIA",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "sk_live_",
        "rk_live_",
        "xoxb-",
        "xoxp-",
        "SG.",
        "-----BEGIN ",
        "AIza",
    ];
    PREFIXES.iter().any(|prefix| text.starts_with(prefix)) && text.len() >= 20
}
