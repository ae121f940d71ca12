//! The work of each job: bounded, safe to repeat, and summarized in a sentence.

use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use store::sync::jobs::JobKind;
use store::{Error, Store, control, people, sync};

use crate::tasks::notices::{self, NoticeMail};
use crate::tasks::uploads;

/// The resources of jobs besides the store.
#[derive(Clone, Debug)]
pub struct JobResources {
    /// The mail settings. Without them, no letters are sent.
    pub letters: Option<NoticeMail>,
    /// The folder of uploaded files. Without it, uploads are refused.
    pub data_dir: Option<PathBuf>,
}

/// Age at which waiting work indicates a problem that needs attention.
const WAITED_LONG: TimeDelta = TimeDelta::hours(1);

/// Age at which form ids are deleted. A page this old is not submitted again.
const FORMS_KEPT: TimeDelta = TimeDelta::days(7);

/// Runs a job and returns a summary of its work or its problem.
pub(super) async fn run(store: &Store, means: &JobResources, job: JobKind) -> Result<String, String> {
    let done = match job {
        JobKind::Partitions => partitions(store).await,
        JobKind::Sessions => sessions(store).await,
        JobKind::Uploads => uploads::delete(store, means.data_dir.as_deref()).await,
        JobKind::Backlog => return backlog(store).await.unwrap_or_else(|error| Err(error.to_string())),
        JobKind::Notices => {
            let sent = notices::send(store, means.letters.as_ref()).await;
            return sent.unwrap_or_else(|error| Err(error.to_string()));
        }
    };
    done.map_err(|error| error.to_string())
}

async fn partitions(store: &Store) -> Result<String, Error> {
    Ok(match store::migrate::make_coming_partitions(store).await? {
        0 => "All were there.".into(),
        made => format!("{made} made."),
    })
}

async fn sessions(store: &Store) -> Result<String, Error> {
    control::forget_forms(store, Utc::now() - FORMS_KEPT).await?;
    people::attempts::delete_expired(store, Utc::now()).await?;
    Ok(match people::sessions::delete_expired(store, Utc::now()).await? {
        0 => "None had expired.".into(),
        deleted => format!("{deleted} deleted."),
    })
}

async fn backlog(store: &Store) -> Result<Result<String, String>, Error> {
    let now = Utc::now();
    let counts = sync::outbox_counts(store, now).await?;
    let (mut waiting, mut dead, mut expired, mut late) = (0, 0, 0, Vec::new());
    for count in counts {
        waiting += count.ready + count.running;
        dead += count.dead;
        expired += count.not_sent();
        let is_late = count.overdue > 0 || count.due_since.is_some_and(|since| now - since > WAITED_LONG);
        if is_late && count.paused_reason.is_none() {
            late.push(count.destination);
        }
    }
    let said = format!("{waiting} on their way, {dead} failed, {expired} expired.");
    if late.is_empty() {
        Ok(Ok(said))
    } else {
        Ok(Err(format!("{said} Waiting for more than an hour: {}.", late.join(", "))))
    }
}
