//! The database lacks something: disk space, time, tables of a newer schema, or the rights of its owner.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use store::actor::Role;
use store::control::kill::{KillProblem, StopScope, kill, kill_switches};
use store::testing::{TestDatabase, keyring, person};
use store::{Actor, Error, Store, migrate, schema};

/// A login that is a member of the application's role and nothing else.
struct PlainLogin {
    name: String,
    server: String,
}

impl PlainLogin {
    async fn new() -> Self {
        let name = format!("login_{}", uuid::Uuid::from_bytes(rand::random()).simple());
        let login = Self { name, server: store::testing::server() };
        login.admin(&format!("CREATE ROLE {} LOGIN PASSWORD 'plain' IN ROLE meshline_app", login.name)).await;
        login
    }

    async fn admin(&self, sql: &str) {
        let mut admin = PgConnection::connect(&self.server).await.unwrap();
        admin.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    fn url(&self, database: &TestDatabase) -> String {
        let mut url: url::Url = database.url.parse().unwrap();
        url.set_username(&self.name).unwrap();
        url.set_password(Some("plain")).unwrap();
        url.to_string()
    }
}

async fn partitions(owner: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1")
        .fetch_all(owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_login_that_is_only_a_member_of_the_role_makes_partitions_and_drops_nothing() {
    let database = TestDatabase::new().await;
    let mut owner = database.owner().await;
    let before = partitions(&mut owner).await;
    let newest: String = sqlx::query_scalar(
        "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'decisions'::regclass",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    owner.execute(AssertSqlSafe(format!("DROP TABLE {newest}"))).await.unwrap();

    let login = PlainLogin::new().await;
    let store = Store::connect(&login.url(&database), keyring()).await.unwrap();
    store.check_ready().await.unwrap();
    assert_eq!(store.owner_login().await.unwrap(), None);
    assert_eq!(migrate::make_coming_partitions(&store).await.unwrap(), 1);
    assert_eq!(partitions(&mut owner).await, before);
    assert_eq!(migrate::make_coming_partitions(&store).await.unwrap(), 0, "all exist");
    for forbidden in [
        "SELECT make_month_partitions(current_date + 3650, 1)".to_owned(),
        format!("DROP TABLE {newest}"),
        "RESET ROLE; UPDATE decisions SET action = 'hold'".to_owned(),
        "SET search_path = pg_temp, public; CREATE TEMP TABLE decisions_2020_01 (); SET ROLE NONE; DROP TABLE public.decisions".to_owned(),
    ] {
        let refused = store.pool().execute(AssertSqlSafe(forbidden.clone())).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{forbidden}");
    }
    store.pool().close().await;
    login.admin(&format!("DROP ROLE {}", login.name)).await;
}

#[tokio::test]
async fn a_login_that_could_become_the_owner_is_named() {
    let database = TestDatabase::new().await;
    let owner: String =
        sqlx::query_scalar("SELECT session_user::text").fetch_one(database.store.pool()).await.unwrap();
    assert_eq!(database.store.owner_login().await.unwrap(), Some(owner));
    database.store.check_ready().await.unwrap();
}

#[tokio::test]
async fn the_schema_must_fit_the_program() {
    let database = TestDatabase::new().await;
    let mut owner = database.owner().await;
    let message = async || match schema::check(database.store.pool()).await {
        Err(Error::Schema(message)) => message,
        other => panic!("{other:?}"),
    };
    schema::check(database.store.pool()).await.unwrap();

    // Newer by a migration that older programs work with, then by one that they do not work with.
    owner.execute("INSERT INTO seaql_migrations VALUES ('9998_expand', 0)").await.unwrap();
    schema::check(database.store.pool()).await.unwrap();
    owner.execute("INSERT INTO seaql_migrations VALUES ('9999_contract', 0)").await.unwrap();
    owner
        .execute("UPDATE settings SET value = to_jsonb('9998_expand'::text) WHERE name = 'schema_works_from'")
        .await
        .unwrap();
    let ahead = message().await;
    assert!(ahead.starts_with("this program is older") && ahead.contains("9998_expand"), "{ahead}");
    let refused = migrate::up(&database.url, &keyring(), chrono::Utc::now()).await;
    assert!(matches!(&refused, Err(Error::Schema(message)) if message.contains("older")), "{refused:?}");

    owner.execute("DELETE FROM seaql_migrations WHERE version LIKE '999%'").await.unwrap();
    owner.execute("DELETE FROM seaql_migrations WHERE version = '0013_notices'").await.unwrap();
    let behind = message().await;
    assert!(behind.contains("0013_notices missing") && behind.contains("meshline migrate"), "{behind}");
    assert!(matches!(database.store.check_ready().await, Err(Error::Schema(_))));
    owner.execute("REVOKE SELECT ON seaql_migrations FROM meshline_app").await.unwrap();
    assert!(message().await.contains("meshline migrate"), "before the application could read the table");
}

#[tokio::test]
async fn a_migration_lets_others_pass_while_a_table_is_locked() {
    let database = TestDatabase::new().await;
    let mut owner = database.owner().await;
    let mut lock = owner.begin().await.unwrap();
    lock.execute("LOCK TABLE seaql_migrations IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let url = database.url.clone();
    let migrating = tokio::spawn(async move { migrate::up(&url, &keyring(), chrono::Utc::now()).await });
    let mut observer = database.owner().await;
    for is_waiting in [true, false, true] {
        until(&mut observer, is_waiting).await;
    }
    lock.rollback().await.unwrap();
    migrating.await.unwrap().unwrap();
}

/// Waits until a statement waits for a lock on the table of migrations, or until none does.
async fn until(observer: &mut PgConnection, is_waiting: bool) {
    let waits =
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'seaql_migrations'::regclass)";
    for _ in 0..1_000 {
        if sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut *observer).await.unwrap() == is_waiting {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waiting never became {is_waiting}");
}

#[tokio::test]
async fn shortages_of_the_database_are_worth_a_retry() {
    let database = TestDatabase::new().await;
    for code in ["53100", "53200", "53300", "25P03", "57014", "55P03"] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'short' USING ERRCODE = '{code}'; END $$");
        let error: Error = database.store.pool().execute(AssertSqlSafe(raise)).await.unwrap_err().into();
        assert!(matches!(error, Error::Unavailable(_)), "{code}: {error:?}");
        assert_eq!(error.is_full(), code == "53100");
        assert_eq!(error.is_timeout(), ["57014", "55P03"].contains(&code));
    }
}

#[tokio::test]
async fn workflows_are_stopped_although_neither_notices_nor_the_audit_log_can_be_written() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    person(store, "Leader", &[Role::SalesLeader]).await;
    let mut owner = database.owner().await;
    owner.execute("ALTER TABLE notices RENAME TO notices_gone").await.unwrap();
    let problems = kill(store, &Actor::command("test"), &StopScope::All, "Wrong owners").await.unwrap();
    assert_eq!(problems, [KillProblem::NotNotified]);
    let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'workflow.kill'")
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!((kill_switches(store).await.unwrap().len(), audited), (1, 1));

    owner.execute("DELETE FROM kill_switches; ALTER TABLE audit_log RENAME TO audit_log_gone").await.unwrap();
    let problems = kill(store, &Actor::command("test"), &StopScope::All, "Wrong owners").await.unwrap();
    assert_eq!(problems, [KillProblem::NotAudited, KillProblem::NotNotified]);
    assert_eq!(kill_switches(store).await.unwrap()[0].reason, "Wrong owners");
}
