//! Uses: what a project's own code, beyond its settings, makes use of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Facts, Truth, Unknown, Value, Why};

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
    /// Sets or checks passwords, or has forms that do.
    Passwords,
    /// Has models.
    Models,
    /// Has a rule of its own for passwords: a length that a form demands, a pattern.
    PasswordRules,
    /// Logs browsers in, or keeps something in sessions.
    Sessions,
    /// Writes a content security policy into responses.
    PolicyHeader,
    /// Writes `Strict-Transport-Security` into responses.
    HstsHeader,
    /// Turns requests for hosts away that it does not know: it raises Django's `DisallowedHost`.
    HostCheck,
    /// Sends mail through Django, or by a connection of Django's.
    Mail,
}

/// What the code of a project makes use of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// Whether there is code beyond settings and entry points, and all of it was looked at.
    pub seen: bool,
    /// What was found, with the path of the first file that shows it.
    pub found: BTreeMap<Use, Arc<str>>,
    /// The names in capitals that it takes from a module of settings: `settings.PAGE_SIZE`.
    pub settings: BTreeSet<Arc<str>>,
    /// The applications whose URLs it includes, `admin` among them, each with the setting that it asks first.
    pub routes: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// Whether anybody wanted to know.
    asked: Asked,
}

impl Uses {
    /// Takes over what further code makes use of; what both show stays with the file that showed it first.
    pub fn add(&mut self, further: &Self) {
        self.seen |= further.seen;
        for (found, path) in &further.found {
            self.found.entry(*found).or_insert_with(|| path.clone());
        }
        self.settings.extend(further.settings.iter().cloned());
        for (route, guard) in &further.routes {
            let known = self.routes.entry(route.clone()).or_insert_with(|| guard.clone());
            // Included once without asking, it is there.
            if guard.is_none() {
                *known = None;
            }
        }
    }

    /// Whether a rule asked for any of it since [`Uses::forget`]: where none does, the code need not be read.
    pub(crate) fn are_asked(&self) -> bool {
        self.asked.0.load(Ordering::Relaxed)
    }

    /// Takes it that nobody asked so far.
    pub(crate) fn forget(&mut self) {
        self.asked = Asked::default();
    }
}

/// A note that is no part of what is known.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl Clone for Asked {
    fn clone(&self) -> Self {
        Self(AtomicBool::new(self.0.load(Ordering::Relaxed)))
    }
}

impl PartialEq for Asked {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Applications that keep files by Django's storages.
const FILE_APPS: [&str; 7] =
    ["wagtail.images", "wagtail.documents", "filer", "easy_thumbnails", "sorl.thumbnail", "imagekit", "ckeditor_uploader"];

/// Applications with forms in which users choose a password.
const PASSWORD_APPS: [&str; 7] =
    ["allauth.account", "registration", "django_registration", "dj_rest_auth", "djoser", "oscar.apps.customer", "userena"];

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
        self.project.uses.asked.0.store(true, Ordering::Relaxed);
        self.project.uses.found.get(&what).map(|path| &**path)
    }

    /// Whether the project's own code asks for a setting of this name.
    pub fn reads_setting(&self, name: &str) -> bool {
        self.project.uses.asked.0.store(true, Ordering::Relaxed);
        self.project.uses.settings.contains(name)
    }

    /// Whether anything keeps files by Django's storages: the project's own code, or an installed application that does.
    pub fn keeps_files(&self) -> Truth {
        match FILE_APPS.iter().find(|app| self.has_app(app).is_yes()) {
            Some(_) => Truth::Yes,
            None => self.uses(Use::Files),
        }
    }

    /// Whether nothing keeps records in a database: the project has no models of its own, and none of Django's that would
    /// be used.
    pub fn keeps_no_records(&self) -> bool {
        let apps = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes"];
        self.setting("INSTALLED_APPS").explicit.is_yes()
            && apps.iter().all(|app| self.has_contrib(app).is_no())
            && self.has_sessions().is_no()
            && self.uses(Use::Models).is_no()
    }

    /// The installed application that keeps files by Django's storages.
    pub fn file_app(&self) -> Option<&'static str> {
        FILE_APPS.into_iter().find(|app| self.has_app(app).is_yes())
    }

    /// Whether users certainly choose no password here: the project's own code sets none, no installed application but one
    /// for administrators takes any, and a backend of another kind than Django's logs them in.
    pub fn logs_in_elsewhere(&self) -> bool {
        let backends = self.setting("AUTHENTICATION_BACKENDS");
        let elsewhere = |value: &Value| value.as_str().is_some_and(|path| self.is_foreign_login(path));
        backends.value.certain_items().any(elsewhere)
            && self.uses(Use::Passwords).is_no()
            && PASSWORD_APPS.iter().all(|app| self.has_app(app).is_no())
    }

    /// Whether a middleware of the project's own is installed whose path has one of these words in it: what it does, only
    /// its code tells.
    pub fn has_own_middleware(&self, words: &[&str]) -> bool {
        let speaks = |path: &str| words.iter().any(|word| path.to_ascii_lowercase().contains(word));
        let own = |item: &Value| item.as_str().is_some_and(|path| self.is_own(path) && speaks(path));
        self.setting("MIDDLEWARE").value.known_items().any(own)
    }

    /// Whether nobody logs in with a password that is kept here: every backend logs users in by somebody else's word.
    pub fn checks_no_passwords(&self) -> bool {
        let backends = self.setting("AUTHENTICATION_BACKENDS");
        let mut items = backends.value.certain_items().peekable();
        let own = |path: &str| !self.is_own(path) || self.derives(path, "django.contrib.auth.backends.ModelBackend").is_no();
        let foreign = |value: &Value| value.as_str().is_some_and(|path| self.is_foreign_login(path) && own(path));
        !backends.value.has_unknown() && items.peek().is_some() && items.all(foreign) && self.uses(Use::Passwords).is_no()
    }

    /// Whether a backend logs users in by somebody else's word: single sign-on by its name, or a class of the project's own
    /// that knows no passwords of Django's.
    fn is_foreign_login(&self, path: &str) -> bool {
        const WORDS: [&str; 7] = ["oidc", "oauth", "saml", "openid", "social", "sso", "auth0"];
        let lower = path.to_ascii_lowercase();
        let asks = ["perm", "guardian", "rules", "axes"].iter().any(|word| lower.contains(word));
        let named = WORDS.iter().any(|word| lower.contains(word));
        let own = || self.is_own(path) && self.derives(path, "django.contrib.auth.backends.BaseBackend").is_no();
        let local = || self.derives(path, "django.contrib.auth.backends.ModelBackend").is_no();
        !asks && (named || own() && local())
    }
}
