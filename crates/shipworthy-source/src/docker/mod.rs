//! Images and containers: Dockerfiles, ignore files, Compose.

pub(crate) mod compose;
mod compose_configs;
mod compose_merge;
mod compose_names;
pub(crate) mod dockerfile;
pub(crate) mod ignore;
mod json;
mod ports;
