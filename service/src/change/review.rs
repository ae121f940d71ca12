//! Reviews: approving, sending back and commenting, and what happens with the last approval.

use engine::canonical::Digest;
use serde_json::json;
use sqlx::PgConnection;
use store::actor::{Actor, Role};
use store::changes::{self, Change, NewReview, State, Verdict};
use store::{Error, Result, Store, releases, workflows};

use crate::release;
use crate::surroundings::surroundings;

/// What an approval came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// These roles still have to approve.
    Waiting(Vec<Role>),
    /// Every required role has approved: the change is this version now, with a release in each live workflow that uses it.
    Approved {
        /// The version.
        version: u32,
        /// Number and workflow title of each release.
        releases: Vec<(i64, String)>,
    },
}

/// Approves a change in a role. With the last approval it becomes a version, and each live workflow that uses the earlier
/// one gets a release: all in one transaction. Nothing goes live by it. `seen` is the hash of the content that the person
/// looked at, `live` the live bundles that it was shown against (`store::releases::live_bundles_of`). The same approval
/// again changes nothing and returns what it has come to.
///
/// # Errors
/// [`Error::Refused`] when the database does not take the approval (another role, four eyes, other content, another live
/// bundle), or when it was the last one and the change does not fit what is live.
pub async fn approve(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    live: &[Digest],
    role: Role,
    comment: &str,
) -> Result<Approval> {
    let mut tx = store.pool().begin().await?;
    let change = changes::locked(&mut tx, number).await?;
    let person = actor.person()?;
    let reviews = changes::reviews(&mut tx, change.id).await?;
    let is_given = reviews.iter().any(|review| review.person == person && review.role == Some(role));
    if is_given && change.hash == Some(*seen) {
        return outcome(&mut tx, &change).await;
    }
    let verdict = Verdict::Approve;
    let review = NewReview { person, verdict, role: Some(role), seen: Some(seen), live, comment };
    changes::insert_review(&mut tx, actor, &change, review).await?;
    changes::log(&mut tx, actor, "change.sign", number, json!({ "role": role, "hash": seen })).await?;
    let missing = missing_roles(&mut tx, &change).await?;
    let approval =
        if missing.is_empty() { finish(&mut tx, actor, &change).await? } else { Approval::Waiting(missing) };
    tx.commit().await?;
    Ok(approval)
}

/// Returns what the approvals of a change have come to.
async fn outcome(connection: &mut PgConnection, change: &Change) -> Result<Approval> {
    let missing = missing_roles(connection, change).await?;
    match (change.state, change.version) {
        (State::Submitted, _) => Ok(Approval::Waiting(missing)),
        (State::Approved, Some(version)) => {
            let releases = releases::of_change(connection, change.id).await?;
            let releases =
                releases.into_iter().map(|release| (release.number, release.workflow_title)).collect();
            Ok(Approval::Approved { version, releases })
        }
        _ => Err(Error::Refused("you approved this change, and it was closed since".into())),
    }
}

async fn missing_roles(connection: &mut PgConnection, change: &Change) -> Result<Vec<Role>> {
    let approved = changes::approved_roles(connection, change).await?;
    Ok(change.required.iter().copied().filter(|role| !approved.contains(role)).collect())
}

/// Sends a change back to its author, with what should be different. Sending the same content back again changes nothing.
///
/// # Errors
/// As [`approve`].
pub async fn send_back(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    comment: &str,
) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let change = changes::locked(&mut tx, number).await?;
    let person = actor.person()?;
    let reviews = changes::reviews(&mut tx, change.id).await?;
    let is_done = reviews.iter().any(|review| review.person == person && review.verdict == Verdict::Return);
    if is_done && change.state == State::Returned && change.hash == Some(*seen) {
        return Ok(());
    }
    let verdict = Verdict::Return;
    let review = NewReview { person, verdict, role: None, seen: Some(seen), live: &[], comment };
    changes::insert_review(&mut tx, actor, &change, review).await?;
    changes::close(&mut tx, actor, &change, State::Returned).await?;
    changes::log(&mut tx, actor, "change.return", number, json!({ "hash": seen })).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds a comment to a change.
///
/// # Errors
/// [`Error::Refused`] without words.
pub async fn comment(store: &Store, actor: &Actor, number: i64, comment: &str) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let change = changes::locked(&mut tx, number).await?;
    let person = actor.person()?;
    let verdict = Verdict::Comment;
    let review = NewReview { person, verdict, role: None, seen: None, live: &[], comment };
    changes::insert_review(&mut tx, actor, &change, review).await?;
    changes::log(&mut tx, actor, "change.comment", number, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

async fn finish(connection: &mut PgConnection, actor: &Actor, change: &Change) -> Result<Approval> {
    // Two last approvals at one moment, or one beside a release that goes live: the second sees what the first one did.
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
    Ok(Approval::Approved { version: version.version, releases })
}
