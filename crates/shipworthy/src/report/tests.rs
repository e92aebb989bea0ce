//! Tests of the reports on the small project.

use shipworthy_model::Severity;

use super::*;
use crate::fixture;
use crate::triage::{Policy, Suppression};

fn style(width: usize) -> Style {
    Style { color: false, width, show_secrets: false, verbose: false, fail_on: Severity::Medium, strict: false }
}

fn audits() -> Vec<Audit> {
    let suppression = Suppression { rule: "hsts-short".to_owned(), paths: Vec::new(), reason: "raised in stages".to_owned() };
    vec![fixture::audit(&Policy { suppressions: vec![suppression], ..Policy::default() })]
}

#[test]
fn show() {
    for width in [80, 100, 120] {
        println!("{}", check(&audits(), Format::Text, &style(width)));
    }
    println!("{}", check(&audits(), Format::Text, &Style { color: true, ..style(100) }));
}
