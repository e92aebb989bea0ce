//! The words of shipworthy: what was read, what it says, and what was concluded from it.
//!
//! Pure data. Nothing here opens a file or a socket, parses a format or knows a terminal.
#![deny(clippy::disallowed_methods)]

mod artifact;
<<<<<<< HEAD
<<<<<<< HEAD
mod cookies;
mod cors;
=======
mod cache_users;
mod database;
>>>>>>> rules-c
=======
mod contrib;
>>>>>>> rules-d
pub mod django;
mod engine;
mod facts;
mod finding;
<<<<<<< HEAD
pub mod host;
pub mod key;
pub mod log_routes;
pub mod mailer;
mod network;
mod notice;
pub mod path;
pub mod policy;
mod provenance;
=======
mod folders;
mod notice;
pub mod path;
pub mod policy;
>>>>>>> rules-d
mod rule;
mod secret;
mod served;
mod service;
mod sessions;
mod settings;
<<<<<<< HEAD
pub mod stage;
=======
mod storage;
>>>>>>> rules-d
mod unknown;
mod value;

pub use artifact::{Artifact, ArtifactId, Artifacts, Region};
<<<<<<< HEAD
pub use cookies::Cookie;
=======
pub use database::Family;
>>>>>>> rules-c
pub use django::{Django, Version};
pub use engine::{Engine, Engines};
pub use facts::{Dependency, EntryPoint, EntryPointKind, EnvFile, Facts, ModuleChoice, Project, TemplateFile};
pub use finding::{DjangoId, Evidence, Finding, Findings, Fix, Kind, Related, Severity};
pub use network::{Endpoint, Reach};
pub use notice::Notice;
pub use provenance::Provenance;
pub use rule::{Rule, Topic};
pub use secret::{Secret, is_secret_name};
pub use served::{Nesting, ServedFolder};
pub use service::Service;
pub use sessions::SessionStore;
pub use settings::{Assumption, Effective, Given, LoadError, Setting, Settings, Truth, Variable, WhatIf};
<<<<<<< HEAD
pub use stage::Stage;
=======
pub use storage::Storage;
>>>>>>> rules-d
pub use unknown::{Condition, Unknown, Why};
pub use value::{Datum, Entry, Item, Lookup, Value};
