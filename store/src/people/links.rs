//! Single-use links for setting a password.

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::PersonId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};
use serde_json::json;
use sqlx::PgConnection;

use super::{Password, Person, by_id, delete_unused_links, has_password, lock, log, secret, write_password};
use crate::actor::{Actor, ActorId};
use crate::entity::setup_link;
use crate::error::{Error, Result};
use crate::notices::{NoticeKind, notify_of_account};
use crate::orm::orm;
use crate::pool::Store;

/// Default validity of a link.
pub const DEFAULT_VALIDITY: TimeDelta = TimeDelta::hours(24);
/// Validity of a link that a person requested after forgetting their password.
pub const RESET_VALIDITY: TimeDelta = TimeDelta::hours(1);

/// Creates a link for a person and returns its token, which is not stored. Earlier links for the person stop working.
///
/// # Errors
/// Returns [`Error::NotFound`] if the person does not exist.
pub async fn make_setup_link(
    store: &Store,
    actor: &Actor,
    person: PersonId,
    validity: TimeDelta,
) -> Result<String> {
    let mut tx = store.begin().await?;
    lock(&orm(&mut tx), person).await?;
    delete_unused_links(&orm(&mut tx), person).await?;
    let token = insert(&mut tx, actor, person, validity).await?;
    // An invitation takes over no account that is in use.
    if has_password(&orm(&mut tx), person).await? {
        notify_of_account(&mut tx, actor, person, NoticeKind::LinkCreated, "").await?;
    }
    tx.commit().await?;
    Ok(token)
}

/// Creates a link for a person who forgot their password. Earlier links keep working: anyone can request this one,
/// and that must not revoke a link that the person is about to use.
///
/// # Errors
/// Returns [`Error::NotFound`] if the person does not exist.
pub async fn make_reset_link(store: &Store, actor: &Actor, person: PersonId) -> Result<String> {
    let mut tx = store.begin().await?;
    lock(&orm(&mut tx), person).await?;
    let token = insert(&mut tx, actor, person, RESET_VALIDITY).await?;
    tx.commit().await?;
    Ok(token)
}

async fn insert(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    validity: TimeDelta,
) -> Result<String> {
    let token = secret::new_token();
    let row = setup_link::ActiveModel {
        token_hash: Set(secret::token_hash(&token).to_vec()),
        person_id: Set(person.0),
        expires_at: Set(actor.now + validity),
        ..Default::default()
    };
    setup_link::Entity::insert(row).exec_without_returning(&orm(connection)).await?;
    let detail = json!({ "expires_at": actor.now + validity });
    log(connection, actor, "person.make_setup_link", person, detail).await?;
    Ok(token)
}

/// Returns the owner of a valid link, or `None` if the link does not exist, has expired or was used.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn person_of_setup_link(store: &Store, token: &str, now: DateTime<Utc>) -> Result<Option<Person>> {
    let link = setup_link::Entity::find_by_id(secret::token_hash(token).to_vec())
        .filter(setup_link::Column::UsedAt.is_null())
        .filter(setup_link::Column::ExpiresAt.gt(now))
        .one(store.db())
        .await?;
    let Some(link) = link else { return Ok(None) };
    Ok(by_id(store, link.person_id.into()).await?.filter(|person| !person.is_disabled))
}

/// Sets the password of the link's owner and consumes the link. The owner is the actor.
///
/// # Errors
/// Returns [`Error::NotFound`] if the link does not exist, has expired or was used.
pub async fn use_setup_link(
    store: &Store,
    request_id: &str,
    now: DateTime<Utc>,
    token: &str,
    password: Password,
) -> Result<PersonId> {
    // Check the link first: hashing is expensive, and anyone can send a token.
    let person = person_of_setup_link(store, token, now).await?.ok_or(Error::NotFound("set-up link"))?;
    let hash = password.hash().await?;
    let mut tx = store.begin().await?;
    let used = setup_link::Entity::update_many()
        .set(setup_link::ActiveModel { used_at: Set(Some(now)), ..Default::default() })
        .filter(setup_link::Column::TokenHash.eq(secret::token_hash(token).to_vec()))
        .filter(setup_link::Column::PersonId.eq(person.id.0))
        .filter(setup_link::Column::UsedAt.is_null())
        .filter(setup_link::Column::ExpiresAt.gt(now))
        .exec(&orm(&mut tx))
        .await?;
    if used.rows_affected == 0 {
        return Err(Error::NotFound("set-up link"));
    }
    let actor = Actor {
        who: ActorId::Person(person.id),
        roles: person.roles,
        request_id: request_id.to_owned(),
        now,
        form: None,
    };
    write_password(&mut tx, &actor, person.id, &hash).await?;
    tx.commit().await?;
    Ok(person.id)
}
