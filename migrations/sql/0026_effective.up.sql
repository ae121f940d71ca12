-- What counts for a lead now: a person's verdict where one stands, and else the rules' decision. And actions that expired.

CREATE VIEW standing_verdicts AS SELECT v.* FROM queue_verdicts v
    WHERE v.kind <> 'give_back' AND NOT EXISTS (SELECT FROM queue_verdicts later WHERE later.decision_id = v.decision_id AND later.turn > v.turn);
COMMENT ON VIEW standing_verdicts IS 'Verdicts that nobody took back or replaced.';
GRANT SELECT ON standing_verdicts TO meshline_app;

-- A lead that waits for nobody can be decided otherwise, too.
ALTER TABLE queue_verdicts ALTER COLUMN queue DROP NOT NULL, ALTER COLUMN queued_at DROP NOT NULL,
    ADD CONSTRAINT queue_verdicts_queued_since CHECK ((queue IS NULL) = (queued_at IS NULL));
COMMENT ON COLUMN queue_verdicts.queue IS 'The queue that the lead waited in; null where it had been decided before.';
COMMENT ON COLUMN queue_verdicts.decision_id IS 'The decision that the verdict is about.';

ALTER TABLE lead_states
    ADD COLUMN verdict_id uuid,
    ADD COLUMN verdict_action text CONSTRAINT lead_states_verdict_action_exists
        CHECK (verdict_action IN ('advance', 'nurture', 'reject', 'assign', 'hold', 'escalate')),
    ADD COLUMN verdict_at timestamptz,
    ADD CONSTRAINT lead_states_verdict_is_whole
        CHECK ((verdict_id IS NULL) = (verdict_action IS NULL) AND (verdict_id IS NULL) = (verdict_at IS NULL)),
    ADD COLUMN effective_id uuid GENERATED ALWAYS AS (coalesce(verdict_id, last_decision_id)) STORED,
    ADD COLUMN effective_action text GENERATED ALWAYS AS (coalesce(verdict_action, last_action)) STORED,
    ADD COLUMN effective_at timestamptz GENERATED ALWAYS AS (coalesce(verdict_at, last_as_of)) STORED;
COMMENT ON COLUMN lead_states.verdict_id IS 'The verdict of a person that stands; null where the last decision does.';
COMMENT ON COLUMN lead_states.effective_id IS 'The verdict that stands, or else the last decision: what lists are sorted by.';

-- Sets the verdicts of all states from the log. An imported decision is older than a verdict that was given after its as_of.
CREATE FUNCTION rebuild_lead_verdicts() RETURNS void LANGUAGE sql AS $$
    UPDATE lead_states s SET verdict_id = v.id, verdict_action = v.action, verdict_at = v.at
    FROM lead_states t LEFT JOIN LATERAL (
        SELECT v.id, v.action, v.at FROM standing_verdicts v
        WHERE v.lead_id = t.lead_id AND v.workflow_id = t.workflow_id AND (v.decision_id = t.last_decision_id
            OR (v.at > t.last_as_of AND EXISTS (SELECT FROM decisions d WHERE d.id = t.last_decision_id AND d.mode = 'historical')))
        ORDER BY v.id DESC LIMIT 1
    ) v ON true
    WHERE s.lead_id = t.lead_id AND s.workflow_id = t.workflow_id AND s.verdict_id IS DISTINCT FROM v.id
$$;
SELECT rebuild_lead_verdicts();

DROP INDEX lead_states_last_idx;
DROP INDEX lead_states_workflow_last_idx;
DROP INDEX lead_states_action_last_idx;
CREATE INDEX lead_states_effective_idx ON lead_states (effective_id DESC);
CREATE INDEX lead_states_workflow_effective_idx ON lead_states (workflow_id, effective_id DESC);
CREATE INDEX lead_states_action_effective_idx ON lead_states (effective_action, effective_id DESC);
CREATE INDEX lead_states_source_idx ON lead_states (source);

-- A verdict that hands a lead on opens it again: what it had come to before no longer counts. What was reported of a lead that was
-- merged into this one counts for it.
CREATE FUNCTION current_stage(lead uuid) RETURNS text LANGUAGE sql STABLE AS $$
    WITH same AS MATERIALIZED (SELECT lead AS id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = lead)
    SELECT o.stage FROM standing_outcomes o
    WHERE o.lead_id IN (SELECT id FROM same) AND (o.stage NOT IN ('accepted', 'rejected', 'disqualified', 'lost')
        OR coalesce(o.at, o.received_at) >= coalesce((SELECT max(v.at) FROM standing_verdicts v
            WHERE v.lead_id IN (SELECT id FROM same) AND v.action <> 'reject'), '-infinity'))
    ORDER BY o.at DESC NULLS LAST, o.id DESC LIMIT 1
$$;
UPDATE leads l SET stage = current_stage(l.id) WHERE l.id IN (SELECT lead_id FROM queue_verdicts) AND l.stage IS DISTINCT FROM current_stage(l.id);

-- Leads that were closed while they waited need no decision.
CREATE VIEW closed_leads AS SELECT s.lead_id, s.workflow_id FROM lead_states s JOIN leads l ON l.id = s.lead_id
    WHERE s.queue IS NOT NULL AND l.stage IN ('disqualified', 'won', 'lost') AND EXISTS (SELECT FROM standing_outcomes o
        WHERE o.lead_id = s.lead_id AND o.stage IN ('disqualified', 'won', 'lost') AND coalesce(o.at, o.received_at) >= s.queued_at);
COMMENT ON VIEW closed_leads IS 'Leads in a queue whose outcome made a decision needless since they came there.';
GRANT SELECT ON closed_leads TO meshline_app;
DELETE FROM queue_claims q USING closed_leads c WHERE q.lead_id = c.lead_id AND q.workflow_id = c.workflow_id;
UPDATE lead_states s SET queue = NULL, queued_at = NULL, suggested = NULL
    FROM closed_leads c WHERE s.lead_id = c.lead_id AND s.workflow_id = c.workflow_id;

ALTER TABLE destinations ADD COLUMN expired_reviewed_at timestamptz;
COMMENT ON COLUMN destinations.expired_reviewed_at IS 'Actions that expired up to then have been reviewed, so that pages no longer warn of them.';
CREATE INDEX deliveries_expired_idx ON deliveries (destination_id, finished_at) WHERE result = 'expired';
CREATE INDEX deliveries_unsent_idx ON deliveries (result, id) WHERE result IN ('expired', 'superseded', 'withdrawn');
