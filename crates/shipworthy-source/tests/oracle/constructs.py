"""Source of constructs that settings modules of real projects have: classes, generators, context managers, data files, and
the corners of the standard library that they use."""


class Constructs:
    """Part of the maker."""

    def construct(self):
        """A few statements that show one construct, on values of the module."""
        e = self.expr
        q = self.quote
        rng = self.rng
        environ = self.use("os.environ")
        base = self.base_dir()
        s, t, strs, n, d = e("str", 1), e("str", 1), e("strs", 1), e("int", 0), e("dict", 1)
        variable = q(self.some_variable())
        return rng.choice(
            [
                # ── functions, generators, decorators ──
                f"def numbered(items, start=1):\n    for number, item in enumerate(items, start):\n        yield f'{{number}}. {{item}}'\nNUMBERED = list(numbered({strs}))",
                f"def halves(text):\n    yield text[: len(text) // 2]\n    yield from [text[len(text) // 2 :], len(text)]\nFIRST_HALF, *OTHER_HALF = halves({s})",
                f"def spread(first, /, *rest, sep='-', **named):\n    return sep.join([first, *rest, *sorted(named)])\nSPREAD = spread({s}, *{strs}, sep={q('+')}, **{{'k': 1}})",
                f"import functools\ndef tagged(tag):\n    def decorate(function):\n        @functools.wraps(function)\n        def wrapper(*args, **kwargs):\n            return tag + str(function(*args, **kwargs))\n        return wrapper\n    return decorate\n@tagged({q('<b>')})\ndef sized(text):\n    return len(text)\nSIZED = sized({s})\nSIZED_NAME = sized.__name__",
                f"import functools\nTOTAL = functools.reduce(lambda so_far, item: so_far + len(item), {strs}, {n})",
                f"def early(items):\n    for item in items:\n        try:\n            if len(item) > 4:\n                return item\n        finally:\n            EARLY.append(item)\n    return None\nEARLY = []\nFOUND_EARLY = early({strs})",
                f"def fibonacci(n, known={{}}):\n    if n not in known:\n        known[n] = n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)\n    return known[n]\nFIBONACCI = fibonacci(12)",
                f"compose = lambda *functions: lambda value: [function(value) for function in functions]\nCOMPOSED = compose(str.upper, len, lambda v: v[:2])({s})",
                # ── classes ──
                f"class Settings:\n    prefix = {s}\n    def __init__(self, **values):\n        self.__dict__.update(values)\n    def __getitem__(self, key):\n        return self.prefix + str(getattr(self, key))\n    def __len__(self):\n        return len(vars(self))\n    def __contains__(self, key):\n        return hasattr(self, key)\nheld = Settings(a={t}, b={n})\nHELD = held['a'], len(held), 'b' in held, 'c' in held, bool(held)",
                f"from dataclasses import dataclass, field\n@dataclass\nclass Server:\n    host: str\n    port: int = {n}\n    tags: list = field(default_factory=list)\n    @property\n    def address(self):\n        return f'{{self.host}}:{{self.port}}'\nserver = Server({s}, tags={strs})\nADDRESS, SERVER_TAGS = server.address, server.tags\nSAME_SERVER = server == Server(server.host, server.port, list(server.tags))",
                f"from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\npoint = Point({n}, {s})\nPOINT_X, POINT_Y = point\nPOINT = point.x, point._asdict(), list(point)",
                f"from enum import Enum\nclass Level(Enum):\n    LOW = 'low'\n    HIGH = {s}\nLEVELS = [level.value for level in Level]\nLEVEL_NAME = Level('low').name\nLEVEL_IS = Level.LOW is Level['LOW'], Level.LOW == 'low'",
                f"class Mixin:\n    def name(self):\n        return 'mixin-' + super().name()\nclass Root:\n    def name(self):\n        return {s}\nclass Both(Mixin, Root):\n    pass\nBOTH = Both().name(), [c.__name__ for c in Both.__mro__][:-1], issubclass(Both, Root)",
                f"class Lazy:\n    calls = 0\n    def __call__(self, text):\n        Lazy.calls += 1\n        return text * 2\nlazy = Lazy()\nCALLED = lazy({s}), lazy({t}), Lazy.calls, lazy.calls",
                f"class Bag(dict):\n    def __missing__(self, key):\n        return key.upper()\nbag = Bag(a={s})\nBAG = bag['a'], bag['other'], bag.get('other'), len(bag)",
                f"class Value:\n    def __init__(self, text):\n        self.text = text\n    def __eq__(self, other):\n        return isinstance(other, Value) and self.text == other.text\n    def __str__(self):\n        return f'<{{self.text}}>'\n    def __add__(self, other):\n        return Value(self.text + other.text)\nVALUE_TEXT = str(Value({s}) + Value({t}))\nVALUE_SAME = Value({s}) == Value({s}), Value('a') == 'a', Value('a') != Value('b')",
                f"class Temperature:\n    def __init__(self, value):\n        self._value = value\n    @property\n    def value(self):\n        return self._value\n    @value.setter\n    def value(self, new):\n        self._value = new * 2\nwarm = Temperature({n})\nwarm.value = 4\nwarm.value += 1\nWARM = warm.value",
                # ── exceptions and contexts ──
                f"class ConfigError(Exception):\n    def __init__(self, name):\n        super().__init__(f'no {{name}}')\n        self.name = name\ntry:\n    raise ConfigError({s})\nexcept ConfigError as error:\n    CONFIG_ERROR = error.name, str(error)\nelse:\n    CONFIG_ERROR = None",
                f"try:\n    try:\n        PORTS = [int(part) for part in {environ}.get({variable}, {s}).split(',')]\n    except KeyError:\n        PORTS = 'key'\nexcept ValueError:\n    PORTS = 'value'\nfinally:\n    PORTS_DONE = True",
                f"def attempt(text):\n    try:\n        return int(text)\n    except ValueError:\n        try:\n            return float(text)\n        except ValueError:\n            return text or None\nATTEMPTS = [attempt(text) for text in [*{strs}, '12', '1.5', '']]",
                f"from contextlib import contextmanager\n@contextmanager\ndef logged(name):\n    LOGGED.append('in ' + name)\n    yield name.upper()\n    LOGGED.append('out')\nLOGGED = []\nwith logged({s}) as loud:\n    LOUD = loud",
                f"class Guard:\n    def __init__(self, *caught):\n        self.caught = caught\n    def __enter__(self):\n        return self\n    def __exit__(self, kind, error, trace):\n        self.kind = kind and kind.__name__\n        return kind is not None and issubclass(kind, self.caught)\nwith Guard(ValueError, KeyError) as guard:\n    GUARDED = int({s})\nGUARD_KIND = guard.kind",
                f"import contextlib\nwith contextlib.suppress(KeyError, ValueError), open({base} / {q('VERSION')}) as handle:\n    RELEASE = handle.read().strip()\n    RELEASE_PARTS = [int(part) for part in RELEASE.split('.')]",
                f"for attempt_number in range(3):\n    try:\n        CHOSEN_ITEM = {strs}[attempt_number + 1]\n        break\n    except IndexError:\n        continue\nelse:\n    CHOSEN_ITEM = 'none'",
                # ── the namespace ──
                f"for key, value in {{'DYNAMIC_A': {s}, 'DYNAMIC_B': {n}}}.items():\n    globals()[key] = value",
                f"import importlib\nhere = importlib.import_module(__name__)\nHERE_NAME = here.__name__.rpartition('.')[2]",
                f"exec('EXECUTED = ' + repr({s}))\nEVALUATED = eval('[part for part in EXECUTED.split()]')",
                f"exec(compile(({base} / {q('extra.txt')}).read_text(), 'extra.txt', 'exec'))",
                f"if ({base} / {q('extra.txt')}).exists():\n    exec(open({base} / {q('extra.txt')}).read())",
                f"import sys\nthis = sys.modules[__name__]\nfor index, value in enumerate({strs}):\n    setattr(this, f'INDEXED_{{index}}', value)",
                f"UPPER_NAMES = sorted(name for name in list(globals()) if name.startswith('S') and name.isupper())",
                # ── containers ──
                f"from collections import ChainMap\nCHAINED = ChainMap({{'a': {s}}}, {{'a': 1, 'b': {n}}})\nCHAIN_A, CHAIN_B = CHAINED['a'], CHAINED.get('b')\ndel CHAINED",
                f"from collections import Counter\nCOUNTS = Counter({s}).most_common(1)[0][1] if {s} else 0",
                f"from collections import defaultdict\nBY_LENGTH = defaultdict(list)\nfor item in {strs}:\n    BY_LENGTH[len(item)].append(item)\nBY_LENGTH_TEXT = str(BY_LENGTH)\nBY_LENGTH = dict(BY_LENGTH)",
                f"table = {d}\nviews = table.keys(), table.values(), table.items()\ntable[{q('fresh')}] = 1\nVIEWS = [list(view) for view in views], str(views[0]), len(views[1]), {q('fresh')} in views[0]\nCOMMON = sorted(map(str, table.keys() & {{{q('fresh')}, {q('absent')}}}))",
                f"from collections import OrderedDict\nORDER = OrderedDict(a={s}, b={n})\nORDER.move_to_end('a')\nORDER_TEXT, ORDER_TYPE = str(ORDER), type(ORDER).__name__",
                f"FROZEN = frozenset({{{s}}})\nFROZEN_TEXT = repr(FROZEN), type(FROZEN).__name__, isinstance(FROZEN, set), {{FROZEN: 1}}[FROZEN]",
                f"nested = {{'a': [1, {{'b': {d}}}]}}\nimport copy\ndeep, shallow = copy.deepcopy(nested), dict(nested)\nnested['a'][1]['b'] = 'changed'\nnested['a'].append({n})\nDEEP, SHALLOW = deep, shallow",
                f"matrix = [[1, 2], [3, {n}]]\nTRANSPOSED = [list(row) for row in zip(*matrix)]\nFLAT = sum(matrix, [])\nPAIRS = dict(zip(*[iter({strs})] * 2))",
                f"rows = [{{'name': {s}, 'size': 2}}, {{'name': {t}, 'size': 1}}]\nfrom operator import itemgetter\nSORTED_ROWS = sorted(rows, key=itemgetter('size')), max(rows, key=itemgetter('size'))['name']",
                f"first, *middle, last = [0, *{strs}, {n}]\nMIDDLE = middle[::-1]\n(A, B), C = (last, first), [*middle]",
                f"numbers = list(range(10))\nnumbers[2:5] = [{n}]\nnumbers[::2] = [0] * len(numbers[::2])\ndel numbers[-2:]\nNUMBERS = numbers",
                f"apps = {strs}\nfor app in apps[:]:\n    if len(app) > 6:\n        apps.remove(app)\nfor index, app in enumerate(apps):\n    apps[index] = app.title()\nAPPS_LEFT = apps",
                f"walked = {strs}\nfor item in walked:\n    if len(walked) < 6:\n        walked.append(item[:1])\nWALKED = walked",
                # ── text and numbers ──
                f"NUMBER_TEXTS = '{{:>08.3f}}|{{:+,}}|{{:#x}}|{{:^7}}|{{:e>5}}'.format({e('float', 0)}, {n}, abs({n}), {n}, {n})",
                f"WIDTH = 9\nPADDED = f'{{{n}:{{WIDTH}}d}}', '{{:{{}}}}'.format('x', 4), '{{0[1]}}{{1.real}}'.format('ab', 3), '%-6s|%06.2f|%+d' % ({q('ab')}, {e('float', 0)}, {n})",
                f"from datetime import timedelta\nSPAN = timedelta(hours={n})\nSPANS = str(SPAN), repr(SPAN), SPAN / timedelta(minutes=7), SPAN > timedelta(0), abs(SPAN).total_seconds(), (SPAN * 1.5).days",
                f"import json\nJSON_TEXTS = json.dumps({d!s} if False else {{'b': [1, None, True], 'a': {s}}}, sort_keys=True, indent=2), json.dumps([1.5, {{}}, []], separators=(',', ':'))",
                f"ROUNDED = round({e('float', 0)} * 3.14159, 2), round(2.5), round(-3.5), divmod(-7, {rng.choice('23')}), -7 // 2, -7 % 3, 2 ** 10, int(-1.9)",
                f"TRANSLATED = {s}.translate(str.maketrans('aeiou', '01234', 'x')), {s}.isascii(), {s}.zfill(6), {s}.rsplit(None, 1)" if s[0] in "\"'" else f"TRANSLATED = str({s}).translate(str.maketrans('aeiou', '01234', 'x'))",
                f"BYTES = bytes([1, 2, {rng.randint(0, 255)}]), bytes.fromhex('00ff'), {q('Grüße')}.encode('utf-8')[:3], b'a,b'.split(b','), b'x'.hex()",
                f"import string\nTEMPLATE = string.Template('$name is ${{age}} $$').safe_substitute(name={s}), string.ascii_lowercase[:3], string.digits",
                f"import textwrap\nWRAPPED = textwrap.dedent('''\\\n    one\n      two\n    '''), textwrap.indent('a\\nb', '> ')",
                f"import re\nMATCH = re.match(r'(?P<user>[^@]+)@(?P<host>.+)', {q('root@db.local')})\nMATCHES = MATCH.groupdict(), MATCH.span('host'), re.findall(r'\\w+', {s}), re.split(r'[,;]\\s*', {t}), re.sub(r'(a)(.)?', r'<\\1>', {s})\ndel MATCH",
                "import shlex\nSHELL = shlex.split(" + q('run --name "my app" -v') + ")",
                f"from urllib.parse import parse_qs, quote, unquote, urlencode, urljoin, urlparse, urlunparse\nURL_PARTS = urljoin('https://a.example/b/c', {q('../d?x=1')}), urlencode({{'q': {s}, 'n': {n}}}), parse_qs('a=1&a=2&b='), tuple(urlparse('redis://:pw@h:6379/1?ssl=1'))",
                f"import uuid, hashlib, base64\nDIGESTS = hashlib.sha256({s}.encode()).hexdigest()[:8], base64.b64encode({s}.encode()).decode(), str(uuid.UUID('12345678123456781234567812345678'))" if s[0] in "\"'" else "import base64\nDIGESTS = base64.b64decode('YWJj')",
                # ── itertools and their like ──
                f"import itertools\nCOMBINED = list(itertools.product({q('ab')}, [1, 2])), list(itertools.islice(itertools.count({n}), 3)), [(key, len(list(group))) for key, group in itertools.groupby(sorted({strs}), key=len)]",
                f"iterator = iter({strs})\nTAKEN = next(iterator, None), next(iterator, 'end'), list(iterator), next(iterator, 'over')\ndel iterator",
                f"AGGREGATES = any(map(str.isupper, {strs})), all(len(x) < 50 for x in {strs}), max({strs}, key=len, default=''), min((len(x) for x in {strs}), default=0), sum(len(x) for x in {strs})",
                f"MAPPED = list(map(lambda a, b: f'{{a}}{{b}}', {strs}, range(3))), list(filter(None, [*{strs}, '', None])), list(reversed({strs})), sorted({strs}, key=lambda x: (-len(x), x))",
                # ── files of the project ──
                f"import configparser\nparser = configparser.ConfigParser()\nparser.read({base} / {q('setup.ini')})\nINI = parser.get('server', 'host'), parser.getint('server', 'port'), parser.getboolean('server', 'debug'), parser.sections(), parser.get('server', 'none', fallback={s})",
                f"import tomllib\nwith open({base} / {q('conf.toml')}, 'rb') as handle:\n    TOML = tomllib.load(handle)\nTOML_NAME = TOML['app']['name']",
                f"VERSIONS = [line.partition('==')[2] or line for line in ({base} / {q('requirements.txt')}).read_text().splitlines() if not line.startswith('#')]",
                f"for line in open({base} / {q('.env')}):\n    line = line.strip()\n    if not line or line.startswith('#') or '=' not in line:\n        continue\n    key, value = line.split('=', 1)\n    {environ}.setdefault(key.strip(), value.strip().strip('\"').strip(\"'\"))\nAFTER_ENV = {environ}.get('INLINE'), {environ}.get('QUOTED')",
                f"PATHS = ({base} / 'a' / 'b.tar.gz').suffixes, ({base} / 'x').relative_to({base}).as_posix(), ({base} / 'a/b').parts[-2:], [p.name for p in sorted({base}.glob('*.txt'))], ({base} / 'a').is_relative_to({base})",
                f"import os\nLISTED = sorted(name for name in os.listdir({base}) if name.endswith('.txt'))\nJOINED = os.path.join('a', '/b', 'c'), os.path.splitext('x.tar.gz'), os.path.basename('a/b/'), os.path.normpath('a/../b/./c')",
                # ── the environment ──
                f"PREFIXED = {{key[4:].lower(): value for key, value in {environ}.items() if key.startswith('APP_')}}",
                f"for key, value in sorted({environ}.items()):\n    if key.startswith(('APP_', 'CSRF_')):\n        globals()['ENV_' + key] = value",
                f"FLAGS = {{name: {environ}.get(name, '').lower() in {{'1', 'true', 'yes', 'on'}} for name in ('DEBUG', 'SECURE_SSL', {variable})}}",
                f"def from_env(name, default=None, cast=str):\n    value = {environ}.get(name)\n    if value is None:\n        return default\n    if cast is bool:\n        return value.lower() in ('1', 'true')\n    if cast is list:\n        return [part.strip() for part in value.split(',') if part.strip()]\n    try:\n        return cast(value)\n    except (TypeError, ValueError):\n        return default\nFROM_ENVS = from_env({variable}, {s}), from_env({variable}, cast=bool), from_env({variable}, [], list), from_env({variable}, {n}, int)",
                # ── statements ──
                f"command = [{s}, {n}, {{'k': {t}}}]\nmatch command:\n    case [str(name), int(count), {{'k': value}}] if count > 5:\n        COMMAND = name, value\n    case [str() as name, *rest]:\n        COMMAND = name, len(rest)\n    case _:\n        COMMAND = None",
                f"class Shape:\n    __match_args__ = ('kind', 'size')\n    def __init__(self, kind, size):\n        self.kind, self.size = kind, size\nmatch Shape({s}, {n}):\n    case Shape('box', _):\n        SHAPE = 'box'\n    case Shape(kind, size=0 | 1 as small):\n        SHAPE = kind, small\n    case Shape(size=size):\n        SHAPE = size",
                f"pending = list({strs})[:5]\nDONE = []\nwhile pending and (item := pending.pop(0)) != {q('stop')}:\n    DONE.append(item)\nelse:\n    DONE.append('all')",
                f"COMPARED = 1 < {n} <= 600 != 7, {s} == {t} == {s}, [1, 2] < [1, 3], (1, 'a') < (1, 'b'), not {s} or {t}, None is None",
                f"total: int = 0\nfor x in range(4):\n    for y in range(x):\n        if (x + y) % 3 == 0:\n            break\n        total += x * y\n    else:\n        total += 100\nTOTAL_OF_LOOPS = total",
            ]
        )
