-- The queue: what leads that wait for a person wait for, who has one open, and what people decided.

ALTER TABLE lead_states ADD COLUMN suggested text
    CONSTRAINT lead_states_suggested_exists CHECK (suggested IN ('advance', 'nurture', 'reject', 'assign', 'hold', 'escalate'));
COMMENT ON COLUMN lead_states.suggested IS 'While the lead waits for a person: what the rules would do with it; hold and escalate suggest nothing.';
UPDATE lead_states SET suggested = last_action WHERE queue IS NOT NULL;

CREATE FUNCTION queue_priority(suggested text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN suggested IN ('assign', 'escalate') THEN 3 WHEN suggested IN ('nurture', 'reject') THEN 1 ELSE 2 END
$$;
COMMENT ON FUNCTION queue_priority(text) IS 'How urgent a lead is that waits for a person, 3 to 1: somebody in sales waits for the first kind, nobody for the last.';
CREATE INDEX lead_states_queue_order_idx ON lead_states (queue_priority(suggested) DESC, queued_at, lead_id, workflow_id) WHERE queue IS NOT NULL;

CREATE TABLE queue_claims (
    lead_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    person_id uuid NOT NULL CONSTRAINT queue_claims_person_fkey REFERENCES people,
    claimed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT queue_claims_pkey PRIMARY KEY (lead_id, workflow_id),
    CONSTRAINT queue_claims_person_key UNIQUE (person_id),
    CONSTRAINT queue_claims_state_fkey FOREIGN KEY (lead_id, workflow_id) REFERENCES lead_states
);
COMMENT ON TABLE queue_claims IS 'Who works on which waiting lead: one lead a person, one person a lead. One that has expired counts for nothing.';

CREATE TABLE queue_verdicts (
    id uuid CONSTRAINT queue_verdicts_pkey PRIMARY KEY,
    decision_id uuid NOT NULL,
    turn integer NOT NULL CONSTRAINT queue_verdicts_turns_count_from_one CHECK (turn >= 1),
    lead_id uuid NOT NULL CONSTRAINT queue_verdicts_lead_fkey REFERENCES leads,
    workflow_id uuid NOT NULL CONSTRAINT queue_verdicts_workflow_fkey REFERENCES workflows,
    kind text NOT NULL CONSTRAINT queue_verdicts_kind_exists CHECK (kind IN ('accept', 'change', 'disqualify', 'give_back')),
    suggested text,
    action text NOT NULL CONSTRAINT queue_verdicts_action_exists CHECK (action IN ('advance', 'nurture', 'reject', 'assign', 'hold', 'escalate')),
    assignee text,
    assignee_before text,
    override_id uuid,
    outcome_id uuid,
    queue text NOT NULL,
    queued_at timestamptz NOT NULL,
    person_id uuid NOT NULL CONSTRAINT queue_verdicts_person_fkey REFERENCES people,
    at timestamptz NOT NULL,
    CONSTRAINT queue_verdicts_once UNIQUE (decision_id, turn),
    CONSTRAINT queue_verdicts_give_back_every_second CHECK ((kind = 'give_back') = (turn % 2 = 0))
);
COMMENT ON TABLE queue_verdicts IS 'What people decided about leads that waited for them. Written once: who takes a verdict back adds a row.';
COMMENT ON COLUMN queue_verdicts.decision_id IS 'The decision that sent the lead to the queue.';
COMMENT ON COLUMN queue_verdicts.turn IS 'Number of the row among those on the decision: odd ones decide, even ones give the lead back to the queue.';
COMMENT ON COLUMN queue_verdicts.override_id IS 'The override it wrote or, where it gives the lead back, takes back; the same with outcome_id.';
CREATE UNIQUE INDEX queue_verdicts_override_taken_back_key ON queue_verdicts (override_id) WHERE kind = 'give_back' AND override_id IS NOT NULL;
CREATE UNIQUE INDEX queue_verdicts_outcome_taken_back_key ON queue_verdicts (outcome_id) WHERE kind = 'give_back' AND outcome_id IS NOT NULL;
CREATE INDEX queue_verdicts_lead_idx ON queue_verdicts (lead_id, id);
CREATE INDEX queue_verdicts_person_idx ON queue_verdicts (person_id, at);
CREATE TRIGGER queue_verdicts_no_change BEFORE UPDATE OR DELETE ON queue_verdicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER queue_verdicts_no_truncate BEFORE TRUNCATE ON queue_verdicts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW standing_overrides AS SELECT o.* FROM overrides o
    WHERE NOT EXISTS (SELECT FROM queue_verdicts v WHERE v.override_id = o.id AND v.kind = 'give_back');
COMMENT ON VIEW standing_overrides IS 'Overrides that nobody took back.';
CREATE VIEW standing_outcomes AS SELECT o.* FROM outcomes o
    WHERE NOT EXISTS (SELECT FROM queue_verdicts v WHERE v.outcome_id = o.id AND v.kind = 'give_back');
COMMENT ON VIEW standing_outcomes IS 'Outcomes that nobody took back: what figures and pages read.';

GRANT SELECT ON standing_overrides, standing_outcomes TO meshline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON queue_claims TO meshline_app;
GRANT SELECT, INSERT ON queue_verdicts TO meshline_app;

-- What an AE still has to answer: theirs, and nobody has said more than that they were in touch.
CREATE INDEX leads_unanswered_idx ON leads (assignee, id) WHERE assignee IS NOT NULL AND (stage IS NULL OR stage = 'touched');
