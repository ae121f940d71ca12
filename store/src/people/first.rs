//! The first administrator of an installation, who invites all other people.
//!
//! Hand-written SQL: an advisory lock.

use engine::ids::PersonId;
use sea_orm::{EntityTrait as _, SelectExt as _};

use super::{Password, insert, secret, write_password};
use crate::actor::{Actor, ActorId, Role};
use crate::entity::person;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::orm::orm;
use crate::pool::Store;

/// Length of the code in bytes; 80 bits are infeasible to guess.
const CODE_BYTES: usize = 10;

/// Returns whether any person exists, deactivated or not.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn has_people(store: &Store) -> Result<bool> {
    Ok(person::Entity::find().exists(store.db()).await?)
}

/// Returns the code that the first administrator must enter. It is derived from the master key, so that every process
/// of the installation computes the same code and none has to be stored. It is useless once a person exists.
pub fn first_run_code(keyring: &Keyring) -> String {
    keyring.lookup("first-run", b"").iter().take(CODE_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns whether `code` is the first-run code. Comparing hashes prevents timing attacks.
pub fn is_first_run_code(keyring: &Keyring, code: &str) -> bool {
    secret::token_hash(code.trim()) == secret::token_hash(&first_run_code(keyring))
}

/// Adds the first administrator, with a password, if the code is correct and no person exists yet. The new
/// administrator is the actor.
///
/// # Errors
/// Returns [`Error::NotFound`] if the code is wrong or a person already exists, and otherwise the same errors as
/// [`super::add`].
pub async fn add_first_admin(
    store: &Store,
    actor: Actor,
    code: &str,
    email: &str,
    name: &str,
    password: Password,
) -> Result<PersonId> {
    if !is_first_run_code(store.keyring(), code) {
        return Err(Error::NotFound("first-run code"));
    }
    let hash = password.hash().await?;
    let mut tx = store.begin().await?;
    // Of two concurrent requests, the second waits here and then finds the first person.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('first_admin'))").execute(&mut *tx).await?;
    if person::Entity::find().exists(&orm(&mut tx)).await? {
        return Err(Error::NotFound("first-run code"));
    }
    let roles = vec![Role::Admin];
    let id = insert(&mut tx, &actor, email, name, &roles).await?;
    let actor = Actor { who: ActorId::Person(id), roles, ..actor };
    write_password(&mut tx, &actor, id, &hash).await?;
    tx.commit().await?;
    Ok(id)
}
