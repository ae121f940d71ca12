//! What people call lists, pools, other things that have versions, and destinations. A title decides nothing: rules and files
//! use the names.
//!
//! Hand-written SQL: two tables in one list, and writes that tell whether a title is another one.

use std::collections::BTreeMap;

use engine::change::Kind;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;

/// Characters of a title, as the database has it.
pub const TITLE_CHARS: usize = 100;

/// Something that has a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Titled<'a> {
    /// Something that has versions: its kind and name.
    Version(Kind, &'a str),
    /// A destination, by name.
    Destination(&'a str),
}

/// All titles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles {
    versions: BTreeMap<(Kind, String), String>,
    destinations: BTreeMap<String, String>,
}

impl Titles {
    /// Returns the title of something, if it has one.
    pub fn get(&self, what: Titled<'_>) -> Option<&str> {
        let title = match what {
            Titled::Version(kind, name) => self.versions.get(&(kind, name.to_owned())),
            Titled::Destination(name) => self.destinations.get(name),
        };
        title.map(String::as_str)
    }
}

/// Returns all titles: there are about as many as lists, pools and destinations.
///
/// # Errors
/// When the database fails.
pub async fn titles(store: &Store) -> Result<Titles> {
    let rows: Vec<(Option<String>, String, String)> = sqlx::query_as(
        "SELECT kind, name, title FROM version_titles UNION ALL SELECT NULL, name, title FROM destinations WHERE title IS NOT NULL",
    )
    .fetch_all(store.pool())
    .await?;
    let mut titles = Titles::default();
    for (kind, name, title) in rows {
        match kind {
            Some(kind) => {
                let known = kind.parse().map_err(|_| Error::Corrupt(format!("kind {kind}")))?;
                titles.versions.insert((known, name), title);
            }
            None => drop(titles.destinations.insert(name, title)),
        }
    }
    Ok(titles)
}

/// Sets a title, or removes it; returns whether that changed anything. The thing itself need not exist yet: a list has a title
/// from its first draft on.
///
/// # Errors
/// [`Error::Refused`] for a title that is empty or too long.
pub async fn set(
    connection: &mut PgConnection,
    actor: &Actor,
    what: Titled<'_>,
    title: Option<&str>,
) -> Result<bool> {
    let (changed, action, subject) = match what {
        Titled::Version(kind, name) => {
            let changed = set_of_version(connection, kind, name, title).await?;
            (changed, "version.set_title", format!("{kind}:{name}"))
        }
        Titled::Destination(name) => {
            let done = sqlx::query(
                "UPDATE destinations SET title = $2 WHERE name = $1 AND title IS DISTINCT FROM $2",
            )
            .bind(name)
            .bind(title)
            .execute(&mut *connection)
            .await?;
            (done.rows_affected() > 0, "destination.set_title", format!("destination:{name}"))
        }
    };
    if changed {
        let detail = serde_json::json!({ "title": title });
        audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await?;
    }
    Ok(changed)
}

async fn set_of_version(
    connection: &mut PgConnection,
    kind: Kind,
    name: &str,
    title: Option<&str>,
) -> Result<bool> {
    let query = match title {
        Some(title) => sqlx::query(
            "INSERT INTO version_titles (kind, name, title) VALUES ($1, $2, $3) ON CONFLICT ON CONSTRAINT version_titles_pkey \
             DO UPDATE SET title = excluded.title WHERE version_titles.title <> excluded.title",
        )
        .bind(<&str>::from(kind))
        .bind(name)
        .bind(title),
        None => sqlx::query("DELETE FROM version_titles WHERE kind = $1 AND name = $2").bind(<&str>::from(kind)).bind(name),
    };
    Ok(query.execute(connection).await?.rows_affected() > 0)
}
