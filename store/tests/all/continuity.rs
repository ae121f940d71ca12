//! Heartbeats of the database while decisions are made.

use engine::control::continuity::Continuity;
use store::installation;
use store::testing::TestDatabase;

/// Number of decisions, enough for heartbeats to be committed during some of them.
const DECISIONS: usize = 500;

#[tokio::test]
async fn a_heartbeat_during_a_decision_is_no_loss() {
    let db = TestDatabase::new().await;
    let store = &db.store;
    let beats = tokio::spawn({
        let store = store.clone();
        async move {
            loop {
                assert_eq!(installation::heartbeat(&store).await.unwrap(), Continuity::Same);
            }
        }
    });
    for _ in 0..DECISIONS {
        let mut decision = store.begin().await.unwrap();
        installation::incarnation(&mut decision, store).await.unwrap();
    }
    beats.abort();
}
