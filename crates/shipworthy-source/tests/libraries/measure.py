#!/usr/bin/env python3
"""Measures what the real libraries give for the cases beside this file, and writes it into them.

    measure.py CASES.txt…        run with a Python that has the libraries; only the `--- expects` parts change

A case is `=== name VARIABLE=value …`, its settings, and further files after `--- path`. `MODULE=` names another module than
`settings`; `SETUP=1` loads it through django-configurations, and
with that or with `DJANGO_SETTINGS_MODULE=` what equals Django's own default is left out. A line `NAME = ?` under `--- expects` stays as it is: the value
is one that the evaluator leaves open.
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

LOADER = r"""
import importlib, json, logging, os, sys, warnings
warnings.simplefilter("ignore")
logging.disable()
oracle, root, module = sys.argv[1:4]
sys.path[:0] = [oracle, root]
sys.dont_write_bytecode = True
sys.argv[:] = ["gunicorn"]
from tagging import tagged
out, sys.stdout, sys.stderr = sys.stdout, open(os.devnull, "w"), open(os.devnull, "w")
setup = os.environ.pop("SETUP", None)
# What libraries put there for themselves.
OWN = {"DOTENV_LOADED", "LOAD_DOTENV", "DEFAULT_SETTINGS_PATHS", "ENV"}
defaults = {}
try:
    if setup:
        os.environ["DJANGO_SETTINGS_MODULE"] = module
        from configurations import importer
        from django.conf import global_settings
        importer.install()
        defaults = vars(global_settings)
    if "DJANGO_SETTINGS_MODULE" in os.environ and not setup:
        from django.conf import global_settings
        defaults = dict(vars(global_settings), SETTINGS_MODULE=module)
    loaded = importlib.import_module(module)
    names = [n for n in dir(loaded) if n.isupper() and n not in OWN and "DYNACONF" not in n]
    names = [n for n in names if not (n in defaults and defaults[n] == getattr(loaded, n))]
    answer = {n: tagged(getattr(loaded, n)) for n in names}
except BaseException as error:
    answer = {"error": type(error).__name__}
out.write(json.dumps(answer))
"""


def main():
    for path in map(pathlib.Path, sys.argv[1:]):
        blocks = path.read_text().split("\n=== ")
        path.write_text("\n=== ".join(measured(block.removeprefix("=== "), first=not i) for i, block in enumerate(blocks)))


def measured(block, first):
    head, _, rest = block.partition("\n")
    parts = rest.split("\n--- ")
    files, kept = {"settings.py": parts[0]}, []
    for part in parts[1:]:
        name, _, text = part.partition("\n")
        if name == "expects":
            kept = [line for line in text.splitlines() if line.endswith(" = ?")]
        else:
            files[name] = text + "\n"
    env = dict(word.split("=", 1) for word in shlex.split(head)[1:])
    module = env.pop("MODULE", "settings")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        command = [sys.executable, "-c", LOADER, str(HERE.parent / "oracle"), str(root), module]
        run = subprocess.run(command, env=env, cwd=root, capture_output=True, text=True, check=True)
        answer = json.loads(run.stdout.replace(str(root), "$ROOT"))
    open_names = {line.split(" = ")[0] for line in kept}
    lines = kept + [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in answer.items() if name not in open_names]
    body = "\n--- ".join(part for part in parts if part.partition("\n")[0] != "expects").rstrip("\n")
    return ("=== " if first else "") + f"{head}\n{body}\n--- expects\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
