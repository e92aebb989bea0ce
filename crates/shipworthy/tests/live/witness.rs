//! Three evidences in one run: the source, the project in its own Python, and its site.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::front::{Authority, Front, HOST};
use crate::matrix::rules;
use crate::process::python;
use crate::report::{Report, set};
use crate::server::AppServer;
use crate::shop::{Edit, SETTINGS, Shop, environment};
use crate::stack::Stack;

/// `check` of the shop with its own Python and at its site, the project loaded with this environment.
fn check(stack: &Stack, python: &Path, environment: &BTreeMap<&str, String>) -> Report {
    let way = stack.way();
    let python = format!("--python={}", python.display());
    let mut words = vec!["check", "--runtime", "--i-trust-this", &python, "--url"];
    words.extend(way.iter().map(String::as_str));
    let variables: Vec<String> = environment.iter().map(|(name, value)| format!("--env={name}={value}")).collect();
    words.extend(variables.iter().map(String::as_str));
    Report::of(&stack.shop.root(), &words)
}

/// Production's environment: nothing is connected to while a project is loaded.
fn production() -> BTreeMap<&'static str, String> {
    environment("postgres://shop:p1anted-database@db:5432/shop?sslmode=verify-full", "rediss://:p1anted-redis@cache:6379/0")
}

/// What failed, but for what the example is always advised, and what is advised once its addresses are known.
fn failed(report: &Report) -> BTreeSet<String> {
    rules(report).into_iter().filter(|rule| rule != "admin-path-default").collect()
}

/// Every finding of one of the evidences, by rule.
fn of_evidence<'r>(report: &'r Report, evidence: &str) -> Vec<&'r str> {
    let findings = report.0["findings"].as_array().unwrap().iter();
    findings.filter(|it| it["evidence"] == evidence).map(|it| it["rule"].as_str().unwrap()).collect()
}

#[test]
fn what_is_fit_is_fit_by_all_three() {
    let Some(python) = python() else { return };
    let Some(stack) = Stack::start(Front::Nginx, AppServer::Gunicorn, &[]) else { return };
    let seen = check(&stack, &python, &production());
    assert_eq!(failed(&seen), set(&[]), "{}", seen.told(&failed(&seen)));
    assert_eq!(seen.0["runtime"]["complete"], true);
    assert!(of_evidence(&seen, "runtime").contains(&"middleware-unloadable"));
    assert!(of_evidence(&seen, "wire").contains(&"tls-certificate-unfit"));
    assert!(of_evidence(&seen, "source").contains(&"secret-key-committed"));
}

/// A site that was started with another environment than the project is loaded with: one finding, which says so.
#[test]
fn a_site_with_another_environment_drifts_from_the_loaded_project() {
    const COOKIES: Edit = Edit::Settings("CSRF_COOKIE_SECURE = env.bool('SECURE_COOKIES')");
    let Some(python) = python() else { return };
    let mut shop = Shop::new(&python, Front::Nginx, AppServer::Gunicorn, &[COOKIES]);
    let mut surroundings = shop.environment();
    surroundings.insert("SECURE_COOKIES", "false".to_owned());
    shop.surroundings = Some(surroundings);
    let Some((app, at)) = AppServer::Gunicorn.start(Front::Nginx, &shop) else { return };
    let Some(front) = Front::Nginx.start(&shop, &at, &Authority::get().certify(HOST, 90)) else { return };
    let stack = Stack::of(shop, (app, at), front);
    let mut declared = production();
    declared.insert("SECURE_COOKIES", "true".to_owned());
    let seen = check(&stack, &python, &declared);
    assert_eq!(failed(&seen), set(&["csrf-cookie-insecure"]), "{}", seen.told(&failed(&seen)));
    let found = seen.of_rule("csrf-cookie-insecure");
    let failed: Vec<_> = found.iter().filter(|it| it["kind"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0]["message"].as_str().unwrap().contains("though"), "{}", failed[0]);
    assert_eq!(failed[0]["location"]["path"], SETTINGS, "{}", failed[0]);
    assert!(!failed[0]["exchanges"][0].is_null(), "{}", failed[0]);
}
