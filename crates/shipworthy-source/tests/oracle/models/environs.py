"""Settings with environs: every cast, prefixes, validators, parsers of one's own, env files."""

CASTS = {
    "": "text", "str": "text", "int": "int", "bool": "bool", "float": "float", "list": "list", "dict": "dict", "json": "json",
    "dj_db_url": "database", "dj_email_url": "email", "dj_cache_url": "cache", "path": "path", "log_level": "level", "timedelta": "span",
    "url": "url", "enum": "word", "decimal": "float", "uuid": "uuid", "date": "date", "datetime": "date", "time": "date",
}
DEFAULTS = ["None", "'d'", "''", "0", "5", "False", "True", "[]", "['*']", "{}", "1.5", "'a,b'", "'${NAME}'", "'5'"]


def make(sheet):
    class_name = sheet.weighted((5, "Env"), (2, "FileAwareEnv"))
    options = [
        option
        for option in ["expand_vars=True", "prefix='APP_'", "eager=True"] + ["strip_whitespace=True", "file_suffix='_PATH'"] * (class_name != "Env")
        if sheet.chance(0.2)
    ]
    sheet.head.append("import enum")
    sheet.head.append(sheet.pick(f"from environs import {class_name}, validate, EnvError, ValidationError", f"import environs\nfrom environs import validate, EnvError, ValidationError\n{class_name} = environs.{class_name}"))
    sheet.head.append("class Color(enum.Enum):\n    RED = 'red'\n    GREEN = 'green'\n    One = 1")
    sheet.head.append(f"env = {class_name}({', '.join(options)})" if options or class_name != "Env" or sheet.chance(0.8) else "from environs import env")
    prefix = "APP_" if "prefix='APP_'" in options else ""
    if sheet.chance(0.35):
        sheet.files[".env"] = sheet.env_file(["text", "int", "bool", "list", "json"], prefix=sheet.pick("", prefix))
        path = sheet.pick("", "'.env'", "'nope.env'", "__file__.replace('settings.py', '.env')")
        extra = sheet.pick("", "", "override=True", "recurse=False")
        sheet.value(f"env.read_env({', '.join(part for part in (path, extra) if part)})")
    if class_name != "Env" and sheet.chance(0.6):
        sheet.files["secret.txt"] = sheet.pick("from a file", "5\n", " true ", "")
        suffix = "_PATH" if "file_suffix='_PATH'" in options else "_FILE"
        sheet.env[prefix + "KEY" + suffix] = sheet.pick("secret.txt", "missing.txt", "", "secret.txt")
    if sheet.chance(0.3):
        sheet.add("@env.parser_for('shout')\ndef shout(value, mark='!'):\n    if not value:\n        raise EnvError('empty')\n    return value.upper() + mark")
        sheet.value(f"env.shout({read(sheet, 'text', prefix)}{sheet.pick('', ', mark=1', ', mark=chr(63)')})")
        sheet.value(f"env.shout({read(sheet, 'text', prefix)}, default={sheet.rng.choice(DEFAULTS)})")
    for _ in range(sheet.rng.randint(3, 10)):
        sheet.value(call(sheet, prefix))
    if sheet.chance(0.4):
        more = sheet.pick("DB_", "X", "")
        inner = call(sheet, prefix + more)
        sheet.add(f"with env.prefixed({more!r}):\n    P{sheet.count} = {inner}" if sheet.chance(0.3) else f"with env.prefixed({more!r}):\n    try:\n        P{sheet.count} = {inner}\n    except Exception as error:\n        P{sheet.count} = type(error).__name__")
        sheet.value(call(sheet, prefix))
        if sheet.chance(0.5):
            deep = call(sheet, prefix + more + "IN_")
            sheet.add(f"with env.prefixed({more!r}):\n    with env.prefixed('IN_'):\n        try:\n            Q = {deep}\n        except Exception as error:\n            Q = type(error).__name__")


def read(sheet, kind, prefix):
    name = sheet.variable(kind, prefix)
    if sheet.chance(0.08):
        other = sheet.variable(kind)
        sheet.env[prefix + name] = sheet.pick(f"${{{other}}}", f"${{{other}:-7}}", f"a${{{other}}}b", f"\\${{{other}}}", f"${{{other}:-}}", f"${{{other}}}${{NAME:-x}}")
    return repr(name)


def call(sheet, prefix):
    method = sheet.rng.choice(list(CASTS)[: sheet.pick(8, 8, 12, 15, 15, len(CASTS))])
    arguments = [read(sheet, CASTS[method], prefix)]
    if sheet.chance(0.5):
        default = sheet.rng.choice(DEFAULTS)
        if method.startswith("dj_") and sheet.chance(0.9):
            default = repr(sheet.text(CASTS[method]))
        arguments.append(sheet.pick("", "default=") + default)
    if method == "list" and sheet.chance(0.6):
        arguments.append(sheet.pick("subcast=int", "subcast=str", "subcast=bool", "subcast=float", "subcast=str.upper", "subcast=lambda item: item.strip()", "delimiter=';'", "delimiter=' '", "subcast=int, delimiter='|'", "subcast=list"))
    if method == "dict" and sheet.chance(0.6):
        arguments.append(sheet.pick("subcast_values=int", "subcast_keys=int", "subcast_values=bool", "subcast_keys=str, subcast_values=str", "subcast_values=float", "delimiter=';', key_value_delimiter=':'", "delimiter=';'", "subcast_values=str.upper"))
    if method == "enum":
        arguments.append(sheet.pick("enum=Color", "enum=Color, by_value=True", "enum=Color"))
    if method == "dj_db_url" and sheet.chance(0.3):
        arguments.append(sheet.pick("conn_max_age=600", "ssl_require=True", "conn_health_checks=True"))
    if sheet.chance(0.2) and not method.startswith("dj_"):
        arguments.append("validate=" + validator(sheet, method))
    dotted = f"env.{method}" if method else "env"
    source = f"{dotted}({', '.join(arguments)})"
    if method in ("decimal", "uuid", "date", "datetime", "time"):
        return f"str({source})"
    if method == "url":
        return f"[getattr({source}, part) for part in ('scheme', 'netloc', 'path')]"
    if method == "enum":
        return f"{source}.name"
    return source


def validator(sheet, method):
    return sheet.weighted(
        (3, "validate.OneOf(['plain', '5', 'red', 5, 'a'])"),
        (2, "validate.Length(min=2)"),
        (2, "validate.Length(min=1, max=5)"),
        (1, "validate.Length(equal=3)"),
        (2, "validate.Range(min=0, max=100)"),
        (1, "validate.Range(min=1)"),
        (1, "[validate.Length(max=30), lambda value: value != 'a']"),
        (1, "lambda value: len(value) > 2"),
        (1, "validate.Regexp('^[a-z]+$')"),
        (1, "validate.Email()"),
        (1, "validate.URL()"),
        (1, "validate.NoneOf(['plain', '5'])"),
        (1, "validate.ContainsOnly(['a', 'b', '1'])"),
        (1, "validate.Equal('plain')"),
    )
