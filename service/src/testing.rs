//! What the tests of other crates need done on their way.

use store::Store;
use store::actor::Role;
use store::changes::{self, Edit, Show};
use store::testing::person;

use crate::change;

/// Has every draft submitted by one person and approved by others, so that live workflows decide by it.
///
/// # Panics
/// When a draft is not fit to be submitted, or the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn approve_all(store: &Store) {
    let author = person(store, "Author", &[Role::Enablement, Role::Revops]).await;
    let drafts = changes::list(store, &Show::Drafts, None).await.expect("drafts").rows;
    let mut connection = store.pool().acquire().await.expect("a connection");
    let mut all = Vec::with_capacity(drafts.len());
    for draft in drafts {
        all.push(changes::by_number(&mut connection, draft.number).await.expect("a draft"));
    }
    drop(connection);
    // Fields before what reads them.
    all.sort_by_key(|change| change.kind);
    for draft in all {
        let edit = Edit {
            revision: draft.revision,
            title: "A test",
            why: "",
            source: &draft.source,
            body: draft.body.as_ref(),
        };
        let revision = change::save(store, &author, draft.number, edit).await.expect("saved");
        let approvers = change::submit(store, &author, draft.number, revision).await.expect("submitted");
        for role in approvers {
            let approver = person(store, "Approver", &[role]).await;
            let seen = draft.hash.expect("content");
            change::approve(store, &approver, draft.number, &seen, role, "").await.expect("approved");
        }
    }
}
