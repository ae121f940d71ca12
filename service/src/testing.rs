//! Helpers for the tests of other crates.

use store::actor::Role;
use store::changes::{self, Change, DraftEdit};
use store::releases;
use store::testing::{drafts, person};
use store::{Actor, Store};

use crate::change::{self, ApprovalResult};
use crate::release;

/// Submits every draft as one person, approves it as others, and puts its releases live.
///
/// # Panics
/// Panics if a draft is not ready to be submitted, or the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn approve_all(store: &Store) {
    let author = person(store, "Author", &[Role::Enablement, Role::Revops]).await;
    let waiting = drafts(store).await;
    let mut connection = store.pool().acquire().await.expect("a connection");
    let mut all = Vec::with_capacity(waiting.len());
    for draft in waiting {
        all.push(changes::by_number(&mut connection, draft.number).await.expect("a draft"));
    }
    drop(connection);
    // Fields must be approved before the parts that read them.
    all.sort_by_key(|change| change.kind);
    for draft in all {
        for number in approve(store, &author, draft).await {
            go_live(store, number).await;
        }
    }
}

/// Submits one draft as one person and approves it as others. Its releases do not go live.
///
/// # Panics
/// Same as [`approve_all`].
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn approve_without_going_live(store: &Store, number: i64) {
    let author = person(store, "Author", &[Role::Enablement, Role::Revops]).await;
    let mut connection = store.pool().acquire().await.expect("a connection");
    let draft = changes::by_number(&mut connection, number).await.expect("a draft");
    drop(connection);
    approve(store, &author, draft).await;
}

/// Submits and approves a draft, and returns the numbers of its releases.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
async fn approve(store: &Store, author: &Actor, draft: Change) -> Vec<i64> {
    let edit = DraftEdit {
        revision: draft.revision,
        title: "A test",
        why: "",
        source: &draft.source,
        body: draft.body.as_ref(),
    };
    let revision = change::save(store, author, draft.number, edit).await.expect("saved");
    let approvers = change::submit(store, author, draft.number, revision).await.expect("submitted");
    let mut connection = store.pool().acquire().await.expect("a connection");
    let live =
        releases::live_bundles_of(&mut connection, draft.kind, &draft.name).await.expect("live bundles");
    drop(connection);
    let mut made = Vec::new();
    for role in approvers {
        let approver = person(store, "Approver", &[role]).await;
        let seen = draft.hash.expect("content");
        let approval = change::approve(store, &approver, draft.number, &seen, &live, role, "").await;
        if let ApprovalResult::Approved { releases, .. } = approval.expect("approved") {
            made.extend(releases.into_iter().map(|(number, _)| number));
        }
    }
    made
}

/// Puts an approved release live, as a person who did not edit its change.
///
/// # Panics
/// Panics if the release is not ready to go live, or the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn go_live(store: &Store, number: i64) {
    let mut connection = store.pool().acquire().await.expect("a connection");
    let seen = releases::by_number(&mut connection, number).await.expect("a release").bundle;
    drop(connection);
    let revops = person(store, "Releaser", &[Role::Revops]).await;
    release::go_live(store, &revops, number, &seen).await.expect("live");
}
