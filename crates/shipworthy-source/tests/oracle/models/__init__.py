"""Settings modules that are made of one library's declarations, with variables that are set, unset, empty and malformed.

Each module beside this one makes such settings for a library: it has a function `make(sheet)`. What raises is caught where it
stands and its class kept as the value, so that each declaration of a module is compared; one module in six lets one through.
"""

import random

TEXTS = {
    "text": ["plain", "two words", " padded ", "Grüße", "100%", "%(name)s", "%s", "it's", 'say "hi"', "'quoted'", '"quoted"', "a#b", "a # b", "a\\nb", "back\\slash", "$HOME", "${OTHER}", "{x}", "日本", "a\tb", "-", "\u00a0", "None", "null"],
    "int": ["5", "-3", "0", " 7 ", "1_000", "07", "+4", "9" * 25, "١٢", "1.0", "5.0", "1e3", "5a", "0x1F", "- 3", "1__0", "--1", "1.5", "_1", "00", "-0"],
    "bool": ["true", "True", "TRUE", "tRuE", "t", "T", "on", "On", "oN", "ON", "yes", "y", "Y", "YES", "1", "0", "no", "n", "N", "off", "Off", "OFF", "f", "false", "False", "FALSE", "2", "-1", " true", "true ", "enabled", "01", "None", "1.0"],
    "float": ["1.5", "1e5", "nan", "inf", "-Infinity", "-0.0", "1_0.5", ".5", "5.", " 2.5 ", "3", "1,5", "1e400", "1e", "0x1", "٣.٥", "+1.25", "1E-3"],
    "list": ["a,b", "a, b ,c", ",", "a,,b", "a;b", "1,2,3", "1,x", " 1, 2 ", "true,false,0", "a", "a,b,", "a b", "a|b", '"a","b"', "'a, b',c", "[a,b]", "é,ü"],
    "dict": ["a=1", "a=1,b=2", "a", "a=b=c", " a = 1 ,b=2", "=1", "a=,b=2", "1=x,2=y", "a:1;b:2", "a=1,,b=2", "a=1,a=2", "x=true,y=false", ","],
    "json": ['{"a": 1, "b": [true, null]}', '[1, 2.5, "x"]', '"text"', "{}", "[]", '{"k": {"n": "v"}}', "12", "true", "null", "not json", "{'a': 1}", '["a", "b"]', "[1, 2", '{"a": 1,}', "NaN", ' {"a": "ü"} ', '{"1": "2"}', "1.50", '["a", 1]', '[["a"]]', '{"a": "1"}', "[true]", '[1, "2"]', '{"host": "h", "port": "5"}'],
    "database": ["postgres://user:p%40ss@db.internal:5432/shop?sslmode=require", "sqlite:///db.sqlite3", "sqlite://:memory:", "sqlite://", "mysql://root@localhost/app", "postgresql://db/name", "postgis://u:p@h:1/n", "postgres://u:p@h:port/n", "nope://x", "postgres:///name", "postgres://%2Fvar%2Frun/name", "mysql2://u@h/n?charset=utf8", "oracle://u:p@h:1521/sid", "mssql://u:p@h/n?driver=x", "postgres://u:p@[::1]:5432/n", "redshift://u:p@h/n?currentSchema=x", "postgres://u:p#q@h/n", "postgres://h/a%20b", "POSTGRES://h/n", "sqlite:////abs/x.db", "db.sqlite3", "postgres://u:p@h:99999/n", "postgres://h/n?conn_max_age=5&conn_health_checks=true", "cockroach://u@h/n", "mysqlgis://h/n", "spatialite:///x", "postgres://u:@h/n", "postgres://:p@h/n?options=-c%20x"],
    "email": ["smtp://", "smtp://u:p@mail:587", "submission://u%40x:p%25@mail", "submit://h?ssl=1", "smtps://h:465", "console://", "console:", "file:///tmp/mail", "file://tmp/mail?x=1", "memory://", "dummy://", "smtp://h?tls=True", "smtp://h?ssl=no&tls=yes", "smtp://h?timeout=5", "smtp://h?timeout=x", "smtp://h?_server_email=a@b&_default_from_email=Me%20%3Cx%40y%3E", "smtp://h:port", "nope://h", "mail", "smtp://h:0", "submission://", "smtps://u@h?ssl=true", "smtp://[::1]:25", "smtp://h/?ssl=", "SMTP://H", "smtp://u:p:q@h", "smtp://h?timeout=5&timeout=6", "smtp://h?timeout=1_0", "smtp://u@x:p@h", "file:relative/x"],
    "cache": ["redis://h", "redis://:pw@h:6380/3?key_prefix=a", "redis://u:p@h", "rediss://h/1", "hiredis://h", "locmem://", "locmem://name", "dummy://", "db://table?max_entries=5&timeout=3", "file:///tmp/x", "memcached://h1:1,h2:2", "memcached:///tmp/s", "pymemcache://127.0.0.1:11211", "redis:///tmp/s.sock/2", "redis:///tmp/s.sock", "hiredis:///var/run/redis.sock/4", "redis://h/1?lib=redis-cache&max_connections=4&timeout=7", "redis://h?lib=nope", "rediss:///x", "elasticache://h:1", "uwsgicache://", "uwsgicache://name", "db://t?max_entries=x", "nope://x", "cache", "redis://h:port/1", "redis://:p%40ss@h", "redis-cache://h", "locmem://x?timeout=", "locmem://x?timeout=5&timeout=6", "memcached://h?cull_frequency=2", "redis://h/1?lib=redis-cache&parser_class=a.B&connection_pool_class=c.D", "djangopylibmc://h", "redis://h:0/", "redis://H/1", "pymemcached:///tmp/x?a=b", "redis:///2", "redis:///tmp/3/s.sock", "redis://h/1?lib=redis-cache&timeout=x", "redis:2", "redis:///s2/", "hiredis://:p@h/0?lib=redis-cache"],
    "path": ["/srv/app", "rel/path", ".", "", "~", "~/x", "/", "a/../b", "//x", "a//b/", "./x", "café"],
    "level": ["INFO", "info", "Debug", "30", "nope", "WARN", "WARNING", "CRITICAL", "NOTSET", "fatal", "-5", "1.5", " info", "BASIC_FORMAT", "raiseExceptions", "Logger", "lastresort", "_acquireLock", "_srcfile"],
    "span": ["2h 30m", "5", "-5", "1d", "1w 2d", "10ms", "5us", "90", "0", "0s", "1.5", "30m 2h", "2h30m", "5 m", "-2h", "1h -30m", "x", "5y", "5µs", " 5s ", "1d1d", "+5", "1_0"],
    "url": ["https://example.com", "http://example.com/path?x=1", "example.com", "ftp://example.com", "http://localhost", "http://localhost:8000/x", "https://user:pw@example.com:8443/a#b", "//example.com", "http://", "https://exämple.com", "http://1.2.3.4", "http://[::1]/", "https://example", "http://example.com:port", "HTTPS://EXAMPLE.COM/A", "https://a_b.com", "https://example.com/a b", "https://example.com."],
    "email_address": ["a@example.com", "a@localhost", "a", "@x.com", "a@b", "Me <a@b.com>", "a@example.com ", "ü@example.com", '"q q"@example.com', "a@[1.2.3.4]"],
    "ip": ["1.2.3.4", "::1", "1.2.3", "256.1.1.1", "01.2.3.4", " 1.2.3.4", "fe80::1%eth0", "::ffff:1.2.3.4"],
    "word": ["red", "Red", "RED", "green", "1", "2", "prod", "dev", "info", "debug"],
    "uuid": ["12345678-1234-5678-1234-567812345678", "x", "12345678123456781234567812345678"],
    "date": ["2024-01-31", "2024-13-01", "31.1.2024", "2024-01-31T10:00:00", "10:00", "12:30:01", "2024-01-31T10:00:00Z"],
    "tuple": ["(1, 2)", "{'a': 1}", "{1: [2, (3,)]}", "[1]", "x", "{'a': 1", "{}", "{'a': x}", " {'a': 1}", "{'a': -1}", "{1, 2}", "None", "{'a': 'ü', **{}}", "dict(a=1)"],
}
STEMS = "DEBUG PORT HOSTS NAME KEY LEVEL RATE ZONE MODE LIMITS TOKEN SITE".split()


class Sheet:
    """One project in the making: its settings, the variables it is loaded with, and what lies beside it."""

    def __init__(self, rng):
        self.rng = rng
        self.head = []
        self.lines = []
        self.files = {}
        self.env = {}
        self.count = 0
        self.reads = {}
        self.bare = rng.random() < 0.16

    def chance(self, share):
        return self.rng.random() < share

    def pick(self, *options):
        return self.rng.choice(options)

    def weighted(self, *pairs):
        return self.rng.choices([option for _, option in pairs], [weight for weight, _ in pairs])[0]

    def q(self, text):
        """A Python literal for a text."""
        return repr(text)

    def text(self, kind):
        """A text for a variable of that kind: mostly one that fits or nearly fits, else any."""
        if self.chance(0.05):
            return ""
        pool = TEXTS[kind] if self.chance(0.85) else TEXTS[self.rng.choice(sorted(TEXTS))]
        return self.rng.choice(pool)

    def variable(self, kind, prefix="", name=None):
        """The name of a variable to read, which the environment has or has not. Without the prefix."""
        name = name or self.rng.choice(STEMS) + self.rng.choice(["", "", "_A", "_B"])
        full = prefix + name
        if full not in self.reads:
            self.reads[full] = kind
            roll = self.rng.random()
            if roll < 0.1:
                self.env[full] = ""
            elif roll < 0.75:
                self.env[full] = self.text(kind)
        return name

    def add(self, statement):
        self.lines.append(statement)

    def setting(self):
        self.count += 1
        return f"V{self.count}"

    def value(self, source):
        """A setting of that expression, or of the exception that it raises."""
        name = self.setting()
        if self.bare and self.chance(0.15):
            self.lines.append(f"{name} = {source}")
            return name
        self.lines.append(f"try:\n    {name} = {source}\nexcept Exception as error:\n    {name} = type(error).__name__")
        return name

    def env_file(self, kinds, names=None, prefix=""):
        """Lines of an env file, most of them as people write them."""
        lines = []
        for _ in range(self.rng.randint(1, 6)):
            name = prefix + self.rng.choice(names or STEMS)
            text = self.text(self.rng.choice(kinds))
            lines.append(
                self.weighted(
                    (5, f"{name}={text}"),
                    (2, f'{name}="{text}"'),
                    (2, f"{name}='{text}'"),
                    (1, f"export {name}={text}"),
                    (1, f"{name} = {text}"),
                    (1, f"{name}={text} # note"),
                    (1, f"# {name}={text}"),
                    (1, f"{name}"),
                    (1, f"{name}=${{{self.rng.choice(STEMS)}}}/x"),
                    (1, f"{name}=${{NOT_THERE:-{text}}}"),
                    (1, ""),
                )
            )
        return "\n".join(lines) + "\n"

    def case(self, seed):
        files = {"settings.py": "\n".join([*self.head, *self.lines]) + "\n", **self.files}
        return {"id": seed, "module": "settings", "env": self.env, "files": files, "tainted": False, "of_model": True}


def make_case(model, seed):
    """A project of settings that one library makes."""
    sheet = Sheet(random.Random(f"{model.__name__} {seed}"))
    model.make(sheet)
    return sheet.case(seed)
