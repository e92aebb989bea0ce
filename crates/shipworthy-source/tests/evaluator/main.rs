//! Modules of many constructs, evaluated and compared with what real Python saw in them (`evaluator/measure.py`).

mod absent;
mod filled;
mod outside;
mod places;
mod switches;
mod undecided;

use std::collections::BTreeMap;
use std::path::Path;

use shipworthy_model::{Artifacts, Datum, Item, Settings, Version};
use shipworthy_source::MemoryTree;
use shipworthy_source::python::{Environment, Request, Shelf, evaluate};
use shipworthy_source::tagged::{self, Status};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evaluator")
}

fn settings(module: &str) -> Settings {
    let mut tree = MemoryTree::default();
    for name in [format!("{module}.py"), "data/settings.ini".into(), "data/settings.yml".into()] {
        tree.insert(&name, std::fs::read(folder().join(&name)).expect("the file is there"));
    }
    evaluated(&tree, module)
}

/// The settings of a module of a tree, with nothing in the environment.
fn evaluated(tree: &MemoryTree, module: &str) -> Settings {
    let request = Request {
        tree,
        root: "/project",
        search_path: &[String::new()],
        module,
        environment: &Environment::default(),
        django: Version::parse("6.0").expect("a version"),
        dependencies: None,
        shelf: &Shelf::default(),
    };
    evaluate(&request, &mut Artifacts::default())
}

fn agrees(module: &str) {
    let text = std::fs::read_to_string(folder().join(format!("{module}.py"))).expect("the module is there");
    let unknown: Vec<&str> =
        text.lines().find_map(|line| line.strip_prefix("# unknown: ")).map_or_else(Vec::new, |names| names.split(", ").collect());
    let measured = std::fs::read_to_string(folder().join(format!("{module}.json"))).expect("the measurement is there");
    let measured: BTreeMap<String, serde_json::Value> = serde_json::from_str(&measured).expect("the measurement is JSON");
    let settings = settings(module);
    assert!(settings.load_errors.is_empty(), "{:?}", settings.load_errors);
    for (name, theirs) in measured {
        let ours = &settings.explicit(&name).unwrap_or_else(|| panic!("{module}: {name} is not set")).value;
        if unknown.contains(&&*name) {
            assert_ne!(tagged::status(ours), Status::Known, "{module}: {name} cannot be known");
        } else {
            assert_eq!(tagged::to_json(ours, true).to_string(), theirs.to_string(), "{module}: {name}");
        }
    }
}

#[test]
fn regular_expressions_match_as_in_python() {
    agrees("expressions");
}

#[test]
fn files_of_settings_are_read_as_in_python() {
    agrees("data_files");
}

#[test]
fn classes_behave_as_in_python() {
    agrees("classes");
}

#[test]
fn context_managers_and_caches_behave_as_in_python() {
    agrees("managers");
}

#[test]
fn exceptions_and_numbers_behave_as_in_python() {
    agrees("errors");
}

#[test]
fn packages_and_iterators_behave_as_in_python() {
    agrees("packages");
}

#[test]
fn the_standard_library_behaves_as_in_python() {
    agrees("library");
}

/// Undoing and joining copy what branches change: that is work, and bounded like all work.
#[test]
fn what_is_copied_for_undecided_branches_is_paid_for() {
    let module = |branches: u32| {
        let text = format!(
            "import elsewhere\nTABLE = dict.fromkeys(range(2000))\nfor key in range({branches}):\n    if elsewhere.odd(key):\n        TABLE[key] = key\n"
        );
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", text.into_bytes());
        let table = evaluated(&tree, "settings").explicit("TABLE").expect("it is set").value.clone();
        tagged::status(&table)
    };
    assert_eq!(module(20), Status::Partial);
    assert_eq!(module(2000), Status::Unknown);
}

/// The setting as one line of JSON, `evaluated` from one module.
fn shown(text: &str, name: &str) -> String {
    let mut tree = MemoryTree::default();
    tree.insert("settings.py", text.as_bytes());
    let settings = evaluated(&tree, "settings");
    assert!(!settings.load_errors.iter().any(|error| error.certain), "{:?}", settings.load_errors);
    tagged::to_json(&settings.explicit(name).expect("it is set").value, true).to_string()
}

/// Whatever reads a name, an attribute or a key that only some paths have set sees what the others see instead.
#[test]
fn what_only_some_paths_bind_is_not_all_there_is() {
    let value = |text: &str| shown(&format!("import elsewhere, sys\nif elsewhere.x:\n    Q = 1\n{text}\n"), "V");
    let both = |text: &str, other: &str| {
        let shown = value(text);
        assert!(shown.contains("one_of") && shown.contains(other) && shown.contains('1'), "{text}: {shown}");
    };
    both("V = getattr(sys.modules[__name__], 'Q', 2)", "2");
    both("try:\n    V = Q\nexcept NameError:\n    V = 2", "2");
    both("try:\n    V = globals()['Q']\nexcept KeyError:\n    V = 2", "2");
    both("class C:\n    Q = 7\n    if elsewhere.y:\n        Q = 1\n    z = Q\nV = C.z", "7");
    both("class B:\n    z = 7\nclass C(B):\n    if elsewhere.y:\n        z = 1\nV = C().z", "7");
    both("class C:\n    z = 7\n    def __init__(self):\n        if elsewhere.y:\n            self.z = 1\nV = C().z", "7");
    both("class C:\n    pass\nc = C()\nif elsewhere.y:\n    c.z = 1\nV = getattr(c, 'z', 2)", "2");
    assert!(value("V = hasattr(sys.modules[__name__], 'Q')").contains("unknown"));
    assert!(value("try:\n    del Q\n    V = 1\nexcept NameError:\n    V = 2").contains("one_of"));
    // Nothing is behind it: had it not been bound, loading would fail.
    assert_eq!(value("V = Q"), "1");
}

/// The order of keys is part of a value, where something is made of it.
#[test]
fn joined_dictionaries_keep_the_order_of_each_path() {
    let keys = |change: &str| {
        let text = format!("import elsewhere\nD = {{'a': 1, 'b': 2}}\nif elsewhere.x:\n    {change}\nV = list(D)\n");
        shown(&text, "V")
    };
    assert_eq!(keys("D['a'] = 3"), r#"["a","b"]"#);
    for change in ["D.pop('a')\nD['a'] = 3", "D.pop('a'); D['a'] = 3", "D['c'] = D.pop('a')"] {
        let shown = keys(change);
        assert!(shown.contains("unknown") || shown.contains("perhaps") || shown.contains("one_of"), "{change}: {shown}");
    }
}

/// An exception has no items, whatever its class: looking for one must come to an end.
#[test]
fn an_exception_has_no_items() {
    let text = "class E(Exception):\n    pass\ntry:\n    V = E('x')[0]\nexcept TypeError:\n    V = 'none'\n";
    assert_eq!(shown(text, "V"), r#""none""#);
}

/// What nobody sees may call the functions that it holds, and these may change what they reach.
#[test]
fn functions_in_other_hands_change_what_they_reach() {
    let text = "import elsewhere\n@elsewhere.wraps\ndef add():\n    V.append(1)\nV = [0]\nadd()\n";
    assert!(shown(text, "V").contains("unknown"));
    let untouched = "import elsewhere\n@elsewhere.wraps\ndef add(W):\n    W.append(1)\nV = [0]\nadd([])\n";
    assert_eq!(shown(untouched, "V"), "[0]");
}

/// The names of the variables that a setting rests on.
fn rests_on(text: &str, name: &str) -> String {
    let mut tree = MemoryTree::default();
    tree.insert("settings.py", text.as_bytes());
    evaluated(&tree, "settings").effective(name, None).expect("it is set").unless()
}

/// What was left out for want of a variable would be there with it, whichever way it was left out.
#[test]
fn what_is_left_out_rests_on_what_left_it_out() {
    for value in [
        "[o for o in RAW.split(',') if o]",
        "{o for o in RAW.split(',') if o}",
        "{o: 1 for o in RAW.split(',') if o}",
        "tuple(o for o in RAW.split(',') if o)",
        "sorted(o for o in RAW.split(',') if o)",
        "any(o for o in RAW.split(',') if o)",
        "list(filter(None, RAW.split(',')))",
        "True if [o for o in RAW.split(',') if o] else False",
        "dj_database_url.config(env='RAW')",
        "{**{'a': 1}, **dj_database_url.config(env='RAW')}",
        "[]\nV += [o for o in RAW.split(',') if o]",
        "set()\nV.update(o for o in RAW.split(',') if o)",
        "{}\nV.update(dj_database_url.config(env='RAW'))",
        "{'a': {}}\nV['a'].update(dj_database_url.config(env='RAW'))",
        "os.environ.setdefault('RAW', 'x') == 'x'",
    ] {
        let text = format!("import os, dj_database_url\nRAW = os.environ.get('RAW', '')\nV = {value}\n");
        assert_eq!(rests_on(&text, "V"), " unless RAW is set", "{value}");
    }
}

/// A module that is not there says which one it was, and Django's own helpers give what they give.
#[test]
fn helpers_of_settings_modules_are_known() {
    let missing = "import importlib\ntry:\n    importlib.import_module('own.gone')\nexcept ModuleNotFoundError as e:\n    if e.name != 'own.gone':\n        raise\n    V = e.name\n";
    let mut tree = MemoryTree::default();
    tree.insert("own/__init__.py", Vec::new());
    tree.insert("settings.py", missing.as_bytes());
    let value = evaluated(&tree, "settings").explicit("V").expect("it is set").value.clone();
    assert_eq!(tagged::to_json(&value, true), "own.gone");
    let hosts = "from django.http.request import split_domain_port\nV = [split_domain_port(h) for h in ['A.example.:80', 'a b', 'x:', '[::1]:8', 'h']]\n";
    let wanted =
        r#"[{"$tuple":["a.example","80"]},{"$tuple":["",""]},{"$tuple":["",""]},{"$tuple":["[::1]","8"]},{"$tuple":["h",""]}]"#;
    assert_eq!(shown(hosts, "V"), wanted);
    assert_eq!(shown("from django.urls import reverse_lazy\nV = reverse_lazy('login')\n", "V"), r#"{"$lazy":"login"}"#);
    assert!(shown("from django.urls import reverse_lazy\nV = str(reverse_lazy('login'))\n", "V").contains("unknown"));
}

/// Where nobody knows which variables are set, or from which file, none of them is known to be unset.
#[test]
fn variables_from_what_is_not_known_are_not_known() {
    for change in [
        "for line in elsewhere.lines():\n    key, value = line.split('=')\n    os.environ.setdefault(key, value)",
        "dotenv.load_dotenv(elsewhere.path)",
        "os.environ.update(dotenv.dotenv_values(elsewhere.path))",
    ] {
        let text = format!("import os, elsewhere, dotenv\n{change}\nV = os.environ.get('X', 'no')\n");
        assert!(shown(&text, "V").contains("unknown"), "{change}");
    }
}

/// What is known of a list that began unknown is its end, and only until another name of it adds more.
#[test]
fn an_unknown_list_may_have_another_name() {
    let rests = |more: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", format!("from elsewhere import APPS\nOTHER = APPS\nAPPS += ['a']\n{more}\n").into_bytes());
        match evaluated(&tree, "settings").explicit("APPS").expect("it is set").value.datum.clone() {
            Datum::List(items) => items.iter().map(|item| matches!(item, Item::Many(_))).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(rests(""), [true, false]);
    assert_eq!(rests("OTHER.append('b')"), [true, false, true]);
    assert_eq!(rests("OTHER += ['b']"), [true, false, true]);
    assert_eq!(rests("THIRD = []\nTHIRD.append('b')"), [true, false]);
}

/// Packages have a path, and code that is run in a package's names, whatever file it is from, is in that package.
#[test]
fn code_is_in_the_package_whose_names_it_gets() {
    let mut tree = MemoryTree::default();
    let text = "from split_settings.tools import include\n__path__ = __import__('pkgutil').extend_path(__path__, __name__)\nHERE = __name__\ninclude('core.py', 'heroku.py')\n";
    tree.insert("settings/__init__.py", text.as_bytes().to_vec());
    tree.insert("settings/core.py", b"VERSION = '1'\n".to_vec());
    tree.insert("settings/heroku.py", b"from .core import VERSION as SAME\n".to_vec());
    let settings = evaluated(&tree, "settings");
    assert!(settings.load_errors.is_empty(), "{:?}", settings.load_errors);
    for name in ["HERE", "VERSION", "SAME"] {
        assert_eq!(tagged::status(&settings.explicit(name).expect("it is set").value), Status::Known, "{name}");
    }
}

/// Production is not taken for a pipeline because a file that only the server has is missing here.
#[test]
fn settings_of_a_pipeline_are_not_those_of_production() {
    let loaded = |marker: &str, local: &str| {
        let mut tree = MemoryTree::default();
        let text = format!(
            "import os\nfrom contextlib import suppress\nHOSTS = []\n{local}\nif '{marker}' in os.environ:\n    HOSTS = ['a']\n    KEY = 'public'\nFIRST = HOSTS[0]\nLAST = 1\n"
        );
        tree.insert("shop/__init__.py", Vec::new());
        tree.insert("shop/settings.py", text.into_bytes());
        evaluated(&tree, "shop.settings")
    };
    let local = "with suppress(ImportError):\n    from .local import *";
    let required = |settings: &Settings| settings.variables.iter().any(|variable| variable.required);
    for settings in [loaded("SITE", ""), loaded("SITE", local)] {
        assert!(required(&settings) && settings.explicit("KEY").is_some(), "{:?}", settings.load_errors);
    }
    let settings = loaded("GITHUB_ACTIONS", local);
    assert!(!required(&settings) && settings.explicit("KEY").is_none(), "{:?}", settings.variables);
    assert!(settings.open.is_some(), "the local file may say anything");
    assert!(matches!(settings.explicit("HOSTS").expect("it is set").value.datum, Datum::Unknown(_)));
    let settings = loaded("GITHUB_ACTIONS", "");
    assert!(settings.load_errors.iter().any(|error| error.certain && &*error.exception == "IndexError"));
}

/// `+=` of a tuple lengthens a list in place and makes a new tuple: of something unknown it may be either.
#[test]
fn a_tuple_is_added_to_an_unknown_list_or_tuple() {
    let mut tree = MemoryTree::default();
    tree.insert("settings.py", b"from elsewhere import APPS\nAPPS += ('a',)\n".to_vec());
    match &evaluated(&tree, "settings").explicit("APPS").expect("it is set").value.datum {
        Datum::OneOf(either) => {
            let (tuple, list) = (&either[0].1.datum, &either[1].1.datum);
            assert!(matches!(tuple, Datum::Tuple(items) if items.len() == 2), "{tuple:?}");
            assert!(matches!(list, Datum::List(items) if items.len() == 2), "{list:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// A name that code nobody can follow may have bound anew still leads to its list perhaps, and changes it.
#[test]
fn a_list_that_a_lost_name_leads_to_is_not_what_it_was() {
    let status = |change: &str| {
        let mut tree = MemoryTree::default();
        let base = "import os\nfrom first import APPS\nBOX = {'apps': APPS}\ndef more():\n    APPS.append('b')\n";
        let lose = "for key, value in os.environ.items():\n    globals()['ENV_' + key] = value\n";
        tree.insert("first.py", b"APPS = ['a']\n".to_vec());
        tree.insert("base.py", format!("{base}{lose}").into_bytes());
        let text = format!("import base\nfrom first import APPS as KEPT\n{change}\nHOSTS = KEPT + ['c']\n");
        tree.insert("settings.py", text.into_bytes());
        tagged::status(&evaluated(&tree, "settings").explicit("HOSTS").expect("it is set").value)
    };
    assert_eq!(status(""), Status::Known);
    assert_eq!(status("OTHER = []\nOTHER.append('b')"), Status::Known);
    for change in [
        "base.APPS.append('b')",
        "base.APPS += ['b']",
        "base.APPS.remove('a')",
        "base.APPS[0] = 'b'",
        "del base.APPS[0]",
        "base.BOX['apps'].append('b')",
        "base.more()",
        "import elsewhere\nelsewhere.change(base.APPS)",
        "apps = base.APPS\napps |= {'b'}",
    ] {
        assert_ne!(status(change), Status::Known, "{change}");
    }
}

/// Nobody knows how many elements an unknown list has, so neither where the one beside it ends.
#[test]
fn columns_beside_an_unknown_one_have_no_known_rows() {
    let rows = |text: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", format!("from elsewhere import apps, flag\n{text}\n").into_bytes());
        match evaluated(&tree, "settings").explicit("ROWS").expect("it is set").value.datum.clone() {
            Datum::List(items) => items.iter().map(|item| matches!(item, Item::Many(_))).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    let pairs = |column: &str| rows(&format!("ROWS = list(map(lambda a, b: a, {column}, range(3)))"));
    assert_eq!(pairs("['a', *apps, 'b', 'c']"), [false, true]);
    assert_eq!(pairs("['a', *(['b'] if flag else []), 'c', 'd']"), [false, true]);
    assert_eq!(pairs("'abcd'"), [false; 3]);
    assert_eq!(rows("ROWS = list(map(str, ['a', *apps, 'b']))"), [false, true, false]);
}

/// What one of several values would raise is no reason to say that loading fails.
#[test]
fn an_alternative_that_raises_is_not_the_one() {
    let text = "import elsewhere\nD = {} if elsewhere.x else None\nD.setdefault('a', 1)\nV = 'a' in D\n";
    assert_eq!(shown(text, "V"), "true");
}

/// Other texts are asked of the variable that is there for the setting, in the world that loading has found.
#[test]
fn what_would_be_otherwise_is_asked_of_the_setting_s_own_variable() {
    let asked = |text: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", format!("import os\n{text}\n").into_bytes());
        let settings = evaluated(&tree, "settings");
        assert!(settings.load_errors.is_empty() && settings.notices.is_empty() && settings.explicit("DEBUG").is_some());
        let line = |it: &shipworthy_model::WhatIf| {
            let value = it.value.as_ref().map(shipworthy_model::Value::show);
            format!("{}={}: {}", it.variable, it.text.as_deref().unwrap_or_default(), value.unwrap_or_default())
        };
        settings.what_if.iter().map(line).collect::<Vec<_>>()
    };
    let own = ["APP_DEBUG=False: False", "APP_DEBUG=false: False", "APP_DEBUG=0: False", "APP_DEBUG=True: True"];
    assert_eq!(asked("DEBUG = os.environ.get('A_MODE') == 'dev' or os.environ.get('APP_DEBUG') == 'True'"), own);
    assert_eq!(asked("DEBUG = os.environ.get('A_MODE') == 'dev'").len(), 4);
    // Nobody has to set a variable whose absence is caught.
    let caught = "try:\n    MODE = os.environ['A_MODE']\nexcept KeyError:\n    MODE = ''\nDEBUG = MODE == '' and os.environ.get('APP_DEBUG') == 'True'";
    assert_eq!(asked(caught), own);
    // There are no answers rather than some where not all are to be had in time.
    let long = |rounds: u32| format!("for n in range({rounds}):\n    m = n + 1\nDEBUG = os.environ.get('APP_DEBUG') == 'True'");
    assert_eq!(asked(&long(1_000)), own);
    assert_eq!(asked(&long(90_000)), Vec::<String>::new());
}

/// Settings that put a folder of the project on the path import from it.
#[test]
fn modules_are_found_in_folders_that_settings_put_on_the_path() {
    for change in [
        "sys.path.insert(0, os.path.join(BASE, 'apps'))",
        "sys.path.append(str(pathlib.Path(__file__).parent.parent / 'apps'))",
        "sys.path.extend([os.path.join(BASE, 'apps')])",
        "site.addsitedir(os.path.join(BASE, 'apps'))",
        "sys.path.insert(1, 'apps')",
    ] {
        let mut tree = MemoryTree::default();
        tree.insert("apps/shop/settings.py", "A = 1\n".as_bytes());
        tree.insert("own/__init__.py", Vec::new());
        let text = format!(
            "import os, pathlib, site, sys\nBASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n{change}\nfrom shop.settings import *\nB = 2\n"
        );
        tree.insert("own/settings.py", text.into_bytes());
        let settings = evaluated(&tree, "own.settings");
        assert!(settings.open.is_none(), "{change}: {:?}", settings.open);
        assert!(settings.explicit("A").is_some() && settings.search_path.iter().any(|folder| &**folder == "apps"), "{change}");
    }
}

/// Which class of django-configurations serves production, where no variable says it, and with a copy of the library inside
/// the project.
#[test]
fn a_configuration_that_is_called_production_s_is_production_s() {
    let text = "from configurations import Configuration\nclass Common(Configuration):\n    A = 1\nclass Development(Common):\n    B = 2\nclass Production(Common):\n    B = 3\n";
    let wsgi = "os.environ.setdefault('DJANGO_CONFIGURATION', 'Development')\n";
    for copied in [false, true] {
        for (more, wsgi, b) in [
            ("", wsgi, "3"),
            ("", "", "3"),
            ("", "os.environ.setdefault('DJANGO_CONFIGURATION', 'Common')\n", "3"),
            ("class Live(Common):\n    B = 4\n", wsgi, "2"),
        ] {
            let mut tree = MemoryTree::default();
            if copied {
                for file in ["__init__", "importer", "decorators", "values"] {
                    tree.insert(&format!("configurations/{file}.py"), Vec::new());
                }
            }
            tree.insert("own/__init__.py", Vec::new());
            tree.insert("own/wsgi.py", wsgi.as_bytes());
            tree.insert("own/settings.py", format!("{text}{more}").into_bytes());
            let settings = evaluated(&tree, "own.settings");
            let found = settings.explicit("B").map_or("none".to_owned(), |it| tagged::to_json(&it.value, true).to_string());
            assert_eq!(found, b, "{more} {wsgi}");
            assert!(settings.explicit("A").is_some());
        }
    }
}

#[test]
fn a_pattern_that_may_match_binds_its_names_only_where_it_does() {
    let mut tree = MemoryTree::default();
    let text = "import os\nREST = 'old'\nmatch sorted(os.listdir()):\n    case [first, *REST]:\n        pass\nFIRST = first\n\
                KEPT = 'old'\nmatch [os.getpid(), 5]:\n    case [1, KEPT]:\n        SEEN = 'old'\n    case _:\n        SEEN = KEPT\n\
                TRIED = 'old'\nmatch [1, 2]:\n    case [TRIED, 3]:\n        pass\n";
    tree.insert("bound.py", text.as_bytes());
    let settings = evaluated(&tree, "bound");
    assert!(settings.load_errors.iter().all(|error| !error.certain), "{:?}", settings.load_errors);
    let status = |name: &str| tagged::status(&settings.explicit(name).expect(name).value);
    for name in ["REST", "FIRST", "KEPT"] {
        assert_ne!(status(name), Status::Known, "{name}");
    }
    let json = |name: &str| tagged::to_json(&settings.explicit(name).expect(name).value, true).to_string();
    assert_eq!((json("SEEN"), json("TRIED")), ("\"old\"".into(), "\"old\"".into()));
}

#[test]
fn a_variable_that_is_given_hangs_on_no_file_of_its_name() {
    let mut tree = MemoryTree::default();
    let text =
        "import environ\nenv = environ.FileAwareEnv()\nKEY = env('KEY', default='insecure')\nOTHER = env('OTHER', default='d')\n";
    tree.insert("settings.py", text.as_bytes());
    let mut environment = Environment::default();
    environment.variables.insert("KEY".into(), ("given".into(), shipworthy_model::Given::CommandLine));
    let request = Request {
        tree: &tree,
        root: "/project",
        search_path: &[String::new()],
        module: "settings",
        environment: &environment,
        django: Version::parse("6.0").expect("a version"),
        dependencies: None,
        shelf: &Shelf::default(),
    };
    let settings = evaluate(&request, &mut Artifacts::default());
    assert_eq!(settings.effective("KEY", None).expect("it is set").unless(), "");
    assert_eq!(settings.effective("OTHER", None).expect("it is set").unless(), " unless OTHER or OTHER_FILE is set");
}
