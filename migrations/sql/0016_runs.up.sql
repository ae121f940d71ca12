-- Runs: long work that one process does at a time, with its progress, and files that people upload for it.

CREATE TABLE runs (
    id uuid CONSTRAINT runs_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT runs_kind_exists CHECK (kind IN ('replay_decisions', 'replay_deliveries', 'change_impact', 'import')),
    work_key text,
    input jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT runs_state_exists CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    phase text NOT NULL DEFAULT '',
    done bigint NOT NULL DEFAULT 0 CONSTRAINT runs_done_from_nothing CHECK (done >= 0),
    total bigint CONSTRAINT runs_total_from_nothing CHECK (total >= 0),
    checkpoint jsonb,
    result jsonb,
    error text,
    run_lease bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    runner text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    cancelled_by text,
    cancelled_at timestamptz,
    CONSTRAINT runs_running_is_leased CHECK ((state = 'running') = (leased_until IS NOT NULL)),
    CONSTRAINT runs_over_since CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CONSTRAINT runs_done_has_a_result CHECK ((state = 'done') = (result IS NOT NULL)),
    CONSTRAINT runs_failed_has_an_error CHECK ((state = 'failed') = (error IS NOT NULL)),
    CONSTRAINT runs_cancelled_by_a_person CHECK ((cancelled_by IS NULL) = (cancelled_at IS NULL) AND (state <> 'cancelled' OR cancelled_by IS NOT NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE runs IS 'Long work: who asked for it, how far it is, and its result.';
COMMENT ON COLUMN runs.work_key IS 'Names the work where its result can be used again; there is one result for each.';
COMMENT ON COLUMN runs.phase IS 'What it does at the moment, in words.';
COMMENT ON COLUMN runs.total IS 'How much there is to do, in the unit of the kind; null while that is unknown.';
COMMENT ON COLUMN runs.checkpoint IS 'Where the next process resumes when this one ends; null for kinds that start over.';
COMMENT ON COLUMN runs.error IS 'Why it failed, in a sentence; holds nothing of a lead.';
COMMENT ON COLUMN runs.run_lease IS 'Rises with every claim. A write that names an older lease is stale and changes nothing.';
COMMENT ON COLUMN runs.attempts IS 'How many processes have begun it.';
COMMENT ON COLUMN runs.cancelled_by IS 'Who asked for it to be cancelled; a running one stops within seconds.';
CREATE INDEX runs_open_idx ON runs (id) WHERE state IN ('waiting', 'running');
CREATE UNIQUE INDEX runs_work_key ON runs (kind, work_key) WHERE state IN ('waiting', 'running', 'done');
CREATE INDEX runs_kind_idx ON runs (kind, id);
GRANT SELECT, INSERT, UPDATE ON runs TO meshline_app;

CREATE TABLE uploads (
    id uuid CONSTRAINT uploads_pkey PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT uploads_person_fkey REFERENCES people,
    file_name text NOT NULL CONSTRAINT uploads_file_name_length CHECK (length(file_name) BETWEEN 1 AND 200),
    bytes bigint NOT NULL CONSTRAINT uploads_bytes_from_nothing CHECK (bytes >= 0),
    created_at timestamptz NOT NULL,
    run_id uuid CONSTRAINT uploads_run_fkey REFERENCES runs
);
COMMENT ON TABLE uploads IS 'Files that people uploaded to import; the bytes are in the data directory, under the id.';
COMMENT ON COLUMN uploads.run_id IS 'The newest run that imports it.';
CREATE INDEX uploads_run_idx ON uploads (run_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON uploads TO meshline_app;

ALTER TABLE import_runs
    ADD COLUMN imported bigint NOT NULL DEFAULT 0,
    ADD COLUMN repeated bigint NOT NULL DEFAULT 0,
    ADD COLUMN rejected bigint NOT NULL DEFAULT 0,
    ADD COLUMN outcomes bigint NOT NULL DEFAULT 0,
    ADD COLUMN rejects_bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN import_runs.imported IS 'Of the rows that are done, those that became events; beside it those that had been imported before or were rejected.';
COMMENT ON COLUMN import_runs.rejects_bytes IS 'Length of the file of rejected rows when these rows were done.';
