//! Kills a process at each step of an effect's delivery and checks what the next process does, on a real warehouse and a real
//! webhook.
//!
//! For steps in the destination, the write is halted there. For steps in the store, a lock on the row halts the statement, which is
//! then never committed, or a deferred trigger halts the commit, which then completes after its client is gone. The dispatcher needs
//! no hooks for these tests. `cargo xtask torture` kills real processes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::Utc;
use destinations::Destination;
use engine::ids::{DestinationId, LeadId};
use serde_json::{Value as Json, json};
use sqlx::{Executor as _, PgConnection};
use store::sync::EffectState::{Delivered, Ready, Running};
use tokio::sync::watch;

use super::World;
use super::fake::Fake;

const LAPSE: &str = "UPDATE outbox SET leased_until = now() - interval '1 second' WHERE state = 'running'";
const LOCK_ROW: &str = "SELECT FROM outbox WHERE lead_sequence = 1 FOR UPDATE";
const MAKE_COMMIT_LOCKABLE: &str = "CREATE FUNCTION halt_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$; \
    CREATE CONSTRAINT TRIGGER halt_commit AFTER UPDATE OR DELETE ON outbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION halt_commit()";
const LOCK_COMMIT: &str = "SELECT pg_advisory_xact_lock(1)";

/// The point at which writes are halted.
#[derive(Clone, Copy, PartialEq)]
enum Halt {
    Nowhere,
    Before,
    After,
}

/// Direct access to what the destination holds.
enum Truth {
    Warehouse,
    Webhook(Arc<Mutex<Taken>>),
}

/// The state of a receiver that accepts each id once.
#[derive(Default)]
struct Taken {
    ids: HashSet<String>,
    sequences: Vec<i64>,
}

/// A lead with two effects, whose destination can be halted.
struct Scene {
    world: World,
    halt: watch::Sender<Halt>,
    truth: Truth,
    crm: DestinationId,
    lead: LeadId,
}

impl Scene {
    async fn warehouse() -> Self {
        let world = World::new(Fake::willing()).await;
        // The URL must not contain the password, which is the secret.
        let mut url: url::Url = world.database.url.parse().unwrap();
        let password = url.password().map(|password| password.as_bytes().to_vec());
        url.set_password(None).unwrap();
        let settings = json!({ "url": url.as_str() });
        let destination = destinations::open("postgres", &settings, password.as_deref()).unwrap();
        Self::new(world, destination, Truth::Warehouse).await
    }

    async fn webhook() -> Self {
        let taken = Arc::new(Mutex::new(Taken::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = json!({ "url": format!("http://{}/", listener.local_addr().unwrap()) });
        let app = Router::new().route("/", post(take)).with_state(taken.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let secret = format!("whsec_{}", "QUJD".repeat(8));
        let destination = destinations::open("webhook", &settings, Some(secret.as_bytes())).unwrap();
        Self::new(World::new(Fake::willing()).await, destination, Truth::Webhook(taken)).await
    }

    async fn new(mut world: World, destination: Box<dyn Destination>, truth: Truth) -> Self {
        let (halt, halted) = watch::channel(Halt::Nowhere);
        let destination: Arc<dyn Destination> = destination.into();
        world.fake = Fake::new(move |request, _| {
            let (destination, mut halted) = (destination.clone(), halted.clone());
            async move {
                halted.wait_for(|halt| *halt != Halt::Before).await.unwrap();
                destination.write(&request).await?;
                halted.wait_for(|halt| *halt != Halt::After).await.unwrap();
                Ok(())
            }
        });
        let (crm, lead) = (world.destination("crm").await, world.lead().await);
        world.effects(crm, lead, 2).await;
        world.execute(MAKE_COMMIT_LOCKABLE).await;
        Self { world, halt, truth, crm, lead }
    }

    /// Returns the decisions in the order in which they took effect at the destination.
    async fn sequences(&self) -> Vec<i64> {
        match &self.truth {
            Truth::Webhook(taken) => taken.lock().unwrap().sequences.clone(),
            Truth::Warehouse => {
                let exists = "SELECT count(*) FROM pg_tables WHERE schemaname = 'meshline'";
                if self.world.number(exists).await < 2 {
                    return Vec::new();
                }
                let mut owner = self.world.database.owner().await;
                let sql = "SELECT lead_sequence FROM meshline.decision_events ORDER BY written_at";
                sqlx::query_scalar(sql).fetch_all(&mut owner).await.unwrap()
            }
        }
    }

    async fn arrives(&self, sequences: &[i64]) {
        for _ in 0..200 {
            if self.sequences().await == sequences {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(self.sequences().await, sequences);
    }

    /// Returns a connection that holds a lock until its transaction ends.
    async fn locked(&self, lock: &'static str) -> PgConnection {
        let mut owner = self.world.database.owner().await;
        owner.execute("BEGIN").await.unwrap();
        owner.execute(lock).await.unwrap();
        owner
    }

    /// Waits until a statement of a dispatcher is blocked by our lock.
    async fn blocked(&self) {
        for _ in 0..200 {
            if self.world.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no statement is blocked by the lock");
    }

    /// Checks that the next process completes the work: each decision arrives once and in order, and is recorded once.
    async fn ends_well(self, lost_attempts: i64) {
        self.halt.send_replace(Halt::Nowhere);
        self.world.execute(LAPSE).await;
        let next = self.world.dispatcher().await;
        self.world.becomes(self.lead, &[Delivered, Delivered]).await;
        next.stop().await;
        assert_eq!(self.sequences().await, [1, 2]);
        let told = "SELECT count(*) FROM deliveries WHERE result = 'delivered'";
        assert_eq!(self.world.number(told).await, 2);
        let twice = "SELECT count(*) FROM (SELECT FROM deliveries WHERE result = 'delivered' GROUP BY effect_id HAVING count(*) > 1) t";
        assert_eq!(self.world.number(twice).await, 0);
        let lost = "SELECT count(*) FROM deliveries WHERE result = 'retry'";
        assert_eq!(self.world.number(lost).await, lost_attempts, "each lost attempt is in the log");
        if let Truth::Warehouse = self.truth {
            let shown = "SELECT sum(lead_sequence)::bigint FROM meshline.lead_current";
            assert_eq!(self.world.number(shown).await, 2);
        }
    }
}

async fn take(State(taken): State<Arc<Mutex<Taken>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body: Json = serde_json::from_slice(&body).unwrap();
    let mut taken = taken.lock().unwrap();
    if taken.ids.insert(headers["webhook-id"].to_str().unwrap().to_owned()) {
        taken.sequences.push(body["lead_sequence"].as_i64().unwrap());
    }
    StatusCode::NO_CONTENT
}

/// 1: claimed, but the write has not started.
async fn after_the_claim(scene: Scene) {
    let pace = engine::sync::flow::Pace::default();
    let claimed = store::sync::claim(&scene.world.database.store, scene.crm, &pace, Utc::now(), 10)
        .await
        .unwrap()
        .effects;
    assert_eq!(claimed.len(), 1, "the second waits for the first");
    drop(claimed);
    scene.ends_well(1).await;
}

/// 2: the write has started, but nothing has been sent.
async fn before_the_write(scene: Scene) {
    scene.halt.send_replace(Halt::Before);
    let first = scene.world.dispatcher().await;
    scene.world.fake.asked(1).await;
    first.kill().await;
    assert_eq!(scene.sequences().await, [] as [i64; 0]);
    assert_eq!(scene.world.states(scene.lead).await, [Running, Ready]);
    scene.ends_well(1).await;
}

/// 3: the destination has committed, but its answer has not arrived.
async fn after_the_write(scene: Scene) {
    scene.halt.send_replace(Halt::After);
    let first = scene.world.dispatcher().await;
    scene.arrives(&[1]).await;
    first.kill().await;
    assert_eq!(scene.world.states(scene.lead).await, [Running, Ready]);
    scene.ends_well(1).await;
}

/// 4: the answer has arrived, and our own database never commits the result.
async fn before_the_finish(scene: Scene) {
    scene.halt.send_replace(Halt::After);
    let first = scene.world.dispatcher().await;
    scene.arrives(&[1]).await;
    let mut lock = scene.locked(LOCK_ROW).await;
    scene.halt.send_replace(Halt::Nowhere);
    scene.blocked().await;
    first.kill().await;
    let waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    lock.execute(waiting).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    lock.execute("ROLLBACK").await.unwrap();
    assert_eq!(scene.world.states(scene.lead).await, [Running, Ready]);
    scene.ends_well(1).await;
}

/// 5: our own database has committed the result, but the process never learns of it.
async fn after_the_finish(scene: Scene) {
    scene.halt.send_replace(Halt::After);
    let first = scene.world.dispatcher().await;
    scene.arrives(&[1]).await;
    let mut lock = scene.locked(LOCK_COMMIT).await;
    scene.halt.send_replace(Halt::Nowhere);
    scene.blocked().await;
    first.kill().await;
    lock.execute("ROLLBACK").await.unwrap();
    scene.world.becomes(scene.lead, &[Delivered, Ready]).await;
    scene.ends_well(0).await;
}

/// 6: during a heartbeat, which commits after its sender has died.
async fn during_the_heartbeat(scene: Scene) {
    scene.halt.send_replace(Halt::After);
    let first = scene.world.dispatcher().await;
    scene.arrives(&[1]).await;
    let mut lock = scene.locked(LOCK_COMMIT).await;
    scene.blocked().await;
    first.kill().await;
    lock.execute("ROLLBACK").await.unwrap();
    assert_eq!(scene.world.states(scene.lead).await, [Running, Ready]);
    scene.ends_well(1).await;
}

/// 7: while taking over an effect whose lease has expired.
async fn during_the_reclaim(scene: Scene) {
    scene.halt.send_replace(Halt::After);
    let first = scene.world.dispatcher().await;
    scene.arrives(&[1]).await;
    first.kill().await;
    scene.world.execute(LAPSE).await;
    let mut lock = scene.locked("LOCK TABLE deliveries IN EXCLUSIVE MODE").await;
    let second = scene.world.dispatcher().await;
    scene.blocked().await;
    second.kill().await;
    lock.execute("ROLLBACK").await.unwrap();
    assert_eq!(scene.world.number("SELECT count(*) FROM deliveries").await, 0, "it was not committed");
    assert_eq!(scene.world.states(scene.lead).await, [Running, Ready]);
    scene.ends_well(1).await;
}

macro_rules! at_every_step {
    ($($step:ident),+) => {
        mod warehouse {
            $(#[tokio::test] async fn $step() { super::$step(super::Scene::warehouse().await).await; })+
        }
        mod webhook {
            $(#[tokio::test] async fn $step() { super::$step(super::Scene::webhook().await).await; })+
        }
    };
}

at_every_step!(
    after_the_claim,
    before_the_write,
    after_the_write,
    before_the_finish,
    after_the_finish,
    during_the_heartbeat,
    during_the_reclaim
);
