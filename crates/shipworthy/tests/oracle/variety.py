"""Random settings modules that vary everything Django's checks look at."""

STRONG = "kX8vQ2mZ7pL4tR9wB3nF6yH1cJ5dG0sAeUiOqWzTxVbNmKlPo_"
SHORT = STRONG[:30]
FLAGS = ["True", "False", "None", '"True"', "1", "0", '"False"']

FILES = {
    "mw.py": """from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.security import SecurityMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.clickjacking import XFrameOptionsMiddleware


class Security(SecurityMiddleware):
    pass


class Csrf(CsrfViewMiddleware):
    pass


class Frames(XFrameOptionsMiddleware):
    pass


class Sessions(SessionMiddleware):
    pass


class Auth(AuthenticationMiddleware):
    pass


class DeepAuth(Auth):
    pass


class Messages(MessageMiddleware):
    pass


def plain(get_response):
    return get_response
""",
    "backends.py": """from django.contrib.auth.backends import BaseBackend, ModelBackend


class Own(BaseBackend):
    pass


class Model(ModelBackend):
    pass
""",
    "own_caches.py": """from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache


class Files(FileBasedCache):
    pass


class Memory(LocMemCache):
    pass
""",
    "views.py": """from django.http import HttpResponse


def csrf_failure(request, reason=""):
    return HttpResponse("no", status=403)


def csrf_without_reason(request):
    return HttpResponse("no", status=403)


def csrf_anything(*args, **kwargs):
    return HttpResponse("no", status=403)


class Page:
    pass
""",
    "urls.py": "urlpatterns = []\n",
    "shop/__init__.py": "",
    "shop/apps.py": 'from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = "shop"\n',
    "shop/templatetags/__init__.py": "",
    "shop/templatetags/extra.py": "from django import template\n\nregister = template.Library()\n",
    "blog/__init__.py": "",
    "blog/templatetags/__init__.py": "",
    "blog/templatetags/extra.py": "from django import template\n\nregister = template.Library()\n",
    "blog/templatetags/only_blog.py": "from django import template\n\nregister = template.Library()\n",
    "assets/site.css": "",
    "media/cache/keep.txt": "",
    "uploads/keep.txt": "",
    "a_file.txt": "not a folder\n",
}


def project(rng, release):
    """The files of one project."""
    lines = ["from pathlib import Path", "import os", "", "BASE_DIR = Path(__file__).resolve().parent"]
    if release >= (6, 0):
        lines.append("from django.utils.csp import CSP")
    lines.append("")
    apps = installed_apps(rng)
    for name, value in settings(rng, release, apps):
        lines.append(f"{name} = {value}")
    return {**FILES, "settings.py": "\n".join(lines) + "\n"}


def installed_apps(rng):
    apps = []
    if rng.random() < 0.75:
        apps.append(rng.choice(["django.contrib.contenttypes", "django.contrib.contenttypes", "django.contrib.contenttypes.apps.ContentTypesConfig"]))
        if rng.random() < 0.9:
            apps.append(rng.choice(["django.contrib.auth", "django.contrib.auth", "django.contrib.auth.apps.AuthConfig"]))
            if rng.random() < 0.75:
                apps.append(rng.choice(["django.contrib.admin", "django.contrib.admin", "django.contrib.admin.apps.SimpleAdminConfig", "django.contrib.admin.apps.AdminConfig"]))
    for app in ["django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sites", "shop", "blog"]:
        if rng.random() < {"django.contrib.sites": 0.3, "shop": 0.4, "blog": 0.3}.get(app, 0.7):
            variants = {
                "django.contrib.staticfiles": ["django.contrib.staticfiles.apps.StaticFilesConfig"],
                "django.contrib.sites": ["django.contrib.sites.apps.SitesConfig"],
                "django.contrib.sessions": ["django.contrib.sessions.apps.SessionsConfig"],
                "shop": ["shop.apps.ShopConfig"],
            }.get(app, [])
            apps.append(rng.choice([app, app, app, *variants]))
    rng.shuffle(apps)
    return apps


def text(value):
    return '"' + value + '"'


def bracket(rng, items, kinds="[["):
    kind = rng.choice(kinds)
    if kind == "(":
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    if kind == "{":
        return "{" + ", ".join(items) + "}" if items else "set()"
    return "[" + ", ".join(items) + "]"


def settings(rng, release, apps):
    """Pairs of a name and the source of its value."""
    some = lambda chance: rng.random() < chance
    pick = rng.choice

    if some(0.97):
        yield "SECRET_KEY", pick([text(STRONG)] * 5 + [text(SHORT), text("a" * 60), text("django-insecure-" + STRONG), '""', text("abcd" * 20), text("abcde" * 10), text("ä" * 46 + "bcde"), text(STRONG[:49])])
    if some(0.3):
        keys = [text(pick([STRONG, SHORT, "django-insecure-" + STRONG, "z" * 99, STRONG[::-1]])) for _ in range(rng.randint(0, 3))]
        yield "SECRET_KEY_FALLBACKS", bracket(rng, keys, "[[(")
    if some(0.6):
        yield "DEBUG", pick(["False"] * 4 + FLAGS)
    if some(0.7):
        yield "ALLOWED_HOSTS", pick(['["example.com"]', '["*"]', "[]", "()", '(".example.com",)'])
    yield "INSTALLED_APPS", bracket(rng, [text(app) for app in apps], "[[(")
    if some(0.93):
        yield "MIDDLEWARE", middleware(rng, release)
    for name in ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_SECURE", "CSRF_USE_SESSIONS", "SECURE_SSL_REDIRECT", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SECURE_CONTENT_TYPE_NOSNIFF"):
        if some(0.5):
            yield name, pick(["True", "True", *FLAGS])
    if some(0.6):
        yield "SECURE_HSTS_SECONDS", pick(["0", "3600", "31536000", "None", '"0"', '""', "True", "60.0", "-1"])
    if some(0.5):
        yield "SECURE_REFERRER_POLICY", pick(["None", '""', '"same-origin"', '"same-origin, strict-origin"', '["origin"]', '("bogus",)', '"bogus"', '{"no-referrer", "origin"}', "[]", '["origin ", "unsafe-url"]', '"origin,"', '"same-origin,bogus"', '"Same-Origin"', '("no-referrer", "no-referrer-when-downgrade")', "()", '" origin , unsafe-url "'])
    if some(0.4):
        yield "SECURE_CROSS_ORIGIN_OPENER_POLICY", pick(["None", '"same-origin"', '"same-origin-allow-popups"', '"unsafe-none"', '"bogus"', '""', '"Same-Origin"'])
    if some(0.4):
        yield "X_FRAME_OPTIONS", pick(['"DENY"', '"SAMEORIGIN"', '"deny"', "None", '""'])
    if some(0.35):
        yield "CSRF_TRUSTED_ORIGINS", bracket(rng, [text(pick(["https://example.com", "example.com", "http://*.example.com", ".example.com", "https://", "//example.com", ""])) for _ in range(rng.randint(0, 3))], "[[(")
    if some(0.15):
        yield "CSRF_FAILURE_VIEW", text(pick(["views.csrf_failure", "views.csrf_without_reason", "views.csrf_anything", "views.missing", "nowhere.view", "django.views.csrf.csrf_failure"]))
    yield from files(rng, some, pick)
    if some(0.5):
        yield "CACHES", caches(rng)
    yield from storages(rng, release, some, pick)
    if some(0.8):
        yield "TEMPLATES", templates(rng, release)
    yield from languages(rng, some, pick)
    if some(0.4):
        yield "SITE_ID", pick(["1", '"1"', "1.5", '"x"', "None", "True", "0", "1.0", "[1]"])
    if some(0.35):
        backend = lambda: text("django.core.mail.backends." + pick(["smtp", "console", "dummy", "filebased", "locmem"]) + ".EmailBackend")
        yield "MAILERS", pick(["{}", f'{{"default": {{"BACKEND": {backend()}}}}}', f'{{"other": {{"BACKEND": {backend()}}}}}', f'{{"default": {{"BACKEND": {backend()}}}, "other": {{"BACKEND": {backend()}}}}}', '{"default": {}}'])
    elif some(0.3):
        yield "EMAIL_BACKEND", text("django.core.mail.backends." + pick(["smtp", "console"]) + ".EmailBackend")
    if release >= (5, 0) or some(0.5):
        for name in ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY"):
            if some(0.35):
                nonce = "CSP.NONCE" if release >= (6, 0) else '"nonce"'
                yield name, pick(["{}", "None", '"default-src"', "[]", '{"default-src": ["\'self\'"]}', f'{{"script-src": ["\'self\'", {nonce}]}}', f'{{"script-src": {nonce}}}', f'{{"style-src": ({nonce},)}}', '{"script-src": True}', '{"script-src": None}', f'{{"script-src": {{{nonce}}}}}', "0"])
    if some(0.25):
        yield "AUTHENTICATION_BACKENDS", pick(['["django.contrib.auth.backends.ModelBackend"]', '["backends.Own"]', '["backends.Model"]', "[]", '["django.contrib.auth.backends.RemoteUserBackend"]', '["django.contrib.auth.backends.AllowAllUsersModelBackend", "backends.Own"]'])
    if some(0.7):
        yield "ROOT_URLCONF", '"urls"'
    if some(0.3):
        yield "DATABASES", '{"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}'
    if some(0.3):
        yield "USE_TZ", "True"
    if some(0.1):
        yield "DEFAULT_AUTO_FIELD", '"django.db.models.BigAutoField"'
    if some(0.1):
        yield "SILENCED_SYSTEM_CHECKS", "[]"


def middleware(rng, release):
    usual = [
        ("django.middleware.security.SecurityMiddleware", 0.85, "mw.Security"),
        ("django.contrib.sessions.middleware.SessionMiddleware", 0.8, "mw.Sessions"),
        ("django.middleware.common.CommonMiddleware", 0.8, None),
        ("django.middleware.csrf.CsrfViewMiddleware", 0.85, "mw.Csrf"),
        ("django.contrib.auth.middleware.AuthenticationMiddleware", 0.75, "mw.Auth"),
        ("django.contrib.messages.middleware.MessageMiddleware", 0.75, "mw.Messages"),
        ("django.middleware.clickjacking.XFrameOptionsMiddleware", 0.8, "mw.Frames"),
    ]
    chosen = []
    for name, chance, own in usual:
        if rng.random() < chance:
            chosen.append(own if own and rng.random() < 0.08 else name)
    for name, chance in [("mw.plain", 0.1), ("mw.DeepAuth", 0.06), ("nowhere.Middleware", 0.04), ("shop.missing.Middleware", 0.03)]:
        if rng.random() < chance:
            chosen.insert(rng.randint(0, len(chosen)), name)
    if release >= (5, 1) and rng.random() < 0.2 or rng.random() < 0.03:
        chosen.insert(rng.randint(0, len(chosen)), "django.contrib.auth.middleware.LoginRequiredMiddleware")
    if release >= (6, 0) and rng.random() < 0.4:
        chosen.insert(rng.randint(0, len(chosen)), "django.middleware.csp.ContentSecurityPolicyMiddleware")
    if rng.random() < 0.1:
        rng.shuffle(chosen)
    return bracket(rng, [text(name) for name in chosen], "[[[(")


def place(rng):
    """The source of a path: absolute, relative, as text or as a Path, there or not."""
    return rng.choice(
        [
            'BASE_DIR / "media"',
            'BASE_DIR / "media" / "cache"',
            'BASE_DIR / "assets"',
            'BASE_DIR / "static"',
            "BASE_DIR",
            'str(BASE_DIR / "media")',
            'str(BASE_DIR) + "/media/"',
            'os.path.join(BASE_DIR, "media", "cache")',
            'os.path.join(BASE_DIR, "assets")',
            '"/nowhere/cache"',
            '"/nowhere"',
            '"media"',
            '"media/cache"',
            '"./media/../media"',
            'BASE_DIR / "uploads"',
            'os.path.join(BASE_DIR, "static")',
        ]
    )


def files(rng, some, pick):
    if some(0.5):
        yield "MEDIA_ROOT", pick([place(rng), place(rng), '""', "None"] if some(0.9) else ['""'])
    if some(0.5):
        yield "STATIC_ROOT", pick([place(rng), place(rng), "None", '""'])
    if some(0.45):
        items = []
        for _ in range(rng.randint(0, 3)):
            items.append(pick([place(rng), place(rng), f'("prefix", {place(rng)})', f'["x/", {place(rng)}]', f'("pre/fix/", {place(rng)})']))
        yield "STATICFILES_DIRS", pick([bracket(rng, items, "[[("), bracket(rng, items, "[[("), '"assets"', 'BASE_DIR / "assets"', "None"] if some(0.3) else [bracket(rng, items, "[[(")])
    if some(0.12):
        yield "STATICFILES_FINDERS", pick(['["django.contrib.staticfiles.finders.AppDirectoriesFinder"]', '["django.contrib.staticfiles.finders.FileSystemFinder"]', "[]", '("django.contrib.staticfiles.finders.FileSystemFinder", "django.contrib.staticfiles.finders.AppDirectoriesFinder")'])
    if some(0.3):
        yield "FILE_UPLOAD_TEMP_DIR", pick(["None", '""', 'BASE_DIR / "uploads"', 'str(BASE_DIR / "uploads")', '"/nowhere/tmp"', 'BASE_DIR / "missing"', 'BASE_DIR / "a_file.txt"', '"uploads"'])
    for name in ("STATIC_URL", "MEDIA_URL"):
        if some(0.5):
            yield name, pick(['"static/"', '"/static/"', '"/static"', '"https://cdn.example.com/s"', '"https://cdn.example.com/s/"', "None", '""', '"media"', '"/media/"', '"/"'])
    if some(0.1):
        yield "FORCE_SCRIPT_NAME", '"/app"'


def caches(rng):
    def one():
        backend = rng.choice(["django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.filebased.FileBasedCache", "django.core.cache.backends.filebased.FileBasedCache", "own_caches.Files", "own_caches.Memory", "django.core.cache.backends.dummy.DummyCache", "django.core.cache.backends.db.DatabaseCache"])
        location = place(rng) if "ile" in backend else text(rng.choice(["", "x", "cache_table"]))
        return f'{{"BACKEND": {text(backend)}, "LOCATION": {location}}}'

    aliases = rng.choice([["default"], ["default"], ["default", "other"], ["other"], [], ["default", "a", "b"]])
    return "{" + ", ".join(f"{text(alias)}: {one()}" for alias in aliases) + "}"


def storages(rng, release, some, pick):
    usual = '"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}'
    static = '"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}'
    if some(0.35):
        yield "STORAGES", pick([f"{{{usual}, {static}}}", f"{{{usual}}}", f"{{{static}}}", "{}"])
    elif some(0.15):
        yield "STATICFILES_STORAGE", '"django.contrib.staticfiles.storage.ManifestStaticFilesStorage"'


def templates(rng, release):
    processors = [f"django.template.context_processors.{name}" for name in ("debug", "request", "csp")] + ["django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]
    if release < (6, 0):
        processors.remove("django.template.context_processors.csp")

    def one(name):
        options = []
        if rng.random() < 0.85:
            options.append(f'"context_processors": {bracket(rng, [text(path) for path in processors if rng.random() < 0.75], "[[(")}')
        if rng.random() < 0.15:
            options.append(f'"string_if_invalid": {rng.choice([chr(34) * 2, text("x"), "1", "None", "b" + text("x"), "[]"])}')
        if rng.random() < 0.12:
            options.append(f'"libraries": {{{rng.choice([text("extra"), text("own")])}: {text(rng.choice(["shop.templatetags.extra", "blog.templatetags.extra"]))}}}')
        if rng.random() < 0.1:
            options.append('"debug": True')
        parts = ['"BACKEND": "django.template.backends.django.DjangoTemplates"', f'"DIRS": {rng.choice(["[]", "[BASE_DIR / " + text("templates") + "]"])}']
        if rng.random() < 0.6:
            parts.append(f'"APP_DIRS": {rng.choice(["True", "True", "False"])}')
        if rng.random() < 0.08:
            options.append('"loaders": ["django.template.loaders.filesystem.Loader"]')
        if options or rng.random() < 0.5:
            parts.append('"OPTIONS": {' + ", ".join(options) + "}")
        if name:
            parts.append(f'"NAME": {text(name)}')
        return "{" + ", ".join(parts) + "}"

    return rng.choice(["[]", *["[" + one(None) + "]"] * 8, "[" + one("first") + ", " + one("second") + "]"])


def languages(rng, some, pick):
    code = lambda: pick(['"en-us"', '"en"', '"de"', '"xx"', '"en_US"', '"de-at"', '"zh-hans"', '"pt-br"', '"zz-zz"', '"sr-latn"', '"bad code"', '"fr-ca-x"', '"de_DE"', '"EN"', '"zh-cn"', '"es-419"', '"i-mingo"', '"no"', '"en-"', '"nb-no"'])
    if some(0.5):
        yield "LANGUAGE_CODE", code() if some(0.93) else pick(['""', "None", "5"])
    if some(0.35):
        yield "LANGUAGES", bracket(rng, [f'({code() if some(0.97) else pick(["1", "None"])}, "Name")' for _ in range(rng.randint(0, 4))], "[[(")
    if some(0.2):
        yield "LANGUAGES_BIDI", bracket(rng, [code() for _ in range(rng.randint(0, 3))], "[[(")
    if some(0.4):
        yield "USE_I18N", pick(["True", "False"])
    if some(0.1):
        yield "LOCALE_PATHS", "[]"
