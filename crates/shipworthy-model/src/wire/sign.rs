//! Signs: what is recognised in the body of a response.

macro_rules! signs {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal,)*) => {
        /// Something recognised in the body of a response.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Sign {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Sign {
            /// Every sign.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used in recordings.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The sign of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|sign| sign.name() == name)
            }
        }
    };
}

signs! {
    /// Django's page for developers about an address that leads nowhere.
    DebugNotFound "debug-not-found",
    /// Django's page for developers about an exception.
    DebugException "debug-exception",
    /// The page of a project that was just created, which Django shows only with DEBUG.
    DebugWelcome "debug-welcome",
    /// Django's CSRF page with the help that only DEBUG shows.
    DebugCsrf "debug-csrf",
    /// The debug toolbar.
    Toolbar "toolbar",
    /// Django's own bare page for 404.
    StockNotFound "stock-404",
    /// Django's own bare page for 403.
    StockForbidden "stock-403",
    /// Django's own bare page for 400.
    StockBadRequest "stock-400",
    /// Django's own bare page for 500.
    StockServerError "stock-500",
    /// Django's own page for a form without its token.
    StockCsrf "stock-csrf",
    /// The hidden field of Django's forms.
    CsrfField "csrf-field",
    /// The login page of Django's admin.
    AdminLogin "admin-login",
    /// A page written by a web server or proxy, not by an application.
    FrontEnd "front-end",
    /// A list of the files in a folder.
    Listing "listing",
    /// An env file.
    EnvFile "env-file",
    /// A file of a git repository.
    Git "git",
    /// A `manage.py`.
    ManagePy "manage-py",
    /// Source of a settings module.
    Settings "settings",
    /// A database of `SQLite`.
    Sqlite "sqlite",
    /// The page speaks of the host that was made up for the request.
    Reflected "reflected",
}

impl Sign {
    /// Whether only Django writes this.
    pub fn is_django(self) -> bool {
        match self {
            Self::DebugNotFound
            | Self::DebugException
            | Self::DebugWelcome
            | Self::DebugCsrf
            | Self::Toolbar
            | Self::StockNotFound
            | Self::StockForbidden
            | Self::StockBadRequest
            | Self::StockServerError
            | Self::StockCsrf
            | Self::CsrfField
            | Self::AdminLogin => true,
            Self::FrontEnd
            | Self::Listing
            | Self::EnvFile
            | Self::Git
            | Self::ManagePy
            | Self::Settings
            | Self::Sqlite
            | Self::Reflected => false,
        }
    }

    /// Whether Django shows it only while DEBUG is on.
    pub fn needs_debug(self) -> bool {
        matches!(self, Self::DebugNotFound | Self::DebugException | Self::DebugWelcome | Self::DebugCsrf)
    }

    /// Whether the body holds what nobody should see: then it is not kept.
    pub fn is_leak(self) -> bool {
        self.needs_debug()
            || matches!(
                self,
                Self::Toolbar | Self::Listing | Self::EnvFile | Self::Git | Self::ManagePy | Self::Settings | Self::Sqlite
            )
    }
}
