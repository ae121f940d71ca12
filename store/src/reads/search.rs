//! Search for versions, changes and destinations by name or title; leads and people have their own search.
//!
//! Hand-written SQL: a join with titles, which are stored apart from versions, and searches for a part of a text.

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

/// A change request.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FoundChange {
    /// Number shown to people.
    pub number: i64,
    /// One-line summary; empty for a draft without one.
    pub title: String,
    /// Kind of version that the change targets.
    pub kind: String,
    /// Name of the version that the change targets.
    pub name: String,
    /// Current state.
    pub state: String,
}

/// Returns changes by number (`#4` or `4`), or with this text in their title, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn changes(store: &Store, text: &str) -> Result<Vec<FoundChange>> {
    let number: Option<i64> = text.strip_prefix('#').unwrap_or(text).parse().ok();
    Ok(sqlx::query_as(
        "SELECT number, title, kind, name, state FROM changes WHERE number = $1 OR ($1 IS NULL AND strpos(lower(title), lower($2)) > 0) ORDER BY number DESC LIMIT $3",
    )
    .bind(number)
    .bind(text)
    .bind(FOUND)
    .fetch_all(store.pool())
    .await?)
}

/// Returns names and titles of destinations with this text in either.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn destinations(store: &Store, text: &str) -> Result<Vec<(String, Option<String>, String)>> {
    Ok(sqlx::query_as(
        "SELECT name, title, kind FROM destinations WHERE strpos(lower(name || ' ' || coalesce(title, '') || ' ' || kind), lower($1)) > 0 ORDER BY name LIMIT $2",
    )
    .bind(text)
    .bind(FOUND)
    .fetch_all(store.pool())
    .await?)
}
