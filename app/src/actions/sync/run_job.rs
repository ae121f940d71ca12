//! Running a job immediately.

use leptos::prelude::*;
use store::sync::jobs::{self, JobKind};

use crate::actions::{actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::job_kinds;

/// Requests a run of a job, then redirects to `next`.
///
/// # Errors
/// Returns an error if this version of Meshline does not have the job, or if the database fails.
#[server(prefix = "/actions", endpoint = "run-job")]
pub async fn run_job(
    /// The job's name.
    job: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<RunJob>()?;
    let job: JobKind = job.parse().map_err(|_| Error::NotFound { what: Missing::Job })?;
    jobs::request(&request.store, &actor(&request)?, job).await?;
    let flash = Flash::new(texts().jobs_requested(job_kinds::title(job)));
    lead_to_with(&back_to(next.as_deref(), "/sync/jobs"), &flash)
}
