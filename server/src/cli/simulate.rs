//! `meshline simulate`: runs rules on a file of leads, without a database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use engine::problem::Problem;
use engine::rules::simulate::{SimulationError, SimulationInput, SimulationNotice};
use engine::rules::{RuleSetFile, Simulation, Table};
use engine::time::{DateOrder, TimeFormat};

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

    /// Leads, CSV or XLSX: one column per field, and NAME__confidence for confidences other than 1. Empty cells are missing fields.
    #[arg(long, value_name = "FILE")]
    leads: PathBuf,

    /// Format of dates such as 3/4/2026, which are otherwise rejected: DD/MM/YYYY or MM/DD/YYYY. Only the order matters.
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<DateOrder>,

    /// Time zone of times that do not name one.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: Tz,

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
    let table = service::import::open_table(&options.leads)?;
    let times = TimeFormat { zone: options.time_zone, order: options.date_format, numbers: true };
    let mut rejected = 0;
    let tell = |notice: SimulationNotice| match notice {
        // The usual form needs no word.
        SimulationNotice::Recognized(dialect) if dialect.to_string() == "UTF-8, commas" => {}
        SimulationNotice::Recognized(dialect) => eprintln!("meshline: the file was read as {dialect}"),
        SimulationNotice::Blank(rows) => eprintln!("meshline: blank rows skipped: {rows}"),
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
    let simulation = Simulation::run(&setup, table, times, tell).map_err(|error| match error {
        SimulationError::Invalid(problems) => invalid(&options.leads)(problems),
        // A line without end is the file's fault, anything else that of the disk.
        SimulationError::Unreadable(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            invalid(&options.leads)(vec![Problem::at("", format!("The file cannot be read: {error}."))])
        }
        SimulationError::Unreadable(error) => CommandError::Io(std::io::Error::new(
            error.kind(),
            format!("{} cannot be read to its end: {error}", file(&options.leads)),
        )),
    })?;
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
