-- How often passwords and links were tried, counted for all processes together, and the networks that people signed in from.
-- The keys are HMACs: neither table reveals an account or an address.

CREATE TABLE sign_in_attempts (
    key bytea CONSTRAINT sign_in_attempts_pkey PRIMARY KEY CONSTRAINT sign_in_attempts_key_is_an_hmac CHECK (length(key) = 32),
    attempts integer NOT NULL CONSTRAINT sign_in_attempts_attempts_are_counted CHECK (attempts >= 0),
    most integer NOT NULL CONSTRAINT sign_in_attempts_most_is_positive CHECK (most > 0),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_attempts_expires_at_idx ON sign_in_attempts (expires_at);
COMMENT ON TABLE sign_in_attempts IS 'Counts of attempts to sign in and of requested links. A row is deleted only after it has expired, so a lock cannot be pushed out.';
COMMENT ON COLUMN sign_in_attempts.key IS 'HMAC of the kind of count, the account and the network.';
COMMENT ON COLUMN sign_in_attempts.most IS 'At this count, further attempts are rejected until the row expires.';

CREATE TABLE known_networks (
    key bytea CONSTRAINT known_networks_pkey PRIMARY KEY CONSTRAINT known_networks_key_is_an_hmac CHECK (length(key) = 32),
    last_used_at timestamptz NOT NULL
);
CREATE INDEX known_networks_last_used_at_idx ON known_networks (last_used_at);
COMMENT ON TABLE known_networks IS 'Networks that people signed in from: a flood of attempts from elsewhere does not keep these out.';
COMMENT ON COLUMN known_networks.key IS 'HMAC of the network, or of the network and an account.';
COMMENT ON COLUMN known_networks.last_used_at IS 'Last sign-in from there, to the day.';

GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempts, known_networks TO meshline_app;
