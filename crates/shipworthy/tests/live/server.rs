//! Application servers: how each is started in production, and how on loopback.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::front::Front;
use crate::process::{Server, free, program};
use crate::shop::Shop;

/// An application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppServer {
    Gunicorn,
    Uvicorn,
    Uwsgi,
    Daphne,
    Granian,
    /// Granian as a server of WSGI.
    GranianWsgi,
    Hypercorn,
    /// gunicorn with uvicorn's workers.
    UvicornWorkers,
    Runserver,
}

/// Where it listens.
#[derive(Clone, Debug)]
pub(crate) enum At {
    Port(u16),
    Socket(PathBuf),
}

impl AppServer {
    /// Those that people ship with.
    pub(crate) const ALL: [Self; 5] = [Self::Gunicorn, Self::Uvicorn, Self::Uwsgi, Self::Daphne, Self::Granian];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gunicorn | Self::UvicornWorkers => "gunicorn",
            Self::Uvicorn => "uvicorn",
            Self::Uwsgi => "uwsgi",
            Self::Daphne => "daphne",
            Self::Granian | Self::GranianWsgi => "granian",
            Self::Hypercorn => "hypercorn",
            Self::Runserver => "python",
        }
    }

    /// The line of the requirements that brings it.
    pub(crate) fn requirement(self) -> &'static str {
        match self {
            Self::Gunicorn | Self::Runserver => "gunicorn==23.0.0",
            Self::UvicornWorkers => "gunicorn==23.0.0\nuvicorn-worker==0.4.0",
            Self::Uvicorn => "uvicorn==0.38.0",
            Self::Uwsgi => "uWSGI==2.0.31",
            Self::Daphne => "daphne==4.2.1",
            Self::Granian | Self::GranianWsgi => "granian==2.5.7",
            Self::Hypercorn => "hypercorn==0.18.0",
        }
    }

    pub(crate) fn is_asgi(self) -> bool {
        matches!(self, Self::Uvicorn | Self::Daphne | Self::Granian | Self::Hypercorn | Self::UvicornWorkers)
    }

    /// Its words on the command line, listening somewhere.
    fn words(self, front: Front, at: &At) -> Vec<String> {
        let (host, port) = match at {
            At::Port(port) if *port == 8000 => ("0.0.0.0", port.to_string()),
            At::Port(port) => ("127.0.0.1", port.to_string()),
            At::Socket(path) => ("unix", path.display().to_string()),
        };
        let words = match self {
            Self::Gunicorn => format!("gunicorn --bind {host}:{port} --workers 1 --threads 4 shop.wsgi"),
            Self::Uvicorn if host == "unix" => format!("uvicorn --uds {port} shop.asgi:application"),
            Self::Uvicorn => format!("uvicorn --host {host} --port {port} shop.asgi:application"),
            Self::Uwsgi => {
                // nginx speaks uWSGI's own protocol, and the others HTTP.
                let socket = if front == Front::Nginx { "socket" } else { "http-socket" };
                format!(
                    "uwsgi --{socket} {host}:{port} --module shop.wsgi --master --threads 4 --harakiri 30 --die-on-term --need-app"
                )
            }
            Self::Daphne => format!("daphne --bind {host} --port {port} shop.asgi:application"),
            Self::Granian => format!("granian --interface asgi --host {host} --port {port} shop.asgi:application"),
            Self::GranianWsgi => format!("granian --interface wsgi --host {host} --port {port} shop.wsgi:application"),
            Self::Hypercorn => format!("hypercorn --bind {host}:{port} shop.asgi:application"),
            Self::UvicornWorkers => {
                format!("gunicorn --bind {host}:{port} --worker-class uvicorn_worker.UvicornWorker shop.asgi:application")
            }
            Self::Runserver => format!("python manage.py runserver --noreload {host}:{port}"),
        };
        words.split(' ').map(str::to_owned).collect()
    }

    /// Its command in a Dockerfile.
    pub(crate) fn command_in_image(self, front: Front) -> String {
        self.words(front, &At::Port(8000)).iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
    }

    /// Starts it in a shop; `None` where it is not installed.
    pub(crate) fn start(self, front: Front, shop: &Shop) -> Option<(Server, At)> {
        let at = At::Port(free());
        self.start_at(front, shop, &at, &[]).map(|server| (server, at))
    }

    /// Starts it where it is told to listen, with more options.
    pub(crate) fn start_at(self, front: Front, shop: &Shop, at: &At, more: &[&str]) -> Option<Server> {
        let words = self.words(front, at);
        let program = program(self.name())?;
        let mut command = Command::new(program);
        command.args(&words[1..words.len() - 1]).args(more);
        if matches!(self, Self::Gunicorn | Self::UvicornWorkers) {
            // The socket would be shared by every gunicorn of this user.
            command.arg("--no-control-socket");
        }
        command.args(words.last());
        command.current_dir(shop.root()).env_clear().envs(shop.environment());
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", shop.scratch());
        let server = Server::start(command, self.name(), &shop.scratch());
        Some(match at {
            At::Port(port) => server.listens(*port),
            At::Socket(path) => server.until(|| std::os::unix::net::UnixStream::connect(path).is_ok()),
        })
    }
}

impl At {
    /// As a URL's authority, where it has one.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Port(port) => format!("127.0.0.1:{port}"),
            Self::Socket(path) => Path::new("unix:").join(path).display().to_string(),
        }
    }
}
