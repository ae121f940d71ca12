DROP VIEW standing_outcomes;
DROP VIEW standing_overrides;
DROP TABLE queue_verdicts;
DROP TABLE queue_claims;
DROP INDEX leads_unanswered_idx;
DROP INDEX lead_states_queue_order_idx;
DROP FUNCTION queue_priority(text);
ALTER TABLE lead_states DROP COLUMN suggested;
