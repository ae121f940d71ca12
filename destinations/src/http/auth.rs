//! Authentication of requests.

use std::sync::Arc;

use reqwest::{RequestBuilder, Response, StatusCode};
use zeroize::Zeroizing;

use crate::credentials::{AccessTokens, CredentialError};

/// How requests authenticate to a server.
pub enum Auth {
    /// A user with a password (RFC 7617).
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A token that expires (RFC 6750).
    Bearer(Arc<dyn AccessTokens>),
}

/// The reason a request has no response.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No access token is available.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The network failed.
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
}

impl Auth {
    /// Sends a request. If the server refuses the token, it is replaced once, because it may have been revoked or have expired
    /// earlier than announced.
    ///
    /// # Errors
    /// Returns a [`SendError`] if there is no response. A refused credential is a response, with status 401.
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::Router;
    use axum::http::HeaderMap;
    use axum::routing::get;
    use chrono::Utc;

    use super::*;
    use crate::credentials::AccessToken;

    /// Issues tokens `t0`, `t1`, …: the next one with each replacement.
    #[derive(Default)]
    struct Numbered(Mutex<usize>);

    #[async_trait::async_trait]
    impl AccessTokens for Numbered {
        async fn token(&self) -> Result<AccessToken, CredentialError> {
            let number = *self.0.lock().unwrap();
            Ok(AccessToken::new(format!("t{number}").into(), Utc::now(), None))
        }

        async fn replace(&self, _: &AccessToken) -> Result<AccessToken, CredentialError> {
            *self.0.lock().unwrap() += 1;
            self.token().await
        }
    }

    /// Sends a request to a server that accepts only this token. Returns the status and how often a token was replaced.
    async fn asked(accepted: &'static str) -> (StatusCode, usize) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answer = move |headers: HeaderMap| async move {
            if headers["authorization"] == accepted { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(answer))).await });
        let tokens = Arc::new(Numbered::default());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = Auth::Bearer(tokens.clone()).send(client.get(url)).await.unwrap();
        let replaced = *tokens.0.lock().unwrap();
        (response.status(), replaced)
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_once() {
        assert_eq!(asked("Bearer t0").await, (StatusCode::OK, 0));
        assert_eq!(asked("Bearer t1").await, (StatusCode::OK, 1));
        assert_eq!(
            asked("Bearer t2").await,
            (StatusCode::UNAUTHORIZED, 1),
            "the second refusal is the answer"
        );
    }
}
