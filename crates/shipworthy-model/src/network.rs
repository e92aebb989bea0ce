//! Network addresses as settings write them: who can be on the way to a host.

use std::net::IpAddr;

/// How far away a host is, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This machine: a socket path, loopback, or no host at all.
    Local,
    /// A private network: a private address, a name without a dot, or a name of a domain that is never public or nobody has.
    Private,
    /// A name or address that may be anywhere.
    Public,
}

impl Reach {
    /// Judges a host name, address or socket path.
    pub fn of(host: &str) -> Self {
        const PRIVATE_ENDS: [&str; 19] = [
            ".local",
            ".internal",
            ".lan",
            ".intranet",
            ".intra",
            ".private",
            ".corp",
            ".home",
            ".home.arpa",
            ".svc",
            ".consul",
            ".docker",
            ".flycast",
            ".test",
            ".invalid",
            ".vpc",
            ".cache.amazonaws.com",
            ".private.postgres.database.azure.com",
            ".private.mysql.database.azure.com",
        ];
        let host = host.trim().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() || host.starts_with(['/', '@']) || host == "localhost" || host.ends_with(".localhost") {
            return Self::Local;
        }
        // These stand for a name that is still to be filled in.
        if matches!(&*host, "example.com" | "example.org" | "example.net") {
            return Self::Private;
        }
        if host == "host.docker.internal" || host == "0.0.0.0" || host == "::" {
            return Self::Local;
        }
        match host.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => Self::Local,
            Ok(IpAddr::V4(address)) => {
                let shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
                if address.is_private() || address.is_link_local() || shared { Self::Private } else { Self::Public }
            }
            Ok(IpAddr::V6(address)) => {
                let first = address.segments()[0];
                let private = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
                if private { Self::Private } else { Self::Public }
            }
            // No public name has an underscore; `tasks.NAME` is what Docker Swarm calls the containers of a service.
            Err(_) if host.contains('_') || host.strip_prefix("tasks.").is_some_and(|name| !name.contains('.')) => Self::Private,
            Err(_) if !host.contains('.') || PRIVATE_ENDS.iter().any(|end| host.ends_with(end)) => Self::Private,
            Err(_) => Self::Public,
        }
    }
}

/// The parts of a URL or `host:port` text. It borrows a text that may be a credential: judge it, never print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// `rediss` of `rediss://…`; `None` without `://`.
    pub scheme: Option<&'a str>,
    /// The user before the password, percent-encoded as written.
    pub user: Option<&'a str>,
    /// The password, percent-encoded as written.
    pub password: Option<&'a str>,
    /// The host, or the path of a socket.
    pub host: &'a str,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// What follows the host: the path, without the query.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: &'a str,
}

impl<'a> Endpoint<'a> {
    /// Takes a URL or `host:port` apart. Nothing is refused.
    pub fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => match text.strip_prefix("unix:") {
                Some(rest) => (Some("unix"), rest),
                None => (None, text),
            },
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user_info, rest) = match rest.rsplit_once('@') {
            Some((user_info, rest)) if scheme.is_some() => (Some(user_info), rest),
            _ => (None, rest),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) if slash > 0 => rest.split_at(slash),
            Some(_) | None => (rest, ""),
        };
        let (host, port) = Self::host_and_port(authority);
        let (user, password) = match user_info.map(|user_info| user_info.split_once(':').unwrap_or((user_info, ""))) {
            Some((user, password)) => (Some(user), Some(password)),
            None => (None, None),
        };
        let some = |part: Option<&'a str>| part.filter(|part| !part.is_empty());
        Self { scheme, user: some(user), password: some(password), host, port, path, query }
    }

    /// How far away the host is.
    pub fn reach(&self) -> Reach {
        match self.scheme {
            Some(scheme) if scheme.contains("unix") || scheme.contains("socket") => Reach::Local,
            Some(_) | None => Reach::of(self.host),
        }
    }

    fn host_and_port(authority: &str) -> (&str, Option<u16>) {
        if authority.starts_with('/') {
            return (authority, None);
        }
        match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (host, None),
            },
            Some(_) | None => (authority, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_how_far_a_host_is() {
        for host in ["", "localhost", "127.0.0.1", "::1", "/var/run/postgresql", "[::1]"] {
            assert_eq!(Reach::of(host), Reach::Local, "{host}");
        }
        for host in [
            "redis",
            "10.0.0.5",
            "172.20.0.2",
            "db.internal",
            "tasks.production_db",
            "tasks.db",
            "postgres.shop_default",
            "pg.shop.svc.cluster.local",
            "fd00::1",
            "100.64.1.1",
        ] {
            assert_eq!(Reach::of(host), Reach::Private, "{host}");
        }
        for host in ["db.example.com", "8.8.8.8", "172.64.0.1", "2001:4860::1"] {
            assert_eq!(Reach::of(host), Reach::Public, "{host}");
        }
    }

    #[test]
    fn urls_come_apart() {
        let url = Endpoint::parse("rediss://:p%40ss@cache.example.com:6380/1?ssl_cert_reqs=none");
        assert_eq!((url.scheme, url.user, url.password), (Some("rediss"), None, Some("p%40ss")));
        assert_eq!((url.host, url.port, url.path, url.query), ("cache.example.com", Some(6380), "/1", "ssl_cert_reqs=none"));
        let plain = Endpoint::parse("127.0.0.1:11211");
        assert_eq!((plain.scheme, plain.host, plain.port), (None, "127.0.0.1", Some(11211)));
        assert_eq!(Endpoint::parse("unix:/run/memcached.sock").reach(), Reach::Local);
        assert_eq!(Endpoint::parse("unix:///run/redis.sock?db=1").reach(), Reach::Local);
        assert_eq!(Endpoint::parse("amqp://guest@queue//").password, None);
    }
}
