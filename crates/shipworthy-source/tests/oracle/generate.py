#!/usr/bin/env python3
"""Writes random but valid settings modules, one project a line of JSON: {"id", "module", "env", "files", "tainted"}.

Every statement is run as it is made, so that each next one can build on what is really there. `tainted` says that the
project holds something that nobody could know from its source.
"""

import argparse
import importlib.util
import json
import logging
import os
import pathlib
import random
import shutil
import sys
import tempfile
import warnings

from constructs import Constructs
from expressions import Expressions
from functions import Functions
from libraries import Libraries, random_env, random_files
from live import Module, Project
from models import make_case as make_model_case
from statements import Statements

LAYOUTS = [
    ("settings", ["settings.py"]),
    ("settings", ["settings.py"]),
    ("config.settings", ["config/__init__.py", "config/settings.py"]),
    ("config.settings.prod", ["config/__init__.py", "config/settings/__init__.py", "config/settings/base.py", "config/settings/prod.py"]),
    ("config.settings.prod", ["config/__init__.py", "config/env.py", "config/settings/__init__.py", "config/settings/base.py", "config/settings/prod.py"]),
    ("site.settings", ["conf/base.py", "conf/settings.py"]),
    ("proj.settings", ["proj/__init__.py", "proj/settings/__init__.py", "proj/settings/common.py"]),
]


# All modules hold further constructs, wanted by those who look for what the evaluator does not know yet. Otherwise some do.
CONSTRUCTS = bool(os.environ.get("SHIPWORTHY_ORACLE_CONSTRUCTS"))
# Modules use environs where it is installed.
ENVIRONS = importlib.util.find_spec("environs") is not None


class Maker(Expressions, Statements, Functions, Libraries, Constructs):
    """Makes the statements of one module."""

    def __init__(self, rng, module, env_style, constructs):
        self.rng = rng
        self.module = module
        self.env_style = env_style
        self.constructs = constructs
        self.imports = {}
        self.scope = {}
        self.only_scope = False

    def fill(self, count, tainted):
        rng = self.rng
        if rng.random() < 0.7:
            self.module.add(f"{rng.choice(['BASE_DIR', 'BASE_DIR', 'ROOT', 'PROJECT_ROOT'])} = {rng.choice([self.base_dir, self.base_str])()}")
        if rng.random() < 0.5:
            self.module.add(f"DEBUG = {self.expr('bool', 2)}")
        for _ in range(count):
            roll = rng.random()
            source = self.define() if roll < 0.1 else self.taint() if tainted and roll < 0.16 else self.construct() if self.constructs and roll < 0.25 else self.statement()
            if source:
                self.module.add(source)

    def taint(self):
        rng = self.rng
        return rng.choice(
            [
                "import socket\nHOST_NAME = socket.gethostname()",
                "import secrets\nTOKEN = secrets.token_hex(8)",
                "import random\nif random.random() < 0.5:\n    LUCK = 1\nelse:\n    LUCK = 2",
                "import time\nSTARTED = time.time()",
                "from django.core.management.utils import get_random_secret_key\nSECRET_KEY = get_random_secret_key()",
                "import uuid\nBOOT_ID = str(uuid.uuid4())",
                f"import random\nif random.random() < 0.5:\n{self.block(1)}",
                f"import random\nif random.random() < 0.5:\n{self.block(1)}\nelse:\n{self.block(1)}",
                f"import random\nfor app in {self.expr('strs', 1)}:\n    if random.random() < 0.5:\n        {self.name_of('list', 'strs') or '[]'}.append(app)",
                f"import getpass\nCHOICES = [{self.expr('str', 1)}, getpass.getuser(), {self.expr('str', 1)}]",
                f"import time\nPICKED = {self.expr('any', 1)} if time.time() % 2 < 1 else {self.expr('any', 1)}",
                f"import random\nif random.random() < 0.5:\n    raise ValueError({self.quote('unlucky')})",
                f"import random\ntry:\n    if random.random() < 0.5:\n        raise ValueError({self.quote('unlucky')})\n{self.block(0)}\nexcept ValueError:\n{self.block(0)}",
            ]
        )


def make_case(seed, scratch):
    rng = random.Random(seed)
    module, paths = rng.choice(LAYOUTS)
    if module == "site.settings":
        module = "conf.settings"  # a namespace package: no __init__.py
    root = scratch / str(seed)
    project = Project(root, random_env(rng))
    for path, text in random_files(rng).items():
        project.write(path, text)
    tainted = rng.random() < 0.2
    # Of its own, so that a seed makes the same module whether it is asked for or not.
    constructs = CONSTRUCTS or random.Random(f"constructs {seed}").random() < 0.2
    env_style = rng.choice(["environ", "decouple", "dj", "plain", "plain"])
    if env_style == "plain" and ENVIRONS and random.Random(f"environs {seed}").random() < 0.4:
        env_style = "environs"
    sys.path.insert(0, str(root))
    try:
        main = module.replace(".", "/")
        for path in paths:
            if path.endswith("/__init__.py") and path != f"{main}/__init__.py":
                project.write(path, "")
        for path in [path for path in paths if path in project.files or True]:
            if path in project.files:
                continue
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            is_main = path in (main + ".py", main + "/__init__.py")
            if path.endswith("proj/settings/__init__.py"):
                continue
            made = Module(project, name, path)
            maker = Maker(rng, made, env_style, constructs)
            if is_main:
                add_imports(rng, made, paths, maker)
            maker.fill(rng.randint(3, 12) if not is_main else rng.randint(6, 22), tainted and is_main)
            if not is_main and rng.random() < 0.1:
                names = [name for name, _ in made.values()][:4]
                made.add(f"__all__ = {names!r}")
            made.save()
        if module == "proj.settings":
            made = Module(project, "proj.settings", "proj/settings/__init__.py")
            maker = Maker(rng, made, env_style, constructs)
            made.add("from .common import *")
            maker.fill(rng.randint(3, 12), tainted)
            made.save()
        ending = rng.random()
        if ending < 0.04:
            last = project.files[main + ".py"] if main + ".py" in project.files else None
            if last is not None:
                doom = rng.choice(
                    [
                        "import os\nREQUIRED = os.environ['NOT_THERE_AT_ALL']\n",
                        "from django.core.exceptions import ImproperlyConfigured\nif not False:\n    raise ImproperlyConfigured('set it')\n",
                        "PORT = int('eighty')\n",
                        "from .nowhere import *\n" if "." in module else "from nowhere import *\n",
                        "import os\nHOSTS = os.environ.get('NOT_THERE_AT_ALL').split(',')\n",
                        "UNKNOWN_NAME.append(1)\n",
                        "assert not 1, 'no'\n",
                    ]
                )
                project.files[main + ".py"] = last + doom
    finally:
        sys.path.remove(str(root))
        project.reset()
        shutil.rmtree(root, ignore_errors=True)
    return {"id": seed, "module": module, "env": project.env, "files": project.files, "tainted": tainted}


def add_imports(rng, module, paths, maker):
    """Ways to take over what the project's other modules hold."""
    others = [path for path in paths if not path.endswith("__init__.py") and path != module.path]
    for path in others:
        name = path.removesuffix(".py").replace("/", ".")
        last = name.rpartition(".")[2]
        same_folder = path.rpartition("/")[0] == module.path.rpartition("/")[0]
        relative = "." if same_folder else ".."
        parent = name.rpartition(".")[0]
        ways = [f"from {relative}{last} import *", f"from {name} import *", f"from {relative}{last} import *"]
        if not same_folder or rng.random() < 0.3:
            ways = [f"from {parent} import {last}", f"import {name}", f"from {relative} import {last}", f"import {name} as other", f"other = __import__('importlib').import_module('{name}')"]
        way = rng.choice(ways)
        if not module.add(way):
            continue
        alias = {"import " + name: name, f"import {name} as other": "other"}.get(way, "other" if way.startswith("other") else last if "import *" not in way else None)
        if alias:
            names = [n for n in dir(module.eval(alias)) if n.isupper()]
            for taken in rng.sample(names, min(3, len(names))):
                module.add(f"{taken} = {alias}.{taken}")
            if names:
                module.add(f"from {name} import {names[0]} as RENAMED")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--model", help="makes modules of one library's declarations instead: a module in models/")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    seeds = range(options.seed, options.seed + options.count)
    if options.model:
        model = importlib.import_module(f"models.{options.model}")
        sys.stdout.writelines(json.dumps(make_model_case(model, seed)) + "\n" for seed in seeds)
        return
    out, sys.argv[:] = sys.stdout, ["/usr/bin/gunicorn", "config.wsgi:application"]
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="oracle-made-")).resolve()
    sys.dont_write_bytecode = True
    try:
        for seed in seeds:
            out.write(json.dumps(make_case(seed, scratch)) + "\n")
            out.flush()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
