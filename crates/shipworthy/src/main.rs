//! shipworthy: is this Django project fit to ship?

mod audit;
mod report;
mod triage;

fn main() {}
