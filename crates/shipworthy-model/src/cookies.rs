//! Django's cookies: which ones the settings bring into being, and the settings that shape each.

use crate::{Effective, Facts, Truth};

/// A cookie that Django sets.
#[derive(Clone, Debug)]
pub struct Cookie {
    /// What it is called in messages: `the session cookie`.
    pub called: &'static str,
    /// The start of the names of its settings: `SESSION_COOKIE`.
    pub prefix: &'static str,
    /// Whether a middleware that sets it is installed.
    pub used: Truth,
}

impl Cookie {
    /// The name of one of its settings: `SESSION_COOKIE_SECURE`.
    pub fn setting(&self, end: &str) -> String {
        format!("{}_{end}", self.prefix)
    }

    /// One of its settings as Django sees it.
    pub fn effective(&self, end: &str, facts: &Facts) -> Effective {
        facts.setting(&self.setting(end))
    }
}

impl Facts {
    /// The cookies that Django's own middleware sets.
    pub fn cookies(&self) -> [Cookie; 3] {
        let class = |end| self.has_middleware_class(end);
        [
            Cookie { called: "the session cookie", prefix: "SESSION_COOKIE", used: class("SessionMiddleware") },
            Cookie {
                called: "the CSRF cookie",
                prefix: "CSRF_COOKIE",
                used: class("CsrfViewMiddleware").and(!self.truth("CSRF_USE_SESSIONS")),
            },
            Cookie { called: "the language cookie", prefix: "LANGUAGE_COOKIE", used: class("LocaleMiddleware") },
        ]
    }

    /// Those of them that show who somebody is, or guard what they do: all that are, or may be, in use but the language's.
    pub fn login_cookies(&self) -> Vec<Cookie> {
        self.cookies().into_iter().filter(|cookie| !cookie.used.is_no() && cookie.prefix != "LANGUAGE_COOKIE").collect()
    }

    /// Whether a middleware is installed whose class name contains `class`: Django's own, or one that by its name stands in
    /// for it.
    pub fn has_middleware_class(&self, class: &str) -> Truth {
        let named = |path: &str| path.rsplit('.').next().is_some_and(|name| name.contains(class));
        self.setting("MIDDLEWARE").value.any(|item| item.decide(|item| item.as_str().is_some_and(named))).unwrap_or(Truth::No)
    }
}
