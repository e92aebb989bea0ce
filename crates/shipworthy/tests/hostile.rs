//! Projects that are made to break whoever reads them end in a verdict, and where they were not read whole the report says so.
#![allow(clippy::format_collect)] // texts are made once, and read better so

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value as Json;

/// The files of a project, and what a notice must say of it.
struct Hostile {
    name: &'static str,
    files: Vec<(String, Vec<u8>)>,
    notice: Option<&'static str>,
}

fn settings(name: &'static str, text: impl Into<Vec<u8>>, notice: impl Into<Option<&'static str>>) -> Hostile {
    Hostile { name, files: vec![("settings.py".to_owned(), text.into())], notice: notice.into() }
}

impl Hostile {
    fn and(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), text.into()));
        self
    }
}

/// Where either limit may be met first.
const LIMIT: &str = "the evaluation stopped at its limit of";
const STEPS: &str = "its limit of steps";
const OBJECTS: &str = "its limit of objects";
const SIZE: &str = "its limit of size of a value";
const BRACKETS: &str = "too many nested brackets";
const CHAIN: &str = "too many chained operators";

/// Text that is too deep, too long or no text.
fn texts() -> Vec<Hostile> {
    let nested = |open: &str, close: &str, times: usize| format!("X = {}1{}\n", open.repeat(times), close.repeat(times));
    let large = 9 << 20;
    vec![
        settings("nested brackets", nested("[", "]", 10_000), BRACKETS),
        settings("nested dictionaries", nested("{'a': ", "}", 10_000), BRACKETS),
        settings("brackets that never close", "(".repeat(1_000_000), BRACKETS),
        settings("nested f-strings", nested("f'{", "}'", 5_000), BRACKETS),
        settings("nested formats", nested("f'{1:{", "}}'", 60), None),
        settings("signs", nested("-", "", 1_000_000), CHAIN),
        settings("negations", nested("not ", "", 250_000), CHAIN),
        settings("a sum", nested("1 + ", "", 100_000), CHAIN),
        settings("attributes", format!("import os\nX = os{}\n", ".a".repeat(100_000)), CHAIN),
        settings("calls of calls", format!("import os\nX = os{}\n", ".a()".repeat(100_000)), CHAIN),
        settings("looks into looks", format!("X = {{}}{}\n", "[0, 0]".repeat(100_000)), CHAIN),
        settings("lambdas", nested("lambda: ", "", 100_000), CHAIN),
        settings("lambdas of two", nested("lambda a, b: ", "", 70_000), CHAIN),
        settings("strings side by side", format!("X = {}\n", "'a' ".repeat(100_000)), None),
        settings(
            "indentation",
            (0..300).map(|depth| format!("{}if 1:\n", " ".repeat(depth))).collect::<String>(),
            "levels of indentation",
        ),
        settings("a large file", "X = 1\n".repeat(large / 6), "larger than"),
        settings("a file a little too large", "X = 1\n".repeat(180_000), "larger than"),
        settings("a long line", format!("X = '{}'\n", "a".repeat(large)), "larger than"),
        settings("a large import", "from big import *\n", "larger than").and("big.py", "X = 1\n".repeat(large / 6)),
        settings("a null byte", "DEBUG = True\0\n", "null bytes"),
        settings("no UTF-8", b"X = 'caf\xe9'\n".to_vec(), "not valid UTF-8"),
        settings("UTF-16", b"\xff\xfeX\x00=\x001\x00\n\x00".to_vec(), "null bytes"),
        settings("latin-1 that says so", b"# coding: latin-1\nX = 'caf\xe9'\n".to_vec(), None),
        settings("every byte", (1..=255u8).cycle().take(100_000).collect::<Vec<_>>(), "not valid UTF-8"),
        settings("nothing", "", None),
        settings("signs in manage.py", "X = 1\n", None)
            .and("manage.py", format!("DJANGO_SETTINGS_MODULE = {}", nested("-", "", 200_000))),
        settings("brackets in setup.py", "X = 1\n", None)
            .and("setup.py", format!("install_requires = {}", nested("[", "]", 100_000))),
        settings("line ends", "X = 1\rY = 2\r\nDEBUG = True\x0c\nZ = \\", None),
        settings("lone surrogates", "X = '\\ud800'\nSECRET_KEY = X * 50\nALLOWED_HOSTS = [X]\nY = X.encode()\n", None),
    ]
}

/// Programs that do not end, or end with more than fits.
fn programs() -> Vec<Hostile> {
    let doubling = |start: &str| format!("X = {start}\nfor i in range(100):\n    X = X + X\n");
    vec![
        settings("a repeated string", "X = 'a' * 10**12\n", SIZE),
        settings("a repeated list", "X = [1] * 10**12\n", SIZE),
        settings("a wide format", "X = f'{1:>1000000000000}'\n", None),
        settings("a power", "X = 10**10**10\nY = 2**10**9\nZ = 1 << 10**12\n", None),
        settings("squares", "X = 3\nfor i in range(100): X = X * X\n", None),
        settings(
            "a growing path",
            "from pathlib import Path\np = Path('/')\nfor i in range(100000): p = p / 'aaaaaaaaaa'\n",
            STEPS,
        ),
        settings("a doubling string", doubling("'ab'"), SIZE),
        settings("doubling bytes", doubling("b'ab'"), SIZE),
        settings("a doubling list", doubling("[1]"), OBJECTS),
        settings("replacements", "X = 'a' * 100000\nX = X.replace('a', X)\nX = X.replace('a', X)\n", SIZE),
        settings("shared lists", "X = ['lol']\nfor i in range(60): X = [X, X, X]\nY = str(X)\n", None),
        settings("deep lists", "X = []\nfor i in range(20000): X = [X]\nY = str(X)\nZ = X == X\n", None),
        settings("deep tuples", "X = ()\nfor i in range(20000): X = (X,)\nY = {X: 1}\nZ = hash(X)\n", None),
        settings("deep dictionaries", "X = {}\nfor i in range(20000): X = {'a': X}\nDATABASES = X\n", None),
        settings("deep classes", "class A: pass\nfor i in range(20000):\n    class A(A): pass\nX = A.foo\n", STEPS),
        settings(
            "a list in itself",
            "X = []\nX.append(X)\nY = {'x': X}\nX.append(Y)\nZ = str(X)\nMIDDLEWARE = INSTALLED_APPS = TEMPLATES = X\nDATABASES = CACHES = LOGGING = Y\n",
            None,
        ),
        settings("copies of itself", "import copy, json\nX = {}\nX['x'] = X\nY = copy.deepcopy(X)\nZ = json.dumps(X)\n", None),
        settings("endless recursion", "def f(n): return f(n + 1)\nX = f(0)\n", None),
        settings("mutual recursion", "def f(n): return g(n)\ndef g(n): return f(n)\nX = f(0)\n", None),
        settings("deep recursion in pairs", "def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nX = f(80)\n", LIMIT),
        settings("an endless loop", "while True: pass\n", STEPS),
        settings("an endless list", "X = []\nwhile True: X.append('a' * 1000)\n", LIMIT),
        settings("an endless generator", "def g():\n    while True: yield 1\nX = list(g())\n", LIMIT),
        settings("names without end", "for i in range(10**6): globals()[f'X{i}'] = i\n", LIMIT),
        settings("long ranges", "X = list(range(10**12))\nfor i in range(10**18): pass\n", None),
        settings("a comprehension", "X = [a for a in range(10000) for b in range(10000)]\n", STEPS),
        settings("lists in a dictionary", "X = {a * b: [a] * b for a in range(10000) for b in range(10000)}\n", OBJECTS),
        settings("long strings in a list", "X = ['x' * 100000 for i in range(100000)]\n", STEPS),
        settings("an undecided filter", "import x\nX = [a for a in range(20000) if x.y(a)]\n", LIMIT),
        settings(
            "undecided branches",
            format!("import x\nA = []\n{}", (0..2000).map(|i| format!("if x.a{i}: A.append({i})\n")).collect::<String>()),
            None,
        ),
        settings(
            "products",
            "import itertools\nX = list(itertools.product(range(1000), repeat=10))\nY = list(itertools.count())\n",
            None,
        ),
        settings("code that runs itself", "exec(open(__file__).read())\n", None),
        settings("code that runs itself twice", "X = 'exec(X); exec(X)'\nexec(X)\n", None),
        settings("deep literals", "import ast\nX = ast.literal_eval('[' * 100000 + ']' * 100000)\nY = eval('(' * 10000)\n", None),
        settings(
            "objects of themselves",
            "class A:\n    def __getattr__(self, n): return getattr(self, n + 'a')\n    def __eq__(self, o): return self == o\n    def __iter__(self): return iter(self)\na = A()\nX = a.x\nY = a == a\nZ = list(a)\n",
            None,
        ),
        settings(
            "patterns",
            "import re\nX = re.match('(a+)+$', 'a' * 100 + 'b')\nY = re.compile('(' * 10000)\nZ = re.match('(?:a{1000}){1000}', 'a')\n\
             W = re.sub('a*', 'x' * 10000, 'a' * 100000)\nV = re.match(r'(.*)*\\1x', 'a' * 5000)\n",
            None,
        ),
        settings(
            "numbers at the edge",
            "SECURE_HSTS_SECONDS = SESSION_COOKIE_AGE = -2**127\nSITE_ID = 2**127 - 1\nX = -(-2**127)\nY = (-2**127) // -1\n\
             Z = [1][2**63 - 1:]\nimport datetime\nW = datetime.timedelta(days=10**18)\nV = float('nan')\nEMAIL_TIMEOUT = float('inf')\n\
             DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'PORT': -2**127, 'CONN_MAX_AGE': 2**127 - 1}}\n",
            None,
        ),
        settings(
            "long settings",
            "INSTALLED_APPS = MIDDLEWARE = STATICFILES_DIRS = LOCALE_PATHS = ['a%d.b' % i for i in range(3000)]\n\
             ALLOWED_HOSTS = CSRF_TRUSTED_ORIGINS = ['h%d.example.com' % i for i in range(3000)]\n",
            None,
        ),
    ]
}

/// Files beside the settings.
fn surroundings() -> Vec<Hostile> {
    let chain = |times: usize| (0..times).map(|i| (format!("m{i}.py"), format!("from m{} import *\nA{i} = 1\n", i + 1)));
    let mut imports = settings("a long chain of imports", "from m0 import *\n", None);
    imports.files.extend(chain(1000).map(|(path, text)| (path, text.into_bytes())));
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let aliases: String = (b'b'..b'v')
        .map(|letter| format!("{0}: &{0} [{1}]\n", letter as char, format!("*{},", (letter - 1) as char).repeat(9)))
        .collect();
    let expansions: String = (0..60).map(|i| format!("Z{}=${{Z{i}}}${{Z{i}}}\n", i + 1)).collect();
    let interpolations: String = (0..60).map(|i| format!("z{}=%(z{i})s%(z{i})s\n", i + 1)).collect();
    vec![
        settings("a circle of imports", "from a import *\nfrom b import X\n", None)
            .and("a.py", "from b import *\nfrom settings import *\nA = 1\n")
            .and("b.py", "from a import *\nimport settings\nX = settings\n"),
        imports,
        settings("deep JSON", "import json\nX = json.load(open('x.json'))\nY = json.loads('[' * 100000)\n", None)
            .and("x.json", deep("{\"a\": ", "}"))
            .and("Pipfile.lock", deep("{\"a\": ", "}")),
        settings("deep TOML", "import tomllib\nX = tomllib.load(open('x.toml', 'rb'))\n", None)
            .and("x.toml", format!("a = {}", deep("[", "]")))
            .and("pyproject.toml", format!("a = {}", deep("[", "]")))
            .and("uv.lock", format!("{}a = 1\n", "a.".repeat(100_000))),
        settings("aliases of YAML", "import yaml\nX = yaml.safe_load(open('x.yaml'))\nDATABASES = X\n", None)
            .and("x.yaml", format!("a: &a [lol, lol, lol]\n{aliases}"))
            .and("compose.yaml", deep("[", "]")),
        settings("requirements in a circle", "X = 1\n", None)
            .and("requirements.txt", "-r requirements.txt\n-r a.txt\n")
            .and("a.txt", "-r requirements.txt\n-r a.txt\n".repeat(1000)),
        settings("many requirements", "X = 1\n", None).and("requirements.txt", "Django==6.0\n".repeat(200_000)),
        settings("an endless requirement", "X = 1\n", None)
            .and("requirements.txt", format!("django{}", "[a\\\n".repeat(100_000))),
        settings("a long lock file", "X = 1\n", None)
            .and("poetry.lock", "[[package]]\nname = \"django\"\nversion = \"6.0\"\n".repeat(20_000)),
        settings(
            "variables of variables",
            "from dotenv import load_dotenv\nimport os\nload_dotenv()\nX = os.environ.get('Z60')\n",
            SIZE,
        )
        .and(".env", format!("Z0=aaaaaaaaaa\n{expansions}")),
        settings("variables in a circle", "import environ\nenv = environ.Env()\nenv.read_env('.env')\nX = env('A')\n", None)
            .and(".env", "A=$B\nB=$A\n"),
        settings(
            "options of options",
            "import configparser\nc = configparser.ConfigParser()\nc.read('x.ini')\nX = c['a']['z60']\n",
            None,
        )
        .and("x.ini", format!("[a]\nz0=aaaaaaaaaa\n{interpolations}")),
        settings("no text anywhere", "import environ\nenviron.Env.read_env('.env')\n", None)
            .and(".env", b"A=\0\xff\xfe\n".to_vec())
            .and("requirements.txt", b"\xff\xfe\0django==6\0".to_vec())
            .and("pyproject.toml", b"\0\xff".to_vec())
            .and("manage.py", b"\xff\0".to_vec())
            .and("Dockerfile", b"ENV DJANGO_SETTINGS_MODULE=\xff\0".to_vec())
            .and("templates/404.html", b"\xff\0".to_vec()),
    ]
}

#[test]
fn hostile_projects_end_in_a_verdict() {
    let all: Vec<Hostile> = texts().into_iter().chain(programs()).chain(surroundings()).collect();
    let queue = Mutex::new(all);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no worker panicked").pop();
                    let Some(project) = next else { break };
                    if let Err(what) = judge(&project) {
                        wrong.lock().expect("no worker panicked").push(format!("{}: {what}", project.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no worker panicked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judge(project: &Hostile) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in &project.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    let notices = notices(folder.path())?;
    match project.notice {
        Some(wanted) if !notices.iter().any(|notice| notice.contains(wanted)) => {
            Err(format!("no notice says {wanted:?}: {notices:?}"))
        }
        Some(_) | None => Ok(()),
    }
}

/// What the report says it could not read. `Err` unless there is a report.
fn notices(folder: &Path) -> Result<Vec<String>, String> {
    let program = env!("CARGO_BIN_EXE_shipworthy");
    let arguments = ["check", "--settings", "settings", "--output-format", "json"];
    // The program takes a quarter of a gigabyte of address space as its stack; without a bound, a defect here takes all the
    // memory of the machine.
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\"", program]);
        shell
    } else {
        Command::new(program)
    };
    command.args(arguments).arg(folder);
    let output =
        assert_cmd::Command::from_std(command).timeout(Duration::from_mins(5)).output().map_err(|error| error.to_string())?;
    let trouble = String::from_utf8_lossy(&output.stderr).into_owned();
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("{}: {trouble}", output.status));
    }
    let report: Json = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {trouble}"))?;
    let notices = report["notices"].as_array().ok_or("no notices")?;
    Ok(notices.iter().filter_map(|notice| notice["message"].as_str()).map(str::to_owned).collect())
}

#[cfg(unix)]
mod files {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;
    use std::process::Command;

    use super::notices;

    fn project(make: impl Fn(&Path)) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("settings.py"), "DEBUG = True\n").expect("a file");
        make(folder.path());
        notices(folder.path())
    }

    #[test]
    fn links_in_a_circle_are_not_followed_for_ever() {
        let notices = project(|root| {
            for (name, target) in
                [("a", "b"), ("b", "a"), ("manage.py", "manage.py"), (".env", ".env"), ("up", ".."), ("here", ".")]
            {
                symlink(target, root.join(name)).expect("a link");
            }
        });
        assert!(notices.is_ok(), "{notices:?}");
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let notices = project(|root| {
            for name in ["manage.py", "requirements.txt", ".env", "pyproject.toml", "wsgi.py", "Dockerfile", "uv.lock"] {
                let made = Command::new("mkfifo").arg(root.join(name)).status().expect("mkfifo starts");
                assert!(made.success());
            }
        });
        assert!(notices.is_ok(), "{notices:?}");
        let notices = project(|root| {
            for (name, target) in [("requirements.txt", "/dev/zero"), (".env", "/dev/zero"), ("pyproject.toml", "/proc/kmsg")] {
                symlink(target, root.join(name)).expect("a link");
            }
        });
        assert!(notices.is_ok(), "{notices:?}");
    }

    #[test]
    fn what_may_not_be_read_is_said() {
        let close = |path: &Path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).expect("ours to close");
        let notices = project(|root| {
            std::fs::create_dir(root.join("closed")).expect("a folder");
            std::fs::write(root.join("base.py"), "X = 1\n").expect("a file");
            std::fs::write(root.join("settings.py"), "from base import *\n").expect("a file");
            close(&root.join("closed"));
            close(&root.join("base.py"));
        });
        let notices = notices.expect("a report");
        // The superuser may read everything.
        let superuser =
            std::fs::read("/proc/self/status").is_ok_and(|status| String::from_utf8_lossy(&status).contains("\nUid:\t0"));
        assert!(superuser || notices.iter().any(|notice| notice.contains("cannot be read")), "{notices:?}");
    }

    #[test]
    fn settings_that_are_no_file_are_an_error_and_no_crash() {
        let error = project(|root| {
            std::fs::remove_file(root.join("settings.py")).expect("it is there");
            symlink("settings.py", root.join("settings.py")).expect("a link");
        })
        .expect_err("there is nothing to judge");
        assert!(error.contains("no settings module"), "{error}");
    }
}
