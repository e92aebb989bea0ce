"""Source of expressions of a wanted type, made of the live values of the module they will stand in."""

from live import kind

WORDS = """app core shop blog default cache redis memcached db web api auth admin static media mail site news user prod staging
local test DEBUG info WARNING localhost example.com www.example.com 127.0.0.1 * .example.org https://example.com true False 0 1
on off yes no None utf-8 en-us de UTC a B x-y a,b,c k=v one two three four""".split()
TEXTS = ["", " ", "  padded ", "a,b,c", "a, b ,c", "key=value", "x" * 12, "Grüße", "line\nbreak", "100%", "a/b/c", "{0}", "tab\tbed", "MiXeD", "ß", "it's", 'q"q']
HOSTS = ["example.com", "www.example.com", ".example.org", "localhost", "127.0.0.1", "[::1]", "*"]
APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles", "shop", "blog.apps.BlogConfig", "rest_framework"]


class Expressions:
    """Makes expressions. `self.rng` is the dice, `self.module` the module in the making, `self.scope` the local names
    with sample values of the function or comprehension around."""

    def literal(self, type_):
        rng = self.rng
        match type_:
            case "str":
                return self.quote(rng.choice(WORDS + TEXTS))
            case "int":
                return rng.choice(["0", "1", "2", "3", "-1", "7", "10", "60", "600", "3600", "31536000", "0o644", "0xff", "1_000", "-5"])
            case "float":
                return rng.choice(["0.0", "0.5", "1.0", "2.5", "1e3", "-0.25", "0.1", "1e-3"])
            case "bool":
                return rng.choice(["True", "False"])
            case "none":
                return "None"
            case "bytes":
                return rng.choice(['b"abc"', 'b""', 'b"\\x00\\xff"', "b'k=v'"])
            case "strs":
                pool = rng.choice([HOSTS, APPS, WORDS])
                return self.bracket("[", [self.quote(item) for item in rng.sample(pool, rng.randint(1, 4))], "]")
            case "set":
                return "{" + ", ".join(self.quote(item) for item in rng.sample(WORDS, rng.randint(1, 3))) + "}"
            case "path":
                return f"{self.use('pathlib.Path')}({self.quote(rng.choice(['/srv/app', '/var/www', 'rel/dir', '.', '/', '/srv//a/../b', 'a.tar.gz']))})"
            case "delta":
                unit = rng.choice(["days", "hours", "minutes", "seconds", "weeks", "milliseconds"])
                return f"{self.use('datetime.timedelta')}({unit}={rng.choice(['1', '5', '0.5', '90', '-2'])})"
        return None

    def quote(self, text):
        rng = self.rng
        if "\n" in text or "\t" in text or rng.random() < 0.7:
            plain = repr(text)
            return '"' + plain[1:-1] + '"' if plain[0] == "'" and '"' not in plain and rng.random() < 0.6 else plain
        if rng.random() < 0.3 and '"' not in text and text and text[-1] != "\\":
            return 'r"' + text + '"' if "\\" not in text else repr(text)
        if rng.random() < 0.2 and len(text) > 3 and "\\" not in text and "'" not in text and '"' not in text:
            middle = len(text) // 2
            return f'"{text[:middle]}" "{text[middle:]}"'
        return repr(text)

    def bracket(self, left, items, right):
        if len(items) > 2 and self.rng.random() < 0.5:
            inner = "".join(f"    {item},\n" for item in items)
            return f"{left}\n{inner}{right}"
        tail = "," if right == ")" and len(items) == 1 else ""
        return left + ", ".join(items) + tail + right

    def known(self, type_):
        """Sources of live values of a type: names, and places inside of containers."""
        found = []
        for name, sample in self.scope.items():
            self.reach(name, sample, type_, found, 2)
        if not self.only_scope:
            for name, value in self.module.values():
                self.reach(name, value, type_, found, 3)
        return found

    def reach(self, source, value, type_, found, depth):
        if kind(value) == type_ or type_ == "any" or (type_ == "list" and kind(value) == "strs"):
            found.append(source)
        if depth == 0 or len(found) > 150:
            return
        if isinstance(value, dict):
            for key, inner in list(value.items())[:6]:
                if type(key) in (str, int, bool):
                    self.reach(f"{source}[{key!r}]", inner, type_, found, depth - 1)
        elif isinstance(value, (list, tuple)) and value and kind(value) != "other":
            index = self.rng.randrange(len(value))
            self.reach(f"{source}[{self.rng.choice([index, index - len(value)])}]", value[index], type_, found, depth - 1)

    def expr(self, type_, depth=2):
        """An expression of the type; falls back to a literal."""
        rng = self.rng
        for _ in range(4):
            roll = rng.random()
            if depth <= 0 or roll < 0.25:
                known = self.known(type_) if roll < 0.18 or depth <= 0 and roll < 0.7 else []
                source = rng.choice(known) if known else self.literal(type_)
            else:
                source = self.compound(type_, depth - 1)
            source = source or self.simple(type_)
            if source and self.holds(source, type_):
                return source
        return self.simple(type_)

    def simple(self, type_):
        source = self.literal(type_)
        if source:
            return source
        match type_:
            case "list":
                return "[]"
            case "dict" | "anydict":
                return "{}"
            case "tuple":
                return "()"
        return "None"

    def holds(self, source, type_):
        try:
            value = self.module.eval(source, self.scope)
            if len(repr(value)) > 600:
                return False
        except Exception:
            return False
        return type_ == "any" or kind(value) == type_ or (type_ == "list" and kind(value) == "strs") or (type_ == "strs" and value == [])

    def compound(self, type_, depth):
        table = getattr(self, "make_" + type_, None)
        if table is None:
            return None
        return self.pick(table(depth))

    def pick(self, table):
        weights = [weight for weight, _ in table]
        _, make = self.rng.choices(table, weights)[0]
        return make() if callable(make) else make

    def e(self, type_, depth):
        return self.expr(type_, depth)

    def atom(self, type_, depth):
        """An expression that binds tighter than any operator."""
        source = self.expr(type_, depth)
        if source.isidentifier() or (source[0] in "\"'[{(" and source[-1] in "\"']})" and self.is_one(source)):
            return source
        return f"({source})"

    @staticmethod
    def is_one(source):
        import ast

        try:
            node = ast.parse(source, mode="eval").body
        except SyntaxError:
            return False
        return isinstance(node, (ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.Set, ast.JoinedStr, ast.ListComp)) and not (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and len(source) > len(repr(node.value)) + 1
        )

    def any_type(self):
        return self.rng.choice(["str", "str", "str", "int", "bool", "float", "none", "strs", "dict", "tuple", "path", "bytes", "list", "set", "delta"])

    # --- by type ------------------------------------------------------------------------------------------------

    def make_str(self, d):
        e, a, q, rng = self.e, self.atom, self.quote, self.rng
        sub = lambda: rng.choice(["a", "e", ",", ".", "/", "x", "DEBUG", "o"])
        return [
            (6, lambda: self.environ_str(d)),
            (6, lambda: self.fstring(d)),
            (4, lambda: f"{a('str', d)} + {a('str', d)}"),
            (4, lambda: f"{a('str', d)}.{rng.choice(['lower', 'upper', 'strip', 'title', 'capitalize', 'swapcase', 'casefold', 'lstrip', 'rstrip'])}()"),
            (2, lambda: f"{a('str', d)}.{rng.choice(['strip', 'lstrip', 'rstrip'])}({q(rng.choice(['/', 'a', ' ,', 'xyz']))})"),
            (3, lambda: f"{a('str', d)}.replace({q(sub())}, {q(rng.choice(['', '-', '_', 'zz']))}{rng.choice(['', '', ', 1'])})"),
            (3, lambda: f"{q(rng.choice([',', ' ', '/', '']))}.join({e('strs', d)})"),
            (2, lambda: f"{a('str', d)}.split({q(sub())})[{rng.choice(['0', '-1'])}]"),
            (1, lambda: f"{a('str', d)}.{rng.choice(['partition', 'rpartition'])}({q(sub())})[{rng.choice(['0', '1', '2', '-1'])}]"),
            (2, lambda: f"{q(rng.choice(['%s', 'a-%s', '%s/x', '%5s|', '%-4s|', '%r']))} % {a(rng.choice(['str', 'int']), d)}"),
            (2, lambda: f"{q(rng.choice(['%s:%s', '%s-%05d', '%s/%d', '%.3s=%i', '%%%s%x']))} % ({e('str', d)}, {e('int', d)})"),
            (1, lambda: f"{q(rng.choice(['%(a)s', '%(a)s-%(b)s', '%(b)s']))} % {{'a': {e('str', d)}, 'b': {e('any', d)}}}"),
            (2, lambda: f"{q(rng.choice(['{}', '{}-x', '<{}>', '{!r}', '{:>8}', '{:*^9}', '{0}{0}']))}.format({e('str', d)})"),
            (1, lambda: f"{q(rng.choice(['{a}/{b}', '{b}{a}', '{a[0]}']))}.format(a={e('str', d)}, b={e('int', d)})"),
            (1, lambda: f"{q(rng.choice(['{:05d}', '{:,}', '{:x}', '{:+d}', '{:b}', '{:>6}']))}.format({e('int', d)})"),
            (2, lambda: f"{a('str', d)}[{rng.choice([':3', '1:', '-3:', ':-1', '::2', '::-1', '0:0', '2:5'])}]"),
            (2, lambda: f"str({e(self.any_type(), d)})" if rng.random() < 0.6 else f"str({e('int', d)})"),
            (1, lambda: f"repr({e(rng.choice(['str', 'int', 'strs', 'float', 'bool']), d)})"),
            (3, lambda: f"{a('str', d)} if {e('bool', d)} else {a('str', d)}"),
            (3, lambda: f"{a('str', d)} or {a('str', d)}"),
            (1, lambda: f"{a('str', d)} and {a('str', d)}"),
            (2, lambda: f"{a('dict', d)}.get({q(rng.choice(WORDS))}, {e('str', d)})"),
            (1, lambda: f"{{{q('a')}: {e('str', d)}, {q('b')}: {e('str', d)}}}[{q(rng.choice('ab'))}]"),
            (1, lambda: f"{a('str', d)} * {rng.choice('0123')}"),
            (1, lambda: f"{a('str', d)}.{rng.choice(['removeprefix', 'removesuffix'])}({q(sub())})"),
            (1, lambda: f"{a('str', d)}.{rng.choice(['zfill(8)', 'center(9)', 'ljust(6)', 'rjust(7, chr(42))', 'expandtabs()', 'center(8, chr(45))'])}"),
            (1, lambda: f"{a('bytes', d)}.decode({rng.choice(['', q('utf-8'), q('latin-1')])})"),
            (3, lambda: self.path_str(d)),
            (3, lambda: self.call("str", d)),
            (1, lambda: f"next(({self.loop_var()} for {self.loop_var()} in {e('strs', d)} if {self.loop_var()}), {e('str', d)})"),
            (1, lambda: f"{rng.choice(['max', 'min'])}({e('strs', d)})"),
            (1, lambda: f"{rng.choice(['max', 'min'])}({e('strs', d)}, key=len)"),
            (1, lambda: f"type({e(self.any_type(), d)}).__name__"),
            (1, lambda: f"(lambda {rng.choice(['s', 'v'])}={e('str', d)}: {q('<')} + {rng.choice(['s', 'v'])})()"),
            (2, lambda: self.library_str(d)),
        ]

    def make_int(self, d):
        e, a, rng = self.e, self.atom, self.rng
        return [
            (4, lambda: f"{a('int', d)} {rng.choice(['+', '-', '*', '+', '*', '//', '%', '&', '|', '^', '<<', '>>'])} {a('int', d)}"),
            (1, lambda: f"{a('int', d)} ** {rng.choice('0123')}"),
            (1, lambda: f"{rng.choice(['-', '+', '~'])}{a('int', d)}"),
            (4, lambda: f"int({e('str', d)})"),
            (3, lambda: f"int({self.environ_int()})"),
            (1, lambda: f"int({e(rng.choice(['float', 'bool', 'int']), d)})"),
            (1, lambda: f"int({self.quote(rng.choice(['ff', '0x1f', '077', ' 12 ', '1_0']))}, {rng.choice(['16', '0', '8'])})"),
            (3, lambda: f"len({e(rng.choice(['str', 'strs', 'dict', 'list', 'set', 'tuple', 'bytes']), d)})"),
            (1, lambda: f"sum({rng.choice(['[1, 2, 3]', 'range(4)', '(5, 6)', '[]'])})"),
            (1, lambda: f"sum(len({self.loop_var()}) for {self.loop_var()} in {e('strs', d)})"),
            (1, lambda: f"{rng.choice(['max', 'min'])}({e('int', d)}, {e('int', d)})"),
            (1, lambda: f"{a('str', d)}.{rng.choice(['find', 'count', 'rfind'])}({self.quote(rng.choice('ae,/'))})"),
            (1, lambda: f"{a('strs', d)}.{rng.choice(['index', 'count'])}({self.quote(rng.choice(HOSTS))})"),
            (2, lambda: f"{a('int', d)} if {e('bool', d)} else {a('int', d)}"),
            (1, lambda: f"round({e('float', d)})"),
            (1, lambda: f"abs({e('int', d)})"),
            (1, lambda: f"divmod({e('int', d)}, {rng.choice('357')})[{rng.choice('01')}]"),
            (1, lambda: f"ord({self.quote(rng.choice(['a', 'Z', 'ß']))})"),
            (2, lambda: self.call("int", d)),
            (1, lambda: self.library_int(d)),
        ]

    def make_float(self, d):
        e, a, rng = self.e, self.atom, self.rng
        return [
            (2, lambda: f"{a('int', d)} / {a('int', d)}"),
            (2, lambda: f"{a('float', d)} {rng.choice(['+', '-', '*', '/', '//', '%'])} {a(rng.choice(['float', 'int']), d)}"),
            (2, lambda: f"float({rng.choice([e('str', d), e('int', d), self.quote('1.5'), self.quote('1e3')])})"),
            (1, lambda: f"round({e('float', d)}, {rng.choice('012')})"),
            (1, lambda: f"{a('delta', d)}.total_seconds()"),
        ]

    def make_bool(self, d):
        e, a, q, rng = self.e, self.atom, self.quote, self.rng
        truthy = lambda: q(rng.choice(["1", "true", "True", "yes", "on"]))
        return [
            (5, lambda: f"{self.environ_str(0)} == {truthy()}"),
            (3, lambda: f"{self.environ_str(0)}.lower() in ({truthy()}, {truthy()}, {q('y')})"),
            (1, lambda: f"{self.environ_str(0)}.lower() {rng.choice(['in', 'not in'])} {rng.choice(['[{}, {}]', '{{{}, {}}}']).format(truthy(), truthy())}"),
            (3, lambda: f"{a('str', d)} {rng.choice(['==', '!=', '<', '>=', 'in', 'not in'])} {a('str', d)}"),
            (3, lambda: f"{a('int', d)} {rng.choice(['==', '!=', '<', '>=', '>', '<='])} {a('int', d)}"),
            (1, lambda: f"0 {rng.choice(['<', '<='])} {a('int', d)} {rng.choice(['<', '<=', '!='])} {a('int', d)}"),
            (3, lambda: f"{a('str', d)} in {a('strs', d)}"),
            (2, lambda: f"{q(rng.choice(WORDS))} {rng.choice(['in', 'not in'])} {a('dict', d)}"),
            (3, lambda: f"not {a(self.any_type(), d)}"),
            (3, lambda: f"bool({e(self.any_type(), d)})"),
            (3, lambda: f"{a('bool', d)} {rng.choice(['and', 'or'])} {a('bool', d)}"),
            (2, lambda: f"{a('bool', d)} if {e('bool', d)} else {a('bool', d)}"),
            (2, lambda: f"{a('str', d)}.{rng.choice(['startswith', 'endswith'])}({rng.choice([q('a'), q('d'), '(' + q('a') + ', ' + q('.com') + ')'])})"),
            (1, lambda: f"{a('str', d)}.{rng.choice(['isdigit', 'isalpha', 'isupper', 'islower', 'isspace', 'isidentifier', 'isalnum', 'isnumeric', 'istitle'])}()"),
            (2, lambda: f"isinstance({e('any', d)}, {rng.choice(['str', 'int', 'bool', 'list', 'dict', '(list, tuple)', 'bytes', 'float'])})"),
            (2, lambda: f"{e('any', d)} is {rng.choice(['', 'not '])}None"),
            (2, lambda: f"{rng.choice(['any', 'all'])}({self.loop_var()}{rng.choice(['', '.startswith(' + q('d') + ')'])} for {self.loop_var()} in {e('strs', d)})"),
            (1, lambda: f"{a('strs', d)} == {a('strs', d)}"),
            (1, lambda: f"{a('set', d)} {rng.choice(['<=', '==', '>', '!='])} {a('set', d)}"),
            (3, lambda: f"{q(self.some_variable())} {rng.choice(['in', 'not in'])} {self.use('os.environ')}"),
            (3, lambda: self.path_bool(d)),
            (2, lambda: self.world_bool()),
            (2, lambda: self.call("bool", d)),
            (1, lambda: self.library_bool(d)),
        ]

    def make_strs(self, d):
        e, a, q, rng = self.e, self.atom, self.quote, self.rng
        v = self.loop_var
        return [
            (4, lambda: f"{self.environ_str(0)}.split({q(',')})"),
            (3, lambda: f"[{v()}.strip() for {v()} in {self.environ_str(0)}.split({q(',')}){rng.choice(['', ' if ' + v(), ' if ' + v() + '.strip()'])}]"),
            (3, lambda: f"{a('strs', d)} + {a('strs', d)}"),
            (2, lambda: f"[*{a('strs', d)}, {e('str', d)}]"),
            (2, lambda: f"[{e('str', d)}, *{a('strs', d)}]"),
            (2, lambda: f"[{e('str', d)}, {e('str', d)}]"),
            (2, lambda: f"list({e('strs', d)})"),
            (1, lambda: f"list({a('dict', d)}{rng.choice(['', '.keys()'])})"),
            (2, lambda: f"sorted({e('strs', d)}{rng.choice(['', ', reverse=True', ', key=len', ', key=str.lower', ', key=lambda s: (len(s), s)'])})"),
            (1, lambda: f"sorted({e('set', d)})"),
            (3, lambda: self.with_loop(lambda: f"[{self.e('str', d)} for {v()} in {{items}}{rng.choice(['', ' if ' + self.e('bool', d)])}]", d)),
            (1, lambda: f"[{v()} + {q('-')} + w for {v()} in {e('strs', d)} for w in {e('strs', 0)}][:5]"),
            (2, lambda: f"{a('strs', d)}[{rng.choice([':2', '1:', '-1:', '::-1', '::2', ':-1'])}]"),
            (1, lambda: f"{a('str', d)}.{rng.choice(['split', 'rsplit'])}({rng.choice(['', q(','), q(' '), 'None, 1', q('.') + ', 1'])})"),
            (1, lambda: f"{a('str', d)}.splitlines()"),
            (1, lambda: f"list({rng.choice(['map', 'filter'])}({rng.choice(['str.strip', 'str.upper', 'lambda s: s[:2]', 'str'])}, {e('strs', d)}))"),
            (1, lambda: f"list(filter(None, {e('strs', d)}))"),
            (1, lambda: f"list(reversed({e('strs', d)}))"),
            (1, lambda: f"list(dict.fromkeys({e('strs', d)}))"),
            (1, lambda: f"{a('strs', d)} * {rng.choice('012')}"),
            (2, lambda: f"{a('strs', d)} if {e('bool', d)} else {a('strs', d)}"),
            (1, lambda: f"{a('strs', d)} or {a('strs', d)}"),
            (2, lambda: self.call("strs", d)),
            (1, lambda: f"{a('strs', d)}.copy()"),
            (1, lambda: self.library_strs(d)),
        ]

    def make_list(self, d):
        e, a, q, rng = self.e, self.atom, self.quote, self.rng
        return [
            (3, lambda: self.bracket("[", [e(self.any_type(), d) for _ in range(rng.randint(0, 3))], "]")),
            (2, lambda: f"[{e('dict', d)}]"),
            (1, lambda: f"list({e('tuple', d)})"),
            (1, lambda: f"list(range({rng.choice(['3', '1, 4', '0, 10, 3', '5, 0, -2'])}))"),
            (1, lambda: f"list(zip({e('strs', d)}, {rng.choice(['range(3)', e('strs', d)])}))"),
            (1, lambda: f"list(enumerate({e('strs', d)}{rng.choice(['', ', 1', ', start=2'])}))"),
            (1, lambda: f"list({a('dict', d)}.{rng.choice(['items', 'values'])}())"),
            (1, lambda: f"[{self.loop_var()} * 2 for {self.loop_var()} in range({rng.choice('234')}){rng.choice(['', ' if ' + self.loop_var() + ' % 2'])}]"),
            (1, lambda: f"[({self.loop_var()}, len({self.loop_var()})) for {self.loop_var()} in {e('strs', d)}]"),
        ]

    def make_tuple(self, d):
        e, a, rng = self.e, self.atom, self.rng
        return [
            (3, lambda: self.bracket("(", [e(self.any_type(), d) for _ in range(rng.randint(1, 3))], ")")),
            (2, lambda: f"({self.quote('HTTP_X_FORWARDED_PROTO')}, {self.quote('https')})"),
            (1, lambda: f"tuple({e('strs', d)})"),
            (1, lambda: f"{a('tuple', d)} + {a('tuple', d)}"),
            (1, lambda: f"{a('tuple', d)}[{rng.choice([':1', '1:', '::-1'])}]"),
            (1, lambda: f"(*{a('strs', d)}, {e('int', d)})"),
        ]

    def make_set(self, d):
        e, a, rng = self.e, self.atom, self.rng
        return [
            (2, lambda: f"set({e('strs', d)})"),
            (1, lambda: f"frozenset({e('strs', d)})"),
            (2, lambda: f"{a('set', d)} {rng.choice('|&-^')} {a('set', d)}"),
            (1, lambda: f"{{{self.loop_var()}.lower() for {self.loop_var()} in {e('strs', d)}}}"),
            (1, lambda: f"{a('set', d)}.{rng.choice(['union', 'intersection', 'difference', 'symmetric_difference'])}({e('strs', d)})"),
        ]

    def make_bytes(self, d):
        e, a, rng = self.e, self.atom, self.rng
        return [
            (2, lambda: f"{a('str', d)}.encode({rng.choice(['', self.quote('utf-8'), self.quote('ascii')])})"),
            (1, lambda: f"{a('bytes', d)} + {a('bytes', d)}"),
            (1, lambda: f"{a('bytes', d)}[{rng.choice([':2', '1:'])}]"),
        ]

    def make_dict(self, d):
        e, a, q, rng = self.e, self.atom, self.quote, self.rng
        v = self.loop_var
        keys = lambda n: rng.sample([word for word in WORDS if word.isidentifier() and word[0].islower()], n)
        return [
            (6, lambda: self.bracket("{", [f"{q(key)}: {e(self.any_type(), d)}" for key in keys(rng.randint(0, 4))], "}")),
            (2, lambda: f"dict({', '.join(f'{key}={e(self.any_type(), d)}' for key in keys(2) if key not in ('True', 'None'))})"),
            (2, lambda: f"{{**{a('dict', d)}, {q(keys(1)[0])}: {e('any', d)}}}"),
            (2, lambda: f"{a('dict', d)} | {a('dict', d)}"),
            (2, lambda: f"{{{v()}: len({v()}) for {v()} in {e('strs', d)}}}"),
            (1, lambda: f"{{k: {v()} for k, {v()} in {a('dict', d)}.items(){rng.choice(['', ' if ' + v(), ' if k != ' + q('app')])}}}"),
            (1, lambda: f"dict(zip({e('strs', d)}, {e('strs', d)}))"),
            (1, lambda: f"dict({e('dict', d)}, {keys(1)[0]}={e('any', d)})"),
            (1, lambda: f"dict.fromkeys({e('strs', d)}, {e(rng.choice(['none', 'int', 'bool']), 0)})"),
            (1, lambda: f"{a('dict', d)}.copy()"),
            (2, lambda: f"{a('dict', d)} if {e('bool', d)} else {a('dict', d)}"),
            (1, lambda: f"dict([p.split({q('=')}, 1) for p in {q(rng.choice(['a=1,b=2', 'x=y', 'k=v=w,z=']))}.split({q(',')})])"),
            (2, lambda: self.library_dict(d)),
            (1, lambda: self.call("dict", d)),
        ]

    def make_delta(self, d):
        e, a, rng = self.e, self.atom, self.rng
        return [
            (1, lambda: f"{a('delta', d)} {rng.choice('+-')} {a('delta', d)}"),
            (1, lambda: f"{a('delta', d)} * {rng.choice(['2', '3', '0'])}"),
            (1, lambda: f"{self.use('datetime.timedelta')}({rng.choice(['days', 'seconds', 'hours'])}={e('int', d)})"),
        ]

    def make_any(self, d):
        return [(1, lambda: self.e(self.any_type(), d))]

    # --- pieces -------------------------------------------------------------------------------------------------

    def loop_var(self):
        return "item"

    def with_loop(self, make, d):
        items = self.e("strs", d)
        before = dict(self.scope)
        self.scope["item"] = "app"
        try:
            return make().replace("{items}", items)
        finally:
            self.scope.clear()
            self.scope.update(before)

    def fstring(self, d):
        rng = self.rng
        parts = []
        for _ in range(rng.randint(1, 3)):
            parts.append(rng.choice(["", "-", "/", "x=", "{{", "%", "http://"]))
            source = self.expr(rng.choice(["str", "str", "int", "bool", "path", "float"]), d)
            if "'" in source or '"' in source or "\\" in source or "{" in source or "\n" in source or "lambda" in source or "!" in source or ":" in source:
                known = [k for k in self.known("str") if "'" not in k and '"' not in k]
                if not known:
                    continue
                source = rng.choice(known)
            parts.append("{" + source + rng.choice(["", "", "", "!r", "!s", ":>6", "=", ":"]) + "}")
        return 'f"' + "".join(parts) + '"'

    def call(self, type_, d):
        """A call of one of the module's own functions, or a method of its classes."""
        options = [f for f in self.module.functions.values() if f.returns == type_]
        if not options:
            return None
        function = self.rng.choice(options)
        return function.call(self, d)
