//! The titles and descriptions of jobs on screen.

use store::sync::jobs::JobKind;

use crate::texts::texts;

/// Returns the title of a job.
pub fn title(job: JobKind) -> String {
    match job {
        JobKind::Partitions => texts().jobs_partitions(),
        JobKind::Sessions => texts().jobs_sessions(),
        JobKind::Backlog => texts().jobs_backlog(),
        JobKind::Notices => texts().jobs_notices(),
        JobKind::Uploads => texts().jobs_uploads(),
    }
}

/// Returns what a job is for.
pub fn about(job: JobKind) -> String {
    match job {
        JobKind::Partitions => texts().jobs_partitions_about(),
        JobKind::Sessions => texts().jobs_sessions_about(),
        JobKind::Backlog => texts().jobs_backlog_about(),
        JobKind::Notices => texts().jobs_notices_about(),
        JobKind::Uploads => texts().jobs_uploads_about(),
    }
}
