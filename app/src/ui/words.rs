//! The product's terms on screen.

use std::collections::BTreeMap;

use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::control::release::Stage;
use engine::decision::{Mode, Outcome3};
use engine::event::EventKind;
use service::run::RunKind;
use store::changes::{ChangeState, ListedChange};
use store::runs::RunState;

use store::sync::UnfinishedState;

use super::acts;
use super::icon::Icon;
use crate::texts::texts;

pub use super::acts::acts_described_by;

/// Returns an action as a button or chip shows it.
pub fn action(action: Action) -> String {
    match action {
        Action::Advance => texts().words_action_advance(),
        Action::Nurture => texts().words_action_nurture(),
        Action::Reject => texts().words_action_reject(),
        Action::Assign => texts().words_action_assign(),
        Action::Hold => texts().words_action_hold(),
        Action::Escalate => texts().words_action_escalate(),
    }
}

/// Returns a completed action.
pub fn action_done(action: Action) -> String {
    match action {
        Action::Advance => texts().words_done_advance(),
        Action::Nurture => texts().words_done_nurture(),
        Action::Reject => texts().words_done_reject(),
        Action::Assign => texts().words_done_assign(),
        Action::Hold => texts().words_done_hold(),
        Action::Escalate => texts().words_done_escalate(),
    }
}

/// Returns the value of `data-a` for an action, which selects its colour.
pub fn action_tone(action: Action) -> &'static str {
    match action {
        Action::Reject => "disqualify",
        other => other.into(),
    }
}

/// Returns an action's icon.
pub fn action_icon(action: Action) -> Icon {
    match action {
        Action::Advance => Icon::Advance,
        Action::Nurture => Icon::Nurture,
        Action::Reject => Icon::Disqualify,
        Action::Assign => Icon::Assign,
        Action::Hold => Icon::Hold,
        Action::Escalate => Icon::Escalate,
    }
}

/// Returns a mode as part of a line.
pub fn mode(mode: Mode) -> String {
    match mode {
        Mode::Historical => texts().words_mode_historical(),
        Mode::Simulation => texts().words_mode_simulation(),
        Mode::Shadow => texts().words_mode_shadow(),
        Mode::AssignReview => texts().words_mode_assign_review(),
        Mode::Live => texts().words_mode_live(),
        Mode::Manual => texts().words_mode_manual(),
    }
}

/// Returns the result of a condition.
pub fn outcome3(outcome: Outcome3) -> String {
    match outcome {
        Outcome3::True => texts().words_result_true(),
        Outcome3::False => texts().words_result_false(),
        Outcome3::Unknown => texts().words_result_unknown(),
        Outcome3::Error => texts().words_result_error(),
    }
}

/// Returns a stage that a lead reached.
pub fn stage(stage: OutcomeStage) -> String {
    match stage {
        OutcomeStage::Touched => texts().words_stage_touched(),
        OutcomeStage::Accepted => texts().words_stage_accepted(),
        OutcomeStage::Rejected => texts().words_stage_rejected(),
        OutcomeStage::SalesQualified => texts().words_stage_sales_qualified(),
        OutcomeStage::Opportunity => texts().words_stage_opportunity(),
        OutcomeStage::Won => texts().words_stage_won(),
        OutcomeStage::Lost => texts().words_stage_lost(),
        OutcomeStage::Disqualified => texts().words_stage_disqualified(),
    }
}

/// Returns a stage by its name; an unknown name becomes a sentence.
pub fn stage_named(name: &str) -> String {
    name.parse().map_or_else(|_| sentence(name), stage)
}

/// Returns the queue that contains a lead.
pub fn queue(name: &str) -> String {
    match name {
        "manual" => texts().words_queue_manual(),
        _ => texts().words_queue_other(),
    }
}

/// Returns the kind of an event.
pub fn event(kind: &str) -> String {
    let Ok(kind) = kind.parse() else { return sentence(kind) };
    match kind {
        EventKind::Form => texts().words_event_form(),
        EventKind::Email => texts().words_event_email(),
        EventKind::Conversation => texts().words_event_conversation(),
        EventKind::Telemetry => texts().words_event_telemetry(),
        EventKind::Touchpoint => texts().words_event_touchpoint(),
        EventKind::Enrichment => texts().words_event_enrichment(),
        EventKind::Account => texts().words_event_account(),
        EventKind::Crm => texts().words_event_crm(),
    }
}

/// Returns the act of an effect at its destination.
pub fn effect(kind: &str) -> String {
    match kind {
        "decision_event" => texts().words_effect_decision_event(),
        "lead_update" => texts().words_effect_lead_update(),
        "meeting" => texts().words_effect_meeting(),
        "message" => texts().words_effect_message(),
        "sequence" => texts().words_effect_sequence(),
        other => sentence(other),
    }
}

/// Returns the state of an unfinished action.
pub fn unfinished(state: UnfinishedState) -> String {
    match state {
        UnfinishedState::Ready => texts().words_unfinished_ready(),
        UnfinishedState::Running => texts().words_unfinished_running(),
        UnfinishedState::Dead => texts().words_unfinished_dead(),
        UnfinishedState::Expired => texts().words_unfinished_expired(),
    }
}

/// Returns the type of a destination.
pub fn destination_kind(kind: &str) -> String {
    match kind {
        "postgres" => texts().words_destination_postgres(),
        other => sentence(other),
    }
}

/// Describes an act of the audit log in the past tense.
pub fn act(action: &str) -> String {
    acts::description(action).unwrap_or_else(|| sentence(&action.replace('.', " ")))
}

/// Returns the name of a kind of run.
pub fn run_kind(kind: RunKind) -> String {
    match kind {
        RunKind::ReplayDecisions => texts().words_run_replay_decisions(),
        RunKind::ReplayDeliveries => texts().words_run_replay_deliveries(),
        RunKind::ChangeImpact => texts().words_run_change_impact(),
        RunKind::Import => texts().words_run_import(),
    }
}

/// Returns the state of a run: tone and label.
pub fn run_state(state: RunState) -> (&'static str, String) {
    match state {
        RunState::Waiting => ("unknown", texts().words_run_state_waiting()),
        RunState::Running => ("info", texts().words_run_state_running()),
        RunState::Done => ("good", texts().words_run_state_done()),
        RunState::Failed => ("bad", texts().words_run_state_failed()),
        RunState::Cancelled => ("warn", texts().words_run_state_cancelled()),
    }
}

/// Returns the state of a change: tone and label.
pub fn change_state(state: ChangeState) -> (&'static str, String) {
    match state {
        ChangeState::Draft => ("unknown", texts().words_change_draft()),
        ChangeState::Submitted => ("warn", texts().words_change_submitted()),
        ChangeState::Approved => ("good", texts().words_change_approved()),
        ChangeState::Returned => ("bad", texts().words_change_returned()),
        ChangeState::Withdrawn => ("escalate", texts().words_change_withdrawn()),
    }
}

/// Returns the state of a change in a list: tone and label.
pub fn listed_change(change: &ListedChange) -> (&'static str, String) {
    match change.state.parse() {
        _ if change.is_outdated => outdated(),
        Ok(state) => change_state(state),
        Err(_) => ("unknown", texts().words_change_unknown()),
    }
}

/// Returns the state of an open change that another version has overtaken: tone and label.
pub fn outdated() -> (&'static str, String) {
    ("bad", texts().words_change_outdated())
}

/// Returns the stage of a release: tone and label.
pub fn release_stage(stage: Stage) -> (&'static str, String) {
    match stage {
        Stage::Approved => ("warn", texts().words_release_approved()),
        Stage::Scheduled => ("warn", texts().words_release_scheduled()),
        Stage::Simulation => ("warn", texts().words_release_simulation()),
        Stage::Shadow => ("warn", texts().words_release_shadow()),
        Stage::AssignReview => ("warn", texts().words_release_assign_review()),
        Stage::Rollout => ("warn", texts().words_release_rollout()),
        Stage::Paused => ("escalate", texts().words_release_paused()),
        Stage::Suspended => ("bad", texts().words_release_suspended()),
        Stage::Live => ("good", texts().words_release_live()),
        Stage::Retired => ("unknown", texts().words_release_retired()),
        Stage::RolledBack => ("bad", texts().words_release_rolled_back()),
    }
}

/// Returns the display name of an actor that the log identifies by id; `names` maps ids to people's names.
pub fn actor(actor: &str, names: &BTreeMap<String, String>) -> String {
    match (names.get(actor), actor.split_once(':')) {
        (Some(name), _) => name.clone(),
        // Pages start these runs by themselves.
        (None, Some(("command", "impact"))) => texts().words_actor_automatic(),
        (None, Some(("command", name))) => texts().words_actor_command(name),
        (None, Some(("key", _))) => texts().words_actor_key(),
        (None, _) => texts().words_actor_unknown(),
    }
}

/// Returns an identifier (`product_interest`, `enterprise-ae`) as words: `Product interest`.
pub fn sentence(name: &str) -> String {
    sentence_start(name.replace(['_', '-'], " ").trim())
}

/// Returns a text with its first letter in upper case.
pub fn sentence_start(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns the initials of a name, two at most.
pub fn initials(name: &str) -> String {
    let first = |word: &str| word.chars().next();
    let mut words = name.split_whitespace();
    let start = words.next().and_then(first);
    let end = words.next_back().and_then(first);
    start.into_iter().chain(end).flat_map(char::to_uppercase).collect()
}

/// Returns a lead's display name and the remaining identity: name, company and address.
pub fn lead(
    name: Option<&String>,
    company: Option<&String>,
    email: Option<&String>,
    external_id: Option<&str>,
) -> (String, String) {
    let mut texts = [name, company, email].into_iter().flatten().filter_map(|text| isolated(text));
    let first = texts.next().unwrap_or_else(|| nameless(external_id));
    (first, texts.collect::<Vec<_>>().join(", "))
}

/// Returns a text of a lead as it is shown, or `None` if nothing of it is visible. A text in a script that runs from right to left
/// stands between isolates, as in `<bdi>`, so that it turns nothing around it, in attributes and titles as well.
pub fn isolated(text: &str) -> Option<String> {
    let text = engine::identity::display_text(text)?;
    let is_from_right = |letter: char| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    Some(if text.contains(is_from_right) { format!("\u{2068}{text}\u{2069}") } else { text })
}

/// Returns the display name of a lead whose only known identity is the source's id.
pub fn nameless(external_id: Option<&str>) -> String {
    external_id.map_or_else(|| texts().words_unnamed(), |id| texts().words_unnamed_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        assert_eq!(sentence("product_interest"), "Product interest");
        assert_eq!(sentence("ümit-pool"), "Ümit pool");
        assert_eq!(sentence(""), "");
        assert_eq!(sentence_start("anna-Lena_x"), "Anna-Lena_x");
        assert_eq!(event("crm"), "CRM change");
        assert_eq!(event("fax_machine"), "Fax machine");
        assert_eq!(stage_named("sales_qualified"), "Sales qualified");
    }

    #[test]
    fn a_name_that_shows_nothing_is_none_and_one_from_the_right_is_isolated() {
        let text = |text: &str| Some(text.to_owned());
        let shown = |name: &str| lead(text(name).as_ref(), None, text("ana@x.example").as_ref(), Some("7"));
        assert_eq!(shown("Ana"), ("Ana".into(), "ana@x.example".into()));
        assert_eq!(shown("\u{200b}"), ("ana@x.example".into(), String::new()));
        assert_eq!(shown("\u{202e}avliS").0, "avliS");
        assert_eq!(shown("أحمد").0, "\u{2068}أحمد\u{2069}");
        assert_eq!(lead(text("\u{200b}").as_ref(), None, None, Some("7")).0, nameless(Some("7")));
    }

    #[test]
    fn initials_are_those_of_the_first_and_the_last_name() {
        assert_eq!(initials("Maya Lindqvist"), "ML");
        assert_eq!(initials("Ana María de la Cruz"), "AC");
        assert_eq!(initials("ømer"), "Ø");
        assert_eq!(initials(" "), "");
    }
}
