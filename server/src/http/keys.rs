//! Keys that were seen a moment ago, so that a stream of events does not ask the database for each.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use store::people::secret::token_hash;
use store::people::{self, ApiKey};
use store::{Result, Store};

/// How long a key is taken at its word: a key that was revoked works no longer than this.
const FRESH: Duration = Duration::from_secs(1);
/// Keys remembered. Only keys that exist are, so that guessing fills nothing.
const KEYS: usize = 1_000;

/// Keys by the hash of their secret.
pub(crate) struct KeyCache(Cache<[u8; 32], (Instant, ApiKey)>);

impl Default for KeyCache {
    fn default() -> Self {
        Self(Cache::new(KEYS))
    }
}

impl KeyCache {
    /// The key with this secret; `None` when there is none.
    pub(crate) async fn get(&self, store: &Store, secret: &str) -> Result<Option<ApiKey>> {
        let hash = token_hash(secret);
        if let Some((_, key)) = self.0.get(&hash).filter(|(seen, _)| seen.elapsed() < FRESH) {
            return Ok(Some(key));
        }
        let key = people::key_by_secret(store, secret).await?;
        if let Some(key) = &key {
            self.0.insert(hash, (Instant::now(), key.clone()));
        }
        Ok(key)
    }
}
