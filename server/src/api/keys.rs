//! Keys that were seen a moment ago, so that a stream of events does not ask the database for each.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use store::people::secret::token_hash;
use store::people::{self, ApiKey};
use store::{Result, Store};

/// How long a key is taken at its word: a key that was taken back works no longer than this.
const FRESH: Duration = Duration::from_secs(1);
/// Keys remembered. Only keys that exist are, so that guessing fills nothing.
const KEYS: usize = 1_000;

/// Keys by the hash of their secret.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<HashMap<[u8; 32], (Instant, ApiKey)>>);

impl KeyCache {
    /// The key with this secret; `None` when there is none.
    pub(crate) async fn get(&self, store: &Store, secret: &str) -> Result<Option<ApiKey>> {
        let hash = token_hash(secret);
        if let Some(key) = self.fresh(&hash) {
            return Ok(Some(key));
        }
        let key = people::key_by_secret(store, secret).await?;
        if let (Some(key), Ok(mut keys)) = (&key, self.0.lock()) {
            if keys.len() >= KEYS {
                keys.retain(|_, (seen, _)| seen.elapsed() < FRESH);
            }
            if keys.len() < KEYS {
                keys.insert(hash, (Instant::now(), key.clone()));
            }
        }
        Ok(key)
    }

    fn fresh(&self, hash: &[u8; 32]) -> Option<ApiKey> {
        let keys = self.0.lock().ok()?;
        keys.get(hash).filter(|(seen, _)| seen.elapsed() < FRESH).map(|(_, key)| key.clone())
    }
}
