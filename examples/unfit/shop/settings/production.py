"""The site that customers use."""

from .base import *

CSRF_TRUSTED_ORIGINS = ["shop.example.com"]
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "postgres",
        "PASSWORD": "tulip-8-harbour",
        "HOST": "db.shop.example.com",
        "CONN_MAX_AGE": None,
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"

SECURE_PROXY_SSL_HEADER = ("X-Forwarded-Proto", "https")
SECURE_HSTS_SECONDS = "3600"
SESSION_COOKIE_SECURE = "True"

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
ADMINS = [("Operations", "operations@example.com")]

LOGGING = {
    "version": 1,
    "filters": {"debug": {"()": "django.utils.log.RequireDebugTrue"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["debug"]}},
    "root": {"handlers": ["console"]},
}
