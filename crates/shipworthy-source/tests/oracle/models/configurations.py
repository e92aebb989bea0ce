"""Settings with django-configurations: classes, mixins and every kind of value."""

KINDS = {
    "Value": "text", "BooleanValue": "bool", "IntegerValue": "int", "PositiveIntegerValue": "int", "FloatValue": "float",
    "DecimalValue": "float", "ListValue": "list", "TupleValue": "list", "SetValue": "list", "DictValue": "tuple",
    "SingleNestedListValue": "list", "SingleNestedTupleValue": "list", "EmailValue": "email_address", "URLValue": "url",
    "IPValue": "ip", "RegexValue": "text", "PathValue": "path", "SecretValue": "text", "BackendsValue": "list",
    "DatabaseURLValue": "database", "CacheURLValue": "cache", "EmailURLValue": "email", "SearchURLValue": "url",
}
DEFAULTS = {
    "BooleanValue": ["True", "False", "1", "0", "None"], "IntegerValue": ["5", "'7'", "None"], "PositiveIntegerValue": ["1"],
    "FloatValue": ["1.5", "2"], "DecimalValue": ["'1.5'"], "ListValue": ["[]", "['a']", "('b',)", "'ab'"], "TupleValue": ["()", "['a', 'b']"],
    "SetValue": ["{'a'}", "set()", "['x', 'x']"], "DictValue": ["{}", "{'a': 1}", "[('k', 'v')]"], "EmailValue": ["'a@example.com'"],
    "SingleNestedListValue": ["[['a']]", "[]"], "SingleNestedTupleValue": ["(('a', 'b'),)"], "BackendsValue": ["['os.path.join']"],
    "URLValue": ["'https://example.com'"], "IPValue": ["'1.2.3.4'"], "RegexValue": ["'abc'"], "PathValue": ["'/x'", "'rel'", "'~'"],
    "DatabaseURLValue": ["'sqlite:///x'", "'postgres://h/n'"], "CacheURLValue": ["'locmem://x'"], "EmailURLValue": ["'console:'", "'smtp://u@h:1'"],
    "SearchURLValue": ["'simple:'"], "Value": ["'d'", "None", "5", "['x']"],
}
NAMES = ["DEBUG", "ALLOWED_HOSTS", "SECRET_KEY", "TIME_ZONE", "NAME", "LIMITS", "PORTS", "HOSTS", "ADMIN", "ROOT", "EXTRA", "INSTALLED_APPS", "MIDDLEWARE", "USE_TZ"]
# Properties read these, and are none of them.
PLAIN = ["NAME", "HOSTS", "TIME_ZONE", "DEBUG"]


def make(sheet):
    sheet.head.append("import os")
    sheet.head.append("from configurations import Configuration, values" + sheet.pick("", ", pristinemethod"))
    pristine = "pristinemethod" in sheet.head[-1]
    if sheet.chance(0.3):
        sheet.add(f"class Mixin{sheet.pick('', '(object)')}:\n" + body(sheet, False, "Mixin"))
    mixin = bool(sheet.lines)
    sheet.add("class Base(Configuration):\n" + body(sheet, pristine, "Base"))
    for name in ["Dev", "Prod"]:
        bases = sheet.pick("Base", "Mixin, Base" if mixin else "Base", "Base, Mixin" if mixin else "Base", "Configuration")
        sheet.add(f"class {name}({bases}):\n" + body(sheet, pristine, bases))
    sheet.env["DJANGO_CONFIGURATION"] = sheet.weighted((5, "Prod"), (3, "Dev"), (2, "Base"), (0.2, "Nope"))


def body(sheet, pristine, bases):
    rng = sheet.rng
    lines = []
    names = []
    for _ in range(rng.randint(1, 6)):
        name = rng.choice(NAMES)
        names.append(name)
        lines.append(
            sheet.weighted(
                (9, f"{name} = {value(sheet, name)}"),
                (2, f"{name} = {rng.choice(['True', '5', repr(sheet.text('text')), '[1]', '{}'])}"),
                (1, f"{name} = os.environ.get({sheet.variable('text')!r}, 'd')"),
                (1, f"@property\ndef {name}(self):\n    return [type(self).__name__, getattr(self, {rng.choice(PLAIN)!r}, None)]" if name not in PLAIN else "pass"),
                (1, f"def {name}(self):\n    return self.__class__.__name__ + '!'"),
                (0.5, f"{name} = Configuration.INSTALLED_APPS + ['x']"),
                (0.5, f"@pristinemethod\ndef {name}(request):\n    return request" if pristine else "pass"),
                (0.5, f"{name} = Base.{rng.choice(NAMES)}" if "Base" in bases and bases != "Base" else "lower = 1"),
            )
        )
    if sheet.chance(0.15) and bases not in ("Mixin",):
        lines.append("@classmethod\ndef " + sheet.pick("pre_setup(cls):\n    super().pre_setup()\n    cls.EARLY = 1", "setup(cls):\n    super().setup()\n    cls.LATE = getattr(cls, 'NAME', 'none')", "post_setup(cls):\n    super().post_setup()\n    cls.NOWHERE = 1"))
    if sheet.chance(0.1):
        sheet.files["dev.env"] = sheet.env_file(["text", "int", "bool", "list"], prefix=sheet.pick("", "DJANGO_"), names=NAMES)
        lines.append("DOTENV = " + sheet.pick("'dev.env'", "os.path.join(os.path.dirname(__file__), 'dev.env')"))
    return "\n".join("    " + line.replace("\n", "\n    ") for line in lines)


def value(sheet, setting):
    rng = sheet.rng
    kind = rng.choice(list(KINDS) + ["Value", "BooleanValue", "ListValue", "IntegerValue", "DatabaseURLValue"])
    if kind in ("SearchURLValue", "DecimalValue") and sheet.chance(0.9):
        kind = "ListValue"
    options = []
    if sheet.chance(0.75) and kind != "SecretValue":
        options.append(rng.choice(DEFAULTS[kind]))
    if options and sheet.chance(0.2):
        options = ["default=" + options[0]]
    named, prefix, url = None, "DJANGO", kind.endswith("URLValue") and kind != "URLValue"
    if url:
        named, prefix = {"Data": "DATABASE_URL", "Cach": "CACHE_URL", "Emai": "EMAIL_URL", "Sear": "SEARCH_URL"}[kind[:4]], None
    if sheet.chance(0.3):
        named = sheet.pick("OWN", "Own", "THEIR_NAME")
        options.append(f"environ_name={named!r}")
    if sheet.chance(0.25):
        prefix = sheet.pick(None, "APP", "APP_", "", "X__")
        options.append(f"environ_prefix={prefix!r}")
    if sheet.chance(0.08):
        options.append("environ=" + sheet.pick("False", "True"))
    if sheet.chance(0.05):
        options.append("environ_required=True")
    if sheet.chance(0.08):
        options.append("late_binding=True")
    if kind in ("ListValue", "TupleValue", "SetValue", "SingleNestedListValue", "SingleNestedTupleValue"):
        if sheet.chance(0.2):
            options.append("separator=" + sheet.pick("';'", "' '", "'|'"))
        if sheet.chance(0.2):
            options.append("converter=" + sheet.pick("int", "str.upper", "len"))
        if kind.startswith("Single") and sheet.chance(0.3):
            options.append("seq_separator=" + sheet.pick("','", "'|'"))
    if kind == "RegexValue":
        options.append("regex=" + sheet.pick("r'^[a-z]+$'", "r'\\d'", "'a'"))
    if kind == "PathValue":
        options.append("check_exists=False")
    if kind == "DatabaseURLValue" and sheet.chance(0.2):
        options.append(sheet.pick("conn_max_age=60", "ssl_require=True", "alias='other'"))
    full = named or setting
    trimmed = (prefix or "").removesuffix("_")
    sheet.variable(KINDS[kind], name=f"{trimmed}_{full}" if trimmed else full)
    if not sheet.bare and sheet.chance(0.7):
        # What fits is kept, so that most modules load.
        sheet.env[f"{trimmed}_{full}" if trimmed else full] = fitting(sheet, kind)
    return f"values.{kind}({', '.join(options)})"


def fitting(sheet, kind):
    return sheet.rng.choice(
        {
            "BooleanValue": ["yes", "True", "n", "0", "", " TRUE "], "IntegerValue": ["5", "-3", " 7 ", "1_0"], "PositiveIntegerValue": ["5", "0"],
            "FloatValue": ["1.5", "1e3", "3"], "DecimalValue": ["1.5"], "ListValue": ["a,b", " a , ,b", "", "1,2"], "TupleValue": ["a,b", "1"],
            "SetValue": ["a,b,a", "1"], "DictValue": ["{}", "{'a': 1}", "{1: [2, (3,)]}", ""], "EmailValue": ["a@example.com"],
            "SingleNestedListValue": ["a,b;c", "1,2;3", ""], "SingleNestedTupleValue": ["a,b;c", ";"], "BackendsValue": ["os.path.join", ""],
            "URLValue": ["https://example.com", "http://localhost:8000/x"], "IPValue": ["1.2.3.4", "::1"], "RegexValue": ["abc", "a1"],
            "PathValue": ["/", "/x", "rel"], "SecretValue": ["s3cret", "p%w"], "DatabaseURLValue": ["postgres://u:p@h:1/n", "sqlite:///x"],
            "CacheURLValue": ["redis://h/1", "dummy://"], "EmailURLValue": ["smtp://u:p@h", "console:"], "SearchURLValue": ["simple:"], "Value": ["x", "5", ""],
        }[kind]
    )
