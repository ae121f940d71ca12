//! A Postgres warehouse. Every decision, whether of rules or of a person, becomes one row; a second table holds the current state
//! of each lead.
//!
//! Idempotency is enforced by the tables: the effect's key is the primary key of the events, and only a later decision
//! overwrites a lead's current row. One statement writes both tables, so they never diverge, and it also writes all rows of a
//! batch.

mod row;

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::effect::DecisionOrder;
use engine::sync::backoff::{FailureKind, RetryPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, FromRow, PgConnection, PgPool};
use url::Url;

use self::row::WarehouseRow;
use crate::destination::{
    ChangeCursor, Changes, ConnectionTestError, Destination, DestinationLimits, Lookup, ReadError,
    RemoteRecord, WriteError, WriteReceipt, WriteRequest,
};
use crate::kinds::{OpenError, TimeoutSeconds};
use crate::network::NetworkExceptions;

/// The number of batches written concurrently, each on its own connection. Connections to warehouses are scarce.
const CONNECTIONS: u32 = 4;
/// The number of rows per statement. More would hardly be faster, and the rows of a failed batch are retried one by one.
const BATCH: usize = 100;
/// A server that has not provided a connection within this time is considered down or full.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an idle warehouse keeps its connections.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The settings of a warehouse. Every signed-in user can read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Settings")]
pub struct WarehouseSettings {
    /// The address, `postgres://user@host:port/database`, with `?sslmode=…` if needed; the password is the secret.
    pub url: String,
    /// Exceptions to the rules for networks: `plaintext` sends without TLS, `link_local` connects to link-local addresses.
    #[serde(default, skip_serializing_if = "NetworkExceptions::is_empty")]
    pub allow: NetworkExceptions,
    /// The time limit of one batch of rows, in seconds. Default: 10.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout_seconds: TimeoutSeconds,
    /// The number of attempts per effect and the backoff between them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: RetryPolicy,
}

/// A warehouse. Connects on the first write.
pub struct Warehouse {
    options: PgConnectOptions,
    allow: NetworkExceptions,
    pool: OnceLock<PgPool>,
    tables: RwLock<Option<TableForm>>,
    limits: DestinationLimits,
}

impl Warehouse {
    /// Validates settings and password.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that names the invalid setting or the secret.
    pub fn open(settings: &WarehouseSettings, secret: Option<&[u8]>) -> Result<Self, OpenError> {
        let password = std::str::from_utf8(secret.unwrap_or_default())
            .map_err(|_| OpenError::Secret("the password is not valid UTF-8".into()))?;
        // Always set, because `PGPASSWORD` in the environment may belong to our own database.
        let (url, options) = address(&settings.url)?;
        let options = settings.allow.postgres(&url, options)?.password(password).application_name("meshline");
        let limits = DestinationLimits {
            in_flight: CONNECTIONS as usize,
            batch: BATCH,
            timeout: settings.timeout_seconds.duration(),
            retry: settings.retry,
        };
        Ok(Self {
            options,
            allow: settings.allow.clone(),
            pool: OnceLock::new(),
            tables: RwLock::new(None),
            limits,
        })
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

    /// Runs `act` on a connection within the time limit of a write.
    async fn on_connection<T>(
        &self,
        act: impl AsyncFnOnce(&mut PgConnection, TableForm) -> sqlx::Result<T>,
    ) -> Result<T, WriteError> {
        self.check_addresses().await?;
        let mut connection = self.pool().acquire().await.map_err(|error| self.judge(&error))?;
        let result = tokio::time::timeout(self.limits.timeout, async {
            let form = self.make_tables(&mut connection).await?;
            act(&mut connection, form).await
        })
        .await;
        match result {
            Ok(result) => result.map_err(|error| self.judge(&error)),
            Err(_) => {
                // The connection may be blocked; detach it so that the pool is not.
                drop(connection.detach());
                let message =
                    format!("{} did not answer within {} s", self.host(), self.limits.timeout.as_secs());
                Err(WriteError::new(FailureKind::Retry, message))
            }
        }
    }

    /// Checks what the host's name resolves to, before the first connection or after all were closed. The driver resolves names
    /// itself and offers no hook.
    async fn check_addresses(&self) -> Result<(), WriteError> {
        if self.pool().size() > 0 || self.options.get_socket().is_some() {
            return Ok(());
        }
        let found = self.allow.resolve(self.options.get_host(), self.options.get_port()).await;
        found.map(drop).map_err(|error| {
            WriteError::new(FailureKind::Retry, format!("{} cannot be reached: {error}", self.host()))
        })
    }

    /// Creates the tables or their newest column if they are missing. Checks for them first, because an administrator may have
    /// created them and granted us only the right to write rows; then rows are written without the column.
    async fn make_tables(&self, connection: &mut PgConnection) -> sqlx::Result<TableForm> {
        if let Some(form) = self.known_form() {
            return Ok(form);
        }
        let (found, has_column): (bool, bool) = sqlx::query_as(
            "SELECT to_regclass('meshline.decision_events') IS NOT NULL AND to_regclass('meshline.lead_current') IS NOT NULL, \
             (SELECT count(*) = 2 FROM pg_attribute WHERE attrelid IN (to_regclass('meshline.decision_events'), to_regclass('meshline.lead_current')) \
              AND attname = 'incarnation' AND NOT attisdropped)",
        )
        .fetch_one(&mut *connection)
        .await?;
        if found && !has_column {
            let added = connection.execute(sqlx::raw_sql(include_str!("warehouse/incarnation.sql"))).await;
            match added.err().map(|error| (code_of(&error), error)) {
                None => {}
                Some((code, _)) if code == "42501" => {
                    self.remember(Some(TableForm::WithoutIncarnation));
                    return Ok(TableForm::WithoutIncarnation);
                }
                // The table is locked or a standby answered: the next write tries again.
                Some((code, _)) if code.starts_with("55") => return Ok(TableForm::WithoutIncarnation),
                Some((_, error)) => return Err(error),
            }
        }
        if !found {
            // Postgres runs statements that arrive together in one transaction. `begin` would not be safe to cancel,
            // and the timeout may cancel it. The lock serializes creation: `IF NOT EXISTS` alone fails if two
            // processes create the tables at the same time.
            let schema = concat!(
                "SELECT pg_advisory_xact_lock(hashtext('meshline.decision_events'));\n",
                include_str!("warehouse/schema.sql")
            );
            connection.execute(sqlx::raw_sql(schema)).await?;
        }
        self.remember(Some(TableForm::Complete));
        Ok(TableForm::Complete)
    }

    fn known_form(&self) -> Option<TableForm> {
        *self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, form: Option<TableForm>) {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = form;
    }

    /// Converts a database error into a write error. The server's message is repeated only if it cannot contain data from
    /// the row.
    fn judge(&self, error: &sqlx::Error) -> WriteError {
        let host = self.host();
        let Some(error) = error.as_database_error() else {
            let message = match error {
                sqlx::Error::PoolTimedOut => {
                    format!("{host} provided no connection within {} s", ACQUIRE_TIMEOUT.as_secs())
                }
                sqlx::Error::Io(error) => format!("the connection to {host} was lost: {error}"),
                sqlx::Error::Tls(error) => format!("the TLS connection to {host} failed: {error}"),
                _ => format!("the connection to {host} was lost"),
            };
            return WriteError::new(FailureKind::Retry, message);
        };
        let code = error.code().unwrap_or_default().into_owned();
        let said = format!("{host} answered {code}: {}", error.message());
        match code.as_str() {
            // The tables or their newest column were dropped: they are created again.
            "42P01" | "3F000" => {
                self.remember(None);
                WriteError::new(FailureKind::Retry, said)
            }
            "42703" if error.message().contains("incarnation") => {
                self.remember(None);
                WriteError::new(FailureKind::Retry, said)
            }
            // A standby, a statement timeout or a cancelled statement.
            "25006" | "57014" => WriteError::new(FailureKind::Retry, said),
            _ => match code.get(..2).unwrap_or_default() {
                "08" | "40" | "53" | "55" | "57" => WriteError::new(FailureKind::Retry, said),
                // Authentication or permissions: the effect is fine, and every further write would fail too.
                "28" | "3D" | "42" => WriteError::new(FailureKind::NeedsPerson, said).pausing(),
                _ => WriteError::new(
                    FailureKind::NeedsPerson,
                    format!("{host} rejected the row with error {code}"),
                ),
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
        crate::DestinationKind::Postgres.into()
    }

    fn limits(&self) -> DestinationLimits {
        self.limits
    }

    async fn write(&self, request: &WriteRequest) -> Result<WriteReceipt, WriteError> {
        let unanswered =
            || WriteError::new(FailureKind::Retry, format!("{} returned no result for a row", self.host()));
        self.write_many(std::slice::from_ref(request)).await.pop().unwrap_or_else(|| Err(unanswered()))
    }

    async fn write_many(&self, requests: &[WriteRequest]) -> Vec<Result<WriteReceipt, WriteError>> {
        let rows: Vec<WarehouseRow> =
            requests.iter().map(|request| WarehouseRow::new(&request.effect)).collect();
        let inserted =
            self.on_connection(async |connection, form| insert(connection, form, &rows).await).await;
        let answer = |index: usize, request: &WriteRequest| {
            let effect = &request.effect;
            let sent = json!({"into": "meshline.decision_events", "effect_key": effect.key, "body": Digest::of(&effect.bytes)});
            let inserted = match &inserted {
                Ok(inserted) => inserted[index].as_ref().map_err(|error| self.judge(error)),
                Err(error) => Err(error.clone()),
            };
            match inserted {
                Ok(inserted) => Ok(WriteReceipt {
                    status: None,
                    request: sent,
                    response: json!({"event": word(inserted.is_new), "current": word(inserted.is_current)}),
                    to_queue: None,
                }),
                Err(error) => Err(WriteError { request: Some(sent), ..error }),
            }
        };
        requests.iter().enumerate().map(|(index, request)| answer(index, request)).collect()
    }

    async fn find(&self, remote_key: Digest) -> Result<Lookup, ReadError> {
        let row: Option<CurrentRow> = self
            .on_connection(async |connection, _| {
                sqlx::query_as(
                    "SELECT remote_key, effect_key, coalesce((body->>'incarnation')::bigint, 0) AS incarnation, lead_sequence, written_at, body \
                     FROM meshline.lead_current WHERE remote_key = $1",
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
            .on_connection(async |connection, _| {
                sqlx::query_as(
                    "SELECT remote_key, effect_key, coalesce((body->>'incarnation')::bigint, 0) AS incarnation, lead_sequence, written_at, body \
                     FROM meshline.lead_current \
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

    async fn test_connection(&self) -> Result<String, ConnectionTestError> {
        let (version, database, may_write): (String, String, bool) = self
            .on_connection(async |connection, _| {
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
            .map_err(|error| ConnectionTestError(error.message))?;
        if may_write {
            let without = match self.known_form() {
                Some(TableForm::Complete) => "",
                _ => {
                    " The tables lack the column incarnation, which only their owner can add; decisions are \
                     ordered by the incarnation in their body."
                }
            };
            Ok(format!(
                "{} answered (Postgres {version}); decisions go to meshline.decision_events of {database}.{without}",
                self.host()
            ))
        } else {
            Err(ConnectionTestError(format!(
                "{} answered, but the user lacks permission to write to meshline.decision_events and meshline.lead_current.",
                self.host()
            )))
        }
    }
}

/// A row of `lead_current`.
#[derive(FromRow)]
struct CurrentRow {
    remote_key: String,
    effect_key: String,
    incarnation: i64,
    lead_sequence: i64,
    written_at: DateTime<Utc>,
    body: Json,
}

impl CurrentRow {
    fn record(self) -> Result<RemoteRecord, ReadError> {
        let digest = |text: String| Digest::try_from(text).map_err(|error| ReadError(error.to_string()));
        Ok(RemoteRecord {
            remote_key: digest(self.remote_key)?,
            effect_key: digest(self.effect_key)?,
            order: DecisionOrder { incarnation: self.incarnation, lead_sequence: self.lead_sequence },
            changed_at: Some(self.written_at),
            body: self.body,
        })
    }
}

/// The form of the tables that a connection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TableForm {
    /// The tables have all columns.
    Complete,
    /// The tables are older than the column `incarnation` and belong to someone else. It is in the body all the same.
    WithoutIncarnation,
}

/// The result of inserting a row.
#[derive(Clone, Copy, Default)]
struct Inserted {
    /// Whether the event was new.
    is_new: bool,
    /// Whether it is now the lead's current row.
    is_current: bool,
}

fn word(is_new: bool) -> &'static str {
    if is_new { "written" } else { "unchanged" }
}

/// Writes rows in one statement. If the server rejects one of them, each row is written separately so that a bad row does not block
/// the others.
async fn insert(
    connection: &mut PgConnection,
    form: TableForm,
    rows: &[WarehouseRow],
) -> sqlx::Result<Vec<sqlx::Result<Inserted>>> {
    match insert_together(connection, form, rows).await {
        Ok(inserted) => Ok(inserted.into_iter().map(Ok).collect()),
        Err(error) if rows.len() > 1 && is_about_a_row(&error) => {
            let mut results = Vec::with_capacity(rows.len());
            for row in rows {
                let inserted = insert_together(connection, form, std::slice::from_ref(row)).await;
                results.push(inserted.map(|inserted| inserted.first().copied().unwrap_or_default()));
            }
            Ok(results)
        }
        Err(error) => Err(error),
    }
}

const INSERT: &str = include_str!("warehouse/insert.sql");

/// [`INSERT`] for tables without the column.
static WITHOUT_INCARNATION: LazyLock<String> = LazyLock::new(|| {
    INSERT
        .replace("remote_key, incarnation, lead_sequence", "remote_key, lead_sequence")
        .replace("incarnation = excluded.incarnation, ", "")
});

async fn insert_together(
    connection: &mut PgConnection,
    form: TableForm,
    rows: &[WarehouseRow],
) -> sqlx::Result<Vec<Inserted>> {
    let statement: &'static str = match form {
        TableForm::Complete => INSERT,
        TableForm::WithoutIncarnation => &WITHOUT_INCARNATION,
    };
    let found: Vec<(String, bool, bool)> =
        sqlx::query_as(statement).bind(sqlx::types::Json(rows)).fetch_all(connection).await?;
    let found: HashMap<String, Inserted> = found
        .into_iter()
        .map(|(effect_key, is_new, is_current)| (effect_key, Inserted { is_new, is_current }))
        .collect();
    Ok(rows.iter().map(|row| found.get(&row.effect_key).copied().unwrap_or_default()).collect())
}

/// Returns whether the server rejected the content of a row (SQLSTATE classes 21, 22, 23 and 54, and `RAISE` in triggers, P0).
fn is_about_a_row(error: &sqlx::Error) -> bool {
    ["21", "22", "23", "54", "P0"].contains(&code_of(error).get(..2).unwrap_or_default())
}

/// Returns the SQLSTATE of an error; empty if the server did not send it.
fn code_of(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()
}

fn address(text: &str) -> Result<(Url, PgConnectOptions), OpenError> {
    let wrong = |what: &str| OpenError::Settings(format!("`url` {what}"));
    let url = Url::parse(text).map_err(|error| wrong(&format!("is not a valid URL ({error})")))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(wrong("must start with postgres://"));
    }
    if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
        return Err(wrong("must not contain the password; use it as the secret"));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(wrong("must end with the name of the database"));
    }
    let options = PgConnectOptions::from_str(text).map_err(|_| wrong("is not a valid Postgres URL"))?;
    Ok((url, options))
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
