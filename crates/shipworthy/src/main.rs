//! shipworthy: is this Django project fit to ship?

mod audit;
mod cli;
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
mod triage;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

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
