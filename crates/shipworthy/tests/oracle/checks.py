#!/usr/bin/env python3
"""Runs Django's own checks on random settings modules: {"id", "root", "files", "ids": [[id, obj, count]], "error"} a line.

    checks.py --seed 0 --count 100

Each project is a folder with one settings module and the few modules that its settings name. Each is checked in a fork
of its own, as `manage.py check --deploy` would.
"""

import argparse
import collections
import importlib
import json
import logging
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import warnings

import variety

# Imported before forking: most of what the checks need, and nothing that reads settings when it is imported.
PRELOAD = """
django.core.checks django.core.management django.core.management.base django.db django.db.models django.template
django.template.backends.django django.template.library django.template.defaulttags django.template.defaultfilters
django.template.loader_tags django.templatetags.i18n django.templatetags.l10n django.templatetags.tz
django.templatetags.static django.templatetags.cache django.urls django.http django.core.cache django.core.mail
django.core.mail.backends.smtp django.utils.translation django.utils.csp django.core.files.storage django.forms
django.views.csrf django.middleware.csrf django.middleware.security django.conf.locale django.contrib.staticfiles.finders
django.contrib.staticfiles.storage django.db.backends.sqlite3.base django.contrib.auth.hashers
""".split()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--given", action="store_true", help='read projects to check from stdin instead: {"id", "files"} a line')
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    sys.dont_write_bytecode = True
    for name in PRELOAD:
        try:
            importlib.import_module(name)
        except Exception:
            pass  # a module of another version, or one that wants settings after all
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="checks-")).resolve()
    try:
        for project in given() if options.given else generated(options):
            root = scratch / str(project["id"])
            answer = {**project, "root": str(root), **ask(project["files"], root)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def given():
    for line in sys.stdin:
        yield json.loads(line)


def generated(options):
    import django

    for seed in range(options.seed, options.seed + options.count):
        rng = random.Random(f"{seed}-{django.VERSION[:2]}")
        yield {"id": seed, "files": variety.project(rng, django.VERSION[:2])}


def ask(files, root):
    """What Django says of a project, asked in a fork."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            with os.fdopen(writer, "w") as pipe:
                pipe.write(json.dumps(check(root)))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    shutil.rmtree(root, ignore_errors=True)
    return json.loads(text) if text else {"ids": [], "error": ["Crash", ""]}


def check(root):
    """What `check --deploy` does, up to printing."""
    os.environ.clear()
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.stdout = sys.stderr = open(os.devnull, "w")
    import django
    from django.core import checks

    try:
        django.setup()
        databases = None
        if django.VERSION >= (6, 1):
            from django.db import connections

            databases = list(connections)
        messages = checks.run_checks(include_deployment_checks=True, databases=databases)
    except Exception as error:
        return {"ids": [], "error": [type(error).__name__, str(error)[:300]]}
    counts = collections.Counter((message.id, name(message.obj)) for message in messages)
    return {"ids": sorted(([*key, count] for key, count in counts.items()), key=str), "error": None}


def name(obj):
    """The object of a message as Django prints it, less what differs from process to process."""
    if obj is None:
        return None
    from django.db import models

    if isinstance(obj, models.base.ModelBase):
        return obj._meta.label
    return re.sub(r" at 0x[0-9a-f]+", "", str(obj))


if __name__ == "__main__":
    main()
