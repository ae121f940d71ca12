-- A decision keeps all that it depends on beside its bundle, an event is not the only trigger, and candidates decide in the shadow.

ALTER TABLE decisions ALTER COLUMN event_id DROP NOT NULL;
ALTER TABLE decisions ADD COLUMN release_id uuid;
ALTER TABLE decisions ADD COLUMN trigger text CONSTRAINT decisions_trigger_exists
    CHECK (trigger IN ('event', 'person', 'timer', 'redecision', 'release', 'account'));
ALTER TABLE decisions ADD COLUMN selection_probability double precision CONSTRAINT decisions_selection_probability_range
    CHECK (selection_probability > 0 AND selection_probability <= 1);
ALTER TABLE decisions ADD COLUMN conditions jsonb CONSTRAINT decisions_conditions_is_object CHECK (jsonb_typeof(conditions) = 'object');
ALTER TABLE decisions ADD CONSTRAINT decisions_event_has_its_event
    CHECK (event_id IS NOT NULL OR (trigger IS NOT NULL AND trigger <> 'event'));
COMMENT ON COLUMN decisions.event_id IS 'The event that was decided on; null where the trigger is another one.';
COMMENT ON COLUMN decisions.release_id IS 'The release that brought the bundle to this lead; null in decisions from before releases were kept.';
COMMENT ON COLUMN decisions.trigger IS 'Why the decision was made; null, for an event, in decisions from before it was kept.';
COMMENT ON COLUMN decisions.selection_probability IS 'The probability of this decision where chance took part in it.';
COMMENT ON COLUMN decisions.conditions IS 'What altered the decision and is not in the bundle: rules switched off or muted, and the weights of the pick.';

CREATE TABLE shadow_verdicts (
    id uuid NOT NULL CONSTRAINT shadow_verdicts_pkey PRIMARY KEY,
    decision_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    release_id uuid NOT NULL,
    bundle bytea NOT NULL CONSTRAINT shadow_verdicts_bundle_fkey REFERENCES bundles,
    rule_version integer NOT NULL,
    rule_id text,
    action text NOT NULL CONSTRAINT shadow_verdicts_action_exists CHECK (action IN ('advance', 'nurture', 'reject', 'assign', 'hold', 'escalate')),
    parameters jsonb NOT NULL,
    confidence double precision CONSTRAINT shadow_verdicts_confidence_range CHECK (confidence BETWEEN 0 AND 1),
    risk_tags jsonb NOT NULL,
    held_by text,
    because jsonb NOT NULL,
    trace jsonb NOT NULL,
    snapshot bytea NOT NULL,
    as_of timestamptz NOT NULL,
    decided_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
COMMENT ON TABLE shadow_verdicts IS 'What candidates in the shadow stage would have decided, beside each live decision. They have no effects and no number among the lead''s decisions.';
COMMENT ON COLUMN shadow_verdicts.decision_id IS 'The decision that counts.';
COMMENT ON COLUMN shadow_verdicts.snapshot IS 'Decision inputs as the candidate read them, ciphertext under the lead''s key.';
CREATE INDEX shadow_verdicts_decision_idx ON shadow_verdicts (decision_id);
CREATE INDEX shadow_verdicts_release_idx ON shadow_verdicts (release_id, id);
CREATE INDEX shadow_verdicts_lead_idx ON shadow_verdicts (lead_id);
SELECT partition_by_month('shadow_verdicts', false);

CREATE TABLE pool_availability (
    pool text NOT NULL CONSTRAINT pool_availability_pool_length CHECK (length(pool) BETWEEN 1 AND 100),
    person text NOT NULL,
    weight integer CONSTRAINT pool_availability_weight_range CHECK (weight BETWEEN 1 AND 1000),
    away_until timestamptz,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    CONSTRAINT pool_availability_pkey PRIMARY KEY (pool, person)
);
COMMENT ON TABLE pool_availability IS 'Weight and absence of pool members. They change outside releases; members are in the version of the pool.';
COMMENT ON COLUMN pool_availability.person IS 'E-mail address, as the pool has it.';
COMMENT ON COLUMN pool_availability.weight IS 'Replaces the weight in the pool''s version; null leaves it as it is.';
COMMENT ON COLUMN pool_availability.away_until IS 'Takes no leads until then; infinity where no return is known.';
GRANT SELECT, INSERT, UPDATE, DELETE ON pool_availability TO meshline_app;
