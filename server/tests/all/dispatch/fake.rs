//! A fake destination with programmable behaviour that records its writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use destinations::{
    ConnectionTestError, Credential, Destination, DestinationLimits, OpenError, WriteError, WriteReceipt,
    WriteRequest,
};
use engine::canonical::Digest;
use engine::ids::{EffectId, LeadId};
use engine::sync::backoff::{FailureKind, RetryPolicy};
use futures::future::BoxFuture;
use serde_json::{Value as Json, json};
use server::tasks::dispatch::DispatchOptions;

/// The behaviour of a write; the number is how often this effect has been written before.
type Behaviour = dyn Fn(WriteRequest, usize) -> BoxFuture<'static, Result<(), WriteError>> + Send + Sync;

/// The fake destination. Clones share their state.
#[derive(Clone)]
pub struct Fake {
    behaviour: Arc<Behaviour>,
    limits: DestinationLimits,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    begun: Vec<(String, WriteRequest)>,
    batches: Vec<Vec<(LeadId, i64)>>,
    times: HashMap<EffectId, usize>,
    records_under_way: HashMap<Digest, usize>,
    most_of_a_record: usize,
}

impl Fake {
    /// Creates a fake with this behaviour.
    pub fn new<F>(behaviour: impl Fn(WriteRequest, usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), WriteError>> + Send + 'static,
    {
        let limits = DestinationLimits {
            in_flight: 8,
            batch: 1,
            timeout: Duration::from_secs(5),
            retry: RetryPolicy { base_ms: 20, cap_ms: 50, attempts: 5 },
        };
        Self {
            behaviour: Arc::new(move |request, before| Box::pin(behaviour(request, before))),
            limits,
            seen: Arc::default(),
        }
    }

    /// Creates a fake that accepts everything at once.
    pub fn willing() -> Self {
        Self::new(|_, _| async { Ok(()) })
    }

    /// Sets the number of concurrent writes.
    pub fn in_flight(mut self, in_flight: usize) -> Self {
        self.limits.in_flight = in_flight;
        self
    }

    /// Sets the batch size.
    pub fn batch(mut self, batch: usize) -> Self {
        self.limits.batch = batch;
        self
    }

    /// Returns the batches it received, as pairs of lead and sequence number.
    pub fn batches(&self) -> Vec<Vec<(LeadId, i64)>> {
        self.seen.lock().unwrap().batches.clone()
    }

    /// Sets the number of attempts and increases the time between them.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.limits.retry = RetryPolicy { base_ms: 200, cap_ms: 400, attempts };
        self
    }

    /// Returns dispatcher options that use this fake for the kind `fake`, and real destinations otherwise.
    pub fn options(&self) -> DispatchOptions {
        let fake = self.clone();
        let open = move |kind: &str,
                         settings: &Json,
                         credential: Credential<'_>|
              -> Result<Box<dyn Destination>, OpenError> {
            match kind {
                "fake" => Ok(Box::new(Opened {
                    fake: fake.clone(),
                    name: settings["name"].as_str().unwrap_or_default().to_owned(),
                })),
                _ => destinations::open(kind, settings, credential),
            }
        };
        DispatchOptions { open: Arc::new(open) }
    }

    /// Returns the writes it received: the destination's name in its settings, and the request.
    pub fn begun(&self) -> Vec<(String, WriteRequest)> {
        self.seen.lock().unwrap().begun.clone()
    }

    /// Returns the sequence numbers of writes to a record, in order.
    pub fn sequences(&self, record: Digest) -> Vec<i64> {
        self.begun()
            .iter()
            .filter(|(_, request)| request.effect.remote_key == record)
            .map(|(_, request)| request.effect.order.lead_sequence)
            .collect()
    }

    /// Returns the maximum number of concurrent writes to one record.
    pub fn most_of_a_record(&self) -> usize {
        self.seen.lock().unwrap().most_of_a_record
    }

    /// Waits until it has received this many writes.
    pub async fn asked(&self, times: usize) {
        for _ in 0..200 {
            if self.begun().len() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("asked {} times, not {times}", self.begun().len());
    }
}

struct Opened {
    fake: Fake,
    name: String,
}

#[async_trait::async_trait]
impl Destination for Opened {
    fn kind(&self) -> &'static str {
        "fake"
    }

    fn limits(&self) -> DestinationLimits {
        self.fake.limits
    }

    async fn write(&self, request: &WriteRequest) -> Result<WriteReceipt, WriteError> {
        let before = {
            let mut seen = self.fake.seen.lock().unwrap();
            seen.begun.push((self.name.clone(), request.clone()));
            let under_way = seen.records_under_way.entry(request.effect.remote_key).or_default();
            *under_way += 1;
            let under_way = *under_way;
            seen.most_of_a_record = seen.most_of_a_record.max(under_way);
            let times = seen.times.entry(request.effect_id).or_default();
            *times += 1;
            *times - 1
        };
        let _under_way = UnderWay(self, request.effect.remote_key);
        (self.fake.behaviour)(request.clone(), before).await?;
        Ok(WriteReceipt {
            status: Some(200),
            request: json!({"to": self.name}),
            response: json!({}),
            to_queue: None,
        })
    }

    async fn write_many(&self, requests: &[WriteRequest]) -> Vec<Result<WriteReceipt, WriteError>> {
        let batch =
            requests.iter().map(|request| (request.effect.lead.id, request.effect.order.lead_sequence));
        self.fake.seen.lock().unwrap().batches.push(batch.collect());
        futures::future::join_all(requests.iter().map(|request| self.write(request))).await
    }

    async fn test_connection(&self) -> Result<String, ConnectionTestError> {
        Ok("It works.".into())
    }
}

/// Marks a write as in progress until it is dropped, even if the write is cancelled.
struct UnderWay<'a>(&'a Opened, Digest);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.0.fake.seen.lock().unwrap().records_under_way.entry(self.1).or_default() -= 1;
    }
}

/// Returns a failure that is retried.
pub fn retry() -> WriteError {
    WriteError::new(FailureKind::Retry, "not now")
}

/// Returns a failure that is not retried.
pub fn refused() -> WriteError {
    WriteError::new(FailureKind::NeedsPerson, "not so")
}
