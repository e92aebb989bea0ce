"""A settings module in the making: its statements so far, and the live names they have made."""

import contextlib
import datetime
import io
import os
import pathlib
import signal
import sys
import types

LIMIT = 1000


class TooLarge(Exception):
    pass


class TooSlow(Exception):
    pass


def give_up(*_):
    raise TooSlow


signal.signal(signal.SIGALRM, give_up)


class Project:
    """A folder with modules and files, and the environment they are loaded in."""

    def __init__(self, root, env):
        self.root = root
        self.env = env
        self.files = {}
        self.modules = []

    def write(self, path, text):
        self.files[path] = text
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def reset(self):
        """The world as a fresh process would find it."""
        os.environ.clear()
        os.environ.update(self.env)
        os.chdir(self.root)
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.root)) or name in self.modules:
                del sys.modules[name]
        decouple = sys.modules.get("decouple")
        if decouple:
            decouple.config.config = None


class Module:
    """One module: `add` runs a statement for real and keeps it if it succeeds."""

    def __init__(self, project, name, path):
        self.project = project
        self.name = name
        self.path = path
        self.statements = []
        self.functions = {}
        self.classes = {}
        project.modules.append(name)
        project.write(path, "")
        self.restart()

    def restart(self):
        """Runs all statements so far once more, in a fresh world. Drops those that only ran because an expression that
        was tried out in between had changed something."""
        self.project.reset()
        package = self.name.rpartition(".")[0] if not self.path.endswith("__init__.py") else self.name
        module = types.ModuleType(self.name)
        self.ns = module.__dict__
        self.ns.update(__file__=str(self.project.root / self.path), __package__=package)
        sys.modules[self.name] = module
        before, self.statements = self.statements, []
        for statement in before:
            try:
                self.execute(statement)
            except Exception:
                continue
            self.statements.append(statement)

    def execute(self, statement):
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                exec(compile(statement, self.ns["__file__"], "exec", dont_inherit=True), self.ns)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def add(self, statement):
        """Keeps a statement that runs and makes nothing huge. Says whether it was kept."""
        try:
            self.execute(statement)
            for _, value in self.values():
                measure(value)
        except RecursionError:
            self.restart()
            return False
        except Exception:
            self.restart()
            return False
        self.statements.append(statement)
        return True

    def fails(self, statement):
        """The exception a statement raises, if it does; the world is as before."""
        try:
            self.execute(statement)
        except Exception as error:
            return error
        finally:
            self.restart()
        return None

    def eval(self, source, local=None):
        return eval(compile(source, self.ns["__file__"], "eval"), self.ns, dict(local or {}))

    def values(self):
        """The project's own names and their values."""
        for name, value in list(self.ns.items()):
            if name[:2] != "__" and kind(value) != "other":
                yield name, value

    def save(self):
        self.restart()
        self.project.write(self.path, "\n".join(self.statements) + "\n")


def measure(value, left=200, depth=0):
    """Refuses values that are large, deeply nested or hold themselves; returns how many more parts are allowed."""
    if left < 0 or depth > 8 or isinstance(value, (str, bytes)) and len(value) > LIMIT or type(value) is int and abs(value) > 2**100:
        raise TooLarge
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            left = measure(part, left - 1, depth + 1)
    return left


def kind(value):
    """The word the generator uses for a value's type."""
    match value:
        case None:
            return "none"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str" if type(value) is str else "other"
        case bytes():
            return "bytes"
        case list():
            return "strs" if value and all(type(item) is str for item in value) else "list"
        case tuple():
            return "tuple" if type(value) is tuple else "other"
        case dict():
            return "dict" if all(type(key) is str for key in value) else "anydict"
        case set() | frozenset():
            return "set"
        case pathlib.PurePath():
            return "path"
        case datetime.timedelta():
            return "delta"
    return "other"
