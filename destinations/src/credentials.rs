//! How a destination authenticates: with a fixed secret, or with access tokens that expire and are renewed.
//!
//! This module exchanges a [`Grant`] for an access token and stores nothing. Storing both, and ensuring that only one process
//! renews a token at a time, is up to the caller, which passes a destination its [`AccessTokens`].

mod exchange;
mod grant;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use engine::sync::backoff::FailureKind;
use serde::{Deserialize, Serialize};

pub use self::exchange::{ExchangeResult, TokenEndpoint};
pub use self::grant::{ClientAuthentication, Grant, SecretText};
use crate::destination::WriteError;

/// How long before its expiry a token is renewed; a fifth of its lifetime if that is shorter.
const RENEW_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The credential that a destination is opened with.
#[derive(Clone)]
pub enum Credential<'a> {
    /// No credential.
    None,
    /// A password or key that does not change.
    Secret(&'a [u8]),
    /// Access tokens that are renewed.
    Tokens(Arc<dyn AccessTokens>),
}

impl<'a> Credential<'a> {
    /// Returns the fixed secret, or `None` for any other credential.
    pub fn secret(&self) -> Option<&'a [u8]> {
        if let Self::Secret(secret) = self { Some(secret) } else { None }
    }
}

impl<'a> From<Option<&'a [u8]>> for Credential<'a> {
    fn from(secret: Option<&'a [u8]>) -> Self {
        secret.map_or(Self::None, Self::Secret)
    }
}

/// A source of access tokens for a destination.
#[async_trait::async_trait]
pub trait AccessTokens: Send + Sync {
    /// Returns a token that is valid now.
    ///
    /// # Errors
    /// Returns a [`CredentialError`] if there is no token and none can be obtained.
    async fn token(&self) -> Result<AccessToken, CredentialError>;

    /// Returns a replacement for a token that the destination refused: the one that another process has obtained in the
    /// meantime, or a new one.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, CredentialError>;
}

/// A token that grants access to a destination for a limited time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    secret: SecretText,
    issued_at: DateTime<Utc>,
    /// The end of the token's validity. `None` if the server did not specify it: the token is used until it is refused.
    expires_at: Option<DateTime<Utc>>,
}

/// The remaining validity of an [`AccessToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Valid for long enough.
    Fresh,
    /// Still valid, but due for renewal.
    Due,
    /// No longer valid.
    Expired,
}

impl AccessToken {
    /// Creates a token from its time of issue and its lifetime.
    pub fn new(secret: SecretText, issued_at: DateTime<Utc>, valid_for: Option<TimeDelta>) -> Self {
        let expires_at = valid_for.and_then(|valid_for| issued_at.checked_add_signed(valid_for));
        Self { secret, issued_at, expires_at }
    }

    /// Returns the token itself.
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// Returns the remaining validity at `now`.
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
    /// Omits the token itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A failure to obtain an access token. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A temporary failure: the token endpoint or our own database is unavailable.
    #[error("{0}")]
    Unavailable(String),
    /// The grant was refused: a person has to reconnect the account.
    #[error("{0}")]
    Refused(String),
}

impl From<CredentialError> for WriteError {
    fn from(error: CredentialError) -> Self {
        match &error {
            CredentialError::Unavailable(message) => Self::new(FailureKind::Retry, message),
            CredentialError::Refused(message) => Self::new(FailureKind::NeedsPerson, message).pausing(),
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
    fn debug_output_omits_the_token() {
        let token = AccessToken::new("geheim".into(), Utc::now(), None);
        assert!(!format!("{token:?} {:?}", SecretText::from("geheim")).contains("geheim"));
    }
}
