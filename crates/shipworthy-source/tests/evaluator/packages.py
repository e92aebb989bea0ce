"""Functions and classes of packages that settings take constants from, and iterators that are settings themselves."""

import requests
import structlog
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
