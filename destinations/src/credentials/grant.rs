//! Grants, from which access tokens are obtained.

use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::kinds::{OpenError, SecretSource};
use crate::network::is_loopback;

/// A secret string. It is wiped from memory when dropped, and never displayed or logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Returns the secret, for sending it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<SecretText> for String {
    fn from(text: SecretText) -> Self {
        text.expose().to_owned()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The grant that access tokens are obtained with, and its token endpoint (RFC 6749 §3.2).
// In storage, `S` is the secret itself; in a workflow file, `S` says where the secret is. The line above appears in the file's schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "grant",
    rename_all = "snake_case",
    deny_unknown_fields,
    bound(deserialize = "S: Deserialize<'de>")
)]
pub enum Grant<S = SecretText> {
    /// A refresh token, obtained with a person's consent (RFC 6749 §6).
    RefreshToken {
        /// The token endpoint.
        token_url: String,
        /// The client id at the token endpoint.
        client_id: String,
        /// The client secret; a public client has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_secret: Option<S>,
        /// How the client secret is sent.
        #[serde(default)]
        client_authentication: ClientAuthentication,
        /// The refresh token. Servers may replace it with every exchange.
        refresh_token: S,
        /// The scopes to request; those of the consent if empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
    },
    /// A service account that signs an assertion about itself (RFC 7523 §2.1).
    ServiceAccount {
        /// The token endpoint.
        token_url: String,
        /// The account's address, or the client id: the issuer of the assertion.
        issuer: String,
        /// The user to act as; the issuer if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        /// The audience of the assertion; the token endpoint if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
        /// The scopes to request.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        /// The id of the key, if the account has several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<String>,
        /// The RSA private key, in PEM format.
        private_key: S,
    },
}

/// How a client authenticates at the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In a header, which every server must support.
    #[default]
    Header,
    /// In the body, which some services require.
    Body,
}

impl Grant<SecretSource> {
    /// Reads the secrets. `folder` is the folder of the file that refers to them.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if a secret is missing or the grant is invalid.
    pub fn with_secrets(&self, folder: &Path) -> Result<Grant, OpenError> {
        let secret = |source: &SecretSource| {
            let bytes = source.read(folder)?;
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| OpenError::Secret("the secret is not valid UTF-8".into()))?;
            Ok::<_, OpenError>(SecretText::from(text))
        };
        let grant = match self.clone() {
            Self::RefreshToken {
                token_url,
                client_id,
                client_secret,
                client_authentication,
                refresh_token,
                scopes,
            } => Grant::RefreshToken {
                token_url,
                client_id,
                client_secret: client_secret.as_ref().map(secret).transpose()?,
                client_authentication,
                refresh_token: secret(&refresh_token)?,
                scopes,
            },
            Self::ServiceAccount { token_url, issuer, subject, audience, scopes, key_id, private_key } => {
                Grant::ServiceAccount {
                    token_url,
                    issuer,
                    subject,
                    audience,
                    scopes,
                    key_id,
                    private_key: secret(&private_key)?,
                }
            }
        };
        grant.endpoint()?;
        Ok(grant)
    }
}

impl Grant {
    /// Parses a stored grant.
    ///
    /// # Errors
    /// Returns an [`OpenError::Secret`] that describes the problem without repeating any of the grant.
    pub fn read(bytes: &[u8]) -> Result<Self, OpenError> {
        let grant: Self = serde_json::from_slice(bytes)
            .map_err(|_| OpenError::Secret("the stored credential has an unknown format".into()))?;
        grant.endpoint()?;
        Ok(grant)
    }

    /// Returns the URL of the token endpoint. Secrets are sent to it, so plain HTTP is allowed only on loopback.
    ///
    /// # Errors
    /// Returns an [`OpenError::Secret`] for any other URL.
    pub fn endpoint(&self) -> Result<Url, OpenError> {
        let (Self::RefreshToken { token_url, .. } | Self::ServiceAccount { token_url, .. }) = self;
        Url::parse(token_url)
            .ok()
            .filter(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
            .ok_or_else(|| OpenError::Secret("`token_url` must start with https://".into()))
    }

    /// Returns a copy of the grant with a new refresh token.
    pub fn rotated(&self, refresh_token: SecretText) -> Self {
        let mut grant = self.clone();
        if let Self::RefreshToken { refresh_token: old, .. } = &mut grant {
            *old = refresh_token;
        }
        grant
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_refers_to_secrets_and_contains_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "geheim\n").unwrap();
        let written = json!({"grant": "refresh_token", "token_url": "https://id.example/token", "client_id": "us", "refresh_token": {"file": "token"}});
        let file: Grant<SecretSource> = serde_json::from_value(written.clone()).unwrap();
        let grant = file.with_secrets(folder.path()).unwrap();
        let stored = serde_json::to_vec(&grant).unwrap();
        assert_eq!(Grant::read(&stored).unwrap(), grant);
        assert!(
            matches!(&grant, Grant::RefreshToken { refresh_token, .. } if refresh_token.expose() == "geheim")
        );
        assert!(!format!("{grant:?}").contains("geheim"));
        let mut inline = written.clone();
        inline["refresh_token"] = "geheim".into();
        let error = serde_json::from_value::<Grant<SecretSource>>(inline).unwrap_err().to_string();
        assert!(!error.contains("geheim"), "{error}");
        for url in ["http://id.example/token", "ftp://id.example/", "id.example"] {
            let mut other = written.clone();
            other["token_url"] = url.into();
            let file: Grant<SecretSource> = serde_json::from_value(other).unwrap();
            assert!(matches!(file.with_secrets(folder.path()), Err(OpenError::Secret(_))), "{url}");
        }
    }

    #[test]
    fn a_rotated_grant_differs_in_its_refresh_token_only() {
        let grant = |token: &str| Grant::RefreshToken {
            token_url: "https://id.example/token".into(),
            client_id: "us".into(),
            client_secret: None,
            client_authentication: ClientAuthentication::Body,
            refresh_token: token.into(),
            scopes: vec!["calendar".into()],
        };
        assert_eq!(grant("old").rotated("new".into()), grant("new"));
    }
}
