//! How requests say who we are.

use std::sync::Arc;

use reqwest::{RequestBuilder, Response, StatusCode};
use zeroize::Zeroizing;

use crate::credentials::{AccessTokens, CredentialError};

/// Who we are to a server.
pub enum Auth {
    /// A user with a password (RFC 7617).
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A token that expires (RFC 6750).
    Bearer(Arc<dyn AccessTokens>),
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no token to send it with.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The network failed.
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
}

impl Auth {
    /// Sends a request. A token that the server refuses is replaced once, since it may have been revoked or may expire earlier
    /// than it said.
    ///
    /// # Errors
    /// [`SendError`] when no answer comes. A refused credential is an answer, with status 401.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, SendError> {
        let tokens = match self {
            Self::Basic { user, password } => {
                return Ok(request.basic_auth(user, Some(password.as_str())).send().await?);
            }
            Self::Bearer(tokens) => tokens,
        };
        let token = tokens.token().await?;
        let again = request.try_clone();
        let response = request.bearer_auth(token.secret()).send().await?;
        match again {
            Some(again) if response.status() == StatusCode::UNAUTHORIZED => {
                let token = tokens.replace(&token).await?;
                Ok(again.bearer_auth(token.secret()).send().await?)
            }
            _ => Ok(response),
        }
    }
}
