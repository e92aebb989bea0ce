//! Modules by their names: Python's own, those a deployment adds, and the packages that provide one.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// What Django had before version 4.0 and settings of old projects still import.
pub(super) fn is_removed(dotted: &str) -> bool {
    matches!(
        dotted,
        "django.utils.translation.ugettext"
            | "django.utils.translation.ugettext_lazy"
            | "django.utils.translation.ugettext_noop"
            | "django.utils.translation.ungettext"
            | "django.utils.translation.ungettext_lazy"
            | "django.utils.encoding.force_text"
            | "django.utils.encoding.smart_text"
            | "django.utils.encoding.python_2_unicode_compatible"
            | "django.utils.six"
            | "django.utils.lru_cache"
            | "django.conf.urls.url"
            | "django.conf.urls.patterns"
            | "django.core.urlresolvers"
            | "django.utils.http.urlquote"
            | "django.utils.http.is_safe_url"
    )
}

/// Whether a module that is nowhere to be seen is, by its name, one that a deployment would put beside the project's own.
pub(super) fn is_of_the_deployment(module: &str) -> bool {
    let parts: Vec<&str> = module.split('_').collect();
    let apart = parts.iter().any(|part| matches!(*part, "local" | "override" | "overrides" | "secrets" | "private"));
    let settings = parts.iter().any(|part| matches!(*part, "settings" | "config" | "conf"));
    module == "settings" || (apart && settings && !super::library::is_modelled(module))
}

/// Whether the declared packages provide a module of this name.
pub(super) fn provides(packages: &std::collections::BTreeSet<String>, module: &str) -> bool {
    const OTHER_NAMES: [(&str, &str); 28] = [
        ("yaml", "pyyaml"),
        ("PIL", "pillow"),
        ("rest_framework", "djangorestframework"),
        ("corsheaders", "django-cors-headers"),
        ("debug_toolbar", "django-debug-toolbar"),
        ("django_extensions", "django-extensions"),
        ("raven", "raven"),
        ("ldap", "python-ldap"),
        ("django_auth_ldap", "django-auth-ldap"),
        ("MySQLdb", "mysqlclient"),
        ("pymysql", "pymysql"),
        ("psycopg2", "psycopg2-binary"),
        ("jwt", "pyjwt"),
        ("storages", "django-storages"),
        ("dj_database_url", "dj-database-url"),
        ("decouple", "python-decouple"),
        ("dotenv", "python-dotenv"),
        ("environ", "django-environ"),
        ("split_settings", "django-split-settings"),
        ("configurations", "django-configurations"),
        ("django_heroku", "django-heroku"),
        ("dateutil", "python-dateutil"),
        ("git", "gitpython"),
        ("magic", "python-magic"),
        ("redis_cache", "django-redis"),
        ("silk", "django-silk"),
        ("csp", "django-csp"),
        ("pkg_resources", "setuptools"),
    ];
    let normal = module.to_ascii_lowercase().replace(['_', '.'], "-");
    packages.contains(&normal)
        || packages.contains(&format!("django-{normal}"))
        || packages.contains(&format!("python-{normal}"))
        || OTHER_NAMES.iter().any(|(name, package)| *name == module && packages.contains(*package))
}

/// Whether a dotted name belongs to Python's standard library (3.8 to 3.14).
pub(super) fn is_stdlib(name: &str) -> bool {
    const MODULES: &str = "__future__ _thread abc aifc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 \
        calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression concurrent configparser \
        contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest \
        email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath \
        getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib imghdr imp importlib inspect io ipaddress \
        itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder \
        multiprocessing netrc nntplib nt ntpath numbers opcode operator optparse os pathlib pdb pickle pickletools pipes pkgutil \
        platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc queue quopri random re \
        readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib \
        sndhdr socket socketserver spwd sqlite3 ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig \
        syslog tabnanny tarfile telnetlib tempfile termios test textwrap threading time timeit tkinter token tokenize tomllib trace \
        traceback tracemalloc tty turtle types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser \
        wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";
    static KNOWN: LazyLock<FxHashSet<&str>> = LazyLock::new(|| MODULES.split_whitespace().collect());
    KNOWN.contains(name.split('.').next().unwrap_or(name))
}
