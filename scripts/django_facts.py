#!/usr/bin/env python3
"""Writes Django's facts, the table of settings and checks by version, from installed Djangos.

    scripts/django_facts.py venv4.2/bin/python venv5.2/bin/python …      rewrites the table
    scripts/django_facts.py --dump venv6.1/bin/python                    prints one version's facts as JSON

Each argument is the interpreter of an environment with one Django. The table wants all of RELEASES.
"""

import ast
import json
import pathlib
import re
import subprocess
import sys

RELEASES = [(4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1)]
TABLE = pathlib.Path(__file__).parent.parent / "crates/shipworthy-model/src/django/table.rs"
CHECK_ID = re.compile(r"[a-z0-9_]+\.[CEWID]\d{3}")
CHECK_ID_PATTERN = re.compile(r"[a-z0-9_]+\.[CEWID]%d")

# Names in the Django sources that look like reads of a setting and are none.
NO_SETTINGS = {"SETTINGS_MODULE", "NAME"}


# --- inside the interpreter that has Django -----------------------------------------------------------------------


def probe():
    """The facts of the Django that this interpreter has."""
    import warnings

    warnings.simplefilter("ignore")
    import django
    from django.conf import global_settings

    root = pathlib.Path(django.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py")) if "_template" not in path.as_posix()]
    trees = [ast.parse(source) for source in sources if "settings" in source or CHECK_ID.search(source)]
    defaults = {name: tagged(getattr(global_settings, name)) for name in dir(global_settings) if name.isupper()}
    for name in read_settings(trees):
        defaults.setdefault(name, {"$unset": True})
    return {
        "release": list(django.VERSION[:2]),
        "version": django.get_version(),
        "settings": defaults,
        "checks": checks(trees),
    }


def tagged(value):
    """A default as tagged JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [tagged(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [tagged(item) for item in value]}
    if isinstance(value, dict):
        return {"$dict": [[tagged(key), tagged(item)] for key, item in value.items()]}
    if isinstance(value, type) or callable(value):
        return {"$ref": f"{value.__module__}.{value.__qualname__}"}
    raise TypeError(f"a default of type {type(value).__name__} cannot be written: {value!r}")


def read_settings(trees):
    """Names that Django's own code reads from the settings, whether or not they have a default."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "settings":
                name = node.attr
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"getattr", "hasattr"}
                and len(node.args) >= 2
                and isinstance(node.args[0], ast.Name)
                and node.args[0].id == "settings"
                and isinstance(node.args[1], ast.Constant)
            ):
                name = node.args[1].value
            else:
                continue
            if isinstance(name, str) and name.isupper() and name[0] != "_" and name not in NO_SETTINGS:
                yield name


def checks(trees):
    """Every id of a check message, with whether only `check --deploy` prints it."""
    found = {}
    for tree in trees:
        every = set(ids_in(tree))
        if not every:
            continue
        deploy, always = roots(tree)
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        ids = ids_by_name(tree)
        only_deploy = reachable(deploy, functions, ids) - reachable(always, functions, ids)
        for check_id in every:
            found[check_id] = found.get(check_id, True) and check_id in only_deploy
    return found


def roots(tree):
    """The registered check functions of a module: those with deploy=True, and all others."""
    deploy, always = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                call = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(call, (ast.Name, ast.Attribute)) and ast.unparse(call).endswith("register"):
                    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                    is_deploy = any(k.arg == "deploy" and getattr(k.value, "value", None) is True for k in keywords)
                    (deploy if is_deploy else always).add(node.name)
    helpers = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name[0] != "_"}
    return deploy, always | (names - deploy - helpers)


def ids_by_name(tree):
    """Module-level names of messages: W001 = Warning(…, id="security.W001")."""
    names = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    names[target.id] = set(ids_in(node.value))
    return names


def ids_in(node):
    """The ids written in a piece of source, and those it makes of a pattern ("admin.E%d") and its numbers."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef):
            patterns = [c.value for c in ast.walk(inner) if isinstance(c, ast.Constant) and CHECK_ID_PATTERN.fullmatch(str(c.value))]
            numbers = [c.value for c in ast.walk(inner) if isinstance(c, ast.Constant) and type(c.value) is int and c.value > 99]
            yield from (pattern % number for pattern in patterns for number in numbers)
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and CHECK_ID.fullmatch(inner.value):
            yield inner.value


def reachable(names, functions, ids):
    seen, found, queue = set(), set(), list(names)
    while queue:
        name = queue.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        found |= set(ids_in(functions[name]))
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Name):
                found |= ids.get(node.id, set())
                queue.append(node.id)
    return found


# --- outside ------------------------------------------------------------------------------------------------------


def facts(interpreter):
    """The facts of the Django of an interpreter."""
    done = subprocess.run([interpreter, __file__, "--probe"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def table(all_facts):
    """The Rust source."""
    all_facts = sorted(all_facts, key=lambda one: one["release"])
    found = [tuple(one["release"]) for one in all_facts]
    if found != RELEASES:
        raise SystemExit(f"error: the table is made of Django {dotted(RELEASES)}, but {dotted(found)} is here")
    lines = [
        "//! Django's settings and checks by version. Generated by `scripts/django_facts.py` from installed Djangos; do not edit.",
        "#![allow(clippy::unreadable_literal)]",
        "#![cfg_attr(rustfmt, rustfmt_skip)]",
        "",
        "use super::{Check, Constant, SettingFact};",
        "",
        "/// Every setting that some version knows, sorted by name.",
        "pub static SETTINGS: &[SettingFact] = &[",
    ]
    for name in sorted({name for one in all_facts for name in one["settings"]}):
        entries, last = [], "None"
        for one in all_facts:
            default = f"Some({constant(one['settings'][name])})" if name in one["settings"] else "None"
            if default != last:
                entries.append(f"({version(one['release'])}, {default})")
                last = default
        lines.append(f"    SettingFact {{ name: {rust(name)}, defaults: &[{', '.join(entries)}] }},")
    lines += ["];", "", "/// Every check id, sorted.", "pub static CHECKS: &[Check] = &["]
    for check_id in sorted({check_id for one in all_facts for check_id in one["checks"]}):
        having = [one for one in all_facts if check_id in one["checks"]]
        deploy = all(one["checks"][check_id] for one in having)
        releases = ", ".join(version(one["release"]) for one in having)
        lines.append(f"    Check {{ id: {rust(check_id)}, releases: &[{releases}], deploy: {rust(deploy)} }},")
    return "\n".join([*lines, "];", ""])


def dotted(releases):
    return ", ".join(".".join(map(str, release)) for release in releases)


def version(release):
    return f"({release[0]}, {release[1]})"


def constant(default):
    """A default as a Rust constant."""
    match default:
        case None:
            return "Constant::None"
        case bool():
            return f"Constant::Bool({rust(default)})"
        case int():
            return f"Constant::Int({default})"
        case str():
            return f"Constant::Str({rust(default)})"
        case list():
            return f"Constant::List(&[{', '.join(map(constant, default))}])"
        case {"$tuple": items}:
            return f"Constant::Tuple(&[{', '.join(map(constant, items))}])"
        case {"$dict": pairs}:
            return f"Constant::Dict(&[{', '.join(f'({constant(key)}, {constant(value)})' for key, value in pairs)}])"
        case {"$unset": _}:
            return "Constant::Unset"
    raise SystemExit(f"error: no constant for the default {default!r}; give shipworthy_model::django::Constant one")


def rust(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--probe"]:
            json.dump(probe(), sys.stdout)
        case ["--dump", interpreter]:
            json.dump(facts(interpreter), sys.stdout)
        case [_, *_]:
            TABLE.write_text(table([facts(interpreter) for interpreter in sys.argv[1:]]), encoding="utf-8")
        case _:
            raise SystemExit(__doc__)
