//! Runs the migrations in both directions, with rows in every table that they touch. Data without a place in an earlier schema is
//! set aside and restored.

use migrations::Migrator;
use sea_orm_migration::MigratorTrait as _;
use sea_orm_migration::sea_orm::Database;

use super::*;

/// Tables, with the columns that identify their rows.
const KEPT: &[(&str, &str)] = &[
    ("releases", "number"),
    ("release_approvals", "release_id, role"),
    ("release_history", "release_id, step"),
    ("bundles", "hash"),
    ("change_reviews", "id"),
    ("decisions", "id"),
    ("shadow_verdicts", "id"),
    ("pool_availability", "pool, person"),
    ("rules_off", "rule_id"),
    ("rule_mutes", "rule_id, account"),
];

/// Rows that no single function of the store writes: a decision by a timer, the verdict of a candidate, and settings made outside
/// releases.
const ROWS: &str = "INSERT INTO leads (id, created_at) SELECT id, now() FROM releases WHERE number = 1;
    INSERT INTO decisions (id, event_id, lead_id, workflow_id, sequence, epoch, mode, bundle, rule_set, rule_version, action, parameters,
        risk_tags, because, trace, snapshot, effects, as_of, decided_at, hash, release_id, trigger, selection_probability, conditions)
    SELECT uuid_v7_floor(now()), NULL, r.id, r.workflow_id, 1, 0, 'live', r.bundle, 'form', 1, 'hold', '{}', '[]', '[]', '[]', 'x', '[]', now(), now(),
        sha256('x'), r.id, 'timer', 0.5, '{\"rules_off\": [\"spam\"]}' FROM releases r WHERE r.number = 1;
    INSERT INTO shadow_verdicts (id, decision_id, lead_id, workflow_id, release_id, bundle, rule_version, action, parameters, risk_tags, because, trace,
        snapshot, as_of, decided_at)
    SELECT uuid_v7_floor(now()), r.id, r.id, r.workflow_id, r.id, r.bundle, 1, 'hold', '{}', '[]', '[]', '[]', 'x', now(), now() FROM releases r WHERE r.number = 1;
    INSERT INTO pool_availability (pool, person, weight, changed_at, changed_by) VALUES ('ae', 'jane@acme.example', 2, now(), 'test');
    INSERT INTO rules_off (workflow_id, rule_id, reason, since, by_whom) SELECT id, 'spam', 'Too eager', now(), 'test' FROM workflows;
    INSERT INTO rule_mutes (workflow_id, rule_id, account, reason, since, until, by_whom)
    SELECT id, 'spam', 'acme.example', 'They asked', now(), now() + interval '1 day', 'test' FROM workflows;";

async fn rows(owner: &mut PgConnection) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for (table, key) in KEPT {
        let sql = format!("SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY {key})::text, '') FROM {table} t");
        all.push((*table, sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *owner).await.unwrap()));
    }
    all
}

/// Reverts the schema to this number of steps.
async fn down_to(office: &Office, steps: usize) {
    let db = Database::connect(&office.database.url).await.unwrap();
    let back = u32::try_from(Migrator::migrations().len() - steps).unwrap();
    Migrator::down(&db, Some(back)).await.unwrap();
    db.close().await.unwrap();
}

async fn up(office: &Office) {
    let db = Database::connect(&office.database.url).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    db.close().await.unwrap();
}

/// Creates a live release that replaced another, an open one, a paused one, and the additional rows.
async fn filled() -> (Office, i64, i64) {
    let office = Office::open().await;
    let number = office.approved(&["A", "B"]).await;
    office.go_live(&office.other, number).await.unwrap();
    let open = office.approved(&["A", "B", "C"]).await;
    let paused = office.approved(&["A", "B", "D"]).await;
    let other = office.other.who.to_string();
    let mut owner = office.database.owner().await;
    for what in [
        format!("stage = 'simulation', stage_by = '{other}'"),
        format!("gates = '{{\"leads\": 5}}', share_by = '{other}', share_since = clock_timestamp()"),
        format!("stage = 'paused', paused_from = 'simulation', stage_by = '{other}'"),
    ] {
        let sql = format!("UPDATE releases SET {what} WHERE number = $1");
        sqlx::query(AssertSqlSafe(sql)).bind(paused).execute(&mut owner).await.unwrap();
    }
    sqlx::raw_sql(ROWS).execute(&mut owner).await.unwrap();
    (office, number, open)
}

#[tokio::test]
async fn every_row_comes_back_from_an_earlier_schema() {
    for steps in [18, 14, 13] {
        let (office, number, _) = filled().await;
        let mut owner = office.database.owner().await;
        let before = rows(&mut owner).await;
        assert!(before.iter().all(|(_, rows)| !rows.is_empty()), "{before:?}");
        let live = office.read(number).await;
        down_to(&office, steps).await;
        if steps == 13 {
            let bundle: Vec<u8> =
                sqlx::query_scalar("SELECT live_bundle FROM workflows").fetch_one(&mut owner).await.unwrap();
            assert_eq!(bundle, live.bundle.0, "the earlier schema has what is live");
        }
        up(&office).await;
        assert_eq!(rows(&mut owner).await, before, "back from {steps} steps");
        let kept: Vec<String> =
            sqlx::query_scalar("SELECT relname::text FROM pg_class WHERE relname LIKE 'kept\\_%'")
                .fetch_all(&mut owner)
                .await
                .unwrap();
        assert!(kept.is_empty(), "{kept:?}");
        // Work continues normally from this state.
        let (change, version) = office.approved_change("tam", &["A", "E"]).await;
        let next = office.release(change, &[version]).await;
        assert!(next > number, "numbers go on: {next}");
        let guarded = "UPDATE releases SET share = 1 WHERE number = $1";
        let said = "a change of share or gates names who made it and when";
        refuses(&mut owner, next, &[(guarded, RESTRICT, said)]).await;
    }
}

#[tokio::test]
async fn what_went_live_under_the_earlier_schema_takes_the_place_of_what_was_live() {
    let (office, number, open) = filled().await;
    let mut owner = office.database.owner().await;
    down_to(&office, 13).await;
    let hash = sqlx::query_scalar::<_, Vec<u8>>(
        "INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) SELECT sha256('later'), workflow_id, manifest, version_ids, now() FROM bundles \
         ORDER BY created_at DESC LIMIT 1 RETURNING hash",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    sqlx::query("UPDATE workflows SET live_bundle = $1").bind(&hash).execute(&mut owner).await.unwrap();
    up(&office).await;
    let live = office.read(office.live().await).await;
    assert_eq!(live.bundle.0.as_slice(), hash);
    let before = office.read(number).await;
    assert_eq!((before.stage, before.replaced_by, before.share), (Stage::Retired, Some(live.number), 0));
    assert_eq!(office.read(open).await.stage, Stage::Suspended, "it was built on what is live no more");
    let mut connection = office.store().pool().acquire().await.unwrap();
    let steps = releases::history(&mut connection, before.id).await.unwrap();
    assert_eq!(steps.last().map(|step| step.stage), Some(Stage::Retired));
}

#[tokio::test]
async fn the_whole_way_down_leaves_nothing() {
    let (office, ..) = filled().await;
    down_to(&office, 0).await;
    let mut owner = office.database.owner().await;
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'seaql_migrations'",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(left.is_empty(), "{left:?}");
}
