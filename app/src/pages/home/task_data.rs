//! Loads the tasks that need more than a list: approvals with their impact, the viewer's own changes, and what is held.

use chrono::TimeDelta;
use engine::change::Kind;
use engine::ids::PersonId;
use service::change::ChangeImpact;
use service::run::ensure_impact;
use store::Store;
use store::actor::Role;
use store::changes::{self, ChangeScope, ChangeState, ListedChange, ReviewVerdict};
use store::layers;
use store::reads::keyset::{Cursor, Order};
use store::runs::RunState;
use store::settings::Organisation;
use store::sync::{DestinationRecord, OutboxCount};

use super::load::ROWS;
use crate::error::Result;
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::kinds;

/// Age at which a change that was sent back no longer counts as a task.
const SENT_BACK: TimeDelta = TimeDelta::days(14);

/// A change that the viewer can approve.
pub struct Approval {
    /// The change in the list of changes.
    pub change: ListedChange,
    /// The author's reason.
    pub why: String,
    /// The projected impact, if it is known.
    pub impact: ImpactFigures,
}

/// The projected impact of a change.
pub enum ImpactFigures {
    /// No live workflow would use the change, or its impact cannot be computed.
    None,
    /// A run is computing it.
    Computing,
    /// It is known.
    Known(ChangeImpact),
}

/// Loads the changes that the viewer can approve, with their impact.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn approvals(store: &Store, person: PersonId, roles: &[Role]) -> Result<Vec<Approval>> {
    let waiting = ChangeScope::WaitingFor(person, roles.to_vec()).into();
    let listed = changes::list(store, &waiting, Order::Newest, Cursor::Start, ROWS).await?.rows;
    let mut approvals = Vec::with_capacity(listed.len());
    for change in listed {
        let head = {
            let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
            changes::head_by_number(&mut connection, change.number).await?
        };
        let run = ensure_impact(store, &head).await?;
        let impact = match run {
            None => ImpactFigures::None,
            Some(run) => {
                let is_over = run.state().is_ok_and(RunState::is_over);
                let known = run.result.and_then(|result| serde_json::from_value(result).ok());
                match known {
                    Some(impact) => ImpactFigures::Known(impact),
                    None if is_over => ImpactFigures::None,
                    None => ImpactFigures::Computing,
                }
            }
        };
        approvals.push(Approval { change, why: head.why, impact });
    }
    Ok(approvals)
}

/// A change of the viewer that needs them.
pub struct OwnChange {
    /// The change in the list of changes.
    pub change: ListedChange,
    /// The reviewer and the comment, if it was sent back.
    pub sent_back: Option<(String, String)>,
}

/// Loads the viewer's open drafts, and their changes that were sent back recently and not begun again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn own_changes(here: &PageContext, person: PersonId) -> Result<Vec<OwnChange>> {
    let store = &here.request.store;
    let listed =
        changes::list(store, &ChangeScope::By(person).into(), Order::Newest, Cursor::Start, 4 * ROWS)
            .await?
            .rows;
    let mut own: Vec<OwnChange> = Vec::new();
    let mut newer: Vec<(String, String)> = Vec::new();
    for change in listed {
        let about = (change.kind.clone(), change.name.clone());
        let sent_back = match change.state.parse() {
            Ok(ChangeState::Draft) => None,
            Ok(ChangeState::Returned)
                if here.clock.now - change.at < SENT_BACK && !newer.contains(&about) =>
            {
                Some(returned(store, change.number).await?)
            }
            _ => {
                newer.push(about);
                continue;
            }
        };
        newer.push(about);
        own.push(OwnChange { change, sent_back });
        if own.len() == ROWS {
            break;
        }
    }
    Ok(own)
}

/// Returns who sent a change back, and their comment.
async fn returned(store: &Store, number: i64) -> Result<(String, String)> {
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    let change = changes::head_by_number(&mut connection, number).await?;
    let reviews = changes::reviews(&mut connection, change.id).await?;
    let last = reviews.into_iter().rfind(|review| review.verdict == ReviewVerdict::Return);
    Ok(last.map(|review| (review.name, review.comment)).unwrap_or_default())
}

/// A paused destination and the actions that it holds back.
pub struct Held {
    /// The destination's name.
    pub name: String,
    /// The reason for the pause.
    pub reason: String,
    /// Number of actions that wait.
    pub waiting: i64,
}

/// Returns the paused destinations.
pub fn held(destinations: &[DestinationRecord], counts: &[OutboxCount]) -> Vec<Held> {
    let waiting = |id| counts.iter().find(|count| count.destination_id == id).map_or(0, |count| count.ready);
    let held = |record: &DestinationRecord| {
        let reason = record.paused_reason.clone()?;
        Some(Held { name: record.name.clone(), reason, waiting: waiting(record.id().0) })
    };
    destinations.iter().filter_map(held).collect()
}

/// The state of the installation, for administrators.
pub struct Installation {
    /// Whether a mail server is configured.
    pub has_mail: bool,
    /// Whether the public address is configured.
    pub has_address: bool,
    /// Fingerprint of the master key.
    pub key: String,
    /// Whether the organisation has a name.
    pub has_name: bool,
    /// Number of layers without an owner.
    pub ownerless: usize,
    /// The login of the server, if it could change the log.
    pub owner_login: Option<String>,
}

/// Loads the state of the installation.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn installation(here: &PageContext) -> Result<Installation> {
    let store = &here.request.store;
    let (owners, organisation, owner_login) =
        tokio::try_join!(layers::owners(store), store::settings::organisation(store), store.owner_login())?;
    let Organisation { name, .. } = organisation;
    Ok(Installation {
        has_mail: here.request.post.is_some(),
        has_address: here.request.public_url.is_some(),
        key: store.keyring().fingerprint(),
        has_name: !name.is_empty(),
        ownerless: owners.iter().filter(|owner| owner.is_none()).count(),
        owner_login,
    })
}

/// Returns what a change is about: the title of the kind and of the object.
pub fn about(change: &ListedChange) -> String {
    match change.kind.parse::<Kind>() {
        Ok(kind) => {
            texts().changes_kind_of(kinds::title(kind), crate::ui::titles::version(kind, &change.name))
        }
        Err(_) => crate::ui::words::sentence(&change.name),
    }
}
