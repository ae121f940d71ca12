-- Rows arrive as one JSON array and are written in key order, so that concurrent writers cannot deadlock. Of several rows for one
-- record, the latest decision wins. Incarnations are compared as the bodies have them, because tables that someone else owns may lack
-- the column: `WITHOUT_INCARNATION` leaves it out.
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1) AS g (effect_key text, remote_key text, incarnation bigint, lead_sequence bigint, body jsonb, schema_version text, lead_id uuid,
        workflow text, decision_id uuid, event_id uuid, mode text, bundle text, rule_set text, rule_version integer, variant text, rule_id text,
        action text, assignee text, confidence double precision, as_of timestamptz, decided_at timestamptz)
), event AS (
    INSERT INTO meshline.decision_events (effect_key, remote_key, incarnation, lead_sequence, body, schema_version, lead_id, workflow, decision_id, event_id, mode,
        bundle, rule_set, rule_version, variant, rule_id, action, assignee, confidence, as_of, decided_at)
    SELECT effect_key, remote_key, incarnation, lead_sequence, body, schema_version, lead_id, workflow, decision_id, event_id, mode,
        bundle, rule_set, rule_version, variant, rule_id, action, assignee, confidence, as_of, decided_at
    FROM given ORDER BY effect_key
    ON CONFLICT (effect_key) DO NOTHING
    RETURNING effect_key
), current AS (
    INSERT INTO meshline.lead_current AS c (effect_key, remote_key, incarnation, lead_sequence, body, lead_id, workflow, decision_id, rule_set, rule_version, rule_id,
        action, assignee, confidence, decided_at)
    SELECT DISTINCT ON (remote_key) effect_key, remote_key, incarnation, lead_sequence, body, lead_id, workflow, decision_id, rule_set, rule_version, rule_id,
        action, assignee, confidence, decided_at
    FROM given ORDER BY remote_key, incarnation DESC, lead_sequence DESC
    ON CONFLICT (remote_key) DO UPDATE SET
        effect_key = excluded.effect_key, incarnation = excluded.incarnation, lead_sequence = excluded.lead_sequence, body = excluded.body, lead_id = excluded.lead_id,
        workflow = excluded.workflow, decision_id = excluded.decision_id, rule_set = excluded.rule_set, rule_version = excluded.rule_version,
        rule_id = excluded.rule_id, action = excluded.action, assignee = excluded.assignee, confidence = excluded.confidence,
        decided_at = excluded.decided_at, written_at = now()
    WHERE (coalesce((excluded.body->>'incarnation')::bigint, 0), excluded.lead_sequence) > (coalesce((c.body->>'incarnation')::bigint, 0), c.lead_sequence)
    RETURNING c.effect_key
)
SELECT g.effect_key, EXISTS (SELECT FROM event e WHERE e.effect_key = g.effect_key), EXISTS (SELECT FROM current c WHERE c.effect_key = g.effect_key)
FROM given g
