"""The standard library's plumbing, functions, statements and methods."""
# unknown: ORDER, SHUFFLED

import os, itertools, operator, base64, hashlib, textwrap, string, shlex, math, uuid, ipaddress, json, types, sys, inspect, importlib, contextlib, warnings, logging, enum, functools, collections
from email.utils import getaddresses, parseaddr, formataddr
def m(x):
    match x:
        case {"a": 1, **rest}: return ('map', rest)
        case [1, *others]: return ('seq', others)
        case int(n) if n > 5: return ('int', n)
        case str() | bytes(): return 'text'
        case None: return 'none'
        case (a, b): return ('pair', a, b)
        case _: return 'other'
A = m({"a": 1, "b": 2}), m([1,2,3]), m(7), m('x'), m(None), m((2,3)), m(3), m([1])
B = base64.b64encode(b'abc'), base64.b64decode('YWJj'), base64.b64encode('x'.encode()).decode(), base64.urlsafe_b64encode(b'\xff\xfe'), base64.b32encode(b'a'), base64.b16encode(b'ab')
C = hashlib.sha256(b'abc').hexdigest(), hashlib.sha256('x'.encode()).digest()[:4]
D = textwrap.dedent("""
    a
      b
    c
""")
E = string.Template('$a ${b} $$').substitute(a=1, b='x'), string.Template('$a $z').safe_substitute({'a': 2})
F = shlex.split("a 'b c' d\\ e"), shlex.quote("a b"), shlex.join(['a','b c'])
H = str(uuid.UUID('12345678123456781234567812345678')), uuid.UUID('{12345678-1234-5678-1234-567812345678}').hex
I = getaddresses(['A B <a@b.c>, d@e.f']), parseaddr('X Y <x@y.z>'), formataddr(('A B', 'a@b.c')), formataddr((None, 'a@b.c'))
J = list(itertools.chain([1],[2,3])), list(itertools.product('ab', [1,2])), list(itertools.islice(range(10), 2, 5)), list(itertools.accumulate([1,2,3])), list(itertools.zip_longest([1,2],[3], fillvalue=0)), list(itertools.combinations([1,2,3],2)), list(itertools.repeat('x', 2)), list(itertools.takewhile(lambda x: x<3, [1,2,3,1])), list(itertools.dropwhile(lambda x: x<3, [1,2,3,1])), list(itertools.starmap(lambda a,b: a+b, [(1,2),(3,4)])), [(k, list(g)) for k, g in itertools.groupby([1,1,2])], list(itertools.permutations([1,2])), list(itertools.filterfalse(None, [0,1,'']))
K = operator.itemgetter(1)([4,5]), operator.attrgetter('x')(types.SimpleNamespace(x=3)), operator.or_(1,2), sorted([{'a':2},{'a':1}], key=operator.itemgetter('a')), operator.add(1,2), operator.itemgetter('a','b')({'a':1,'b':2}), operator.methodcaller('upper')('x')
class Color(enum.Enum):
    RED = 'red'
    GREEN = enum.auto()
class I2(enum.IntEnum):
    A = 1
    B = enum.auto()
class S2(str, enum.Enum):
    P = 'prod'
    D = 'dev'
class S3(enum.StrEnum):
    X = enum.auto()
    Y = 'yy'
try:
    Color('nope')
except ValueError:
    N = 'bad'
mod = types.ModuleType('dyn'); mod.X = 5
O = mod.X, mod.__name__
setattr(sys.modules[__name__], 'SETME', 5)
globals()['GLOB'] = 6
for _k, _v in {'LOOP_A': 1, 'LOOP_B': 2}.items():
    setattr(sys.modules[__name__], _k, _v)
vars()['VV'] = 7
with contextlib.suppress(KeyError):
    {}['a']
@contextlib.contextmanager
def cm(x):
    yield x + 1
with cm(1) as got:
    P = got
with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    Q = 1
with contextlib.ExitStack() as st:
    R = 2
with contextlib.nullcontext(5) as nc:
    S = nc
exec("T = 1 + 1")
exec(compile("U = 2", "x", "exec"))
V = eval("[x for x in range(3)]")
W = '%05.1f|%-5s|%5s|%x|%+d|%s%%' % (3.14159, 'a', 'b', 255, 3, 50)
Z = [*range(3)][::-1], 'abcdef'[::2], (1,2,3)[-2:], [1,2,3,4][1:3]
AD = functools.reduce(lambda a, b: a | b, [{'a': 1}, {'b': 2}])
def outer():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    inner(); inner()
    return n
AE = outer()
def fib(n): return n if n < 2 else fib(n-1) + fib(n-2)
AF = fib(10)
AG = [y := 1, y ** 2], y
AH = 1 < 2 < 3, 1 < 3 < 2
lst = [1,2,3,4,5]; del lst[1:3]; lst[0:1] = [9, 8]
AI = lst
a, *b, c = range(5)
AJ = a, b, c
AK = {**{'a':1}, 'b': 2, **{'a': 3}}
AL = 'a,b;c'.replace(';', ',').split(',', 1), 'x'.join(str(i) for i in range(3)), 'Hello'.swapcase(), 'ab'.center(6, '*'), 'a b'.title(), 'ß'.upper(), ' x '.strip(), 'xxaxx'.strip('x'), 'abc'.find('c'), 'a.b.c'.rsplit('.', 1), 'k=v'.partition('='), 'abc'.zfill(5), 'A'.casefold(), 'abab'.count('ab'), 'abc'.startswith('b', 1), 'abc'.index('b'), 'a\tb'.expandtabs(4)
class NS: pass
ns = NS()
ns.items = []
ns.items += [1]
ns.d = {'x': {'y': 1}}
ns.d['x']['y'] += 5
AM = ns.items, ns.d
AP = inspect.isclass(Color), [n for n, v in inspect.getmembers(ns) if not n.startswith('_')]
AU = [x for x in (1,2,3) if x != 2 if x > 0], {k: v for k, v in zip('ab', (1,2))}, [(x, y) for x in 'ab' for y in (1, 2) if y > 1]
AV = type('Dyn', (), {'a': 1})().a
AW = getattr(os, 'sep'), os.environ.get('NOPE', 'dflt')
AX = isinstance(AW, tuple) and not isinstance(AW, list)
lg = logging.getLogger(__name__)
lg.warning('x')
AY = logging.getLevelName('INFO'), logging.getLevelName(10), logging.INFO
AZ = functools.partial(int, base=2)('101')
M = Color.RED.value, Color.RED.name, Color('red') is Color.RED, Color['RED'].value, [c.name for c in Color], I2.B + 1, I2.A == 1
MA = S2.P == 'prod', S2('dev').value, S3.X.value, str(S3.Y), f'{S3.X}', S2.P.upper(), isinstance(S2.P, str), S2.P in ('prod', 'x')
MB = Color.RED == Color.GREEN, str(Color.RED), 'RED' in Color.__members__
ORDER = list({"x", "y"})
SHUFFLED = list(filter(None, set("a,b,c,d".split(","))))
AMONG = "x" in list({"x", "y"}), sorted(list({"q", "p", "s", "r"})), len({"q", "p"})
