//! The database is short of disk space, memory or time, or its schema does not fit.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use store::actor::Role;
use store::control::kill::kill_switches;
use store::people::Scope;

use crate::support::{PASSWORD, TestApp, event, location, problem};

/// Makes every insert of an event fail with an SQLSTATE.
async fn break_events(app: &TestApp, code: &str) {
    let sql = format!(
        "CREATE OR REPLACE FUNCTION short() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'short' USING ERRCODE = '{code}'; END $$; \
         CREATE OR REPLACE TRIGGER short BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION short()"
    );
    app.office.database.owner().await.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn events_are_answered_503_while_the_database_is_short_of_something() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    for code in ["53100", "53200", "53300", "25P03", "57014", "55P03"] {
        break_events(&app, code).await;
        let answer = app.post_event(&key, code, &event(&format!("ana-{code}"))).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{code}");
        assert!(answer.headers().contains_key("retry-after"), "{code}");
    }
    app.office.database.owner().await.execute("DROP TRIGGER short ON events").await.unwrap();
    let answer = app.post_event(&key, "53100", &event("ana-53100")).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "the same key after the shortage");
}

#[tokio::test]
async fn the_process_is_not_ready_while_the_disk_is_full() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let ready = || async { app.request(Method::GET, "/readyz").send().await.unwrap() };
    let database: String =
        sqlx::query_scalar("SELECT current_database()::text").fetch_one(app.store().pool()).await.unwrap();
    // New connections get a limit for temporary files, which fails as a full disk does.
    let limit = async |setting: &str| {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let mut owner = app.office.database.owner().await;
        owner.execute(AssertSqlSafe(format!("ALTER DATABASE {database} {setting}"))).await.unwrap();
        owner.execute(end).await.unwrap();
    };
    limit("SET temp_file_limit = 0").await;
    break_events(&app, "53100").await;
    let mut said = String::new();
    // Connections may be lost at first, and another test in this process may find room on its disk in between.
    for n in 0..100 {
        app.post_event(&key, &format!("k{n}"), &event("ana")).await;
        said = ready().await.text().await.unwrap();
        if said.contains("The database's disk is full.") {
            break;
        }
    }
    assert!(said.contains("The database's disk is full."), "{said}");
    limit("RESET temp_file_limit").await;
    for _ in 0..100 {
        if ready().await.status() == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never ready again: {:?}", ready().await.text().await);
}

#[tokio::test]
async fn the_process_is_not_ready_with_a_schema_that_does_not_fit() {
    let app = TestApp::start().await;
    let mut owner = app.office.database.owner().await;
    let not_ready = || async {
        let answer = app.request(Method::GET, "/readyz").send().await.unwrap();
        problem(answer, 503).await["detail"].as_str().unwrap().to_owned()
    };
    owner.execute("DELETE FROM seaql_migrations WHERE version = '0013_notices'").await.unwrap();
    let behind = not_ready().await;
    assert!(behind.contains("0013_notices missing") && behind.contains("run `meshline migrate`"), "{behind}");
    owner
        .execute(
            "INSERT INTO seaql_migrations VALUES ('0013_notices', 0), ('9999_contract', 0); \
             UPDATE settings SET value = to_jsonb('9999_contract'::text) WHERE name = 'schema_works_from'",
        )
        .await
        .unwrap();
    let ahead = not_ready().await;
    assert!(ahead.starts_with("This program is older"), "{ahead}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_table_stops_only_what_needs_it() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let mut revops = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    app.person("ben@acme.example", &[Role::Revops]).await;
    let mut owner = app.office.database.owner().await;
    let mut lock = owner.begin().await.unwrap();
    lock.execute("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE").await.unwrap();

    // More readers and events than there are connections, which keep coming as long as the table is locked.
    let cookies = revops.cookie_header();
    let is_over = tokio::sync::watch::Sender::new(false);
    let reader = |n: usize| {
        let (app, cookies, is_over, key) = (&app, &cookies, is_over.subscribe(), &key);
        async move {
            let mut answers = Vec::new();
            while !*is_over.borrow() {
                answers.push(if n.is_multiple_of(3) {
                    app.post_event(key, &format!("k{n}-{}", answers.len()), &event(&format!("ana-{n}"))).await
                } else {
                    app.request(Method::GET, "/leads").header("cookie", cookies).send().await.unwrap()
                });
                // A person or program that is refused at once tries again later.
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            answers
        }
    };
    let readers = futures::future::join_all((0..30).map(reader));
    let others = async {
        let mut ben = app.browser();
        // One round while the readers arrive, and two when their page is known to be stuck.
        for round in 0..3 {
            let answer = ben.sign_in("ben@acme.example", PASSWORD, None).await;
            assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"), "round {round}");
            if round > 0 {
                for page in ["/changes", "/account", "/releases"] {
                    assert_eq!(ben.get(page).await.status(), StatusCode::OK, "{page} in round {round}");
                }
            }
            waited_in_vain(&app).await;
        }
        assert_eq!(app.request(Method::GET, "/readyz").send().await.unwrap().status(), StatusCode::OK);
        let stop = [("workflow", "inbound-form"), ("reason", "Wrong owners")];
        let stopped = revops.post("/actions/stop-workflow", &stop).await;
        assert_eq!(stopped.status(), StatusCode::SEE_OTHER);
        assert_eq!(kill_switches(&app.store().access()).await.unwrap().len(), 1);
        is_over.send_replace(true);
    };
    let (answers, ()) = tokio::join!(readers, others);
    for answer in answers.into_iter().flatten() {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
    }
    lock.rollback().await.unwrap();
    assert_eq!(revops.get("/leads").await.status(), StatusCode::OK);
    let answer = app.post_event(&key, "after", &event("ana")).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
}

/// Waits until statements wait for the table `leads`, and until those have given up.
async fn waited_in_vain(app: &TestApp) {
    let waiting = "SELECT coalesce(array_agg(a.pid || ' ' || a.query_start ORDER BY a.pid), '{}') FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                   WHERE NOT l.granted AND l.relation = 'leads'::regclass";
    let mut observer = app.office.database.owner().await;
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..1_000 {
        let now: Vec<String> = sqlx::query_scalar(waiting).fetch_one(&mut observer).await.unwrap();
        if seen.is_empty() {
            seen = now;
        } else if !seen.iter().any(|statement| now.contains(statement)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("statements wait for ever: {seen:?}");
}
