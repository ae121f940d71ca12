//! Edits of lists: uploaded files, and single entries.

use engine::change::kinds::TextFormat;
use engine::change::{self, Kind};
use engine::problem::Problem;
use leptos::prelude::*;
use service::change::{UploadMode, list_text};
use store::changes::{self, ChangeHead, ChangeState, DraftEdit};
use store::workflows;

use super::draft::{find, find_whole, keep_apart, start_from_newest};
use super::{change_path, refused};
use crate::actions::{LocalPath, actor, allowed, back_to, in_slot, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::number;

/// The maximum number of entries in a form.
const FORM_ENTRIES: usize = 10_000;

/// Returns the draft of a list if the viewer can edit it. Uploads call this before they read the file.
///
/// # Errors
/// Returns [`Error::NotFound`] if the change does not exist, [`Error::Forbidden`] if the viewer cannot edit it, and
/// [`Error::Invalid`] if it is not a draft of a list.
pub async fn upload_target(request: &Request, number: i64) -> Result<ChangeHead> {
    let change = find(&request.store, number).await?;
    if !service::change::may_write(&actor(request)?, &change) {
        return Err(Error::Forbidden);
    }
    if change.kind.spec().text != TextFormat::Lines || change.state != ChangeState::Draft {
        return Err(Error::Invalid { message: texts().changes_not_a_list() });
    }
    Ok(change)
}

/// A file for the draft of a list.
pub struct ListUpload {
    /// The revision that the person saw.
    pub revision: i32,
    /// What becomes of the entries that the list has.
    pub mode: UploadMode,
    /// The content of the file.
    pub bytes: Vec<u8>,
}

/// Adds the entries of a file to a draft, or replaces them. The draft's page then shows the differences.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn take_file(
    request: &Request,
    change: &ChangeHead,
    upload: ListUpload,
) -> Result<(LocalPath, Flash)> {
    let (number, page) = (change.number, change_path(change.number));
    let taken = in_slot(request, usize::MAX, async move |request| upload.save(&request, number).await);
    let (counts, skipped) = match taken.await?? {
        UploadResult::Saved { counts, skipped } => (counts, skipped),
        UploadResult::Rejected(problem) => return Ok((page, Flash::default().error("file", problem))),
        UploadResult::KeptApart(page, flash) => return Ok((page, flash)),
    };
    let mut said = vec![texts().changes_uploaded(counted(counts))];
    if skipped > 0 {
        said.push(texts().changes_upload_skipped(skipped, number::count(skipped as i64)));
    }
    Ok((page, Flash::new(said.join(" "))))
}

/// What became of an upload.
enum UploadResult {
    /// It was saved.
    Saved {
        /// The numbers of entries added and removed.
        counts: (usize, usize),
        /// The number of lines that were skipped.
        skipped: usize,
    },
    /// The file cannot be used, for this reason.
    Rejected(String),
    /// Someone else saved or closed the draft, so the entries are in another one.
    KeptApart(LocalPath, Flash),
}

impl ListUpload {
    async fn save(self, request: &Request, number: i64) -> Result<UploadResult> {
        let Self { revision, mode, bytes } = self;
        let text = match list_text(&bytes) {
            Ok(text) => text,
            Err(problem) => return Ok(UploadResult::Rejected(problem.to_string())),
        };
        drop(bytes);
        let change = find_whole(&request.store, number).await?;
        let (source, skipped) = match mode {
            UploadMode::Replace => (text, None),
            UploadMode::Add => {
                let (list, problems) = engine::rules::ReferenceList::from_csv(text.as_bytes());
                let edited = change::edit_entries(change.body.as_ref(), list.entries(), []);
                let source = change::write(change.kind, &edited.body).map_err(|_| Error::Internal)?;
                (source, Some(edited.skipped + problems.len()))
            }
        };
        let reading = service::change::read(&request.store, change.kind, &change.name, &source).await?;
        let marks = &reading.draft.marks;
        if let (None, Some(mark)) = (&reading.draft.body, marks.first()) {
            return Ok(UploadResult::Rejected(mark.message.clone()));
        }
        let (title, why) = (&*change.title, &*change.why);
        let edit = DraftEdit { revision, title, why, source: &source, body: reading.draft.body.as_ref() };
        match service::change::save(&request.store, &actor(request)?, number, edit).await {
            Ok(_) => {
                let skipped = skipped.unwrap_or(marks.len());
                Ok(UploadResult::Saved { counts: reading.comparison.counts(), skipped })
            }
            Err(store::Error::Stale { .. } | store::Error::Refused(_)) => {
                let (page, flash) = keep_apart(request, &change, edit).await?;
                Ok(UploadResult::KeptApart(page, flash))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns the numbers of entries added and removed, in words.
pub fn counted((added, removed): (usize, usize)) -> String {
    match (removed as i64, added as i64) {
        (0, 0) => texts().changes_entries_same(),
        (0, added) => texts().changes_entries_added(number::count(added)),
        (removed, 0) => texts().changes_entries_removed(number::count(removed)),
        (removed, added) => texts().changes_entries_both(number::count(removed), number::count(added)),
    }
}

/// Adds and removes entries of a list, in the draft of this number or else in the viewer's own, which is started if necessary.
///
/// # Errors
/// Returns an error if the list or the draft does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "edit-entries")]
pub async fn edit_entries(
    /// The list's name.
    name: String,
    /// The draft.
    number: Option<i64>,
    /// Entries to add, one per line.
    #[server(default)]
    add: String,
    /// Entries to remove.
    #[server(default)]
    remove: Vec<String>,
) -> Result<(), Error> {
    let request = allowed::<EditEntries>()?;
    let (is_draft, page) = match number {
        Some(number) => (true, change_path(number)),
        None => (false, back_to(None, &format!("{}/{name}", Kind::List.spec().path))),
    };
    let add = add.lines().map(str::trim).filter(|entry| !entry.is_empty()).take(FORM_ENTRIES);
    let add: Vec<String> = add.map(str::to_owned).collect();
    if add.is_empty() && remove.is_empty() {
        let flash = Flash::default().error("add", texts().changes_entry_missing());
        return lead_to_with(&page, &flash);
    }
    let number = match number {
        Some(number) => number,
        None => match start_from_newest(&request, Kind::List, &name).await? {
            Ok(number) => number,
            Err(why) => return lead_to_with(&page, &Flash::problem(why)),
        },
    };
    let change = upload_target(&request, number).await?;
    if change.name != name {
        return Err(Error::NotFound { what: Missing::Draft });
    }
    let edited =
        in_slot(&request, usize::MAX, async move |request| edit_draft(&request, number, &add, &remove).await);
    let edited = match edited.await? {
        Ok(edited) => edited,
        Err(error) => return refused(number, Flash::default(), error),
    };
    let mut said = Vec::new();
    if edited.added > 0 {
        said.push(texts().changes_added(edited.added, number::count(edited.added as i64)));
    }
    if edited.removed > 0 {
        said.push(texts().changes_removed(edited.removed, number::count(edited.removed as i64)));
    }
    if edited.skipped > 0 {
        said.push(texts().changes_skipped(edited.skipped, number::count(edited.skipped as i64)));
    }
    if !is_draft {
        said.push(texts().changes_draft_next());
    }
    lead_to_with(&change_path(number), &Flash::new(said.join(" ")))
}

/// The numbers of entries that were added, removed and skipped.
struct EditCounts {
    added: usize,
    removed: usize,
    skipped: usize,
}

/// Edits the entries of a draft, whatever it says by now.
async fn edit_draft(
    request: &Request,
    number: i64,
    add: &[String],
    remove: &[String],
) -> store::Result<EditCounts> {
    let actor = request.actor().ok_or(store::Error::NotFound("person"))?;
    let change = changes::by_number(&mut *request.store.pool().acquire().await?, number).await?;
    let edited = change::edit_entries(
        change.body.as_ref(),
        add.iter().map(String::as_str),
        remove.iter().map(String::as_str),
    );
    let corrupt = |problem: Problem| store::Error::Corrupt(problem.to_string());
    let source = change::write(change.kind, &edited.body).map_err(corrupt)?;
    let reading = service::change::read(&request.store, change.kind, &change.name, &source).await?;
    if let (None, Some(mark)) = (&reading.draft.body, reading.draft.marks.first()) {
        return Err(store::Error::Refused(mark.message.trim_end_matches('.').to_owned()));
    }
    let (title, why) = (&*change.title, &*change.why);
    let edit = DraftEdit { revision: change.revision, title, why, source: &source, body: Some(&edited.body) };
    service::change::save(&request.store, &actor, number, edit).await?;
    Ok(EditCounts { added: edited.added, removed: edited.removed, skipped: edited.skipped })
}

/// Returns the entries of a list's newest version, or of a draft, as a CSV file.
///
/// # Errors
/// Returns [`Error::NotFound`] if the list does not exist, or another error if the database fails.
pub async fn list_file(request: &Request, name: &str, version: Option<u32>) -> Result<Vec<u8>> {
    let owned = name.to_owned();
    let file = in_slot(request, usize::MAX, async move |request| -> store::Result<(u32, String)> {
        let mut connection = request.store.pool().acquire().await?;
        let found = match version {
            Some(version) => workflows::version(&mut connection, Kind::List, &owned, version).await?,
            None => {
                let newest = workflows::newest(&mut connection, Kind::List, &owned).await?;
                newest.ok_or(store::Error::NotFound("list"))?
            }
        };
        drop(connection);
        let corrupt = |problem: Problem| store::Error::Corrupt(problem.to_string());
        Ok((found.version, change::write(Kind::List, &found.body).map_err(corrupt)?))
    });
    let (version, text) = file.await??;
    let page = format!("{}/{name}", Kind::List.spec().path);
    store::control::export(
        &request.store,
        &actor(request)?,
        &page,
        serde_json::json!({ "version": version }),
    )
    .await?;
    Ok(text.into_bytes())
}
