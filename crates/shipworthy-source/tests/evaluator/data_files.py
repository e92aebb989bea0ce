"""INI, TOML and YAML, from text and from files."""

import configparser
import os
import tomllib

import yaml

BASE = os.path.dirname(os.path.abspath(__file__))
LINES = [line.strip() for line in open(os.path.join(BASE, "data/settings.ini"))]
with open(os.path.join(BASE, "data/settings.ini")) as file:
    PARTS = file.readline(), file.read(3), file.readlines()
NAMES = sorted(os.listdir(os.path.join(BASE, "data")))
c = configparser.ConfigParser()
c.read_string("""
[DEFAULT]
base = /srv
[db]
host = localhost
port = 5432
path = %(base)s/x
multi = a
   b

   c
on = yes
[Other: x]
K : v
""")
CP = c.get('db','host'), c.getint('db','port'), c.get('db','path'), c.get('db','multi'), c.getboolean('db','on'), c.sections(), c.options('db'), c.items('db'), c.get('db','nope', fallback=3), c.has_option('db','x'), 'db' in c, c['db']['host'], c['db'].get('zz'), c['db'].getint('port'), dict(c['Other: x'])
try:
    c.get('db', 'gone')
    CQ = 1
except configparser.NoOptionError:
    CQ = 2
c2 = configparser.RawConfigParser(allow_no_value=True)
CR = c2.read([os.path.join(BASE, 'data/settings.ini'), os.path.join(BASE, 'data/none.ini')])
CS = c2.get('s', 'a'), c2.get('s', 'flag'), c2.get('s','pc')
T = tomllib.loads('b = 1\na = [1, 2.5, "x"]\n[t.u]\nz = true\n')
with open(os.path.join(BASE, 'data/settings.yml')) as f:
    Y = yaml.safe_load(f)
Z = yaml.safe_load("a: yes\nb: 010\nc: 0x1f\nd: 1_000\ne: 1.5\nf: '1'\ng: ~\nh: [1, off, x]\ni:\n")
