//! Configuration files of backing services: `redis.conf`, `memcached.conf`, `pg_hba.conf`, `postgresql.conf`, `my.cnf`.

use shipworthy_model::ArtifactId;
use shipworthy_model::picture::{Conf, ConfKind, Directive};

use crate::ini::{self, Dialect};
use crate::picture::Reader;
use crate::piece::Piece;
use crate::shell;

/// What a file configures.
pub(crate) fn kind(reader: Reader) -> Option<ConfKind> {
    match reader {
        Reader::Redis => Some(ConfKind::Redis),
        Reader::Memcached => Some(ConfKind::Memcached),
        Reader::PostgresAccess => Some(ConfKind::PostgresAccess),
        Reader::Postgres => Some(ConfKind::Postgres),
        Reader::MySql => Some(ConfKind::MySql),
        _ => None,
    }
}

/// Reads a configuration file.
pub(crate) fn read(kind: ConfKind, text: &str, artifact: ArtifactId) -> Conf {
    const MOST: usize = 5000;
    let directives = if kind == ConfKind::MySql {
        let (entries, _) = ini::read(text, artifact, Dialect::MySql);
        entries
            .into_iter()
            .map(|entry| Directive {
                section: Some(entry.section.text.to_ascii_lowercase().into()),
                // MySQL takes dashes and underscores alike.
                name: entry.key.text.to_ascii_lowercase().replace('-', "_").into(),
                values: entry.value.iter().map(|value| value_of(kind, &entry.key.text, &ini::unquoted(value))).collect(),
                at: entry.line.at,
            })
            .collect()
    } else {
        Piece::file(text, artifact).lines().iter().take(MOST).filter_map(|line| directive(kind, line)).collect()
    };
    Conf { kind, artifact, directives }
}

fn directive(kind: ConfKind, line: &Piece) -> Option<Directive> {
    let mut line = line.trim();
    if line.text.is_empty() || line.text.starts_with(['#', '{']) {
        return None;
    }
    if kind != ConfKind::Redis
        && let Some(comment) = line.text.find(" #").or_else(|| line.text.find("\t#"))
    {
        line = line.slice(0..comment).trim();
    }
    let (name, values) = match kind {
        ConfKind::Postgres => {
            // `name = value` or `name value`
            let end = line.text.find(|c: char| c == '=' || c.is_whitespace())?;
            let rest = line.slice(end..line.text.len()).trim();
            let rest = if rest.text.starts_with('=') { rest.slice(1..rest.text.len()).trim() } else { rest };
            (line.slice(0..end), vec![ini::unquoted(&rest)])
        }
        ConfKind::Redis | ConfKind::Memcached | ConfKind::PostgresAccess | ConfKind::MySql => {
            let mut words = shell::words(&line).into_iter();
            let name = words.next()?;
            (name, words.collect())
        }
    };
    let lower = if kind == ConfKind::Memcached { name.text.to_string() } else { name.text.to_ascii_lowercase() };
    let values = values.iter().map(|value| value_of(kind, &lower, value)).collect();
    Some(Directive { section: None, name: lower.into(), values, at: line.at })
}

/// A value; credentials go out of circulation.
fn value_of(kind: ConfKind, name: &str, value: &Piece) -> shipworthy_model::picture::Text {
    let secret = kind == ConfKind::Redis && matches!(name, "requirepass" | "masterauth" | "user")
        || kind == ConfKind::MySql && name.contains("password");
    let text = value.known();
    if secret { text.value_of("PASSWORD") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind() {
        let read = |kind, text: &str| read(kind, text, ArtifactId(0));
        let redis = read(ConfKind::Redis, "# x\nbind 127.0.0.1 ::1\nrequirepass \"hunter2 x\"\nprotected-mode no\n");
        assert_eq!(redis.last("bind").unwrap().values.len(), 2);
        assert_eq!(redis.last("requirepass").unwrap().values[0].shown(), "‹redacted›");
        let access = read(ConfKind::PostgresAccess, "local all all trust\nhost all all 0.0.0.0/0 md5 # x\n");
        assert_eq!(access.last("host").unwrap().values.last().unwrap().as_str(), Some("md5"));
        let postgres = read(ConfKind::Postgres, "listen_addresses = '*' # all\nssl on\n");
        assert!(postgres.last("listen_addresses").unwrap().values[0].is("*") && postgres.last("ssl").unwrap().values[0].is("on"));
        let mysql = read(ConfKind::MySql, "[mysqld]\nbind-address = 0.0.0.0\nskip-networking\n");
        assert!(mysql.last("bind_address").unwrap().values[0].is("0.0.0.0") && mysql.last("skip_networking").is_some());
        let memcached = read(ConfKind::Memcached, "-l 0.0.0.0\n-U 0\n");
        assert!(memcached.last("-l").unwrap().values[0].is("0.0.0.0"));
    }
}
