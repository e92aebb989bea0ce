"""Stand-ins for libraries that are not installed: whatever hangs on one says so."""

import importlib.abc
import importlib.machinery
import os
import re
import sys
import types

import tagging

MARK = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}stand-in"


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


def tag(value):
    """`tagged`, with stand-ins found at any depth."""
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
