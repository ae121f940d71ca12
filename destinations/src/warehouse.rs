//! A warehouse on Postgres: every decision, of rules or of a person on them, arrives as one row, and beside it stands where each
//! lead is now.
//!
//! Idempotency is the tables': the effect's key is the primary key of the events, and a lead's current row is
//! overwritten only by a later decision. Both are one statement, so that there is never one without the other, and so are
//! all rows of a batch.

mod row;

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::sync::backoff::{Failure, Policy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, FromRow, PgConnection, PgPool};
use url::Url;

use self::row::Row;
use crate::destination::{
    ChangeCursor, Changes, Destination, Limits, Lookup, ReadError, Receipt, Record, TestFailed, WriteError,
    WriteRequest,
};
use crate::kinds::{OpenError, TimeoutSeconds};

/// Batches written at once, each on a connection of its own; warehouses are short of them.
const CONNECTIONS: u32 = 4;
/// Rows of one statement. More would hardly be faster, and the rows of a failed batch are written one by one.
const BATCH: usize = 100;
/// A server that gives no connection within this is down or full.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// A warehouse that is not written to gets its connections back.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// What everybody may see of a warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `postgres://user@host:port/database`, with `?sslmode=…` where it matters; the password is the secret.
    pub url: String,
    /// How long one batch of rows may take; 10 s unless it says otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout_seconds: TimeoutSeconds,
    /// How often, and how far apart, one effect is tried.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: Policy,
}

/// A warehouse, connected when it is first written to.
pub struct Warehouse {
    options: PgConnectOptions,
    pool: OnceLock<PgPool>,
    has_tables: AtomicBool,
    limits: Limits,
}

impl Warehouse {
    /// Checks settings and password.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with them.
    pub fn open(settings: &Settings, secret: Option<&[u8]>) -> Result<Self, OpenError> {
        let password = std::str::from_utf8(secret.unwrap_or_default())
            .map_err(|_| OpenError::Secret("the password is no text".into()))?;
        // Set in any case: a password of our own database may stand in the environment and is nobody else's.
        let options = address(&settings.url)?.password(password).application_name("meshline");
        let limits = Limits {
            in_flight: CONNECTIONS as usize,
            batch: BATCH,
            timeout: settings.timeout_seconds.duration(),
            retry: settings.retry,
        };
        Ok(Self { options, pool: OnceLock::new(), has_tables: AtomicBool::new(false), limits })
    }

    fn pool(&self) -> &PgPool {
        self.pool.get_or_init(|| {
            let timeout = format!("SET statement_timeout = {}", self.limits.timeout.as_millis());
            PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(IDLE_TIMEOUT)
                .after_connect(move |connection, _| {
                    let timeout = sqlx::AssertSqlSafe(timeout.clone());
                    Box::pin(async move { connection.execute(timeout).await.map(drop) })
                })
                .connect_lazy_with(self.options.clone())
        })
    }

    /// Does something on a connection within the time that a write may take.
    async fn on_connection<T>(
        &self,
        act: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T, WriteError> {
        let mut connection = self.pool().acquire().await.map_err(|error| self.judge(&error))?;
        let result = tokio::time::timeout(self.limits.timeout, async {
            self.make_tables(&mut connection).await?;
            act(&mut connection).await
        })
        .await;
        match result {
            Ok(result) => result.map_err(|error| self.judge(&error)),
            Err(_) => {
                // Whatever it waits for, the pool is not to wait with it.
                drop(connection.detach());
                let message =
                    format!("{} did not answer within {} s", self.host(), self.limits.timeout.as_secs());
                Err(WriteError::new(Failure::Retry, message))
            }
        }
    }

    /// Makes the tables where they are missing. They are looked for first: whoever made them may have left us nothing
    /// but the right to write rows.
    async fn make_tables(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        if self.has_tables.load(Ordering::Relaxed) {
            return Ok(());
        }
        let found: bool = sqlx::query_scalar("SELECT to_regclass('meshline.decision_events') IS NOT NULL AND to_regclass('meshline.lead_current') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
        if !found {
            let mut transaction = connection.begin().await?;
            // One maker at a time: `IF NOT EXISTS` alone lets two that start together collide.
            transaction.execute("SELECT pg_advisory_xact_lock(hashtext('meshline.decision_events'))").await?;
            transaction.execute(sqlx::raw_sql(include_str!("warehouse/schema.sql"))).await?;
            transaction.commit().await?;
        }
        self.has_tables.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// What an error of the database says about the write. What the server says is repeated only where it cannot be
    /// about the row.
    fn judge(&self, error: &sqlx::Error) -> WriteError {
        let host = self.host();
        let Some(error) = error.as_database_error() else {
            let message = match error {
                sqlx::Error::PoolTimedOut => {
                    format!("{host} gave no connection within {} s", ACQUIRE_TIMEOUT.as_secs())
                }
                sqlx::Error::Io(error) => format!("the connection to {host} broke: {error}"),
                sqlx::Error::Tls(error) => format!("no TLS connection to {host}: {error}"),
                _ => format!("the connection to {host} broke"),
            };
            return WriteError::new(Failure::Retry, message);
        };
        let code = error.code().unwrap_or_default().into_owned();
        let said = format!("{host} answered {code}: {}", error.message());
        match code.as_str() {
            // The tables went away: they are made again.
            "42P01" | "3F000" => {
                self.has_tables.store(false, Ordering::Relaxed);
                WriteError::new(Failure::Retry, said)
            }
            // A standby, a statement that took too long, a cancelled one.
            "25006" | "57014" => WriteError::new(Failure::Retry, said),
            _ => match code.get(..2).unwrap_or_default() {
                "08" | "40" | "53" | "55" | "57" => WriteError::new(Failure::Retry, said),
                // Refused for who we are or what we may: the effect is fine, and so will be none of the next.
                "28" | "3D" | "42" => WriteError::new(Failure::NeedsPerson, said).pausing(),
                _ => WriteError::new(Failure::NeedsPerson, format!("{host} refused the row with {code}")),
            },
        }
    }

    fn host(&self) -> String {
        format!("{}:{}", self.options.get_host(), self.options.get_port())
    }
}

#[async_trait::async_trait]
impl Destination for Warehouse {
    fn kind(&self) -> &'static str {
        crate::Kind::Postgres.into()
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn write(&self, request: &WriteRequest) -> Result<Receipt, WriteError> {
        let unanswered = || WriteError::new(Failure::Retry, format!("{} left a row out", self.host()));
        self.write_many(std::slice::from_ref(request)).await.pop().unwrap_or_else(|| Err(unanswered()))
    }

    async fn write_many(&self, requests: &[WriteRequest]) -> Vec<Result<Receipt, WriteError>> {
        let rows: Vec<Row> = requests.iter().map(|request| Row::new(&request.effect)).collect();
        let inserted = self.on_connection(async |connection| insert(connection, &rows).await).await;
        let answer = |index: usize, request: &WriteRequest| {
            let effect = &request.effect;
            let sent = json!({"into": "meshline.decision_events", "effect_key": effect.key, "body": Digest::of(&effect.bytes)});
            let inserted = match &inserted {
                Ok(inserted) => inserted[index].as_ref().map_err(|error| self.judge(error)),
                Err(error) => Err(error.clone()),
            };
            match inserted {
                Ok(inserted) => Ok(Receipt {
                    status: None,
                    request: sent,
                    response: json!({"event": told(inserted.is_new), "current": told(inserted.is_current)}),
                    to_queue: None,
                }),
                Err(error) => Err(WriteError { request: Some(sent), ..error }),
            }
        };
        requests.iter().enumerate().map(|(index, request)| answer(index, request)).collect()
    }

    async fn find(&self, remote_key: Digest) -> Result<Lookup, ReadError> {
        let row: Option<CurrentRow> = self
            .on_connection(async |connection| {
                sqlx::query_as(
                    "SELECT remote_key, effect_key, lead_sequence, written_at, body FROM meshline.lead_current WHERE remote_key = $1",
                )
                .bind(remote_key.to_string())
                .fetch_optional(connection)
                .await
            })
            .await
            .map_err(|error| ReadError(error.message))?;
        row.map_or(Ok(Lookup::Absent), |row| row.record().map(Lookup::Found))
    }

    async fn changed_since(&self, cursor: ChangeCursor, limit: usize) -> Result<Changes, ReadError> {
        let rows: Vec<CurrentRow> = self
            .on_connection(async |connection| {
                sqlx::query_as(
                    "SELECT remote_key, effect_key, lead_sequence, written_at, body FROM meshline.lead_current \
                     WHERE written_at >= $1 AND (written_at > $1 OR remote_key COLLATE \"C\" > $2) ORDER BY written_at, remote_key COLLATE \"C\" LIMIT $3",
                )
                .bind(cursor.at)
                .bind(cursor.after.map_or_else(String::new, |after| after.to_string()))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(connection)
                .await
            })
            .await
            .map_err(|error| ReadError(error.message))?;
        let records = rows.into_iter().map(CurrentRow::record).collect::<Result<Vec<_>, _>>()?;
        Ok(Changes::page(records, limit))
    }

    async fn test_connection(&self) -> Result<String, TestFailed> {
        let (version, database, may_write): (String, String, bool) = self
            .on_connection(async |connection| {
                sqlx::query_as(
                    "SELECT current_setting('server_version'), current_database()::text, \
                     has_table_privilege('meshline.decision_events', 'INSERT') AND has_table_privilege('meshline.decision_events', 'SELECT') \
                     AND has_table_privilege('meshline.lead_current', 'INSERT') AND has_table_privilege('meshline.lead_current', 'SELECT') \
                     AND has_table_privilege('meshline.lead_current', 'UPDATE')",
                )
                .fetch_one(connection)
                .await
            })
            .await
            .map_err(|error| TestFailed(error.message))?;
        if may_write {
            Ok(format!(
                "{} answered (Postgres {version}); decisions go to meshline.decision_events of {database}.",
                self.host()
            ))
        } else {
            Err(TestFailed(format!(
                "{} answered, but its tables meshline.decision_events and meshline.lead_current may not be written to.",
                self.host()
            )))
        }
    }
}

/// A row of `lead_current`, as it is read.
#[derive(FromRow)]
struct CurrentRow {
    remote_key: String,
    effect_key: String,
    lead_sequence: i64,
    written_at: DateTime<Utc>,
    body: Json,
}

impl CurrentRow {
    fn record(self) -> Result<Record, ReadError> {
        let digest = |text: String| Digest::try_from(text).map_err(|error| ReadError(error.to_string()));
        Ok(Record {
            remote_key: digest(self.remote_key)?,
            effect_key: digest(self.effect_key)?,
            lead_sequence: self.lead_sequence,
            changed_at: Some(self.written_at),
            body: self.body,
        })
    }
}

/// What became of a row.
#[derive(Clone, Copy, Default)]
struct Inserted {
    /// The event was not there yet.
    is_new: bool,
    /// It is now the lead's current one.
    is_current: bool,
}

fn told(is_new: bool) -> &'static str {
    if is_new { "written" } else { "unchanged" }
}

/// Writes rows in one statement. Where the server refuses one of them, each is written by itself, so that a bad row does not
/// keep out the others.
async fn insert(connection: &mut PgConnection, rows: &[Row]) -> sqlx::Result<Vec<sqlx::Result<Inserted>>> {
    match insert_together(connection, rows).await {
        Ok(inserted) => Ok(inserted.into_iter().map(Ok).collect()),
        Err(error) if rows.len() > 1 && is_about_a_row(&error) => {
            let mut results = Vec::with_capacity(rows.len());
            for row in rows {
                let inserted = insert_together(connection, std::slice::from_ref(row)).await;
                results.push(inserted.map(|inserted| inserted.first().copied().unwrap_or_default()));
            }
            Ok(results)
        }
        Err(error) => Err(error),
    }
}

async fn insert_together(connection: &mut PgConnection, rows: &[Row]) -> sqlx::Result<Vec<Inserted>> {
    let found: Vec<(String, bool, bool)> = sqlx::query_as(include_str!("warehouse/insert.sql"))
        .bind(sqlx::types::Json(rows))
        .fetch_all(connection)
        .await?;
    let found: HashMap<String, Inserted> = found
        .into_iter()
        .map(|(effect_key, is_new, is_current)| (effect_key, Inserted { is_new, is_current }))
        .collect();
    Ok(rows.iter().map(|row| found.get(&row.effect_key).copied().unwrap_or_default()).collect())
}

/// Whether the server looked at the rows and did not like one (SQLSTATE classes 21, 22, 23, 54 and rules of its own, P0).
fn is_about_a_row(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["21", "22", "23", "54", "P0"].contains(&code.get(..2).unwrap_or_default()))
}

fn address(text: &str) -> Result<PgConnectOptions, OpenError> {
    let wrong = |what: &str| OpenError::Settings(format!("`url` {what}"));
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no address ({error})")))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(wrong("has to start with postgres://"));
    }
    if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
        return Err(wrong("must not hold the password: it is the secret"));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(wrong("has to end with the database's name"));
    }
    PgConnectOptions::from_str(text).map_err(|_| wrong("is no address of a Postgres database"))
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
