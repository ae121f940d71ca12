//! Compares the schema of the database with the one that this program was built for.
//!
//! Hand-written SQL: the table of applied migrations belongs to the migration library and has no entity.

use std::collections::BTreeSet;

use sqlx::PgExecutor;

use crate::error::{Error, Result};

/// Checks that this program works with the schema of the database. A newer schema is accepted while its migrations
/// declare that programs like this one keep working.
///
/// # Errors
/// Returns [`Error::Schema`] if migrations are missing, or the schema needs a newer program.
pub async fn check<'c>(database: impl PgExecutor<'c>) -> Result<()> {
    let (applied, works_from) = match read(database).await {
        Ok(read) => read,
        // The table or the right to read it came with a later migration.
        Err(error) if is_missing(&error) => {
            return Err(Error::Schema(
                "the database's schema is behind this program; run `meshline migrate`".into(),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let known: Vec<&str> = migrations::names().collect();
    compare(&known, &applied, works_from.as_deref())
}

/// Checks that this program knows every migration that was applied, so that it can apply or revert more.
///
/// # Errors
/// Returns [`Error::Schema`] if the schema is newer than this program.
pub(crate) async fn check_known<'c>(database: impl PgExecutor<'c>) -> Result<()> {
    let applied = match read(database).await {
        Ok((applied, _)) => applied,
        Err(error) if is_missing(&error) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    match applied.iter().find(|name| !migrations::names().any(|known| known == name.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(Error::Schema(format!(
            "this program is older than the database's schema and does not know {unknown}; use the version that migrated it"
        ))),
    }
}

async fn read<'c>(database: impl PgExecutor<'c>) -> sqlx::Result<(Vec<String>, Option<String>)> {
    sqlx::query_as(
        "SELECT coalesce((SELECT array_agg(version::text) FROM seaql_migrations), '{}'), (SELECT value #>> '{}' FROM settings WHERE name = $1)",
    )
    .bind(migrations::WORKS_FROM)
    .fetch_one(database)
    .await
}

fn is_missing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    // undefined_table, insufficient_privilege
    matches!(code.as_deref(), Some("42P01" | "42501"))
}

/// Compares the steps that this program knows with those that were applied and the oldest one that the schema needs.
fn compare(known: &[&str], applied: &[String], works_from: Option<&str>) -> Result<()> {
    let applied: BTreeSet<&str> = applied.iter().map(String::as_str).collect();
    let missing: Vec<&str> = known.iter().copied().filter(|name| !applied.contains(name)).collect();
    let is_newer = applied.iter().any(|name| !known.contains(name));
    if let (Some(first), Some(last)) = (missing.first(), missing.last()) {
        let steps = if first == last { (*first).to_owned() } else { format!("{first} to {last}") };
        return Err(Error::Schema(format!(
            "the database's schema is behind this program ({steps} missing); run `meshline migrate`"
        )));
    }
    match works_from {
        Some(needed) if is_newer && !known.contains(&needed) => Err(Error::Schema(format!(
            "this program is older than the database's schema, which needs a program that knows {needed}; install the version that migrated it"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["0001", "0002", "0003"];

    fn compared(applied: &[&str], works_from: &str) -> Result<(), String> {
        let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
        compare(&KNOWN, &applied, Some(works_from)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_same_schema_and_a_compatible_newer_one_are_accepted() {
        assert_eq!(compared(&["0001", "0002", "0003"], "0003"), Ok(()));
        assert_eq!(compared(&["0001", "0002", "0003", "0004", "0005"], "0002"), Ok(()));
    }

    #[test]
    fn a_schema_that_is_behind_or_too_new_is_rejected() {
        let behind = compared(&["0001"], "0001").unwrap_err();
        assert!(behind.contains("0002 to 0003 missing") && behind.contains("meshline migrate"), "{behind}");
        let ahead = compared(&["0001", "0002", "0003", "0004"], "0004").unwrap_err();
        assert!(ahead.starts_with("this program is older") && ahead.contains("0004"), "{ahead}");
    }
}
