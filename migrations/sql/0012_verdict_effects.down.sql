ALTER TABLE queue_verdicts DROP CONSTRAINT queue_verdicts_give_back_after_one;
-- Rows that are there may not keep it: a lead may have been decided twice in a row.
ALTER TABLE queue_verdicts ADD CONSTRAINT queue_verdicts_give_back_every_second CHECK ((kind = 'give_back') = (turn % 2 = 0)) NOT VALID;
COMMENT ON COLUMN queue_verdicts.turn IS 'Number of the row among those on the decision: odd ones decide, even ones give the lead back to the queue.';
COMMENT ON TABLE effect_keys IS 'One effect for each (decision, kind, destination); outlives archiving.';
ALTER TABLE effects DROP COLUMN verdict_id;
