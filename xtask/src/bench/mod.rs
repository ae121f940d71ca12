//! `cargo xtask bench`: what Meshline does in a second, beside others that do the same in the same run.
//!
//! Each measurement prints a table for people and, as its last line, one JSON object. A figure that could not be had is
//! null there, and the reason stands above.

mod events;
mod http;
mod import;
mod ingest;
mod load;
mod machine;
mod outbox;
mod pages;
mod pgbench;
mod rules;
mod soak;
mod stand;
mod statements;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Map, Value};

use crate::process;
use crate::workspace::Workspace;

/// The measurements and their options.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", disable_help_subcommand = true)]
enum Bench {
    /// Measures events a second, single, in batches and imported, against pgbench and COPY.
    Ingest(ingest::IngestOptions),
    /// Measures uploading, previewing and importing one large file, and the memory that each takes.
    Import(upload::ImportOptions),
    /// Measures effects a second and how soon they are begun, against graphile-worker and pg-boss.
    Outbox(outbox::OutboxOptions),
    /// Measures lists and the dashboard at 200 requests a second, and what a browser fetches.
    Pages(pages::PagesOptions),
    /// Measures decisions and simulations a second on the reference workload, against other engines.
    Rules(rules::RulesOptions),
    /// Measures half of the full load for long: memory, errors and the slowest answer.
    Soak(soak::SoakOptions),
}

/// Runs a measurement.
///
/// # Errors
/// Something cannot be set up, or the options make no sense.
pub fn bench(arguments: &[&str]) -> Result<ExitCode> {
    match Bench::try_parse_from([&["bench"], arguments].concat()) {
        Ok(Bench::Ingest(options)) => ingest::run(&options),
        Ok(Bench::Import(options)) => upload::run(&options),
        Ok(Bench::Outbox(options)) => outbox::run(&options),
        Ok(Bench::Pages(options)) => pages::run(&options),
        Ok(Bench::Rules(options)) => rules::run(&options),
        Ok(Bench::Soak(options)) => soak::run(&options),
        Err(error) => {
            error.print()?;
            Ok(if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS })
        }
    }
}

/// The figures of a measurement, in the order in which they were had.
#[derive(Default)]
pub struct Figures {
    rows: Vec<(String, String)>,
    json: Map<String, Value>,
}

impl Figures {
    /// Notes a figure for people and machines; one that could not be had is null, and the reason is said.
    pub fn add(&mut self, key: &str, what: &str, figure: Result<f64>) {
        match figure {
            Ok(figure) => {
                // Three digits after the point are more than any of these is exact to.
                let rounded = (figure * 1000.0).round() / 1000.0;
                eprintln!("   {what}: {rounded}");
                self.rows.push((format!("{what} ({key})"), format!("{rounded}")));
                self.json.insert(key.to_owned(), Value::from(rounded));
            }
            Err(error) => {
                println!("{key} could not be had: {error:#}");
                self.rows.push((format!("{what} ({key})"), "could not be had".into()));
                self.json.insert(key.to_owned(), Value::Null);
            }
        }
    }

    /// Notes something for people alone.
    pub fn say(&mut self, what: &str, text: impl Into<String>) {
        let text = text.into();
        eprintln!("   {what}: {text}");
        self.rows.push((what.to_owned(), text));
    }

    /// Prints the table and the object.
    pub fn print(self) {
        let width = self.rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
        for (what, figure) in self.rows {
            println!("{what:<width$}  {figure}");
        }
        println!("{}", Value::Object(self.json));
    }
}

/// Compiles a measurement of ours and returns its program.
///
/// # Errors
/// It does not compile.
fn program(workspace: &Workspace, package: &str, bench: &str) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", package, "--bench", bench, "--no-run", "--message-format=json"]);
    let mut program = None;
    let status = process::each_line(&mut cargo, |line| {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        if message["target"]["name"] == bench
            && let Some(path) = message["executable"].as_str()
        {
            program = Some(PathBuf::from(path));
        }
        if let Some(text) = message["message"]["rendered"].as_str() {
            eprint!("{text}");
        }
    })?;
    ensure!(status.success(), "the measurement does not compile");
    program.context("cargo named no program")
}

/// The middle one of the values.
///
/// # Errors
/// There is none.
fn median(values: &[f64]) -> Result<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().context("nothing was measured")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_are_refused() {
        Bench::command().debug_assert();
        let pages = Bench::try_parse_from(["bench", "pages", "--only", "/queue", "--only", "/"]).unwrap();
        let Bench::Pages(options) = pages else { panic!("{pages:?}") };
        assert_eq!((options.only, options.decisions), (vec!["/queue".to_owned(), "/".to_owned()], 1_000_000));
        let Ok(Bench::Import(options)) = Bench::try_parse_from(["bench", "import", "--rows", "10"]) else {
            panic!()
        };
        assert_eq!(options.rows, 10);
        assert!(Bench::try_parse_from(["bench", "pages", "--jobs", "1"]).is_err());
        assert!(Bench::try_parse_from(["bench", "ingest", "--assigned", "101"]).is_err());
    }
}
