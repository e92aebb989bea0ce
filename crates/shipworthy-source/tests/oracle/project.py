#!/usr/bin/env python3
"""Compares what shipworthy says of real projects with what real Python sees. scripts/truth runs it.

    project.py --shipworthy PROGRAM [options] CHECKOUT…

Runs under a Python that has Django and the environment libraries installed, and it runs the settings of the checkouts.
What they import that is not installed is replaced by a stand-in that says of itself that it is one, so that values which
hang on it are left out of the comparison. Each module is looked at up to four times:
    none     shipworthy is told nothing; Python has what loading cannot do without
    least    both have what loading cannot do without
    example  both have what the project's own example of an environment file names, beside that
    most     both have every variable that the module reads, with plausible values
A value is wrong where shipworthy's does not allow the one that Python has.
"""

import argparse
import concurrent.futures
import importlib
import json
import os
import pathlib
import re
import string
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections import Counter

from comparison import NEVER, admits, first_difference, stands_in, tag_of
from environments import sights
from truth import PRELOAD

LIBRARIES = """
environs dj_email_url django_cache_url split_settings.tools configurations configurations.values pydantic pydantic_settings
dynaconf celery celery.schedules sentry_sdk sentry_sdk.integrations.django whitenoise storages yaml toml tomli structlog
kombu corsheaders corsheaders.defaults requests django.conf django.conf.global_settings django.contrib.messages.constants
django.urls django.forms django.template.defaultfilters django.utils.functional django.utils.safestring
""".split()
RULES = pathlib.Path(__file__).resolve().parents[3] / "shipworthy-rules" / "src"
FAMILIES = ("CORS_", "CSP_", "CSRF_", "EMAIL_", "SECURE_", "SESSION_")
COLUMNS = "known partial unknown stand_in wrong".split()
MOST_SHOWN = 25


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkouts", nargs="+", type=pathlib.Path)
    parser.add_argument("--shipworthy", default="target/debug/shipworthy")
    parser.add_argument("--all-modules", action="store_true", help="every settings module, not only the first that loads")
    parser.add_argument("--table", type=pathlib.Path, help="where to write the table as Markdown")
    parser.add_argument("--cache", type=pathlib.Path, help="a folder that keeps what Python saw")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--reasons", type=int, default=3, help="how many reasons to show of each module")
    options = parser.parse_args()
    prepare()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        rows = []
        for done in pool.map(checkout, options.checkouts, [options] * len(options.checkouts)):
            for row in done:
                show(row, options.reasons)
            rows += done
    summary = summarised(rows)
    print(summary)
    if options.table:
        options.table.write_text(table(rows) + "\n" + summary + "\n", encoding="utf-8")
    return 1 if any(row["trouble"] == "crash" or row["wrong"] for row in rows) else 0


def prepare():
    """Imports before forking what settings import, so that each fork starts with it."""
    warnings.simplefilter("ignore")
    for name in PRELOAD + LIBRARIES:
        try:
            importlib.import_module(name)
        except Exception:
            pass


def django_version():
    import django

    return ".".join(map(str, django.VERSION[:2]))


# ── One checkout ──────────────────────────────────────────────────────────────────────────────────────────────────────


def checkout(path, options):
    """The rows of a checkout: of production's module, in each environment. Where that does not load in Python, those of the
    first other module that does follow."""
    root = path.resolve()
    rows = []
    for production, others in modules(root, options):
        for module in [production, *others]:
            found = looks(path.name, root, module, options)
            rows += found
            if not options.all_modules and all(row["trouble"] is None for row in found):
                break
    return rows


def looks(name, root, module, options):
    """What a module comes to in each environment, in Python and as shipworthy says."""
    row = {"project": name, "module": module}
    told = ask(options.shipworthy, root, module, {})
    if "crash" in told:
        return [{**row, "environment": "none", "trouble": "crash", "detail": told["crash"], "wrong": []}]
    deployed = given(options.shipworthy, root, module)
    environments = seen({"root": str(root), "path": told["search_path"], "module": module, "env": deployed}, name, options.cache)
    _, least, truth = environments[0]
    if truth["error"]:
        return [{**row, "environment": "least", "variables": len(least), **judged(ask(options.shipworthy, root, module, least), truth, set())}]
    rows = [{**row, "environment": "none", "variables": 0, **judged(told, truth, set(least) - set(deployed))}]
    for title, env, truth in environments:
        rows.append({**row, "environment": title, "variables": len(env), **judged(ask(options.shipworthy, root, module, env), truth, set())})
    return rows


def modules(root, options):
    """The settings modules of a checkout, as shipworthy finds them: production's and the others, of each project in it."""
    call = [options.shipworthy, "check", str(root), "--output-format", "json"]
    run = subprocess.run(call, capture_output=True, text=True)
    if run.returncode == 2:
        print(f"      {root.name}: {run.stderr.strip()[:300]}", flush=True)
        return []
    report = json.loads(run.stdout)
    named = lambda modules: [module for module in modules if re.fullmatch(r"[\w.]+", module)]
    audits = [audit["environment"] for audit in report.get("audits", [report])]
    return [(audit["settings"], named(audit["others"])) for audit in audits if named([audit["settings"]])]


def seen(trial, name, cache):
    """What Python sees in each environment, or saw when it was asked before."""
    told = json.dumps(trial["env"], sort_keys=True) if trial["env"] else ""
    place = f"{zlib.crc32((trial['root'] + told).encode()):08x}"
    kept = cache and cache / f"{name}-{place}-{trial['module']}.json"
    if kept and kept.exists():
        return json.loads(kept.read_text())
    environments = sights(trial)
    if kept:
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(environments))
    return environments


def given(program, root, module):
    """The variables that the project's own deployment gives, as shipworthy reads them: Python is to have them too."""
    call = [program, "settings", "--path", str(root), "--settings", module, "--env-vars", "--output-format", "json"]
    run = subprocess.run(call, capture_output=True, text=True, timeout=120)
    found = {}
    for variable in json.loads(run.stdout)["variables"] if run.returncode == 0 else []:
        if variable["state"] == "supposed":
            found[variable["name"]] = variable["supposed"]
        if variable["state"] == "given" and variable["given"]:
            place = root / variable["given"]["path"]
            if place.name == "Procfile":
                found[variable["name"]] = "web.1"
                continue
            if place.name == "app.json":
                # What an addon gives has no value there.
                own = json.loads(place.read_text(encoding="utf-8")).get("env", {}).get(variable["name"], {})
                text = own if isinstance(own, str) else own.get("value", own.get("generator"))
                if text is not None:
                    found[variable["name"]] = text
                continue
            lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
            line = lines[variable["given"]["line"] - 1]
            text = re.search(rf"\b{re.escape(variable['name'])}\b[\"']?(?:\s*[:=]\s*|\s+)(.*)$", line)
            text = text or re.match(r"\s*(?:- )?[\w.-]+:\s*(.*)$", line)
            # What a template fills in is not for us to say.
            if text and "{{" not in text[1]:
                found[variable["name"]] = unquoted(text[1])
    # A Dockerfile names what it gave before.
    return {name: string.Template(text).safe_substitute(found) for name, text in found.items()}


def unquoted(text):
    """A value of a line of YAML or of a Dockerfile."""
    text = text.strip().rstrip("\\").strip()
    text = re.sub(r"\s+#.*$", "", text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    text = text.rstrip("\"'") if text.count('"') % 2 or text.count("'") % 2 else text
    return re.sub(r"\$\{\w+(?::?-([^}]*))?\}", lambda found: found[1] or "", text)


def ask(program, root, module, env):
    call = [program, "settings", "--path", str(root), "--settings", module, "--django-version", django_version()]
    call += ["--output-format", "json", "--show-secrets"]
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in env.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".env", encoding="utf-8") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in quoted.items())
        file.flush()
        if env:
            call += ["--env-file", file.name]
        try:
            run = subprocess.run(call, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return {"crash": "no answer within 120 seconds"}
    return {"crash": run.stderr[-600:]} if run.returncode else json.loads(run.stdout)


# ── Judging ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def judged(ours, truth, untold):
    """Counts, reasons, and everything that is wrong. `untold` are variables that Python had and shipworthy did not."""
    if "crash" in ours:
        return {"trouble": "crash", "detail": ours["crash"], "wrong": []}
    if truth["error"]:
        agree = [error for error in ours["load_errors"] if error["exception"] in truth["error"]["classes"]]
        detail = f"Python {truth['error']} · ours {(agree or ours['load_errors'])[:2]}"
        return {"trouble": "fails", "detail": detail, "agrees": bool(agree), "wrong": []}
    result = {"trouble": None, "all": Counter(), "deployment": Counter(), "wrong": [], "reasons": [], "lucky": []}
    for name, real in truth["values"].items():
        kind = kind_of(name, ours["settings"].get(name), ours, real, truth, untold, result)
        result["all"][kind] += 1
        if is_deployment(name):
            result["deployment"][kind] += 1
    for name, setting in ours["settings"].items():
        if name not in truth["values"] and setting["status"] == "known" and name.isupper() and not untold:
            result["wrong"].append(f"{name}: {json.dumps(setting['value'])[:200]} · Python does not set it")
    for error in ours["load_errors"]:
        if error["certain"] and not (error["variable"] and untold):
            result["wrong"].append(f"says that loading fails: {error}")
    result["notices"] = [notice["message"] for notice in ours["notices"]]
    return result


def kind_of(name, setting, ours, real, truth, untold, result):
    """What is known of one setting."""
    if setting is None:
        if ours["open"]:
            if not hangs_on(ours["open"]["reason"], truth["used"]):
                result["reasons"].append((name, ours["open"]["reason"]))
            return "stand_in" if stands_in(real) or hangs_on(ours["open"]["reason"], truth["used"]) else "unknown"
        if untold:
            return "partial"  # a variable that shipworthy was not told of may make it
        result["wrong"].append(f"{name}: not set · Python {json.dumps(real)[:200]}")
        return "wrong"
    if stands_in(real):
        if tag_of(real) == "$stand_in" and setting["status"] == "known" and not rests_on(setting, untold):
            result["lucky"].append(f"{name}: {json.dumps(setting['value'])[:200]}")
        return "stand_in"
    if setting["status"] == "known" and rests_on(setting, untold):
        return "known"
    # What a stand-in gave is not the truth, even where it left no mark on the value.
    if setting["status"] != "known" and hangs_on(setting["reason"], truth["used"]):
        return "stand_in"
    if admits(setting["value"], real) == NEVER:
        if rests_on(setting, untold):
            return "partial"
        result["wrong"].append(f"{name}: {first_difference(setting['value'], real)}")
        return "wrong"
    if setting["status"] != "known":
        reason = setting["reason"] or json.dumps(setting["value"])[:150]
        # Without its environment a required variable is all that is to be known of a value.
        if untold and "is required and was not given" in reason:
            return "known"
        result["reasons"].append((name, reason))
    return setting["status"]


def hangs_on(reason, used):
    """Whether a value is unknown because of a library that Python has only a stand-in of."""
    return any(name.split(".")[0] in used for name in re.findall(r"`([\w.]+)[^`]*`", reason or ""))


def rests_on(setting, untold):
    """Whether the value rests on the absence of variables that Python had."""
    return any(name in untold for name in setting["env"])


QUOTED = None


def is_deployment(name):
    """Whether a setting decides about a deployment: Django's own or a known library's, and a rule asks for it."""
    global QUOTED
    if QUOTED is None:
        from django.conf import global_settings

        text = "".join(file.read_text(encoding="utf-8") for file in RULES.rglob("*.rs"))
        named = set(re.findall(r'"([A-Z][A-Z0-9_]{2,})"', text))
        QUOTED = {name for name in named if hasattr(global_settings, name) or re.match("CELERY_|AWS_|STATICFILES_", name)}
        QUOTED |= {"CHANNEL_LAYERS", "DEFAULT_FILE_STORAGE", "MIDDLEWARE_CLASSES", "STATICFILES_STORAGE"}
    return name in QUOTED or name.startswith(FAMILIES)


# ── Showing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def show(row, most):
    head = f"{row['project']} {row['module']} [{row['environment']}]"
    if row["trouble"]:
        print(f"{row['trouble'].upper()} {head}: {row['detail'][:600]}", flush=True)
        return
    counts = " ".join(f"{kind} {row['all'][kind]}" for kind in COLUMNS[:-1])
    print(f"{'WRONG' if row['wrong'] else 'ok   '} {head}: {counts}", flush=True)
    for mark, lines in (("✗", row["wrong"][:MOST_SHOWN]), ("?", row["lucky"][:5])):
        for line in lines:
            print(f"    {mark} {line}")
    for name, reason in row["reasons"][:most]:
        print(f"    - {name}: {reason}")


def table(rows):
    lines = ["| project | module | environment | variables | known | partial | unknown | on stand-ins | wrong | deployment settings | a reason |"]
    lines.append("|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        head = f"| {row['project']} | {row['module']} | {row['environment']} | {row.get('variables', '')} |"
        if row["trouble"]:
            detail = row["detail"].replace("|", "¦").replace("\n", " ")[:160]
            lines.append(f"{head} | | | | {row['trouble']} | | {detail} |")
            continue
        every = " | ".join(str(row["all"][kind]) for kind in COLUMNS[:4])
        reason = row["reasons"][0][1].replace("|", "¦")[:120] if row["reasons"] else ""
        lines.append(f"{head} {every} | {len(row['wrong'])} | {share(row['deployment'])} | {reason} |")
    return "\n".join(lines) + "\n"


def share(counts):
    """Of the settings whose truth does not hang on stand-ins, those that are known."""
    known, whole = counts["known"], sum(counts[kind] for kind in COLUMNS if kind != "stand_in")
    return f"{known}/{whole} = {100 * known / whole:.1f} %" if whole else "–"


def summarised(rows):
    lines = []
    judged = [row for row in rows if not row["trouble"]]
    projects = len({row["project"] for row in judged})
    failing = [row for row in rows if row["trouble"] == "fails"]
    foreseen = sum(row["agrees"] for row in failing)
    lines.append(f"{projects} projects; {len(failing)} modules do not load in this Python with Django {django_version()}, which shipworthy foresees of {foreseen}")
    for title in ("none", "least", "example", "most"):
        some = [row for row in judged if row["environment"] == title]
        if not some:
            continue
        every, deployment = (sum((row[which] for row in some), Counter()) for which in ("all", "deployment"))
        wrong = sum(len(row["wrong"]) for row in some)
        lines.append(f"- environment `{title}`: {len(some)} modules; deployment settings known {share(deployment)}; all settings known {share(every)}; wrong {wrong}")
    reasons = Counter()
    for row in judged:
        for name, reason in row["reasons"]:
            reasons[(row["environment"], re.sub(r"`[^`]*`", "`…`", reason))] += is_deployment(name)
    for title in ("none", "example", "most"):
        lines.append(f"\nWhy deployment settings are not known (environment `{title}`):")
        common = Counter({reason: count for (where, reason), count in reasons.items() if where == title and count})
        for reason, count in common.most_common(10):
            whole = Counter(
                given for row in judged if row["environment"] == title for name, given in row["reasons"]
                if is_deployment(name) and re.sub(r"`[^`]*`", "`…`", given) == reason
            )
            lines.append(f"- {count} × {reason}: " + "; ".join(f"{given} ({times})" for given, times in whole.most_common(3)))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
