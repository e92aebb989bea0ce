//! Files of the project that settings read, and nothing outside of it.

use shipworthy_model::{Assumption, Region, Why};

use super::{Library, no_attribute, path};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Kind, Val};
use crate::python::operators::path_text;
use crate::{Node, ReadError};

pub(super) static LIBRARY: Library = Library {
    roots: &["io", "codecs"],
    call,
    attribute: no_attribute,
    methods: &[
        "TextIOWrapper.seek",
        "TextIOWrapper.tell",
        "TextIOWrapper.flush",
        "TextIOWrapper.writelines",
        "StringIO.readline",
        "StringIO.readlines",
        "StringIO.write",
        "StringIO.seek",
        "StringIO.__iter__",
        "StringIO.__enter__",
        "StringIO.__exit__",
        "StringIO.close",
        "BytesIO.read",
        "BytesIO.getvalue",
        "TextIOWrapper.read",
        "TextIOWrapper.readlines",
        "TextIOWrapper.readline",
        "TextIOWrapper.close",
        "TextIOWrapper.write",
        "TextIOWrapper.__enter__",
        "TextIOWrapper.__exit__",
        "TextIOWrapper.__iter__",
        "StringIO.read",
        "StringIO.getvalue",
    ],
};

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "io.open" | "codecs.open" => open(interp, args, at),
        "io.StringIO" => {
            let text = args.pos.first().cloned().unwrap_or_else(|| Val::str(""));
            Ok(interp.native_instance("io.StringIO", vec![("*content*", text.clone()), ("*whole*", text)]))
        }
        "io.BytesIO" => {
            let bytes = args.pos.first().cloned().unwrap_or_else(|| Val::new(Kind::Bytes(std::rc::Rc::new([]))));
            Ok(interp.native_instance("io.BytesIO", vec![("*content*", bytes.clone()), ("*whole*", bytes)]))
        }
        "io.StringIO.getvalue" | "io.BytesIO.getvalue" => Ok(interp.native_attribute(args.pos.first()?, "*whole*")?),
        _ => {
            let (_, method) = name.strip_prefix("io.")?.split_once('.')?;
            return file_method(interp, method, args, at);
        }
    })
}

/// A method of an open file, which remembers how far it was read.
fn file_method(interp: &mut Interp<'_>, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let file = args.pos.first()?.clone();
    let content = interp.native_attribute(&file, "*content*")?;
    let left = |interp: &mut Interp<'_>, rest: Val| interp.set_attribute(&file, "*content*", rest, at);
    Some(match method {
        "__enter__" => Ok(file.clone()),
        "__exit__" | "close" | "flush" => Ok(Val::none()),
        "tell" => Ok(Val::unknown(Why::Unsupported("a position in a file".into()), Some(at))),
        "seek" => {
            let start = matches!(args.pos.get(1)?.kind, Kind::Int(0)) && args.pos.len() == 2;
            let whole = interp.native_attribute(&file, "*whole*").filter(|_| start);
            let rest = whole.unwrap_or_else(|| Val::unknown(Why::Unsupported("a position in a file".into()), Some(at)));
            left(interp, rest).map(|()| Val::int(0))
        }
        "write" | "writelines" => {
            let unknown = || Val::unknown(Why::Unsupported("a file that is written".into()), Some(at));
            match interp.set_attribute(&file, "*whole*", unknown(), at) {
                Ok(()) => left(interp, unknown()).map(|()| unknown()),
                Err(stop) => Err(stop),
            }
        }
        "read" if args.pos.len() == 1 => {
            let end = match content.kind {
                Kind::Str(_) => Val::str(""),
                Kind::Bytes(_) => Val::new(Kind::Bytes(std::rc::Rc::new([]))),
                _ => content.clone(),
            };
            left(interp, end).map(|()| content)
        }
        "readlines" | "__iter__" if args.pos.len() == 1 => {
            // Lines of a file end at line feeds only, other than those of `splitlines`.
            let lines = match &content.kind {
                Kind::Str(text) => {
                    let place = |value: Val| match content.at {
                        Some(at) => value.at(at),
                        None => value,
                    };
                    let lines: Vec<Val> =
                        text.split_inclusive('\n').map(|line| place(Val::str(line).with(&content.deps))).collect();
                    interp.list(lines)
                }
                _ => return Some(Ok(content)),
            };
            left(interp, Val::str("")).map(|()| lines)
        }
        "readline" | "__next__" if args.pos.len() == 1 => match content.as_str().map(str::to_owned) {
            Some(text) => {
                let line = text.split_inclusive('\n').next().unwrap_or_default().to_owned();
                let rest = Val::str(&text[line.len()..]).with(&content.deps);
                left(interp, rest).map(|()| Val::str(line).with(&content.deps).or_at(at))
            }
            None => Ok(content),
        },
        "read" => match (content.as_str().map(str::to_owned), args.pos.get(1).map(|count| &count.kind)) {
            (Some(text), Some(Kind::Int(count))) if *count >= 0 => {
                let end =
                    text.char_indices().nth(usize::try_from(*count).unwrap_or(usize::MAX)).map_or(text.len(), |(end, _)| end);
                let rest = Val::str(&text[end..]).with(&content.deps);
                left(interp, rest).map(|()| Val::str(&text[..end]).with(&content.deps).or_at(at))
            }
            _ => Ok(Val::unknown(Why::Unsupported("a part of a file".into()), Some(at))),
        },
        _ => return None,
    })
}

/// `open(path, mode)`: an object that holds the whole content.
pub(in crate::python) fn open(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let Some(file) = args.get(0, "file") else { return Err(interp.wrong_arguments("open", at, args)) };
    let mode = args.get(1, "mode").and_then(Val::as_str).unwrap_or("r").to_owned();
    let content = match path_text(file).map(str::to_owned) {
        Some(_) if mode.contains(['w', 'a', 'x', '+']) => Val::str(""),
        Some(text) if mode.contains('b') => read_bytes(interp, &text, at)?,
        Some(text) => read_text(interp, &text, at)?,
        None => {
            interp.may_raise(Val::external("builtins.FileNotFoundError"), "opening an unknown file", at);
            interp.unknown_of(&[file], at)
        }
    };
    let name = file.clone();
    Ok(interp.native_instance("io.TextIOWrapper", vec![("*content*", content.clone()), ("*whole*", content), ("name", name)]))
}

/// Whether a file is there to be read; unknown outside of the project.
pub(super) fn is_there(interp: &mut Interp<'_>, path: &str, at: Region) -> Val {
    interp.path_question("isfile", path, at)
}

/// The text of a file with universal line ends.
pub(in crate::python) fn read_text(interp: &mut Interp<'_>, path: &str, at: Region) -> Res<Val> {
    let bytes = match bytes_of(interp, path, at)? {
        Ok(bytes) => bytes,
        Err(unknown) => return Ok(unknown),
    };
    interp.sized(bytes.len())?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => {
            let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
            let region = interp.file_region(path, &text);
            let value = Val::str(text);
            match region {
                Some(region) => value.at(region),
                None => value,
            }
        }
        Err(_) => Val::unknown(Why::Unsupported("a file that is not UTF-8".into()), Some(at)),
    })
}

pub(in crate::python) fn read_bytes(interp: &mut Interp<'_>, path: &str, at: Region) -> Res<Val> {
    Ok(match bytes_of(interp, path, at)? {
        Ok(bytes) => {
            interp.sized(bytes.len())?;
            let region = std::str::from_utf8(&bytes).ok().map(str::to_owned).and_then(|text| interp.file_region(path, &text));
            let value = Val::new(Kind::Bytes(bytes.into()));
            match region {
                Some(region) => value.at(region),
                None => value,
            }
        }
        Err(unknown) => unknown,
    })
}

/// The bytes of a file of the project; the inner error is the unknown that a file elsewhere is.
fn bytes_of(interp: &mut Interp<'_>, text: &str, at: Region) -> Res<Result<Vec<u8>, Val>> {
    let normal = path::normalise(text);
    let Some(path) = interp.tree_path(&normal).filter(|_| text.starts_with('/')).map(str::to_owned) else {
        let exception = Val::external("builtins.FileNotFoundError");
        if interp.aside.contains(text) && interp.caught(&exception) {
            interp.would_take_settings_from(text);
            let deps = Deps::of(Assumption::Absent(text.into()));
            return Err(interp.raise_with("builtins.FileNotFoundError", &format!("there is no file {text}"), at, deps));
        }
        interp.may_raise(exception, &format!("opening {text}"), at);
        return Ok(Err(Val::unknown(Why::File(text.into()), Some(at))));
    };
    if interp.request.tree.node(&path) == Node::Folder {
        return Err(interp.raise_plain("IsADirectoryError", "a folder cannot be read as a file", at));
    }
    match interp.request.tree.read(&path) {
        Ok(bytes) => Ok(Ok(bytes)),
        Err(ReadError::Absent) => {
            let exception = Val::external("builtins.FileNotFoundError");
            if interp.caught(&exception) {
                // What runs without it is what this checkout shows; the report says that this was assumed.
                let absent = if let Some((folder, "py")) = path.rsplit_once('.') {
                    let stem = folder.rsplit('/').next().unwrap_or(folder);
                    interp.would_take_settings_from(&format!("{stem}.py"));
                    Assumption::World(format!("{path} does not exist").into())
                } else {
                    Assumption::Absent(path.as_str().into())
                };
                let deps = Deps::of(absent);
                return Err(interp.raise_with("builtins.FileNotFoundError", &format!("there is no file {path}"), at, deps));
            }
            // The file may be put there when the project is deployed: what it holds is unknown.
            Ok(Err(Val::unknown(Why::File(path.into()), Some(at))))
        }
        Err(ReadError::TooLarge(_) | ReadError::Refused(_)) => Ok(Err(Val::unknown(Why::File(path.into()), Some(at)))),
    }
}

impl Interp<'_> {
    /// The whole of a file as a place, so that a finding can show where a value was read from.
    fn file_region(&mut self, absolute: &str, text: &str) -> Option<Region> {
        let normal = path::normalise(absolute);
        let path = self.tree_path(&normal)?.to_owned();
        let artifact = self.artifacts.borrow_mut().add(&path, text);
        Some(Region::whole(artifact))
    }
}
