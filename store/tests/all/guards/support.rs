//! Runs statements as the owner and reports how the database rejects them. Every test works in a transaction that is never
//! committed, so tests can share one database; they wait for each other's rollback at the first person they insert.

use std::sync::{Arc, Weak};

use sqlx::{Executor as _, PgConnection};
use store::testing::TestDatabase;
use tokio::sync::Mutex;

static SHARED: Mutex<Weak<TestDatabase>> = Mutex::const_new(Weak::new());

/// Returns the database shared by the tests that are running; it is dropped after the last of them.
async fn shared() -> Arc<TestDatabase> {
    let mut shared = SHARED.lock().await;
    if let Some(database) = shared.upgrade() {
        return database;
    }
    let database = Arc::new(TestDatabase::new().await);
    *shared = Arc::downgrade(&database);
    database
}

/// `restrict_violation`, which the triggers raise.
pub const TRIGGER: &str = "23001";
/// `unique_violation`.
pub const UNIQUE: &str = "23505";
/// `check_violation`.
pub const CHECK: &str = "23514";

/// RevOps, author of the changes in these tests.
pub const ANA: &str = "00000000-0000-7000-8000-0000000000a0";
/// RevOps, a second person.
pub const BEN: &str = "00000000-0000-7000-8000-0000000000b0";
/// Sales manager.
pub const CLEO: &str = "00000000-0000-7000-8000-0000000000c0";
/// RevOps, deactivated.
pub const DORA: &str = "00000000-0000-7000-8000-0000000000d0";
/// SDR.
pub const SAM: &str = "00000000-0000-7000-8000-0000000000e0";

/// The change under test, of the list `tam`.
pub const CHANGE: &str = "00000000-0000-7000-8000-000000000001";
/// Another change, of the list `partners`, with the same content.
pub const OTHER: &str = "00000000-0000-7000-8000-000000000002";

/// A database with these people, in a transaction of the owner.
pub struct Guards {
    /// The owner's connection, in a transaction.
    pub owner: PgConnection,
    _database: Arc<TestDatabase>,
}

/// The error that a statement was rejected with.
#[derive(Debug)]
pub struct Refusal {
    /// The SQLSTATE.
    pub code: String,
    /// The constraint, if the error names one.
    pub constraint: Option<String>,
    /// The error message.
    pub message: String,
}

impl Guards {
    /// Inserts the people, then runs `setup`.
    pub async fn open(setup: &str) -> Self {
        let database = shared().await;
        let mut owner = database.owner().await;
        owner.execute("BEGIN").await.unwrap();
        let mut guards = Self { owner, _database: database };
        let people = [
            (ANA, "ana", "revops", "NULL"),
            (BEN, "ben", "revops", "NULL"),
            (CLEO, "cleo", "ae_rep_leader", "NULL"),
            (DORA, "dora", "revops", "now()"),
            (SAM, "sam", "sdr", "NULL"),
        ];
        for (id, name, role, disabled) in people {
            guards
                .accepts(&format!(
                    "INSERT INTO people (id, email, name, created_at, disabled_at) VALUES ('{id}', '{name}@acme.example', '{name}', now(), {disabled});
                     INSERT INTO person_roles (person_id, role, given_by) VALUES ('{id}', '{role}', 'command:test')"
                ))
                .await;
        }
        guards.accepts(setup).await;
        guards
    }

    /// Runs statements that must succeed, and keeps their effect.
    pub async fn accepts(&mut self, sql: &str) {
        if let Err(error) = self.owner.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await {
            panic!("{error}\n{sql}");
        }
    }

    /// Runs statements that must succeed, then rolls them back.
    pub async fn would_accept(&mut self, sql: &str) {
        self.accepts("SAVEPOINT before").await;
        self.accepts(sql).await;
        self.accepts("ROLLBACK TO before").await;
    }

    /// Runs statements that must fail, and returns the error.
    pub async fn refusal(&mut self, sql: &str) -> Refusal {
        self.accepts("SAVEPOINT before").await;
        let done = self.owner.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await;
        self.accepts("ROLLBACK TO before").await;
        let Err(sqlx::Error::Database(error)) = done else { panic!("not refused: {done:?}\n{sql}") };
        Refusal {
            code: error.code().unwrap_or_default().into_owned(),
            constraint: error.constraint().map(str::to_owned),
            message: error.message().to_owned(),
        }
    }

    /// Asserts that a trigger rejects the statements with this message.
    pub async fn refuses(&mut self, sql: &str, message: &str) {
        let refusal = self.refusal(sql).await;
        assert_eq!((refusal.code.as_str(), refusal.message.as_str()), (TRIGGER, message), "{sql}");
    }

    /// Asserts that the table rejects the statement because its rows are written once.
    pub async fn is_written_once(&mut self, act: &str, table: &str, sql: &str) {
        let refusal = self.refusal(sql).await;
        let message = format!("{act} on {table} is refused: its rows are written once");
        assert_eq!((refusal.code.as_str(), refusal.message.as_str()), (TRIGGER, message.as_str()), "{sql}");
        assert_eq!(refusal.constraint.as_deref(), Some("rows_are_written_once"), "{sql}");
    }

    /// Asserts that a constraint rejects the statements. A partition's own constraint counts under the name of its parent's.
    pub async fn violates(&mut self, sql: &str, code: &str, constraint: &str) {
        let refusal = self.refusal(sql).await;
        let named = refusal.constraint.as_deref().map(|name| {
            let words = name.split('_').filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit()));
            words.collect::<Vec<_>>().join("_")
        });
        assert_eq!(
            (refusal.code.as_str(), named.as_deref()),
            (code, Some(constraint)),
            "{}\n{sql}",
            refusal.message
        );
    }

    /// Runs statements without triggers and foreign keys, to reach a state that they prevent.
    pub async fn unguarded(&mut self, sql: &str) {
        self.accepts("SET LOCAL session_replication_role = replica").await;
        self.accepts(sql).await;
        self.accepts("SET LOCAL session_replication_role = origin").await;
    }
}

/// Returns SQL for a draft of a list by Ana.
pub fn draft(id: &str, name: &str) -> String {
    format!(
        "INSERT INTO changes (id, kind, name, base_version, state, title, why, source, body, hash, author_id, created_by, created_at, updated_at)
         VALUES ('{id}', 'list', '{name}', 0, 'draft', 'More', '', '', '{{}}', sha256('Initech'), '{ANA}', 'person:{ANA}', now(), now());
         INSERT INTO change_editors (change_id, person_id) VALUES ('{id}', '{ANA}');"
    )
}

/// Returns SQL that submits a draft for approval by RevOps and the sales manager.
pub fn submit(id: &str) -> String {
    format!(
        "UPDATE changes SET state = 'submitted', submitted_at = now(), required = '{{revops,ae_rep_leader}}' WHERE id = '{id}';"
    )
}

/// Returns SQL for a review of a change; `values` are verdict, role, hash and comment.
pub fn review(id: &str, person: &str, values: &str) -> String {
    let live = if values.starts_with("'approve'") {
        format!("(SELECT live_bundles_of(kind, name) FROM changes WHERE id = '{id}')")
    } else {
        "NULL".to_owned()
    };
    format!(
        "INSERT INTO change_reviews (id, at, change_id, person_id, live_bundles, verdict, role, hash, comment) VALUES (gen_random_uuid(), now(), '{id}', '{person}', {live}, {values});"
    )
}

/// Returns SQL for an approval of a change in a role.
pub fn sign(id: &str, person: &str, role: &str) -> String {
    review(id, person, &format!("'approve', '{role}', sha256('Initech'), ''"))
}

/// Returns SQL for a version created from a change; `values` are kind, name, number and hash.
pub fn version(change: &str, values: &str) -> String {
    format!(
        "INSERT INTO versions (id, body, created_at, created_by, change_id, kind, name, version, hash) VALUES (gen_random_uuid(), '{{}}', now(), 'test', {change}, {values});"
    )
}

/// Returns SQL that approves a change whose version exists.
pub fn approve(id: &str) -> String {
    format!(
        "UPDATE changes SET state = 'approved', closed_at = now(), version_id = (SELECT id FROM versions WHERE change_id = '{id}') WHERE id = '{id}';"
    )
}
