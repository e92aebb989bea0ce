//! Trust: whom an application server believes that a request came over TLS.

use super::{AppServer, Origin, Program};
use crate::{Truth, Unknown, Why};

/// What an application server sees as its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A socket of the file system.
    Socket,
    /// This machine.
    Loopback,
    /// Another machine or container.
    Other,
}

impl AppServer {
    /// Whether it takes a request for HTTPS because of a header that its client sends: `x-forwarded-proto: https` or
    /// `x-forwarded-ssl: on`. What each program does was measured with gunicorn 27, uvicorn 0.54, daphne 4.2, granian 2.8,
    /// hypercorn and uWSGI 2.0.31.
    pub fn believes(&self, peer: Peer, header: &str) -> Truth {
        let is_proto = header == "x-forwarded-proto";
        match self.program {
            Program::Gunicorn if self.has_uvicorn_workers() => is_proto_only(is_proto, || self.allows(peer, false)),
            Program::Gunicorn => self.allows(peer, true),
            Program::Uvicorn => is_proto_only(is_proto, || self.flag("proxy_headers").and(self.allows(peer, false))),
            Program::Daphne => is_proto_only(is_proto, || self.flag("proxy_headers")),
            Program::Uwsgi => Truth::Yes,
            Program::Granian | Program::Hypercorn | Program::Runserver => Truth::No,
            Program::ModWsgi | Program::Waitress => {
                let why = Why::Unsupported(format!("whom {} believes", self.program.name()).into());
                if self
                    .option("trusted_proxy")
                    .or(self.option("trust-proxy-header"))
                    .is_some_and(|it| it.origin != Origin::Default)
                {
                    Truth::Unknown(Unknown::new(why, Some(self.at)))
                } else {
                    Truth::No
                }
            }
        }
    }

    /// Whether it believes everybody: a `*` in its list of proxies, or no list at all.
    pub fn believes_everybody(&self) -> Truth {
        match self.program {
            Program::Gunicorn | Program::Uvicorn => match self.option("forwarded_allow_ips") {
                Some(choice) => choice.value.decide(|it| it.as_str().is_some_and(|it| it.split(',').any(|it| it.trim() == "*"))),
                None => Truth::No,
            },
            Program::Daphne => self.flag("proxy_headers"),
            Program::Uwsgi
            | Program::Granian
            | Program::Hypercorn
            | Program::Runserver
            | Program::ModWsgi
            | Program::Waitress => Truth::No,
        }
    }

    fn has_uvicorn_workers(&self) -> bool {
        let class = self.option("worker_class").and_then(|choice| choice.value.as_str().map(str::to_owned));
        class.is_some_and(|class| class.contains("uvicorn") || class == "asgi")
    }

    /// Whether its list of proxies has the client; gunicorn allows every socket of the file system, uvicorn none.
    fn allows(&self, peer: Peer, sockets: bool) -> Truth {
        let Some(choice) = self.option("forwarded_allow_ips") else { return Truth::No };
        let open = self.open.as_ref().filter(|_| choice.origin == Origin::Default);
        let known = |answer: bool| match open {
            Some(why) => Truth::Unknown(why.clone()),
            None => answer.into(),
        };
        if let Some(why) = choice.value.as_unknown() {
            return Truth::Unknown(why);
        }
        let list = choice.value.as_str().unwrap_or_default();
        let has = |wanted: &[&str]| list.split(',').any(|it| wanted.contains(&it.trim()));
        match peer {
            _ if has(&["*"]) => Truth::Yes,
            Peer::Socket => sockets.into(),
            Peer::Loopback => known(has(&["127.0.0.1", "::1", "localhost", "127.0.0.0/8"])),
            Peer::Other if list.split(',').all(|it| matches!(it.trim(), "" | "127.0.0.1" | "::1" | "localhost")) => known(false),
            Peer::Other => Truth::Unknown(Unknown::new(Why::Machine("the address of the proxy".into()), choice.at)),
        }
    }
}

fn is_proto_only(is_proto: bool, answer: impl Fn() -> Truth) -> Truth {
    if is_proto { answer() } else { Truth::No }
}
