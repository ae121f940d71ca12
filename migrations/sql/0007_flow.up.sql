-- How hard destinations may be worked, what stops workflows, and what runs by itself.

ALTER TABLE destinations ADD COLUMN pace jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN destinations.pace IS 'How hard all processes together may work it; nothing in it, nothing bounded.';

CREATE TABLE destination_flows (
    destination_id uuid CONSTRAINT destination_flows_pkey PRIMARY KEY
        CONSTRAINT destination_flows_destination_fkey REFERENCES destinations ON DELETE CASCADE,
    tokens double precision NOT NULL DEFAULT 0,
    refilled_at timestamptz,
    day date,
    used_today integer NOT NULL DEFAULT 0,
    open_until timestamptz,
    openings integer NOT NULL DEFAULT 0,
    open_reason text
) WITH (fillfactor = 50);
COMMENT ON TABLE destination_flows IS 'What each destination has used of its pace, and its circuit breaker. Locked while effects are claimed under a pace.';
COMMENT ON COLUMN destination_flows.open_until IS 'The breaker is open: nothing is sent before, and then one effect tries. Null while it is closed.';
COMMENT ON COLUMN destination_flows.openings IS 'How often the breaker has opened since something last arrived.';

CREATE TABLE kill_switches (
    workflow_id uuid CONSTRAINT kill_switches_workflow_fkey REFERENCES workflows,
    reason text NOT NULL CONSTRAINT kill_switches_reason_length CHECK (length(reason) BETWEEN 1 AND 500),
    killed_by text NOT NULL,
    killed_at timestamptz NOT NULL
);
COMMENT ON TABLE kill_switches IS 'Workflows whose decisions go to people and whose effects are not sent. A row without a workflow stops them all.';
CREATE UNIQUE INDEX kill_switches_workflow_key ON kill_switches (coalesce(workflow_id, '00000000-0000-0000-0000-000000000000'));

ALTER TABLE outbox ADD COLUMN workflow_id uuid;
UPDATE outbox o SET workflow_id = d.workflow_id FROM effects e JOIN decisions d ON d.id = e.decision_id WHERE e.id = o.effect_id;
DELETE FROM outbox WHERE workflow_id IS NULL;
ALTER TABLE outbox ALTER COLUMN workflow_id SET NOT NULL;
CREATE INDEX outbox_dead_idx ON outbox (destination_id, effect_id) WHERE state = 'dead';

CREATE TABLE jobs (
    name text CONSTRAINT jobs_pkey PRIMARY KEY,
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    run_lease bigint NOT NULL DEFAULT 0,
    runner text,
    started_at timestamptz,
    finished_at timestamptz,
    succeeded boolean,
    result text,
    requested_by text
);
COMMENT ON TABLE jobs IS 'What the processes do by themselves: each run belongs to the one process that holds the lease.';
COMMENT ON COLUMN jobs.result IS 'What the last run did, or why it failed, as a sentence.';
COMMENT ON COLUMN jobs.requested_by IS 'Who asked for the next run to be at once.';

GRANT SELECT, INSERT, UPDATE, DELETE ON destination_flows, kill_switches, jobs TO meshline_app;
