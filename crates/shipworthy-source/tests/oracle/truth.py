#!/usr/bin/env python3
"""Imports generated settings modules with real Python and says what they hold.

A line of JSON in, a line of JSON out, until the input ends:
    {"id", "module", "env": {…}, "files": {path: text}}  →  {"id", "root", "values": {NAME: TAGGED}, "defaults": […], "error": null | {…}}
    {"shrink": {path: text}}                              →  {"candidates": [{path: text}, …]}, smaller ones first
Each module is imported in a fork of its own, so that nothing one of them does reaches the next.

With `--other-world` all that no source shows is otherwise: files outside of the project and packages that
are not there are. What differs there, or under another PYTHONHASHSEED, nobody could know.
"""

import builtins
import genericpath
import importlib
import importlib.abc
import importlib.machinery
import io
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import warnings

import reduce
from tagging import tagged

# Imported before forking, so that each fork starts with them: settings modules import little else.
PRELOAD = """
ast base64 collections configparser contextlib copy dataclasses datetime decimal enum functools getpass glob hashlib
importlib itertools json logging operator os pathlib platform random re secrets shlex socket string sys tempfile textwrap
time tomllib types typing urllib.parse uuid warnings environ decouple dj_database_url dotenv django.utils.translation
django.core.exceptions django.core.management.utils django.utils.csp django.urls environs dj_email_url django_cache_url
split_settings.tools configurations configurations.values configurations.importer dynaconf pydantic pydantic_settings goodconf django_heroku django.conf.global_settings
""".split()

ARGV = ["/usr/bin/gunicorn", "config.wsgi:application"]
OTHER_WORLD = "--other-world" in sys.argv
# What libraries leave in a settings module for themselves.
OWN = re.compile("DYNACONF|^(DOTENV_LOADED|LOAD_DOTENV|DEFAULT_SETTINGS_PATHS|ORIGINAL_SETTINGS_MODULE)$")


def main():
    warnings.simplefilter("ignore")
    for name in PRELOAD:
        try:
            importlib.import_module(name)
        except ImportError:
            pass  # an older Django has no django.utils.csp
    scratch = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="oracle-")))
    try:
        for number, line in enumerate(sys.stdin):
            request = json.loads(line)
            if "shrink" in request:
                answer = {"candidates": list(reduce.candidates(request["shrink"]))}
            else:
                answer = ask(request, scratch / str(number))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def ask(request, root):
    """What a module holds, found out in a fork."""
    for path, text in request["files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            answer = {"id": request["id"], "root": str(root), **load(request["module"], request["env"], root, OTHER_WORLD)}
            with os.fdopen(writer, "w") as pipe:
                pipe.write(json.dumps(answer))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    shutil.rmtree(root, ignore_errors=True)
    return json.loads(text) if text else {"id": request["id"], "root": str(root), "values": {}, "error": {"classes": ["Crash"], "message": ""}}


def load(module, env, root, other):
    """Imports a module as Django would, and reads its upper-case names."""
    if other:
        other_world(str(root))
    signal.alarm(5)  # ends a module that does not end: the parent then reports a crash
    os.environ.clear()
    os.environ.update(env)
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.argv[:] = ARGV
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(400)
    sys.stdout = sys.stderr = open(os.devnull, "w")
    logging.disable()
    defaults = {}
    try:
        if "DJANGO_CONFIGURATION" in env or "DJANGO_SETTINGS_MODULE" in env:
            # Libraries that are told of the settings module put all that it leaves to Django into it.
            from django.conf import global_settings

            os.environ["DJANGO_SETTINGS_MODULE"] = module
            defaults = dict(vars(global_settings), SETTINGS_MODULE=module)
        if "DJANGO_CONFIGURATION" in env:
            from configurations import importer

            importer.install()
        loaded = importlib.import_module(module)
    except BaseException as error:
        classes = [cls.__name__ for cls in type(error).__mro__ if cls not in (Exception, BaseException, object)] or ["Exception"]
        return {"values": {}, "error": {"classes": classes, "message": str(error)[:500]}}
    found = {name: getattr(loaded, name) for name in dir(loaded) if name.isupper() and not OWN.search(name)}
    defaults = [name for name, value in found.items() if name in defaults and same(value, defaults[name])]
    return {"values": {name: tagged(value) for name, value in found.items()}, "defaults": defaults, "error": None}


def same(value, other):
    """Whether a setting holds what Django has for it, even if as an object of its own."""
    return tagged(value) == tagged(other)


def other_world(root):
    """Makes everything otherwise that is neither in the project nor in its environment."""
    real_stat, real_open = os.stat, io.open

    def outside(path):
        return isinstance(path, (str, os.PathLike)) and not (os.path.abspath(path) + "/").startswith(root + "/")

    def stat(path, *args, **kwargs):
        try:
            return real_stat(path, *args, **kwargs)
        except OSError:
            if outside(path):
                return real_stat(__file__)
            raise

    def open_(path, *args, **kwargs):
        try:
            return real_open(path, *args, **kwargs)
        except OSError:
            if outside(path):
                return io.StringIO("from elsewhere")
            raise

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, path=None, target=None):
            top = name.split(".")[0]
            if os.path.exists(f"{root}/{top}") or os.path.exists(f"{root}/{top}.py") or top in sys.stdlib_module_names:
                return None
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

        def exec_module(self, module):
            pass

    os.stat, io.open, builtins.open = stat, open_, open_
    genericpath.os.stat = stat
    sys.meta_path.append(Finder())


if __name__ == "__main__":
    main()
