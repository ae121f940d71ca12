//! The guards of releases in the database, which apply to every role.
//!
//! The tests act as the owner of the tables, so that a rejection comes from a guard and not from a missing grant.

mod approvals;
mod going_live;
mod guards;
mod reviews;
mod stages;
mod traffic;
mod way_down;

use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::release::{InFlight, ReleaseAction, Stage, may_move};
use engine::ids::{ReleaseId, WorkflowId};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use store::actor::{ActorId, Role};
use store::changes::{self, DraftEdit, NewDraft, NewReview, ReviewVerdict};
use store::releases::{self, NewRelease, Release, ReleaseOrigin};
use store::testing::{TestDatabase, person};
use store::workflows::{self, WorkflowDefinition};
use store::{Actor, Error, Store};
use strum::VariantArray as _;
use uuid::Uuid;

const RESTRICT: &str = "23001";

/// A live workflow that uses the list `tam`, with the people who work on it.
struct Office {
    database: TestDatabase,
    workflow: WorkflowId,
    /// The version of `tam` in the first bundle.
    first: Uuid,
    author: Actor,
    other: Actor,
    manager: Actor,
}

impl Office {
    async fn open() -> Self {
        let database = TestDatabase::new().await;
        let store = &database.store;
        let command = Actor::command("demo");
        let mut tx = store.begin().await.unwrap();
        let workflow =
            workflows::save(&mut tx, &command, "form", "Form", &WorkflowDefinition::default(), &[])
                .await
                .unwrap();
        let first = workflows::begin(&mut tx, &command, Kind::List, "tam", &json!({ "entries": ["A"] }))
            .await
            .unwrap()
            .0;
        let bundle = workflows::assemble(&mut tx, &command, workflow, "form", &[first]).await.unwrap();
        let (_, number) = create(&mut tx, workflow, ReleaseOrigin::Waiver("a test"), bundle, None).await;
        releases::waive(&mut tx, &command, number, "a test").await.unwrap();
        let release = releases::locked(&mut tx, number).await.unwrap();
        assert_eq!(releases::go_live(&mut tx, &command, &release).await.unwrap(), None);
        tx.commit().await.unwrap();
        let author = person(store, "Ana", &[Role::Revops]).await;
        let other = person(store, "Ben", &[Role::Revops]).await;
        let manager = person(store, "Cleo", &[Role::AeRepLeader]).await;
        Self { workflow, first, author, other, manager, database }
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    /// Approves a change of a list and returns the change with its version.
    async fn approved_change(&self, list: &str, entries: &[&str]) -> (Uuid, Uuid) {
        let store = self.store();
        let body = json!({ "entries": entries });
        let mut tx = store.begin().await.unwrap();
        let author = id_of(&self.author).into();
        let base =
            workflows::newest(&mut tx, Kind::List, list).await.unwrap().map_or(0, |newest| newest.version);
        let draft = NewDraft {
            kind: Kind::List,
            name: list,
            base,
            source: "",
            body: Some(&body),
            author: Some(author),
            title: "",
            why: "",
            started_from: None,
        };
        let (id, number) = changes::insert(&mut tx, &self.author, draft).await.unwrap();
        changes::add_editor(&mut tx, id, author).await.unwrap();
        let change = changes::by_number(&mut tx, number).await.unwrap();
        let edit = DraftEdit { revision: 1, title: "More accounts", why: "", source: "", body: Some(&body) };
        changes::update(&mut tx, &self.author, &change, author, edit).await.unwrap();
        let required = [Role::Revops, Role::AeRepLeader];
        changes::set_submitted(&mut tx, &self.author, &change, author, &required).await.unwrap();
        let change = changes::by_number(&mut tx, number).await.unwrap();
        let live = releases::live_bundles_of(&mut tx, Kind::List, list).await.unwrap();
        for (who, role) in [(&self.other, Role::Revops), (&self.manager, Role::AeRepLeader)] {
            let review = NewReview {
                person: id_of(who).into(),
                verdict: ReviewVerdict::Approve,
                role: Some(role),
                seen: change.hash.as_ref(),
                live: &live,
                comment: "",
            };
            changes::insert_review(&mut tx, &now(who), &change, review).await.unwrap();
        }
        let version = changes::make_version(&mut tx, &now(&self.manager), &change).await.unwrap().0;
        tx.commit().await.unwrap();
        (change.id, version)
    }

    /// Creates a release of these versions, based on the live bundle, without carrying approvals over.
    async fn release(&self, change: Uuid, versions: &[Uuid]) -> i64 {
        let mut tx = self.store().begin().await.unwrap();
        let mut ids = versions.to_vec();
        ids.sort_unstable();
        let command = Actor::command("demo");
        let bundle = workflows::assemble(&mut tx, &command, self.workflow, "form", &ids).await.unwrap();
        let base = releases::live(&mut tx, self.workflow).await.unwrap().map(|live| live.bundle);
        let origin = ReleaseOrigin::Change(change);
        let (_, number) = create(&mut tx, self.workflow, origin, bundle, base).await;
        tx.commit().await.unwrap();
        number
    }

    /// Creates a release of a change of `tam` that both roles have approved.
    async fn approved(&self, entries: &[&str]) -> i64 {
        let (change, version) = self.approved_change("tam", entries).await;
        let number = self.release(change, &[version]).await;
        let mut tx = self.store().begin().await.unwrap();
        let release = releases::by_number(&mut tx, number).await.unwrap();
        releases::carry_approvals(&mut tx, release.id).await.unwrap();
        tx.commit().await.unwrap();
        number
    }

    async fn read(&self, number: i64) -> Release {
        releases::by_number(&mut self.store().pool().acquire().await.unwrap(), number).await.unwrap()
    }

    async fn go_live(&self, actor: &Actor, number: i64) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        let release = releases::locked(&mut tx, number).await?;
        releases::go_live(&mut tx, &now(actor), &release).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn approve(&self, actor: &Actor, number: i64, seen: &Digest, role: Role) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        let release = releases::by_number(&mut tx, number).await?;
        releases::approve(&mut tx, &now(actor), id_of(actor).into(), &release, seen, role).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Approves the current bundle of a release in both roles.
    async fn approve_in_both_roles(&self, number: i64) {
        let seen = self.read(number).await.bundle;
        self.approve(&self.other, number, &seen, Role::Revops).await.unwrap();
        self.approve(&self.manager, number, &seen, Role::AeRepLeader).await.unwrap();
        assert_eq!(self.missing(number).await, []);
    }

    async fn missing(&self, number: i64) -> Vec<Role> {
        let release = self.read(number).await;
        releases::missing_roles(&mut self.store().pool().acquire().await.unwrap(), release.id).await.unwrap()
    }

    async fn live(&self) -> i64 {
        let mut connection = self.store().pool().acquire().await.unwrap();
        releases::live(&mut connection, self.workflow).await.unwrap().unwrap().number
    }
}

fn id_of(actor: &Actor) -> Uuid {
    match actor.who {
        ActorId::Person(id) => id.0,
        _ => panic!("a person"),
    }
}

fn now(actor: &Actor) -> Actor {
    Actor { now: engine::time::cut(chrono::Utc::now()), ..actor.clone() }
}

async fn create(
    connection: &mut PgConnection,
    workflow: WorkflowId,
    origin: ReleaseOrigin<'_>,
    bundle: Digest,
    base_bundle: Option<Digest>,
) -> (ReleaseId, i64) {
    let new = NewRelease { workflow, origin, bundle, base_bundle, in_flight: InFlight::FinishOld };
    releases::create(connection, &Actor::command("demo"), new).await.unwrap()
}

fn refused(result: Result<(), Error>) -> String {
    match result {
        Err(Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Returns SQL that changes share or gates within a stage, as this person.
fn set_by(who: &Actor, what: &str) -> String {
    let who = &who.who;
    format!(
        "UPDATE releases SET {what}, share_by = '{who}', share_since = clock_timestamp() WHERE number = $1"
    )
}

/// Runs a statement as the owner, asserts that it is rejected, and rolls it back. Returns the SQLSTATE with the constraint or
/// message.
async fn owner_is_refused(owner: &mut PgConnection, statement: &str, release: i64) -> (String, String) {
    let mut tx = owner.begin().await.unwrap();
    let done = sqlx::query(AssertSqlSafe(statement)).bind(release).execute(&mut *tx).await;
    let error = match done {
        Err(error) => error,
        Ok(_) => match tx.commit().await {
            Err(error) => error,
            Ok(()) => panic!("nothing refused {statement}"),
        },
    };
    let database = error.as_database_error().unwrap();
    let said = database.constraint().filter(|_| database.code().as_deref() != Some(RESTRICT));
    (database.code().unwrap().into_owned(), said.unwrap_or(database.message()).to_owned())
}

async fn refuses(owner: &mut PgConnection, release: i64, attempts: &[(&str, &str, &str)]) {
    for (statement, code, said) in attempts {
        let refusal = owner_is_refused(owner, statement, release).await;
        assert_eq!(refusal, ((*code).to_owned(), (*said).to_owned()), "{statement}");
    }
}
