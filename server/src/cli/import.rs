//! `meshline import`: leads of the past, decided as of their time, without effects.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use clap::Args;
use engine::decision::Mode;
use engine::event::EventKind;
use engine::ids::WorkflowId;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};
use store::Actor;
use store::imports::{self, Run};
use store::outcomes::Subject;
use tokio_util::task::AbortOnDropHandle;

use self::mapping::{Mapping, OutcomeRule};
use self::rejects::Rejects;
use self::rows::{Reader, Row};
use super::{Database, Failure, exit};
use crate::pipeline::{Incoming, OutcomeSignal, Pipeline, Receipt, Refusal, Taken};

mod mapping;
mod rejects;
mod rows;

/// Options of `import`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    database: Database,

    /// CSV (comma or semicolon, with a header) or NDJSON.
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

    /// An outcome: when COLUMN has VALUE the lead reached STAGE, at the time in the second COLUMN if one is given.
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

/// Rows taken in one transaction: enough to make its cost small, few enough to see progress.
const CHUNK: usize = 500;

/// What became of the rows.
#[derive(Debug, Default)]
struct Tally {
    rows: u64,
    imported: u64,
    repeated: u64,
    rejected: u64,
    outcomes: u64,
}

/// Runs the command.
pub(super) async fn run(options: Options) -> Result<u8, Failure> {
    let pipeline = Arc::new(Pipeline::new(options.database.connect().await?));
    let live = match pipeline.registry().live(&options.workflow).await? {
        Ok(live) => live,
        Err(refusal) => return Err(Failure::Usage(refusal.to_string())),
    };
    let mapping = mapping(&options, &pipeline, live.id).await?;
    let actor = Actor::command("import");
    let run = imports::begin(pipeline.store(), &actor, live.id, &fingerprint(&options)?).await?;
    let mut import = Import {
        receipt: Receipt {
            received_at: actor.now,
            as_of: run.as_of,
            received_from: "command:import".into(),
            request_id: actor.request_id.clone(),
            mode: if options.live { Mode::Live } else { Mode::Historical },
        },
        rejects: Rejects::new(
            options.rejects.clone().unwrap_or_else(|| options.file.with_added_extension("rejects.csv")),
        ),
        tally: Tally::default(),
        progress: progress(std::fs::metadata(&options.file).map_or(0, |file| file.len())),
        pipeline,
        mapping,
        run,
    };
    import.rows(&options).await?;
    import.finish(&actor).await
}

/// Rows that are taken in one transaction, each with its line.
struct Chunk {
    receipt: Arc<Receipt>,
    lines: Vec<(u64, Row)>,
    incoming: Vec<Incoming>,
}

struct Import {
    pipeline: Arc<Pipeline>,
    mapping: Mapping,
    receipt: Receipt,
    run: Run,
    rejects: Rejects,
    tally: Tally,
    progress: ProgressBar,
}

impl Import {
    /// Takes the rows chunk by chunk; while one is committed, the next is read and decided.
    async fn rows(&mut self, options: &Options) -> Result<(), Failure> {
        let mut reader = Reader::open(&options.file)?;
        self.mapping.check_columns(reader.columns())?;
        let mut chunk = self.read(&mut reader, options)?;
        let mut group = self.pipeline.prepare(&chunk.incoming).await;
        while !chunk.lines.is_empty() {
            let (pipeline, incoming) = (self.pipeline.clone(), chunk.incoming.clone());
            let taking = AbortOnDropHandle::new(tokio::spawn(async move {
                pipeline.take_prepared(&incoming, group).await
            }));
            let next = self.read(&mut reader, options)?;
            group = self.pipeline.prepare(&next.incoming).await;
            let answers = match taking.await {
                Ok(answers) => answers?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
            self.tell(&chunk, answers).await?;
            chunk = next;
        }
        Ok(())
    }

    /// The next rows that can be taken; none at the end of the file. Those that cannot are rejected.
    fn read(&mut self, reader: &mut Reader, options: &Options) -> Result<Chunk, Failure> {
        let received_at = engine::time::cut(Utc::now());
        let receipt = Arc::new(Receipt { received_at, ..self.receipt.clone() });
        let mut chunk = Chunk { receipt, lines: Vec::new(), incoming: Vec::new() };
        while chunk.lines.len() < CHUNK
            && let Some(row) = reader.next(&options.workflow)
        {
            self.tally.rows += 1;
            self.progress.set_position(reader.bytes_read());
            // Rows below the mark were taken by an earlier run, or rejected by it: only their reasons are told again.
            let is_done = self.tally.rows <= self.run.rows_done;
            match row.map_err(|why| (None, why)).and_then(|row| {
                match self.mapping.signal(&row, self.receipt.as_of) {
                    Ok(signal) => Ok((row, signal)),
                    Err(why) => Err((Some(row), why)),
                }
            }) {
                Ok(_) if is_done => self.tally.repeated += 1,
                Ok((row, signal)) => {
                    chunk.lines.push((self.tally.rows, row));
                    chunk
                        .incoming
                        .push(Incoming { receipt: chunk.receipt.clone(), signal: Arc::new(signal) });
                }
                Err((row, why)) => self.reject(self.tally.rows, row.as_ref(), &why)?,
            }
        }
        Ok(chunk)
    }

    /// Counts what became of rows, records their outcomes, and notes how far the file has been taken.
    async fn tell(&mut self, chunk: &Chunk, answers: Vec<Result<Taken, Refusal>>) -> Result<(), Failure> {
        let mut outcomes = Vec::new();
        for (((line, row), Incoming { signal, .. }), answer) in
            chunk.lines.iter().zip(&chunk.incoming).zip(answers)
        {
            let lead = match answer {
                Ok(Taken::New(answer)) => {
                    self.tally.imported += 1;
                    answer.lead_id
                }
                Ok(Taken::Repeat(answer)) => {
                    self.tally.repeated += 1;
                    answer.lead_id
                }
                Err(refusal) => {
                    self.reject(*line, Some(row), &refusal.to_string())?;
                    continue;
                }
            };
            for (rule, input) in
                self.mapping.outcomes(row).map_err(|why| Failure::Usage(format!("line {line}: {why}")))?
            {
                let body = engine::canonical::bytes(&(rule, input.at.map(engine::time::stamp)))
                    .map_err(store::Error::from)?;
                let key = format!("{}:{rule}", signal.key);
                outcomes.push(OutcomeSignal {
                    scope: format!("outcome:{}", signal.event.source),
                    key,
                    body,
                    subject: Subject::Lead(lead),
                    input,
                });
            }
        }
        let taken = self.pipeline.record_outcomes(&chunk.receipt, &outcomes).await?;
        self.tally.outcomes += taken.iter().flatten().filter(|taken| !taken.repeat).count() as u64;
        let done = chunk.lines.last().map_or(0, |(line, _)| *line);
        imports::advance(self.pipeline.store(), &self.run, done).await?;
        Ok(())
    }

    fn reject(&mut self, line: u64, row: Option<&Row>, why: &str) -> Result<(), Failure> {
        self.tally.rejected += 1;
        self.rejects.add(line, row, why)
    }

    async fn finish(self, actor: &Actor) -> Result<u8, Failure> {
        self.progress.finish_and_clear();
        imports::finish(self.pipeline.store(), actor, &self.run, self.tally.rows).await?;
        let Tally { rows, imported, repeated, rejected, outcomes } = self.tally;
        println!(
            "{rows} rows: {imported} imported, {repeated} had been imported before, {rejected} rejected; {outcomes} outcomes recorded"
        );
        if let Some(path) = self.rejects.finish()? {
            println!("rejected rows are in {}", path.display());
            return Ok(exit::SOME_REJECTED);
        }
        Ok(exit::FINE)
    }
}

async fn mapping(options: &Options, pipeline: &Pipeline, workflow: WorkflowId) -> Result<Mapping, Failure> {
    let mut connection = pipeline.store().pool().acquire().await.map_err(store::Error::from)?;
    let routes = store::workflows::routes_of(&mut connection, workflow).await?;
    let only = if let [route] = routes.as_slice() { Some(route) } else { None };
    let kind =
        options.kind.or_else(|| only.and_then(|(kind, _)| kind.parse().ok())).unwrap_or(EventKind::Form);
    let source = options
        .source
        .clone()
        .or_else(|| only.map(|(_, source)| source.clone()))
        .unwrap_or_else(|| "import".into());
    let outcomes = options
        .outcomes
        .iter()
        .map(|text| OutcomeRule::parse(text))
        .collect::<Result<_, _>>()
        .map_err(Failure::Usage)?;
    Mapping::new(kind, source, options.workflow.clone(), &options.mappings, options.at.clone(), outcomes)
        .map_err(Failure::Usage)
}

/// Tells one import from another: the file's content and how it is read.
fn fingerprint(options: &Options) -> Result<[u8; 32], Failure> {
    let failed = |error| Failure::File { path: options.file.display().to_string(), error };
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(&options.file).map_err(failed)?, &mut hash).map_err(failed)?;
    let read = (
        &options.mappings,
        &options.at,
        &options.outcomes,
        &options.source,
        options.kind.map(|kind| kind.to_string()),
        options.live,
    );
    hash.update(engine::canonical::bytes(&read).map_err(store::Error::from)?);
    Ok(hash.finalize().into())
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
