//! A small project with rules of its own, for the tests of triage and reports.

use shipworthy_model::{
    Artifacts, Assumption, Datum, Django, EnvFile, Facts, Finding, Findings, Item, Notice, Region, Rule, Secret, Setting,
    Settings, Severity, Topic, Unknown, Value, Variable, Version, Why,
};

/// The module that is audited.
pub(crate) const PRODUCTION: &str = "\
from .base import *

DEBUG = env.bool('DJANGO_DEBUG', default=True)
ALLOWED_HOSTS = ['*']
SECRET_KEY = 'p1anted-ünsafe-key-0123456789'
SECURE_SSL_REDIRECT = is_production()
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.postgresql',
        'PASSWORD': 'hunter-of-databases',
    },
}
";

/// The module it stands on.
pub(crate) const BASE: &str = "\
import environ

MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware',
]
SECURE_HSTS_SECONDS = 60
";

macro_rules! rule {
    ($name:ident $id:literal $topic:ident $severity:ident $django:expr, $summary:literal, $check:expr) => {
        pub(crate) static $name: Rule = Rule {
            id: $id,
            topic: Topic::$topic,
            severity: Severity::$severity,
            django: $django,
            summary: $summary,
            guide: GUIDE,
            check: $check,
        };
    };
}

rule!(DEBUG "debug-enabled" Debug Critical &["security.W018"], "DEBUG is on", |facts, findings| {
    findings
        .fail("DEBUG is on unless DJANGO_DEBUG is set")
        .at(region(facts, "env.bool('DJANGO_DEBUG', default=True)"))
        .label("falls back to True")
        .see(region(facts, "import environ"), "`env` comes from here")
        .django("security.W018")
        .help("set DEBUG = False in the production settings");
});
rule!(HOSTS "any-host-allowed" Hosts High &[], "ALLOWED_HOSTS allows any host", |facts, findings| {
    findings
        .fail("ALLOWED_HOSTS allows every host: whoever sends a request chooses the address in the mails that the site sends")
        .at(region(facts, "'*'"))
        .label("matches everything")
        .help("name the hosts that the site answers for");
});
rule!(KEY "secret-key-in-source" SecretKey High &["security.W009"], "SECRET_KEY is written in the source", |facts, findings| {
    findings
        .fail("SECRET_KEY is written in the source")
        .at(region(facts, "'p1anted-ünsafe-key-0123456789'"))
        .label("readable by everybody who can read the repository")
        .help("read it from the environment");
});
rule!(PASSWORD "database-password-in-source" Databases High &[], "a database's password is written in the source", |facts, findings| {
    findings
        .fail("DATABASES[\"default\"] holds its password")
        .at(region(facts, "'PASSWORD': 'hunter-of-databases'"))
        .help("read it from the environment");
});
rule!(HSTS "hsts-short" Https Low &["security.W004"], "HSTS holds for too short a time", |facts, findings| {
    findings.fail("SECURE_HSTS_SECONDS is 60").at(region(facts, "SECURE_HSTS_SECONDS = 60")).help("raise it in stages");
});
rule!(REDIRECT "plain-http-accepted" Https Medium &["security.W008"], "plain HTTP is not redirected", |facts, findings| {
    findings
        .open("SECURE_SSL_REDIRECT could not be decided: `is_production` is code outside the project")
        .at(region(facts, "is_production()"));
});
rule!(FRAMES "frames-allowed" Browser Info &["security.W019"], "pages may be framed", |_, findings| {
    findings.fail("X_FRAME_OPTIONS is SAMEORIGIN").django("security.W019").help("set it to DENY if no page frames another");
});
rule!(REMOVED "setting-removed" Settings Low &[], "a setting that Django no longer reads", |_, findings| {
    findings.pass("every setting is known to Django 5.2");
});
rule!(TASKS "tasks-immediate" Tasks Medium &[], "tasks run inside the request", |_, findings| {
    findings.not_applicable("Django 5.2 has no TASKS");
});

/// A rule that says nothing, for tests that bring their own words.
pub(crate) const RULE: Rule = Rule {
    id: "anything",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &[],
    summary: "anything",
    guide: GUIDE,
    check: |_, _| {},
};

/// Its rules.
pub(crate) static RULES: [&Rule; 9] = [&DEBUG, &HOSTS, &KEY, &PASSWORD, &HSTS, &REDIRECT, &FRAMES, &REMOVED, &TASKS];

/// A guide with everything a guide can have.
pub(crate) const GUIDE: &str = "\
With `DEBUG` on, every error shows source code and settings to **whoever** caused it.

## Why
The debug page is meant for the developer's own screen. It shows the code around every frame, local variables and the names of all
settings. See [the documentation](https://docs.djangoproject.com/en/stable/ref/settings/#debug).

- one thing
- another thing that is long enough to be wrapped when it is shown on a terminal that is narrow enough to need it, as here

## Fails
```python settings.py ids=security.W018
DEBUG = True  # fail: debug-enabled
```
and
```text requirements.txt
django
```

## Passes
```python settings.py
DEBUG = False
```

## Fix
```python settings.py
DEBUG = True
```
```python settings.py
DEBUG = False
```

## References
- <https://docs.djangoproject.com/en/stable/howto/deployment/checklist/>
";

/// The facts of the small project.
pub(crate) fn facts() -> Facts {
    let mut artifacts = Artifacts::default();
    artifacts.add("shop/settings/production.py", PRODUCTION);
    artifacts.add("shop/settings/base.py", BASE);
    let env = artifacts.add(".env", "SMTP_PASSWORD='planted-in-env-file'\nSITE=shop\n");
    let wsgi = artifacts.add("shop/wsgi.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n");
    let lock = artifacts.add("uv.lock", "[[package]]\nname = \"django\"\nversion = \"5.2.3\"\n");
    let mut facts = Facts { artifacts, ..Facts::default() };
    let set = |facts: &Facts, datum: Datum, statement: &str, expression: &str| {
        let value = Value::at(datum, region(facts, expression));
        Setting { value, origin: vec![region(facts, statement)], assumptions: std::collections::BTreeSet::new() }
    };
    let mut debug = set(
        &facts,
        Datum::Bool(true),
        "DEBUG = env.bool('DJANGO_DEBUG', default=True)",
        "env.bool('DJANGO_DEBUG', default=True)",
    );
    debug.assumptions.insert(Assumption::Unset("DJANGO_DEBUG".into()));
    let key = Datum::Secret(Secret::new("p1anted-ünsafe-key-0123456789"));
    let hosts = Datum::List(vec![Item::One(Value::text("*"))]);
    let redirect = Datum::Unknown(Unknown::new(Why::Call("is_production".into()), Some(region(&facts, "is_production()"))));
    let password =
        shipworthy_model::Entry::One(Value::text("PASSWORD"), Value::of(Datum::Secret(Secret::new("hunter-of-databases"))));
    let engine = shipworthy_model::Entry::One(Value::text("ENGINE"), Value::text("django.db.backends.postgresql"));
    let default = shipworthy_model::Entry::One(Value::text("default"), Value::of(Datum::Dict(vec![engine, password])));
    let databases = Datum::Dict(vec![default]);
    let explicit = [
        ("DEBUG", debug),
        ("ALLOWED_HOSTS", set(&facts, hosts, "ALLOWED_HOSTS = ['*']", "['*']")),
        ("SECRET_KEY", set(&facts, key, "SECRET_KEY = 'p1anted-ünsafe-key-0123456789'", "'p1anted-ünsafe-key-0123456789'")),
        ("SECURE_SSL_REDIRECT", set(&facts, redirect, "SECURE_SSL_REDIRECT = is_production()", "is_production()")),
        ("SECURE_HSTS_SECONDS", set(&facts, Datum::Int(60), "SECURE_HSTS_SECONDS = 60", "60")),
        ("DATABASES", set(&facts, databases, "DATABASES = {", "DATABASES = {")),
    ];
    let variable = Variable {
        name: "DJANGO_DEBUG".into(),
        cast: "bool".into(),
        default: Some(Value::of(Datum::Bool(true))),
        required: false,
        called: Vec::new(),
        within: None,
        reads: vec![region(&facts, "env.bool('DJANGO_DEBUG', default=True)")],
        given: None,
    };
    facts.settings = Settings {
        module: "shop.settings.production".into(),
        explicit: explicit.into_iter().map(|(name, setting)| (name.into(), setting)).collect(),
        variables: vec![variable],
        ..Settings::default()
    };
    facts.project.seen = true;
    facts.project.root = "/srv/shop".into();
    facts.project.choice.module = "shop.settings.production".into();
    facts.project.choice.reason = "wsgi.py loads it".to_owned();
    facts.project.choice.at = Some(Region::new(wsgi, 45, 71));
    facts.project.choice.others = vec!["shop.settings.local".into()];
    facts.project.env_files.push(EnvFile {
        path: ".env".into(),
        example: false,
        stage: shipworthy_model::Stage::Neutral,
        tracked: Some(true),
        variables: vec![("SMTP_PASSWORD".into(), Region::new(env, 14, 35))],
    });
    facts.django = Django {
        version: Version { major: 5, minor: 2, patch: 3 },
        from: "uv.lock".to_owned(),
        at: Some(Region::new(lock, 29, 46)),
        assumed: false,
    };
    facts
}

/// The region of the first place where a text stands, in any file.
pub(crate) fn region(facts: &Facts, text: &str) -> Region {
    facts
        .artifacts
        .iter()
        .find_map(|(id, artifact)| artifact.text.find(text).map(|at| Region::new(id, at as u32, (at + text.len()) as u32)))
        .expect("the text stands in a file")
}

/// What its rules say of the small project.
pub(crate) fn findings(facts: &Facts) -> Vec<Finding> {
    Findings::of(RULES, facts)
}

/// The small project, audited.
pub(crate) fn audit(policy: &crate::triage::Policy) -> crate::audit::Audit {
    let facts = facts();
    let findings = findings(&facts);
    let notices = vec![Notice::file("shop/local.py", "not read: it is larger than the limit")];
    crate::triage::triage("shop".to_owned(), "production".to_owned(), facts, findings, notices, policy)
}
