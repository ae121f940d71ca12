//! Groups single events: those that arrive during a commit share the next one.
//!
//! An event that meets an idle process is committed immediately and alone, so no event waits longer than the commits ahead of it.
//! Under load, a group contains everything that arrived in the meantime, and its events share the cost of a commit.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{IncomingSignal, Pipeline, Receipt, Signal, SignalRefusal, SignalResult};

/// Maximum number of events per transaction. Larger groups would only hold the locks of their leads longer.
const GROUP: usize = 128;
/// Number of concurrent transactions: while one waits for the disk, the next one is assembled.
const COMMITTERS: usize = 2;
/// Maximum number of waiting events. Further callers wait for a free place.
const WAITING: usize = 4_096;

/// The answer to a caller. All callers affected by one failure share its error.
type Answer = Result<Result<SignalResult, SignalRefusal>, Arc<store::Error>>;

struct Waiting {
    incoming: IncomingSignal,
    answer: oneshot::Sender<Answer>,
}

/// The queue of single events that wait for the next commit. Cheap to clone. The committers stop when the last clone is dropped.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::Sender<Waiting>,
}

impl Intake {
    /// Creates an intake and starts its committers.
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..COMMITTERS {
            tokio::spawn(commit(pipeline.clone(), waiting.clone()));
        }
        Self { queue }
    }

    /// Runs an event through the whole pipeline and returns once it is committed.
    ///
    /// # Errors
    /// Returns an error if the database fails. The event was not recorded in that case.
    pub async fn take(&self, receipt: Receipt, signal: Signal) -> Answer {
        let (answer, answered) = oneshot::channel();
        let stopped = || Arc::new(store::Error::Unavailable(sqlx::Error::PoolClosed));
        let incoming = IncomingSignal { receipt: Arc::new(receipt), signal: Arc::new(signal) };
        self.queue.send(Waiting { incoming, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn commit(pipeline: Arc<Pipeline>, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut group = Vec::with_capacity(GROUP);
    loop {
        // Only one committer collects at a time, so that waiting events are not split into small groups.
        let gathered = waiting.lock().await.recv_many(&mut group, GROUP).await;
        if gathered == 0 {
            return;
        }
        metrics::histogram!("meshline_commit_events").record(gathered as f64);
        take(&pipeline, &mut group).await;
    }
}

/// Commits a group and answers its callers. If a group fails, retries its events one by one, so that one event cannot fail the
/// others. If it waits too long for a lock, retries the events of each workflow apart, so that a workflow whose rows are locked
/// cannot fail the others. Skips this if the database is unavailable, since every retry would fail too.
async fn take(pipeline: &Arc<Pipeline>, group: &mut Vec<Waiting>) {
    let together = together(pipeline, group).await;
    match together {
        Ok(answers) => answer(group.drain(..), answers),
        Err(error) if error.is_timeout() => {
            let parts = by_workflow(group.drain(..));
            if parts.len() == 1 {
                return refuse(parts.into_iter().flatten(), error);
            }
            for part in parts {
                let pipeline = pipeline.clone();
                // Not awaited: so that groups of other workflows do not wait behind this one. A part waits at most as long as a lock may.
                tokio::spawn(async move {
                    match self::together(&pipeline, &part).await {
                        Ok(answers) => answer(part, answers),
                        Err(error) => refuse(part, error),
                    }
                });
            }
        }
        Err(error)
            if group.len() == 1
                || matches!(error, store::Error::Unavailable(_) | store::Error::Suspended(_)) =>
        {
            refuse(group.drain(..), error);
        }
        Err(error) => {
            tracing::warn!(events = group.len(), %error, "a group of events failed; each is taken alone");
            for waiting in group.drain(..) {
                let alone = std::slice::from_ref(&waiting);
                let answer = match self::together(pipeline, alone).await {
                    Ok(answers) => answers.into_iter().next().ok_or_else(broken),
                    Err(error) => Err(error),
                };
                waiting.answer.send(answer.map_err(Arc::new)).ok();
            }
        }
    }
}

/// Answers each caller.
fn answer(
    group: impl IntoIterator<Item = Waiting>,
    answers: impl IntoIterator<Item = Result<SignalResult, SignalRefusal>>,
) {
    for (waiting, answer) in group.into_iter().zip(answers) {
        waiting.answer.send(Ok(answer)).ok();
    }
}

/// Answers all callers with an error.
fn refuse(group: impl IntoIterator<Item = Waiting>, error: store::Error) {
    let error = Arc::new(error);
    for waiting in group {
        waiting.answer.send(Err(error.clone())).ok();
    }
}

/// Splits a group by what routes its events to a workflow.
fn by_workflow(group: impl IntoIterator<Item = Waiting>) -> Vec<Vec<Waiting>> {
    let mut parts: Vec<Vec<Waiting>> = Vec::new();
    let route = |waiting: &Waiting| {
        let event = &waiting.incoming.signal.event;
        (event.workflow.clone(), event.kind, event.source.clone())
    };
    for waiting in group {
        match parts.iter_mut().find(|part| part.first().map(route) == Some(route(&waiting))) {
            Some(part) => part.push(waiting),
            None => parts.push(vec![waiting]),
        }
    }
    parts
}

/// Decides and commits a group. Catches panics, since a panic would end the committer while callers wait for it.
async fn together(
    pipeline: &Pipeline,
    group: &[Waiting],
) -> store::Result<Vec<Result<SignalResult, SignalRefusal>>> {
    let incoming: Vec<_> = group.iter().map(|waiting| waiting.incoming.clone()).collect();
    AssertUnwindSafe(pipeline.take_all(&incoming)).catch_unwind().await.unwrap_or_else(|_| Err(broken()))
}

fn broken() -> store::Error {
    store::Error::Corrupt("an event could not be decided; the log says where".into())
}
