//! The acts of the audit log in words.

use crate::texts::{Texts, texts};

/// A text of an act.
type ActText = fn(&Texts) -> String;

/// All acts in the audit log, with their descriptions in the past tense.
const ACTS: [(&str, ActText); 79] = [
    ("person.add", Texts::words_act_person_add),
    ("person.set_roles", Texts::words_act_person_set_roles),
    ("person.set_password", Texts::words_act_person_set_password),
    ("person.make_setup_link", Texts::words_act_person_make_setup_link),
    ("person.disable", Texts::words_act_person_disable),
    ("person.enable", Texts::words_act_person_enable),
    ("person.sign_in", Texts::words_act_person_sign_in),
    ("person.sign_out", Texts::words_act_person_sign_out),
    ("person.lock_sign_in", Texts::words_act_person_lock_sign_in),
    ("person.end_session", Texts::words_act_person_end_session),
    ("person.end_sessions", Texts::words_act_person_end_sessions),
    ("person.set_preferences", Texts::words_act_person_set_preferences),
    ("key.add", Texts::words_act_key_add),
    ("key.revoke", Texts::words_act_key_revoke),
    ("queue.claim", Texts::words_act_queue_claim),
    ("queue.release", Texts::words_act_queue_release),
    ("queue.accept", Texts::words_act_queue_accept),
    ("queue.change", Texts::words_act_queue_change),
    ("queue.disqualify", Texts::words_act_queue_disqualify),
    ("queue.give_back", Texts::words_act_queue_give_back),
    ("lead.accept", Texts::words_act_lead_accept),
    ("lead.reject", Texts::words_act_lead_reject),
    ("workflow.save", Texts::words_act_workflow_save),
    ("workflow.release", Texts::words_act_workflow_release),
    ("installation.recover", Texts::words_act_installation_recover),
    ("installation.move", Texts::words_act_installation_move),
    ("workflow.kill", Texts::words_act_workflow_kill),
    ("workflow.resume", Texts::words_act_workflow_resume),
    ("release.create", Texts::words_act_release_create),
    ("release.waive", Texts::words_act_release_waive),
    ("release.approve", Texts::words_act_release_approve),
    ("release.rebuild", Texts::words_act_release_rebuild),
    ("release.go_live", Texts::words_act_release_go_live),
    ("release.replace", Texts::words_act_release_replace),
    ("release.suspend", Texts::words_act_release_suspend),
    ("release.reinstate", Texts::words_act_release_reinstate),
    ("release.withdraw", Texts::words_act_release_withdraw),
    ("version.begin", Texts::words_act_version_begin),
    ("version.set_title", Texts::words_act_version_set_title),
    ("destination.set_title", Texts::words_act_destination_set_title),
    ("rule.switch_off", Texts::words_act_rule_switch_off),
    ("rule.switch_on", Texts::words_act_rule_switch_on),
    ("rule.mute", Texts::words_act_rule_mute),
    ("rule.unmute", Texts::words_act_rule_unmute),
    ("pool.set_availability", Texts::words_act_pool_set_availability),
    ("version.approve", Texts::words_act_version_approve),
    ("change.start", Texts::words_act_change_start),
    ("change.save", Texts::words_act_change_save),
    ("change.submit", Texts::words_act_change_submit),
    ("change.update", Texts::words_act_change_update),
    ("change.withdraw", Texts::words_act_change_withdraw),
    ("change.sign", Texts::words_act_change_sign),
    ("change.return", Texts::words_act_change_return),
    ("change.comment", Texts::words_act_change_comment),
    ("lead.evaluate", Texts::words_act_lead_evaluate),
    ("lead.erase", Texts::words_act_lead_erase),
    ("lead.merge", Texts::words_act_lead_merge),
    ("lead.decline_merge", Texts::words_act_lead_decline_merge),
    ("lead.undo_merge", Texts::words_act_lead_undo_merge),
    ("layers.set_owners", Texts::words_act_layers_set_owners),
    ("settings.set_organisation", Texts::words_act_settings_set_organisation),
    ("job.request", Texts::words_act_job_request),
    ("import.upload", Texts::words_act_import_upload),
    ("import.finish", Texts::words_act_import_finish),
    ("run.start", Texts::words_act_run_start),
    ("run.cancel", Texts::words_act_run_cancel),
    ("effect.replay", Texts::words_act_effect_replay),
    ("effect.replay_chosen", Texts::words_act_effect_replay_chosen),
    ("effect.stop_replay", Texts::words_act_effect_stop_replay),
    ("effect.replay_all", Texts::words_act_effect_replay_all),
    ("view.save", Texts::words_act_view_save),
    ("view.rename", Texts::words_act_view_rename),
    ("view.delete", Texts::words_act_view_delete),
    ("export.csv", Texts::words_act_export_csv),
    ("credential.save", Texts::words_act_credential_save),
    ("destination.save", Texts::words_act_destination_save),
    ("destination.pause", Texts::words_act_destination_pause),
    ("destination.resume", Texts::words_act_destination_resume),
    ("destination.review_expired", Texts::words_act_destination_review_expired),
];

/// Describes an act in the past tense; returns `None` if it is unknown.
pub fn description(action: &str) -> Option<String> {
    ACTS.iter().find(|(name, _)| *name == action).map(|(_, said)| said(texts()))
}

/// Returns the acts whose description contains a text.
pub fn acts_described_by(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let found = ACTS.iter().filter(|(_, said)| said(texts()).to_lowercase().contains(&text));
    found.map(|(name, _)| (*name).to_owned()).collect()
}
