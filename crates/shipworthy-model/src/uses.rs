//! Uses: what a project's own code, beyond its settings, makes use of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Facts, Truth, Unknown, Why};

/// Something that code of a project may do, and that settings alone do not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Keeps files by Django's storages: a model with a field for them, `default_storage`.
    Files,
    /// Keeps files in a folder: it asks for `MEDIA_ROOT`, or makes a storage of its own.
    MediaRoot,
    /// Opens connections to a mail server that it names itself: `get_connection(host=…)`.
    MailServer,
    /// Asks whether `EMAIL_HOST` is set before it sends.
    MailSwitch,
    /// A settings module that is not loaded here names a mail server or a backend that sends.
    MailSettings,
    /// Has consumers of django-channels, or sends messages by a channel layer.
    Channels,
    /// Has widgets of django-select2 that remember in the cache what they offer.
    CachedWidgets,
    /// Sets passwords, or has forms that do.
    Passwords,
    /// Has a form that demands how long a password is.
    PasswordLength,
    /// Finds static files as `runserver` does, with the finders of `django.contrib.staticfiles`.
    StaticFinders,
}

/// What the code of a project makes use of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// Whether there is code beyond settings and entry points, and all of it was looked at.
    pub seen: bool,
    /// What was found, with the path of the first file that shows it.
    pub found: BTreeMap<Use, Arc<str>>,
}

impl Facts {
    /// Whether the project's own code does something. What packages from elsewhere do is another question.
    pub fn uses(&self, what: Use) -> Truth {
        match (self.used_in(what), self.project.uses.seen) {
            (Some(_), _) => Truth::Yes,
            (None, true) => Truth::No,
            (None, false) => Truth::Unknown(Unknown::new(Why::File("the project's code".into()), None)),
        }
    }

    /// The path of the first file of the project's own code that does something.
    pub fn used_in(&self, what: Use) -> Option<&str> {
        self.project.uses.found.get(&what).map(|path| &**path)
    }
}
