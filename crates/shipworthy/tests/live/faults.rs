//! Faults: what is planted, and what must be reported of it from the source and from the wire.

use crate::front::Front;
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

const SESSION: Edit = Edit::Replace("catalog/views.py", "    return render", "    request.session['seen'] = True\n    return render");
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
    both(&[Edit::Settings("INSTALLED_APPS = [*INSTALLED_APPS, 'debug_toolbar']\nMIDDLEWARE = ['debug_toolbar.middleware.DebugToolbarMiddleware', *MIDDLEWARE]\nDEBUG_TOOLBAR_CONFIG = {'SHOW_TOOLBAR_CALLBACK': lambda request: True, 'IS_RUNNING_TESTS': False}"), Edit::Replace("shop/urls.py", "urlpatterns = [", "urlpatterns = [\n    path(\"__debug__/\", include(\"debug_toolbar.urls\")),"), Edit::Replace("requirements.txt", "redis", "django-debug-toolbar==6.0.0\nredis")], &["debug-tooling-installed"]),
    both(&[Edit::Remove("templates/404.html")], &["error-page-missing"]),
    fault(&[Edit::Replace("catalog/urls.py", "path(\"\", views.index)", "path(\"\", views.index), path(\"<path:rest>\", lambda request, rest: views.render(request, \"404.html\"))")], &[], &["error-status-wrong"]),
    // Only what does not believe the header on its own makes Django wait for it.
    both(&[Edit::Settings("SECURE_PROXY_SSL_HEADER = None")], &["https-redirect-loop"]).at(&[AppServer::Daphne, AppServer::Granian]),
    fault(&[Edit::Settings("USE_X_FORWARDED_HOST = True")], &[], &[]),
    fault(&[Edit::Settings("ALLOWED_HOSTS = ['*']")], &[], &[]),
    fault(&[Edit::Settings("SECURE_SSL_REDIRECT = False")], &[], &[]),
];
