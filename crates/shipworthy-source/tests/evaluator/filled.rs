//! Settings that others fill: classes, functions and files of which only a part is in the project.

use shipworthy_model::{Datum, Settings};
use shipworthy_source::MemoryTree;
use shipworthy_source::tagged::{self, Status};

use crate::absent::{shop, unless};
use crate::evaluated;

const OWN: &str = "INSTALLED_APPS = []\nROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = []\n";

fn datum(settings: &Settings, name: &str) -> Datum {
    settings.explicit(name).unwrap_or_else(|| panic!("{name} is set")).value.datum.clone()
}

fn reason(settings: &Settings, name: &str) -> String {
    let value = &settings.explicit(name).unwrap_or_else(|| panic!("{name} is set")).value;
    value.as_unknown().map(|unknown| unknown.why.reason()).unwrap_or_default()
}

/// What a package sets beside a project's own settings is seen by what these lack.
#[test]
fn a_package_that_sets_what_every_project_has_may_set_all_of_it() {
    let taking = |more: &str| shop(&format!("{OWN}{more}from defaults.django import *\nDEBUG = False\n"));
    assert!(taking("").open.is_some(), "the templates come from there");
    assert!(taking("TEMPLATES = []\n").open.is_none());
    assert_eq!(datum(&taking(""), "DEBUG"), Datum::Bool(false));
}

/// Code that nobody sees and that is told the name of the module finds the module by it.
#[test]
fn who_is_handed_the_name_of_the_module_may_set_its_names() {
    let filled = shop("from loader import export, load\nDATA = load('a')\nexport(__name__, DATA)\n");
    assert!(filled.open.is_some());
    let beside = shop(&format!("{OWN}TEMPLATES = []\nfrom loader import update\nSITE_ID = 1\nupdate(__name__, 'x')\nA = NAME\n"));
    assert!(beside.open.is_none());
    assert_eq!(unless(&beside, "SITE_ID"), " unless loader.update sets it");
    assert_eq!(reason(&beside, "A"), "`loader.update` is code outside the project");
    let logger = shop("from loader import get_logger\nLOG = get_logger(__name__)\nSITE_ID = 1\n");
    assert!(logger.open.is_none() && unless(&logger, "SITE_ID").is_empty());
}

/// A module that has settings in a class alone gets them from who knows the class.
#[test]
fn settings_in_a_class_of_another_package_are_put_where_nobody_sees() {
    let class =
        "from env_config import Environment\nclass Common(Environment):\n    INSTALLED_APPS = ['shop']\n    DEBUG = False\n";
    assert!(shop(class).open.is_some());
    assert!(shop(&format!("{class}{OWN}")).open.is_none());
}

/// What shows how local settings are written is not what a deployment has, where it stands in for them.
#[test]
fn samples_of_what_is_missing_are_not_taken_for_it() {
    let sample = |text: &str| {
        let mut tree = MemoryTree::default();
        tree.insert("shop/__init__.py", b"");
        tree.insert("shop/local_example.py", b"DEBUG = True\nsite = 1\n");
        tree.insert("shop/settings.py", text.as_bytes());
        evaluated(&tree, "shop.settings")
    };
    let instead =
        sample("SITE_ID = 1\ntry:\n    from .local import *\nexcept ImportError:\n    from .local_example import *\nA = site\n");
    assert_eq!(reason(&instead, "DEBUG"), "it is read from shop.local, which is not in the project");
    assert_eq!(unless(&instead, "SITE_ID"), " unless shop.local is there");
    assert_eq!(datum(&instead, "A"), Datum::Int(1));
    let file = "import os\nif os.path.isfile(os.path.join(os.path.dirname(__file__), 'local.py')):\n    from .local import *\nelse:\n    from .local_example import *\n";
    assert_eq!(reason(&sample(file), "DEBUG"), "it is read from shop/local.py, which is not in the project");
    assert_eq!(datum(&sample("from .local_example import *\n"), "DEBUG"), Datum::Bool(true), "nothing is missing");
}

/// Local settings that loading cannot do without differ from server to server.
#[test]
fn what_servers_have_of_their_own_is_left_to_the_local_settings_that_must_be_there() {
    let settings = shop(&format!("{OWN}DEBUG = True\nUSE_TZ = True\nfrom .local_settings import *\n"));
    assert_eq!(tagged::status(&settings.explicit["DEBUG"].value), Status::Unknown);
    assert_eq!(datum(&settings, "USE_TZ"), Datum::Bool(true));
    let settings = shop(&format!("{OWN}DEBUG = True\nfrom .secrets import *\n"));
    assert_eq!(datum(&settings, "DEBUG"), Datum::Bool(true));
}

const PARSER: &str = "import configparser, os\nPARSER = configparser.ConfigParser()\nPARSER.read(os.path.join(os.path.dirname(__file__), 'app.cfg'))\n";

/// A file of options that is not committed is where the project is deployed, if loading needs it.
#[test]
fn options_of_a_file_that_is_missing_are_not_known() {
    let settings = shop(&format!("{PARSER}NAME = PARSER.get('site', 'name')\nSITE_ID = 1\n"));
    assert_eq!(reason(&settings, "NAME"), "it is read from shop/app.cfg, which is not in the project");
    assert_eq!(datum(&settings, "SITE_ID"), Datum::Int(1));
    let error = settings.load_errors.first().expect("it is told");
    assert_eq!((&*error.exception, error.certain), ("FileNotFoundError", true));
    let settings = shop(&format!("{PARSER}DEBUG = PARSER.getboolean('site', 'debug', fallback=True)\n"));
    assert_eq!(
        (datum(&settings, "DEBUG"), unless(&settings, "DEBUG")),
        (Datum::Bool(true), " unless shop/app.cfg is there".into())
    );
}

/// Settings that refuse to load without a variable of which they know the beginning need one.
#[test]
fn a_guard_for_variables_that_begin_somehow_makes_one_required() {
    let settings = shop(
        "import os\nKEY = next((k for k in os.environ.keys() if k.startswith('CONNSTR_')), None)\nif not KEY:\n    raise KeyError('none')\nURL = os.environ[KEY]\nSITE_ID = 1\n",
    );
    assert_eq!(settings.load_errors.first().and_then(|error| error.variable.as_deref()), Some("CONNSTR_*"));
    assert_eq!(datum(&settings, "SITE_ID"), Datum::Int(1));
}

/// Whatever URL of a mail server is given, it sets nothing but settings of mail.
#[test]
fn a_mail_server_that_nobody_knows_leaves_the_rest() {
    let settings =
        shop("import environ\nenv = environ.Env()\nDEBUG = False\nvars().update(env.email_url('EMAIL_URL'))\nSITE_ID = 1\n");
    assert!(settings.open.is_none());
    assert_eq!((datum(&settings, "DEBUG"), unless(&settings, "DEBUG")), (Datum::Bool(false), String::new()));
    assert_eq!(tagged::status(&settings.explicit["EMAIL_HOST"].value), Status::Unknown);
}

/// Settings that are copied into a package have that one's modules beside them.
#[test]
fn relative_imports_of_settings_without_a_package_are_of_another_place() {
    let mut tree = MemoryTree::default();
    tree.insert("settings.py", b"SITE_ID = 1\nfrom .base import *\nfrom .names import A as NAME\nDEBUG = False\n".to_vec());
    let settings = evaluated(&tree, "settings");
    assert_eq!(settings.load_errors, []);
    assert_eq!(datum(&settings, "DEBUG"), Datum::Bool(false));
    assert!(unless(&settings, "SITE_ID").contains("sets it"));
    assert_eq!(tagged::status(&settings.explicit["NAME"].value), Status::Unknown);
}

/// Python 3.12's `type` statement binds a name.
#[test]
fn an_alias_of_a_type_is_there() {
    let settings = shop("type Name = str\nA = Name\nSITE_ID = 1\n");
    assert_eq!(settings.load_errors, []);
    assert_eq!(datum(&settings, "SITE_ID"), Datum::Int(1));
}

/// Code that is read as bytes runs like any other; another encoding than UTF-8 is not guessed at.
#[test]
fn code_of_files_that_are_opened_for_bytes_runs() {
    let run = |code: &[u8]| {
        let mut tree = MemoryTree::default();
        tree.insert("shop/__init__.py", b"");
        tree.insert("shop/10-base.conf", code.to_vec());
        let text = "import glob, os\nfor f in sorted(glob.glob(os.path.join(os.path.dirname(__file__), '*.conf'))):\n    with open(f, 'rb') as g:\n        exec(compile(g.read(), f, 'exec'))\n";
        tree.insert("shop/settings.py", text.as_bytes());
        evaluated(&tree, "shop.settings")
    };
    let settings = run(b"# -*- coding: utf-8 -*-\nDEBUG = False\n");
    assert_eq!(datum(&settings, "DEBUG"), Datum::Bool(false));
    assert!(!run(b"# coding: latin-1\nDEBUG = False\n").explicit.contains_key("DEBUG"));
}

/// What versioneer makes of git costs nothing, and is no number that anybody knows.
#[test]
fn versioneer_is_not_followed() {
    let mut tree = MemoryTree::default();
    tree.insert("shop/__init__.py", b"from ._version import get_versions\n__version__ = get_versions()['version']\n".to_vec());
    tree.insert(
        "shop/_version.py",
        b"# Generated by versioneer-0.29\ndef get_versions():\n    return {'version': '1'}\n".to_vec(),
    );
    tree.insert("shop/settings.py", b"from shop import __version__\nRELEASE = __version__\n".to_vec());
    assert_eq!(tagged::status(&evaluated(&tree, "shop.settings").explicit["RELEASE"].value), Status::Unknown);
}

/// A base of a configuration that nobody sees may have settings too.
#[test]
fn a_configuration_of_a_base_outside_may_set_more() {
    let of = |bases: &str| {
        shop(&format!(
            "from configurations import Configuration\nfrom outside.settings import Base\nclass Production({bases}):\n    DEBUG = False\n"
        ))
    };
    assert!(of("Base, Configuration").open.is_some());
    assert!(of("Configuration").open.is_none());
    assert_eq!(datum(&of("Base, Configuration"), "DEBUG"), Datum::Bool(false));
}
