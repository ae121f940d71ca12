-- Who has to be told of something is told: the notice is committed with the act, and e-mailed afterwards.

CREATE TABLE notices (
    id uuid CONSTRAINT notices_pkey PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT notices_person_fkey REFERENCES people,
    what text NOT NULL CONSTRAINT notices_what_exists CHECK (what IN ('stopped', 'resumed')),
    workflow_id uuid CONSTRAINT notices_workflow_fkey REFERENCES workflows,
    reason text NOT NULL,
    by_whom text NOT NULL,
    at timestamptz NOT NULL,
    sent_at timestamptz,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text
);
COMMENT ON TABLE notices IS 'What people are told, one row for each of them: a workflow was stopped, or goes on again.';
COMMENT ON COLUMN notices.workflow_id IS 'Null where it is every workflow.';
COMMENT ON COLUMN notices.reason IS 'Why it was stopped.';
COMMENT ON COLUMN notices.by_whom IS 'The person''s id, or the command, as in the audit log.';
COMMENT ON COLUMN notices.due_at IS 'When it is e-mailed, for the first time or again.';
CREATE INDEX notices_due_idx ON notices (due_at) WHERE sent_at IS NULL;
CREATE INDEX notices_person_idx ON notices (person_id, at);

GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO meshline_app;
