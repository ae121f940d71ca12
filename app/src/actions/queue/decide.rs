//! Decisions about leads in the queue.

use std::collections::BTreeMap;

use engine::action::Action;
use engine::ids::DecisionId;
use leptos::prelude::*;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;
use service::decide::verdict::{self as verdicts, NotWaitingReason, UndoResult, VerdictResult};
use store::Store;
use store::control::kill;
use store::queue::{self, Kind, QueueItem, Verdict};
use store::reads::frame::{WorkflowName, names_of};

use super::{QueueFilter, clock, decided, not_waiting_message, queue_item, taken};
use crate::actions::{actor, allowed, back_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::words;

/// The maximum length of a reason in characters: a few sentences.
pub const REASON_CHARS: usize = 500;

/// The reasons to choose from, so that reports can count them.
pub const REASONS: [&str; 5] = [
    "Outside our market",
    "Student or research",
    "Already in contact",
    "Competitor or supplier",
    "Unreachable",
];
/// The reason that needs a note.
pub const OTHER_REASON: &str = "Other";

/// What the forms of a waiting lead send.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecideForm {
    /// The lead's id.
    pub lead: String,
    /// The workflow's name.
    pub workflow: String,
    /// The decision that the person saw.
    pub decision: String,
    /// `accept`, `change` or `disqualify`.
    pub kind: String,
    /// What to do with the lead; not asked for where it is disqualified.
    #[serde(default)]
    pub action: String,
    /// Who gets it, by address.
    #[serde(default)]
    pub assignee: String,
    /// The pool whose turn it is.
    #[serde(default)]
    pub pool: String,
    /// The chosen reason, one of [`REASONS`] or [`OTHER_REASON`].
    #[serde(default)]
    pub reason: String,
    /// The person's words.
    #[serde(default)]
    pub note: String,
    /// Whether the page said that the workflow is stopped.
    #[serde(default, deserialize_with = "truth")]
    pub stopped: bool,
    /// What the page shows.
    #[serde(default)]
    pub shown: QueueFilter,
}

/// Parses a boolean that a form sends: serde passes the values of a flattened form as strings.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// Decides a lead in the queue, then redirects to the next one and claims it. A verdict that comes too late changes nothing,
/// and the form keeps its values.
///
/// # Errors
/// Returns an error if the form was tampered with, or if the database fails.
#[server(prefix = "/actions", endpoint = "decide-lead")]
pub async fn decide_lead(
    /// The form; its fields are those of the request.
    #[server(flatten)]
    form: DecideForm,
) -> Result<(), Error> {
    let request = allowed::<DecideLead>()?;
    let DecideForm { lead, workflow, decision, kind, action, assignee, pool, reason, note, stopped, shown } =
        form;
    let invalid = || Error::Invalid { message: texts().queue_no_verdict() };
    let (place, workflows) = queue_item(&request.store, &lead, &workflow).await?;
    let decision: DecisionId = decision.parse().map_err(|_| Error::NotFound { what: Missing::Decision })?;
    let kind: Kind = kind.parse().map_err(|_| invalid())?;
    let back = shown.path(Some((place.lead, &workflow)));
    let typed = Flash::new(texts().queue_not_saved())
        .value("kind", <&str>::from(kind))
        .value("action", &*action)
        .value("assignee", &*assignee)
        .value("reason", &*reason)
        .value("note", &*note);
    let action = match kind {
        Kind::Accept | Kind::Change => action.parse().ok(),
        Kind::Disqualify => Some(Action::Reject),
        Kind::GiveBack => return Err(invalid()),
    };
    let (reason, note, assignee) = (plain(&reason), plain(&note), engine::identity::plain_email(&assignee));
    let wrong = problems(kind, action, assignee.as_deref(), &reason, &note)
        .into_iter()
        .fold(typed.clone(), |flash, (field, problem)| flash.error(field, problem));
    let (Some(action), true) = (action, wrong.errors.is_empty()) else {
        // A person who sends the form is still working on the lead, so the claim is renewed.
        queue::renew(&request.store, &actor(&request)?, place).await?;
        return lead_to_with(&back, &wrong);
    };
    let parameters = suggested(&request, decision, action).await?;
    let verdict = Verdict {
        parameters,
        place,
        decision,
        seen: None,
        kind,
        action,
        assignee: assignee.filter(|_| action == Action::Assign),
        pool: Some(pool).filter(|pool| action == Action::Assign && !pool.is_empty()),
        reason: Some(whole_reason(reason, note)).filter(|reason| !reason.is_empty()),
    };
    match verdicts::decide(&request.store, &actor(&request)?, &verdict).await? {
        VerdictResult::Done => next(&request, &workflows, &shown, place, &verdict, stopped).await,
        VerdictResult::Taken(other) => {
            let message = texts().queue_not_saved_because(taken(&other, clock(&request)));
            lead_to_with(&back, &Flash { message, ..typed })
        }
        VerdictResult::Gone(why) if is_own(&request, &why, action) => {
            // The same form, sent twice: the first one counts.
            next(&request, &workflows, &shown, place, &verdict, stopped).await
        }
        VerdictResult::Gone(why) => {
            let message = texts().queue_not_saved_because(not_waiting_message(&why, clock(&request)));
            lead_to_with(&back, &Flash { message, ..typed })
        }
    }
}

/// Undoes the person's last verdict on a lead, then redirects to it.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "give-back-lead")]
pub async fn give_back_lead(
    /// The lead's id.
    lead: String,
    /// The workflow's name.
    workflow: String,
    /// What the page shows.
    #[server(default)]
    shown: QueueFilter,
    /// Where to go then, if the form is not in the queue.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<GiveBackLead>()?;
    let (place, _) = queue_item(&request.store, &lead, &workflow).await?;
    let queue = shown.path(Some((place.lead, &workflow)));
    let back = next.as_deref().map_or(queue.clone(), |next| back_to(Some(next), queue.as_str()));
    let actor = actor(&request)?;
    match verdicts::give_back(&request.store, &actor, place).await? {
        UndoResult::Done if next.is_some() => {
            lead_to_with(&back, &Flash::new(texts().queue_undone_decision()))
        }
        UndoResult::Done => {
            queue::claim(&request.store, &actor, place).await?;
            lead_to_with(&back, &Flash::new(texts().queue_undone()))
        }
        UndoResult::TooLate => lead_to_with(&back, &Flash::new(texts().queue_not_undone())),
    }
}

fn problems(
    kind: Kind,
    action: Option<Action>,
    assignee: Option<&str>,
    reason: &str,
    note: &str,
) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if action.is_none() {
        problems.push(("action", texts().queue_action_missing()));
    }
    if action == Some(Action::Assign) && assignee.is_none() {
        problems.push(("assignee", texts().queue_person_missing()));
    }
    match (kind, reason.chars().count() + note.chars().count()) {
        (Kind::Accept, _) => {}
        (_, 0) => problems.push(("reason", texts().queue_reason_missing())),
        (_, 1..=REASON_CHARS) if reason == OTHER_REASON && note.is_empty() => {
            problems.push(("reason", texts().queue_note_missing()));
        }
        (_, 1..=REASON_CHARS) => {}
        (_, count) => {
            problems.push(("reason", texts().queue_too_long(REASON_CHARS.to_string(), count.to_string())))
        }
    }
    problems
}

/// Returns the reason with its note: `Unreachable: no answer since May`. A note beside [`OTHER_REASON`] is the reason itself.
fn whole_reason(reason: String, note: String) -> String {
    match (reason.as_str(), note.as_str()) {
        (_, "") => reason,
        ("" | OTHER_REASON, _) => note,
        _ => format!("{reason}: {note}"),
    }
}

/// Trims a reason and replaces its control characters by spaces.
pub(in crate::actions) fn plain(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns whether the lead left the queue because the viewer already made the same choice.
fn is_own(request: &Request, gone: &NotWaitingReason, chosen: Action) -> bool {
    let viewer = request.viewer.as_ref().map(|viewer| viewer.id);
    matches!(gone, NotWaitingReason::Decided { person, action, .. } if Some(*person) == viewer && *action == chosen)
}

/// Returns the other parameters of an action if it matches the suggestion, for example a meeting or a stage.
pub(in crate::actions) async fn suggested(
    request: &Request,
    decision: DecisionId,
    action: Action,
) -> Result<BTreeMap<String, Json>> {
    let decision = store::log::decision(&request.store, decision).await?;
    let rules = request.bundles.readable(&decision.bundle).await?;
    let act = rules.bundle.suggestion_for(&decision);
    Ok(if act.action == action { act.parameters } else { BTreeMap::new() })
}

/// Claims the next lead and redirects to it. Claiming before the person acts ensures that two people who work through the list
/// never get the same lead. Signing out or closing the tab puts the claim back.
async fn next(
    request: &Request,
    workflows: &[WorkflowName],
    shown: &QueueFilter,
    place: QueueItem,
    verdict: &Verdict,
    stopped: bool,
) -> Result<()> {
    let store = &request.store;
    let lead = store::leads::get(store, place.lead).await?;
    let (who, _) = words::lead(
        lead.name.as_ref(),
        lead.company.as_ref(),
        lead.email.as_ref(),
        lead.external_id.as_deref(),
    );
    let to = match &verdict.assignee {
        Some(email) => names_of(store, std::slice::from_ref(email)).await?.remove(email),
        None => None,
    };
    let action = decided(verdict.action);
    let said = match to {
        Some(name) => texts().queue_decided_to(who, action, name),
        None => texts().queue_decided(who, action),
    };
    let title = workflows.iter().find(|known| known.id == place.workflow.0).map_or("", |known| &known.title);
    let state = match (stopped, is_stopped(store, place).await?) {
        (false, true) => Some(texts().queue_was_stopped(title)),
        (true, true) => Some(texts().queue_is_stopped(title)),
        (true, false) => Some(texts().queue_has_resumed(title)),
        (false, false) => None,
    };
    let said = std::iter::once(said).chain(state).collect::<Vec<_>>().join(" ");
    let filter = shown.filter(workflows, request.viewer.as_ref());
    let found = queue::claim_next(store, &actor(request)?, &filter).await?;
    let name = |place: &QueueItem| {
        workflows.iter().find(|known| known.id == place.workflow.0).map_or("", |known| known.name.as_str())
    };
    let path = shown.path(found.as_ref().map(|place| (place.lead, name(place))));
    lead_to_with(&path, &Flash::new(said))
}

/// Returns whether the workflow is stopped.
pub(in crate::actions) async fn is_stopped(store: &Store, place: QueueItem) -> Result<bool> {
    let thrown = kill::kill_switches(store).await?;
    Ok(thrown.iter().any(|switch| switch.workflow_id.is_none_or(|id| id == place.workflow.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_needs_a_reason_and_an_assignment_a_person() {
        let fields = |kind, action, assignee, reason: &str| {
            problems(kind, action, assignee, reason, "")
                .into_iter()
                .map(|(field, _)| field)
                .collect::<Vec<_>>()
        };
        assert!(fields(Kind::Accept, Some(Action::Advance), None, "").is_empty());
        assert_eq!(fields(Kind::Accept, Some(Action::Assign), None, ""), ["assignee"]);
        assert_eq!(fields(Kind::Change, None, None, ""), ["action", "reason"]);
        assert_eq!(fields(Kind::Disqualify, Some(Action::Reject), None, ""), ["reason"]);
        assert!(fields(Kind::Change, Some(Action::Assign), Some("a@b.example"), "known to us").is_empty());
        let long = "x".repeat(501);
        assert_eq!(fields(Kind::Disqualify, Some(Action::Reject), None, &long), ["reason"]);
        assert_eq!(
            fields(Kind::Disqualify, Some(Action::Reject), None, OTHER_REASON),
            ["reason"],
            "it needs a note"
        );
        assert!(
            problems(Kind::Disqualify, Some(Action::Reject), None, OTHER_REASON, "sells to us").is_empty()
        );
    }

    #[test]
    fn a_note_completes_the_reason() {
        let whole = |reason: &str, note: &str| whole_reason(reason.into(), note.into());
        assert_eq!(whole("Unreachable", "no answer since May"), "Unreachable: no answer since May");
        assert_eq!(whole("Unreachable", ""), "Unreachable");
        assert_eq!(whole(OTHER_REASON, "sells to us"), "sells to us");
        assert_eq!(whole("", "sells to us"), "sells to us");
    }
}
