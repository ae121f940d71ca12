//! Search for versions by name or title; leads and people have their own search.
//!
//! Hand-written SQL: a join with titles, which are stored apart from versions.

use sqlx::FromRow;

use crate::error::Result;
use crate::pool::Store;

/// Maximum number of results; people narrow longer ones down by typing.
const FOUND: i64 = 8;

/// A versioned object.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FoundVersion {
    /// Kind: `map`, `rule_set`, `list`, `pool` or `catalogue`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Newest version.
    pub version: i32,
}

/// Returns versioned objects with this text in their name or title.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn versions(store: &Store, text: &str) -> Result<Vec<FoundVersion>> {
    Ok(sqlx::query_as(
        "SELECT kind, name, max(version) AS version FROM versions LEFT JOIN version_titles t USING (kind, name) \
         WHERE strpos(lower(name), lower($1)) > 0 OR strpos(lower(t.title), lower($1)) > 0 \
         GROUP BY kind, name ORDER BY name, kind LIMIT $2",
    )
    .bind(text)
    .bind(FOUND)
    .fetch_all(store.pool())
    .await?)
}
