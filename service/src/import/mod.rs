//! Importing a file of leads: decided as of their own time, without effects unless they are wanted.
//!
//! A file is told from another by its content and by how it is read. An import that was interrupted resumes where it stopped;
//! a file imported again changes nothing.

mod mapping;
mod rejects;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use engine::decision::Mode;
use engine::event::EventKind;
use engine::ids::WorkflowId;
use sha2::{Digest as _, Sha256};
use store::Actor;
use store::imports::{self, Run};
use store::outcomes::Subject;
use tokio_util::task::AbortOnDropHandle;

use self::mapping::{Mapping, OutcomeRule};
use self::rejects::Rejects;
use self::rows::{Reader, Row};
use crate::decide::{Incoming, OutcomeSignal, Pipeline, Receipt, Refusal, Taken};
use crate::error::{Error, Result};

/// Rows taken in one transaction: enough to make its cost small, few enough to see progress.
const CHUNK: usize = 500;

/// A file and how it is read.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// CSV (comma or semicolon, with a header) or NDJSON.
    pub file: PathBuf,
    /// The workflow that decides, by name; it has to be live.
    pub workflow: String,
    /// `FIELD=COLUMN` pairs.
    pub mappings: Vec<String>,
    /// The column with the time at which a row happened.
    pub at: Option<String>,
    /// Outcomes, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub outcomes: Vec<String>,
    /// The source that external ids belong to; by default that of the workflow's only trigger, else `import`.
    pub source: Option<String>,
    /// Kind of the events; by default that of the workflow's only trigger, else `form`.
    pub kind: Option<EventKind>,
    /// Whether the decisions have effects, as if the leads came in now.
    pub live: bool,
    /// Where rejected rows go.
    pub rejects: PathBuf,
}

/// How far an import is, and in the end what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Bytes of the file that were read.
    pub bytes_read: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that became events now.
    pub imported: u64,
    /// Rows that had been imported before.
    pub repeated: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Outcomes that were recorded now.
    pub outcomes: u64,
    /// The file of rejected rows, if there are any.
    pub rejects: Option<PathBuf>,
}

/// Imports a file; `progress` is called after each chunk of rows.
///
/// # Errors
/// [`Error::Invalid`] when the workflow is not live or a column does not exist, [`Error::File`] when the file cannot be read
/// or the rejects cannot be written.
pub async fn import(
    pipeline: Arc<Pipeline>,
    actor: &Actor,
    request: &ImportRequest,
    progress: impl Fn(&ImportSummary) + Send + Sync,
) -> Result<ImportSummary> {
    let live = match pipeline.registry().live(&request.workflow).await? {
        Ok(live) => live,
        Err(refusal) => return Err(Error::Invalid(refusal.to_string())),
    };
    let mapping = mapping(request, &pipeline, live.id).await?;
    let run = imports::begin(pipeline.store(), actor, live.id, &fingerprint(request)?).await?;
    let mut import = Import {
        receipt: Receipt {
            received_at: actor.now,
            as_of: run.as_of,
            received_from: actor.who.to_string(),
            request_id: actor.request_id.clone(),
            mode: if request.live { Mode::Live } else { Mode::Historical },
        },
        rejects: Rejects::new(request.rejects.clone()),
        summary: ImportSummary::default(),
        progress,
        pipeline,
        mapping,
        run,
    };
    import.rows(request).await?;
    import.finish(actor).await
}

/// Rows that are taken in one transaction, each with its line.
struct Chunk {
    receipt: Arc<Receipt>,
    lines: Vec<(u64, Row)>,
    incoming: Vec<Incoming>,
}

struct Import<P> {
    pipeline: Arc<Pipeline>,
    mapping: Mapping,
    receipt: Receipt,
    run: Run,
    rejects: Rejects,
    summary: ImportSummary,
    progress: P,
}

impl<P: Fn(&ImportSummary) + Send + Sync> Import<P> {
    /// Takes the rows chunk by chunk; while one is committed, the next is read and decided.
    async fn rows(&mut self, request: &ImportRequest) -> Result<()> {
        let mut reader = Reader::open(&request.file)?;
        self.mapping.check_columns(reader.columns())?;
        let mut chunk = self.read(&mut reader, request)?;
        let mut group = self.pipeline.prepare(&chunk.incoming).await;
        while !chunk.lines.is_empty() {
            let (pipeline, incoming) = (self.pipeline.clone(), chunk.incoming.clone());
            let taking = AbortOnDropHandle::new(tokio::spawn(async move {
                pipeline.take_prepared(&incoming, group).await
            }));
            let next = self.read(&mut reader, request)?;
            group = self.pipeline.prepare(&next.incoming).await;
            let answers = match taking.await {
                Ok(answers) => answers?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
            self.record(&chunk, answers).await?;
            (self.progress)(&self.summary);
            chunk = next;
        }
        Ok(())
    }

    /// Reads the next rows that can be taken; none at the end of the file. Those that cannot are rejected.
    fn read(&mut self, reader: &mut Reader, request: &ImportRequest) -> Result<Chunk> {
        let received_at = engine::time::cut(Utc::now());
        let receipt = Arc::new(Receipt { received_at, ..self.receipt.clone() });
        let mut chunk = Chunk { receipt, lines: Vec::new(), incoming: Vec::new() };
        while chunk.lines.len() < CHUNK
            && let Some(row) = reader.next(&request.workflow)
        {
            self.summary.rows += 1;
            self.summary.bytes_read = reader.bytes_read();
            // Rows below the mark were taken by an earlier run, or rejected by it: only their reasons are reported again.
            let is_done = self.summary.rows <= self.run.rows_done;
            match row.map_err(|why| (None, why)).and_then(|row| {
                match self.mapping.signal(&row, self.receipt.as_of) {
                    Ok(signal) => Ok((row, signal)),
                    Err(why) => Err((Some(row), why)),
                }
            }) {
                Ok(_) if is_done => self.summary.repeated += 1,
                Ok((row, signal)) => {
                    chunk.lines.push((self.summary.rows, row));
                    chunk
                        .incoming
                        .push(Incoming { receipt: chunk.receipt.clone(), signal: Arc::new(signal) });
                }
                Err((row, why)) => self.reject(self.summary.rows, row.as_ref(), &why)?,
            }
        }
        Ok(chunk)
    }

    /// Counts what became of rows, records their outcomes, and notes how far the file has been taken.
    async fn record(&mut self, chunk: &Chunk, answers: Vec<Result<Taken, Refusal>>) -> Result<()> {
        let mut outcomes = Vec::new();
        for (((line, row), Incoming { signal, .. }), answer) in
            chunk.lines.iter().zip(&chunk.incoming).zip(answers)
        {
            let lead = match answer {
                Ok(Taken::New(answer)) => {
                    self.summary.imported += 1;
                    answer.lead_id
                }
                Ok(Taken::Repeat(answer)) => {
                    self.summary.repeated += 1;
                    answer.lead_id
                }
                Err(refusal) => {
                    self.reject(*line, Some(row), &refusal.to_string())?;
                    continue;
                }
            };
            for (rule, input) in
                self.mapping.outcomes(row).map_err(|why| Error::Invalid(format!("line {line}: {why}")))?
            {
                let body = engine::canonical::bytes(&(rule, input.at.map(engine::time::stamp)))?;
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
        self.summary.outcomes += taken.iter().flatten().filter(|taken| !taken.repeat).count() as u64;
        let done = chunk.lines.last().map_or(0, |(line, _)| *line);
        imports::advance(self.pipeline.store(), &self.run, done).await?;
        Ok(())
    }

    fn reject(&mut self, line: u64, row: Option<&Row>, why: &str) -> Result<()> {
        self.summary.rejected += 1;
        self.rejects.add(line, row, why)
    }

    async fn finish(mut self, actor: &Actor) -> Result<ImportSummary> {
        imports::finish(self.pipeline.store(), actor, &self.run, self.summary.rows).await?;
        self.summary.rejects = self.rejects.finish()?;
        Ok(self.summary)
    }
}

async fn mapping(request: &ImportRequest, pipeline: &Pipeline, workflow: WorkflowId) -> Result<Mapping> {
    let routes =
        store::workflows::routes_of(&mut *pipeline.store().pool().acquire().await?, workflow).await?;
    let only = if let [route] = routes.as_slice() { Some(route) } else { None };
    let kind =
        request.kind.or_else(|| only.and_then(|(kind, _)| kind.parse().ok())).unwrap_or(EventKind::Form);
    let source = request
        .source
        .clone()
        .or_else(|| only.map(|(_, source)| source.clone()))
        .unwrap_or_else(|| "import".into());
    let outcomes = request
        .outcomes
        .iter()
        .map(|text| OutcomeRule::parse(text))
        .collect::<Result<_, _>>()
        .map_err(Error::Invalid)?;
    Mapping::new(kind, source, request.workflow.clone(), &request.mappings, request.at.clone(), outcomes)
        .map_err(Error::Invalid)
}

/// Returns what tells one import from another: a hash of the file's content and of how it is read.
fn fingerprint(request: &ImportRequest) -> Result<[u8; 32]> {
    let failed = |error| Error::File { path: request.file.display().to_string(), error };
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(&request.file).map_err(failed)?, &mut hash).map_err(failed)?;
    let read = (
        &request.mappings,
        &request.at,
        &request.outcomes,
        &request.source,
        request.kind.map(|kind| kind.to_string()),
        request.live,
    );
    hash.update(engine::canonical::bytes(&read)?);
    Ok(hash.finalize().into())
}
