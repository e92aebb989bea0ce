//! What files of the deployment are for, where the configuration says it.

use globset::{Glob, GlobMatcher};
use shipworthy_model::Stage;
use shipworthy_model::picture::Class;

use crate::config::Config;
use crate::error::Error;

/// Globs of paths and what the files they fit are for.
#[derive(Default)]
pub(crate) struct Classes {
    list: Vec<(GlobMatcher, Class)>,
}

impl Classes {
    /// What the configuration says.
    pub(crate) fn of(config: &Config) -> Result<Self, Error> {
        let said = &config.classes;
        let file = config.place().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kinds = [
            (&said.production, Stage::Production, false),
            (&said.staging, Stage::Staging, false),
            (&said.development, Stage::Development, false),
            (&said.example, Stage::Development, true),
        ];
        let mut list = Vec::new();
        for (globs, stage, example) in kinds {
            for glob in globs.all() {
                let glob = Glob::new(&glob).map_err(|error| config.error_about(&glob, error.kind().to_string()))?;
                list.push((glob.compile_matcher(), Class { example, ..Class::new(stage, format!("{file} says so")) }));
            }
        }
        // Of two globs the longer one says more.
        list.sort_by_key(|(matcher, _)| std::cmp::Reverse(matcher.glob().glob().len()));
        Ok(Self { list })
    }

    /// What is said of a file, by its path relative to the audited folder.
    pub(crate) fn class(&self, path: &str) -> Option<Class> {
        self.list.iter().find(|(matcher, _)| matcher.is_match(path)).map(|(_, class)| class.clone())
    }
}
