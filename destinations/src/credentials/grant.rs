//! What access tokens are obtained with.

use std::fmt;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::http::is_loopback;
use crate::kinds::{OpenError, SecretSource};

/// A secret text. It is wiped from memory when it is dropped, and neither shown nor logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Returns the secret, for whoever has to send it.
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

/// What access tokens are obtained with, at whose token endpoint (RFC 6749 §3.2).
// As it is stored, `S` is the secret; as it is written in a file, `S` says where the secret is. The file's schema shows the lines above.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "grant",
    rename_all = "snake_case",
    deny_unknown_fields,
    bound(deserialize = "S: Deserialize<'de>")
)]
pub enum Grant<S = SecretText> {
    /// A refresh token that a person's consent gave us (RFC 6749 §6).
    RefreshToken {
        /// The token endpoint.
        token_url: String,
        /// Our id there.
        client_id: String,
        /// Our secret there; a public client has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_secret: Option<S>,
        /// How the secret is sent.
        #[serde(default)]
        client_authentication: ClientAuthentication,
        /// The refresh token. Servers may replace it with every exchange.
        refresh_token: S,
        /// The rights asked for; those of the consent when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
    },
    /// A service account that signs an assertion about itself (RFC 7523 §2.1).
    ServiceAccount {
        /// The token endpoint.
        token_url: String,
        /// Who signs: the account's address, or the client's id.
        issuer: String,
        /// For whom it acts; the issuer when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        /// For whom the assertion is meant; the token endpoint when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
        /// The rights asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        /// The id of the key, where the account has several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<String>,
        /// The RSA private key, PEM.
        private_key: S,
    },
}

/// How a client authenticates at the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In a header, as every server has to support it.
    #[default]
    Header,
    /// In the body, as some services want it.
    Body,
}

impl Grant<SecretSource> {
    /// Reads the secrets. `folder` is that of the file which names them.
    ///
    /// # Errors
    /// When a secret is not there, or the grant makes no sense.
    pub fn with_secrets(&self, folder: &Path) -> Result<Grant, OpenError> {
        let secret = |source: &SecretSource| {
            let bytes = source.read(folder)?;
            let text = std::str::from_utf8(&bytes).map_err(|_| OpenError::Secret("it is not text".into()))?;
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
    /// Reads a grant as it is stored.
    ///
    /// # Errors
    /// [`OpenError::Secret`] says what is wrong with it, without repeating any of it.
    pub fn read(bytes: &[u8]) -> Result<Self, OpenError> {
        let grant: Self = serde_json::from_slice(bytes)
            .map_err(|_| OpenError::Secret("the credential is not in a known form".into()))?;
        grant.endpoint()?;
        Ok(grant)
    }

    /// Returns the token endpoint. It gets secrets, so plain HTTP is for this machine only.
    ///
    /// # Errors
    /// [`OpenError::Secret`] when it is not such an address.
    pub fn endpoint(&self) -> Result<Url, OpenError> {
        let (Self::RefreshToken { token_url, .. } | Self::ServiceAccount { token_url, .. }) = self;
        Url::parse(token_url)
            .ok()
            .filter(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
            .ok_or_else(|| OpenError::Secret("`token_url` has to start with https://".into()))
    }

    /// Returns the same grant with the refresh token that took the place of the old one.
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
    fn a_file_says_where_secrets_are_and_holds_none() {
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
