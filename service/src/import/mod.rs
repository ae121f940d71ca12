//! Imports a file of leads. Each lead is decided at its original time, without effects unless the import is live.
//!
//! An import is identified by the file's content and its mapping. An interrupted import resumes where it stopped and yields the
//! same result as an uninterrupted one. Importing the same file again changes nothing.

mod chunks;
mod file;
mod folder;
mod guess;
mod mapping;
mod notes;
mod object;
mod occurrences;
pub mod preview;
mod rejects;
mod rows;
mod sheet;
mod source;
pub mod upload;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::decision::Mode;
use engine::event::EventKind;
use engine::ids::{self, WorkflowId};
use engine::time::DateOrder;
use serde::{Deserialize, Serialize};
use store::Actor;
use store::imports::{self, ImportCounts, ImportState};
use store::outcomes::OutcomeSubject;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use self::chunks::{ImportSource, RowChunk};
pub use self::file::open_table;
pub use self::folder::ImportFolder;
use self::mapping::{Mapping, OutcomeRule, RowProblem, TimeColumn};
pub use self::notes::{ImportNotes, ValueCounts};
use self::rejects::Rejects;
use self::rows::FileRow;
pub use self::source::LeadTable;
use crate::decide::{OutcomeRefusal, OutcomeSignal, Pipeline, Receipt, SignalRefusal, SignalResult};
use crate::error::{Error, Result};

/// A file to import, and how to read it.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The path of the file: CSV with a header (commas, semicolons, tabs or bars), a spreadsheet (XLSX), or NDJSON.
    pub file: PathBuf,
    /// The name of the deciding workflow, which must be live.
    pub workflow: String,
    /// `FIELD=COLUMN` pairs.
    pub mappings: Vec<String>,
    /// The column with a row's timestamp.
    pub at: Option<String>,
    /// The time zone of timestamps without an offset.
    pub zone: Tz,
    /// The order of day and month in dates such as `3/4/2026`.
    pub order: Option<DateOrder>,
    /// Outcomes, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub outcomes: Vec<String>,
    /// The source that scopes external ids. Defaults to that of the workflow's only trigger, or `import`.
    pub source: Option<String>,
    /// The kind of the events. Defaults to that of the workflow's only trigger, or `form`.
    pub kind: Option<EventKind>,
    /// Whether decisions have effects, as if the leads arrived now.
    pub live: bool,
    /// The path for rejected rows. The file is created only if rows are rejected.
    pub rejects: PathBuf,
}

/// The progress of an import, and finally its result.
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
    /// Outcomes of imported rows that could not be recorded.
    #[serde(default)]
    pub outcomes_rejected: u64,
    /// What was recognized of the file, and what was left aside.
    #[serde(default)]
    pub notes: ImportNotes,
}

/// Imports a file.
///
/// Calls `progress` after each chunk of rows, and stops if it returns an error. If an earlier import of the file was completed at
/// or after `since`, returns that import's result. If it was completed before, reports the rows as repeated.
///
/// # Errors
/// Returns [`Error::Invalid`] if the workflow is not live or a column does not exist, [`Error::File`] if the file cannot be opened
/// or the rejects cannot be written, [`Error::Unreadable`] if it cannot be read to its end, and any error that `progress` returns.
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
        return summary_of(&state.counts, bytes_of(&request.file)?);
    }
    let receipt = Receipt {
        received_at: actor.now,
        as_of: state.as_of,
        received_from: actor.who.to_string(),
        request_id: actor.request_id.clone(),
        mode: if request.live { Mode::Live } else { Mode::Historical },
    };
    let (import, source) = Import::new(pipeline, state, since, mapping, receipt, request)?;
    import.run(source, actor, progress).await
}

struct Import {
    pipeline: Arc<Pipeline>,
    mapping: Arc<Mapping>,
    state: ImportState,
    rejects: Rejects,
    summary: ImportSummary,
    /// Whether an earlier import of the whole file was completed.
    was_finished: bool,
    /// Rows and outcomes created since this instant belong to this import.
    began_at: DateTime<Utc>,
}

impl Import {
    /// Creates an import with the source of its rows, which starts where an earlier import stopped or at the first row.
    fn new(
        pipeline: Arc<Pipeline>,
        state: ImportState,
        since: DateTime<Utc>,
        mapping: Arc<Mapping>,
        receipt: Receipt,
        request: &ImportRequest,
    ) -> Result<(Self, ImportSource)> {
        let was_finished = state.finished_at.is_some();
        let counts = state.counts.clone();
        // Without the earlier rejects, all rows are processed again. Repeats are recognized and recorded only once.
        let kept = if was_finished {
            None
        } else {
            Rejects::resume(request.rejects.clone(), counts.rejects_bytes, counts.rejects_left_out)?
        };
        let is_quiet = notes_of(&counts)?.is_quiet();
        let is_clean = counts.rejected == 0 && counts.outcomes_rejected == 0 && is_quiet;
        let (done, counts) = match &kept {
            Some(_) => (counts.rows, counts),
            // No row has anything to report.
            None if was_finished && is_clean => {
                (counts.rows, ImportCounts { notes: counts.notes, ..ImportCounts::default() })
            }
            None => (0, ImportCounts::default()),
        };
        let source = ImportSource {
            file: request.file.clone(),
            workflow: request.workflow.clone(),
            mapping: mapping.clone(),
            receipt,
            done,
        };
        let rejects = kept.unwrap_or_else(|| Rejects::new(request.rejects.clone()));
        let began_at = if was_finished { since } else { state.as_of };
        let summary = summary_of(&counts, 0)?;
        Ok((Self { summary, rejects, pipeline, mapping, state, was_finished, began_at }, source))
    }

    /// Imports the rows chunk by chunk. While one chunk is committed, the next is read and decided.
    async fn run(
        mut self,
        source: ImportSource,
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
        // Happens before the import counts as finished: after a crash in between, the next process writes the end of the file
        // again.
        self.rejects.finish()?;
        imports::finish(self.pipeline.store(), actor, &self.state, self.summary.rows).await?;
        Ok(self.summary)
    }

    /// Counts the results of a chunk, records its outcomes, and saves how far the import has come.
    async fn record(
        &mut self,
        chunk: RowChunk,
        answers: Vec<Result<SignalResult, SignalRefusal>>,
    ) -> Result<()> {
        let mut rejected = chunk.rejected;
        let mut refused = Vec::new();
        let mut outcomes = Vec::new();
        for ((row, incoming), answer) in chunk.lines.iter().zip(&chunk.incoming).zip(answers) {
            let (event, lead) = match answer {
                Ok(SignalResult::New(answer) | SignalResult::Repeat(answer)) => {
                    (answer.event_id, answer.lead_id)
                }
                Err(refusal) => {
                    let reason = sentence(&refusal.to_string());
                    rejected.push(RowProblem { column: None, reason }.of(row));
                    continue;
                }
            };
            // If a crash loses the answer for a row, the row is processed again. It still belongs to this import.
            if self.is_ours(event.0) {
                self.summary.imported += 1;
            } else {
                self.summary.repeated += 1;
            }
            let read = self.mapping.outcomes(row, chunk.receipt.received_at);
            let read =
                read.map_err(|problem| Error::Invalid(format!("line {}: {}", row.line, problem.reason)))?;
            for (column, value) in read.unmatched {
                self.summary.notes.unmatched.entry(column).or_default().add(&value);
            }
            refused.extend(read.problems.into_iter().map(|problem| problem.of(row)));
            for input in read.reached {
                let body = engine::canonical::bytes(&(input.stage, input.at.map(engine::time::stamp)))?;
                let signal = &incoming.signal;
                // The key uses the stage instead of the position in the mapping, since another mapping may find other stages in
                // the same row.
                let key = format!("{}:{}", signal.key, input.stage);
                let scope = format!("outcome:{}", signal.event.source);
                let subject = OutcomeSubject::Lead(lead);
                outcomes.push((row, OutcomeSignal { scope, key, body, subject, input }));
            }
        }
        let (rows, signals): (Vec<&FileRow>, Vec<OutcomeSignal>) = outcomes.into_iter().unzip();
        let taken = self.pipeline.record_outcomes(&chunk.receipt, &signals).await?;
        for ((row, signal), taken) in rows.into_iter().zip(&signals).zip(taken) {
            match taken {
                Ok(taken) if self.is_ours(taken.outcome_id.0) => self.summary.outcomes += 1,
                Ok(_) => {}
                Err(refusal) => refused.push(not_recorded(signal, refusal).of(row)),
            }
        }
        self.summary.notes.add(&chunk.notes);
        self.summary.rejected += rejected.len() as u64;
        self.summary.outcomes_rejected += refused.len() as u64;
        rejected.extend(refused);
        rejected.sort_by_key(|reject| reject.line);
        rejected.iter().try_for_each(|reject| self.rejects.add(reject))?;
        self.summary.rows = chunk.rows;
        self.summary.bytes_read = chunk.bytes;
        if self.was_finished {
            self.summary.repeated += chunk.skipped;
            return Ok(());
        }
        let rejects_bytes = self.rejects.flush()?;
        let notes = serde_json::to_value(&self.summary.notes)?;
        let ImportSummary { rows, imported, repeated, rejected, outcomes, outcomes_rejected, .. } =
            self.summary;
        let rejects_left_out = self.rejects.left_out();
        let counts = ImportCounts {
            rows,
            imported,
            repeated,
            rejected,
            outcomes,
            outcomes_rejected,
            rejects_bytes,
            rejects_left_out,
            notes,
        };
        imports::advance(self.pipeline.store(), &self.state, &counts).await?;
        Ok(())
    }

    /// Returns whether this import created an event or an outcome. Ids contain their time of creation.
    fn is_ours(&self, id: Uuid) -> bool {
        id >= ids::lower_bound(self.began_at)
    }
}

/// Explains why an outcome was not recorded, and what to do.
fn not_recorded(signal: &OutcomeSignal, refusal: OutcomeRefusal) -> RowProblem {
    let stage = signal.input.stage;
    let reason = match refusal {
        OutcomeRefusal::KeyReused => format!(
            "An earlier import recorded the outcome `{stage}` for this row with a different time, which is kept. Map the same time column as before."
        ),
        OutcomeRefusal::Erased => {
            format!("The outcome `{stage}` was not recorded, because the person was erased. Remove the row.")
        }
        OutcomeRefusal::UnknownLead => format!(
            "The outcome `{stage}` was not recorded, because its lead is gone by now. Import the file again."
        ),
    };
    RowProblem { column: None, reason }
}

/// Formats an error as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn summary_of(counts: &ImportCounts, bytes_read: u64) -> Result<ImportSummary> {
    let ImportCounts { rows, imported, repeated, rejected, outcomes, outcomes_rejected, .. } = *counts;
    let notes = notes_of(counts)?;
    Ok(ImportSummary { bytes_read, rows, imported, repeated, rejected, outcomes, outcomes_rejected, notes })
}

/// Returns the notes of an import, empty for one that began before there were any.
fn notes_of(counts: &ImportCounts) -> Result<ImportNotes> {
    let notes = &counts.notes;
    Ok(if notes.is_null() { ImportNotes::default() } else { serde_json::from_value(notes.clone())? })
}

fn bytes_of(file: &std::path::Path) -> Result<u64> {
    let failed = |error| Error::File { path: file.display().to_string(), error };
    Ok(std::fs::metadata(file).map_err(failed)?.len())
}

/// Returns the part of an import's identity that describes how the file is read.
fn how(request: &ImportRequest) -> Result<Vec<u8>> {
    let read = (
        &request.mappings,
        &request.at,
        &request.outcomes,
        &request.source,
        request.kind.map(|kind| kind.to_string()),
        request.live,
    );
    let mut how = engine::canonical::bytes(&read)?;
    // UTC adds nothing, so files imported before time zones existed keep their identity.
    if request.zone != Tz::UTC {
        how.extend_from_slice(request.zone.name().as_bytes());
    }
    if let Some(order) = request.order {
        how.extend_from_slice(order.format().as_bytes());
    }
    Ok(how)
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
    let times = TimeColumn { at: request.at.clone(), zone: request.zone, order: request.order };
    Mapping::new(kind, source, request.workflow.clone(), &request.mappings, times, outcomes)
        .map_err(Error::Invalid)
}
