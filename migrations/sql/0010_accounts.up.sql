-- Accounts: how people want figures shown, and which browsers they are signed in with.

ALTER TABLE people
    ADD COLUMN number_format text NOT NULL DEFAULT 'comma' CONSTRAINT people_number_format_exists CHECK (number_format IN ('comma', 'dot', 'space')),
    ADD COLUMN single_keys boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN people.number_format IS 'What stands between thousands: 1,234.56 or 1.234,56 or 1 234,56.';
COMMENT ON COLUMN people.single_keys IS 'Whether single keys do something on pages; who speaks to a computer switches them off (WCAG 2.1.4).';
CREATE INDEX people_name_id_idx ON people (name, id);

-- A session has no other data than who, where and when. Those there are end: everybody signs in again.
DELETE FROM sessions;
ALTER TABLE sessions
    DROP COLUMN data,
    ADD COLUMN person_id uuid NOT NULL CONSTRAINT sessions_person_fkey REFERENCES people,
    ADD COLUMN address text NOT NULL,
    ADD COLUMN agent text NOT NULL,
    ADD COLUMN signed_in_at timestamptz NOT NULL,
    ADD COLUMN seen_at timestamptz NOT NULL;
COMMENT ON COLUMN sessions.address IS 'Where the browser was when it signed in.';
COMMENT ON COLUMN sessions.agent IS 'What the browser called itself when it signed in (User-Agent).';
COMMENT ON COLUMN sessions.seen_at IS 'When it was last used, to a few minutes: not every page writes.';
CREATE INDEX sessions_person_id_idx ON sessions (person_id);
