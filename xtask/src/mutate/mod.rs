//! `cargo xtask mutate`: takes guards out of the schema, or operators out of the code, and looks whether a test notices.

mod catalogue;
mod clauses;
mod code;
mod triggers;

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;

/// What became of one mutant.
struct Verdict {
    /// The mutant.
    name: String,
    /// The first test that failed with it; none when all passed.
    caught_by: Option<String>,
}

/// Runs one of the two kinds of mutation.
///
/// # Errors
/// The options are wrong, something does not build or start, or the tests fail without any mutation.
pub fn mutate(options: &[&str]) -> Result<ExitCode> {
    match options {
        ["triggers"] => triggers::triggers(""),
        ["triggers", filter] => triggers::triggers(filter),
        ["code", files @ ..] => code::code(files),
        _ => bail!("usage: cargo xtask mutate triggers [WORDS] | code [FILE.rs …]"),
    }
}

/// Prints the table of what was caught and missed, and all of it once more as a line of JSON.
fn report(verdicts: &[Verdict]) -> ExitCode {
    for Verdict { name, caught_by } in verdicts {
        match caught_by {
            Some(test) => println!("caught  {name}  ({test})"),
            None => println!("MISSED  {name}"),
        }
    }
    let missed: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| verdict.caught_by.is_none())
        .map(|verdict| verdict.name.as_str())
        .collect();
    let summary =
        json!({ "mutants": verdicts.len(), "caught": verdicts.len() - missed.len(), "missed": missed });
    println!("{summary}");
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
