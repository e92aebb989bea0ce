//! Databases that git tracks, also those that it is told to ignore.

use shipworthy_model::DatabaseFile;
use shipworthy_source::{Tree, declarations, sqlite};

use super::Ground;
use crate::collect;

/// The database files that git tracks. `None` where its index cannot be read.
pub(crate) fn tracked_databases(ground: &Ground) -> Option<Vec<DatabaseFile>> {
    const MOST: usize = 40;
    let paths = collect::tracked_where(&ground.root, declarations::is_database)?;
    let file = |path: String| {
        let tables = sqlite::tables(&ground.tree.read(&path).ok()?)?;
        Some(DatabaseFile::new(&path, tables.iter().map(|(name, table)| (name.as_str(), table.sql.as_str(), table.filled))))
    };
    Some(paths.into_iter().take(MOST).filter_map(file).collect())
}
