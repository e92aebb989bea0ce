//! The matrix: each fault on a running stack, told by the source, by the wire, and by both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::faults::Fault;
use crate::front::Front;
use crate::report::{Report, set};
use crate::server::AppServer;
use crate::shop::Shop;
use crate::stack::Stack;

/// What the example that is fit is advised by its source, whatever is planted.
const ADVICE: [&str; 2] = ["disallowed-host-mails", "hsts-preload-off"];

/// A stack that is fit, as it was seen once: its project, and its recording.
pub(crate) struct Fit {
    shop: Shop,
    /// What was seen of it.
    pub(crate) seen: Report,
}

/// The fit stack of a front end and an application server; `None` where a program is missing. Each is started once.
pub(crate) fn fit(front: Front, server: AppServer) -> Option<&'static Fit> {
    type Slots = Mutex<BTreeMap<String, &'static OnceLock<Option<Fit>>>>;
    static SLOTS: Slots = Mutex::new(BTreeMap::new());
    let slot = {
        let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
        *slots.entry(format!("{front:?} {server:?}")).or_insert_with(|| Box::leak(Box::default()))
    };
    let start = || {
        let stack = Stack::start(front, server, &[])?;
        let seen = stack.probe();
        Some(Fit { shop: stack.stop(), seen })
    };
    slot.get_or_init(start).as_ref()
}

/// Plants each fault before one of the front ends and in one of its application servers, in turn, and compares.
pub(crate) fn plant(faults: &[Fault], fronts: &[Front]) {
    let mut wrong = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        let servers = if fault.servers.is_empty() { &AppServer::ALL[..] } else { fault.servers };
        let (front, server) = (fronts[number % fronts.len()], servers[number % servers.len()]);
        let Some(stack) = Stack::start(front, server, fault.edits) else { continue };
        // The server for developers is a fault by itself.
        let fit_server = if server == AppServer::Runserver { AppServer::Gunicorn } else { server };
        let seen = stack.probe();
        let told = format!("{number} {front:?} {server:?} {:?}", fault.edits);
        if seen.failed() != set(fault.wire) {
            wrong.push(format!("{told}\n  wire: {:?}{}", seen.failed(), seen.told(&seen.failed())));
        }
        let shop = stack.stop();
        if let Err(error) = three_runs(fault, &shop, &seen, fit(front, fit_server)) {
            wrong.push(format!("{told}\n  {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn read(shop: &Shop) -> Report {
    Report::of(&shop.root(), &["check"])
}

fn together(source: &Shop, site: &Shop) -> Report {
    Report::of(&source.root(), &["check", "--from", &site.recording().display().to_string()])
}

/// What failed, but for what the example is always advised.
pub(crate) fn rules(report: &Report) -> BTreeSet<String> {
    report.failed().into_iter().filter(|rule| !ADVICE.contains(&rule.as_str())).collect()
}

/// The source alone, the recording alone, both of them, and each beside the other one's fit form.
fn three_runs(fault: &Fault, shop: &Shop, seen: &Report, fit: Option<&Fit>) -> Result<(), String> {
    let source = read(shop);
    if rules(&source) != set(fault.source) {
        return Err(format!("source: {:?}{}", rules(&source), source.told(&rules(&source))));
    }
    let again = Report::of(&shop.scratch(), &["probe", "--from", &shop.recording().display().to_string()]);
    if again.0["findings"] != seen.0["findings"] {
        return Err("a recording gives another report than the site".to_owned());
    }
    let both = together(shop, shop);
    let union: BTreeSet<String> = set(fault.source).union(&set(fault.wire)).cloned().collect();
    if rules(&both) != union {
        return Err(format!("both: {:?}{}", rules(&both), both.told(&rules(&both))));
    }
    explained(&both, &source, seen)?;
    let Some(fit) = fit else { return Ok(()) };
    // The site is unfit and its source is not: everything that the source can judge is drift.
    let drifted = together(&fit.shop, shop);
    if rules(&drifted) != set(fault.wire) {
        return Err(format!("fit source, unfit site: {:?}{}", rules(&drifted), drifted.told(&rules(&drifted))));
    }
    explained(&drifted, &read(&fit.shop), seen)?;
    // And the other way round.
    let drifted = together(shop, &fit.shop);
    if rules(&drifted) != set(fault.source) {
        return Err(format!("unfit source, fit site: {:?}{}", rules(&drifted), drifted.told(&rules(&drifted))));
    }
    explained(&drifted, &source, &fit.seen)
}

/// Whether one report says why the other two differ: no rule fails by the one and passes by the other without a word, each
/// question is answered once, and what was open and is answered is listed.
fn explained(both: &Report, source: &Report, seen: &Report) -> Result<(), String> {
    let one = |report: &Report, rule: &Value, kind: &str| -> Vec<Value> {
        let rule = rule.as_str().unwrap();
        report.of_rule(rule).into_iter().filter(|it| it["kind"] == kind).cloned().collect()
    };
    for finding in both.0["findings"].as_array().unwrap().iter().filter(|it| it["kind"] == "fail") {
        let rule = &finding["rule"];
        let (read, looked) = (one(source, rule, "fail"), one(seen, rule, "fail"));
        let message = finding["message"].as_str().unwrap();
        let drift = message.contains("though the source says") || message.contains("though on the running site");
        let contradicts = read.is_empty() && !one(source, rule, "pass").is_empty()
            || looked.is_empty() && one(seen, rule, "open").is_empty() && !one(seen, rule, "pass").is_empty();
        // Each of these asks several questions, and an answer to another is no contradiction.
        let several =
            ["cookie-samesite-off", "error-page-missing", "development-server", "hsts-partial"].iter().any(|it| rule == it);
        if contradicts && !drift && !several || drift && !read.is_empty() && !looked.is_empty() {
            return Err(format!("{rule} {} drift: {message}", if drift { "is told as" } else { "is not told as" }));
        }
        // A handshake that is refused or not is no exchange.
        let shown = rule == "tls-legacy" || !finding["exchanges"][0].is_null();
        if !several && !read.is_empty() && !looked.is_empty() && (finding["location"].is_null() || !shown) {
            return Err(format!("{rule} lacks a place or an exchange: {finding}"));
        }
        let placed = one(source, rule, "pass").iter().chain(&one(source, rule, "open")).any(|it| !it["location"].is_null());
        if placed && finding["location"].is_null() {
            return Err(format!("{rule} is not told where it was decided: {finding}"));
        }
    }
    for open in source.0["findings"].as_array().unwrap().iter().filter(|it| it["kind"] == "open") {
        let answer = one(seen, &open["rule"], "pass").into_iter().chain(one(seen, &open["rule"], "fail"));
        let answered = answer.count() > 0 && one(seen, &open["rule"], "open").is_empty();
        let listed =
            both.0["suppressed"].as_array().unwrap().iter().any(|it| it["rule"] == open["rule"] && it["by"] == "evidence");
        if answered && !listed {
            return Err(format!("{} is open by the source and answered by the site, and not listed as discharged", open["rule"]));
        }
    }
    Ok(())
}

/// Where the recording of a shop is kept.
impl Shop {
    pub(crate) fn recording(&self) -> PathBuf {
        self.scratch().join("exchanges.har")
    }
}
