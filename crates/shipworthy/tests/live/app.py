"""A Django site in one file, served by the standard library on a port of loopback that the system chooses.

Its settings are those of a site without HTTPS, and besides its pages it has addresses that go wrong in every way that Django has a
page for. The environment switches DEBUG=1, HOSTS=* and FORWARDED_HOST=1 on. Prints its port when it is ready.
"""

import logging
import os
import socketserver
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

static = sys.argv[1]
settings.configure(
    DEBUG="DEBUG" in os.environ,
    SECRET_KEY="live-" + "k3y" * 20,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=os.environ.get("HOSTS", "shop.test,127.0.0.1").split(","),
    USE_X_FORWARDED_HOST="FORWARDED_HOST" in os.environ,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="/static/",
    STATIC_ROOT=static,
    LOGGING_CONFIG=None,
)
logging.disable(logging.CRITICAL)
django.setup()

from django.contrib import admin  # noqa: E402
from django.core.exceptions import PermissionDenied, SuspiciousOperation  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.views.debug import default_urlconf  # noqa: E402


def home(request):
    return HttpResponse("<!doctype html><html><head><title>Live shop</title></head><body>Welcome</body></html>")


def boom(request):
    raise RuntimeError("boom")


def forbidden(request):
    raise PermissionDenied


def bad(request):
    raise SuspiciousOperation


urlpatterns = [
    path("", home),
    path("admin/", admin.site.urls),
    path("boom", boom),
    path("forbidden", forbidden),
    path("bad", bad),
    path("form", home),
    path("welcome", default_urlconf),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Threads(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self):
        # The standard library would ask the network for its own name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.setup_environ()


server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threads, handler_class=Quiet)
print(server.server_address[1], flush=True)
server.serve_forever()
