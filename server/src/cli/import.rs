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

    /// Workflow that decides about the leads. It must be live.
    #[arg(long, value_name = "NAME")]
    workflow: String,

    /// Column of a field. `email`, `external_id`, `name`, `company` and `domain` describe the lead; any other FIELD
    /// is added to the payload under that name. Every column is also in the payload under its own name.
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    mappings: Vec<String>,

    /// Column with the time of the event. Without it, leads are evaluated at the time the import starts.
    #[arg(long, value_name = "COLUMN")]
    at: Option<String>,

    /// Time zone of times that do not name one.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: Tz,

    /// Format of dates such as 3/4/2026, which are otherwise rejected: DD/MM/YYYY or MM/DD/YYYY. Only the order matters.
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<DateOrder>,

    /// Outcome: if COLUMN has VALUE, ignoring case, the lead reached STAGE, at the time in the second COLUMN if there is one.
    #[arg(long = "outcome", value_name = "COLUMN=VALUE:STAGE[@COLUMN]")]
    outcomes: Vec<String>,

    /// Source that external IDs belong to. [default: that of the workflow's only trigger, or `import`]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// Kind of the events. [default: that of the workflow's only trigger, or `form`]
    #[arg(long, value_name = "KIND")]
    kind: Option<EventKind>,

    /// Let decisions have effects, as if the leads arrived now.
    #[arg(long)]
    live: bool,

    /// File for rejected rows, with the reasons. [default: FILE.rejects.csv]
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
