//! Measures the dispatcher with a destination that does nothing; run by `cargo xtask bench outbox`.
//!
//! Call it as `outbox throughput JOBS`, `outbox pickup SAMPLES` or `outbox age EFFECTS`, each with a migrated
//! database given by `DATABASE_URL` and `MESHLINE_KEY_FILE`. It prints one JSON object.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use destinations::{
    ConnectionTestError, Credential, Destination, DestinationLimits, OpenError, WriteError, WriteReceipt,
    WriteRequest,
};
use engine::canonical::Digest;
use engine::ids::{DestinationId, EffectId, LeadId, WorkflowId};
use engine::sync::backoff::RetryPolicy;
use engine::sync::keys::{effect_key, remote_key};
use serde_json::{Value as Json, json};
use server::signals::Signals;
use server::tasks::dispatch::{self, DispatchOptions};
use server::tasks::listen;
use store::ingest::{EffectRow, announce_effects, insert_effects};
use store::keyring::{CiphertextLocation, DataKey};
use store::{Keyring, Store};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The workflow of the effects.
const WORKFLOW: WorkflowId = WorkflowId(Uuid::from_u128(1));
/// The number of effects per lead; the second waits for the first.
const EFFECTS_PER_LEAD: usize = 2;
/// The number of effects committed together when the outbox is filled.
const CHUNK: usize = 1_000;
/// The pause between two single effects, in which the system is idle.
const PAUSE: Duration = Duration::from_millis(25);
/// The time limit for picking up one effect.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [what, count] = arguments.as_slice() else { bail!("usage: outbox throughput|pickup|age NUMBER") };
    let count: usize = count.parse().context("NUMBER")?;
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL")?;
    let key_file = PathBuf::from(std::env::var_os("MESHLINE_KEY_FILE").context("MESHLINE_KEY_FILE")?);
    let store = Store::connect(&url, Keyring::read(&key_file)?).await?.background();
    let answer = match what.as_str() {
        "throughput" => throughput(&store, count).await?,
        "pickup" => pickup(&store, count).await?,
        "age" => age(&store, count).await?,
        _ => bail!("usage: outbox throughput|pickup|age NUMBER"),
    };
    println!("{answer}");
    Ok(())
}

/// Measures jobs per second, from the start of the first handler until the outbox is empty and the log has a
/// row for each job.
async fn throughput(store: &Store, jobs: usize) -> Result<Json> {
    let destination = destination(store).await?;
    let leads = leads(store, jobs.div_ceil(EFFECTS_PER_LEAD)).await?;
    for sequence in 1..=EFFECTS_PER_LEAD {
        for chunk in leads.chunks(CHUNK) {
            commit(store, destination, chunk, sequence as i64).await?;
        }
    }
    let jobs = leads.len() * EFFECTS_PER_LEAD;
    let delivered = deliveries(store, destination).await?;
    let noop = Noop::default();
    let stop = CancellationToken::new();
    let signals = Signals::default();
    tokio::spawn(listen::run(store.clone(), signals.clone(), stop.clone()));
    let running = tokio::spawn(dispatch::run(store.clone(), noop.options(), signals, stop.clone()));
    while noop.seen.count.load(Ordering::Relaxed) < jobs || waiting(store, destination).await? {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let seconds = noop.seen.first.get().context("nothing was begun")?.elapsed().as_secs_f64();
    stop.cancel();
    running.await?;
    let logged = deliveries(store, destination).await? - delivered;
    anyhow::ensure!(logged == jobs as i64, "{jobs} jobs have {logged} rows in the log");
    Ok(json!({"jobs_per_s": jobs as f64 / seconds, "jobs": jobs, "seconds": seconds}))
}

/// Measures the time from the commit of a single effect on an idle system to the start of its handler.
async fn pickup(store: &Store, samples: usize) -> Result<Json> {
    let destination = destination(store).await?;
    let leads = leads(store, samples).await?;
    let noop = Noop::default();
    let stop = CancellationToken::new();
    let signals = Signals::default();
    tokio::spawn(listen::run(store.clone(), signals.clone(), stop.clone()));
    let running = tokio::spawn(dispatch::run(store.clone(), noop.options(), signals, stop.clone()));
    // By then, the dispatcher is listening and its worker is waiting.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut waits_ms = Vec::with_capacity(samples);
    for lead in &leads {
        let row = row(lead, destination, 1)?;
        let effect = EffectId(row.id);
        let mut transaction = store.begin().await?;
        insert_effects(&mut transaction, &[row]).await?;
        let committed = Instant::now();
        transaction.commit().await?;
        announce_effects(&mut *store.pool().acquire().await?).await?;
        let begun = noop.begun(effect).await?;
        waits_ms.push(begun.duration_since(committed).as_secs_f64() * 1000.0);
        tokio::time::sleep(PAUSE.mul_f64(0.5 + rand::random::<f64>())).await;
    }
    stop.cancel();
    running.await?;
    waits_ms.sort_by(f64::total_cmp);
    let quantile = |share: f64| waits_ms[((waits_ms.len() as f64 * share).ceil() as usize).max(1) - 1];
    Ok(
        json!({"p50_ms": quantile(0.5), "p99_ms": quantile(0.99), "max_ms": quantile(1.0), "samples": samples}),
    )
}

/// Adds this many finished effects to the history of the current month, each with intent, key and delivery.
async fn age(store: &Store, effects: usize) -> Result<Json> {
    let destination = destination(store).await?;
    // The leads are identified by their name; there are many, each with several effects, as in a real history.
    leads(store, (effects / 20).clamp(1, 100_000)).await?;
    let start = Instant::now();
    for first in (0..effects).step_by(100_000) {
        let last = (first + 100_000).min(effects) - 1;
        sqlx::query(
            "WITH people AS MATERIALIZED (SELECT array_agg(id) AS ids FROM (SELECT id FROM leads LIMIT 100000) l), \
             span AS (SELECT extract(epoch FROM date_trunc('month', now())) AS since, extract(epoch FROM now() - date_trunc('month', now())) / $3 AS each), \
             made AS MATERIALIZED (SELECT n, p.ids[1 + n % cardinality(p.ids)] AS lead, to_timestamp(since + each * n) AS at, \
               (lpad(to_hex(((since + each * n) * 1000)::bigint), 12, '0') || '7aa08' || lpad(to_hex(n), 15, '0'))::uuid AS id \
               FROM generate_series($1::bigint, $2::bigint) n, people p, span), \
             keys AS (INSERT INTO effect_keys (effect_key, effect_id) SELECT sha256(uuid_send(id)), id FROM made), \
             inserted AS (INSERT INTO deliveries (id, effect_id, decision_id, lead_id, destination_id, attempt, run_lease, result, status, request, response, started_at, finished_at, hash) \
               SELECT id, id, id, lead, $4, 1, 1, 'delivered', 200, sha256(uuid_send(id)) || sha256(uuid_send(lead)), sha256(uuid_send(lead)), at, at, sha256(uuid_send(id)) FROM made) \
             INSERT INTO effects (id, decision_id, lead_id, lead_sequence, destination_id, kind, effect_key, remote_key, body, created_at) \
               SELECT id, id, lead, 1, $4, 'lead_update', sha256(uuid_send(id)), sha256(uuid_send(lead)), sha256(uuid_send(id)) || sha256(uuid_send(lead)), at FROM made",
        )
        .bind(first as i64)
        .bind(last as i64)
        .bind(effects as i64)
        .bind(destination.0)
        .execute(store.pool())
        .await?;
        eprintln!(
            "   {} of {effects} finished effects after {:.0} s",
            last + 1,
            start.elapsed().as_secs_f64()
        );
    }
    Ok(json!({"effects": effects, "seconds": start.elapsed().as_secs_f64()}))
}

/// A lead with its key.
struct Lead {
    id: LeadId,
    key: DataKey,
}

async fn leads(store: &Store, count: usize) -> Result<Vec<Lead>> {
    let mut leads = Vec::with_capacity(count);
    while leads.len() < count {
        let now = Utc::now();
        let (mut ids, mut keys) = (Vec::new(), Vec::new());
        for _ in 0..CHUNK.min(count - leads.len()) {
            let id = engine::ids::mint(now, rand::random());
            let (key, wrapped) = store.keyring().new_data_key(id);
            leads.push(Lead { id: LeadId(id), key });
            ids.push(id);
            keys.push(wrapped);
        }
        sqlx::query(
            "INSERT INTO leads (id, data_key, created_at) SELECT *, $3 FROM unnest($1::uuid[], $2::bytea[])",
        )
        .bind(ids)
        .bind(keys)
        .bind(now)
        .execute(store.pool())
        .await?;
    }
    Ok(leads)
}

/// Returns the only destination of the database.
async fn destination(store: &Store) -> Result<DestinationId> {
    sqlx::query("INSERT INTO destinations (id, name, kind, settings, created_at) VALUES ($1, 'noop', 'noop', '{}', now()) ON CONFLICT DO NOTHING")
        .bind(engine::ids::mint(Utc::now(), rand::random()))
        .execute(store.pool())
        .await?;
    let id: Uuid =
        sqlx::query_scalar("SELECT id FROM destinations WHERE name = 'noop'").fetch_one(store.pool()).await?;
    Ok(DestinationId(id))
}

async fn waiting(store: &Store, destination: DestinationId) -> Result<bool> {
    let waiting = "SELECT EXISTS (SELECT FROM outbox WHERE destination_id = $1)";
    Ok(sqlx::query_scalar(waiting).bind(destination.0).fetch_one(store.pool()).await?)
}

async fn deliveries(store: &Store, destination: DestinationId) -> Result<i64> {
    // In generated history, the ID of a delivery equals that of its effect.
    let count = "SELECT count(*) FROM deliveries WHERE destination_id = $1 AND id <> effect_id";
    Ok(sqlx::query_scalar(count).bind(destination.0).fetch_one(store.pool()).await?)
}

async fn commit(store: &Store, destination: DestinationId, leads: &[Lead], sequence: i64) -> Result<()> {
    let rows = leads.iter().map(|lead| row(lead, destination, sequence)).collect::<Result<Vec<_>>>()?;
    let mut transaction = store.begin().await?;
    insert_effects(&mut transaction, &rows).await?;
    Ok(transaction.commit().await?)
}

fn row(lead: &Lead, destination: DestinationId, sequence: i64) -> Result<EffectRow> {
    // Due a moment ago, so that a clock read later still finds it due.
    let at: DateTime<Utc> = engine::time::cut(Utc::now() - TimeDelta::milliseconds(1));
    let (id, decision) = (engine::ids::mint(at, rand::random()), engine::ids::mint(at, rand::random()));
    let effect = effect_key(decision.into(), "lead_update", destination);
    let remote = remote_key(lead.id, WORKFLOW, "lead_update", destination);
    let body = engine::canonical::bytes(&body(lead.id, decision, sequence, effect, remote))?;
    Ok(EffectRow {
        id,
        verdict_id: None,
        decision_id: decision,
        workflow_id: WORKFLOW.0,
        lead_id: lead.id.0,
        lead_sequence: sequence,
        destination_id: destination.0,
        kind: "lead_update".into(),
        effect_key: effect.0.to_vec(),
        remote_key: remote.0.to_vec(),
        body: lead.key.seal(&body, CiphertextLocation { column: "effects.body", row: id }),
        created_at: at,
        expires_at: None,
    })
}

/// Returns a body of the usual size.
fn body(lead: LeadId, decision: Uuid, sequence: i64, effect: Digest, remote: Digest) -> Json {
    let field = |value: Json| json!({"value": value, "confidence": 0.95, "extractor": "text", "map_version": 1, "evidence": [{"event_id": decision, "path": "/payload/message", "span": [0, 32]}]});
    json!({
        "schema": "meshline.decision.v1", "effect": effect, "remote_key": remote, "lead_sequence": sequence, "workflow": "inbound-form",
        "lead": {"id": lead, "email": "ana@initech.example", "name": "Ana Ruiz", "company": "Initech", "domain": null, "external_id": null},
        "decision": {
            "decision_id": decision, "lead_id": lead, "event_id": decision, "workflow": "inbound-form", "mode": "live", "bundle": Digest::of(b"bundle"), "rule_set": "inbound-form", "rule_version": 1,
            "variant": null, "rule_id": "tam-high-intent", "action": "assign", "parameters": {"pool": "enterprise-ae", "assignee": "jane@corvane.example"},
            "confidence": 0.91, "risk_tags": ["quota"], "held_by": null, "because": [],
            "as_of": "2026-11-22T09:00:00.000000Z", "decided_at": "2026-11-22T09:00:00.012345Z",
            "content_snapshot": {"fields": {"company": field("Initech".into()), "company_size": field(120.into()), "intent_confidence": field(0.93.into())}},
        },
    })
}

/// A destination that accepts everything immediately, and records the requests.
#[derive(Clone, Default)]
struct Noop {
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    first: OnceLock<Instant>,
    count: AtomicUsize,
    begun: Mutex<HashMap<EffectId, Instant>>,
}

impl Noop {
    fn options(&self) -> DispatchOptions {
        let noop = self.clone();
        let open = move |_: &str, _: &Json, _: Credential<'_>| -> Result<Box<dyn Destination>, OpenError> {
            Ok(Box::new(noop.clone()))
        };
        DispatchOptions { open: Arc::new(open) }
    }

    async fn begun(&self, effect: EffectId) -> Result<Instant> {
        let asked = Instant::now();
        loop {
            let begun = self.seen.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&effect);
            match begun {
                Some(begun) => return Ok(begun),
                None if asked.elapsed() > PATIENCE => bail!("an effect was not picked up"),
                None => tokio::time::sleep(Duration::from_micros(500)).await,
            }
        }
    }
}

#[async_trait::async_trait]
impl Destination for Noop {
    fn kind(&self) -> &'static str {
        "noop"
    }

    fn limits(&self) -> DestinationLimits {
        let retry = RetryPolicy { base_ms: 1_000, cap_ms: 60_000, attempts: 5 };
        DestinationLimits { in_flight: 500, batch: 1, timeout: Duration::from_secs(5), retry }
    }

    async fn write(&self, request: &WriteRequest) -> Result<WriteReceipt, WriteError> {
        let now = Instant::now();
        self.seen.first.get_or_init(|| now);
        self.seen.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(request.effect_id, now);
        self.seen.count.fetch_add(1, Ordering::Relaxed);
        let sent = json!({"effect": request.effect.key, "bytes": request.effect.bytes.len()});
        Ok(WriteReceipt { status: Some(200), request: sent, response: json!({}), to_queue: None })
    }

    async fn test_connection(&self) -> Result<String, ConnectionTestError> {
        Ok("It works.".into())
    }
}
