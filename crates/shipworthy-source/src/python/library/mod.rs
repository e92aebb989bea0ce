//! Models of what lies outside the project: the standard library, Django, and libraries that read the environment.
//!
//! Everything outside is known by its dotted name. A model answers three questions about names: what calling one gives
//! ([`call`]), what constant one stands for ([`attribute`]), and which methods its objects have ([`is_method`]).

mod annotations;
mod collections;
mod configparser;
pub(super) mod configurations;
mod decouple;
mod distutils;
mod dj_database_url;
mod dj_email_url;
pub(super) mod django;
mod django_cache_url;
mod django_heroku;
mod documents;
mod dotenv;
mod dynaconf;
mod encodings;
pub(super) mod enums;
mod environ;
mod environs;
mod exceptions;
pub(super) mod files;
mod itertools;
mod math;
mod modules;
pub(super) mod objects;
pub(super) mod os;
mod packages;
pub(super) mod path;
mod pydantic;
mod pytimeparse;
mod random;
mod re;
pub(super) mod records;
mod split_settings;
mod structlog;
pub(super) mod sys;
mod text;
mod time;
mod toml;
mod url;
mod url_settings;
mod urls;
mod wording;
mod yaml;

use std::rc::Rc;

use ruff_python_ast::Operator;
use shipworthy_model::{Region, Version};

use super::call::Args;
use super::heap::Cell;
use super::interp::{Interp, Res};
use super::modules::is_stdlib;
use super::object::{Kind, Val};
pub(super) use exceptions::{attribute as exception_attribute, is_exception, is_subexception};

/// A model of one library.
struct Library {
    /// The dotted names it speaks for: these and everything below them.
    roots: &'static [&'static str],
    /// What calling a name gives; `None` for names it does not know.
    call: fn(&mut Interp<'_>, &str, &Args, Region) -> Option<Res<Val>>,
    /// The value of a constant; `None` for functions and classes.
    attribute: fn(&mut Interp<'_>, &str, Region) -> Option<Val>,
    /// Methods of its objects, as `Class.method` below a root.
    methods: &'static [&'static str],
}

static LIBRARIES: &[&Library] = &[
    &os::LIBRARY,
    &sys::LIBRARY,
    &path::LIBRARY,
    &files::LIBRARY,
    &text::LIBRARY,
    &time::LIBRARY,
    &random::LIBRARY,
    &collections::LIBRARY,
    &django::LIBRARY,
    &urls::LIBRARY,
    &environ::LIBRARY,
    &decouple::LIBRARY,
    &dj_database_url::LIBRARY,
    &dotenv::LIBRARY,
    &environs::LIBRARY,
    &dj_email_url::LIBRARY,
    &django_cache_url::LIBRARY,
    &django_heroku::LIBRARY,
    &split_settings::LIBRARY,
    &packages::LIBRARY,
    &structlog::LIBRARY,
    &pytimeparse::LIBRARY,
    &configurations::LIBRARY,
    &pydantic::LIBRARY,
    &dynaconf::LIBRARY,
    &objects::LIBRARY,
    &re::LIBRARY,
    &math::LIBRARY,
    &distutils::LIBRARY,
    &modules::LIBRARY,
    &encodings::LIBRARY,
    &itertools::LIBRARY,
    &wording::LIBRARY,
    &records::LIBRARY,
    &configparser::LIBRARY,
    &toml::LIBRARY,
    &yaml::LIBRARY,
];

fn library_of(name: &str) -> impl Iterator<Item = &'static Library> {
    LIBRARIES.iter().copied().filter(move |library| library.roots.iter().any(|root| is_below(name, root)))
}

fn is_below(name: &str, root: &str) -> bool {
    name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Calls something outside the project; `None` for code nobody can see.
pub(super) fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if let Some(builtin) = name.strip_prefix("builtins.")
        && let Some(result) = super::builtins::call(interp, builtin, args, at)
    {
        return Some(result);
    }
    library_of(name).find_map(|library| (library.call)(interp, name, args, at))
}

/// The constant that a dotted name stands for.
pub(super) fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    library_of(name).find_map(|library| (library.attribute)(interp, name, at))
}

/// An attribute of a library's object that is no plain attribute and no method.
pub(super) fn instance_attribute(interp: &mut Interp<'_>, class: &str, object: &Val, name: &str, at: Region) -> Option<Val> {
    environ::instance_attribute(interp, class, object, name, at)
        .or_else(|| environs::instance_attribute(interp, class, object, name))
        .or_else(|| configurations::instance_attribute(interp, class, name, at))
}

/// Whether a library's class certainly has no attribute of that name.
pub(super) fn lacks(interp: &Interp<'_>, class: &str, name: &str) -> bool {
    configurations::lacks(interp, class, name)
}

/// The text of a library's object, where `str()` and paths take it for one.
pub(super) fn text_of(interp: &Interp<'_>, object: &Val) -> Option<String> {
    environ::text_of(interp, object).or_else(|| pydantic::text_of(interp, object))
}

/// An operator on a library's object.
pub(super) fn binary(interp: &mut Interp<'_>, operator: Operator, left: &Val, right: &Val, at: Region) -> Option<Res<Val>> {
    environ::binary(interp, operator, left, right, at)
}

/// Creates an instance of a project class whose base is a library's, where that differs from plain classes.
pub(super) fn instantiate(interp: &mut Interp<'_>, class: &Val, args: &Args, at: Region) -> Option<Res<Val>> {
    initialised(interp, class, args, at)
        .or_else(|| pydantic::instantiate(interp, class, args, at))
        .or_else(|| enums::instantiate(interp, class, args, at))
        .or_else(|| records::instantiate(interp, class, args, at))
}

/// Library classes whose initialiser is modelled, so that classes of the project may inherit from them.
const INITIALISED: [&str; 8] = [
    "configurations.Configuration",
    "environs.Env",
    "environs.FileAwareEnv",
    "environ.Env",
    "environ.FileAwareEnv",
    "environ.Path",
    "decouple.AutoConfig",
    "decouple.Config",
];

/// An instance of a project class that inherits the initialiser of a library's.
fn initialised(interp: &mut Interp<'_>, class: &Val, args: &Args, at: Region) -> Option<Res<Val>> {
    let native = interp.native_class(class)?;
    let value = native.strip_prefix("configurations.values.");
    if !INITIALISED.contains(&&*native) && value.is_none() {
        return None;
    }
    if interp.class_defines(class, "__init__") {
        return None;
    }
    let attributes = interp.new_space();
    let instance = Val::new(Kind::Instance(interp.heap.new_cell(Cell::Instance(class.clone(), attributes)))).at(at);
    if let Some(value) = value {
        return Some(configurations::made(interp, instance, value, args, at));
    }
    let mut all = args.clone();
    all.pos.insert(0, instance.clone());
    let result = interp.call_extern(&format!("{native}.__init__").into(), all, at);
    Some(result.map(|_| instance))
}

/// The hidden attribute that holds what `str()` shows of an object; `None` in it says that it is not known.
pub(super) const TEXT: &str = "*text*";

/// The plain value that a library's object is for Django.
pub(super) fn plain_value(interp: &Interp<'_>, object: &Val) -> Option<Val> {
    packages::class_of(interp, object)
        .or_else(|| structlog::class_of(interp, object))
        .or_else(|| django::lazy_url(interp, object))
}

/// A method of a library's object, bound to it.
pub(super) fn method_of(interp: &Interp<'_>, object: &Val, name: &str) -> Option<Val> {
    let Kind::Instance(id) = object.kind else { return None };
    let Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
    let native = interp.native_class(class)?;
    let dotted = format!("{native}.{name}");
    is_method(&dotted).then(|| Val::new(Kind::Method(Rc::new((object.clone(), Val::external(dotted))))))
}

/// The dotted name of an object's class, where the object stands for nothing else and counts as true.
pub(super) fn class_name(interp: &Interp<'_>, object: &Val) -> Option<String> {
    let Kind::Instance(id) = object.kind else { return None };
    let super::heap::Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
    if interp.truth(object) != Some(true) {
        return None;
    }
    match &class.kind {
        Kind::Class(id) => {
            // What hangs on code that nobody sees may be anything, even false.
            let seen =
                interp.external_ancestor(class).is_none_or(|base| matches!(&base.kind, Kind::Extern(name) if is_stdlib(name)));
            let class = interp.heap.class(*id);
            seen.then(|| format!("{}.{}", class.module, class.name))
        }
        Kind::Extern(name) if matches!(&**name, "re.Pattern" | "re.Match") => Some(name.to_string()),
        _ => None,
    }
}

/// Whether objects of a library's class may count as false.
pub(super) fn may_be_false(class: &str) -> bool {
    class.starts_with("collections.")
}

/// Whether a dotted name is a method of a library's objects.
pub(super) fn is_method(name: &str) -> bool {
    library_of(name).any(|library| {
        library.roots.iter().any(|root| {
            name.strip_prefix(root)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|method| library.methods.contains(&method))
        })
    })
}

/// Whether a dotted name belongs to a library that is modelled.
pub(super) fn is_modelled(name: &str) -> bool {
    library_of(name).next().is_some()
}

/// Whether a library's object is not simply true.
pub(super) fn has_truth(interp: &Interp<'_>, object: &Val) -> bool {
    configurations::is_value(interp, object) || pydantic::is_secret(interp, object)
}

/// The truth of such an object.
pub(super) fn truth_of(interp: &Interp<'_>, object: &Val) -> Option<bool> {
    if pydantic::is_secret(interp, object) { pydantic::truth(interp, object) } else { configurations::truth(interp, object) }
}

/// What a library does with a class of the project that has just been made.
pub(super) fn finish_class(interp: &mut Interp<'_>, class: super::object::Id, keywords: &[(Rc<str>, Val)]) {
    configurations::finish_class(interp, class);
    if !keywords.is_empty() {
        let options = interp.dict(keywords.iter().map(|(name, value)| (&**name, value.clone())).collect());
        let space = interp.heap.class(class).space;
        interp.bind(space, CLASS_KEYWORDS, options);
    }
}

/// Where a class keeps the keywords of its definition: `class Settings(BaseSettings, env_prefix="APP_")`.
const CLASS_KEYWORDS: &str = "*keywords*";

/// The truth value of something outside the project: functions, classes and modules are true, constants are not known.
pub(super) fn truth(name: &str) -> Option<bool> {
    is_object_name(name).then_some(true)
}

/// Whether a value is a function, class or module outside the project, rather than some constant.
pub(super) fn is_known_object(value: &Val) -> bool {
    match &value.kind {
        Kind::Extern(name) => is_object_name(name),
        _ => true,
    }
}

fn is_object_name(name: &str) -> bool {
    if name.starts_with("builtins.") || is_exception(name) || structlog::is_function(name) {
        return true;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let camel = last.starts_with(|c: char| c.is_ascii_uppercase()) && last.bytes().any(|byte| byte.is_ascii_lowercase());
    let outside = super::modules::is_stdlib(name) || is_modelled(name);
    outside
        && (camel
            || !name.contains('.')
            || matches!(
                name,
                "celery.schedules.crontab"
                    | "os.environ"
                    | "os.path"
                    | "sys.path"
                    | "datetime.timedelta"
                    | "django.utils.csp.CSP"
            ))
}

/// Whether a function takes its arguments as they come, so that unknown further ones do no harm.
pub(super) fn takes_anything(name: &str) -> bool {
    matches!(name, "builtins.print" | "builtins.dict")
}

/// Whether a function cares for the class of its arguments, not for the value beneath.
pub(super) fn takes_instances(name: &str) -> bool {
    matches!(
        name,
        "builtins.isinstance"
            | "builtins.type"
            | "builtins.getattr"
            | "builtins.hasattr"
            | "builtins.setattr"
            | "builtins.str"
            | "builtins.repr"
            | "builtins.format"
            | "builtins.vars"
            | "builtins.dir"
            | "builtins.super"
            | "builtins.callable"
            | "builtins.bool"
    ) || name.starts_with("builtins.") && name.matches('.').count() > 1
}

/// Whether a function of the standard library changes what it is given, in ways that are not modelled.
pub(super) fn changes_arguments(name: &str) -> bool {
    name == "random.shuffle" || name.starts_with("heapq.heap") || name.starts_with("bisect.insort")
}

/// Whether a function looks at a choice of values as a whole.
pub(super) fn takes_choices(name: &str) -> bool {
    matches!(name, "builtins.print" | "builtins.isinstance" | "builtins.bool")
}

/// `Optional[str]`, `list[int]`: an annotation is what it annotates.
pub(super) fn subscript(name: &str, _key: &Val) -> Option<Val> {
    (name.starts_with("typing.") || name.starts_with("builtins.") || name.starts_with("collections."))
        .then(|| Val::external(name))
}

/// The names that a star import brings; `None` where nobody knows.
pub(super) fn star(module: &str, version: Version) -> Option<Vec<(Rc<str>, Val)>> {
    django::star(module, version)
}

/// No constants.
fn no_attribute(_interp: &mut Interp<'_>, _name: &str, _at: Region) -> Option<Val> {
    None
}
