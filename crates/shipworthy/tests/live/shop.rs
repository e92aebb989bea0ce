//! The shop: a copy of the example that is fit, with a front end, an application server and faults of the test's choice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::front::Front;
use crate::process::run;
use crate::program::copy;
use crate::server::AppServer;

/// A change of a file of the project.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    /// These lines at the end of the production settings.
    Settings(&'static str),
    /// In this file, this text instead of that one, wherever it stands.
    Replace(&'static str, &'static str, &'static str),
    /// In the configuration of the front end, this text instead of that one, wherever it stands.
    Front(&'static str, &'static str),
    /// A file more.
    Write(&'static str, &'static str),
    /// A file less.
    Remove(&'static str),
    /// The static files collected anew, after all else.
    Collect,
}

pub(crate) const SETTINGS: &str = "shop/settings/production.py";
const ASGI: &str = "import os\n\nfrom django.core.asgi import get_asgi_application\n\n\
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n\napplication = get_asgi_application()\n";
/// An uploaded picture that could run scripts if browsers took it for a page.
const PICTURE: &str = "<svg xmlns='http://www.w3.org/2000/svg'><circle r='9'/></svg>\n";

/// The project in a folder of its own.
pub(crate) struct Shop {
    folder: TempDir,
    /// The environment of its processes, where it is not the usual one.
    pub(crate) surroundings: Option<BTreeMap<&'static str, String>>,
}

impl Shop {
    /// Copies the example, chooses front end and application server, and makes the changes.
    pub(crate) fn new(python: &Path, front: Front, server: AppServer, edits: &[Edit]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Self { folder, surroundings: None };
        let prepared = prepared(python);
        copy(prepared.path(), shop.folder.path());
        front.settle(&shop, server);
        if server.is_asgi() {
            shop.write("shop/asgi.py", ASGI);
        }
        let command = "\"gunicorn\", \"--bind\", \"0.0.0.0:8000\", \"--workers\", \"3\", \"shop.wsgi\"";
        shop.replace("Dockerfile", command, &server.command_in_image(front));
        shop.replace("requirements.txt", "gunicorn==23.0.0", server.requirement());
        for edit in edits {
            match *edit {
                Edit::Settings(lines) => shop.append(SETTINGS, lines),
                Edit::Replace(path, old, new) => shop.replace(path, old, new),
                Edit::Front(old, new) => shop.replace(front.path(), old, new),
                Edit::Write(path, text) => shop.write(path, text),
                Edit::Remove(path) => std::fs::remove_file(shop.root().join(path)).unwrap(),
                Edit::Collect => {}
            }
        }
        if edits.iter().any(|edit| matches!(edit, Edit::Collect)) {
            run(Command::new(python)
                .args(["manage.py", "collectstatic", "--noinput", "-v0"])
                .current_dir(shop.root())
                .envs(shop.environment()));
        }
        shop
    }

    /// The folder of the project.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// A folder beside the project, for what servers write.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn replace(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no {old}");
        self.write(path, &text.replace(old, new));
    }

    fn append(&self, path: &str, lines: &str) {
        self.write(path, &format!("{}{lines}\n", self.read(path)));
    }

    /// The environment of its processes. The credentials are found wherever they are printed.
    pub(crate) fn environment(&self) -> BTreeMap<&'static str, String> {
        if let Some(surroundings) = &self.surroundings {
            return surroundings.clone();
        }
        let database = self.scratch().join("shop.sqlite3");
        environment(&format!("sqlite:///{}", database.display()), "locmemcache://")
    }
}

/// What the example wants to know of its surroundings.
pub(crate) fn environment(database: &str, cache: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("DJANGO_SETTINGS_MODULE", "shop.settings.production".to_owned()),
        ("SECRET_KEY", format!("p1anted-{}", "kX7q2mR9vT4w".repeat(5))),
        ("DATABASE_URL", database.to_owned()),
        ("CACHE_URL", cache.to_owned()),
        ("EMAIL_HOST", "mail.example.com".to_owned()),
        ("EMAIL_HOST_USER", "shop".to_owned()),
        ("EMAIL_HOST_PASSWORD", "p1anted-mail".to_owned()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
    ])
}

/// The example with its static files collected, an uploaded file and a migrated database beside it; made once.
fn prepared(python: &Path) -> &'static TempDir {
    static PREPARED: OnceLock<TempDir> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fit"), &root);
        std::fs::create_dir(root.join("media")).unwrap();
        std::fs::write(root.join("media/logo.svg"), PICTURE).unwrap();
        let database = format!("sqlite:///{}", folder.path().join("shop.sqlite3").display());
        for arguments in [&["collectstatic", "--noinput", "-v0"][..], &["migrate", "-v0"]] {
            let mut command = Command::new(python);
            command.arg("manage.py").args(arguments).current_dir(&root).envs(environment(&database, "locmemcache://"));
            run(&mut command);
        }
        folder
    })
}
