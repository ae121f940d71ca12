//! Browser sessions: a tower-sessions store over our own table, which holds only the hash of a session's id.

use std::collections::HashMap;

use app::actions::connection::SESSION_KEY;
use async_trait::async_trait;
use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use store::Store;
use store::people::sessions::{self, Session as Kept, SessionIdHash};
use time::{Duration, OffsetDateTime};
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use super::cookies::{cookie, session_name};
use super::{Config, State};

/// Idle time after which a session ends: a working day.
const IDLE: Duration = Duration::hours(8);
/// Time after which a session ends, however much it is used.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// The session store.
#[derive(Clone)]
pub(crate) struct Sessions(Store);

/// Returns the layer that attaches the session to each request.
pub(crate) fn layer(state: &State) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions(state.store.access()))
        .with_name(session_name(state.config.secure_cookies))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.secure_cookies)
        .with_expiry(Expiry::OnInactivity(IDLE))
}

/// Returns whether the request carries a session cookie, valid or not.
pub(super) fn has_cookie(headers: &HeaderMap, config: &Config) -> bool {
    cookie(headers, session_name(config.secure_cookies)).is_some()
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

/// Returns the hash of the request's session id.
pub(super) fn id_hash(session: &Session) -> Option<SessionIdHash> {
    session.id().map(hash)
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let kept = kept(record)?;
        let expires_at = expiry(record, &kept)?;
        while !sessions::create(&self.0, hash(record.id), &kept, expires_at).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // Person and origin of a session never change: signing in creates a session with another id.
        let kept = kept(record)?;
        let expires_at = expiry(record, &kept)?;
        sessions::prolong(&self.0, hash(record.id), kept.seen_at, expires_at).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some((kept, expires_at)) =
            sessions::load(&self.0, hash(*id), Utc::now()).await.map_err(backend)?
        else {
            return Ok(None);
        };
        let kept = serde_json::to_value(kept).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at.timestamp())
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data: HashMap::from([(SESSION_KEY.to_owned(), kept)]), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sessions::delete(&self.0, hash(*id)).await.map_err(backend)
    }
}

fn hash(id: Id) -> SessionIdHash {
    SessionIdHash(Sha256::digest(id.0.to_le_bytes()).into())
}

fn kept(record: &Record) -> Result<Kept> {
    let kept = record.data.get(SESSION_KEY).cloned().unwrap_or_default();
    serde_json::from_value(kept).map_err(|error| Error::Encode(error.to_string()))
}

fn expiry(record: &Record, kept: &Kept) -> Result<DateTime<Utc>> {
    let idle_until = DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0)
        .ok_or_else(|| Error::Encode("no such instant".into()))?;
    Ok(idle_until.min(kept.signed_in_at + LONGEST))
}

fn backend(error: store::Error) -> Error {
    Error::Backend(error.to_string())
}
