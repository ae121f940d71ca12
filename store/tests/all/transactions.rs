//! Transactions whose futures are dropped half-way, as those of a client that disconnects.

use sqlx::{Connection as _, Executor as _, PgConnection};
use store::testing::TestDatabase;

/// Number of beginnings that are dropped, enough for some to be dropped between the request and its response.
const DROPPED: usize = 300;

/// Gives other tasks, and the sockets, a number of turns.
async fn turns(number: usize) {
    for _ in 0..number {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_beginning_that_is_dropped_leaves_no_connection_in_a_transaction() {
    let db = TestDatabase::new().await;
    let store = &db.store;
    for n in 0..DROPPED {
        tokio::select! {
            biased;
            begun = store.begin() => drop(begun.unwrap()),
            () = turns(n % 10) => {}
        }
    }
    let connections = store.pool().options().get_max_connections();
    let mut writers = Vec::new();
    for _ in 0..connections {
        writers.push(store.pool().acquire().await.unwrap());
    }
    let mut owner: PgConnection = db.owner().await;
    for (n, writer) in writers.iter_mut().enumerate() {
        let query = format!("INSERT INTO settings (name, value) VALUES ('written.{n}', '1')");
        writer.execute(sqlx::AssertSqlSafe(query)).await.unwrap();
    }
    let committed: i64 = sqlx::query_scalar("SELECT count(*) FROM settings WHERE name LIKE 'written.%'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(committed, i64::from(connections));
    owner.close().await.unwrap();
}
