-- What decides: versions of catalogues, maps, rule sets, lists and pools; bundles of them; workflows; destinations.

CREATE TABLE versions (
    id uuid CONSTRAINT versions_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT versions_kind_exists CHECK (kind IN ('catalogue', 'map', 'rule_set', 'list', 'pool')),
    name text NOT NULL CONSTRAINT versions_name_length CHECK (length(name) BETWEEN 1 AND 100),
    version integer NOT NULL CONSTRAINT versions_count_from_one CHECK (version >= 1),
    body jsonb NOT NULL,
    hash bytea NOT NULL CONSTRAINT versions_hash_is_sha256 CHECK (length(hash) = 32),
    state text NOT NULL CONSTRAINT versions_state_exists CHECK (state IN ('draft', 'canonical')),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT versions_kind_name_version_key UNIQUE (kind, name, version)
);
COMMENT ON TABLE versions IS 'Every version of everything that decides. A version that is no draft any more never changes.';
COMMENT ON COLUMN versions.hash IS 'SHA-256 of the body''s canonical JSON (RFC 8785).';
CREATE UNIQUE INDEX versions_one_draft_idx ON versions (kind, name) WHERE state = 'draft';

CREATE TRIGGER versions_no_change BEFORE UPDATE OR DELETE ON versions
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_change();

CREATE TABLE workflows (
    id uuid CONSTRAINT workflows_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT workflows_name_form CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    title text NOT NULL,
    definition jsonb NOT NULL,
    live_bundle bytea,
    release_epoch bigint NOT NULL DEFAULT 0,
    first_live_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT workflows_name_key UNIQUE (name),
    CONSTRAINT workflows_live_since CHECK ((live_bundle IS NULL) = (first_live_at IS NULL))
);
COMMENT ON TABLE workflows IS 'A workflow: which events it takes and where its decisions go.';
COMMENT ON COLUMN workflows.release_epoch IS 'Counts releases, rollbacks and stops; a decision is committed only under the epoch it was made in.';

CREATE TABLE bundles (
    hash bytea CONSTRAINT bundles_pkey PRIMARY KEY CONSTRAINT bundles_hash_is_sha256 CHECK (length(hash) = 32),
    workflow_id uuid NOT NULL CONSTRAINT bundles_workflow_fkey REFERENCES workflows,
    manifest jsonb NOT NULL,
    version_ids uuid[] NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE bundles IS 'Catalogue, map, rule set, lists, pools and engine semantics version, released and rolled back as one.';
COMMENT ON COLUMN bundles.hash IS 'SHA-256 of the manifest''s canonical JSON (RFC 8785).';
CREATE TRIGGER bundles_no_change BEFORE UPDATE OR DELETE ON bundles FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE workflows ADD CONSTRAINT workflows_live_bundle_fkey FOREIGN KEY (live_bundle) REFERENCES bundles;

CREATE TABLE routes (
    kind text NOT NULL CONSTRAINT routes_kind_exists CHECK (kind IN ('form', 'email', 'conversation', 'telemetry', 'touchpoint', 'enrichment', 'account', 'crm')),
    source text NOT NULL CONSTRAINT routes_source_length CHECK (length(source) BETWEEN 1 AND 100),
    workflow_id uuid NOT NULL CONSTRAINT routes_workflow_fkey REFERENCES workflows,
    CONSTRAINT routes_pkey PRIMARY KEY (kind, source, workflow_id)
);
COMMENT ON TABLE routes IS 'Which workflow takes events of a kind from a source when the event names none.';

CREATE TABLE pool_states (
    name text CONSTRAINT pool_states_pkey PRIMARY KEY,
    counters jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE pool_states IS 'Where the round robin of each pool stands. The row is locked while somebody is picked.';

CREATE TABLE destinations (
    id uuid CONSTRAINT destinations_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT destinations_name_form CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    kind text NOT NULL,
    settings jsonb NOT NULL,
    secret bytea,
    paused_reason text,
    created_at timestamptz NOT NULL,
    CONSTRAINT destinations_name_key UNIQUE (name)
);
COMMENT ON TABLE destinations IS 'Systems that effects are written to.';
COMMENT ON COLUMN destinations.secret IS 'Ciphertext under the master key; never shown again.';
COMMENT ON COLUMN destinations.paused_reason IS 'Why nothing is sent; null while it is.';

CREATE TABLE feature_dictionary (
    workflow_id uuid NOT NULL CONSTRAINT feature_dictionary_workflow_fkey REFERENCES workflows,
    field text NOT NULL,
    value_hash bytea NOT NULL,
    value text NOT NULL,
    code integer GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT feature_dictionary_pkey PRIMARY KEY (workflow_id, field, value_hash),
    CONSTRAINT feature_dictionary_code_key UNIQUE (code)
);
COMMENT ON TABLE feature_dictionary IS 'The texts behind the codes of feature rows; fields the catalogue calls personal are never in it.';

GRANT SELECT, INSERT, UPDATE ON workflows, pool_states, destinations TO meshline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON versions, routes TO meshline_app;
GRANT SELECT, INSERT ON bundles, feature_dictionary TO meshline_app;
