//! The database and the program agree on the kinds of versions, and titles are stored beside versions.

use std::collections::BTreeMap;

use engine::change::Kind;
use store::testing::TestDatabase;
use store::titles::{self, TitledObject};
use store::{Actor, Error};
use strum::VariantArray as _;

#[tokio::test]
async fn the_database_has_the_kinds_and_approvers_of_the_program() {
    let database = TestDatabase::new().await;
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as("SELECT kind, approvers FROM version_kinds")
        .fetch_all(database.store.pool())
        .await
        .unwrap();
    let sorted = |mut roles: Vec<String>| {
        roles.sort_unstable();
        roles
    };
    let there: BTreeMap<String, Vec<String>> =
        rows.into_iter().map(|(kind, approvers)| (kind, sorted(approvers))).collect();
    let wanted: BTreeMap<String, Vec<String>> = Kind::VARIANTS
        .iter()
        .map(|kind| {
            let roles = kind.spec().approvers.iter().map(ToString::to_string).collect();
            (kind.to_string(), sorted(roles))
        })
        .collect();
    assert_eq!(there, wanted);
}

#[tokio::test]
async fn an_unregistered_kind_is_rejected_everywhere() {
    let database = TestDatabase::new().await;
    let mut owner = database.owner().await;
    for (insert, constraint) in [
        (
            "INSERT INTO versions (id, kind, name, version, body, hash, created_at, created_by) \
             VALUES (gen_random_uuid(), 'hunch', 'a', 1, '{}', sha256(''), now(), 'command:test')",
            "versions_kind_fkey",
        ),
        (
            "INSERT INTO changes (id, kind, name, base_version, state, title, why, source, created_by, created_at, updated_at) \
             VALUES (gen_random_uuid(), 'hunch', 'a', 0, 'draft', '', '', '', 'command:test', now(), now())",
            "changes_kind_fkey",
        ),
        (
            "INSERT INTO version_titles (kind, name, title) VALUES ('hunch', 'a', 'A')",
            "version_titles_kind_fkey",
        ),
    ] {
        let error = sqlx::query(insert).execute(&mut owner).await.unwrap_err();
        let found = error.as_database_error().and_then(|error| error.constraint().map(str::to_owned));
        assert_eq!(found.as_deref(), Some(constraint), "{error}");
    }
}

#[tokio::test]
async fn a_title_is_set_changed_and_removed_and_each_time_audited() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let actor = Actor::command("test");
    let list = TitledObject::Version(Kind::List, "tam");
    let set = async |title: Option<&str>| {
        let mut tx = store.begin().await.unwrap();
        let changed = titles::set(&mut tx, &actor, list, title).await;
        tx.commit().await.unwrap();
        changed
    };
    assert!(set(Some("Target accounts")).await.unwrap());
    assert!(!set(Some("Target accounts")).await.unwrap(), "the same title again changes nothing");
    assert_eq!(titles::titles(store).await.unwrap().get(list), Some("Target accounts"));
    assert!(set(Some("Key accounts")).await.unwrap());
    assert!(set(None).await.unwrap());
    assert!(!set(None).await.unwrap());
    assert_eq!(titles::titles(store).await.unwrap().get(list), None);
    let entries: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT subject, detail ->> 'title' FROM audit_log WHERE action = 'version.set_title' ORDER BY xact",
    )
    .fetch_all(store.pool())
    .await
    .unwrap();
    let entry = |title: Option<&str>| ("list:tam".to_owned(), title.map(str::to_owned));
    assert_eq!(entries, [entry(Some("Target accounts")), entry(Some("Key accounts")), entry(None)]);

    let mut tx = store.begin().await.unwrap();
    let long = "x".repeat(titles::TITLE_CHARS + 1);
    let refused = titles::set(&mut tx, &actor, list, Some(&long)).await;
    assert!(
        matches!(refused, Err(Error::Refused(constraint)) if constraint == "version_titles_title_length")
    );
}
