//! Single events, grouped: those that come in while a commit is under way share the next one.
//!
//! An event that meets an idle process is committed at once and alone, so waiting is never longer than the commits before
//! it. Under load a group is as large as what came in meanwhile, and the price of a commit is shared.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{Incoming, Pipeline, Receipt, Refusal, Signal, Taken};

/// Events in one transaction at most: more would only hold the locks of their leads longer.
const GROUP: usize = 128;
/// Transactions under way at once: while one waits for the disk, the next one is put together.
const COMMITTERS: usize = 2;
/// Events that wait at most; a caller beyond them waits to be let in.
const WAITING: usize = 4_096;

/// What a caller gets. The error is shared by those whom one failure hit.
type Answer = Result<Result<Taken, Refusal>, Arc<store::Error>>;

struct Waiting {
    incoming: Incoming,
    answer: oneshot::Sender<Answer>,
}

/// Where single events wait for the next commit. Cheap to clone; with the last clone the committers end.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::Sender<Waiting>,
}

impl Intake {
    /// Starts the committers.
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..COMMITTERS {
            tokio::spawn(commit(pipeline.clone(), waiting.clone()));
        }
        Self { queue }
    }

    /// Takes an event the whole way; answers once it is committed.
    ///
    /// # Errors
    /// When the database fails; then it was not taken.
    pub async fn take(&self, receipt: Receipt, signal: Signal) -> Answer {
        let (answer, answered) = oneshot::channel();
        let stopped = || Arc::new(store::Error::Unavailable(sqlx::Error::PoolClosed));
        let incoming = Incoming { receipt: Arc::new(receipt), signal: Arc::new(signal) };
        self.queue.send(Waiting { incoming, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn commit(pipeline: Arc<Pipeline>, waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut group = Vec::with_capacity(GROUP);
    loop {
        // One committer at a time gathers, so that what waits is not split into small groups.
        let gathered = waiting.lock().await.recv_many(&mut group, GROUP).await;
        if gathered == 0 {
            return;
        }
        metrics::histogram!("meshline_commit_events").record(gathered as f64);
        take(&pipeline, &mut group).await;
    }
}

/// Takes a group and answers it. Of a group that fails each one is taken alone, so that one of them cannot fail the
/// others; unless the database is away, which would only be asked again and again.
async fn take(pipeline: &Pipeline, group: &mut Vec<Waiting>) {
    let together = together(pipeline, group).await;
    match together {
        Ok(answers) => {
            for (waiting, answer) in group.drain(..).zip(answers) {
                waiting.answer.send(Ok(answer)).ok();
            }
        }
        Err(error) if group.len() == 1 || matches!(error, store::Error::Unavailable(_)) => {
            let error = Arc::new(error);
            for waiting in group.drain(..) {
                waiting.answer.send(Err(error.clone())).ok();
            }
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

/// A panic must not end the committer, which others wait for.
async fn together(pipeline: &Pipeline, group: &[Waiting]) -> store::Result<Vec<Result<Taken, Refusal>>> {
    let incoming: Vec<_> = group.iter().map(|waiting| waiting.incoming.clone()).collect();
    AssertUnwindSafe(pipeline.take_all(&incoming)).catch_unwind().await.unwrap_or_else(|_| Err(broken()))
}

fn broken() -> store::Error {
    store::Error::Corrupt("an event could not be decided; the log says where".into())
}
