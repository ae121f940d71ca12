-- Uploads that are resumed, and what an import says of outcomes that it could not record.

CREATE TABLE unfinished_uploads (
    id uuid CONSTRAINT unfinished_uploads_pkey PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT unfinished_uploads_person_fkey REFERENCES people,
    file_name text NOT NULL CONSTRAINT unfinished_uploads_file_name_length CHECK (length(file_name) BETWEEN 1 AND 200),
    bytes bigint NOT NULL CONSTRAINT unfinished_uploads_bytes_from_one CHECK (bytes > 0),
    received bigint NOT NULL DEFAULT 0 CONSTRAINT unfinished_uploads_received_range CHECK (received BETWEEN 0 AND bytes),
    received_hash bytea NOT NULL CONSTRAINT unfinished_uploads_hash_is_sha256 CHECK (length(received_hash) = 32),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT unfinished_uploads_file_key UNIQUE (person_id, file_name, bytes)
);
COMMENT ON TABLE unfinished_uploads IS 'Files to import that have arrived in part; their bytes are in the data directory, under the id.';
COMMENT ON COLUMN unfinished_uploads.bytes IS 'Size of the whole file.';
COMMENT ON COLUMN unfinished_uploads.received IS 'How many of its bytes have arrived. What the file on the disk has beyond them is left of a chunk that broke off.';
COMMENT ON COLUMN unfinished_uploads.received_hash IS 'SHA-256 over the hash before the last chunk and that chunk; zeros before the first. Another file of the same name and size is told by it.';
COMMENT ON COLUMN unfinished_uploads.updated_at IS 'When its last chunk arrived.';
GRANT SELECT, INSERT, UPDATE, DELETE ON unfinished_uploads TO meshline_app;

ALTER TABLE import_runs
    ADD COLUMN outcomes_rejected bigint NOT NULL DEFAULT 0,
    ADD COLUMN rejects_left_out bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN import_runs.outcomes_rejected IS 'Outcomes of imported rows that could not be recorded.';
COMMENT ON COLUMN import_runs.rejects_left_out IS 'Rejected rows and outcomes that were left out of the file of rejected rows, which was full.';
