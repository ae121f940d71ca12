//! A signed webhook, following <https://www.standardwebhooks.com>.
//!
//! Receivers are write-only, so reconciliation lists webhooks as not checkable.
//!
//! Idempotency is up to the receiver: `webhook-id` is the effect's key and identical in every attempt, and of two bodies with the
//! same `remote_key`, the one with the higher `incarnation` wins, and within one the higher `lead_sequence`. A receiver may refuse a message that it already has with 409
//! Conflict. After an earlier attempt, whose answer may have been lost, that means that the message was delivered.
//!
//! Redirects are not followed, so that a receiver
//! cannot send us on to something that only we can reach.

use base64::Engine as _;
use chrono::Utc;
use engine::canonical::Digest;
use engine::sync::backoff::{FailureKind, RetryPolicy};
use reqwest::{Client, Response, StatusCode, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use crate::destination::{
    ConnectionTestError, Destination, DestinationLimits, WriteError, WriteReceipt, WriteRequest,
};
use crate::http::{self, status};
use crate::kinds::{OpenError, TimeoutSeconds};
use crate::network::NetworkExceptions;

/// Concurrent requests: enough to hide the latency of a slow receiver, few enough for a small one.
const IN_FLIGHT: usize = 8;
/// The maximum size of a recorded response, in bytes, for investigating failures.
const RESPONSE_BYTES: usize = 4096;
/// The size of a signing key in bytes, as specified.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The settings of a webhook. Every signed-in user can read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Settings")]
pub struct WebhookSettings {
    /// The URL to send requests to: http or https, without user and password.
    pub url: String,
    /// Exceptions to the rules for networks: `plaintext` sends without TLS, `link_local` connects to link-local addresses.
    #[serde(default, skip_serializing_if = "NetworkExceptions::is_empty")]
    pub allow: NetworkExceptions,
    /// The time limit for the receiver to answer, in seconds. Default: 10.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout_seconds: TimeoutSeconds,
    /// The number of attempts per effect and the backoff between them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: RetryPolicy,
}

/// A webhook destination.
pub struct Webhook {
    client: Client,
    url: Url,
    signer: standardwebhooks::Webhook,
    limits: DestinationLimits,
}

impl Webhook {
    /// Validates settings and signing key.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that names the invalid setting or the secret.
    pub fn open(settings: &WebhookSettings, secret: Option<&[u8]>) -> Result<Self, OpenError> {
        let url = http::address(&settings.url, "requests are signed with the secret")?;
        let timeout = settings.timeout_seconds.duration();
        let client = http::client(&url, timeout, &settings.allow)?;
        let limits = DestinationLimits { in_flight: IN_FLIGHT, batch: 1, timeout, retry: settings.retry };
        Ok(Self { client, url, signer: signer(secret)?, limits })
    }

    async fn post(&self, id: &str, body: Vec<u8>) -> Result<Response, WriteError> {
        let timestamp = Utc::now().timestamp();
        let signature = self.signer.sign(id, timestamp, &body).map_err(|_| {
            WriteError::new(
                FailureKind::NeedsPerson,
                "the effect cannot be signed because its body is not valid UTF-8",
            )
        })?;
        self.client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, timestamp.to_string())
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body)
            .send()
            .await
            .map_err(|error| http::no_answer(&self.url, self.limits.timeout, &error))
    }

    fn host(&self) -> String {
        http::host(&self.url)
    }

    fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.into()
    }
}

#[async_trait::async_trait]
impl Destination for Webhook {
    fn kind(&self) -> &'static str {
        crate::DestinationKind::Webhook.into()
    }

    fn limits(&self) -> DestinationLimits {
        self.limits
    }

    async fn write(&self, request: &WriteRequest) -> Result<WriteReceipt, WriteError> {
        let effect = &request.effect;
        let id = effect.key.to_string();
        let sent = json!({"method": "POST", "url": self.shown_url(), "webhook_id": id, "body": Digest::of(&effect.bytes)});
        let response = match self.post(&id, effect.bytes.clone()).await {
            Ok(response) => response,
            Err(error) => return Err(WriteError { request: Some(sent), ..error }),
        };
        let status = response.status();
        let is_known_repeat = status == StatusCode::CONFLICT && request.is_repeat;
        let rule = status::rule(status, http::retry_after_of(&response), Utc::now());
        let rule = rule.filter(|_| !is_known_repeat);
        let answered = read_cut(response).await;
        match rule {
            None => Ok(WriteReceipt {
                status: Some(status.as_u16()),
                request: sent,
                response: answered,
                to_queue: None,
            }),
            Some(rule) => {
                Err(WriteError { request: Some(sent), response: Some(answered), ..rule.error(&self.host()) })
            }
        }
    }

    async fn test_connection(&self) -> Result<String, ConnectionTestError> {
        let body = json!({"schema": "meshline.test.v1", "sent_at": engine::time::stamp(Utc::now())});
        let id = format!(
            "test_{}",
            uuid::Uuid::from_u128(Utc::now().timestamp_micros().unsigned_abs().into()).simple()
        );
        let status = self
            .post(&id, body.to_string().into_bytes())
            .await
            .map_err(|error| ConnectionTestError(error.message))?
            .status();
        match status::rule(status, None, Utc::now()) {
            None => Ok(format!("{} accepted a signed test message and answered {status}.", self.host())),
            Some(rule) => Err(ConnectionTestError(rule.error(&self.host()).message)),
        }
    }
}

/// Reads the beginning of a response. An interrupted body does not matter, because the status has already arrived.
async fn read_cut(mut response: Response) -> Json {
    let mut body = Vec::new();
    let mut is_cut = false;
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = RESPONSE_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        is_cut = chunk.len() > room;
        if is_cut || body.len() == RESPONSE_BYTES {
            break;
        }
    }
    json!({"body": String::from_utf8_lossy(&body), "cut": is_cut || body.len() == RESPONSE_BYTES})
}

fn signer(secret: Option<&[u8]>) -> Result<standardwebhooks::Webhook, OpenError> {
    let wrong = || {
        OpenError::Secret(
            "a webhook needs a signing key: `whsec_` and 24 to 64 random bytes in base64".into(),
        )
    };
    let text = secret
        .and_then(|secret| std::str::from_utf8(secret).ok())
        .and_then(|text| text.strip_prefix("whsec_"))
        .ok_or_else(wrong)?;
    let key = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| wrong())?;
    if !KEY_BYTES.contains(&key.len()) {
        return Err(wrong());
    }
    standardwebhooks::Webhook::from_bytes(key).map_err(|_| wrong())
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
