//! Real front ends before real application servers serve a real Django project on loopback, fit and with faults planted.
//!
//! `SHIPWORTHY_SERVERS` names the `bin` folder of a Python environment with the application servers, `SHIPWORTHY_DJANGOS`
//! Pythons that have a Django. What is not to be had is left out aloud, or fails where `SHIPWORTHY_LIVE` is set. Every server
//! is a child of the test, in a group of its own, stopped when its handle goes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may stop where a server is not as it should be

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

#[test]
fn show() {
    let only = std::env::var("SHOW").unwrap_or_default();
    for front in Front::ALL {
        for server in AppServer::ALL {
            if only != format!("{front:?}{server:?}") { continue }
            let Some(stack) = Stack::start(front, server, &[]) else { continue };
            let seen = stack.probe();
            std::fs::copy(stack.recording(), "/tmp/show.har").unwrap();
            for it in seen.0["findings"].as_array().unwrap() { eprintln!("{} {} {}", it["rule"], it["kind"], it["message"]); }
            for it in seen.0["notices"].as_array().unwrap() { eprintln!("{it}"); }
        }
    }
}

#[test]
fn source() {
    let Some(python) = process::python() else { return };
    for front in Front::ALL {
        for server in [AppServer::Gunicorn, AppServer::Uvicorn, AppServer::Uwsgi, AppServer::Daphne, AppServer::Granian, AppServer::Runserver] {
            let shop = shop::Shop::new(&python, front, server, &[]);
            let begin = std::time::Instant::now();
            let read = report::Report::of(&shop.root(), &["check"]);
            eprintln!("{front:?} {server:?} {:?} {:?}{}", begin.elapsed(), read.failed(), read.told(&read.failed()));
            for it in read.0["notices"].as_array().unwrap() { eprintln!("   {it}"); }
        }
    }
}
