//! Real front ends before real application servers serve a real Django project on loopback, fit and with faults planted.
//!
//! `SHIPWORTHY_SERVERS` names the `bin` folder of a Python environment with the application servers, `SHIPWORTHY_DJANGOS`
//! Pythons that have a Django. What is not to be had is left out aloud, or fails where `SHIPWORTHY_LIVE` is set. Every server
//! is a child of the test, in a group of its own, stopped when its handle goes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may stop where a server is not as it should be

mod djangos;
mod faults;
mod front;
mod matrix;
mod process;
#[path = "../program/mod.rs"]
mod program;
mod report;
mod server;
mod shop;
mod stack;
mod trust;
mod ways;
mod witness;

use std::collections::BTreeSet;

use front::Front;
use server::AppServer;

/// Every front end before every application server: nothing fails, however mild.
#[test]
fn what_is_fit_is_found_fit() {
    let mut wrong = Vec::new();
    for front in Front::ALL {
        for server in AppServer::ALL {
            let Some(fit) = matrix::fit(front, server) else { continue };
            let failed = fit.seen.failed();
            if failed != BTreeSet::new() {
                wrong.push(format!("{front:?} before {server:?}: {failed:?}{}", fit.seen.told(&failed)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_of_the_project() {
    matrix::plant(faults::PROJECT, &Front::ALL);
}

#[test]
fn faults_of_nginx() {
    matrix::plant(faults::NGINX, &[Front::Nginx]);
}

#[test]
fn faults_of_caddy() {
    matrix::plant(faults::CADDY, &[Front::Caddy]);
}

#[test]
fn faults_of_apache() {
    matrix::plant(faults::APACHE, &[Front::Apache]);
}

#[test]
fn faults_of_haproxy() {
    matrix::plant(faults::HAPROXY, &[Front::Haproxy]);
}

#[test]
fn faults_of_traefik() {
    matrix::plant(faults::TRAEFIK, &[Front::Traefik]);
}
