//! Python files of the project that start servers themselves: `uvicorn.run(…)`, `execute_from_command_line([…])`,
//! `subprocess.run([…])`. What they call becomes the command line that does the same.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Identifier, Int, Keyword, Stmt};
use ruff_text_size::{Ranged, TextRange};
use shipworthy_model::picture::{Chance, Text};
use shipworthy_model::{ArtifactId, Region, Why};

use super::wrappers::is_python;
use super::{Call, Follower, Found};
use crate::piece::Piece;
use crate::python::syntax;
use crate::shell::{Dialect, Reach};

/// Larger files start nothing.
const LARGEST: usize = 256 * 1024;
/// More than any script starts.
const MOST: usize = 40;

/// Something that a file starts.
enum Start {
    /// A command line.
    Words(Vec<Text>),
    /// A text for a shell.
    Script(Text),
    /// `manage.py` with the words that the file itself is called with.
    Own,
}

impl Follower<'_> {
    /// Follows a Python file that is run: `python serve.py`, `python -m shop.serve`, `./serve.py`.
    pub(super) fn python(&mut self, call: &Call<'_>, found: &mut Found) -> bool {
        let Some((paths, arguments)) = named(call) else { return false };
        let Some(file) = paths.iter().find_map(|path| self.find(path, call.way)) else { return false };
        let Some((artifact, content)) = self.open(&file).filter(|(_, content)| content.text.len() <= LARGEST) else {
            return false;
        };
        let Ok(parsed) = syntax::tree(&content.text) else { return false };
        let mut search = Search { artifact, names: BTreeMap::new(), under: 0, found: Vec::new() };
        search.visit_body(&parsed.syntax().body);
        let (processes, steps) = (found.processes.len(), found.steps.len());
        for (start, at, conditional) in search.found.into_iter().take(MOST) {
            let mut way = call.way.clone();
            way.via.push(call.at);
            way.last = false;
            if conditional {
                way.reach = way.reach.and(&Reach::of(Chance::Open));
            }
            match start {
                Start::Words(words) => self.words(&words, at, &way, found),
                Start::Script(text) => self.script(&Piece::loose(text.shown(), text.at), None, Dialect::Shell, &way, found),
                Start::Own if arguments.is_empty() => {}
                Start::Own => {
                    way.last = call.way.last;
                    let mut words = vec![Text::known("manage.py", call.words[0].at)];
                    words.extend_from_slice(arguments);
                    self.words(&words, call.at, &way, found);
                }
            }
        }
        found.processes.len() > processes || found.steps.len() > steps
    }
}

fn is_python_file(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end == "py")
}

/// The file that a command line runs by Python, as the paths at which it may lie, and what follows it.
fn named<'w>(call: &Call<'w>) -> Option<(Vec<String>, &'w [Text])> {
    let own = call.words[0].as_str()?;
    if is_python_file(own) {
        return Some((vec![own.to_owned()], call.tail));
    }
    if !is_python(call.name) {
        return None;
    }
    let index = call.tail.iter().position(|word| !word.shown().starts_with('-') || word.is("-m") || word.is("-c"))?;
    let (word, rest) = (call.tail[index].as_str()?, &call.tail[index + 1..]);
    match word {
        "-c" => None,
        "-m" => {
            let path = rest.first()?.as_str()?.replace('.', "/");
            Some((vec![format!("{path}.py"), format!("{path}/__main__.py")], &rest[1..]))
        }
        path if is_python_file(path) => Some((vec![path.to_owned()], rest)),
        _ => None,
    }
}

struct Search<'a> {
    artifact: ArtifactId,
    /// What names that were imported stand for.
    names: BTreeMap<&'a str, String>,
    /// How many conditions are open, but for that on the module's own name.
    under: usize,
    found: Vec<(Start, Region, bool)>,
}

impl<'a> Visitor<'a> for Search<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().map_or(alias.name.as_str(), |name| name.as_str());
                    self.names.insert(name, alias.name.to_string());
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let name = alias.asname.as_ref().map_or(alias.name.as_str(), |name| name.as_str());
                    self.names.insert(name, format!("{module}.{}", alias.name));
                }
            }
            Stmt::ClassDef(class) => {
                let bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
                if bases.filter_map(|base| self.dotted(base)).any(|base| base.starts_with("gunicorn.app.")) {
                    self.gunicorn(class.name.range());
                }
            }
            Stmt::If(check) if !is_main(&check.test) => {
                self.under += 1;
                walk_stmt(self, stmt);
                self.under -= 1;
                return;
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Some(name) = self.dotted(&call.func)
        {
            self.call(&name, call);
        }
        walk_expr(self, expr);
    }
}

impl Search<'_> {
    fn region(&self, range: TextRange) -> Region {
        Region::new(self.artifact, range.start().to_u32(), range.end().to_u32())
    }

    /// The dotted name of an expression, with what was imported in its full name.
    fn dotted(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Name(name) => Some(self.names.get(name.id.as_str()).cloned().unwrap_or_else(|| name.id.as_str().to_owned())),
            Expr::Attribute(attribute) => Some(format!("{}.{}", self.dotted(&attribute.value)?, attribute.attr)),
            _ => None,
        }
    }

    fn call(&mut self, name: &str, call: &ExprCall) {
        let at = self.region(call.range());
        let arguments = &call.arguments.args;
        let keywords = &call.arguments.keywords;
        let start = match name {
            "uvicorn.run" | "uvicorn.Config" => Some(self.line("uvicorn", call)),
            "granian.Granian" | "granian.server.Granian" => Some(self.line("granian", call)),
            "waitress.serve" => Some(self.line("waitress-serve", call)),
            "gunicorn.app.wsgiapp.run" => {
                self.gunicorn(call.func.range());
                None
            }
            "django.core.management.execute_from_command_line" => match arguments.first() {
                Some(Expr::List(list)) => {
                    let mut words: Vec<Text> = list.elts.iter().map(|word| self.text(word)).collect();
                    if let Some(first) = words.first_mut() {
                        *first = Text::known("manage.py", first.at);
                    }
                    Some(Start::Words(words))
                }
                Some(_) | None => Some(Start::Own),
            },
            "django.core.management.call_command" => Some(self.django(arguments, keywords)),
            "os.execvp" | "os.execv" | "os.execvpe" | "os.execve" => arguments.get(1).and_then(|words| self.listed(words)),
            "os.execlp" | "os.execl" => {
                Some(Start::Words(arguments.iter().skip(1).map(|word| self.text(word)).collect::<Vec<_>>()))
            }
            "subprocess.run" | "subprocess.call" | "subprocess.check_call" | "subprocess.Popen" => {
                arguments.first().and_then(|words| self.listed(words))
            }
            "os.system" => {
                arguments.first().filter(|text| text.is_string_literal_expr()).map(|text| Start::Script(self.text(text)))
            }
            _ => None,
        };
        if let Some(start) = start {
            self.found.push((start, at, self.under > 0));
        }
    }

    /// gunicorn as a part of a program, whose options are its own.
    fn gunicorn(&mut self, range: TextRange) {
        let at = self.region(range);
        let options = Text::unknown("$OPTIONS", Why::Unsupported("the options of gunicorn in a program".into()), at);
        self.found.push((Start::Words(vec![Text::known("gunicorn", at), options]), at, self.under > 0));
    }

    fn listed(&self, words: &Expr) -> Option<Start> {
        let items = match words {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            text if text.is_string_literal_expr() => return Some(Start::Script(self.text(text))),
            _ => return None,
        };
        Some(Start::Words(items.iter().map(|word| self.text(word)).collect()))
    }

    /// A function of a server's, as its command line: keywords are options of the same names.
    fn line(&self, program: &str, call: &ExprCall) -> Start {
        let at = self.region(call.func.range());
        let mut words = vec![Text::known(program, at)];
        for keyword in &call.arguments.keywords {
            let Some(name) = keyword.arg.as_ref().map(Identifier::as_str) else { continue };
            let place = self.region(keyword.range());
            let option = format!("--{}", name.replace('_', "-"));
            match (name, &keyword.value) {
                ("app" | "target", value) => words.push(self.text(value)),
                (_, Expr::BooleanLiteral(flag)) if flag.value => words.push(Text::known(option, place)),
                ("proxy_headers" | "server_header" | "date_header" | "access_log", Expr::BooleanLiteral(_)) => {
                    words.push(Text::known(format!("--no-{}", &option[2..]), place));
                }
                (_, Expr::BooleanLiteral(_) | Expr::NoneLiteral(_)) => {}
                ("reload", value) => {
                    let why = Why::Unsupported("an expression of Python".into());
                    words.push(Text::unknown("$RELOAD", why, self.region(value.range())));
                }
                ("interface", Expr::Attribute(member)) => {
                    words.push(Text::known(format!("{option}={}", member.attr.as_str().to_ascii_lowercase()), place));
                }
                (_, value) => words.extend([Text::known(option, place), self.text(value)]),
            }
        }
        words.extend(call.arguments.args.first().filter(|target| target.is_string_literal_expr()).map(|it| self.text(it)));
        Start::Words(words)
    }

    fn django(&self, arguments: &[Expr], keywords: &[Keyword]) -> Start {
        let at = arguments.first().map_or_else(|| Region::whole(self.artifact), |it| self.region(it.range()));
        let mut words = vec![Text::known("manage.py", at)];
        words.extend(arguments.iter().map(|word| self.text(word)));
        for keyword in keywords {
            let place = self.region(keyword.range());
            match (keyword.arg.as_ref().map(Identifier::as_str), &keyword.value) {
                (Some("use_reloader"), Expr::BooleanLiteral(flag)) if !flag.value => words.push(Text::known("--noreload", place)),
                (Some("addrport"), value) => words.push(self.text(value)),
                (Some(name), Expr::BooleanLiteral(flag)) if flag.value => {
                    words.push(Text::known(format!("--{}", name.replace('_', "-")), place));
                }
                _ => {}
            }
        }
        Start::Words(words)
    }

    /// A word, known as far as it is a literal, or a variable's default.
    fn text(&self, expr: &Expr) -> Text {
        let at = self.region(expr.range());
        match expr {
            Expr::StringLiteral(text) => Text::known(text.value.to_str(), at),
            Expr::NumberLiteral(_) => Text::known(Self::number(expr).unwrap_or_default(), at),
            Expr::Call(call) => {
                let arguments = &call.arguments.args;
                match self.dotted(&call.func).as_deref() {
                    Some("int" | "str") => arguments.first().map(|inner| self.text(inner)),
                    Some("os.getenv" | "os.environ.get") => {
                        let name = arguments.first().and_then(Expr::as_string_literal_expr).map(|name| name.value.to_str());
                        name.map(|name| match arguments.get(1).map(|default| self.text(default)) {
                            Some(default) => default.assuming([name.into()]),
                            None => Text::unknown(format!("${name}"), Why::Variable(name.into()), at),
                        })
                    }
                    _ => None,
                }
                .unwrap_or_else(|| Self::strange(at))
            }
            _ => Self::strange(at),
        }
    }

    fn number(expr: &Expr) -> Option<String> {
        let number = expr.as_number_literal_expr()?;
        number.value.as_int().and_then(Int::as_u64).map(|int| int.to_string())
    }

    fn strange(at: Region) -> Text {
        Text::unknown("…", Why::Unsupported("an expression of Python".into()), at)
    }
}

/// `__name__ == "__main__"`
fn is_main(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let is_name = |expr: &Expr| expr.as_name_expr().is_some_and(|name| name.id.as_str() == "__name__");
    is_name(&compare.left) || compare.comparators.iter().any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str) -> Vec<String> {
        let parsed = syntax::tree(text).ok().unwrap();
        let mut search = Search { artifact: ArtifactId(0), names: BTreeMap::new(), under: 0, found: Vec::new() };
        search.visit_body(&parsed.syntax().body);
        let shown = search.found.iter().map(|(start, _, conditional)| {
            let text = match start {
                Start::Words(words) => words.iter().map(Text::shown).collect::<Vec<_>>().join(" "),
                Start::Script(text) => format!("sh: {}", text.shown()),
                Start::Own => "its own".to_owned(),
            };
            format!("{}{text}", if *conditional { "? " } else { "" })
        });
        shown.collect()
    }

    #[test]
    fn calls_are_command_lines() {
        for (text, expected) in [
            (
                "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('a.asgi:app', host='0.0.0.0', port=80, reload=True)\n",
                "uvicorn --host 0.0.0.0 --port 80 --reload a.asgi:app",
            ),
            ("from uvicorn import run as go\ngo('a:b', port=int(os.environ.get('PORT', 8000)))\n", "uvicorn --port 8000 a:b"),
            (
                "import uvicorn\nuvicorn.run(app, reload=settings.DEBUG, proxy_headers=False)",
                "uvicorn $RELOAD --no-proxy-headers",
            ),
            ("from waitress import serve\nserve(application, listen='*:80')\n", "waitress-serve --listen *:80"),
            (
                "from django.core.management import execute_from_command_line as e\ne(['x', 'runserver', '--noreload'])\n",
                "manage.py runserver --noreload",
            ),
            ("from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n", "its own"),
            (
                "from django.core.management import call_command\nif x:\n    call_command('runserver', use_reloader=False)\n",
                "? manage.py runserver --noreload",
            ),
            ("import os\nos.execvp('gunicorn', ['gunicorn', 'a.wsgi'])\n", "gunicorn a.wsgi"),
            (
                "import subprocess as s\ns.run(('daphne', 'a.asgi'))\ns.run('exec x y', shell=True)\n",
                "daphne a.asgi|sh: exec x y",
            ),
            ("from gunicorn.app.base import BaseApplication\nclass A(BaseApplication):\n    pass\n", "gunicorn $OPTIONS"),
            ("from granian import Granian\nGranian('a:b', interface=Interfaces.ASGI).serve()\n", "granian --interface=asgi a:b"),
            ("import run\nrun.uvicorn('a')\n", ""),
        ] {
            assert_eq!(starts(text).join("|"), expected, "{text}");
        }
    }
}
