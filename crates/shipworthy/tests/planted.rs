//! Mistakes planted one at a time into a project that is fit: each is reported by the rule that is for it, and by no other.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod program;

use std::collections::BTreeSet;
use std::path::Path;

use program::{copy, failing};

/// What is done to the project, beside the rules that must then fail at severity low or worse.
enum Edit {
    /// These lines at the end of the production settings.
    Settings(&'static str),
    /// This text in this file instead of that one.
    Replace(&'static str, &'static str, &'static str),
    /// A file less.
    Remove(&'static str),
}

use Edit::{Remove, Replace, Settings};

const PRODUCTION: &str = "shop/settings/production.py";
const NGINX: &str = "nginx/shop.conf";
/// A plain site of nginx that passes everything on as the one over TLS does.
const PLAIN: &str = "    location / {
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_pass http://web:8000;
    }";

#[rustfmt::skip]
const PLANTED: &[(&[&str], &[Edit])] = &[
    // Which settings are in force where.
    (&["entry-point-defaults-to-dev"], &[Replace("shop/wsgi.py", "shop.settings.production", "shop.settings.development"), Replace("Dockerfile", "ENV DJANGO_SETTINGS_MODULE=shop.settings.production\n", "")]),
    (&["setting-not-a-list"], &[Settings("ALLOWED_HOSTS = 'shop.example.com'")]),
    (&["settings-load-failure"], &[Settings("EMAIL_PORT = int('smtp')")]),
    (&["setting-misspelt", "hsts-missing"], &[Replace(PRODUCTION, "SECURE_HSTS_SECONDS", "SECURE_HSTS_SECOND")]),
    (&["checks-silenced"], &[Settings("SILENCED_SYSTEM_CHECKS = ['security.W018']")]),
    // SECRET_KEY.
    (&["secret-key-hardcoded"], &[Settings("SECRET_KEY = 'k3v9x0q7r2m5t8w1y4z6a9c2e5g8j1l4n7p0s3u6'+'v9x2z5b8d1f4h7k0m3'")]),
    (&["secret-key-hardcoded", "secret-key-weak"], &[Replace(PRODUCTION, "env(\"SECRET_KEY\")", "env(\"SECRET_KEY\", default=\"changeme\")")]),
    (&["secret-key-ephemeral"], &[Settings("from django.core.management.utils import get_random_secret_key\nSECRET_KEY = get_random_secret_key()")]),
    (&["secret-key-fallback-weak", "secret-key-hardcoded"], &[Settings("SECRET_KEY_FALLBACKS = [env('OLD_KEY', default='django-insecure-old')]")]),
    // DEBUG.
    (&["debug-enabled"], &[Settings("DEBUG = True")]),
    (&["debug-enabled"], &[Settings("DEBUG = env.bool('DEBUG', default=True)")]),
    (&["debug-parsed-as-string"], &[Settings("import os\nDEBUG = bool(os.environ.get('DEBUG', ''))")]),
    (&["debug-enabled", "debug-parsed-as-string"], &[Settings("import os\nDEBUG = os.environ.get('DEBUG', 'yes')")]),
    (&["debug-tooling-installed", "requirement-missing"], &[Settings("INSTALLED_APPS = [*INSTALLED_APPS, 'debug_toolbar']\nMIDDLEWARE = ['debug_toolbar.middleware.DebugToolbarMiddleware', *MIDDLEWARE]")]),
    (&["exceptions-propagated"], &[Settings("DEBUG_PROPAGATE_EXCEPTIONS = True")]),
    // Hosts and origins.
    // The front end turns unknown hosts away; only without that does a wildcard matter.
    (&[], &[Settings("ALLOWED_HOSTS = ['*']")]),
    (&["allowed-hosts-wildcard", "tls-default-host-missing"], &[Settings("ALLOWED_HOSTS = ['*']"), Replace(NGINX, "    listen 443 ssl default_server;\n", "")]),
    (&["allowed-hosts-empty"], &[Settings("ALLOWED_HOSTS = []")]),
    (&["allowed-host-unmatchable"], &[Settings("ALLOWED_HOSTS = ['https://shop.example.com', 'shop.example.com']")]),
    (&["allowed-host-unmatchable"], &[Settings("ALLOWED_HOSTS = ['shop.example.com', 'shop.example.com:8000']")]),
    (&["allowed-hosts-unenforced"], &[Settings("MIDDLEWARE.remove('django.middleware.common.CommonMiddleware')")]),
    (&["csrf-origin-unmatchable"], &[Settings("CSRF_TRUSTED_ORIGINS = ['shop.example.com']")]),
    (&["cors-any-origin"], &[
        Settings("INSTALLED_APPS = [*INSTALLED_APPS, 'corsheaders']\nMIDDLEWARE = ['corsheaders.middleware.CorsMiddleware', *MIDDLEWARE]\nCORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True"),
        Replace("requirements.txt", "Django", "django-cors-headers==4.9.0\nDjango"),
    ]),
    // Caches and sessions.
    (&["cache-local-memory", "requirement-missing"], &[Settings("CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\nSESSION_ENGINE = 'django.contrib.sessions.backends.db'\nRATELIMIT_ENABLE = True\nINSTALLED_APPS = [*INSTALLED_APPS, 'axes']\nAXES_HANDLER = 'axes.handlers.cache.AxesCacheHandler'")]),
    (&["cache-dummy"], &[Settings("CACHES = {'default': {'BACKEND': 'django.core.cache.backends.dummy.DummyCache'}}\nSESSION_ENGINE = 'django.contrib.sessions.backends.db'")]),
    (&["cache-local-memory", "sessions-in-local-memory"], &[Settings("CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\nSESSION_ENGINE = 'django.contrib.sessions.backends.cache'")]),
    (&["sessions-in-signed-cookies"], &[Settings("SESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'")]),
    (&["session-pickle"], &[Settings("SESSION_SERIALIZER = 'django.contrib.sessions.serializers.PickleSerializer'")]),
    (&["session-cookie-insecure"], &[Settings("SESSION_COOKIE_SECURE = False")]),
    (&["csrf-cookie-insecure"], &[Settings("CSRF_COOKIE_SECURE = False")]),
    (&["session-cookie-readable"], &[Settings("SESSION_COOKIE_HTTPONLY = False")]),
    (&["cookie-samesite-off"], &[Settings("SESSION_COOKIE_SAMESITE = 'None'")]),
    (&["csrf-middleware-missing"], &[Settings("MIDDLEWARE.remove('django.middleware.csrf.CsrfViewMiddleware')")]),
    // Databases.
    (&["database-password-in-source"], &[Settings("DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop', 'USER': 'shop', 'PASSWORD': 'tr0mbone-4711', 'HOST': 'db', 'CONN_MAX_AGE': 60, 'CONN_HEALTH_CHECKS': True, 'OPTIONS': {'sslmode': 'verify-full'}}}")]),
    (&["database-plaintext"], &[Settings("DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop', 'USER': 'shop', 'PASSWORD': env('DB_PASSWORD'), 'HOST': 'db.example.com', 'CONN_MAX_AGE': 60, 'CONN_HEALTH_CHECKS': True, 'OPTIONS': {'sslmode': 'disable'}}}")]),
    (&["database-missing"], &[Settings("DATABASES = {}")]),
    // E-mail.
    (&["email-backend-development"], &[Settings("EMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'")]),
    (&["email-tls-and-ssl"], &[Settings("EMAIL_USE_SSL = True")]),
    (&["email-password-in-source"], &[Settings("EMAIL_HOST_PASSWORD = 'tr0mbone-4711'")]),
    (&["email-credentials-plaintext"], &[Settings("EMAIL_USE_TLS = False\nEMAIL_HOST = 'smtp.example.com'\nEMAIL_HOST_USER = 'shop'")]),
    (&["sender-address-default"], &[Settings("SERVER_EMAIL = 'root@localhost'")]),
    // Static and media files.
    (&["static-root-missing"], &[Settings("STATIC_ROOT = None")]),
    (&["media-root-shared"], &[Settings("STATIC_ROOT = MEDIA_ROOT")]),
    (&["asset-urls-colliding"], &[Settings("MEDIA_URL = STATIC_URL")]),
    (&["asset-url-slash-missing"], &[Settings("STATIC_URL = '/static'")]),
    (&["storage-setting-ignored"], &[Settings("del STORAGES\nSTATICFILES_STORAGE = 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'")]),
    (&["static-storage-undefined"], &[Settings("STORAGES = {'default': {'BACKEND': 'django.core.files.storage.FileSystemStorage'}}")]),
    (&["media-root-relative"], &[Settings("MEDIA_ROOT = 'media'")]),
    (&["upload-permissions-loose"], &[Settings("FILE_UPLOAD_PERMISSIONS = 0o777")]),
    (&["upload-limit-disabled"], &[Settings("DATA_UPLOAD_MAX_MEMORY_SIZE = None")]),
    // HTTPS and the browser.
    // nginx redirects too: only where both stop do plain requests get through.
    (&[], &[Settings("SECURE_SSL_REDIRECT = False")]),
    (&["ssl-redirect-off", "http-not-redirected"], &[
        Settings("SECURE_SSL_REDIRECT = False"),
        Replace(NGINX, "    return 301 https://shop.example.com$request_uri;", PLAIN),
    ]),
    // The front end.
    (&["forwarded-proto-spoofable"], &[Replace(NGINX, "    return 301 https://shop.example.com$request_uri;", "    location / {\n        proxy_set_header Host $host;\n        proxy_pass http://web:8000;\n    }")]),
    (&["unknown-host-forwarded"], &[
        Replace(NGINX, "    listen 80 default_server;\n", ""),
        Replace(NGINX, "    return 301 https://shop.example.com$request_uri;", PLAIN),
    ]),
    (&["tls-default-host-missing"], &[Replace(NGINX, "    listen 443 ssl default_server;\n", "")]),
    (&["proxy-host-header"], &[Replace(NGINX, "Host $host;", "Host $http_host;")]),
    (&["forwarded-proto-missing"], &[Replace(NGINX, "        proxy_set_header X-Forwarded-Proto $scheme;\n", "")]),
    (&["proxy-header-dropped"], &[
        Replace(NGINX, "        proxy_set_header X-Forwarded-Proto $scheme;\n", ""),
        Replace(NGINX, "    client_max_body_size 10m;\n", "    client_max_body_size 10m;\n    proxy_set_header X-Forwarded-Proto $scheme;\n"),
    ]),
    (&["https-redirect-loop"], &[Settings("SECURE_PROXY_SSL_HEADER = None")]),
    (&["tls-legacy"], &[Replace(NGINX, "    client_max_body_size 10m;\n", "    client_max_body_size 10m;\n    ssl_protocols TLSv1 TLSv1.2;\n")]),
    (&["underscore-headers"], &[Replace(NGINX, "    client_max_body_size 10m;\n", "    client_max_body_size 10m;\n    underscores_in_headers on;\n")]),
    (&["body-limit-missing"], &[Replace(NGINX, "client_max_body_size 10m", "client_max_body_size 0")]),
    (&["alias-traversal"], &[Replace(NGINX, "location /static/ {", "location /static {")]),
    (&["directory-listing"], &[Replace(NGINX, "alias /srv/media/;", "alias /srv/media/; autoindex on;")]),
    (&["media-executable"], &[Replace(NGINX, "location ^~ /media/ {", "location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; }\n    location /media/ {")]),
    (&["media-unsandboxed"], &[Replace(NGINX, "        add_header Content-Security-Policy \"sandbox\" always;\n", "")]),
    (&["static-unserved"], &[Replace(NGINX, "    location /static/ { alias /srv/static/; expires 1y; }\n", "")]),
    (&["forwarder-trust-all", "app-port-exposed"], &[
        Replace("Dockerfile", "\"--bind\"", "\"--forwarded-allow-ips=*\", \"--bind\""),
        Replace("compose.yaml", "    env_file: .env\n", "    env_file: .env\n    ports: [\"8000:8000\"]\n"),
    ]),
    (&["hsts-missing"], &[Settings("SECURE_HSTS_SECONDS = 0")]),
    (&["hsts-weak"], &[Settings("SECURE_HSTS_SECONDS = 60")]),
    (&["proxy-ssl-header-unfit"], &[Settings("SECURE_PROXY_SSL_HEADER = ('X-Forwarded-Proto', 'https')")]),
    (&["proxy-ssl-header-unfit"], &[Settings("SECURE_PROXY_SSL_HEADER = 'HTTP_X_FORWARDED_PROTO'")]),
    (&["security-middleware-missing"], &[Settings("MIDDLEWARE.remove('django.middleware.security.SecurityMiddleware')")]),
    (&["nosniff-off"], &[Settings("SECURE_CONTENT_TYPE_NOSNIFF = False")]),
    (&["clickjacking-middleware-missing"], &[Settings("MIDDLEWARE.remove('django.middleware.clickjacking.XFrameOptionsMiddleware')\nSECURE_CSP = {'default-src': [CSP.SELF]}")]),
    (&["csp-unsafe"], &[Settings("SECURE_CSP = {'default-src': [CSP.SELF, CSP.UNSAFE_INLINE]}")]),
    // Accounts.
    (&["password-validators-missing"], &[Settings("AUTH_PASSWORD_VALIDATORS = []")]),
    (&["password-hasher-weak"], &[Settings("PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']")]),
    // Templates and error pages.
    (&["template-debug-enabled"], &[Settings("TEMPLATES[0]['OPTIONS']['debug'] = True")]),
    (&["template-loaders-uncached"], &[Settings("TEMPLATES[0].pop('APP_DIRS')\nTEMPLATES[0]['OPTIONS']['loaders'] = ['django.template.loaders.filesystem.Loader', 'django.template.loaders.app_directories.Loader']")]),
    (&["error-page-missing"], &[Remove("templates/500.html")]),
    // Logging and who is told.
    (&["existing-loggers-disabled"], &[Settings("LOGGING['disable_existing_loggers'] = True")]),
    (&["errors-unlogged"], &[Settings("LOGGING = {'version': 1, 'disable_existing_loggers': False, 'handlers': {'none': {'class': 'logging.NullHandler'}}, 'loggers': {'django': {'handlers': ['none'], 'propagate': False}}}")]),
    (&["logging-config-broken"], &[Settings("LOGGING['root']['handlers'] = ['console', 'file']")]),
    (&["admins-malformed"], &[Settings("ADMINS = [('Operations', 'operations@shop.example.com')]")]),
    // Servers and tasks.
    (&["development-server"], &[Replace("Dockerfile", "\"gunicorn\", \"--bind\", \"0.0.0.0:8000\", \"--workers\", \"3\", \"shop.wsgi\"", "\"python\", \"manage.py\", \"runserver\", \"0.0.0.0:8000\"")]),
    (&["server-autoreload"], &[Replace("Dockerfile", "\"shop.wsgi\"]", "\"shop.wsgi\", \"--reload\"]")]),
    (&["service-published"], &[Replace("compose.yaml", "    image: redis:8\n", "    image: redis:8\n    ports: [\"6379:6379\"]\n")]),
    (&["postgres-trust"], &[Replace("compose.yaml", "POSTGRES_PASSWORD_FILE: /run/secrets/db", "POSTGRES_HOST_AUTH_METHOD: trust")]),
    (&["app-port-exposed"], &[Replace("compose.yaml", "    env_file: .env\n", "    env_file: .env\n    ports: [\"8000:8000\"]\n")]),
    (&["secret-in-image"], &[Replace("Dockerfile", "RUN useradd", "ENV STRIPE_API_KEY=r7Tq2mX9vK4pLw8zB3nC\nRUN useradd")]),
    (&["secret-in-deployment-file"], &[Replace("compose.yaml", "POSTGRES_PASSWORD_FILE: /run/secrets/db", "POSTGRES_PASSWORD: wV7kQ2xRm9Tz")]),
    (&["wsgi-application-missing"], &[Settings("WSGI_APPLICATION = 'shop.wsgi.app'")]),
    (&["tasks-in-request"], &[Settings("TASKS = {'default': {'BACKEND': 'django.tasks.backends.immediate.ImmediateBackend'}}")]),
    (&["admin-middleware-missing"], &[Settings("MIDDLEWARE.remove('django.contrib.messages.middleware.MessageMiddleware')")]),
];

#[test]
fn each_mistake_is_reported_by_its_rule_and_no_other() {
    let fit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fit");
    let mut wrong = Vec::new();
    let silent = tempfile::tempdir().unwrap();
    copy(&fit, silent.path());
    assert_eq!(failing(silent.path()), BTreeSet::new(), "the example that is fit");
    for (number, (rules, edits)) in PLANTED.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        copy(&fit, root);
        for edit in *edits {
            let (path, text) = match edit {
                Settings(lines) => (PRODUCTION, std::fs::read_to_string(root.join(PRODUCTION)).unwrap() + lines + "\n"),
                Replace(path, old, new) => {
                    let text = std::fs::read_to_string(root.join(path)).unwrap();
                    assert!(text.contains(old), "{path} has no {old}");
                    (*path, text.replacen(old, new, 1))
                }
                Remove(path) => {
                    std::fs::remove_file(root.join(path)).unwrap();
                    continue;
                }
            };
            std::fs::write(root.join(path), text).unwrap();
        }
        let expected: BTreeSet<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let found = failing(root);
        if found != expected {
            wrong.push(format!("{number}: planted {expected:?}, reported {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
