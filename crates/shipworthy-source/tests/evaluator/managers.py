"""Generators as context managers, and functions that remember their results."""

from contextlib import contextmanager
from functools import cache, lru_cache
LOG = []
@contextmanager
def logged(name):
    LOG.append('in ' + name)
    try:
        yield name.upper()
    except KeyError:
        LOG.append('caught')
    finally:
        LOG.append('out')
with logged('a') as A:
    B = A + '!'
with logged('b'):
    {}['x']
def looking():
    for x in range(3):
        with logged(str(x)):
            if x == 1:
                return x
RETURNED = looking()
for i in range(5):
    with logged('i'):
        if i == 1:
            break
BROKEN = i
@contextmanager
def changed(mapping, **new):
    old = dict(mapping)
    mapping.update(new)
    yield mapping
    mapping.clear()
    mapping.update(old)
D = {'a': 1}
with changed(D, a=2, b=3) as inside, logged('both') as name:
    DURING = dict(inside), name
try:
    with changed(D, a=5):
        raise ValueError
except ValueError:
    AFTER = dict(D)
@lru_cache(maxsize=None)
def names(a):
    return list(LOG)
N = names(1)
LOG.append('z')
SAME = N is names(1), names(2) == N, names(a=1) == N
N.append('kept')
KEPT = names(1)[-1]
names.cache_clear()
CLEARED = names(1)[-1]
calls = []
@cache
def counted(*args, **kwargs):
    calls.append(args)
    return len(calls)
COUNTED = counted(), counted(1), counted(), counted(1, b=2), counted(1, b=2), len(calls)
