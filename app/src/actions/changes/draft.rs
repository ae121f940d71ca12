//! Drafts of changes.

use engine::change::Kind;
use leptos::prelude::*;
use store::Store;
use store::changes::{self, Change, ChangeHead, ChangeState, DraftEdit};
use store::workflows;

use super::{change_path, kind_named, refused};
use crate::actions::{
    LocalPath, REPEATED, actor, actor_once, allowed, back_to, expected_bytes, in_slot, lead_to, lead_to_with,
};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::{number, roles, series};

/// The maximum length of a title in characters, which the database enforces.
const TITLE_CHARS: usize = 200;
/// The maximum length of a reason in characters, which the database enforces.
const WHY_CHARS: usize = 5_000;

/// Starts a draft from the newest version, from an earlier one (which restores it), or from scratch. Opens the viewer's own draft
/// if there is one, except to restore a version.
///
/// # Errors
/// Returns an error if the kind or the version does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "start-change")]
pub async fn start_change(
    /// What it changes.
    kind: String,
    /// Its name.
    name: String,
    /// The version to start from; the newest when absent.
    version: Option<u32>,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<StartChange>()?;
    let (kind, name) = (kind_named(&kind)?, name.trim().to_owned());
    let page = kind.spec().path;
    if version.is_none()
        && let Some(number) = open_draft(&request, kind, &name).await?
    {
        return lead_to_with(&change_path(number), &Flash::new(texts().changes_draft_opened()));
    }
    let text = match beginning(&request, kind, &name, version).await? {
        Some(text) => text,
        None => {
            if let Some(problem) = kind.spec().name_problem(&name) {
                let flash =
                    Flash::problem(texts().changes_not_created()).error("name", problem).value("name", name);
                return lead_to_with(&back_to(None, page), &flash);
            }
            (kind.spec().template)(&name)
        }
    };
    match begin(&request, &form, kind, &name, text).await? {
        Ok(number) => lead_to(&change_path(number)),
        Err(store::Error::Repeated) => {
            lead_to_with(&back_to(None, "/changes?show=mine"), &Flash::new(REPEATED))
        }
        Err(store::Error::Refused(why)) => {
            let message = Error::from(store::Error::Refused(why)).to_string();
            lead_to_with(&back_to(None, page), &Flash::problem(message))
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the number of the viewer's own draft of a name, if there is one.
async fn open_draft(request: &Request, kind: Kind, name: &str) -> Result<Option<i64>> {
    let author = actor(request)?.person()?;
    let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
    Ok(changes::open_draft(&mut connection, author, kind, name).await?)
}

async fn begin(
    request: &Request,
    form: &str,
    kind: Kind,
    name: &str,
    text: String,
) -> Result<store::Result<i64>> {
    let (actor, name) = (actor_once(request, form)?, name.to_owned());
    in_slot(request, text.len(), async move |request| {
        let reading = service::change::read(&request.store, kind, &name, &text).await?;
        service::change::start(&request.store, &actor, kind, &name, &text, reading.draft.body.as_ref()).await
    })
    .await
}

/// Returns the viewer's own draft of a name, or starts one from the newest version. Returns the reason if it cannot be started.
pub(super) async fn start_from_newest(
    request: &Request,
    kind: Kind,
    name: &str,
) -> Result<std::result::Result<i64, String>> {
    if let Some(number) = open_draft(request, kind, name).await? {
        return Ok(Ok(number));
    }
    let not_found = || Error::NotFound { what: kind.into() };
    let text = beginning(request, kind, name, None).await?.ok_or_else(not_found)?;
    match begin(request, "", kind, name, text).await? {
        Ok(number) => Ok(Ok(number)),
        Err(error @ store::Error::Refused(_)) => Ok(Err(Error::from(error).to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Returns the initial text of a draft, or `None` if nothing with that name exists yet.
async fn beginning(
    request: &Request,
    kind: Kind,
    name: &str,
    version: Option<u32>,
) -> Result<Option<String>> {
    let name = name.to_owned();
    let text = in_slot(request, expected_bytes(kind), async move |request| {
        let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
        let found = match version {
            Some(number) => Some(workflows::version(&mut connection, kind, &name, number).await?),
            None => workflows::newest(&mut connection, kind, &name).await?,
        };
        found.map(|version| service::change::text_of(&version)).transpose()
    });
    Ok(text.await??)
}

/// The step after a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
enum Then {
    Save,
    Submit,
}

/// Saves a draft and, if requested and valid, submits it for approval.
///
/// If another person saved the draft in the meantime, the text becomes a separate draft, so no work is lost.
///
/// # Errors
/// Returns an error if the draft does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "save-change")]
pub async fn save_change(
    /// The change's number.
    number: i64,
    /// The revision that the writer saw.
    revision: i32,
    /// What it does, in a line.
    #[server(default)]
    title: String,
    /// Why.
    #[server(default)]
    why: String,
    /// The text.
    #[server(default)]
    source: String,
    /// The text stays as it is: it is too long to be edited in a form.
    #[server(default)]
    keep_source: bool,
    /// `save` or `submit`.
    then: String,
) -> Result<(), Error> {
    let request = allowed::<SaveChange>()?;
    let then: Then = then.parse().map_err(|_| Error::NotFound { what: Missing::Action })?;
    let head = find(&request.store, number).await?;
    let title: String = title.trim().chars().take(TITLE_CHARS).collect();
    let why: String = why.trim().replace("\r\n", "\n").chars().take(WHY_CHARS).collect();
    let has_title = !title.is_empty();
    // Browsers send line ends as CRLF.
    let source = (!keep_source).then(|| source.replace("\r\n", "\n"));
    let bytes = source.as_ref().map_or(head.source_bytes, String::len);
    let form = DraftForm { revision, title, why, source };
    let saved = in_slot(&request, bytes, async move |request| form.save(&request, number).await);
    let SavedDraft { revision, problems, is_ready } = match saved.await?? {
        Ok(saved) => saved,
        Err((page, flash)) => return lead_to_with(&page, &flash),
    };
    let shown = number::count(problems as i64);
    if then == Then::Save {
        let flash = match problems {
            0 => Flash::new(texts().changes_draft_saved()),
            _ if is_ready => Flash::new(texts().changes_saved_skipped(problems, shown)),
            _ => Flash::problem(texts().changes_saved_errors(problems, shown)),
        };
        return lead_to_with(&change_path(number), &flash);
    }
    if !has_title {
        let flash =
            Flash::problem(texts().changes_no_summary()).error("title", texts().changes_summary_missing());
        return lead_to_with(&change_path(number), &flash);
    }
    if !is_ready {
        let flash = Flash::problem(texts().changes_not_submitted(problems, shown));
        return lead_to_with(&change_path(number), &flash);
    }
    let actor = actor(&request)?;
    let submitted = in_slot(&request, bytes, async move |request| {
        service::change::submit(&request.store, &actor, number, revision).await
    });
    match submitted.await? {
        Ok(approvers) => {
            let roles: Vec<String> = approvers.iter().map(roles::title).collect();
            let said = texts().changes_now_submitted(series::all_of(&roles));
            lead_to_with(&change_path(number), &Flash::new(said))
        }
        Err(error) => refused(number, Flash::default(), error),
    }
}

/// A draft as a form sends it.
struct DraftForm {
    revision: i32,
    title: String,
    why: String,
    /// The text; `None` to keep it.
    source: Option<String>,
}

/// The result of saving a draft.
struct SavedDraft {
    revision: i32,
    /// The number of problems in the text.
    problems: usize,
    is_ready: bool,
}

impl DraftForm {
    /// Saves the draft. Returns where the text was kept instead, if someone else saved or closed the draft in the meantime.
    async fn save(
        &self,
        request: &Request,
        number: i64,
    ) -> Result<std::result::Result<SavedDraft, (LocalPath, Flash)>> {
        let change = find_whole(&request.store, number).await?;
        let source = self.source.as_ref().unwrap_or(&change.source);
        let reading = service::change::read(&request.store, change.kind, &change.name, source).await?;
        let edit = DraftEdit {
            revision: self.revision,
            title: &self.title,
            why: &self.why,
            source,
            body: reading.draft.body.as_ref(),
        };
        match service::change::save(&request.store, &actor(request)?, number, edit).await {
            Ok(revision) => Ok(Ok(SavedDraft {
                revision,
                problems: reading.draft.marks.len(),
                is_ready: reading.draft.is_ready(change.kind),
            })),
            Err(store::Error::Stale { .. }) => keep_apart(request, &change, edit).await.map(Err),
            Err(store::Error::Refused(why_not)) => overtaken(request, number, edit, why_not).await.map(Err),
            Err(error) => Err(error.into()),
        }
    }
}

/// Handles a save of a draft that was submitted or withdrawn in the meantime. Keeps the text in a separate draft, so no work is
/// lost.
async fn overtaken(
    request: &Request,
    number: i64,
    edit: DraftEdit<'_>,
    why_not: String,
) -> Result<(LocalPath, Flash)> {
    let change = find_whole(&request.store, number).await?;
    let is_ours = service::change::may_write(&actor(request)?, &change);
    match change.state {
        ChangeState::Draft => Err(Error::from(store::Error::Refused(why_not))),
        // The same form, sent twice.
        ChangeState::Submitted if is_ours && change.has_text(edit.title, edit.why, edit.source) => {
            Ok((change_path(number), Flash::new(REPEATED)))
        }
        _ if is_ours => keep_apart(request, &change, edit).await,
        _ => Err(Error::from(store::Error::Refused(why_not))),
    }
}

/// Keeps the later of two concurrent edits as a separate draft.
pub(super) async fn keep_apart(
    request: &Request,
    change: &ChangeHead,
    edit: DraftEdit<'_>,
) -> Result<(LocalPath, Flash)> {
    let actor = actor(request)?;
    let kept = service::change::keep_apart(&request.store, &actor, change, edit).await?;
    let now = find(&request.store, change.number).await?;
    let who = others(request, change).await?;
    let (number, kept_as) = (change.number.to_string(), kept.to_string());
    let said = match now.state {
        ChangeState::Draft => texts().changes_kept_saved(who, number, kept_as),
        ChangeState::Submitted => texts().changes_kept_submitted(who, number, kept_as),
        _ => texts().changes_kept_closed(who, number, kept_as),
    };
    Ok((change_path(kept), Flash::problem(said)))
}

/// Returns the name of the other person who edits a change, or a phrase if there are several or none.
async fn others(request: &Request, change: &ChangeHead) -> Result<String> {
    let me = actor(request)?.person()?;
    let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
    let editors = changes::editors(&mut connection, change.id).await?;
    let mut others = editors.into_iter().filter(|(id, _)| *id != me).map(|(_, name)| name);
    Ok(match (others.next(), others.next()) {
        (Some(name), None) => name,
        _ => texts().changes_someone_else_did(),
    })
}

/// Discards a draft, or withdraws a submitted change.
///
/// # Errors
/// Returns an error if the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "withdraw-change")]
pub async fn withdraw_change(
    /// The change's number.
    number: i64,
    /// The reason, which someone else's change needs.
    #[server(default)]
    reason: String,
) -> Result<(), Error> {
    let request = allowed::<WithdrawChange>()?;
    let actor = actor(&request)?;
    let change = find(&request.store, number).await?;
    let reason = super::review::cut(&reason);
    let is_mine = change.author.is_none_or(|author| actor.person().is_ok_and(|person| person == author));
    if reason.trim().is_empty() && !is_mine && service::change::may_write(&actor, &change) {
        let missing = match &change.author_name {
            Some(author) => texts().changes_reason_missing(author),
            None => texts().changes_reason_missing_author(),
        };
        let flash = Flash::problem(texts().changes_reason_needed()).error("reason", missing);
        return lead_to_with(&change_path(number), &flash);
    }
    match service::change::withdraw(&request.store, &actor, number, &reason).await {
        Ok(()) => {
            let said = match change.state {
                ChangeState::Draft => texts().changes_discarded(),
                _ => texts().changes_now_withdrawn(),
            };
            lead_to_with(&change_path(number), &Flash::new(said))
        }
        Err(error) => refused(number, Flash::default(), error),
    }
}

/// Returns a change without its content.
pub(super) async fn find(store: &Store, number: i64) -> Result<ChangeHead> {
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    Ok(changes::head_by_number(&mut connection, number).await?)
}

/// Returns a change with its content, which can be long.
pub(super) async fn find_whole(store: &Store, number: i64) -> Result<Change> {
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    Ok(changes::by_number(&mut connection, number).await?)
}
