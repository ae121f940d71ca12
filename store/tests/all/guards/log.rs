//! The log: rows are written once, in every partition and in partitions created later.

use sqlx::Row as _;

use super::support::Guards;

/// The tables of the log.
const LOG: &[&str] = &["audit_log", "decisions", "deliveries", "events", "outcomes", "overrides"];

/// A row in each table.
const WORLD: &str = include_str!("world.sql");

async fn partitions(guards: &mut Guards, table: &str) -> Vec<String> {
    sqlx::query(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::text::regclass ORDER BY 1",
    )
    .bind(table)
    .fetch_all(&mut guards.owner)
    .await
    .unwrap()
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Inserts a row into a partition and asserts that the partition cannot be changed.
async fn assert_written_once(guards: &mut Guards, table: &str, partition: &str) {
    let month = &partition[table.len() + 1..];
    guards
        .unguarded(&format!(
            "CREATE TEMP TABLE copy AS SELECT * FROM {table} LIMIT 1;
             UPDATE copy SET id = uuid_v7_floor(to_date('{month}', 'YYYY_MM')::timestamp AT TIME ZONE 'UTC');
             INSERT INTO {table} SELECT * FROM copy ON CONFLICT DO NOTHING; DROP TABLE copy"
        ))
        .await;
    guards.is_written_once("UPDATE", partition, &format!("UPDATE {partition} SET id = id")).await;
    guards.is_written_once("DELETE", partition, &format!("DELETE FROM {partition}")).await;
    guards.is_written_once("TRUNCATE", partition, &format!("TRUNCATE {partition}")).await;
}

#[tokio::test]
async fn every_partition_of_every_log_table_and_every_other_record_is_written_once() {
    let mut guards = Guards::open("").await;
    guards.unguarded(WORLD).await;
    let listed: Vec<String> =
        sqlx::query_scalar("SELECT name FROM partitioned_tables WHERE is_log ORDER BY name")
            .fetch_all(&mut guards.owner)
            .await
            .unwrap();
    assert_eq!(listed, LOG);
    for table in LOG {
        let partitions = partitions(&mut guards, table).await;
        assert!(partitions.len() >= 4, "this month and a quarter ahead: {partitions:?}");
        for partition in partitions {
            assert_written_once(&mut guards, table, &partition).await;
        }
        guards.is_written_once("TRUNCATE", table, &format!("TRUNCATE {table}")).await;
    }
    for table in ["release_approvals", "release_history"] {
        let update = format!("UPDATE {table} SET release_id = release_id");
        guards.is_written_once("UPDATE", table, &update).await;
        guards.is_written_once("DELETE", table, &format!("DELETE FROM {table}")).await;
    }
    guards.is_written_once("DELETE", "releases", "DELETE FROM releases").await;
    let verdicts = "queue_verdicts";
    guards.is_written_once("UPDATE", verdicts, "UPDATE queue_verdicts SET turn = turn").await;
    guards.is_written_once("DELETE", verdicts, "DELETE FROM queue_verdicts").await;
    guards.is_written_once("TRUNCATE", verdicts, "TRUNCATE queue_verdicts").await;
}

#[tokio::test]
async fn partitions_created_later_are_guarded_but_not_those_of_other_tables() {
    let mut guards = Guards::open("").await;
    guards.unguarded(WORLD).await;
    guards.accepts("SELECT make_month_partitions('2031-05-01', 1)").await;
    for table in LOG {
        assert_written_once(&mut guards, table, &format!("{table}_2031_05")).await;
    }
    for table in ["effects", "features"] {
        guards.would_accept(&format!("DELETE FROM {table}; TRUNCATE {table}_2031_05")).await;
    }
}

#[tokio::test]
async fn a_table_is_registered_as_part_of_the_log_or_not() {
    let mut guards = Guards::open(
        "CREATE TABLE kept (id uuid) PARTITION BY RANGE (id);
         CREATE TABLE loose (id uuid) PARTITION BY RANGE (id);
         SELECT partition_by_month('kept', true), partition_by_month('loose', false), make_month_partitions('2031-05-01', 1)",
    )
    .await;
    let row = "SELECT uuid_v7_floor('2031-05-02')";
    guards.accepts(&format!("INSERT INTO kept {row}; INSERT INTO loose {row}")).await;
    guards.is_written_once("UPDATE", "kept_2031_05", "UPDATE kept SET id = id").await;
    guards.is_written_once("TRUNCATE", "kept", "TRUNCATE kept").await;
    guards.is_written_once("TRUNCATE", "kept_2031_05", "TRUNCATE kept_2031_05").await;
    guards.would_accept("UPDATE loose SET id = id; TRUNCATE loose_2031_05; TRUNCATE loose").await;
    let may = |table: &'static str, privilege: &'static str| (table, privilege);
    for (table, privilege) in [may("kept", "UPDATE"), may("kept", "DELETE"), may("loose", "UPDATE")] {
        let granted: bool = sqlx::query_scalar("SELECT has_table_privilege('meshline_app', $1, $2)")
            .bind(table)
            .bind(privilege)
            .fetch_one(&mut guards.owner)
            .await
            .unwrap();
        assert_eq!(granted, table == "loose", "{privilege} on {table}");
    }
}

#[tokio::test]
async fn an_entry_of_the_audit_log_about_a_lead_needs_one() {
    let mut guards = Guards::open("").await;
    let entry = |lead: &str| {
        format!(
            "INSERT INTO audit_log (id, at, actor, roles, action, subject, lead_id, request_id, hash) \
             VALUES (uuid_v7_floor(now()), now(), 'command:test', '{{}}', 'test', 'test', {lead}, 'test', sha256('x'))"
        )
    };
    guards.would_accept(&entry("NULL")).await;
    guards.violates(&entry("gen_random_uuid()"), "23503", "audit_log_lead_fkey").await;
}
