//! The list of unfinished effects, newest first, and the number of failed effects that match a filter.
//!
//! Hand-written SQL: a keyset list of the outbox.

use chrono::{DateTime, Utc};
use engine::ids::{DestinationId, EffectId};
use engine::sync::reply;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::Result;
use crate::keyring::CiphertextLocation;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};
use crate::sync::replay::DeadEffectFilter;

/// Number of rows on a page.
pub const PAGE_ROWS: usize = 50;
/// Number of rows at which counting stops.
pub const COUNTED_ROWS: i64 = 10_000;

/// State of an unfinished effect.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum UnfinishedState {
    /// It is waiting for its first attempt or a retry.
    Ready,
    /// A process is sending it.
    Running,
    /// It failed and needs a person.
    Dead,
    /// It expired while it was waiting. The next claim closes it without sending it.
    Expired,
}

/// Filters unfinished effects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnfinishedFilter {
    /// Only effects for this destination.
    pub destination: Option<DestinationId>,
    /// Only effects in this state.
    pub state: Option<UnfinishedState>,
    /// Only effects whose last error contains this text, ignoring case. [`replay_next`](super::replay_next) matches
    /// the same effects.
    pub error: Option<String>,
}

/// Cursor into the list, which is ordered by effect ID.
pub type UnfinishedCursor = keyset::Cursor<EffectId>;

/// An unfinished effect with its lead.
#[derive(Clone, Debug, FromRow)]
pub struct UnfinishedEffect {
    /// ID of the effect, which determines the order of the list.
    pub effect_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Name of the destination.
    pub destination: String,
    /// Why delivery is paused; `None` while it is active.
    pub paused_reason: Option<String>,
    /// Kind of write, for example `lead_update`.
    pub kind: String,
    /// Current state.
    #[sqlx(try_from = "String")]
    pub state: UnfinishedState,
    /// Number of attempts since the last replay.
    pub attempts: i32,
    /// Error message of the last failure.
    pub last_error: Option<String>,
    /// What the destination answered to the last attempt, in its own words.
    #[sqlx(skip)]
    pub answer: Option<String>,
    /// When the next attempt is due.
    pub due_at: DateTime<Utc>,
    /// When the lease of the process that is sending it expires.
    pub leased_until: Option<DateTime<Utc>>,
    /// Instant after which the effect expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the decision was made.
    pub created_at: DateTime<Utc>,
    /// The lead's name.
    pub name: Option<String>,
    /// The lead's company.
    pub company: Option<String>,
    /// The lead's e-mail address.
    pub email: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
    /// When the person was erased.
    pub erased_at: Option<DateTime<Utc>>,
}

impl TryFrom<String> for UnfinishedState {
    type Error = strum::ParseError;
    fn try_from(text: String) -> Result<Self, strum::ParseError> {
        text.parse()
    }
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct UnfinishedPage {
    /// The rows, in list order.
    pub rows: Vec<UnfinishedEffect>,
    /// Cursors of the adjacent pages.
    pub beside: keyset::AdjacentPages<EffectId>,
}

/// Returns a page of at most `limit` unfinished effects that pass the filter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn unfinished(
    store: &Store,
    filter: &UnfinishedFilter,
    order: Order,
    cursor: UnfinishedCursor,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<UnfinishedPage> {
    let mut query = QueryBuilder::new(
        "SELECT o.effect_id, o.lead_id, o.workflow_id, CASE WHEN o.state = 'ready' AND o.expires_at < ",
    );
    query.push_bind(now).push(
        " THEN 'expired' ELSE o.state END AS state, o.attempts, o.last_error, o.due_at, o.leased_until, o.expires_at, \
         n.name AS destination, n.paused_reason, e.kind, e.created_at, l.name, l.company, l.email, l.external_id, l.erased_at FROM (SELECT * FROM outbox",
    );
    push_conditions(&mut query, filter, now);
    match cursor {
        UnfinishedCursor::Start => {}
        UnfinishedCursor::Before(id) => drop(query.push(" AND effect_id < ").push_bind(id.0)),
        UnfinishedCursor::After(id) => drop(query.push(" AND effect_id > ").push_bind(id.0)),
    }
    let direction = if cursor.is_ascending(order) { "" } else { " DESC" };
    query.push(" ORDER BY effect_id").push(direction).push(" LIMIT ").push_bind(limit as i64 + 1);
    // Join other tables only for the rows of the page.
    query.push(
        ") o JOIN effects e ON e.id = o.effect_id JOIN destinations n ON n.id = o.destination_id JOIN leads l ON l.id = o.lead_id \
         ORDER BY o.effect_id",
    );
    query.push(direction);
    let mut rows: Vec<UnfinishedEffect> = query.build_query_as().fetch_all(store.pool()).await?;
    let beside = keyset::turn(&mut rows, limit, &cursor, order, |row| EffectId(row.effect_id));
    answers(store, &mut rows).await?;
    Ok(UnfinishedPage { rows, beside })
}

/// An effect, its last delivery and lead, the sealed answer, and the lead's wrapped key.
type SealedAnswer = (Uuid, Uuid, Uuid, Vec<u8>, Vec<u8>);

/// Adds what destinations answered to the last attempt of each row that failed. An erased person's answers are unreadable.
async fn answers(store: &Store, rows: &mut [UnfinishedEffect]) -> Result<()> {
    let failed: Vec<Uuid> =
        rows.iter().filter(|row| row.last_error.is_some()).map(|row| row.effect_id).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let sealed: Vec<SealedAnswer> = sqlx::query_as(
        "SELECT u.effect_id, d.id, d.lead_id, d.response, l.data_key FROM unnest($1::uuid[]) AS u (effect_id) \
         CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.effect_id = u.effect_id ORDER BY d.id DESC LIMIT 1) d \
         JOIN leads l ON l.id = d.lead_id WHERE d.response IS NOT NULL AND l.data_key IS NOT NULL",
    )
    .bind(&failed)
    .fetch_all(store.pool())
    .await?;
    for (effect, delivery, lead, response, wrapped) in sealed {
        let key = store.keyring().unwrap_data_key(lead, &wrapped)?;
        let response =
            key.open(&response, CiphertextLocation { column: "deliveries.response", row: delivery })?;
        let answer = reply::message(&serde_json::from_slice(&response)?);
        if let Some(row) = rows.iter_mut().find(|row| row.effect_id == effect) {
            row.answer = answer;
        }
    }
    Ok(())
}

/// Returns how many failed effects match a filter, which is how many [`replay_next`](super::replay_next) would
/// replay. Counting stops at [`COUNTED_ROWS`] + 1.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_dead(store: &Store, filter: &DeadEffectFilter) -> Result<i64> {
    let filter = UnfinishedFilter {
        destination: filter.destination,
        state: Some(UnfinishedState::Dead),
        error: filter.error.clone(),
    };
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT FROM outbox");
    push_conditions(&mut query, &filter, DateTime::UNIX_EPOCH);
    query.push(" LIMIT ").push_bind(COUNTED_ROWS + 1).push(") o");
    Ok(query.build_query_scalar().fetch_one(store.pool()).await?)
}

fn push_conditions(query: &mut QueryBuilder<Postgres>, filter: &UnfinishedFilter, now: DateTime<Utc>) {
    // Inline the state: the planner uses a partial index only if it can see the value.
    query.push(match filter.state {
        None => " WHERE true",
        Some(UnfinishedState::Ready | UnfinishedState::Expired) => " WHERE state = 'ready'",
        Some(UnfinishedState::Running) => " WHERE state = 'running'",
        Some(UnfinishedState::Dead) => " WHERE state = 'dead'",
    });
    match filter.state {
        Some(UnfinishedState::Ready) => {
            query.push(" AND (expires_at IS NULL OR expires_at >= ").push_bind(now).push(")");
        }
        Some(UnfinishedState::Expired) => drop(query.push(" AND expires_at < ").push_bind(now)),
        _ => {}
    }
    if let Some(destination) = filter.destination {
        query.push(" AND destination_id = ").push_bind(destination.0);
    }
    if let Some(error) = &filter.error {
        query.push(" AND strpos(lower(last_error), lower(").push_bind(error.clone()).push(")) > 0");
    }
}
