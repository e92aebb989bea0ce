//! Variables by which settings tell production from other environments.

use shipworthy_source::tagged;

use crate::absent::shop;

/// What each variable is supposed to say in production.
fn switches(text: &str) -> Vec<(String, String)> {
    let text = format!("import os, environ\nenv = environ.Env()\nINSTALLED_APPS = ['shop']\n{text}\n");
    shop(&text).switches.iter().map(|it| (it.variable.to_string(), it.text.to_string())).collect()
}

#[test]
fn what_is_compared_with_the_name_of_production_says_it() {
    for (text, expected) in [
        ("DEBUG = os.environ.get('STAGE', 'dev') != 'production'", Some(("STAGE", "production"))),
        ("DEBUG = os.getenv('STAGE', '').lower() not in ['live', 'staging']", Some(("STAGE", "live"))),
        ("match os.environ['WHERE']:\n    case 'dev': DEBUG = True\n    case 'prod': DEBUG = False", Some(("WHERE", "prod"))),
        ("DEBUG = os.getenv('DJANGO_ENV', 'local') == 'local'", Some(("DJANGO_ENV", "production"))),
        ("DEBUG = not env.bool('IS_PRODUCTION', False)", Some(("IS_PRODUCTION", "True"))),
        ("DEBUG = os.getenv('PROD', '').upper() != 'YES'", Some(("PROD", "YES"))),
        ("DEBUG = not env.int('PRODUCTION', 0)", Some(("PRODUCTION", "1"))),
        (
            "if 'STAGE_ENV' in os.environ:\n    ENV = os.environ['STAGE_ENV']\nelse:\n    ENV = 'dev'\nDEBUG = ENV == 'dev'\nLIVE = ENV == 'prod'",
            Some(("STAGE_ENV", "prod")),
        ),
        ("ENV = 'x' if 'DYNO' in os.environ else 'local'\nDEBUG = ENV == 'local'", None),
        // It says production by itself, or says nothing of environments, or is not what is compared.
        ("DEBUG = os.environ.get('STAGE', 'prod') == 'dev'", None),
        ("DEBUG = os.environ.get('DEBUG', 'True') == 'True'", None),
        ("DEBUG = os.environ.get('MODE', 'local') == 'local'", None),
        ("SITE = 'production' if os.getenv('SHOP') else 'dev'\nDEBUG = SITE != 'production'", None),
        ("HOST = os.getenv('PRODUCTION_HOST')", None),
        ("DEBUG = os.environ.get('DJANGO_SETTINGS_MODULE') != 'production'", None),
    ] {
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(switches(text), Vec::from_iter(expected), "{text}");
    }
}

/// `strtobool` gives numbers, and takes nothing but text.
#[test]
fn words_of_truth_are_read_as_distutils_reads_them() {
    let settings = shop(
        "from distutils.util import strtobool\nimport os\nA = strtobool('Yes')\nB = bool(strtobool(os.getenv('B', 'off')))\n\
         try:\n    C = strtobool('perhaps')\nexcept ValueError:\n    C = None\ntry:\n    D = strtobool(True)\nexcept AttributeError:\n    D = 4\n",
    );
    let shown = |name: &str| tagged::to_json(&settings.explicit(name).expect("it is set").value, true).to_string();
    assert_eq!(["A", "B", "C", "D"].map(shown), ["1", "false", "null", "4"]);
}

/// Who is stopped because DEBUG is off needs something else than DEBUG.
#[test]
fn nobody_is_asked_to_switch_debug_on() {
    let required = |text: &str| -> Vec<String> {
        let settings = shop(&format!("import os\nINSTALLED_APPS = ['shop']\n{text}"));
        settings.variables.iter().filter(|it| it.required).map(|it| it.name.to_string()).collect()
    };
    let key = "DEBUG = os.environ.get('DEBUG') == '1'\nSECRET_KEY = os.environ.get('KEY', 'own')\n";
    assert_eq!(required(&format!("{key}if not DEBUG and SECRET_KEY == 'own':\n    raise ValueError('no key')\n")), ["KEY"]);
    let place = "DEBUG = os.environ.get('DEBUG') == '1'\nif not os.getenv('PLACE'):\n    if not DEBUG:\n        exit(9)\n";
    assert_eq!(required(place), ["PLACE"]);
    assert_eq!(required("DEBUG = os.environ.get('DEBUG', '1') == '1'\nassert not DEBUG\n"), ["DEBUG"]);
}
