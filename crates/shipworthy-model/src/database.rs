//! Databases: what kind of server an alias of `DATABASES` means, and how far away it is.

use crate::{Lookup, Reach, Service, Value};

/// A kind of database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `PostgreSQL` and what speaks its protocol.
    Postgres,
    /// `MySQL` and `MariaDB`.
    MySql,
    /// A file.
    Sqlite,
    /// Oracle.
    Oracle,
    /// No database at all: Django's dummy.
    Dummy,
    /// A server of another kind.
    Other,
}

impl Family {
    /// The family of an engine by its dotted path; engines of other packages carry the server in their name.
    pub fn of(engine: &str) -> Self {
        let name = engine.to_ascii_lowercase();
        let has = |word: &str| name.contains(word);
        if name.is_empty() || name == "django.db.backends." || name == "django.db.backends.dummy" {
            Self::Dummy
        } else if has("sqlite") || has("spatialite") {
            Self::Sqlite
        } else if has("postg") || has("psql") || has("psycopg") || has("timescale") || has("cockroach") {
            Self::Postgres
        } else if has("mysql") || has("mariadb") {
            Self::MySql
        } else if has("oracle") {
            Self::Oracle
        } else {
            Self::Other
        }
    }
}

impl<'a> Service<'a> {
    /// The kind of server of an alias of `DATABASES`; `None` where the engine is not known.
    pub fn family(&self) -> Option<Family> {
        match self.get("ENGINE") {
            Lookup::Found(engine) => engine.as_str().map(Family::of),
            Lookup::Absent if self.config.entries().is_some() => Some(Family::Dummy),
            Lookup::Absent | Lookup::Unknown(_) => None,
        }
    }

    /// The host of an alias of `DATABASES`; empty where none is named, `None` where it is not known.
    pub fn host(&self) -> Option<&'a str> {
        match self.get("HOST") {
            Lookup::Found(host) if host.is_none().is_yes() => Some(""),
            Lookup::Found(host) => Value::expose_str(host),
            Lookup::Absent => Some(""),
            Lookup::Unknown(_) => None,
        }
    }

    /// How far away the host is; of several in one text, the farthest.
    pub fn reach(&self) -> Option<Reach> {
        let far = |reach: Reach| match reach {
            Reach::Local => 0,
            Reach::Private => 1,
            Reach::Public => 2,
        };
        self.host()?.split(',').map(Reach::of).max_by_key(|reach| far(*reach))
    }

    /// The port of an alias of `DATABASES`, where it is known.
    pub fn port(&self) -> Option<i128> {
        match self.get("PORT") {
            Lookup::Found(port) => port.as_int().or_else(|| port.expose_str()?.trim().parse().ok()),
            Lookup::Absent | Lookup::Unknown(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_of_other_packages_are_known_by_name() {
        assert_eq!(Family::of("django.contrib.gis.db.backends.postgis"), Family::Postgres);
        assert_eq!(Family::of("django_prometheus.db.backends.mysql"), Family::MySql);
        assert_eq!(Family::of("psqlextra.backend"), Family::Postgres);
        assert_eq!(Family::of("django.contrib.gis.db.backends.spatialite"), Family::Sqlite);
        assert_eq!(Family::of("mssql"), Family::Other);
        assert_eq!(Family::of(""), Family::Dummy);
    }
}
