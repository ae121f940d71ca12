-- What this step added is kept beside, and its way up takes it back.
CREATE TABLE kept_review_bundles AS SELECT id, live_bundles FROM change_reviews WHERE live_bundles IS NOT NULL;
CREATE TABLE kept_release_shares AS SELECT id, share_by, share_since FROM releases WHERE share_by IS NOT NULL;
CREATE TABLE kept_history_shares AS SELECT release_id, step, share, gates FROM release_history;
CREATE TABLE kept_rules_off AS TABLE rules_off;
CREATE TABLE kept_rule_mutes AS TABLE rule_mutes;

DROP TABLE rules_off, rule_mutes;
COMMENT ON COLUMN workflows.release_epoch IS 'Counts releases that go live, rollbacks and stops; a decision is committed only under the epoch it was made in.';
DROP TRIGGER change_reviews_is_current ON change_reviews;
DROP FUNCTION check_review_is_current;
DROP FUNCTION live_bundles_of;
DROP TRIGGER releases_traffic ON releases;
DROP FUNCTION check_release_traffic;

CREATE OR REPLACE FUNCTION check_release_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    release releases;
    change changes;
BEGIN
    SELECT * INTO release FROM releases WHERE id = NEW.release_id FOR SHARE;
    SELECT * INTO change FROM changes WHERE id = release.change_id;
    IF release.stage IN ('live', 'retired', 'rolled_back') THEN
        RAISE EXCEPTION 'this release no longer needs approval' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.bundle <> release.bundle THEN
        RAISE EXCEPTION 'this release was rebuilt after you opened it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.role = ANY (change.required)) IS NOT TRUE THEN
        RAISE EXCEPTION 'this release does not need approval in that role' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM change_editors WHERE change_id = change.id AND person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'you edited this change, so someone else must approve it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM person_roles r JOIN people p ON p.id = r.person_id
                   WHERE (r.person_id, r.role) = (NEW.person_id, NEW.role) AND p.disabled_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM change_reviews c
                            WHERE (c.change_id, c.person_id, c.role, c.verdict, c.hash) = (change.id, NEW.person_id, NEW.role, 'approve', change.hash)
                            AND NOT EXISTS (SELECT 1 FROM live_releases l WHERE l.workflow_id = release.workflow_id AND l.live_since > c.at)) THEN
        RAISE EXCEPTION 'the person does not hold the role of this approval' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION record_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    is_rebuilt boolean := TG_OP = 'UPDATE' AND NEW.stage = OLD.stage;
BEGIN
    IF is_rebuilt AND NEW.bundle = OLD.bundle THEN
        RETURN NULL;
    END IF;
    INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why)
        SELECT NEW.id, coalesce(max(step), 0) + 1, NEW.stage, NEW.bundle,
            CASE WHEN is_rebuilt THEN NEW.built_at ELSE NEW.stage_since END, CASE WHEN is_rebuilt THEN NEW.built_by ELSE NEW.stage_by END,
            CASE WHEN is_rebuilt THEN '' ELSE NEW.stage_why END
        FROM release_history WHERE release_id = NEW.id;
    RETURN NULL;
END $$;

ALTER TABLE change_reviews DROP COLUMN live_bundles;
ALTER TABLE release_history DROP COLUMN share;
ALTER TABLE release_history DROP COLUMN gates;
ALTER TABLE releases DROP COLUMN share_by;
ALTER TABLE releases DROP COLUMN share_since;
