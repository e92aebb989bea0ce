"""Functions and classes of packages that settings take constants from, and iterators that are settings themselves."""

import requests
import structlog
from pytimeparse import parse as timeparse
from requests.utils import quote, unquote

QUOTED = quote("p@ss/wörd"), quote("a/b", safe=""), requests.utils.quote("x y"), unquote("p%40ss")
BROKER = f"amqp://user:{requests.utils.quote('a:b@c', safe='')}@host//"
FORMATTERS = {
    "json": {"()": structlog.stdlib.ProcessorFormatter},
    "names": [structlog.stdlib.BoundLogger, structlog.stdlib.LoggerFactory, structlog.processors.JSONRenderer],
}
ZIPPED = zip("ab", [1, 2])
MAPPED = map(str, [1, 2])
PAIRS = list(ZIPPED)
TEXTS = list(MAPPED)
AGAIN = list(zip("ab", [1, 2])), list(map(lambda a, b: a * b, [1, 2, 3], [4, 5]))


class Site:
    @property
    def host(self):
        return "example.com"

    def port(self):
        return 80

    name = "site"


PROPERTIES = isinstance(Site.host, property), isinstance(Site.port, property), isinstance(Site.name, property), isinstance(Site().host, property)
FOUND = sorted(name for name, member in vars(Site).items() if isinstance(member, property))
SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    structlog.stdlib.PositionalArgumentsFormatter(),
]
structlog.configure(processors=[structlog.stdlib.filter_by_level, *SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter], logger_factory=structlog.stdlib.LoggerFactory())
LOGGING = {
    "version": 1,
    "formatters": {
        "plain": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.dev.ConsoleRenderer()],
            "foreign_pre_chain": SHARED,
        }
    },
}
SPANS = [
    timeparse(text)
    for text in ["7 days", "1h30m", "1w 2d", "-5 mins", "2 hours, 30 minutes", "90", "", "1:30", "10:05:00", "5 fortnights", "1d1d", "1m2h", "5sec/", "1d,", "1 WEEK"]
]
