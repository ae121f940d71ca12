-- Nothing is sent by a destination that loses its account.
UPDATE destinations SET paused_reason = coalesce(paused_reason, 'Its account is gone: this version has no credentials.') WHERE credential_id IS NOT NULL;
ALTER TABLE destinations DROP CONSTRAINT destinations_secret_or_credential;
ALTER TABLE destinations DROP COLUMN credential_id;
DROP TABLE credentials;
