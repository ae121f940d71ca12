//! Accounts that destinations sign in with by tokens which expire: the grant that tokens are obtained with, and the current
//! token, both sealed.
//!
//! What a grant or a token says is for the caller. One process renews a token at a time: it holds the row's lock from before
//! it asks the token endpoint until it has stored the answer, and the others find that answer when they get the lock. Hand-written
//! SQL, since most of these statements are about the row lock and the transaction that holds it.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{FromRow, PgConnection, Postgres, Transaction};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::keyring::Place;
use crate::pool::Store;

/// A process waits this long for another one's renewal; a token endpoint has ten seconds.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '20s'";

/// Characters kept of what went wrong.
const ERROR_CHARS: usize = 1_000;

/// A credential, opened. It is not `Debug`: nothing may show it.
pub struct StoredCredential {
    /// What tokens are obtained with.
    pub grant: Zeroizing<Vec<u8>>,
    /// The current token; `None` before the first one was obtained.
    pub token: Option<Zeroizing<Vec<u8>>>,
}

/// How a grant compares with what is stored under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing is stored.
    New,
    /// The same grant was configured.
    Same(Uuid),
    /// Another grant was configured.
    Different(Uuid),
}

/// Compares a grant with the one that was configured under a name. What the server has replaced since does not count.
///
/// # Errors
/// When the database fails.
pub async fn compare(
    store: &Store,
    connection: &mut PgConnection,
    name: &str,
    grant: &[u8],
) -> Result<Comparison> {
    let known: Option<(Uuid, Vec<u8>)> =
        sqlx::query_as("SELECT id, configured FROM credentials WHERE name = $1")
            .bind(name)
            .fetch_optional(connection)
            .await?;
    Ok(match known {
        None => Comparison::New,
        Some((id, configured)) if configured == fingerprint(store, grant) => Comparison::Same(id),
        Some((id, _)) => Comparison::Different(id),
    })
}

/// Saves a credential under a name. A grant that was configured before, unchanged, stays as it is, since the server may have
/// replaced its refresh token meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn save(
    store: &Store,
    connection: &mut PgConnection,
    actor: &Actor,
    name: &str,
    grant: &[u8],
) -> Result<Uuid> {
    // One at a time: the grant is sealed for the row's id, which two first saves of a name would each make for themselves.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('credential:' || $1, 0))")
        .bind(name)
        .execute(&mut *connection)
        .await?;
    let (id, is_new) = match compare(store, connection, name, grant).await? {
        Comparison::Same(id) => return Ok(id),
        Comparison::Different(id) => (id, false),
        Comparison::New => (engine::ids::mint(actor.now, rand::random()), true),
    };
    sqlx::query(
        "INSERT INTO credentials (id, name, configured, grant_text, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (name) DO UPDATE SET configured = excluded.configured, grant_text = excluded.grant_text, access_token = NULL, last_error = NULL",
    )
    .bind(id)
    .bind(name)
    .bind(fingerprint(store, grant))
    .bind(store.keyring().seal(grant, grant_of(id)))
    .bind(actor.now)
    .execute(&mut *connection)
    .await?;
    let subject = format!("credential:{name}");
    let detail = json!({ "is_new": is_new });
    audit(connection, actor, Audit { action: "credential.save", subject: &subject, lead: None, detail })
        .await?;
    Ok(id)
}

/// Reads a credential.
///
/// # Errors
/// [`Error::NotFound`] when there is none, [`Error::Corrupt`] when it was sealed with another key.
pub async fn read(store: &Store, id: Uuid) -> Result<StoredCredential> {
    let sealed: Option<Sealed> =
        sqlx::query_as("SELECT grant_text, access_token FROM credentials WHERE id = $1")
            .bind(id)
            .fetch_optional(store.pool())
            .await?;
    sealed.ok_or(Error::NotFound("credential"))?.open(store, id)
}

/// Whether to wait for another process that renews the same credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until it has finished.
    ForOthers,
    /// Not at all.
    Never,
}

/// A credential that nobody else can renew while this value lives.
pub struct LockedCredential {
    transaction: Transaction<'static, Postgres>,
    store: Store,
    id: Uuid,
    /// The credential, as it was when the lock was taken.
    pub stored: StoredCredential,
}

/// Locks a credential; `None` when another process has it locked and is not to be waited for.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credential, and when the other process takes longer than 20 seconds.
pub async fn lock(store: &Store, id: Uuid, wait: Wait) -> Result<Option<LockedCredential>> {
    let mut transaction = store.pool().begin().await?;
    sqlx::query(LOCK_TIMEOUT).execute(&mut *transaction).await?;
    let sql = match wait {
        Wait::ForOthers => "SELECT grant_text, access_token FROM credentials WHERE id = $1 FOR NO KEY UPDATE",
        Wait::Never => {
            "SELECT grant_text, access_token FROM credentials WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED"
        }
    };
    let sealed: Option<Sealed> = sqlx::query_as(sql).bind(id).fetch_optional(&mut *transaction).await?;
    match sealed {
        Some(sealed) => {
            let stored = sealed.open(store, id)?;
            Ok(Some(LockedCredential { transaction, store: store.clone(), id, stored }))
        }
        None if wait == Wait::Never => Ok(None),
        None => Err(Error::NotFound("credential")),
    }
}

impl LockedCredential {
    /// Stores a new token, and the grant of the next renewal where the server replaced it.
    ///
    /// # Errors
    /// When the database fails; the token is lost then.
    pub async fn renewed(mut self, token: &[u8], grant: Option<&[u8]>, now: DateTime<Utc>) -> Result<()> {
        let keyring = self.store.keyring();
        sqlx::query(
            "UPDATE credentials SET access_token = $2, grant_text = coalesce($3, grant_text), renewed_at = $4, renewals = renewals + 1, last_error = NULL \
             WHERE id = $1",
        )
        .bind(self.id)
        .bind(keyring.seal(token, token_of(self.id)))
        .bind(grant.map(|grant| keyring.seal(grant, grant_of(self.id))))
        .bind(now)
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.transaction.commit().await?)
    }

    /// Records why a renewal failed; the message holds no secret.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed(mut self, message: &str) -> Result<()> {
        let message: String = message.chars().filter(|char| *char != '\0').take(ERROR_CHARS).collect();
        sqlx::query("UPDATE credentials SET last_error = $2 WHERE id = $1")
            .bind(self.id)
            .bind(message)
            .execute(&mut *self.transaction)
            .await?;
        Ok(self.transaction.commit().await?)
    }
}

#[derive(FromRow)]
struct Sealed {
    grant_text: Vec<u8>,
    access_token: Option<Vec<u8>>,
}

impl Sealed {
    fn open(self, store: &Store, id: Uuid) -> Result<StoredCredential> {
        let keyring = store.keyring();
        let token = self.access_token.map(|sealed| keyring.open(&sealed, token_of(id))).transpose()?;
        Ok(StoredCredential { grant: keyring.open(&self.grant_text, grant_of(id))?, token })
    }
}

/// Tells grants from each other without telling them.
fn fingerprint(store: &Store, grant: &[u8]) -> Vec<u8> {
    store.keyring().lookup("credentials.grant", grant).to_vec()
}

fn grant_of(id: Uuid) -> Place<'static> {
    Place { column: "credentials.grant_text", row: id }
}

fn token_of(id: Uuid) -> Place<'static> {
    Place { column: "credentials.access_token", row: id }
}
