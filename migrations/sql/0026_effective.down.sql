DROP INDEX deliveries_unsent_idx;
DROP INDEX deliveries_expired_idx;
ALTER TABLE destinations DROP COLUMN expired_reviewed_at;
DROP VIEW closed_leads;
UPDATE leads l SET stage = (SELECT o.stage FROM standing_outcomes o WHERE o.lead_id = l.id ORDER BY o.at DESC NULLS LAST, o.id DESC LIMIT 1)
    WHERE l.id IN (SELECT lead_id FROM queue_verdicts);
DROP FUNCTION current_stage(uuid);
DROP INDEX lead_states_source_idx;
DROP INDEX lead_states_action_effective_idx;
DROP INDEX lead_states_workflow_effective_idx;
DROP INDEX lead_states_effective_idx;
CREATE INDEX lead_states_last_idx ON lead_states (last_decision_id DESC);
CREATE INDEX lead_states_workflow_last_idx ON lead_states (workflow_id, last_decision_id DESC);
CREATE INDEX lead_states_action_last_idx ON lead_states (last_action, last_decision_id DESC);
DROP FUNCTION rebuild_lead_verdicts();
ALTER TABLE lead_states DROP COLUMN effective_at, DROP COLUMN effective_action, DROP COLUMN effective_id,
    DROP COLUMN verdict_at, DROP COLUMN verdict_action, DROP COLUMN verdict_id;
-- Undoing such a verdict would put the lead in the SDR queue, the only place that the earlier schema knows.
ALTER TABLE queue_verdicts DISABLE TRIGGER queue_verdicts_no_change;
UPDATE queue_verdicts SET queue = 'sdr', queued_at = at WHERE queue IS NULL;
ALTER TABLE queue_verdicts ENABLE TRIGGER queue_verdicts_no_change;
ALTER TABLE queue_verdicts DROP CONSTRAINT queue_verdicts_queued_since,
    ALTER COLUMN queue SET NOT NULL, ALTER COLUMN queued_at SET NOT NULL;
COMMENT ON COLUMN queue_verdicts.queue IS NULL;
COMMENT ON COLUMN queue_verdicts.decision_id IS 'The decision that sent the lead to the queue.';
DROP VIEW standing_verdicts;
