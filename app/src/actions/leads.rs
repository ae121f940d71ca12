//! Actions on a lead's page.

use engine::action::Action;
use engine::decision::Trigger;
use engine::ids::DecisionId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use service::decide::Reevaluation;
use service::decide::verdict::{self as verdicts, VerdictResult};
use store::queue::{Kind, Verdict};
use store::reads::frame::names_of;
use strum::VariantArray as _;
use uuid::Uuid;

use super::queue::{clock, decided, is_stopped, not_waiting_message, plain, queue_item, suggested, taken};
use super::{REPEATED, actor, actor_once, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::words;

/// Evaluates a lead again by the rules that are live now, then redirects to the new decision.
///
/// # Errors
/// Returns an error if the lead or the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "evaluate-lead")]
pub async fn evaluate_lead(
    /// The lead's id.
    lead: String,
    /// The workflow's name.
    workflow: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<EvaluateLead>()?;
    let (place, _) = queue_item(&request.store, &lead, &workflow).await?;
    let path = format!("/leads/{}", place.lead);
    let back = back_to(None, &path);
    let actor = actor_once(&request, &form)?;
    let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
    let claim = store::queue::taken(&mut connection, &actor, actor.person()?, place).await?;
    drop(connection);
    if let Some(other) = claim {
        let message = texts().lead_not_evaluated(taken(&other, clock(&request)));
        return lead_to_with(&back, &Flash::new(message));
    }
    let again = Reevaluation { lead: place.lead, workflow, trigger: Trigger::Person };
    match request.pipeline.decide_again(&actor, &again).await {
        Ok(Ok(decision)) => {
            let message = texts().lead_evaluated(words::action(decision.action));
            let decided = back_to(None, &format!("{path}?decision={}", decision.decision_id));
            lead_to_with(&decided, &Flash::new(message))
        }
        Ok(Err(why)) => {
            let message = texts().lead_not_evaluated_because(why.to_string());
            lead_to_with(&back, &Flash::new(message))
        }
        Err(store::Error::Repeated) => lead_to_with(&back, &Flash::new(REPEATED)),
        Err(error) => Err(error.into()),
    }
}

/// The maximum length of a note in characters: a few sentences.
pub const NOTE_CHARS: usize = 400;

/// Why a person changes a decision. The set is fixed, so that reasons can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ChangeReason {
    /// The lead fits, although the rules decided otherwise.
    GoodFit,
    /// Something is known about the lead that the rules did not know.
    NewInformation,
    /// The lead was assigned to the wrong person.
    WrongPerson,
    /// The company is a customer or in talks with sales.
    AlreadyCustomer,
    /// The company is outside the market.
    OutsideMarket,
    /// The person studies or does research.
    StudentOrResearch,
    /// The company competes with us or wants to sell to us.
    CompetitorOrSupplier,
    /// The person cannot be reached.
    Unreachable,
    /// The lead is not ready yet.
    BadTiming,
    /// Another reason, which the note gives.
    Other,
}

impl ChangeReason {
    /// Returns the reason as people read it, also in destinations and exports.
    pub fn words(self) -> String {
        match self {
            Self::GoodFit => texts().lead_reason_good_fit(),
            Self::NewInformation => texts().lead_reason_new_information(),
            Self::WrongPerson => texts().lead_reason_wrong_person(),
            Self::AlreadyCustomer => texts().lead_reason_already_customer(),
            Self::OutsideMarket => texts().lead_reason_outside_market(),
            Self::StudentOrResearch => texts().lead_reason_student_or_research(),
            Self::CompetitorOrSupplier => texts().lead_reason_competitor_or_supplier(),
            Self::Unreachable => texts().lead_reason_unreachable(),
            Self::BadTiming => texts().lead_reason_bad_timing(),
            Self::Other => texts().lead_reason_other(),
        }
    }
}

/// Returns all reasons as choices: value and label.
pub fn change_reasons() -> Vec<(&'static str, String)> {
    ChangeReason::VARIANTS.iter().map(|reason| (reason.into(), reason.words())).collect()
}

/// What the form that changes a decision sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeForm {
    /// The lead's id.
    pub lead: String,
    /// The workflow's name.
    pub workflow: String,
    /// The decision that the person saw.
    pub decision: String,
    /// The verdict or decision that counted when the person looked.
    pub seen: String,
    /// What to do with the lead.
    #[serde(default)]
    pub change_action: String,
    /// Who gets it, by address.
    #[serde(default)]
    pub assignee: String,
    /// Why: a [`ChangeReason`].
    #[serde(default)]
    pub change_reason: String,
    /// Anything else to say about it.
    #[serde(default)]
    pub note: String,
}

/// Changes the decision about a lead, whether it waits or not, then redirects to the lead.
///
/// # Errors
/// Returns an error if the form was tampered with, or if the database fails.
#[server(prefix = "/actions", endpoint = "change-decision")]
pub async fn change_decision(
    /// The form; its fields are those of the request.
    #[server(flatten)]
    form: ChangeForm,
) -> Result<(), Error> {
    let request = allowed::<ChangeDecision>()?;
    let ChangeForm { lead, workflow, decision, seen, change_action, assignee, change_reason, note } = form;
    let store = &request.store;
    let (place, workflows) = queue_item(store, &lead, &workflow).await?;
    let title = workflows.iter().find(|known| known.id == place.workflow.0).map_or("", |known| &known.title);
    let not_found = || Error::NotFound { what: Missing::Decision };
    let decision: DecisionId = decision.parse().map_err(|_| not_found())?;
    let seen: Uuid = seen.parse().map_err(|_| not_found())?;
    let back = back_to(None, &format!("/leads/{}?workflow={workflow}", place.lead));
    let (action, reason) = (change_action.parse::<Action>().ok(), change_reason.parse::<ChangeReason>().ok());
    let (said, to) = (plain(&note), engine::identity::plain_email(&assignee));
    let typed = Flash::new(texts().lead_not_changed())
        .value("change_action", &*change_action)
        .value("assignee", &*assignee)
        .value("change_reason", &*change_reason)
        .value("note", &*note);
    let wrong = problems(action, to.as_deref(), reason, &said)
        .into_iter()
        .fold(typed.clone(), |flash, (field, problem)| flash.error(field, problem));
    let (Some(action), Some(reason), true) = (action, reason, wrong.errors.is_empty()) else {
        return lead_to_with(&back, &wrong);
    };
    let assignee = to.filter(|_| action == Action::Assign);
    let verdict = Verdict {
        place,
        decision,
        seen: Some(seen),
        kind: if action == Action::Reject { Kind::Disqualify } else { Kind::Change },
        action,
        parameters: suggested(&request, decision, action).await?,
        assignee: assignee.clone(),
        pool: None,
        reason: Some(sentence(reason, &said)),
    };
    match verdicts::decide(store, &actor(&request)?, &verdict).await {
        Ok(VerdictResult::Done) => {
            let name = match &assignee {
                Some(email) => names_of(store, std::slice::from_ref(email)).await?.remove(email),
                None => None,
            };
            let mut said = match name {
                Some(name) => texts().lead_changed_to(decided(action), name),
                None => texts().lead_changed(decided(action)),
            };
            if is_stopped(store, place).await? {
                said = format!("{said} {}", texts().lead_changed_stopped(title));
            }
            lead_to_with(&back, &Flash::new(said))
        }
        Ok(VerdictResult::Taken(other)) => {
            let message = texts().lead_not_changed_because(taken(&other, clock(&request)));
            lead_to_with(&back, &Flash { message, ..typed })
        }
        Ok(VerdictResult::Gone(why)) => {
            let message = texts().lead_not_changed_because(not_waiting_message(&why, clock(&request)));
            lead_to_with(&back, &Flash { message, ..typed })
        }
        Err(store::Error::Refused(why)) => {
            lead_to_with(&back, &typed.error("assignee", texts().lead_choose_other(why)))
        }
        Err(error) => Err(error.into()),
    }
}

fn problems(
    action: Option<Action>,
    assignee: Option<&str>,
    reason: Option<ChangeReason>,
    note: &str,
) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if !matches!(action, Some(Action::Advance | Action::Assign | Action::Nurture | Action::Reject)) {
        problems.push(("action", texts().lead_choose_action()));
    }
    if action == Some(Action::Assign) && assignee.is_none() {
        problems.push(("assignee", texts().lead_choose_person()));
    }
    match (reason, note.chars().count()) {
        (None, _) => problems.push(("change_reason", texts().lead_reason_missing())),
        (Some(ChangeReason::Other), 0) => problems.push(("note", texts().lead_note_missing())),
        (_, count) if count > NOTE_CHARS => {
            problems.push(("note", texts().lead_note_too_long(count.to_string(), NOTE_CHARS.to_string())))
        }
        _ => {}
    }
    problems
}

/// Returns the reason with its note.
fn sentence(reason: ChangeReason, note: &str) -> String {
    match (reason, note) {
        (reason, "") => reason.words(),
        (ChangeReason::Other, note) => note.to_owned(),
        (reason, note) => texts().lead_reason_with_note(reason.words(), note),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_needs_an_action_a_reason_and_a_person_to_assign_to() {
        let fields = |action, assignee, reason, note: &str| {
            problems(action, assignee, reason, note).into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        let fit = Some(ChangeReason::GoodFit);
        assert!(fields(Some(Action::Nurture), None, fit, "").is_empty());
        assert!(fields(Some(Action::Assign), Some("a@b.example"), fit, "").is_empty());
        assert_eq!(fields(None, None, None, ""), ["action", "change_reason"]);
        assert_eq!(fields(Some(Action::Hold), None, fit, ""), ["action"]);
        assert_eq!(fields(Some(Action::Assign), None, fit, ""), ["assignee"]);
        assert_eq!(fields(Some(Action::Reject), None, Some(ChangeReason::Other), ""), ["note"]);
        assert_eq!(fields(Some(Action::Reject), None, fit, &"x".repeat(401)), ["note"]);
    }

    #[test]
    fn the_note_adds_to_the_reason() {
        assert_eq!(sentence(ChangeReason::OutsideMarket, ""), "Outside our market");
        assert_eq!(sentence(ChangeReason::OutsideMarket, "Brazil"), "Outside our market: Brazil");
        assert_eq!(sentence(ChangeReason::Other, "Asked us to wait"), "Asked us to wait");
    }
}
