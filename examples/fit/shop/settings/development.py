"""A developer's machine."""

from .base import *

DEBUG = True
SECRET_KEY = "django-insecure-for-development-only"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
