//! Reviews: approving, returning and commenting, and the releases that the last approval creates.

use engine::canonical::Digest;
use serde_json::json;
use sqlx::PgConnection;
use store::actor::{Actor, Role};
use store::changes::{self, Change, ChangeHead, ChangeState, NewReview, ReviewVerdict};
use store::{Error, Result, Store, releases, workflows};

use crate::affected::surroundings;
use crate::assignees::check_assignees;
use crate::release;

/// The result of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalResult {
    /// These roles still have to approve.
    Waiting(Vec<Role>),
    /// Every required role has approved. The change is now this version, with a release in each live workflow that uses it.
    Approved {
        /// The version number.
        version: u32,
        /// Number and workflow title of each release.
        releases: Vec<(i64, String)>,
    },
}

/// Approves a change in a role.
///
/// The last approval turns the change into a version and creates a release for each live workflow that uses the earlier version,
/// all in one transaction. It puts nothing live. `seen` is the hash of the content that the person reviewed, and `live` the live
/// bundles that the page compared it with (`store::releases::live_bundles_of`). Repeating an approval changes nothing and returns
/// the current result.
///
/// # Errors
/// Returns [`Error::Refused`] if the database rejects the approval (another role, four eyes, other content, another live bundle),
/// or if this is the last approval and the change does not fit what is live.
pub async fn approve(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    live: &[Digest],
    role: Role,
    comment: &str,
) -> Result<ApprovalResult> {
    let mut tx = store.begin().await?;
    let change = changes::locked(&mut tx, number).await?;
    let person = actor.person()?;
    let reviews = changes::reviews(&mut tx, change.id).await?;
    let is_given = reviews.iter().any(|review| review.person == person && review.role == Some(role));
    if is_given && change.hash == Some(*seen) {
        return outcome(&mut tx, &change).await;
    }
    if change.is_outdated() {
        return Err(Error::Refused(changes::outdated(change.newest_version)));
    }
    if let Some(body) = &change.body {
        check_assignees(&mut tx, change.kind, body).await?;
    }
    let verdict = ReviewVerdict::Approve;
    let review = NewReview { person, verdict, role: Some(role), seen: Some(seen), live, comment };
    changes::insert_review(&mut tx, actor, &change, review).await?;
    changes::log(&mut tx, actor, "change.sign", number, json!({ "role": role, "hash": seen })).await?;
    let missing = missing_roles(&mut tx, &change).await?;
    let approval = if missing.is_empty() {
        finish(&mut tx, actor, &change).await?
    } else {
        ApprovalResult::Waiting(missing)
    };
    tx.commit().await?;
    Ok(approval)
}

/// Returns the current result of a change's approvals.
async fn outcome(connection: &mut PgConnection, change: &ChangeHead) -> Result<ApprovalResult> {
    let missing = missing_roles(connection, change).await?;
    match (change.state, change.version) {
        (ChangeState::Submitted, _) => Ok(ApprovalResult::Waiting(missing)),
        (ChangeState::Approved, Some(version)) => {
            let releases = releases::of_change(connection, change.id).await?;
            let releases =
                releases.into_iter().map(|release| (release.number, release.workflow_title)).collect();
            Ok(ApprovalResult::Approved { version, releases })
        }
        _ => Err(Error::Refused("you approved this change, but it has been closed since".into())),
    }
}

async fn missing_roles(connection: &mut PgConnection, change: &ChangeHead) -> Result<Vec<Role>> {
    let approved = changes::approved_roles(connection, change).await?;
    Ok(change.required.iter().copied().filter(|role| !approved.contains(role)).collect())
}

/// Returns a change to its author with a comment on what to improve. Returning the same content again changes nothing.
///
/// # Errors
/// Same as [`approve`].
pub async fn send_back(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    comment: &str,
) -> Result<()> {
    let mut tx = store.begin().await?;
    let change = changes::locked_head(&mut tx, number).await?;
    let person = actor.person()?;
    let reviews = changes::reviews(&mut tx, change.id).await?;
    let is_done =
        reviews.iter().any(|review| review.person == person && review.verdict == ReviewVerdict::Return);
    if is_done && change.state == ChangeState::Returned && change.hash == Some(*seen) {
        return Ok(());
    }
    let verdict = ReviewVerdict::Return;
    let review = NewReview { person, verdict, role: None, seen: Some(seen), live: &[], comment };
    changes::insert_review(&mut tx, actor, &change, review).await?;
    changes::close(&mut tx, actor, &change, ChangeState::Returned).await?;
    changes::log(&mut tx, actor, "change.return", number, json!({ "hash": seen })).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds a comment to a change.
///
/// # Errors
/// Returns [`Error::Refused`] if the comment is empty.
pub async fn comment(store: &Store, actor: &Actor, number: i64, comment: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    let change = changes::locked_head(&mut tx, number).await?;
    let person = actor.person()?;
    let verdict = ReviewVerdict::Comment;
    let review = NewReview { person, verdict, role: None, seen: None, live: &[], comment };
    changes::insert_review(&mut tx, actor, &change, review).await?;
    changes::log(&mut tx, actor, "change.comment", number, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

async fn finish(connection: &mut PgConnection, actor: &Actor, change: &Change) -> Result<ApprovalResult> {
    // Serializes last approvals with each other and with releases that go live, so that the second sees the result of the first.
    workflows::lock_all(connection).await?;
    let around = surroundings(connection, change.kind, Some(&change.name)).await?;
    let id = changes::make_version(connection, actor, change).await?;
    let version = workflows::versions(connection, &[id.0]).await?.pop().ok_or(Error::NotFound("version"))?;
    let mut releases = Vec::with_capacity(around.len());
    for workflow in around {
        let title = workflow.title.clone();
        let number = release::create(connection, actor, change.id, &version, workflow).await?;
        releases.push((number, title));
    }
    Ok(ApprovalResult::Approved { version: version.version, releases })
}
