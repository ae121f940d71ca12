//! Exchanges a grant for an access token.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use engine::sync::backoff::FailureKind;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, Scope,
    TokenResponse as _, TokenUrl,
};
use reqwest::{Client, StatusCode};
use serde_json::json;
use url::Url;

use super::{AccessToken, ClientAuthentication, CredentialError, Grant, SecretText};
use crate::http;
use crate::kinds::OpenError;
use crate::network::NetworkExceptions;

/// A token endpoint that has not answered within this time is considered down.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The lifetime of a signed assertion: long enough for clock differences, short enough to be useless if leaked.
const ASSERTION_LIFE: TimeDelta = TimeDelta::minutes(5);
/// The grant type of an assertion (RFC 7523 §2.1).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The result of an exchange.
#[derive(Debug)]
pub struct ExchangeResult {
    /// The access token.
    pub token: AccessToken,
    /// The grant to use for the next exchange, if the server replaced the refresh token.
    pub rotated: Option<Grant>,
}

/// A client for the token endpoint of a grant.
pub struct TokenEndpoint {
    client: Client,
    url: Url,
}

impl TokenEndpoint {
    /// Creates a client for the token endpoint of a grant.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if the grant's token endpoint is invalid.
    pub fn of(grant: &Grant) -> Result<Self, OpenError> {
        let url = grant.endpoint()?;
        Ok(Self { client: http::client(&url, TIMEOUT, &NetworkExceptions::default())?, url })
    }

    /// Exchanges the grant for an access token.
    ///
    /// # Errors
    /// Returns a [`CredentialError`] if the endpoint does not answer or refuses the grant.
    pub async fn exchange(&self, grant: &Grant) -> Result<ExchangeResult, CredentialError> {
        let issued_at = Utc::now();
        let answer = match grant {
            Grant::RefreshToken {
                client_id,
                client_secret,
                client_authentication,
                refresh_token,
                scopes,
                ..
            } => {
                let mut client = BasicClient::new(ClientId::new(client_id.clone()));
                if let Some(secret) = client_secret {
                    client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
                }
                let client = client
                    .set_auth_type(match client_authentication {
                        ClientAuthentication::Header => AuthType::BasicAuth,
                        ClientAuthentication::Body => AuthType::RequestBody,
                    })
                    .set_token_uri(TokenUrl::from_url(self.url.clone()));
                client
                    .exchange_refresh_token(&RefreshToken::new(refresh_token.expose().to_owned()))
                    .add_scopes(scopes.iter().cloned().map(Scope::new))
                    .request_async(&|request| self.send(request))
                    .await
                    .map_err(|error| self.refused(error))?
            }
            Grant::ServiceAccount { .. } => {
                let form = [("grant_type", JWT_BEARER), ("assertion", &self.assertion(grant, issued_at)?)];
                self.post(&form).await?
            }
        };
        let valid_for = answer.expires_in().and_then(|valid_for| TimeDelta::from_std(valid_for).ok());
        let secret = SecretText::from(answer.access_token().secret().clone());
        let rotated = answer.refresh_token().map(|token| grant.rotated(token.secret().clone().into()));
        Ok(ExchangeResult {
            token: AccessToken::new(secret, issued_at, valid_for),
            rotated: rotated.filter(|rotated| rotated != grant),
        })
    }

    /// Signs the assertion of a service account.
    fn assertion(&self, grant: &Grant, now: DateTime<Utc>) -> Result<String, CredentialError> {
        let Grant::ServiceAccount { issuer, subject, audience, scopes, key_id, private_key, .. } = grant
        else {
            return Err(CredentialError::Refused("only a service account can sign assertions".into()));
        };
        let unusable = |_| CredentialError::Refused("the private key is not an RSA key in PEM format".into());
        let key = EncodingKey::from_rsa_pem(private_key.expose().as_bytes()).map_err(unusable)?;
        let mut claims = json!({
            "iss": issuer,
            "sub": subject.as_ref().unwrap_or(issuer),
            "aud": audience.as_deref().unwrap_or(self.url.as_str()),
            "iat": now.timestamp(),
            "exp": (now + ASSERTION_LIFE).timestamp(),
        });
        if !scopes.is_empty() {
            claims["scope"] = scopes.join(" ").into();
        }
        let header = Header { kid: key_id.clone(), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &key).map_err(unusable)
    }

    async fn post(&self, form: &[(&str, &str)]) -> Result<BasicTokenResponse, CredentialError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = reqwest::Request::try_from(
            ::http::Request::post(self.url.as_str())
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .body(body.into_bytes())
                .map_err(|_| self.unreadable())?,
        )
        .map_err(|_| self.unreadable())?;
        let (status, body) = self.answer(request).await?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| self.unreadable());
        }
        match serde_json::from_slice::<BasicErrorResponse>(&body) {
            Ok(error) => Err(self.refusal(error.error())),
            Err(_) => Err(self.unreadable()),
        }
    }

    /// Sends a request of the `oauth2` crate.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CredentialError> {
        let request = reqwest::Request::try_from(request).map_err(|_| self.unreadable())?;
        let (status, body) = self.answer(request).await?;
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        Ok(response)
    }

    /// Sends a request. A response that only asks to retry later is returned as an error.
    async fn answer(&self, request: reqwest::Request) -> Result<(StatusCode, Vec<u8>), CredentialError> {
        let no_answer = |error: reqwest::Error| {
            CredentialError::Unavailable(http::no_answer(&self.url, TIMEOUT, &error).message)
        };
        let response = self.client.execute(request).await.map_err(no_answer)?;
        let status = response.status();
        if let Some(rule) = http::status::rule(status, None, Utc::now())
            && rule.failure != FailureKind::NeedsPerson
        {
            return Err(CredentialError::Unavailable(rule.error(&http::host(&self.url)).message));
        }
        Ok((status, response.bytes().await.map_err(no_answer)?.to_vec()))
    }

    fn refused(&self, error: RequestTokenError<CredentialError, BasicErrorResponse>) -> CredentialError {
        match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(answer) => self.refusal(answer.error()),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => self.unreadable(),
        }
    }

    /// Reports only the error code: a description is free text and may repeat parts of the request.
    fn refusal(&self, code: &BasicErrorResponseType) -> CredentialError {
        let host = http::host(&self.url);
        CredentialError::Refused(match code {
            BasicErrorResponseType::InvalidGrant => {
                format!("{host} refused the grant (invalid_grant): reconnect the account")
            }
            BasicErrorResponseType::Extension(_) => format!("{host} refused the grant"),
            code => format!("{host} refused the grant ({})", code.as_ref()),
        })
    }

    fn unreadable(&self) -> CredentialError {
        CredentialError::Refused(format!("{} did not answer like a token endpoint", http::host(&self.url)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::KeyPair as _;
    use axum::extract::State;
    use axum::routing::post;
    use axum::{Form, Json, Router};
    use base64::Engine as _;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;
    use crate::credentials::Freshness;

    type Forms = Arc<Mutex<Vec<Vec<(String, String)>>>>;

    async fn endpoint() -> (String, Forms) {
        let forms = Forms::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let answer = |State(forms): State<Forms>, Form(form): Form<Vec<(String, String)>>| async move {
            forms.lock().unwrap().push(form);
            Json(json!({"access_token": "access", "token_type": "Bearer", "expires_in": 3599}))
        };
        let app = Router::new().route("/token", post(answer)).with_state(forms.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (url, forms)
    }

    #[tokio::test]
    async fn a_service_account_signs_its_issuer_scopes_and_audience() {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let pem = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
        let (token_url, forms) = endpoint().await;
        let grant = Grant::ServiceAccount {
            token_url: token_url.clone(),
            issuer: "meshline@acme.example".into(),
            subject: Some("sales@acme.example".into()),
            audience: None,
            scopes: vec!["calendar".into(), "mail".into()],
            key_id: Some("k1".into()),
            private_key: format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----").into(),
        };
        let exchanged = TokenEndpoint::of(&grant).unwrap().exchange(&grant).await.unwrap();
        assert_eq!((exchanged.token.secret(), exchanged.rotated.is_none()), ("access", true));
        assert_eq!(exchanged.token.freshness(Utc::now()), Freshness::Fresh);

        let form = forms.lock().unwrap().remove(0);
        assert_eq!(form[0], ("grant_type".to_owned(), JWT_BEARER.to_owned()));
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[&token_url]);
        validation.set_issuer(&["meshline@acme.example"]);
        let public = DecodingKey::from_rsa_der(key.public_key().as_ref());
        let decoded = jsonwebtoken::decode::<Value>(&form[1].1, &public, &validation).unwrap();
        assert_eq!(decoded.header.kid.as_deref(), Some("k1"));
        assert_eq!(
            (&decoded.claims["sub"], &decoded.claims["scope"]),
            (&json!("sales@acme.example"), &json!("calendar mail"))
        );
        assert_eq!(decoded.claims["exp"].as_i64().unwrap() - decoded.claims["iat"].as_i64().unwrap(), 300);
    }

    #[tokio::test]
    async fn an_invalid_key_needs_a_person_and_is_not_repeated() {
        let (token_url, _) = endpoint().await;
        let grant = Grant::ServiceAccount {
            token_url,
            issuer: "us".into(),
            subject: None,
            audience: None,
            scopes: Vec::new(),
            key_id: None,
            private_key: "geheim".into(),
        };
        let error = TokenEndpoint::of(&grant).unwrap().exchange(&grant).await.unwrap_err();
        assert!(
            matches!(&error, CredentialError::Refused(message) if !message.contains("geheim")),
            "{error}"
        );
    }
}
