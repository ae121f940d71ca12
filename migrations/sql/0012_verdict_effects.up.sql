-- What people decide in the queue is carried to destinations as what the rules decide is.

ALTER TABLE effects ADD COLUMN verdict_id uuid;
COMMENT ON COLUMN effects.verdict_id IS 'The person''s verdict on the decision that is told; null where the decision itself is.';
COMMENT ON TABLE effect_keys IS 'One effect for each (decision or verdict, kind, destination); outlives archiving.';

-- A calendar without a free time sends a lead back to the queue, which is then decided once more without anybody having taken
-- anything back.
ALTER TABLE queue_verdicts DROP CONSTRAINT queue_verdicts_give_back_every_second;
ALTER TABLE queue_verdicts ADD CONSTRAINT queue_verdicts_give_back_after_one CHECK (kind <> 'give_back' OR turn > 1);
COMMENT ON COLUMN queue_verdicts.turn IS 'Number of the row among those on the decision.';
