//! The connection pools. All connections use the application's role.
//!
//! Each kind of work has a pool of its own (`Lane`), so that pages that wait for a locked table leave connections for
//! signing in, for stopping workflows, for events and for deliveries. A [`Store`] uses one of them: pages and actions
//! get one for requests and derive the others from it ([`Store::access`], [`Store::ingestion`], [`Store::background`]).
//!
//! There are two ways to access a row, and a transaction may use both:
//!
//! * **Entities** (`entity`, SeaORM) are the default: each table has one unless it is append-only or on the hot path
//!   of events or deliveries. Reads outside a transaction use [`Store::db`]; inside one, `orm::orm` lends the
//!   transaction's connection for a statement.
//! * **Hand-written SQL** ([`Store::pool`] and [`Store::begin`], sqlx) is for queries that SeaORM cannot express or would run more slowly:
//!   commits of events and outbox claims with one array per column (`columns`), keyset lists, figures, locks and
//!   notifications. A file that uses it explains why in its documentation.
//!
//! Transactions always belong to sqlx, and functions that write take `&mut PgConnection`. SeaORM's transaction does
//! not expose its connection, so hand-written statements could not join it.
//!
//! Hand-written SQL: queries of the Postgres catalogue about the role and its grants.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseConnection, EntityTrait as _, SqlxPostgresConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgPool, Postgres, Transaction};

use crate::entity::setting;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::refresh::{PendingTopics, Topic};
use crate::suspension::ProcessState;
use crate::{disk, schema};

/// How long a request waits for a connection before it fails with a retryable error.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may have been idle and still be used without a ping. A page runs some forty statements, and
/// pinging before each would double the round trips to Postgres. The period is short because a statement on a
/// connection lost in the meantime fails.
pub const TRUSTED: Duration = Duration::from_millis(100);

/// Settings of every connection. JIT compilation takes longer than any of our statements runs. A process that hangs
/// in the middle of a transaction must not hold its locks for longer than its lease.
const SETTINGS: [(&str, &str); 2] = [("jit", "off"), ("idle_in_transaction_session_timeout", "20s")];

/// A kind of work with connections of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// Pages, actions and reads by the API.
    Requests,
    /// Sessions, API keys, signing in, the kill switch and readiness.
    Access,
    /// Events and outcomes.
    Ingestion,
    /// Deliveries, jobs, runs, slow figures and commands.
    Background,
}

/// The limits of a lane.
struct LaneLimits {
    /// Maximum number of connections per process.
    connections: u32,
    /// How long a statement waits for a lock.
    lock_timeout: &'static str,
    /// How long a statement runs.
    statement_timeout: &'static str,
}

impl Lane {
    /// Returns the limits. Together the lanes have 32 connections; Postgres allows 100 by default, which two processes,
    /// commands and backups share. Slow figures and the renewal of credentials set limits of their own in their transactions.
    const fn limits(self) -> LaneLimits {
        let (connections, lock_timeout, statement_timeout) = match self {
            Self::Requests => (8, "3s", "15s"),
            Self::Access => (4, "3s", "15s"),
            // As many as can work at once: two committers of single events, eight batches, and two for outcomes.
            Self::Ingestion => (12, "3s", "15s"),
            // One of them always listens for notifications.
            Self::Background => (8, "30s", "10min"),
        };
        LaneLimits { connections, lock_timeout, statement_timeout }
    }
}

/// The connections of a lane, for hand-written SQL and for entities.
struct Connections {
    pool: PgPool,
    db: DatabaseConnection,
}

struct Lanes {
    requests: Connections,
    access: Connections,
    ingestion: Connections,
    background: Connections,
}

/// The database from the application's point of view. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    lane: Lane,
    lanes: Arc<Lanes>,
    keyring: Keyring,
    marks: Arc<PendingTopics>,
    process: ProcessState,
}

impl Store {
    /// Connects as the application's role, and checks that the master key matches this database. The result is for
    /// requests.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database does not respond, or [`Error::Key`] if the key does not match.
    pub async fn connect(database_url: &str, keyring: Keyring) -> Result<Self> {
        let options: PgConnectOptions = database_url.parse().map_err(Error::Db)?;
        let options = options.application_name("meshline").options(SETTINGS);
        let lanes = Lanes {
            requests: connections(&options, Lane::Requests),
            access: connections(&options, Lane::Access),
            ingestion: connections(&options, Lane::Ingestion),
            background: connections(&options, Lane::Background),
        };
        let store = Self {
            lane: Lane::Requests,
            lanes: Arc::new(lanes),
            keyring,
            marks: Arc::default(),
            process: ProcessState::default(),
        };
        store.check_key().await?;
        Ok(store)
    }

    /// Returns the store with the connections for sessions, API keys, signing in and stopping workflows. They are few,
    /// and nothing else may use them.
    #[must_use]
    pub fn access(&self) -> Self {
        Self { lane: Lane::Access, ..self.clone() }
    }

    /// Returns the store with the connections for events and outcomes.
    #[must_use]
    pub fn ingestion(&self) -> Self {
        Self { lane: Lane::Ingestion, ..self.clone() }
    }

    /// Returns the store with the connections for work that no request waits for, whose statements may take longer.
    #[must_use]
    pub fn background(&self) -> Self {
        Self { lane: Lane::Background, ..self.clone() }
    }

    fn connections(&self) -> &Connections {
        match self.lane {
            Lane::Requests => &self.lanes.requests,
            Lane::Access => &self.lanes.access,
            Lane::Ingestion => &self.lanes.ingestion,
            Lane::Background => &self.lanes.background,
        }
    }

    /// Returns the keyring.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Marks topics as changed until [`Store::flush_marks`] announces them. It only sets bits in memory.
    pub fn mark(&self, topics: &[Topic]) {
        self.marks.add(topics);
    }

    /// Announces the topics marked since the last call to open pages, and returns whether there were any.
    ///
    /// # Errors
    /// Returns an error if the database fails; the topics then stay marked.
    pub async fn flush_marks(&self) -> Result<bool> {
        self.marks.flush(self.pool()).await
    }

    /// Returns what this process knows of its database.
    pub(crate) fn process(&self) -> &ProcessState {
        &self.process
    }

    /// Returns the SeaORM connection, for entities outside a transaction; see `orm::orm` for those inside one.
    pub fn db(&self) -> &DatabaseConnection {
        &self.connections().db
    }

    /// Begins a transaction. If the returned future is dropped, for example because a client disconnects, the
    /// transaction is rolled back.
    ///
    /// # Errors
    /// Returns an error if the pool has no connection, or the database does not respond.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.begin_with("BEGIN").await
    }

    /// Begins a transaction like [`Store::begin`], with a `BEGIN` statement that sets its mode.
    ///
    /// # Errors
    /// Same as [`Store::begin`].
    pub async fn begin_with(&self, statement: &'static str) -> sqlx::Result<Transaction<'static, Postgres>> {
        let pool = self.pool().clone();
        // In a task of its own, which always completes: when `Pool::begin` is canceled between the request and its
        // response, sqlx returns the connection to the pool inside an open transaction, and whatever is written on it
        // later is lost (https://github.com/transact-rs/sqlx/issues/4393).
        #[expect(clippy::disallowed_methods, reason = "the one place that may")]
        let begun = tokio::spawn(async move { pool.begin_with(statement).await });
        // The task fails only if the runtime is shutting down.
        begun.await.unwrap_or(Err(sqlx::Error::PoolClosed))
    }

    /// Returns the sqlx pool, for hand-written statements outside a transaction.
    pub fn pool(&self) -> &PgPool {
        &self.connections().pool
    }

    /// Checks that the database responds and has disk space, that its schema fits this program, and that the
    /// application's role lacks the privilege to change the log.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database does not respond or its disk is full, [`Error::Schema`] if the
    /// schema does not fit, or [`Error::Refused`] with the names of the tables that could be changed.
    pub async fn check_ready(&self) -> Result<()> {
        schema::check(self.pool()).await?;
        if disk::is_full() {
            disk::test(&mut *self.begin().await?).await?;
        }
        let open: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname::text FROM partitioned_tables t JOIN pg_class c ON c.oid = t.name::regclass OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = t.name::regclass) \
             WHERE t.is_log AND has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')",
        )
        .fetch_all(self.pool())
        .await?;
        let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(self.pool()).await?;
        if role != "meshline_app" {
            return Err(Error::Refused(format!("connections run as {role}, not as meshline_app")));
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err(Error::Refused(format!("the application could change {}", open.join(", "))))
        }
    }

    /// Returns the login of this process if it could change the log itself, or become the owner of the schema or of the
    /// database. A server needs only a login that is a member of `meshline_app`.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database does not respond.
    pub async fn owner_login(&self) -> Result<Option<String>> {
        Ok(sqlx::query_scalar(
            "SELECT l.rolname::text FROM pg_roles l WHERE l.rolname = session_user AND ( \
               pg_has_role(l.oid, (SELECT relowner FROM pg_class WHERE oid = 'decisions'::regclass), 'MEMBER') \
               OR pg_has_role(l.oid, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER') \
               OR l.rolcreaterole AND current_setting('server_version_num')::integer < 160000 \
               OR EXISTS (SELECT FROM partitioned_tables t WHERE t.is_log AND has_table_privilege(l.oid, t.name::regclass, 'UPDATE, DELETE, TRUNCATE')))",
        )
        .fetch_optional(self.pool())
        .await?)
    }

    async fn check_key(&self) -> Result<()> {
        let stored = setting::Entity::find_by_id("key_fingerprint").one(self.db()).await?;
        match stored.as_ref().and_then(|row| row.value.as_str()) {
            Some(fingerprint) if fingerprint == self.keyring.fingerprint() => Ok(()),
            Some(_) => Err(Error::Key(
                "this database was made with another master key; MESHLINE_KEY_FILE names the right one"
                    .into(),
            )),
            None => Err(Error::Key("this database has no schema yet; run `meshline migrate`".into())),
        }
    }
}

/// Prepares the connections of a lane. They are opened when they are needed.
fn connections(options: &PgConnectOptions, lane: Lane) -> Connections {
    let limits = lane.limits();
    let timeouts = [("lock_timeout", limits.lock_timeout), ("statement_timeout", limits.statement_timeout)];
    let pool = PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute("SET ROLE meshline_app").await.map(drop) })
        })
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone().options(timeouts));
    Connections { db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()), pool }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Lane;

    #[test]
    fn the_lanes_share_out_32_connections() {
        let lanes = [Lane::Requests, Lane::Access, Lane::Ingestion, Lane::Background];
        assert_eq!(lanes.map(|lane| lane.limits().connections).iter().sum::<u32>(), 32);
    }

    /// Returns every Rust file under a folder.
    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let found = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
        found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
    }

    #[test]
    fn files_with_hand_written_sql_say_why() {
        // Infrastructure that runs SQL for other files.
        let machinery = ["orm.rs", "columns.rs"];
        let mut silent = Vec::new();
        for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let by_hand =
                text.contains(concat!("sqlx::", "query")) || text.contains(concat!("Query", "Builder"));
            let docs =
                text.lines().map_while(|line| line.strip_prefix("//!")).collect::<String>().to_lowercase();
            let says_why = docs.contains("hand-written sql") || docs.contains("by hand");
            if by_hand && !says_why && !machinery.iter().any(|name| path.ends_with(name)) {
                silent.push(path);
            }
        }
        assert!(silent.is_empty(), "the documentation has no `Hand-written SQL: …` in {silent:#?}");
    }
}
