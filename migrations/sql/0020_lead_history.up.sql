-- A lead's history: which leads were merged into it, and when each part of its profile was said.

CREATE INDEX lead_aliases_merged_into_idx ON lead_aliases (merged_into);

ALTER TABLE leads
    ADD COLUMN email_at timestamptz,
    ADD COLUMN name_at timestamptz,
    ADD COLUMN company_at timestamptz,
    ADD COLUMN domain_at timestamptz,
    ADD COLUMN external_at timestamptz;
COMMENT ON COLUMN leads.email_at IS 'When the event that said this happened: what happened earlier does not replace it. Null where that is not known; the same for the other parts of the profile.';
COMMENT ON COLUMN lead_states.last_as_of IS 'The as_of of the last decision, or of an earlier one that another process''s clock put later.';

UPDATE leads l SET
    email_at = CASE WHEN l.email IS NOT NULL THEN s.at END,
    name_at = CASE WHEN l.name IS NOT NULL THEN s.at END,
    company_at = CASE WHEN l.company IS NOT NULL THEN s.at END,
    domain_at = CASE WHEN l.domain IS NOT NULL THEN s.at END,
    external_at = CASE WHEN l.external_id IS NOT NULL THEN s.at END
FROM (SELECT lead_id, max(last_as_of) AS at FROM lead_states GROUP BY lead_id) s
WHERE s.lead_id = l.id;
