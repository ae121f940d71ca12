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

use super::icon::Icon;

/// Returns an action as a button or chip shows it.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::Advance => "Advance",
        Action::Nurture => "Nurture",
        Action::Reject => "Disqualify",
        Action::Assign => "Assign",
        Action::Hold => "Hold",
        Action::Escalate => "Escalate",
    }
}

/// Returns a completed action.
pub fn action_done(action: Action) -> &'static str {
    match action {
        Action::Advance => "Advanced",
        Action::Nurture => "Nurtured",
        Action::Reject => "Disqualified",
        Action::Assign => "Assigned",
        Action::Hold => "Held",
        Action::Escalate => "Escalated",
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
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Historical => "Imported, nothing was sent",
        Mode::Simulation => "Simulation, nothing was sent",
        Mode::Shadow => "Shadow run, nothing was sent",
        Mode::AssignReview => "Assign + review",
        Mode::Live => "Live",
        Mode::Manual => "Stopped workflow, to the manual queue",
    }
}

/// Returns the result of a condition.
pub fn outcome3(outcome: Outcome3) -> &'static str {
    match outcome {
        Outcome3::True => "True",
        Outcome3::False => "False",
        Outcome3::Unknown => "Unknown",
        Outcome3::Error => "Error",
    }
}

/// Returns a stage that a lead reached.
pub fn stage(stage: OutcomeStage) -> &'static str {
    match stage {
        OutcomeStage::Touched => "Touched",
        OutcomeStage::Accepted => "Accepted",
        OutcomeStage::Rejected => "Rejected",
        OutcomeStage::SalesQualified => "Sales qualified",
        OutcomeStage::Opportunity => "Opportunity",
        OutcomeStage::Won => "Won",
        OutcomeStage::Lost => "Lost",
        OutcomeStage::Disqualified => "Disqualified",
    }
}

/// Returns a stage by its name; an unknown name becomes a sentence.
pub fn stage_named(name: &str) -> String {
    name.parse().map_or_else(|_| sentence(name), |known| stage(known).to_owned())
}

/// Returns the queue that contains a lead.
pub fn queue(name: &str) -> &'static str {
    match name {
        "manual" => "Manual queue",
        _ => "SDR queue",
    }
}

/// Returns the kind of an event.
pub fn event(kind: &str) -> String {
    let Ok(kind) = kind.parse() else { return sentence(kind) };
    match kind {
        EventKind::Form => "Web form",
        EventKind::Email => "E-mail",
        EventKind::Conversation => "Conversation",
        EventKind::Telemetry => "Product telemetry",
        EventKind::Touchpoint => "Touchpoint",
        EventKind::Enrichment => "Enrichment",
        EventKind::Account => "Account news",
        EventKind::Crm => "CRM change",
    }
    .to_owned()
}

/// Returns the act of an effect at its destination.
pub fn effect(kind: &str) -> String {
    match kind {
        "decision_event" => "Decision event".to_owned(),
        "lead_update" => "CRM action".to_owned(),
        "meeting" => "Calendar action".to_owned(),
        "message" => "Message".to_owned(),
        "sequence" => "Sequence".to_owned(),
        other => sentence(other),
    }
}

/// Returns the state of an unfinished action.
pub fn unfinished(state: UnfinishedState) -> &'static str {
    match state {
        UnfinishedState::Ready => "Waiting",
        UnfinishedState::Running => "Being sent",
        UnfinishedState::Dead => "Failed",
        UnfinishedState::Expired => "Expired, not sent",
    }
}

/// Returns the type of a destination.
pub fn destination_kind(kind: &str) -> String {
    match kind {
        "postgres" => "Postgres warehouse".to_owned(),
        other => sentence(other),
    }
}

/// Descriptions of all acts in the audit log, in the past tense.
pub const ACTS: [(&str, &str); 79] = [
    ("person.add", "Added a person"),
    ("person.set_roles", "Changed roles"),
    ("person.set_password", "Set a password"),
    ("person.make_setup_link", "Created a password link"),
    ("person.disable", "Deactivated a user"),
    ("person.enable", "Reactivated a user"),
    ("person.sign_in", "Signed in"),
    ("person.sign_out", "Signed out"),
    ("person.lock_sign_in", "Locked sign-in after wrong passwords"),
    ("person.end_session", "Signed out a browser"),
    ("person.end_sessions", "Signed out all other browsers"),
    ("person.set_preferences", "Changed display preferences"),
    ("key.add", "Created an API key"),
    ("key.revoke", "Revoked an API key"),
    ("queue.claim", "Claimed a lead"),
    ("queue.release", "Put a lead back"),
    ("queue.accept", "Accepted the suggestion for a lead"),
    ("queue.change", "Overrode the suggestion for a lead"),
    ("queue.disqualify", "Disqualified a lead"),
    ("queue.give_back", "Undid a decision about a lead"),
    ("lead.accept", "Accepted an assigned lead"),
    ("lead.reject", "Rejected an assigned lead"),
    ("workflow.save", "Saved a workflow"),
    ("workflow.release", "Released a workflow"),
    ("installation.recover", "Acknowledged a restored database"),
    ("installation.move", "Noticed that the database moved"),
    ("workflow.kill", "Stopped a workflow"),
    ("workflow.resume", "Resumed a workflow"),
    ("release.create", "Created a release"),
    ("release.waive", "Waived approval of a first release"),
    ("release.approve", "Approved a release again"),
    ("release.rebuild", "Rebuilt a release"),
    ("release.go_live", "Took a release live"),
    ("release.replace", "Retired a release"),
    ("release.suspend", "Suspended a release"),
    ("release.reinstate", "Reinstated a release"),
    ("release.withdraw", "Withdrew a release"),
    ("version.begin", "Created the initial version"),
    ("version.set_title", "Changed a title"),
    ("destination.set_title", "Changed a title"),
    ("rule.switch_off", "Switched a rule off"),
    ("rule.switch_on", "Switched a rule on"),
    ("rule.mute", "Muted a rule for an account"),
    ("rule.unmute", "Unmuted a rule for an account"),
    ("pool.set_availability", "Changed the availability of a pool member"),
    ("version.approve", "Created a version from an approved change"),
    ("change.start", "Started a draft"),
    ("change.save", "Saved a draft"),
    ("change.submit", "Submitted a change"),
    ("change.update", "Updated a change to a newer version"),
    ("change.withdraw", "Withdrew a change"),
    ("change.sign", "Approved a change"),
    ("change.return", "Requested changes"),
    ("change.comment", "Commented on a change"),
    ("lead.evaluate", "Evaluated a lead again"),
    ("lead.erase", "Erased a person's data"),
    ("lead.merge", "Merged two leads"),
    ("lead.decline_merge", "Declined to merge two leads"),
    ("lead.undo_merge", "Undid the merge of two leads"),
    ("layers.set_owners", "Set the layer owners"),
    ("settings.set_organisation", "Changed the organisation settings"),
    ("job.request", "Started a job"),
    ("import.upload", "Uploaded a file to import"),
    ("import.finish", "Imported a file"),
    ("run.start", "Started a run"),
    ("run.cancel", "Cancelled a run"),
    ("effect.replay", "Retried an action"),
    ("effect.replay_chosen", "Retried selected actions"),
    ("effect.stop_replay", "Stopped a retry"),
    ("effect.replay_all", "Retried failed actions"),
    ("view.save", "Saved a view"),
    ("view.rename", "Renamed a view"),
    ("view.delete", "Deleted a view"),
    ("export.csv", "Exported a list"),
    ("credential.save", "Saved a credential"),
    ("destination.save", "Saved a destination"),
    ("destination.pause", "Paused a destination"),
    ("destination.resume", "Resumed a destination"),
    ("destination.review_expired", "Marked expired actions as reviewed"),
];

/// Describes an act of the audit log in the past tense.
pub fn act(action: &str) -> String {
    let known = ACTS.iter().find(|(name, _)| *name == action).map(|(_, said)| (*said).to_owned());
    known.unwrap_or_else(|| sentence(&action.replace('.', " ")))
}

/// Returns the name of a kind of run.
pub fn run_kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::ReplayDecisions => "Replay of decisions",
        RunKind::ReplayDeliveries => "Retry of failed deliveries",
        RunKind::ChangeImpact => "Impact of a change",
        RunKind::Import => "Import",
    }
}

/// Returns the state of a run: tone and label.
pub fn run_state(state: RunState) -> (&'static str, &'static str) {
    match state {
        RunState::Waiting => ("unknown", "Waiting"),
        RunState::Running => ("info", "Running"),
        RunState::Done => ("good", "Done"),
        RunState::Failed => ("bad", "Failed"),
        RunState::Cancelled => ("warn", "Cancelled"),
    }
}

/// Returns the state of a change: tone and label.
pub fn change_state(state: ChangeState) -> (&'static str, &'static str) {
    match state {
        ChangeState::Draft => ("unknown", "Draft"),
        ChangeState::Submitted => ("warn", "Waiting for approval"),
        ChangeState::Approved => ("good", "Approved"),
        ChangeState::Returned => ("bad", "Changes requested"),
        ChangeState::Withdrawn => ("escalate", "Withdrawn"),
    }
}

/// Returns the state of a change in a list: tone and label.
pub fn listed_change(change: &ListedChange) -> (&'static str, &'static str) {
    match change.state.parse() {
        _ if change.is_outdated => OUTDATED,
        Ok(state) => change_state(state),
        Err(_) => ("unknown", "Unknown"),
    }
}

/// Tone and label of an open change that another version has overtaken.
pub const OUTDATED: (&str, &str) = ("bad", "Outdated");

/// Returns the stage of a release: tone and label.
pub fn release_stage(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Approved => ("warn", "Approved"),
        Stage::Scheduled => ("warn", "Scheduled"),
        Stage::Simulation => ("warn", "Simulation"),
        Stage::Shadow => ("warn", "Shadow run"),
        Stage::AssignReview => ("warn", "Assign + review"),
        Stage::Rollout => ("warn", "Rollout"),
        Stage::Paused => ("escalate", "Paused"),
        Stage::Suspended => ("bad", "Suspended"),
        Stage::Live => ("good", "Live"),
        Stage::Retired => ("unknown", "Retired"),
        Stage::RolledBack => ("bad", "Rolled back"),
    }
}

/// Returns the display name of an actor that the log identifies by id; `names` maps ids to people's names.
pub fn actor(actor: &str, names: &BTreeMap<String, String>) -> String {
    match (names.get(actor), actor.split_once(':')) {
        (Some(name), _) => name.clone(),
        (None, Some(("command", name))) => format!("the command {name}"),
        (None, Some(("key", _))) => "an API key".to_owned(),
        (None, _) => "an unknown user".to_owned(),
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
    external_id.map_or_else(|| "Unnamed lead".into(), |id| format!("Unnamed lead {id}"))
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
