-- What decisions have no column for any more is kept beside, since their hashes cover it; the way up of 0019 takes it back.
CREATE TABLE kept_decisions AS SELECT id, event_id, release_id, trigger, selection_probability, conditions FROM decisions
    WHERE num_nonnulls(release_id, trigger, selection_probability, conditions) > 0;
CREATE TABLE kept_shadow_verdicts AS TABLE shadow_verdicts;
CREATE TABLE kept_pool_availability AS TABLE pool_availability;

DROP TABLE pool_availability;
DROP TABLE shadow_verdicts;
DELETE FROM partitioned_tables WHERE name = 'shadow_verdicts';

-- The log takes no change, so a decision without an event keeps its place under the nil id.
ALTER TABLE decisions DISABLE TRIGGER USER;
UPDATE decisions SET event_id = '00000000-0000-0000-0000-000000000000' WHERE event_id IS NULL;
ALTER TABLE decisions ENABLE TRIGGER USER;
ALTER TABLE decisions DROP CONSTRAINT decisions_event_has_its_event;
ALTER TABLE decisions DROP COLUMN conditions;
ALTER TABLE decisions DROP COLUMN selection_probability;
ALTER TABLE decisions DROP COLUMN trigger;
ALTER TABLE decisions DROP COLUMN release_id;
ALTER TABLE decisions ALTER COLUMN event_id SET NOT NULL;
COMMENT ON COLUMN decisions.event_id IS NULL;
