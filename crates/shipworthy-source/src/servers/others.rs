//! uvicorn, daphne, granian, hypercorn, waitress, mod_wsgi-express and the development server.

use shipworthy_model::picture::{AppServer, Origin, Program, Text};
use shipworthy_model::{Datum, Region, Unknown, Value, Why};

use super::others_table::{DAPHNE, GRANIAN, HYPERCORN, RUNSERVER, UVICORN, WAITRESS};
use super::{Default, Kind, Line, Opt, Options, Surroundings, address, line};
use crate::text;

/// Puts an address together out of a host and a port.
fn bind(options: &mut Options, host: &str, port: &str, origin: &Origin) {
    let at = options.at;
    let first = |name: &str, options: &Options| options.map.get(name).and_then(|choice| choice.texts.first().cloned());
    let empty = Text::known("", Region::new(at.artifact, at.start, at.start));
    let (host, port) = (first(host, options).unwrap_or_else(|| empty.clone()), first(port, options).unwrap_or(empty));
    let bind = address(&host, &port);
    options.list("bind", vec![bind], origin.clone());
}

/// The better of two origins: whoever chose the host or the port chose the address.
fn origin_of(options: &Options, names: &[&str]) -> Origin {
    names
        .iter()
        .filter_map(|name| options.map.get(*name))
        .map(|choice| choice.origin.clone())
        .find(|origin| *origin != Origin::Default)
        .unwrap_or(Origin::Default)
}

/// Puts variables of the environment on options that have them: `UVICORN_HOST`, `GRANIAN_WORKERS`.
fn from_environment(options: &mut Options, table: &'static [Opt], prefix: &str, around: &Surroundings<'_>) {
    for option in table {
        let name = format!("{prefix}{}", option.name.to_ascii_uppercase());
        let Some(text) = around.variable(&name).cloned() else { continue };
        let origin = Origin::Variable(name.as_str().into());
        match option.kind {
            Kind::On | Kind::Off => {
                let value = match text.as_str() {
                    Some(known) => {
                        let on = matches!(known.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "t" | "y");
                        Value::at(Datum::Bool(on), text.at)
                    }
                    None => super::value_of(&text, Kind::Text),
                };
                options.set(option.name, value, origin, Some(text.at));
            }
            Kind::Text | Kind::Number | Kind::Perhaps(_) => options.text(option.name, &text, option.kind, origin),
            Kind::Append => {
                let words = text
                    .as_str()
                    .map(|known| known.split_whitespace().map(|word| Text::known(word, text.at)).collect::<Vec<_>>());
                options.list(option.name, words.unwrap_or_else(|| vec![text.clone()]), origin);
            }
        }
    }
}

/// What stands in place of an address: a socket, a file descriptor.
fn socket(options: &mut Options, uds: &str, fd: Option<&str>) -> bool {
    if let Some(path) = options.chosen(uds) {
        let origin = options.map.get(uds).map_or(Origin::CommandLine, |choice| choice.origin.clone());
        let shown = format!("unix:{}", path.shown());
        let bind = match path.as_unknown() {
            Some(why) => Text::unknown(shown, why.why.clone(), path.at),
            None => Text::known(shown, path.at),
        };
        options.list("bind", vec![bind], origin);
        return true;
    }
    if let Some(number) = fd.and_then(|fd| options.chosen(fd)) {
        options.list("bind", vec![Text::known(format!("fd://{}", number.shown()), number.at)], Origin::CommandLine);
        return true;
    }
    false
}

/// uvicorn. Its variables are `UVICORN_*`, `WEB_CONCURRENCY` and `FORWARDED_ALLOW_IPS` (uvicorn/config.py).
pub(crate) fn uvicorn(words: &[Text], at: Region, around: &mut Surroundings<'_>) -> AppServer {
    let mut options = Options::defaults(UVICORN, at);
    options.set("workers", Default::Number(1).value(), Origin::Default, None);
    options.set("forwarded_allow_ips", Default::Text("127.0.0.1,::1").value(), Origin::Default, None);
    for (name, option, kind) in
        [("WEB_CONCURRENCY", "workers", Kind::Number), ("FORWARDED_ALLOW_IPS", "forwarded_allow_ips", Kind::Text)]
    {
        if let Some(text) = around.variable(name).cloned() {
            options.text(option, &text, kind, Origin::Variable(name.into()));
        }
    }
    from_environment(&mut options, UVICORN, "UVICORN_", around);
    let own = line(words, UVICORN, false);
    options.apply(&own, &Origin::CommandLine);
    if !socket(&mut options, "uds", Some("fd")) {
        let origin = origin_of(&options, &["host", "port"]);
        bind(&mut options, "host", "port", &origin);
    }
    let target = own.rest.first().cloned().or_else(|| around.variable("UVICORN_APP").cloned());
    options.server(Program::Uvicorn, target, own.open)
}

/// daphne (daphne/cli.py, `CommandLineInterface.run`).
pub(crate) fn daphne(words: &[Text], at: Region) -> AppServer {
    let mut options = Options::defaults(DAPHNE, at);
    let own = line(words, DAPHNE, true);
    options.apply(&own, &Origin::CommandLine);
    let mut binds = Vec::new();
    let known = |text: &str| Text::known(text, Region::new(at.artifact, at.start, at.start));
    let (host, port) = (options.chosen("host"), options.chosen("port"));
    let (uds, fd) = (options.chosen("unix_socket"), options.chosen("file_descriptor"));
    let endpoints = options.map.get("socket_strings").map(|choice| choice.texts.clone()).unwrap_or_default();
    let nothing = uds.is_none() && fd.is_none() && endpoints.is_empty();
    // With a host or port, or with nothing at all, it listens on TCP.
    if host.is_some() || port.is_some() || nothing {
        let bind = address(&host.clone().unwrap_or_else(|| known("127.0.0.1")), &port.clone().unwrap_or_else(|| known("8000")));
        binds.push(bind);
    }
    binds.extend(uds.map(|path| Text::known(format!("unix:{}", path.shown()), path.at)));
    binds.extend(fd.map(|number| Text::known(format!("fd://{}", number.shown()), number.at)));
    binds.extend(endpoints);
    let origin = if nothing && host.is_none() && port.is_none() { Origin::Default } else { Origin::CommandLine };
    options.list("bind", binds, origin);
    let target = own.rest.first().cloned();
    options.server(Program::Daphne, target, own.open)
}

/// granian; its variables are `GRANIAN_*`.
pub(crate) fn granian(words: &[Text], at: Region, around: &mut Surroundings<'_>) -> AppServer {
    let mut options = Options::defaults(GRANIAN, at);
    from_environment(&mut options, GRANIAN, "GRANIAN_", around);
    let own = line(words, GRANIAN, false);
    options.apply(&own, &Origin::CommandLine);
    if !socket(&mut options, "uds", None) {
        let origin = origin_of(&options, &["host", "port"]);
        bind(&mut options, "host", "port", &origin);
    }
    let target = own.rest.first().cloned();
    options.server(Program::Granian, target, own.open)
}

/// hypercorn, with the TOML file that `--config` names.
pub(crate) fn hypercorn(words: &[Text], at: Region, around: &mut Surroundings<'_>) -> AppServer {
    let mut options = Options::defaults(HYPERCORN, at);
    let own = line(words, HYPERCORN, true);
    let mut open = own.open.clone();
    let named = own.given.iter().rev().find(|(option, ..)| option.name == "config").and_then(|(_, text, ..)| text.clone());
    let config = named.map(|named| {
        let read = named.as_str().and_then(|path| (around.find)(path)).filter(|path| !path.contains(".py"));
        let bytes = read.and_then(|path| around.tree.read(&path).ok().map(|bytes| (path, text::decode(bytes))));
        let found = match &bytes {
            Some((path, content)) => toml_options(&mut options, path, content, around),
            None => false,
        };
        if !found {
            open.get_or_insert_with(|| Unknown::new(Why::File(named.shown().into()), Some(named.at)));
        }
        (named, found)
    });
    options.apply(&own, &Origin::CommandLine);
    let target = own.rest.first().cloned();
    let mut server = options.server(Program::Hypercorn, target, open);
    server.config = config;
    server
}

fn toml_options(options: &mut Options, path: &str, content: &str, around: &mut Surroundings<'_>) -> bool {
    use toml::de::DeTable;
    let artifact = around.artifacts.add(path, content);
    let Ok(table) = DeTable::parse(content) else { return false };
    for (name, value) in table.get_ref() {
        let span = value.span();
        let at = Region::new(artifact, span.start as u32, span.end as u32);
        let known = HYPERCORN.iter().find(|option| option.name == name.get_ref().as_ref());
        let Some(option) = known else { continue };
        let text = |value: &toml::de::DeValue<'_>| match value {
            toml::de::DeValue::String(text) => Some(text.to_string()),
            toml::de::DeValue::Integer(number) => Some(number.as_str().to_owned()),
            _ => None,
        };
        match value.get_ref() {
            toml::de::DeValue::Boolean(flag) => {
                options.set(option.name, Value::at(Datum::Bool(*flag), at), Origin::ConfigFile, Some(at));
            }
            toml::de::DeValue::Array(items) => {
                let items = items.iter().filter_map(|item| text(item.get_ref())).map(|item| Text::known(item, at)).collect();
                options.list(option.name, items, Origin::ConfigFile);
            }
            one => {
                if let Some(one) = text(one) {
                    let one = Text::known(one, at);
                    if option.kind == Kind::Append {
                        options.list(option.name, vec![one], Origin::ConfigFile);
                    } else {
                        options.text(option.name, &one, option.kind, Origin::ConfigFile);
                    }
                }
            }
        }
    }
    true
}

/// waitress.
pub(crate) fn waitress(words: &[Text], at: Region) -> AppServer {
    let mut options = Options::defaults(WAITRESS, at);
    let own = line(words, WAITRESS, false);
    options.apply(&own, &Origin::CommandLine);
    let listens = options.map.get("listen").map(|choice| choice.texts.clone()).filter(|texts| !texts.is_empty());
    if let Some(listens) = listens {
        options.list("bind", listens, Origin::CommandLine);
    } else if !socket(&mut options, "unix_socket", None) {
        let origin = origin_of(&options, &["host", "port"]);
        bind(&mut options, "host", "port", &origin);
    }
    let target = own.rest.first().cloned().or_else(|| options.chosen("app"));
    options.server(Program::Waitress, target, own.open)
}

/// `mod_wsgi-express start-server`: any option, by its own name.
pub(crate) fn mod_wsgi(words: &[Text], at: Region) -> AppServer {
    let mut options = Options::defaults(&[], at);
    let mut target = None;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let shown = word.shown();
        let Some(name) = shown.strip_prefix("--") else {
            if shown != "start-server" {
                target = Some(word.clone());
            }
            continue;
        };
        if let Some((name, _)) = name.split_once('=') {
            options.text(name, &super::tail(word, name.len() + 3), Kind::Text, Origin::CommandLine);
        } else if words.peek().is_some_and(|next| !next.shown().starts_with('-') && !next.shown().contains('/')) {
            if let Some(value) = words.next() {
                options.text(name, value, Kind::Text, Origin::CommandLine);
            }
        } else {
            options.set(name, Value::at(Datum::Bool(true), word.at), Origin::CommandLine, Some(word.at));
        }
    }
    options.server(Program::ModWsgi, target, None)
}

/// The development server: `manage.py runserver [ADDRESS:PORT]`.
pub(crate) fn runserver(words: &[Text], at: Region) -> AppServer {
    let mut options = Options::defaults(RUNSERVER, at);
    let own: Line = line(words, RUNSERVER, true);
    options.apply(&own, &Origin::CommandLine);
    let (bind, origin) = match own.rest.first() {
        // A port alone.
        Some(text) if !text.shown().contains([':', '.']) => (
            address(&Text::known("127.0.0.1", Region::new(at.artifact, text.at.start, text.at.start)), text),
            Origin::CommandLine,
        ),
        Some(text) => (text.clone(), Origin::CommandLine),
        None => (Text::known("127.0.0.1:8000", at), Origin::Default),
    };
    options.list("bind", vec![bind], origin);
    options.server(Program::Runserver, None, own.open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;
    use shipworthy_model::{ArtifactId, Artifacts};

    fn words(command: &str) -> (Vec<Text>, Region) {
        let at = Region::new(ArtifactId(0), 0, 1);
        (command.split_whitespace().map(|word| Text::known(word, at)).collect(), at)
    }

    fn binds(server: &AppServer) -> Vec<String> {
        server.binds().iter().map(|text| text.shown().to_owned()).collect()
    }

    #[test]
    fn uvicorn_and_granian() {
        let tree = MemoryTree::default();
        let (mut artifacts, mut notices) = (Artifacts::default(), Vec::new());
        let mut around =
            Surroundings { tree: &tree, find: &|_| None, variables: &[], artifacts: &mut artifacts, notices: &mut notices };
        let (line, at) = words("--host 0.0.0.0 --port 80 --no-proxy-headers --workers 3 x.asgi:app");
        let server = uvicorn(&line, at, &mut around);
        assert_eq!((binds(&server), server.workers()), (vec!["0.0.0.0:80".to_owned()], Some(3)));
        assert!(server.flag("proxy_headers").is_no());
        let (line, at) = words("--interface wsgi --uds /run/x.sock x:app");
        let server = granian(&line, at, &mut around);
        assert_eq!(binds(&server), ["unix:/run/x.sock"]);
        assert!(server.is_asgi().is_no());
    }

    #[test]
    fn daphne_and_runserver() {
        let (line, at) = words("-b 0.0.0.0 -p 8001 x.asgi:application");
        assert_eq!(binds(&daphne(&line, at)), ["0.0.0.0:8001"]);
        let (line, at) = words("-u /run/d.sock x.asgi:application");
        assert_eq!(binds(&daphne(&line, at)), ["unix:/run/d.sock"]);
        let (line, at) = words("0.0.0.0:8000 --noreload");
        let server = runserver(&line, at);
        assert!(server.reloads().is_no());
        assert_eq!(binds(&server), ["0.0.0.0:8000"]);
    }
}
