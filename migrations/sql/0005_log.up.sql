-- The log: what came in, what was decided, done, said and changed. Written once.
--
-- Ids are UUIDv7 minted from the instant of receipt; tables are partitioned by month of the id. There are no foreign
-- keys between log tables: months are archived on their own. `hash` is SHA-256 over the row's canonical JSON
-- (RFC 8785), ciphertexts as they are stored, so that it still verifies when the key is gone. `xact` tells the sealer
-- which rows can no longer be joined by older ones.

CREATE TABLE events (
    id uuid NOT NULL CONSTRAINT events_pkey PRIMARY KEY,
    lead_id uuid NOT NULL CONSTRAINT events_lead_fkey REFERENCES leads,
    workflow_id uuid NOT NULL CONSTRAINT events_workflow_fkey REFERENCES workflows,
    kind text NOT NULL CONSTRAINT events_kind_exists CHECK (kind IN ('form', 'email', 'conversation', 'telemetry', 'touchpoint', 'enrichment', 'account', 'crm')),
    source text NOT NULL,
    body bytea NOT NULL,
    occurred_at timestamptz,
    received_at timestamptz NOT NULL,
    received_from text NOT NULL,
    request_id text NOT NULL,
    hash bytea NOT NULL CONSTRAINT events_hash_is_sha256 CHECK (length(hash) = 32),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY RANGE (id);
COMMENT ON TABLE events IS 'Inbound events as they came.';
COMMENT ON COLUMN events.body IS 'The request body, ciphertext under the lead''s key.';
COMMENT ON COLUMN events.received_from IS 'The API key or command that brought it.';
CREATE INDEX events_lead_idx ON events (lead_id, id);
SELECT partition_by_month('events', true);

CREATE TABLE decisions (
    id uuid NOT NULL CONSTRAINT decisions_pkey PRIMARY KEY,
    event_id uuid NOT NULL,
    lead_id uuid NOT NULL CONSTRAINT decisions_lead_fkey REFERENCES leads,
    workflow_id uuid NOT NULL CONSTRAINT decisions_workflow_fkey REFERENCES workflows,
    sequence bigint NOT NULL,
    epoch bigint NOT NULL,
    mode text NOT NULL CONSTRAINT decisions_mode_exists CHECK (mode IN ('historical', 'simulation', 'shadow', 'assign_review', 'live', 'manual')),
    bundle bytea NOT NULL CONSTRAINT decisions_bundle_fkey REFERENCES bundles,
    rule_set text NOT NULL,
    rule_version integer NOT NULL,
    variant text,
    rule_id text,
    action text NOT NULL CONSTRAINT decisions_action_exists CHECK (action IN ('advance', 'nurture', 'reject', 'assign', 'hold', 'escalate')),
    parameters jsonb NOT NULL,
    confidence double precision CONSTRAINT decisions_confidence_range CHECK (confidence BETWEEN 0 AND 1),
    risk_tags jsonb NOT NULL,
    held_by text,
    because jsonb NOT NULL,
    trace jsonb NOT NULL,
    pick jsonb,
    snapshot bytea NOT NULL,
    effects jsonb NOT NULL,
    as_of timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    hash bytea NOT NULL CONSTRAINT decisions_hash_is_sha256 CHECK (length(hash) = 32),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT decisions_fired_or_default CHECK (rule_id IS NOT NULL OR confidence IS NULL)
) PARTITION BY RANGE (id);
COMMENT ON TABLE decisions IS 'Every decision with its exact inputs.';
COMMENT ON COLUMN decisions.sequence IS 'Number of the decision among those of its lead, from 1.';
COMMENT ON COLUMN decisions.epoch IS 'The workflow''s release epoch it was committed under.';
COMMENT ON COLUMN decisions.pick IS 'Inputs and result of picking a person: pool version, counters, availability, owner.';
COMMENT ON COLUMN decisions.snapshot IS 'Decision inputs, ciphertext under the lead''s key.';
CREATE INDEX decisions_lead_idx ON decisions (lead_id, id);
CREATE INDEX decisions_event_idx ON decisions (event_id);
CREATE INDEX decisions_workflow_idx ON decisions (workflow_id, id DESC);
CREATE INDEX decisions_as_of_idx ON decisions (as_of);
SELECT partition_by_month('decisions', true);

CREATE TABLE deliveries (
    id uuid NOT NULL CONSTRAINT deliveries_pkey PRIMARY KEY,
    effect_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    destination_id uuid NOT NULL,
    attempt integer NOT NULL,
    run_lease bigint NOT NULL,
    result text NOT NULL CONSTRAINT deliveries_result_exists CHECK (result IN ('delivered', 'retry', 'failed', 'expired', 'superseded', 'withdrawn')),
    status integer,
    request bytea,
    response bytea,
    error text,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    hash bytea NOT NULL CONSTRAINT deliveries_hash_is_sha256 CHECK (length(hash) = 32),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY RANGE (id);
COMMENT ON TABLE deliveries IS 'Every attempt to carry out an effect. Lead and destination are those of the outbox row it finishes, which has the foreign keys.';
COMMENT ON COLUMN deliveries.run_lease IS 'The lease the attempt held; with effect_id it names the attempt.';
COMMENT ON COLUMN deliveries.request IS 'What was sent, secrets left out, ciphertext under the lead''s key.';
COMMENT ON COLUMN deliveries.response IS 'What was answered, cut, ciphertext under the lead''s key.';
COMMENT ON COLUMN deliveries.error IS 'What went wrong, for the person who has to mend it; holds nothing of the lead.';
CREATE INDEX deliveries_effect_idx ON deliveries (effect_id, id);
CREATE INDEX deliveries_lead_idx ON deliveries (lead_id, id);
SELECT partition_by_month('deliveries', true);

CREATE TABLE outcomes (
    id uuid NOT NULL CONSTRAINT outcomes_pkey PRIMARY KEY,
    lead_id uuid NOT NULL CONSTRAINT outcomes_lead_fkey REFERENCES leads,
    stage text NOT NULL CONSTRAINT outcomes_stage_exists CHECK (stage IN ('touched', 'accepted', 'rejected', 'sales_qualified', 'opportunity', 'won', 'lost', 'disqualified')),
    at timestamptz,
    by_whom text,
    amount numeric CONSTRAINT outcomes_amount_is_finite CHECK (amount <> 'NaN' AND amount >= 0 AND amount < 'Infinity'),
    currency text CONSTRAINT outcomes_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    opportunity_id text,
    reason bytea,
    received_at timestamptz NOT NULL,
    received_from text NOT NULL,
    hash bytea NOT NULL CONSTRAINT outcomes_hash_is_sha256 CHECK (length(hash) = 32),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT outcomes_amount_has_currency CHECK (amount IS NULL OR currency IS NOT NULL)
) PARTITION BY RANGE (id);
COMMENT ON TABLE outcomes IS 'What really happened to leads.';
COMMENT ON COLUMN outcomes.at IS 'When it happened; null when an import does not say, and then no duration is computed from it.';
COMMENT ON COLUMN outcomes.reason IS 'Free text, ciphertext under the lead''s key.';
CREATE INDEX outcomes_lead_idx ON outcomes (lead_id, at);
SELECT partition_by_month('outcomes', true);

CREATE TABLE overrides (
    id uuid NOT NULL CONSTRAINT overrides_pkey PRIMARY KEY,
    decision_id uuid NOT NULL,
    lead_id uuid NOT NULL CONSTRAINT overrides_lead_fkey REFERENCES leads,
    action text NOT NULL CONSTRAINT overrides_action_exists CHECK (action IN ('advance', 'nurture', 'reject', 'assign', 'hold', 'escalate')),
    reason bytea NOT NULL,
    by_whom text NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL CONSTRAINT overrides_hash_is_sha256 CHECK (length(hash) = 32),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY RANGE (id);
COMMENT ON TABLE overrides IS 'A human''s different verdict on a decision.';
COMMENT ON COLUMN overrides.reason IS 'Free text, ciphertext under the lead''s key.';
CREATE INDEX overrides_decision_idx ON overrides (decision_id);
SELECT partition_by_month('overrides', true);

CREATE TABLE audit_log (
    id uuid NOT NULL CONSTRAINT audit_log_pkey PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    roles text[] NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    lead_id uuid CONSTRAINT audit_log_lead_fkey REFERENCES leads,
    detail jsonb,
    personal_detail bytea,
    request_id text NOT NULL,
    hash bytea NOT NULL CONSTRAINT audit_log_hash_is_sha256 CHECK (length(hash) = 32),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT audit_log_personal_detail_has_a_lead CHECK (personal_detail IS NULL OR lead_id IS NOT NULL)
) PARTITION BY RANGE (id);
COMMENT ON TABLE audit_log IS 'Who did what: one row for each act that changes something.';
COMMENT ON COLUMN audit_log.actor IS 'The person''s id, the API key''s id, or the command.';
COMMENT ON COLUMN audit_log.personal_detail IS 'What the act says of a lead, ciphertext under the lead''s key.';
SELECT partition_by_month('audit_log', true);

-- Beside each decision, its inputs as codes: what simulations read. Not part of the log: erasure deletes these rows.
CREATE TABLE features (
    decision_id uuid NOT NULL CONSTRAINT features_pkey PRIMARY KEY,
    lead_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    catalogue_version integer NOT NULL,
    cells bytea NOT NULL
) PARTITION BY RANGE (decision_id);
COMMENT ON TABLE features IS 'One compact row for each decision: coded values and one confidence byte a field.';
COMMENT ON COLUMN features.cells IS 'Fields in the order of their names; layout in engine::features.';
CREATE INDEX features_lead_idx ON features (lead_id);
SELECT partition_by_month('features', false);
