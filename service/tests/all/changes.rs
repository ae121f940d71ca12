//! Tests the guarantees for change requests: four eyes, one role per person, and immutable content after submission.

use engine::canonical::Digest;
use engine::change::Kind;
use serde_json::json;
use service::change::{self as changing, ApprovalResult, ProposeResult};
use sqlx::Row as _;
use store::actor::Role;
use store::changes::{self, Change, ChangeListFilter, ChangeScope, ChangeState, DraftEdit};
use store::reads::keyset::{Cursor, Order};
use store::testing::{TestDatabase, person};
use store::workflows;
use store::{Actor, Error, Store};

async fn change(store: &Store, number: i64) -> Change {
    let mut connection = store.pool().acquire().await.unwrap();
    changes::by_number(&mut connection, number).await.unwrap()
}

fn list(entries: &[&str]) -> serde_json::Value {
    json!({ "entries": entries })
}

/// Submits a draft with required roles of the test's choice, bypassing the policy.
async fn submit(
    store: &Store,
    author: &Actor,
    number: i64,
    revision: i32,
    approvers: &[Role],
) -> Result<(), Error> {
    if approvers != [Role::Revops] {
        let mut tx = store.begin().await?;
        let change = changes::locked(&mut tx, number).await?;
        let store::actor::ActorId::Person(person) = author.who else { panic!() };
        changes::set_submitted(&mut tx, author, &change, person, approvers).await?;
        changes::log(&mut tx, author, "change.submit", number, json!({})).await?;
        return Ok(tx.commit().await?);
    }
    changing::submit(store, author, number, revision).await?;
    Ok(())
}

/// Returns a submitted change of the list `tam`.
async fn submitted(store: &Store, author: &Actor, entries: &[&str], required: &[Role]) -> (i64, Digest) {
    let number = changing::start(store, author, Kind::List, "tam", "", None).await.unwrap();
    let body = list(entries);
    let edit = DraftEdit {
        revision: 1,
        title: "More accounts",
        why: "They asked",
        source: "value\n",
        body: Some(&body),
    };
    let revision = changing::save(store, author, number, edit).await.unwrap();
    submit(store, author, number, revision, required).await.unwrap();
    (number, change(store, number).await.hash.unwrap())
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_change_goes_from_draft_to_version_by_the_signatures_of_others() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (author, other) =
        (person(store, "Ana", &[Role::Revops]).await, person(store, "Ben", &[Role::Revops]).await);
    let manager = person(store, "Cleo", &[Role::AeRepLeader]).await;
    let (number, hash) = submitted(store, &author, &["Initech"], &[Role::Revops, Role::AeRepLeader]).await;
    let waiting = |actor: &Actor| {
        let (store::actor::ActorId::Person(id), roles) = (actor.who.clone(), actor.roles.clone()) else {
            panic!()
        };
        async move { changes::waiting_for(store, id, &roles).await.unwrap() }
    };
    assert_eq!((waiting(&author).await, waiting(&other).await, waiting(&manager).await), (0, 1, 1));
    let first = changing::approve(store, &other, number, &hash, &[], Role::Revops, "Fine").await.unwrap();
    assert_eq!(first, ApprovalResult::Waiting(vec![Role::AeRepLeader]));
    assert_eq!((waiting(&other).await, waiting(&manager).await), (0, 1));
    let last = changing::approve(store, &manager, number, &hash, &[], Role::AeRepLeader, "").await.unwrap();
    assert_eq!(last, ApprovalResult::Approved { version: 1, releases: vec![] });
    let done = change(store, number).await;
    assert_eq!((done.state, done.version), (ChangeState::Approved, Some(1)));
    let mut connection = store.pool().acquire().await.unwrap();
    let version = workflows::newest(&mut connection, Kind::List, "tam").await.unwrap().unwrap();
    assert_eq!((version.body, version.hash), (list(&["Initech"]), hash));
    let said: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log WHERE subject = $1 ORDER BY action")
            .bind(format!("change:{number}"))
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert_eq!(said, ["change.save", "change.sign", "change.sign", "change.start", "change.submit"]);
}

#[tokio::test]
async fn nobody_signs_what_they_had_a_hand_in_nor_twice_nor_in_a_role_they_do_not_hold() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let all = [Role::Revops, Role::AeRepLeader];
    let author = person(store, "Ana", &all).await;
    let (both, sdr) = (person(store, "Ben", &all).await, person(store, "Sam", &[Role::Sdr]).await);
    let (number, hash) = submitted(store, &author, &["Initech"], &all).await;
    let sign = |actor: Actor, role: Role, hash: Digest| async move {
        changing::approve(store, &actor, number, &hash, &[], role, "").await
    };
    assert!(refused(sign(author.clone(), Role::Revops, hash).await).contains("someone else must approve"));
    assert!(refused(sign(sdr.clone(), Role::Revops, hash).await).contains("does not hold"));
    assert!(refused(sign(sdr.clone(), Role::Sdr, hash).await).contains("does not need"));
    let other = engine::canonical::digest(&list(&["Globex"])).unwrap();
    assert!(refused(sign(both.clone(), Role::Revops, other).await).contains("was edited since"));
    sign(both.clone(), Role::Revops, hash).await.unwrap();
    assert!(refused(sign(both.clone(), Role::AeRepLeader, hash).await).contains("another role"));
    let third = person(store, "Dan", &all).await;
    assert!(refused(sign(third, Role::Revops, hash).await).contains("already approved this in that role"));
    assert_eq!(change(store, number).await.state, ChangeState::Submitted);
    assert!(refused(changing::send_back(store, &sdr, number, &hash, "No").await).contains("does not hold"));
    assert!(
        refused(changing::send_back(store, &author, number, &hash, "No").await)
            .contains("someone else must approve")
    );
    changing::comment(store, &sdr, number, "I would like that").await.unwrap();
}

#[tokio::test]
async fn a_second_click_changes_nothing_and_returns_what_the_first_one_came_to() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let author = person(store, "Ana", &[Role::Revops]).await;
    let (other, third) =
        (person(store, "Ben", &[Role::Revops]).await, person(store, "Dan", &[Role::Revops]).await);
    let manager = person(store, "Cleo", &[Role::AeRepLeader]).await;
    let (number, hash) = submitted(store, &author, &["Initech"], &[Role::Revops]).await;
    let revision = change(store, number).await.revision;
    for _ in 0..2 {
        assert_eq!(changing::submit(store, &author, number, revision).await.unwrap(), [Role::Revops]);
    }
    assert!(
        refused(changing::submit(store, &author, number, revision - 1).await).contains("no longer a draft")
    );
    assert!(refused(changing::submit(store, &other, number, revision).await).contains("no longer a draft"));
    for _ in 0..2 {
        let approved = changing::approve(store, &other, number, &hash, &[], Role::Revops, "").await.unwrap();
        assert_eq!(approved, ApprovalResult::Approved { version: 1, releases: vec![] });
    }
    // A second person cannot approve a closed change, and an approval of other content does not count.
    assert!(
        refused(changing::approve(store, &third, number, &hash, &[], Role::Revops, "").await)
            .contains("no longer waits")
    );
    let elsewhere = engine::canonical::digest(&list(&["Globex"])).unwrap();
    let other_content = changing::approve(store, &other, number, &elsewhere, &[], Role::Revops, "").await;
    assert!(refused(other_content).contains("no longer waits"));

    let both = [Role::Revops, Role::AeRepLeader];
    let (number, hash) = submitted(store, &author, &["Initech", "Globex"], &both).await;
    for _ in 0..2 {
        let first = changing::approve(store, &other, number, &hash, &[], Role::Revops, "").await.unwrap();
        assert_eq!(first, ApprovalResult::Waiting(vec![Role::AeRepLeader]));
    }
    for _ in 0..2 {
        changing::send_back(store, &manager, number, &hash, "Without Globex").await.unwrap();
    }
    assert!(
        refused(changing::send_back(store, &third, number, &hash, "No").await).contains("no longer waits")
    );
    let again = changing::approve(store, &other, number, &hash, &[], Role::Revops, "").await;
    assert_eq!(refused(again), "you approved this change, but it has been closed since");
    let draft = changing::start(store, &author, Kind::List, "tam", "", None).await.unwrap();
    for _ in 0..2 {
        changing::withdraw(store, &author, draft, "").await.unwrap();
    }
    let acts: Vec<(String, i64)> = sqlx::query_as(
        "SELECT action, count(*) FROM audit_log WHERE action IN ('change.submit', 'change.sign', 'change.return', 'change.withdraw') GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(store.pool())
    .await
    .unwrap();
    let wanted = [("change.return", 1), ("change.sign", 2), ("change.submit", 2), ("change.withdraw", 1)];
    assert_eq!(acts, wanted.map(|(act, count)| (act.to_owned(), count)));
}

#[tokio::test]
async fn a_change_asks_for_at_least_the_roles_of_its_layer() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let author = person(store, "Ana", &[Role::Enablement]).await;
    let number = changing::start(store, &author, Kind::Map, "form", "", None).await.unwrap();
    let body = json!({ "map": "form", "fields": {} });
    let edit = DraftEdit { revision: 1, title: "t", why: "", source: "", body: Some(&body) };
    changing::save(store, &author, number, edit).await.unwrap();
    for roles in [&[][..], &[Role::Enablement], &[Role::Revops, Role::RepLeader]] {
        let done = submit(store, &author, number, 2, roles).await;
        assert_eq!(refused(done), "changes_roles_that_sign", "{roles:?}");
    }
    submit(store, &author, number, 2, &changing::approvers(Kind::Map, false)).await.unwrap();
}

#[tokio::test]
async fn two_who_edit_lose_nothing_and_others_do_not_write_here() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let sdr = person(store, "Sam", &[Role::Sdr]).await;
    let (revops, ae) =
        (person(store, "Ana", &[Role::Revops]).await, person(store, "Jane", &[Role::Ae]).await);
    // Anyone may suggest a change. Only the author and the owner of the layer may continue it.
    let number = changing::start(store, &sdr, Kind::List, "tam", "a\n", None).await.unwrap();
    let edit = |revision, source| DraftEdit { revision, title: "t", why: "", source, body: None };
    let elsewhere = "only its author and the owner of its layer";
    assert!(refused(changing::save(store, &ae, number, edit(1, "x")).await).contains(elsewhere));
    assert_eq!(changing::save(store, &revops, number, edit(1, "b\n")).await.unwrap(), 2);
    let late = changing::save(store, &sdr, number, edit(1, "c\n")).await;
    assert!(matches!(late, Err(Error::Stale { current: 2 })), "{late:?}");
    assert_eq!(change(store, number).await.source, "b\n");
    for revision in [1, 2] {
        let again = changing::save(store, &sdr, number, edit(revision, "b\n")).await.unwrap();
        assert_eq!(again, 2, "the same form twice is nothing new");
    }
    let unread = submit(store, &sdr, number, 2, &[Role::Revops]).await;
    assert!(refused(unread).contains("fix the errors"));
    assert!(refused(changing::withdraw(store, &ae, number, "").await).contains(elsewhere));
    changing::withdraw(store, &sdr, number, "").await.unwrap();
    assert!(refused(changing::save(store, &sdr, number, edit(2, "z")).await).contains("no longer a draft"));
}

#[tokio::test]
async fn what_came_later_is_begun_anew_and_what_says_the_same_is_no_change() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (author, other) =
        (person(store, "Ana", &[Role::Revops]).await, person(store, "Ben", &[Role::Revops]).await);
    let (first, hash) = submitted(store, &author, &["A"], &[Role::Revops]).await;
    let (second, later) = submitted(store, &author, &["B"], &[Role::Revops]).await;
    changing::approve(store, &other, first, &hash, &[], Role::Revops, "").await.unwrap();
    assert!(
        refused(changing::approve(store, &other, second, &later, &[], Role::Revops, "").await)
            .contains("Update the change to version 1")
    );
    assert_eq!(
        change(store, second).await.state,
        ChangeState::Submitted,
        "the refused signature left nothing"
    );
    changing::send_back(store, &other, second, &later, "Begin from version 1").await.unwrap();
    assert_eq!(change(store, second).await.state, ChangeState::Returned);
    let number = changing::start(store, &author, Kind::List, "tam", "value\nA\n", None).await.unwrap();
    let body = list(&["A"]);
    let edit = DraftEdit { revision: 1, title: "t", why: "", source: "value\nA\n", body: Some(&body) };
    changing::save(store, &author, number, edit).await.unwrap();
    let same = submit(store, &author, number, 2, &[Role::Revops]).await;
    assert!(refused(same).contains("the same"));
}

#[tokio::test]
async fn a_file_brings_one_draft_however_often_it_is_applied() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let command = Actor::command("apply");
    let mut tx = store.begin().await.unwrap();
    for (entries, expected) in [
        (&["A"][..], ProposeResult::Drafted),
        (&["A"], ProposeResult::Unchanged),
        (&["A", "B"], ProposeResult::Drafted),
        (&["A", "B"], ProposeResult::Unchanged),
    ] {
        let done = changing::propose(&mut tx, &command, Kind::List, "tam", &list(entries)).await.unwrap();
        assert_eq!(done, expected, "{entries:?}");
    }
    tx.commit().await.unwrap();
    let drafts = store::testing::drafts(store).await;
    assert_eq!(drafts.len(), 1);
    let draft = change(store, drafts[0].number).await;
    assert_eq!((draft.source.as_str(), draft.author), ("value\nA\nB\n", None));
    // The person who submits it becomes its author, and therefore cannot approve it.
    service::testing::approve_all(store).await;
    let mut connection = store.pool().acquire().await.unwrap();
    assert_eq!(workflows::newest(&mut connection, Kind::List, "tam").await.unwrap().unwrap().version, 1);
    assert!(change(store, drafts[0].number).await.author.is_some());
}

#[tokio::test]
async fn lists_show_what_they_say_page_by_page() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let author = person(store, "Ana", &[Role::Revops]).await;
    for n in 0..53 {
        changing::start(store, &author, Kind::List, &format!("l{n}"), "", None).await.unwrap();
    }
    let list = async |filter: &ChangeListFilter, order, cursor| {
        changes::list(store, filter, order, cursor, 50).await.unwrap()
    };
    let drafts = ChangeListFilter::from(ChangeScope::Drafts);
    let first = list(&drafts, Order::Newest, Cursor::Start).await;
    let rest = list(&drafts, Order::Newest, first.beside.older.unwrap()).await;
    assert_eq!((first.rows.len(), rest.rows.len(), rest.beside.older), (50, 3, None));
    assert!(first.rows.last().unwrap().number > rest.rows[0].number);
    let back = list(&drafts, Order::Newest, rest.beside.newer.unwrap()).await;
    assert!(back.rows.iter().map(|row| row.number).eq(first.rows.iter().map(|row| row.number)));
    let oldest = list(&drafts, Order::Oldest, Cursor::Start).await;
    assert_eq!(oldest.rows[0].number, rest.rows[2].number);
    let named = ChangeListFilter { text: Some("L52".into()), ..drafts.clone() };
    assert_eq!(list(&named, Order::Newest, Cursor::Start).await.rows.len(), 1);
    let pools = ChangeListFilter { kind: Some(Kind::Pool), ..drafts };
    assert_eq!(list(&pools, Order::Newest, Cursor::Start).await.rows.len(), 0);
    let nulls =
        sqlx::query("SELECT count(*) FROM changes WHERE author_id IS NULL").fetch_one(store.pool()).await;
    assert_eq!(nulls.unwrap().get::<i64, _>(0), 0);
    assert_eq!(list(&ChangeScope::Closed.into(), Order::Newest, Cursor::Start).await.rows.len(), 0);
    assert_eq!(changes::open_of(store, Kind::List, Some("l7")).await.unwrap().len(), 1);
}
