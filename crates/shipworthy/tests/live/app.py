"""A Django site in one file, served by the standard library on a port of loopback that the system chooses.

Its settings are the fit ones unless the environment says otherwise: DEBUG=1, HOSTS=*, FORWARDED_HOST=1, PLAIN=1 (no HTTPS at
all), LOOSE=1 (HTTPS is not insisted on).
Prints its port when it is ready.
"""

import logging
import os
import socketserver
import sys
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

static = sys.argv[1]
strict = "PLAIN" not in os.environ and "LOOSE" not in os.environ
if "PLAIN" not in os.environ:
    # A stand-in for an application server: only the plain form says what it is.
    ServerHandler.server_software = "app"
settings.configure(
    DEBUG="DEBUG" in os.environ,
    SECRET_KEY="live-" + "k3y" * 20,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=os.environ.get("HOSTS", "shop.test,127.0.0.1").split(","),
    USE_X_FORWARDED_HOST="FORWARDED_HOST" in os.environ,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    SECURE_SSL_REDIRECT=strict,
    SECURE_HSTS_SECONDS=0 if "PLAIN" in os.environ else 31536000,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=strict,
    CSRF_COOKIE_SECURE=strict,
    SESSION_COOKIE_SECURE=strict,
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
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402


def home(request):
    return HttpResponse("<!doctype html><html><head><title>Live shop</title></head><body>Welcome</body></html>")


urlpatterns = [path("", home), path("admin/", admin.site.urls)]


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


if "COLLECT" in os.environ:
    call_command("collectstatic", interactive=False, verbosity=0)
server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threads, handler_class=Quiet)
print(server.server_address[1], flush=True)
server.serve_forever()
