//! django-configurations (2.5): settings as a class, chosen by `DJANGO_CONFIGURATION`.
//!
//! The real importer also copies every default of Django's into the module; here a setting that nobody changed stays unset,
//! which comes to the same value.

mod values;

use std::rc::Rc;

use shipworthy_model::{Assumption, Region, Stage, Unknown, Why};

use super::Library;
use crate::entry_points::CONFIGURATION as CHOICE;
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::{Binding, Cell};
use crate::python::interp::{Frame, FrameKind, Interp, Res, Role, Stop};
use crate::python::object::{Deps, Id, Kind, Val};
use crate::python::operators::path_text;
pub(super) use values::{is_value, made, truth};

pub(super) static LIBRARY: Library = Library {
    roots: &["configurations"],
    call,
    attribute,
    methods: &[
        "Configuration.__init__",
        "Configuration.pre_setup",
        "Configuration.setup",
        "Configuration.post_setup",
        "Configuration.load_dotenv",
    ],
};

const BASE: &str = "configurations.Configuration";
const PRISTINE: &str = "configurations.*pristine*.";

fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    match name {
        "configurations.base.Configuration" | "configurations.base.ConfigurationBase" => Some(Val::external(BASE)),
        "configurations.decorators.pristinemethod" => Some(Val::external("configurations.pristinemethod")),
        _ => {
            let setting = name.strip_prefix(BASE)?.strip_prefix('.')?;
            super::attribute(interp, &format!("django.conf.global_settings.{setting}"), at)
        }
    }
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if let Some(value) = name.strip_prefix("configurations.values.") {
        return values::call(interp, value, args, at);
    }
    Some(match name {
        "configurations.pristinemethod" => {
            let function = args.pos.first()?.clone();
            if let Kind::Function(id) = function.kind {
                interp.functions[id as usize].role = Role::Static;
                interp.patch(&format!("{PRISTINE}{id}"), Val::bool(true));
            }
            Ok(function)
        }
        "configurations.Configuration.__init__"
        | "configurations.Configuration.post_setup"
        | "configurations.setup"
        | "configurations.importer.install" => Ok(Val::none()),
        "configurations.Configuration.pre_setup" | "configurations.Configuration.load_dotenv" => {
            let class = args.pos.first()?.clone();
            load_dotenv(interp, &class, at).map(|()| Val::none())
        }
        "configurations.Configuration.setup" => {
            let class = args.pos.first()?.clone();
            setup(interp, &class, at).map(|()| Val::none())
        }
        _ => return None,
    })
}

/// A configuration has every setting of Django's.
pub(super) fn instance_attribute(interp: &mut Interp<'_>, class: &str, name: &str, at: Region) -> Option<Val> {
    (class == BASE).then(|| attribute(interp, &format!("{BASE}.{name}"), at)).flatten()
}

/// Whether a configuration has no setting of that name unless the project gives it one.
pub(super) fn lacks(interp: &Interp<'_>, class: &str, name: &str) -> bool {
    class == BASE && is_setting(name) && name != "DOTENV_LOADED" && !shipworthy_model::django::knows(&interp.request.django, name)
}

fn is_configuration(interp: &Interp<'_>, class: &Val) -> bool {
    interp.ancestry(class).iter().any(|class| matches!(&class.kind, Kind::Extern(name) if &**name == BASE))
}

fn is_setting(name: &str) -> bool {
    !name.starts_with('_') && name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// Every setting that a class sees, with where it is bound.
fn visible(interp: &Interp<'_>, class: &Val) -> Vec<(Rc<str>, Binding)> {
    let mut seen: Vec<(Rc<str>, Binding)> = Vec::new();
    for class in interp.ancestry(class) {
        let Kind::Class(id) = class.kind else { continue };
        for (name, binding) in &interp.heap.space(interp.heap.class(id).space).names {
            if is_setting(name) && !seen.iter().any(|(known, _)| known == name) {
                seen.push((name.clone(), binding.clone()));
            }
        }
    }
    seen
}

/// What the metaclass does: a new class takes over what its bases have, the first base first, and to a base that is a
/// configuration belong all of Django's defaults.
pub(super) fn finish_class(interp: &mut Interp<'_>, class: Id) {
    let value = Val::new(Kind::Class(class));
    if !is_configuration(interp, &value) {
        return;
    }
    let (bases, space) = (interp.heap.class(class).bases.clone(), interp.heap.class(class).space);
    let mut taken: Vec<(Rc<str>, Binding)> = Vec::new();
    for base in &bases {
        for (name, binding) in visible(interp, base) {
            if !taken.iter().any(|(known, _)| *known == name) {
                taken.push((name, binding));
            }
        }
        if is_configuration(interp, base) {
            let later: Vec<Rc<str>> = bases.iter().flat_map(|base| visible(interp, base)).map(|(name, _)| name).collect();
            for name in later {
                if name.as_ref() == "DEFAULT_AUTO_FIELD" || taken.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                if let Some(default) = shipworthy_model::django::default(&interp.request.django, &name) {
                    let value = interp.thaw(&default);
                    taken.push((name, Binding { value, origin: Rc::default(), perhaps: None }));
                }
            }
        }
    }
    for (name, binding) in taken {
        if interp.lookup(space, &name).is_none() {
            interp.heap.space_mut(space).names.insert(name, binding);
        }
    }
}

/// Puts the chosen configuration's attributes into the settings module, once that has been executed.
pub(in crate::python) fn finish(interp: &mut Interp<'_>, space: Id) -> Res<()> {
    let classes: Vec<(Rc<str>, Val)> = interp
        .heap
        .space(space)
        .names
        .iter()
        .filter(|(_, binding)| matches!(binding.value.kind, Kind::Class(_)))
        .map(|(name, binding)| (name.clone(), binding.value.clone()))
        .collect();
    if !classes.iter().any(|(_, class)| is_configuration(interp, class)) {
        return Ok(());
    }
    let file = interp.lookup(space, "__file__");
    let path = file.as_ref().and_then(Val::as_str).and_then(|file| interp.tree_path(file)).map(str::to_owned);
    let Some(source) = path.and_then(|path| interp.load_source(&path)) else { return Ok(()) };
    let at = Region::whole(source.artifact);
    let ours: Vec<&Rc<str>> = classes.iter().filter(|(_, class)| is_configuration(interp, class)).map(|(name, _)| name).collect();
    let production = for_production(&ours).or_else(|| for_whatever_runs(interp, &classes));
    let Some(chosen) = chosen(interp, at).map_or(production.clone(), |chosen| {
        // What an entry point falls back to is seldom what production runs with: there the environment chooses.
        let falls_back = chosen.deps.iter().any(|it| matches!(it, Assumption::Unset(name) if &**name == CHOICE));
        let is_less =
            |name: &str| Stage::of_class(name) == Stage::Development || builds_on(interp, &classes, production.as_ref(), name);
        let falls_back_to_less = falls_back && chosen.as_str().is_some_and(is_less);
        production.clone().filter(|_| falls_back_to_less).or(Some(chosen))
    }) else {
        let unknown = Unknown::new(Why::Variable(CHOICE.into()), Some(at));
        interp.heap.space_mut(space).lose(Rc::new(unknown));
        return Ok(());
    };
    let Some(name) = chosen.as_str().map(str::to_owned) else {
        let unknown = chosen.as_unknown().unwrap_or_else(|| Rc::new(Unknown::new(Why::Variable(CHOICE.into()), Some(at))));
        interp.heap.space_mut(space).lose(unknown);
        return Ok(());
    };
    let module = interp.request.module;
    interp.frames.push(Frame {
        source,
        module: module.into(),
        globals: space,
        locals: space,
        enclosing: Vec::new(),
        kind: FrameKind::Module,
        names: Rc::default(),
        class: None,
        receiver: None,
        yielded: None,
        managed: None,
    });
    interp.statement = at;
    let deps = chosen.deps.clone();
    let result = match classes.into_iter().find(|(known, _)| **known == *name) {
        Some((_, class)) => interp.under(&deps, |interp| install(interp, &class, space, at)),
        None => match interp.lookup(space, &name) {
            Some(class) => interp.under(&deps, |interp| install(interp, &class, space, at)),
            None => Err(interp.raise_on("AttributeError", &format!("Couldn't find configuration '{name}'"), at, &[&chosen])),
        },
    };
    interp.frames.pop();
    result?;
    interp.bind(space, "CONFIGURATION", Val::str(format!("{module}.{name}")).with(&deps));
    Ok(())
}

/// The only configuration that is called production's.
fn for_production(configurations: &[&Rc<str>]) -> Option<Val> {
    let only = |stage: fn(&str) -> Stage| {
        let mut named = configurations.iter().filter(|name| stage(name) == Stage::Production);
        named.next().filter(|_| named.next().is_none())
    };
    // `Production`, where there is a `ShopProduction` too.
    let only = only(Stage::of).or_else(|| only(Stage::of_class))?;
    let assumed = Assumption::World(format!("production sets {CHOICE} to {only}").into());
    Some(Val::str((*only).clone()).with(&Deps::of(assumed)))
}

/// The only configuration that the module defines itself and does not build another one on: there is nothing else to load
/// it for.
fn for_whatever_runs(interp: &Interp<'_>, classes: &[(Rc<str>, Val)]) -> Option<Val> {
    let own = |class: &Val| match class.kind {
        Kind::Class(id) => &*interp.heap.class(id).module == interp.request.module && is_configuration(interp, class),
        _ => false,
    };
    let is_base = |class: &Val| {
        classes.iter().any(|(_, other)| {
            own(other) && !interp.same(other, class) && {
                interp.ancestry(other).iter().any(|ancestor| interp.same(ancestor, class))
            }
        })
    };
    let mut leaves = classes.iter().filter(|(_, class)| own(class) && !is_base(class));
    let ((only, _), None) = (leaves.next()?, leaves.next()) else { return None };
    let assumed = Assumption::World(format!("the environment sets {CHOICE} to {only}").into());
    Some(Val::str(only.clone()).with(&Deps::of(assumed)))
}

/// Whether production's class is made of the one of this name.
fn builds_on(interp: &Interp<'_>, classes: &[(Rc<str>, Val)], production: Option<&Val>, name: &str) -> bool {
    let class = |wanted: &str| classes.iter().find(|(known, _)| **known == *wanted).map(|(_, class)| class);
    let (Some(own), Some(base)) = (production.and_then(Val::as_str).and_then(class), class(name)) else { return false };
    let id = |class: &Val| match class.kind {
        Kind::Class(id) => Some(id),
        _ => None,
    };
    id(own) != id(base) && interp.ancestry(own).iter().any(|class| id(class) == id(base))
}

/// The chosen class: by the environment, or by what an entry point of the project falls back to.
fn chosen(interp: &mut Interp<'_>, at: Region) -> Option<Val> {
    match interp.environment(CHOICE, "str", None, true, at) {
        EnvVar::Set(value) | EnvVar::Unknown(value) => return Some(value),
        EnvVar::Unset(_) => {}
    }
    let top = interp.request.module.split('.').next().unwrap_or_default();
    let mut files = Vec::new();
    for root in interp.request.search_path {
        let folder = if root.is_empty() { String::new() } else { format!("{root}/") };
        for file in [format!("{top}/wsgi.py"), format!("{top}/asgi.py"), "wsgi.py".to_owned(), "manage.py".to_owned()] {
            files.push(format!("{folder}{file}"));
        }
    }
    for file in files {
        let Ok(bytes) = interp.request.tree.read(&file) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if let Some((name, start)) = fallback(&text) {
            let artifact = interp.artifacts.borrow_mut().add(&file, &*text);
            let at = Region::new(artifact, start as u32, (start + name.len()) as u32);
            return Some(Val::str(name).at(at).with(&Deps::of(Assumption::Unset(CHOICE.into()))));
        }
    }
    None
}

/// `os.environ.setdefault("DJANGO_CONFIGURATION", "Name")` in the text of an entry point.
fn fallback(text: &str) -> Option<(&str, usize)> {
    let found = text.find(CHOICE)?;
    let rest = text[found + CHOICE.len()..].trim_start_matches(['"', '\'']);
    let rest = rest.trim_start_matches([']', ')', ' ', ',', '=', '\n', '\t']);
    let inner = rest.strip_prefix(['"', '\''])?;
    let end = inner.find(['"', '\''])?;
    let name = &inner[..end];
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then(|| (name, text.len() - inner.len()))
}

/// `ConfigurationLoader`: prepares the class, makes its instance and copies that one's settings.
fn install(interp: &mut Interp<'_>, class: &Val, space: Id, at: Region) -> Res<()> {
    for step in ["pre_setup", "setup"] {
        let method = interp.attribute(class, step, at)?;
        interp.call_values(&method, Vec::new(), at)?;
    }
    let object = interp.call_values(class, Vec::new(), at)?;
    let mut all = visible(interp, class);
    if let Kind::Instance(id) = object.kind
        && let Cell::Instance(_, own) = interp.heap.cell(id)
    {
        for (name, binding) in &interp.heap.space(*own).names {
            if is_setting(name) {
                all.retain(|(known, _)| known != name);
                all.push((name.clone(), binding.clone()));
            }
        }
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    // Properties are read before any method is called.
    let mut values = Vec::with_capacity(all.len());
    for (name, binding) in all {
        let value = interp.attribute(&object, &name, at)?;
        values.push((name, binding, value));
    }
    for (name, binding, value) in values {
        let place = binding.origin.last().copied().unwrap_or(at);
        let value = match called(interp, &value, place)? {
            Some(made) if values::is_value(interp, &made) => {
                values::put(interp, space, &name, &made, &binding.origin, place)?;
                continue;
            }
            Some(made) => made,
            None => value,
        };
        let value = value.with(&interp.control.clone());
        interp.heap.space_mut(space).names.insert(name, Binding { value, ..binding });
    }
    // A base that is not to be seen may have settings too.
    let unseen = interp.ancestry(class).into_iter().find_map(|base| match &base.kind {
        Kind::Extern(name) if !name.starts_with("configurations.") => {
            Some(Unknown::new(Why::Import(name.as_ref().into()), Some(at)))
        }
        Kind::Unknown(unknown) => Some((**unknown).clone()),
        _ => None,
    });
    if let Some(unknown) = unseen {
        interp.heap.space_mut(space).lose(Rc::new(unknown));
    }
    let method = interp.attribute(class, "post_setup", at)?;
    interp.call_values(&method, Vec::new(), at)?;
    Ok(())
}

/// What calling a setting gives, for those that are called: methods, functions, classes.
fn called(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Option<Val>> {
    let function = match &value.kind {
        Kind::Method(bound) => &bound.1,
        _ => value,
    };
    match &function.kind {
        Kind::Function(id) if interp.patched(&format!("{PRISTINE}{id}")).is_some() => Ok(None),
        Kind::Function(_) | Kind::Class(_) => interp.call_values(value, Vec::new(), at).map(Some),
        Kind::Extern(name) if super::is_known_object(function) && name.contains('.') => {
            Ok(Some(Val::unknown(Why::Call(name.as_ref().into()), Some(at))))
        }
        _ => Ok(None),
    }
}

/// `Configuration.setup`: the class's `Value`s become what they stand for.
fn setup(interp: &mut Interp<'_>, class: &Val, at: Region) -> Res<()> {
    let Kind::Class(id) = class.kind else { return Ok(()) };
    let space = interp.heap.class(id).space;
    let mut all = visible(interp, class);
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, binding) in all {
        if values::is_value(interp, &binding.value) {
            let place = binding.value.at.or(binding.origin.last().copied()).unwrap_or(at);
            values::put(interp, space, &name, &binding.value, &binding.origin, place)?;
        }
    }
    Ok(())
}

/// `Configuration.load_dotenv`: the file that `DOTENV` names.
fn load_dotenv(interp: &mut Interp<'_>, class: &Val, at: Region) -> Res<()> {
    let Some(path) = interp.class_attribute(class, "DOTENV") else { return Ok(()) };
    if interp.truth(&path) == Some(false) {
        return Ok(());
    }
    let Some(text) = path_text(&path).map(str::to_owned) else { return Ok(()) };
    let (absolute, deps) = interp.started_at(&text);
    let Some((text, artifact)) = interp.project_text(&absolute) else { return Ok(()) };
    for line in super::environ::lines(&text, artifact, false) {
        // Unlike django-environ, this library knows no `export` and keeps no escapes.
        if line.exported {
            continue;
        }
        let value = line.quoted.map_or(line.value, |quoted| unescaped(&quoted));
        interp.environ_put(&line.name, Val::str(value).at(line.at).with(&deps), false, at)?;
    }
    Ok(())
}

fn unescaped(raw: &str) -> String {
    let mut out = String::new();
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some(next)) => {
                out.push(next);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    out
}

/// Turns what a limit or an exception left behind into the settings' own trouble.
pub(in crate::python) fn stopped(interp: &mut Interp<'_>, stop: Stop) -> Why {
    match stop {
        Stop::Raise(raised) => {
            interp.uncaught(&raised, true);
            Why::Raises(interp.exception_name(&raised.exception).into())
        }
        Stop::Limit(why) => why,
    }
}
