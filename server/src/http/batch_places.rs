//! Bounds the batches that are processed at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::ids::ApiKeyId;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Maximum number of concurrent batches, since each holds its whole body in memory.
const IN_ALL: usize = 8;
/// Maximum number of concurrent batches of one key, so that no sender occupies the places of all others.
const PER_KEY: usize = 2;

/// The places for batches.
pub(crate) struct BatchPlaces {
    all: Arc<Semaphore>,
    /// Never shrinks: administrators create keys one by one.
    of_keys: Mutex<HashMap<ApiKeyId, Arc<Semaphore>>>,
}

impl Default for BatchPlaces {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(IN_ALL)), of_keys: Mutex::default() }
    }
}

impl BatchPlaces {
    /// Waits for a place. A batch beyond its key's limit waits without occupying one.
    pub(crate) async fn take(&self, key: ApiKeyId) -> Result<BatchPlace, AcquireError> {
        let of_key = {
            let mut of_keys = self.of_keys.lock().unwrap_or_else(PoisonError::into_inner);
            of_keys.entry(key).or_insert_with(|| Arc::new(Semaphore::new(PER_KEY))).clone()
        };
        Ok(BatchPlace {
            _of_key: of_key.acquire_owned().await?,
            _of_all: self.all.clone().acquire_owned().await?,
        })
    }
}

/// The place of a batch, free again when dropped.
pub(crate) struct BatchPlace {
    _of_key: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn key(number: u8) -> ApiKeyId {
        ApiKeyId(uuid::Uuid::from_bytes([number; 16]))
    }

    #[test]
    fn a_key_that_waits_for_its_own_place_keeps_no_one_out() {
        let places = BatchPlaces::default();
        let held: Vec<_> =
            (0..PER_KEY).map(|_| places.take(key(1)).now_or_never().unwrap().unwrap()).collect();
        let mut waiting: Vec<_> = (0..IN_ALL).map(|_| Box::pin(places.take(key(1)))).collect();
        assert!(waiting.iter_mut().all(|place| place.now_or_never().is_none()));
        assert!(places.take(key(2)).now_or_never().is_some());
        drop(held);
        assert!(places.take(key(1)).now_or_never().is_none(), "those that came first have the places");
        drop(waiting);
        assert!(places.take(key(1)).now_or_never().is_some());
    }

    #[test]
    fn there_is_a_limit_for_all_keys() {
        let places = BatchPlaces::default();
        let number = |at: usize| u8::try_from(at / PER_KEY).unwrap();
        let _held: Vec<_> =
            (0..IN_ALL).map(|at| places.take(key(number(at))).now_or_never().unwrap().unwrap()).collect();
        assert!(places.take(key(200)).now_or_never().is_none());
    }
}
