//! Looking: a few harmless requests to a running site become facts.
//!
//! The one crate with sockets. It asks with GET, HEAD and OPTIONS only, only the host it is given, at most [`MOST`] times, and
//! keeps nothing that a leak exposes: a body is searched for signs, and dropped where it holds what nobody should see. What
//! the answers mean is for the rules.

mod body;
mod connect;
mod engine;
pub mod har;
mod legacy;
mod options;
mod order;
mod plan;
mod send;
mod tls;
pub mod transcript;

pub use engine::{look, plan};
pub use options::{Access, Error, Options, address};

/// So many requests are sent at most, TLS handshakes not counted.
pub const MOST: usize = 40;
