//! What is found by name or title beside leads and people. By hand, since titles are beside the names of versions.

use sqlx::FromRow;

use crate::error::Result;
use crate::pool::Store;

/// Versions found at most: who gets more types another letter.
const FOUND: i64 = 8;

/// Something that has versions.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Versioned {
    /// What it is: `map`, `rule_set`, `list`, `pool` or `catalogue`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its newest version.
    pub version: i32,
}

/// What has versions and has this in its name or title.
///
/// # Errors
/// When the database fails.
pub async fn versions(store: &Store, text: &str) -> Result<Vec<Versioned>> {
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
