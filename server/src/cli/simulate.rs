//! `meshline simulate`: runs rules on a file of leads, without a database.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;
use engine::rules::simulate::{SimulationInput, SimulationNotice};
use engine::rules::{RuleSetFile, Simulation, Table};

use super::{CommandError, exit};

/// Options of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateOptions {
    /// Rule set, FILE.yaml, or decision table, FILE.csv.
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,

    /// For a decision table: the rule set, YAML, with its fields and lists. Without one, fields and types are derived from the
    /// table.
    #[arg(long, value_name = "FILE")]
    fields: Option<PathBuf>,

    /// Leads, CSV: one column per field, and NAME__confidence for confidences other than 1. Empty cells are missing fields.
    #[arg(long, value_name = "FILE")]
    leads: PathBuf,

    /// Time of evaluation. [default: now]
    #[arg(long, value_name = "TIME")]
    as_of: Option<DateTime<Utc>>,
}

/// The number of rejected lines that are printed; more are only counted.
const TOLD: u64 = 20;

/// Runs the command.
pub(super) fn run(options: &SimulateOptions) -> Result<u8, CommandError> {
    let file = |path: &Path| path.display().to_string();
    let invalid = |path: &Path| {
        let file = file(path);
        move |problems| CommandError::Invalid { file, problems }
    };
    let rules = rule_set(options)?;
    let compiled = rules.compile().map_err(invalid(&options.rules))?;
    let lists = rules.reference_lists();
    let setup = SimulationInput {
        rules: &compiled,
        catalogue: &rules.fields,
        lists: &lists,
        as_of: options.as_of.unwrap_or_else(Utc::now),
    };
    let leads = File::open(&options.leads)
        .map_err(|error| CommandError::File { path: file(&options.leads), error })?;
    let mut rejected = 0;
    let tell = |notice: SimulationNotice| match notice {
        SimulationNotice::Ignored(columns) => {
            eprintln!("meshline: ignored columns that match no field: {}", columns.join(", "))
        }
        SimulationNotice::Rejected(row) => {
            rejected += 1;
            if rejected <= TOLD {
                let problems: Vec<String> = row.problems.iter().map(ToString::to_string).collect();
                eprintln!("meshline: line {}: {}", row.line, problems.join(" "));
            }
        }
    };
    let simulation = Simulation::run(&setup, BufReader::new(leads), tell).map_err(invalid(&options.leads))?;
    let json = serde_json::to_string(&simulation).map_err(|error| CommandError::Usage(error.to_string()))?;
    println!("{json}");
    if rejected > 0 {
        eprintln!("meshline: {rejected} rejected lines are not in the result");
        return Ok(exit::SOME_REJECTED);
    }
    Ok(exit::FINE)
}

/// Reads the rule set or the decision table.
fn rule_set(options: &SimulateOptions) -> Result<RuleSetFile, CommandError> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|error| CommandError::File { path: path.display().to_string(), error })
    };
    let invalid = |path: &Path| {
        let file = path.display().to_string();
        move |problems| CommandError::Invalid { file, problems }
    };
    let text = read(&options.rules)?;
    let is_table = options.rules.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    match (is_table, &options.fields) {
        (false, None) => RuleSetFile::from_yaml(&text).map_err(invalid(&options.rules)),
        (false, Some(_)) => Err(CommandError::Usage(
            "--fields is only for decision tables; a rule set has its own fields.".into(),
        )),
        (true, Some(path)) => {
            let around = RuleSetFile::from_yaml(&read(path)?).map_err(invalid(path))?;
            RuleSetFile::from_table(&around.rule_set, &text, around.fields, around.lists)
                .map_err(invalid(&options.rules))
        }
        (true, None) => {
            let fields = Table::read(&text).map(|table| table.fields()).map_err(invalid(&options.rules))?;
            let name =
                options.rules.file_stem().map_or_else(|| "table".into(), |stem| stem.to_string_lossy());
            RuleSetFile::from_table(&name, &text, fields, BTreeMap::new()).map_err(invalid(&options.rules))
        }
    }
}
