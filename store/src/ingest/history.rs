//! What came in about leads before, for fields that look back. By hand, as each lead has a period of its own.

use chrono::{DateTime, Utc};
use engine::ids::{EventId, LeadId, WorkflowId};
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::Result;
use crate::keyring::{Keyring, Place};

/// The period of a lead's history that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct HistoryWanted {
    /// The lead.
    pub lead: LeadId,
    /// Events of this workflow.
    pub workflow: WorkflowId,
    /// Events that happened at this instant or later.
    pub from: DateTime<Utc>,
    /// Events that happened at this instant or earlier.
    pub to: DateTime<Utc>,
}

/// A lead's history in a period.
#[derive(Clone, Debug, Default)]
pub struct LeadHistory {
    /// How much had been decided about the lead when this was read.
    pub sequence: i64,
    /// Its events, newest first.
    pub events: Vec<PastEvent>,
}

/// An event of a lead's history.
#[derive(Clone, Debug)]
pub struct PastEvent {
    /// Its id.
    pub id: EventId,
    /// The request as it came.
    pub body: Json,
    /// Which system it came from.
    pub source: String,
    /// When it happened; when it came, where that is not known.
    pub at: DateTime<Utc>,
}

#[derive(FromRow)]
struct HistoryRow {
    n: i64,
    sequence: i64,
    owner: Option<Uuid>,
    data_key: Option<Vec<u8>>,
    id: Option<Uuid>,
    source: Option<String>,
    body: Option<Vec<u8>>,
    at: Option<DateTime<Utc>>,
}

/// Reads the histories of leads, at most `limit` events each, those of leads merged into them included; without a lock. Of an
/// erased person there is none.
///
/// # Errors
/// When the database fails or an event cannot be read.
pub async fn histories(
    connection: &mut PgConnection,
    keyring: &Keyring,
    wanted: &[HistoryWanted],
    limit: i64,
) -> Result<Vec<LeadHistory>> {
    let mut histories = vec![LeadHistory::default(); wanted.len()];
    if wanted.is_empty() {
        return Ok(histories);
    }
    let columns = Columns::of(wanted)
        .with("lead", |wanted| wanted.lead.0)
        .with("workflow", |wanted| wanted.workflow.0)
        .with("earliest", |wanted| wanted.from)
        .with("latest", |wanted| wanted.to)
        .and("n", (1_i64..).take(wanted.len()));
    let sql = format!(
        "SELECT w.n, l.sequence, e.lead_id AS owner, e.data_key, e.id, e.source, e.body, e.at \
         FROM {} \
         JOIN leads l ON l.id = w.lead LEFT JOIN LATERAL ( \
           SELECT e.lead_id, k.data_key, e.id, e.source, e.body, coalesce(e.occurred_at, e.received_at) AS at FROM events e JOIN leads k ON k.id = e.lead_id \
           WHERE e.lead_id = ANY (ARRAY(SELECT w.lead UNION SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = w.lead)) \
             AND e.workflow_id = w.workflow AND coalesce(e.occurred_at, e.received_at) BETWEEN w.earliest AND w.latest AND k.data_key IS NOT NULL \
           ORDER BY at DESC, e.id DESC LIMIT $6) e ON true ORDER BY w.n, e.at DESC, e.id DESC",
        columns.table("w"),
    );
    let rows: Vec<HistoryRow> = columns.query_as(sql)?.bind(limit).fetch_all(connection).await?;
    for row in rows {
        let place = usize::try_from(row.n - 1).unwrap_or_default();
        let Some(history) = histories.get_mut(place) else { continue };
        history.sequence = row.sequence;
        if let HistoryRow {
            owner: Some(owner),
            data_key: Some(wrapped),
            id: Some(id),
            source: Some(source),
            body: Some(body),
            at: Some(at),
            ..
        } = row
        {
            let key = keyring.unwrap_data_key(owner, &wrapped)?;
            let body = serde_json::from_slice(&key.open(&body, Place { column: "events.body", row: id })?)?;
            history.events.push(PastEvent { id: id.into(), body, source, at });
        }
    }
    Ok(histories)
}
