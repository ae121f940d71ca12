//! Paginated list of runs.

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use super::{Run, RunState};
use crate::entity::run;
use crate::error::Result;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of runs on a page.
pub const PAGE_ROWS: usize = 50;

/// Filters a list of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only runs of this kind.
    pub kind: Option<String>,
    /// Only runs in this state.
    pub state: Option<RunState>,
}

/// Cursor into the list of runs.
pub type RunCursor = keyset::Cursor<Uuid>;

/// A page of runs.
#[derive(Clone, Debug, Default)]
pub struct RunPage {
    /// The runs, in list order.
    pub runs: Vec<Run>,
    /// Cursors of the adjacent pages.
    pub beside: keyset::AdjacentPages<Uuid>,
}

/// Returns a page of at most `limit` runs that pass the filter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(
    store: &Store,
    filter: &RunFilter,
    order: Order,
    cursor: RunCursor,
    limit: usize,
) -> Result<RunPage> {
    let mut select = run::Entity::find().limit(limit as u64 + 1);
    if let Some(kind) = &filter.kind {
        select = select.filter(run::Column::Kind.eq(kind.as_str()));
    }
    if let Some(state) = filter.state {
        select = select.filter(run::Column::State.eq(<&str>::from(state)));
    }
    select = match cursor {
        RunCursor::Start => select,
        RunCursor::Before(id) => select.filter(run::Column::Id.lt(id)),
        RunCursor::After(id) => select.filter(run::Column::Id.gt(id)),
    };
    select = if cursor.is_ascending(order) {
        select.order_by_asc(run::Column::Id)
    } else {
        select.order_by_desc(run::Column::Id)
    };
    let mut runs = select.all(store.db()).await?;
    let beside = keyset::turn(&mut runs, limit, &cursor, order, |run| run.id);
    Ok(RunPage { runs, beside })
}
