"""Python values as tagged JSON, the way `shipworthy settings --output-format json --show-secrets` writes them."""

import datetime
import math
import pathlib
import re
import types
from collections.abc import Mapping


def tagged(value, depth=0):
    """One value; things without a tag of their own become their dotted name."""
    if depth > 40:
        return {"$unknown": "nested too deeply"}
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        number = int(value)
        return number if -(2**63) <= number < 2**64 else {"$int": str(number)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).decode("latin-1")}
    if isinstance(value, list):
        return [tagged(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [tagged(item, depth + 1) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"$set": [tagged(item, depth + 1) for item in value]}
    if isinstance(value, Mapping):
        return {"$dict": [[tagged(key, depth + 1), tagged(item, depth + 1)] for key, item in value.items()]}
    if isinstance(value, pathlib.PurePath):
        return {"$path": str(value)}
    if isinstance(value, datetime.timedelta):
        micros = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
        return {"$timedelta": micros // 1_000_000 if micros % 1_000_000 == 0 else micros / 1e6}
    if type(value).__name__ == "__proxy__":
        return {"$lazy": lazy_message(value)}
    if isinstance(value, types.ModuleType):
        return {"$ref": value.__name__}
    named = value if hasattr(value, "__qualname__") else type(value)
    # Until Python 3.11 comprehensions are functions with a name (PEP 709).
    inlined = re.sub(r"<(listcomp|setcomp|dictcomp)>\.(<locals>\.)?", "", named.__qualname__)
    return {"$ref": f"{named.__module__}.{inlined}"}


def lazy_message(proxy):
    """The message of a lazily translated text, as written."""
    for name in ("_args", "_proxy____args"):  # since and before Django 5.0
        if arguments := getattr(proxy, name, None):
            return str(arguments[0])
    return str(proxy)
