//! shipworthy: is this Django project fit to ship?

mod audit;
#[cfg(test)]
mod fixture;
mod report;
mod triage;

fn main() {}
