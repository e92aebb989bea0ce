"""Classes: inheritance, properties, descriptors, values beneath instances, records, context managers."""
# unknown: K

import os
from collections import namedtuple
class Base:
    x = 1
    def __init__(self, v): self.v = v
    def __str__(self): return 'base %s' % self.v
    @property
    def double(self): return self.v * 2
class Kid(Base):
    def __init__(self, v):
        super().__init__(v + 1)
    def __getattr__(self, name): return 'attr ' + name
k = Kid(3)
A = k.v, k.double, k.foo, k.x
B = str(k), f'{k}', '%s' % k, '{}'.format(k)
class D(dict):
    def __getattr__(self, name): return self[name]
    def __missing__(self, key): return 'miss ' + key
d = D(a=1, b=2)
C = d
E = d.a, d['zz'], len(d), 'a' in d, list(d), d.get('q', 5), {**d}, dict(d)
d['c'] = 3
F = d
class S(str):
    def shout(self): return self.upper() + '!'
s = S('hi')
G = s, s.shout(), s + 'x', isinstance(s, str), s == 'hi', ','.join([s, 'b'])
class Sing:
    _i = None
    def __new__(cls, *a):
        if cls._i is None:
            cls._i = super().__new__(cls)
        return cls._i
    def __init__(self, a): self.a = a
H = Sing(1) is Sing(2), Sing(3).a
class Lst(list):
    pass
l = Lst([1,2]); l.append(3)
I = l, l[0], l[1:]
class Plain: pass
p = Plain(); p.a = 1
J = getattr(p,'a'), hasattr(p,'b'), getattr(p,'b', 7)
K = list({1}), sorted({'b','a','c'}), len({'a','b'}), [q for q in {'m','n'}]
L = dict.fromkeys(['a','b'], 0), str.maketrans('ab','cd'), 'abc'.translate(str.maketrans('ab','cd'))
class Meta(type):
    pass
class Prop:
    def __init__(self): self._x = 1
    @property
    def x(self): return self._x
    @x.setter
    def x(self, v): self._x = v * 10
pp = Prop(); pp.x = 5
M = pp.x
class Sub:
    reg = []
    def __init_subclass__(cls, **kw): Sub.reg.append(cls.__name__)
class Sub1(Sub): pass
N = Sub.reg
class Desc:
    def __get__(self, obj, typ): return 42
class HasDesc:
    d = Desc()
O = HasDesc().d
class CM:
    def __enter__(self): return 5
    def __exit__(self, *a): return True
with CM() as z:
    P = z
    raise ValueError
Q = 'after'
class Cnt:
    def __len__(self): return 0
    def __contains__(self, x): return x == 1
    def __getitem__(self, i): return i * 2
    def __iter__(self): return iter([1,2])
    def __call__(self, x): return x + 1
    def __eq__(self, o): return True
    def __hash__(self): return 1
cc = Cnt()
R = bool(cc), 1 in cc, cc[4], list(cc), cc(1), cc == 5
from dataclasses import dataclass, field, asdict
from typing import NamedTuple, ClassVar
@dataclass
class DC:
    a: int
    b: str = 'x'
    c: list = field(default_factory=list)
    K: ClassVar[int] = 3
    def __post_init__(self):
        self.d = self.a * 2
dc = DC(1, b='y')
S1 = dc.a, dc.b, dc.c, dc.d, dc.K
@dataclass(frozen=True)
class DC2:
    x: int = 1
    y: str = "q"
S2 = asdict(DC2(y="z"))
class NT(NamedTuple):
    a: int
    b: str = 'd'
    def both(self): return f'{self.a}{self.b}'
nt = NT(1)
S3 = nt, nt.a, nt[1], nt.both(), nt._replace(b='q'), nt._asdict(), list(nt), len(nt), nt == (1, 'd')
P2 = namedtuple('P2', 'x y', defaults=[9])
pp2 = P2(1); xx, yy = pp2
S4 = pp2, xx, yy, pp2.y, P2._fields, P2(x=3, y=4).x
S5 = dc, Desc()
class E1(Exception):
    def __init__(self, m): self.m = m; super().__init__(m)
    def __str__(self): return 'E1:' + self.m
try:
    raise E1('boom')
except E1 as e:
    S6 = str(e), e.m, e.args
class A1:
    def who(self): return 'A1'
class B1(A1):
    def who(self): return 'B1' + super().who()
class C1(A1):
    def who(self): return 'C1' + super().who()
class D1(B1, C1):
    def who(self): return 'D1' + super().who()
S7 = D1().who()
class St:
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls, x): return cls.__name__, x
S8 = St.s(1), St().s(2), St.c(3), St().c(4)
S9 = Kid.__bases__ == (Base,), Base.__bases__ == (object,), len(St.__bases__)
