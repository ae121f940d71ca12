//! Edits of lists: uploaded files, and single entries.

use engine::change::kinds::TextFormat;
use engine::change::{self, Comparison, Kind};
use leptos::prelude::*;
use service::change::{UploadMode, list_text};
use store::changes::{Change, ChangeState, DraftEdit};

use super::draft::{find, keep_apart, start_from_newest};
use super::{change_path, refused};
use crate::actions::{LocalPath, actor, allowed, back_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Result};
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
pub async fn upload_target(request: &Request, number: i64) -> Result<Change> {
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
pub async fn take_file(request: &Request, change: &Change, upload: ListUpload) -> Result<(LocalPath, Flash)> {
    let page = change_path(change.number);
    let ListUpload { revision, mode, bytes } = upload;
    // Unpacking a large workbook takes seconds, which must not delay other requests.
    let text = tokio::task::spawn_blocking(move || list_text(&bytes)).await.map_err(|_| Error::Internal)?;
    let text = match text {
        Ok(text) => text,
        Err(problem) => return Ok((page, Flash::default().error("file", problem.to_string()))),
    };
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
    let (title, why) = (&*change.title, &*change.why);
    let edit = DraftEdit { revision, title, why, source: &source, body: reading.draft.body.as_ref() };
    match service::change::save(&request.store, &actor(request)?, change.number, edit).await {
        Ok(_) => {
            let left_out = skipped.unwrap_or(reading.draft.marks.len());
            let mut said = vec![texts().changes_uploaded(counted(&reading.comparison))];
            if left_out > 0 {
                said.push(texts().changes_upload_skipped(left_out, number::count(left_out as i64)));
            }
            Ok((page, Flash::new(said.join(" "))))
        }
        Err(store::Error::Stale { .. } | store::Error::Refused(_)) => keep_apart(request, change, edit).await,
        Err(error) => Err(error.into()),
    }
}

/// Returns the numbers of entries removed and added, in words.
pub fn counted(comparison: &Comparison) -> String {
    let removed = comparison.differences.iter().filter(|one| one.after.is_none()).count() as i64;
    let added = comparison.differences.iter().filter(|one| one.before.is_none()).count() as i64;
    match (removed, added) {
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
    let add: Vec<&str> =
        add.lines().map(str::trim).filter(|entry| !entry.is_empty()).take(FORM_ENTRIES).collect();
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
        return Err(Error::NotFound { what: "draft".into() });
    }
    let edited =
        change::edit_entries(change.body.as_ref(), add.iter().copied(), remove.iter().map(String::as_str));
    let source = change::write(change.kind, &edited.body).map_err(|_| Error::Internal)?;
    let (title, why) = (&*change.title, &*change.why);
    // Single entries are added to whatever the draft says by now.
    let edit = DraftEdit { revision: change.revision, title, why, source: &source, body: Some(&edited.body) };
    if let Err(error) = service::change::save(&request.store, &actor(&request)?, number, edit).await {
        return refused(number, Flash::default(), error);
    }
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

/// Returns the entries of a list's newest version, or of a draft, as a CSV file.
///
/// # Errors
/// Returns [`Error::NotFound`] if the list does not exist, or another error if the database fails.
pub async fn list_file(request: &Request, name: &str, version: Option<u32>) -> Result<Vec<u8>> {
    let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
    let found = match version {
        Some(version) => Some(store::workflows::version(&mut connection, Kind::List, name, version).await?),
        None => store::workflows::newest(&mut connection, Kind::List, name).await?,
    };
    let found = found.ok_or_else(|| Error::NotFound { what: "list".into() })?;
    drop(connection);
    let page = format!("{}/{name}", Kind::List.spec().path);
    let detail = serde_json::json!({ "version": found.version });
    store::control::export(&request.store, &actor(request)?, &page, detail).await?;
    let text = change::write(Kind::List, &found.body).map_err(|_| Error::Internal)?;
    Ok(text.into_bytes())
}
