//! Drafts of changes.

use engine::change::Kind;
use engine::change::kinds::TextFormat;
use leptos::prelude::*;
use store::Store;
use store::changes::{self, Change, ChangeState, DraftEdit};
use store::workflows;

use super::{change_path, kind_named, refused};
use crate::actions::{LocalPath, REPEATED, actor, actor_once, allowed, back_to, lead_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::ui::number;

/// The maximum length of a title in characters, which the database enforces.
const TITLE_CHARS: usize = 200;
/// The maximum length of a reason in characters, which the database enforces.
const WHY_CHARS: usize = 5_000;

/// Starts a draft from the newest version, from an earlier one (which restores it), from another change, or from scratch.
///
/// # Errors
/// Returns an error if the kind, the version or the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "start-change")]
pub async fn start_change(
    /// What it changes.
    kind: String,
    /// Its name.
    name: String,
    /// The version to start from; the newest when absent.
    version: Option<u32>,
    /// The change to start from.
    change: Option<i64>,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<StartChange>()?;
    let (kind, name) = (kind_named(&kind)?, name.trim().to_owned());
    let page = kind.spec().path;
    let text = match beginning(&request.store, kind, &name, version, change).await? {
        Some(text) => text,
        None => {
            if let Some(problem) = kind.spec().name_problem(&name) {
                let flash = Flash::new("Nothing was begun.").error("name", problem).value("name", name);
                return lead_to_with(&back_to(None, page), &flash);
            }
            (kind.spec().template)(&name)
        }
    };
    let reading = service::change::read(&request.store, kind, &name, &text).await?;
    let begun = service::change::start(
        &request.store,
        &actor_once(&request, &form)?,
        kind,
        &name,
        &text,
        reading.draft.body.as_ref(),
    )
    .await;
    match begun {
        Ok(number) => lead_to(&change_path(number)),
        Err(store::Error::Repeated) => {
            lead_to_with(&back_to(None, "/changes?show=mine"), &Flash::new(REPEATED))
        }
        Err(store::Error::Refused(why)) => {
            let message = Error::from(store::Error::Refused(why)).to_string();
            lead_to_with(&back_to(None, page), &Flash::new(message))
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the initial text of a draft, or `None` if nothing with that name exists yet.
async fn beginning(
    store: &Store,
    kind: Kind,
    name: &str,
    version: Option<u32>,
    change: Option<i64>,
) -> Result<Option<String>> {
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    if let Some(number) = change {
        let change = changes::by_number(&mut connection, number).await?;
        return Ok((change.kind == kind && change.name == name).then_some(change.source));
    }
    let found = match version {
        Some(number) => Some(workflows::version(&mut connection, kind, name, number).await?),
        None => workflows::newest(&mut connection, kind, name).await?,
    };
    Ok(found.map(|version| service::change::text_of(&version)).transpose()?)
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
    let then: Then = then.parse().map_err(|_| Error::NotFound { what: "way to save".into() })?;
    let change = find(&request.store, number).await?;
    // Browsers send line ends as CRLF.
    let source = if keep_source { change.source.clone() } else { source.replace("\r\n", "\n") };
    let reading = service::change::read(&request.store, change.kind, &change.name, &source).await?;
    let title: String = title.trim().chars().take(TITLE_CHARS).collect();
    let why: String = why.trim().replace("\r\n", "\n").chars().take(WHY_CHARS).collect();
    let edit =
        DraftEdit { revision, title: &title, why: &why, source: &source, body: reading.draft.body.as_ref() };
    let revision = match service::change::save(&request.store, &actor(&request)?, number, edit).await {
        Ok(revision) => revision,
        Err(store::Error::Stale { .. }) => {
            let (page, flash) = kept_apart(&request, &change, &title, &why, &source).await?;
            return lead_to_with(&page, &flash);
        }
        Err(store::Error::Refused(why_not)) => {
            let (page, flash) = overtaken(&request, number, &title, &why, &source, why_not).await?;
            return lead_to_with(&page, &flash);
        }
        Err(error) => return Err(error.into()),
    };
    let problems = reading.draft.marks.len();
    if then == Then::Save {
        let said = match problems {
            0 => "Saved; nothing is wrong with it.".to_owned(),
            1 => "Saved. One thing is wrong.".to_owned(),
            many => format!("Saved. {many} things are wrong."),
        };
        return lead_to_with(&change_path(number), &Flash::new(said));
    }
    if title.is_empty() {
        let flash = Flash::new("Saved, and not submitted yet.")
            .error("title", "Say in a line what the change does: it is what people sign.");
        return lead_to_with(&change_path(number), &flash);
    }
    if !reading.draft.is_ready(change.kind) {
        let flash = Flash::new("Saved, and not submitted: something in the text is wrong.");
        return lead_to_with(&change_path(number), &flash);
    }
    match service::change::submit(&request.store, &actor(&request)?, number, revision).await {
        Ok(approvers) => {
            let roles: Vec<&str> = approvers.iter().map(|role| role.title()).collect();
            let said = format!("Submitted. It waits for {} to approve.", roles.join(" and "));
            lead_to_with(&change_path(number), &Flash::new(said))
        }
        Err(error) => refused(number, Flash::default(), error),
    }
}

/// Handles a save of a draft that was submitted or withdrawn in the meantime. Keeps the text in a separate draft, so no work is
/// lost.
async fn overtaken(
    request: &Request,
    number: i64,
    title: &str,
    why: &str,
    source: &str,
    why_not: String,
) -> Result<(LocalPath, Flash)> {
    let change = find(&request.store, number).await?;
    let is_ours = service::change::may_write(&actor(request)?, &change);
    match change.state {
        ChangeState::Draft => Err(Error::from(store::Error::Refused(why_not))),
        // The same form, sent twice.
        ChangeState::Submitted if is_ours && change.has_text(title, why, source) => {
            Ok((change_path(number), Flash::new(REPEATED)))
        }
        _ if is_ours => kept_apart(request, &change, title, why, source).await,
        _ => Err(Error::from(store::Error::Refused(why_not))),
    }
}

/// Keeps the later of two concurrent edits as a separate draft.
async fn kept_apart(
    request: &Request,
    change: &Change,
    title: &str,
    why: &str,
    source: &str,
) -> Result<(LocalPath, Flash)> {
    let actor = actor(request)?;
    let reading = service::change::read(&request.store, change.kind, &change.name, source).await?;
    let body = reading.draft.body.as_ref();
    let number =
        service::change::start(&request.store, &actor, change.kind, &change.name, source, body).await?;
    service::change::save(
        &request.store,
        &actor,
        number,
        DraftEdit { revision: 1, title, why, source, body },
    )
    .await?;
    let said = format!(
        "Somebody saved or submitted draft #{} meanwhile. What you wrote is kept here as a draft of its own; compare the two and discard one.",
        change.number
    );
    Ok((change_path(number), Flash::new(said)))
}

/// Discards a draft, or withdraws a submitted change.
///
/// # Errors
/// Returns an error if the change does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "withdraw-change")]
pub async fn withdraw_change(
    /// The change's number.
    number: i64,
) -> Result<(), Error> {
    let request = allowed::<WithdrawChange>()?;
    match service::change::withdraw(&request.store, &actor(&request)?, number).await {
        Ok(()) => lead_to_with(&change_path(number), &Flash::new("Taken back. Its text stays here.")),
        Err(error) => refused(number, Flash::default(), error),
    }
}

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
        return Err(Error::Invalid { message: "A file is taken for the draft of a list only.".into() });
    }
    Ok(change)
}

/// Replaces the text of a draft with the content of a file. The draft's page then shows the differences. `revision` is the one
/// that the person saw.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn take_file(
    request: &Request,
    change: &Change,
    revision: i32,
    bytes: &[u8],
) -> Result<(LocalPath, Flash)> {
    let page = change_path(change.number);
    let Ok(text) = std::str::from_utf8(bytes) else {
        let said = "The file was not taken: it is not text in UTF-8. Save it as CSV UTF-8 and try again.";
        return Ok((page, Flash::new(said)));
    };
    let source = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let reading = service::change::read(&request.store, change.kind, &change.name, &source).await?;
    let (title, why) = (&*change.title, &*change.why);
    let edit = DraftEdit { revision, title, why, source: &source, body: reading.draft.body.as_ref() };
    match service::change::save(&request.store, &actor(request)?, change.number, edit).await {
        Ok(_) => {
            let changed = reading.comparison.differences.len() as i64;
            let said = format!(
                "The file was read. It changes {}; look at them below before you submit it.",
                number::plural(changed, "entry", "entries")
            );
            Ok((page, Flash::new(said)))
        }
        Err(store::Error::Stale { .. }) => kept_apart(request, change, title, why, &source).await,
        Err(store::Error::Refused(why_not)) => {
            overtaken(request, change.number, title, why, &source, why_not).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn find(store: &Store, number: i64) -> Result<Change> {
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    Ok(changes::by_number(&mut connection, number).await?)
}
