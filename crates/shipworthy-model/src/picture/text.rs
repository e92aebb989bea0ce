//! Texts of deployment files: what a word or value is, as far as the file decides it, and where it stands.

use std::fmt;
use std::sync::Arc;

use crate::{Region, Secret, Unknown, Why, is_secret_name};

/// A word of a command, a value of a variable, a name: text of a deployment file with what is known of it.
#[derive(Clone, PartialEq)]
pub struct Text {
    content: Content,
    /// Where it is written.
    pub at: Region,
    /// Variables that nobody gives and that were assumed unset to decide it: `${DEBUG:-1}` assumes `DEBUG`.
    pub assumes: Vec<Arc<str>>,
}

#[derive(Clone, PartialEq)]
enum Content {
    Known(Arc<str>),
    Secret(Secret),
    /// The text as written, its references left in place.
    Unknown(Arc<str>, Unknown),
}

impl Text {
    /// A text that is what it says.
    pub fn known(text: impl Into<Arc<str>>, at: Region) -> Self {
        Self { content: Content::Known(text.into()), at, assumes: Vec::new() }
    }

    /// A text that is not decided; `written` is how the file puts it.
    pub fn unknown(written: impl Into<Arc<str>>, why: Why, at: Region) -> Self {
        Self { content: Content::Unknown(written.into(), Unknown::new(why, Some(at))), at, assumes: Vec::new() }
    }

    /// The same text, decided under the assumption that these variables are unset.
    #[must_use]
    pub fn assuming(mut self, names: impl IntoIterator<Item = Arc<str>>) -> Self {
        for name in names {
            if !self.assumes.contains(&name) {
                self.assumes.push(name);
            }
        }
        self
    }

    /// The same text as the value of a variable of this name: a credential, where the name says so or the text is an
    /// address with a password in it, and then never printed.
    #[must_use]
    pub fn value_of(self, name: &str) -> Self {
        let Self { content, at, assumes } = self;
        let content = match content {
            Content::Known(text) if !text.is_empty() && (is_secret_name(name) || has_password(&text)) => {
                Content::Secret(Secret::new(&*text))
            }
            Content::Unknown(written, why) if is_secret_name(name) || has_password(&written) => {
                let shown = if written.starts_with("${") || written.starts_with("$(") { written } else { "…".into() };
                Content::Unknown(shown, why)
            }
            other => other,
        };
        Self { content, at, assumes }
    }

    /// The same text, written elsewhere.
    #[must_use]
    pub fn moved(mut self, at: Region) -> Self {
        self.at = at;
        self
    }

    /// The text where it is known and no credential.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::Known(text) => Some(text),
            Content::Secret(_) | Content::Unknown(..) => None,
        }
    }

    /// The text where it is known, credential or not. Whoever calls this must not print it.
    pub fn expose(&self) -> Option<&str> {
        match &self.content {
            Content::Known(text) => Some(text),
            Content::Secret(secret) => secret.text(),
            Content::Unknown(..) => None,
        }
    }

    /// The credential, where it is one.
    pub fn as_secret(&self) -> Option<&Secret> {
        match &self.content {
            Content::Secret(secret) => Some(secret),
            Content::Known(_) | Content::Unknown(..) => None,
        }
    }

    /// Why it is not known; `None` if it is.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match &self.content {
            Content::Unknown(_, why) => Some(why),
            Content::Known(_) | Content::Secret(_) => None,
        }
    }

    /// The text for reports: what is known, `‹redacted›`, or as written with its references.
    pub fn shown(&self) -> &str {
        match &self.content {
            Content::Known(text) | Content::Unknown(text, _) => text,
            Content::Secret(_) => "‹redacted›",
        }
    }

    /// Whether it is every address of a machine, as servers are told it: `0.0.0.0:8000`, `[::]:8000`, `:8000`, `*:8000`.
    pub fn is_everywhere(&self) -> bool {
        self.as_str().is_some_and(|bind| {
            let host = bind.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map(|(host, _)| host);
            host.is_some_and(|host| matches!(host, "" | "*" | "0.0.0.0" | "[::]" | "::"))
        })
    }

    /// Whether it is known and equal.
    pub fn is(&self, text: &str) -> bool {
        self.expose() == Some(text)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Known(text) => write!(formatter, "{text:?}"),
            Content::Secret(_) => formatter.write_str("‹redacted›"),
            Content::Unknown(written, why) => write!(formatter, "?{written:?} ({})", why.reason()),
        }
    }
}

/// Whether a text is an address with a password: `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
    })
}

/// An environment variable that a process is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// Its value. A variable that is handed through from outside is unknown, with its own name as the reason.
    pub value: Text,
    /// What gives it.
    pub from: Source,
}

/// What gives an environment variable to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `ENV` or `ARG` of the image.
    Image,
    /// A file of variables: `env_file`, `EnvironmentFile`.
    File,
    /// A `ConfigMap`.
    ConfigMap,
    /// A Secret of Kubernetes.
    SecretObject,
    /// The definition of the service, unit or platform.
    Definition,
    /// A script or command line on the way to the process.
    Script,
    /// The configuration of the application server.
    Server,
}

impl Variable {
    /// A variable whose value is judged by its name: credentials go out of circulation here.
    pub fn new(name: impl Into<Arc<str>>, value: Text, from: Source) -> Self {
        let name = name.into();
        // Whoever fills in the template gives it: it is given, nobody knows what.
        let blank = value.expose().filter(|text| is_blank(text)).map(Arc::<str>::from);
        let value = match blank {
            Some(written) => Text::unknown(written, Why::Unsupported("a template's expression".into()), value.at),
            None => value,
        };
        let value = value.value_of(&name);
        Self { name, value, from }
    }

    /// Puts variables on top of others: a later one of the same name replaces the earlier.
    pub fn overlay(below: &mut Vec<Self>, above: impl IntoIterator<Item = Self>) {
        for variable in above {
            match below.iter_mut().find(|known| known.name == variable.name) {
                Some(known) => *known = variable,
                None => below.push(variable),
            }
        }
    }
}

/// Whether a text has a place that a template fills in: `{{ key }}`, `{% if x %}`, `<%= key %>`.
fn is_blank(text: &str) -> bool {
    [("{{", "}}"), ("{%", "%}"), ("<%", "%>")]
        .iter()
        .any(|(open, close)| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArtifactId;

    fn at() -> Region {
        Region::new(ArtifactId(0), 0, 1)
    }

    #[test]
    fn credentials_are_not_shown() {
        let key = Variable::new("SECRET_KEY", Text::known("hunter2", at()), Source::Definition);
        let url = Variable::new("DATABASE", Text::known("postgres://u:hunter2@db/x", at()), Source::Definition);
        let plain = Variable::new("CACHE", Text::known("redis://cache:6379/0", at()), Source::Definition);
        assert_eq!((key.value.shown(), url.value.shown()), ("‹redacted›", "‹redacted›"));
        assert!(!format!("{key:?}{url:?}").contains("hunter2"));
        assert_eq!(key.value.expose(), Some("hunter2"));
        assert_eq!(plain.value.as_str(), Some("redis://cache:6379/0"));
    }

    #[test]
    fn what_a_template_fills_in_is_not_known() {
        let value = |text: &str| Variable::new("DOMAIN", Text::known(text, at()), Source::Server).value;
        assert!(value("{{ main_url }}").as_unknown().is_some());
        assert!(value("https://<%= @host %>/").as_unknown().is_some());
        assert!(value("{\"a\": {\"b\": 1}}").is("{\"a\": {\"b\": 1}}"));
        assert!(value("{{").is("{{"));
    }

    #[test]
    fn a_later_variable_replaces_an_earlier_one() {
        let one = |value: &str| Variable::new("A", Text::known(value, at()), Source::Image);
        let mut list = vec![one("1")];
        Variable::overlay(&mut list, [one("2")]);
        assert_eq!(list.len(), 1);
        assert!(list[0].value.is("2"));
    }
}
