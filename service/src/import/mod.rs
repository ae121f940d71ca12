//! Importing a file of leads: decided as of their own time, without effects unless they are wanted.
//!
//! A file is told from another by its content and by how it is read. An import that was interrupted resumes where it stopped,
//! with the same result as one that was not; a file imported again changes nothing.

mod chunks;
mod folder;
mod guess;
pub mod look;
mod mapping;
mod rejects;
mod rows;
mod seen;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::decision::Mode;
use engine::event::EventKind;
use engine::ids::{self, WorkflowId};
use serde::{Deserialize, Serialize};
use store::Actor;
use store::imports::{self, ImportCounts, ImportState};
use store::outcomes::Subject;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use self::chunks::{Chunk, Source};
pub use self::folder::ImportFolder;
use self::mapping::{Mapping, OutcomeRule};
use self::rejects::Rejects;
use crate::decide::{OutcomeSignal, Pipeline, Receipt, Refusal, Taken};
use crate::error::{Error, Result};

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
    /// Where rejected rows go; the file is there only when there are any.
    pub rejects: PathBuf,
}

/// How far an import is, and in the end what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Bytes of the file that were read.
    pub bytes_read: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that became events.
    pub imported: u64,
    /// Rows that had been imported before.
    pub repeated: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
}

/// Imports a file; `progress` is called after each chunk of rows, and ends the import with an error. A file that was imported
/// whole since `since` is reported as it was then; one that was imported whole before is reported as repeated.
///
/// # Errors
/// [`Error::Invalid`] when the workflow is not live or a column does not exist, [`Error::File`] when the file cannot be read
/// or the rejects cannot be written, and what `progress` returns.
pub async fn import(
    pipeline: Arc<Pipeline>,
    actor: &Actor,
    request: &ImportRequest,
    since: DateTime<Utc>,
    progress: impl Fn(&ImportSummary) -> Result<()> + Send + Sync,
) -> Result<ImportSummary> {
    let live = match pipeline.registry().live(&request.workflow).await? {
        Ok(live) => live,
        Err(refusal) => return Err(Error::Invalid(refusal.to_string())),
    };
    let mapping = Arc::new(mapping(request, &pipeline, live.id).await?);
    let fingerprint = chunks::fingerprint(request.file.clone(), how(request)?).await?;
    let state = imports::begin(pipeline.store(), actor, live.id, &fingerprint).await?;
    if state.finished_at.is_some_and(|finished_at| finished_at >= since) {
        return Ok(summary_of(&state.counts, bytes_of(&request.file)?));
    }
    let receipt = Receipt {
        received_at: actor.now,
        as_of: state.as_of,
        received_from: actor.who.to_string(),
        request_id: actor.request_id.clone(),
        mode: if request.live { Mode::Live } else { Mode::Historical },
    };
    let (import, source) = Import::new(pipeline, state, mapping, receipt, request)?;
    import.run(source, actor, progress).await
}

struct Import {
    pipeline: Arc<Pipeline>,
    mapping: Arc<Mapping>,
    state: ImportState,
    rejects: Rejects,
    summary: ImportSummary,
    /// Whether all of it was imported before.
    was_finished: bool,
}

impl Import {
    /// Returns an import and its rows from where an earlier one stopped, or from the first one.
    fn new(
        pipeline: Arc<Pipeline>,
        state: ImportState,
        mapping: Arc<Mapping>,
        receipt: Receipt,
        request: &ImportRequest,
    ) -> Result<(Self, Source)> {
        let was_finished = state.finished_at.is_some();
        // Without the rejects of before, all rows are asked again; nothing is taken twice.
        let kept = if was_finished {
            None
        } else {
            Rejects::resume(request.rejects.clone(), state.counts.rejects_bytes)?
        };
        let (done, counts) = match (&kept, was_finished) {
            (Some(_), false) => (state.counts.rows, state.counts),
            (_, true) => (state.counts.rows, ImportCounts::default()),
            (None, false) => (0, ImportCounts::default()),
        };
        let source = Source {
            file: request.file.clone(),
            workflow: request.workflow.clone(),
            mapping: mapping.clone(),
            receipt,
            done,
            tells_rejected_again: was_finished,
        };
        let rejects = kept.unwrap_or_else(|| Rejects::new(request.rejects.clone()));
        let import =
            Self { summary: summary_of(&counts, 0), rejects, pipeline, mapping, state, was_finished };
        Ok((import, source))
    }

    /// Takes the rows chunk by chunk; while one is committed, the next is read and decided.
    async fn run(
        mut self,
        source: Source,
        actor: &Actor,
        progress: impl Fn(&ImportSummary) -> Result<()>,
    ) -> Result<ImportSummary> {
        let mut chunks = chunks::read(source);
        let mut next = chunks.recv().await.transpose()?;
        let mut group = None;
        while let Some(chunk) = next {
            let prepared = match group.take() {
                Some(group) => group,
                None => self.pipeline.prepare(&chunk.incoming).await,
            };
            let (pipeline, incoming) = (self.pipeline.clone(), chunk.incoming.clone());
            let taking = AbortOnDropHandle::new(tokio::spawn(async move {
                if incoming.is_empty() {
                    return Ok(Vec::new());
                }
                pipeline.take_prepared(&incoming, prepared).await
            }));
            next = chunks.recv().await.transpose()?;
            if let Some(next) = &next {
                group = Some(self.pipeline.prepare(&next.incoming).await);
            }
            let answers = match taking.await {
                Ok(answers) => answers?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
            self.record(chunk, answers).await?;
            progress(&self.summary)?;
        }
        imports::finish(self.pipeline.store(), actor, &self.state, self.summary.rows).await?;
        self.rejects.flush()?;
        Ok(self.summary)
    }

    /// Counts what became of rows, records their outcomes, and notes how far the file has been taken.
    async fn record(&mut self, chunk: Chunk, answers: Vec<Result<Taken, Refusal>>) -> Result<()> {
        let mut rejected = chunk.rejected;
        let mut outcomes = Vec::new();
        for (((line, row), incoming), answer) in chunk.lines.into_iter().zip(&chunk.incoming).zip(answers) {
            let (event, lead) = match answer {
                Ok(Taken::New(answer) | Taken::Repeat(answer)) => (answer.event_id, answer.lead_id),
                Err(refusal) => {
                    rejected.push((line, Some(row), refusal.to_string()));
                    continue;
                }
            };
            // A row may be asked again whose answer was lost with the process: it is of this import all the same.
            if self.is_ours(event.0) {
                self.summary.imported += 1;
            } else {
                self.summary.repeated += 1;
            }
            for (rule, input) in
                self.mapping.outcomes(&row).map_err(|why| Error::Invalid(format!("line {line}: {why}")))?
            {
                let body = engine::canonical::bytes(&(rule, input.at.map(engine::time::stamp)))?;
                let signal = &incoming.signal;
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
        self.summary.outcomes +=
            taken.iter().flatten().filter(|taken| self.is_ours(taken.outcome_id.0)).count() as u64;
        self.reject(rejected)?;
        self.summary.rows = chunk.rows;
        self.summary.bytes_read = chunk.bytes;
        if self.was_finished {
            self.summary.repeated += chunk.skipped;
            return Ok(());
        }
        let rejects_bytes = self.rejects.flush()?;
        let ImportSummary { rows, imported, repeated, rejected, outcomes, .. } = self.summary;
        let counts = ImportCounts { rows, imported, repeated, rejected, outcomes, rejects_bytes };
        imports::advance(self.pipeline.store(), &self.state, &counts).await?;
        Ok(())
    }

    fn reject(&mut self, mut rows: Vec<(u64, Option<rows::Row>, String)>) -> Result<()> {
        rows.sort_by_key(|(line, ..)| *line);
        self.summary.rejected += rows.len() as u64;
        rows.iter().try_for_each(|(line, row, why)| self.rejects.add(*line, row.as_ref(), why))
    }

    /// Returns whether this import made an event or an outcome: ids hold the time at which they were made.
    fn is_ours(&self, id: Uuid) -> bool {
        !self.was_finished && id >= ids::lower_bound(self.state.as_of)
    }
}

fn summary_of(counts: &ImportCounts, bytes_read: u64) -> ImportSummary {
    let ImportCounts { rows, imported, repeated, rejected, outcomes, .. } = *counts;
    ImportSummary { bytes_read, rows, imported, repeated, rejected, outcomes }
}

fn bytes_of(file: &std::path::Path) -> Result<u64> {
    let failed = |error| Error::File { path: file.display().to_string(), error };
    Ok(std::fs::metadata(file).map_err(failed)?.len())
}

/// Returns how a file is read, as a part of what tells one import from another.
fn how(request: &ImportRequest) -> Result<Vec<u8>> {
    let read = (
        &request.mappings,
        &request.at,
        &request.outcomes,
        &request.source,
        request.kind.map(|kind| kind.to_string()),
        request.live,
    );
    Ok(engine::canonical::bytes(&read)?)
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
