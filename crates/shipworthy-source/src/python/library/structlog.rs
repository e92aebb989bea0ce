//! structlog (23 and later): the processors and formatters that logging is configured with.

use shipworthy_model::{Region, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["structlog"], call, attribute, methods: &[] };

/// Classes, by the name that they have themselves. Their objects are known by their class.
const CLASSES: [&str; 21] = [
    "structlog.stdlib.BoundLogger",
    "structlog.stdlib.ExtraAdder",
    "structlog.stdlib.LoggerFactory",
    "structlog.stdlib.PositionalArgumentsFormatter",
    "structlog.stdlib.ProcessorFormatter",
    "structlog.processors.CallsiteParameter",
    "structlog.processors.CallsiteParameterAdder",
    "structlog.processors.EventRenamer",
    "structlog.processors.ExceptionPrettyPrinter",
    "structlog.processors.ExceptionRenderer",
    "structlog.processors.JSONRenderer",
    "structlog.processors.KeyValueRenderer",
    "structlog.processors.LogfmtRenderer",
    "structlog.processors.StackInfoRenderer",
    "structlog.processors.TimeStamper",
    "structlog.processors.UnicodeDecoder",
    "structlog.processors.UnicodeEncoder",
    "structlog.dev.ConsoleRenderer",
    "structlog.dev.RichTracebackFormatter",
    "structlog.testing.LogCapture",
    "structlog.testing.ReturnLoggerFactory",
];

/// Functions, where they are imported from and where they live.
const FUNCTIONS: [(&str, &str); 13] = [
    ("structlog.stdlib.add_log_level", "structlog._log_levels.add_log_level"),
    ("structlog.processors.add_log_level", "structlog._log_levels.add_log_level"),
    ("structlog.stdlib.add_log_level_number", "structlog.stdlib.add_log_level_number"),
    ("structlog.stdlib.add_logger_name", "structlog.stdlib.add_logger_name"),
    ("structlog.stdlib.filter_by_level", "structlog.stdlib.filter_by_level"),
    ("structlog.stdlib.render_to_log_kwargs", "structlog.stdlib.render_to_log_kwargs"),
    ("structlog.stdlib.render_to_log_args_and_kwargs", "structlog.stdlib.render_to_log_args_and_kwargs"),
    ("structlog.stdlib.ProcessorFormatter.wrap_for_formatter", "structlog.stdlib.ProcessorFormatter.wrap_for_formatter"),
    ("structlog.stdlib.ProcessorFormatter.remove_processors_meta", "structlog.stdlib.ProcessorFormatter.remove_processors_meta"),
    ("structlog.contextvars.merge_contextvars", "structlog.contextvars.merge_contextvars"),
    ("structlog.dev.plain_traceback", "structlog.dev.plain_traceback"),
    ("structlog.dev.rich_traceback", "structlog.dev.rich_traceback"),
    ("structlog.dev.better_traceback", "structlog.dev.better_traceback"),
];

/// Whether a name is that of one of its functions.
pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|(_, home)| *home == name)
}

/// The class that an object's dotted name is.
pub(super) fn class_of(interp: &Interp<'_>, object: &Val) -> Option<Val> {
    let Kind::Instance(id) = object.kind else { return None };
    let Cell::Instance(Val { kind: Kind::Extern(class), .. }, _) = interp.heap.cell(id) else { return None };
    let home = CLASSES.iter().find(|name| **name == &**class)?;
    Some(Val { kind: Kind::Extern((*home).into()), ..object.clone() })
}

fn call(interp: &mut Interp<'_>, name: &str, _args: &Args, at: Region) -> Option<Res<Val>> {
    if CLASSES.contains(&name) {
        return Some(Ok(interp.native_instance(name, Vec::new())));
    }
    match name {
        // Loggers are set up beside the settings; what they are set up with stays as it is.
        "structlog.configure" | "structlog.configure_once" => Some(Ok(Val::none())),
        "structlog.get_logger"
        | "structlog.getLogger"
        | "structlog.stdlib.get_logger"
        | "structlog.make_filtering_bound_logger" => Some(Ok(Val::unknown(Why::Call(name.into()), Some(at)))),
        _ => None,
    }
}

fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    if CLASSES.contains(&name) {
        return Some(Val::external(name));
    }
    if let Some((_, home)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
        return Some(Val::external(*home));
    }
    match name {
        // Ready-made objects, one each for the process.
        "structlog.processors.format_exc_info" | "structlog.processors.dict_tracebacks" => {
            let renderer = interp.native_instance("structlog.processors.ExceptionRenderer", Vec::new());
            interp.patch(name, renderer.clone());
            Some(renderer)
        }
        // It lives elsewhere than it is imported from.
        _ if name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_uppercase())) => {
            Some(Val::unknown(Why::Import(name.into()), Some(at)))
        }
        _ => None,
    }
}
