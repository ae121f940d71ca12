-- Releases that were kept come from changes, which go here.
DROP TABLE IF EXISTS kept_releases, kept_release_approvals, kept_release_history, kept_bundles;
DROP TABLE IF EXISTS kept_review_bundles, kept_release_shares, kept_history_shares, kept_rules_off, kept_rule_mutes, kept_started_from, kept_role_terms, kept_review_roles;
GRANT UPDATE, DELETE ON versions TO meshline_app;
DROP TRIGGER versions_need_four_eyes ON versions;
DROP FUNCTION check_version;
DROP TRIGGER versions_no_change ON versions;
DROP INDEX versions_change_key;
ALTER TABLE versions DROP COLUMN change_id;
ALTER TABLE versions DROP COLUMN source;
ALTER TABLE versions ADD COLUMN state text NOT NULL DEFAULT 'canonical' CONSTRAINT versions_state_exists CHECK (state IN ('draft', 'canonical'));
ALTER TABLE versions ALTER COLUMN state DROP DEFAULT;
COMMENT ON TABLE versions IS 'Every version of everything that decides. A version that is no draft any more never changes.';
CREATE UNIQUE INDEX versions_one_draft_idx ON versions (kind, name) WHERE state = 'draft';
CREATE TRIGGER versions_no_change BEFORE UPDATE OR DELETE ON versions
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_change();
DROP TABLE change_reviews;
DROP TABLE change_editors;
DROP TABLE changes;
DROP FUNCTION check_review;
DROP FUNCTION check_change;
DROP FUNCTION change_is_signed;
