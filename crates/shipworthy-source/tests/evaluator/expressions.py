"""Regular expressions on known text."""

import re

A = re.sub(r'^www\.', '', 'www.example.com')
B = re.split(r'[,\s]+', 'a, b  c,d')
C = re.compile(r'(?P<user>\w+):(?P<pw>\w*)@(\S+)')
M = C.match('bob:pw@host')
D = M.groupdict(); E = M.group(1), M.group('pw'), M[3], M.groups(), M.span(2)
F = re.findall(r'(\d+)-(\d+)', '1-2, 3-4')
G = re.match('x', 'abc')
H = bool(re.search('b$', 'ab'))
I = re.sub(r'(\w+)=(\w+)', r'\2=\1', 'a=b, c=d')
J = re.sub('a', lambda m: m.group(0).upper(), 'banana', count=2)
K = re.fullmatch('[a-z]+', 'abc') is not None
L = [m.group() for m in re.finditer('[A-Z]', 'aBcD')]
N = re.escape('a.b*c-d e')
O = re.compile('^/api', re.I | re.M)
P = re.search(r'(?i)foo', 'xFOO').start()
Q = re.sub(r'\W+', '-', 'Hello, World!')
R = [float('nan') > 1, float('nan') <= 1, 2 < float('nan')]
S = [bool(re.search(r'^[a-z]+$', 'Grüße')), bool(re.search(r'^[^@ ]+@[a-z.]+$', 'ü@shop.example'))]
