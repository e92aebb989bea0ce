//! Served folders: the folders whose files the project hands to every visitor, compared as text.

use crate::front::{Files, Front, Handler};
use crate::{Datum, Effective, Facts, Item, Region, Truth, Unknown, Value, Why, path};

/// A folder whose files anybody may fetch.
#[derive(Clone, Debug)]
pub struct ServedFolder {
    /// The setting that names it.
    pub setting: &'static str,
    /// Its path as [`Facts::path_of`] gives it.
    pub path: String,
    /// Where it is named.
    pub at: Option<Region>,
    /// Why it may not be served after all.
    pub doubt: Option<Unknown>,
}

/// A folder out of which a front end certainly serves an address as files.
#[derive(Clone, Debug)]
pub struct FrontFolder<'a> {
    /// The front end.
    pub front: &'a Front,
    /// How it serves them.
    pub files: Files,
    /// The folder it is told.
    pub own: String,
    /// The folder in which it looks for what is below the address.
    pub looked: String,
    /// Where that is said.
    pub at: Region,
}

/// How two folders lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// They are the same.
    Same,
    /// The first lies inside the second.
    Inside,
    /// The first contains the second.
    Around,
}

impl Nesting {
    /// How `path` lies to `folder`; `None` if neither contains the other.
    pub fn of(path: &str, folder: &str) -> Option<Self> {
        if path == folder {
            Some(Self::Same)
        } else if path::is_below(folder, path) {
            Some(Self::Inside)
        } else if path::is_below(path, folder) {
            Some(Self::Around)
        } else {
            None
        }
    }

    /// The verb between the two.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Same => "is",
            Self::Inside => "lies inside",
            Self::Around => "contains",
        }
    }
}

impl Facts {
    /// The middleware that serves `STATIC_ROOT`, if one is certainly installed.
    pub fn static_middleware(&self) -> Option<&'static str> {
        const SERVERS: [&str; 2] = ["whitenoise.middleware.WhiteNoiseMiddleware", "servestatic.middleware.ServeStaticMiddleware"];
        SERVERS.into_iter().find(|server| self.has_middleware(server).is_yes())
    }

    /// The path a value names, absolute and without `.` and `..`, as a process started in the project's folder sees it.
    pub fn path_of(&self, value: &Value) -> Option<String> {
        match &value.datum {
            Datum::Str(text) | Datum::Path(text) => Some(path::absolute(&self.project.root, text)),
            _ => None,
        }
    }

    /// The folders of `MEDIA_ROOT`, `STATIC_ROOT` and `STATICFILES_DIRS`, in this order.
    pub fn served_folders(&self) -> Vec<ServedFolder> {
        let mut folders = Vec::new();
        for setting in ["MEDIA_ROOT", "STATIC_ROOT"] {
            let root = self.setting(setting);
            for (value, only) in root.value.alternatives() {
                let doubt = only.and_then(|_| root.value.as_unknown());
                if !value.truth().is_no() {
                    folders.extend(self.served(setting, &root, value, doubt));
                }
            }
        }
        let dirs = self.setting("STATICFILES_DIRS");
        for (list, only) in dirs.value.alternatives() {
            let doubt = only.and_then(|_| dirs.value.as_unknown());
            for item in list.items().unwrap_or_default() {
                let (value, doubt) = match item {
                    Item::One(value) => (value, doubt.clone()),
                    Item::Perhaps(value, condition) => {
                        (value, Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at)))
                    }
                    Item::Many(_) => continue,
                };
                let folder = match value.items() {
                    Some([Item::One(_), Item::One(folder)]) => folder,
                    Some(_) | None => value,
                };
                folders.extend(self.served("STATICFILES_DIRS", &dirs, folder, doubt));
            }
        }
        folders
    }

    /// Whether a path lies in a folder where every user of the machine may write, and which is emptied now and then. A
    /// project that is itself kept there for a moment says nothing about where it will run.
    pub fn is_temporary(&self, path: &str) -> bool {
        let own = &*self.project.root;
        let within = |folder: &str| path == folder || path::is_below(folder, path);
        !(own.starts_with('/') && within(own)) && ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|folder| within(folder))
    }

    /// The folders out of which front ends that lead to Django serve what is below an address (`/static/`).
    pub fn front_folders(&self, url: &str) -> Vec<FrontFolder<'_>> {
        let mut folders = Vec::new();
        for entrance in self.entrances() {
            let mut request = entrance.request.clone();
            request.path = format!("{url}base.css");
            for answer in entrance.site.answers(&request).into_iter().filter(|answer| answer.doubt.is_none()) {
                let Handler::Files(files) = answer.handler else { continue };
                let (Some(own), Some(at)) = (files.folder.as_literal(), files.at) else { continue };
                // `root /srv/shop/static` in `location /static/` looks in /srv/shop/static/static.
                let whole = if files.strips { own.clone() } else { format!("{own}{url}") };
                let looked = path::absolute("", &whole);
                folders.push(FrontFolder { front: entrance.front, files, own, looked, at });
            }
        }
        folders
    }

    /// The first served folder that a path lies in or is.
    pub fn served_around(&self, path: &str) -> Option<ServedFolder> {
        self.served_folders()
            .into_iter()
            .find(|folder| matches!(Nesting::of(path, &folder.path), Some(Nesting::Same | Nesting::Inside)))
    }

    fn served(&self, setting: &'static str, whole: &Effective, folder: &Value, doubt: Option<Unknown>) -> Option<ServedFolder> {
        let path = self.path_of(folder)?;
        Some(ServedFolder { setting, path, at: folder.at.or(whole.at), doubt })
    }
}

impl ServedFolder {
    /// Whether anybody may fetch its files: certain unless its setting hangs on an undecided condition.
    pub fn is_served(&self) -> Truth {
        self.doubt.clone().map_or(Truth::Yes, Truth::Unknown)
    }
}
