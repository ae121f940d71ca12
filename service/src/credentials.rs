//! Access tokens stored in the database and renewed by one process at a time.
//!
//! A token is renewed ahead of its expiry, and once when a destination rejects it. The renewing process holds the lock on the
//! credential's row. Other processes keep using their token while it is valid. Once it expires, they wait for the lock and then
//! find the new token.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::Utc;
use destinations::credentials::{Freshness, Grant, TokenEndpoint};
use destinations::{AccessToken, AccessTokens, CredentialError};
use store::credentials::{self, LockedCredential, StoredCredential, WaitPolicy};
use store::{Error, Store};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use uuid::Uuid;

/// The access tokens of one credential. Clones share their cached token.
#[derive(Clone)]
pub struct StoredTokens {
    store: Store,
    id: Uuid,
    /// The token that this process used last.
    current: Arc<RwLock<Option<AccessToken>>>,
    /// Held during a renewal, so that a process sends only one request to the database.
    renewing: Arc<Mutex<()>>,
}

/// The token that a caller needs.
#[derive(Clone)]
enum Wanted {
    /// A token that has not expired. One that is due for renewal is renewed, unless another process is already renewing it.
    Valid,
    /// A token other than this one.
    Other(AccessToken),
}

impl StoredTokens {
    /// Creates the tokens of a credential. Reads nothing until a token is requested.
    pub fn new(store: Store, id: Uuid) -> Self {
        Self { store, id, current: Arc::default(), renewing: Arc::default() }
    }

    /// Returns a token and renews it if necessary.
    ///
    /// A renewal always runs to completion on a blocking thread. If a caller that stops waiting could cancel it between the
    /// server's answer and the write to the database, a rotated refresh token would be lost.
    async fn obtain(&self, wanted: Wanted) -> Result<AccessToken, CredentialError> {
        if let Some(token) = self.known().filter(|token| wanted.is_met_by(token)) {
            return Ok(token);
        }
        let (tokens, runtime) = (self.clone(), Handle::current());
        let obtained = tokio::task::spawn_blocking(move || runtime.block_on(tokens.obtain_in_turn(&wanted)));
        obtained.await.unwrap_or_else(|error| Err(CredentialError::Unavailable(error.to_string())))
    }

    /// Waits for a renewal under way in this process, unless the cached token is usable.
    async fn obtain_in_turn(&self, wanted: &Wanted) -> Result<AccessToken, CredentialError> {
        let usable = self.known().filter(|token| wanted.is_usable(token));
        let _renewing = match (self.renewing.try_lock(), usable) {
            (Ok(renewing), _) => renewing,
            (Err(_), Some(token)) => return Ok(token),
            (Err(_), None) => self.renewing.lock().await,
        };
        if let Some(token) = self.known().filter(|token| wanted.is_met_by(token)) {
            return Ok(token);
        }
        let token = self.stored_or_renewed(wanted).await?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    fn known(&self) -> Option<AccessToken> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn stored_or_renewed(&self, wanted: &Wanted) -> Result<AccessToken, CredentialError> {
        let stored = token_of(&credentials::read(&self.store, self.id).await.map_err(unavailable)?)?;
        let usable = stored.filter(|token| wanted.is_usable(token));
        if let Some(token) = usable.as_ref().filter(|token| wanted.is_met_by(token)) {
            return Ok(token.clone());
        }
        let wait = if usable.is_some() { WaitPolicy::Never } else { WaitPolicy::ForOthers };
        let locked = credentials::lock(&self.store, self.id, wait).await.map_err(unavailable)?;
        match (locked, usable) {
            (Some(locked), usable) => match renew(locked, wanted).await {
                // The current token remains valid a little longer.
                Err(error) if usable.is_some() => {
                    tracing::warn!(%error, "an access token could not be renewed ahead of its expiry");
                    usable.ok_or(error)
                }
                renewed => renewed,
            },
            (None, Some(usable)) => Ok(usable),
            (None, None) => Err(CredentialError::Unavailable("another process renews the token".into())),
        }
    }
}

#[async_trait::async_trait]
impl AccessTokens for StoredTokens {
    async fn token(&self) -> Result<AccessToken, CredentialError> {
        self.obtain(Wanted::Valid).await
    }

    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, CredentialError> {
        self.obtain(Wanted::Other(refused.clone())).await
    }
}

impl Wanted {
    /// Returns whether a token makes a renewal unnecessary.
    fn is_met_by(&self, token: &AccessToken) -> bool {
        token.freshness(Utc::now()) == Freshness::Fresh && self.is_usable(token)
    }

    /// Returns whether a token is usable while a renewal is pending.
    fn is_usable(&self, token: &AccessToken) -> bool {
        let is_other = if let Self::Other(refused) = self { token != refused } else { true };
        is_other && token.freshness(Utc::now()) != Freshness::Expired
    }
}

/// Obtains a token, unless another process did so before this one acquired the lock.
async fn renew(locked: LockedCredential, wanted: &Wanted) -> Result<AccessToken, CredentialError> {
    if let Some(token) = token_of(&locked.stored)?.filter(|token| wanted.is_met_by(token)) {
        return Ok(token);
    }
    match exchange(&locked.stored).await {
        Ok((token, grant)) => {
            let sealed = serde_json::to_vec(&token).map_err(unwritable)?;
            let grant = grant.as_ref().map(serde_json::to_vec).transpose().map_err(unwritable)?;
            locked.renewed(&sealed, grant.as_deref(), Utc::now()).await.map_err(unavailable)?;
            metrics::counter!("meshline_credential_renewals_total", "result" => "renewed").increment(1);
            Ok(token)
        }
        Err(error) => {
            metrics::counter!("meshline_credential_renewals_total", "result" => "failed").increment(1);
            locked.failed(&error.to_string()).await.map_err(unavailable)?;
            Err(error)
        }
    }
}

async fn exchange(stored: &StoredCredential) -> Result<(AccessToken, Option<Grant>), CredentialError> {
    let refused = |error: destinations::OpenError| CredentialError::Refused(error.to_string());
    let grant = Grant::read(&stored.grant).map_err(refused)?;
    let exchanged = TokenEndpoint::of(&grant).map_err(refused)?.exchange(&grant).await?;
    Ok((exchanged.token, exchanged.rotated))
}

fn token_of(stored: &StoredCredential) -> Result<Option<AccessToken>, CredentialError> {
    let read = |bytes: &zeroize::Zeroizing<Vec<u8>>| serde_json::from_slice(bytes).map_err(unwritable);
    stored.token.as_ref().map(read).transpose()
}

fn unavailable(error: Error) -> CredentialError {
    CredentialError::Unavailable(error.to_string())
}

/// Discards the details of the error, since they may repeat parts of the token.
fn unwritable(_: serde_json::Error) -> CredentialError {
    CredentialError::Refused("the stored token is not in a known form".into())
}
