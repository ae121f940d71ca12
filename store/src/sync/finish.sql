-- Running is what has a lease. Said so, it keeps the index of leases out of the plan: read whole for each row, it makes a finish
-- quadratic.
WITH given AS MATERIALIZED (
    SELECT * FROM {given}
), closed AS (
    DELETE FROM outbox o USING given g
    WHERE o.effect_id = g.effect_id AND o.run_lease = g.run_lease AND o.leased_until IS NOT NULL AND g.state = 'closed'
    RETURNING o.effect_id, o.run_lease, o.lead_sequence
), queued AS (
    -- Unless the lead has been decided again since, by the rules or by a person: that says where it waits.
    UPDATE lead_states s SET queue = g.queue, queued_at = g.finished_at,
        suggested = coalesce((SELECT v.suggested FROM queue_verdicts v WHERE v.decision_id = s.last_decision_id ORDER BY v.turn DESC LIMIT 1), s.last_action)
    FROM given g JOIN closed USING (effect_id, run_lease)
    WHERE g.queue IS NOT NULL AND s.lead_id = g.lead_id AND s.last_decision_id = g.decision_id AND s.queue IS NULL
        AND NOT EXISTS (SELECT FROM effects later WHERE later.decision_id = g.decision_id AND later.lead_sequence > closed.lead_sequence)
), kept AS (
    UPDATE outbox o SET state = g.state, leased_until = NULL, due_at = coalesce(g.due_at, o.due_at), attempts = o.attempts - g.uncounted, last_error = g.error
    FROM given g
    WHERE o.effect_id = g.effect_id AND o.run_lease = g.run_lease AND o.leased_until IS NOT NULL AND g.state <> 'closed'
    RETURNING o.effect_id, o.run_lease, o.lead_sequence
)
INSERT INTO deliveries ({delivery})
SELECT {delivery}
FROM given g JOIN (SELECT * FROM closed UNION ALL SELECT * FROM kept) held USING (effect_id, run_lease)
RETURNING effect_id
