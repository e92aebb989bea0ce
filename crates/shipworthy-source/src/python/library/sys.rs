//! `sys` and `platform`: facts about the process that settings ask for.

use ruff_python_ast::CmpOp;
use shipworthy_model::{Assumption, Region, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Elem, Kind, Val};
use crate::python::operators::{Number, as_number};

pub(super) static LIBRARY: Library =
    Library { roots: &["sys", "platform", "warnings", "logging", "typing", "site"], call, attribute, methods: &[] };

/// Stands in the text of a command-line argument that nobody knows. The settings are loaded by a server, whose arguments
/// are none of the words that settings look for (`test`, `runserver`, `migrate`), so it equals no literal.
pub(in crate::python) const ARGUMENT_MARK: char = '\u{f0000}';

/// Whether a text is an argument of the process as a whole.
pub(in crate::python) fn is_argument(text: &str) -> bool {
    text.strip_prefix(ARGUMENT_MARK) == Some("")
}

/// Whether one of two texts holds an argument of the process that may be what the other is: the name of a server.
pub(in crate::python) fn may_be_named(a: &str, b: &str) -> bool {
    const SERVERS: [&str; 9] = ["asgi", "daphne", "granian", "gunicorn", "hypercorn", "uvicorn", "uwsgi", "waitress", "wsgi"];
    let (argument, word) = if a.contains(ARGUMENT_MARK) { (a, b) } else { (b, a) };
    argument.contains(ARGUMENT_MARK) && !word.contains(ARGUMENT_MARK) && SERVERS.iter().any(|server| word.contains(server))
}

fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    Some(match name {
        "sys.argv" => {
            let argument = Val::str(ARGUMENT_MARK.to_string()).at(at);
            // Servers are told what to serve: there is a second word.
            let list = interp.list(vec![argument.clone(), argument]);
            interp.assumed("the settings are loaded by a server, not by a management command", list)
        }
        "sys.platform" => interp.assumed("the process runs on Linux", Val::str("linux")),
        "sys.maxsize" => Val::int(i128::from(i64::MAX)),
        "sys.byteorder" => Val::str("little"),
        "sys.version_info" => Val::external("sys.version_info"),
        "sys.version_info.major" => Val::int(3),
        "sys.path" => interp.search_list(at),
        "sys.modules" => Val::external("sys.modules"),
        "typing.TYPE_CHECKING" => Val::bool(false),
        "sys.executable" | "sys.version" | "sys.prefix" | "sys.base_prefix" | "sys.exec_prefix" => {
            Val::unknown(Why::Machine(name.into()), Some(at))
        }
        "logging.NOTSET" => Val::int(0),
        "logging.DEBUG" => Val::int(10),
        "logging.INFO" => Val::int(20),
        "logging.WARNING" | "logging.WARN" => Val::int(30),
        "logging.ERROR" => Val::int(40),
        "logging.CRITICAL" | "logging.FATAL" => Val::int(50),
        _ => return None,
    })
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "sys.exit" => Err(interp.raise_plain("SystemExit", "the module ends the process", at)),
        "platform.system" => Ok(interp.assumed("the process runs on Linux", Val::str("Linux"))),
        "platform.node"
        | "platform.platform"
        | "platform.machine"
        | "platform.python_version"
        | "platform.release"
        | "platform.processor"
        | "platform.uname"
        | "platform.python_implementation" => Ok(Val::unknown(Why::Machine(format!("{name}()").into()), Some(at))),
        "site.addsitedir" => {
            interp.look_in(args.pos.first()?, at);
            Ok(Val::none())
        }
        "sys.setrecursionlimit"
        | "sys.stdout.write"
        | "sys.stderr.write"
        | "warnings.warn"
        | "warnings.filterwarnings"
        | "warnings.simplefilter"
        | "logging.basicConfig"
        | "logging.config.dictConfig"
        | "logging.disable"
        | "logging.captureWarnings"
        | "logging.debug"
        | "logging.info"
        | "logging.warning"
        | "logging.error"
        | "logging.critical"
        | "logging.exception"
        | "logging.addLevelName" => Ok(Val::none()),
        "sys.modules.get" | "sys.modules.__getitem__" => {
            let name = args.pos.last()?.as_str()?;
            match interp.modules.get(name) {
                Some(module) => Ok(Val::new(Kind::Module(module.space))),
                None => Ok(Val::unknown(Why::Import(name.into()), Some(at))),
            }
        }
        "typing.cast" => Ok(args.pos.get(1)?.clone()),
        _ => return None,
    })
}

/// `name in sys.modules`: a server loads neither a test runner nor a debugger.
pub(in crate::python) fn is_loaded(interp: &mut Interp<'_>, name: &Val) -> Option<bool> {
    const NEVER: [&str; 8] = ["pytest", "_pytest", "pytest_django", "nose", "behave", "IPython", "debugpy", "pydevd"];
    let name = name.as_str()?;
    if interp.modules.contains_key(name) {
        return Some(true);
    }
    if !NEVER.contains(&name) {
        return None;
    }
    let deps = Deps::of(Assumption::World("the settings are loaded by a server, not by a test run".into()));
    interp.membership = interp.membership.union(&deps);
    Some(false)
}

/// `sys.version_info[0]` and `sys.version_info[:2]`.
pub(in crate::python) fn version_part(interp: &Interp<'_>, key: &Val, at: Region) -> Val {
    let unknown = || Val::unknown(Why::Machine("sys.version_info".into()), Some(at));
    match &key.kind {
        Kind::Int(0) => Val::int(3),
        // Its first numbers are ordered as all of them are, but for versions that are alike.
        Kind::Slice(parts) if parts.0.is_none() && matches!(parts.1.kind, Kind::Int(2..)) && parts.2.is_none() => {
            Val::external("sys.version_info")
        }
        _ if key.as_unknown().is_some() => interp.unknown_of(&[key], at),
        _ => unknown(),
    }
}

/// `sys.version_info >= (3, 9)`: decided where every Python that runs the project's Django gives one answer.
pub(in crate::python) fn version_order(operator: CmpOp, left: &Val, right: &Val, interp: &Interp<'_>) -> Option<Val> {
    let is_version = |value: &Val| matches!(&value.kind, Kind::Extern(name) if &**name == "sys.version_info");
    let numbers = |value: &Val| match &value.kind {
        Kind::Tuple(items) => items
            .iter()
            .map(|item| match item {
                Elem::One(item) => match as_number(item) {
                    Some(Number::Int(number)) => Some(number),
                    _ => None,
                },
                Elem::Perhaps(..) | Elem::Many(_) => None,
            })
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let (operator, bound) = if is_version(left) {
        (operator, numbers(right)?)
    } else if is_version(right) {
        let mirrored = match operator {
            CmpOp::Lt => CmpOp::Gt,
            CmpOp::LtE => CmpOp::GtE,
            CmpOp::Gt => CmpOp::Lt,
            _ => CmpOp::LtE,
        };
        (mirrored, numbers(left)?)
    } else {
        return None;
    };
    // The oldest Python of each Django (docs/faq/install.txt).
    let django = interp.request.django;
    let oldest = if django.at_least(6, 0) {
        vec![3, 12]
    } else if django.at_least(5, 0) {
        vec![3, 10]
    } else {
        vec![3, 8]
    };
    let newest = [3, 15];
    match operator {
        CmpOp::GtE if oldest >= bound => Some(Val::bool(true)),
        CmpOp::Gt if oldest > bound && !oldest.starts_with(&bound) => Some(Val::bool(true)),
        CmpOp::Lt if oldest >= bound => Some(Val::bool(false)),
        CmpOp::LtE if oldest > bound && !oldest.starts_with(&bound) => Some(Val::bool(false)),
        CmpOp::GtE | CmpOp::Gt if bound.as_slice() > newest.as_slice() => Some(Val::bool(false)),
        CmpOp::Lt | CmpOp::LtE if bound.as_slice() > newest.as_slice() => Some(Val::bool(true)),
        _ => Some(Val::unknown(Why::Machine("sys.version_info".into()), left.at.or(right.at))),
    }
}
