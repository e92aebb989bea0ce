//! `configparser`: INI files of the project and known text, with basic interpolation.

mod reading;
mod text;

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Deps, Elem, Id, Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["configparser", "ConfigParser"],
    call,
    attribute: no_attribute,
    methods: &[
        "ConfigParser.read",
        "ConfigParser.read_file",
        "ConfigParser.read_string",
        "ConfigParser.read_dict",
        "ConfigParser.readfp",
        "ConfigParser.get",
        "ConfigParser.getint",
        "ConfigParser.getfloat",
        "ConfigParser.getboolean",
        "ConfigParser.has_section",
        "ConfigParser.has_option",
        "ConfigParser.sections",
        "ConfigParser.options",
        "ConfigParser.items",
        "ConfigParser.set",
        "ConfigParser.add_section",
        "ConfigParser.defaults",
        "ConfigParser.__getitem__",
        "ConfigParser.__contains__",
        "SectionProxy.get",
        "SectionProxy.getint",
        "SectionProxy.getfloat",
        "SectionProxy.getboolean",
        "SectionProxy.items",
        "SectionProxy.keys",
        "SectionProxy.values",
        "SectionProxy.__getitem__",
        "SectionProxy.__contains__",
        "SectionProxy.__iter__",
    ],
};

const CLASS: &str = "configparser.ConfigParser";
const SECTIONS: &str = "*sections*";
const DEFAULTS: &str = "*defaults*";

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let name = name.strip_prefix("configparser.").or_else(|| name.strip_prefix("ConfigParser."))?;
    match name {
        "ConfigParser" | "SafeConfigParser" | "RawConfigParser" => create(interp, name, args, at),
        _ => match name.split_once('.')? {
            ("ConfigParser", method) => {
                let parser = Parser::of(interp, args.pos.first()?)?;
                parser.method(interp, method, &args.rest(), at)
            }
            ("SectionProxy", method) => {
                let proxy = args.pos.first()?.clone();
                let parser = interp.native_attribute(&proxy, "parser")?;
                let section = interp.native_attribute(&proxy, "name")?;
                let parser = Parser::of(interp, &parser)?;
                parser.section_method(interp, &section, method, &args.rest(), at)
            }
            _ => None,
        },
    }
}

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn create(interp: &mut Interp<'_>, class: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let known = |name: &str| matches!(name, "defaults" | "interpolation" | "strict" | "allow_no_value" | "default_section");
    if args.pos.len() > 1
        || args.open.is_some()
        || args.kw.iter().any(|(name, _)| !known(name))
        || args.named("default_section").is_some()
    {
        return None;
    }
    let interpolates = match args.named("interpolation").map(|value| &value.kind) {
        None => class != "RawConfigParser",
        Some(Kind::None) => false,
        Some(Kind::Instance(_) | Kind::Extern(_) | Kind::Unknown(_)) => return None,
        Some(_) => return None,
    };
    let bare = args.named("allow_no_value").map_or(Some(false), |value| interp.truth(value))?;
    let sections = interp.dict(Vec::new());
    let defaults = interp.dict(Vec::new());
    if let (Some(given), Kind::Dict(id)) = (args.get(0, "defaults"), &defaults.kind) {
        let given = given.clone();
        if let Err(stop) = fill(interp, *id, &given, at) {
            return Some(Err(stop));
        }
    }
    let attributes = vec![
        (SECTIONS, sections),
        (DEFAULTS, defaults),
        ("*interpolates*", Val::bool(interpolates)),
        ("*bare*", Val::bool(bare)),
    ];
    Some(Ok(interp.native_instance(CLASS, attributes)))
}

/// Copies a dictionary of options, whose names are in lower case.
fn fill(interp: &mut Interp<'_>, into: Id, from: &Val, at: Region) -> Res<()> {
    let scratch = interp.dict(Vec::new());
    let Kind::Dict(scratch) = scratch.kind else { return Ok(()) };
    interp.dict_update(scratch, from, at)?;
    let Cell::Dict(dict) = interp.heap.cell(scratch).clone() else { return Ok(()) };
    for slot in dict.entries.values() {
        match (slot.key.as_str().map(str::to_lowercase), &slot.perhaps) {
            (Some(name), None) => {
                let value = match interp.to_str(&slot.value) {
                    Ok(text) if !slot.value.is_none() => Val::str(text).with(&slot.value.deps),
                    Ok(_) => Val::none(),
                    Err(_) => interp.unknown_of(&[&slot.value], at),
                };
                interp.dict_insert(into, &Val::str(name), value, at)?;
            }
            _ => lose(interp, into, at),
        }
    }
    if dict.rest.is_some() {
        lose(interp, into, at);
    }
    Ok(())
}

fn lose(interp: &mut Interp<'_>, dict: Id, at: Region) {
    let why = Rc::new(Unknown::new(Why::Unsupported("an option that is not known".into()), Some(at)));
    interp.lose_contents(&Val::new(Kind::Dict(dict)), &why);
}

/// A parser's parts in the heap.
struct Parser {
    object: Val,
    sections: Id,
    defaults: Id,
    interpolates: bool,
    bare: bool,
}

/// What an option holds.
enum Sought {
    Value(Val),
    NoSection,
    NoOption,
}

impl Parser {
    fn of(interp: &Interp<'_>, object: &Val) -> Option<Self> {
        let dict = |name: &str| match interp.native_attribute(object, name)?.kind {
            Kind::Dict(id) => Some(id),
            _ => None,
        };
        let flag = |name: &str| interp.native_attribute(object, name).and_then(|value| interp.truth(&value));
        Some(Self {
            object: object.clone(),
            sections: dict(SECTIONS)?,
            defaults: dict(DEFAULTS)?,
            interpolates: flag("*interpolates*")?,
            bare: flag("*bare*")?,
        })
    }

    fn method(&self, interp: &mut Interp<'_>, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
        let section = args.get(0, "section").cloned();
        Some(match method {
            "read" => self.read(interp, args, at),
            "read_file" | "readfp" => {
                let file = args.pos.first()?.clone();
                match interp.native_attribute(&file, "*content*") {
                    Some(content) => self.read_text(interp, &content, at).map(|()| Val::none()),
                    None => return None,
                }
            }
            "read_string" => {
                let content = args.get(0, "string")?.clone();
                self.read_text(interp, &content, at).map(|()| Val::none())
            }
            "get" | "getint" | "getfloat" | "getboolean" => {
                let option = args.get(1, "option")?.clone();
                if args.pos.len() > 2 || args.named("vars").is_some() {
                    return None;
                }
                let raw = args.named("raw").is_some_and(|raw| interp.truth(raw) == Some(true));
                self.get(interp, method, &section?, &option, raw, args.named("fallback"), at)
            }
            "has_section" => match interp.dict_get(self.sections, &section?) {
                Ok(found) => Ok(Val::bool(found.is_some()).with(&interp.heap.stored(self.sections).deps)),
                Err(unknown) => Ok(unknown_value(&unknown)),
            },
            "__contains__" => {
                let name = section?;
                if name.as_str() == Some("DEFAULT") {
                    return Some(Ok(Val::bool(true)));
                }
                match interp.dict_get(self.sections, &name) {
                    Ok(found) => Ok(Val::bool(found.is_some())),
                    Err(unknown) => Ok(unknown_value(&unknown)),
                }
            }
            "has_option" => {
                let option = args.get(1, "option")?.clone();
                match self.find(interp, &section?, &option) {
                    Ok(Sought::Value(_)) => Ok(Val::bool(true)),
                    Ok(Sought::NoSection | Sought::NoOption) => {
                        Ok(Val::bool(false).with(&interp.heap.stored(self.sections).deps))
                    }
                    Err(unknown) => Ok(unknown_value(&unknown)),
                }
            }
            "sections" => interp.call(&Val::external("builtins.list"), Args::of(vec![Val::new(Kind::Dict(self.sections))]), at),
            "options" => match self.names(interp, &section?, at) {
                Ok(Some(names)) => Ok(interp.list_of(names)),
                Ok(None) => Err(no_section(interp, at)),
                Err(stop) => Err(stop),
            },
            "items" => match section {
                Some(section) => self.items(interp, &section, at),
                None => return None,
            },
            "defaults" => Ok(Val::new(Kind::Dict(self.defaults))),
            "add_section" => {
                let made = interp.dict(Vec::new());
                interp.dict_insert(self.sections, &section?, made, at).map(|()| Val::none())
            }
            "set" => {
                let (option, value) = (args.get(1, "option")?.as_str()?.to_lowercase(), args.get(2, "value")?.clone());
                match interp.dict_get(self.sections, &section?) {
                    Ok(Some(Val { kind: Kind::Dict(id), .. })) => {
                        interp.dict_insert(id, &Val::str(option), value, at).map(|()| Val::none())
                    }
                    Ok(_) => Err(no_section(interp, at)),
                    Err(_) => Ok(Val::none()),
                }
            }
            "__getitem__" => {
                let name = section?;
                match interp.dict_get(self.sections, &name) {
                    Ok(None) if name.as_str() != Some("DEFAULT") => {
                        let deps = name.deps.union(&interp.heap.stored(self.sections).deps);
                        Err(interp.raise_with("builtins.KeyError", "there is no such section", at, deps))
                    }
                    Ok(_) => {
                        let attributes = vec![("parser", self.object.clone()), ("name", name)];
                        Ok(interp.native_instance("configparser.SectionProxy", attributes))
                    }
                    Err(unknown) => Ok(unknown_value(&unknown)),
                }
            }
            // It is not said which; whatever it is may change the parser.
            _ => {
                let why = Rc::new(Unknown::new(Why::Unsupported(format!("the method {method} of a parser").into()), Some(at)));
                interp.lose_contents(&Val::new(Kind::Dict(self.sections)), &why);
                Ok(unknown_value(&why))
            }
        })
    }

    fn section_method(&self, interp: &mut Interp<'_>, section: &Val, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
        Some(match method {
            "get" | "getint" | "getfloat" | "getboolean" => {
                let option = args.get(0, "option")?.clone();
                let none = Val::none();
                let fallback = args.get(1, "fallback").unwrap_or(&none).clone();
                self.get(interp, method, section, &option, false, Some(&fallback), at)
            }
            "__getitem__" => {
                let option = args.pos.first()?.clone();
                match self.find(interp, section, &option) {
                    Ok(Sought::Value(_)) => self.get(interp, "get", section, &option, false, None, at),
                    Ok(Sought::NoSection | Sought::NoOption) => {
                        let deps = option.deps.union(&interp.heap.stored(self.sections).deps);
                        Err(interp.raise_with("builtins.KeyError", "there is no such option", at, deps))
                    }
                    Err(unknown) => Ok(unknown_value(&unknown)),
                }
            }
            "__contains__" => match self.find(interp, section, args.pos.first()?) {
                Ok(found) => Ok(Val::bool(matches!(found, Sought::Value(_)))),
                Err(unknown) => Ok(unknown_value(&unknown)),
            },
            "keys" | "__iter__" => match self.names(interp, section, at) {
                Ok(names) => Ok(interp.list_of(names.unwrap_or_default())),
                Err(stop) => Err(stop),
            },
            "items" => self.items(interp, section, at),
            "values" => {
                let pairs = match self.items(interp, section, at) {
                    Ok(pairs) => pairs,
                    Err(stop) => return Some(Err(stop)),
                };
                let pairs = match interp.certain_elements(&pairs, at) {
                    Ok(pairs) => pairs?,
                    Err(stop) => return Some(Err(stop)),
                };
                match pairs.iter().map(|pair| interp.subscript(pair, &Val::int(1), at)).collect::<Res<Vec<_>>>() {
                    Ok(values) => Ok(interp.list(values)),
                    Err(stop) => Err(stop),
                }
            }
            _ => return None,
        })
    }

    /// The option's raw text; the error is the reason why it is not known.
    fn find(&self, interp: &Interp<'_>, section: &Val, option: &Val) -> Result<Sought, Rc<Unknown>> {
        let why = |value: &Val| {
            value.as_unknown().unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an option's name".into()), value.at)))
        };
        let Some(name) = option.as_str().map(str::to_lowercase) else { return Err(why(option)) };
        let name = Val::str(name);
        let in_defaults = interp.dict_get(self.defaults, &name)?;
        if section.as_str() == Some("DEFAULT") {
            return Ok(in_defaults.map_or(Sought::NoOption, Sought::Value));
        }
        match interp.dict_get(self.sections, section)? {
            None => Ok(Sought::NoSection),
            Some(Val { kind: Kind::Dict(id), deps, .. }) => match interp.dict_get(id, &name)?.or(in_defaults) {
                Some(value) => Ok(Sought::Value(value.with(&deps))),
                None => Ok(Sought::NoOption),
            },
            Some(other) => Err(why(&other)),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn get(
        &self,
        interp: &mut Interp<'_>,
        method: &str,
        section: &Val,
        option: &Val,
        raw: bool,
        fallback: Option<&Val>,
        at: Region,
    ) -> Res<Val> {
        let value = match self.find(interp, section, option) {
            Err(unknown) => {
                // Whether it is there at all is not known: it may be missing.
                if fallback.is_none() {
                    interp.may_raise(Val::external("configparser.NoOptionError"), "an option", at);
                }
                return Ok(unknown_value(&unknown));
            }
            Ok(Sought::Value(value)) => value,
            Ok(missing) => {
                let unread = interp.heap.stored(self.sections).deps.clone();
                return match fallback {
                    Some(fallback) => Ok(fallback.clone().with(&unread)),
                    None if matches!(missing, Sought::NoSection) => {
                        Err(interp.raise_with("configparser.NoSectionError", "there is no such section", at, unread))
                    }
                    None => {
                        let deps = option.deps.union(&unread);
                        Err(interp.raise_with("configparser.NoOptionError", "there is no such option", at, deps))
                    }
                };
            }
        };
        let value = if self.interpolates && !raw { self.interpolate(interp, section, &value, 0, at)? } else { value };
        match method {
            "getint" => interp.to_int(&value, &Args::default(), at),
            "getfloat" => interp.to_float(&value, at),
            "getboolean" => match value.as_str().map(str::to_lowercase).as_deref() {
                Some("1" | "yes" | "true" | "on") => Ok(Val::bool(true).with(&value.deps)),
                Some("0" | "no" | "false" | "off") => Ok(Val::bool(false).with(&value.deps)),
                Some(_) => Err(interp.raise_on("ValueError", "the option is no boolean", at, &[&value])),
                None => Ok(interp.unknown_of(&[&value], at)),
            },
            _ => Ok(value),
        }
    }

    /// `%(name)s` and `%%` (Lib/configparser.py, `BasicInterpolation`).
    fn interpolate(&self, interp: &mut Interp<'_>, section: &Val, value: &Val, depth: usize, at: Region) -> Res<Val> {
        let Some(text) = value.as_str() else { return Ok(value.clone()) };
        if !text.contains('%') {
            return Ok(value.clone());
        }
        let wrong = |interp: &Interp<'_>| {
            interp.raise_with("configparser.InterpolationSyntaxError", "a % stands alone in an option", at, value.deps.clone())
        };
        if depth > 9 {
            return Err(wrong(interp));
        }
        let mut out = String::new();
        let mut deps = value.deps.clone();
        let mut rest = text;
        while let Some(place) = rest.find('%') {
            out.push_str(&rest[..place]);
            rest = &rest[place + 1..];
            if let Some(tail) = rest.strip_prefix('%') {
                out.push('%');
                rest = tail;
                continue;
            }
            let Some((name, tail)) = rest.strip_prefix('(').and_then(|tail| tail.split_once(")s")) else {
                return Err(wrong(interp));
            };
            rest = tail;
            let inner = match self.find(interp, section, &Val::str(name)) {
                Ok(Sought::Value(inner)) => self.interpolate(interp, section, &inner, depth + 1, at)?,
                Ok(_) => return Err(wrong(interp)),
                Err(unknown) => return Ok(unknown_value(&unknown)),
            };
            deps = deps.union(&inner.deps);
            match inner.as_str() {
                Some(inner) => out.push_str(inner),
                None => return Ok(interp.unknown_of(&[&inner], at)),
            }
        }
        out.push_str(rest);
        interp.sized(out.len())?;
        Ok(Val::str(out).with(&deps).or_at(at))
    }

    /// The option names of a section and the defaults behind them; `None` where there is no such section.
    fn names(&self, interp: &mut Interp<'_>, section: &Val, at: Region) -> Res<Option<Vec<Elem>>> {
        let own = match interp.dict_get(self.sections, section) {
            Ok(Some(own)) => own,
            Ok(None) if section.as_str() == Some("DEFAULT") => Val::tuple(Vec::new()),
            Ok(None) => return Ok(None),
            Err(unknown) => return Ok(Some(vec![Elem::Many(unknown)])),
        };
        let mut names = interp.elements(&own, at)?.unwrap_or_default();
        for name in interp.elements(&Val::new(Kind::Dict(self.defaults)), at)?.unwrap_or_default() {
            if let Elem::One(value) = &name
                && interp.among(&names, value) == Some(true)
            {
                continue;
            }
            names.push(name);
        }
        Ok(Some(names))
    }

    fn items(&self, interp: &mut Interp<'_>, section: &Val, at: Region) -> Res<Val> {
        let Some(names) = self.names(interp, section, at)? else { return Err(no_section(interp, at)) };
        // The defaults come first here, overwritten in place by the section's own.
        let defaults = interp.elements(&Val::new(Kind::Dict(self.defaults)), at)?.unwrap_or_default();
        let mut ordered = defaults.clone();
        for name in names {
            if let Elem::One(value) = &name
                && interp.among(&defaults, value) == Some(true)
            {
                continue;
            }
            ordered.push(name);
        }
        let mut pairs = Vec::with_capacity(ordered.len());
        for name in ordered {
            pairs.push(match name {
                Elem::One(name) => {
                    let value = self.get(interp, "get", section, &name, false, None, at)?;
                    Elem::One(Val::tuple(vec![name, value]))
                }
                Elem::Perhaps(_, condition) => Elem::Many(crate::python::object::branch_unknown(&condition)),
                Elem::Many(unknown) => Elem::Many(unknown),
            });
        }
        Ok(interp.list_of(pairs))
    }

    // ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────
}

fn no_section(interp: &Interp<'_>, at: Region) -> crate::python::interp::Stop {
    interp.raise_with("configparser.NoSectionError", "there is no such section", at, Deps::default())
}
