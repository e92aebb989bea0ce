//! The deployment picture for programs.

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::Region;
use shipworthy_model::picture::{
    Action, Environment, Mount, MountKind, Origin, Port, Probe, ProbeKind, Process, Publishing, Runs, Source, Step, Text, Unit,
    Variable, When,
};

use super::deployment::Shown;
use super::json::print;

/// What `deployment --output-format json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "shipworthy deployment")]
pub(super) struct Report {
    /// The version of this contract.
    #[schemars(extend("const" = 1))]
    schema: u32,
    /// The environments that the files describe, production's first.
    environments: Vec<EnvironmentReport>,
    /// What is run besides the processes that stay.
    steps: Vec<StepReport>,
    /// What every file that was read is for.
    files: Vec<FileReport>,
    /// What could not be read.
    notices: Vec<NoticeReport>,
}

/// One way in which the project is deployed.
#[derive(Serialize, JsonSchema)]
struct EnvironmentReport {
    name: String,
    /// `compose`, `kubernetes`, `heroku`, `fly`, `render`, `app-engine`, `railway`, `app-platform`,
    /// `cloud-foundry`, `machine` or `image`.
    platform: &'static str,
    /// `production`, `staging`, `development`, `example` or `unknown`.
    stage: &'static str,
    /// Why it is thought to be for this stage.
    reason: String,
    /// Whether everything that makes it was read.
    complete: bool,
    files: Vec<String>,
    units: Vec<UnitReport>,
}

/// A service, workload, unit or line of a Procfile.
#[derive(Serialize, JsonSchema)]
struct UnitReport {
    name: String,
    role: &'static str,
    location: LocationReport,
    image: Option<TextReport>,
    build: Option<BuildReport>,
    user: Option<TextReport>,
    folder: Option<TextReport>,
    replicas: Option<TextReport>,
    schedule: Option<TextReport>,
    restart: Option<TextReport>,
    profiles: Vec<TextReport>,
    networks: Vec<TextReport>,
    depends_on: Vec<TextReport>,
    exposes: Vec<TextReport>,
    ports: Vec<PortReport>,
    mounts: Vec<MountReport>,
    probes: Vec<ProbeReport>,
    processes: Vec<ProcessReport>,
    variables: Vec<VariableReport>,
    env_files: Vec<EnvFileReport>,
}

/// A text with what is known of it.
#[derive(Serialize, JsonSchema)]
struct TextReport {
    /// The text; credentials are struck out, and references that nobody resolves stand as written.
    text: String,
    /// Why it is not known; null where it is.
    unknown: Option<String>,
    /// Variables that were assumed unset to decide it.
    assumes: Vec<String>,
    location: LocationReport,
}

/// A place in a file.
#[derive(Serialize, JsonSchema)]
struct LocationReport {
    /// The path, relative to the audited folder, with forward slashes.
    path: String,
    /// The line, from 1.
    line: usize,
    /// The column, from 1, in characters.
    column: usize,
}

/// A build of an image.
#[derive(Serialize, JsonSchema)]
struct BuildReport {
    dockerfile: String,
    context: Option<String>,
    target: Option<TextReport>,
}

/// A port that others outside can reach.
#[derive(Serialize, JsonSchema)]
struct PortReport {
    /// The address of the host; null is every address.
    host: Option<TextReport>,
    published: Option<TextReport>,
    target: Option<TextReport>,
    protocol: Option<TextReport>,
    /// `host`, `node-port`, `load-balancer`, `host-network` or `router`.
    how: &'static str,
    location: LocationReport,
}

/// Something mounted.
#[derive(Serialize, JsonSchema)]
struct MountReport {
    /// `volume`, `bind`, `anonymous`, `temporary`, `config`, `secret` or `other`.
    kind: &'static str,
    source: Option<TextReport>,
    target: TextReport,
    read_only: bool,
    location: LocationReport,
}

/// How health is asked.
#[derive(Serialize, JsonSchema)]
struct ProbeReport {
    name: String,
    /// `http`, `tcp`, `command` or `disabled`.
    kind: &'static str,
    path: Option<TextReport>,
    host: Option<TextReport>,
    port: Option<TextReport>,
    command: Vec<TextReport>,
    location: LocationReport,
}

/// A process.
#[derive(Serialize, JsonSchema)]
struct ProcessReport {
    /// `server`, `manage`, `worker`, `scheduler`, `monitor`, `front-end`, `other` or `unknown`.
    kind: &'static str,
    program: String,
    /// What a server serves.
    target: Option<TextReport>,
    /// The addresses that a server listens on.
    binds: Vec<TextReport>,
    /// Options of a server that somebody chose.
    options: Vec<OptionReport>,
    /// Why a server may have more options than these.
    open: Option<String>,
    command: Vec<TextReport>,
    user: Option<TextReport>,
    /// Whether it runs only under a condition that was not decided.
    conditional: bool,
    location: LocationReport,
}

/// An option of a server.
#[derive(Serialize, JsonSchema)]
struct OptionReport {
    name: String,
    values: Vec<TextReport>,
    /// `command-line`, `config-file`, or the name of a variable.
    origin: String,
}

/// An environment variable.
#[derive(Serialize, JsonSchema)]
struct VariableReport {
    name: String,
    /// What gives it: `image`, `file`, `config-map`, `secret`, `definition`, `script` or `server`.
    from: &'static str,
    value: TextReport,
    /// Whether the value is a credential.
    secret: bool,
}

/// A file of variables that a unit names.
#[derive(Serialize, JsonSchema)]
struct EnvFileReport {
    path: TextReport,
    /// Whether it was found and read.
    read: bool,
}

/// Something that is run and ends.
#[derive(Serialize, JsonSchema)]
struct StepReport {
    /// `build`, `release`, `start`, `scheduled`, `pipeline` or `manual`.
    when: &'static str,
    schedule: Option<TextReport>,
    /// `manage`, `backup` or `other`.
    kind: &'static str,
    /// The command of manage.py, the tool, or the program.
    name: String,
    command: Vec<TextReport>,
    environment: Option<String>,
    unit: Option<String>,
    conditional: bool,
    location: LocationReport,
}

/// What a file is for.
#[derive(Serialize, JsonSchema)]
struct FileReport {
    path: String,
    /// `production`, `staging`, `development`, `example` or `unknown`.
    stage: &'static str,
    reason: String,
}

/// Something that could not be read.
#[derive(Serialize, JsonSchema)]
struct NoticeReport {
    message: String,
    path: Option<String>,
    line: Option<usize>,
}

/// The picture as JSON.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let writer = Writer { shown };
    let notices = shown.notices.iter().map(|notice| {
        let place = notice.at.map(|at| shown.place(at));
        let path = notice.path.as_ref().map(|path| shown.words(path));
        NoticeReport {
            message: shown.words(&notice.message),
            line: place.as_ref().map(|place| place.line),
            path: place.map(|place| place.path).or(path),
        }
    });
    let files = shown.picture.classes.iter().map(|(artifact, class)| FileReport {
        path: shown.path(*artifact),
        stage: class.name(),
        reason: shown.words(&class.reason),
    });
    print(&Report {
        schema: 1,
        environments: shown.picture.environments.iter().map(|environment| writer.environment(environment)).collect(),
        steps: shown.picture.steps.iter().map(|step| writer.step(step)).collect(),
        files: files.collect(),
        notices: notices.collect(),
    })
}

struct Writer<'a> {
    shown: &'a Shown<'a>,
}

impl Writer<'_> {
    fn location(&self, at: Region) -> LocationReport {
        let place = self.shown.place(at);
        LocationReport { path: place.path, line: place.line, column: place.column }
    }

    fn text(&self, text: &Text) -> TextReport {
        TextReport {
            text: self.shown.text(text),
            unknown: text.as_unknown().map(|why| self.shown.words(&why.reason())),
            assumes: text.assumes.iter().map(|name| self.shown.words(name)).collect(),
            location: self.location(text.at),
        }
    }

    fn maybe(&self, text: Option<&Text>) -> Option<TextReport> {
        text.map(|text| self.text(text))
    }

    fn texts(&self, texts: &[Text]) -> Vec<TextReport> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn environment(&self, environment: &Environment) -> EnvironmentReport {
        EnvironmentReport {
            name: self.shown.words(&environment.name),
            platform: environment.platform.name(),
            stage: environment.class.name(),
            reason: self.shown.words(&environment.class.reason),
            complete: environment.complete,
            files: environment.artifacts.iter().map(|artifact| self.shown.path(*artifact)).collect(),
            units: environment.units.iter().map(|unit| self.unit(unit)).collect(),
        }
    }

    fn unit(&self, unit: &Unit) -> UnitReport {
        UnitReport {
            name: self.shown.words(&unit.name),
            role: unit.role.name(),
            location: self.location(unit.at),
            image: self.maybe(unit.image.as_ref()),
            build: unit.build.as_ref().map(|build| BuildReport {
                dockerfile: self.shown.words(&build.dockerfile),
                context: build.context.as_ref().map(|context| self.shown.words(context)),
                target: self.maybe(build.target.as_ref()),
            }),
            user: self.maybe(unit.user.as_ref()),
            folder: self.maybe(unit.folder.as_ref()),
            replicas: self.maybe(unit.replicas.as_ref()),
            schedule: self.maybe(unit.schedule.as_ref()),
            restart: self.maybe(unit.restart.as_ref()),
            profiles: self.texts(&unit.profiles),
            networks: self.texts(&unit.networks),
            depends_on: self.texts(&unit.depends_on),
            exposes: self.texts(&unit.exposes),
            ports: unit.ports.iter().map(|port| self.port(port)).collect(),
            mounts: unit.mounts.iter().map(|mount| self.mount(mount)).collect(),
            probes: unit.probes.iter().map(|probe| self.probe(probe)).collect(),
            processes: unit.processes.iter().map(|process| self.process(process)).collect(),
            variables: unit.variables.iter().map(|variable| self.variable(variable)).collect(),
            env_files: unit.env_files.iter().map(|(path, read)| EnvFileReport { path: self.text(path), read: *read }).collect(),
        }
    }

    fn port(&self, port: &Port) -> PortReport {
        PortReport {
            host: self.maybe(port.host.as_ref()),
            published: self.maybe(port.published.as_ref()),
            target: self.maybe(port.target.as_ref()),
            protocol: self.maybe(port.protocol.as_ref()),
            how: match port.how {
                Publishing::Host => "host",
                Publishing::NodePort => "node-port",
                Publishing::LoadBalancer => "load-balancer",
                Publishing::HostNetwork => "host-network",
                Publishing::Router => "router",
            },
            location: self.location(port.at),
        }
    }

    fn mount(&self, mount: &Mount) -> MountReport {
        MountReport {
            kind: match mount.kind {
                MountKind::Volume => "volume",
                MountKind::Bind => "bind",
                MountKind::Anonymous => "anonymous",
                MountKind::Temporary => "temporary",
                MountKind::Config => "config",
                MountKind::Secret => "secret",
                MountKind::Other => "other",
            },
            source: self.maybe(mount.source.as_ref()),
            target: self.text(&mount.target),
            read_only: mount.read_only,
            location: self.location(mount.at),
        }
    }

    fn probe(&self, probe: &Probe) -> ProbeReport {
        let mut report = ProbeReport {
            name: self.shown.words(&probe.name),
            kind: "disabled",
            path: None,
            host: None,
            port: None,
            command: Vec::new(),
            location: self.location(probe.at),
        };
        match &probe.kind {
            ProbeKind::Http(http) => {
                report.kind = "http";
                report.path = self.maybe(http.path.as_ref());
                report.host = self.maybe(http.host.as_ref());
                report.port = self.maybe(http.port.as_ref());
            }
            ProbeKind::Tcp(port) => {
                report.kind = "tcp";
                report.port = self.maybe(port.as_ref());
            }
            ProbeKind::Command(words) => {
                report.kind = "command";
                report.command = self.texts(words);
            }
            ProbeKind::Disabled => {}
        }
        report
    }

    fn process(&self, process: &Process) -> ProcessReport {
        let server = process.runs.server();
        let chosen = server.iter().flat_map(|server| &server.options).filter_map(|(name, choice)| {
            let origin = match &choice.origin {
                Origin::CommandLine => "command-line".to_owned(),
                Origin::ConfigFile => "config-file".to_owned(),
                Origin::Variable(name) => self.shown.words(name),
                Origin::Default => return None,
            };
            Some(OptionReport { name: self.shown.words(name), values: self.texts(&choice.texts), origin })
        });
        ProcessReport {
            kind: match &process.runs {
                Runs::Server(_) => "server",
                Runs::Manage(_) => "manage",
                Runs::Worker(_) => "worker",
                Runs::Scheduler(_) => "scheduler",
                Runs::Monitor(_) => "monitor",
                Runs::FrontEnd(_) => "front-end",
                Runs::Other(_) => "other",
                Runs::Unknown(_) => "unknown",
            },
            program: self.shown.words(process.runs.name()),
            target: self.maybe(server.and_then(|server| server.target.as_ref())),
            binds: server.map(|server| self.texts(&server.binds())).unwrap_or_default(),
            options: chosen.collect(),
            open: server.and_then(|server| server.open.as_ref()).map(|why| self.shown.words(&why.reason())),
            command: self.texts(&process.words),
            user: self.maybe(process.user.as_ref()),
            conditional: process.is_conditional(),
            location: self.location(process.at),
        }
    }

    fn variable(&self, variable: &Variable) -> VariableReport {
        VariableReport {
            name: self.shown.words(&variable.name),
            from: match variable.from {
                Source::Image => "image",
                Source::File => "file",
                Source::ConfigMap => "config-map",
                Source::SecretObject => "secret",
                Source::Definition => "definition",
                Source::Script => "script",
                Source::Server => "server",
            },
            value: self.text(&variable.value),
            secret: variable.value.as_secret().is_some(),
        }
    }

    fn step(&self, step: &Step) -> StepReport {
        let (kind, name) = match &step.action {
            Action::Manage(manage) => ("manage", manage.command.shown()),
            Action::Backup(tool) => ("backup", &**tool),
            Action::Other(program) => ("other", &**program),
        };
        let (when, schedule) = match &step.when {
            When::Build => ("build", None),
            When::Release => ("release", None),
            When::Start => ("start", None),
            When::Scheduled(schedule) => ("scheduled", Some(self.text(schedule))),
            When::Pipeline => ("pipeline", None),
            When::Manual => ("manual", None),
        };
        StepReport {
            when,
            schedule,
            kind,
            name: self.shown.words(name),
            command: self.texts(&step.words),
            environment: step.environment.as_ref().map(|name| self.shown.words(name)),
            unit: step.unit.as_ref().map(|name| self.shown.words(name)),
            conditional: step.conditional,
            location: self.location(step.at),
        }
    }
}
