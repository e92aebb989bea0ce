//! The words of shipworthy: what was read, what it says, and what was concluded from it.
//!
//! Pure data. Nothing here opens a file or a socket, parses a format or knows a terminal.
#![deny(clippy::disallowed_methods)]

mod artifact;
mod contrib;
pub mod django;
mod engine;
mod facts;
mod finding;
mod folders;
mod notice;
pub mod path;
pub mod policy;
mod rule;
mod secret;
mod settings;
mod storage;
mod unknown;
mod value;

pub use artifact::{Artifact, ArtifactId, Artifacts, Region};
pub use django::{Django, Version};
pub use engine::{Engine, Engines};
pub use facts::{Dependency, EntryPoint, EntryPointKind, EnvFile, Facts, ModuleChoice, Project, TemplateFile};
pub use finding::{DjangoId, Evidence, Finding, Findings, Fix, Kind, Related, Severity};
pub use notice::Notice;
pub use rule::{Rule, Topic};
pub use secret::{Secret, is_secret_name};
pub use settings::{Assumption, Effective, Given, LoadError, Setting, Settings, Truth, Variable, WhatIf};
pub use storage::Storage;
pub use unknown::{Condition, Unknown, Why};
pub use value::{Datum, Entry, Item, Lookup, Value};
