//! Earlier events of leads, for fields that look back.
//!
//! Hand-written SQL: each lead has its own period, and a recursive statement follows merges.

use chrono::{DateTime, Utc};
use engine::ids::{EventId, LeadId, WorkflowId};
use serde_json::Value as Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::Result;
use crate::keyring::{CiphertextLocation, Keyring};

/// A request for a period of a lead's history.
#[derive(Clone, Copy, Debug)]
pub struct HistoryRequest {
    /// The lead.
    pub lead: LeadId,
    /// Only events of this workflow.
    pub workflow: WorkflowId,
    /// Earliest time of an event, inclusive.
    pub from: DateTime<Utc>,
    /// Latest time of an event, inclusive.
    pub to: DateTime<Utc>,
}

/// A lead's history over a period.
#[derive(Clone, Debug, Default)]
pub struct LeadHistory {
    /// Number of decisions about the lead when the history was read.
    pub sequence: i64,
    /// Events, newest first.
    pub events: Vec<PastEvent>,
}

/// An event in a lead's history.
#[derive(Clone, Debug)]
pub struct PastEvent {
    /// Unique ID.
    pub id: EventId,
    /// Request body as received.
    pub body: Json,
    /// Source system.
    pub source: String,
    /// When the event occurred, or when it was received if that is unknown.
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

/// Reads the histories of leads, at most `limit` events each, without locking. Includes the events of leads merged
/// into them. An erased person has no history.
///
/// # Errors
/// Returns an error if the database fails or an event cannot be read.
pub async fn histories(
    connection: &mut PgConnection,
    keyring: &Keyring,
    wanted: &[HistoryRequest],
    limit: i64,
) -> Result<Vec<LeadHistory>> {
    let mut histories = vec![LeadHistory::default(); wanted.len()];
    if wanted.is_empty() {
        return Ok(histories);
    }
    let columns = columns(wanted);
    let sql = statement(&columns);
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
            let body = serde_json::from_slice(
                &key.open(&body, CiphertextLocation { column: "events.body", row: id })?,
            )?;
            history.events.push(PastEvent { id: id.into(), body, source, at });
        }
    }
    Ok(histories)
}

fn columns(wanted: &[HistoryRequest]) -> Columns<'_, HistoryRequest> {
    Columns::of(wanted)
        .with("lead", |wanted| wanted.lead.0)
        .with("workflow", |wanted| wanted.workflow.0)
        .with("earliest", |wanted| wanted.from)
        .with("latest", |wanted| wanted.to)
        .and("n", (1_i64..).take(wanted.len()))
}

/// Builds the statement for the requested histories. Its next parameter is the limit.
fn statement(columns: &Columns<'_, HistoryRequest>) -> String {
    format!(
        "SELECT w.n, l.sequence, e.lead_id AS owner, e.data_key, e.id, e.source, e.body, e.at \
         FROM {} \
         JOIN leads l ON l.id = w.lead LEFT JOIN LATERAL ( \
           SELECT e.lead_id, k.data_key, e.id, e.source, e.body, coalesce(e.occurred_at, e.received_at) AS at FROM events e JOIN leads k ON k.id = e.lead_id \
           WHERE e.lead_id = ANY (ARRAY( \
               WITH RECURSIVE merged (id) AS (SELECT w.lead UNION SELECT a.lead_id FROM merged m JOIN lead_aliases a ON a.merged_into = m.id) SELECT id FROM merged)) \
             AND e.workflow_id = w.workflow AND coalesce(e.occurred_at, e.received_at) BETWEEN w.earliest AND w.latest AND k.data_key IS NOT NULL \
           ORDER BY at DESC, e.id DESC LIMIT $6) e ON true ORDER BY w.n, e.at DESC, e.id DESC",
        columns.table("w"),
    )
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::testing::{TestDatabase, keyring};

    /// Number of leads in the large database; each has the same number of events.
    const LEADS: i64 = 100_000;
    const EVENTS_OF_EACH: i64 = 2;

    /// Returns the lead whose ID encodes `n`, so that its events sort by it.
    fn lead(n: i64) -> LeadId {
        LeadId(Uuid::from_u128(0x1000_0000 + u128::from(n.unsigned_abs())))
    }

    async fn run(connection: &mut PgConnection, sql: &str) {
        sqlx::query(AssertSqlSafe(sql)).execute(connection).await.unwrap();
    }

    /// Inserts a workflow and leads; in each group of ten, nine leads are merged into the first.
    async fn many(connection: &mut PgConnection) -> WorkflowId {
        let workflow = Uuid::from_u128(7);
        run(connection, &format!("INSERT INTO workflows (id, name, title, definition, created_at) VALUES ('{workflow}', 'w', 'W', '{{}}', now())")).await;
        run(connection, &format!("INSERT INTO leads (id, created_at) SELECT lpad(to_hex(x'10000000'::bigint + n), 32, '0')::uuid, now() FROM generate_series(0, {LEADS} - 1) n")).await;
        run(
            connection,
            &format!(
                "INSERT INTO lead_aliases (lead_id, merged_into, at, by_whom) SELECT lpad(to_hex(x'10000000'::bigint + n), 32, '0')::uuid, \
                 lpad(to_hex(x'10000000'::bigint + n - n % 10), 32, '0')::uuid, now(), 'test' FROM generate_series(0, {LEADS} - 1) n WHERE n % 10 <> 0"
            ),
        )
        .await;
        workflow.into()
    }

    #[tokio::test]
    async fn a_history_is_read_by_indexes_alone_however_much_there_is() {
        let database = TestDatabase::new().await;
        let mut owner = database.owner().await;
        let workflow = many(&mut owner).await;
        run(
            &mut owner,
            &format!(
                "INSERT INTO events (id, lead_id, workflow_id, kind, source, body, received_at, received_from, request_id, hash) \
                 SELECT overlay(uuid_v7_floor(now())::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, lpad(to_hex(x'10000000'::bigint + n % {LEADS}), 32, '0')::uuid, \
                 '{workflow}', 'form', 'web', '', now(), 'test', 'test', decode(repeat('00', 32), 'hex') FROM generate_series(0, {LEADS} * {EVENTS_OF_EACH} - 1) n"
            ),
        )
        .await;
        run(&mut owner, "ANALYZE events, leads, lead_aliases").await;
        // Postgres may scan empty partitions sequentially.
        let partition: String = sqlx::query_scalar("SELECT tableoid::regclass::text FROM events LIMIT 1")
            .fetch_one(&mut owner)
            .await
            .unwrap();
        let now = Utc::now();
        let one = |n| HistoryRequest { lead: lead(n), workflow, from: now - TimeDelta::days(30), to: now };
        for wanted in [vec![one(10)], (0..50).map(|n| one(n * 10)).collect()] {
            let columns = columns(&wanted);
            let sql = format!("EXPLAIN {}", statement(&columns));
            let plan: Vec<(String,)> =
                columns.query_as(sql).unwrap().bind(50_i64).fetch_all(&mut owner).await.unwrap();
            let plan = plan.into_iter().map(|(line,)| line).collect::<Vec<_>>().join("\n");
            for table in [partition.as_str(), "leads", "lead_aliases"] {
                assert!(plan.contains(&format!(" on {table} ")), "{plan}");
                assert!(!plan.contains(&format!("Seq Scan on {table} ")), "{plan}");
            }
        }
    }

    #[tokio::test]
    async fn merges_of_merges_are_part_of_a_history() {
        let database = TestDatabase::new().await;
        let (mut owner, keyring) = (database.owner().await, keyring());
        let workflow = Uuid::from_u128(7);
        run(&mut owner, &format!("INSERT INTO workflows (id, name, title, definition, created_at) VALUES ('{workflow}', 'w', 'W', '{{}}', now())")).await;
        let now = engine::time::cut(Utc::now());
        for n in 0..3 {
            let id = lead(n).0;
            let (key, wrapped) = keyring.new_data_key(id);
            let event = engine::ids::mint_nth(now, n as usize, [n as u8; 10]);
            let body = key.seal(b"{}", CiphertextLocation { column: "events.body", row: event });
            sqlx::query("INSERT INTO leads (id, data_key, created_at) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(wrapped)
                .bind(now)
                .execute(&mut owner)
                .await
                .unwrap();
            sqlx::query(
                "INSERT INTO events (id, lead_id, workflow_id, kind, source, body, received_at, received_from, request_id, hash) \
                 VALUES ($1, $2, $3, 'form', 'web', $4, $5, 'test', 'test', decode(repeat('00', 32), 'hex'))",
            )
            .bind(event)
            .bind(id)
            .bind(workflow)
            .bind(body)
            .bind(now)
            .execute(&mut owner)
            .await
            .unwrap();
        }
        for (from, into) in [(2, 1), (1, 0)] {
            sqlx::query(
                "INSERT INTO lead_aliases (lead_id, merged_into, at, by_whom) VALUES ($1, $2, now(), 'test')",
            )
            .bind(lead(from).0)
            .bind(lead(into).0)
            .execute(&mut owner)
            .await
            .unwrap();
        }
        let wanted = HistoryRequest {
            lead: lead(0),
            workflow: workflow.into(),
            from: now - TimeDelta::days(1),
            to: now,
        };
        let read = histories(&mut owner, &keyring, &[wanted], 50).await.unwrap();
        assert_eq!(read[0].events.len(), 3);
    }
}
