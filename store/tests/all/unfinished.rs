//! The list of unfinished effects and the details of an effect, as read by the delivery pages.

use chrono::Utc;
use engine::ids::{DestinationId, EffectId};
use serde_json::json;
use store::reads::keyset::Order;
use store::sync::unfinished::{PAGE_ROWS, UnfinishedCursor};
use store::sync::{
    AttemptExchange, AttemptOutcome, DeadEffectFilter, EffectState, FinishedAttempt, UnfinishedFilter,
    UnfinishedState, claim, count_dead, effect, finish, fixture, unfinished, used_on,
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
        let page = unfinished(self.store(), filter, Order::Newest, UnfinishedCursor::Start, PAGE_ROWS)
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
        let page = unfinished(world.store(), &filter, Order::Newest, cursor, PAGE_ROWS).await.unwrap();
        firsts.push(page.rows[0].effect_id);
        seen.extend(page.rows.iter().map(|row| EffectId(row.effect_id)));
        assert_eq!(page.beside.newer.is_some(), cursor != UnfinishedCursor::Start);
        let Some(older) = page.beside.older else { break };
        cursor = older;
    }
    assert_eq!(seen, all);
    firsts.pop();
    let mut page = unfinished(world.store(), &filter, Order::Newest, cursor, PAGE_ROWS).await.unwrap();
    while let Some(newer) = page.beside.newer {
        page = unfinished(world.store(), &filter, Order::Newest, newer, PAGE_ROWS).await.unwrap();
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
