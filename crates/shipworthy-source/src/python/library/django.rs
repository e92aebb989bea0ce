//! Django itself: lazily translated text, constants, the default settings, and helpers that settings modules call.

use std::rc::Rc;

use shipworthy_model::{Datum, Entry, Item, Region, Value, Version, Why, django};

use super::Library;
use crate::python::call::{Args, PLAIN};
use crate::python::heap::{Dict, Slot};
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["django", "gettext"], call, attribute, methods: &[] };

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "django.utils.translation.gettext_lazy" | "django.utils.translation.ugettext_lazy" => match args.pos.first()?.as_str() {
            Some(text) => Ok(Val::new(Kind::Lazy(text.into()))),
            None => Ok(interp.unknown_of(&[&args.pos[0]], at)),
        },
        "django.utils.translation.pgettext_lazy" => match args.pos.get(1)?.as_str() {
            Some(text) => Ok(Val::new(Kind::Lazy(text.into()))),
            None => Ok(interp.unknown_of(&[&args.pos[1]], at)),
        },
        "django.utils.translation.gettext_noop" | "django.utils.translation.ugettext_noop" => Ok(args.pos.first()?.clone()),
        "django.utils.translation.gettext" | "django.utils.translation.ugettext" => {
            Ok(Val::unknown(Why::Unsupported("translating while the settings load".into()), Some(at)))
        }
        "django.core.management.utils.get_random_secret_key" | "django.utils.crypto.get_random_string" => {
            Ok(Val::unknown(Why::Random(name.rsplit('.').next().unwrap_or(name).into()), Some(at)))
        }
        "django.urls.reverse_lazy" if args.pos.len() == 1 && args.kw.is_empty() => {
            let name = args.pos[0].as_str()?.to_owned();
            Ok(interp.native_instance(LAZY_URL, vec![(LAZY_URL, Val::str(name))]))
        }
        "django.http.request.split_domain_port" => Ok(split_domain_port(interp, args.pos.first()?, at)),
        "django.setup" | "django.conf.settings.configure" | "django.utils.encoding.DEFAULT_LOCALE_ENCODING" => Ok(Val::none()),
        "django.utils.encoding.force_str" | "django.utils.encoding.smart_str" | "django.utils.encoding.force_text" => {
            return super::call(interp, "builtins.str", args, at);
        }
        "django.utils.module_loading.import_string" => {
            let dotted = args.pos.first()?.as_str()?.to_owned();
            let (module, attribute) = dotted.rsplit_once('.')?;
            match interp.import(module, at) {
                Ok(module) => interp.attribute(&module, attribute, at),
                Err(stop) => Err(stop),
            }
        }
        _ => return None,
    })
}

/// The class of what `reverse_lazy` gives, and the hidden attribute that holds the name of its view.
const LAZY_URL: &str = "*lazy url*";

/// The name of the view of what `reverse_lazy` gave: its address is worked out when it is used.
pub(super) fn lazy_url(interp: &Interp<'_>, object: &Val) -> Option<Val> {
    match interp.native_attribute(object, LAZY_URL)?.kind {
        Kind::Str(name) => Some(Val::new(Kind::Lazy(name))),
        _ => None,
    }
}

/// django/http/request.py, `split_domain_port`: a host with its port, both empty where it is none.
fn split_domain_port(interp: &mut Interp<'_>, host: &Val, at: Region) -> Val {
    let Some(text) = host.as_str() else { return interp.unknown_of(&[host], at) };
    let host = text.to_ascii_lowercase();
    // As `host_validation_re` has it.
    let is_name = |name: &str| match name.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
        Some(Some(address)) => {
            let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
            address.bytes().all(part)
                && address.split_once(':').is_some_and(|(head, rest)| !head.contains('.') && !rest.is_empty())
        }
        Some(None) => false,
        None => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'),
    };
    // Names beyond ASCII differ from version to version.
    if !host.is_ascii() {
        return Val::unknown(Why::Unsupported("a host name beyond ASCII".into()), Some(at));
    }
    let (domain, port) = match host.rsplit_once(':') {
        Some((domain, port)) if !host.ends_with(']') && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (domain, port)
        }
        _ => (host.as_str(), ""),
    };
    if !is_name(domain) {
        return Val::tuple(vec![Val::str(""), Val::str("")]);
    }
    Val::tuple(vec![Val::str(domain.strip_suffix('.').unwrap_or(domain)), Val::str(port)])
}

fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    if let Some(setting) = name.strip_prefix("django.conf.global_settings.") {
        let value = django::default(&interp.request.django, setting)?;
        return Some(interp.thaw(&value).at(at));
    }
    let level = name.strip_prefix("django.contrib.messages.constants.");
    let level = level.or_else(|| name.strip_prefix("django.contrib.messages.").filter(|level| !level.contains('.')));
    if let Some(level) = level.filter(|level| level.bytes().all(|byte| byte.is_ascii_uppercase())) {
        // django/contrib/messages/constants.py
        let number = match level {
            "DEBUG" => 10,
            "INFO" => 20,
            "SUCCESS" => 25,
            "WARNING" => 30,
            "ERROR" => 40,
            _ => return None,
        };
        return Some(Val::int(number));
    }
    if let Some(constant) = name.strip_prefix("django.utils.csp.CSP.") {
        // django/utils/csp.py, class CSP (6.0 and later)
        if !interp.request.django.at_least(6, 0) {
            return None;
        }
        let text = match constant {
            "NONE" => "'none'",
            "REPORT_SAMPLE" => "'report-sample'",
            "SELF" => "'self'",
            "STRICT_DYNAMIC" => "'strict-dynamic'",
            "UNSAFE_EVAL" => "'unsafe-eval'",
            "UNSAFE_HASHES" => "'unsafe-hashes'",
            "UNSAFE_INLINE" => "'unsafe-inline'",
            "WASM_UNSAFE_EVAL" => "'wasm-unsafe-eval'",
            "NONCE" => "<CSP_NONCE_SENTINEL>",
            "HEADER_ENFORCE" => "Content-Security-Policy",
            "HEADER_REPORT_ONLY" => "Content-Security-Policy-Report-Only",
            _ => return None,
        };
        let member = interp.native_instance("django.utils.csp.CSP", vec![(PLAIN, Val::str(text))]);
        interp.patch(name, member.clone());
        return Some(member);
    }
    match name {
        "django.VERSION" => {
            let version = interp.request.django;
            let patch = Val::unknown(Why::Machine("Django's patch release".into()), Some(at));
            Some(Val::tuple(vec![
                Val::int(i128::from(version.major)),
                Val::int(i128::from(version.minor)),
                patch,
                Val::str("final"),
                Val::int(0),
            ]))
        }
        "django.__version__" => Some(Val::unknown(Why::Machine("Django's patch release".into()), Some(at))),
        "django.conf.locale.LANG_INFO" => Some(Val::unknown(Why::Import(name.into()), Some(at))),
        _ => None,
    }
}

/// `from django.conf.global_settings import *`.
pub(super) fn star(module: &str, version: Version) -> Option<Vec<(Rc<str>, Val)>> {
    if module != "django.conf.global_settings" {
        return None;
    }
    // Mutable defaults would need the heap; settings that star-import Django's defaults read them by name.
    let names = django::SETTINGS.iter().filter(|fact| django::default(&version, fact.name).is_some());
    Some(names.map(|fact| (Rc::from(fact.name), Val::external(format!("django.conf.global_settings.{}", fact.name)))).collect())
}

impl Interp<'_> {
    /// A plain value as an object of the evaluation.
    pub(in crate::python) fn thaw(&mut self, value: &Value) -> Val {
        let items = |this: &mut Self, items: &[Item]| -> Vec<Elem> {
            items
                .iter()
                .map(|item| match item {
                    Item::One(value) => Elem::One(this.thaw(value)),
                    Item::Perhaps(value, condition) => Elem::Perhaps(this.thaw(value), condition.clone()),
                    Item::Many(unknown) => Elem::Many(Rc::new(unknown.clone())),
                })
                .collect()
        };
        match &value.datum {
            Datum::None => Val::none(),
            Datum::Bool(flag) => Val::bool(*flag),
            Datum::Int(number) => Val::int(*number),
            Datum::Float(number) => Val::new(Kind::Float(*number)),
            Datum::Str(text) => Val::str(&**text),
            Datum::Secret(secret) => Val::str(secret.expose()),
            Datum::Bytes(bytes) => Val::new(Kind::Bytes((&**bytes).into())),
            Datum::List(list) => {
                let items = items(self, list);
                self.list_of(items)
            }
            Datum::Tuple(list) => Val::new(Kind::Tuple(Rc::new(items(self, list)))),
            Datum::Set(list) => {
                let items = items(self, list);
                self.set_of(items)
            }
            Datum::Dict(entries) => {
                let mut dict = Dict::default();
                for entry in entries {
                    match entry {
                        Entry::One(key, value) => {
                            let (key, value) = (self.thaw(key), self.thaw(value));
                            if let Some(normal) = self.key(&key) {
                                dict.entries.insert(normal, Slot { key, value, perhaps: None });
                            }
                        }
                        Entry::Perhaps(key, value, condition) => {
                            let (key, value) = (self.thaw(key), self.thaw(value));
                            if let Some(normal) = self.key(&key) {
                                dict.entries.insert(normal, Slot { key, value, perhaps: Some(condition.clone()) });
                            }
                        }
                        Entry::Many(unknown) => dict.rest = Some(Rc::new(unknown.clone())),
                    }
                }
                self.dict_of(dict)
            }
            Datum::Path(text) => Val::new(Kind::Path((&**text).into())),
            Datum::TimeDelta(micros) => Val::new(Kind::TimeDelta(*micros)),
            Datum::Lazy(text) => Val::new(Kind::Lazy((&**text).into())),
            Datum::Ref(name) => Val::external(&**name),
            Datum::Unknown(unknown) => crate::python::interp::unknown_value(&Rc::new(unknown.clone())),
            Datum::OneOf(alternatives) => {
                let alternatives = alternatives.iter().map(|(condition, value)| (condition.clone(), self.thaw(value))).collect();
                Val::new(Kind::OneOf(Rc::new(alternatives)))
            }
        }
    }
}
