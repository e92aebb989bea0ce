//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use shipworthy_model::Severity;

use crate::config::Config;
use crate::report::{DeploymentFormat, Format, SettingsFormat};

/// Is this Django project fit to ship? Reads the project without running it.
#[derive(Parser)]
#[command(name = "shipworthy", version, about, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

const EXIT_CODES: &str = "Exit code: 0 the project is fit to ship, 1 it is not, 2 it could not be judged.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Audit a project (what `shipworthy` does on its own)
    Check(Box<CheckArgs>),
    /// Show the effective settings, their values and where they come from
    Settings(SettingsArgs),
    /// Show what the project's files say about its deployment: environments, services, processes
    Deployment(DeploymentPictureArgs),
    /// Look at a running site, without its source
    Probe(Box<ProbeArgs>),
    /// Show the guide of a rule, or the list of rules
    Explain(ExplainArgs),
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The folder to audit; a folder inside a project stands for the project
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// Judge a dump of effective settings instead of source: a JSON object of names and values
    #[arg(long, value_name = "FILE", conflicts_with_all = ["settings", "env_file", "env", "environment", "runtime"])]
    pub(crate) settings_json: Option<PathBuf>,
    /// Also look at the running site at this address
    #[arg(long, value_name = "URL", help_heading = SITE)]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
}

#[derive(Args)]
pub(crate) struct ProbeArgs {
    /// The address of the site, if it is not the configured one
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Print the requests that would be sent, and send none
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
}

/// What is judged how, and how it is told.
#[derive(Args)]
#[command(next_help_heading = "The report")]
pub(crate) struct JudgeArgs {
    /// How to report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output_format: Format,
    /// Write the report to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Judge only these rules or topics, or `all`
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Do not count findings of these rules or topics
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// The mildest severity that makes it unfit [default: medium]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Level>,
    /// Count what could not be proven as a failure
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) display: DisplayArgs,
    /// Tell more: passes and advice in full, and on standard error what was read
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Print no report; the exit code tells
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl JudgeArgs {
    /// The mildest severity that makes something unfit: as typed, as configured, or medium.
    pub(crate) fn fail_on(&self, config: &Config) -> Severity {
        self.fail_on.or(config.fail_on).map_or(Severity::Medium, Severity::from)
    }
}

/// The heading of what concerns a running site.
const SITE: &str = "The running site";

/// How a running site is looked at.
#[derive(Args, Default)]
#[command(next_help_heading = SITE)]
pub(crate) struct LookArgs {
    /// Say that you may test this site; not needed for this machine or the configured `url`
    #[arg(long, visible_alias = "yes")]
    pub(crate) i_own_this: bool,
    /// Use this address instead of the name's own
    #[arg(long, value_name = "HOST:ADDRESS")]
    pub(crate) resolve: Vec<String>,
    /// Send every request through this socket
    #[arg(long, value_name = "PATH")]
    pub(crate) unix_socket: Option<PathBuf>,
    /// Trust these certificates (PEM) besides those of this machine
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
    /// Show this client certificate (PEM, with its chain)
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of the client certificate, if it is in a file of its own
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Send this header with every request; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// Log in with HTTP basic authentication
    #[arg(long, value_name = "USER:PASSWORD", env = "SHIPWORTHY_BASIC_AUTH", hide_env_values = true)]
    pub(crate) basic_auth: Option<String>,
    /// The port for plain HTTP beside an unusual port for HTTPS
    #[arg(long, value_name = "PORT")]
    pub(crate) http_port: Option<u16>,
    /// Also try the application server's own port, which nobody outside should reach
    #[arg(long, value_name = "PORT")]
    pub(crate) app_port: Option<u16>,
    /// Also look at this page that people log in on
    #[arg(long, value_name = "PATH")]
    pub(crate) login_url: Vec<String>,
    /// Also try to open this WebSocket as a page of another site would; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) websocket_url: Vec<String>,
    /// Also look at the headers of this uploaded file
    #[arg(long, value_name = "PATH")]
    pub(crate) media_url: Option<String>,
    /// How many seconds one request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) timeout: u64,
    /// Save every request and answer as HAR
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Judge this HAR recording, and ask nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "resolve", "unix_socket", "app_port"])]
    pub(crate) from: Option<PathBuf>,
}

impl LookArgs {
    /// The recording that holds what was seen, if there is one.
    pub(crate) fn recording(&self) -> Option<String> {
        self.save.as_ref().or(self.from.as_ref()).map(|path| path.to_string_lossy().into_owned())
    }
}

/// How the project's own Python is run.
#[derive(Args, Default)]
#[command(next_help_heading = "The project's own Python")]
pub(crate) struct RunArgs {
    /// Also load the project in its own Python: Django's checks, effective settings, addresses, middleware
    #[arg(long)]
    pub(crate) runtime: bool,
    /// The project's Python, or its virtual environment, if it is not the one that is found
    #[arg(long, value_name = "PATH", requires = "runtime")]
    pub(crate) python: Option<PathBuf>,
    /// Say that the project's code may run on this machine; without it a terminal is asked
    #[arg(long, requires = "runtime")]
    pub(crate) i_trust_this: bool,
    /// How many seconds it may take [default: 30]
    #[arg(long, value_name = "SECONDS", requires = "runtime", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) runtime_timeout: Option<u64>,
    /// Also open the default database: pending migrations, and Django's checks of databases
    #[arg(long, requires = "runtime")]
    pub(crate) migrations: bool,
}

#[derive(Args)]
pub(crate) struct SettingsArgs {
    /// Names of settings; all when none is given. A name that is given is told as a story
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// List the environment variables that the settings read instead: cast, default, where read, what hangs on them
    #[arg(long, conflicts_with = "diff")]
    pub(crate) env_vars: bool,
    /// Show how two settings modules differ in effect
    #[arg(long, num_args = 2, value_names = ["MODULE_A", "MODULE_B"], conflicts_with = "settings")]
    pub(crate) diff: Vec<String>,
    /// The folder of the project
    #[arg(long, default_value = ".")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// How to report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output_format: SettingsFormat,
    #[command(flatten)]
    pub(crate) display: DisplayArgs,
}

#[derive(Args)]
pub(crate) struct DeploymentPictureArgs {
    /// The folder of the project
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// How to report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output_format: DeploymentFormat,
    /// Whether to colour the output
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id
    pub(crate) rule: Option<String>,
    /// Whether to colour the output
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// Which deployment is judged.
#[derive(Args)]
pub(crate) struct DeploymentArgs {
    /// The settings module of production, if it is not the one that is found
    #[arg(long, value_name = "MODULE")]
    pub(crate) settings: Option<String>,
    /// A file of environment variables of the deployment; may be repeated, later files win
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// An environment variable of the deployment; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// The deployment, by its name in the configuration; may be repeated, `all` means each of them [default: production]
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Vec<String>,
    /// The version of Django, if it is not the one that is found
    #[arg(long, value_name = "X.Y")]
    pub(crate) django_version: Option<String>,
}

#[derive(Args)]
pub(crate) struct DisplayArgs {
    /// Show credentials in the values of settings
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Whether to colour the output
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On terminals, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A severity as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Advice.
    Info,
    /// Worth fixing; breaks nothing.
    Low,
    /// A real danger under common conditions.
    Medium,
    /// A real danger.
    High,
    /// Whoever finds it owns the site or its data.
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
            Level::Critical => Self::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn check_is_the_default() {
        let cli = Cli::parse_from(["shipworthy", "some/where", "--strict"]);
        assert!(cli.command.is_none() && cli.check.judge.strict);
        assert_eq!(cli.check.path, PathBuf::from("some/where"));
        assert!(matches!(Cli::parse_from(["shipworthy", "settings", "DEBUG"]).command, Some(Command::Settings(_))));
    }
}
