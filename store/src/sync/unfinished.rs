//! The list of effects that are not finished, the newest first, and how many of the failed ones a filter means.
//!
//! Hand-written SQL: a keyset list of the outbox.

use chrono::{DateTime, Utc};
use engine::ids::{DestinationId, EffectId};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};
use crate::sync::replay::DeadFilter;

/// Rows a page has.
pub const PAGE_ROWS: usize = 50;
/// Where counting stops.
pub const COUNTED_ROWS: i64 = 10_000;

/// Where an effect stands that is not finished.
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
    /// It waits to be sent, for the first time or again.
    Ready,
    /// It is being sent.
    Running,
    /// It waits for a person.
    Dead,
}

/// Which of the unfinished effects are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnfinishedFilter {
    /// Those for this destination.
    pub destination: Option<DestinationId>,
    /// Those that stand so.
    pub state: Option<UnfinishedState>,
    /// Those whose last error has this text in it, in capitals or not: the same that
    /// [`replay_next`](super::replay_next) would try again.
    pub error: Option<String>,
}

/// Where a page of the list begins; it is ordered by the effect's id.
pub type Cursor = keyset::Cursor<EffectId>;

/// An effect that is not finished, with whom it is about.
#[derive(Clone, Debug, FromRow)]
pub struct Unfinished {
    /// Its id; the list is ordered by it.
    pub effect_id: Uuid,
    /// Its lead.
    pub lead_id: Uuid,
    /// Its workflow.
    pub workflow_id: Uuid,
    /// The destination's name.
    pub destination: String,
    /// Why nothing is sent there; `None` while it is.
    pub paused_reason: Option<String>,
    /// What is written, for example `lead_update`.
    pub kind: String,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: UnfinishedState,
    /// How often it was tried since somebody last asked for it.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// From when on it is sent.
    pub due_at: DateTime<Utc>,
    /// Until when whoever sends it now has it.
    pub leased_until: Option<DateTime<Utc>>,
    /// When it is of no use any more.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was decided.
    pub created_at: DateTime<Utc>,
    /// The lead's name.
    pub name: Option<String>,
    /// The lead's company.
    pub company: Option<String>,
    /// The lead's address.
    pub email: Option<String>,
    /// The source's id of the person.
    pub external_id: Option<String>,
    /// Since when the person is erased.
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
    /// The rows, in order.
    pub rows: Vec<Unfinished>,
    /// The pages beside it.
    pub beside: keyset::Beside<EffectId>,
}

/// A page of the unfinished effects that pass the filter, with at most `limit` rows.
///
/// # Errors
/// When the database fails.
pub async fn unfinished(
    store: &Store,
    filter: &UnfinishedFilter,
    order: Order,
    cursor: Cursor,
    limit: usize,
) -> Result<UnfinishedPage> {
    let mut query = QueryBuilder::new(
        "SELECT o.effect_id, o.lead_id, o.workflow_id, o.state, o.attempts, o.last_error, o.due_at, o.leased_until, o.expires_at, \
         n.name AS destination, n.paused_reason, e.kind, e.created_at, l.name, l.company, l.email, l.external_id, l.erased_at FROM (SELECT * FROM outbox",
    );
    push_conditions(&mut query, filter);
    match cursor {
        Cursor::Start => {}
        Cursor::Before(id) => drop(query.push(" AND effect_id < ").push_bind(id.0)),
        Cursor::After(id) => drop(query.push(" AND effect_id > ").push_bind(id.0)),
    }
    let direction = if cursor.is_ascending(order) { "" } else { " DESC" };
    query.push(" ORDER BY effect_id").push(direction).push(" LIMIT ").push_bind(limit as i64 + 1);
    // What stands beside a row is looked up for the rows of the page alone.
    query.push(
        ") o JOIN effects e ON e.id = o.effect_id JOIN destinations n ON n.id = o.destination_id JOIN leads l ON l.id = o.lead_id \
         ORDER BY o.effect_id",
    );
    query.push(direction);
    let mut rows: Vec<Unfinished> = query.build_query_as().fetch_all(store.pool()).await?;
    let beside = keyset::turn(&mut rows, limit, &cursor, order, |row| EffectId(row.effect_id));
    Ok(UnfinishedPage { rows, beside })
}

/// How many failed effects a filter means: as many as [`replay_next`](super::replay_next) would try again. Stops at
/// [`COUNTED_ROWS`] and one.
///
/// # Errors
/// When the database fails.
pub async fn count_dead(store: &Store, filter: &DeadFilter) -> Result<i64> {
    let filter = UnfinishedFilter {
        destination: filter.destination,
        state: Some(UnfinishedState::Dead),
        error: filter.error.clone(),
    };
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT FROM outbox");
    push_conditions(&mut query, &filter);
    query.push(" LIMIT ").push_bind(COUNTED_ROWS + 1).push(") o");
    Ok(query.build_query_scalar().fetch_one(store.pool()).await?)
}

fn push_conditions(query: &mut QueryBuilder<Postgres>, filter: &UnfinishedFilter) {
    // Written out, since the planner uses a partial index only for a state that it can see.
    query.push(match filter.state {
        None => " WHERE true",
        Some(UnfinishedState::Ready) => " WHERE state = 'ready'",
        Some(UnfinishedState::Running) => " WHERE state = 'running'",
        Some(UnfinishedState::Dead) => " WHERE state = 'dead'",
    });
    if let Some(destination) = filter.destination {
        query.push(" AND destination_id = ").push_bind(destination.0);
    }
    if let Some(error) = &filter.error {
        query.push(" AND strpos(lower(last_error), lower(").push_bind(error.clone()).push(")) > 0");
    }
}
