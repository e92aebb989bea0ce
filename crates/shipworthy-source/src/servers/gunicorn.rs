//! gunicorn: its configuration file, `GUNICORN_CMD_ARGS` and command line, in this order (gunicorn/app/base.py,
//! `Application.load_config`).

use std::collections::BTreeMap;
use std::sync::Arc;

use shipworthy_model::picture::{AppServer, Origin, Program, Source, Text, Variable};
use shipworthy_model::{Datum, Given, Item, Region, Unknown, Value, Why};

use super::gunicorn_table::OPTIONS;
use super::{Kind, Options, Surroundings, line};
use crate::piece::Piece;
use crate::python::{Environment, Request, Shelf, evaluate_file};
use crate::shell;

/// Reads a command line of gunicorn, without the program's own word. Also gives the variables that `--env` adds.
pub(crate) fn gunicorn(words: &[Text], at: Region, around: &mut Surroundings<'_>) -> (AppServer, Vec<Variable>) {
    let mut options = Options::defaults(OPTIONS, at);
    from_environment(&mut options, around);
    let own = line(words, OPTIONS, true);
    let mut open = own.open.clone();
    let arguments = around.variable("GUNICORN_CMD_ARGS").cloned();
    let extra = arguments.as_ref().map(|text| match text.as_str() {
        Some(known) => {
            let words: Vec<Text> = shell::words(&Piece::aligned(known, known, text.at)).iter().map(Piece::known).collect();
            line(&words, OPTIONS, true)
        }
        None => super::Line {
            open: text.as_unknown().cloned().or_else(|| Some(Unknown::new(Why::Variable("GUNICORN_CMD_ARGS".into()), None))),
            ..super::Line::default()
        },
    });
    if let Some(extra) = &extra {
        open = open.or_else(|| extra.open.clone());
    }
    let named = [Some(&own), extra.as_ref()].into_iter().flatten().find_map(|line| {
        line.given.iter().rev().find(|(option, ..)| option.name == "config").and_then(|(_, text, ..)| text.clone())
    });
    let chdir = [Some(&own), extra.as_ref()].into_iter().flatten().find_map(|line| {
        line.given.iter().rev().find(|(option, ..)| option.name == "chdir").and_then(|(_, text, ..)| text.clone())
    });
    let config = configuration(&mut options, named.as_ref(), chdir.as_ref(), around, &mut open);
    if let Some(extra) = &extra {
        options.apply(extra, &Origin::Variable("GUNICORN_CMD_ARGS".into()));
    }
    options.apply(&own, &Origin::CommandLine);
    let target = own.rest.first().cloned().or_else(|| options.chosen("wsgi_app"));
    let variables = options.map.get("raw_env").map(|choice| choice.texts.clone()).unwrap_or_default();
    let variables = variables.iter().filter_map(|text| {
        let (name, value) = text.as_str()?.split_once('=')?;
        let skip = (name.len() + 1) as u32;
        let at = Region::new(text.at.artifact, (text.at.start + skip).min(text.at.end), text.at.end);
        Some(Variable::new(name, Text::known(value, at), Source::Server))
    });
    let variables = variables.collect();
    let mut server = options.server(Program::Gunicorn, target, open);
    server.config = config;
    (server, variables)
}

/// Defaults that variables change: `PORT`, `WEB_CONCURRENCY`, `FORWARDED_ALLOW_IPS` (gunicorn/config.py).
fn from_environment(options: &mut Options, around: &Surroundings<'_>) {
    if let Some(port) = around.variable("PORT") {
        let bind = super::address(&Text::known("0.0.0.0", Region::new(port.at.artifact, port.at.start, port.at.start)), port);
        options.list("bind", vec![bind], Origin::Variable("PORT".into()));
    }
    for (name, option, kind) in
        [("WEB_CONCURRENCY", "workers", Kind::Number), ("FORWARDED_ALLOW_IPS", "forwarded_allow_ips", Kind::Text)]
    {
        if let Some(text) = around.variable(name).cloned() {
            options.text(option, &text, kind, Origin::Variable(name.into()));
        }
    }
}

/// Puts the configuration file on top: the one that is named, or `gunicorn.conf.py` in the working folder.
fn configuration(
    options: &mut Options,
    named: Option<&Text>,
    chdir: Option<&Text>,
    around: &mut Surroundings<'_>,
    open: &mut Option<Unknown>,
) -> Option<(Text, bool)> {
    let path = match named {
        Some(text) => {
            let Some(path) = text.as_str() else {
                open.get_or_insert_with(|| Unknown::new(Why::File(text.shown().into()), Some(text.at)));
                return Some((text.clone(), false));
            };
            path.to_owned()
        }
        None => match chdir.and_then(Text::as_str) {
            Some(folder) => format!("{}/gunicorn.conf.py", folder.trim_end_matches('/')),
            None => "./gunicorn.conf.py".to_owned(),
        },
    };
    let (module, path) = match path.strip_prefix("python:") {
        Some(module) => (true, format!("{}.py", module.replace('.', "/"))),
        None => (false, path.strip_prefix("file:").unwrap_or(&path).to_owned()),
    };
    let Some(file) = (around.find)(&path) else {
        // Without the file that is named gunicorn does not start: it is somewhere else.
        if let Some(named) = named {
            open.get_or_insert_with(|| Unknown::new(Why::File(path.into()), Some(named.at)));
            return Some((named.clone(), false));
        }
        return None;
    };
    let environment = environment(around.variables);
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let search_path = [folder, String::new()];
    let request = Request {
        tree: around.tree,
        root: "/",
        search_path: &search_path,
        module: if module { "python" } else { "gunicorn_conf" },
        environment: &environment,
        django: shipworthy_model::Django::default().version,
        dependencies: None,
        shelf: &Shelf::default(),
    };
    let evaluated = evaluate_file(&request, &file, around.artifacts);
    around.notices.extend(evaluated.notices);
    if let Some(why) = evaluated.open {
        open.get_or_insert(why);
    }
    for (name, setting) in evaluated.names {
        let known = OPTIONS.iter().find(|option| option.name.eq_ignore_ascii_case(&name));
        let Some(option) = known.filter(|option| option.name != "config") else { continue };
        let at = setting.value.at.or(setting.origin.last().copied());
        let value = settled(setting.value, option.kind, at);
        options.set(option.name, value, Origin::ConfigFile, at);
    }
    let artifact = around.artifacts.find(&file).map(Region::whole);
    let shown = named.cloned().unwrap_or_else(|| Text::known(file, artifact.unwrap_or(options.at)));
    Some((shown, true))
}

/// What gunicorn's validators make of a value: a text with commas is a list, digits are a number, `true` is a switch.
fn settled(value: Value, kind: Kind, at: Option<Region>) -> Value {
    match (&value.datum, kind) {
        (Datum::Str(text), Kind::Append) => {
            let items = text.split(',').filter(|item| !item.trim().is_empty());
            let items = items.map(|item| Item::One(Value { datum: Datum::Str(item.trim().into()), at })).collect();
            Value { datum: Datum::List(items), at }
        }
        (Datum::Str(text), Kind::Number) => match text.trim().parse() {
            Ok(number) => Value { datum: Datum::Int(number), at },
            Err(_) => value,
        },
        (Datum::Str(text), Kind::On | Kind::Off) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Value { datum: Datum::Bool(true), at },
            "false" => Value { datum: Datum::Bool(false), at },
            _ => value,
        },
        _ => value,
    }
}

fn environment(variables: &[Variable]) -> Environment {
    let known = variables.iter().filter_map(|variable| {
        let text: Arc<str> = variable.value.expose()?.into();
        Some((variable.name.clone(), (text, Given::File(variable.value.at))))
    });
    Environment { variables: known.collect::<BTreeMap<_, _>>(), ..Environment::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;
    use shipworthy_model::{ArtifactId, Artifacts};

    fn read(command: &str, config: Option<&str>, variables: &[(&str, &str)]) -> AppServer {
        let at = Region::new(ArtifactId(0), 0, 1);
        let mut tree = MemoryTree::default();
        if let Some(config) = config {
            tree.insert("gunicorn.conf.py", config);
        }
        let words: Vec<Text> = command.split_whitespace().map(|word| Text::known(word, at)).collect();
        let variables: Vec<Variable> =
            variables.iter().map(|(name, value)| Variable::new(*name, Text::known(*value, at), Source::Definition)).collect();
        let mut artifacts = Artifacts::default();
        let mut notices = Vec::new();
        let find = |path: &str| (config.is_some() && path.ends_with("gunicorn.conf.py")).then(|| "gunicorn.conf.py".to_owned());
        let mut around =
            Surroundings { tree: &tree, find: &find, variables: &variables, artifacts: &mut artifacts, notices: &mut notices };
        gunicorn(&words, at, &mut around).0
    }

    fn binds(server: &AppServer) -> Vec<String> {
        server.binds().iter().map(|text| text.shown().to_owned()).collect()
    }

    #[test]
    fn the_command_line_wins() {
        let server = read("-w4 -b:80 --bind unix:/run/x shop.wsgi", Some("bind = '0.0.0.0:1'\ntimeout = 5 * 2\n"), &[]);
        assert_eq!(server.workers(), Some(4));
        assert_eq!(server.number("timeout"), Some(10));
        assert_eq!(binds(&server), [":80", "unix:/run/x"]);
        assert!(server.target.as_ref().is_some_and(|target| target.is("shop.wsgi")));
        assert_eq!(server.options["timeout"].origin, Origin::ConfigFile);
    }

    #[test]
    fn variables_change_defaults() {
        let server = read("x:app", None, &[("PORT", "5000"), ("WEB_CONCURRENCY", "3"), ("GUNICORN_CMD_ARGS", "--reload -t 7")]);
        assert_eq!(binds(&server), ["0.0.0.0:5000"]);
        assert_eq!((server.workers(), server.number("timeout")), (Some(3), Some(7)));
        assert!(server.reloads().is_yes());
        assert_eq!(binds(&read("x:app", None, &[])), ["127.0.0.1:8000"]);
    }

    #[test]
    fn configuration_is_python() {
        let config = "import os\nbind = f\"0.0.0.0:{os.environ.get('P', '9')}\"\nworkers = int(os.getenv('W', 2))\nreload = bool(os.environ.get('DEV'))\n";
        let server = read("x:app", Some(config), &[("P", "7")]);
        assert_eq!(binds(&server), ["0.0.0.0:7"]);
        assert_eq!(server.workers(), Some(2));
        assert!(server.reloads().is_no());
        let missing = read("-c other.py x:app", None, &[]);
        assert!(missing.open.is_some() && !missing.flag("reload").is_no());
    }
}
