//! The list of unfinished effects and the details of an effect, as read by the delivery pages.

use chrono::{TimeDelta, Utc};
use engine::ids::{DestinationId, EffectId};
use serde_json::json;
use store::control::kill::{self as kill_switch, StopScope, kill};
use store::reads::keyset::{self, Order};
use store::sync::fixture::NewEffect;
use store::sync::history::{FinalState, HistoryFilter, history};
use store::sync::unfinished::{PAGE_ROWS, UnfinishedCursor};
use store::sync::{
    AttemptExchange, AttemptOutcome, DeadEffectFilter, EffectState, FinishedAttempt, OutboxCount, Resumption,
    UnfinishedFilter, UnfinishedState, claim, count_dead, effect, finish, fixture, outbox_counts, pause,
    resume, resumption_of_destination, resumption_of_workflows, review_expired, unfinished, used_on,
};
use store::testing::TestDatabase;
use store::{Actor, Error, Store};

struct World {
    database: TestDatabase,
    crm: DestinationId,
    spare: DestinationId,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let make = async |name| {
            fixture::destination(&database.store, name, "webhook", &json!({}), None).await.unwrap()
        };
        let (crm, spare) = (make("crm").await, make("spare").await);
        Self { database, crm, spare }
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    /// Creates effects of this many leads, in the order of their ids.
    async fn effects(&self, destination: DestinationId, n: usize) -> Vec<EffectId> {
        let mut effects = Vec::new();
        for _ in 0..n {
            let lead = fixture::lead(self.store()).await.unwrap();
            effects.push(fixture::effect(self.store(), destination, lead, 1).await.unwrap());
        }
        effects.sort();
        effects
    }

    async fn fail(&self, effects: &[EffectId], error: &str) {
        sqlx::query("UPDATE outbox SET state = 'dead', last_error = $2 WHERE effect_id = ANY($1)")
            .bind(effects.iter().map(|id| id.0).collect::<Vec<_>>())
            .bind(error)
            .execute(self.store().pool())
            .await
            .unwrap();
    }

    async fn list(&self, filter: &UnfinishedFilter) -> Vec<EffectId> {
        let page =
            unfinished(self.store(), filter, Order::Newest, UnfinishedCursor::Start, PAGE_ROWS, Utc::now())
                .await
                .unwrap();
        page.rows.iter().map(|row| row.effect_id.into()).collect()
    }
}

fn newest_first(mut effects: Vec<EffectId>) -> Vec<EffectId> {
    effects.sort();
    effects.reverse();
    effects
}

#[tokio::test]
async fn paging_forward_and_back_misses_nothing() {
    let world = World::new().await;
    let all = newest_first(world.effects(world.crm, 2 * PAGE_ROWS + 7).await);
    let filter = UnfinishedFilter::default();
    let (mut seen, mut cursor, mut firsts) = (Vec::new(), UnfinishedCursor::Start, Vec::new());
    loop {
        let page =
            unfinished(world.store(), &filter, Order::Newest, cursor, PAGE_ROWS, Utc::now()).await.unwrap();
        firsts.push(page.rows[0].effect_id);
        seen.extend(page.rows.iter().map(|row| EffectId(row.effect_id)));
        assert_eq!(page.beside.newer.is_some(), cursor != UnfinishedCursor::Start);
        let Some(older) = page.beside.older else { break };
        cursor = older;
    }
    assert_eq!(seen, all);
    firsts.pop();
    let mut page =
        unfinished(world.store(), &filter, Order::Newest, cursor, PAGE_ROWS, Utc::now()).await.unwrap();
    while let Some(newer) = page.beside.newer {
        page = unfinished(world.store(), &filter, Order::Newest, newer, PAGE_ROWS, Utc::now()).await.unwrap();
        assert_eq!(Some(page.rows[0].effect_id), firsts.pop());
        assert!(page.beside.older.is_some());
    }
    assert!(firsts.is_empty());
}

#[tokio::test]
async fn filters_of_the_list_match_those_of_retries() {
    let world = World::new().await;
    let (crm, spare) = (world.effects(world.crm, 5).await, world.effects(world.spare, 2).await);
    world.fail(&crm[..2], "Status 410: 100% gone").await;
    world.fail(&crm[2..3], "status 500").await;
    world.fail(&spare[..1], "STATUS 410").await;
    let list = async |destination, state, error: Option<&str>| {
        let filter = UnfinishedFilter { destination, state, error: error.map(str::to_owned) };
        world.list(&filter).await
    };
    let dead = Some(UnfinishedState::Dead);
    assert_eq!(list(None, None, None).await.len(), 7);
    assert_eq!(
        list(Some(world.crm), Some(UnfinishedState::Ready), None).await,
        newest_first(crm[3..].to_vec())
    );
    assert_eq!(list(Some(world.crm), dead, None).await, newest_first(crm[..3].to_vec()));
    assert!(list(None, Some(UnfinishedState::Running), None).await.is_empty());
    for (error, count) in [("status 410", 3), ("%", 2), ("_", 0), ("", 4), ("gone", 2)] {
        let listed = list(None, dead, Some(error)).await;
        assert_eq!(listed.len(), count, "{error:?}");
        let filter = DeadEffectFilter { destination: None, error: Some(error.to_owned()) };
        assert_eq!(count_dead(world.store(), &filter).await.unwrap(), count as i64, "{error:?}");
    }
    let filter = DeadEffectFilter { destination: Some(world.crm), error: Some("STATUS 410".into()) };
    let meant = list(Some(world.crm), dead, Some("STATUS 410")).await;
    let came = fixture::replay_all(world.store(), &Actor::command("test"), &filter).await.unwrap();
    assert_eq!((came.ready, meant), (2, newest_first(crm[..2].to_vec())));
    assert_eq!(count_dead(world.store(), &filter).await.unwrap(), 0);
}

#[tokio::test]
async fn an_effect_is_found_while_in_progress_and_after_delivery() {
    let world = World::new().await;
    let id = world.effects(world.crm, 1).await[0];
    let waiting = effect(world.store(), id).await.unwrap();
    assert_eq!(waiting.effect.state, Some(EffectState::Ready));
    assert_eq!((waiting.is_stopped, waiting.leased_until, waiting.paused_reason), (false, None, None));
    let mut taken = claim(world.store(), world.crm, &Default::default(), Utc::now(), 10).await.unwrap();
    let running = effect(world.store(), id).await.unwrap();
    assert_eq!(running.effect.state, Some(EffectState::Running));
    assert!(running.leased_until.is_some());
    let claimed = taken.effects.pop().unwrap();
    assert_eq!(claimed.effect_key, running.effect_key);
    let answer = AttemptExchange { error: None, ..AttemptExchange::none("", Utc::now()) };
    let end = FinishedAttempt { ticket: claimed.ticket, outcome: AttemptOutcome::Delivered, answer };
    finish(world.store(), &[end]).await.unwrap();
    let arrived = effect(world.store(), id).await.unwrap();
    assert_eq!(arrived.effect.state, Some(EffectState::Delivered));
    assert!(world.list(&UnfinishedFilter::default()).await.is_empty());
    fixture::erase(world.store(), arrived.effect.lead_id).await.unwrap();
    assert!(effect(world.store(), id).await.unwrap().lead.erased_at.is_some());
    let nobody = effect(world.store(), EffectId(uuid::Uuid::nil())).await;
    assert!(matches!(nobody, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn the_used_quota_belongs_to_its_day() {
    let world = World::new().await;
    world.effects(world.crm, 3).await;
    let pace = engine::sync::flow::Pace { daily_quota: Some(100), ..Default::default() };
    let now = Utc::now();
    claim(world.store(), world.crm, &pace, now, 10).await.unwrap();
    let used = used_on(world.store(), now.date_naive()).await.unwrap();
    assert_eq!(used.into_iter().collect::<Vec<_>>(), [(world.crm.0, 3)]);
    assert!(used_on(world.store(), now.date_naive().succ_opt().unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_effect_past_its_expiry_is_expired_before_and_after_it_is_closed() {
    let world = World::new().await;
    let (store, now) = (world.store(), Utc::now());
    let make = async |n: usize, expires_at| {
        let mut made = Vec::new();
        for _ in 0..n {
            let lead = fixture::lead(store).await.unwrap();
            let new =
                NewEffect { destination: world.crm, lead, sequence: 1, kind: "lead_update", expires_at };
            made.extend(fixture::effects(store, &[new]).await.unwrap());
        }
        newest_first(made)
    };
    let late = make(3, Some(now - TimeDelta::hours(1))).await;
    let fresh = make(2, Some(now + TimeDelta::hours(1))).await;
    let endless = make(1, None).await;
    let failed = make(1, Some(now - TimeDelta::hours(1))).await;
    world.fail(&failed, "Status 400").await;
    let count = async || {
        outbox_counts(store, now).await.unwrap().into_iter().find(|n| n.destination == "crm").unwrap()
    };
    let counted = |n: &OutboxCount| (n.ready, n.overdue, n.expired, n.dead, n.not_sent(), n.unfinished());
    assert_eq!(counted(&count().await), (3, 3, 0, 1, 3, 7));
    let of = async |state| world.list(&UnfinishedFilter { state: Some(state), ..Default::default() }).await;
    assert_eq!(of(UnfinishedState::Expired).await, late);
    assert_eq!(of(UnfinishedState::Ready).await, newest_first([fresh.clone(), endless].concat()));
    let whole =
        unfinished(store, &UnfinishedFilter::default(), Order::Newest, UnfinishedCursor::Start, 50, now)
            .await
            .unwrap();
    let states = |wanted| whole.rows.iter().filter(|row| row.state == wanted).count();
    assert_eq!(
        (states(UnfinishedState::Expired), states(UnfinishedState::Ready), states(UnfinishedState::Dead)),
        (3, 3, 1)
    );
    let first = effect(store, late[0]).await.unwrap().effect;
    assert_eq!((first.state, first.state_at(now)), (Some(EffectState::Ready), Some(EffectState::Expired)));

    // A resume sends what has not expired, unless something else holds it back.
    let actor = Actor::command("test");
    pause(store, &actor, world.crm, "moving").await.unwrap();
    let of_crm = async || resumption_of_destination(store, world.crm, now).await.unwrap();
    assert_eq!(of_crm().await, Resumption { waiting: 6, expired: 3, held: 0 });
    assert_eq!(of_crm().await.sent(), 3);
    kill(store, &actor, &StopScope::All, "wrong owners").await.unwrap();
    assert_eq!(of_crm().await, Resumption { waiting: 6, expired: 3, held: 3 });
    let of_all = async || resumption_of_workflows(store, &StopScope::All, now).await.unwrap();
    assert_eq!(of_all().await, Resumption { waiting: 6, expired: 3, held: 3 });
    kill_switch::resume(store, &actor, &StopScope::All, "right again").await.unwrap();
    resume(store, &actor, world.crm, "moved").await.unwrap();
    assert_eq!(of_all().await, Resumption { waiting: 6, expired: 3, held: 0 });

    claim(store, world.crm, &Default::default(), Utc::now(), 500).await.unwrap();
    assert_eq!(counted(&count().await), (0, 0, 3, 1, 3, 4));
    let filter = HistoryFilter { state: Some(FinalState::Expired), ..Default::default() };
    let closed = history(store, &filter, Order::Newest, keyset::Cursor::Start, 50).await.unwrap();
    let ids: Vec<EffectId> = closed.rows.iter().map(|row| row.effect_id.into()).collect();
    assert_eq!(newest_first(ids), late);
    review_expired(store, &Actor { now: Utc::now(), ..actor }, world.crm).await.unwrap();
    assert_eq!(counted(&count().await), (0, 0, 0, 1, 0, 3 + 1));
}

#[tokio::test]
async fn the_history_is_searched_by_lead_key_and_destination() {
    let world = World::new().await;
    let store = world.store();
    let (crm, spare) = (world.effects(world.crm, 7).await, world.effects(world.spare, 2).await);
    for destination in [world.crm, world.spare] {
        let taken = claim(store, destination, &Default::default(), Utc::now(), 50).await.unwrap();
        for claimed in taken.effects {
            let answer = AttemptExchange { error: None, ..AttemptExchange::none("", Utc::now()) };
            finish(
                store,
                &[FinishedAttempt { ticket: claimed.ticket, outcome: AttemptOutcome::Delivered, answer }],
            )
            .await
            .unwrap();
        }
    }
    let list = async |filter: &HistoryFilter| {
        let page = history(store, filter, Order::Newest, keyset::Cursor::Start, 50).await.unwrap();
        page.rows.iter().map(|row| EffectId(row.effect_id)).collect::<Vec<_>>()
    };
    // Keyset paging sees each row once, the last that finished first.
    let all = HistoryFilter::default();
    let (mut seen, mut cursor) = (Vec::new(), keyset::Cursor::Start);
    loop {
        let page = history(store, &all, Order::Newest, cursor, 4).await.unwrap();
        assert!(page.rows.is_sorted_by(|a, b| a.delivery_id > b.delivery_id));
        seen.extend(page.rows.iter().map(|row| EffectId(row.effect_id)));
        let Some(older) = page.beside.older else { break };
        cursor = older;
    }
    assert_eq!(newest_first(seen), newest_first([crm.clone(), spare.clone()].concat()));
    let filter = HistoryFilter { destination: Some(world.spare), ..Default::default() };
    assert_eq!(newest_first(list(&filter).await), newest_first(spare.clone()));
    let one = effect(store, crm[3]).await.unwrap();
    let key = one.effect_key.to_string();
    let record = one.effect.remote_key.to_string();
    for (lead, key, found) in [
        (Some(one.effect.lead_id.to_string()), None, vec![crm[3]]),
        (None, Some(key.clone()), vec![crm[3]]),
        (None, Some(key["sha256:".len()..][..12].to_uppercase()), vec![crm[3]]),
        (None, Some(record["sha256:".len()..][..20].to_owned()), vec![crm[3]]),
        (Some(uuid::Uuid::from_u128(9).to_string()), None, vec![]),
        (None, Some("no key".to_owned()), vec![]),
    ] {
        let filter = HistoryFilter { lead, key, ..Default::default() };
        assert_eq!(list(&filter).await, found, "{filter:?}");
    }
    sqlx::query("UPDATE leads SET company = 'Massive Dynamic' WHERE id = $1")
        .bind(one.effect.lead_id.0)
        .execute(store.pool())
        .await
        .unwrap();
    let filter = HistoryFilter { lead: Some("massive".into()), ..Default::default() };
    assert_eq!(list(&filter).await, [crm[3]]);
    let filter = HistoryFilter { lead: Some("massive%".into()), ..Default::default() };
    assert!(list(&filter).await.is_empty());
    let filter = HistoryFilter { state: Some(FinalState::Superseded), ..Default::default() };
    assert!(list(&filter).await.is_empty());
}

#[tokio::test]
async fn the_list_says_what_the_destination_answered() {
    let world = World::new().await;
    let store = world.store();
    world.effects(world.crm, 2).await;
    let taken = claim(store, world.crm, &Default::default(), Utc::now(), 50).await.unwrap();
    for (claimed, body) in taken.effects.into_iter().zip([r#"{"message": "field owner is unknown"}"#, ""]) {
        let answer = AttemptExchange {
            response: Some(json!({ "body": body, "cut": false })),
            ..AttemptExchange::none("answered 400 Bad Request", Utc::now())
        };
        finish(store, &[FinishedAttempt { ticket: claimed.ticket, outcome: AttemptOutcome::Dead, answer }])
            .await
            .unwrap();
    }
    let rows = async || {
        let filter = UnfinishedFilter { state: Some(UnfinishedState::Dead), ..Default::default() };
        unfinished(store, &filter, Order::Newest, UnfinishedCursor::Start, 50, Utc::now()).await.unwrap().rows
    };
    let mut said: Vec<Option<String>> = rows().await.into_iter().map(|row| row.answer).collect();
    said.sort();
    assert_eq!(said, [None, Some("field owner is unknown".to_owned())]);
    for row in rows().await {
        fixture::erase(store, row.lead_id.into()).await.unwrap();
    }
    assert!(rows().await.iter().all(|row| row.answer.is_none()), "an erased person's answers are unreadable");
}
