"""Source that uses the standard library, Django and the libraries that settings read the environment with."""

import json

VARIABLES = """DEBUG SECRET_KEY ALLOWED_HOSTS DATABASE_URL REDIS_URL EMAIL_PORT EMAIL_HOST EMAIL_URL CACHE_URL ADMINS WORKERS TIMEOUT
SENTRY_DSN HOSTS FEATURES OPTIONS_JSON LOG_LEVEL ENVIRONMENT API_TOKEN SECURE_SSL TIME_ZONE SITE_ID RATE STATIC_URL MEDIA_DIR
APP_NAME APP_ZONE APP_MODE CSRF_ORIGINS""".split()
URLS = ["postgres://user:p%40ss@db.internal:5432/shop?sslmode=require", "sqlite:///db.sqlite3", "mysql://root@localhost/app", "postgresql://db/name", "sqlite://:memory:", "postgis://u:p@h:1/n"]
VALUES = ["", "1", "0", "true", "True", "False", "false", "on", "off", "yes", "no", "debug", "a,b,c", "a, b ,c", "example.com,www.example.com", "12", "-3", "12a", "3.5", " padded ", "10", "prod", "production", "staging", "info", "None", "*", "Grüße", "k=v", "a=1,b=2", "25", "587"]
JSONS = ['{"a": 1, "b": [true, null]}', "[1, 2.5, \"x\"]", '"text"', "{}", '{"k": {"n": "v"}}', "12", "not json"]

IMPORTS = {
    "os.environ": [("import os", "os.environ"), ("import os", "os.environ"), ("from os import environ", "environ")],
    "os.getenv": [("import os", "os.getenv"), ("from os import getenv", "getenv")],
    "os.path": [("import os", "os.path"), ("from os import path", "path"), ("import os.path", "os.path")],
    "pathlib.Path": [("from pathlib import Path", "Path"), ("import pathlib", "pathlib.Path"), ("from pathlib import Path as P", "P")],
    "datetime.timedelta": [("from datetime import timedelta", "timedelta"), ("import datetime", "datetime.timedelta"), ("import datetime as dt", "dt.timedelta")],
    "json": [("import json", "json")],
    "re": [("import re", "re")],
    "sys": [("import sys", "sys")],
    "copy": [("import copy", "copy")],
    "collections.OrderedDict": [("from collections import OrderedDict", "OrderedDict"), ("import collections", "collections.OrderedDict")],
    "collections.defaultdict": [("from collections import defaultdict", "defaultdict")],
    "functools.partial": [("from functools import partial", "partial"), ("import functools", "functools.partial")],
    "functools.lru_cache": [("from functools import lru_cache", "lru_cache")],
    "itertools.chain": [("from itertools import chain", "chain"), ("import itertools", "itertools.chain")],
    "urllib.parse": [("import urllib.parse", "urllib.parse"), ("from urllib import parse", "parse")],
    "ast.literal_eval": [("import ast", "ast.literal_eval"), ("from ast import literal_eval", "literal_eval")],
    "base64": [("import base64", "base64")],
    "hashlib": [("import hashlib", "hashlib")],
    "contextlib.suppress": [("from contextlib import suppress", "suppress")],
    "importlib": [("import importlib", "importlib")],
    "ImproperlyConfigured": [("from django.core.exceptions import ImproperlyConfigured", "ImproperlyConfigured")],
    "gettext_lazy": [("from django.utils.translation import gettext_lazy as _", "_"), ("from django.utils.translation import gettext_lazy", "gettext_lazy")],
    "CSP": [("from django.utils.csp import CSP", "CSP")],
    "environ.Env": [("import environ", "environ.Env"), ("from environ import Env", "Env")],
    "environs.Env": [("from environs import Env", "Env"), ("import environs", "environs.Env")],
    "decouple.config": [("from decouple import config", "config"), ("import decouple", "decouple.config")],
    "decouple.Csv": [("from decouple import Csv", "Csv")],
    "dj_database_url": [("import dj_database_url", "dj_database_url")],
    "dotenv.load_dotenv": [("from dotenv import load_dotenv", "load_dotenv"), ("import dotenv", "dotenv.load_dotenv")],
    "dotenv.dotenv_values": [("from dotenv import dotenv_values", "dotenv_values")],
    "logging": [("import logging", "logging")],
    "warnings": [("import warnings", "warnings")],
    "string.Template": [("from string import Template", "Template")],
    "textwrap": [("import textwrap", "textwrap")],
    "operator": [("import operator", "operator")],
}


class Libraries:
    """Part of the maker. `self.variables` are the variables of the case, set ones with their text."""

    def use(self, what):
        """The name under which something can be used here; imports it where it is not yet."""
        known = self.imports.get(what)
        if known is None:
            options = IMPORTS[what]
            if self.env_style == "environ" and what == "os.environ":
                # django-environ's module has the same name.
                options = options[:2]
            statement, known = self.rng.choice(options)
            self.module.add(statement)
            self.imports[what] = known
        return known

    def some_variable(self):
        return self.rng.choice(VARIABLES)

    def set_variable(self):
        return self.rng.choice(sorted(self.module.project.env))

    def environ_str(self, d):
        rng, q = self.rng, self.quote
        name = self.some_variable()
        default = self.literal("str") if d == 0 else self.expr("str", d - 1)
        return self.pick(
            [
                (5, lambda: f"{self.use('os.environ')}.get({q(name)}, {default})"),
                (4, lambda: f"{self.use('os.getenv')}({q(name)}, {default})"),
                (3, lambda: f"{self.use('os.environ')}[{q(self.set_variable())}]"),
                (1, lambda: f"({self.use('os.environ')}.get({q(name)}) or {default})"),
                (1, lambda: f"{self.use('os.getenv')}({q(name)}, default={default})"),
                (1, lambda: f"{self.use('os.environ')}.setdefault({q('ORACLE_' + name)}, {default})"),
                (1, lambda: f"str({self.use('os.environ')}.get({q(name)}))"),
            ]
        )

    def environ_int(self):
        q, rng = self.quote, self.rng
        return f"{self.use(rng.choice(['os.environ', 'os.environ']))}.get({q(self.some_variable())}, {q(rng.choice(['10', '0', '25', '-1']))})"

    def base_dir(self):
        """The project's folder, as a path. Made once a module."""
        rng = self.rng
        name = next((n for n in ("BASE_DIR", "ROOT") if n in self.module.ns), None)
        if name and type(self.module.ns[name]).__name__ == "PosixPath" and not self.only_scope:
            return name
        path = self.use("pathlib.Path")
        up = ".parent" * (self.module.path.count("/") + 1)
        return rng.choice([f"{path}(__file__).resolve(){up}", f"{path}(__file__).absolute(){up}", f"{path}({self.use('os.path')}.abspath(__file__)){up}"])

    def base_str(self):
        name = next((n for n in ("BASE_DIR", "PROJECT_ROOT", "HERE") if isinstance(self.module.ns.get(n), str)), None)
        if name and not self.only_scope:
            return name
        path = self.use("os.path")
        source = f"{path}.abspath(__file__)"
        for _ in range(self.module.path.count("/") + 1):
            source = f"{path}.dirname({source})"
        return source

    def some_file(self):
        return self.rng.choice(sorted(self.module.project.files) + ["missing.txt", "config", "templates", "nothing/here.json"])

    def path_str(self, d):
        q, rng = self.quote, self.rng
        os_path = lambda: self.use("os.path")
        piece = lambda: q(rng.choice(["static", "media", "templates", "a/b", "../up", "/abs", "x.tar.gz", ""]))
        return self.pick(
            [
                (5, lambda: f"{os_path()}.join({self.base_str()}, {piece()}{rng.choice(['', ', ' + piece()])})"),
                (2, lambda: f"{os_path()}.{rng.choice(['normpath', 'abspath', 'dirname', 'basename', 'realpath'])}({os_path()}.join({self.base_str()}, {piece()}))"),
                (2, lambda: f"str({self.e('path', d)})"),
                (2, lambda: f"{self.atom('path', d)}.{rng.choice(['name', 'stem', 'suffix', 'as_posix()', 'parent.name'])}"),
                (1, lambda: f"{os_path()}.{rng.choice(['splitext', 'split'])}({self.e('str', d)})[{rng.choice('01')}]"),
                (1, lambda: f"{os_path()}.{rng.choice(['basename', 'dirname', 'normpath'])}({self.e('str', d)})"),
                (1, lambda: f"{os_path()}.relpath({self.base_str()} + {q('/a/b')}, {self.base_str()})"),
                (1, lambda: f"({self.base_dir()} / {q(self.some_text_file())}).read_text({rng.choice(['', 'encoding=' + q('utf-8')])}){rng.choice(['', '.strip()'])}"),
                (1, lambda: f"open({os_path()}.join({self.base_str()}, {q(self.some_text_file())})).read()"),
                (1, lambda: "__name__"),
            ]
        )

    def some_text_file(self):
        return self.rng.choice(sorted(name for name in self.module.project.files if not name.endswith(".py")))

    def make_path(self, d):
        q, rng = self.quote, self.rng
        piece = lambda: q(rng.choice(["static", "media", "templates", "a/b", "../up", "/abs", "x.tar.gz"]))
        return [
            (5, lambda: f"{self.base_dir()} / {piece()}"),
            (2, lambda: f"{self.base_dir()}.joinpath({piece()}, {piece()})"),
            (2, lambda: f"{self.atom('path', d)}{rng.choice(['.parent', '.parent.parent', '.parents[0]'])}"),
            (1, lambda: f"{self.use('pathlib.Path')}({self.base_str()}, {piece()})"),
            (1, lambda: f"{self.atom('path', d)}.{rng.choice(['with_suffix(' + q('.bak') + ')', 'with_name(' + q('other') + ')', 'resolve()', 'absolute()'])}"),
            (1, lambda: f"{self.use('pathlib.Path')}({self.e('str', d)})"),
            (1, lambda: f"{q('rel')} / {self.atom('path', d)}"),
        ]

    def path_bool(self, d):
        q, rng = self.quote, self.rng
        return self.pick(
            [
                (3, lambda: f"({self.base_dir()} / {q(self.some_file())}).{rng.choice(['exists', 'is_file', 'is_dir'])}()"),
                (3, lambda: f"{self.use('os.path')}.{rng.choice(['exists', 'isfile', 'isdir', 'isabs'])}({self.use('os.path')}.join({self.base_str()}, {q(self.some_file())}))"),
                (1, lambda: f"{self.atom('path', d)}.is_absolute()"),
            ]
        )

    def world_bool(self):
        q, rng = self.quote, self.rng
        sys = self.use("sys")
        return rng.choice(
            [f"{q('test')} in {sys.strip()}.argv", f"{sys}.argv[1:2] == [{q('test')}]", f"{sys}.version_info >= (3, {rng.choice('89')})", f"{sys}.version_info[0] == 3", f"{sys}.platform == {q('win32')}", f"{sys}.platform.startswith({q('linux')})", "__name__ == " + q("__main__"), "__debug__"]
        )

    def environ_json(self):
        name = "OPTIONS_JSON"
        return f"{self.use('json')}.loads({self.use('os.environ')}.get({self.quote(name)}, {self.quote('{}')}))"

    def library_str(self, d):
        q, rng = self.quote, self.rng
        return self.pick(
            [
                (2, lambda: f"{self.use('json')}.dumps({self.e(rng.choice(['dict', 'strs', 'int', 'bool']), d)}{rng.choice(['', ', sort_keys=True', ', indent=2'])})"),
                (2, lambda: f"{self.use('re')}.sub({rng.choice(['r' + q('[^a-z]+'), 'r' + q('[0-9]'), q(',')])}, {q('-')}, {self.e('str', d)})"),
                (1, lambda: f"{self.use('re')}.match(r{q('([a-z]+)(.*)')}, {q('abc123')}).group({rng.choice('012')})"),
                (1, lambda: f"{self.use('urllib.parse')}.{rng.choice(['quote', 'quote_plus', 'unquote'])}({self.e('str', d)})"),
                (2, lambda: f"{self.use('urllib.parse')}.{rng.choice(['urlparse', 'urlsplit'])}({q(rng.choice(URLS))}).{rng.choice(['scheme', 'hostname', 'netloc', 'path', 'query'])}"),
                (1, lambda: f"{self.use('hashlib')}.{rng.choice(['md5', 'sha256', 'sha1'])}({self.atom('str', d)}.encode()).hexdigest()"),
                (1, lambda: f"{self.use('base64')}.b64encode({self.e('bytes', d)}).decode()"),
                (1, lambda: f"{self.use('string.Template')}({q('$a-${b}')}).{rng.choice(['substitute', 'safe_substitute'])}(a={self.e('str', d)}, b=1)"),
                (1, lambda: f"{self.use('textwrap')}.dedent({self.e('str', d)})"),
                (4, lambda: self.env_library("str")),
            ]
        )

    def library_int(self, d):
        return self.env_library("int")

    def library_bool(self, d):
        return self.env_library("bool")

    def library_strs(self, d):
        q, rng = self.quote, self.rng
        return self.pick(
            [
                (1, lambda: f"{self.use('re')}.{rng.choice(['split', 'findall'])}(r{q(rng.choice(['[, ]+', 'a', '[a-z]+']))}, {self.e('str', d)})"),
                (1, lambda: f"list({self.use('itertools.chain')}({self.e('strs', d)}, {self.e('strs', d)}))"),
                (3, lambda: self.env_library("strs")),
            ]
        )

    def library_dict(self, d):
        q, rng = self.quote, self.rng
        jsons = [name for name in self.module.project.files if name.endswith(".json")]
        return self.pick(
            [
                (2, lambda: f"{self.use('json')}.loads({q(rng.choice(JSONS))})"),
                (1, self.environ_json),
                (2, lambda: f"{self.use('json')}.loads(({self.base_dir()} / {q(rng.choice(jsons))}).read_text())"),
                (2, lambda: f"{self.use('copy')}.{rng.choice(['deepcopy', 'copy'])}({self.e('dict', d)})"),
                (1, lambda: f"{self.use('ast.literal_eval')}({q(rng.choice(['{1: 2}', '{' + chr(39) + 'a' + chr(39) + ': [1, (2,)]}']))})"),
                (1, lambda: f"dict({self.use('urllib.parse')}.parse_qsl({q(rng.choice(['a=1&b=2', 'x=%20y']))}))"),
                (3, lambda: self.env_library("dict")),
            ]
        )

    # --- libraries for the environment --------------------------------------------------------------------------

    def env_object(self):
        """A name that holds a django-environ `Env`, made where there is none."""
        import environ

        for name, value in self.module.ns.items():
            if isinstance(value, environ.Env):
                return name
        env, rng, q = self.use("environ.Env"), self.rng, self.quote
        scheme = rng.choice(["", "", "DEBUG=(bool, False)", "DEBUG=(bool, False), WORKERS=(int, 3), HOSTS=(list, [])", "RATE=float, APP_NAME=(str, " + q("app") + ")"])
        self.module.add(f"env = {env}({scheme})")
        if rng.random() < 0.3:
            self.module.add(f"{env}.read_env({rng.choice(['str', ''])}({self.base_dir()} / {q('.env')}){rng.choice(['', ', overwrite=True'])})")
        if rng.random() < 0.1:
            self.module.add(f"env.prefix = {q('APP_')}")
        return "env" if "env" in self.module.ns else None

    def environs_object(self):
        """A name that holds an environs `Env`, made where there is none."""
        import environs

        for name, value in self.module.ns.items():
            if isinstance(value, environs.Env):
                return name
        self.module.add(f"env = {self.use('environs.Env')}({self.rng.choice(['', '', 'expand_vars=True'])})")
        return "env" if "env" in self.module.ns else None

    def env_library(self, type_):
        q, rng = self.quote, self.rng
        name = q(self.some_variable())
        library = self.env_style
        if library == "environ":
            env = self.env_object()
            if env is None:
                return None
            return self.pick(
                {
                    "str": [(3, f"{env}({name}, default={self.literal('str')})"), (2, f"{env}.str({name}, {self.literal('str')})"), (2, f"{env}({q(self.set_variable())})"), (1, f"{env}.str({name}, default={q('a')}, multiline=True)")],
                    "int": [(3, f"{env}.int({name}, default={self.literal('int')})"), (1, f"{env}({name}, cast=int, default=1)"), (1, f"{env}.int({q(self.set_variable())})")],
                    "bool": [(3, f"{env}.bool({name}, default={self.literal('bool')})"), (1, f"{env}({q('DEBUG')})"), (2, f"{env}.bool({name}, {self.literal('bool')})")],
                    "strs": [(3, f"{env}.list({name}, default={rng.choice(['[]', '[' + q('*') + ']'])})"), (1, f"{env}({name}, cast=[str], default=[])"), (1, f"{env}.tuple({name}, default=())")],
                    "dict": [(2, f"{env}.dict({name}, default={{}})"), (2, f"{env}.json({q('OPTIONS_JSON')}, default={{}})"), (3, f"{env}.db({rng.choice(['', q('DATABASE_URL') + ', '])}default={q(rng.choice(URLS))})"), (1, f"{env}.db_url({q('DATABASE_URL')}, default={q(rng.choice(URLS))})"), (1, f"{env}.db()"), (2, f"{env}.cache({rng.choice(['', q('CACHE_URL') + ', '])}default={q(rng.choice(['locmemcache://', 'redis://localhost:6379/1', 'dummycache://', 'rediscache://:pw@h:1/0']))})"), (1, f"{env}.email_url({rng.choice(['', q('EMAIL_URL') + ', '])}default={q(rng.choice(['smtp://', 'smtp+tls://u:p@mail:587', 'consolemail://']))})")],
                }[type_]
            )
        if library == "decouple":
            config = self.use("decouple.config")
            return self.pick(
                {
                    "str": [(3, f"{config}({name}, default={self.literal('str')})"), (2, f"{config}({q(self.set_variable())})")],
                    "int": [(3, f"{config}({name}, default={rng.choice(['10', q('7'), '0'])}, cast=int)"), (1, f"{config}({q(self.set_variable())}, cast=int)")],
                    "bool": [(3, f"{config}({name}, default={rng.choice(['False', 'True', q('no'), q('1')])}, cast=bool)"), (1, f"{config}({q(self.set_variable())}, cast=bool)")],
                    "strs": [(3, f"{config}({name}, default={q(rng.choice(['', 'a, b', '*']))}, cast={self.use('decouple.Csv')}({rng.choice(['', 'post_process=list', 'cast=str.upper', 'delimiter=' + q(';')])}))"), (1, f"{config}({name}, default={q('a b')}, cast=lambda v: v.split())")],
                    "dict": [(1, f"{config}({q('OPTIONS_JSON')}, default={q('{}')}, cast={self.use('json')}.loads)")],
                }[type_]
            )
        if library == "environs":
            env = self.environs_object()
            if env is None:
                return None
            return self.pick(
                {
                    "str": [(3, f"{env}({name}, {self.literal('str')})"), (2, f"{env}.str({name}, default={self.literal('str')})"), (2, f"{env}({q(self.set_variable())})")],
                    "int": [(3, f"{env}.int({name}, {self.literal('int')})"), (1, f"{env}.int({q(self.set_variable())})")],
                    "bool": [(3, f"{env}.bool({name}, {self.literal('bool')})"), (1, f"{env}.bool({q(self.set_variable())})")],
                    "strs": [(3, f"{env}.list({name}, default=[])"), (1, f"{env}.list({name}, [], subcast=str)")],
                    "dict": [(2, f"{env}.dict({name}, default={{}})"), (2, f"{env}.json({q('OPTIONS_JSON')}, default={{}})"), (3, f"{env}.dj_db_url({q('DATABASE_URL')}, default={q(rng.choice(URLS))})")],
                }[type_]
            )
        if library == "dj" and type_ == "dict":
            url = self.use("dj_database_url")
            return self.pick(
                [
                    (3, f"{url}.config({rng.choice(['', 'default=' + q(rng.choice(URLS)) + ', '])}conn_max_age={rng.choice(['600', '0', 'None'])}{rng.choice(['', ', ssl_require=True', ', conn_health_checks=True'])})"),
                    (2, f"{url}.parse({q(rng.choice(URLS))}{rng.choice(['', ', conn_max_age=60'])})"),
                    (1, f"{url}.config()"),
                    (1, f"{url}.config(env={q('REDIS_URL')}, default={q(rng.choice(URLS))})"),
                ]
            )
        return None


def random_env(rng):
    """Variables for a case: some set, some malformed."""
    env = {}
    for name in VARIABLES:
        if rng.random() < 0.4:
            env[name] = rng.choice(VALUES)
    env["APP_NAME"] = rng.choice(["shop", "App", ""])
    for name, pool in [("DATABASE_URL", URLS), ("OPTIONS_JSON", JSONS)]:
        if rng.random() < 0.5:
            env[name] = rng.choice(pool)
        else:
            env.pop(name, None)
    return env


def random_files(rng):
    """Files for a case, beside its modules."""
    lines = [f"{name}={rng.choice(VALUES)}" for name in rng.sample(VARIABLES, 5)]
    lines += rng.sample(["# a comment", "", "export APP_ZONE=eu", 'QUOTED="a b # c"', "SINGLE='x y'", "INLINE=1 # note", "HOME_DIR=${APP_NAME}/x", "EMPTY="], 5)
    rng.shuffle(lines)
    files = {
        ".env": "\n".join(lines) + "\n",
        "VERSION": rng.choice(["1.2.3\n", "2024.1", " 5\n\n"]),
        "config/options.json": json.dumps({"name": "shop", "debug": rng.random() < 0.5, "hosts": ["a.example", "b.example"], "limits": {"rate": 2.5}}),
        "requirements.txt": "django>=4.2\n# more\nredis==5\n",
        "setup.ini": f"[DEFAULT]\nbase = /srv\n\n[server]\nhost = {rng.choice(['localhost', 'db.internal'])}\nport: {rng.choice(['80', '8000'])}\ndebug = {rng.choice(['on', 'no', 'true'])}\nroot = %(base)s/app\n",
        "conf.toml": f"title = \"conf\"\nhosts = [\"a\", \"b\"]\n\n[app]\nname = \"{rng.choice(['shop', 'blog'])}\"\nlimits = {{ rate = 2.5, burst = 10 }}\n",
        "extra.txt": "EXTRA_FLAG = True\nEXTRA_LIST = [1, 2]\nif EXTRA_FLAG:\n    EXTRA_LIST += [3]\n",
    }
    if rng.random() < 0.3:
        files["templates/404.html"] = "<h1>404</h1>"
    return files
