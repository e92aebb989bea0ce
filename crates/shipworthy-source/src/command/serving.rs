//! Commands that start an application server.

use shipworthy_model::picture::{Origin, Runs, Text};

use super::{Call, Follower, Found, overlay};
use crate::servers::{self, Surroundings};

impl Follower<'_> {
    /// Follows a command that starts an application server; `false` if it does not.
    pub(super) fn server(&mut self, call: &Call<'_>, found: &mut Found) -> bool {
        let Call { at, words, name, tail, way } = *call;
        let folder = way.folder.as_ref().and_then(Text::as_str).map(str::to_owned);
        let places = self.places;
        let tree = self.tree;
        let find = |path: &str| places.find(tree, path, folder.as_deref());
        let mut around = Surroundings {
            tree: self.tree,
            find: &find,
            variables: &way.variables,
            artifacts: self.artifacts,
            notices: self.notices,
        };
        let mut added = Vec::new();
        let mut server = match name {
            // Debian and Fedora call them by the version of Python as well.
            "gunicorn" | "gunicorn3" | "gunicorn-3" => {
                let (server, variables) = servers::gunicorn(tail, at, &mut around);
                added = variables;
                server
            }
            "uwsgi" | "uwsgi-core" | "uwsgi_python3" | "pyuwsgi" => {
                let (server, variables) = servers::uwsgi(tail, at, &mut around);
                added = variables;
                server
            }
            "uvicorn" | "uvicorn3" => servers::uvicorn(tail, at, &mut around),
            "daphne" => servers::daphne(tail, at),
            "granian" => servers::granian(tail, at, &mut around),
            "hypercorn" => servers::hypercorn(tail, at, &mut around),
            "waitress-serve" | "waitress" => servers::waitress(tail, at),
            "mod_wsgi-express" => servers::mod_wsgi(tail, at),
            _ => return false,
        };
        if let Some(at) = way.watched {
            servers::watch(&mut server, at);
        }
        let mut way = way.clone();
        let user = ["user", "uid"].iter().find_map(|option| {
            let choice = server.option(option)?;
            (choice.origin != Origin::Default).then(|| choice.texts.first().cloned())?
        });
        way.user = user.or(way.user);
        let chdir = ["chdir", "app_dir", "working_dir"].iter().find_map(|option| {
            let choice = server.option(option)?;
            (choice.origin != Origin::Default).then(|| choice.texts.first().cloned())?
        });
        way.folder = chdir.filter(|text| !text.is("")).or(way.folder);
        overlay(&mut way.added, &added);
        Self::process(Runs::Server(Box::new(server)), words, at, way, found);
        true
    }
}
