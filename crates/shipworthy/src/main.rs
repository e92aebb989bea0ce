//! shipworthy: is this Django project fit to ship?

mod audit;
mod classes;
mod cli;
mod code;
mod collect;
mod config;
mod deployment;
mod discover;
mod error;
mod evidence;
#[cfg(test)]
mod fixture;
mod look;
mod report;
mod run;
mod runtime;
mod triage;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Evaluation makes and drops many small values: with this allocator a whole audit takes a third less (`scripts/bench`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::quieten_panics();
    match run::run(cli::Cli::parse()) {
        Ok(run::Outcome::Fit) => ExitCode::SUCCESS,
        Ok(run::Outcome::Unfit) => ExitCode::from(1),
        Err(error) => {
            print_error(&error);
            ExitCode::from(2)
        }
    }
}

fn print_error(error: &error::Error) {
    let mut stderr = anstream::AutoStream::auto(std::io::stderr()).lock();
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let bold = anstyle::Style::new().bold();
    let _ = writeln!(stderr, "{red}error{red:#}: {error}");
    if let Some(help) = error.help() {
        let _ = writeln!(stderr, "  {bold}help{bold:#}: {help}");
    }
}
