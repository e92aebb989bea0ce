//! Exception classes outside the project and their hierarchy.

/// Python's exceptions with their bases (Doc/library/exceptions.rst, "Exception hierarchy"), and those of Django and of
/// libraries that settings catch.
const CLASSES: &[(&str, &str)] = &[
    ("builtins.BaseException", ""),
    ("builtins.SystemExit", "builtins.BaseException"),
    ("builtins.KeyboardInterrupt", "builtins.BaseException"),
    ("builtins.GeneratorExit", "builtins.BaseException"),
    ("builtins.Exception", "builtins.BaseException"),
    ("builtins.StopIteration", "builtins.Exception"),
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
    ("builtins.ConnectionRefusedError", "builtins.ConnectionError"),
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
    ("builtins.SystemError", "builtins.Exception"),
    ("builtins.TypeError", "builtins.Exception"),
    ("builtins.ValueError", "builtins.Exception"),
    ("builtins.UnicodeError", "builtins.ValueError"),
    ("builtins.UnicodeDecodeError", "builtins.UnicodeError"),
    ("builtins.UnicodeEncodeError", "builtins.UnicodeError"),
    ("builtins.Warning", "builtins.Exception"),
    ("builtins.DeprecationWarning", "builtins.Warning"),
    ("builtins.UserWarning", "builtins.Warning"),
    ("builtins.RuntimeWarning", "builtins.Warning"),
    ("builtins.FutureWarning", "builtins.Warning"),
    ("builtins.ImportWarning", "builtins.Warning"),
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
