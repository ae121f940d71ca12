//! Brings outdated changes up to date: merges them with the version that was approved after they were started.

use std::collections::BTreeMap;

use engine::change::{self, MergeConflict, MergeSide, Merged};
use serde_json::json;
use sqlx::PgConnection;
use store::actor::Actor;
use store::changes::{self, Change, ChangeHead, ChangeState, NewDraft};
use store::workflows::{self, Version};
use store::{Error, Result, Store};

use super::policy::check_writer;
use super::reading::text_of;
use super::write::{close_withdrawn, insert, writable_draft};

/// What bringing a change up to date comes to.
#[derive(Clone, Debug)]
pub struct MergePreview {
    /// The newest version, which the change would start from.
    pub version: u32,
    /// The parts that both the change and the newest version changed.
    pub conflicts: Vec<MergeConflict>,
}

/// Returns what bringing an outdated change up to date comes to. Returns `None` if the change is not outdated, or its text cannot
/// be read.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn preview_merge(store: &Store, change: &Change) -> Result<Option<MergePreview>> {
    if !change.is_outdated() {
        return Ok(None);
    }
    let mut connection = store.pool().acquire().await?;
    let merge = Merge::load(&mut connection, change).await?;
    Ok(merge.map(|merge| {
        let conflicts = merge.with(&BTreeMap::new()).conflicts;
        MergePreview { version: merge.newest.version, conflicts }
    }))
}

/// Merges an outdated draft with the newest version and returns its new revision. `version` is the one that the person saw, and
/// `choices` has a side for each conflict, in the order of [`preview_merge`].
///
/// # Errors
/// Returns [`Error::Stale`] if another person saved the draft in the meantime, and [`Error::Refused`] if yet another version was
/// approved, a choice is missing, the text cannot be read, or the actor does not have permission to edit the draft.
pub async fn bring_up_to_date(
    store: &Store,
    actor: &Actor,
    number: i64,
    revision: i32,
    version: u32,
    choices: &[MergeSide],
) -> Result<i32> {
    let mut tx = store.begin().await?;
    let change = writable_draft(&mut tx, actor, number).await?;
    if !change.is_outdated() {
        return Ok(change.revision);
    }
    if change.revision != revision {
        return Err(Error::Stale { current: change.revision.into() });
    }
    let merge = Merge::load(&mut tx, &change).await?;
    let merge = merge.ok_or_else(|| Error::Refused("fix the errors in the text first".into()))?;
    if merge.newest.version != version {
        let newest = merge.newest.version;
        return Err(Error::Refused(format!(
            "version {newest} was approved in the meantime. Look at the conflicts again"
        )));
    }
    let conflicts = merge.with(&BTreeMap::new()).conflicts;
    if conflicts.len() > choices.len() {
        return Err(Error::Refused("choose a version for each conflict".into()));
    }
    let keys = conflicts.into_iter().map(|conflict| conflict.key);
    let choices = keys.zip(choices.iter().copied()).collect();
    let revision = merge.save(&mut tx, actor, &change, &choices).await?;
    changes::add_editor(&mut tx, change.id, actor.person()?).await?;
    tx.commit().await?;
    Ok(revision)
}

/// A draft that was started from another change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartedOver {
    /// The number of the draft.
    pub number: i64,
    /// Whether the draft is up to date. It is not if there are conflicts, or its text cannot be read.
    pub is_up_to_date: bool,
}

/// Starts a draft from a returned or withdrawn change, or from a submitted one that is outdated, which is withdrawn. The draft keeps
/// text, title, reason and discussion, and is merged with the newest version unless there are conflicts.
///
/// # Errors
/// Returns [`Error::Refused`] if the change is not closed, the actor does not have permission to withdraw it, or the person has too
/// many drafts.
pub async fn start_over(store: &Store, actor: &Actor, number: i64) -> Result<StartedOver> {
    let mut tx = store.begin().await?;
    let change = changes::locked(&mut tx, number).await?;
    match change.state {
        ChangeState::Returned | ChangeState::Withdrawn => {}
        ChangeState::Submitted if change.is_outdated() => {
            check_writer(actor, &change)?;
            let reason = format!("Updated to version {}", change.newest_version);
            close_withdrawn(&mut tx, actor, &change, &reason).await?;
        }
        ChangeState::Draft | ChangeState::Submitted => {
            return Err(Error::Refused("this change is still open".into()));
        }
        ChangeState::Approved => return Err(Error::Refused("this change has already been approved".into())),
    }
    let draft = NewDraft {
        kind: change.kind,
        name: &change.name,
        base: change.base_version,
        source: &change.source,
        body: change.body.as_ref(),
        author: Some(actor.person()?),
        title: &change.title,
        why: &change.why,
        started_from: Some(change.id),
    };
    let started = insert(&mut tx, actor, draft).await?;
    let draft = changes::by_number(&mut tx, started).await?;
    let mut is_up_to_date = !draft.is_outdated();
    if !is_up_to_date
        && let Some(merge) = Merge::load(&mut tx, &draft).await?
        && merge.with(&BTreeMap::new()).conflicts.is_empty()
    {
        merge.save(&mut tx, actor, &draft, &BTreeMap::new()).await?;
        is_up_to_date = true;
    }
    tx.commit().await?;
    Ok(StartedOver { number: started, is_up_to_date })
}

/// An outdated change, the version that it started from, and the newest one.
struct Merge<'a> {
    change: &'a Change,
    ours: &'a serde_json::Value,
    base: Option<Version>,
    newest: Version,
}

impl<'a> Merge<'a> {
    /// Returns `None` if the text of the change cannot be read, or nothing was approved.
    async fn load(connection: &mut PgConnection, change: &'a Change) -> Result<Option<Self>> {
        let Some(ours) = &change.body else { return Ok(None) };
        let Some(newest) = workflows::newest(connection, change.kind, &change.name).await? else {
            return Ok(None);
        };
        let base = match change.base_version {
            0 => None,
            version => Some(workflows::version(connection, change.kind, &change.name, version).await?),
        };
        Ok(Some(Self { change, ours, base, newest }))
    }

    fn with(&self, choices: &BTreeMap<String, MergeSide>) -> Merged {
        let base = self.base.as_ref().map(|base| &base.body);
        change::merge(self.change.kind, base, self.ours, &self.newest.body, choices)
    }

    /// Saves the merged content in the draft and returns its new revision.
    async fn save(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        draft: &Change,
        choices: &BTreeMap<String, MergeSide>,
    ) -> Result<i32> {
        let ChangeHead { kind, name, .. } = &self.change.head;
        let body = self.with(choices).body;
        let base = self.base.as_ref().map(text_of).transpose()?.unwrap_or_default();
        let newest = text_of(&self.newest)?;
        let texts = [base.as_str(), &self.change.source, &newest];
        let text = change::merged_text(*kind, name, texts, &body)
            .map_err(|problem| Error::Corrupt(problem.to_string()))?;
        // Entries that two people wrote differently can be the same entry, which reading the text finds.
        let body = change::read(*kind, name, &text, &[]).body;
        let hash =
            changes::rebase(connection, actor, draft, self.newest.version, &text, body.as_ref()).await?;
        let detail =
            json!({ "base_version": self.newest.version, "revision": draft.revision + 1, "hash": hash });
        changes::log(connection, actor, "change.update", draft.number, detail).await?;
        Ok(draft.revision + 1)
    }
}
