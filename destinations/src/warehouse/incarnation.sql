-- Tables that were created before the column existed. A constant default rewrites no row. Waiting for a lock would make everyone else
-- wait behind us, so the statement gives up at once and is tried again.
SET LOCAL lock_timeout = '200ms';
ALTER TABLE meshline.decision_events ADD COLUMN IF NOT EXISTS incarnation bigint NOT NULL DEFAULT 0;
ALTER TABLE meshline.lead_current ADD COLUMN IF NOT EXISTS incarnation bigint NOT NULL DEFAULT 0;
