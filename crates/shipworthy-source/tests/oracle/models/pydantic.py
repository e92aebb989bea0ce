"""Settings with pydantic-settings and goodconf: typed fields, prefixes, aliases, nested models, env files, validators."""

import json

TYPES = {
    "str": "text", "int": "int", "bool": "bool", "float": "float", "list[str]": "json", "list[int]": "json", "dict[str, int]": "json",
    "dict[str, str]": "json", "set[str]": "json", "tuple[str, ...]": "json", "tuple[int, str]": "json", "Optional[int]": "int", "Optional[str]": "text",
    "int | None": "int", "Optional[bool]": "bool", "Optional[list[str]]": "json", "Literal['info', 'debug']": "word", "Literal[1, 'prod']": "word",
    "SecretStr": "text", "Path": "path", "Color": "word", "Any": "text", "Optional[SecretStr]": "text", "Union[int, str]": "int",
    "Union[str, int]": "text", "list[Any]": "json", "dict": "json", "list": "json", "timedelta": "span", "Mapping[str, Any]": "json", "bool | str": "bool",
    "Optional[float]": "float", "Sequence[str]": "json", "Optional[Literal['info', 'debug']]": "word", "frozenset[str]": "json", "Json": "json",
    "PositiveInt": "int", "Annotated[int, Field(gt=3)]": "int", "Annotated[list[str], NoDecode]": "list", "HttpUrl": "url", "list[Color]": "json",
    "int | bool": "bool", "Optional[Path]": "path", "bytes": "text", "Decimal": "float", "list[dict[str, Any]]": "json", "Optional[dict[str, str]]": "json",
    "Rank": "int", "SecretBytes": "text", "Number": "int",
}
COMMON = ["str", "int", "bool", "float", "list[str]", "Optional[str]", "Optional[int]", "SecretStr", "dict[str, str]", "Literal['info', 'debug']"]
DEFAULTS = {
    "str": ["'d'", "''", "'info'"], "int": ["5", "0"], "bool": ["True", "False"], "float": ["1.5", "2"], "list": ["[]", "['a']"], "dict": ["{}", "{'a': 'b'}"],
}
FIELDS = ["debug", "DEBUG", "port", "hosts", "name", "secret_key", "level", "rate", "Zone", "limits", "TOKEN", "site_id"]


def make(sheet):
    good = sheet.chance(0.25)
    sheet.head.append("import enum, os\nfrom collections.abc import Mapping, Sequence\nfrom datetime import timedelta\nfrom decimal import Decimal\nfrom pathlib import Path\nfrom typing import Annotated, Any, ClassVar, Literal, Optional, Union")
    sheet.head.append("from pydantic import AliasChoices, AliasPath, BaseModel, Field, HttpUrl, Json, PositiveInt, SecretBytes, SecretStr, computed_field, field_validator, model_validator")
    sheet.head.append("from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict")
    if good:
        sheet.head.append("from goodconf import GoodConf" + sheet.pick("", ", Field"))
    sheet.head.append("class Color(str, enum.Enum):\n    RED = 'red'\n    GREEN = 'green'\nclass Rank(enum.IntEnum):\n    LOW = 1\n    HIGH = 5\nclass Number(enum.Enum):\n    ONE = 1\n    TWO = '2'")
    nested, kinds = {}, {}
    if sheet.chance(0.4):
        for name in ["Inner", "Db"][: sheet.rng.randint(1, 2)]:
            inner, names = fields(sheet, nested, {}, "", True, kinds)
            sheet.add(f"class {name}(BaseModel):\n{inner}")
            nested[name] = names
    base = "GoodConf" if good else "BaseSettings"
    config, keywords, prefix = configuration(sheet, good)
    declared, names = fields(sheet, nested, config, prefix, False, kinds)
    if sheet.chance(0.25):
        names += extras(sheet, names, (more := []))
        declared += "".join("\n    " + line.replace("\n", "\n    ") for line in more)
    options = ", ".join([base, *keywords])
    style = config and sheet.weighted((4, f"    model_config = {'SettingsConfigDict' if sheet.chance(0.8) else 'dict'}({', '.join(f'{k}={v}' for k, v in config.items())})\n"), (1, "    class Config:\n" + "".join(f"        {k} = {v}\n" for k, v in config.items()) if not good else None), (1, "    model_config = {" + ", ".join(f"{k!r}: {v}" for k, v in config.items()) + "}\n"))
    style = style or ("    model_config = {" + ", ".join(f"{k!r}: {v}" for k, v in config.items()) + "}\n" if config else "")
    sheet.add(f"class Settings({options}):\n{style}{declared}")
    last = "Settings"
    if sheet.chance(0.2):
        declared, more = fields(sheet, nested, config, prefix, False, kinds)
        sheet.add("class More(Settings):\n" + declared)
        names += more
        last = "More"
    given = sheet.weighted((8, ""), (1, f"{names[0]}={sheet.rng.choice(['5', repr(sheet.text('text')), 'True', 'None'])}" if names else ""))
    if good:
        given = sheet.pick("load=True", "load=True", "", given and "load=True, " + given)
    made = f"settings = {last}({given})" + ("\nsettings.load()" if good and "load" not in given else "")
    shown = [f"F{number} = {show(f'settings.{name}', kinds.get(name, 'str'), nested)}" for number, name in enumerate(dict.fromkeys(names))]
    if sheet.chance(0.15):
        shown.append("DUMP = sorted(settings.model_dump())")
    if sheet.bare:
        sheet.lines += [made, *shown]
    else:
        body = "\n    ".join(shown)
        sheet.add("try:\n    " + made.replace("\n", "\n    ") + f"\nexcept Exception as error:\n    TROUBLE = type(error).__name__\nelse:\n    {body}")


def show(value, kind, nested):
    """A field as something that can be compared."""
    if kind in nested:
        return f"[{', '.join(f'{value}.{name}' for name in nested[kind])}]"
    if "Secret" in kind:
        return f"{value} and [str({value}), {value}.get_secret_value()]"
    if kind in ("Decimal", "HttpUrl"):
        return f"str({value})"
    if kind in ("Color", "Rank", "Number"):
        return f"{value}.value"
    if kind == "list[Color]":
        return f"[item.value for item in {value}]"
    return value


def configuration(sheet, good):
    config, keywords, prefix = {}, [], ""
    if sheet.chance(0.4):
        prefix = sheet.pick("APP_", "app_", "")
        if sheet.chance(0.2):
            keywords.append(f"env_prefix={prefix!r}")
        else:
            config["env_prefix"] = repr(prefix)
    if sheet.chance(0.4):
        config["env_nested_delimiter"] = sheet.pick("'__'", "'_'", "'__'")
    for name, share in [("case_sensitive", 0.15), ("env_ignore_empty", 0.15), ("populate_by_name", 0.15), ("str_strip_whitespace", 0.08), ("frozen", 0.1), ("strict", 0.03), ("env_parse_enums", 0.03), ("validate_default", 0.05), ("env_parse_none_str", 0.03), ("use_enum_values", 0.03)]:
        if sheet.chance(share):
            config[name] = "'null'" if name.endswith("str") and "none" in name else sheet.pick("True", "True", "False")
    if sheet.chance(0.5):
        config["extra"] = sheet.pick("'ignore'", "'allow'", "'ignore'", "'forbid'")
    if sheet.chance(0.3):
        config["env_file"] = sheet.pick("'.env'", "('.env', 'more.env')", "os.path.join(os.path.dirname(__file__), '.env')", "Path(__file__).parent / '.env'", "'nope.env'")
        if sheet.chance(0.5):
            config["env_file_encoding"] = "'utf-8'"
        sheet.files[".env"] = sheet.env_file(["text", "int", "bool", "json"], names=[name.upper() for name in FIELDS] + FIELDS, prefix=prefix)
        if "more" in config["env_file"]:
            sheet.files["more.env"] = sheet.env_file(["text", "int", "json"], names=[name.upper() for name in FIELDS], prefix=prefix)
    if good:
        extension = sheet.pick("json", "yaml", "toml")
        values = {name: sheet.rng.choice([5, "x", True, ["a"], {"a": "b"}, "7"]) for name in sheet.rng.sample(FIELDS, 3)}
        text = json.dumps(values) if extension != "toml" else "\n".join(f"{name} = {json.dumps(value) if not isinstance(value, dict) else '{a = 1}'}" for name, value in values.items())
        sheet.files[f"conf.{extension}"] = text + "\n"
        if sheet.chance(0.7):
            config["default_files"] = f"['nope.json', 'conf.{extension}']" if sheet.chance(0.5) else f"[os.path.join(os.path.dirname(__file__), 'conf.{extension}')]"
        if sheet.chance(0.4):
            config["file_env_var"] = "'APP_CONFIG'"
            if sheet.chance(0.6):
                sheet.env["APP_CONFIG"] = sheet.pick(f"conf.{extension}", "missing.json", "")
    return config, keywords, prefix


def fields(sheet, nested, config, prefix, inner, kinds):
    lines, names = [], []
    for _ in range(sheet.rng.randint(1, 5)):
        name = sheet.rng.choice(FIELDS)
        if name in names:
            continue
        kind = sheet.rng.choice(sorted(nested)) if nested and sheet.chance(0.3) else sheet.rng.choice(COMMON) if sheet.chance(0.5) else sheet.rng.choice(sorted(TYPES))
        names.append(name)
        kinds[name] = kind
        alias = None
        options = []
        if sheet.chance(0.15):
            alias = sheet.pick("OTHER", "their_name", "Third")
            options.append(sheet.weighted((3, f"validation_alias={alias!r}"), (2, f"alias={alias!r}"), (2, f"validation_alias=AliasChoices({alias!r}, {name!r})"), (0.5, f"validation_alias=AliasPath({alias!r}, 0)")))
        if sheet.chance(0.1):
            options.append(sheet.pick("description='d'", "gt=1", "min_length=2", "title='t'", "max_length=4", "le=100", "pattern='^a'"))
        default = default_of(sheet, kind, nested)
        if options or default and sheet.chance(0.15):
            first = [sheet.pick("", "default=") + default] if default else sheet.pick([], ["..."])
            if default in ("[]", "{}") and sheet.chance(0.5):
                first = ["default_factory=" + {"[]": "list", "{}": "dict"}[default]]
            lines.append(f"{name}: {kind} = Field({', '.join(first + options)})")
        else:
            lines.append(f"{name}: {kind}" + (f" = {default}" if default else ""))
        if not inner:
            variables(sheet, name, alias, kind, config, prefix, nested)
    if sheet.chance(0.1):
        lines.append("CONST: ClassVar[int] = 5")
    return "\n".join("    " + line for line in lines), names


def default_of(sheet, kind, nested):
    if sheet.chance(0.25):
        return ""
    if kind in nested:
        return sheet.pick("", f"{kind}()" if sheet.chance(0.3) else "", "None" if sheet.chance(0.2) else "")
    if "Optional" in kind or "None" in kind:
        return "None"
    if sheet.chance(0.05):
        return sheet.pick("None", "'5'", "5")
    for word, defaults in [("list", ["[]", "['a']"]), ("Sequence", ["[]", "('a',)"]), ("dict", ["{}", "{'a': 1}"]), ("Mapping", ["{}"]), ("tuple", ["()", "('a',)"]), ("set", ["set()", "{'a'}"]), ("Literal", ["'info'"]), ("SecretStr", ["SecretStr('s')", "'plain'"]), ("Path", ["Path('/x')", "'/x'"]), ("Color", ["Color.RED", "'red'"]), ("timedelta", ["timedelta(1)"]), ("str", DEFAULTS["str"]), ("bool", DEFAULTS["bool"]), ("int", DEFAULTS["int"]), ("Int", ["5"]), ("float", DEFAULTS["float"])]:
        if word in kind:
            return sheet.rng.choice(defaults)
    return "None"


def variables(sheet, name, alias, kind, config, prefix, nested):
    """The variables that may set a field."""
    wanted = TYPES.get(kind, "json")
    fitting = FITTING.get(kind)
    full = sheet.rng.choice([alias, name]) if alias else prefix + name
    full = sheet.weighted((6, full.upper()), (2, full), (1, full.lower()))
    if any(known.lower() == full.lower() and known != full for known in sheet.env):
        return  # which of the two counts is for the order of the environment to say
    sheet.variable(wanted, name=full)
    if fitting and sheet.chance(0.6):
        sheet.env[full] = sheet.rng.choice(fitting)
    elif sheet.chance(0.5) and full in sheet.env and not fitting:
        del sheet.env[full]
    if kind in nested and sheet.chance(0.7):
        delimiter = (config.get("env_nested_delimiter") or "'__'").strip("'")
        for part in sheet.rng.sample(FIELDS, 3):
            sheet.variable(sheet.rng.choice(["text", "int", "bool", "json"]), name=f"{full}{delimiter}{part.upper()}")
    elif sheet.chance(0.05):
        sheet.variable("int", name=f"{full}__a")


FITTING = {
    "str": ["x", "", " y ", "5"], "int": ["5", "-3", " 7 ", "1_000", "5.0"], "bool": ["true", "0", "ON", "f", "Yes"], "float": ["1.5", "3", "1e3"],
    "list[str]": ['["a", "b"]', "[]"], "list[int]": ["[1, 2]", '["1"]'], "dict[str, str]": ['{"a": "b"}', "{}"], "dict[str, int]": ['{"a": 1}', '{"a": "2"}'],
    "Optional[int]": ["5"], "Optional[str]": ["x", ""], "SecretStr": ["s3", ""], "Literal['info', 'debug']": ["info", "debug"], "Path": ["/a/b", ""],
    "Color": ["red"], "set[str]": ['["a", "a"]'], "int | None": ["5"], "Optional[bool]": ["no"], "Optional[list[str]]": ['["a"]', "null"], "Any": ["x", "5"],
    "tuple[str, ...]": ['["a"]'], "tuple[int, str]": ['[1, "a"]'], "Union[int, str]": ["5", "x", "5.0", "1_0"], "Union[str, int]": ["5"], "dict": ['{"a": [1]}'],
    "list": ['[1, "a"]'], "timedelta": ["5", "P1D", "01:00:00"], "Mapping[str, Any]": ['{"a": 1}'], "bool | str": ["true", "x"], "Optional[float]": ["1.5"],
    "Sequence[str]": ['["a"]'], "PositiveInt": ["5", "0"], "Json": ['{"a": 1}', "[1]"], "frozenset[str]": ['["a"]'], "Annotated[int, Field(gt=3)]": ["5", "1"],
    "Annotated[list[str], NoDecode]": ["a,b"], "int | bool": ["true", "5", "1"], "list[Color]": ['["red"]'], "bytes": ["x"], "Decimal": ["1.50"],
    "Rank": ["1", "5", "LOW"], "Number": ["1", "2"], "HttpUrl": ["https://example.com"], "Optional[dict[str, str]]": ['{"a": "b"}', "null"],
}


def extras(sheet, names, more):
    """Validators and properties."""
    name = sheet.rng.choice(names)
    more.append(
        sheet.weighted(
            (2, f"@field_validator({name!r}, mode='before')\n@classmethod\ndef split(cls, value):\n    return value.split(',') if isinstance(value, str) and ',' in value else value"),
            (2, f"@field_validator({name!r})\n@classmethod\ndef check(cls, value):\n    return value"),
            (1, f"@field_validator({name!r})\n@classmethod\ndef refuse(cls, value):\n    if value == 5:\n        raise ValueError('no five')\n    return value"),
            (1, f"@model_validator(mode='after')\ndef whole(self):\n    return self"),
            (2, f"@property\ndef both(self):\n    return [repr(self.{name}), 1]"),
            (2, f"@computed_field\n@property\ndef both(self) -> list:\n    return [repr(self.{name}), 1]"),
        )
    )
    return ["both"] if "def both" in more[0] else []
