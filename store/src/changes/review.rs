//! Reviews of changes, and the version that an approved change becomes.

use engine::canonical::Digest;
use engine::ids::{PersonId, VersionId};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, Set};
use sqlx::PgConnection;

use super::{Change, ChangeHead, ChangeState, ReviewVerdict};
use crate::actor::{Actor, Role};
use crate::entity::{change, change_review};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::workflows::{self, NewVersion};

/// A review to insert.
#[derive(Clone, Copy, Debug)]
pub struct NewReview<'a> {
    /// The reviewer.
    pub person: PersonId,
    /// Verdict of the review.
    pub verdict: ReviewVerdict,
    /// The role that the reviewer approves in.
    pub role: Option<Role>,
    /// Hash of the content that the reviewer saw; `None` for a comment.
    pub seen: Option<&'a Digest>,
    /// For an approval, the live bundles that the reviewer compared the change with, in order; see
    /// [`crate::releases::live_bundles_of`].
    pub live: &'a [Digest],
    /// The reviewer's comment.
    pub comment: &'a str,
}

/// Inserts a review.
///
/// # Errors
/// Returns [`Error::Refused`] if the database rejects the review because of the role, the four-eyes principle,
/// different content, a different live bundle, or a missing comment.
pub async fn insert_review(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &ChangeHead,
    review: NewReview<'_>,
) -> Result<()> {
    let is_approval = review.verdict == ReviewVerdict::Approve;
    let row = change_review::ActiveModel {
        id: Set(engine::ids::mint(actor.now, rand::random())),
        change_id: Set(change.id),
        person_id: Set(review.person.0),
        verdict: Set(review.verdict.to_string()),
        role: Set(review.role.map(|role| role.to_string())),
        hash: Set(review.seen.map(|hash| hash.0.to_vec())),
        comment: Set(review.comment.trim().to_owned()),
        at: Set(actor.now),
        live_bundles: Set(is_approval.then(|| review.live.iter().map(|hash| hash.0.to_vec()).collect())),
        // A trigger sets how the reviewer holds the role.
        ..Default::default()
    };
    let written = change_review::Entity::insert(row).exec_without_returning(&orm(connection)).await;
    match written.map_err(Error::from) {
        Ok(_) => Ok(()),
        Err(Error::Duplicate(constraint)) if constraint == "change_reviews_a_role_signs_once" => {
            Err(Error::Refused("someone has already approved this in that role".into()))
        }
        Err(Error::Duplicate(_)) => {
            Err(Error::Refused("you have already approved this change in another role".into()))
        }
        Err(Error::Refused(constraint)) if constraint == "change_reviews_says_something" => {
            Err(Error::Refused("enter what should change".into()))
        }
        Err(other) => Err(other),
    }
}

/// Returns the roles that have approved a change.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn approved_roles(connection: &mut PgConnection, change: &ChangeHead) -> Result<Vec<Role>> {
    let roles: Vec<String> = change_review::Entity::find()
        .select_only()
        .column(change_review::Column::Role)
        .filter(change_review::Column::ChangeId.eq(change.id))
        .filter(change_review::Column::Verdict.eq(ReviewVerdict::Approve.to_string()))
        .into_tuple()
        .all(&orm(connection))
        .await?;
    Ok(roles.iter().filter_map(|role| role.parse().ok()).collect())
}

/// Returns why an outdated change cannot be approved.
pub fn outdated(newest: u32) -> String {
    format!(
        "version {newest} was approved after this change was written. Update the change to version {newest}, then ask for approval again"
    )
}

/// Turns an approved change into a version, closes the change, and returns the version's ID.
///
/// # Errors
/// Returns [`Error::Refused`] if another version was approved since the change started, or if an approval is missing.
pub async fn make_version(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
) -> Result<VersionId> {
    let (Some(body), Some(hash)) = (&change.body, change.hash) else {
        return Err(Error::Corrupt(format!("change {} was submitted without content", change.number)));
    };
    let newest = workflows::newest(connection, change.kind, &change.name).await?;
    let newest = newest.map_or(0, |version| version.version);
    if newest != change.base_version {
        return Err(Error::Refused(outdated(newest)));
    }
    let new = NewVersion {
        kind: change.kind,
        name: &change.name,
        version: change.base_version + 1,
        body,
        hash,
        source: Some(&change.source),
        change: Some(change.id),
    };
    let id = workflows::insert(connection, actor, new).await?;
    let row = change::ActiveModel {
        state: Set(ChangeState::Approved.to_string()),
        version_id: Set(Some(id.0)),
        closed_at: Set(Some(actor.now)),
        updated_at: Set(actor.now),
        ..Default::default()
    };
    change::Entity::update_many()
        .set(row)
        .filter(change::Column::Id.eq(change.id))
        .exec(&orm(connection))
        .await?;
    Ok(id)
}
