"""Settings that dynaconf lays files and variables over."""

import json

NAMES = ["DEBUG", "PORT", "HOSTS", "NAME", "LIMITS", "RATE", "TOKEN", "ZONE"]
VARIABLES = ["true", "False", "TRUE", "5", "1.5", "abc", "two words", '"quoted"', "'single'", '["a", "b"]', "[1, 2", "{a=1}", "{a = 1, b = [true]}", "@int 5", "@int x", "@float 1.5", "@bool true", "@bool off", "@str 5", "@json {\"a\": 1}", "@json [1]", "@json no", "@none", "@merge [1]", "@merge a,b", "@format {this.NAME}/x", "@format {env[HOME]}", "@jinja {{ 1 }}", "@get NAME", "@insert x", "@upper abc", "@del", "@note x", "@nope 5", "@", "@int", "", " padded ", "007", "1_000", "0x10", "1e3", "2024-01-31", "10:00:00", "Grüße", "100%", "a=b", "a,b", "nan", "inf", "-5", "+5", "null", "none", "None", "{}", "[]", "\"unclosed", "a#b", "5 # note", "truely", "[1,]", "'''x'''", "[\n1]", "{\"a\": 1}", " true", "@bool  true", "@strip  x ", "@title ab cd", "@empty", "True ", "[\"@int 5\"]", "t", "on", "dynaconf_merge", "[\"a\", \"dynaconf_merge\"]", "{dynaconf_merge=true}"]
PLAIN = [True, False, 5, "abc", "", [1, "two"], [], {"a": 1}, {"A": {"b": [1]}, "c": "x"}, 1.5, "@int 5", "@bool no", "@none", "@format {this.NAME}", ["a", "dynaconf_merge"], {"dynaconf_merge": True, "z": 1}, "true", "@merge [9]", {}, "@str 5", "Grüße"]
LITERALS = ["True", "False", "5", "'abc'", "['x']", "[]", "{'a': 1, 'b': {'c': 2}}", "None", "1.5", "('t',)", "{'A': {'k': 'v'}}"]


def make(sheet):
    rng = sheet.rng
    sheet.env["DJANGO_SETTINGS_MODULE"] = "settings"
    sheet.add("SECRET_KEY = 'x'")
    for name in rng.sample(NAMES, rng.randint(1, 6)):
        sheet.add(f"{name} = {rng.choice(LITERALS)}")
    options = []
    environments, prefix, switcher = True, "DJANGO", "DJANGO_ENV"
    if sheet.chance(0.15):
        environments = False
        options.append(sheet.pick("environments=False", "ENVIRONMENTS_FOR_DYNACONF=False", "environments=False"))
    if sheet.chance(0.2):
        prefix = sheet.pick("APP", "app", "MY_APP")
        options.append(sheet.pick(f"envvar_prefix={prefix!r}", f"ENVVAR_PREFIX_FOR_DYNACONF={prefix!r}"))
        prefix = prefix.upper()
    if sheet.chance(0.08):
        switcher = "APP_ENV"
        options.append(f"env_switcher={switcher!r}")
    if sheet.chance(0.08):
        options.append("load_dotenv=" + sheet.pick("False", "True"))
    if sheet.chance(0.06):
        options.append("merge_enabled=" + sheet.pick("False", "True"))
    explicit = None
    if sheet.chance(0.1):
        explicit = sheet.pick("['conf.toml']", "['settings.toml']", "'conf.toml'")
        options.append(f"settings_files={explicit}")
    chosen = sheet.weighted((3, None), (3, "production"), (1, "PRODUCTION"), (1, "staging"), (1, "development"), (0.5, ""))
    if chosen is not None:
        sheet.env[switcher] = chosen
    if sheet.chance(0.7):
        extension = sheet.pick("toml", "yaml", "json", "toml")
        stem = "conf" if explicit and "conf" in explicit else "settings"
        sheet.files[f"{stem}.{extension}" if not explicit else f"{stem}.toml"] = document(sheet, extension if not explicit else "toml", environments)
    if sheet.chance(0.3):
        extension = sheet.pick("toml", "yaml", "json")
        sheet.files[f".secrets.{extension}"] = document(sheet, extension, environments)
    if sheet.chance(0.08):
        sheet.files["settings.local.toml"] = document(sheet, "toml", environments)
    if sheet.chance(0.2):
        lines = [f"{prefix}_{rng.choice(NAMES)}={sheet.pick(repr(text), text)}" for text in rng.sample([text for text in VARIABLES if text and "\n" not in text and "'" not in text], 3)]
        sheet.files[".env"] = "\n".join(lines) + "\n"
    for _ in range(rng.randint(0, 5)):
        name = f"{sheet.weighted((6, prefix), (1, 'DYNACONF'))}_{rng.choice(NAMES)}"
        if sheet.chance(0.1):
            name += sheet.pick("__a", "__B__c", "__0", "__NEW")
        elif sheet.chance(0.04):
            name = name.rsplit("_", 1)[0] + "_" + rng.choice(NAMES).lower()
        sheet.env[name] = rng.choice(VARIABLES)
    sheet.add(sheet.pick("import dynaconf", "import dynaconf  # noqa") + f"\nsettings = dynaconf.DjangoDynaconf({', '.join(['__name__', *options])})" if sheet.chance(0.7) else f"from dynaconf import DjangoDynaconf\nsettings = DjangoDynaconf({', '.join(['__name__', *options])})")


def document(sheet, extension, environments):
    tables = {}
    for environment in sheet.rng.sample(["default", "global", "development", "production", "Production", "staging"], sheet.rng.randint(1, 3)):
        values = {}
        for name in sheet.rng.sample(NAMES, sheet.rng.randint(1, 4)):
            name = sheet.weighted((6, name), (2, name.lower()), (0.4, name + "__a"))
            values[name] = sheet.rng.choice(PLAIN)
        tables[environment] = values
    if not environments or sheet.chance(0.05):
        tables = {name: value for values in tables.values() for name, value in values.items()}
    if extension == "toml":
        lines = []
        for name, value in tables.items():
            if isinstance(value, dict) and environments and name not in NAMES:
                lines += [f"[{name}]", *(f"{inner} = {toml(part)}" for inner, part in value.items())]
            else:
                lines.insert(0, f"{name} = {toml(value)}")
        return "\n".join(lines) + "\n"
    if extension == "yaml" and sheet.chance(0.5):
        return "".join(f"{name}:\n" + "".join(f"  {inner}: {json.dumps(part)}\n" for inner, part in value.items()) if isinstance(value, dict) and value else f"{name}: {json.dumps(value)}\n" for name, value in tables.items())
    return json.dumps(tables)


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
