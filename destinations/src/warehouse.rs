//! A warehouse on Postgres: every decision, of rules or of a person on them, arrives as one row, and beside it stands where each
//! lead is now.
//!
//! Idempotency is the tables': the effect's key is the primary key of the events, and a lead's current row is
//! overwritten only by a later decision. Both are one statement, so that there is never one without the other.

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
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};
use url::Url;
use uuid::Uuid;

use crate::destination::{Destination, Limits, ReadError, Receipt, Record, Request, TestFailed, WriteError};
use crate::kinds::{OpenError, TimeoutSeconds};

/// Rows written at once, each on a connection of its own; warehouses are short of them.
const CONNECTIONS: u32 = 4;
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
    /// How long one row may take; 10 s unless it says otherwise.
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
                "28" | "3D" | "42" => WriteError::new(Failure::Retry, said).pausing(),
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

    async fn write(&self, request: &Request) -> Result<Receipt, WriteError> {
        let sent = json!({"into": "meshline.decision_events", "effect_key": request.effect_key, "body": Digest::of(&request.body)});
        let row = Row::read(&request.body).ok_or_else(|| {
            WriteError::new(
                Failure::NeedsPerson,
                "the effect's body is not in a form that this version writes",
            )
        })?;
        match self.on_connection(async |connection| row.insert(connection, request).await).await {
            Ok((event, current)) => {
                let told = |is_new: bool| if is_new { "written" } else { "left as it was" };
                Ok(Receipt {
                    status: None,
                    request: sent,
                    response: json!({"event": told(event), "current": told(current)}),
                    to_queue: None,
                })
            }
            Err(error) => Err(WriteError { request: Some(sent), ..error }),
        }
    }

    async fn read_back(&self, remote_key: Digest) -> Result<Option<Record>, ReadError> {
        let row: Option<(String, i64, Json)> = self
            .on_connection(async |connection| {
                sqlx::query_as(
                    "SELECT effect_key, lead_sequence, body FROM meshline.lead_current WHERE remote_key = $1",
                )
                .bind(remote_key.to_string())
                .fetch_optional(connection)
                .await
            })
            .await
            .map_err(|error| ReadError::Failed(error.message))?;
        row.map(|(effect_key, lead_sequence, body)| {
            let effect_key =
                Digest::try_from(effect_key).map_err(|error| ReadError::Failed(error.to_string()))?;
            Ok(Record { effect_key, lead_sequence, body })
        })
        .transpose()
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

/// A body taken apart into columns.
struct Row {
    body: Json,
    columns: Columns,
}

#[derive(Deserialize)]
struct Columns {
    schema: String,
    workflow: String,
    lead: LeadColumns,
    decision: DecisionColumns,
    verdict: Option<VerdictColumns>,
}

/// What counts instead of the decision's own, where a person decided.
#[derive(Deserialize)]
struct VerdictColumns {
    action: String,
    parameters: Parameters,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct LeadColumns {
    id: Uuid,
}

#[derive(Deserialize)]
struct DecisionColumns {
    decision_id: Uuid,
    event_id: Uuid,
    mode: String,
    bundle: String,
    rule_set: String,
    rule_version: i32,
    variant: Option<String>,
    rule_id: Option<String>,
    action: String,
    parameters: Parameters,
    confidence: Option<f64>,
    as_of: DateTime<Utc>,
    decided_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Parameters {
    assignee: Option<String>,
}

impl Row {
    fn read(body: &[u8]) -> Option<Self> {
        let body = without_nul(serde_json::from_slice(body).ok()?);
        let columns = Columns::deserialize(&body).ok()?;
        Some(Self { body, columns })
    }

    /// Whether the event was new, and whether it is now the lead's current one.
    async fn insert(&self, connection: &mut PgConnection, request: &Request) -> sqlx::Result<(bool, bool)> {
        let Columns { schema, workflow, lead, decision, verdict } = &self.columns;
        let (action, parameters, decided_at) = match verdict {
            Some(verdict) => (&verdict.action, &verdict.parameters, verdict.at),
            None => (&decision.action, &decision.parameters, decision.decided_at),
        };
        sqlx::query_as(include_str!("warehouse/insert.sql"))
            .bind(request.effect_key.to_string())
            .bind(request.remote_key.to_string())
            .bind(request.lead_sequence)
            .bind(&self.body)
            .bind(schema)
            .bind(lead.id)
            .bind(workflow)
            .bind(decision.decision_id)
            .bind(decision.event_id)
            .bind(&decision.mode)
            .bind(&decision.bundle)
            .bind(&decision.rule_set)
            .bind(decision.rule_version)
            .bind(&decision.variant)
            .bind(&decision.rule_id)
            .bind(action)
            .bind(&parameters.assignee)
            .bind(decision.confidence)
            .bind(decision.as_of)
            .bind(decided_at)
            .fetch_one(connection)
            .await
    }
}

/// Postgres keeps no NUL in texts, and somebody's form may well hold one.
fn without_nul(value: Json) -> Json {
    let clean = |text: String| if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text };
    match value {
        Json::String(text) => Json::String(clean(text)),
        Json::Array(items) => items.into_iter().map(without_nul).collect(),
        Json::Object(object) => {
            object.into_iter().map(|(key, value)| (clean(key), without_nul(value))).collect()
        }
        other => other,
    }
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
