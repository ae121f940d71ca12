//! Checks the people that content hands leads to.

use engine::change::{self, Kind};
use engine::problem::Problem;
use serde_json::Value as Json;
use sqlx::PgConnection;
use store::releases::{self, Release};
use store::{Error, Result, people, workflows};

/// Returns a problem for each person in the content who cannot get leads.
pub(crate) async fn assignee_problems(
    connection: &mut PgConnection,
    kind: Kind,
    body: &Json,
) -> Result<Vec<Problem>> {
    let emails: Vec<String> =
        change::assignees(kind, body).into_iter().map(|assignee| assignee.email).collect();
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let known = people::known_assignees(connection, &emails).await?;
    Ok(change::check_assignees(kind, body, &known))
}

/// Rejects content that hands leads to people who cannot get them.
pub(crate) async fn check_assignees(connection: &mut PgConnection, kind: Kind, body: &Json) -> Result<()> {
    let problems = assignee_problems(connection, kind, body).await?;
    if problems.is_empty() {
        return Ok(());
    }
    let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
    Err(Error::Refused(messages.join(" ")))
}

/// Rejects a release that would begin to hand leads to people who cannot get them: by a new version of a pool, or by rules that
/// begin to use one.
pub(crate) async fn check_release_assignees(connection: &mut PgConnection, release: &Release) -> Result<()> {
    let live = match releases::live(connection, release.workflow).await? {
        Some(live) => workflows::bundle_without_entries(connection, &live.bundle).await?,
        None => Vec::new(),
    };
    for part in workflows::bundle_without_entries(connection, &release.bundle).await? {
        let is_live = live
            .iter()
            .any(|known| (known.kind, &known.name, known.version) == (part.kind, &part.name, part.version));
        if !is_live {
            check_assignees(connection, part.kind, &part.body).await?;
        }
    }
    Ok(())
}
