//! What an AE answers about a lead: it counts at once, for the figures, the pool, the queue and the destinations.

use chrono::Utc;
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::decision::Mode;
use engine::ids::{LeadId, PersonId};
use serde_json::{Value as Json, json};
use service::decide::assignee::{self, AnswerResult, AssigneeAnswer};
use service::decide::verdict::{self, VerdictResult};
use service::decide::{Signal, SignalResult};
use store::actor::{ActorId, Role};
use store::control::kill::{self, StopScope};
use store::queue::{self, Kind, QueueItem, Verdict};
use store::reads::home;
use store::reads::leads_list::{self, FigurePart, LeadListCursor, LeadListFilter, LeadListSort};
use store::{Actor, people};

use crate::lead::{Office, form, good, receipt};

/// The demo's workflow with its AEs and an SDR.
struct Sales {
    office: Office,
    sdr: PersonId,
    aes: Vec<(String, PersonId)>,
}

impl Sales {
    async fn open() -> Self {
        let office = Office::open().await;
        let command = Actor::command("test");
        let mut aes = Vec::new();
        for name in ["jane", "omar", "lucia"] {
            let email = format!("{name}@corvane.example");
            let id = people::add(office.store(), &command, &email, name, &[Role::Ae]).await.unwrap();
            aes.push((email, id));
        }
        let sdr =
            people::add(office.store(), &command, "sam@corvane.example", "Sam", &[Role::Sdr]).await.unwrap();
        Self { office, sdr, aes }
    }

    fn actor(&self, person: PersonId, role: Role) -> Actor {
        Actor {
            who: ActorId::Person(person),
            roles: vec![role],
            request_id: "test".into(),
            form: None,
            now: Utc::now(),
        }
    }

    fn id(&self, email: &str) -> PersonId {
        self.aes.iter().find(|(known, _)| known == email).unwrap().1
    }

    /// A lead that the rules have assigned, and to whom.
    async fn assigned(&self, name: &str) -> (LeadId, String) {
        let answer = self.office.send(name, &good(name, "Initech")).await.unwrap();
        assert_eq!(answer.decision.action, Action::Assign);
        let to = answer.decision.parameters["assignee"].as_str().unwrap().to_owned();
        (answer.lead_id, to)
    }

    async fn answer(&self, lead: LeadId, email: &str, answer: &AssigneeAnswer) -> AnswerResult {
        let actor = self.actor(self.id(email), Role::Ae);
        assignee::answer(self.office.store(), &actor, lead, answer).await.unwrap()
    }

    async fn unanswered(&self, email: &str) -> Vec<uuid::Uuid> {
        let leads = home::unanswered(self.office.store(), email).await.unwrap();
        leads.into_iter().map(|lead| lead.lead_id).collect()
    }

    async fn counters(&self) -> Json {
        sqlx::query_scalar(
            "SELECT coalesce((SELECT counters FROM pool_states WHERE name = 'enterprise-ae'), '{}')",
        )
        .fetch_one(self.office.store().pool())
        .await
        .unwrap()
    }

    /// The leads that a figure counts.
    async fn counted(&self, counts: FigurePart) -> Vec<uuid::Uuid> {
        let filter = LeadListFilter { counts: Some(counts), ..LeadListFilter::default() };
        let page = leads_list::page(
            self.office.store(),
            &filter,
            LeadListSort::default(),
            LeadListCursor::Start,
            50,
        )
        .await
        .unwrap();
        page.rows.into_iter().map(|row| row.lead_id).collect()
    }

    async fn waiting(&self, lead: LeadId) -> Option<queue::WaitingLead> {
        let rows = queue::waiting(self.office.store(), &queue::QueueListFilter::default(), Utc::now())
            .await
            .unwrap();
        rows.into_iter().find(|row| row.lead_id == lead.0)
    }

    async fn acts(&self, lead: LeadId) -> Vec<String> {
        sqlx::query_scalar("SELECT action FROM audit_log WHERE lead_id = $1 ORDER BY id")
            .bind(lead.0)
            .fetch_all(self.office.store().pool())
            .await
            .unwrap()
    }
}

fn reject() -> AssigneeAnswer {
    AssigneeAnswer::Reject { reason: "Not a fit".into(), note: Some("They sell to us".into()) }
}

#[tokio::test]
async fn an_accepted_lead_leaves_the_home_page_and_counts_as_accepted() {
    let sales = Sales::open().await;
    let (lead, to) = sales.assigned("Ana").await;
    assert_eq!(sales.unanswered(&to).await, [lead.0]);
    let other = sales.aes.iter().find(|(email, _)| *email != to).unwrap().0.clone();
    assert_eq!(sales.answer(lead, &other, &AssigneeAnswer::Accept).await, AnswerResult::NotYours);
    assert_eq!(sales.answer(lead, &to, &AssigneeAnswer::Accept).await, AnswerResult::Done);
    assert_eq!(sales.answer(lead, &to, &reject()).await, AnswerResult::Already(OutcomeStage::Accepted));
    assert!(sales.unanswered(&to).await.is_empty());
    assert_eq!(sales.counted(FigurePart::Qualified).await, [lead.0]);
    let stored = store::leads::get(sales.office.store(), lead).await.unwrap();
    assert_eq!((stored.stage.as_deref(), stored.assignee), (Some("accepted"), Some(to)));
    assert_eq!(sales.acts(lead).await, ["lead.accept"]);
}

#[tokio::test]
async fn a_rejected_lead_is_a_false_positive_gives_the_turn_back_and_returns_to_the_queue() {
    let sales = Sales::open().await;
    let (first, _) = sales.assigned("Ana").await;
    let before = sales.counters().await;
    let (lead, to) = sales.assigned("Bo").await;
    assert_ne!((first, &before), (lead, &sales.counters().await));
    assert_eq!(sales.answer(lead, &to, &reject()).await, AnswerResult::Done);
    assert_eq!(sales.counters().await, before, "as if the turn had not been taken");
    assert_eq!(sales.counted(FigurePart::FalsePositive).await, [lead.0]);
    assert!(sales.unanswered(&to).await.iter().all(|id| *id != lead.0));

    let row = sales.waiting(lead).await.unwrap();
    let name = to.split('@').next().unwrap();
    assert_eq!(
        (row.queue.as_str(), row.suggested.as_deref(), row.rejected_by.as_deref()),
        ("sdr", Some("hold"), Some(name))
    );
    let outcomes = store::outcomes::of_lead(sales.office.store(), lead).await.unwrap();
    assert_eq!(outcomes[0].reason.as_deref(), Some("Not a fit: They sell to us"));
    assert_eq!(store::leads::get(sales.office.store(), lead).await.unwrap().assignee, None);
    assert_eq!(sales.acts(lead).await, ["lead.reject"]);
    // The audit log has the reason of the list, and nothing that was written about the lead.
    let detail: Json = sqlx::query_scalar("SELECT detail FROM audit_log WHERE action = 'lead.reject'")
        .fetch_one(sales.office.store().pool())
        .await
        .unwrap();
    assert_eq!(detail, json!({"reason": "Not a fit"}));
    // Destinations hear of the assignment and that it ended, in this order.
    let told: Vec<(i64, bool)> =
        sqlx::query_as("SELECT lead_sequence, verdict_id IS NOT NULL FROM effects WHERE lead_id = $1 AND kind = 'lead_update' ORDER BY lead_sequence")
            .bind(lead.0)
            .fetch_all(sales.office.store().pool())
            .await
            .unwrap();
    assert_eq!(told, [(1, false), (2, true)]);
}

#[tokio::test]
async fn a_lead_that_is_assigned_again_waits_for_an_answer_again() {
    let sales = Sales::open().await;
    let (lead, to) = sales.assigned("Ana").await;
    assert_eq!(sales.answer(lead, &to, &reject()).await, AnswerResult::Done);
    let row = sales.waiting(lead).await.unwrap();
    let decision: uuid::Uuid =
        sqlx::query_scalar("SELECT last_decision_id FROM lead_states WHERE lead_id = $1")
            .bind(lead.0)
            .fetch_one(sales.office.store().pool())
            .await
            .unwrap();
    let other = sales.aes.iter().find(|(email, _)| *email != to).unwrap().0.clone();
    let verdict = Verdict {
        place: QueueItem { lead, workflow: row.workflow_id.into() },
        decision: decision.into(),
        seen: None,
        kind: Kind::Change,
        action: Action::Assign,
        parameters: Default::default(),
        assignee: Some(other.clone()),
        pool: None,
        reason: Some("Another territory".into()),
    };
    let actor = sales.actor(sales.sdr, Role::Sdr);
    assert_eq!(verdict::decide(sales.office.store(), &actor, &verdict).await.unwrap(), VerdictResult::Done);
    assert_eq!(sales.unanswered(&other).await, [lead.0], "what was answered before counts no more");
    // A person chose the AE, so no turn is given back.
    let counters = sales.counters().await;
    assert_eq!(sales.answer(lead, &other, &reject()).await, AnswerResult::Done);
    assert_eq!(sales.counters().await, counters);
    assert_eq!(sales.waiting(lead).await.unwrap().rejected_by.as_deref(), other.split('@').next());
}

#[tokio::test]
async fn a_verdict_that_took_a_turn_gives_it_back_when_the_lead_is_rejected() {
    let sales = Sales::open().await;
    let held = sales.office.send("Cy", &form("Cy", "Initech", &json!({"company": "Initech"}))).await.unwrap();
    let row = sales.waiting(held.lead_id).await.unwrap();
    let before = sales.counters().await;
    let verdict = Verdict {
        place: row.place(),
        decision: held.decision.decision_id,
        seen: None,
        kind: Kind::Accept,
        action: Action::Assign,
        parameters: Default::default(),
        assignee: Some("omar@corvane.example".into()),
        pool: Some("enterprise-ae".into()),
        reason: None,
    };
    let actor = sales.actor(sales.sdr, Role::Sdr);
    assert_eq!(verdict::decide(sales.office.store(), &actor, &verdict).await.unwrap(), VerdictResult::Done);
    assert_ne!(sales.counters().await, before);
    assert_eq!(sales.answer(held.lead_id, "omar@corvane.example", &reject()).await, AnswerResult::Done);
    let after = sales.counters().await;
    assert!(after.as_object().unwrap().values().all(|counter| *counter == 0), "{before} {after}");
}

#[tokio::test]
async fn signing_out_puts_back_what_the_person_had_claimed() {
    let sales = Sales::open().await;
    let held = sales.office.send("Di", &form("Di", "Initech", &json!({"company": "Initech"}))).await.unwrap();
    let row = sales.waiting(held.lead_id).await.unwrap();
    let actor = sales.actor(sales.sdr, Role::Sdr);
    queue::claim(sales.office.store(), &actor, row.place()).await.unwrap();
    queue::release_all(sales.office.store(), &actor).await.unwrap();
    queue::release_all(sales.office.store(), &actor).await.unwrap();
    assert_eq!(queue::claim_of(sales.office.store(), row.place(), Utc::now()).await.unwrap(), None);
    let mut acts = sales.acts(held.lead_id).await;
    acts.sort();
    assert_eq!(acts, ["queue.claim", "queue.release"], "once, though it was done twice");
}

#[tokio::test]
async fn imported_leads_and_those_of_a_stopped_workflow_take_no_turn() {
    let sales = Sales::open().await;
    sales.assigned("Ana").await;
    let before = sales.counters().await;
    let signals = ["Bo", "Cy", "Di"].map(|name| Signal { key: name.into(), event: good(name, "Initech") });
    let imported = receipt(Utc::now(), Mode::Historical);
    for taken in sales.office.pipeline.take(&imported, signals.to_vec()).await.unwrap() {
        let Ok(SignalResult::New(answer)) = taken else { panic!("{taken:?}") };
        assert_eq!((answer.decision.action, answer.decision.mode), (Action::Assign, Mode::Historical));
        assert_eq!(answer.decision.parameters.get("assignee"), None);
        let replay = sales.office.pipeline.replay(answer.decision.decision_id).await.unwrap();
        assert_eq!(replay.same, Some(true), "{:?}", replay.difference);
    }
    assert_eq!(sales.counters().await, before);

    let (store, command) = (sales.office.store(), Actor::command("test"));
    let stopped = StopScope::Workflow("inbound-form".into());
    kill::kill(store, &command, &stopped, "wrong owners").await.unwrap();
    let answer = sales.office.send("Ed", &good("Ed", "Initech")).await.unwrap();
    assert_eq!((answer.decision.action, answer.decision.mode), (Action::Assign, Mode::Manual));
    assert_eq!(answer.decision.parameters.get("assignee"), None);
    assert_eq!(sales.counters().await, before);
    let replay = sales.office.pipeline.replay(answer.decision.decision_id).await.unwrap();
    assert_eq!(replay.same, Some(true), "{:?}", replay.difference);

    kill::resume(store, &command, &stopped, "owners are right").await.unwrap();
    sales.assigned("Fay").await;
    assert_ne!(sales.counters().await, before, "live leads take turns again");
}
