-- Accounts that destinations sign in with by tokens which expire. Each is stored once, whatever number of destinations uses it.

CREATE TABLE credentials (
    id uuid CONSTRAINT credentials_pkey PRIMARY KEY,
    name text NOT NULL CONSTRAINT credentials_name_form CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    configured bytea NOT NULL,
    grant_text bytea NOT NULL,
    access_token bytea,
    renewed_at timestamptz,
    renewals bigint NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL,
    CONSTRAINT credentials_name_key UNIQUE (name)
);
COMMENT ON TABLE credentials IS 'What access tokens are obtained with, and the current token. The row is locked while a token is renewed, so that one process does it.';
COMMENT ON COLUMN credentials.configured IS 'Keyed hash of the grant as it was configured: configured again unchanged, it must not undo a refresh token that the server has replaced since.';
COMMENT ON COLUMN credentials.grant_text IS 'Refresh token or private key with client and endpoint, ciphertext under the master key; never shown again.';
COMMENT ON COLUMN credentials.access_token IS 'The current access token with its expiry, ciphertext under the master key.';
COMMENT ON COLUMN credentials.renewals IS 'How often a token was obtained.';
COMMENT ON COLUMN credentials.last_error IS 'Why the last renewal failed; null once one works. Holds no secret.';

ALTER TABLE destinations ADD COLUMN credential_id uuid CONSTRAINT destinations_credential_fkey REFERENCES credentials;
ALTER TABLE destinations ADD CONSTRAINT destinations_secret_or_credential CHECK (secret IS NULL OR credential_id IS NULL);
COMMENT ON COLUMN destinations.credential_id IS 'The account that it signs in with, where that is not a secret of its own.';
CREATE INDEX destinations_credential_idx ON destinations (credential_id);

GRANT SELECT, INSERT, UPDATE ON credentials TO meshline_app;
