-- Effects and their outbox. The intent is written once; the outbox holds only what is not finished.

CREATE TABLE effects (
    id uuid NOT NULL CONSTRAINT effects_pkey PRIMARY KEY,
    decision_id uuid NOT NULL,
    lead_id uuid NOT NULL CONSTRAINT effects_lead_fkey REFERENCES leads,
    lead_sequence bigint NOT NULL,
    destination_id uuid NOT NULL CONSTRAINT effects_destination_fkey REFERENCES destinations,
    kind text NOT NULL,
    effect_key bytea NOT NULL,
    remote_key bytea NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
) PARTITION BY RANGE (id);
COMMENT ON TABLE effects IS 'Writes to destinations, committed with their decision.';
COMMENT ON COLUMN effects.remote_key IS 'Names the record at the destination: a later decision about the lead updates it.';
COMMENT ON COLUMN effects.body IS 'What to write, ciphertext under the lead''s key.';
CREATE INDEX effects_decision_idx ON effects (decision_id);
CREATE INDEX effects_lead_idx ON effects (lead_id, id);
SELECT partition_by_month('effects', false);
REVOKE UPDATE, DELETE ON effects FROM meshline_app;

CREATE TABLE effect_keys (
    effect_key bytea NOT NULL CONSTRAINT effect_keys_pkey PRIMARY KEY,
    effect_id uuid NOT NULL
) PARTITION BY HASH (effect_key);
COMMENT ON TABLE effect_keys IS 'One effect for each (decision, kind, destination); outlives archiving.';
DO $$
BEGIN
    FOR i IN 0 .. 15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF effect_keys FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'effect_keys_' || i, i);
    END LOOP;
END
$$;

CREATE TABLE outbox (
    effect_id uuid CONSTRAINT outbox_pkey PRIMARY KEY,
    destination_id uuid NOT NULL CONSTRAINT outbox_destination_fkey REFERENCES destinations,
    lead_id uuid NOT NULL CONSTRAINT outbox_lead_fkey REFERENCES leads,
    lead_sequence bigint NOT NULL,
    state text NOT NULL DEFAULT 'ready' CONSTRAINT outbox_state_exists CHECK (state IN ('ready', 'running', 'dead')),
    run_lease bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_error text,
    CONSTRAINT outbox_running_is_leased CHECK ((state = 'running') = (leased_until IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE outbox IS 'Effects that are not finished.';
COMMENT ON COLUMN outbox.run_lease IS 'Rises with every claim. A finish that names an older lease is stale and changes nothing.';
COMMENT ON COLUMN outbox.last_error IS 'What went wrong last; holds nothing of the lead.';
CREATE INDEX outbox_due_idx ON outbox (destination_id, due_at) WHERE state = 'ready';
CREATE INDEX outbox_leased_idx ON outbox (leased_until) WHERE state = 'running';
CREATE INDEX outbox_lead_idx ON outbox (lead_id, destination_id, lead_sequence);

GRANT SELECT, INSERT ON effect_keys TO meshline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO meshline_app;

CREATE TABLE import_runs (
    workflow_id uuid NOT NULL CONSTRAINT import_runs_workflow_fkey REFERENCES workflows,
    file_hash bytea NOT NULL,
    as_of timestamptz NOT NULL,
    rows_done bigint NOT NULL DEFAULT 0,
    finished_at timestamptz,
    CONSTRAINT import_runs_pkey PRIMARY KEY (workflow_id, file_hash)
);
COMMENT ON TABLE import_runs IS 'How far each file has been imported, so that an interrupted import goes on where it stopped.';
COMMENT ON COLUMN import_runs.as_of IS 'Start of the first run: rows without a time of their own are decided as of it, also when resumed.';
GRANT SELECT, INSERT, UPDATE ON import_runs TO meshline_app;
