//! `meshline import`: leads of the past, decided as of their time, without effects.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use clap::Args;
use engine::event::EventKind;
use engine::time::DateOrder;
use indicatif::{ProgressBar, ProgressStyle};
use service::Pipeline;
use service::import::{self, ImportRequest, ImportSummary};
use store::Actor;

use super::{CommandError, Database, exit};

/// Options of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    #[command(flatten)]
    database: Database,

    /// CSV with a header (commas, semicolons, tabs or bars; UTF-8, UTF-16 or Windows-1252), a spreadsheet (XLSX, up to 50 MB) or
    /// NDJSON.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The workflow that decides; it has to be live.
    #[arg(long, value_name = "NAME")]
    workflow: String,

    /// Where a field is: `email`, `external_id`, `name`, `company` and `domain` name the lead; any other FIELD stands in
    /// the payload under that name. Every column is in the payload under its own name as well.
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    mappings: Vec<String>,

    /// The column with the time at which it happened. Without it the leads are decided as of the import's start.
    #[arg(long, value_name = "COLUMN")]
    at: Option<String>,

    /// The zone of times that name none.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: Tz,

    /// The format of dates such as 3/4/2026, which are rejected without it: DD/MM/YYYY or MM/DD/YYYY. Only the order counts.
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<DateOrder>,

    /// An outcome: when COLUMN has VALUE, in any case, the lead reached STAGE, at the time in the second COLUMN if one is given.
    #[arg(long = "outcome", value_name = "COLUMN=VALUE:STAGE[@COLUMN]")]
    outcomes: Vec<String>,

    /// The source that external ids belong to. [default: that of the workflow's only trigger, else `import`]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// Kind of the events. [default: that of the workflow's only trigger, else `form`]
    #[arg(long, value_name = "KIND")]
    kind: Option<EventKind>,

    /// Let the decisions have effects, as if the leads came in now.
    #[arg(long)]
    live: bool,

    /// Where rejected rows go, with the reason. [default: FILE.rejects.csv]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(options: ImportOptions) -> Result<u8, CommandError> {
    let pipeline = Arc::new(Pipeline::new(options.database.connect().await?.background()));
    let rejects = options.rejects.unwrap_or_else(|| options.file.with_added_extension("rejects.csv"));
    let request = ImportRequest {
        file: options.file,
        workflow: options.workflow,
        mappings: options.mappings,
        at: options.at,
        zone: options.time_zone,
        order: options.date_format,
        outcomes: options.outcomes,
        source: options.source,
        kind: options.kind,
        live: options.live,
        rejects,
    };
    let bar = progress(std::fs::metadata(&request.file).map_or(0, |file| file.len()));
    let show = |summary: &ImportSummary| {
        bar.set_position(summary.bytes_read);
        Ok(())
    };
    let actor = Actor::command("import");
    let done = import::import(pipeline, &actor, &request, actor.now, show).await;
    bar.finish_and_clear();
    let ImportSummary { rows, imported, repeated, rejected, outcomes, outcomes_rejected, notes, .. } = done?;
    let not_recorded = match outcomes_rejected {
        0 => String::new(),
        many => format!(", {many} not recorded"),
    };
    println!(
        "{rows} rows: {imported} imported, {repeated} had been imported before, {rejected} rejected; {outcomes} outcomes recorded{not_recorded}"
    );
    for note in notes.sentences() {
        println!("{note}");
    }
    if rejected + outcomes_rejected > 0 {
        println!("rejected rows are in {}", request.rejects.display());
        return Ok(exit::SOME_REJECTED);
    }
    Ok(exit::FINE)
}

fn progress(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}% {bytes}/{total_bytes} {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
