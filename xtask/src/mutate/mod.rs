//! `cargo xtask mutate`: removes guards from the schema or changes operators in the code, and checks that a test fails.

mod catalogue;
mod clauses;
mod code;
mod triggers;

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;

/// The result for one mutant.
struct Verdict {
    /// The name of the mutant.
    name: String,
    /// The first test that failed; `None` if all tests passed.
    caught_by: Option<String>,
}

/// Runs one kind of mutation.
///
/// # Errors
/// Returns an error if the options are invalid, something does not build or start, or the tests fail without any mutation.
pub fn mutate(options: &[&str]) -> Result<ExitCode> {
    match options {
        ["triggers"] => triggers::triggers(""),
        ["triggers", filter] => triggers::triggers(filter),
        ["code", files @ ..] => code::code(files),
        _ => bail!("usage: cargo xtask mutate triggers [WORDS] | code [FILE.rs …]"),
    }
}

/// Prints the caught and the missed mutants, and a JSON summary as the last line.
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
