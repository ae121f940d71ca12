//! The kinds of destinations, their form in workflow files, and [`open`].

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use strum::VariantArray as _;
use zeroize::Zeroizing;

use crate::credentials::Credential;
use crate::destination::Destination;
use crate::{caldav, warehouse, webhook};

/// A system that Meshline can write to.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum DestinationKind {
    /// Calendars on a CalDAV server: one meeting per lead.
    Caldav,
    /// A Postgres warehouse: one row per decision.
    Postgres,
    /// A signed webhook.
    Webhook,
}

/// Returns every kind of destination.
pub fn kinds() -> &'static [DestinationKind] {
    DestinationKind::VARIANTS
}

/// A destination in a workflow file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DestinationFile {
    /// Calendars on a CalDAV server; the secret is the user's password.
    Caldav(DestinationFields<caldav::CaldavSettings>),
    /// A Postgres warehouse; the secret is the password of the user in the URL.
    Postgres(DestinationFields<warehouse::WarehouseSettings>),
    /// A signed webhook; the secret is the signing key, `whsec_…`.
    Webhook(DestinationFields<webhook::WebhookSettings>),
}

/// The fields of a destination besides its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationFields<S> {
    /// The settings, without secrets. Every signed-in user can read them.
    pub settings: S,
    /// Where the secret is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSource>,
}

impl DestinationFile {
    /// Returns the kind of the destination.
    pub fn kind(&self) -> DestinationKind {
        match self {
            Self::Caldav(_) => DestinationKind::Caldav,
            Self::Postgres(_) => DestinationKind::Postgres,
            Self::Webhook(_) => DestinationKind::Webhook,
        }
    }

    /// Returns the settings in the form in which they are stored.
    ///
    /// # Errors
    /// Fails only if serialization does, which cannot happen with strings and integers.
    pub fn settings(&self) -> Result<Json, serde_json::Error> {
        match self {
            Self::Caldav(parts) => serde_json::to_value(&parts.settings),
            Self::Postgres(parts) => serde_json::to_value(&parts.settings),
            Self::Webhook(parts) => serde_json::to_value(&parts.settings),
        }
    }

    /// Returns where the secret is stored.
    pub fn secret(&self) -> Option<&SecretSource> {
        match self {
            Self::Caldav(parts) => parts.secret.as_ref(),
            Self::Postgres(parts) => parts.secret.as_ref(),
            Self::Webhook(parts) => parts.secret.as_ref(),
        }
    }
}

/// Where a secret is stored. A file never contains the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "write {env: VARIABLE} or {file: PATH}; the secret itself does not belong in this file"
)]
pub enum SecretSource {
    /// In an environment variable.
    Env {
        /// The name of the variable.
        env: String,
    },
    /// In a file. A line break at its end is ignored.
    File {
        /// The path, relative to the folder of the file that refers to it.
        file: PathBuf,
    },
}

impl SecretSource {
    /// Reads the secret. `folder` is the folder of the file that refers to it.
    ///
    /// # Errors
    /// Returns [`OpenError::Secret`] if the secret is missing, empty or unreadable.
    pub fn read(&self, folder: &Path) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut secret = match self {
            Self::Env { env } => {
                std::env::var(env).map(|value| Zeroizing::new(value.into_bytes())).map_err(|_| {
                    OpenError::Secret(format!("the environment variable {env} is not set or not valid UTF-8"))
                })?
            }
            Self::File { file } => {
                let path = folder.join(file);
                let failed = |error: std::io::Error| {
                    OpenError::Secret(format!("the file {} cannot be read ({error})", path.display()))
                };
                std::fs::read(&path).map(Zeroizing::new).map_err(failed)?
            }
        };
        while secret.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            secret.pop();
        }
        if secret.is_empty() { Err(OpenError::Secret("the secret is empty".into())) } else { Ok(secret) }
    }
}

/// An error opening a destination. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The kind does not exist.
    #[error("unknown kind of destination `{0}`; available kinds: {known}", known = DestinationKind::VARIANTS.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", "))]
    Kind(String),
    /// The settings are invalid.
    #[error("settings: {0}")]
    Settings(String),
    /// The secret is invalid or missing.
    #[error("secret: {0}")]
    Secret(String),
}

/// Opens a destination. Validates settings and credential, and connects only when the destination is first used.
///
/// # Errors
/// Returns an [`OpenError`] that names the invalid setting or credential.
pub fn open<'a>(
    kind: &str,
    settings: &Json,
    credential: impl Into<Credential<'a>>,
) -> Result<Box<dyn Destination>, OpenError> {
    let credential = credential.into();
    match kind.parse().map_err(|_| OpenError::Kind(kind.to_owned()))? {
        DestinationKind::Caldav => Ok(Box::new(caldav::Caldav::open(&read(settings)?, credential)?)),
        DestinationKind::Postgres => {
            Ok(Box::new(warehouse::Warehouse::open(&read(settings)?, secret(&credential)?)?))
        }
        DestinationKind::Webhook => {
            Ok(Box::new(webhook::Webhook::open(&read(settings)?, secret(&credential)?)?))
        }
    }
}

/// Returns the secret for a destination that does not support access tokens.
fn secret<'a>(credential: &Credential<'a>) -> Result<Option<&'a [u8]>, OpenError> {
    match credential {
        Credential::None => Ok(None),
        Credential::Secret(secret) => Ok(Some(secret)),
        Credential::Tokens(_) => Err(OpenError::Secret(
            "this kind of destination needs a secret; it cannot use a credential with access tokens".into(),
        )),
    }
}

fn read<S: DeserializeOwned>(settings: &Json) -> Result<S, OpenError> {
    S::deserialize(settings).map_err(|error| OpenError::Settings(error.to_string()))
}

/// The time limit of one write, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(with = "u8", extend("minimum" = 1, "maximum" = 15))]
pub struct TimeoutSeconds(u8);

impl TimeoutSeconds {
    /// A write must end well before its lease of 25 seconds expires.
    const MAX: u8 = 15;

    /// Returns the limit as a duration.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0.into())
    }
}

impl Default for TimeoutSeconds {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<u8> for TimeoutSeconds {
    type Error = String;
    fn try_from(seconds: u8) -> Result<Self, String> {
        if (1..=Self::MAX).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(format!("between 1 and {} seconds", Self::MAX))
        }
    }
}

impl From<TimeoutSeconds> for u8 {
    fn from(seconds: TimeoutSeconds) -> Self {
        seconds.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::credentials::{AccessToken, AccessTokens, CredentialError};

    const KEY: &[u8] = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn refusal(kind: &str, settings: &Json, secret: Option<&[u8]>) -> String {
        open(kind, settings, secret).err().map(|error| error.to_string()).unwrap()
    }

    #[test]
    fn every_kind_opens_under_its_own_name() {
        for (kind, settings) in [
            (
                "caldav",
                json!({"url": "https://cal.example/", "user": "sales", "calendars": {"jane@acme.example": "/sales/jane/"}, "time_zone": "Europe/Berlin"}),
            ),
            ("postgres", json!({"url": "postgres://me@warehouse/db"})),
            ("webhook", json!({"url": "https://hooks.example/x"})),
        ] {
            assert_eq!(open(kind, &settings, Some(KEY)).unwrap().kind(), kind);
            assert!(kinds().iter().any(|known| known.to_string() == kind));
        }
        assert_eq!(
            refusal("fax", &json!({}), None),
            "unknown kind of destination `fax`; available kinds: `caldav`, `postgres`, `webhook`"
        );
    }

    #[test]
    fn settings_are_read_strictly() {
        let misspelt = json!({"url": "https://hooks.example/x", "timeout": 3});
        assert!(refusal("webhook", &misspelt, Some(KEY)).contains("unknown field `timeout`"));
        let long = json!({"url": "https://hooks.example/x", "timeout_seconds": 16});
        assert_eq!(refusal("webhook", &long, Some(KEY)), "settings: between 1 and 15 seconds");
        let retry = json!({"url": "https://hooks.example/x", "retry": {"attempts": 3}});
        assert_eq!(open("webhook", &retry, Some(KEY)).unwrap().limits().retry.attempts, 3);
    }

    #[test]
    fn addresses_with_secrets_in_them_are_refused_and_not_repeated() {
        for (kind, url) in [
            ("webhook", "https://me:geheim@hooks.example/x"),
            ("webhook", "https://geheim@hooks.example/x"),
            ("webhook", "ftp://geheim/"),
            ("webhook", "file:///etc/geheim"),
            ("webhook", "geheim"),
            ("postgres", "postgres://me:geheim@warehouse/db"),
            ("postgres", "postgres://warehouse?password=geheim"),
            ("postgres", "https://geheim/db"),
            ("postgres", "postgres://warehouse/"),
        ] {
            let message = refusal(kind, &json!({"url": url}), Some(KEY));
            assert!(message.starts_with("settings: ") && !message.contains("geheim"), "{url}: {message}");
        }
    }

    #[test]
    fn signing_keys_are_checked_and_not_repeated() {
        let url = json!({"url": "http://127.0.0.1/x"});
        for key in
            ["whsec_", "whsec_c2hvcnQ=", "whsec_!!geheim!!", "geheim", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        {
            let message = refusal("webhook", &url, Some(key.as_bytes()));
            assert!(message.starts_with("secret: ") && !message.contains("geheim"), "{key}: {message}");
        }
        assert!(refusal("webhook", &url, None).starts_with("secret: "));
    }

    #[test]
    fn settings_of_calendars_are_checked() {
        let good = json!({"url": "https://cal.example/", "user": "sales", "calendars": {"jane@acme.example": "/sales/jane"}, "time_zone": "Europe/Berlin"});
        assert!(open("caldav", &good, Some(b"secret".as_slice())).is_ok());
        for (setting, value, said) in [
            ("time_zone", json!("Mars/Olympus"), "`time_zone`"),
            ("calendars", json!({}), "`calendars`"),
            ("calendars", json!({"a@b.example": "//evil.example/"}), "`calendars`"),
            ("calendars", json!({"a@b.example": "/a/", "A@b.example": "/b/"}), "twice"),
            ("user", json!("a:b"), "`user`"),
            ("url", json!("https://sales:geheim@cal.example/"), "password as the secret"),
            ("working_hours", json!({"days": []}), "must not be empty"),
            ("working_hours", json!({"from": "17:00", "to": "09:00"}), "before"),
            ("working_hours", json!({"from": "9:00"}), "HH:MM"),
            ("meeting_minutes", json!(3), "between 5 and 480"),
            ("meeting_minutes", json!(480), ""),
            ("within_days", json!(61), "between 1 and 60"),
            ("notice_minutes", json!(20_160), "must not exceed"),
        ] {
            let mut settings = good.clone();
            settings[setting] = value.clone();
            if said.is_empty() {
                assert!(open("caldav", &settings, Some(b"secret".as_slice())).is_ok(), "{setting} {value}");
                continue;
            }
            let message = refusal("caldav", &settings, Some(b"secret".as_slice()));
            assert!(message.contains(said) && !message.contains("geheim"), "{setting} {value}: {message}");
        }
        assert!(refusal("caldav", &good, None).starts_with("secret: "));
    }

    #[test]
    fn tokens_are_for_calendars_without_a_user() {
        struct NoTokens;
        #[async_trait::async_trait]
        impl AccessTokens for NoTokens {
            async fn token(&self) -> Result<AccessToken, CredentialError> {
                Err(CredentialError::Refused("none".into()))
            }
            async fn replace(&self, _: &AccessToken) -> Result<AccessToken, CredentialError> {
                self.token().await
            }
        }
        let opened =
            |kind: &str, settings: &Json| open(kind, settings, Credential::Tokens(Arc::new(NoTokens)));
        let mut calendars = json!({"url": "https://cal.example/", "calendars": {"jane@acme.example": "/jane/"}, "time_zone": "Europe/Berlin"});
        assert!(opened("caldav", &calendars).is_ok());
        calendars["user"] = "sales".into();
        assert!(opened("caldav", &calendars).err().unwrap().to_string().contains("`user`"));
        for (kind, url) in
            [("webhook", "https://hooks.example/x"), ("postgres", "postgres://me@warehouse/db")]
        {
            let error = opened(kind, &json!({"url": url})).err().unwrap();
            assert!(matches!(error, OpenError::Secret(_)), "{kind}: {error}");
        }
    }

    #[test]
    fn a_file_names_the_secret_and_never_holds_it() {
        let file = json!({"kind": "webhook", "settings": {"url": "https://hooks.example/x"}, "secret": {"env": "HOOK_KEY"}});
        let read: DestinationFile = serde_json::from_value(file).unwrap();
        assert_eq!(read.kind(), DestinationKind::Webhook);
        assert_eq!(read.secret(), Some(&SecretSource::Env { env: "HOOK_KEY".into() }));
        assert_eq!(read.settings().unwrap(), json!({"url": "https://hooks.example/x"}));
        for wrong in [
            json!({"kind": "webhook", "settings": {"url": "https://hooks.example/x"}, "secret": "whsec_x"}),
            json!({"kind": "webhook", "settings": {"url": "https://hooks.example/x"}, "secret": {"env": "A", "file": "b"}}),
            json!({"kind": "webhook", "settings": {"url": "https://hooks.example/x"}, "colour": "red"}),
            json!({"kind": "webhook", "settings": {"url": "https://hooks.example/x", "colour": "red"}}),
        ] {
            assert!(serde_json::from_value::<DestinationFile>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_read_where_the_file_says() {
        let folder = std::env::temp_dir().join(format!("meshline-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("key"), "s3cret\r\n").unwrap();
        std::fs::write(folder.join("empty"), "\n").unwrap();
        let read = |file: &str| SecretSource::File { file: file.into() }.read(&folder);
        assert_eq!(read("key").unwrap().as_slice(), b"s3cret");
        assert!(read("empty").is_err() && read("missing").is_err());
        assert!(SecretSource::Env { env: "MESHLINE_NO_SUCH_VARIABLE".into() }.read(&folder).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
