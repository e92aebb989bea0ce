//! Listeners: the sockets a site accepts requests on.

use std::net::IpAddr;
use std::sync::Arc;

use super::Known;
use crate::{Region, Truth, Unknown};

/// A socket that a site accepts requests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// The address.
    pub bind: Bind,
    /// The port.
    pub port: Port,
    /// Whether it speaks TLS.
    pub tls: Truth,
    /// Whether its site is the one for hosts that no site of the socket names, said so in words (`default_server`).
    pub default: bool,
    /// Whether clients come through a proxy that tells their address first (PROXY protocol): then they are not the internet.
    pub proxy_protocol: bool,
    /// Where it is said; `None` where the program listens without being told.
    pub at: Option<Region>,
}

/// The address of a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    /// Every address of the machine.
    Any,
    /// One address.
    Ip(IpAddr),
    /// A name that the machine resolves.
    Name(Arc<str>),
    /// A socket of the file system.
    Unix(Arc<str>),
    /// Not known.
    Unknown(Unknown),
}

/// The port of a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Port {
    /// This one.
    Is(u16),
    /// These, both included.
    Range(u16, u16),
    /// A socket of the file system has none.
    None,
    /// Not known.
    Unknown(Unknown),
}

impl Port {
    /// Whether it is this port.
    pub fn is(&self, port: u16) -> Truth {
        match self {
            Self::Is(known) => (*known == port).into(),
            Self::Range(first, last) => (*first..=*last).contains(&port).into(),
            Self::None => Truth::No,
            Self::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }

    /// The port, where it is one.
    pub fn known(&self) -> Known<Option<u16>> {
        match self {
            Self::Is(port) => Ok(Some(*port)),
            Self::Range(..) | Self::None => Ok(None),
            Self::Unknown(why) => Err(why.clone()),
        }
    }
}

impl Bind {
    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> Truth {
        match self {
            Self::Any => Truth::No,
            Self::Ip(address) => address.is_loopback().into(),
            Self::Name(name) => (&**name == "localhost").into(),
            Self::Unix(_) => Truth::Yes,
            Self::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }

    /// Whether a request to this address (`None`: any address of the machine that others can reach) comes in here.
    pub fn takes(&self, address: Option<&str>) -> Truth {
        match (self, address) {
            (Self::Unix(_), _) => Truth::No,
            (Self::Unknown(why), _) => Truth::Unknown(why.clone()),
            (Self::Any, _) => Truth::Yes,
            (Self::Ip(own), None) => (!own.is_loopback()).into(),
            (Self::Ip(own), Some(address)) => (address.parse() == Ok(*own)).into(),
            (Self::Name(name), None) => (&**name != "localhost").into(),
            (Self::Name(name), Some(address)) => (&**name == address).into(),
        }
    }
}

impl Listener {
    /// A listener on all addresses.
    pub fn any(port: u16, tls: bool, at: Option<Region>) -> Self {
        Self { bind: Bind::Any, port: Port::Is(port), tls: tls.into(), default: false, proxy_protocol: false, at }
    }

    /// Whether it accepts plain HTTP from other machines.
    pub fn is_plain_public(&self) -> Truth {
        (!self.tls.clone()).and(!self.bind.is_local())
    }

    /// Whether two sites share it.
    pub fn is_same_socket(&self, other: &Self) -> bool {
        self.bind == other.bind && self.port == other.port
    }
}
