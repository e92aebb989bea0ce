//! The words of shipworthy: what was read, what it says, and what was concluded from it.
//!
//! Pure data. Nothing here opens a file or a socket, parses a format or knows a terminal.
#![deny(clippy::disallowed_methods)]

mod app_templates;
mod artifact;
mod behind;
mod cache_users;
mod contrib;
mod cookies;
mod cors;
mod database;
mod decision;
mod definitions;
pub mod django;
mod dumps;
mod elsewhere;
mod engine;
mod entrance;
mod facts;
mod finding;
mod folders;
pub mod front;
mod granted;
pub mod host;
pub mod key;
pub mod log_routes;
pub mod mailer;
mod neighbours;
mod network;
mod notice;
pub mod path;
pub mod picture;
pub mod policy;
mod provenance;
mod routes;
mod rule;
pub mod runtime;
mod secret;
mod served;
mod service;
mod sessions;
mod settings;
mod shield;
pub mod stage;
mod storage;
mod tag_libraries;
mod unknown;
mod uses;
mod value;
pub mod wire;

pub use artifact::{Artifact, ArtifactId, Artifacts, Region};
pub use cookies::Cookie;
pub use database::Family;
pub use decision::{Course, Decision};
pub use definitions::{Class, Definition, Definitions, Parameter, ParameterKind, can_be_called};
pub use django::{Django, Version};
pub use dumps::Dump;
pub use elsewhere::{Elsewhere, Suspects};
pub use engine::{Engine, Engines};
pub use entrance::Entrance;
pub use facts::{
    CredentialFile, DatabaseFile, Dependency, EntryPoint, EntryPointKind, EnvFile, Facts, ModuleChoice, Project, TemplateFile,
};
pub use finding::{DjangoId, Evidence, Finding, Findings, Fix, Kind, Related, Severity};
pub use granted::Granted;
pub use network::{Endpoint, Reach};
pub use notice::Notice;
pub use provenance::Provenance;
pub use routes::{FileView, Routes};
pub use rule::{Rule, Topic};
pub use runtime::Runtime;
pub use secret::{Secret, is_secret_name};
pub use served::{FrontFolder, Nesting, ServedFolder};
pub use service::Service;
pub use sessions::SessionStore;
pub use settings::{
    AbsentSource, Assumption, Effective, Given, LoadError, Parts, Setting, Settings, Supposed, Switch, Truth, Variable, WhatIf,
};
pub use stage::Stage;
pub use storage::Storage;
pub use tag_libraries::TagLibrary;
pub use unknown::{Condition, Unknown, Why};
pub use uses::{Use, Uses};
pub use value::{Datum, Entry, Item, Lookup, Value};
pub use wire::{Encounter, Exchange, ExchangeId, Probe, Response, SetCookie, Sign, Site, Wire};
