//! Reports the cost of SQL statements from `pg_stat_statements`.

use anyhow::Result;

use super::stand::Stand;

/// Resets the statistics.
///
/// # Errors
/// Returns an error if the cluster was started without the library.
pub fn reset(stand: &Stand, database: &str) -> Result<()> {
    stand.cluster.query_in(database, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")?;
    stand.cluster.query_in(database, "SELECT pg_stat_statements_reset()").map(drop)
}

/// Prints the slowest statements with their calls and milliseconds per event.
///
/// # Errors
/// Returns an error if the query fails.
pub fn print(stand: &Stand, database: &str, events: u64) -> Result<()> {
    let sql = format!(
        "SELECT format('%s calls/event %s ms/event %s rows/event %s WAL bytes/event  %s', round(calls / {events}.0, 3), \
           lpad(round((total_exec_time / {events})::numeric, 4)::text, 8), round(rows / {events}.0, 2), lpad(round(wal_bytes / {events}.0)::text, 5), \
           left(regexp_replace(query, '\\s+', ' ', 'g'), 90)) \
         FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT 28"
    );
    println!("{}", stand.cluster.query_in(database, &sql)?.trim_end());
    let sum = format!(
        "SELECT format('%s statements and %s ms of execution per event', round(sum(calls) / {events}.0, 2), round((sum(total_exec_time) / {events})::numeric, 3)) \
         FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    println!("{}", stand.cluster.query_in(database, &sum)?.trim_end());
    Ok(())
}
