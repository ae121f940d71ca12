//! Rate limit usage and circuit breakers of destinations: one row each, shared by all processes.
//!
//! Hand-written SQL: each claim reads and writes these rows under locks.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use engine::ids::DestinationId;
use engine::sync::flow::{Allowance, FlowState, Pace};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::channel::{Channel, notify};
use crate::error::Result;
use crate::pool::Store;

#[derive(FromRow)]
struct Row {
    tokens: f64,
    refilled_at: Option<DateTime<Utc>>,
    day: Option<NaiveDate>,
    used_today: i32,
    open_until: Option<DateTime<Utc>>,
    openings: i32,
}

impl From<Row> for FlowState {
    fn from(row: Row) -> Self {
        Self {
            tokens: row.tokens,
            refilled_at: row.refilled_at,
            day: row.day,
            used_today: row.used_today.try_into().unwrap_or(0),
            open_until: row.open_until,
            openings: row.openings.try_into().unwrap_or(0),
        }
    }
}

/// Opens a destination's breaker, which pauses delivery for a while. `not_before` is the time that the destination
/// asked for. An open breaker without a trial in progress stays unchanged, so the first of several concurrent
/// failures counts.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_breaker(
    store: &Store,
    destination: DestinationId,
    not_before: Option<DateTime<Utc>>,
    is_trial: bool,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut transaction = store.begin().await?;
    let flow = lock(&mut transaction, destination).await?;
    if flow.open_until.is_none() || is_trial {
        let opened = flow.opened(not_before, now, rand::random());
        write(&mut transaction, destination, &opened).await?;
        sqlx::query("UPDATE destination_flows SET open_reason = $2 WHERE destination_id = $1")
            .bind(destination.0)
            .bind(reason)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Closes a destination's breaker after a successful delivery.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn close_breaker(store: &Store, destination: DestinationId) -> Result<()> {
    let mut transaction = store.begin().await?;
    let flow = lock(&mut transaction, destination).await?;
    write(&mut transaction, destination, &flow.closed()).await?;
    notify(&mut transaction, Channel::Outbox, "").await?;
    transaction.commit().await?;
    Ok(())
}

/// Returns whether a destination's breaker is open and its next trial is due.
pub(super) async fn is_trial_due(
    store: &Store,
    destination: DestinationId,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM destination_flows WHERE destination_id = $1 AND open_until <= $2)",
    )
    .bind(destination.0)
    .bind(now)
    .fetch_one(store.pool())
    .await?)
}

/// Returns how many effects may be claimed now. The caller must record usage with [`used`] in the same transaction,
/// which blocks other claims.
pub(super) async fn allowance(
    connection: &mut PgConnection,
    destination: DestinationId,
    pace: &Pace,
    wanted: usize,
    now: DateTime<Utc>,
) -> Result<(FlowState, Allowance)> {
    let flow = lock(connection, destination).await?;
    let running: i64 = match pace.at_once {
        Some(_) => {
            sqlx::query_scalar("SELECT count(*) FROM outbox WHERE destination_id = $1 AND state = 'running'")
                .bind(destination.0)
                .fetch_one(connection)
                .await?
        }
        None => 0,
    };
    let allowance = flow.allow(pace, wanted, usize::try_from(running).unwrap_or(usize::MAX), now);
    Ok((flow, allowance))
}

/// Records usage.
pub(super) async fn used(
    connection: &mut PgConnection,
    destination: DestinationId,
    flow: &FlowState,
) -> Result<()> {
    write(connection, destination, flow).await
}

async fn lock(connection: &mut PgConnection, destination: DestinationId) -> Result<FlowState> {
    sqlx::query("INSERT INTO destination_flows (destination_id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(destination.0)
        .execute(&mut *connection)
        .await?;
    let row: Row = sqlx::query_as(
        "SELECT tokens, refilled_at, day, used_today, open_until, openings FROM destination_flows WHERE destination_id = $1 FOR NO KEY UPDATE",
    )
    .bind(destination.0)
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

async fn write(connection: &mut PgConnection, destination: DestinationId, flow: &FlowState) -> Result<()> {
    sqlx::query(
        "UPDATE destination_flows SET tokens = $2, refilled_at = $3, day = $4, used_today = $5, open_until = $6, openings = $7, \
         open_reason = CASE WHEN $6 IS NOT NULL THEN open_reason END WHERE destination_id = $1",
    )
    .bind(destination.0)
    .bind(flow.tokens)
    .bind(flow.refilled_at)
    .bind(flow.day)
    .bind(i32::try_from(flow.used_today).unwrap_or(i32::MAX))
    .bind(flow.open_until)
    .bind(i32::try_from(flow.openings).unwrap_or(i32::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

/// An open breaker of a destination.
#[derive(Clone, Debug, FromRow)]
pub struct OpenBreaker {
    /// The destination.
    pub destination_id: Uuid,
    /// When the next trial is due.
    pub open_until: DateTime<Utc>,
    /// Number of times the breaker has opened since the last successful delivery.
    pub openings: i32,
    /// Error message of the last failure.
    pub open_reason: Option<String>,
}

/// Returns the open breakers.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open_breakers(store: &Store) -> Result<Vec<OpenBreaker>> {
    Ok(sqlx::query_as(
        "SELECT destination_id, open_until, openings, open_reason FROM destination_flows WHERE open_until IS NOT NULL",
    )
    .fetch_all(store.pool())
    .await?)
}

/// Returns how much of its daily quota each destination used on a day. Omits destinations without writes on that day.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn used_on(store: &Store, day: NaiveDate) -> Result<BTreeMap<Uuid, i32>> {
    let rows: Vec<(Uuid, i32)> =
        sqlx::query_as("SELECT destination_id, used_today FROM destination_flows WHERE day = $1")
            .bind(day)
            .fetch_all(store.pool())
            .await?;
    Ok(rows.into_iter().collect())
}
