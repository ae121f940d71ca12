//! An AE's answer to a lead that is assigned to them.

use engine::ids::LeadId;
use leptos::prelude::*;
use service::decide::assignee::{self, AnswerResult, AssigneeAnswer};
use strum::VariantArray as _;

use super::{actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::words;

/// The maximum length of a note in characters: a few sentences.
pub const NOTE_CHARS: usize = 500;
/// Attempts to save an answer when the lead is decided at the same moment.
const TRIES: usize = 3;

/// The reason an AE rejects a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RejectReason {
    /// The AE does not sell to this company or person.
    NotAFit,
    /// The lead has no need or no budget.
    NoNeed,
    /// A different contact at the company is responsible.
    NotTheRightPerson,
    /// The lead did not respond.
    Unreachable,
    /// The AE or a colleague is already talking to the lead.
    InTalks,
    /// The lead belongs to another AE's territory.
    NotMyTerritory,
    /// A reason that the note explains.
    Other,
}

impl RejectReason {
    /// Returns the reason as the form shows it.
    pub fn title(self) -> String {
        match self {
            Self::NotAFit => texts().answers_not_a_fit(),
            Self::NoNeed => texts().answers_no_need(),
            Self::NotTheRightPerson => texts().answers_not_the_right_person(),
            Self::Unreachable => texts().answers_unreachable(),
            Self::InTalks => texts().answers_in_talks(),
            Self::NotMyTerritory => texts().answers_not_my_territory(),
            Self::Other => texts().answers_other(),
        }
    }
}

/// Accepts or rejects a lead that is assigned to the viewer. A rejected lead returns to the SDR queue.
///
/// # Errors
/// Returns an error if the form was tampered with, or if the database fails.
#[server(prefix = "/actions", endpoint = "answer-lead")]
pub async fn answer_lead(
    /// The lead's id.
    lead: String,
    /// `accept` or `reject`.
    answer: String,
    /// Why it is rejected: a [`RejectReason`].
    #[server(default)]
    reason: String,
    /// What else there is to say about that.
    #[server(default)]
    note: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<AnswerLead>()?;
    let lead: LeadId = lead.parse().map_err(|_| Error::NotFound { what: Missing::Lead })?;
    let back = back_to(next.as_deref(), "/");
    let given = match read(&answer, &reason, &note) {
        Ok(given) => given,
        Err(Some((field, problem))) => {
            let flash = Flash::new(texts().answers_not_rejected())
                .value("answered", lead.to_string())
                .value("reject_reason", reason)
                .value("note", note)
                .error(field, problem);
            return lead_to_with(&back, &flash);
        }
        Err(None) => return Err(Error::Invalid { message: texts().answers_unknown() }),
    };
    let known = store::leads::get(&request.store, lead).await?;
    let (who, _) = words::lead(
        known.name.as_ref(),
        known.company.as_ref(),
        known.email.as_ref(),
        known.external_id.as_deref(),
    );
    let actor = actor(&request)?;
    let mut tries = 0;
    let answered = loop {
        match assignee::answer(&request.store, &actor, lead, &given).await {
            Err(store::Error::Raced) if tries < TRIES => tries += 1,
            other => break other?,
        }
    };
    let said = match (answered, &given) {
        (AnswerResult::Done, AssigneeAnswer::Accept) => texts().answers_accepted(who),
        (AnswerResult::Done, AssigneeAnswer::Reject { .. }) => texts().answers_rejected(who),
        (AnswerResult::NotYours, _) => texts().answers_not_yours(who),
        (AnswerResult::Already(stage), _) => texts().answers_already(who, words::stage(stage).to_lowercase()),
    };
    lead_to_with(&back, &Flash::new(said))
}

/// Parses the form. Returns the invalid field and its problem, or `Err(None)` for an answer that no form sends.
fn read(answer: &str, reason: &str, note: &str) -> Result<AssigneeAnswer, Option<(&'static str, String)>> {
    match answer {
        "accept" => return Ok(AssigneeAnswer::Accept),
        "reject" => {}
        _ => return Err(None),
    }
    let note: String = note.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let chosen: RejectReason =
        reason.parse().map_err(|_| Some(("reject_reason", texts().answers_reason_missing())))?;
    match note.chars().count() {
        0 if chosen == RejectReason::Other => {
            return Err(Some(("note", texts().answers_note_missing())));
        }
        0..=NOTE_CHARS => {}
        count => {
            let problem = texts().queue_too_long(NOTE_CHARS.to_string(), count.to_string());
            return Err(Some(("note", problem)));
        }
    }
    Ok(AssigneeAnswer::Reject { reason: chosen.title(), note: Some(note).filter(|note| !note.is_empty()) })
}

/// Returns all reasons as choices: value and label.
pub fn reasons() -> Vec<(String, String)> {
    let choice = |reason: &RejectReason| (<&str>::from(*reason).to_owned(), reason.title());
    RejectReason::VARIANTS.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_has_a_reason_of_the_list_and_other_is_explained() {
        let field = |reason, note| read("reject", reason, note).unwrap_err().map(|(field, _)| field);
        assert_eq!(field("", "they sell to us"), Some("reject_reason"));
        assert_eq!(field("their_hair", ""), Some("reject_reason"));
        assert_eq!(field("other", "  "), Some("note"));
        assert_eq!(field("not_a_fit", &"x".repeat(501)), Some("note"));
        let given = AssigneeAnswer::Reject { reason: "Not a fit".into(), note: None };
        assert_eq!(read("reject", "not_a_fit", " "), Ok(given));
        assert_eq!(read("accept", "", ""), Ok(AssigneeAnswer::Accept));
        assert_eq!(read("delete", "", ""), Err(None));
    }
}
