"""What Python sees when it imports a settings module, and the environments to import it in."""

import importlib
import json
import logging
import os
import pathlib
import re
import signal
import sys

from dotenv import dotenv_values
from standins import Finder, tag
from truth import ARGV


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
    folders = [os.path.join(trial["root"], folder) if folder else trial["root"] for folder in trial["path"]]
    os.chdir(folders[0])
    sys.path[0:0] = folders
    install(declared(trial["root"]))
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


OPTIONAL = {"django-redis": "django_redis", "pymemcache": "pymemcache"}


def declared(root):
    """The optional packages that a checkout declares: libraries look for them when they are imported."""
    found = set()
    for pattern in ("*requirements*.txt", "*requirements*.in", "requirements/*", "pyproject.toml", "*.lock", "Pipfile", "setup.*"):
        for path in [*pathlib.Path(root).glob(pattern), *pathlib.Path(root).glob(f"*/{pattern}"), *pathlib.Path(root).glob(f"*/*/{pattern}")]:
            if path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace").lower().replace("_", "-")
                found |= {name for name in OPTIONAL if re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    return found


def install(packages):
    """Puts optional packages on the path, and lets those look again that have looked for them already."""
    if packages:
        folder = os.path.join(sys.prefix, "optional")
        chosen = os.path.join(sys.prefix, "optional-" + "-".join(sorted(packages)))
        os.makedirs(chosen, exist_ok=True)
        for package in packages:
            place = os.path.join(chosen, OPTIONAL[package])
            if not os.path.lexists(place):
                os.symlink(os.path.join(folder, OPTIONAL[package]), place)
        sys.path.append(chosen)
        for name in [name for name in sys.modules if name.split(".")[0] == "environ"]:
            del sys.modules[name]


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
    if upper in ("PATH", "HOME", "USER", "PWD", "SHELL") or upper.endswith("MODULE"):
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


TEXTS = ["True", "1", "25", "a,b", "{}", "[]", "postgres://u:p@h:5432/n", "", "INFO", "a:b", "a=b", "https://example.com/"]


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
        spoken = named_at(trial["root"], error["at"])
        named = [name for name in names if name in spoken and plausible(name)] + named
        if named:
            env[named[0]] = plausible(named[0]) or "value"
            continue
        suspects = [name for name in reversed(list(env)) if tried.get(name, 0) < len(TEXTS) and name not in (trial.get("env") or {})]
        if not suspects:
            break
        # The variable of the line that raises, or the text that the exception speaks of, is the likeliest culprit.
        likely = [name for name in suspects if name in spoken] + [name for name in suspects if env[name] and env[name] in error["message"]]
        name = (likely or suspects)[0]
        env[name] = TEXTS[tried.get(name, 0)]
        tried[name] = tried.get(name, 0) + 1
    return env, seen


def named_at(root, place):
    """The words in capitals on the line that raised, and the few around it."""
    path, _, line = place.rpartition(":")
    try:
        lines = pathlib.Path(root, path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", "\n".join(lines[max(0, int(line) - 3) : int(line) + 2]))) if path else set()


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


EXAMPLES = re.compile(r"(?i)^[\w.-]*env[\w.-]*$")
EXAMPLE_WORDS = re.compile(r"(?i)example|sample|template|dist|default|defaults")


def named_by_example(root):
    """The variables that the project's own examples of an environment file name, with their texts."""
    found = {}
    root = pathlib.Path(root)
    for depth in ("*", "*/*", "*/*/*"):
        for path in sorted(root.glob(depth)):
            parts = path.relative_to(root).parts
            if EXAMPLES.match(path.name) and EXAMPLE_WORDS.search(path.name) and path.is_file() and "node_modules" not in parts:
                for name, text in dotenv_values(path, interpolate=False).items():
                    found.setdefault(name, text or "")
    return found


def of_example(trial, base, first):
    """What loading cannot do without, and of the project's example of an environment what can be set: its own text, or a
    plausible one where it leaves that to whoever deploys."""
    named = named_by_example(trial["root"])
    env, seen = dict(base), first
    fitting = {name: text or plausible(name) for name, text in named.items() if name not in env}
    todo = {name: text for name, text in fitting.items() if text is not None}
    names = list(todo)
    left = 20
    while names and left > 0:
        size = len(names)
        while size and left > 0:
            left -= 1
            answer = load(trial, {**env, **{name: todo[name] for name in names[:size]}})
            if not answer["error"]:
                env.update({name: todo[name] for name in names[:size]})
                seen = answer
                break
            size //= 2
        names = names[max(size, 1):]
    return env, seen


def sights(trial):
    """What Python sees with what loading cannot do without, with what the project's own example of an environment names,
    and with everything that the module reads."""
    least, truth = required(trial)
    environments = [("least", least, truth)]
    if not truth["error"]:
        example, known = of_example(trial, least, truth)
        if example != least:
            environments.append(("example", example, known))
        most, full = everything(trial, least, truth)
        if most != least:
            environments.append(("most", most, full))
    return environments
