//! What cannot be decided, and what is known beside it.

use shipworthy_model::{Datum, Lookup, Value};
use shipworthy_source::MemoryTree;
use shipworthy_source::tagged::{self, Status};

use crate::{evaluated, shown};

/// What code puts into the environment under names that nobody knows may be any variable.
#[test]
fn a_variable_that_may_have_been_set_is_not_known_to_be() {
    let text = "import os, json\nfor name, value in json.loads(os.environ['SERVICES']).items():\n    os.environ[name] = value\n\
                A = 'DEBUG' in os.environ\nB = 'SERVICES' in os.environ\nif 'DEBUG' not in os.environ:\n    C = 1\n";
    let mut tree = MemoryTree::default();
    tree.insert("own.py", text.as_bytes());
    let settings = evaluated(&tree, "own");
    let known = |name: &str| tagged::status(&settings.explicit(name).expect("it is set").value) == Status::Known;
    assert_eq!(["A", "B", "C"].map(known), [false, true, false]);
}

/// Of containers of which nobody knows which it is, what all of them hold is certain.
#[test]
fn alternatives_share_what_they_share() {
    let text = |rest: &str| format!("import platform\nFLAG = platform.node() == 'x'\n{rest}");
    let added =
        "def add(apps, more):\n    if not FLAG:\n        return apps, more\n    return ['z'] + apps + ['c'], more + [1]\n";
    let shared = |module: &str, name: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", text(module).as_bytes());
        evaluated(&tree, "settings").explicit(name).expect("it is set").value.clone()
    };
    let apps = shared(&format!("{added}APPS, MORE = add(['a', 'b'], [])\n"), "APPS");
    assert!(apps.contains("a").is_yes() && apps.contains("b").is_yes() && apps.contains("d").is_no(), "{apps:?}");
    assert!(!apps.contains("c").is_yes() && !apps.contains("c").is_no(), "{apps:?}");
    let caches =
        shared("CACHES = {'A': 1, 'B': {'C': 2, 'D': 3}}\nif FLAG:\n    CACHES = {'A': 1, 'B': {'C': 2}, 'D': 1}\n", "CACHES");
    assert_eq!(caches.found("A").and_then(Value::as_int), Some(1));
    assert!(matches!(caches.get("D"), Lookup::Unknown(_)), "{caches:?}");
    let inner = caches.found("B").expect("both have it");
    assert!(matches!(inner.datum, Datum::OneOf(_)), "what is one thing stays one: {inner:?}");
    let kinds = shared("KIND = [1] if FLAG else (1,)\n", "KIND");
    assert!(matches!(kinds.datum, Datum::OneOf(_)), "a list is no tuple: {kinds:?}");
}

/// On either side of a test, its names are what it says they are.
#[test]
fn tests_tell_of_their_names() {
    let chosen = "import platform\nX = 'a' if platform.node() == 'x' else None\nY = 0\n";
    let narrowed = |text: &str| shown(&format!("{chosen}{text}"), "Y");
    assert_eq!(narrowed("if X:\n    Y = X + 'b'\nelse:\n    Y = 'ab'\n"), r#""ab""#);
    assert_eq!(narrowed("Y = X.upper() if X is not None else 'A'\n"), r#""A""#);
    assert_eq!(narrowed("Y = (X and X + 'b') or 'ab'\n"), r#""ab""#);
    assert_eq!(
        narrowed("try:\n    if not X:\n        raise ValueError\nexcept ValueError:\n    X = 'a'\nY = X + 'b'\n"),
        r#""ab""#
    );
}

/// Settings are loaded by what serves, not by what tests.
#[test]
fn no_test_runs() {
    assert_eq!(shown("import sys\nX = 'test' in sys.argv or 'pytest' in sys.modules\n", "X"), "false");
    assert_eq!(
        shown("import sys, json\nX = 'yaml' in sys.modules\n", "X"),
        r#"{"$unknown":"`sys.modules` is imported from outside the project"}"#
    );
}

/// A variable is required where nothing goes on without it, and only there.
#[test]
fn what_is_caught_is_not_required() {
    let required = |text: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", format!("import os, sys\n{text}").as_bytes());
        let settings = evaluated(&tree, "settings");
        let found = settings.variables.iter().filter(|variable| variable.required);
        found.map(|variable| variable.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(required("try:\n    X = os.environ['X']\nexcept KeyError:\n    X = None\n"), [""; 0]);
    assert_eq!(required("try:\n    X = os.environ['X']\nexcept KeyError:\n    raise ValueError('X')\n"), ["X"]);
    // What a condition has to say that no variable decides is not why the key is refused.
    let refused =
        "X = os.environ.get('X', 'insecure')\nif X == 'insecure':\n    if 'test' not in sys.argv:\n        raise ValueError\n";
    assert_eq!(required(refused), ["X"]);
    let both =
        "X = os.environ.get('X', 'a')\nY = os.environ.get('Y', 'a')\nif X == 'a':\n    if Y == 'a':\n        raise ValueError\n";
    assert_eq!(required(both), ["Y"]);
}

/// A server has arguments, which are no words that settings look for; it may be known by its name.
#[test]
fn arguments_are_those_of_a_server() {
    let decided = |test: &str| shown(&format!("import os, sys\nX = bool({test})\n"), "X");
    for test in ["len(sys.argv) > 1 and sys.argv[1] == 'test'", "'migrate' in sys.argv[1:]", "sys.argv[1:2] == ['test']"] {
        assert_eq!(decided(test), "false", "{test}");
    }
    for test in ["sys.argv[0].endswith('gunicorn')", "'uvicorn' in sys.argv[0]", "os.path.basename(sys.argv[0]) == 'gunicorn'"] {
        assert!(decided(test).contains("$unknown"), "{test}: {}", decided(test));
    }
    assert_eq!(shown("import sys\nX = sys.argv[1:]\n", "X"), r#"{"$unknown":"`sys.argv` depends on the machine it runs on"}"#);
}

/// A loop that only what cannot be decided ends, ends: what it leaves behind is not known, and all else is.
#[test]
fn a_loop_that_nobody_sees_the_end_of_ends() {
    let text = "import outside\nFIRST = 1\ndef read(source):\n    count = 0\n    parts = []\n    while True:\n        \
        data = source.read(10)\n        if not data:\n            return count > 500, parts\n        count += 1\n        \
        parts.append(count)\nMANY, PARTS = read(outside.source())\ncount = 0\nseen = same = []\nwhile True:\n    count += 1\n    \
        if outside.flag():\n        LAST = count > 500\n        seen.append(LAST)\n        break\nSAME = same\nTHEN = FIRST + 1\n";
    let mut tree = MemoryTree::default();
    tree.insert("settings.py", text.as_bytes());
    let settings = evaluated(&tree, "settings");
    assert!(settings.notices.is_empty() && settings.open.is_none(), "{:?}", settings.notices);
    for name in ["MANY", "PARTS", "LAST", "SAME"] {
        let value = &settings.explicit(name).expect("it is set").value;
        assert_ne!(tagged::status(value), tagged::Status::Known, "{name}: {value:?}");
    }
    assert_eq!(shown(text, "THEN"), "2");
}

/// A loop over a list that its body makes shorter sees that, wherever the list is kept.
#[test]
fn a_loop_sees_what_its_body_does_to_its_list() {
    let text = "KEPT = {'hosts': ['a', 'b', 'c', 'd']}\nSEEN = []\nfor host, index in zip(KEPT['hosts'], range(9)):\n    \
                SEEN.append(host)\n    del KEPT['hosts'][0]\n";
    assert_eq!(shown(text, "SEEN"), r#"["a","c"]"#);
    assert_eq!(shown(text, "KEPT"), r#"{"$dict":[["hosts",["c","d"]]]}"#);
}
