//! Links with which a person sets a password, each once.

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::PersonId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};
use serde_json::json;
use sqlx::PgConnection;

use super::{Password, Person, by_id, delete_unused_links, lock, log, secret, write_password};
use crate::actor::{Actor, Who};
use crate::entity::setup_link;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// How long a link works unless somebody says otherwise.
pub const DEFAULT_VALIDITY: TimeDelta = TimeDelta::hours(24);
/// How long a link works that a person asked for who forgot their password.
pub const RESET_VALIDITY: TimeDelta = TimeDelta::hours(1);

/// Makes a link for a person and answers its token, which is stored nowhere. Earlier links of the person stop working.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person.
pub async fn make_setup_link(
    store: &Store,
    actor: &Actor,
    person: PersonId,
    validity: TimeDelta,
) -> Result<String> {
    let mut tx = store.pool().begin().await?;
    lock(&orm(&mut tx), person).await?;
    delete_unused_links(&orm(&mut tx), person).await?;
    let token = insert(&mut tx, actor, person, validity).await?;
    tx.commit().await?;
    Ok(token)
}

/// Makes a link for a person who forgot their password. Earlier links go on working: anybody can ask for this one, and
/// must not take back the one that somebody is about to use.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person.
pub async fn make_reset_link(store: &Store, actor: &Actor, person: PersonId) -> Result<String> {
    let mut tx = store.pool().begin().await?;
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

/// Whom a link that still works belongs to; `None` when it does not work (any more).
///
/// # Errors
/// When the database fails.
pub async fn person_of_setup_link(store: &Store, token: &str, now: DateTime<Utc>) -> Result<Option<Person>> {
    let link = setup_link::Entity::find_by_id(secret::token_hash(token).to_vec())
        .filter(setup_link::Column::UsedAt.is_null())
        .filter(setup_link::Column::ExpiresAt.gt(now))
        .one(store.db())
        .await?;
    let Some(link) = link else { return Ok(None) };
    Ok(by_id(store, link.person_id.into()).await?.filter(|person| !person.is_disabled))
}

/// Sets the password of the person a link belongs to, and uses the link up. The person acts.
///
/// # Errors
/// [`Error::NotFound`] when the link does not work (any more).
pub async fn use_setup_link(
    store: &Store,
    request_id: &str,
    now: DateTime<Utc>,
    token: &str,
    password: Password,
) -> Result<PersonId> {
    // Asked first: a hash is costly, and anybody can send a token.
    let person = person_of_setup_link(store, token, now).await?.ok_or(Error::NotFound("set-up link"))?;
    let hash = password.hash().await?;
    let mut tx = store.pool().begin().await?;
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
        who: Who::Person(person.id),
        roles: person.roles,
        request_id: request_id.to_owned(),
        now,
        form: None,
    };
    write_password(&mut tx, &actor, person.id, &hash).await?;
    tx.commit().await?;
    Ok(person.id)
}
