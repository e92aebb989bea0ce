//! `pathlib` and `os.path`: paths as text, and questions about the project's own tree.

mod parts;

use shipworthy_model::{Assumption, Region, Why};

use super::{Library, no_attribute};
use crate::Node;
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Elem, Kind, Val};
use crate::python::operators::path_text;
pub(super) use parts::join_os;
use parts::{dirname, normal, parent, relative, split_extension};
pub(in crate::python) use parts::{join_pure, normalise};

pub(super) static LIBRARY: Library =
    Library { roots: &["pathlib", "posixpath", "genericpath", "glob"], call, attribute: no_attribute, methods: &[] };

const METHODS: [&str; 38] = [
    "resolve",
    "absolute",
    "joinpath",
    "exists",
    "is_file",
    "is_dir",
    "is_absolute",
    "read_text",
    "read_bytes",
    "open",
    "as_posix",
    "with_name",
    "with_suffix",
    "with_stem",
    "relative_to",
    "is_relative_to",
    "mkdir",
    "touch",
    "expanduser",
    "iterdir",
    "glob",
    "rglob",
    "__str__",
    "__fspath__",
    "write_text",
    "unlink",
    "stat",
    "match",
    "as_uri",
    "is_symlink",
    "samefile",
    "chmod",
    "rename",
    "replace",
    "rmdir",
    "write_bytes",
    "readlink",
    "home",
];

pub(in crate::python) fn is_method(name: &str) -> bool {
    METHODS.contains(&name)
}

pub(super) fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "pathlib.PurePosixPath" => join_all(interp, &args.pos, at)
            .map(|joined| match joined {
                Ok(text) => Val::new(Kind::Path(normal(&text).into())),
                Err(value) => value,
            }),
        "pathlib.Path.cwd" | "pathlib.Path.home" => Ok(Val::unknown(Why::Machine(format!("{name}()").into()), Some(at))),
        "glob.glob" | "glob.iglob" => glob_call(interp, args, at),
        _ => {
            let function = name.strip_prefix("os.path.").or_else(|| name.strip_prefix("posixpath."))?;
            return os_path(interp, function, args, at);
        }
    })
}

/// The path of several parts, or the value that says why it is not known.
fn join_all(interp: &mut Interp<'_>, parts: &[Val], at: Region) -> Res<Result<String, Val>> {
    let mut joined = String::new();
    for (index, part) in parts.iter().enumerate() {
        match path_text(part).map(str::to_owned).or_else(|| super::text_of(interp, part)) {
            Some(text) if index == 0 => text.clone_into(&mut joined),
            Some(text) => {
                interp.sized(joined.len() + text.len())?;
                joined = join_os(&joined, &text);
            }
            None if part.as_unknown().is_some() || matches!(part.kind, Kind::Extern(_) | Kind::Instance(_)) => {
                return Ok(Err(interp.unknown_of(&[part], at)));
            }
            None => {
                let message = format!("a path is made of text, not of a value of type {}", interp.type_name(part));
                return Err(interp.raise_on("TypeError", &message, at, &[part]));
            }
        }
    }
    Ok(Ok(joined))
}

fn os_path(interp: &mut Interp<'_>, function: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if function == "join" {
        return Some(join_all(interp, &args.pos, at).map(|joined| joined.map_or_else(|why| why, Val::str)));
    }
    if matches!(function, "commonpath" | "commonprefix") {
        return None;
    }
    let first = args.pos.first()?;
    let Some(text) = path_text(first).map(str::to_owned) else {
        if first.as_unknown().is_some() || matches!(first.kind, Kind::Extern(_) | Kind::Instance(_)) {
            return Some(Ok(interp.unknown_of(&[first], at)));
        }
        let message = format!("a path is text, not a value of type {}", interp.type_name(first));
        return Some(Err(interp.raise_on("TypeError", &message, at, &[first])));
    };
    Some(Ok(match function {
        "dirname" => Val::str(dirname(&text)),
        "basename" => Val::str(text.rsplit('/').next().unwrap_or_default()),
        "split" => Val::tuple(vec![Val::str(dirname(&text)), Val::str(text.rsplit('/').next().unwrap_or_default())]),
        "splitext" => {
            let (stem, extension) = split_extension(&text);
            Val::tuple(vec![Val::str(stem), Val::str(extension)])
        }
        "normpath" => Val::str(normalise(&text)),
        "abspath" | "realpath" if text.starts_with('/') => Val::str(normalise(&text)),
        "abspath" | "realpath" => Val::unknown(Why::Machine("the working directory".into()), Some(at)),
        "isabs" => Val::bool(text.starts_with('/')),
        "exists" | "lexists" | "isfile" | "isdir" => return Some(Ok(interp.path_question(function, &text, at))),
        "islink" => Val::unknown(Why::Machine("a file's kind".into()), Some(at)),
        "expanduser" if !text.starts_with('~') => Val::str(text),
        "expanduser" => Val::unknown(Why::Machine("the home directory".into()), Some(at)),
        "expandvars" if !text.contains('$') => Val::str(text),
        "relpath" => {
            let base = args.pos.get(1).and_then(path_text).filter(|base| base.starts_with('/') && text.starts_with('/'))?;
            Val::str(relative(&normalise(&text), &normalise(base)))
        }
        _ => return None,
    }))
}

/// A path's property; `None` for what is a method or does not exist.
pub(in crate::python) fn property(interp: &mut Interp<'_>, path: &Val, name: &str) -> Option<Val> {
    let Kind::Path(text) = &path.kind else { return None };
    let last = text.rsplit('/').next().unwrap_or_default();
    let last = if last == "." { "" } else { last };
    let path_of = |text: &str| Val::new(Kind::Path(text.into()));
    Some(match name {
        "parent" => path_of(&parent(text)),
        "parents" => {
            let mut parents = Vec::new();
            let mut current = text.to_string();
            loop {
                let up = parent(&current);
                if up == current {
                    break;
                }
                parents.push(path_of(&up));
                current = up;
            }
            Val::tuple(parents)
        }
        "name" => Val::str(last),
        "stem" => Val::str(split_extension(last).0),
        "suffix" => Val::str(split_extension(last).1),
        // What ends in a dot has none before Python 3.14, and an empty one since.
        "suffixes" if !last.ends_with('.') => {
            let parts = last.trim_start_matches('.').split('.').skip(1);
            interp.list(parts.map(|part| Val::str(format!(".{part}"))).collect())
        }
        "parts" => {
            let mut parts: Vec<Val> = Vec::new();
            if text.starts_with('/') {
                parts.push(Val::str("/"));
            }
            parts.extend(text.split('/').filter(|part| !part.is_empty() && *part != ".").map(Val::str));
            Val::tuple(parts)
        }
        "root" | "anchor" => Val::str(if text.starts_with('/') { "/" } else { "" }),
        "drive" => Val::str(""),
        "__class__" => Val::external("pathlib.PosixPath"),
        _ => {
            let _ = interp;
            return None;
        }
    })
}

/// A method of a path.
pub(in crate::python) fn method(interp: &mut Interp<'_>, path: &Val, name: &str, args: &Args, at: Region) -> Res<Val> {
    let Kind::Path(text) = &path.kind else { return Ok(Val::none()) };
    let text = text.to_string();
    let path_of = |text: String| Val::new(Kind::Path(text.into()));
    let machine = |what: &str| Val::unknown(Why::Machine(what.into()), Some(at));
    Ok(match name {
        "resolve" if text.starts_with('/') => path_of(normalise(&text)),
        // Unlike `resolve`, it leaves `..` alone.
        "absolute" if text.starts_with('/') => path.clone(),
        "resolve" | "absolute" => machine("the working directory"),
        "joinpath" => {
            let mut parts = vec![path.clone()];
            parts.extend(args.pos.iter().cloned());
            match join_all(interp, &parts, at)? {
                Ok(joined) => path_of(normal(&joined)),
                Err(value) => value,
            }
        }
        "exists" | "is_file" | "is_dir" => interp.path_question(name, &text, at),
        "is_absolute" => Val::bool(text.starts_with('/')),
        "as_posix" | "__str__" | "__fspath__" => Val::str(text),
        "as_uri" if text.starts_with('/') => Val::str(format!("file://{text}")),
        "read_text" => return super::files::read_text(interp, &text, at),
        "read_bytes" => return super::files::read_bytes(interp, &text, at),
        "open" => {
            let mut all = args.clone();
            all.pos.insert(0, path.clone());
            return super::files::open(interp, &all, at);
        }
        "with_name" | "with_suffix" | "with_stem" => {
            let Some(new) = args.pos.first().and_then(Val::as_str) else {
                return Ok(interp.unknown_of(&args.pos.iter().collect::<Vec<_>>(), at));
            };
            let last = text.rsplit('/').next().unwrap_or_default();
            let (stem, suffix) = split_extension(last);
            let last = match name {
                "with_name" => new.to_owned(),
                "with_suffix" => format!("{stem}{new}"),
                _ => format!("{new}{suffix}"),
            };
            path_of(join_pure(&parent(&text), &last))
        }
        "relative_to" | "is_relative_to" => match args.pos.first().and_then(path_text) {
            Some(base) => {
                let base = normal(base);
                let rest = if text == base {
                    Some("")
                } else {
                    text.strip_prefix(&base).and_then(|rest| if base == "/" { Some(rest) } else { rest.strip_prefix('/') })
                };
                match (rest, name) {
                    (rest, "is_relative_to") => Val::bool(rest.is_some()),
                    (Some(""), _) => path_of(".".to_owned()),
                    (Some(rest), _) => path_of(rest.to_owned()),
                    (None, _) => return Err(interp.raise_on("ValueError", "the path is not below the other", at, &[path])),
                }
            }
            None => interp.unknown_of(&args.pos.iter().collect::<Vec<_>>(), at),
        },
        "expanduser" if !text.starts_with('~') => path.clone(),
        "expanduser" | "home" => machine("the home directory"),
        "iterdir" => return interp.list_paths(&text, at),
        "glob" | "rglob" => {
            let Some(pattern) = args.pos.first().and_then(Val::as_str) else {
                return Ok(interp.unknown_of(&args.pos.iter().collect::<Vec<_>>(), at));
            };
            let pattern = if name == "rglob" { format!("**/{pattern}") } else { pattern.to_owned() };
            return interp.glob_paths(&text, &pattern, true, at);
        }
        "mkdir" | "touch" | "chmod" | "unlink" | "write_text" | "write_bytes" | "rmdir" | "rename" | "replace" => Val::none(),
        _ => Val::unknown(Why::Unsupported(format!("the method {name} of a path").into()), Some(at)),
    })
}

impl Interp<'_> {
    /// Whether something is at a path. Inside the project the tree answers; what lies outside is the machine's.
    pub(super) fn path_question(&mut self, question: &str, text: &str, at: Region) -> Val {
        let machine = Val::unknown(Why::Machine(format!("whether {text} exists").into()), Some(at));
        if !text.starts_with('/') {
            return machine;
        }
        let normal = normalise(text);
        let Some(path) = self.tree_path(&normal) else {
            if self.aside.contains(text) {
                self.would_take_settings_from(text);
                return Val::bool(false).with(&Deps::of(Assumption::Absent(text.into())));
            }
            return machine;
        };
        match self.request.tree.node(path) {
            Node::File => Val::bool(!matches!(question, "isdir" | "is_dir")),
            Node::Folder => Val::bool(!matches!(question, "isfile" | "is_file")),
            // What the project does not hold may be there where it is deployed.
            Node::Absent => Val::bool(false).with(&Deps::of(Assumption::Absent(path.into()))),
            Node::Other => machine,
        }
    }

    /// `os.listdir(path)`.
    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    pub(super) fn list_folder(&mut self, path: Option<&Val>, at: Region) -> Res<Val> {
        let Some(text) = path.and_then(path_text).map(str::to_owned) else {
            return Ok(Val::unknown(Why::Machine("the working directory".into()), Some(at)));
        };
        let normal = normalise(&text);
        // The file system lists in an order of its own.
        match self.tree_path(&normal).and_then(|path| self.request.tree.list(path)) {
            Some(names) if names.len() <= 1 => Ok(self.list(names.into_iter().map(Val::str).collect())),
            Some(names) => {
                let why = Why::Machine(format!("the order of {text}'s files").into());
                let rest = self.in_some_order(names.into_iter().map(Val::str).collect(), why, at);
                Ok(self.list_of(vec![rest]))
            }
            None => Ok(Val::unknown(Why::Machine(format!("the order of {text}'s files").into()), Some(at))),
        }
    }

    fn list_paths(&mut self, text: &str, at: Region) -> Res<Val> {
        self.glob_paths(text, "*", true, at)
    }

    /// The paths that match a pattern. Their order is the file system's: with more than one it is unknown, unless sorted.
    fn glob_paths(&mut self, base: &str, pattern: &str, as_paths: bool, at: Region) -> Res<Val> {
        let Some(found) = self.paths_matching(base, pattern)? else {
            return Ok(Val::unknown(Why::File(base.into()), Some(at)));
        };
        let values: Vec<Val> = found
            .into_iter()
            .map(|path| {
                let absolute = self.absolute_path(&path);
                if as_paths { Val::new(Kind::Path(absolute.into())) } else { Val::str(absolute) }
            })
            .collect();
        let elements = if values.len() > 1 {
            vec![self.in_some_order(values, Why::Machine("the order of files".into()), at)]
        } else {
            values.into_iter().map(Elem::One).collect()
        };
        Ok(if as_paths {
            Val::new(Kind::Iter(self.heap.new_cell(crate::python::heap::Cell::Iter(elements, 0))))
        } else {
            self.list_of(elements)
        })
    }

    /// The paths in the tree that match a pattern, by name; `None` outside of the tree.
    pub(super) fn paths_matching(&mut self, base: &str, pattern: &str) -> Res<Option<Vec<String>>> {
        let normal = normalise(base);
        let Some(folder) = self.tree_path(&normal).map(str::to_owned) else { return Ok(None) };
        let mut found = Vec::new();
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        self.glob_below(&folder, &parts, 0, &mut found)?;
        found.sort();
        found.dedup();
        Ok(Some(found))
    }

    fn glob_below(&mut self, folder: &str, parts: &[&str], depth: usize, found: &mut Vec<String>) -> Res<()> {
        self.burn(5)?;
        let Some((part, rest)) = parts.split_first() else {
            found.push(folder.to_owned());
            return Ok(());
        };
        if depth > 30 || found.len() > 5_000 {
            return Ok(());
        }
        let names = self.request.tree.list(folder).unwrap_or_default();
        if *part == "**" {
            self.glob_below(folder, rest, depth + 1, found)?;
        }
        for name in names {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let is_folder = self.request.tree.node(&path) == Node::Folder;
            if *part == "**" {
                if is_folder {
                    self.glob_below(&path, parts, depth + 1, found)?;
                }
            } else if matches_part(part, &name) && (rest.is_empty() || is_folder) {
                self.glob_below(&path, rest, depth + 1, found)?;
            }
        }
        Ok(())
    }
}

fn glob_call(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let Some(pattern) = args.pos.first().and_then(path_text).map(str::to_owned) else {
        return Ok(interp.unknown_of(&args.pos.iter().collect::<Vec<_>>(), at));
    };
    let cut = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let base = dirname(&pattern[..cut]);
    let rest = pattern.get(base.len()..).unwrap_or_default().to_owned();
    if !base.starts_with('/') {
        return Ok(Val::unknown(Why::Machine("the working directory".into()), Some(at)));
    }
    interp.glob_paths(&base, &rest, false, at)
}

/// Whether a name matches one part of a glob pattern (`*`, `?`, `[…]`); hidden files match only a pattern that says so.
fn matches_part(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
            Some(('?', rest)) => !name.is_empty() && matches(rest, &name[1..]),
            Some(('[', rest)) => match (rest.iter().position(|c| *c == ']'), name.split_first()) {
                (Some(end), Some((c, tail))) => {
                    let (set, negated) = if rest[0] == '!' { (&rest[1..end], true) } else { (&rest[..end], false) };
                    let mut inside = false;
                    let mut index = 0;
                    while index < set.len() {
                        if index + 2 < set.len() && set[index + 1] == '-' {
                            inside |= (set[index]..=set[index + 2]).contains(c);
                            index += 3;
                        } else {
                            inside |= set[index] == *c;
                            index += 1;
                        }
                    }
                    inside != negated && matches(&rest[end + 1..], tail)
                }
                _ => false,
            },
            Some((c, rest)) => name.first() == Some(c) && matches(rest, &name[1..]),
        }
    }
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    matches(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}
