//! The demo's workflow on a test database, and leads to send to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::decision::Mode;
use engine::event::{EventKind, EventRequest, LeadInput};
use serde_json::json;
use service::apply::{self, ApplyOptions};
use service::decide::{EventAnswer, OutcomeSignal, Pipeline, Receipt, Signal, SignalRefusal, SignalResult};
use sqlx::AssertSqlSafe;
use store::outcomes::{OutcomeInput, OutcomeSubject};
use store::testing::TestDatabase;
use store::{Actor, Store};

/// A database with the demo's workflow live.
/// A database with a live workflow.
pub struct Office {
    /// The database.
    pub database: TestDatabase,
    /// The pipeline that processes events.
    pub pipeline: Pipeline,
}

impl Office {
    /// Opens a fresh database with the demo's workflow live.
    pub async fn open() -> Self {
        Self::with(include_str!("../../demo/demo.yaml")).await
    }

    /// Opens a fresh database with another workflow live.
    pub async fn with(text: &str) -> Self {
        let database = TestDatabase::new().await;
        let office = Self { pipeline: Pipeline::new(database.store.clone()), database };
        office.apply(text, true).await.unwrap();
        office
    }

    /// Applies a workflow file.
    pub async fn apply(&self, text: &str, bootstrap: bool) -> Result<Vec<String>, service::Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tam.csv"), include_str!("../../demo/tam.csv")).unwrap();
        let (file, mut secrets) = apply::parse("test", text, folder.path())?;
        let key = format!("whsec_{}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, [7; 32]));
        secrets.destinations.insert("crm-webhook".into(), key.into_bytes().into());
        // A pool takes only people who exist. Tests begin without people, so these leave again.
        let members = file.pools.values().flat_map(|pool| &pool.members);
        let added = store::testing::aes(self.store(), members.map(|member| member.person.as_str())).await;
        let applied = Box::pin(apply::apply(
            self.store(),
            &Actor::command("test"),
            &file,
            &secrets,
            ApplyOptions { bootstrap, plan: false },
        ))
        .await;
        let added: Vec<uuid::Uuid> = added.into_iter().map(|person| person.0).collect();
        let mut owner = self.database.owner().await;
        for delete in
            ["DELETE FROM person_roles WHERE person_id = ANY($1)", "DELETE FROM people WHERE id = ANY($1)"]
        {
            sqlx::query(delete).bind(&added).execute(&mut owner).await.unwrap();
        }
        applied
    }

    /// Adds the people of the demo's pool.
    pub async fn add_demo_aes(&self) {
        let names = ["jane@corvane.example", "omar@corvane.example", "lucia@corvane.example"];
        store::testing::aes(self.store(), names).await;
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        &self.database.store
    }

    /// Sends an event, which must be new.
    pub async fn send(&self, key: &str, event: &EventRequest) -> Result<EventAnswer, SignalRefusal> {
        self.send_at(key, event, Utc::now()).await
    }

    /// Sends an event received at a given time, which must be new.
    pub async fn send_at(
        &self,
        key: &str,
        event: &EventRequest,
        at: DateTime<Utc>,
    ) -> Result<EventAnswer, SignalRefusal> {
        match self.try_send_at(key, event, at).await.unwrap()? {
            SignalResult::New(answer) => Ok(answer),
            SignalResult::Repeat(_) => panic!("{key} was sent before"),
        }
    }

    /// Sends an event.
    pub async fn take(&self, key: &str, event: &EventRequest) -> Result<SignalResult, SignalRefusal> {
        self.try_send_at(key, event, Utc::now()).await.unwrap()
    }

    /// Sends an event received at a given time.
    pub async fn try_send_at(
        &self,
        key: &str,
        event: &EventRequest,
        at: DateTime<Utc>,
    ) -> store::Result<Result<SignalResult, SignalRefusal>> {
        let signal = Signal { key: key.to_owned(), event: event.clone() };
        Ok(self.pipeline.take(&receipt(at, Mode::Live), vec![signal]).await?.remove(0))
    }

    /// Records that the first lead reached a stage.
    pub async fn outcome(&self, key: &str, stage: &str) {
        let lead: uuid::Uuid = sqlx::query_scalar("SELECT id FROM leads ORDER BY id LIMIT 1")
            .fetch_one(self.store().pool())
            .await
            .unwrap();
        let input = OutcomeInput {
            stage: stage.parse().unwrap(),
            at: Some(Utc::now()),
            by: None,
            amount: None,
            currency: None,
            opportunity_id: None,
            reason: Some("because".into()),
        };
        let signal = OutcomeSignal {
            scope: "outcome".into(),
            key: key.into(),
            body: key.into(),
            subject: OutcomeSubject::Lead(lead.into()),
            input,
        };
        self.pipeline
            .record_outcomes(&receipt(Utc::now(), Mode::Live), &[signal])
            .await
            .unwrap()
            .remove(0)
            .unwrap();
    }

    /// Returns the stored hashes of events and decisions by id.
    pub async fn hashes(&self) -> BTreeMap<uuid::Uuid, Vec<u8>> {
        let rows: Vec<(uuid::Uuid, Vec<u8>)> =
            sqlx::query_as("SELECT id, hash FROM events UNION ALL SELECT id, hash FROM decisions")
                .fetch_all(self.store().pool())
                .await
                .unwrap();
        rows.into_iter().collect()
    }

    /// Returns the hashes of events and decisions, recomputed from their rows.
    pub async fn recomputed_hashes(&self) -> BTreeMap<uuid::Uuid, Vec<u8>> {
        let events: Vec<store::log::EventRow> =
            sqlx::query_as("SELECT * FROM events").fetch_all(self.store().pool()).await.unwrap();
        let decisions: Vec<store::log::DecisionRow> =
            sqlx::query_as("SELECT * FROM decisions").fetch_all(self.store().pool()).await.unwrap();
        let events = events.into_iter().map(|row| (row.id, row.hash().unwrap().0.to_vec()));
        events.chain(decisions.into_iter().map(|row| (row.id, row.hash().unwrap().0.to_vec()))).collect()
    }

    /// Returns the tables that contain a text in any column, including binary ones.
    pub async fn rows_containing(&self, text: &str) -> Vec<String> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
        )
        .fetch_all(self.store().pool())
        .await
        .unwrap();
        let mut owner = self.database.owner().await;
        let mut found = Vec::new();
        for table in tables {
            let rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::text FROM {table} t")))
                    .fetch_all(&mut owner)
                    .await
                    .unwrap();
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            if rows.iter().any(|row| row.contains(text) || row.contains(&hex)) {
                found.push(table);
            }
        }
        found
    }
}

/// A file with a second workflow, which decides as its first one does about what partners send.
pub fn with_partners(text: &str) -> String {
    let (_, workflow) = text.split_once("\nworkflows:\n").unwrap();
    let partners = workflow
        .replace("inbound-form", "a-partner-form")
        .replace("title: Inbound form", "title: Partner form")
        .replace("source: website}", "source: partners}");
    format!("{text}{partners}")
}

/// Returns the receipt of an event at an instant.
pub fn receipt(at: DateTime<Utc>, mode: Mode) -> Receipt {
    Receipt {
        received_at: at,
        as_of: engine::time::cut(at),
        received_from: "test".into(),
        request_id: "test".into(),
        mode,
    }
}

/// Returns an event that the demo's rules assign if the company is a target account.
pub fn good(name: &str, company: &str) -> EventRequest {
    let message = "We would like to book a demo and talk pricing; please send a quote this quarter.";
    form(
        name,
        company,
        &json!({"company": company, "company_size": "51-200 employees", "role": "VP Sales", "message": message}),
    )
}

/// Returns a form with a payload.
pub fn form(name: &str, company: &str, payload: &serde_json::Value) -> EventRequest {
    EventRequest {
        kind: EventKind::Form,
        source: "website".into(),
        workflow: None,
        lead: LeadInput {
            email: Some(format!("{}@{}.example", name.to_lowercase(), company.to_lowercase())),
            name: Some(name.into()),
            company: Some(company.into()),
            ..LeadInput::default()
        },
        payload: payload.clone(),
        occurred_at: None,
    }
}
