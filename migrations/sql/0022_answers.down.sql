DROP INDEX leads_assignee_idx;
CREATE INDEX leads_unanswered_idx ON leads (assignee, id) WHERE assignee IS NOT NULL AND (stage IS NULL OR stage = 'touched');
COMMENT ON COLUMN queue_verdicts.turn IS 'Number of the row among those on the decision.';
COMMENT ON COLUMN queue_verdicts.assignee_before IS NULL;
ALTER TABLE queue_verdicts DROP COLUMN pool;
