//! Real front ends before real application servers serve a real Django project on loopback, fit and with faults planted.
//!
//! `SHIPWORTHY_SERVERS` names the `bin` folder of a Python environment with the application servers, `SHIPWORTHY_DJANGOS`
//! Pythons that have a Django. What is not to be had is left out aloud, or fails where `SHIPWORTHY_LIVE` is set. Every server
//! is a child of the test, in a group of its own, stopped when its handle goes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may stop where a server is not as it should be

mod faults;
mod front;
mod process;
mod report;
mod server;
mod shop;
mod stack;

use std::collections::BTreeSet;

use front::Front;
use server::AppServer;
use stack::Stack;

/// Every front end before every application server: nothing fails, and what can be proven is.
#[test]
fn what_is_fit_is_found_fit() {
    let mut wrong = Vec::new();
    for front in Front::ALL {
        for server in AppServer::ALL {
            let Some(stack) = Stack::start(front, server, &[]) else { continue };
            let seen = stack.probe();
            if seen.failed() != BTreeSet::new() {
                wrong.push(format!("{front:?} before {server:?}: {:?}{}", seen.failed(), seen.told(&seen.failed())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn matrix(faults: &[faults::Fault], fronts: &[Front]) {
    let mut wrong = Vec::new();
    let only: Option<usize> = std::env::var("ONLY").ok().and_then(|it| it.parse().ok());
    for (number, fault) in faults.iter().enumerate() {
        if only.is_some_and(|it| it != number) {
            continue;
        }
        let servers = if fault.servers.is_empty() { &AppServer::ALL[..] } else { fault.servers };
        let (front, server) = (fronts[number % fronts.len()], servers[number % servers.len()]);
        let Some(stack) = Stack::start(front, server, fault.edits) else { continue };
        let seen = stack.probe();
        if only.is_some() {
            std::fs::copy(stack.recording(), "/tmp/show.har").unwrap();
        }
        let mut read = report::Report::of(&stack.shop.root(), &["check"]).failed();
        for known in ["disallowed-host-mails", "hsts-preload-off"] {
            read.remove(known);
        }
        let told = format!("{number} {front:?} {server:?} {:?}", fault.edits);
        if seen.failed() != report::set(fault.wire) {
            wrong.push(format!("{told}\n  wire: {:?}{}", seen.failed(), seen.told(&seen.failed())));
        }
        if read != report::set(fault.source) {
            wrong.push(format!("{told}\n  source: {read:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn project() {
    matrix(faults::PROJECT, &Front::ALL);
}

#[test]
fn nginx() {
    matrix(faults::NGINX, &[Front::Nginx]);
}

#[test]
fn caddy() {
    matrix(faults::CADDY, &[Front::Caddy]);
}

#[test]
fn apache() {
    matrix(faults::APACHE, &[Front::Apache]);
}

#[test]
fn haproxy() {
    matrix(faults::HAPROXY, &[Front::Haproxy]);
}
