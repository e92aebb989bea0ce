//! Cross-origin requests: who may read this site's answers from another site, in django-cors-headers' settings.

use crate::{Effective, Facts, Severity, Truth, Value};

impl Facts {
    /// The first of two names that the module sets, as libraries look for a new name and then an old one; the second where
    /// it sets neither.
    pub fn first_set(&self, new: &'static str, old: &'static str) -> (&'static str, Effective) {
        let setting = self.setting(new);
        match setting.explicit {
            Truth::No => (old, self.setting(old)),
            Truth::Yes | Truth::Unknown(_) => (new, setting),
        }
    }

    /// Whether pages of other sites may do no more than read, if `CORS_ALLOW_METHODS` lets them in: it names no method that
    /// changes anything.
    pub fn cors_only_reads(&self) -> Truth {
        let methods = self.setting("CORS_ALLOW_METHODS");
        let safe = |value: &Value| {
            value.decide(|value| {
                let method = value.as_str().unwrap_or_default();
                ["GET", "HEAD", "OPTIONS"].iter().any(|safe| safe.eq_ignore_ascii_case(method))
            })
        };
        // The library's own list has all methods.
        match methods.explicit {
            Truth::No => Truth::No,
            Truth::Yes | Truth::Unknown(_) => methods.value.any(|method| !safe(method)).map_or(Truth::No, |other| !other),
        }
    }

    /// Whether the middleware that answers cross-origin requests is installed.
    pub fn has_cors(&self) -> Truth {
        self.has_middleware_class("CorsMiddleware")
    }

    /// How bad it is that a foreign origin may read answers: with logins in them only where cookies go along.
    pub fn cors_severity(&self) -> Severity {
        match self.truth("CORS_ALLOW_CREDENTIALS") {
            Truth::Yes => self.foreign_login_severity(),
            Truth::No | Truth::Unknown(_) => Severity::Low,
        }
    }

    /// How bad it is that a foreign origin may read answers with logins in them: most browsers leave the session cookie out
    /// of such requests while it is `SameSite`.
    pub fn foreign_login_severity(&self) -> Severity {
        let samesite = self.setting("SESSION_COOKIE_SAMESITE").value;
        let kept = samesite.decide(|value| {
            value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("lax") || text.eq_ignore_ascii_case("strict"))
        });
        if kept.is_no() { Severity::High } else { Severity::Medium }
    }
}
