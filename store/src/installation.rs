//! The installation as a whole: whether its database continues where it was, and whether this process may decide.
//!
//! Hand-written SQL: functions of the server about its log, a row lock, and the check in every commit.

use chrono::{DateTime, TimeDelta, Utc};
use engine::control::continuity::{Continuity, DatabasePlace, DatabaseState, HighWaterMark, Incarnation};
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::suspension::Suspension;

/// The largest difference between the clocks of a process and of its database.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(60);

impl Store {
    /// Returns why this process neither decides nor delivers at the moment, if it does not.
    pub fn suspension(&self) -> Option<Suspension> {
        let known = self.process().lock();
        known.continuity.or(known.clock)
    }

    /// Returns the last heartbeat that this process knows of.
    pub fn high_water_mark(&self) -> Option<HighWaterMark> {
        self.process().lock().mark
    }

    /// Sets the last heartbeat that this process knows of, as a predecessor recorded it.
    pub fn remember(&self, mark: HighWaterMark) {
        self.process().lock().mark = Some(mark);
    }

    /// Waits until a commit finds the database at another place, or without a heartbeat that this process knows of.
    pub async fn in_doubt(&self) {
        self.process().in_doubt.notified().await;
    }

    /// Compares the clock of this process with that of the database, and suspends or resumes the process.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn check_clock(&self) -> Result<()> {
        let mut connection = self.pool().acquire().await?;
        let before = Utc::now();
        let theirs: DateTime<Utc> =
            sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut *connection).await?;
        let ours = before + (Utc::now() - before) / 2;
        let ahead = ours - theirs;
        let millis = ahead.num_milliseconds();
        let suspension = Suspension::Clock { ahead_seconds: (millis + 500 * millis.signum()) / 1000 };
        self.process().lock().clock = (ahead.abs() > CLOCK_TOLERANCE).then_some(suspension);
        Ok(())
    }
}

/// Returns the incarnation that decisions of this transaction belong to. Call it after the lead is locked, so that the
/// decisions of a lead get their incarnations in the order in which they are made.
///
/// # Errors
/// Returns [`Error::Suspended`] if this process must not decide at the moment.
pub async fn incarnation(connection: &mut PgConnection, store: &Store) -> Result<i64> {
    if let Some(suspension) = store.suspension() {
        return Err(Error::Suspended(suspension));
    }
    // Before the statement: a heartbeat that is committed while it runs would look as if the database lacked it.
    let known = store.high_water_mark().map(|mark| (mark.incarnation, mark.high_water_mark));
    let (incarnation, high_water_mark, is_here): (i64, i64, bool) = sqlx::query_as(
        "SELECT i.incarnation, n.high_water_mark, \
                i.table_oid = i.tableoid::bigint AND coalesce(i.timeline = database_timeline(), true) \
         FROM installation n, (SELECT *, tableoid FROM incarnations ORDER BY incarnation DESC LIMIT 1) i",
    )
    .fetch_one(connection)
    .await?;
    let suspension = if known.is_some_and(|known| known > (incarnation, high_water_mark)) {
        Suspension::WentBack
    } else if !is_here {
        Suspension::Moved
    } else {
        return Ok(incarnation);
    };
    store.process().in_doubt.notify_one();
    Err(Error::Suspended(suspension))
}

#[derive(FromRow)]
struct Row {
    incarnation: i64,
    high_water_mark: i64,
    is_acknowledged: bool,
    system: Option<i64>,
    timeline: Option<i32>,
    table_oid: i64,
}

impl From<Row> for Incarnation {
    fn from(row: Row) -> Self {
        Self {
            number: row.incarnation,
            high_water_mark: row.high_water_mark,
            is_acknowledged: row.is_acknowledged,
            place: DatabasePlace { system: row.system, timeline: row.timeline, table_oid: row.table_oid },
        }
    }
}

/// Reads the state of the database, and locks it until the transaction ends.
async fn lock(connection: &mut PgConnection) -> Result<DatabaseState> {
    let (installation, high_water_mark): (Uuid, i64) =
        sqlx::query_as("SELECT id, high_water_mark FROM installation FOR UPDATE")
            .fetch_one(&mut *connection)
            .await?;
    let (system, timeline, table_oid): (Option<i64>, Option<i32>, i64) = sqlx::query_as(
        "SELECT database_system(), database_timeline(), 'incarnations'::regclass::oid::bigint",
    )
    .fetch_one(&mut *connection)
    .await?;
    let rows: Vec<Row> =
        sqlx::query_as("SELECT * FROM incarnations ORDER BY incarnation").fetch_all(&mut *connection).await?;
    let mut earlier: Vec<Incarnation> = rows.into_iter().map(Incarnation::from).collect();
    let current = earlier.pop().ok_or(Error::NotFound("incarnation"))?;
    let place = DatabasePlace { system, timeline, table_oid };
    Ok(DatabaseState { installation, high_water_mark, place, current, earlier })
}

/// Begins an incarnation at the place where the database is, and returns its number.
async fn begin(
    connection: &mut PgConnection,
    actor: &Actor,
    state: &DatabaseState,
    is_acknowledged: bool,
    reason: &str,
) -> Result<i64> {
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO incarnations (incarnation, high_water_mark, is_acknowledged, timeline, system, table_oid) \
         VALUES (greatest($1 + 1, extract(epoch FROM clock_timestamp())::bigint), $2, $3, $4, $5, $6) RETURNING incarnation",
    )
    .bind(state.current.number)
    .bind(state.high_water_mark)
    .bind(is_acknowledged)
    .bind(state.place.timeline)
    .bind(state.place.system)
    .bind(state.place.table_oid)
    .fetch_one(&mut *connection)
    .await?;
    let entry = Audit {
        action: if is_acknowledged { "installation.recover" } else { "installation.move" },
        subject: &format!("installation:{}", state.installation),
        lead: None,
        detail: json!({ "incarnation": number, "previous": state.current.number, "reason": reason }),
    };
    audit(connection, actor, entry).await?;
    Ok(number)
}

/// Compares the database with what this process knows of it. If nothing is missing, raises the high-water mark, begins a
/// new incarnation where the database is at another place, and lets the process decide; otherwise suspends it.
///
/// # Errors
/// Returns an error if the database fails. The process then stays as it was.
pub async fn heartbeat(store: &Store) -> Result<Continuity> {
    let mut transaction = store.begin().await?;
    let state = lock(&mut transaction).await?;
    let continuity = state.compare(store.high_water_mark().as_ref());
    let suspension = match continuity {
        Continuity::WentBack => Some(Suspension::WentBack),
        Continuity::Unknown => Some(Suspension::Unknown),
        Continuity::Same | Continuity::Moved => None,
    };
    if suspension.is_some() {
        store.process().lock().continuity = suspension;
        return Ok(continuity);
    }
    let mut number = state.current.number;
    if continuity == Continuity::Moved {
        let reason = "The database is at another place, and no commit is known to be missing";
        number = begin(&mut transaction, &Actor::command("serve"), &state, false, reason).await?;
    }
    let high_water_mark: i64 = sqlx::query_scalar(
        "UPDATE installation SET high_water_mark = high_water_mark + 1 RETURNING high_water_mark",
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let mark = HighWaterMark { installation: state.installation, incarnation: number, high_water_mark };
    let mut known = store.process().lock();
    known.mark = Some(mark);
    known.continuity = None;
    Ok(continuity)
}

/// Returns the installation that the database belongs to.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn id(store: &Store) -> Result<Uuid> {
    Ok(sqlx::query_scalar("SELECT id FROM installation").fetch_one(store.pool()).await?)
}

/// What the database knows, for the person who decides to continue from there.
#[derive(Clone, Debug, FromRow)]
pub struct RecoveryPreview {
    /// The current incarnation.
    pub incarnation: i64,
    /// When the newest decision was made.
    pub last_decision_at: Option<DateTime<Utc>>,
    /// The number of deliveries that will be sent.
    pub waiting: i64,
}

/// Returns what the database knows.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn preview(store: &Store) -> Result<RecoveryPreview> {
    Ok(sqlx::query_as(
        "SELECT (SELECT max(incarnation) FROM incarnations) AS incarnation, \
                (SELECT decided_at FROM decisions ORDER BY id DESC LIMIT 1) AS last_decision_at, \
                (SELECT count(*) FROM outbox WHERE state <> 'dead') AS waiting",
    )
    .fetch_one(store.pool())
    .await?)
}

/// Acknowledges that commits may be missing, begins an incarnation, and returns its number. Processes that are suspended
/// because of the loss resume within seconds.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn recover(store: &Store, actor: &Actor, reason: &str) -> Result<i64> {
    let mut transaction = store.begin().await?;
    let state = lock(&mut transaction).await?;
    let number = begin(&mut transaction, actor, &state, true, reason).await?;
    transaction.commit().await?;
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_described_as_people_say_it() {
        let said = |ahead_seconds| Suspension::Clock { ahead_seconds }.to_string();
        assert!(said(75).starts_with("The clock of this machine is 75 seconds ahead of the clock of the"));
        assert!(said(-180).contains("3 minutes behind the clock"));
        assert!(said(400 * 86_400).contains("400 days ahead"));
    }
}
