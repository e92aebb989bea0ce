//! Rules: one claim of the deployment checklist each.

use crate::{Facts, Findings, Severity};

/// One claim of the checklist, judged over all facts.
pub struct Rule {
    /// Kebab-case; finishes the sentence "allow ⟨id⟩", so it names the defect.
    pub id: &'static str,
    /// The section of the checklist.
    pub topic: Topic,
    /// How bad a failure usually is.
    pub severity: Severity,
    /// Django's own checks whose question this rule answers.
    pub django: &'static [&'static str],
    /// What is wrong when it fails: one clause without a full stop.
    pub summary: &'static str,
    /// The guide, in Markdown.
    pub guide: &'static str,
    /// Judges the facts.
    pub check: fn(&Facts, &mut Findings),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

macro_rules! topics {
    ($($name:ident $id:literal $title:literal,)*) => {
        /// The sections of Django's deployment checklist, in its order, and three that grew beside it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $(#[doc = concat!("`", $title, "`")] $name,)*
        }

        impl Topic {
            /// Every section, in the order of the checklist.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name used in machine-readable reports.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The heading used in reports.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

topics! {
    Settings "settings" "Settings module",
    Checks "checks" "check --deploy",
    Server "server" "Production server",
    SecretKey "secret-key" "SECRET_KEY",
    Debug "debug" "DEBUG",
    Hosts "hosts" "ALLOWED_HOSTS",
    Caches "caches" "Caches",
    Databases "databases" "Databases",
    Email "email" "E-mail",
    Static "static" "Static files",
    Media "media" "Media files",
    Https "https" "HTTPS",
    Cookies "cookies" "Cookies",
    Browser "browser" "Browser defences",
    Sessions "sessions" "Sessions",
    Connections "connections" "Persistent connections",
    Templates "templates" "Templates",
    Logging "logging" "Logging",
    Notifications "notifications" "Error notifications",
    ErrorPages "error-pages" "Error pages",
    Accounts "accounts" "Accounts and passwords",
    Tasks "tasks" "Background tasks",
    Internationalization "internationalization" "Languages and time",
}
