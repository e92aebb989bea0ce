//! Faults: what is planted, and what must be reported of it from the source and from the wire.

use crate::server::AppServer;
use crate::shop::Edit;

/// A fault, one thought wide.
pub(crate) struct Fault {
    /// What is done.
    pub(crate) edits: &'static [Edit],
    /// The rules that must fail by the source, however mildly, besides those that fail of the fit example.
    pub(crate) source: &'static [&'static str],
    /// The rules that must fail by the wire, however mildly.
    pub(crate) wire: &'static [&'static str],
    /// The application servers that show it; any where none is named.
    pub(crate) servers: &'static [AppServer],
}

const fn fault(edits: &'static [Edit], source: &'static [&'static str], wire: &'static [&'static str]) -> Fault {
    Fault { edits, source, wire, servers: &[] }
}

const fn both(edits: &'static [Edit], rules: &'static [&'static str]) -> Fault {
    fault(edits, rules, rules)
}

impl Fault {
    const fn at(self, servers: &'static [AppServer]) -> Self {
        Self { servers, ..self }
    }
}

const SESSION: Edit =
    Edit::Replace("catalog/views.py", "    return render", "    request.session['seen'] = True\n    return render");
const CORS: Edit = Edit::Replace("requirements.txt", "redis", "django-cors-headers==4.9.0\nredis");

/// Faults of the project itself, which every front end lets through.
#[rustfmt::skip]
pub(crate) const PROJECT: &[Fault] = &[
    both(&[Edit::Settings("DEBUG = True")], &["debug-enabled"]),
    both(&[Edit::Settings("SECURE_HSTS_SECONDS = 0")], &["hsts-missing"]),
    both(&[Edit::Settings("SECURE_HSTS_SECONDS = 60")], &["hsts-weak"]),
    both(&[Edit::Settings("SECURE_HSTS_INCLUDE_SUBDOMAINS = False")], &["hsts-subdomains-off"]),
    both(&[Edit::Settings("CSRF_COOKIE_SECURE = False")], &["csrf-cookie-insecure"]),
    both(&[Edit::Settings("CSRF_COOKIE_SAMESITE = 'None'")], &["cookie-samesite-off"]),
    both(&[Edit::Settings("CSRF_COOKIE_DOMAIN = '.example.com'")], &["cookie-domain-wide"]),
    both(&[Edit::Settings("CSRF_COOKIE_NAME = '__Host-csrftoken'\nCSRF_COOKIE_PATH = '/admin/'")], &["cookie-rejected"]),
    both(&[Edit::Settings("SESSION_COOKIE_SECURE = False"), SESSION], &["session-cookie-insecure"]),
    both(&[Edit::Settings("SESSION_COOKIE_HTTPONLY = False"), SESSION], &["session-cookie-readable"]),
    both(&[Edit::Settings("SESSION_COOKIE_SAMESITE = 'None'"), SESSION], &["cookie-samesite-off"]),
    both(&[Edit::Settings("SECURE_CONTENT_TYPE_NOSNIFF = False")], &["nosniff-off"]),
    both(&[Edit::Settings("SECURE_REFERRER_POLICY = 'unsafe-url'")], &["referrer-policy-weak"]),
    both(&[Edit::Settings("SECURE_CROSS_ORIGIN_OPENER_POLICY = None")], &["opener-policy-weak"]),
    both(&[Edit::Settings("MIDDLEWARE.remove('django.middleware.clickjacking.XFrameOptionsMiddleware')\nSECURE_CSP = {'default-src': [CSP.SELF]}")], &["clickjacking-middleware-missing"]),
    both(&[Edit::Settings("SECURE_CSP = {}")], &["csp-missing"]),
    both(&[CORS, Edit::Settings("INSTALLED_APPS = [*INSTALLED_APPS, 'corsheaders']\nMIDDLEWARE = ['corsheaders.middleware.CorsMiddleware', *MIDDLEWARE]\nCORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOW_CREDENTIALS = True")], &["cors-any-origin"]),
    // One panel: those of the cache and of SQL patch what threads share, and answer 500 now and then.
    both(&[Edit::Collect, Edit::Settings("INSTALLED_APPS = [*INSTALLED_APPS, 'debug_toolbar']\nMIDDLEWARE = ['debug_toolbar.middleware.DebugToolbarMiddleware', *MIDDLEWARE]\nDEBUG_TOOLBAR_PANELS = ['debug_toolbar.panels.headers.HeadersPanel']\nDEBUG_TOOLBAR_CONFIG = {'SHOW_TOOLBAR_CALLBACK': lambda request: True, 'IS_RUNNING_TESTS': False}"), Edit::Replace("shop/urls.py", "urlpatterns = [", "urlpatterns = [\n    path(\"__debug__/\", include(\"debug_toolbar.urls\")),"), Edit::Replace("requirements.txt", "redis", "django-debug-toolbar==6.0.0\nredis")], &["debug-tooling-installed"]),
    both(&[Edit::Remove("templates/404.html")], &["error-page-missing"]),
    fault(&[Edit::Replace("catalog/urls.py", "path(\"\", views.index)", "path(\"\", views.index), path(\"<path:rest>\", lambda request, rest: views.render(request, \"404.html\"))")], &[], &["error-status-wrong"]),
    // Only what does not believe the header on its own makes Django wait for it.
    both(&[Edit::Settings("SECURE_PROXY_SSL_HEADER = None")], &["https-redirect-loop"]).at(&[AppServer::Daphne, AppServer::Granian]),
];

/// What lets a plain request through to Django.
const PLAIN: &str = "    location / {\n        proxy_set_header Host $host;\n        proxy_set_header X-Forwarded-Proto $scheme;\n        proxy_pass http://web:8000;\n    }";
const REDIRECT: &str = "    return 301 https://shop.example.com$request_uri;";
const LIMIT: &str = "    client_max_body_size 10m;\n";
const LOOSE: Edit = Edit::Settings("SECURE_SSL_REDIRECT = False");
const ANY: Edit = Edit::Settings("ALLOWED_HOSTS = ['*']");
const FORWARDED: Edit = Edit::Settings("USE_X_FORWARDED_HOST = True");
/// Servers that nginx speaks HTTP with.
const HTTP: &[AppServer] = &[AppServer::Gunicorn, AppServer::Uvicorn, AppServer::Daphne, AppServer::Granian];

/// Faults of nginx, or of the project behind it.
#[rustfmt::skip]
pub(crate) const NGINX: &[Fault] = &[
    both(&[ANY], &[]),
    both(&[LOOSE], &[]),
    both(&[FORWARDED], &["forwarded-host-trusted"]),
    fault(&[LOOSE, Edit::Front(REDIRECT, PLAIN)], &["ssl-redirect-off", "http-not-redirected"], &["ssl-redirect-off"]).at(HTTP),
    both(&[Edit::Front(REDIRECT, "    location / {\n        proxy_set_header Host $host;\n        proxy_pass http://web:8000;\n    }")], &["forwarded-proto-spoofable"]).at(HTTP),
    both(&[Edit::Front(REDIRECT, "    return 302 https://shop.example.com$request_uri;")], &["https-redirect-lossy"]),
    both(&[Edit::Front(REDIRECT, "    return 301 https://shop.example.com/;")], &["https-redirect-lossy"]),
    // Django's own page for 400 is what tells it from the front end's.
    fault(&[Edit::Remove("templates/400.html"), Edit::Front("    listen 80 default_server;\n", ""), Edit::Front(REDIRECT, PLAIN)], &["unknown-host-forwarded", "error-page-missing"], &["unknown-host-forwarded"]).at(HTTP),
    both(&[Edit::Front("    listen 443 ssl default_server;\n    ssl_reject_handshake on;\n", "")], &["tls-default-host-missing"]),
    both(&[ANY, Edit::Front("    listen 443 ssl default_server;\n    ssl_reject_handshake on;\n", "")], &["tls-default-host-missing", "allowed-hosts-wildcard"]),
    both(&[Edit::Front("Host $host;", "Host $http_host;")], &["proxy-host-header"]).at(HTTP),
    fault(&[Edit::Front("        proxy_set_header X-Forwarded-Proto $scheme;\n", "")], &["forwarded-proto-missing"], &["https-redirect-loop"]).at(HTTP),
    fault(&[Edit::Front("        proxy_set_header X-Forwarded-Proto $scheme;\n", ""), Edit::Front(LIMIT, "    client_max_body_size 10m;\n    proxy_set_header X-Forwarded-Proto $scheme;\n")], &["proxy-header-dropped"], &["https-redirect-loop"]).at(HTTP),
    // The locations that add headers of their own lose it.
    fault(&[Edit::Front(LIMIT, "    client_max_body_size 10m;\n    add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always;\n")], &["hsts-duplicated", "hsts-partial"], &["hsts-duplicated"]),
    both(&[Edit::Settings("SECURE_HSTS_SECONDS = 0"), Edit::Front(LIMIT, "    client_max_body_size 10m;\n    add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\";\n")], &["hsts-partial"]),
    both(&[Edit::Front(LIMIT, "    client_max_body_size 10m;\n    ssl_protocols TLSv1 TLSv1.2;\n    ssl_ciphers DEFAULT@SECLEVEL=0;\n")], &["tls-legacy"]),
    both(&[Edit::Front("location /static/ {", "location /static {")], &["alias-traversal"]),
    both(&[Edit::Front("alias /srv/static/;", "alias /srv/static/; autoindex on;")], &["directory-listing"]),
    both(&[Edit::Front("        add_header Content-Security-Policy \"sandbox\" always;\n", "")], &["media-unsandboxed"]),
    both(&[Edit::Front("    location /static/ { alias /srv/static/; expires 1y; }\n", "")], &["static-unserved"]),
    fault(&[Edit::Front(" expires 1y;", "")], &[], &["static-uncached"]),
    fault(&[Edit::Front("gzip on;", "gzip off;")], &[], &["static-uncached"]),
    fault(&[Edit::Write(".env", "SECRET_KEY=p1anted-live-key-in-a-file\n"), Edit::Front(LIMIT, "    client_max_body_size 10m;\n    root /srv/shop;\n"), Edit::Front("    location / {\n        proxy_set_header Host", "    location / { try_files $uri @shop; }\n    location @shop {\n        proxy_set_header Host")], &["secret-in-image"], &["project-files-served"]).at(HTTP),
    both(&[Edit::Front("server_tokens off;", "server_tokens on;")], &["server-version-disclosed"]),
];

/// An ASGI application with a WebSocket, for friends and for strangers.
const FRIENDS: &str = "import os\n\nfrom django.core.asgi import get_asgi_application\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\nhttp = get_asgi_application()\n\nfrom channels.generic.websocket import WebsocketConsumer\nfrom channels.routing import ProtocolTypeRouter, URLRouter\nfrom channels.security.websocket import AllowedHostsOriginValidator\nfrom django.urls import path\n\nsockets = URLRouter([path('ws/chat/', WebsocketConsumer.as_asgi())])\napplication = ProtocolTypeRouter({'http': http, 'websocket': AllowedHostsOriginValidator(sockets)})\n";
const STRANGERS: &str = "import os\n\nfrom django.core.asgi import get_asgi_application\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\nhttp = get_asgi_application()\n\nfrom channels.generic.websocket import WebsocketConsumer\nfrom channels.routing import ProtocolTypeRouter, URLRouter\nfrom django.urls import path\n\nsockets = URLRouter([path('ws/chat/', WebsocketConsumer.as_asgi())])\napplication = ProtocolTypeRouter({'http': http, 'websocket': sockets})\n";
const CHAT: Edit = Edit::Replace(
    "templates/index.html",
    "<h1>Shop</h1>",
    "<h1>Shop</h1><script type=\"application/json\">\"/ws/chat/\"</script>",
);
const CHANNELS: Edit = Edit::Replace("requirements.txt", "redis", "channels==4.3.0\nredis");

/// Faults of Caddy.
#[rustfmt::skip]
pub(crate) const CADDY: &[Fault] = &[
    both(&[ANY], &[]),
    both(&[LOOSE], &[]),
    both(&[FORWARDED], &[]),
    both(&[Edit::Front("shop.example.com {", "https:// {")], &["tls-default-host-missing"]),
    fault(&[Edit::Front("\t\treverse_proxy web:8000\n", "\t\treverse_proxy web:8000 {\n\t\t\theader_up X-Forwarded-Proto {http.request.header.X-Forwarded-Proto}\n\t\t}\n")], &["forwarded-proto-missing"], &["https-redirect-loop"]),
    both(&[Edit::Front("\tencode gzip\n", "\tencode gzip\n\theader +Strict-Transport-Security \"max-age=31536000; includeSubDomains\"\n")], &["hsts-duplicated"]),
    both(&[Edit::Front("root * /srv/static\n\t\theader Cache-Control \"public, max-age=31536000, immutable\"\n\t\tfile_server\n", "root * /srv/static\n\t\theader Cache-Control \"public, max-age=31536000, immutable\"\n\t\tfile_server browse\n")], &["directory-listing"]),
    both(&[Edit::Front("\t\theader Content-Security-Policy sandbox\n", "")], &["media-unsandboxed"]),
    fault(&[Edit::Front("\tencode gzip\n", "")], &[], &["static-uncached"]),
    both(&[Edit::Front("handle_path /static/*", "handle_path /assets/*")], &["static-unserved"]),
    both(&[CHAT, CHANNELS, Edit::Write("shop/asgi.py", FRIENDS)], &[]).at(&[AppServer::Daphne, AppServer::Uvicorn]),
    fault(&[CHAT, CHANNELS, Edit::Write("shop/asgi.py", STRANGERS)], &[], &["websocket-any-origin"]).at(&[AppServer::Daphne, AppServer::Uvicorn]),
    fault(&[], &["development-server"], &["development-server", "server-version-disclosed"]).at(&[AppServer::Runserver]),
];

/// Faults of Apache.
#[rustfmt::skip]
pub(crate) const APACHE: &[Fault] = &[
    fault(&[ANY], &["allowed-hosts-wildcard"], &[]),
    both(&[FORWARDED], &[]),
    both(&[FORWARDED, Edit::Front("    ProxyAddHeaders Off\n    RequestHeader unset X-Forwarded-Host early\n", "")], &["forwarded-host-trusted"]),
    both(&[Edit::Front("Redirect permanent / https://shop.example.com/", "Redirect / https://shop.example.com/")], &["https-redirect-lossy"]),
    both(&[Edit::Front("Options -Indexes\n        AllowOverride None\n        Header set Cache", "Options +Indexes\n        AllowOverride None\n        Header set Cache")], &["directory-listing"]),
    both(&[Edit::Front("    ProxyPreserveHost On\n", "")], &["proxy-host-header"]),
    fault(&[Edit::Front("    RequestHeader set X-Forwarded-Proto https early\n", "")], &["forwarded-proto-missing"], &["https-redirect-loop"]),
    both(&[Edit::Front("    ServerName shop.example.com\n    SSLEngine on\n", "    ServerName shop.example.com\n    Header always add Strict-Transport-Security \"max-age=31536000; includeSubDomains\"\n    SSLEngine on\n")], &["hsts-duplicated"]),
    both(&[Edit::Front("        Header always set Content-Security-Policy sandbox\n", "")], &["media-unsandboxed"]),
    fault(&[Edit::Front("<VirtualHost *:443>\n    ServerName unknown.invalid\n    SSLEngine on\n    SSLCertificateFile /etc/ssl/shop.pem\n    SSLCertificateKeyFile /etc/ssl/shop.key\n    Redirect 421 /\n</VirtualHost>\n", "")], &[], &["tls-default-host-missing"]),
];

/// Faults of `HAProxy`.
#[rustfmt::skip]
pub(crate) const HAPROXY: &[Fault] = &[
    both(&[ANY], &[]),
    both(&[LOOSE], &[]),
    both(&[FORWARDED], &[]),
    both(&[FORWARDED, Edit::Front("    http-request del-header X-Forwarded-Host\n", "")], &["forwarded-host-trusted"]),
    fault(&[LOOSE, Edit::Front("    http-request redirect location https://shop.example.com%[pathq] code 301 unless { ssl_fc }\n", "")], &["ssl-redirect-off", "http-not-redirected"], &["ssl-redirect-off"]),
    // Beside an unusual port Django redirects to the port that it was asked on.
    fault(&[Edit::Front("    http-request redirect location https://shop.example.com%[pathq] code 301 unless { ssl_fc }\n", ""), Edit::Front("    http-request set-header X-Forwarded-Proto http unless { ssl_fc }\n", "")], &["forwarded-proto-spoofable"], &["forwarded-proto-spoofable", "https-redirect-lossy"]),
    both(&[Edit::Front("code 301", "code 302")], &["https-redirect-lossy"]),
    both(&[Edit::Front("    http-request deny deny_status 421 unless { req.hdr(host),field(1,:) -i shop.example.com }\n", "")], &["tls-default-host-missing"]),
    both(&[Edit::Front("ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.0\n    ssl-default-bind-ciphers DEFAULT@SECLEVEL=0")], &["tls-legacy"]),
];

const REDIRECTIONS: &str = "    http:\n      redirections:\n        entryPoint:\n          to: websecure\n          scheme: https\n          permanent: true\n";
/// A route of Traefik for plain HTTP, beside the one for HTTPS.
const OPEN: Edit = Edit::Replace(
    "traefik/routes.yml",
    "  routers:\n",
    "  routers:\n    plain:\n      rule: Host(`shop.example.com`)\n      entryPoints: [web]\n      service: shop\n",
);

/// Faults of Traefik.
#[rustfmt::skip]
pub(crate) const TRAEFIK: &[Fault] = &[
    both(&[ANY], &[]),
    both(&[LOOSE], &[]),
    both(&[FORWARDED], &[]),
    fault(&[FORWARDED, Edit::Front("    address: \":443\"\n", "    address: \":443\"\n    forwardedHeaders:\n      insecure: true\n")], &["forwarded-host-trusted", "forwarder-trust-all"], &["forwarded-host-trusted", "forwarded-proto-spoofable"]),
    fault(&[LOOSE, OPEN, Edit::Front(REDIRECTIONS, "")], &["ssl-redirect-off", "http-not-redirected"], &["ssl-redirect-off"]),
    // Beside an unusual port Django redirects to the port that it was asked on.
    fault(&[OPEN, Edit::Front(REDIRECTIONS, "    forwardedHeaders:\n      insecure: true\n")], &["forwarded-proto-spoofable", "forwarder-trust-all"], &["forwarded-proto-spoofable", "https-redirect-lossy"]),
    both(&[Edit::Front("permanent: true", "permanent: false")], &["https-redirect-lossy"]),
    both(&[Edit::Replace("traefik/routes.yml", "Host(`shop.example.com`)", "PathPrefix(`/`)")], &["tls-default-host-missing"]),
    both(&[Edit::Replace("traefik/routes.yml", "minVersion: VersionTLS12", "minVersion: VersionTLS10")], &["tls-legacy"]),
    fault(&[Edit::Replace("traefik/routes.yml", "      middlewares: [compress]\n", "")], &[], &["static-uncached"]),
];
