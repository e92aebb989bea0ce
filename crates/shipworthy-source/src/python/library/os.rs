//! `os`: the environment, and little else that settings use.

use std::rc::Rc;
use std::sync::Arc;

use shipworthy_model::{Assumption, Region, Unknown, Why};

use super::{Library, path};
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::environment::is_ambient_prefix;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Deps, Elem, Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["os"], call, attribute, methods: &[] };

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn attribute(interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    Some(match name {
        "os.sep" => Val::str("/"),
        "os.linesep" => Val::str("\n"),
        "os.pathsep" => Val::str(":"),
        "os.curdir" => Val::str("."),
        "os.pardir" => Val::str(".."),
        "os.devnull" => Val::str("/dev/null"),
        "os.extsep" => Val::str("."),
        // Deployments run on Linux; the report says that this was assumed.
        "os.name" => interp.assumed("the process runs on Linux", Val::str("posix")),
        "os.R_OK" => Val::int(4),
        "os.W_OK" => Val::int(2),
        "os.X_OK" => Val::int(1),
        "os.F_OK" => Val::int(0),
        _ => return None,
    })
}

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "os.getenv" | "os.environ.get" => interp.getenv(args, at),
        "os.environ.setdefault" => interp.environ_setdefault(args, at),
        "os.environ.update" => interp.environ_update(args, at),
        "os.environ.pop" => interp.environ_pop(args, at),
        "os.environ.copy" => Ok(Val::external("os.environ")),
        "os.environ.keys" => {
            let names = interp.environ_names();
            Ok(interp.list_of(names))
        }
        "os.environ.items" => {
            let pairs = interp.environ_pairs(at);
            Ok(interp.list_of(pairs))
        }
        "os.environ.values" => {
            let values = interp.environ_pairs(at).into_iter().map(|pair| match pair {
                Elem::One(Val { kind: Kind::Tuple(pair), .. }) => pair.get(1).cloned().unwrap_or_else(|| Elem::One(Val::none())),
                _ => Elem::Many(Rc::new(Unknown::new(Why::Machine("os.environ".into()), Some(at)))),
            });
            let values = values.collect();
            Ok(interp.list_of(values))
        }
        "os.environ.*.startswith" => Ok(interp.other_variables_start_with(args.pos.first()?, at)),
        "os.environ.__getitem__" => interp.environ_item(args.pos.get(1)?, at),
        "os.putenv" => interp.environ_update(args, at),
        "os.getcwd" | "os.uname" | "os.getpid" | "os.getuid" | "os.geteuid" | "os.getlogin" | "os.cpu_count" | "os.getppid" => {
            Ok(Val::unknown(Why::Machine(format!("{name}()").into()), Some(at)))
        }
        "os.urandom" => Ok(Val::unknown(Why::Random("os.urandom".into()), Some(at))),
        "os.fspath" | "os.fsdecode" => Ok(match &args.pos.first()?.kind {
            Kind::Path(text) | Kind::Str(text) => Val::str(text.clone()),
            _ => interp.unknown_of(&[&args.pos[0]], at),
        }),
        "os.makedirs" | "os.mkdir" | "os.chdir" | "os.umask" | "os.chmod" | "os.remove" | "os.unlink" | "os.symlink" => {
            Ok(Val::none())
        }
        "os.listdir" => interp.list_folder(args.pos.first(), at),
        "os.access" | "os.stat" | "os.walk" | "os.scandir" => Ok(Val::unknown(Why::Call(name.into()), Some(at))),
        _ if name.starts_with("os.path.") => return path::call(interp, name, args, at),
        _ => return None,
    })
}

/// Why the other names of the environment are not known, and its other pairs; and one such name.
const OTHER_NAMES: &str = "os.environ";
const OTHER_PAIRS: &str = "os.environ.items()";
const OTHER_NAME: &str = "os.environ.*";

fn is_machine(unknown: &Unknown, what: &str) -> bool {
    matches!(&unknown.why, Why::Machine(name) if &**name == what)
}

/// Whether elements of which nobody knows the number are the names of the environment's other variables, alone or with what
/// these hold.
pub(in crate::python) fn are_other_names(unknown: &Unknown) -> bool {
    is_machine(unknown, OTHER_NAMES) || is_machine(unknown, OTHER_PAIRS)
}

/// What is assumed of the names of variables that the code looks for by how they begin.
const NONE_BEGINS: &str = "no other variable begins with ";

/// What stands for whichever variable begins like this.
fn any_with(prefix: &str) -> String {
    format!("{prefix}*")
}

/// The variables, told by how they begin, of which an assumption says that none is set.
pub(in crate::python) fn none_begins(what: &str) -> impl Iterator<Item = String> + '_ {
    what.strip_prefix(NONE_BEGINS).into_iter().flat_map(|prefixes| prefixes.split(" or ")).map(any_with)
}

/// Whether a value is the name of one of these.
pub(in crate::python) fn is_another_name(value: &Val) -> bool {
    matches!(&value.kind, Kind::Extern(name) if &**name == OTHER_NAME)
}

impl Interp<'_> {
    /// A value that holds under an assumption about the machine or the process.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    pub(super) fn assumed(&mut self, what: &str, value: Val) -> Val {
        value.with(&crate::python::object::Deps::of(shipworthy_model::Assumption::World(what.into())))
    }

    fn getenv(&mut self, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.get(0, "key") else { return Err(self.wrong_arguments("getenv", at, args)) };
        let Some(text) = name.as_str().map(str::to_owned) else {
            self.may_read_any_variable(name, at);
            return Ok(self.unknown_of(&[name], at));
        };
        let default = args.get(1, "default").cloned();
        Ok(match self.environment(&text, "str", default.as_ref(), false, at) {
            EnvVar::Set(value) | EnvVar::Unknown(value) => value,
            EnvVar::Unset(deps) => default.unwrap_or_else(Val::none).or_at(at).with(&deps),
        })
    }

    /// `os.environ[NAME]`.
    pub(in crate::python) fn environ_item(&mut self, key: &Val, at: Region) -> Res<Val> {
        let Some(name) = key.as_str().map(str::to_owned) else {
            self.may_read_any_variable(key, at);
            return Ok(self.unknown_of(&[key], at));
        };
        match self.environment(&name, "str", None, true, at) {
            EnvVar::Set(value) | EnvVar::Unknown(value) => Ok(value),
            EnvVar::Unset(_) => self.missing_variable(&name, "builtins.KeyError", &name, at),
        }
    }

    fn may_read_any_variable(&mut self, name: &Val, at: Region) {
        let message = "a variable of the environment".to_owned();
        let _ = name;
        self.may_raise(Val::external("builtins.KeyError"), &message, at);
    }

    /// `NAME in os.environ`.
    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    pub(in crate::python) fn environ_contains(&mut self, name: &Val, at: Region) -> Res<Option<bool>> {
        let Some(text) = name.as_str().map(str::to_owned) else { return Ok(None) };
        Ok(match self.environment(&text, "str", None, false, at) {
            EnvVar::Set(value) => {
                self.note_reason(&value);
                Some(true)
            }
            EnvVar::Unset(deps) => {
                let value = Val::none().with(&deps);
                self.note_reason(&value);
                Some(false)
            }
            // Of what loading needs only the text is not known; of others not even whether they are set.
            EnvVar::Unknown(_) => self.required.contains(&*text).then_some(true),
        })
    }

    /// What a membership test of the environment rests on becomes part of what the branch rests on.
    fn note_reason(&mut self, value: &Val) {
        self.membership = self.membership.union(&value.deps);
    }

    /// The names of the variables that are set: those that are known, and any number of others.
    pub(in crate::python) fn environ_names(&mut self) -> Vec<Elem> {
        let Cell::Dict(changed) = self.heap.cell(self.environ).clone() else { return Vec::new() };
        let given = |name: &Rc<str>| Deps::of(Assumption::Given(Arc::from(&**name)));
        let mut names: Vec<Elem> = Vec::new();
        for name in self.request.environment.variables.keys() {
            let name: Rc<str> = Rc::from(&**name);
            // What the code made of one follows, and what it took away is gone.
            if changed.get_str(&name).is_none() {
                names.push(Elem::One(Val::str(name.clone()).with(&given(&name))));
            }
        }
        for slot in changed.entries.values() {
            match (&slot.perhaps, slot.value.is_none()) {
                (None, true) => {}
                (None, false) => names.push(Elem::One(slot.key.clone().with(&slot.value.deps))),
                (Some(condition), _) => names.push(Elem::Perhaps(slot.key.clone(), condition.clone())),
            }
        }
        names.extend(changed.rest.map(Elem::Many));
        names.push(Elem::Many(Rc::new(Unknown::new(Why::Machine(OTHER_NAMES.into()), None))));
        names
    }

    /// The variables that are set, with what they hold.
    fn environ_pairs(&mut self, at: Region) -> Vec<Elem> {
        let mut pairs = Vec::new();
        for name in self.environ_names() {
            pairs.push(match name {
                Elem::One(name) => {
                    let value = match name.as_str().map(|text| self.environment(text, "str", None, false, at)) {
                        Some(EnvVar::Set(value) | EnvVar::Unknown(value)) => value,
                        Some(EnvVar::Unset(_)) | None => self.unknown_of(&[&name], at),
                    };
                    Elem::One(Val::tuple(vec![name, value]))
                }
                Elem::Perhaps(name, condition) => {
                    let value = Val::unknown(Why::Branch(condition.text.clone()), Some(at));
                    Elem::Perhaps(Val::tuple(vec![name, value]), condition)
                }
                Elem::Many(unknown) if is_machine(&unknown, OTHER_NAMES) => {
                    Elem::Many(Rc::new(Unknown::new(Why::Machine(OTHER_PAIRS.into()), Some(at))))
                }
                Elem::Many(unknown) => Elem::Many(unknown),
            });
        }
        pairs
    }

    /// One of any number of unknown elements. The name of a variable that nobody named can still be asked how it begins.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    pub(in crate::python) fn any_of_many(&mut self, unknown: &Rc<Unknown>) -> Val {
        let name = || Val::external(OTHER_NAME);
        if is_machine(unknown, OTHER_NAMES) {
            return name();
        }
        if is_machine(unknown, OTHER_PAIRS) {
            let value = Val::unknown(Why::Machine("os.environ".into()), unknown.at);
            return Val::tuple(vec![name(), value]);
        }
        unknown_value(unknown)
    }

    /// Whether a variable that is not known to be set begins like this: none is assumed to, unless every process has one.
    fn other_variables_start_with(&mut self, prefix: &Val, at: Region) -> Val {
        const OF_EVERY_PROCESS: [&str; 2] = ["DJANGO_SETTINGS_MODULE", "SERVER_SOFTWARE"];
        let prefixes: Option<Vec<&str>> = match &prefix.kind {
            Kind::Str(prefix) => Some(vec![&**prefix]),
            Kind::Tuple(items) => {
                items.iter().map(|item| if let Elem::One(item) = item { item.as_str() } else { None }).collect()
            }
            _ => None,
        };
        let Some(prefixes) = prefixes else { return self.unknown_of(&[prefix], at) };
        let common = |prefix: &str| {
            prefix.is_empty() || is_ambient_prefix(prefix) || OF_EVERY_PROCESS.iter().any(|name| name.starts_with(prefix))
        };
        if prefixes.iter().any(|prefix| common(prefix)) {
            return Val::unknown(Why::Machine("os.environ".into()), Some(at));
        }
        if let Some(prefix) = prefixes.iter().find(|prefix| self.required.contains(&*any_with(prefix))) {
            return Val::unknown(Why::Variable(any_with(prefix).into()), Some(at));
        }
        let what = format!("{NONE_BEGINS}{}", prefixes.join(" or "));
        self.assumed(&what, Val::bool(false))
    }

    fn environ_setdefault(&mut self, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.first() else { return Err(self.wrong_arguments("setdefault", at, args)) };
        let Some(name) = name.as_str().map(str::to_owned) else {
            // Some variable is set now, if it was not before.
            let (environ, unknown) = (self.environ, self.unknown_of(&[name], at));
            if let (Some(why), Cell::Dict(dict)) = (unknown.as_unknown(), self.heap.cell_mut(environ)) {
                dict.rest.get_or_insert(why);
            }
            return Ok(unknown);
        };
        let default = args.pos.get(1).cloned().unwrap_or_else(Val::none);
        // Django itself reads this one before the settings are loaded.
        if name == "DJANGO_SETTINGS_MODULE" {
            return Ok(Val::str(self.request.module));
        }
        match self.environment(&name, "str", Some(&default), false, at) {
            EnvVar::Set(value) | EnvVar::Unknown(value) => Ok(value),
            EnvVar::Unset(deps) => {
                let environ = self.environ;
                self.dict_insert(environ, &Val::str(name), default.clone().with(&deps), at)?;
                Ok(default.with(&deps))
            }
        }
    }

    fn environ_update(&mut self, args: &Args, at: Region) -> Res<Val> {
        let environ = self.environ;
        match args.pos.as_slice() {
            [name, value] => self.dict_insert(environ, name, value.clone(), at)?,
            [other] => self.dict_update(environ, other, at)?,
            _ => {}
        }
        for (name, value) in &args.kw {
            self.dict_insert(environ, &Val::str(name.clone()), value.clone(), at)?;
        }
        Ok(Val::none())
    }

    fn environ_pop(&mut self, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.first() else { return Err(self.wrong_arguments("pop", at, args)) };
        let Some(name) = name.as_str().map(str::to_owned) else {
            let (environ, unknown) = (self.environ, self.unknown_of(&[name], at));
            if let Some(why) = unknown.as_unknown() {
                self.dict_overwrite_any(environ, &why);
            }
            return Ok(unknown);
        };
        let value = match (self.environment(&name, "str", args.pos.get(1), false, at), args.pos.get(1)) {
            (EnvVar::Set(value) | EnvVar::Unknown(value), _) => value,
            (EnvVar::Unset(deps), Some(default)) => default.clone().with(&deps),
            (EnvVar::Unset(_), None) => return self.missing_variable(&name, "builtins.KeyError", &name, at),
        };
        let environ = self.environ;
        self.dict_insert(environ, &Val::str(name), Val::none(), at)?;
        Ok(value)
    }

    /// Puts a variable into the environment unless something is there, as reading a `.env` file does.
    pub(in crate::python) fn environ_put(&mut self, name: &str, value: Val, overwrite: bool, at: Region) -> Res<()> {
        let there = self.request.environment.variables.contains_key(name)
            || self.required.contains(name)
            || matches!(self.heap.cell(self.environ), Cell::Dict(Dict { entries, .. }) if entries.contains_key(&crate::python::heap::Key::Str(name.into())));
        if overwrite || !there {
            let environ = self.environ;
            // What the real environment has would have gone before the file.
            let value = if overwrite { value } else { value.with(&self.unless_set(name)) };
            self.dict_insert(environ, &Val::str(name), value, at)?;
        }
        Ok(())
    }
}
