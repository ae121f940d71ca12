CREATE SCHEMA IF NOT EXISTS meshline;

CREATE TABLE IF NOT EXISTS meshline.decision_events (
    effect_key text PRIMARY KEY,
    schema_version text NOT NULL,
    remote_key text NOT NULL,
    lead_id uuid NOT NULL,
    incarnation bigint NOT NULL DEFAULT 0,
    lead_sequence bigint NOT NULL,
    workflow text NOT NULL,
    decision_id uuid NOT NULL,
    event_id uuid,
    mode text NOT NULL,
    bundle text NOT NULL,
    rule_set text NOT NULL,
    rule_version integer NOT NULL,
    variant text,
    rule_id text,
    action text NOT NULL,
    assignee text,
    confidence double precision,
    as_of timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE meshline.decision_events IS 'Every decision once, as Meshline made it, and every verdict of a person on one: then body has it as verdict, and action, assignee and decided_at are its.';
COMMENT ON COLUMN meshline.decision_events.effect_key IS 'The same decision or verdict written twice has the same key and stays one row.';
COMMENT ON COLUMN meshline.decision_events.schema_version IS 'The form of body.';
COMMENT ON COLUMN meshline.decision_events.event_id IS 'Null where the decision was not about an event.';
CREATE INDEX IF NOT EXISTS decision_events_decided_at_idx ON meshline.decision_events (decided_at);
CREATE INDEX IF NOT EXISTS decision_events_lead_idx ON meshline.decision_events (lead_id, lead_sequence);

CREATE TABLE IF NOT EXISTS meshline.lead_current (
    remote_key text PRIMARY KEY,
    effect_key text NOT NULL,
    lead_id uuid NOT NULL,
    incarnation bigint NOT NULL DEFAULT 0,
    lead_sequence bigint NOT NULL,
    workflow text NOT NULL,
    decision_id uuid NOT NULL,
    rule_set text NOT NULL,
    rule_version integer NOT NULL,
    rule_id text,
    action text NOT NULL,
    assignee text,
    confidence double precision,
    decided_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE meshline.lead_current IS 'The last decision about each lead in each workflow.';
COMMENT ON COLUMN meshline.decision_events.incarnation IS 'Rises when Meshline''s database was restored. Order a lead''s decisions by incarnation, then by lead_sequence.';
COMMENT ON COLUMN meshline.lead_current.lead_sequence IS 'An older decision that arrives later never overwrites a newer one, and one of an earlier incarnation is older.';
CREATE INDEX IF NOT EXISTS lead_current_written_at_idx ON meshline.lead_current (written_at);
