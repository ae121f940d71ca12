//! Accounts that destinations authenticate with through expiring tokens: the grant that obtains tokens and the
//! current token, both sealed.
//!
//! The caller defines the content of grants and tokens. Only one process renews a token at a time: it holds the row
//! lock from before it calls the token endpoint until it has stored the response, and other processes find that
//! response once they acquire the lock.
//!
//! Hand-written SQL: most statements are about the row lock and the transaction that holds it.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{FromRow, PgConnection, Postgres, Transaction};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::keyring::CiphertextLocation;
use crate::pool::Store;

/// How long a process waits for another process to renew; the token endpoint has ten seconds to respond.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '20s'";

/// Maximum length of a stored error message, in characters.
const ERROR_CHARS: usize = 1_000;

/// A decrypted credential. It does not implement `Debug`, so that it cannot be logged.
pub struct StoredCredential {
    /// The grant that obtains tokens.
    pub grant: Zeroizing<Vec<u8>>,
    /// The current token; `None` until the first one has been obtained.
    pub token: Option<Zeroizing<Vec<u8>>>,
}

/// How a grant compares with the one stored under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantComparison {
    /// No credential is stored.
    New,
    /// The same grant was configured.
    Same(Uuid),
    /// A different grant was configured.
    Different(Uuid),
}

/// Compares a grant with the one configured under a name. Ignores refresh tokens that the server has replaced since.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn compare(
    store: &Store,
    connection: &mut PgConnection,
    name: &str,
    grant: &[u8],
) -> Result<GrantComparison> {
    let known: Option<(Uuid, Vec<u8>)> =
        sqlx::query_as("SELECT id, configured FROM credentials WHERE name = $1")
            .bind(name)
            .fetch_optional(connection)
            .await?;
    Ok(match known {
        None => GrantComparison::New,
        Some((id, configured)) if configured == fingerprint(store, grant) => GrantComparison::Same(id),
        Some((id, _)) => GrantComparison::Different(id),
    })
}

/// Saves a credential under a name. Leaves an unchanged grant as it is, since the server may have replaced its
/// refresh token in the meantime.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn save(
    store: &Store,
    connection: &mut PgConnection,
    actor: &Actor,
    name: &str,
    grant: &[u8],
) -> Result<Uuid> {
    // Serialize saves: the grant is sealed for the row's ID, and two concurrent first saves of a name would each
    // generate one.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('credential:' || $1, 0))")
        .bind(name)
        .execute(&mut *connection)
        .await?;
    let (id, is_new) = match compare(store, connection, name, grant).await? {
        GrantComparison::Same(id) => return Ok(id),
        GrantComparison::Different(id) => (id, false),
        GrantComparison::New => (engine::ids::mint(actor.now, rand::random()), true),
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
/// Returns [`Error::NotFound`] if it does not exist, or [`Error::Corrupt`] if it was sealed with another key.
pub async fn read(store: &Store, id: Uuid) -> Result<StoredCredential> {
    let sealed: Option<Sealed> =
        sqlx::query_as("SELECT grant_text, access_token FROM credentials WHERE id = $1")
            .bind(id)
            .fetch_optional(store.pool())
            .await?;
    sealed.ok_or(Error::NotFound("credential"))?.open(store, id)
}

/// Whether to wait for another process that is renewing the same credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitPolicy {
    /// Wait until the other process has finished.
    ForOthers,
    /// Do not wait.
    Never,
}

/// A credential that no other process can renew while this value is alive.
pub struct LockedCredential {
    transaction: Transaction<'static, Postgres>,
    store: Store,
    id: Uuid,
    /// The credential, as it was when the lock was acquired.
    pub stored: StoredCredential,
}

/// Locks a credential. Returns `None` if another process holds the lock and `wait` is [`WaitPolicy::Never`].
///
/// # Errors
/// Returns [`Error::NotFound`] if the credential does not exist, or an error if the other process takes longer than
/// 20 seconds.
pub async fn lock(store: &Store, id: Uuid, wait: WaitPolicy) -> Result<Option<LockedCredential>> {
    let mut transaction = store.begin().await?;
    sqlx::query(LOCK_TIMEOUT).execute(&mut *transaction).await?;
    let sql = match wait {
        WaitPolicy::ForOthers => {
            "SELECT grant_text, access_token FROM credentials WHERE id = $1 FOR NO KEY UPDATE"
        }
        WaitPolicy::Never => {
            "SELECT grant_text, access_token FROM credentials WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED"
        }
    };
    let sealed: Option<Sealed> = sqlx::query_as(sql).bind(id).fetch_optional(&mut *transaction).await?;
    match sealed {
        Some(sealed) => {
            let stored = sealed.open(store, id)?;
            Ok(Some(LockedCredential { transaction, store: store.clone(), id, stored }))
        }
        None if wait == WaitPolicy::Never => Ok(None),
        None => Err(Error::NotFound("credential")),
    }
}

impl LockedCredential {
    /// Stores a new token, and the grant for the next renewal if the server replaced it.
    ///
    /// # Errors
    /// Returns an error if the database fails; the token is then lost.
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

    /// Records why a renewal failed. The message must not contain secrets.
    ///
    /// # Errors
    /// Returns an error if the database fails.
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

/// Returns a keyed hash that identifies a grant without revealing it.
fn fingerprint(store: &Store, grant: &[u8]) -> Vec<u8> {
    store.keyring().lookup("credentials.grant", grant).to_vec()
}

fn grant_of(id: Uuid) -> CiphertextLocation<'static> {
    CiphertextLocation { column: "credentials.grant_text", row: id }
}

fn token_of(id: Uuid) -> CiphertextLocation<'static> {
    CiphertextLocation { column: "credentials.access_token", row: id }
}
