//! Mailers: the ways a project sends mail, said in `EMAIL_*` or, from Django 6.1, in `MAILERS`.

use crate::settings::{Effective, Truth};
use crate::{Datum, Facts, Lookup, Use, Value, Why};

/// The backend that talks SMTP.
pub const SMTP: &str = "django.core.mail.backends.smtp.EmailBackend";

/// One way of sending mail.
#[derive(Clone, Debug)]
pub struct Mailer {
    /// Its alias in `MAILERS`; `None` for the `EMAIL_*` settings.
    pub alias: Option<String>,
    parts: [Effective; 8],
}

/// A part of a mailer's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The backend's class.
    Backend,
    /// The server.
    Host,
    /// Its port.
    Port,
    /// The user to log in as.
    User,
    /// The password.
    Password,
    /// Whether to change to TLS after connecting.
    Tls,
    /// Whether to connect over TLS.
    Ssl,
    /// How many seconds to wait for the server.
    Timeout,
}

impl Part {
    const ALL: [Self; 8] =
        [Self::Backend, Self::Host, Self::Port, Self::User, Self::Password, Self::Tls, Self::Ssl, Self::Timeout];

    /// The older setting that holds it.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Backend => "EMAIL_BACKEND",
            Self::Host => "EMAIL_HOST",
            Self::Port => "EMAIL_PORT",
            Self::User => "EMAIL_HOST_USER",
            Self::Password => "EMAIL_HOST_PASSWORD",
            Self::Tls => "EMAIL_USE_TLS",
            Self::Ssl => "EMAIL_USE_SSL",
            Self::Timeout => "EMAIL_TIMEOUT",
        }
    }

    /// The key of `OPTIONS` in `MAILERS` that holds it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Backend => "BACKEND",
            Self::Host => "host",
            Self::Port => "port",
            Self::User => "username",
            Self::Password => "password",
            Self::Tls => "use_tls",
            Self::Ssl => "use_ssl",
            Self::Timeout => "timeout",
        }
    }
}

impl Facts {
    /// Whether `MAILERS` decides how mail is sent: Django knows it from 6.1 on.
    pub fn has_mailers(&self) -> Truth {
        if self.django.version.at_least(6, 1) { self.setting("MAILERS").explicit } else { Truth::No }
    }

    /// Every way of sending mail that the settings name.
    pub fn mailers(&self) -> Vec<Mailer> {
        match self.has_mailers() {
            Truth::Yes => {
                let setting = self.setting("MAILERS");
                setting.services().iter().map(|service| Mailer::of_service(service, &setting)).collect()
            }
            Truth::No | Truth::Unknown(_) => {
                vec![Mailer { alias: None, parts: Part::ALL.map(|part| self.setting(part.setting())) }]
            }
        }
    }

    /// The installed application that mails users from `DEFAULT_FROM_EMAIL` by Django's server settings.
    pub fn mails_users(&self) -> Option<&'static str> {
        const APPS: [&str; 8] = [
            "allauth.account",
            "registration",
            "django_registration",
            "dj_rest_auth",
            "djoser",
            "invitations",
            "wagtail.admin",
            "oscar.apps.customer",
        ];
        APPS.into_iter().find(|app| self.has_app(app).is_yes())
    }

    /// Whether it shows that the project sends mail: a server is named, somebody is to be told of errors, or an
    /// application that mails its users is installed.
    pub fn sends_mail(&self) -> bool {
        const APPS: [&str; 12] = [
            "allauth.account",
            "allauth",
            "registration",
            "django_registration",
            "dj_rest_auth",
            "djoser",
            "anymail",
            "post_office",
            "mailer",
            "invitations",
            "wagtail.admin",
            "django_ses",
        ];
        let named = ["ADMINS", "MANAGERS"].iter().any(|name| self.truth(name).is_yes());
        let set = |name: &str| self.settings.explicit(name).is_some_and(|setting| !setting.value.truth().is_no());
        let server = ["EMAIL_HOST", "EMAIL_HOST_USER", "MAILERS"].into_iter().any(set);
        // Django's own backend may be written out where nobody sends anything.
        let own = || self.setting("EMAIL_BACKEND").value.equals("django.core.mail.backends.smtp.EmailBackend").is_yes();
        let backend = || set("EMAIL_BACKEND") && !(own() && self.uses(Use::Mail).is_no() && self.uses(Use::Passwords).is_no());
        named || server || APPS.iter().any(|app| self.has_app(app).is_yes()) || backend()
    }
}

impl Mailer {
    /// The effective value of a part.
    pub fn get(&self, part: Part) -> &Effective {
        &self.parts[part as usize]
    }

    /// How the settings call a part: `EMAIL_PORT`, or `MAILERS["default"] port`.
    pub fn name(&self, part: Part) -> String {
        match &self.alias {
            None => part.setting().to_owned(),
            Some(alias) => format!("MAILERS[\"{alias}\"] {}", part.option()),
        }
    }

    /// Whether it talks SMTP with Django's own backend.
    pub fn is_smtp(&self) -> Truth {
        self.get(Part::Backend).value.decide(|value| value.as_str() == Some(SMTP))
    }

    /// Whether mail certainly stays where it is: a backend for development prints it, stores it or drops it.
    pub fn keeps_mail(&self) -> bool {
        const KEEPING: [&str; 4] = ["console", "dummy", "filebased", "locmem"];
        let backend = self.get(Part::Backend);
        let name = backend.value.as_str().and_then(|path| path.strip_prefix("django.core.mail.backends."));
        let name = name.and_then(|name| name.strip_suffix(".EmailBackend"));
        backend.assumptions.is_empty() && name.is_some_and(|name| KEEPING.contains(&name))
    }

    /// The port in use, where it is known.
    pub fn port(&self) -> Option<i128> {
        let value = &self.get(Part::Port).value;
        value.as_int().or_else(|| value.as_str()?.trim().parse().ok())
    }

    fn of_service(service: &crate::Service<'_>, setting: &Effective) -> Self {
        let part = |part: Part| {
            let lookup = match part {
                Part::Backend => service.get(part.option()),
                _ => service.option(part.option()),
            };
            let (value, explicit) = match (lookup, service.only) {
                (Lookup::Found(value), None) => (value.clone(), Truth::Yes),
                (Lookup::Found(_), Some(condition)) => {
                    (Value::unknown(Why::Branch(condition.text.clone()), condition.at), Truth::Yes)
                }
                (Lookup::Absent, _) => (Value::of(Self::absent(part, service)), Truth::No),
                (Lookup::Unknown(why), _) => (Value { at: why.at, datum: Datum::Unknown(why.clone()) }, Truth::Unknown(why)),
            };
            let at = value.at.or(service.config.at).or(setting.at);
            Effective { value, at, explicit, assumptions: setting.assumptions.clone() }
        };
        Self { alias: Some(service.alias.to_owned()), parts: Part::ALL.map(part) }
    }

    fn absent(part: Part, service: &crate::Service<'_>) -> Datum {
        let on = |part: Part| service.asks_option(part.option(), |value| value.truth().is_yes());
        match part {
            Part::Backend => Datum::Str(SMTP.into()),
            Part::Port => match (on(Part::Ssl), on(Part::Tls)) {
                (Truth::Yes, _) => Datum::Int(465),
                (Truth::No, Truth::Yes) => Datum::Int(587),
                (Truth::No, Truth::No) => Datum::Int(25),
                (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => Datum::Unknown(why),
            },
            Part::User | Part::Password => Datum::Str("".into()),
            Part::Tls | Part::Ssl => Datum::Bool(false),
            Part::Host | Part::Timeout => Datum::None,
        }
    }
}
