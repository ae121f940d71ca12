//! What a destination proves its identity with: a secret that stays, or access tokens that expire and are renewed.
//!
//! This module exchanges a [`Grant`] for an access token and keeps nothing. Storing both, and making sure that only one
//! process renews a token at a time, is the caller's part: it hands a destination [`AccessTokens`].

mod exchange;
mod grant;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use engine::sync::backoff::Failure;
use serde::{Deserialize, Serialize};

pub use self::exchange::{Exchanged, TokenEndpoint};
pub use self::grant::{ClientAuthentication, Grant, SecretText};
use crate::destination::WriteError;

/// Longest time before its expiry at which a token is renewed; a fifth of its life where that is shorter.
const RENEW_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// What a destination is opened with.
#[derive(Clone)]
pub enum Credential<'a> {
    /// Nothing.
    None,
    /// A password or key that stays the same.
    Secret(&'a [u8]),
    /// Access tokens that are renewed.
    Tokens(Arc<dyn AccessTokens>),
}

impl<'a> Credential<'a> {
    /// Returns the secret that stays the same, if that is what it is.
    pub fn secret(&self) -> Option<&'a [u8]> {
        if let Self::Secret(secret) = self { Some(secret) } else { None }
    }
}

impl<'a> From<Option<&'a [u8]>> for Credential<'a> {
    fn from(secret: Option<&'a [u8]>) -> Self {
        secret.map_or(Self::None, Self::Secret)
    }
}

/// Where a destination gets its access tokens.
#[async_trait::async_trait]
pub trait AccessTokens: Send + Sync {
    /// Returns a token that is valid now.
    ///
    /// # Errors
    /// [`CredentialError`] when there is none and none can be obtained.
    async fn token(&self) -> Result<AccessToken, CredentialError>;

    /// Returns a token in place of one that the destination refused: the one that another process has obtained meanwhile, or a
    /// new one.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, CredentialError>;
}

/// A token that opens a destination for a while.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    secret: SecretText,
    issued_at: DateTime<Utc>,
    /// `None` where the server did not say: it is valid until it is refused.
    expires_at: Option<DateTime<Utc>>,
}

/// How much life is left in an [`AccessToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Enough.
    Fresh,
    /// It still opens the destination and should be renewed.
    Due,
    /// None.
    Expired,
}

impl AccessToken {
    /// A token that was issued at an instant and is valid for so long.
    pub fn new(secret: SecretText, issued_at: DateTime<Utc>, valid_for: Option<TimeDelta>) -> Self {
        let expires_at = valid_for.and_then(|valid_for| issued_at.checked_add_signed(valid_for));
        Self { secret, issued_at, expires_at }
    }

    /// Returns the token itself.
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// Returns how much life is left in it.
    pub fn freshness(&self, now: DateTime<Utc>) -> Freshness {
        let Some(expires_at) = self.expires_at else { return Freshness::Fresh };
        let ahead = RENEW_AHEAD.min((expires_at - self.issued_at) / 5);
        if now >= expires_at {
            Freshness::Expired
        } else if now >= expires_at - ahead {
            Freshness::Due
        } else {
            Freshness::Fresh
        }
    }
}

impl fmt::Debug for AccessToken {
    /// Leaves out the token itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Why there is no access token. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// It may work later: the token endpoint or our own database is away.
    #[error("{0}")]
    Unavailable(String),
    /// The grant is refused: a person has to connect the account again.
    #[error("{0}")]
    Refused(String),
}

impl From<CredentialError> for WriteError {
    fn from(error: CredentialError) -> Self {
        match &error {
            CredentialError::Unavailable(message) => Self::new(Failure::Retry, message),
            CredentialError::Refused(message) => Self::new(Failure::NeedsPerson, message).pausing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_ahead_of_its_expiry() {
        let issued: DateTime<Utc> = "2026-11-22T09:00:00Z".parse().unwrap();
        let token = |minutes| AccessToken::new("t".into(), issued, Some(TimeDelta::minutes(minutes)));
        let after = |token: &AccessToken, seconds| token.freshness(issued + TimeDelta::seconds(seconds));
        let hour = token(60);
        assert_eq!(after(&hour, 0), Freshness::Fresh);
        assert_eq!(after(&hour, 55 * 60 - 1), Freshness::Fresh);
        assert_eq!(after(&hour, 55 * 60), Freshness::Due);
        assert_eq!(after(&hour, 60 * 60), Freshness::Expired);
        let short = token(5);
        assert_eq!((after(&short, 239), after(&short, 240)), (Freshness::Fresh, Freshness::Due));
        let endless = AccessToken::new("t".into(), issued, None);
        assert_eq!(after(&endless, i64::from(i32::MAX)), Freshness::Fresh);
    }

    #[test]
    fn nothing_shows_a_token() {
        let token = AccessToken::new("geheim".into(), Utc::now(), None);
        assert!(!format!("{token:?} {:?}", SecretText::from("geheim")).contains("geheim"));
    }
}
