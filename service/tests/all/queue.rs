//! Tests the queue: one person per lead, one verdict per decision, and no lost leads.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::ids::{LeadId, PersonId, WorkflowId};
use engine::sync::flow::Pace;
use serde_json::json;
use service::decide::verdict::{self, UndoResult, VerdictResult};
use sqlx::PgConnection;
use store::actor::{ActorId, Role};
use store::ingest::{self, LeadStateRow};
use store::keyring::CiphertextLocation as Sealed;
use store::queue::{
    self, CLAIM, ClaimResult, Kind, NotWaitingReason, QueueItem, QueueListFilter, TAKE_BACK, Verdict,
};
use store::reads::{keyset, leads_list};
use store::sync::{self, fixture};
use store::testing::TestDatabase;
use store::{Actor, Error, log, outcomes, people};
use uuid::Uuid;

struct Queue {
    database: TestDatabase,
    owner: PgConnection,
    workflow: WorkflowId,
    now: DateTime<Utc>,
    people: Vec<PersonId>,
}

impl Queue {
    /// Creates two SDRs and an empty queue.
    async fn open() -> Self {
        let database = TestDatabase::new().await;
        let mut owner = database.owner().await;
        let now = engine::time::cut(Utc::now());
        let workflow = engine::ids::mint(now, [9; 10]);
        sqlx::query("INSERT INTO workflows (id, name, title, definition, created_at) VALUES ($1, 'inbound', 'Inbound', '{}', $2)")
            .bind(workflow)
            .bind(now)
            .execute(&mut owner)
            .await
            .unwrap();
        sqlx::query("INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) VALUES ($1, $2, '{}', '{}', $3)")
            .bind([1_u8; 32].as_slice())
            .bind(workflow)
            .bind(now)
            .execute(&mut owner)
            .await
            .unwrap();
        let command = Actor::command("test");
        let mut people = Vec::new();
        for (email, name) in [("ana@acme.example", "Ana Ruiz"), ("ben@acme.example", "Ben Ode")] {
            people.push(people::add(&database.store, &command, email, name, &[Role::Sdr]).await.unwrap());
        }
        people::add(&database.store, &command, "jane@acme.example", "Jane Doe", &[Role::Ae]).await.unwrap();
        Self { database, owner, workflow: workflow.into(), now, people }
    }

    /// Returns one of the SDRs, acting this many minutes later.
    fn actor(&self, person: usize, minutes: i64) -> Actor {
        Actor {
            who: ActorId::Person(self.people[person]),
            roles: vec![Role::Sdr],
            request_id: "test".into(),
            form: None,
            now: self.now + TimeDelta::minutes(minutes),
        }
    }

    /// Adds a waiting lead and returns the verdict that accepts its suggestion.
    async fn lead(&mut self, n: u8, suggested: &str, waited: i64) -> Verdict {
        let lead = engine::ids::mint_nth(self.now, n.into(), [n; 10]);
        let (_, wrapped) = self.database.store.keyring().new_data_key(lead);
        sqlx::query("INSERT INTO leads (id, data_key, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(lead)
            .bind(wrapped)
            .bind(format!("Lead {n}"))
            .bind(self.now)
            .execute(&mut self.owner)
            .await
            .unwrap();
        let decision = self.decide(lead.into(), n, suggested, waited).await;
        let action = suggested.parse::<Action>().unwrap().agreed();
        Verdict {
            place: QueueItem { lead: lead.into(), workflow: self.workflow },
            decision: decision.into(),
            seen: None,
            kind: Kind::Accept,
            action,
            parameters: BTreeMap::new(),
            assignee: None,
            pool: None,
            reason: None,
        }
    }

    /// Adds a decision that holds the lead.
    async fn decide(&mut self, lead: LeadId, n: u8, suggested: &str, waited: i64) -> Uuid {
        let id = engine::ids::mint_nth(self.now, 1_000 + usize::from(n), [3; 10]);
        let as_of = self.now - TimeDelta::minutes(waited);
        let wrapped: Vec<u8> = sqlx::query_scalar("SELECT data_key FROM leads WHERE id = $1")
            .bind(lead.0)
            .fetch_one(&mut self.owner)
            .await
            .unwrap();
        let key = self.database.store.keyring().unwrap_data_key(lead.0, &wrapped).unwrap();
        let snapshot =
            key.seal(br#"{"fields":{},"lists":{}}"#, Sealed { column: "decisions.snapshot", row: id });
        sqlx::query(
            "INSERT INTO decisions (id, event_id, lead_id, workflow_id, sequence, epoch, mode, bundle, rule_set, rule_version, action, parameters, risk_tags, \
             because, trace, snapshot, effects, as_of, decided_at, hash) VALUES ($1, $1, $2, $3, 1, 0, 'live', $4, 'r', 1, 'hold', '{}', '[]', '[]', '[]', $6, \
             '[]', $5, $5, $4)",
        )
        .bind(id)
        .bind(lead.0)
        .bind(self.workflow.0)
        .bind([1_u8; 32].as_slice())
        .bind(as_of)
        .bind(snapshot)
        .execute(&mut self.owner)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO lead_states (lead_id, workflow_id, source, first_decision_id, first_as_of, first_action, last_decision_id, last_as_of, last_action, \
             last_rule_version, queue, queued_at, suggested) VALUES ($1, $2, 'web', $3, $4, 'hold', $3, $4, 'hold', 1, 'sdr', $4, $5) \
             ON CONFLICT (lead_id, workflow_id) DO UPDATE SET last_decision_id = excluded.last_decision_id, queue = 'sdr', queued_at = excluded.queued_at, \
               suggested = excluded.suggested",
        )
        .bind(lead.0)
        .bind(self.workflow.0)
        .bind(id)
        .bind(as_of)
        .bind(suggested)
        .execute(&mut self.owner)
        .await
        .unwrap();
        id
    }

    async fn waiting(&self, filter: &QueueListFilter) -> Vec<LeadId> {
        let rows = queue::waiting(&self.database.store, filter, self.now).await.unwrap();
        assert_eq!(queue::count(&self.database.store, filter).await.unwrap(), rows.len() as i64);
        rows.into_iter().map(|row| LeadId(row.lead_id)).collect()
    }

    async fn audited(&mut self, action: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = $1")
            .bind(action)
            .fetch_one(&mut self.owner)
            .await
            .unwrap()
    }
}

fn disqualify(verdict: &Verdict, reason: &str) -> Verdict {
    Verdict { kind: Kind::Disqualify, action: Action::Reject, reason: Some(reason.into()), ..verdict.clone() }
}

#[tokio::test]
async fn the_urgent_wait_first_and_then_who_has_waited_longest() {
    let mut queue = Queue::open().await;
    let mut ids = Vec::new();
    for (n, suggested, waited) in
        [(1, "reject", 90), (2, "hold", 5), (3, "assign", 1), (4, "advance", 60), (5, "escalate", 30)]
    {
        ids.push(queue.lead(n, suggested, waited).await.place.lead);
    }
    let all = queue.waiting(&QueueListFilter::default()).await;
    assert_eq!(all, [ids[4], ids[2], ids[3], ids[1], ids[0]]);
    let narrowed = QueueListFilter { suggested: Some(Action::Assign), ..QueueListFilter::default() };
    assert_eq!(queue.waiting(&narrowed).await, [ids[2]]);
    assert_eq!(
        queue.waiting(&QueueListFilter { queue: Some("manual"), ..QueueListFilter::default() }).await,
        []
    );
    let oldest = queue::oldest(&queue.database.store).await.unwrap();
    assert_eq!(oldest, Some(queue.now - TimeDelta::minutes(90)));
}

#[tokio::test]
async fn of_two_people_who_want_a_lead_one_gets_it_until_it_lapses() {
    let mut queue = Queue::open().await;
    let place = queue.lead(1, "hold", 5).await.place;
    let store = queue.database.store.clone();
    let (ana, ben) = (queue.actor(0, 0), queue.actor(1, 0));
    let (first, second) = tokio::join!(queue::claim(&store, &ana, place), queue::claim(&store, &ben, place));
    let (first, second) = (first.unwrap(), second.unwrap());
    let won = usize::from(second == ClaimResult::Yours);
    assert!((first == ClaimResult::Yours) != (second == ClaimResult::Yours), "{first:?} {second:?}");
    let (winner, loser) = (won, 1 - won);
    let ClaimResult::Taken(taken) = (if won == 0 { second } else { first }) else {
        panic!("no notice was sent")
    };
    assert_eq!(taken.until, queue.now + CLAIM);
    assert_eq!(taken.by, ["Ana Ruiz", "Ben Ode"][winner]);

    // Renewed at minute 9, the claim outlasts minute 10 and expires ten minutes after the last renewal.
    queue::renew(&store, &queue.actor(winner, 9), place).await.unwrap();
    assert!(matches!(
        queue::claim(&store, &queue.actor(loser, 12), place).await.unwrap(),
        ClaimResult::Taken(_)
    ));
    queue::renew(&store, &queue.actor(loser, 12), place).await.unwrap();
    assert_eq!(queue::claim(&store, &queue.actor(loser, 19), place).await.unwrap(), ClaimResult::Yours);
    // A late renewal does not restore a lost claim.
    queue::renew(&store, &queue.actor(winner, 20), place).await.unwrap();
    let claim = queue::claim_of(&store, place, queue.now + TimeDelta::minutes(20)).await.unwrap().unwrap();
    assert_eq!((claim.person_id, claim.until), (queue.people[loser].0, queue.now + TimeDelta::minutes(29)));
    queue::release(&store, &queue.actor(loser, 21), place).await.unwrap();
    assert_eq!(queue::claim(&store, &queue.actor(winner, 21), place).await.unwrap(), ClaimResult::Yours);
    assert_eq!((queue.audited("queue.claim").await, queue.audited("queue.release").await), (3, 1));
}

#[tokio::test]
async fn a_person_has_one_lead_and_two_who_go_on_get_two_leads() {
    let mut queue = Queue::open().await;
    let mut places = Vec::new();
    for n in 1..=6 {
        places.push(queue.lead(n, "hold", 60 - i64::from(n)).await.place);
    }
    let store = queue.database.store.clone();
    for _ in 0..5 {
        let (ana, ben) = (queue.actor(0, 0), queue.actor(1, 0));
        let any = QueueListFilter::default();
        let (first, second) =
            tokio::join!(queue::claim_next(&store, &ana, &any), queue::claim_next(&store, &ben, &any));
        let (first, second) = (first.unwrap().unwrap(), second.unwrap().unwrap());
        assert_ne!(first, second);
    }
    let (ana, _) = (queue.actor(0, 1), ());
    queue::claim(&store, &ana, places[4]).await.unwrap();
    let (mine, claims): (i64, i64) =
        sqlx::query_as("SELECT count(*) FILTER (WHERE person_id = $1), count(*) FROM queue_claims")
            .bind(queue.people[0].0)
            .fetch_one(&mut queue.owner)
            .await
            .unwrap();
    assert_eq!((mine, claims), (1, 2));
    let of = QueueListFilter {
        of: Some((queue.people[0], "ana@acme.example".into())),
        ..QueueListFilter::default()
    };
    assert_eq!(queue.waiting(&of).await, [places[4].lead]);
}

#[tokio::test]
async fn of_two_verdicts_on_one_lead_exactly_one_counts() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    for n in 1..=8 {
        let verdict = queue.lead(n, "hold", 5).await;
        let (ana, ben) = (queue.actor(0, 0), queue.actor(1, 0));
        let other = disqualify(&verdict, "Not our market");
        let (first, second) =
            tokio::join!(verdict::decide(&store, &ana, &verdict), verdict::decide(&store, &ben, &other));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!((first == VerdictResult::Done) != (second == VerdictResult::Done), "{first:?} {second:?}");
        let late = if first == VerdictResult::Done { second } else { first };
        assert!(matches!(late, VerdictResult::Gone(NotWaitingReason::Decided { .. })), "{late:?}");
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM queue_verdicts WHERE decision_id = $1")
            .bind(verdict.decision.0)
            .fetch_one(&mut queue.owner)
            .await
            .unwrap();
        assert_eq!(rows, 1);
    }
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, []);
    let again = sqlx::query(
        "INSERT INTO queue_verdicts SELECT gen_random_uuid(), decision_id, turn, lead_id, workflow_id, kind, suggested, action, assignee, assignee_before, \
         override_id, outcome_id, queue, queued_at, person_id, at FROM queue_verdicts LIMIT 1",
    )
    .execute(&mut queue.owner)
    .await
    .unwrap_err();
    assert!(matches!(Error::from(again), Error::Duplicate(name) if name == "queue_verdicts_once"));
}

#[tokio::test]
async fn who_disqualifies_leaves_a_reason_that_only_the_leads_key_opens() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let verdict = disqualify(&queue.lead(1, "assign", 5).await, "They make toys for cats");
    let actor = queue.actor(0, 0);
    queue::claim(&store, &actor, verdict.place).await.unwrap();
    // Ben comes second, and his verdict has no effect.
    let taken = verdict::decide(&store, &queue.actor(1, 1), &verdict).await.unwrap();
    assert!(matches!(taken, VerdictResult::Taken(taken) if taken.by == "Ana Ruiz"));
    assert_eq!(verdict::decide(&store, &actor, &verdict).await.unwrap(), VerdictResult::Done);

    let decision = log::decision(&store, verdict.decision).await.unwrap();
    let [human] = decision.human_overrides.as_slice() else { panic!("{:?}", decision.human_overrides) };
    assert_eq!((human.by.as_str(), human.action), ("ana@acme.example", Action::Reject));
    assert_eq!(human.reason, "They make toys for cats");
    let sealed: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT reason FROM overrides UNION ALL SELECT reason FROM outcomes")
            .fetch_all(&mut queue.owner)
            .await
            .unwrap();
    assert_eq!(sealed.len(), 2);
    assert!(sealed.iter().all(|text| !text.windows(4).any(|part| part == b"toys")));
    let said = outcomes::of_lead(&store, verdict.place.lead).await.unwrap();
    assert_eq!((said.len(), said[0].stage.to_string().as_str()), (1, "disqualified"));
    assert_eq!(
        store::leads::get(&store, verdict.place.lead).await.unwrap().stage.as_deref(),
        Some("disqualified")
    );
    assert_eq!(queue.audited("queue.disqualify").await, 1);
    let claims: i64 =
        sqlx::query_scalar("SELECT count(*) FROM queue_claims").fetch_one(&mut queue.owner).await.unwrap();
    assert_eq!(claims, 0);
    assert_eq!(queue::decided_since(&store, queue.people[0], queue.now).await.unwrap(), 1);
}

#[tokio::test]
async fn a_verdict_taken_back_counts_for_nothing_and_the_lead_waits_where_it_was() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let first = queue.lead(1, "assign", 50).await;
    queue.lead(2, "assign", 5).await;
    let verdict = disqualify(&first, "A slip");
    verdict::decide(&store, &queue.actor(0, 0), &verdict).await.unwrap();
    assert_eq!(
        verdict::give_back(&store, &queue.actor(1, 0), verdict.place).await.unwrap(),
        UndoResult::TooLate
    );
    assert_eq!(
        verdict::give_back(&store, &queue.actor(0, 1), verdict.place).await.unwrap(),
        UndoResult::Done
    );
    assert_eq!(queue.waiting(&QueueListFilter::default()).await[0], verdict.place.lead);
    let lead = store::leads::get(&store, verdict.place.lead).await.unwrap();
    assert_eq!(lead.stage, None);
    assert!(outcomes::of_lead(&store, verdict.place.lead).await.unwrap().is_empty());
    assert!(log::decision(&store, verdict.decision).await.unwrap().human_overrides.is_empty());
    // The rows of the verdict remain.
    let kept: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM overrides), (SELECT count(*) FROM outcomes), (SELECT count(*) FROM queue_verdicts)",
    )
    .fetch_one(&mut queue.owner)
    .await
    .unwrap();
    assert_eq!(kept, (1, 1, 2));
    // The lead is decided again. After two minutes, the verdict can no longer be undone.
    let stranger = Verdict { assignee: Some("eve@evil.example".into()), ..first.clone() };
    let refused = verdict::decide(&store, &queue.actor(1, 2), &stranger).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    let accepted = Verdict { assignee: Some("jane@acme.example".into()), ..first };
    assert_eq!(verdict::decide(&store, &queue.actor(1, 2), &accepted).await.unwrap(), VerdictResult::Done);
    let late = Actor {
        now: queue.now + TimeDelta::minutes(2) + TAKE_BACK + TimeDelta::seconds(1),
        ..queue.actor(1, 0)
    };
    assert_eq!(verdict::give_back(&store, &late, verdict.place).await.unwrap(), UndoResult::TooLate);
    let lead = store::leads::get(&store, verdict.place.lead).await.unwrap();
    assert_eq!(lead.assignee.as_deref(), Some("jane@acme.example"));
}

#[tokio::test]
async fn a_verdict_on_what_was_decided_again_meanwhile_changes_nothing() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let verdict = queue.lead(1, "advance", 50).await;
    queue.decide(verdict.place.lead, 9, "assign", 1).await;
    let late = verdict::decide(&store, &queue.actor(0, 0), &verdict).await.unwrap();
    assert_eq!(late, VerdictResult::Gone(NotWaitingReason::Again));
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, [verdict.place.lead]);
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action LIKE 'queue.%'")
        .fetch_one(&mut queue.owner)
        .await
        .unwrap();
    assert_eq!(rows, 0);
    // Accepting requires that the suggestion is still the same.
    let wrong = Verdict { action: Action::Nurture, ..queue.lead(2, "advance", 5).await };
    assert!(matches!(
        verdict::decide(&store, &queue.actor(0, 0), &wrong).await.unwrap(),
        VerdictResult::Gone(_)
    ));
}

#[tokio::test]
async fn whoever_was_erased_waits_no_more_and_programs_decide_nothing() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let verdict = queue.lead(1, "advance", 50).await;
    let program = verdict::decide(&store, &Actor::command("test"), &verdict).await;
    assert!(matches!(program, Err(Error::Refused(_))));
    store::erasure::erase(&store, &queue.actor(0, 0), verdict.place.lead, "They asked").await.unwrap();
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, []);
    assert!(matches!(verdict::decide(&store, &queue.actor(0, 0), &verdict).await, Err(Error::Erased)));
}

#[tokio::test]
async fn what_a_calendar_has_no_time_for_waits_again_and_is_decided_once_more() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let calendars = fixture::destination(&store, "calendars", "fake", &json!({}), None).await.unwrap();
    sqlx::query("UPDATE workflows SET definition = '{\"destinations\": [{\"to\": \"calendars\", \"purpose\": \"meeting\"}]}'")
        .execute(&mut queue.owner)
        .await
        .unwrap();
    let jane = Some("jane@acme.example".to_owned());
    let verdict = Verdict { assignee: jane, ..queue.lead(1, "assign", 50).await };
    for round in 1..=2 {
        assert_eq!(
            verdict::decide(&store, &queue.actor(0, round), &verdict).await.unwrap(),
            VerdictResult::Done
        );
        assert_eq!(queue.waiting(&QueueListFilter::default()).await, []);
        let now = queue.now + TimeDelta::minutes(round + 1);
        let taken = sync::claim(&store, calendars, &Pace::default(), now, 9).await.unwrap();
        let [effect] = taken.effects.try_into().unwrap_or_else(|_| panic!("one effect a round"));
        assert_eq!(effect.lead_sequence, round);
        let answer =
            sync::AttemptExchange { to_queue: true, ..sync::AttemptExchange::none("no time is free", now) };
        let finish =
            sync::FinishedAttempt { ticket: effect.ticket, outcome: sync::AttemptOutcome::Delivered, answer };
        sync::finish(&store, &[finish]).await.unwrap();
        // The lead is waiting again, with the same suggestion to accept as before.
        assert_eq!(queue.waiting(&QueueListFilter::default()).await, [verdict.place.lead]);
    }
    let turns: Vec<i32> = sqlx::query_scalar("SELECT turn FROM queue_verdicts ORDER BY turn")
        .fetch_all(&mut queue.owner)
        .await
        .unwrap();
    // The verdict that stood is taken back before the next one.
    assert_eq!(turns, [1, 2, 3]);
}

#[tokio::test]
async fn a_late_answer_of_a_calendar_does_not_undo_what_was_decided_since() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let calendars = fixture::destination(&store, "calendars", "fake", &json!({}), None).await.unwrap();
    sqlx::query("UPDATE workflows SET definition = '{\"destinations\": [{\"to\": \"calendars\", \"purpose\": \"meeting\"}]}'")
        .execute(&mut queue.owner)
        .await
        .unwrap();
    let jane = Some("jane@acme.example".to_owned());
    let verdict = Verdict { assignee: jane, ..queue.lead(1, "assign", 50).await };
    verdict::decide(&store, &queue.actor(0, 0), &verdict).await.unwrap();
    let now = queue.now + TimeDelta::seconds(30);
    let taken = sync::claim(&store, calendars, &Pace::default(), now, 9).await.unwrap();
    verdict::give_back(&store, &queue.actor(0, 1), verdict.place).await.unwrap();
    verdict::decide(&store, &queue.actor(0, 1), &disqualify(&verdict, "Not our market")).await.unwrap();
    let [late] = taken.effects.try_into().unwrap_or_else(|_| panic!("the next ones wait for it"));
    let answer =
        sync::AttemptExchange { to_queue: true, ..sync::AttemptExchange::none("no time is free", now) };
    let finish =
        sync::FinishedAttempt { ticket: late.ticket, outcome: sync::AttemptOutcome::Delivered, answer };
    sync::finish(&store, &[finish]).await.unwrap();
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, []);
}

/// What counts for a lead.
#[derive(Debug, PartialEq)]
struct Counts {
    action: String,
    by_person: bool,
    waits: bool,
}

impl Queue {
    /// Returns what counts for a lead, after it checks that the log gives the same.
    async fn counts(&mut self, place: QueueItem) -> Counts {
        type Row = (Option<Uuid>, String, bool, Uuid);
        let read = "SELECT verdict_id, effective_action, queue IS NOT NULL, effective_id FROM lead_states WHERE lead_id = $1 AND workflow_id = $2";
        let kept: Row = sqlx::query_as(read)
            .bind(place.lead.0)
            .bind(place.workflow.0)
            .fetch_one(&mut self.owner)
            .await
            .unwrap();
        sqlx::query("SELECT rebuild_lead_verdicts()").execute(&mut self.owner).await.unwrap();
        let rebuilt: Row = sqlx::query_as(read)
            .bind(place.lead.0)
            .bind(place.workflow.0)
            .fetch_one(&mut self.owner)
            .await
            .unwrap();
        assert_eq!(kept, rebuilt, "the log says the same");
        // The page, the list and its counts agree.
        let lead = store::leads::get(&self.database.store, place.lead).await.unwrap();
        assert_eq!(lead.workflows[0].effective_action.to_string(), kept.1);
        let filter = leads_list::LeadListFilter { lead: Some(place.lead.0), ..Default::default() };
        let page =
            leads_list::page(&self.database.store, &filter, Default::default(), keyset::Cursor::Start, 5)
                .await
                .unwrap();
        assert_eq!(
            (page.rows[0].effective_action.as_str(), page.rows[0].effective_id),
            (kept.1.as_str(), kept.3)
        );
        let action = kept.1.parse::<Action>().unwrap();
        let (counts, more) = leads_list::counts(&self.database.store, &filter).await.unwrap();
        assert_eq!((counts, more), (vec![(action, 1)], false));
        let narrowed = leads_list::LeadListFilter { action: Some(action), ..filter };
        let page =
            leads_list::page(&self.database.store, &narrowed, Default::default(), keyset::Cursor::Start, 5)
                .await
                .unwrap();
        assert_eq!(page.rows.len(), 1);
        Counts { by_person: kept.0.is_some(), action: kept.1, waits: kept.2 }
    }

    /// Returns the verdict or decision that counts, as a person sees it on the lead's page.
    async fn seen(&self, place: QueueItem) -> Option<Uuid> {
        let lead = store::leads::get(&self.database.store, place.lead).await.unwrap();
        Some(lead.workflows[0].effective_id)
    }

    async fn outcome(&mut self, lead: LeadId, stage: OutcomeStage, minutes: i64) {
        let store = self.database.store.clone();
        let at = self.now + TimeDelta::minutes(minutes);
        let mut tx = store.begin().await.unwrap();
        let locked = store::ingest::lock_lead(&mut tx, store.keyring(), lead).await.unwrap();
        let input = outcomes::OutcomeInput {
            stage,
            at: Some(at),
            by: None,
            amount: None,
            currency: None,
            opportunity_id: None,
            reason: None,
        };
        let id = engine::ids::mint(at, rand::random());
        let row = outcomes::OutcomeRow::new(id, lead, &locked.key, &input, at, "test");
        outcomes::insert(&mut tx, &[row]).await.unwrap();
        queue::close(&mut tx, &[lead.0]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn stage(&self, lead: LeadId) -> Option<String> {
        store::leads::get(&self.database.store, lead).await.unwrap().stage
    }
}

fn counts(action: &str, by_person: bool, waits: bool) -> Counts {
    Counts { action: action.to_owned(), by_person, waits }
}

fn change(verdict: &Verdict, action: Action, assignee: Option<&str>, seen: Option<Uuid>) -> Verdict {
    let kind = if action == Action::Reject { Kind::Disqualify } else { Kind::Change };
    let reason = Some(format!("Because of {action}"));
    Verdict { kind, action, assignee: assignee.map(str::to_owned), reason, seen, ..verdict.clone() }
}

#[tokio::test]
async fn a_verdict_is_what_counts_until_it_is_undone_or_the_rules_decide_again() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let verdict = queue.lead(1, "hold", 50).await;
    let place = verdict.place;
    assert_eq!(queue.counts(place).await, counts("hold", false, true));
    verdict::decide(&store, &queue.actor(0, 0), &verdict).await.unwrap();
    assert_eq!(queue.counts(place).await, counts("advance", true, false));
    let (today, _) =
        store::reads::home::decided_since(&store, queue.now - TimeDelta::minutes(1)).await.unwrap();
    assert_eq!(today.iter().map(|one| (one.action, one.count)).collect::<Vec<_>>(), [(Action::Advance, 1)]);
    verdict::give_back(&store, &queue.actor(0, 1), place).await.unwrap();
    assert_eq!(queue.counts(place).await, counts("hold", false, true));
    verdict::decide(&store, &queue.actor(0, 1), &disqualify(&verdict, "Too small")).await.unwrap();
    assert_eq!(queue.counts(place).await, counts("reject", true, false));
    // An imported decision about the time before leaves the verdict, a new event's replaces it.
    let state = |minutes: i64, is_now, action: &str| LeadStateRow {
        lead_id: place.lead.0,
        workflow_id: place.workflow.0,
        source: "web".into(),
        decision_id: engine::ids::mint(queue.now + TimeDelta::minutes(minutes), rand::random()),
        as_of: queue.now + TimeDelta::minutes(minutes),
        is_now,
        action: action.to_owned(),
        rule_id: None,
        confidence: None,
        rule_version: 1,
        queue: None,
        suggested: None,
    };
    let (imported, live) = (state(-10, false, "nurture"), state(5, true, "assign"));
    sqlx::query(
        "INSERT INTO decisions (id, event_id, lead_id, workflow_id, sequence, epoch, mode, bundle, rule_set, rule_version, action, parameters, risk_tags, \
         because, trace, snapshot, effects, as_of, decided_at, hash) SELECT $1, event_id, lead_id, workflow_id, 9, epoch, 'historical', bundle, rule_set, \
         rule_version, 'nurture', parameters, risk_tags, because, trace, snapshot, effects, $2, decided_at, hash FROM decisions WHERE id = $3",
    )
    .bind(imported.decision_id)
    .bind(imported.as_of)
    .bind(verdict.decision.0)
    .execute(&mut queue.owner)
    .await
    .unwrap();
    let mut connection = store.pool().acquire().await.unwrap();
    ingest::upsert_states(&mut connection, &[imported]).await.unwrap();
    assert_eq!(queue.counts(place).await, counts("reject", true, false));
    ingest::upsert_states(&mut connection, &[live]).await.unwrap();
    assert_eq!(queue.counts(place).await, counts("assign", false, false));
}

#[tokio::test]
async fn the_decision_about_a_lead_is_changed_and_the_change_undone() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let verdict = queue.lead(1, "assign", 50).await;
    let place = verdict.place;
    let jane = Some("jane@acme.example");
    let accepted = Verdict { assignee: jane.map(str::to_owned), ..verdict.clone() };
    verdict::decide(&store, &queue.actor(0, 0), &accepted).await.unwrap();
    let seen = queue.seen(place).await;
    // Only a person who saw what counts can change it.
    for stale in [None, Some(verdict.decision.0)] {
        let late = change(&verdict, Action::Nurture, None, stale);
        let answer = verdict::decide(&store, &queue.actor(1, 1), &late).await.unwrap();
        assert!(matches!(answer, VerdictResult::Gone(NotWaitingReason::Decided { .. })), "{answer:?}");
    }
    let nurtured = change(&verdict, Action::Nurture, None, seen);
    assert_eq!(verdict::decide(&store, &queue.actor(1, 1), &nurtured).await.unwrap(), VerdictResult::Done);
    assert_eq!(queue.counts(place).await, counts("nurture", true, false));
    let lead = store::leads::get(&store, place.lead).await.unwrap();
    assert_eq!(lead.assignee, None, "the person who had it no longer has it");
    let [human] = log::decision(&store, verdict.decision).await.unwrap().human_overrides.try_into().unwrap();
    assert_eq!((human.action, human.by.as_str()), (Action::Nurture, "ben@acme.example"));

    // Undone, the verdict before it counts again, in the name of the person who gave it.
    assert_eq!(verdict::give_back(&store, &queue.actor(1, 2), place).await.unwrap(), UndoResult::Done);
    assert_eq!(queue.counts(place).await, counts("assign", true, false));
    assert_eq!(store::leads::get(&store, place.lead).await.unwrap().assignee.as_deref(), jane);
    assert!(log::decision(&store, verdict.decision).await.unwrap().human_overrides.is_empty());
    let last = queue::verdicts_of(&store, place.lead).await.unwrap().remove(0);
    assert_eq!((last.by.as_str(), last.action.as_str()), ("Ana Ruiz", "assign"));
    let (ana, ben) = (queue.people[0], queue.people[1]);
    assert_eq!(queue::decided_since(&store, ana, queue.now).await.unwrap(), 2);
    assert_eq!(queue::decided_since(&store, ben, queue.now).await.unwrap(), 0);

    // A disqualified lead that is handed on is open again.
    let out = change(&verdict, Action::Reject, None, queue.seen(place).await);
    verdict::decide(&store, &queue.actor(1, 5), &out).await.unwrap();
    assert_eq!(
        (queue.stage(place.lead).await.as_deref(), queue.counts(place).await),
        (Some("disqualified"), counts("reject", true, false))
    );
    let back = change(&verdict, Action::Assign, jane, queue.seen(place).await);
    verdict::decide(&store, &queue.actor(0, 6), &back).await.unwrap();
    assert_eq!(
        (queue.stage(place.lead).await, queue.counts(place).await),
        (None, counts("assign", true, false))
    );
    let hers = store::reads::home::unanswered(&store, "jane@acme.example").await.unwrap();
    assert_eq!(hers.iter().map(|one| one.lead_id).collect::<Vec<_>>(), [place.lead.0]);
    verdict::give_back(&store, &queue.actor(0, 7), place).await.unwrap();
    assert_eq!(
        (queue.stage(place.lead).await.as_deref(), queue.counts(place).await),
        (Some("disqualified"), counts("reject", true, false))
    );
    let [human] = log::decision(&store, verdict.decision).await.unwrap().human_overrides.try_into().unwrap();
    assert_eq!(human.reason, "Because of reject");
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, []);
    // Erasing the person changes nothing about what was decided.
    store::erasure::erase(&store, &queue.actor(0, 8), place.lead, "They asked").await.unwrap();
    assert_eq!(queue.counts(place).await, counts("reject", true, false));
}

#[tokio::test]
async fn a_decision_of_the_rules_that_nobody_waits_for_is_changed_and_restored() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let verdict = queue.lead(1, "hold", 50).await;
    let place = verdict.place;
    sqlx::query("UPDATE lead_states SET queue = NULL, queued_at = NULL, suggested = NULL")
        .execute(&mut queue.owner)
        .await
        .unwrap();
    let seen = queue.seen(place).await;
    assert_eq!(seen, Some(verdict.decision.0));
    let answer =
        verdict::decide(&store, &queue.actor(0, 0), &Verdict { seen, ..verdict.clone() }).await.unwrap();
    assert!(matches!(answer, VerdictResult::Gone(_)), "there is no suggestion to accept");
    let (first, second) =
        (change(&verdict, Action::Nurture, None, seen), change(&verdict, Action::Reject, None, seen));
    let (ana, ben) = (queue.actor(0, 1), queue.actor(1, 1));
    let (first, second) =
        tokio::join!(verdict::decide(&store, &ana, &first), verdict::decide(&store, &ben, &second));
    let won = [first.unwrap(), second.unwrap()].map(|answer| answer == VerdictResult::Done);
    assert!(won[0] != won[1], "of two who change it at once, one does");
    let winner = usize::from(won[1]);
    assert_eq!(verdict::give_back(&store, &queue.actor(winner, 2), place).await.unwrap(), UndoResult::Done);
    assert_eq!(queue.counts(place).await, counts("hold", false, false));
    assert_eq!(queue.stage(place.lead).await, None);
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, []);
}

#[tokio::test]
async fn a_closed_lead_leaves_the_queue_and_a_verdict_opens_it_again() {
    let mut queue = Queue::open().await;
    let store = queue.database.store.clone();
    let (closed, reopened) = (queue.lead(1, "assign", 50).await, queue.lead(2, "assign", 40).await);
    queue::claim(&store, &queue.actor(0, 0), closed.place).await.unwrap();
    // Disqualified before it came in again: a person has to look.
    queue.outcome(reopened.place.lead, OutcomeStage::Disqualified, -60).await;
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, [closed.place.lead, reopened.place.lead]);
    for stage in [OutcomeStage::Touched, OutcomeStage::Rejected] {
        queue.outcome(closed.place.lead, stage, -5).await;
        assert_eq!(queue.waiting(&QueueListFilter::default()).await.len(), 2, "{stage}");
    }
    queue.outcome(closed.place.lead, OutcomeStage::Lost, 1).await;
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, [reopened.place.lead]);
    let claims: i64 =
        sqlx::query_scalar("SELECT count(*) FROM queue_claims").fetch_one(&mut queue.owner).await.unwrap();
    assert_eq!(claims, 0);
    let late = verdict::decide(&store, &queue.actor(0, 2), &closed).await.unwrap();
    assert_eq!(late, VerdictResult::Gone(NotWaitingReason::Left));

    let lead = reopened.place.lead;
    assert_eq!(queue.stage(lead).await.as_deref(), Some("disqualified"));
    let verdict = Verdict { assignee: Some("jane@acme.example".into()), ..reopened };
    verdict::decide(&store, &queue.actor(0, 3), &verdict).await.unwrap();
    assert_eq!(queue.stage(lead).await, None);
    let hers = store::reads::home::unanswered(&store, "jane@acme.example").await.unwrap();
    assert_eq!(hers.iter().map(|one| one.lead_id).collect::<Vec<_>>(), [lead.0]);
    verdict::give_back(&store, &queue.actor(0, 4), verdict.place).await.unwrap();
    assert_eq!(queue.stage(lead).await.as_deref(), Some("disqualified"));
    assert_eq!(queue.waiting(&QueueListFilter::default()).await, [lead]);
}
