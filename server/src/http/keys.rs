//! Caches API keys briefly, so that a stream of events does not query the database for each.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use store::people::secret::token_hash;
use store::people::{self, ApiKey};
use store::{Result, Store};

/// How long a cached key is trusted. A revoked key stops working after this time at the latest.
const FRESH: Duration = Duration::from_secs(1);
/// Maximum number of cached keys. Only existing keys are cached, so that guessing cannot fill the cache.
const KEYS: usize = 1_000;

/// API keys by the hash of their secret.
pub(crate) struct KeyCache(Cache<[u8; 32], (Instant, ApiKey)>);

impl Default for KeyCache {
    fn default() -> Self {
        Self(Cache::new(KEYS))
    }
}

impl KeyCache {
    /// Returns the key with this secret, or `None` if it does not exist.
    pub(crate) async fn get(&self, store: &Store, secret: &str) -> Result<Option<ApiKey>> {
        let hash = token_hash(secret);
        if let Some((_, key)) = self.0.get(&hash).filter(|(seen, _)| seen.elapsed() < FRESH) {
            return Ok(Some(key));
        }
        let key = people::key_by_secret(store, secret).await?;
        if let Some(key) = &key {
            // The request does not depend on it.
            if let Err(error) = people::record_key_use(store, key, chrono::Utc::now()).await {
                tracing::warn!(%error, key = %key.name, "the use of an API key was not recorded");
            }
            self.0.insert(hash, (Instant::now(), key.clone()));
        }
        Ok(key)
    }
}
