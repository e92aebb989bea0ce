//! What production starts and loads must be installed: a package that no file declares is not.

use shipworthy_model::picture::{Platform, Program};
use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "requirement-missing",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &[],
    summary: "no requirement names a package that production loads",
    guide: include_str!("requirement_missing.md"),
    check,
};

/// The packages of which one must be there, and those that bring one along.
struct Need {
    packages: &'static [&'static str],
    carriers: &'static [&'static str],
}

const fn need(packages: &'static [&'static str], carriers: &'static [&'static str]) -> Need {
    Need { packages, carriers }
}

const POSTGRESQL: Need = need(
    &["psycopg", "psycopg-binary", "psycopg-c", "psycopg2", "psycopg2-binary", "psycopg2cffi", "psycopg2-pgevents"],
    &["django-heroku", "django-on-heroku", "django-tenants", "procrastinate", "django-pgpubsub", "aldryn-django", "pgcli"],
);
const MYSQL: Need = need(&["mysqlclient", "pymysql", "mysql-connector-python", "mysql-python"], &[]);
const ORACLE: Need = need(&["oracledb", "cx-oracle"], &[]);

/// What backends of caches import.
const CACHES: [(&str, Need); 5] = [
    (
        "django.core.cache.backends.redis.RedisCache",
        need(
            &["redis", "valkey"],
            &[
                "django-redis",
                "channels-redis",
                "django-rq",
                "rq",
                "rq-scheduler",
                "django-cacheops",
                "django-redis-cache",
                "django-redis-sessions",
                "django-defender",
                "aioredis",
                "fakeredis",
                "celery-redbeat",
                "walrus",
                "arq",
                "redis-om",
                "python-redis-lock",
                "redis-py-cluster",
                "django-tasks-rq",
            ],
        ),
    ),
    ("django_redis.cache.RedisCache", need(&["django-redis"], &[])),
    ("django_valkey.cache.ValkeyCache", need(&["django-valkey"], &[])),
    ("django.core.cache.backends.memcached.PyMemcacheCache", need(&["pymemcache"], &["django-bmemcached"])),
    ("django.core.cache.backends.memcached.PyLibMCCache", need(&["pylibmc"], &["django-pylibmc"])),
];

/// Modules of packages that hardly any other brings along.
const MODULES: [(&str, Need); 16] = [
    ("corsheaders", need(&["django-cors-headers", "django-cors-middleware", "django-cors-headers-multi"], &[])),
    ("whitenoise", need(&["whitenoise"], &["django-heroku", "django-on-heroku", "dj-static"])),
    ("debug_toolbar", need(&["django-debug-toolbar"], &["django-debug-toolbar-request-history"])),
    ("storages", need(&["django-storages", "django-storages-redux"], &["aldryn-django", "django-s3-storage"])),
    ("anymail", need(&["django-anymail"], &[])),
    ("axes", need(&["django-axes"], &[])),
    ("csp", need(&["django-csp"], &[])),
    ("compressor", need(&["django-compressor"], &["django-libsass"])),
    ("django_celery_beat", need(&["django-celery-beat"], &[])),
    ("django_celery_results", need(&["django-celery-results"], &[])),
    ("django_prometheus", need(&["django-prometheus"], &[])),
    ("health_check", need(&["django-health-check", "django-watchman"], &[])),
    ("import_export", need(&["django-import-export"], &[])),
    ("django_htmx", need(&["django-htmx"], &[])),
    ("silk", need(&["django-silk"], &[])),
    ("hijack", need(&["django-hijack"], &["django-hijack-admin"])),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(names) = &facts.project.named_packages else {
        findings.not_applicable("what is installed is not to be told from the files");
        return;
    };
    let is_missing = |need: &Need| !need.packages.iter().chain(need.carriers).any(|package| names.contains(*package));
    let mut told = Vec::new();
    let mut missing = |package: &'static str, what: String, at: Option<Region>| {
        // One package that is missing is one fault, whatever needs it.
        if told.contains(&package) {
            return;
        }
        told.push(package);
        findings
            .fail(format!("{what} needs {package}, which no requirement names"))
            .at(at)
            .label("it does not start, unless something else brings the package along")
            .help(format!("add {package} to the requirements of production"));
    };
    for (deployed, process, server) in production::servers(facts) {
        let native = deployed.environment.platform == Platform::Heroku && deployed.unit.build.is_none();
        let Some(need) = of_server(server.program).filter(|need| is_missing(need)) else { continue };
        if deployed.is_whole(facts) || native {
            missing(need.packages[0], format!("{} of {}", server.program.name(), deployed.unit.name), Some(process.at));
        }
    }
    let databases = facts.setting("DATABASES");
    for database in databases.services() {
        let need = match database.text("ENGINE") {
            Some("django.db.backends.postgresql" | "django.contrib.gis.db.backends.postgis") => POSTGRESQL,
            Some("django.db.backends.mysql" | "django.contrib.gis.db.backends.mysql") => MYSQL,
            Some("django.db.backends.oracle") => ORACLE,
            Some(_) | None => continue,
        };
        if is_missing(&need) {
            let at = database.region("ENGINE").or(databases.region());
            missing(need.packages[0], format!("the engine of DATABASES[\"{}\"]", database.alias), at);
        }
    }
    let caches = facts.setting("CACHES");
    for cache in caches.services() {
        let backend = cache.text("BACKEND");
        let need = CACHES.iter().find(|(path, _)| Some(*path) == backend).map(|(_, need)| need);
        if let Some(need) = need.filter(|need| is_missing(need)) {
            let at = cache.region("BACKEND").or(caches.region());
            missing(need.packages[0], format!("the backend of CACHES[\"{}\"]", cache.alias), at);
        }
    }
    for setting in ["INSTALLED_APPS", "MIDDLEWARE"] {
        let listed = facts.setting(setting);
        for item in listed.value.certain_items() {
            let Some(path) = item.as_str() else { continue };
            let top = path.split('.').next().unwrap_or(path);
            let need = MODULES.iter().find(|(module, _)| *module == top).map(|(_, need)| need);
            let own = facts.project.has_module(top).is_yes();
            if let Some(need) = need.filter(|need| !own && is_missing(need)) {
                missing(need.packages[0], format!("{path} in {setting}"), item.at.or(listed.region()));
            }
        }
    }
    if !findings.has(Kind::Fail) {
        findings.pass("what production starts and loads is among the requirements, as far as it is known by name");
    }
}

fn of_server(program: Program) -> Option<&'static Need> {
    const GUNICORN: Need = need(&["gunicorn"], &[]);
    const UVICORN: Need = need(&["uvicorn", "uvicorn-worker"], &["fastapi", "fastapi-cli", "django-ninja-extra"]);
    const DAPHNE: Need = need(&["daphne"], &["channels"]);
    const GRANIAN: Need = need(&["granian"], &[]);
    const HYPERCORN: Need = need(&["hypercorn"], &[]);
    const WAITRESS: Need = need(&["waitress"], &["webtest", "pyramid"]);
    Some(match program {
        Program::Gunicorn => &GUNICORN,
        Program::Uvicorn => &UVICORN,
        Program::Daphne => &DAPHNE,
        Program::Granian => &GRANIAN,
        Program::Hypercorn => &HYPERCORN,
        Program::Waitress => &WAITRESS,
        Program::Uwsgi | Program::ModWsgi | Program::Runserver => return None,
    })
}
