//! A stack: the shop, its application server and its front end, all running, and looks at it.

use crate::front::{Authority, Certificate, Front, HOST, Ports};
use crate::process::{Server, python};
use crate::report::Report;
use crate::server::{AppServer, At};
use crate::shop::{Edit, Shop};

/// It stops when it is dropped, the front end first.
pub(crate) struct Stack {
    pub(crate) ports: Ports,
    _front: Server,
    _app: Server,
    pub(crate) at: At,
    pub(crate) shop: Shop,
}

impl Stack {
    /// Starts it; `None` where a program is missing.
    pub(crate) fn start(front: Front, server: AppServer, edits: &[Edit]) -> Option<Self> {
        Self::certified(front, server, edits, &Authority::get().certify(HOST, 90))
    }

    /// Starts it with a certificate.
    pub(crate) fn certified(front: Front, server: AppServer, edits: &[Edit], certificate: &Certificate) -> Option<Self> {
        let shop = Shop::new(&python()?, front, server, edits);
        let (app, at) = server.start(front, &shop)?;
        let front = front.start(&shop, &at, certificate)?;
        Some(Self::of(shop, (app, at), front))
    }

    /// Of parts that run.
    pub(crate) fn of(shop: Shop, (app, at): (Server, At), (front, ports): (Server, Ports)) -> Self {
        Self { ports, _front: front, _app: app, at, shop }
    }

    /// How the program finds it: its address, and by which way.
    pub(crate) fn way(&self) -> Vec<String> {
        let words = [
            format!("https://{HOST}:{}/", self.ports.https),
            format!("--http-port={}", self.ports.http),
            format!("--resolve={HOST}:127.0.0.1"),
            format!("--cacert={}", Authority::get().path()),
            "--media-url=/media/logo.svg".to_owned(),
        ];
        words.to_vec()
    }

    /// Stops it, and gives what stays.
    pub(crate) fn stop(self) -> Shop {
        self.shop
    }

    /// What is seen of it, which is kept as a recording.
    pub(crate) fn probe(&self) -> Report {
        let save = format!("--save={}", self.shop.recording().display());
        let way = self.way();
        let words: Vec<&str> = ["probe"].into_iter().chain(way.iter().map(String::as_str)).chain([&*save]).collect();
        Report::of(&self.shop.scratch(), &words)
    }
}
