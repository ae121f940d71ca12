WITH event AS (
    INSERT INTO meshline.decision_events (effect_key, remote_key, lead_sequence, body, schema_version, lead_id, workflow, decision_id, event_id, mode,
        bundle, rule_set, rule_version, variant, rule_id, action, assignee, confidence, as_of, decided_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    ON CONFLICT (effect_key) DO NOTHING
    RETURNING 1
), current AS (
    INSERT INTO meshline.lead_current AS c (effect_key, remote_key, lead_sequence, body, lead_id, workflow, decision_id, rule_set, rule_version, rule_id,
        action, assignee, confidence, decided_at)
    VALUES ($1, $2, $3, $4, $6, $7, $8, $12, $13, $15, $16, $17, $18, $20)
    ON CONFLICT (remote_key) DO UPDATE SET
        effect_key = excluded.effect_key, lead_sequence = excluded.lead_sequence, body = excluded.body, lead_id = excluded.lead_id,
        workflow = excluded.workflow, decision_id = excluded.decision_id, rule_set = excluded.rule_set, rule_version = excluded.rule_version,
        rule_id = excluded.rule_id, action = excluded.action, assignee = excluded.assignee, confidence = excluded.confidence,
        decided_at = excluded.decided_at, written_at = now()
    WHERE excluded.lead_sequence > c.lead_sequence
    RETURNING 1
)
SELECT EXISTS (SELECT FROM event), EXISTS (SELECT FROM current)
