//! File storages: which class keeps the media files and which the static ones.

use std::sync::Arc;

use crate::{Datum, Definition, Facts, Lookup, Region, Truth, Unknown, Value, Why};

/// Packages whose storages keep files in a local folder.
const LOCAL: [&str; 6] = [
    "django.core.files.storage.",
    "django.contrib.staticfiles.storage.",
    "whitenoise.storage.",
    "pipeline.storage.",
    "compressor.storage.",
    "manifest_loader.",
];
/// Packages and classes whose storages keep them elsewhere.
const REMOTE: [&str; 8] = [
    "storages.backends.",
    "cloudinary_storage.",
    "django.core.files.storage.InMemoryStorage",
    "django.core.files.storage.memory.",
    "minio_storage.",
    "django_minio_backend.",
    "s3_folder_storage.",
    "bunny_storage.",
];
/// Classes that leave file names as they are.
const PLAIN: [&str; 3] = [
    "django.contrib.staticfiles.storage.StaticFilesStorage",
    "django.core.files.storage.FileSystemStorage",
    "whitenoise.storage.CompressedStaticFilesStorage",
];

/// The storage behind an alias of STORAGES.
#[derive(Clone, Debug)]
pub struct Storage {
    /// The dotted path of its class; `None`-valued where the alias is not defined, unknown where that is open.
    pub backend: Value,
    /// Its options, where it has any.
    pub options: Option<Value>,
    /// The place that decides.
    pub at: Option<Region>,
    /// The class of a package that keeps files elsewhere, from which the project's own derives.
    remote: Option<Arc<str>>,
}

impl Storage {
    /// Whether the class is one of these dotted paths.
    pub fn is_any(&self, paths: &[&str]) -> Truth {
        self.backend.decide(|value| value.as_str().is_some_and(|path| paths.contains(&path)))
    }

    /// The dotted path of the class, where it is known.
    pub fn class(&self) -> Option<&str> {
        self.backend.as_str()
    }

    /// Whether the class keeps files in a folder of this machine: Django's own, and what is known to derive from them.
    /// Unknown for classes nobody knows.
    pub fn is_local(&self) -> Truth {
        let Some(path) = self.remote.as_deref().or(self.class()) else {
            return self.backend.as_unknown().map_or(Truth::No, Truth::Unknown);
        };
        if REMOTE.iter().any(|start| path.starts_with(start)) {
            Truth::No
        } else if LOCAL.iter().any(|start| path.starts_with(start)) {
            Truth::Yes
        } else {
            Truth::Unknown(Unknown::new(Why::Import(path.into()), self.backend.at.or(self.at)))
        }
    }

    /// Whether the class puts a hash of the content into file names.
    pub fn is_hashing(&self) -> Truth {
        let Some(path) = self.class() else {
            return self.backend.as_unknown().map_or(Truth::No, Truth::Unknown);
        };
        let class = path.rsplit('.').next().unwrap_or(path);
        if class.contains("Manifest") || class.contains("Hash") || class.contains("Cached") {
            Truth::Yes
        } else if PLAIN.contains(&path) || path.starts_with("storages.backends.") {
            Truth::No
        } else {
            Truth::Unknown(Unknown::new(Why::Import(path.into()), self.backend.at.or(self.at)))
        }
    }
}

impl Facts {
    /// The storage that Django uses under an alias, `default` or `staticfiles` for its own. Before 5.1 the older settings
    /// override STORAGES.
    pub fn storage(&self, alias: &str) -> Storage {
        let storage = self.storage_as_written(alias);
        let remote = storage.class().and_then(|path| self.remote_ancestor(path, 20));
        Storage { remote, ..storage }
    }

    /// The class of a package that keeps files elsewhere, from which a class of the project's own derives.
    fn remote_ancestor(&self, path: &str, depth: usize) -> Option<Arc<str>> {
        let Some(Definition::Class(class)) = self.definition(path).filter(|_| depth > 0) else { return None };
        class.bases.iter().flatten().find_map(|base| {
            let known = REMOTE.iter().any(|start| base.starts_with(start)).then(|| base.clone());
            known.or_else(|| self.remote_ancestor(base, depth - 1))
        })
    }

    fn storage_as_written(&self, alias: &str) -> Storage {
        let legacy = match alias {
            "default" => Some("DEFAULT_FILE_STORAGE"),
            "staticfiles" => Some("STATICFILES_STORAGE"),
            _ => None,
        };
        if let Some(name) = legacy.filter(|_| !self.django.version.at_least(5, 1)) {
            let setting = self.setting(name);
            if setting.explicit.is_yes() {
                return Storage { at: setting.region(), backend: setting.value, options: None, remote: None };
            }
        }
        let storages = self.setting("STORAGES");
        let at = storages.region();
        let unknown = |why: Unknown| Value { at: why.at, datum: Datum::Unknown(why) };
        match storages.value.get(alias) {
            Lookup::Found(storage) => {
                let backend = match storage.get("BACKEND") {
                    Lookup::Found(backend) => backend.clone(),
                    Lookup::Absent => Value::of(Datum::None),
                    Lookup::Unknown(why) => unknown(why),
                };
                Storage {
                    at: backend.at.or(storage.at).or(at),
                    backend,
                    options: storage.found("OPTIONS").cloned(),
                    remote: None,
                }
            }
            Lookup::Absent => Storage { backend: Value::of(Datum::None), options: None, at, remote: None },
            Lookup::Unknown(why) => Storage { backend: unknown(why), options: None, at, remote: None },
        }
    }
}
