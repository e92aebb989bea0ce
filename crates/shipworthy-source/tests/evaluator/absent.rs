//! Settings that take further settings from what is not in the project.

use shipworthy_model::{Assumption, Datum, Settings, Truth, Value};
use shipworthy_source::MemoryTree;
use shipworthy_source::tagged::{self, Status};

use crate::evaluated;

/// The settings of `shop.settings`, which is `text`, in a package of its own.
pub(crate) fn shop(text: &str) -> Settings {
    let mut tree = MemoryTree::default();
    tree.insert("shop/__init__.py", b"");
    tree.insert("shop/settings.py", text.as_bytes());
    evaluated(&tree, "shop.settings")
}

pub(crate) fn unless(settings: &Settings, name: &str) -> String {
    settings.effective(name, Some(Value::text("default"))).expect("it has a default").unless()
}

fn reason(settings: &Settings, name: &str) -> String {
    let value = &settings.explicit(name).expect("it is set").value;
    value.as_unknown().map(|unknown| unknown.why.reason()).unwrap_or_default()
}

/// A module that is not committed decides what stands above its import, and nothing below.
#[test]
fn settings_that_are_not_there_are_assumed_so() {
    let absent = |text: &str, name: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", format!("DEBUG = True\nHOSTS = []\n{text}\nHOSTS += ['a']\nSITE_ID = 1\n").into_bytes());
        let settings = evaluated(&tree, "settings");
        let effective = settings.effective(name, Some(Value::text("default"))).expect("it has a default");
        effective.unless()
    };
    let star = "try:\n    from local_settings import *\nexcept ImportError:\n    pass\n";
    assert_eq!(absent(star, "DEBUG"), " unless local_settings is there");
    assert_eq!(absent(star, "HOSTS"), " unless local_settings is there");
    assert_eq!(absent(star, "SITE_ID"), "");
    assert_eq!(absent(star, "SECRET_KEY"), " unless local_settings is there");
    let file = "import os\ntry:\n    exec(open(os.path.dirname(os.path.abspath(__file__)) + '/more.py').read())\nexcept IOError:\n    pass\n";
    assert_eq!(absent(file, "DEBUG"), " unless more.py is there");
    assert_eq!(absent("try:\n    import local_settings\nexcept ImportError:\n    pass\n", "DEBUG"), "");
}

/// What is asked of a module or file that is not there, and has a default for want of it, hangs on that.
#[test]
fn defaults_for_want_of_a_module_or_file_say_so() {
    let settings = shop(
        "try:\n    from . import localsettings\nexcept ImportError:\n    localsettings = None\nDEBUG = getattr(localsettings, 'DEBUG', True)\nSITE_ID = 1\n",
    );
    assert_eq!(unless(&settings, "DEBUG"), " unless shop.localsettings is there");
    assert_eq!(unless(&settings, "SITE_ID"), "");
    let settings = shop("try:\n    from .local import SITE_ID\nexcept ImportError:\n    SITE_ID = 1\n");
    assert_eq!(unless(&settings, "SITE_ID"), " unless shop.local is there");
    let settings = shop("try:\n    from .test_local import SITE_ID\nexcept ImportError:\n    SITE_ID = 1\n");
    assert_eq!(unless(&settings, "SITE_ID"), "");
    let settings = shop(
        "import json, os\nFILE = os.path.join(os.path.dirname(__file__), 'site.json')\nif os.path.exists(FILE):\n    SITE = json.load(open(FILE))\nelse:\n    SITE = {'debug': True}\nDEBUG = SITE['debug']\n",
    );
    assert_eq!(unless(&settings, "DEBUG"), " unless shop/site.json is there");
}

/// Names of a module whose own name nobody knows may be anything; those of a package that has names of its own are those.
#[test]
fn what_is_taken_from_elsewhere_leaves_the_rest() {
    let of_the_machine = "import platform\nSITE_ID = 1\ntry:\n    exec('from .local.%s import *' % platform.node())\nexcept ImportError:\n    pass\nUSE_TZ = True\n";
    let settings = shop(of_the_machine);
    assert_eq!(unless(&settings, "SITE_ID"), " unless a module of shop.local is there");
    assert_eq!(unless(&settings, "USE_TZ"), "");
    assert!(settings.open.is_none());
    let settings = shop("SITE_ID = 1\nfrom oscar.defaults import *\nNAME = OSCAR_SHOP_NAME\n");
    assert_eq!(settings.explicit["SITE_ID"].value.datum, Datum::Int(1));
    assert_eq!(unless(&settings, "SITE_ID"), "");
    assert_eq!(reason(&settings, "NAME"), "`oscar.defaults.OSCAR_SHOP_NAME` is imported from outside the project");
    assert!(settings.open.is_none());
}

/// A module that is imported for nothing but what it does to the settings may set any of them.
#[test]
fn a_module_that_is_imported_for_its_effect_may_set_anything() {
    let settings =
        shop("INSTALLED_APPS = []\nROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = []\nSITE_ID = 1\nfrom . import local_settings\n");
    assert_eq!(settings.explicit["SITE_ID"].value.datum, Datum::Int(1));
    assert_eq!(unless(&settings, "SITE_ID"), " unless shop.local_settings sets it");
    let used = shop("SITE_ID = 1\nfrom . import local_settings\nNAME = local_settings.NAME\n");
    assert_eq!(unless(&used, "SITE_ID"), "");
}

/// Settings that cannot do without what is not there leave the rest to it.
#[test]
fn settings_that_only_the_server_has_are_assumed_absent() {
    let mut tree = MemoryTree::default();
    let asked = "if os.path.exists(LOCAL):\n    with open(LOCAL) as file:\n        exec(compile(file.read(), LOCAL, 'exec'))\n";
    let tried = "try:\n    exec(open(LOCAL).read())\nexcept OSError:\n    pass\n";
    for run in [asked, tried] {
        let text = format!("import os\nDEBUG = False\nLOCAL = '/etc/shop/settings.py'\n{run}SITE_ID = 1\n");
        tree.insert("settings.py", text.as_bytes());
        let settings = evaluated(&tree, "settings");
        assert!(settings.open.is_none());
        assert_eq!(settings.explicit["DEBUG"].value.datum, Datum::Bool(false));
        assert!(settings.explicit["DEBUG"].assumptions.contains(&Assumption::Absent("/etc/shop/settings.py".into())));
        assert_eq!(settings.explicit["SITE_ID"].value.datum, Datum::Int(1));
    }
    // What is run in any case is there in any case.
    tree.insert("settings.py", b"DEBUG = False\nexec(open('/etc/shop/settings.py').read())\n");
    assert_eq!(unless(&evaluated(&tree, "settings"), "DEBUG"), " unless /etc/shop/settings.py sets it");
}

#[test]
fn what_is_required_and_not_there_may_set_anything() {
    let evaluate = |text: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", text.as_bytes());
        evaluated(&tree, "settings")
    };
    let required = "import sys\nDEBUG = True\ntry:\n    import settings_local\n    from settings_local import *\nexcept ImportError:\n    sys.exit(1)\nUSE_TZ = True\n";
    let settings = evaluate(required);
    assert_eq!(tagged::status(&settings.explicit("DEBUG").expect("it is set").value), Status::Unknown);
    assert!(settings.open.is_some());
    let elsewhere = evaluate("DEBUG = False\nUSE_TZ = not LOCAL\n");
    assert_eq!(tagged::status(&elsewhere.explicit("DEBUG").expect("it is set").value), Status::Known);
    assert!(elsewhere.open.is_some(), "something defines LOCAL, and perhaps more");
}

/// A module of the project that is not in the tree is written where the project is deployed. It says what it is asked for;
/// of all else it is taken to say nothing, and that is told.
#[test]
fn a_module_that_loading_needs_is_taken_to_set_nothing_else() {
    let settings = shop(
        "INSTALLED_APPS = ['shop']\nROOT_URLCONF = 'shop.urls'\nSITE = 1\nALLOWED_HOSTS = []\nAPPS = ['a']\n\
         from .local_settings import *\nUSE_TZ = True\nAPPS += ['b']\nMAIL = MAIL_SERVER\nLATE = SITE + 1\n",
    );
    let local = " unless shop.local_settings sets it";
    assert!(settings.open.is_none(), "{:?}", settings.open);
    let value = |name: &str| settings.explicit(name).expect("it is set").value.datum.clone();
    assert_eq!((value("SITE"), unless(&settings, "SITE")), (Datum::Int(1), local.to_owned()));
    assert_eq!((value("USE_TZ"), unless(&settings, "USE_TZ")), (Datum::Bool(true), String::new()));
    assert_eq!((value("LATE"), unless(&settings, "LATE")), (Datum::Int(2), local.to_owned()));
    assert_eq!(unless(&settings, "APPS"), local, "what it is built up from may be another list");
    assert_eq!(unless(&settings, "DEBUG"), local, "nothing here sets it");
    assert_eq!(reason(&settings, "MAIL"), "`shop.local_settings.MAIL_SERVER` is imported from outside the project");
    for name in ["ALLOWED_HOSTS", "SECRET_KEY"] {
        assert_eq!(reason(&settings, name), format!("`shop.local_settings.{name}` is imported from outside the project"));
    }
    let error = settings.load_errors.first().expect("it does not load here");
    assert!(error.certain && &*error.exception == "ModuleNotFoundError", "{error:?}");
    assert!(settings.load_errors.len() == 1, "nothing else is wrong: {:?}", settings.load_errors);
}

/// What the settings only add to is not what they are made of.
#[test]
fn a_base_that_is_not_there_leaves_the_settings_open() {
    let settings = shop("from .base import *\nDEBUG = False\n");
    assert!(matches!(settings.effective("USE_TZ", None).expect("it may be set").explicit, Truth::Unknown(_)));
    assert_eq!(settings.explicit("DEBUG").expect("it is set").value.datum, Datum::Bool(false));
}

/// A module that may be missing, but for what comes after it, says what that needs, and nothing else.
#[test]
fn what_loading_turns_out_to_need_says_what_is_read() {
    let text = |after: &str| {
        format!(
            "from contextlib import suppress\nINSTALLED_APPS = []\nROOT_URLCONF = 'shop.urls'\nHOSTS = []\nSITE = 1\n\
             with suppress(ImportError):\n    from .local_settings import *\n{after}\n"
        )
    };
    let local = " unless shop.local_settings sets it";
    for after in ["DOMAIN = HOSTS[0]", "DOMAIN = SERVER.domain"] {
        let settings = shop(&text(after));
        assert!(settings.open.is_none(), "{after}: {:?}", settings.open);
        assert_eq!(tagged::status(&settings.explicit("DOMAIN").expect("it is set").value), Status::Unknown);
        assert_eq!(unless(&settings, "SITE"), local, "{after}");
        assert_eq!(settings.load_errors.len(), 1, "that it does not load here is told: {:?}", settings.load_errors);
    }
    assert!(reason(&shop(&text("DOMAIN = HOSTS[0]")), "HOSTS").contains("shop.local_settings.HOSTS"));
    assert_eq!(unless(&shop(&text("DOMAIN = 'shop.example'")), "SITE"), " unless shop.local_settings is there");
}

/// Which file is run may itself hang on whether it is there.
#[test]
fn a_file_that_is_looked_for_in_several_places_is_assumed_absent() {
    let settings = shop(
        "import os\nDEBUG = False\npath = os.environ.get('SHOP')\nif not path:\n    path = '/etc/shop.conf'\n    \
         if not os.path.exists(path):\n        path = None\nif path:\n    with open(path) as file:\n        \
         exec(compile(file.read(), path, 'exec'))\n",
    );
    assert!(settings.open.is_none() && settings.load_errors.is_empty(), "{:?} {:?}", settings.open, settings.load_errors);
    assert_eq!(settings.explicit["DEBUG"].value.datum, Datum::Bool(false));
    assert!(unless(&settings, "DEBUG").contains("/etc/shop.conf is there"), "{}", unless(&settings, "DEBUG"));
}
