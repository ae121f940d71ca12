//! Reads the guards of a database from its catalogue, with the SQL that removes each of them.

use anyhow::{Context, Result};
use serde_json::Value;

use super::clauses::{self, Weakened};
use crate::postgres::Cluster;

/// A change that removes one guard.
pub struct Mutant {
    /// The guard and the change, for the report.
    pub name: String,
    /// The SQL that makes the change, to be run as the owner.
    pub sql: String,
}

/// Selects every trigger. Triggers of parent tables are dropped or lose one event; their copies on partitions are disabled. One
/// function creates all partitions, so the first partition represents the others.
const TRIGGERS: &str = "SELECT c.relname AS table, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgparentid <> 0 AS is_copy, t.tgenabled = 'A' AS is_always \
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace \
    AND NOT EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_inherits earlier USING (inhparent) JOIN pg_class p ON p.oid = earlier.inhrelid \
    WHERE i.inhrelid = c.oid AND p.relname < c.relname) ORDER BY t.tgparentid <> 0, c.relname, t.tgname";

/// Selects checks and unique constraints, except those that partitions inherit.
const CONSTRAINTS: &str = "SELECT c.conrelid::regclass::text AS table, c.conname AS name, pg_get_expr(c.conbin, c.conrelid) AS condition \
    FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace AND c.conrelid <> 0 AND c.contype IN ('c', 'u', 'p') \
    AND c.conparentid = 0 AND c.conrelid::regclass::text <> 'seaql_migrations' \
    AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.conrelid) ORDER BY 1, 2";

/// Selects unique indexes that do not belong to a constraint.
const INDEXES: &str = "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace \
    AND NOT c.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.indexrelid) ORDER BY 1";

/// Selects the guard functions: PL/pgSQL, and SQL functions that return a boolean.
const FUNCTIONS: &str = "SELECT p.proname AS name, l.lanname AS language, p.prosrc AS source, pg_get_functiondef(p.oid) AS definition \
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'public'::regnamespace \
    AND (l.lanname = 'plpgsql' OR (l.lanname = 'sql' AND p.prorettype = 'boolean'::regtype)) ORDER BY 1";

/// Selects privileges that the application's role does not have.
const REFUSED_TO_THE_ROLE: &str = "SELECT c.relname AS table, p AS privilege \
    FROM pg_class c CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) p \
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'seaql_migrations' \
    AND NOT has_table_privilege('meshline_app', c.oid, p) ORDER BY 1, 2";

/// Returns all mutants of a database.
///
/// # Errors
/// Returns an error if the catalogue cannot be read or a condition in it cannot be parsed.
pub fn mutants(cluster: &Cluster, database: &str) -> Result<Vec<Mutant>> {
    let read = |query: &str| rows(cluster, database, query);
    let mut found = Vec::new();
    for row in read(TRIGGERS)? {
        triggers(&row, &mut found)?;
    }
    for row in read(FUNCTIONS)? {
        functions(&row, &mut found)?;
    }
    for row in read(CONSTRAINTS)? {
        constraints(&row, &mut found)?;
    }
    for row in read(INDEXES)? {
        indexes(&row, &mut found)?;
    }
    for row in read(REFUSED_TO_THE_ROLE)? {
        let (table, privilege) = (text(&row, "table")?, text(&row, "privilege")?);
        found.push(Mutant {
            name: format!("privilege {privilege} on {table}: granted"),
            sql: format!("GRANT {privilege} ON {table} TO meshline_app"),
        });
    }
    Ok(found)
}

fn rows(cluster: &Cluster, database: &str, query: &str) -> Result<Vec<Value>> {
    let all = format!("SELECT coalesce(json_agg(q), '[]') FROM ({query}) q");
    serde_json::from_str(&cluster.query_in(database, &all)?).context("reading the catalogue")
}

fn text<'a>(row: &'a Value, column: &str) -> Result<&'a str> {
    row[column].as_str().with_context(|| format!("the catalogue has no {column}: {row}"))
}

fn triggers(row: &Value, found: &mut Vec<Mutant>) -> Result<()> {
    let (table, name, definition) = (text(row, "table")?, text(row, "name")?, text(row, "definition")?);
    if row["is_copy"] == Value::Bool(true) {
        found.push(Mutant {
            name: format!("trigger {name} on {table}: disabled"),
            sql: format!("ALTER TABLE {table} DISABLE TRIGGER {name}"),
        });
        return Ok(());
    }
    let drop = format!("DROP TRIGGER {name} ON {table}");
    found.push(Mutant { name: format!("trigger {name} on {table}: dropped"), sql: drop.clone() });
    let time = [" BEFORE ", " AFTER "].into_iter().find(|time| definition.contains(time));
    let time = time.with_context(|| format!("a trigger with an unknown timing: {definition}"))?;
    let parts = definition.split_once(time).and_then(|(head, rest)| Some((head, rest.split_once(" ON ")?)));
    let (head, (events, tail)) = parts.with_context(|| format!("a trigger without a table: {definition}"))?;
    let events: Vec<&str> = events.split(" OR ").collect();
    let always = match row["is_always"] {
        Value::Bool(true) => format!("; ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"),
        _ => String::new(),
    };
    for event in events.iter().filter(|_| events.len() > 1) {
        let kept: Vec<&str> = events.iter().filter(|other| *other != event).copied().collect();
        found.push(Mutant {
            name: format!("trigger {name} on {table}: not on {event}"),
            sql: format!("{drop}; {head}{time}{} ON {tail}{always}", kept.join(" OR ")),
        });
    }
    Ok(())
}

fn functions(row: &Value, found: &mut Vec<Mutant>) -> Result<()> {
    let (name, source, definition) = (text(row, "name")?, text(row, "source")?, text(row, "definition")?);
    let weakened =
        if text(row, "language")? == "plpgsql" { clauses::body(source)? } else { clauses::query(source)? };
    for Weakened { change, sql } in weakened {
        found.push(Mutant {
            name: format!("function {name}: {change}"),
            sql: definition.replace(source, &sql),
        });
    }
    Ok(())
}

fn constraints(row: &Value, found: &mut Vec<Mutant>) -> Result<()> {
    let (table, name) = (text(row, "table")?, text(row, "name")?);
    found.push(Mutant {
        name: format!("constraint {name}: dropped"),
        sql: format!("ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE"),
    });
    let Some(condition) = row["condition"].as_str() else { return Ok(()) };
    for Weakened { change, sql } in clauses::condition(condition)? {
        found.push(Mutant {
            name: format!("constraint {name}: {change}"),
            sql: format!("ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({sql})"),
        });
    }
    Ok(())
}

fn indexes(row: &Value, found: &mut Vec<Mutant>) -> Result<()> {
    let (name, definition) = (text(row, "name")?, text(row, "definition")?);
    let drop = format!("DROP INDEX {name}");
    found.push(Mutant { name: format!("index {name}: dropped"), sql: drop.clone() });
    if let Some((everywhere, condition)) = definition.split_once(" WHERE ") {
        found.push(Mutant {
            name: format!("index {name}: without WHERE {condition}"),
            sql: format!("{drop}; {everywhere}"),
        });
    }
    Ok(())
}
