//! Paces, circuit breakers and the kill switch on a real Postgres, and the runs of jobs.

use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use engine::ids::{DestinationId, EffectId};
use engine::sync::flow::Pace;
use serde_json::json;
use sqlx::Executor as _;
use store::control::kill::{StopScope, kill, kill_switches, resume};
use store::sync::jobs::{self, JobKind, JobResult};
use store::sync::{
    AttemptExchange, AttemptOutcome, ClaimedBatch, ClaimedEffect, DeadEffectFilter, FinishedAttempt,
    ReplaySummary, claim, close_breaker, finish, fixture, open_breaker, open_breakers,
};
use store::testing::TestDatabase;
use store::{Actor, Error};
use strum::VariantArray as _;

struct World {
    database: TestDatabase,
    destination: DestinationId,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let destination =
            fixture::destination(&database.store, "crm", "webhook", &json!({}), None).await.unwrap();
        Self { database, destination }
    }

    /// Creates effects of this many leads.
    async fn effects(&self, n: usize) -> Vec<EffectId> {
        let mut effects = Vec::new();
        for _ in 0..n {
            let lead = fixture::lead(&self.database.store).await.unwrap();
            effects.push(fixture::effect(&self.database.store, self.destination, lead, 1).await.unwrap());
        }
        effects
    }

    async fn claim(&self, pace: Pace) -> ClaimedBatch {
        self.claim_at(pace, Utc::now()).await
    }

    async fn claim_at(&self, pace: Pace, now: DateTime<Utc>) -> ClaimedBatch {
        claim(&self.database.store, self.destination, &pace, now, 500).await.unwrap()
    }

    async fn finish(&self, claimed: &ClaimedEffect, outcome: AttemptOutcome, error: &str) {
        let answer = AttemptExchange::none(error, Utc::now());
        let end = FinishedAttempt { ticket: claimed.ticket.clone(), outcome, answer };
        assert_eq!(finish(&self.database.store, &[end]).await.unwrap().counted.len(), 1);
    }

    async fn as_owner(&self, sql: &'static str) {
        self.database.owner().await.execute(sql).await.unwrap();
    }

    /// Creates the workflow that the fixture's effects belong to.
    async fn workflow(&self) {
        self.as_owner(
            "INSERT INTO workflows (id, name, title, definition, created_at) \
             VALUES ('00000000-0000-0000-0000-000000000001', 'inbound-form', 'Inbound form', '{}', now())",
        )
        .await;
    }
}

#[tokio::test]
async fn all_processes_share_the_limit_of_concurrent_writes() {
    let world = World::new().await;
    world.effects(20).await;
    let pace = Pace { at_once: Some(3), ..Pace::default() };
    let claims = futures::future::join_all((0..8).map(|_| world.claim(pace))).await;
    let held: Vec<ClaimedEffect> = claims.into_iter().flat_map(|taken| taken.effects).collect();
    assert_eq!(held.len(), 3);
    world.finish(&held[0], AttemptOutcome::Delivered, "").await;
    assert_eq!(world.claim(pace).await.effects.len(), 1);
}

#[tokio::test]
async fn all_processes_share_one_bucket_and_one_quota() {
    let world = World::new().await;
    world.effects(61).await;
    // Noon, so that the whole test happens on one day, after the effects become due.
    let noon = (Utc::now() + TimeDelta::days(1)).date_naive().and_time(NaiveTime::MIN).and_utc()
        + TimeDelta::hours(12);
    let taken = async |pace: Pace, seconds: i64| {
        world.claim_at(pace, noon + TimeDelta::seconds(seconds)).await.effects.len()
    };
    // Two seconds' worth of tokens have accumulated: ten, for any number of claims.
    let pace = Pace { per_minute: Some(300), ..Pace::default() };
    let claims = futures::future::join_all((0..8).map(|_| taken(pace, 0))).await;
    assert_eq!(claims.iter().sum::<usize>(), 10, "{claims:?}");
    assert_eq!((taken(pace, 1).await, taken(pace, 1).await), (5, 0));
    // The day's share is 30 of 100, and effects sent under another limit count.
    let quota = Pace { daily_quota: Some(100), ..Pace::default() };
    assert_eq!((taken(quota, 1).await, taken(quota, 2).await), (15, 0));
    let tomorrow = 24 * 60 * 60;
    assert_eq!((taken(quota, tomorrow).await, taken(quota, tomorrow).await), (30, 0));
}

#[tokio::test]
async fn an_open_breaker_lets_one_trial_through_across_processes() {
    let world = World::new().await;
    let store = &world.database.store;
    world.effects(20).await;
    open_breaker(store, world.destination, None, false, "connection refused", Utc::now()).await.unwrap();
    let [open] = open_breakers(store).await.unwrap().try_into().ok().unwrap();
    assert_eq!((open.openings, open.open_reason.as_deref()), (1, Some("connection refused")));
    // Failures of other effects in the meantime change nothing.
    open_breaker(store, world.destination, None, false, "another", Utc::now()).await.unwrap();
    assert_eq!(open_breakers(store).await.unwrap()[0].open_until, open.open_until);
    assert!(world.claim(Pace::default()).await.effects.is_empty());

    world.as_owner("UPDATE destination_flows SET open_until = now()").await;
    let claims = futures::future::join_all((0..8).map(|_| world.claim(Pace::default()))).await;
    let trials: Vec<ClaimedBatch> = claims.into_iter().filter(|taken| !taken.effects.is_empty()).collect();
    assert_eq!(
        trials.iter().map(|taken| (taken.effects.len(), taken.is_trial)).collect::<Vec<_>>(),
        [(1, true)]
    );

    // The trial fails, so the pause is longer this time. Then one succeeds, and all resume.
    open_breaker(store, world.destination, None, true, "refused again", Utc::now()).await.unwrap();
    assert_eq!(open_breakers(store).await.unwrap()[0].openings, 2);
    assert!(world.claim(Pace::default()).await.effects.is_empty());
    close_breaker(store, world.destination).await.unwrap();
    assert!(open_breakers(store).await.unwrap().is_empty());
    assert_eq!(world.claim(Pace::default()).await.effects.len(), 19);
}

#[tokio::test]
async fn a_stopped_workflow_sends_nothing_until_it_resumes() {
    let world = World::new().await;
    world.workflow().await;
    world.effects(2).await;
    let (store, actor) = (&world.database.store, Actor::command("test"));
    for scope in [StopScope::Workflow("inbound-form".into()), StopScope::All] {
        kill(store, &actor, &scope, "wrong owners").await.unwrap();
        kill(store, &actor, &scope, "twice").await.unwrap();
        assert!(world.claim(Pace::default()).await.effects.is_empty(), "{scope:?}");
        let [stop] = kill_switches(store).await.unwrap().try_into().ok().unwrap();
        assert_eq!((stop.reason.as_str(), stop.killed_by.as_str()), ("wrong owners", "command:test"));
        resume(store, &actor, &scope, "the rain is over").await.unwrap();
        assert!(matches!(resume(store, &actor, &scope, "the rain is over").await, Err(Error::NotFound(_))));
        let taken = world.claim(Pace::default()).await;
        assert_eq!(taken.effects.len(), 2);
        let held: Vec<_> = taken
            .effects
            .iter()
            .map(|claimed| (claimed.ticket.effect_id, claimed.ticket.run_lease))
            .collect();
        store::sync::release(store, &held).await.unwrap();
    }
    let nobody = StopScope::Workflow("no-such".into());
    assert!(matches!(kill(store, &actor, &nobody, "x").await, Err(Error::NotFound(_))));
    let reasonless = kill(store, &actor, &StopScope::All, " ").await;
    assert!(
        matches!(&reasonless, Err(Error::Refused(why)) if why.starts_with("give a reason")),
        "{reasonless:?}"
    );
    let mut acts: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log").fetch_all(store.pool()).await.unwrap();
    acts.sort_unstable();
    let expected = ["workflow.kill", "workflow.kill", "workflow.resume", "workflow.resume"];
    assert_eq!(acts, expected, "an action without effect is not audited");
}

#[tokio::test]
async fn other_workflows_continue() {
    let world = World::new().await;
    world.as_owner(
        "INSERT INTO workflows (id, name, title, definition, created_at) VALUES (gen_random_uuid(), 'other', 'Other', '{}', now())",
    )
    .await;
    world.effects(1).await;
    let store = &world.database.store;
    kill(store, &Actor::command("test"), &StopScope::Workflow("other".into()), "x").await.unwrap();
    assert_eq!(world.claim(Pace::default()).await.effects.len(), 1);
}

#[tokio::test]
async fn failed_effects_are_retried_as_filtered() {
    let world = World::new().await;
    let store = &world.database.store;
    world.effects(3).await;
    for (claimed, error) in
        world.claim(Pace::default()).await.effects.iter().zip(["401 Unauthorized", "401 unauthorized", "410"])
    {
        world.finish(claimed, AttemptOutcome::Dead, error).await;
    }
    // A later decision for the same lead has updated the same record.
    let lead = fixture::lead(store).await.unwrap();
    fixture::effect(store, world.destination, lead, 1).await.unwrap();
    let earlier = world.claim(Pace::default()).await.effects.pop().unwrap();
    world.finish(&earlier, AttemptOutcome::Dead, "401 Unauthorized").await;
    fixture::effect(store, world.destination, lead, 2).await.unwrap();
    let later = world.claim(Pace::default()).await.effects.pop().unwrap();

    let actor = Actor::command("test");
    let of =
        |error: &str| DeadEffectFilter { destination: Some(world.destination), error: Some(error.into()) };
    // While the later delivery is in progress, it is unknown which would arrive first.
    let came = fixture::replay_all(store, &actor, &of("UNAUTHORIZED")).await.unwrap();
    assert_eq!(came, ReplaySummary { ready: 2, superseded: 0, overtaken: 1 });
    world.finish(&later, AttemptOutcome::Delivered, "").await;
    let came = fixture::replay_all(store, &actor, &of("unauthorized")).await.unwrap();
    assert_eq!(came, ReplaySummary { ready: 0, superseded: 1, overtaken: 0 });
    let elsewhere = DeadEffectFilter { destination: Some(EffectId::from(lead.0).0.into()), error: None };
    assert_eq!(fixture::replay_all(store, &actor, &elsewhere).await.unwrap(), ReplaySummary::default());
    let came = fixture::replay_all(store, &actor, &DeadEffectFilter::default()).await.unwrap();
    assert_eq!(came, ReplaySummary { ready: 1, superseded: 0, overtaken: 0 });
    assert_eq!(world.claim(Pace::default()).await.effects.len(), 3);
}

#[tokio::test]
async fn a_run_of_a_job_belongs_to_one_process() {
    let world = World::new().await;
    let store = &world.database.store;
    jobs::register(store).await.unwrap();
    jobs::register(store).await.unwrap();
    let lease = Duration::from_secs(60);
    let runners = (0..10).map(|_| jobs::begin(store, "a", lease));
    let begun: Vec<_> =
        futures::future::join_all(runners).await.into_iter().filter_map(Result::unwrap).collect();
    let jobs_begun: std::collections::BTreeSet<String> =
        begun.iter().map(|run| run.job.to_string()).collect();
    let all = JobKind::VARIANTS.len();
    assert_eq!((begun.len(), jobs_begun.len()), (all, all), "each once");

    let run = begun.into_iter().find(|run| run.job == JobKind::Sessions).unwrap();
    // The process stops sending heartbeats and another one takes the run over. The result of the first one is ignored.
    world
        .as_owner("UPDATE jobs SET leased_until = now() - interval '1 second' WHERE name = 'sessions'")
        .await;
    let again = jobs::begin(store, "b", lease).await.unwrap().unwrap();
    assert_eq!((again.job, again.run_lease), (JobKind::Sessions, run.run_lease + 1));
    let ended = JobResult { succeeded: true, result: "None had expired.".into() };
    assert!(!jobs::end(store, run, &ended).await.unwrap());
    // A person requests the job while it is running: it runs once more afterwards, and then only on schedule.
    jobs::request(store, &Actor::command("test"), JobKind::Sessions).await.unwrap();
    assert!(jobs::end(store, again, &ended).await.unwrap());
    let asked = jobs::begin(store, "c", lease).await.unwrap().unwrap();
    assert_eq!(asked.job, JobKind::Sessions);
    assert!(jobs::end(store, asked, &ended).await.unwrap());
    assert_eq!(jobs::begin(store, "d", lease).await.unwrap(), None);
    let listed = jobs::jobs(store).await.unwrap();
    let sessions = listed.iter().find(|job| job.name == "sessions").unwrap();
    assert_eq!(
        (sessions.runner.as_deref(), sessions.succeeded, sessions.is_running),
        (Some("c"), Some(true), false)
    );
    assert_eq!(sessions.requested_by, None);
    assert!(sessions.due_at > Utc::now() + TimeDelta::minutes(50));
}
