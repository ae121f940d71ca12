//! Roles of people: who gave them, and from when approvals in them count.
//!
//! An administrator could give themselves a second person, or a second role, and approve their own work with it. A role that a person
//! gives therefore counts a day later, or as soon as a second administrator has confirmed it. Triggers enforce it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, Set};
use serde_json::json;

use super::{is_admin, keep_an_admin, lock, log};
use crate::actor::{Actor, Role};
use crate::entity::person_role;
use crate::error::{Error, Result};
use crate::notices::{NoticeKind, notify_of_account};
use crate::orm::orm;
use crate::pool::Store;

/// How a person holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTerm {
    /// The role.
    pub role: Role,
    /// When the person got it; `None` if that was before it was recorded.
    pub since: Option<DateTime<Utc>>,
    /// Who gave it, as the audit log names actors; `None` if that was before it was recorded.
    pub given_by: Option<String>,
    /// When approvals in it begin to count; `None` if they always have.
    pub counts_from: Option<DateTime<Utc>>,
    /// The second administrator who confirmed it.
    pub confirmed_by: Option<PersonId>,
}

impl RoleTerm {
    /// Returns whether approvals in the role count at an instant.
    pub fn counts(&self, now: DateTime<Utc>) -> bool {
        self.counts_from.is_none_or(|from| from <= now)
    }
}

/// Returns how a person holds their roles, in the order of [`Role`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn terms(store: &Store, id: PersonId) -> Result<Vec<RoleTerm>> {
    let rows =
        person_role::Entity::find().filter(person_role::Column::PersonId.eq(id.0)).all(store.db()).await?;
    let mut terms = rows
        .into_iter()
        .map(|row| {
            Ok(RoleTerm {
                role: row
                    .role
                    .parse()
                    .map_err(|_| Error::Corrupt(format!("there is no role `{}`", row.role)))?,
                since: row.since,
                given_by: row.given_by,
                counts_from: row.counts_from,
                confirmed_by: row.confirmed_by.map(PersonId),
            })
        })
        .collect::<Result<Vec<RoleTerm>>>()?;
    terms.sort_unstable_by_key(|term| term.role);
    Ok(terms)
}

/// Replaces a person's roles. Those that the person already holds stay as they are.
///
/// # Errors
/// Returns [`Error::NotFound`] if the person does not exist, or [`Error::Refused`] if no administrator would remain.
pub async fn set_roles(store: &Store, actor: &Actor, id: PersonId, roles: &[Role]) -> Result<()> {
    let mut tx = store.begin().await?;
    lock(&orm(&mut tx), id).await?;
    let before = is_admin(&orm(&mut tx), id).await?;
    let names: BTreeSet<String> = roles.iter().map(ToString::to_string).collect();
    person_role::Entity::delete_many()
        .filter(person_role::Column::PersonId.eq(id.0))
        .filter(person_role::Column::Role.is_not_in(names.clone()))
        .exec(&orm(&mut tx))
        .await?;
    let held =
        person_role::Entity::find().filter(person_role::Column::PersonId.eq(id.0)).all(&orm(&mut tx)).await?;
    let new: Vec<Role> =
        roles.iter().copied().filter(|role| held.iter().all(|row| row.role != role.to_string())).collect();
    give(&orm(&mut tx), actor, id, &new).await?;
    if before {
        keep_an_admin(&mut tx).await?;
    }
    let shown = names.into_iter().collect::<Vec<_>>().join(", ");
    notify_of_account(&mut tx, actor, id, NoticeKind::RolesChanged, &shown).await?;
    log(&mut tx, actor, "person.set_roles", id, json!({ "roles": roles })).await?;
    tx.commit().await?;
    Ok(())
}

/// Confirms a role that another administrator gave, so that approvals in it count at once.
///
/// # Errors
/// Returns [`Error::NotFound`] if the person does not hold the role or it already counts, or [`Error::Refused`] if the actor is not an
/// administrator whose role counts, gave the role, or is the person.
pub async fn confirm(store: &Store, actor: &Actor, id: PersonId, role: Role) -> Result<()> {
    let by = actor.person()?;
    let mut tx = store.begin().await?;
    lock(&orm(&mut tx), id).await?;
    let confirmed = person_role::Entity::update_many()
        .set(person_role::ActiveModel { confirmed_by: Set(Some(by.0)), ..Default::default() })
        .filter(person_role::Column::PersonId.eq(id.0))
        .filter(person_role::Column::Role.eq(role.to_string()))
        .filter(person_role::Column::CountsFrom.gt(Utc::now()))
        .filter(person_role::Column::ConfirmedBy.is_null())
        .exec(&orm(&mut tx))
        .await?;
    if confirmed.rows_affected == 0 {
        return Err(Error::NotFound("role"));
    }
    notify_of_account(&mut tx, actor, id, NoticeKind::RoleConfirmed, &role.to_string()).await?;
    log(&mut tx, actor, "person.confirm_role", id, json!({ "role": role })).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a person roles that they do not hold yet.
pub(super) async fn give(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: PersonId,
    roles: &[Role],
) -> Result<()> {
    let roles: BTreeSet<Role> = roles.iter().copied().collect();
    let rows = roles.into_iter().map(|role| person_role::ActiveModel {
        person_id: Set(id.0),
        role: Set(role.to_string()),
        given_by: Set(Some(actor.who.to_string())),
        ..Default::default()
    });
    person_role::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}
