//! Releases, as the database keeps them: what the guards refuse, whoever writes.
//!
//! The guards are tried as the owner of the tables, so that a refusal is the guard's and not a missing grant's.

use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::release::{Act, InFlight, Stage, may_move};
use engine::ids::{ReleaseId, WorkflowId};
use migrations::Migrator;
use sea_orm_migration::MigratorTrait as _;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use store::actor::{Role, Who};
use store::changes::{self, Edit, NewDraft, NewReview, Verdict};
use store::releases::{self, NewRelease, Release, ReleaseOrigin};
use store::testing::{TestDatabase, person};
use store::workflows::{self, Definition};
use store::{Actor, Error, Store};
use strum::VariantArray as _;
use uuid::Uuid;

const RESTRICT: &str = "23001";

/// A live workflow around the list `tam`, and people.
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
        let mut tx = store.pool().begin().await.unwrap();
        let workflow =
            workflows::save(&mut tx, &command, "form", "Form", &Definition::default(), &[]).await.unwrap();
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

    /// An approved change of a list, and the version it became.
    async fn approved_change(&self, list: &str, entries: &[&str]) -> (Uuid, Uuid) {
        let store = self.store();
        let body = json!({ "entries": entries });
        let mut tx = store.pool().begin().await.unwrap();
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
        };
        let (id, number) = changes::insert(&mut tx, &self.author, draft).await.unwrap();
        changes::add_editor(&mut tx, id, author).await.unwrap();
        let change = changes::by_number(&mut tx, number).await.unwrap();
        let edit = Edit { revision: 1, title: "More accounts", why: "", source: "", body: Some(&body) };
        changes::update(&mut tx, &self.author, &change, author, edit).await.unwrap();
        let required = [Role::Revops, Role::AeRepLeader];
        changes::set_submitted(&mut tx, &self.author, &change, author, &required).await.unwrap();
        let change = changes::by_number(&mut tx, number).await.unwrap();
        for (who, role) in [(&self.other, Role::Revops), (&self.manager, Role::AeRepLeader)] {
            let review = NewReview {
                person: id_of(who).into(),
                verdict: Verdict::Approve,
                role: Some(role),
                seen: change.hash.as_ref(),
                comment: "",
            };
            changes::insert_review(&mut tx, &now(who), &change, review).await.unwrap();
        }
        let version = changes::make_version(&mut tx, &now(&self.manager), &change).await.unwrap().0;
        tx.commit().await.unwrap();
        (change.id, version)
    }

    /// A release of these versions on top of the live bundle, without approvals carried over.
    async fn release(&self, change: Uuid, versions: &[Uuid]) -> i64 {
        let mut tx = self.store().pool().begin().await.unwrap();
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

    /// A release of a change of `tam`, approved by both roles.
    async fn approved(&self, entries: &[&str]) -> i64 {
        let (change, version) = self.approved_change("tam", entries).await;
        let number = self.release(change, &[version]).await;
        let mut tx = self.store().pool().begin().await.unwrap();
        let release = releases::by_number(&mut tx, number).await.unwrap();
        releases::carry_approvals(&mut tx, release.id).await.unwrap();
        tx.commit().await.unwrap();
        number
    }

    async fn read(&self, number: i64) -> Release {
        releases::by_number(&mut self.store().pool().acquire().await.unwrap(), number).await.unwrap()
    }

    async fn go_live(&self, actor: &Actor, number: i64) -> Result<(), Error> {
        let mut tx = self.store().pool().begin().await?;
        let release = releases::locked(&mut tx, number).await?;
        releases::go_live(&mut tx, &now(actor), &release).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn approve(&self, actor: &Actor, number: i64, seen: &Digest, role: Role) -> Result<(), Error> {
        let mut tx = self.store().pool().begin().await?;
        let release = releases::by_number(&mut tx, number).await?;
        releases::approve(&mut tx, &now(actor), id_of(actor).into(), &release, seen, role).await?;
        tx.commit().await?;
        Ok(())
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
        Who::Person(id) => id.0,
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

/// SQLSTATE, and constraint or message, of what the owner is refused; the statements are taken back.
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

#[tokio::test]
async fn an_approved_release_goes_live_and_replaces_the_one_before_in_one_step() {
    let office = Office::open().await;
    let first = office.live().await;
    let number = office.approved(&["A", "B"]).await;
    assert_eq!(office.live().await, first, "approved is not live");
    office.go_live(&office.other, number).await.unwrap();
    assert_eq!(office.live().await, number);
    let (before, release) = (office.read(first).await, office.read(number).await);
    assert_eq!((before.stage, before.replaced_by, before.share), (Stage::Retired, Some(number), 0));
    assert_eq!((release.stage, release.share), (Stage::Live, 100));
    assert_eq!(release.live_since, Some(release.stage_since));
    assert_eq!(release.base_bundle, Some(before.bundle));
    let mut connection = office.store().pool().acquire().await.unwrap();
    let steps = releases::history(&mut connection, release.id).await.unwrap();
    let stages: Vec<Stage> = steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Stage::Approved, Stage::Live]);
    assert_eq!((steps[0].by.as_str(), &steps[1].by), ("command:demo", &office.other.who.to_string()));
    let parts = releases::parts(&mut connection, release.id).await.unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!((parts[0].name.as_str(), parts[0].version, parts[0].replaces), ("tam", Some(2), Some(1)));
    let acts: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log WHERE subject = $1 ORDER BY action")
            .bind(format!("release:{number}"))
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert_eq!(acts, ["release.create", "release.go_live"]);
}

#[tokio::test]
async fn nobody_goes_live_alone_nor_without_every_approval_of_this_bundle() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    let go = async |actor: &Actor| refused(office.go_live(actor, number).await);
    assert_eq!(go(&office.other).await, "not every required role has approved this bundle");
    let release = office.read(number).await;
    let mut connection = office.store().pool().acquire().await.unwrap();
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(go(&office.author).await, "you edited this change, so someone else must go live with it");
    assert_eq!(go(&office.manager).await, "only RevOps may go live with a release");
    assert_eq!(go(&Actor::command("demo")).await, "only RevOps may go live with a release");
    let left = person(office.store(), "Dan", &[Role::Revops]).await;
    sqlx::query("UPDATE people SET disabled_at = now() WHERE id = $1")
        .bind(id_of(&left))
        .execute(office.store().pool())
        .await
        .unwrap();
    assert_eq!(go(&left).await, "only RevOps may go live with a release");
    office.go_live(&office.other, number).await.unwrap();
}

#[tokio::test]
async fn the_owner_is_refused_what_would_go_live_unapproved() {
    let office = Office::open().await;
    let number = office.approved(&["A", "B"]).await;
    let mut owner = office.database.owner().await;
    let other = office.other.who.to_string();
    let alone = format!(
        "UPDATE releases SET stage = 'live', share = 100, stage_since = now(), stage_by = '{other}' WHERE number = $1"
    );
    refuses(
        &mut owner,
        number,
        &[
            (&alone, RESTRICT, "this release was built on another bundle than the live one"),
            (
                "UPDATE releases r SET stage = 'retired', share = 0, replaced_by = n.id FROM releases n WHERE n.number = $1 AND r.stage = 'live'",
                RESTRICT,
                "a workflow that is live keeps a live release",
            ),
            (
                "UPDATE releases SET stage = 'rolled_back', share = 0 WHERE stage = 'live' AND number <> $1",
                RESTRICT,
                "a workflow that is live keeps a live release",
            ),
            (
                "UPDATE releases SET stage = 'shadow' WHERE number = $1",
                RESTRICT,
                "a release that is approved does not become shadow",
            ),
            ("DELETE FROM releases WHERE number = $1", RESTRICT, "DELETE on releases is refused: its rows are written once"),
        ],
    )
    .await;
    office.go_live(&office.other, number).await.unwrap();
    refuses(
        &mut owner,
        number,
        &[
            (
                "UPDATE releases SET stage = 'live', share = 100 WHERE stage = 'retired' AND number <> $1",
                "23505",
                "releases_one_is_live",
            ),
            (
                "UPDATE releases SET bundle = base_bundle WHERE number = $1",
                RESTRICT,
                "a release that is live is not rebuilt",
            ),
            ("UPDATE releases SET share = 50 WHERE number = $1", "23514", "releases_live_has_all_leads"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_part_that_nobody_approved_does_not_go_live_in_a_change_of_another() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let begun = {
        let mut tx = office.store().pool().begin().await.unwrap();
        let command = Actor::command("apply");
        let body = json!({ "entries": ["Evil"] });
        let id = workflows::begin(&mut tx, &command, Kind::List, "partners", &body).await.unwrap().0;
        tx.commit().await.unwrap();
        id
    };
    let number = office.release(change, &[version, begun]).await;
    let release = office.read(number).await;
    releases::carry_approvals(&mut office.store().pool().acquire().await.unwrap(), release.id).await.unwrap();
    let why = refused(office.go_live(&office.other, number).await);
    assert_eq!(why, "a part of this release was never approved");
    // The same list through a change of its own is a part like any other.
    let (_, partners) = office.approved_change("partners", &["Fine"]).await;
    let number = office.release(change, &[version, partners]).await;
    let release = office.read(number).await;
    releases::carry_approvals(&mut office.store().pool().acquire().await.unwrap(), release.id).await.unwrap();
    office.go_live(&office.other, number).await.unwrap();
}

#[tokio::test]
async fn a_first_release_goes_live_once_and_its_waiver_is_in_the_audit_log() {
    let office = Office::open().await;
    let command = Actor::command("demo");
    let mut tx = office.store().pool().begin().await.unwrap();
    let bundle =
        workflows::assemble(&mut tx, &command, office.workflow, "form", &[office.first]).await.unwrap();
    let second =
        workflows::save(&mut tx, &command, "other", "Other", &Definition::default(), &[]).await.unwrap();
    let elsewhere = workflows::assemble(&mut tx, &command, second, "other", &[office.first]).await.unwrap();
    let (_, again) =
        create(&mut tx, office.workflow, ReleaseOrigin::Waiver("again"), bundle, Some(bundle)).await;
    let (_, first) = create(&mut tx, second, ReleaseOrigin::Waiver("first"), elsewhere, None).await;
    releases::waive(&mut tx, &command, again, "again").await.unwrap();
    tx.commit().await.unwrap();
    let why = refused(office.go_live(&command, again).await);
    assert_eq!(why, "this workflow has been live, so its releases need approval");
    let why = refused(office.go_live(&command, first).await);
    assert_eq!(why, "the waiver of this release is not in the audit log");
    releases::waive(&mut office.store().pool().acquire().await.unwrap(), &command, first, "first")
        .await
        .unwrap();
    office.go_live(&command, first).await.unwrap();
}

#[tokio::test]
async fn a_release_begins_as_approved_from_one_origin_and_stays_what_it_is() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    let submitted = {
        let mut connection = office.store().pool().acquire().await.unwrap();
        let draft = NewDraft { kind: Kind::List, name: "tam", base: 2, source: "", body: None, author: None };
        changes::insert(&mut connection, &Actor::command("apply"), draft).await.unwrap().0
    };
    let mut owner = office.database.owner().await;
    let insert = |columns: &str, values: &str| {
        format!(
            "INSERT INTO releases (id, workflow_id, bundle, base_bundle, built_at, built_by, stage_since, stage_by, in_flight, created_at, created_by, {columns}) \
             SELECT gen_random_uuid(), workflow_id, bundle, base_bundle, now(), 'x', now(), 'x', 'finish_old', now(), 'x', {values} FROM releases WHERE number = $1"
        )
    };
    let begins = "a release begins as approved";
    let fixed = "what a release is never changes";
    let attempts = [
        (insert("change_id, stage, share, live_since", "change_id, 'live', 100, now()"), RESTRICT, begins),
        (insert("change_id, stage, live_since", "change_id, 'approved', now()"), RESTRICT, begins),
        (insert("change_id, stage, replaced_by", "change_id, 'approved', id"), RESTRICT, begins),
        (
            insert("change_id, stage", &format!("'{submitted}', 'approved'")),
            RESTRICT,
            "the change of this release is not approved",
        ),
        (insert("stage", "'approved'"), "23514", "releases_come_from_a_change_or_a_waiver"),
        (
            insert("stage, change_id, waiver", "'approved', change_id, 'both'"),
            "23514",
            "releases_come_from_a_change_or_a_waiver",
        ),
        ("UPDATE releases SET in_flight = 'decide_again' WHERE number = $1".into(), RESTRICT, fixed),
        ("UPDATE releases SET created_by = 'x' WHERE number = $1".into(), RESTRICT, fixed),
        ("UPDATE releases SET live_since = now() WHERE number = $1".into(), RESTRICT, fixed),
        (
            "UPDATE releases SET replaced_by = id WHERE number = $1".into(),
            RESTRICT,
            "a release is replaced when it retires",
        ),
        (
            "UPDATE releases SET stage = 'suspended', base_bundle = NULL WHERE number = $1".into(),
            RESTRICT,
            "a release that is approved is not rebuilt",
        ),
        (
            "UPDATE releases SET paused_from = 'shadow' WHERE number = $1".into(),
            "23514",
            "releases_paused_from_a_stage",
        ),
        ("UPDATE releases SET share = 101 WHERE number = $1".into(), "23514", "releases_share_is_percent"),
        (
            "UPDATE release_history SET why = 'x' WHERE step = $1 OR true".into(),
            RESTRICT,
            "UPDATE on release_history is refused: its rows are written once",
        ),
    ];
    for (statement, code, said) in &attempts {
        refuses(&mut owner, number, &[(statement, code, said)]).await;
    }
    let (sql, other) = (insert("change_id, stage", "change_id, 'approved'"), office.workflow.0);
    let foreign = sql.replace(
        "SELECT gen_random_uuid(), workflow_id",
        &format!("SELECT gen_random_uuid(), (SELECT id FROM workflows WHERE id <> '{other}')"),
    );
    let command = Actor::command("demo");
    let mut connection = office.store().pool().acquire().await.unwrap();
    workflows::save(&mut connection, &command, "other", "Other", &Definition::default(), &[]).await.unwrap();
    refuses(&mut owner, number, &[(&foreign, "23503", "releases_bundle_fkey")]).await;
    let written = sqlx::query("INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why) SELECT id, 9, 'live', bundle, now(), 'x', '' FROM releases")
        .execute(office.store().pool())
        .await
        .unwrap_err();
    assert_eq!(
        written.as_database_error().unwrap().code().unwrap(),
        "42501",
        "nobody writes the history by hand"
    );
}

#[tokio::test]
async fn the_database_and_the_engine_have_the_same_moves() {
    let office = Office::open().await;
    let mut owner = office.database.owner().await;
    for &from in Stage::VARIANTS {
        for &to in Stage::VARIANTS {
            let may: bool = sqlx::query_scalar("SELECT release_may_move($1, $2)")
                .bind(<&str>::from(from))
                .bind(<&str>::from(to))
                .fetch_one(&mut owner)
                .await
                .unwrap();
            assert_eq!(may, may_move(from, to), "{from} {to}");
        }
    }
}

#[tokio::test]
async fn a_pause_ends_where_it_began_and_only_what_was_live_is_restored() {
    let office = Office::open().await;
    let number = office.approved(&["A", "B"]).await;
    for (act, to) in
        [(Act::Simulate, Stage::Simulation), (Act::StartShadow, Stage::Shadow), (Act::Pause, Stage::Paused)]
    {
        let mut tx = office.store().pool().begin().await.unwrap();
        let release = releases::locked(&mut tx, number).await.unwrap();
        releases::move_to(&mut tx, &now(&office.other), &release, act, to, "", None).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(office.read(number).await.paused_from, Some(Stage::Shadow));
    let mut owner = office.database.owner().await;
    refuses(
        &mut owner,
        number,
        &[(
            "UPDATE releases SET stage = 'rollout', paused_from = NULL WHERE number = $1",
            RESTRICT,
            "a release that is paused does not become rollout",
        )],
    )
    .await;
    let resume = "UPDATE releases SET stage = 'shadow', paused_from = NULL WHERE number = $1";
    sqlx::query(resume).bind(number).execute(&mut owner).await.unwrap();
    refuses(
        &mut owner,
        number,
        &[(
            "UPDATE releases SET stage = 'paused', paused_from = 'rollout' WHERE number = $1",
            RESTRICT,
            "a release that is shadow does not become paused",
        )],
    )
    .await;
    sqlx::query("UPDATE releases SET stage = 'retired' WHERE number = $1")
        .bind(number)
        .execute(&mut owner)
        .await
        .unwrap();
    refuses(
        &mut owner,
        number,
        &[(
            "UPDATE releases SET stage = 'live', share = 100 WHERE number = $1",
            RESTRICT,
            "a release that is retired does not become live",
        )],
    )
    .await;
}

#[tokio::test]
async fn what_was_live_comes_back_after_a_rollback() {
    let office = Office::open().await;
    let first = office.live().await;
    let number = office.approved(&["A", "B"]).await;
    office.go_live(&office.other, number).await.unwrap();
    let mut owner = office.database.owner().await;
    let mut tx = owner.begin().await.unwrap();
    for (statement, release) in [
        (
            "UPDATE releases SET stage = 'rolled_back', share = 0, stage_since = now(), stage_by = 'x' WHERE number = $1",
            number,
        ),
        (
            "UPDATE releases SET stage = 'live', share = 100, stage_since = now(), stage_by = 'x' WHERE number = $1",
            first,
        ),
    ] {
        sqlx::query(statement).bind(release).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(office.live().await, first);
    assert_eq!(office.read(first).await.replaced_by, None);
    assert_eq!(office.read(number).await.stage, Stage::RolledBack);
}

#[tokio::test]
async fn an_approval_is_of_one_bundle_by_another_person_in_each_role() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    let release = office.read(number).await;
    let both = person(office.store(), "Dan", &[Role::Revops, Role::AeRepLeader]).await;
    let refuse =
        async |actor: &Actor, seen: &Digest, role| refused(office.approve(actor, number, seen, role).await);
    let seen = release.bundle;
    let base = release.base_bundle.unwrap();
    assert_eq!(
        refuse(&office.other, &base, Role::Revops).await,
        "this release was rebuilt after you opened it"
    );
    assert_eq!(
        refuse(&office.author, &seen, Role::Revops).await,
        "you edited this change, so someone else must approve it"
    );
    assert_eq!(
        refuse(&office.other, &seen, Role::Enablement).await,
        "this release does not need approval in that role"
    );
    let sdr = person(office.store(), "Sam", &[Role::Sdr]).await;
    assert_eq!(refuse(&sdr, &seen, Role::Revops).await, "the person does not hold the role of this approval");
    office.approve(&both, number, &seen, Role::Revops).await.unwrap();
    assert_eq!(refuse(&both, &seen, Role::AeRepLeader).await, "you approved this in another role");
    assert_eq!(refuse(&office.other, &seen, Role::Revops).await, "RevOps has approved this already");
    assert_eq!(office.missing(number).await, [Role::AeRepLeader]);
    office.approve(&office.manager, number, &seen, Role::AeRepLeader).await.unwrap();
    let mut owner = office.database.owner().await;
    refuses(
        &mut owner,
        number,
        &[
            (
                "UPDATE release_approvals SET role = 'sdr' WHERE $1 > 0",
                RESTRICT,
                "UPDATE on release_approvals is refused: its rows are written once",
            ),
            (
                "DELETE FROM release_approvals WHERE $1 > 0",
                RESTRICT,
                "DELETE on release_approvals is refused: its rows are written once",
            ),
        ],
    )
    .await;
    office.go_live(&office.other, number).await.unwrap();
    assert_eq!(refuse(&both, &seen, Role::Revops).await, "this release no longer needs approval");
}

#[tokio::test]
async fn a_rebuilt_bundle_is_approved_again_and_earlier_approvals_of_the_change_do_not_count() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("partners", &["P"]).await;
    let late = office.release(change, &[office.first, version]).await;
    let mut connection = office.store().pool().acquire().await.unwrap();
    let release = office.read(late).await;
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(office.missing(late).await, []);
    let first = office.approved(&["A", "B"]).await;
    office.go_live(&office.other, first).await.unwrap();
    assert_eq!(
        refused(office.go_live(&office.other, late).await),
        "this release was built on another bundle than the live one"
    );
    // Built anew on what is live, it has another hash and no approval.
    let live = office.read(first).await;
    let tam: Uuid = sqlx::query_scalar("SELECT id FROM versions WHERE name = 'tam' AND version = 2")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let mut ids = [tam, version];
    ids.sort_unstable();
    let command = Actor::command("demo");
    let bundle = workflows::assemble(&mut connection, &command, office.workflow, "form", &ids).await.unwrap();
    releases::rebuild(&mut connection, &now(&office.other), &release, &bundle, &live.bundle).await.unwrap();
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(office.missing(late).await, [Role::Revops, Role::AeRepLeader]);
    assert_eq!(
        refused(office.go_live(&office.other, late).await),
        "not every required role has approved this bundle"
    );
    office.approve(&office.other, late, &bundle, Role::Revops).await.unwrap();
    office.approve(&office.manager, late, &bundle, Role::AeRepLeader).await.unwrap();
    office.go_live(&office.other, late).await.unwrap();
    let steps = releases::history(&mut connection, release.id).await.unwrap();
    let bundles: Vec<(Stage, Digest)> = steps.iter().map(|step| (step.stage, step.bundle)).collect();
    assert_eq!(
        bundles,
        [(Stage::Approved, release.bundle), (Stage::Approved, bundle), (Stage::Live, bundle)],
        "the history has the rebuild"
    );
    let parts = releases::parts(&mut connection, release.id).await.unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["partners"], "only its own part differs from what is live");
}

#[tokio::test]
async fn an_approval_of_the_change_counts_also_when_the_person_has_lost_the_role_but_not_for_a_later_live_release()
 {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let (other_change, other_version) = office.approved_change("partners", &["P"]).await;
    sqlx::query("DELETE FROM person_roles WHERE person_id = $1")
        .bind(id_of(&office.manager))
        .execute(office.store().pool())
        .await
        .unwrap();
    let mut connection = office.store().pool().acquire().await.unwrap();
    let number = office.release(change, &[version]).await;
    releases::carry_approvals(&mut connection, office.read(number).await.id).await.unwrap();
    assert_eq!(office.missing(number).await, []);
    office.go_live(&office.other, number).await.unwrap();
    let late = office.release(other_change, &[version, other_version]).await;
    let release = office.read(late).await;
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(office.missing(late).await, [Role::Revops, Role::AeRepLeader]);
    let why = refused(office.approve(&office.manager, late, &release.bundle, Role::AeRepLeader).await);
    assert_eq!(why, "the person does not hold the role of this approval");
}

#[tokio::test]
async fn the_migration_goes_both_ways_with_releases_in_the_tables() {
    let office = Office::open().await;
    let (first, number) = (office.live().await, office.approved(&["A", "B"]).await);
    office.go_live(&office.other, number).await.unwrap();
    let open = office.approved(&["A", "B", "C"]).await;
    let (before, live, waits) =
        (office.read(first).await, office.read(number).await, office.read(open).await);
    let db = sea_orm_migration::sea_orm::Database::connect(&office.database.url).await.unwrap();
    let steps = u32::try_from(Migrator::migrations().len() - 13).unwrap();
    Migrator::down(&db, Some(steps)).await.unwrap();
    let mut owner = office.database.owner().await;
    let row: (Vec<u8>, Option<chrono::DateTime<chrono::Utc>>) =
        sqlx::query_as("SELECT live_bundle, first_live_at FROM workflows")
            .fetch_one(&mut owner)
            .await
            .unwrap();
    assert_eq!(row, (live.bundle.0.to_vec(), before.live_since));
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM bundles").fetch_all(&mut owner).await.unwrap();
    assert!(kept.len() == 2 && !kept.contains(&waits.bundle.0.to_vec()), "what never was live is gone");
    owner.close().await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    db.close().await.unwrap();
    let page = releases::page(office.store(), Some("form"), None).await.unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| (row.stage, row.bundle, row.live_since)).collect();
    assert_eq!(
        rows,
        [
            (Stage::Live, live.bundle, Some(rows[0].2.unwrap())),
            (Stage::Retired, before.bundle, before.live_since)
        ]
    );
    assert_eq!(page.rows[1].replaced_by, Some(page.rows[0].number));
    assert!(page.rows[0].change.is_some() && page.rows[1].waiver.is_some());
}
