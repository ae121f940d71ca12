//! Starts, saves, submits and withdraws drafts.

use engine::change::Kind;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::actor::{Actor, Role};
use store::changes::{self, Change, ChangeHead, ChangeState, DraftEdit, NewDraft, NewReview, ReviewVerdict};
use store::workflows;
use store::{Error, Result, Store};

use super::policy::check_writer;
use super::reading;
use crate::assignees::check_assignees;

/// Maximum number of open drafts per person. Beyond it, most are forgotten.
const OPEN_DRAFTS: i64 = 100;

/// Starts a draft with a text, based on the newest version, and returns its number.
///
/// # Errors
/// Returns [`Error::Refused`] if the person has too many open drafts.
pub async fn start(
    store: &Store,
    actor: &Actor,
    kind: Kind,
    name: &str,
    source: &str,
    body: Option<&Json>,
) -> Result<i64> {
    let mut tx = store.begin().await?;
    let base = workflows::newest(&mut tx, kind, name).await?.map_or(0, |version| version.version);
    let author = Some(actor.person()?);
    let draft = NewDraft { kind, name, base, source, body, author, title: "", why: "", started_from: None };
    let number = insert(&mut tx, actor, draft).await?;
    tx.commit().await?;
    Ok(number)
}

/// Keeps an edit to a change in a draft of its own, since the change was saved by another person or closed in the meantime.
///
/// # Errors
/// Same as [`start`].
pub async fn keep_apart(
    store: &Store,
    actor: &Actor,
    change: &ChangeHead,
    edit: DraftEdit<'_>,
) -> Result<i64> {
    let DraftEdit { title, why, source, body, .. } = edit;
    let mut tx = store.begin().await?;
    let draft = NewDraft {
        kind: change.kind,
        name: &change.name,
        base: change.base_version,
        source,
        body,
        author: Some(actor.person()?),
        title,
        why,
        started_from: Some(change.id),
    };
    let number = insert(&mut tx, actor, draft).await?;
    tx.commit().await?;
    Ok(number)
}

/// Inserts a draft unless its author has too many, and returns its number.
pub(super) async fn insert(connection: &mut PgConnection, actor: &Actor, draft: NewDraft<'_>) -> Result<i64> {
    let author = actor.person()?;
    let open = changes::open_drafts_of(connection, author).await?;
    if open >= OPEN_DRAFTS {
        return Err(Error::Refused(format!("you have {open} drafts open; submit or discard some first")));
    }
    let (id, number) = changes::insert(connection, actor, draft).await?;
    changes::add_editor(connection, id, author).await?;
    let detail = json!({ "kind": draft.kind, "name": draft.name, "base_version": draft.base });
    changes::log(connection, actor, "change.start", number, detail).await?;
    Ok(number)
}

/// Saves a draft and returns its new revision.
///
/// # Errors
/// Returns [`Error::Stale`] if another person saved it in the meantime, and [`Error::Refused`] if the change is not a draft or
/// the actor does not have permission to edit it.
pub async fn save(store: &Store, actor: &Actor, number: i64, edit: DraftEdit<'_>) -> Result<i32> {
    let author = actor.person()?;
    let mut tx = store.begin().await?;
    let change = writable_draft(&mut tx, actor, number).await?;
    // A form that is sent twice is not a conflict between two people.
    if change.has_text(edit.title, edit.why, edit.source) && change.body.as_ref() == edit.body {
        return Ok(change.revision);
    }
    if change.revision != edit.revision {
        return Err(Error::Stale { current: change.revision.into() });
    }
    let hash = changes::update(&mut tx, actor, &change, author, edit).await?;
    changes::add_editor(&mut tx, change.id, author).await?;
    let detail = json!({ "revision": change.revision + 1, "hash": hash });
    changes::log(&mut tx, actor, "change.save", number, detail).await?;
    tx.commit().await?;
    Ok(change.revision + 1)
}

/// Submits a draft for approval and returns the roles that its content requires. Submitting the same revision again changes
/// nothing.
///
/// # Errors
/// Same as [`save`]. Also returns [`Error::Refused`] if the text cannot be read, changes nothing, or another version was approved
/// in the meantime.
pub async fn submit(store: &Store, actor: &Actor, number: i64, revision: i32) -> Result<Vec<Role>> {
    let author = actor.person()?;
    let mut tx = store.begin().await?;
    let change = changes::locked(&mut tx, number).await?;
    check_writer(actor, &change)?;
    if change.state == ChangeState::Submitted && change.author == Some(author) && change.revision == revision
    {
        return Ok(change.head.required);
    }
    check_draft(&change)?;
    if change.revision != revision {
        return Err(Error::Stale { current: change.revision.into() });
    }
    let newest = workflows::newest(&mut tx, change.kind, &change.name).await?;
    if newest.as_ref().map_or(0, |version| version.version) != change.base_version {
        return Err(Error::Refused(changes::outdated(change.newest_version)));
    }
    match change.hash {
        None => return Err(Error::Refused("fix the errors in the text before you submit it".into())),
        Some(hash) if newest.is_some_and(|version| version.hash == hash) => {
            return Err(Error::Refused("the draft is the same as the version it starts from".into()));
        }
        Some(_) => {}
    }
    if let Some(body) = &change.body {
        check_assignees(&mut tx, change.kind, body).await?;
    }
    let approvers = reading::approvers_of(&mut tx, &change).await?;
    changes::add_editor(&mut tx, change.id, author).await?;
    changes::set_submitted(&mut tx, actor, &change, author, &approvers).await?;
    let detail = json!({ "hash": change.hash, "required": approvers, "title": change.title });
    changes::log(&mut tx, actor, "change.submit", number, detail).await?;
    tx.commit().await?;
    Ok(approvers)
}

/// Discards a draft or withdraws a submitted change. A reason becomes a comment; someone else's change needs one. Repeating the
/// call changes nothing.
///
/// # Errors
/// Returns [`Error::Refused`] if the change is closed, the actor does not have permission to edit it, or the reason is missing.
pub async fn withdraw(store: &Store, actor: &Actor, number: i64, reason: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    let change = changes::locked_head(&mut tx, number).await?;
    check_writer(actor, &change)?;
    if change.state == ChangeState::Withdrawn {
        return Ok(());
    }
    if !matches!(change.state, ChangeState::Draft | ChangeState::Submitted) {
        return Err(Error::Refused("this change is already closed".into()));
    }
    let (person, reason) = (actor.person()?, reason.trim());
    if reason.is_empty() && change.author.is_some_and(|author| author != person) {
        return Err(Error::Refused("give a reason: this change is someone else's".into()));
    }
    if !reason.is_empty() {
        let verdict = ReviewVerdict::Comment;
        let review = NewReview { person, verdict, role: None, seen: None, live: &[], comment: reason };
        changes::insert_review(&mut tx, actor, &change, review).await?;
    }
    close_withdrawn(&mut tx, actor, &change, reason).await?;
    tx.commit().await?;
    Ok(())
}

/// Closes an open change as withdrawn.
pub(super) async fn close_withdrawn(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &ChangeHead,
    reason: &str,
) -> Result<()> {
    changes::close(connection, actor, change, ChangeState::Withdrawn).await?;
    let detail = json!({ "was": change.state.to_string(), "reason": reason });
    changes::log(connection, actor, "change.withdraw", change.number, detail).await
}

/// Locks and returns a draft that the actor may edit.
pub(super) async fn writable_draft(
    connection: &mut PgConnection,
    actor: &Actor,
    number: i64,
) -> Result<Change> {
    let change = changes::locked(connection, number).await?;
    check_writer(actor, &change)?;
    check_draft(&change)?;
    Ok(change)
}

fn check_draft(change: &ChangeHead) -> Result<()> {
    if change.state == ChangeState::Draft {
        return Ok(());
    }
    Err(Error::Refused("this change is no longer a draft: what was submitted cannot be changed".into()))
}
