//! django-heroku (0.3): `settings(locals())` lays Heroku's settings over the project's.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Id, Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["django_heroku"], call, attribute: no_attribute, methods: &[] };

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if !matches!(name, "django_heroku.settings" | "django_heroku.core.settings") {
        return None;
    }
    let Kind::Module(space) = args.get(0, "config")?.kind else { return None };
    Some(settings(interp, space, args, at).map(|()| Val::none()))
}

fn settings(interp: &mut Interp<'_>, space: Id, args: &Args, at: Region) -> Res<()> {
    let mut on = [true; 6];
    for (index, name) in ["databases", "test_runner", "staticfiles", "allowed_hosts", "logging", "secret_key"].iter().enumerate()
    {
        if let Some(flag) = args.named(name) {
            if let Some(flag) = interp.truth(flag) {
                on[index] = flag;
            } else {
                let unknown = Rc::new(Unknown::new(Why::Unsupported("django_heroku.settings".into()), Some(at)));
                interp.open_space(space, &unknown);
                return Ok(());
            }
        }
    }
    let [databases, test_runner, static_files, hosts, logging, secret_key] = on;
    if databases {
        self::databases(interp, space, args, at)?;
    }
    if test_runner && is_set(interp, "CI", at)? {
        interp.bind(space, "TEST_RUNNER", Val::str("django_heroku.HerokuDiscoverRunner").at(at));
    }
    if static_files {
        self::static_files(interp, space, at)?;
    }
    if hosts {
        let all = interp.list(vec![Val::str("*").at(at)]).at(at);
        interp.bind(space, "ALLOWED_HOSTS", all);
    }
    if logging {
        let value = self::logging(interp).at(at);
        interp.bind(space, "LOGGING", value);
    }
    if secret_key {
        match interp.environment("SECRET_KEY", "str", Some(&Val::none()), false, at) {
            EnvVar::Set(value) | EnvVar::Unknown(value) => interp.bind(space, "SECRET_KEY", value),
            EnvVar::Unset(_) => {}
        }
    }
    Ok(())
}

fn is_set(interp: &mut Interp<'_>, name: &str, at: Region) -> Res<bool> {
    Ok(interp.environ_contains(&Val::str(name), at)? == Some(true))
}

fn databases(interp: &mut Interp<'_>, space: Id, args: &Args, at: Region) -> Res<()> {
    if interp.lookup(space, "DATABASES").is_none() {
        let none = interp.dict(vec![("default", Val::none())]).at(at);
        interp.bind(space, "DATABASES", none);
    }
    let Some(all) = interp.lookup(space, "DATABASES") else { return Ok(()) };
    if args.named("db_colors").is_some_and(|flag| interp.truth(flag) != Some(false)) {
        // Every variable whose name begins with HEROKU_POSTGRESQL becomes a database; one that is no URL is refused.
        let given = &interp.request.environment.variables;
        let urls: Vec<Val> = given
            .iter()
            .filter(|(name, _)| name.starts_with("HEROKU_POSTGRESQL"))
            .map(|(_, (text, _))| Val::str(&**text))
            .collect();
        for url in urls {
            interp.call_extern(&"dj_database_url.parse".into(), Args::of(vec![url]), at)?;
        }
        let unknown = Rc::new(Unknown::new(Why::Machine("os.environ".into()), Some(at)));
        interp.lose_contents(&all, &unknown);
    }
    if !is_set(interp, "DATABASE_URL", at)? {
        interp.membership = crate::python::object::Deps::default();
        return Ok(());
    }
    interp.membership = crate::python::object::Deps::default();
    let options = vec![("conn_max_age".into(), Val::int(600)), ("ssl_require".into(), Val::bool(true))];
    let made = interp.call_extern(&"dj_database_url.config".into(), Args { kw: options, ..Args::default() }, at)?;
    interp.set_item(&all, &Val::str("default"), made.clone(), at)?;
    if is_set(interp, "CI", at)? {
        interp.set_item(&made, &Val::str("TEST"), made.clone(), at)?;
    }
    Ok(())
}

fn static_files(interp: &mut Interp<'_>, space: Id, at: Region) -> Res<()> {
    let Some(base) = interp.lookup(space, "BASE_DIR") else {
        return Err(interp.raise_plain("KeyError", "BASE_DIR", at));
    };
    let root = interp.call_extern(&"os.path.join".into(), Args::of(vec![base, Val::str("staticfiles")]), at)?;
    interp.bind(space, "STATIC_ROOT", root);
    interp.bind(space, "STATIC_URL", Val::str("/static/").at(at));
    let name = if interp.lookup(space, "MIDDLEWARE_CLASSES").is_some() { "MIDDLEWARE_CLASSES" } else { "MIDDLEWARE" };
    let Some(middleware) = interp.lookup(space, name) else {
        return Err(interp.raise_plain("KeyError", "MIDDLEWARE", at));
    };
    let mut items = vec![Elem::One(Val::str("whitenoise.middleware.WhiteNoiseMiddleware").at(at))];
    match interp.elements(&middleware, at)? {
        Ok(elements) => items.extend(elements),
        Err(unknown) => items.push(Elem::Many(unknown)),
    }
    let middleware = Val::new(Kind::Tuple(Rc::new(items))).at(at).with(&middleware.deps);
    interp.bind(space, name, middleware);
    let storage = Val::str("whitenoise.storage.CompressedManifestStaticFilesStorage").at(at);
    interp.bind(space, "STATICFILES_STORAGE", storage);
    Ok(())
}

fn logging(interp: &mut Interp<'_>) -> Val {
    let text = Val::str;
    let line = "%(asctime)s [%(process)d] [%(levelname)s] pathname=%(pathname)s lineno=%(lineno)s \
                funcname=%(funcName)s %(message)s";
    let verbose = interp.dict(vec![("format", text(line)), ("datefmt", text("%Y-%m-%d %H:%M:%S"))]);
    let simple = interp.dict(vec![("format", text("%(levelname)s %(message)s"))]);
    let formatters = interp.dict(vec![("verbose", verbose), ("simple", simple)]);
    let null = interp.dict(vec![("level", text("DEBUG")), ("class", text("logging.NullHandler"))]);
    let console =
        interp.dict(vec![("level", text("DEBUG")), ("class", text("logging.StreamHandler")), ("formatter", text("verbose"))]);
    let handlers = interp.dict(vec![("null", null), ("console", console)]);
    let names = interp.list(vec![text("console")]);
    let logger = interp.dict(vec![("handlers", names), ("level", text("INFO"))]);
    let loggers = interp.dict(vec![("testlogger", logger)]);
    interp.dict(vec![
        ("version", Val::int(1)),
        ("disable_existing_loggers", Val::bool(false)),
        ("formatters", formatters),
        ("handlers", handlers),
        ("loggers", loggers),
    ])
}
