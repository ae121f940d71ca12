WITH picked AS MATERIALIZED (
    SELECT o.ctid AS place FROM outbox o
    WHERE o.destination_id = $1 AND o.state = 'ready' AND o.due_at <= $2
      AND EXISTS (SELECT FROM destinations d WHERE d.id = $1 AND d.paused_reason IS NULL)
      AND ($5 OR NOT EXISTS (SELECT FROM destination_flows f WHERE f.destination_id = $1 AND f.open_until IS NOT NULL))
      AND NOT EXISTS (SELECT FROM kill_switches WHERE workflow_id IS NULL)
      AND o.workflow_id <> ALL (ARRAY(SELECT workflow_id FROM kill_switches WHERE workflow_id IS NOT NULL))
      AND NOT EXISTS (SELECT FROM outbox p WHERE p.lead_id = o.lead_id AND p.destination_id = o.destination_id
                      AND p.lead_sequence < o.lead_sequence AND p.state IN ('ready', 'running'))
    ORDER BY o.due_at LIMIT $3 FOR UPDATE OF o SKIP LOCKED
), claimed AS (
    UPDATE outbox o SET state = 'running', run_lease = o.run_lease + 1, attempts = o.attempts + 1, leased_until = now() + $4
    FROM picked WHERE o.ctid = picked.place
    RETURNING o.effect_id, o.destination_id, o.lead_id, o.lead_sequence, o.run_lease, o.attempts, o.expires_at, o.last_error IS NOT NULL AS was_tried
)
SELECT c.effect_id, c.destination_id, c.lead_id, c.lead_sequence, c.run_lease, c.attempts, c.expires_at, c.was_tried,
    e.decision_id, e.kind, e.effect_key, e.remote_key, e.body, l.data_key, l.erased_at IS NOT NULL AS is_erased
FROM claimed c LEFT JOIN effects e ON e.id = c.effect_id LEFT JOIN leads l ON l.id = c.lead_id
