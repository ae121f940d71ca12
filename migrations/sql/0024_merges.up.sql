-- Merges: what people decide about suggestions, and how a merge is undone.

CREATE TABLE lead_merges (
    id uuid CONSTRAINT lead_merges_pkey PRIMARY KEY,
    lead_id uuid NOT NULL CONSTRAINT lead_merges_lead_fkey REFERENCES leads,
    other_lead_id uuid NOT NULL CONSTRAINT lead_merges_other_lead_fkey REFERENCES leads,
    kind text NOT NULL CONSTRAINT lead_merges_kind_exists CHECK (kind IN ('merge', 'undo')),
    at timestamptz NOT NULL,
    by_whom text NOT NULL,
    CONSTRAINT lead_merges_not_itself CHECK (lead_id <> other_lead_id)
);
COMMENT ON TABLE lead_merges IS 'Every merge and every undoing of one: appended, never changed. The last row of a lead says where it belongs.';
COMMENT ON COLUMN lead_merges.other_lead_id IS 'The lead that this one became an alias of or, if the merge is undone, was one of.';
CREATE INDEX lead_merges_lead_idx ON lead_merges (lead_id, id);
CREATE INDEX lead_merges_other_lead_idx ON lead_merges (other_lead_id);
CREATE TRIGGER lead_merges_no_change BEFORE UPDATE OR DELETE ON lead_merges FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lead_merges_no_truncate BEFORE TRUNCATE ON lead_merges FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO lead_merges (id, lead_id, other_lead_id, kind, at, by_whom)
    SELECT gen_random_uuid(), lead_id, merged_into, 'merge', at, by_whom FROM lead_aliases;

COMMENT ON TABLE lead_aliases IS 'Which leads are aliases now, each of the lead that remains. Follows from lead_merges; decisions keep the lead they were made about.';

ALTER TABLE merge_suggestions
    ADD COLUMN verdict text CONSTRAINT merge_suggestions_verdict_exists CHECK (verdict IN ('merged', 'declined', 'erased')),
    ADD COLUMN reason text CONSTRAINT merge_suggestions_reason_length CHECK (char_length(reason) BETWEEN 1 AND 1000);
UPDATE merge_suggestions SET verdict = 'declined' WHERE closed_at IS NOT NULL;
ALTER TABLE merge_suggestions
    ADD CONSTRAINT merge_suggestions_closed_with_verdict CHECK ((closed_at IS NULL) = (verdict IS NULL)),
    ADD CONSTRAINT merge_suggestions_open_has_no_reason CHECK (closed_at IS NOT NULL OR reason IS NULL);
COMMENT ON COLUMN merge_suggestions.reason IS 'Why it was decided so; emptied when the person is erased.';
CREATE INDEX merge_suggestions_open_idx ON merge_suggestions (opened_at DESC) WHERE closed_at IS NULL;
CREATE INDEX merge_suggestions_closed_idx ON merge_suggestions (closed_at DESC) WHERE closed_at IS NOT NULL;
CREATE INDEX merge_suggestions_other_lead_idx ON merge_suggestions (other_lead_id);

GRANT SELECT, INSERT ON lead_merges TO meshline_app;
GRANT UPDATE, DELETE ON lead_aliases TO meshline_app;
