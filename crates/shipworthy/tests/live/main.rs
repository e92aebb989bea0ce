//! The probe against real Djangos and real front ends, fit and unfit, on loopback.
//!
//! `SHIPWORTHY_DJANGOS` names Pythons that have a Django; without it, and for front ends that are not installed, tests have
//! nothing to do and say so. Every server is a child of the test, stopped by its own handle.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test may stop where a server is not as it should be, and says what it leaves out

mod front;
mod site;

use std::collections::BTreeSet;

use front::{Front, Kind};
use serde_json::Value;
use site::{Site, pythons};

/// The ids of the rules that failed with at least this severity.
fn failed(report: &Value, least: &str) -> BTreeSet<String> {
    let order = ["info", "low", "medium", "high", "critical"];
    let rank = |severity: &str| order.iter().position(|known| *known == severity).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let bad = findings.filter(|it| it["kind"] == "fail" && rank(it["severity"].as_str().unwrap()) >= rank(least));
    bad.map(|it| it["rule"].as_str().unwrap().to_owned()).collect()
}

fn passed(report: &Value, rule: &str) -> bool {
    report["findings"].as_array().unwrap().iter().any(|it| it["rule"] == rule && it["kind"] == "pass")
}

#[test]
fn every_django_shows_debug_and_hosts_for_what_they_are() {
    for python in pythons() {
        for (debug, any, forwarded) in [(false, false, false), (true, false, false), (false, true, true), (true, true, false)] {
            let mut environment = vec![("PLAIN", "1")];
            environment.extend(debug.then_some(("DEBUG", "1")));
            environment.extend(any.then_some(("HOSTS", "*")));
            environment.extend(forwarded.then_some(("FORWARDED_HOST", "1")));
            let site = Site::start(&python, &environment);
            let report = site::probe(&[&site.url()]);
            let bad = failed(&report, "medium");
            let told = format!("{python} {environment:?}: {bad:?}");
            assert_eq!(bad.contains("debug-enabled"), debug, "{told}");
            assert_eq!(passed(&report, "debug-enabled"), !debug, "{told}");
            assert_eq!(bad.contains("allowed-hosts-wildcard"), any, "{told}");
            assert_eq!(bad.contains("forwarded-host-trusted"), forwarded, "{told}");
            for rule in ["development-server", "unknown-host-forwarded", "csrf-cookie-insecure", "ssl-redirect-off"] {
                assert!(bad.contains(rule), "{rule} {told}");
            }
            let stock = failed(&report, "info").contains("error-page-missing");
            assert_eq!(stock, !debug, "Django's bare page is recognised: {told}");
        }
    }
}

#[test]
fn front_ends_that_are_fit() {
    let Some(python) = pythons().pop() else { return };
    for kind in Kind::ALL {
        let site = Site::start(&python, &[("COLLECT", "1")]);
        let Some(front) = Front::start(kind, true, &site) else { continue };
        let report = front.probe();
        let bad = failed(&report, "medium");
        // HAProxy serves no files, and the application does not without DEBUG.
        let wanted: &[&str] = if kind == Kind::Haproxy { &["static-unserved"] } else { &[] };
        assert_eq!(bad.iter().map(String::as_str).collect::<Vec<_>>(), wanted, "{kind:?}");
        for rule in [
            "tls-certificate-unfit",
            "tls-legacy",
            "ssl-redirect-off",
            "forwarded-proto-spoofable",
            "unknown-host-forwarded",
            "hsts-missing",
            "debug-enabled",
        ] {
            assert!(passed(&report, rule), "{kind:?} should pass {rule}: {}", front::told(&report, rule));
        }
    }
}

#[test]
fn front_ends_that_are_not() {
    let Some(python) = pythons().pop() else { return };
    for kind in Kind::ALL {
        let site = Site::start(&python, &[("COLLECT", "1"), ("HOSTS", "*"), ("DEBUG", "1"), ("LOOSE", "1")]);
        let Some(front) = Front::start(kind, false, &site) else { continue };
        let report = front.probe();
        let bad = failed(&report, "low");
        for rule in kind.planted() {
            assert!(bad.contains(*rule), "{kind:?}: {rule} was planted and not found: {}", front::told(&report, rule));
        }
    }
}

/// Django insists on HTTPS, and the front end does not say that it was HTTPS.
#[test]
fn a_loop_of_redirects() {
    let Some(python) = pythons().pop() else { return };
    let site = Site::start(&python, &[]);
    let Some(front) = Front::start(Kind::Caddy, false, &site) else { return };
    let bad = failed(&front.probe(), "high");
    assert!(bad.contains("https-redirect-loop") && bad.contains("forwarded-proto-spoofable"), "{bad:?}");
}
