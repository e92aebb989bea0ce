//! Cookies as a server sets them.

/// A `Set-Cookie` header, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// The cookie's name.
    pub name: String,
    /// Whether it carries the attribute `Secure`.
    pub secure: bool,
    /// Whether it carries the attribute `HttpOnly`.
    pub http_only: bool,
    /// The attribute `SameSite` as written.
    pub same_site: Option<String>,
    /// The attribute `Domain` as written.
    pub domain: Option<String>,
    /// The attribute `Path` as written.
    pub path: Option<String>,
}

impl SetCookie {
    /// Reads a header's value.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, _) = parts.next()?.split_once('=')?;
        let mut cookie =
            Self { name: name.trim().to_owned(), secure: false, http_only: false, same_site: None, domain: None, path: None };
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().to_owned();
            match attribute.trim().to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => cookie.same_site = Some(value),
                "domain" => cookie.domain = Some(value).filter(|value| !value.is_empty()),
                "path" => cookie.path = Some(value),
                _ => {}
            }
        }
        (!cookie.name.is_empty()).then_some(cookie)
    }

    /// The header's value with the cookie's own value left out.
    pub fn redacted(header: &str) -> String {
        let (pair, attributes) =
            header.split_once(';').map_or((header, String::new()), |(pair, rest)| (pair, format!(";{rest}")));
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        format!("{name}=…{attributes}")
    }

    /// Whether it is Django's CSRF cookie: by its name, which projects change, but not beyond recognition.
    pub fn is_csrf(&self) -> bool {
        self.name.to_ascii_lowercase().contains("csrf")
    }

    /// Whether it is a session's cookie, by Django's own name for it or one that holds it.
    pub fn is_session(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.contains("sessionid") || name.ends_with("_session") || name.ends_with("-session")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_and_values_left_out() {
        let header = "csrftoken=abc; expires=Sun; Path=/; SameSite=Lax; secure";
        let cookie = SetCookie::parse(header).unwrap();
        assert!(cookie.secure && !cookie.http_only && cookie.is_csrf() && !cookie.is_session());
        assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
        assert_eq!(SetCookie::redacted(header), "csrftoken=…; expires=Sun; Path=/; SameSite=Lax; secure");
        assert!(SetCookie::parse("nothing").is_none());
    }
}
