-- Leads: current, erasable profiles. What was said and decided about them stands in the log.

CREATE TABLE leads (
    id uuid CONSTRAINT leads_pkey PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT 0,
    data_key bytea,
    email text,
    name text,
    company text,
    domain text,
    external_source text,
    external_id text,
    assignee text,
    stage text,
    created_at timestamptz NOT NULL,
    first_occurred_at timestamptz,
    erased_at timestamptz,
    CONSTRAINT leads_erased_is_empty CHECK (erased_at IS NULL OR (data_key IS NULL AND email IS NULL AND name IS NULL AND company IS NULL AND domain IS NULL AND external_id IS NULL))
);
COMMENT ON TABLE leads IS 'Current profile of each lead. Ordinary rows: erasure empties them and destroys the key of what the log keeps.';
COMMENT ON COLUMN leads.sequence IS 'Number of the lead''s last decision; decisions of one lead are serial.';
COMMENT ON COLUMN leads.data_key IS 'Key of the lead''s immutable rows, wrapped by the master key; null once erased.';
COMMENT ON COLUMN leads.stage IS 'Latest outcome stage.';
CREATE INDEX leads_domain_idx ON leads (domain) WHERE domain IS NOT NULL;

CREATE TABLE lead_identities (
    kind text NOT NULL CONSTRAINT lead_identities_kind_exists CHECK (kind IN ('external', 'email')),
    source text NOT NULL,
    value_hmac bytea NOT NULL,
    lead_id uuid NOT NULL CONSTRAINT lead_identities_lead_fkey REFERENCES leads,
    CONSTRAINT lead_identities_pkey PRIMARY KEY (kind, source, value_hmac)
) PARTITION BY HASH (value_hmac);
COMMENT ON TABLE lead_identities IS 'What names a lead: (source, external id), or an e-mail address with an empty source. Keyed HMAC-SHA256, never the value.';
CREATE INDEX lead_identities_lead_idx ON lead_identities (lead_id);

CREATE TABLE lead_aliases (
    lead_id uuid CONSTRAINT lead_aliases_pkey PRIMARY KEY CONSTRAINT lead_aliases_lead_fkey REFERENCES leads,
    merged_into uuid NOT NULL CONSTRAINT lead_aliases_merged_into_fkey REFERENCES leads,
    at timestamptz NOT NULL,
    by_whom text NOT NULL,
    CONSTRAINT lead_aliases_not_itself CHECK (lead_id <> merged_into)
);
COMMENT ON TABLE lead_aliases IS 'Merges: appended, never taken back; decisions keep the lead they were made about.';

CREATE TABLE merge_suggestions (
    lead_id uuid NOT NULL CONSTRAINT merge_suggestions_lead_fkey REFERENCES leads,
    other_lead_id uuid NOT NULL CONSTRAINT merge_suggestions_other_lead_fkey REFERENCES leads,
    event_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    CONSTRAINT merge_suggestions_pkey PRIMARY KEY (lead_id, other_lead_id)
);
COMMENT ON TABLE merge_suggestions IS 'Two leads that one event named both: by external id and by e-mail.';

CREATE TABLE lead_states (
    lead_id uuid NOT NULL CONSTRAINT lead_states_lead_fkey REFERENCES leads,
    workflow_id uuid NOT NULL CONSTRAINT lead_states_workflow_fkey REFERENCES workflows,
    source text NOT NULL,
    first_decision_id uuid NOT NULL,
    first_as_of timestamptz NOT NULL,
    first_action text NOT NULL,
    first_rule_id text,
    last_decision_id uuid NOT NULL,
    last_as_of timestamptz NOT NULL,
    last_action text NOT NULL,
    last_rule_id text,
    last_confidence double precision,
    last_rule_version integer NOT NULL,
    queue text CONSTRAINT lead_states_queue_exists CHECK (queue IN ('sdr', 'manual')),
    queued_at timestamptz,
    CONSTRAINT lead_states_pkey PRIMARY KEY (lead_id, workflow_id),
    CONSTRAINT lead_states_queued_since CHECK ((queue IS NULL) = (queued_at IS NULL))
);
COMMENT ON TABLE lead_states IS 'Where each lead stands in each workflow: its first and last decision, and the queue it waits in. Lists and figures read this.';
CREATE INDEX lead_states_last_idx ON lead_states (last_decision_id DESC);
CREATE INDEX lead_states_workflow_last_idx ON lead_states (workflow_id, last_decision_id DESC);
CREATE INDEX lead_states_action_last_idx ON lead_states (last_action, last_decision_id DESC);
CREATE INDEX lead_states_first_as_of_idx ON lead_states (first_as_of);
CREATE INDEX lead_states_queue_idx ON lead_states (queue, queued_at) WHERE queue IS NOT NULL;

CREATE TABLE idempotency_keys (
    scope text NOT NULL,
    key_hmac bytea NOT NULL,
    body_hmac bytea NOT NULL,
    result_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key_hmac)
) PARTITION BY HASH (key_hmac);
COMMENT ON TABLE idempotency_keys IS 'Keys of accepted requests; they outlive the archiving of what they made.';
COMMENT ON COLUMN idempotency_keys.scope IS 'What the key is unique within, for example `event:` and the source.';
COMMENT ON COLUMN idempotency_keys.body_hmac IS 'HMAC-SHA256 of the canonical body: the same key with another body is refused.';
COMMENT ON COLUMN idempotency_keys.result_id IS 'The event or outcome that the first request made.';

DO $$
BEGIN
    FOR i IN 0 .. 15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF lead_identities FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'lead_identities_' || i, i);
        EXECUTE format('CREATE TABLE %I PARTITION OF idempotency_keys FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'idempotency_keys_' || i, i);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON leads, merge_suggestions, lead_states TO meshline_app;
GRANT SELECT, INSERT, DELETE ON lead_identities TO meshline_app;
GRANT SELECT, INSERT ON lead_aliases, idempotency_keys TO meshline_app;
