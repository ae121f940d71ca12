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
use crate::error::{Error, Result};
use crate::flash::Flash;
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
        let message = format!("The lead was not evaluated again. {}", taken(&other, clock(&request)));
        return lead_to_with(&back, &Flash::new(message));
    }
    let again = Reevaluation { lead: place.lead, workflow, trigger: Trigger::Person };
    match request.pipeline.decide_again(&actor, &again).await {
        Ok(Ok(decision)) => {
            let message = format!("Evaluated again by the live rules: {}.", words::action(decision.action));
            let decided = back_to(None, &format!("{path}?decision={}", decision.decision_id));
            lead_to_with(&decided, &Flash::new(message))
        }
        Ok(Err(why)) => {
            let message = format!("The lead was not evaluated again: {why}.");
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
    pub fn words(self) -> &'static str {
        match self {
            Self::GoodFit => "Good fit, whatever the rules say",
            Self::NewInformation => "New information about the lead",
            Self::WrongPerson => "Belongs to someone else",
            Self::AlreadyCustomer => "Already a customer or talking to us",
            Self::OutsideMarket => "Outside our market",
            Self::StudentOrResearch => "Student or research",
            Self::CompetitorOrSupplier => "Competitor or supplier",
            Self::Unreachable => "Unreachable",
            Self::BadTiming => "Not now",
            Self::Other => "Other",
        }
    }
}

/// Returns all reasons as choices: value and label.
pub fn change_reasons() -> Vec<(&'static str, &'static str)> {
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
    let not_found = || Error::NotFound { what: "decision".into() };
    let decision: DecisionId = decision.parse().map_err(|_| not_found())?;
    let seen: Uuid = seen.parse().map_err(|_| not_found())?;
    let back = back_to(None, &format!("/leads/{}?workflow={workflow}", place.lead));
    let (action, reason) = (change_action.parse::<Action>().ok(), change_reason.parse::<ChangeReason>().ok());
    let (said, to) = (plain(&note), engine::identity::plain_email(&assignee));
    let typed = Flash::new("The decision was not changed.")
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
            let name = name.map_or_else(String::new, |name| format!(" to {name}"));
            let held = if is_stopped(store, place).await? {
                format!(" Nothing is sent until {title} resumes.")
            } else {
                String::new()
            };
            let said = format!(
                "Decision changed: {}{name}. You can undo this for two minutes.{held}",
                decided(action)
            );
            lead_to_with(&back, &Flash::new(said))
        }
        Ok(VerdictResult::Taken(other)) => {
            let message = format!("The decision was not changed. {}", taken(&other, clock(&request)));
            lead_to_with(&back, &Flash { message, ..typed })
        }
        Ok(VerdictResult::Gone(why)) => {
            let message =
                format!("The decision was not changed: {}", not_waiting_message(&why, clock(&request)));
            lead_to_with(&back, &Flash { message, ..typed })
        }
        Err(store::Error::Refused(why)) => {
            lead_to_with(&back, &typed.error("assignee", format!("Choose another person: {why}.")))
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
        problems.push(("action", "Choose an action.".to_owned()));
    }
    if action == Some(Action::Assign) && assignee.is_none() {
        problems.push(("assignee", "Choose a person.".to_owned()));
    }
    match (reason, note.chars().count()) {
        (None, _) => {
            problems.push(("change_reason", "Choose a reason; it helps improve the rules.".to_owned()))
        }
        (Some(ChangeReason::Other), 0) => problems.push(("note", "Say what the reason is.".to_owned())),
        (_, count) if count > NOTE_CHARS => {
            problems.push(("note", format!("At most {NOTE_CHARS} characters; this has {count}.")))
        }
        _ => {}
    }
    problems
}

/// Returns the reason with its note.
fn sentence(reason: ChangeReason, note: &str) -> String {
    match (reason, note) {
        (reason, "") => reason.words().to_owned(),
        (ChangeReason::Other, note) => note.to_owned(),
        (reason, note) => format!("{}: {note}", reason.words()),
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
