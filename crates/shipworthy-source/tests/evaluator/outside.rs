//! Settings that code or files nobody sees have a hand in.

use shipworthy_model::{Datum, Item, Why};
use shipworthy_source::MemoryTree;
use shipworthy_source::tagged::{self, Status};

use crate::absent::{shop, unless};
use crate::{evaluated, shown};

/// A namespace that is opened keeps what Python itself put there: where relative imports start from.
#[test]
fn relative_imports_work_in_a_namespace_that_was_opened() {
    let mut tree = MemoryTree::default();
    tree.insert("own/__init__.py", Vec::new());
    tree.insert("own/more.py", "Z = 5\n".as_bytes());
    let text = "import elsewhere\nclass Space:\n    def __init__(self, table):\n        self.table = table\n    def update(self):\n        self.table.update(elsewhere.load())\nA = 1\nSpace(globals()).update()\nfrom .more import *\n";
    tree.insert("own/settings.py", text.as_bytes());
    let settings = evaluated(&tree, "own.settings");
    assert_eq!(settings.load_errors, []);
    assert!(settings.open.is_some(), "nobody knows what was loaded");
    assert!(settings.effective("A", None).expect("it is set").unless().contains("elsewhere.load sets it"));
    assert_eq!(tagged::status(&settings.explicit("Z").expect("it is set").value), Status::Known);
}

/// What a module binds after names from where nobody can see is known, also to those that take all of it from there.
#[test]
fn what_is_bound_after_an_unknown_star_is_known_further_on() {
    let mut tree = MemoryTree::default();
    tree.insert("own/__init__.py", "D = 1\nfrom .base import *\n".as_bytes());
    tree.insert("own/base.py", "A = B = 1\nfrom elsewhere.settings import *\nA = 2\nC = [3]\n".as_bytes());
    let settings = evaluated(&tree, "own");
    let certain = |name: &str| settings.effective(name, None).expect("it is set").unless().is_empty();
    assert_eq!(["A", "B", "C", "D"].map(certain), [true, false, true, false]);
    assert!(settings.open.is_some(), "there may be more names");
}

/// Code that nobody sees and that is handed the settings is taken to leave what they are made of as it is, and that is told:
/// what comes after is certain, what asks for further names gets unknown ones.
#[test]
fn what_sets_settings_from_outside_is_taken_to_leave_them() {
    let own = "INSTALLED_APPS = ['shop']\nMIDDLEWARE = []\nROOT_URLCONF = 'shop.urls'\nTEMPLATES = []\nSITE = 1\nALLOWED_HOSTS = []\n\
               SECRET_KEY = 'abc'\nimport outside, yaml, os\n";
    for (taken, name) in [
        ("outside.settings(globals())", "outside.settings"),
        ("locals().update(outside.common(SITE))", "outside.common"),
        ("for name, value in outside.all():\n    globals()[name] = value", "outside.all"),
        ("from outside.more import *", "outside.more"),
        ("vars().update(yaml.safe_load(open('/etc/shop.yml')))", "/etc/shop.yml"),
        ("exec(open('/etc/shop.py').read())", "/etc/shop.py"),
        ("vars().update(yaml.safe_load(open(os.environ['SHOP'])))", "SHOP"),
    ] {
        let settings =
            shop(&format!("{own}{taken}\nUSE_TZ = True\nLATE = SITE + 1\nMAIL = MAIL_SERVER\nSURE = 'OTHER' in globals()\n"));
        assert!(settings.open.is_none(), "{taken}: {:?}", settings.open);
        let value = |name: &str| settings.explicit(name).expect("it is set").value.datum.clone();
        let told = format!(" unless {name} sets it");
        assert_eq!((value("SITE"), unless(&settings, "SITE")), (Datum::Int(1), told.clone()), "{taken}");
        assert_eq!((value("USE_TZ"), unless(&settings, "USE_TZ")), (Datum::Bool(true), String::new()), "{taken}");
        assert_eq!((value("LATE"), unless(&settings, "LATE")), (Datum::Int(2), told.clone()), "{taken}");
        assert_eq!(unless(&settings, "EMAIL_TIMEOUT"), told, "{taken}: nothing here sets it");
        // A file is where a server has what differs from server to server.
        let is_a_file = name.contains('/') || name == "SHOP";
        let host = settings.explicit("EMAIL_HOST").map(|host| &host.value.datum);
        assert_eq!(matches!(host, Some(Datum::Unknown(_))), is_a_file, "{taken}");
        for name in ["MAIL", "ALLOWED_HOSTS", "SURE"] {
            assert!(matches!(value(name), Datum::Unknown(_)), "{taken}: {name}");
        }
        let theirs = matches!(value("SECRET_KEY"), Datum::Unknown(_));
        let called = taken.contains("outside.settings(") || taken.contains("outside.common(") || taken.contains("outside.all(");
        assert_eq!(theirs, !called, "{taken}: a deployment writes its own key");
    }
    // What the settings are added to is made elsewhere, and all that goes with it.
    let base = shop(
        "import outside\nUSE_TZ = True\nlocals().update(outside.common())\nINSTALLED_APPS += ['shop']\nROOT_URLCONF = 'a'\nMIDDLEWARE = []\n",
    );
    assert!(base.open.is_some());
    assert_eq!(unless(&base, "USE_TZ"), " unless outside.common sets it");
    // A namespace of their own is not the settings.
    let class =
        shop("import outside\nclass Box:\n    pass\nbox = Box()\nbox.A = 1\nvars(box).update(outside.common())\nA = box.A\n");
    assert!(class.explicit("A").expect("it is set").value.as_unknown().is_some());
}

/// What is perhaps there is sorted like the rest, as far as all of it can be compared.
#[test]
fn what_is_perhaps_there_is_sorted() {
    let settings =
        shop("import platform\nNAMES = ['c', 'a']\nif platform.node() == 'x':\n    NAMES.append('b')\nNAMES = sorted(NAMES)\n");
    let value = &settings.explicit("NAMES").expect("it is set").value;
    let Datum::List(items) = &value.datum else { panic!("a list: {value:?}") };
    let known: Vec<_> = value.known_items().filter_map(|item| item.as_str()).collect();
    assert_eq!((known, items.len()), (vec!["a", "b", "c"], 3));
    assert!(matches!(items[1], Item::Perhaps(..)), "{items:?}");
}

/// What a test of classes tells, `|` between them included.
#[test]
fn a_test_of_classes_tells_of_its_name() {
    let text = |class: &str| {
        format!(
            "import platform\nX = ('ab',) if platform.node() == 'x' else 'ab'\nif not isinstance(X, {class}):\n    X = (X,)\nY = [*X, 'b']\n"
        )
    };
    for class in ["tuple", "(list, tuple)", "list | tuple", "set | list | tuple"] {
        assert_eq!(shown(&text(class), "Y"), r#"["ab","b"]"#, "{class}");
    }
    assert_eq!(shown("X = isinstance(1, int | str)\nY = isinstance(1.0, int | str)\n", "X"), "true");
    assert_eq!(shown("X = isinstance(1, int | str)\nY = isinstance(1.0, int | str)\n", "Y"), "false");
}

/// A URL that nobody knows sets what such a URL sets, and nothing else.
#[test]
fn a_mail_url_that_is_not_known_sets_the_mail_alone() {
    for call in ["dj_email_url.config()", "dj_email_url.parse(os.environ['EMAIL_URL'])"] {
        let settings = shop(&format!(
            "import dj_email_url, os\nos.environ['EMAIL_URL']\nDEBUG = False\nSERVER_EMAIL = 'a@b.c'\nvars().update({call})\n"
        ));
        assert!(settings.open.is_none(), "{call}: {:?}", settings.open);
        assert_eq!(unless(&settings, "DEBUG"), "", "{call}");
        for name in ["EMAIL_HOST", "EMAIL_BACKEND", "SERVER_EMAIL"] {
            let value = &settings.explicit(name).expect("it may be set").value;
            assert_ne!(tagged::status(value), Status::Known, "{call}: {name}");
        }
    }
}

/// An exception is for want of the variable that it speaks of, not of those that would have led past it.
#[test]
fn what_is_required_is_what_the_exception_speaks_of() {
    let settings = shop(
        "import os\nDEBUG = 'DEBUG' in os.environ\nif DEBUG:\n    os.environ.setdefault('MAIL', 'x')\nif 'MAIL' not in os.environ:\n    raise Exception('MAIL is wanted!')\n",
    );
    let required: Vec<&str> = settings.variables.iter().filter(|it| it.required).map(|it| &*it.name).collect();
    assert_eq!(required, ["MAIL"]);
    assert_eq!(settings.explicit("DEBUG").expect("it is set").value.datum, Datum::Bool(false));
}

/// Options of dynaconf that bring settings from elsewhere leave the rest as it is, and that is told.
#[test]
fn dynaconf_with_hooks_is_taken_to_leave_the_rest() {
    let own = "INSTALLED_APPS = ['shop']\nMIDDLEWARE = []\nROOT_URLCONF = 'shop.urls'\nSITE_ID = 1\nfrom dynaconf import DjangoDynaconf\ndef hook(settings):\n    return {}\n";
    let hooked = shop(&format!("{own}DjangoDynaconf(__name__, post_hooks=hook)\n"));
    assert!(hooked.open.is_none(), "{:?}", hooked.open);
    assert!(unless(&hooked, "SITE_ID").contains("post_hooks of DjangoDynaconf sets it"), "{}", unless(&hooked, "SITE_ID"));
    let file = shop(&format!("{own}DjangoDynaconf(__name__, ENVVAR_FOR_DYNACONF='SHOP')\n"));
    assert!(unless(&file, "SITE_ID").contains("SHOP"), "{}", unless(&file, "SITE_ID"));
}

/// A module of the project without which loading ends, as the handler of its import says, is there where the project is
/// deployed. What the code has for want of one of its names stands, unless loading ends with that.
#[test]
fn a_module_that_a_handler_cannot_do_without_is_asked_for_names() {
    let settings = shop(
        "import importlib, os\nINSTALLED_APPS = ['shop']\nMIDDLEWARE = []\nROOT_URLCONF = 'shop.urls'\n\
         PATH = os.getenv('SHOP', 'shop.configuration')\n\
         def load(name):\n    try:\n        return importlib.import_module(name)\n    except ImportError as error:\n        \
         if error.name == name:\n            raise ValueError(f'{name} is missing: set SHOP')\n        raise\n\
         configuration = load(PATH)\nif not hasattr(configuration, 'KEY'):\n    raise ValueError('no KEY')\n\
         KEY = configuration.KEY\nSECURE = getattr(configuration, 'SECURE', False)\n\
         REDIS = getattr(configuration, 'REDIS', {})\nif 'tasks' not in REDIS:\n    raise ValueError('REDIS lacks tasks')\n\
         TASKS = REDIS['tasks']\nfor name in dir(configuration):\n    if name.startswith('AUTH_'):\n        \
         globals()[name] = getattr(configuration, name)\nUSE_TZ = True\n",
    );
    let value = |name: &str| settings.explicit(name).expect("it is set").value.clone();
    assert_eq!(settings.load_errors.iter().filter(|error| error.certain).count(), 1, "{:?}", settings.load_errors);
    assert!(settings.open.is_none(), "{:?}", settings.open);
    assert!(settings.variables.iter().all(|variable| !variable.required), "the module is what is missing");
    for name in ["KEY", "REDIS", "TASKS"] {
        assert_eq!(tagged::status(&value(name)), Status::Unknown, "{name}");
    }
    assert_eq!(value("SECURE").datum, Datum::Bool(false));
    assert!(unless(&settings, "SECURE").contains("shop.configuration sets it"), "{}", unless(&settings, "SECURE"));
    assert_eq!(unless(&settings, "USE_TZ"), "");
}

/// Variables that nobody gives may set settings where the code makes settings of all of them; those that are given do.
#[test]
fn settings_of_all_variables_are_taken_not_to_be_these() {
    let own = "INSTALLED_APPS = ['shop']\nMIDDLEWARE = []\nROOT_URLCONF = 'shop.urls'\nSITE_ID = 1\nimport os\n";
    for run in [
        "for name in os.environ:\n    if '_SHOP' in name:\n        globals()[name] = os.environ[name]\n",
        "for name, value in sorted(os.environ.items()):\n    globals()[name] = value\n",
    ] {
        let settings = shop(&format!("{own}{run}USE_TZ = True\n"));
        assert!(settings.open.is_none(), "{:?}", settings.open);
        assert_eq!(unless(&settings, "SITE_ID"), " unless the environment sets it");
        assert_eq!(unless(&settings, "USE_TZ"), "");
    }
}

/// A settings module that is filled in with `str.format` when a project is made from it.
#[test]
fn what_is_filled_in_later_is_a_blank() {
    let settings = shop("NAME = {name}\nSITE_ID = 1\nSOME = {SITE_ID}\n");
    assert!(settings.load_errors.is_empty() && settings.open.is_none(), "{:?}", settings.load_errors);
    let value = |name: &str| settings.explicit(name).expect("it is set").value.clone();
    assert_eq!(value("NAME").as_unknown().map(|it| it.why.clone()), Some(Why::Blank("{name}".into())));
    assert_eq!(value("SITE_ID").datum, Datum::Int(1));
    assert!(matches!(value("SOME").datum, Datum::Set(_)));
    assert!(
        !shop("try:\n    NAME = {name}\nexcept NameError:\n    NAME = 1\n").explicit("NAME").expect("set").value.truth().is_no()
    );
}

/// Code that is called for what it does alone may look for its caller: a setting that nothing else defines is from there.
#[test]
fn a_call_for_its_effect_may_set_what_is_asked_for() {
    let own = "INSTALLED_APPS = ['shop']\nMIDDLEWARE = []\nROOT_URLCONF = 'shop.urls'\nSITE_ID = 1\n";
    let settings = shop(&format!("import outside\n{own}outside.import_settings('more')\nif not STATS:\n    USE_TZ = True\n"));
    assert!(settings.open.is_none() && settings.load_errors.is_empty(), "{:?}", settings.load_errors);
    assert_eq!(unless(&settings, "SITE_ID"), " unless outside.import_settings sets it");
    assert!(shop(&format!("{own}if not STATS:\n    USE_TZ = True\n")).load_errors[0].certain, "nothing could have set it");
}
