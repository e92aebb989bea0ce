"""The first half of the program that runs in the project's Python: what may be told, and in which form.

Credentials are reduced to length, distinct characters, the prefix of a key that `startproject` made, and a short hash, before
anything leaves the process. What is a credential is defined as in shipworthy-model (`Secret`); a test compares the two.
"""

import sys

# A file of the project may have the name of a module of the standard library.
sys.path[:] = [entry for entry in sys.path if entry]

# ruff: noqa: E402
import datetime
import faulthandler
import functools
import hashlib
import json
import math
import os
import pathlib
import re
import runpy
import sysconfig
import types
from collections.abc import Mapping

# What holds a credential, by name: the same definition as `Secret`'s in shipworthy-model (a test compares them).
SECRET_WORDS = "API TOKEN KEY SECRET PASS SIGNATURE CREDENTIAL PRIVATE".split()
HARMLESS_ENDS = tuple(
    "_PREFIX _HEADER _HEADER_NAME _HEADERS _NAME _PATH _FILE _FILENAME _BACKEND _BACKENDS _CLASS _CLASSES _FUNCTION _LIFETIME"
    " _AGE _TIMEOUT _TTL _SECONDS _DAYS _LENGTH _SIZE _MODEL _HASHERS _VALIDATORS _FORM _FORMS _FIELD _ENABLED _URL _VIEW"
    " _SERIALIZER _VERSION _TYPE _ALGORITHM _TEMPLATE _DIR _HOST _PORT _REDIRECT _PROVIDER _EXPIRE _LIMIT".split()
)
CERTAIN_NAMES = {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "PASSWORD", "EMAIL_HOST_PASSWORD", "password"}
TOKEN = re.compile(
    r"(?:AKIA|ASIA|gh[pos]_|github_pat_|glpat-|[sr]k_live_|xox[bp]-|SG\.|AIza)[A-Za-z0-9_.-]{12,}|-----BEGIN [^-]*PRIVATE KEY"
)
USER_INFO = re.compile(r"(?<=://)[^/?#@\s]+(?:@[^/?#@\s]+)*(?=@)")
# Passwords that are words stay in messages: too much else would go with them.
WORDS = {"admin", "changeme", "default", "django", "localhost", "password", "postgres", "redis", "secret", "test", "username"}
PUBLIC, LIKELY, CERTAIN = range(3)
MOST_PARTS, DEEPEST, LONGEST = 200_000, 60, 1 << 20
MASK = "\N{BULLET}" * 6

# Texts that must not leave, once they are known.
hidden = set()


def privacy(name):
    """Whether a name is that of a credential."""
    if name in CERTAIN_NAMES:
        return CERTAIN
    name = name.upper()
    return LIKELY if any(word in name for word in SECRET_WORDS) and not name.endswith(HARMLESS_ENDS) else PUBLIC


def has_password(text):
    """A URL that names who asks: the password of a database, the key of an error tracker."""
    found = USER_INFO.search(text)
    return bool(found) and (":" in found.group().strip(":") or found.group().startswith(":") or len(found.group()) >= 16)


def is_credential(text):
    """Text under a name that promises a credential, unless it plainly is something else."""
    dotted = "." in text and all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", part) for part in text.split("."))
    word = len(text) < 6 and text.isascii() and text.isalpha()
    return not (not text or dotted or word or text.startswith("/") or ("://" in text and not has_password(text)))


def is_hidden(text, how):
    """Whether text is a credential: by the name it stands under, or by its shape."""
    if how == CERTAIN and text or how == LIKELY and is_credential(text):
        return True
    return has_password(text) or bool(TOKEN.search(text)) or any(len(part) >= 8 and part in text for part in hidden)


def hide(text):
    """Remembers a credential and its parts, so that no message repeats them."""
    texts = {text, *(line.strip() for line in text.splitlines()), *(part.group() for part in TOKEN.finditer(text))}
    for found in USER_INFO.finditer(text):
        texts.update({found.group(), found.group().rpartition(":")[2]})
    hidden.update(part for part in texts if len(part) >= 4 and part.lower() not in WORDS)


def secret(text):
    """What may be told of a credential."""
    hide(text)
    told = {
        "length": len(text),
        "unique": len(set(text)),
        "prefix_insecure": text.startswith("django-insecure-"),
        "sha256_12": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
    }
    if "://" in text and not TOKEN.search(text) and re.match(r"[A-Za-z0-9+.-]+://[^\s]*@[A-Za-z0-9.:_\[\]-]*(?:[/?#]|$)", text):
        scheme, _, rest = text.partition("://")
        host, path = re.match(r"[^/?#]*@([^/?#]*)([^?#]*)", rest).groups()
        told["url"] = "%s://%s%s" % (scheme, host, path)
    return {"$secret": told}


def plain(text):
    """Text that any reader of JSON takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Tagger:
    """Values as tagged JSON, credentials reduced. No code of the project is called."""

    def __init__(self):
        self.parts = 0

    def value(self, value, how=PUBLIC, depth=0):
        self.parts += 1
        if depth > DEEPEST or self.parts > MOST_PARTS:
            return {"$unknown": "it is too large"}
        if value is None or value is True or value is False:
            return value
        if isinstance(value, int):
            number = int.__int__(value)
            if how == CERTAIN or how == LIKELY and not -9999 <= number <= 9999999:
                return secret(str(number))
            return number if -(2**63) <= number < 2**64 else {"$int": str(number)}
        if isinstance(value, float):
            number = float.__float__(value)
            return number if math.isfinite(number) else {"$float": str(number)}
        if isinstance(value, str):
            return self.text(str.__str__(value), how)
        if isinstance(value, (bytes, bytearray)):
            text = bytes(value).decode("latin-1")
            return secret(text) if is_hidden(text, how) else {"$bytes": text}
        if isinstance(value, (list, tuple, set, frozenset)):
            kind = tuple if isinstance(value, tuple) else list if isinstance(value, list) else set
            items = [self.value(item, how, depth + 1) for item in list(value)]
            return items if kind is list else {"$" + kind.__name__: items}
        if isinstance(value, Mapping):
            return {"$dict": [self.entry(key, item, how, depth + 1) for key, item in list(value.items())]}
        if isinstance(value, pathlib.PurePath):
            return {"$path": plain(str(value))}
        if isinstance(value, datetime.timedelta):
            micros = (value.days * 86400 + value.seconds) * 1000000 + value.microseconds
            return {"$timedelta": micros // 1000000 if micros % 1000000 == 0 else micros / 1e6}
        if type(value).__name__ == "__proxy__":
            for name in ("_args", "_proxy____args"):  # since and before Django 5.0
                arguments = getattr(value, name, None)
                if arguments and isinstance(arguments[0], str):
                    return {"$lazy": plain(arguments[0])}
            return {"$unknown": "a lazy value"}
        return {"$ref": dotted(value)}

    def text(self, text, how):
        if is_hidden(text, how):
            return secret(text)
        return plain(text) if len(text) <= LONGEST else {"$unknown": "it is too large"}

    def entry(self, key, item, how, depth):
        inner = privacy(key) if isinstance(key, str) else PUBLIC
        if inner == PUBLIC and how != PUBLIC:
            inner = LIKELY
        # Inside something private the keys may be the credentials: {"9f8e…": "a client"}.
        telling = how if isinstance(key, str) and not re.fullmatch(r"[A-Za-z_][A-Za-z_ -]*", key) else PUBLIC
        return [self.value(key, telling, depth), self.value(item, inner, depth)]


def dotted(value):
    """The dotted name of a class, function or module, or of the class of an object."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    named = value if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)) else type(value)
    return "%s.%s" % (named.__module__, named.__qualname__)


def scrub(text, most=400):
    """A message on one line, without any credential that is known or recognised."""
    text = plain(" ".join(str.__str__(text).split()))
    for part in sorted(hidden, key=len, reverse=True):
        text = text.replace(part, MASK)
    return TOKEN.sub(MASK, USER_INFO.sub(MASK, text))[:most]
