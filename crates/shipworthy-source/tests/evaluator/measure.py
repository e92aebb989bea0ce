#!/usr/bin/env python3
"""Writes beside each module of this folder what real Python sees in it. Needs Python 3.12 with PyYAML, requests, structlog and pytimeparse."""

import importlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

from tagging import tagged  # noqa: E402

for path in sorted(HERE.glob("*.py")):
    if path.name != "measure.py":
        module = importlib.import_module(path.stem)
        values = {name: tagged(getattr(module, name)) for name in dir(module) if name.isupper() and name != "BASE"}
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
        path.with_suffix(".json").write_text("{\n" + lines.replace(str(HERE), "/project") + "\n}\n", encoding="utf-8")
