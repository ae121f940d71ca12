//! Access tokens that expire: obtained once, however many processes request them.

mod endpoint;
mod oidc;

use std::time::Duration;

use destinations::{AccessToken, AccessTokens as _, CredentialError};
use futures::future::join_all;
use service::credentials::StoredTokens;
use store::credentials::{self, WaitPolicy};
use store::testing::TestDatabase;
use store::{Actor, Store};
use uuid::Uuid;

use self::endpoint::{Answer, Endpoint};

/// A database, and the tokens of one credential as two processes see them.
struct TwoProcesses {
    database: TestDatabase,
    id: Uuid,
    first: StoredTokens,
    second: StoredTokens,
}

impl TwoProcesses {
    async fn new(grant: &serde_json::Value) -> Self {
        let database = TestDatabase::new().await;
        let id = save(&database.store, grant).await;
        let tokens = async || {
            let store = Store::connect(&database.url, store::testing::keyring()).await.unwrap();
            StoredTokens::new(store, id)
        };
        let (first, second) = (tokens().await, tokens().await);
        Self { first, second, database, id }
    }

    /// Returns the tokens that both processes obtain when each requests several at the same moment.
    async fn asked_together(&self) -> Vec<AccessToken> {
        let asked = [&self.first, &self.second].into_iter().flat_map(|tokens| (0..8).map(|_| tokens.token()));
        join_all(asked).await.into_iter().map(Result::unwrap).collect()
    }

    async fn last_error(&self) -> Option<String> {
        let mut owner = self.database.owner().await;
        sqlx::query_scalar("SELECT last_error FROM credentials").fetch_one(&mut owner).await.unwrap()
    }
}

async fn save(store: &Store, grant: &serde_json::Value) -> Uuid {
    let mut transaction = store.begin().await.unwrap();
    let (grant, actor) = (grant.to_string(), Actor::command("test"));
    let id = credentials::save(store, &mut transaction, &actor, "calendar", grant.as_bytes()).await.unwrap();
    transaction.commit().await.unwrap();
    id
}

fn all_equal(tokens: &[AccessToken]) -> bool {
    tokens.windows(2).all(|pair| pair[0] == pair[1])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_make_one_refresh() {
    let endpoint = Endpoint::start().await.slow(Duration::from_millis(300));
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    let tokens = processes.asked_together().await;
    assert!(all_equal(&tokens));
    assert_eq!((endpoint.exchanged(), endpoint.refused()), (1, 0));
    // A third process that starts later finds it in the database.
    let third = StoredTokens::new(processes.database.store.clone(), processes.id);
    assert_eq!(third.token().await.unwrap(), tokens[0]);
    assert_eq!(endpoint.exchanged(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_renewed_ahead_of_its_expiry_by_one_process() {
    let endpoint = Endpoint::start().await.valid_for(6);
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    let old = processes.asked_together().await;
    // Less than a fifth of its lifetime is left. While one process renews it, the others may still use it.
    tokio::time::sleep(Duration::from_millis(4_900)).await;
    processes.asked_together().await;
    assert_eq!((endpoint.exchanged(), endpoint.refused()), (2, 0));
    let renewed = [processes.first.token().await.unwrap(), processes.second.token().await.unwrap()];
    assert!(all_equal(&renewed) && renewed[0] != old[0]);
    assert_eq!((endpoint.exchanged(), endpoint.refused()), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_token_is_replaced_once_for_all_processes() {
    let endpoint = Endpoint::start().await;
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    let revoked = processes.first.token().await.unwrap();
    let replaced = join_all(
        [&processes.first, &processes.second]
            .into_iter()
            .flat_map(|tokens| (0..4).map(|_| tokens.replace(&revoked))),
    )
    .await;
    let replaced: Vec<AccessToken> = replaced.into_iter().map(Result::unwrap).collect();
    assert!(all_equal(&replaced) && replaced[0] != revoked);
    assert_eq!((endpoint.exchanged(), endpoint.refused()), (2, 0));
    assert_eq!(processes.first.token().await.unwrap(), replaced[0]);
}

#[tokio::test]
async fn a_renewal_survives_the_cancellation_of_its_caller() {
    let endpoint = Endpoint::start().await.slow(Duration::from_millis(500));
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    let impatient = tokio::time::timeout(Duration::from_millis(100), processes.first.token()).await;
    assert!(impatient.is_err());
    processes.second.token().await.unwrap();
    assert_eq!((endpoint.exchanged(), endpoint.refused()), (1, 0), "the new refresh token is not lost");
}

#[tokio::test]
async fn another_process_takes_over_a_renewal_after_a_crash() {
    let endpoint = Endpoint::start().await;
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    let dying =
        credentials::lock(&processes.database.store, processes.id, WaitPolicy::ForOthers).await.unwrap();
    let waiting = processes.second.clone();
    let waiting = tokio::spawn(async move { waiting.token().await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished() && endpoint.exchanged() == 0);
    drop(dying);
    waiting.await.unwrap().unwrap();
    assert_eq!(endpoint.exchanged(), 1);
}

#[tokio::test]
async fn failures_are_distinguished_and_stored_without_secrets() {
    let endpoint = Endpoint::start().await;
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    endpoint.answer(Answer::Unavailable);
    let error = processes.first.token().await.unwrap_err();
    assert!(matches!(&error, CredentialError::Unavailable(message) if message.contains("503")), "{error}");
    endpoint.answer(Answer::InvalidGrant);
    let error = processes.first.token().await.unwrap_err();
    let CredentialError::Refused(message) = &error else { panic!("{error}") };
    assert!(message.contains("invalid_grant") && !message.contains("secret"), "{message}");
    assert_eq!(processes.last_error().await.as_ref(), Some(message));
    processes.first.token().await.unwrap();
    assert_eq!(processes.last_error().await, None);
}

#[tokio::test]
async fn reconfiguring_the_same_grant_keeps_the_rotated_refresh_token() {
    let endpoint = Endpoint::start().await;
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    let first = processes.first.token().await.unwrap();
    assert_eq!(save(&processes.database.store, &endpoint.grant()).await, processes.id);
    processes.first.replace(&first).await.unwrap();
    assert_eq!((endpoint.exchanged(), endpoint.refused()), (2, 0));
    // A different grant starts over.
    let mut other = endpoint.grant();
    other["refresh_token"] = "refresh-unknown-secret".into();
    assert_eq!(save(&processes.database.store, &other).await, processes.id);
    let third = StoredTokens::new(processes.database.store.clone(), processes.id);
    assert!(matches!(third.token().await, Err(CredentialError::Refused(_))));
}

#[tokio::test]
async fn credentials_are_not_stored_in_plaintext() {
    let endpoint = Endpoint::start().await;
    let processes = TwoProcesses::new(&endpoint.grant()).await;
    processes.first.token().await.unwrap();
    let mut owner = processes.database.owner().await;
    let row: String = sqlx::query_scalar("SELECT row_to_json(c)::text FROM credentials c")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    let audited: String =
        sqlx::query_scalar("SELECT json_agg(a)::text FROM audit_log a").fetch_one(&mut owner).await.unwrap();
    for secret in ["secret", "refresh-0", "access-0"] {
        assert!(!row.contains(secret) && !audited.contains(secret), "{secret}: {row} {audited}");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!row.contains(&hex), "{secret}: {row}");
    }
    assert!(audited.contains("credential.save"));
}
