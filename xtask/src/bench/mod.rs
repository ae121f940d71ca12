//! `cargo xtask bench`: measures Meshline's throughput and compares it with other systems in the same run.
//!
//! Each measurement prints a table for people and, as its last line, one JSON object. A figure that could not be measured is
//! null in the object, and the reason is printed above.

mod build;
pub mod events;
mod http;
mod import;
mod ingest;
mod load;
pub mod machine;
mod outbox;
mod pages;
mod pgbench;
mod rules;
mod soak;
pub mod stand;
mod statements;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Map, Value};

use crate::process;
use crate::workspace::Workspace;

/// Measures throughput and latency, and compares them with other systems.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", disable_help_subcommand = true)]
enum Bench {
    /// Measures a cold release build, its size, and how soon a changed page is visible in development.
    Build(build::BuildOptions),
    /// Measures events per second, singly, in batches and imported, against pgbench and COPY.
    Ingest(ingest::IngestOptions),
    /// Measures uploading, previewing and importing one large file, and the memory that each takes.
    Import(upload::ImportOptions),
    /// Measures effects per second and their start latency, against graphile-worker and pg-boss.
    Outbox(outbox::OutboxOptions),
    /// Measures lists and the dashboard at 200 requests per second, and the size of what a browser downloads.
    Pages(pages::PagesOptions),
    /// Measures decisions and simulations per second on the reference workload, against other engines.
    Rules(rules::RulesOptions),
    /// Runs half of the full load for a long time and measures memory, errors and the slowest response.
    Soak(soak::SoakOptions),
}

/// Runs a measurement.
///
/// # Errors
/// Returns an error if something cannot be set up or the options are invalid.
pub fn bench(arguments: &[&str]) -> Result<ExitCode> {
    match Bench::try_parse_from([&["bench"], arguments].concat()) {
        Ok(Bench::Build(options)) => build::run(&options),
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

/// The figures of a measurement, in the order in which they were added.
#[derive(Default)]
pub struct Figures {
    rows: Vec<(String, String)>,
    json: Map<String, Value>,
}

impl Figures {
    /// Adds a figure to the table and the object. A failed one is null in the object, and its reason is printed.
    pub fn add(&mut self, key: &str, what: &str, figure: Result<f64>) {
        match figure {
            Ok(figure) => {
                // No figure is accurate to more than three decimal places.
                let rounded = (figure * 1000.0).round() / 1000.0;
                eprintln!("   {what}: {rounded}");
                self.rows.push((format!("{what} ({key})"), format!("{rounded}")));
                self.json.insert(key.to_owned(), Value::from(rounded));
            }
            Err(error) => {
                println!("{key} could not be measured: {error:#}");
                self.rows.push((format!("{what} ({key})"), "could not be measured".into()));
                self.json.insert(key.to_owned(), Value::Null);
            }
        }
    }

    /// Adds a line to the table only.
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

/// Compiles one of our measurements and returns the path of its program.
///
/// # Errors
/// Returns an error if it does not compile.
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
    ensure!(status.success(), "the measurement failed to compile");
    program.context("cargo reported no program")
}

/// Returns the median of the values.
///
/// # Errors
/// Returns an error if there are no values.
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
    fn options_are_parsed_and_unknown_ones_rejected() {
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
