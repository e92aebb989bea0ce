"""What exceptions hold, numbers that divide, and corners of sequences, sets and patterns."""

import itertools
import os
from datetime import UTC
from pathlib import Path
from urllib.parse import urlparse, urlsplit
try:
    open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'nowhere'))
except FileNotFoundError as error:
    NUMBER = error.errno
class Trouble(Exception):
    def __init__(self, code):
        self.code = code
try:
    raise Trouble(7)
except Trouble as trouble:
    CODE = trouble.code
try:
    Trouble(7).other
except AttributeError:
    OTHER = 'none'
try:
    ValueError('x')[0]
except TypeError:
    ITEM = 'none'
LAYERS = [issubclass(cls, OSError) for cls in (ConnectionResetError, BrokenPipeError, ConnectionError, TimeoutError, ValueError)]
QUOTIENTS = [0.5 // 0.001, -7.5 // 2, 7.5 % -2, -0.0 // 3, 1e300 // 1e-10, 6.0 % 3, -6.0 % 3, 6 % -3.0]
try:
    POWER = 10.0 ** 400
except OverflowError:
    POWER = 'too large'
try:
    ZERO = 0 ** -1
except ZeroDivisionError:
    ZERO = 'zero'
DIVMODS = divmod(0.5, 0.001), divmod(-7, 2)
PARTS = (3).real, True.real, 2.5.real, (7).imag, (4).denominator, '{0.real}'.format(3)
numbers = list(range(10))
numbers[::2] = [0] * 5
del numbers[-2:]
numbers[5:1:-2] = 'ab'
NUMBERS = numbers
try:
    numbers[::3] = [1]
except ValueError as error:
    SLICED = 'no fit'
PAIRS = dict(zip(*[iter('abcde')] * 2))
counter = itertools.count(3, 2)
COUNTED = list(itertools.islice(counter, 2)), list(itertools.islice(counter, 2))
BYTES = bytes([1, 2, 255]), bytes(range(3)), bytes.fromhex('00ff 1A')
SUFFIXES = Path('a/b.tar.gz').suffixes, Path('.hidden').suffixes, Path('x').suffixes
KEYED = {frozenset({'a', 'b'}): 1}[frozenset({'b', 'a'})]
URL = tuple(urlparse('redis://:pw@h:6379/1?ssl=1')), [*urlsplit('a/b#c')]
class Shape:
    __match_args__ = ('kind', 'size')
    def __init__(self, kind, size):
        self.kind, self.size = kind, size
match Shape('round', 1):
    case Shape('box', _):
        SHAPE = 'box'
    case Shape(kind, 0 | 1 as small):
        SHAPE = kind, small
from dataclasses import dataclass, field
@dataclass
class Server:
    host: str
    port: int = 80
    tags: list = field(default_factory=list)
@dataclass
class Other(Server):
    pass
SAME = Server('a') == Server('a', 80, []), Server('a') == Server('b'), Server('a') != Server('a', 81), Server('a', tags=[1]) in [Server('a', tags=[1])]
