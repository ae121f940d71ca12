//! The first person of an installation, who lets in everybody else.
//!
//! Hand-written SQL: an advisory lock.

use engine::ids::PersonId;
use sea_orm::{EntityTrait as _, SelectExt as _};

use super::{Password, insert, secret, write_password};
use crate::actor::{Actor, Role, Who};
use crate::entity::person;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::orm::orm;
use crate::pool::Store;

/// Bytes of the code: 80 bits, which nobody guesses.
const CODE_BYTES: usize = 10;

/// Whether there is anybody at all, shut out or not.
///
/// # Errors
/// When the database fails.
pub async fn is_anybody(store: &Store) -> Result<bool> {
    Ok(person::Entity::find().exists(store.db()).await?)
}

/// What the first administrator shows to be let in. It follows from the master key, so that every process of the
/// installation tells the same one and none has to be kept; it opens nothing once there is somebody.
pub fn first_run_code(keyring: &Keyring) -> String {
    keyring.lookup("first-run", b"").iter().take(CODE_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text is the code. Of hashes the time of comparing tells nothing.
pub fn is_first_run_code(keyring: &Keyring, code: &str) -> bool {
    secret::token_hash(code.trim()) == secret::token_hash(&first_run_code(keyring))
}

/// Adds the first administrator, with a password, when the code is right and there is nobody yet. The person acts.
///
/// # Errors
/// [`Error::NotFound`] when the code is wrong or there is somebody already; as [`super::add`] otherwise.
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
    let mut tx = store.pool().begin().await?;
    // Of two at one moment the second waits here, and then finds the first.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('first_admin'))").execute(&mut *tx).await?;
    if person::Entity::find().exists(&orm(&mut tx)).await? {
        return Err(Error::NotFound("first-run code"));
    }
    let roles = vec![Role::Admin];
    let id = insert(&mut tx, &actor, email, name, &roles).await?;
    let actor = Actor { who: Who::Person(id), roles, ..actor };
    write_password(&mut tx, &actor, id, &hash).await?;
    tx.commit().await?;
    Ok(id)
}
