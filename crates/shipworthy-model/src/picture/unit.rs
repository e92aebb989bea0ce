//! Units: what an environment is made of, and how each is published, stored, watched and confined.

use std::sync::Arc;

use super::{Build, Command, Inlay, Process, Runs, Text, Variable};
use crate::Region;

/// A service of a compose file, a workload of Kubernetes, a line of a Procfile, a unit of systemd.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is defined.
    pub at: Region,
    /// What it is for.
    pub role: Role,
    /// The image it runs.
    pub image: Option<Text>,
    /// The image that it builds.
    pub build: Option<Build>,
    /// What it is told to run, where its definition says so: entrypoint and command.
    pub entrypoint: Option<Command>,
    /// See [`Self::entrypoint`].
    pub command: Option<Command>,
    /// What it runs in the end.
    pub processes: Vec<Process>,
    /// The user it runs as: its own word, or else its image's.
    pub user: Option<Text>,
    /// The folder it runs in.
    pub folder: Option<Text>,
    /// Its environment variables: the image's, those of files, its own, the later replacing the earlier.
    pub variables: Vec<Variable>,
    /// Files of variables that it names, and whether each was read.
    pub env_files: Vec<(Text, bool)>,
    /// Ports that others outside can reach.
    pub ports: Vec<Port>,
    /// Ports that the image or definition names without publishing them.
    pub exposes: Vec<Text>,
    /// Other names by which units of its environment reach it.
    pub aliases: Vec<Text>,
    /// Networks it is in; empty where the definition names none.
    pub networks: Vec<Text>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// Files of it whose text stands in its definition.
    pub inlays: Vec<Inlay>,
    /// Units it waits for.
    pub depends_on: Vec<Text>,
    /// How its health is asked.
    pub probes: Vec<Probe>,
    /// How many there are.
    pub replicas: Option<Text>,
    /// What confines it.
    pub security: Security,
    /// When it is restarted.
    pub restart: Option<Text>,
    /// Profiles that it needs to be started.
    pub profiles: Vec<Text>,
    /// Labels, for front ends that read them. Annotations of Kubernetes are among them.
    pub labels: Vec<(Text, Text)>,
    /// The schedule, where it runs by one.
    pub schedule: Option<Text>,
    /// The words that throw away what it writes to its error output: `logging.driver: none`, `StandardError=null`.
    pub discards: Vec<Text>,
    /// The signal that asks it to stop, where somebody names one.
    pub stop_signal: Option<Text>,
}

/// What a unit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Serves the project.
    Web,
    /// Works on tasks.
    Worker,
    /// Starts periodic tasks.
    Scheduler,
    /// Runs once, or by schedule.
    Job,
    /// A web server or proxy in front of others.
    FrontEnd,
    /// A database.
    Database,
    /// A cache.
    Cache,
    /// A message broker.
    Broker,
    /// A mail server, or what catches mail in development.
    Mail,
    /// A search engine.
    Search,
    /// An object store.
    Storage,
    /// A dashboard or monitor.
    Monitor,
    /// Something else.
    Other,
}

impl Role {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
            Self::Job => "job",
            Self::FrontEnd => "front-end",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Broker => "broker",
            Self::Mail => "mail",
            Self::Search => "search",
            Self::Storage => "storage",
            Self::Monitor => "monitor",
            Self::Other => "other",
        }
    }
}

/// A port that others can reach from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// The address of the host it is bound to; `None` is every address.
    pub host: Option<Text>,
    /// The port of the host; `None` where the platform chooses one.
    pub published: Option<Text>,
    /// The port inside.
    pub target: Option<Text>,
    /// `udp` or `sctp`; TCP where nothing is said.
    pub protocol: Option<Text>,
    /// What publishes it.
    pub how: Publishing,
    /// Where it is written.
    pub at: Region,
}

/// What publishes a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publishing {
    /// `ports` of a compose service, or `hostPort`.
    Host,
    /// A Service of type `NodePort`.
    NodePort,
    /// A Service of type `LoadBalancer`.
    LoadBalancer,
    /// The network of the host: everything it listens on is published.
    HostNetwork,
    /// The platform's own router, or an Ingress.
    Router,
}

impl Port {
    /// Whether it is bound to this machine's loopback only. `None` where the address is not known.
    pub fn is_loopback(&self) -> Option<bool> {
        match &self.host {
            None => Some(false),
            Some(host) => host.as_str().map(|host| {
                let host = host.trim_matches(['[', ']']);
                host == "localhost" || host == "::1" || host.starts_with("127.")
            }),
        }
    }

    /// Whether it is bound to an address of a private network, RFC 1918 and RFC 6598, where the internet does not come.
    pub fn is_private(&self) -> bool {
        let host = self.host.as_ref().and_then(Text::as_str);
        host.and_then(|host| host.parse().ok()).is_some_and(|host: std::net::Ipv4Addr| {
            let [first, second, ..] = host.octets();
            host.is_private() || (first == 100 && (64..128).contains(&second))
        })
    }

    /// Whether others than this machine and its private network may reach it. `None` where the address is not known.
    pub fn is_public(&self) -> Option<bool> {
        self.is_loopback().map(|local| !local && !self.is_private())
    }

    /// The port inside, as a number.
    pub fn number(&self) -> Option<u16> {
        self.target.as_ref()?.as_str()?.parse().ok()
    }
}

/// Something mounted into a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// What is mounted.
    pub kind: MountKind,
    /// Its name or path; `None` for an anonymous volume.
    pub source: Option<Text>,
    /// Where it is seen inside.
    pub target: Text,
    /// Whether it cannot be written to.
    pub read_only: bool,
    /// Where it is written.
    pub at: Region,
}

impl Mount {
    /// Whether it is a folder of the host that holds the source, as developers mount it: `.:/app`.
    pub fn is_source(&self) -> bool {
        const FOLDERS: [&str; 12] =
            [".", "..", "./src", "./app", "./backend", "./server", "$PWD", "${PWD}", "./code", "./web", "./api", "./django"];
        let source = self.source.as_ref().and_then(Text::as_str).unwrap_or_default();
        self.kind == MountKind::Bind && !self.read_only && FOLDERS.contains(&source.trim_end_matches('/'))
    }
}

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A named volume or claim, which outlives the unit.
    Volume,
    /// A folder or file of the host.
    Bind,
    /// A volume without a name: it is lost with the container.
    Anonymous,
    /// Memory, or a folder that is gone when the pod is.
    Temporary,
    /// A `ConfigMap`, a config.
    Config,
    /// A secret.
    Secret,
    /// Something else, or not decided.
    Other,
}

/// How the health of a unit is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// What asks: `healthcheck`, `livenessProbe`, `readinessProbe`, `startupProbe`, the platform.
    pub name: Arc<str>,
    /// How it asks.
    pub kind: ProbeKind,
    /// Where it is written.
    pub at: Region,
}

/// How a probe asks.
#[derive(Clone, Debug, PartialEq)]
pub enum ProbeKind {
    /// By a request.
    Http(Box<HttpProbe>),
    /// By a connection.
    Tcp(Option<Text>),
    /// By a command.
    Command(Vec<Text>),
    /// Not at all: what the image says is switched off.
    Disabled,
}

/// A request that asks for health.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpProbe {
    /// The path.
    pub path: Option<Text>,
    /// The `Host` header; without one, the address of the unit itself is sent.
    pub host: Option<Text>,
    /// The port, by number or name.
    pub port: Option<Text>,
    /// Whether over TLS.
    pub https: bool,
    /// Other headers.
    pub headers: Vec<(Text, Text)>,
}

/// What confines a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Security {
    /// `privileged`
    pub privileged: Option<Text>,
    /// `runAsNonRoot`
    pub non_root: Option<Text>,
    /// `runAsUser`
    pub run_as: Option<Text>,
    /// `readOnlyRootFilesystem`, `read_only`
    pub read_only: Option<Text>,
    /// `allowPrivilegeEscalation`; `no-new-privileges` is its opposite.
    pub escalation: Option<Text>,
    /// `cap_add`, `capabilities.add`
    pub capabilities: Vec<Text>,
}

impl Unit {
    /// A unit of which nothing is known yet but its name.
    pub fn new(name: impl Into<Arc<str>>, at: Region) -> Self {
        Self {
            name: name.into(),
            at,
            role: Role::Other,
            image: None,
            build: None,
            entrypoint: None,
            command: None,
            processes: Vec::new(),
            user: None,
            folder: None,
            variables: Vec::new(),
            env_files: Vec::new(),
            ports: Vec::new(),
            exposes: Vec::new(),
            aliases: Vec::new(),
            networks: Vec::new(),
            mounts: Vec::new(),
            inlays: Vec::new(),
            depends_on: Vec::new(),
            probes: Vec::new(),
            replicas: None,
            security: Security::default(),
            restart: None,
            profiles: Vec::new(),
            labels: Vec::new(),
            schedule: None,
            discards: Vec::new(),
            stop_signal: None,
        }
    }

    /// Whether its image is built from the same files as another.
    pub fn is_built_from(&self, build: &Build) -> bool {
        self.build.as_ref().is_some_and(|own| (&own.context, &own.dockerfile) == (&build.context, &build.dockerfile))
    }

    /// Whether it runs the project's own Python code.
    pub fn runs_python(&self) -> bool {
        self.processes.iter().any(|process| process.runs.is_python())
    }

    /// Whether it serves the project: an application server runs in it.
    pub fn serves(&self) -> bool {
        self.processes.iter().any(|process| process.runs.server().is_some())
    }

    /// Whether its image was built elsewhere, and what runs in it is not to be seen.
    pub fn is_from_elsewhere(&self) -> bool {
        let unseen = |process: &Process| matches!(process.runs, Runs::Other(_) | Runs::Unknown(_));
        self.role == Role::Other && self.image.is_some() && !self.is_built() && self.processes.iter().all(unseen)
    }

    /// Whether its image is built here, and what that starts was not understood.
    pub fn is_not_followed(&self) -> bool {
        let unseen = |process: &Process| matches!(process.runs, Runs::Other(_) | Runs::Unknown(_));
        self.role == Role::Other && self.is_built() && self.schedule.is_none() && self.processes.iter().all(unseen)
    }

    /// Whether it builds the image that another unit runs.
    pub fn builds(&self, other: &Self) -> bool {
        let names = |unit: &Self| unit.image.as_ref().map(|image| image.shown().to_owned());
        self.is_built() && self.image.is_some() && names(self) == names(other)
    }

    /// Whether its own definition builds the image, not another file that gives it the name by which this unit runs it.
    fn is_built(&self) -> bool {
        self.build.as_ref().is_some_and(|build| !build.by_name)
    }

    /// Whether it runs an image that only another file builds.
    pub fn runs_by_name(&self) -> bool {
        self.build.as_ref().is_some_and(|build| build.by_name)
    }

    /// A variable as its processes see it, where they do not set it themselves.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| &*variable.name == name)
    }

    /// The name of its image without registry, tag and digest: `postgres` of `docker.io/library/postgres:17`.
    pub fn image_name(&self) -> Option<&str> {
        let image = self.image.as_ref()?.as_str()?;
        let image = image.split('@').next().unwrap_or(image);
        let name = image.rsplit('/').next().unwrap_or(image);
        Some(name.split(':').next().unwrap_or(name))
    }
}
