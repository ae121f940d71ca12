//! The pool of connections, all of them in the application's role.
//!
//! There are two ways to a row, and a transaction may use both:
//!
//! * **Entities** (`entity`, SeaORM) are the rule: each table that is neither written once nor on the path of an
//!   event or a delivery has one. Reads outside a transaction go through [`Store::db`]; inside, `orm::orm` lends
//!   the transaction's connection for a statement.
//! * **Hand-written SQL** ([`Store::pool`], sqlx) is for what SeaORM cannot say or would say more slowly: commits of events
//!   and claims of the outbox with an array for each column (`columns`), keyset lists, figures, locks and
//!   notifications. A file that has some says why in its documentation.
//!
//! A transaction is always sqlx's, and functions that write take `&mut PgConnection`. SeaORM's own transaction does not
//! give its connection out, so hand-written statements could not join it.
//!
//! Hand-written SQL: what Postgres' catalogue says of the role and its grants.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseConnection, EntityTrait as _, SqlxPostgresConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgPool};

use crate::entity::setting;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::refresh::{Marks, Topic};

/// Connections a process keeps at most; Postgres allows 100 by default, and several processes share it.
const CONNECTIONS: u32 = 24;
/// How long a request waits for a connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may have been idle that is used without asking whether it still stands. A page makes some forty
/// statements, and asking before each of them would double what it says to Postgres. Kept short, as what is asked of one
/// that was lost meanwhile fails.
pub const TRUSTED: Duration = Duration::from_millis(100);

/// What holds on every connection. Compiling a statement takes longer than any of ours runs; and a process that is
/// stopped in the middle of a transaction must not keep others from what it has locked for longer than its lease.
const SETTINGS: [(&str, &str); 2] = [("jit", "off"), ("idle_in_transaction_session_timeout", "20s")];

/// The database as the application sees it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: PgPool,
    db: DatabaseConnection,
    keyring: Keyring,
    marks: Arc<Marks>,
}

impl Store {
    /// Connects as the application's role and checks that the master key is the one this database was made with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not answer, [`Error::Key`] when the key is another one.
    pub async fn connect(database_url: &str, keyring: Keyring) -> Result<Self> {
        let options: PgConnectOptions = database_url.parse().map_err(Error::Db)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
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
            .connect_with(options.application_name("meshline").options(SETTINGS))
            .await?;
        let store = Self {
            db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
            pool,
            keyring,
            marks: Arc::default(),
        };
        store.check_key().await?;
        Ok(store)
    }

    /// The keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Notes that something of a topic was committed, for [`Store::flush_marks`] to tell. Costs nothing.
    pub fn mark(&self, topics: &[Topic]) {
        self.marks.add(topics);
    }

    /// Tells open pages of the topics that were marked since the last time; returns whether there were any.
    ///
    /// # Errors
    /// When the database fails; what was marked then stays marked.
    pub async fn flush_marks(&self) -> Result<bool> {
        self.marks.flush(&self.pool).await
    }

    /// For entities, outside a transaction; see `orm::orm` for those inside one.
    pub fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// For statements written by hand.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the database answers and the application's role is denied to change the log.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not answer, [`Error::Refused`] naming the tables that could be changed.
    pub async fn check_ready(&self) -> Result<()> {
        let open: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname::text FROM partitioned_tables t JOIN pg_class c ON c.oid = t.name::regclass OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = t.name::regclass) \
             WHERE t.is_log AND has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')",
        )
        .fetch_all(&self.pool)
        .await?;
        let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&self.pool).await?;
        if role != "meshline_app" {
            return Err(Error::Refused(format!("connections run as {role}, not as meshline_app")));
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err(Error::Refused(format!("the application could change {}", open.join(", "))))
        }
    }

    async fn check_key(&self) -> Result<()> {
        let stored = setting::Entity::find_by_id("key_fingerprint").one(&self.db).await?;
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every Rust file under a folder.
    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let found = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
        found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
    }

    #[test]
    fn files_with_hand_written_sql_say_why() {
        // What writes SQL for others.
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
