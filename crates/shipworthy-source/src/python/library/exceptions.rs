//! Exception classes outside the project, their hierarchy and what their instances hold.

use shipworthy_model::{Region, Unknown, Why};

use crate::python::interp::{Interp, unknown_value};
use crate::python::object::{Elem, Kind, Val};

/// Python's exceptions with their bases (Doc/library/exceptions.rst, "Exception hierarchy"), and those of Django and of
/// libraries that settings catch.
const CLASSES: &[(&str, &str)] = &[
    ("builtins.BaseException", ""),
    ("builtins.SystemExit", "builtins.BaseException"),
    ("builtins.KeyboardInterrupt", "builtins.BaseException"),
    ("builtins.GeneratorExit", "builtins.BaseException"),
    ("builtins.Exception", "builtins.BaseException"),
    ("builtins.StopIteration", "builtins.Exception"),
    ("builtins.StopAsyncIteration", "builtins.Exception"),
    ("builtins.ArithmeticError", "builtins.Exception"),
    ("builtins.OverflowError", "builtins.ArithmeticError"),
    ("builtins.ZeroDivisionError", "builtins.ArithmeticError"),
    ("builtins.FloatingPointError", "builtins.ArithmeticError"),
    ("builtins.AssertionError", "builtins.Exception"),
    ("builtins.AttributeError", "builtins.Exception"),
    ("builtins.BufferError", "builtins.Exception"),
    ("builtins.EOFError", "builtins.Exception"),
    ("builtins.ImportError", "builtins.Exception"),
    ("builtins.ModuleNotFoundError", "builtins.ImportError"),
    ("builtins.LookupError", "builtins.Exception"),
    ("builtins.IndexError", "builtins.LookupError"),
    ("builtins.KeyError", "builtins.LookupError"),
    ("builtins.MemoryError", "builtins.Exception"),
    ("builtins.NameError", "builtins.Exception"),
    ("builtins.UnboundLocalError", "builtins.NameError"),
    ("builtins.OSError", "builtins.Exception"),
    ("builtins.IOError", "builtins.OSError"),
    ("builtins.EnvironmentError", "builtins.OSError"),
    ("builtins.BlockingIOError", "builtins.OSError"),
    ("builtins.ConnectionError", "builtins.OSError"),
    ("builtins.BrokenPipeError", "builtins.ConnectionError"),
    ("builtins.ConnectionAbortedError", "builtins.ConnectionError"),
    ("builtins.ConnectionRefusedError", "builtins.ConnectionError"),
    ("builtins.ConnectionResetError", "builtins.ConnectionError"),
    ("builtins.ChildProcessError", "builtins.OSError"),
    ("builtins.InterruptedError", "builtins.OSError"),
    ("builtins.ProcessLookupError", "builtins.OSError"),
    ("builtins.FileExistsError", "builtins.OSError"),
    ("builtins.FileNotFoundError", "builtins.OSError"),
    ("builtins.IsADirectoryError", "builtins.OSError"),
    ("builtins.NotADirectoryError", "builtins.OSError"),
    ("builtins.PermissionError", "builtins.OSError"),
    ("builtins.TimeoutError", "builtins.OSError"),
    ("builtins.ReferenceError", "builtins.Exception"),
    ("builtins.RuntimeError", "builtins.Exception"),
    ("builtins.NotImplementedError", "builtins.RuntimeError"),
    ("builtins.RecursionError", "builtins.RuntimeError"),
    ("builtins.SyntaxError", "builtins.Exception"),
    ("builtins.IndentationError", "builtins.SyntaxError"),
    ("builtins.TabError", "builtins.IndentationError"),
    ("builtins.SystemError", "builtins.Exception"),
    ("builtins.TypeError", "builtins.Exception"),
    ("builtins.ValueError", "builtins.Exception"),
    ("builtins.UnicodeError", "builtins.ValueError"),
    ("builtins.UnicodeDecodeError", "builtins.UnicodeError"),
    ("builtins.UnicodeEncodeError", "builtins.UnicodeError"),
    ("builtins.UnicodeTranslateError", "builtins.UnicodeError"),
    ("builtins.Warning", "builtins.Exception"),
    ("builtins.DeprecationWarning", "builtins.Warning"),
    ("builtins.UserWarning", "builtins.Warning"),
    ("builtins.RuntimeWarning", "builtins.Warning"),
    ("builtins.FutureWarning", "builtins.Warning"),
    ("builtins.ImportWarning", "builtins.Warning"),
    ("builtins.BytesWarning", "builtins.Warning"),
    ("builtins.EncodingWarning", "builtins.Warning"),
    ("builtins.ResourceWarning", "builtins.Warning"),
    ("builtins.SyntaxWarning", "builtins.Warning"),
    ("builtins.UnicodeWarning", "builtins.Warning"),
    ("builtins.PendingDeprecationWarning", "builtins.Warning"),
    ("json.JSONDecodeError", "builtins.ValueError"),
    ("json.decoder.JSONDecodeError", "builtins.ValueError"),
    ("django.core.exceptions.ImproperlyConfigured", "builtins.Exception"),
    ("environ.ImproperlyConfigured", "django.core.exceptions.ImproperlyConfigured"),
    ("decouple.UndefinedValueError", "builtins.Exception"),
    ("dj_database_url.ParseError", "builtins.ValueError"),
    ("dj_database_url.UnknownSchemeError", "builtins.ValueError"),
    ("pydantic.ValidationError", "builtins.ValueError"),
    ("pydantic_core.ValidationError", "builtins.ValueError"),
    ("pydantic_settings.exceptions.SettingsError", "builtins.ValueError"),
    ("environs.EnvError", "builtins.ValueError"),
    ("environs.EnvNotSetError", "environs.EnvError"),
    ("environs.EnvValidationError", "environs.EnvError"),
    ("environs.EnvSealedError", "builtins.TypeError"),
    ("environs.ParserConflictError", "builtins.ValueError"),
    ("marshmallow.ValidationError", "builtins.Exception"),
    ("marshmallow.exceptions.ValidationError", "builtins.Exception"),
    ("configparser.Error", "builtins.Exception"),
    ("configparser.NoSectionError", "configparser.Error"),
    ("configparser.NoOptionError", "configparser.Error"),
    ("configparser.DuplicateSectionError", "configparser.Error"),
    ("configparser.DuplicateOptionError", "configparser.Error"),
    ("configparser.ParsingError", "configparser.Error"),
    ("configparser.MissingSectionHeaderError", "configparser.ParsingError"),
    ("configparser.MultilineContinuationError", "configparser.ParsingError"),
    ("configparser.InterpolationError", "configparser.Error"),
    ("configparser.InterpolationSyntaxError", "configparser.InterpolationError"),
    ("tomllib.TOMLDecodeError", "builtins.ValueError"),
    ("tomli.TOMLDecodeError", "builtins.ValueError"),
    ("binascii.Error", "builtins.ValueError"),
    ("subprocess.CalledProcessError", "builtins.Exception"),
    ("socket.gaierror", "builtins.OSError"),
];

fn base(name: &str) -> Option<&'static str> {
    CLASSES.iter().find(|(known, _)| *known == name).map(|(_, base)| *base)
}

pub(in crate::python) fn is_exception(name: &str) -> bool {
    base(name).is_some()
}

/// Whether `thrown` is `wanted` or a class below it; `None` if either is not known.
pub(in crate::python) fn is_subexception(thrown: &str, wanted: &str) -> Option<bool> {
    // Two names of one class.
    let one = |name: &str| match name {
        "builtins.IOError" | "builtins.EnvironmentError" => "builtins.OSError".to_owned(),
        "json.JSONDecodeError" => "json.decoder.JSONDecodeError".to_owned(),
        "environ.ImproperlyConfigured" | "environ.compat.ImproperlyConfigured" => {
            "django.core.exceptions.ImproperlyConfigured".to_owned()
        }
        "pydantic.ValidationError" => "pydantic_core.ValidationError".to_owned(),
        "pydantic_settings.SettingsError" => "pydantic_settings.exceptions.SettingsError".to_owned(),
        other => other.to_owned(),
    };
    let (mut thrown, wanted) = (one(thrown), one(wanted));
    if !is_exception(&thrown) || (!is_exception(&wanted) && wanted != "builtins.object") {
        return (thrown == wanted).then_some(true);
    }
    loop {
        if thrown == wanted {
            return Some(true);
        }
        match base(&thrown) {
            Some(base) if !base.is_empty() => thrown = one(base),
            _ => return Some(false),
        }
    }
}

/// Attributes of instances, by the class that brings them (Doc/library/exceptions.rst).
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("builtins.BaseException", &["args", "with_traceback", "add_note", "__traceback__", "__cause__", "__context__", "__notes__"]),
    ("builtins.AttributeError", &["name", "obj"]),
    ("builtins.NameError", &["name"]),
    ("builtins.ImportError", &["name", "path", "msg"]),
    ("builtins.OSError", &["errno", "strerror", "filename", "filename2"]),
    ("builtins.StopIteration", &["value"]),
    ("builtins.SystemExit", &["code"]),
    ("builtins.SyntaxError", &["filename", "lineno", "offset", "text", "msg", "end_lineno", "end_offset"]),
    ("builtins.UnicodeDecodeError", &["encoding", "object", "start", "end", "reason"]),
    ("builtins.UnicodeEncodeError", &["encoding", "object", "start", "end", "reason"]),
    ("json.decoder.JSONDecodeError", &["msg", "doc", "pos", "lineno", "colno"]),
    ("configparser.Error", &["message", "section", "option", "source", "lineno"]),
    ("subprocess.CalledProcessError", &["returncode", "cmd", "output", "stdout", "stderr"]),
];

/// The number of a failed call of the system, by the class of the exception (`errno.h` of Linux).
fn number(class: &str) -> Option<i128> {
    Some(match class {
        "builtins.FileNotFoundError" => 2,
        "builtins.PermissionError" => 13,
        "builtins.FileExistsError" => 17,
        "builtins.NotADirectoryError" => 20,
        "builtins.IsADirectoryError" => 21,
        _ => return None,
    })
}

/// An attribute that instances of an exception's class have beside those it was made with; `None` where they have none such.
/// What Python's own code puts there is not known, as a rule.
pub(in crate::python) fn attribute(interp: &Interp<'_>, exception: &Val, class: &str, name: &str, at: Region) -> Option<Val> {
    let brings = |(owner, names): &&(&str, &[&str])| names.contains(&name) && is_subexception(class, owner) == Some(true);
    if !ATTRIBUTES.iter().any(|entry| brings(&entry)) && is_described(class) {
        return None;
    }
    if let Some(number) = number(class).filter(|_| name == "errno") {
        return Some(Val::int(number));
    }
    let why = interp.native_attribute(exception, "args").and_then(|args| first_unknown(&args));
    let why = why
        .map_or_else(|| Why::Unsupported(format!("the attribute {name} of an exception").into()), |unknown| unknown.why.clone());
    Some(unknown_value(&std::rc::Rc::new(Unknown::new(why, Some(at)))))
}

/// Whether all attributes of an exception's class are known: those of Python itself.
fn is_described(class: &str) -> bool {
    class.starts_with("builtins.") || ATTRIBUTES.iter().any(|(owner, _)| *owner == class)
}

/// The first unknown among the elements of a tuple.
fn first_unknown(tuple: &Val) -> Option<std::rc::Rc<Unknown>> {
    let Kind::Tuple(items) = &tuple.kind else { return None };
    items.iter().find_map(|item| if let Elem::One(item) = item { item.as_unknown() } else { None })
}
