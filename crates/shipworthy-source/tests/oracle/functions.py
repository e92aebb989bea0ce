"""Source of functions as settings modules define them: helpers that read the environment, build lists, choose values."""

from statements import Function


class Functions:
    """Part of the maker."""

    def define(self):
        """Defines a function or lambda, registers how to call it, and returns its source."""
        shape = self.rng.choice([self.env_helper, self.env_helper, self.builder, self.general, self.general, self.closure, self.recursive, self.lambda_, self.global_])
        made = shape()
        if made is None:
            return None
        source, function = made
        if self.module.add(source):
            self.module.functions[function.name] = function
            call = function.call(self, 1)
            name = self.new_name(function.returns)
            return f"{name} = {call}"
        return None

    def env_helper(self):
        q, rng = self.quote, self.rng
        environ, getenv = self.use("os.environ"), self.use("os.getenv")
        improper = self.use("ImproperlyConfigured")
        return rng.choice(
            [
                (
                    f"def env_bool(name, default=False):\n    value = {environ}.get(name)\n    if value is None:\n        return default\n    return value.strip().lower() in ({q('1')}, {q('true')}, {q('yes')}, {q('on')})",
                    Function("env_bool", [("name", "variable", True), ("default", "bool", False)], "bool"),
                ),
                (
                    f"def get_env(name, default=None):\n    try:\n        return {environ}[name]\n    except KeyError:\n        if default is None:\n            raise {improper}(f'set {{name}}')\n        return default",
                    Function("get_env", [("name", "variable", True), ("default", "str", False)], "str"),
                ),
                (
                    f"def env_list(name, default={q('')}, sep={q(',')}):\n    return [item.strip() for item in {getenv}(name, default).split(sep) if item.strip()]",
                    Function("env_list", [("name", "variable", True), ("default", "str", False)], "strs"),
                ),
                (
                    f"def env_int(name: str, default: int = 0) -> int:\n    '''Reads a number.'''\n    raw = {getenv}(name)\n    if not raw:\n        return default\n    try:\n        return int(raw)\n    except ValueError:\n        return default",
                    Function("env_int", [("name", "variable", True), ("default", "int", False)], "int"),
                ),
                (
                    f"def bool_from(value):\n    if isinstance(value, str):\n        return value.lower() in [{q('true')}, {q('1')}]\n    return bool(value)",
                    Function("bool_from", [("value", "any", True)], "bool"),
                ),
                (
                    f"def envvar(name, cast=str, **options):\n    raw = {environ}.get(name, options.get('fallback', {q('0')}))\n    return cast(raw)",
                    Function("envvar", [("name", "variable", True)], "str"),
                ),
            ]
        )

    def builder(self):
        q, rng = self.quote, self.rng
        return rng.choice(
            [
                (
                    f"def cache(alias, *hosts, timeout=60, **options):\n    made = {{'BACKEND': f'cache.{{alias}}', 'LOCATION': list(hosts), 'TIMEOUT': timeout}}\n    if options:\n        made['OPTIONS'] = options\n    return made",
                    Function("cache", [("alias", "str", True), ("hosts", "*str", False), ("timeout", "int", False), ("options", "**any", False)], "dict"),
                ),
                (
                    "def merge(*tables):\n    result = {}\n    for table in tables:\n        result.update(table)\n    return result",
                    Function("merge", [("tables", "*dict", False)], "dict"),
                ),
                (
                    "def unique(items, seen=None):\n    seen = seen if seen is not None else []\n    for item in items:\n        if item not in seen:\n            seen.append(item)\n    return seen",
                    Function("unique", [("items", "strs", True)], "strs"),
                ),
                (
                    "def collect(item, into=[]):\n    into.append(item)\n    return list(into)",
                    Function("collect", [("item", "str", True)], "strs"),
                ),
                (
                    f"def rooted(*parts):\n    return {self.use('os.path')}.join({self.base_str()}, *parts)",
                    Function("rooted", [("parts", "*str", False)], "str"),
                ),
                (
                    "def pairs(items):\n    for index, item in enumerate(items):\n        yield f'{index}={item}'",
                    Function("list(pairs", [], "never"),
                ),
            ]
        )

    def general(self):
        rng = self.rng
        returns = rng.choice(["str", "int", "bool", "strs", "dict"])
        name = rng.choice(["choose", "compute", "derive", "make"]) + "_" + returns
        samples = {"str": "text", "int": 3, "bool": True, "strs": ["a", "b"], "dict": {"k": "v"}}
        types = [rng.choice(list(samples)) for _ in range(rng.randint(1, 2))]
        params = [(f"p{index}", type_, True) for index, type_ in enumerate(types)]
        before, self.scope = self.scope, {f"p{index}": samples[type_] for index, type_ in enumerate(types)}
        signature = [name for name, *_ in params]
        if rng.random() < 0.4:
            signature[-1] += f"={self.literal(types[-1]) or 'None'}" if types[-1] != "dict" else "={}"
            params[-1] = (*params[-1][:2], False)
        if rng.random() < 0.15:
            signature.insert(0, "*")
            params = [(name, type_, False if required is False else True) for name, type_, required in params]
            params = [(name, type_, False) for name, type_, _ in params] if len(params) == 1 and "=" in signature[-1] else params
        body = []
        try:
            if rng.random() < 0.5:
                body.append(f"if {self.expr('bool', 1)}:\n    return {self.expr(returns, 1)}")
            if rng.random() < 0.3:
                body.append(f"local = {self.expr('str', 1)}")
                self.scope["local"] = "text"
            if rng.random() < 0.2:
                body.append(f"for step in range({rng.choice('123')}):\n    if step == {rng.choice('012')}:\n        return {self.expr(returns, 1)}")
            if rng.random() < 0.2:
                body.append(f"try:\n    return {self.expr(returns, 1)}\nexcept (ValueError, KeyError, IndexError):\n    pass\nfinally:\n    done = True")
            body.append(f"return {self.expr(returns, 2)}")
        finally:
            self.scope = before
        if signature[0] == "*":
            return None
        decorator = f"@{self.use('functools.lru_cache')}{rng.choice(['', '(maxsize=None)'])}\n" if rng.random() < 0.08 and not set(types) & {"strs", "dict"} else ""
        return f"{decorator}def {name}({', '.join(signature)}):\n" + self.indent("\n".join(body)), Function(name, params, returns)

    def closure(self):
        q = self.quote
        return self.rng.choice(
            [
                (
                    f"def prefixer(prefix):\n    def inner(name={q('x')}):\n        return prefix + name\n    return inner\n\nwith_prefix = prefixer({self.expr('str', 1)})",
                    Function("with_prefix", [("name", "str", False)], "str"),
                ),
                (
                    "def counter(start):\n    count = start\n    def step(by=1):\n        nonlocal count\n        count += by\n        return count\n    return step\n\nnext_number = counter(5)",
                    Function("next_number", [("by", "int", False)], "int"),
                ),
                (
                    "makers = [lambda s, n=n: s * n for n in range(3)]\nrepeat = makers[2]",
                    Function("repeat", [("s", "str", True)], "str"),
                ),
                (
                    "def shout(function):\n    def wrapper(*args, **kwargs):\n        return function(*args, **kwargs).upper()\n    return wrapper\n\n@shout\ndef greet(name):\n    return 'hi ' + name",
                    Function("greet", [("name", "str", True)], "str"),
                ),
            ]
        )

    def recursive(self):
        return self.rng.choice(
            [
                ("def factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)\n\ndef factorial_of_five():\n    return factorial(5)", Function("factorial_of_five", [], "int")),
                (
                    "def flatten(value):\n    if isinstance(value, (list, tuple)):\n        return [leaf for item in value for leaf in flatten(item)]\n    return [str(value)]",
                    Function("flatten", [("value", "list", True)], "strs"),
                ),
                (
                    "def deep_merge(left, right):\n    merged = dict(left)\n    for key, value in right.items():\n        if isinstance(value, dict) and isinstance(merged.get(key), dict):\n            merged[key] = deep_merge(merged[key], value)\n        else:\n            merged[key] = value\n    return merged",
                    Function("deep_merge", [("left", "dict", True), ("right", "dict", True)], "dict"),
                ),
            ]
        )

    def lambda_(self):
        q, rng = self.quote, self.rng
        return rng.choice(
            [
                (f"as_list = lambda text, sep={q(',')}: [part.strip() for part in text.split(sep)]", Function("as_list", [("text", "str", True)], "strs")),
                (f"truthy = lambda v: str(v).lower() in {{{q('1')}, {q('true')}}}", Function("truthy", [("v", "any", True)], "bool")),
                (f"here = lambda *parts: {self.use('os.path')}.join({self.base_str()}, *parts)", Function("here", [("parts", "*str", False)], "str")),
            ]
        )

    def global_(self):
        name = self.name_of("strs", "list")
        if name is None:
            return None
        return (
            f"def enable(app):\n    global LAST_ENABLED\n    LAST_ENABLED = app\n    {name}.append(app)\n    return len({name})",
            Function("enable", [("app", "str", True)], "int"),
        )
