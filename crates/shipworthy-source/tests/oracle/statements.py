"""Source of statements, made of the live values of the module they will stand in."""

import sys

from expressions import APPS, WORDS
from live import kind

# Python 3.12 hands out a copy of a module's names once a comprehension ended early (its PEP 709); others give the names themselves.
LOCALS, VARS = ("globals", "globals") if sys.version_info[:2] == (3, 12) else ("locals", "vars")

SETTINGS = {
    "bool": "DEBUG SECURE_SSL_REDIRECT SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE USE_TZ USE_I18N EMAIL_USE_TLS CORS_ALLOW_ALL_ORIGINS TESTING FEATURE_X".split(),
    "str": "SECRET_KEY STATIC_URL MEDIA_ROOT EMAIL_HOST LANGUAGE_CODE TIME_ZONE X_FRAME_OPTIONS DEFAULT_FROM_EMAIL SITE_NAME LOG_LEVEL ROOT_URLCONF EMAIL_HOST_PASSWORD _INTERNAL ENV".split(),
    "int": "SECURE_HSTS_SECONDS EMAIL_PORT SITE_ID WORKERS CACHE_TTL PAGE_SIZE CONN_MAX_AGE".split(),
    "float": "SAMPLE_RATE TIMEOUT".split(),
    "strs": "ALLOWED_HOSTS INSTALLED_APPS MIDDLEWARE CSRF_TRUSTED_ORIGINS LOCAL_APPS THIRD_PARTY_APPS INTERNAL_IPS STATICFILES_DIRS".split(),
    "list": "ADMINS MANAGERS TEMPLATES VALIDATORS EXTRA".split(),
    "dict": "DATABASES CACHES STORAGES LOGGING OPTIONS REST_FRAMEWORK FEATURES LIMITS".split(),
    "tuple": "SECURE_PROXY_SSL_HEADER LANGUAGES LOCALES".split(),
    "set": "TAGS ENABLED".split(),
    "path": "BASE_DIR ROOT STATIC_ROOT DATA_DIR".split(),
    "delta": "TOKEN_LIFETIME EXPIRY".split(),
    "none": "NOTHING SENTRY".split(),
    "bytes": "PREFIX SALT".split(),
}
HELPERS = "apps hosts options value key flag name count path items config extra helper_value _private".split()


class Function:
    """A function of the module: its name, the types of its parameters, how it may be called, what it returns."""

    def __init__(self, name, params, returns):
        self.name, self.params, self.returns = name, params, returns

    def call(self, maker, depth):
        """`params`: (name, type, required) each; type `*str` and `**str` stand for the rest."""
        parts = []
        for name, type_, required in self.params:
            if type_.startswith("**"):
                parts += [f"{key}={maker.expr(type_[2:], 0)}" for key in maker.rng.sample(["alpha", "beta", "gamma"], maker.rng.randint(0, 2))]
            elif type_.startswith("*"):
                parts += [maker.expr(type_[1:], 0) for _ in range(maker.rng.randint(0, 2))]
            elif required or maker.rng.random() < 0.5:
                if type_ == "variable":
                    source = maker.quote(maker.some_variable())
                else:
                    source = maker.expr(type_, min(depth, 1))
                keyword = not required or maker.rng.random() < 0.1 and not any(t.startswith("*") and not t.startswith("**") for _, t, _ in self.params)
                parts.append(f"{name}={source}" if keyword else source)
        positional = [part for part in parts if "=" not in part.split("(")[0].split('"')[0].split("'")[0] or "==" in part]
        return f"{self.name}({', '.join(positional + [part for part in parts if part not in positional])})"


class Statements:
    """Part of the maker."""

    def indent(self, text):
        return "\n".join("    " + line if line else line for line in text.split("\n"))

    def new_name(self, type_):
        rng = self.rng
        if rng.random() < 0.2:
            return rng.choice(HELPERS)
        return rng.choice(SETTINGS.get(type_, SETTINGS["str"]))

    def name_of(self, *types):
        """A live name that holds one of the types and may be changed."""
        names = [name for name, value in self.module.values() if kind(value) in types and name.isidentifier()]
        return self.rng.choice(names) if names else None

    def statement(self, depth=2):
        """Source of one statement, or None where the dice found nothing to work on."""
        return self.pick(
            [
                (14, self.assign),
                (7, self.mutate_list),
                (7, self.mutate_dict),
                (2, self.mutate_set),
                (4, self.augmented),
                (3, self.unpack),
                (2, self.alias),
                (8, lambda: self.branch(depth)),
                (5, lambda: self.loop(depth)),
                (2, lambda: self.while_loop(depth)),
                (3, lambda: self.match(depth)),
                (5, lambda: self.attempt(depth)),
                (2, lambda: self.with_open(depth)),
                (2, self.walrus),
                (2, self.delete),
                (2, self.dynamic),
                (2, self.odds),
                (1, self.class_settings),
            ]
        )

    def assign(self):
        rng = self.rng
        if self.env_style != "plain" and rng.random() < 0.35:
            type_ = rng.choice(["str", "int", "bool", "strs", "dict", "dict"])
            source = self.env_library(type_)
            return source and f"{self.new_name(type_)} = {source}"
        type_ = rng.choice(["str", "str", "str", "bool", "bool", "int", "strs", "strs", "dict", "dict", "list", "tuple", "path", "path", "float", "set", "none", "delta", "bytes", "any"])
        source = self.expr(type_, rng.choice([1, 2, 2, 3]))
        name = self.new_name(type_ if type_ != "any" else "str")
        if rng.random() < 0.08:
            annotation = {"str": "str", "int": "int", "bool": "bool", "strs": "list[str]", "dict": "dict"}.get(type_, "object")
            return f"{name}: {annotation} = {source}"
        return f"{name} = {source}"

    def alias(self):
        rng = self.rng
        if rng.random() < 0.5:
            type_ = rng.choice(["strs", "dict", "list", "set"])
            return f"{self.new_name(type_)} = {rng.choice(HELPERS)} = {self.expr(type_, 1)}"
        name = self.name_of("strs", "dict", "list", "set")
        return name and f"{self.new_name(kind(self.module.ns[name]))} = {name}"

    def unpack(self):
        rng = self.rng
        a, b = rng.sample(["FIRST", "SECOND", "key", "NAME_A", "NAME_B", "REST"], 2)
        return rng.choice(
            [
                f"{a}, {b} = {self.expr('any', 1)}, {self.expr('any', 1)}",
                f"{a}, *{b} = {self.expr('strs', 1)}",
                f"*{a}, {b} = {self.expr('strs', 1)}",
                f"({a}, {b}) = {self.atom('str', 1)}.partition({self.quote(',')})[::2]",
                f"[{a}, ({b}, *_)] = [1, {self.expr('strs', 0)}]",
                f"{a}, _, {b} = {self.atom('str', 1)}.partition({self.quote('=')})",
            ]
        )

    def augmented(self):
        rng = self.rng
        name = self.name_of("strs", "list", "str", "int", "dict", "set", "tuple", "float", "path")
        if name is None:
            return None
        value = self.module.ns[name]
        match kind(value):
            case "strs" | "list":
                return f"{name} += {rng.choice([self.expr('strs', 1), self.expr('tuple', 1), '[' + self.quote(rng.choice(APPS)) + ']'])}"
            case "str":
                return f"{name} += {self.expr('str', 1)}"
            case "int" | "float":
                return f"{name} {rng.choice(['+=', '-=', '*=', '//=', '%='])} {self.expr('int', 1)}"
            case "dict":
                return f"{name} |= {self.expr('dict', 1)}"
            case "set":
                return f"{name} {rng.choice(['|=', '&=', '-=', '^='])} {self.expr('set', 1)}"
            case "tuple":
                return f"{name} += {self.expr('tuple', 1)}"
            case "path":
                return f"{name} /= {self.quote('sub')}"
        return None

    def mutate_list(self):
        rng, q = self.rng, self.quote
        places = self.known("list")
        if not places:
            return None
        name = rng.choice(places)
        item = lambda: q(rng.choice(APPS + WORDS))
        live = self.module.eval(name, self.scope)
        inside = q(rng.choice([i for i in live if isinstance(i, str)])) if any(isinstance(i, str) for i in live) else item()
        return rng.choice(
            [
                f"{name}.append({item()})",
                f"{name}.append({self.expr('any', 1)})",
                f"{name}.extend({rng.choice([self.expr('strs', 1), self.expr('tuple', 1)])})",
                f"{name}.insert({rng.choice(['0', '1', '-1', '99'])}, {item()})",
                f"{name}.insert({name}.index({inside}) + 1, {item()})",
                f"{name}.remove({inside})",
                f"{name}.pop({rng.choice(['', '0', '-1'])})",
                f"POPPED = {name}.pop()",
                f"{name}[0] = {self.expr('any', 1)}",
                f"{name}[{rng.choice(['1:2', ':1', '0:0', '-1:', ':'])}] = {self.expr('strs', 1)}",
                f"del {name}[{rng.choice(['0', '-1', '1:', ':1'])}]",
                f"{name}.sort({rng.choice(['', 'reverse=True', 'key=str', 'key=len'])})",
                f"{name}.reverse()",
                f"{name}.clear()",
                f"{name} += [{item()}]" if name.isidentifier() else f"{name}.append({item()})",
                f"if {item()} not in {name}:\n    {name}.append({item()})",
                f"if {inside} in {name}:\n    {name}.remove({inside})",
            ]
        )

    def mutate_dict(self):
        rng, q = self.rng, self.quote
        places = self.known("dict")
        if not places:
            return None
        name = rng.choice(places)
        live = self.module.eval(name, self.scope)
        inside = q(rng.choice(list(live))) if live else q("a")
        new = q(rng.choice(["default", "OPTIONS", "a", "level", "handlers", "new"]))
        return rng.choice(
            [
                f"{name}[{new}] = {self.expr('any', 1)}",
                f"{name}[{new}] = {self.expr('any', 2)}",
                f"{name}[{inside}] = {self.expr('any', 1)}",
                f"{name}.setdefault({rng.choice([new, inside])}, {self.expr('any', 1)})",
                f"{name}.setdefault({new}, {{}})[{q('x')}] = {self.expr('any', 1)}",
                f"{name}.setdefault({new}, []).append({self.expr('str', 1)})",
                f"{name}.update({self.expr('dict', 1)})",
                f"{name}.update(a={self.expr('any', 1)}, b={self.expr('int', 0)})",
                f"{name}.update([({q('p')}, {self.expr('any', 0)})])",
                f"{name}.pop({rng.choice([inside, new])}{rng.choice([', None', ''])})",
                f"POPPED = {name}.pop({rng.choice([inside, new])}, {self.expr('any', 0)})",
                f"del {name}[{inside}]",
                f"{name} |= {self.expr('dict', 1)}" if name.isidentifier() else f"{name}.update({self.expr('dict', 1)})",
                f"LAST = {name}.popitem()",
                f"{name}[{new}], COPY = {self.expr('any', 0)}, dict({name})",
                f"if {new} in {name}:\n    {name}[{new}] = None\nelse:\n    {name}[{new}] = {self.expr('any', 1)}",
            ]
        )

    def mutate_set(self):
        name = self.name_of("set")
        if name is None or isinstance(self.module.ns[name], frozenset):
            return None
        return self.rng.choice([f"{name}.add({self.literal('str')})", f"{name}.discard({self.literal('str')})", f"{name}.update({self.expr('strs', 1)})", f"{name}.difference_update({self.expr('strs', 1)})", f"{name} = sorted({name})"])

    def block(self, depth, size=3):
        """A few statements for the inside of a compound one, tried out as they stand there."""
        made = [source for source in (self.statement(depth) for _ in range(self.rng.randint(1, size))) if source]
        return self.indent("\n".join(made) or self.rng.choice(["pass", "..."]))

    def condition(self):
        rng = self.rng
        flags = [name for name, value in self.module.values() if kind(value) == "bool"]
        if flags and rng.random() < 0.5:
            flag = rng.choice(flags)
            return rng.choice([flag, flag, f"not {flag}", f"{flag} is True", f"{flag} and {self.atom('bool', 0)}"])
        return self.expr(rng.choice(["bool", "bool", "bool", "str", "strs", "dict"]), 2)

    def branch(self, depth):
        if depth <= 0:
            return self.assign()
        rng = self.rng
        parts = [f"if {self.condition()}:\n{self.block(depth - 1)}"]
        for _ in range(rng.choice([0, 0, 0, 1, 2])):
            parts.append(f"elif {self.condition()}:\n{self.block(depth - 1)}")
        if rng.random() < 0.5:
            parts.append(f"else:\n{self.block(depth - 1)}")
        return "\n".join(parts)

    def scoped(self, make, **names):
        before = dict(self.scope)
        self.scope.update(names)
        try:
            return make()
        finally:
            self.scope.clear()
            self.scope.update(before)

    def loop(self, depth):
        rng = self.rng
        shape = rng.choice(["strs", "strs", "items", "enumerate", "range", "zip"])
        target = self.name_of("list", "strs")
        table = self.name_of("dict")
        sink = [f"{target}.append({{}})" if target else "SEEN = {}", f"{table}[str({{}})] = {{}}" if table else "SEEN = {}", "SEEN = {}"]
        body = lambda value: rng.choice(sink).replace("{}", value)
        strs = self.expr("strs", 1)
        strs = f"list({strs})" if strs.isidentifier() else strs
        match shape:
            case "strs":
                head, inner = f"for app in {strs}", self.scoped(lambda: body(self.expr("str", 1)), app="shop")
            case "items":
                head, inner = f"for key, item in list({self.expr('dict', 1)}.items())", body(rng.choice(["key", "item", "(key, item)", "f'{key}!'"]))
            case "enumerate":
                head, inner = f"for index, app in enumerate({strs}{rng.choice(['', ', 1'])})", body(rng.choice(["app", "index", "app * index"]))
            case "range":
                head, inner = f"for index in range({rng.choice(['3', '1, 4', '4, 0, -1', '0'])})", body(rng.choice(["index", "index * 10", "str(index)"]))
            case _:
                head, inner = f"for app, index in zip({strs}, {self.expr('strs', 0)})", body(rng.choice(["app", "(app, index)"]))
        lines = [inner]
        if rng.random() < 0.4:
            lines.insert(0, f"if {self.scoped(lambda: self.expr('bool', 1), app='shop') if shape == 'strs' else 'len(str(' + rng.choice(['key', 'item'] if shape == 'items' else ['index']) + ')) > 3'}:\n    {rng.choice(['continue', 'break', 'pass', 'HIT = True'])}")
        if depth > 0 and rng.random() < 0.2:
            lines.append(self.statement(0) or "pass")
        source = head + ":\n" + self.indent("\n".join(lines))
        if rng.random() < 0.15:
            source += "\nelse:\n" + self.indent("COMPLETE = True")
        return source

    def while_loop(self, depth):
        rng = self.rng
        target = self.name_of("strs", "list")
        body = f"    {target}.append(count)" if target else "    TOTAL = count"
        return rng.choice(
            [
                f"count = {rng.choice('0123')}\nwhile count < {rng.choice('2345')}:\n{body}\n    count += 1",
                f"count = 5\nwhile True:\n    count -= 1\n    if count == 2:\n        continue\n    if count < 1:\n        break\n{body}\nelse:\n    NEVER = 1",
                f"queue = {self.expr('strs', 1)}[:4]\nwhile queue:\n    LAST = queue.pop()\n    if LAST == {self.literal('str')}:\n        break\nelse:\n    DRAINED = True",
                f"while (count := len(HISTORY) if 'HISTORY' in globals() else 3) < 3:\n    break\nCOUNTED = count",
            ]
        )

    def match(self, depth):
        rng, q = self.rng, self.quote
        subject = self.expr("any", 2)
        cases = rng.sample(
            [
                f"case {q('prod')} | {q('production')}:",
                f"case {q(rng.choice(['', 'debug', '1']))}:",
                "case None:",
                "case True | False:",
                "case int() as number if number > 3:",
                "case str(text) if text.isdigit():",
                "case str():",
                "case [only]:",
                "case [first, *rest]:",
                "case (first, second):",
                f"case {{{q('a')}: found}}:",
                f"case {{{q('level')}: str(found), **others}}:",
                "case {}:",
                "case list() | tuple():",
                "case -1 | 0 | 1.0:",
            ],
            rng.randint(1, 4),
        )
        bound = {"number": "number", "text": "text", "only": "only", "first": "first", "second": "first", "found": "found"}
        parts = []
        for case in cases:
            captured = next((name for word, name in bound.items() if word in case), None)
            extra = "rest" if "*rest" in case else "others" if "others" in case else None
            parts.append(f"{case}\n    MATCHED = {extra or captured or q(case[5:9].strip())}")
        if rng.random() < 0.7:
            parts.append(f"case {rng.choice(['_', 'other'])}:\n{self.block(0, 1)}")
        return f"match {subject}:\n" + self.indent("\n".join(parts))

    def attempt(self, depth):
        rng, q = self.rng, self.quote
        environ = self.use("os.environ")
        risky, error = rng.choice(
            [
                (f"VALUE = {environ}[{q(self.some_variable())}]", "KeyError"),
                (f"NUMBER = int({self.expr('str', 1)})", "ValueError"),
                (f"NUMBER = int({environ}.get({q(self.some_variable())}))", rng.choice(["TypeError", "(TypeError, ValueError)", "ValueError"])),
                (f"PARTS = {environ}.get({q(self.some_variable())}).split({q(',')})", "AttributeError"),
                ("from . import local_missing" if "." in self.module.name else "import local_missing", "ImportError"),
                ("from .local_settings import *" if "." in self.module.name else "from local_settings import *", "ImportError"),
                (f"VALUE = {self.expr('dict', 1)}[{q('missing')}]", "KeyError"),
                (f"VALUE = {self.expr('strs', 1)}[{rng.choice('0379')}]", "IndexError"),
                (f"PARSED = {self.use('json')}.loads({environ}.get({q('OPTIONS_JSON')}, {q('{}')}))", rng.choice(["ValueError", "Exception", f"{self.use('json')}.JSONDecodeError"])),
                (f"TEXT = open({self.use('os.path')}.join({self.base_str()}, {q('missing.txt')})).read()", rng.choice(["FileNotFoundError", "OSError", "IOError"])),
                (f"TEXT = ({self.base_dir()} / {q(self.some_file())}).read_text()", rng.choice(["FileNotFoundError", "OSError"])),
                (f"if {self.condition()}:\n    raise {rng.choice(['ValueError', 'RuntimeError', self.use('ImproperlyConfigured')])}({self.expr('str', 1)})\nOKAY = 1", "Exception as error"),
                (f"RATIO = 1 / {self.expr('int', 1)}", "ZeroDivisionError"),
                ("UNDEFINED_NAME", "NameError"),
                ("assert not " + self.atom("any", 1), "AssertionError"),
                (f"{self.expr('strs', 1)}.remove({q('nothing')})", "ValueError"),
                (f"A, B = {self.expr('strs', 1)}", "ValueError"),
            ]
        )
        if error == "KeyError" and rng.random() < 0.2:
            error = "(KeyError, ValueError)"
        handler = self.block(min(depth - 1, 1), 2)
        if " as error" in error and rng.random() < 0.6:
            handler += "\n    REASON = str(error)" if rng.random() < 0.7 else "\n    REASON = type(error).__name__"
        source = f"try:\n{self.indent(risky)}\nexcept {error}:\n{handler}"
        if rng.random() < 0.15:
            source += f"\nexcept {rng.choice(['Exception', '(TypeError, OSError)'])}:\n    OTHERWISE = True"
        if rng.random() < 0.2:
            source += f"\nelse:\n{self.block(0, 1)}"
        if rng.random() < 0.15:
            source += f"\nfinally:\n{self.block(0, 1)}"
        if rng.random() < 0.1:
            source = f"with {self.use('contextlib.suppress')}({error.replace(' as error', '').strip('()')}):\n{self.indent(risky)}"
        return source

    def with_open(self, depth):
        rng, q = self.rng, self.quote
        where = rng.choice([lambda: f"{self.use('os.path')}.join({self.base_str()}, {{}})", lambda: f"{self.base_dir()} / {{}}"])()
        name = rng.choice(["handle", "f"])
        text = q(self.some_text_file())
        reader = rng.choice([lambda t: f"open({where.format(t)})", lambda t: f"open({where.format(t)}, {q('r')}, encoding={q('utf-8')})", lambda t: f"({self.base_dir()} / {t}).open()"])
        return rng.choice(
            [
                f"with {reader(text)} as {name}:\n    CONTENT = {name}.read(){rng.choice(['', '.strip()', '.splitlines()'])}",
                f"with {reader(text)} as {name}:\n    LINES = [line.strip() for line in {name}]",
                f"with {reader(text)} as {name}:\n    LINES = {name}.readlines()\n    FIRST_LINE = LINES[0]",
                f"with {reader(q('config/options.json'))} as {name}:\n    LOADED = {self.use('json')}.load({name})",
                f"with {reader(q('.env'))} as {name}:\n    for line in {name}:\n        if {q('=')} in line and not line.startswith({q('#')}):\n            key, _, value = line.strip().partition({q('=')})\n            {self.use('os.environ')}.setdefault(key, value)",
            ]
        )

    def walrus(self):
        q = self.quote
        variable = q(self.some_variable())
        return self.rng.choice(
            [
                f"if (raw := {self.use('os.environ')}.get({variable})):\n    FROM_ENV = raw\nelse:\n    FROM_ENV = {self.expr('any', 1)}",
                f"if raw := {self.expr('str', 1)}:\n    SEEN = raw.upper()",
                f"CHOSEN = [short for app in {self.expr('strs', 1)} if (short := app[:2])]",
                f"SIZE = (total := len({self.expr('strs', 1)})) + total",
            ]
        )

    def delete(self):
        name = self.name_of("str", "int", "strs", "dict", "none", "bool")
        return name and f"del {name}"

    def dynamic(self):
        rng, q = self.rng, self.quote
        sys = self.use("sys")
        name = self.new_name("str")
        value = self.expr("any", 1)
        some = self.name_of("str", "bool", "strs", "int") or "__name__"
        return rng.choice(
            [
                f"globals()[{q(name)}] = {value}",
                f"globals().update({self.expr('dict', 1)})",
                f"globals().update({{{q(name)}: {value}}})",
                f"{LOCALS}()[{q(name)}] = {value}",
                f"{VARS}()[{q(name)}] = {value}",
                f"setattr({sys}.modules[__name__], {q(name)}, {value})",
                f"{name} = globals().get({q(some)}, {value})",
                f"{name} = getattr({sys}.modules[__name__], {q(rng.choice([some, 'ABSENT']))}, {value})",
                f"HAS = hasattr({sys}.modules[__name__], {q(rng.choice([some, 'ABSENT']))})",
                f"if {q(name)} not in globals():\n    {name} = {value}",
                f"for key in [key for key in {self.use('os.environ')} if key.startswith({q('APP_')})]:\n    globals()[key] = {self.use('os.environ')}[key]",
                f"FOUND = {{key: {self.use('os.environ')}[key] for key in sorted({self.use('os.environ')}) if key.startswith({q('APP_')})}}",
                f"{self.use('os.environ')}[{q(self.some_variable())}] = {self.expr('str', 1)}",
                f"{self.use('os.environ')}.pop({q(self.some_variable())}, None)",
            ]
        )

    def odds(self):
        rng, q = self.rng, self.quote
        return rng.choice(
            [
                lambda: f"print({self.expr('any', 1)})",
                lambda: f"{self.use('logging')}.getLogger(__name__).warning({q('x')})",
                lambda: f"assert {self.expr('any', 1)} is not Ellipsis",
                lambda: f"NAME = {self.use('gettext_lazy')}({q('German')})",
                lambda: f"LANGUAGES = [({q('de')}, {self.use('gettext_lazy')}({q('German')})), ({q('en')}, {self.use('gettext_lazy')}({q('English')}))]",
                lambda: f"{self.use('dotenv.load_dotenv')}({rng.choice(['', str(self.base_dir()) + ' / ' + q('.env')])})",
                lambda: f"DOTENV = dict({self.use('dotenv.dotenv_values')}({self.base_dir()} / {q('.env')}))",
                lambda: f"ORDERED = {self.use('collections.OrderedDict')}([({q('b')}, 1), ({q('a')}, {self.expr('any', 1)})])",
                lambda: f"GROUPS = {self.use('collections.defaultdict')}(list)\nfor app in {self.expr('strs', 1)}:\n    GROUPS[app[:1]].append(app)",
                lambda: f"twice = {self.use('functools.partial')}(int, base={rng.choice(['2', '16'])})\nTWICE = twice({q('101')})",
                lambda: f"COPY = {self.use('copy')}.deepcopy({self.name_of('dict', 'list', 'strs') or '[]'})",
                lambda: f"SECURE_CSP = {{{q('default-src')}: [{self.use('CSP')}.SELF, {self.use('CSP')}.NONCE]}}",
                lambda: f"{self.use('warnings')}.filterwarnings({q('ignore')})",
                lambda: '"""A docstring in the middle."""',
                lambda: f"ZIPPED = dict(zip([{q('a')}, {q('b')}], {self.expr('strs', 1)}))",
            ]
        )()

    def class_settings(self):
        rng, q = self.rng, self.quote
        return rng.choice(
            [
                f"class Defaults:\n    HOST = {self.expr('str', 1)}\n    PORT = {self.expr('int', 1)}\n    HOSTS = [HOST]\n\nCLASS_HOST = Defaults.HOST\nCLASS_PORT = Defaults().PORT",
                f"class Base:\n    debug = {self.expr('bool', 1)}\n    def __init__(self, name, size=2):\n        self.name = name\n        self.size = size\n    def label(self):\n        return f'{{self.name}}-{{self.size}}'\n    @property\n    def twice(self):\n        return self.size * 2\n\nclass Child(Base):\n    debug = not Base.debug\n    def __init__(self, name):\n        super().__init__(name.upper(), size={self.expr('int', 1)})\n\nchild = Child({self.expr('str', 1)})\nLABEL = child.label()\nTWICE = child.twice\nCHILD_DEBUG = child.debug",
                f"class Names:\n    prefix = {self.literal('str')}\n    @classmethod\n    def make(cls, name):\n        return cls.prefix + name\n    @staticmethod\n    def short(name):\n        return name[:3]\n\nMADE = Names.make({self.expr('str', 1)})\nSHORT = Names.short(MADE)",
                f"class Settings:\n    ALPHA = {self.expr('any', 1)}\n    BETA = {self.expr('any', 1)}\n\nfor key in dir(Settings):\n    if key.isupper():\n        globals()[key] = getattr(Settings, key)",
            ]
        )
