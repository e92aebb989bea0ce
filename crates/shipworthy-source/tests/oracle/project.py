#!/usr/bin/env python3
"""Compares the evaluator with real Python on checkouts of real projects.

    project.py TRIALS.json [--only NAME,…] [--evaluator "COMMAND"] [--table FILE]

Runs under a Python that has Django and the environment libraries installed. TRIALS.json is a list of
    {"name", "root", "path": [folders on sys.path], "module", "env": {NAME: VALUE}}
Each module is imported in a fork of its own. What it imports that is not installed is replaced by a stand-in that says of
itself that it is one, so that values which hang on it are left out of the comparison. Three environments are tried: what
loading cannot do without, every variable the module reads, and those of the trial.

The evaluator is called as COMMAND ROOT FOLDERS MODULE DJANGO PACKAGES NAME=VALUE… and writes what `shipworthy settings
--output-format json --show-secrets` writes, with `open`, `load_errors` and `seconds` beside it.
"""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import os
import re
import signal
import subprocess
import sys
import types
import warnings

from tagging import tagged
from truth import ARGV, PRELOAD

MARK = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}stand-in"
LIBRARIES = """
environs dj_email_url django_cache_url split_settings.tools configurations configurations.values pydantic pydantic_settings
dynaconf celery celery.schedules sentry_sdk sentry_sdk.integrations.django whitenoise storages yaml toml tomli structlog
kombu corsheaders corsheaders.defaults requests django.conf django.conf.global_settings django.contrib.messages.constants
django.urls django.forms django.template.defaultfilters django.utils.functional django.utils.safestring
""".split()


# ── Stand-ins ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class StandInBase:
    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{type(self).__name__}.{name}")


class StandIn:
    """An object of a library that is not there."""

    def __init__(self, name):
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name):
        if name.startswith("__") and name not in ("__version__",):
            raise AttributeError(name)
        if name.endswith(("Error", "Exception", "DoesNotExist")) or name == "ImproperlyConfigured":
            return type(name, (Exception,), {})
        return StandIn(f"{self._name}.{name}")

    def __setattr__(self, name, value):
        pass

    def __call__(self, *args, **kwargs):
        return StandIn(f"{self._name}()")

    def __getitem__(self, key):
        return StandIn(f"{self._name}[]")

    def __setitem__(self, key, value):
        pass

    def __iter__(self):
        return iter([StandIn(f"{self._name}*")])

    def __contains__(self, item):
        return False

    def __len__(self):
        return 1

    def __bool__(self):
        return True

    def __hash__(self):
        return hash(self._name)

    def __str__(self):
        return f"{MARK} {self._name}›"

    __repr__ = __str__

    def __format__(self, spec):
        return str(self)

    def __fspath__(self):
        return str(self)

    def __int__(self):
        return 7777777

    def __index__(self):
        return 7777777

    def __float__(self):
        return 7777777.0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def __mro_entries__(self, bases):
        return (type(self._name.rsplit(".", 1)[-1], (StandInBase,), {}),)

    def _operator(self, *others):
        return StandIn(f"{self._name}…")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = _operator
    __or__ = __ror__ = __and__ = __rand__ = __lt__ = __gt__ = __le__ = __ge__ = _operator


class StandInModule(types.ModuleType):
    def __getattr__(self, name):
        if name in ("__path__", "__all__", "__file__", "__spec__", "__wrapped__"):
            raise AttributeError(name)
        if name.endswith(("Error", "Exception")) or name in ("ImproperlyConfigured",):
            value = type(name, (Exception,), {})
        else:
            value = StandIn(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what nobody else finds, unless the project should have it."""

    def __init__(self, folders):
        self.folders = folders
        self.used = set()

    def find_spec(self, fullname, path=None, target=None):
        top = fullname.split(".")[0]
        if any(os.path.exists(os.path.join(folder, part)) for folder in self.folders for part in (top, top + ".py")):
            return None
        if top in sys.stdlib_module_names or re.search(r"local|setting|secret|config$|override|private|_env$|^env$|^conf$", top):
            return None
        if top in sys.modules and not isinstance(sys.modules[top], StandInModule):
            return None
        # What libraries try for themselves is as missing as it is.
        frame = sys._getframe(1)
        while frame and ("importlib" in frame.f_code.co_filename or frame.f_code.co_filename == __file__):
            frame = frame.f_back
        if frame and not any(frame.f_code.co_filename.startswith(folder) for folder in self.folders):
            if "." not in fullname or not isinstance(sys.modules.get(top), StandInModule):
                return None
        self.used.add(top)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        module = StandInModule(spec.name)
        module.__version__ = StandIn(f"{spec.name}.__version__")
        return module

    def exec_module(self, module):
        module.__all__ = []


def mark(value, depth=0):
    """Tagged JSON in which whatever hangs on a stand-in is `{"$stand_in": …}`."""
    if isinstance(value, (StandIn, StandInModule, StandInBase)):
        return {"$stand_in": str(value)}
    if isinstance(value, type) and issubclass(value, StandInBase):
        return {"$stand_in": value.__name__}
    return value


# ── The truth ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def load(trial, env):
    """Imports the module in a fork."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            answer = load_here(trial, env)
            with os.fdopen(writer, "w") as pipe:
                pipe.write(json.dumps(answer))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"error": {"classes": ["Crash"], "message": ""}, "values": {}, "read": [], "used": []}


def load_here(trial, env):
    os.environ.clear()
    read = []
    encode = os.environ.encodekey

    def noted(key):
        """Celery reads variables of its own on behalf of nobody."""
        frame, files = sys._getframe(1), []
        while frame and len(files) < 12:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        if key != "DJANGO_SETTINGS_MODULE" and not any("/celery/" in file or "/kombu/" in file for file in files):
            read.append(key)
        return encode(key)

    os.environ.encodekey = noted
    os.environ.update(env)
    os.environ["DJANGO_SETTINGS_MODULE"] = trial["module"]
    read.clear()
    folders = [os.path.join(trial["root"], folder) if folder != "." else trial["root"] for folder in trial["path"]]
    os.chdir(folders[0])
    sys.path[0:0] = folders
    sys.argv[:] = ARGV
    sys.dont_write_bytecode = True
    finder = Finder(folders)
    sys.meta_path.append(finder)
    import configurations.importer  # noqa: F401  a project may use it; it wants to be first

    sys.stdout = sys.stderr = open(os.devnull, "w")
    logging.disable()
    signal.alarm(60)
    result = {"values": {}, "error": None}
    try:
        loaded = importlib.import_module(trial["module"])
        result["values"] = {name: tag(getattr(loaded, name)) for name in dir(loaded) if name.isupper()}
    except BaseException as error:
        classes = [cls.__name__ for cls in type(error).__mro__ if cls not in (Exception, BaseException, object)]
        place = ""
        trace = error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename.startswith(trial["root"]):
                place = f"{trace.tb_frame.f_code.co_filename[len(trial['root']) + 1:]}:{trace.tb_lineno}"
            trace = trace.tb_next
        result["error"] = {"classes": classes, "message": str(error)[:600], "at": place}
    result["read"] = sorted({key for key in read if isinstance(key, str)})
    result["used"] = sorted(finder.used)
    return result


def tag(value):
    """`tagged`, with stand-ins found at any depth."""
    import tagging

    plain = tagging.tagged

    def deep(value, depth=0):
        marked = mark(value)
        if marked is not value:
            return marked
        if isinstance(value, str) and (MARK in value or "7777777" in value) or isinstance(value, int) and "7777777" in str(int(value)):
            return {"$stand_in": "text"}
        return plain(value, depth)

    tagging.tagged, outer = deep, tagging.tagged
    try:
        return deep(value)
    finally:
        tagging.tagged = outer


# ── Environments ──────────────────────────────────────────────────────────────────────────────────────────────────────


def plausible(name):
    """A text that a deployment might set a variable to."""
    upper = name.upper()
    has = lambda *words: any(word in upper for word in words)
    if has("DATABASE_URL", "DB_URL", "POSTGRES_URL"):
        return "postgres://app:s3cret-pw@db.example.com:5432/app"
    if has("REDIS") and has("URL", "LOCATION", "CELERY_BROKER", "BROKER"):
        return "redis://redis.example.com:6379/1"
    if has("BROKER", "CACHE_URL"):
        return "redis://redis.example.com:6379/0"
    if has("EMAIL_URL"):
        return "smtp://user:pass@mail.example.com:587"
    if has("SECRET_KEY"):
        return "k9$vTzW4mQ8rLx2bNc6yHj0pGd5sFa7uEi1oKt3wZqXrBvMnPl"
    if upper in ("PATH", "HOME", "USER", "PWD", "SHELL"):
        return None
    if upper.endswith("DEBUG") or upper.startswith("DEBUG"):
        return "False"
    if has("HOSTS", "DOMAINS"):
        return "example.com,www.example.com"
    if has("ORIGINS"):
        return "https://example.com,https://www.example.com"
    if has("EMAIL_PORT", "SMTP_PORT"):
        return "587"
    if has("PORT") and not has("SUPPORT", "REPORT", "IMPORT", "EXPORT", "TRANSPORT", "PORTAL"):
        return "5432"
    if has("ENABLE", "DISABLE", "USE_", "IS_", "_SSL", "_TLS", "SECURE", "ALLOW", "REQUIRE", "_ON", "INCLUDE_", "HAS_", "TESTING"):
        return "True"
    if has("TIMEOUT", "SIZE", "AGE", "SECONDS", "NUM", "COUNT", "MAX", "MIN", "WORKERS", "INTERVAL", "LIMIT", "TTL", "DAYS", "HOURS", "_DB"):
        return "25"
    if has("RATE", "SAMPLE"):
        return "0.25"
    if has("EMAIL", "FROM"):
        return "ops@example.com"
    if has("URL", "URI", "ENDPOINT"):
        return "https://service.example.com/base/"
    if has("HOST", "SERVER", "DOMAIN"):
        return "host.example.com"
    if has("DIR", "PATH", "ROOT", "FOLDER"):
        return "/srv/app/data"
    if has("LEVEL"):
        return "WARNING"
    return "value-of-" + name.lower().replace("_", "-")


TEXTS = ["True", "1", "25", "a,b", "{}", "[]", "postgres://u:p@h:5432/n", "", "INFO"]


def required(trial):
    """An environment of little more than what loading cannot do without."""
    env = dict(trial.get("env") or {})
    seen = None
    tried = {}
    for _ in range(80):
        seen = load(trial, env)
        error = seen["error"]
        if not error:
            break
        names = [name for name in seen["read"] if name not in env]
        named = [name for name in names if re.search(rf"\b{re.escape(name)}\b", error["message"])]
        named += [name for name in re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", error["message"]) if name not in env and name not in named]
        if not named and error["classes"] and error["classes"][0] in ("AttributeError", "TypeError", "ValueError") and names:
            named = [name for name in reversed(names) if plausible(name)][:1]
        if named:
            env[named[0]] = plausible(named[0]) or "value"
            continue
        suspects = [name for name in reversed(list(env)) if tried.get(name, 0) < len(TEXTS) and name not in (trial.get("env") or {})]
        if not suspects:
            break
        name = suspects[0]
        env[name] = TEXTS[tried.get(name, 0)]
        tried[name] = tried.get(name, 0) + 1
    return env, seen


def everything(trial, base, first):
    """As many of the variables that are read as can be set to something plausible."""
    env, seen = dict(base), first
    todo = [name for name in first["read"] if name not in env and plausible(name) is not None]
    done = set(todo) | set(env)
    left = 30
    while todo and left > 0:
        size = len(todo)
        while size and left > 0:
            left -= 1
            more = {name: plausible(name) for name in todo[:size]}
            answer = load(trial, {**env, **more})
            if not answer["error"]:
                env.update(more)
                seen = answer
                break
            size //= 2
        todo = todo[max(size, 1):]
        fresh = [name for name in seen["read"] if name not in done and plausible(name) is not None]
        done |= set(fresh)
        todo += fresh
    return env, seen


# ── Comparison ────────────────────────────────────────────────────────────────────────────────────────────────────────

EXACTLY, PERHAPS, NEVER = "exactly", "perhaps", "never"


def tag_of(value):
    return next(iter(value)) if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$") else None


def stands_in(value):
    if isinstance(value, dict):
        return "$stand_in" in value or any(stands_in(part) for part in value.values())
    return isinstance(value, list) and any(stands_in(part) for part in value)


def admits(ours, truth):
    """Whether our value, as tagged JSON, allows the real one."""
    if tag_of(truth) == "$stand_in" or tag_of(ours) == "$unknown":
        return PERHAPS
    if tag_of(ours) == "$one_of":
        return PERHAPS if any(admits(one, truth) != NEVER for one in ours["$one_of"]) else NEVER
    if isinstance(ours, list):
        return sequence(ours, truth) if isinstance(truth, list) else NEVER
    kind = tag_of(ours)
    if kind != tag_of(truth):
        return NEVER
    if kind in ("$tuple", "$dict"):
        return sequence(ours[kind], truth[kind])
    if kind == "$set":
        left = sorted(truth[kind], key=json.dumps)
        return sequence(sorted(ours[kind], key=json.dumps), left) if not stands_in(left) else PERHAPS
    if kind == "$ref" and ours != truth:
        return EXACTLY if ours["$ref"].split(".")[-1] == truth["$ref"].split(".")[-1] else NEVER
    return EXACTLY if ours == truth and type(ours) is type(truth) else NEVER


def sequence(ours, truths):
    if len(ours) != len(truths):
        return NEVER
    found = [admits(one, truth) for one, truth in zip(ours, truths)]
    return NEVER if NEVER in found else PERHAPS if PERHAPS in found else EXACTLY


def first_difference(ours, truth, route=""):
    if isinstance(ours, list) and isinstance(truth, list) and len(ours) == len(truth):
        for index, (one, other) in enumerate(zip(ours, truth)):
            if admits(one, other) == NEVER:
                return first_difference(one, other, f"{route}[{index}]")
    kind = tag_of(ours)
    if kind in ("$dict", "$tuple") and kind == tag_of(truth):
        return first_difference(ours[kind], truth[kind], route)
    return f"{route} ours {json.dumps(ours, ensure_ascii=False)[:300]} · Python {json.dumps(truth, ensure_ascii=False)[:300]}"


def evaluate(command, trial, env, used, django):
    packages = ",".join(sorted({name.lower().replace("_", "-") for name in used} | set(INSTALLED)))
    call = [*command, trial["root"], ",".join(trial["path"]), trial["module"], django, packages]
    call += [f"{name}={value}" for name, value in env.items()]
    try:
        run = subprocess.run(call, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return {"crash": "no answer within 120 seconds"}
    if run.returncode != 0:
        return {"crash": run.stderr[-600:]}
    return json.loads(run.stdout)


INSTALLED = """django-environ python-decouple dj-database-url python-dotenv environs dj-email-url django-cache-url
django-split-settings django-configurations pydantic pydantic-settings dynaconf celery sentry-sdk whitenoise django-storages
pyyaml toml tomli structlog kombu django-cors-headers djangorestframework requests""".split()


def compare(ours, truth):
    """Counts, and everything that is wrong."""
    result = {"known": 0, "partial": 0, "unknown": 0, "stand_in": 0, "wrong": [], "reasons": [], "lucky": []}
    settings = ours["settings"]
    for name, real in truth["values"].items():
        setting = settings.get(name)
        if setting is None:
            if ours["open"]:
                result["stand_in" if stands_in(real) else "unknown"] += 1
                result["reasons"].append((name, "names: " + ours["open"]))
            else:
                result["wrong"].append(f"{name}: not set · Python {json.dumps(real)[:200]}")
            continue
        answer = admits(setting["value"], real)
        if answer == NEVER:
            result["wrong"].append(f"{name}: {first_difference(setting['value'], real)}")
        elif tag_of(real) == "$stand_in":
            result["stand_in"] += 1
            if setting["status"] == "known":
                result["lucky"].append(f"{name}: {json.dumps(setting['value'])[:200]}")
        elif stands_in(real):
            result["stand_in"] += 1
        else:
            result[setting["status"]] += 1
            if setting["status"] != "known":
                result["reasons"].append((name, "; ".join(setting["reason"][:2]) if setting["reason"] else json.dumps(setting["value"])[:150]))
    for name, setting in settings.items():
        if name not in truth["values"] and setting["status"] == "known" and name.isupper():
            result["wrong"].append(f"{name}: {json.dumps(setting['value'])[:200]} · Python does not set it")
    for error in ours["load_errors"]:
        if error["certain"]:
            result["wrong"].append(f"says that loading fails: {error}")
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trials")
    parser.add_argument("--only")
    parser.add_argument("--evaluator", default="target/debug/examples/dump")
    parser.add_argument("--table")
    parser.add_argument("--cache", help="a folder that keeps what Python saw")
    parser.add_argument("--reasons", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in PRELOAD + LIBRARIES:
        try:
            importlib.import_module(name)
        except Exception:
            pass
    import django

    version = ".".join(map(str, django.VERSION[:2]))
    only = set(options.only.split(",")) if options.only else None
    rows = []
    for trial in json.load(open(options.trials)):
        if only and trial["name"] not in only:
            continue
        kept = options.cache and os.path.join(options.cache, f"{trial['name']}-{trial['path'][0].replace('/', '_')}-{trial['module']}.json")
        if kept and os.path.exists(kept):
            environments = json.load(open(kept))
        else:
            environments = sights(trial)
            if kept:
                json.dump(environments, open(kept, "w"))
        for title, env, truth in environments:
            ours = evaluate(options.evaluator.split(), trial, env, truth["used"], version)
            rows.append(report(trial, title, env, truth, ours, options.reasons))
    if options.table:
        with open(options.table, "w") as out:
            out.write("| project | module | environment | known | partial | unknown | on stand-ins | wrong | seconds | reasons |\n|---|---|---|---|---|---|---|---|---|---|\n")
            out.writelines(row + "\n" for row in rows if row)


def sights(trial):
    """What Python sees in each environment."""
    least, truth = required(trial)
    environments = [("least", least, truth)]
    if not truth["error"]:
        most, full = everything(trial, least, truth)
        if most != least:
            environments.append(("most", most, full))
    return environments


def report(trial, title, env, truth, ours, most):
    head = f"{trial['name']} {trial['module']} [{title}, {len(env)} variables]"
    if "crash" in ours:
        print(f"CRASH {head}: {ours['crash']}", flush=True)
        return f"| {trial['name']} | {trial['module']} | {title} | | | | | CRASH | | |"
    if truth["error"]:
        agree = [error for error in ours["load_errors"] if error["exception"] in truth["error"]["classes"]]
        print(f"FAILS {head}: Python {truth['error']} · ours {(agree or ours['load_errors'])[:2]}", flush=True)
        return f"| {trial['name']} | {trial['module']} | {title} | | | | | fails in Python | {ours['seconds']:.2f} | {(truth['error']['classes'] or ['Exception'])[0]} |"
    result = compare(ours, truth)
    print(f"{'WRONG' if result['wrong'] else 'ok   '} {head}: known {result['known']} partial {result['partial']} unknown {result['unknown']} stand-ins {result['stand_in']} in {ours['seconds']:.2f} s", flush=True)
    for wrong in result["wrong"][:25]:
        print(f"    ✗ {wrong}")
    for lucky in result["lucky"][:5]:
        print(f"    ? {lucky}")
    for notice in ours["notices"][:3]:
        print(f"    ! {notice}")
    for name, reason in result["reasons"][:most]:
        print(f"    - {name}: {reason}")
    reasons = "; ".join(reason for _, reason in result["reasons"][:2]).replace("|", "¦")
    return (
        f"| {trial['name']} | {trial['module']} | {title} | {result['known']} | {result['partial']} | {result['unknown']} | {result['stand_in']} "
        f"| {len(result['wrong'])} | {ours['seconds']:.2f} | {reasons[:200]} |"
    )


if __name__ == "__main__":
    main()
