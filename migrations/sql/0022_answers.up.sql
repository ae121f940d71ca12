-- What AEs answer about the leads that are assigned to them.

ALTER TABLE queue_verdicts ADD COLUMN pool text;
COMMENT ON COLUMN queue_verdicts.pool IS 'The pool whose turn the assignment counted as, so that a rejected lead is credited back to the person; null where it was no turn.';
COMMENT ON COLUMN queue_verdicts.assignee_before IS 'Who had the lead before. On a row that gives the lead back: the AE who rejected it; null where a person took back a verdict.';
COMMENT ON COLUMN queue_verdicts.turn IS 'Number of the row among those on the decision. Where an AE rejects a lead that the rules assigned, the decision itself counts as the first.';

-- The leads of one person, whatever became of them; replaces the index of those without an answer.
DROP INDEX leads_unanswered_idx;
CREATE INDEX leads_assignee_idx ON leads (assignee, id) WHERE assignee IS NOT NULL;
