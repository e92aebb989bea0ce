//! Takes wrappers off a command line: `exec`, `env A=b`, `gosu app`, `uv run`, `tini --`, `sh -c '…'`.

use std::sync::Arc;

use shipworthy_model::Region;
use shipworthy_model::picture::{Source, Text, Variable};

use super::Way;
use super::programs::base_name;
use crate::references;
use crate::servers::tail;

/// A text that a shell gets, and its arguments.
pub(super) struct Inner {
    pub(super) text: Text,
    pub(super) arguments: Vec<Text>,
}

/// Strips what stands before the program. Gives the text for a shell, where the program is one.
pub(super) fn strip<'w>(words: &'w [Text], way: &mut Way) -> (&'w [Text], Option<Inner>) {
    let mut rest = words;
    for _ in 0..24 {
        let Some(first) = rest.first() else { break };
        let shown = first.shown();
        if let Some((name, _)) = shown.split_once('=').filter(|(name, _)| references::is_name(name)) {
            add(way, first, name);
            rest = &rest[1..];
            continue;
        }
        let name = base_name(shown);
        let next = |index: usize| rest.get(index).map_or("", |word| word.shown());
        let taken = match name {
            "exec" => {
                if next(1) == "-a" {
                    3
                } else {
                    1
                }
            }
            "env" => options(rest, 1, &["-u", "--unset", "-C", "--chdir", "-S"]),
            "nohup"
            | "time"
            | "command"
            | "builtin"
            | "setsid"
            | "unbuffer"
            | "xvfb-run"
            | "ddtrace-run"
            | "newrelic-admin"
            | "opentelemetry-instrument"
            | "tini"
            | "dumb-init"
            | "catatonit"
            | "tini-static"
            | "docker-init"
            | "fixuid"
            | "eatmydata"
            | "sudo"
            | "doas"
            | "nice"
            | "ionice"
            | "chrt"
            | "stdbuf"
            | "dockerize"
            | "envconsul"
            | "aws-vault"
            | "/init"
            | "s6-setuidgid"
            | "with-contenv"
            | "chpst"
            | "setuidgid"
            | "opentelemetry-bootstrap"
            | "pgbouncer-start"
            | "start-pgbouncer"
            | "bin/start-pgbouncer"
            | "bin/start-pgbouncer-stunnel"
            | "bin/start-stunnel"
            | "bin/qgtunnel"
            | "elastic-apm-run"
            | "scout_apm"
            | "sentry-run"
            | "memray"
            | "timeout"
            | "gosu"
            | "su-exec"
            | "setpriv"
            | "runuser"
            | "wait-for-it"
            | "wait-for-it.sh"
            | "wait-for"
            | "wait-for.sh"
            | "wait_for_it.sh"
            | "wait-port"
            | "doppler"
            | "chamber"
            | "infisical"
            | "op"
            | "teller"
            | "sops"
            | "vault-env" => known(name, rest, way),
            "uv" | "poetry" | "pipenv" | "pdm" | "hatch" | "rye" | "pixi" | "conda" | "micromamba" => runner(rest),
            "coverage" if next(1) == "run" => {
                options(rest, 2, &["--source", "--rcfile", "--omit", "--include", "--context", "--data-file"])
            }
            "watchmedo" | "nodemon" | "watchfiles" | "hupper" | "entr" | "watchexec" => {
                way.watched = Some(first.at);
                match watcher(name, rest) {
                    Watched::Words(taken) => taken,
                    Watched::Text(text) => return (&[], Some(Inner { text, arguments: Vec::new() })),
                }
            }
            name if is_python(name) => {
                let index = options(rest, 1, &["-W", "-X"]);
                match next(index) {
                    "-m" if matches!(
                        next(index + 1),
                        "django"
                            | "gunicorn"
                            | "uvicorn"
                            | "daphne"
                            | "granian"
                            | "hypercorn"
                            | "celery"
                            | "waitress"
                            | "coverage"
                            | "dramatiq"
                            | "flower"
                            | "manage"
                    ) =>
                    {
                        index + 1
                    }
                    script
                        if !script.starts_with('-')
                            && index > 0
                            && !script.is_empty()
                            && base_name(script).ends_with("manage.py") =>
                    {
                        index
                    }
                    script
                        if matches!(
                            base_name(script),
                            "gunicorn" | "uvicorn" | "daphne" | "celery" | "uwsgi" | "django-admin" | "django-admin.py"
                        ) =>
                    {
                        index
                    }
                    _ => 0,
                }
            }
            "su" => {
                return su(rest, way);
            }
            "ssh" => match ssh(rest, way) {
                Some(inner) => return (&[], Some(inner)),
                None => 0,
            },
            "sshpass" => rest.iter().position(|word| word.is("ssh")).unwrap_or(0),
            "sh" | "bash" | "ash" | "dash" | "zsh" => {
                let flag =
                    rest.iter().skip(1).take_while(|word| word.shown().starts_with(['-', '+']) || word.shown() == "pipefail");
                let mut index = 1;
                let mut found = false;
                for word in flag {
                    found |= word.shown().starts_with('-') && !word.shown().starts_with("--") && word.shown().contains('c');
                    index += 1;
                    if found {
                        break;
                    }
                }
                if found && let Some(text) = rest.get(index) {
                    // The word behind the text is `$0`.
                    let arguments = rest.get(index + 2..).unwrap_or_default().to_vec();
                    return (&[], Some(Inner { text: text.clone(), arguments }));
                }
                0
            }
            _ => 0,
        };
        if taken == 0 || taken > rest.len() {
            break;
        }
        rest = &rest[taken..];
    }
    (rest, None)
}

pub(super) fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    version.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// `NAME=value` before a program.
fn add(way: &mut Way, word: &Text, name: &str) {
    let variable = Variable::new(name, tail(word, name.len() + 1), Source::Script);
    Variable::overlay(Arc::make_mut(&mut way.added), [variable.clone()]);
    Variable::overlay(Arc::make_mut(&mut way.variables), [variable]);
}

/// The index behind the options that start at `index`; those named take a word.
fn options(words: &[Text], mut index: usize, with_value: &[&str]) -> usize {
    while let Some(word) = words.get(index) {
        let shown = word.shown();
        if shown == "--" {
            return index + 1;
        }
        if !shown.starts_with('-') || shown == "-" || shown == "-m" || shown == "-c" {
            break;
        }
        index += if with_value.contains(&shown) { 2 } else { 1 };
    }
    index
}

fn after_separator(words: &[Text]) -> Option<usize> {
    words.iter().position(|word| word.shown() == "--").map(|index| index + 1)
}

/// Wrappers that take options and words of their own.
fn known(name: &str, words: &[Text], way: &mut Way) -> usize {
    match name {
        "timeout" => options(words, 1, &["-s", "--signal", "-k", "--kill-after"]) + 1,
        "nice" => options(words, 1, &["-n", "--adjustment"]),
        "ionice" => options(words, 1, &["-c", "-n", "--class", "--classdata"]),
        "chrt" => options(words, 1, &[]) + 1,
        "newrelic-admin" => 2,
        "gosu" | "su-exec" | "s6-setuidgid" | "setuidgid" => {
            way.user = words.get(1).cloned();
            2
        }
        "chpst" => {
            let position = words.iter().position(|word| word.shown() == "-u");
            way.user = position.and_then(|index| words.get(index + 1)).cloned().or(way.user.take());
            options(words, 1, &["-u", "-e", "-U", "-/", "-n", "-l", "-L", "-m"])
        }
        "setpriv" => {
            way.user = words
                .iter()
                .find_map(|word| word.shown().strip_prefix("--reuid=").map(|user| Text::known(user, word.at)))
                .or(way.user.take());
            options(words, 1, &["--reuid", "--regid", "--groups"])
        }
        "sudo" | "doas" | "runuser" => {
            let position = words.iter().position(|word| matches!(word.shown(), "-u" | "--user"));
            way.user = position.and_then(|index| words.get(index + 1)).cloned().or(way.user.take());
            options(words, 1, &["-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D"])
        }
        "dockerize" => options(words, 1, &["-wait", "-timeout", "-template", "-stdout", "-stderr", "-wait-retry-interval"]),
        "wait-for-it" | "wait-for-it.sh" | "wait-for" | "wait-for.sh" | "wait_for_it.sh" | "wait-port" | "doppler"
        | "chamber" | "infisical" | "op" | "teller" | "aws-vault" | "envconsul" | "sops" => after_separator(words).unwrap_or(0),
        _ => options(words, 1, &["-p", "-e", "-g", "-o", "-i"]),
    }
}

/// Options of runners that take a word: `uv run --with gunicorn`, `conda run -n env`.
const WITH_VALUE: [&str; 22] = [
    "--with",
    "--extra",
    "--group",
    "--only-group",
    "--no-group",
    "--project",
    "--directory",
    "--python",
    "-p",
    "--package",
    "--env-file",
    "--with-requirements",
    "--index",
    "--index-url",
    "--cache-dir",
    "-n",
    "--name",
    "--cwd",
    "-e",
    "--environment",
    "--with-editable",
    "--prefix",
];

/// What a program that starts another again and again is handed.
enum Watched {
    /// The words from this one on.
    Words(usize),
    /// A text for a shell.
    Text(Text),
}

/// `watchmedo auto-restart -- …`, `nodemon --exec "…"`, `watchfiles "…" src`, `hupper -m …`, `entr -r …`.
fn watcher(name: &str, words: &[Text]) -> Watched {
    let with_value: &[&str] = match name {
        "watchmedo" => &["-d", "--directory", "-p", "--pattern", "--patterns", "-i", "--ignore-pattern", "--ignore-patterns"],
        "nodemon" => &["-w", "--watch", "-e", "--ext", "-i", "--ignore", "-d", "--delay"],
        "watchfiles" => &["--filter", "--ignore-paths", "--args", "--target-type", "--grace-period", "--sigint-timeout"],
        "watchexec" => &["-w", "--watch", "-e", "--exts", "-f", "--filter", "-i", "--ignore", "-s", "--signal"],
        "hupper" => &["-w", "-x"],
        _ => &[],
    };
    if let Some(taken) = after_separator(words) {
        return Watched::Words(taken);
    }
    if let Some(at) = words.iter().position(|word| matches!(word.shown(), "--exec" | "-x")).filter(|_| name == "nodemon") {
        return words.get(at + 1).map_or(Watched::Words(0), |text| Watched::Text(text.clone()));
    }
    let skipped = if name == "watchmedo" { 2 } else { 1 };
    let index = options(words, skipped, with_value);
    match words.get(index) {
        Some(word) if word.shown() == "-m" => Watched::Words(index + 1),
        Some(word) if name == "watchfiles" => Watched::Text(word.clone()),
        Some(_) => Watched::Words(index),
        None => Watched::Words(0),
    }
}

/// `uv run`, `poetry run` and their like.
fn runner(words: &[Text]) -> usize {
    let Some(run) = words.iter().take(6).position(|word| matches!(word.shown(), "run" | "exec")) else { return 0 };
    let mut index = run + 1;
    index = options(words, index, &WITH_VALUE);
    if matches!(words.get(index).map(Text::shown), Some("-m")) {
        index += 1;
    }
    index
}

/// `ssh host '…'`: what a shell of another machine gets.
fn ssh(words: &[Text], way: &mut Way) -> Option<Inner> {
    const WITH_VALUE: [&str; 18] =
        ["-i", "-p", "-o", "-l", "-F", "-J", "-L", "-R", "-D", "-b", "-c", "-E", "-e", "-I", "-m", "-O", "-Q", "-W"];
    let host = options(words, 1, &WITH_VALUE);
    let inner = words.get(host + 1..)?;
    let (first, last) = (inner.first()?, inner.last()?);
    (way.last, way.folder) = (false, None);
    let text = if inner.len() == 1 {
        first.clone()
    } else {
        let shown: Vec<&str> = inner.iter().map(Text::shown).collect();
        let same = first.at.artifact == last.at.artifact && first.at.start <= last.at.end;
        let at = if same { Region::new(first.at.artifact, first.at.start, last.at.end) } else { first.at };
        Text::known(shown.join(" "), at)
    };
    Some(Inner { text, arguments: Vec::new() })
}

/// `su - user -c "…"`
fn su<'w>(words: &'w [Text], way: &mut Way) -> (&'w [Text], Option<Inner>) {
    let mut text = None;
    let mut index = 1;
    while let Some(word) = words.get(index) {
        match word.shown() {
            "-c" | "--command" => {
                text = words.get(index + 1).cloned();
                index += 2;
            }
            "-s" | "--shell" | "-g" => index += 2,
            shown if shown.starts_with('-') => index += 1,
            _ => {
                way.user = Some(word.clone());
                index += 1;
            }
        }
    }
    match text {
        Some(text) => (&[], Some(Inner { text, arguments: Vec::new() })),
        None => (&[], None),
    }
}
