-- Who may do what: people, their roles and sessions, API keys, and who is accountable for each layer.

CREATE TABLE people (
    id uuid CONSTRAINT people_pkey PRIMARY KEY,
    email text NOT NULL CONSTRAINT people_email_is_lower_case CHECK (email = lower(email) AND email LIKE '%_@_%' AND length(email) <= 320),
    name text NOT NULL CONSTRAINT people_name_length CHECK (length(name) BETWEEN 1 AND 200),
    password_hash text,
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT people_email_key UNIQUE (email)
);
COMMENT ON TABLE people IS 'Everybody who signs in.';
COMMENT ON COLUMN people.password_hash IS 'argon2id in PHC form; null until the set-up link was used.';
COMMENT ON COLUMN people.time_zone IS 'IANA name; times are shown in it.';

CREATE TABLE person_roles (
    person_id uuid NOT NULL CONSTRAINT person_roles_person_fkey REFERENCES people,
    role text NOT NULL CONSTRAINT person_roles_role_exists CHECK (role IN ('enablement', 'rep_leader', 'revops', 'ae_rep_leader', 'integrations', 'revops_lead', 'sales_leader', 'sdr', 'ae', 'admin')),
    CONSTRAINT person_roles_pkey PRIMARY KEY (person_id, role)
);
COMMENT ON TABLE person_roles IS 'A person may hold several roles.';

CREATE TABLE layers (
    id smallint CONSTRAINT layers_pkey PRIMARY KEY DEFAULT 1 CONSTRAINT layers_is_one_row CHECK (id = 1),
    content_owner uuid CONSTRAINT layers_content_owner_fkey REFERENCES people,
    rules_owner uuid CONSTRAINT layers_rules_owner_fkey REFERENCES people,
    sync_owner uuid CONSTRAINT layers_sync_owner_fkey REFERENCES people,
    control_owner uuid CONSTRAINT layers_control_owner_fkey REFERENCES people,
    CONSTRAINT layers_content_and_rules_have_two_owners CHECK (content_owner <> rules_owner)
);
COMMENT ON TABLE layers IS 'The one accountable person of each layer, in a single row so that the database can keep content and rules apart.';
INSERT INTO layers DEFAULT VALUES;

CREATE TABLE setup_links (
    token_hash bytea CONSTRAINT setup_links_pkey PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT setup_links_person_fkey REFERENCES people,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
COMMENT ON TABLE setup_links IS 'Links to set a password with, each once.';
COMMENT ON COLUMN setup_links.token_hash IS 'SHA-256 of the token in the link; the token itself is nowhere.';

CREATE TABLE sessions (
    id_hash bytea CONSTRAINT sessions_pkey PRIMARY KEY,
    data jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
COMMENT ON TABLE sessions IS 'Browser sessions.';
COMMENT ON COLUMN sessions.id_hash IS 'SHA-256 of the cookie''s id: who reads the table cannot take over a session.';

CREATE TABLE api_keys (
    id uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT api_keys_name_length CHECK (length(name) BETWEEN 1 AND 100),
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL CONSTRAINT api_keys_scopes_exist CHECK (scopes <@ ARRAY['ingest', 'read', 'outcome', 'admin'] AND cardinality(scopes) > 0),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT api_keys_name_key UNIQUE (name),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash)
);
COMMENT ON TABLE api_keys IS 'Bearer keys of the API.';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the key, which has 256 random bits and was shown once.';

GRANT SELECT, INSERT, UPDATE, DELETE ON people, person_roles, setup_links, sessions, api_keys TO meshline_app;
GRANT SELECT, UPDATE ON layers TO meshline_app;
