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

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use crate::process;
use crate::workspace::Workspace;

/// Runs a measurement.
///
/// # Errors
/// Something cannot be set up, or the options make no sense.
pub fn bench(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        ["ingest", options @ ..] => ingest::run(&Options::parse(options)?),
        ["outbox", options @ ..] => outbox::run(&Options::parse(options)?),
        ["pages", options @ ..] => pages::run(&Options::parse(options)?),
        ["rules", options @ ..] => rules::run(&Options::parse(options)?),
        ["soak", options @ ..] => soak::run(&Options::parse(options)?),
        _ => bail!(
            "usage: cargo xtask bench ingest|outbox|pages|rules|soak [OPTIONS]; `cargo xtask` tells them"
        ),
    }
}

/// What was written after the name of the measurement: `--name value` or `--name` alone.
pub struct Options(Vec<(String, Option<String>)>);

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options: Vec<(String, Option<String>)> = Vec::new();
        for argument in arguments {
            match (argument.strip_prefix("--"), options.last_mut()) {
                (Some(name), _) => options.push((name.to_owned(), None)),
                (None, Some((_, value @ None))) => *value = Some((*argument).to_owned()),
                (None, _) => bail!("`{argument}` belongs to no option"),
            }
        }
        Ok(Self(options))
    }

    /// Refuses what is not among the known ones.
    ///
    /// # Errors
    /// There is such an option.
    pub fn known(&self, names: &[&str]) -> Result<()> {
        match self.0.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => bail!("there is no option --{name}; there are --{}", names.join(", --")),
            None => Ok(()),
        }
    }

    /// Whether it stands there.
    pub fn flag(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }

    /// Its value.
    ///
    /// # Errors
    /// It has none, or another kind of one.
    pub fn value<T: FromStr>(&self, name: &str, default: T) -> Result<T> {
        match self.0.iter().find(|(given, _)| given == name) {
            Some((_, value)) => value
                .as_deref()
                .and_then(|value| value.parse().ok())
                .with_context(|| format!("--{name} takes a number")),
            None => Ok(default),
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
