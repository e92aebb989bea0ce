//! Configuration files of backing services, as directives.

use std::sync::Arc;

use super::Text;
use crate::{ArtifactId, Region};

/// What a configuration file configures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfKind {
    /// `redis.conf`, `valkey.conf`: a name and its arguments.
    Redis,
    /// `memcached.conf`: one option of the command line a line.
    Memcached,
    /// `pg_hba.conf`: type, database, user, address, method, options; the name is the type.
    PostgresAccess,
    /// `postgresql.conf`.
    Postgres,
    /// `my.cnf` and its like.
    MySql,
}

/// A configuration file of a backing service.
#[derive(Clone, Debug)]
pub struct Conf {
    /// What it configures.
    pub kind: ConfKind,
    /// The file.
    pub artifact: ArtifactId,
    /// Its directives, in order.
    pub directives: Vec<Directive>,
}

/// One line of a configuration file.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// The section it stands in, where the format has sections.
    pub section: Option<Arc<str>>,
    /// Its name, in lower case.
    pub name: Arc<str>,
    /// Its arguments.
    pub values: Vec<Text>,
    /// The whole line.
    pub at: Region,
}

impl Conf {
    /// The directives of a name, in order. In every one of these formats the last one counts, but for those that add up.
    pub fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &Directive> {
        self.directives.iter().filter(move |directive| &*directive.name == name)
    }

    /// The last directive of a name.
    pub fn last(&self, name: &str) -> Option<&Directive> {
        self.all(name).next_back()
    }
}
