-- An approval counts for the live bundles that its reviewer saw, traffic grows only by a second person, and rules can be switched off or muted
-- outside releases.

ALTER TABLE change_reviews ADD COLUMN live_bundles bytea[]
    CONSTRAINT change_reviews_approval_saw_bundles CHECK (live_bundles IS NULL OR verdict = 'approve');
COMMENT ON COLUMN change_reviews.live_bundles IS 'The live bundles that the person saw the change against; null where nothing is approved, and in reviews from before they were kept.';

-- The bundles of all live workflows that use what a change is about.
CREATE FUNCTION live_bundles_of(wanted_kind text, wanted_name text) RETURNS bytea[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(l.bundle ORDER BY l.bundle), '{}') FROM live_releases l
    WHERE EXISTS (SELECT 1 FROM versions v WHERE v.id = ANY (l.version_ids) AND (v.kind, v.name) = (wanted_kind, wanted_name))
$$;
COMMENT ON FUNCTION live_bundles_of(text, text) IS 'The bundles of the live workflows that decide by this name, in order.';

CREATE FUNCTION check_review_is_current() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.live_bundles IS DISTINCT FROM (SELECT live_bundles_of(c.kind, c.name) FROM changes c WHERE c.id = NEW.change_id) THEN
        RAISE EXCEPTION 'another release went live since you opened this page. Review it again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER change_reviews_is_current BEFORE INSERT ON change_reviews
    FOR EACH ROW WHEN (NEW.verdict = 'approve') EXECUTE FUNCTION check_review_is_current();

-- As before, except that an approval of the change counts by what its reviewer saw, not by when it was given: clocks and transactions overlap.
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
    IF NOT EXISTS (SELECT 1 FROM live_releases l WHERE (l.workflow_id, l.bundle) = (release.workflow_id, release.base_bundle)) THEN
        RAISE EXCEPTION 'another release went live since you opened this page. Review it again' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM person_roles r JOIN people p ON p.id = r.person_id
                   WHERE (r.person_id, r.role) = (NEW.person_id, NEW.role) AND p.disabled_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM change_reviews c
                            WHERE (c.change_id, c.person_id, c.role, c.hash) = (change.id, NEW.person_id, NEW.role, change.hash)
                            AND release.base_bundle = ANY (c.live_bundles)) THEN
        RAISE EXCEPTION 'the person does not hold the role of this approval' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

ALTER TABLE releases ADD COLUMN share_by text;
ALTER TABLE releases ADD COLUMN share_since timestamptz;
ALTER TABLE releases ADD CONSTRAINT releases_share_by_and_since CHECK ((share_by IS NULL) = (share_since IS NULL));
COMMENT ON COLUMN releases.share_by IS 'Who last changed share or gates within a stage, as in the audit log.';
COMMENT ON COLUMN releases.share_since IS 'When that was.';

ALTER TABLE release_history ADD COLUMN share smallint;
ALTER TABLE release_history ADD COLUMN gates jsonb;
COMMENT ON COLUMN release_history.share IS 'Percent of the leads that the release decided from here on; null in steps from before it was kept.';
COMMENT ON COLUMN release_history.gates IS 'Conditions that it had to meet to move on; null in steps from before they were kept.';

-- Traffic grows by a second person, what a stage was entered with stays, and a release comes back only after a rollback. Runs after releases_check.
CREATE FUNCTION check_release_traffic() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    has_moved boolean;
    is_set boolean;
    mover text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.share <> 0 OR NEW.share_by IS NOT NULL THEN
            RAISE EXCEPTION 'a release begins without leads' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    has_moved := NEW.stage <> OLD.stage;
    is_set := (NEW.share, NEW.gates) IS DISTINCT FROM (OLD.share, OLD.gates);
    mover := CASE WHEN has_moved THEN NEW.stage_by ELSE NEW.share_by END;
    IF NOT has_moved AND (NEW.stage_since, NEW.stage_by, NEW.stage_why, NEW.paused_from)
            IS DISTINCT FROM (OLD.stage_since, OLD.stage_by, OLD.stage_why, OLD.paused_from) THEN
        RAISE EXCEPTION 'who moved a release to its stage, when and why never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF is_set AND NOT has_moved THEN
        IF (NEW.share_since > coalesce(OLD.share_since, OLD.stage_since)) IS NOT TRUE THEN
            RAISE EXCEPTION 'a change of share or gates names who made it and when' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF (NEW.share_by, NEW.share_since) IS DISTINCT FROM (OLD.share_by, OLD.share_since) THEN
        RAISE EXCEPTION 'share and gates did not change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.gates <> OLD.gates OR (NEW.share > OLD.share AND NEW.stage <> 'live') OR (has_moved AND NEW.stage IN ('assign_review', 'rollout')) THEN
        IF NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.person_id = p.id
                       WHERE 'person:' || p.id = mover AND r.role = 'revops' AND p.disabled_at IS NULL) THEN
            RAISE EXCEPTION 'only RevOps may give a release leads or other gates' USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = NEW.change_id AND 'person:' || e.person_id = mover) THEN
            RAISE EXCEPTION 'you edited this change, so someone else must give it leads or other gates' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF OLD.stage = 'retired' AND NEW.stage = 'live' THEN
        IF NOT EXISTS (SELECT 1 FROM releases r WHERE r.id = OLD.replaced_by AND r.stage = 'rolled_back') THEN
            RAISE EXCEPTION 'a release is live again only after the one that took its place was rolled back' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.stage_by NOT LIKE 'command:%' AND NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.person_id = p.id
                       WHERE 'person:' || p.id = NEW.stage_by AND r.role IN ('revops', 'revops_lead') AND p.disabled_at IS NULL) THEN
            RAISE EXCEPTION 'only RevOps or the RevOps lead may make a release live again' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF has_moved AND NEW.stage = 'live' THEN
        -- The clock of the database: the actor's stands still from the start of the request.
        NEW.live_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER releases_traffic BEFORE INSERT OR UPDATE ON releases FOR EACH ROW EXECUTE FUNCTION check_release_traffic();

CREATE OR REPLACE FUNCTION record_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    has_moved boolean := TG_OP = 'INSERT' OR NEW.stage <> OLD.stage;
    is_rebuilt boolean := TG_OP = 'UPDATE' AND NEW.bundle <> OLD.bundle;
    is_set boolean := TG_OP = 'UPDATE' AND (NEW.share, NEW.gates) IS DISTINCT FROM (OLD.share, OLD.gates);
BEGIN
    IF NOT (has_moved OR is_rebuilt OR is_set) THEN
        RETURN NULL;
    END IF;
    INSERT INTO release_history (release_id, step, stage, bundle, share, gates, at, by_whom, why)
        SELECT NEW.id, coalesce(max(step), 0) + 1, NEW.stage, NEW.bundle, NEW.share, NEW.gates,
            CASE WHEN has_moved THEN NEW.stage_since WHEN is_rebuilt THEN NEW.built_at ELSE NEW.share_since END,
            CASE WHEN has_moved THEN NEW.stage_by WHEN is_rebuilt THEN NEW.built_by ELSE NEW.share_by END,
            CASE WHEN has_moved THEN NEW.stage_why ELSE '' END
        FROM release_history WHERE release_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TABLE rules_off (
    workflow_id uuid NOT NULL CONSTRAINT rules_off_workflow_fkey REFERENCES workflows,
    rule_id text NOT NULL CONSTRAINT rules_off_rule_length CHECK (length(rule_id) BETWEEN 1 AND 200),
    reason text NOT NULL CONSTRAINT rules_off_reason_length CHECK (length(reason) BETWEEN 1 AND 500),
    since timestamptz NOT NULL,
    until timestamptz,
    by_whom text NOT NULL,
    CONSTRAINT rules_off_pkey PRIMARY KEY (workflow_id, rule_id),
    CONSTRAINT rules_off_until_later CHECK (until > since)
);
COMMENT ON TABLE rules_off IS 'Rules of a workflow that are switched off: outside releases, and whatever the version. A row whose time has passed means nothing.';
COMMENT ON COLUMN rules_off.until IS 'When it is on again by itself; null if a person switches it on.';
COMMENT ON COLUMN rules_off.by_whom IS 'Who switched it off, as in the audit log.';

CREATE TABLE rule_mutes (
    workflow_id uuid NOT NULL CONSTRAINT rule_mutes_workflow_fkey REFERENCES workflows,
    rule_id text NOT NULL CONSTRAINT rule_mutes_rule_length CHECK (length(rule_id) BETWEEN 1 AND 200),
    account text NOT NULL CONSTRAINT rule_mutes_account_is_domain CHECK (account ~ '^[^[:space:]@/A-Z]+\.[^[:space:]@/A-Z]+$' AND length(account) <= 253),
    reason text NOT NULL CONSTRAINT rule_mutes_reason_length CHECK (length(reason) BETWEEN 1 AND 500),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    by_whom text NOT NULL,
    CONSTRAINT rule_mutes_pkey PRIMARY KEY (workflow_id, rule_id, account),
    CONSTRAINT rule_mutes_until_later CHECK (until > since)
);
COMMENT ON TABLE rule_mutes IS 'Rules of a workflow that are muted for an account until a time: outside releases, and whatever the version.';
COMMENT ON COLUMN rule_mutes.account IS 'Company domain, lower case; it covers its subdomains.';
COMMENT ON COLUMN rule_mutes.by_whom IS 'Who muted it, as in the audit log.';
GRANT SELECT, INSERT, UPDATE, DELETE ON rules_off, rule_mutes TO meshline_app;
COMMENT ON COLUMN workflows.release_epoch IS 'Counts releases that go live, rollbacks, stops, and rules that are switched or muted; a decision is committed only under the epoch it was made in.';

-- What the ways down of this step, of 0014 and of 0015 kept comes back.
DO $$
DECLARE
    later record;
BEGIN
    IF to_regclass('kept_releases') IS NOT NULL THEN
        ALTER TABLE releases DISABLE TRIGGER USER;
        ALTER TABLE release_approvals DISABLE TRIGGER USER;
        ALTER TABLE release_history DISABLE TRIGGER USER;
        INSERT INTO bundles SELECT * FROM kept_bundles ON CONFLICT DO NOTHING;
        -- 0014 made releases of the bundles; those that were releases before are themselves again.
        DELETE FROM release_history h USING releases r, kept_releases k WHERE r.id = h.release_id AND (k.workflow_id, k.bundle) = (r.workflow_id, r.bundle);
        DELETE FROM releases r USING kept_releases k WHERE (k.workflow_id, k.bundle) = (r.workflow_id, r.bundle);
        PERFORM setval(pg_get_serial_sequence('releases', 'number'), greatest((SELECT max(number) FROM kept_releases), (SELECT max(number) FROM releases)));
        FOR later IN SELECT id FROM releases ORDER BY number LOOP
            UPDATE releases SET number = DEFAULT WHERE id = later.id;
        END LOOP;
        INSERT INTO releases (id, number, workflow_id, change_id, waiver, bundle, base_bundle, built_at, built_by, stage, stage_since, stage_by, stage_why,
                paused_from, share, gates, in_flight, live_since, replaced_by, created_at, created_by) OVERRIDING SYSTEM VALUE
            SELECT k.id, k.number, k.workflow_id, k.change_id, k.waiver, k.bundle, k.base_bundle, k.built_at, k.built_by,
                CASE WHEN n.id IS NULL OR k.stage IN ('retired', 'rolled_back') THEN k.stage WHEN k.stage = 'live' THEN 'retired' ELSE 'suspended' END,
                k.stage_since, k.stage_by, k.stage_why, CASE WHEN n.id IS NULL THEN k.paused_from END, CASE WHEN n.id IS NULL THEN k.share ELSE 0 END,
                k.gates, k.in_flight, k.live_since, CASE WHEN k.stage = 'live' THEN n.id ELSE k.replaced_by END, k.created_at, k.created_by
            FROM kept_releases k
            LEFT JOIN LATERAL (SELECT r.id FROM releases r WHERE r.workflow_id = k.workflow_id ORDER BY r.live_since, r.id LIMIT 1) n ON true;
        INSERT INTO release_approvals SELECT * FROM kept_release_approvals;
        INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why) SELECT release_id, step, stage, bundle, at, by_whom, why FROM kept_release_history;
        INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why)
            SELECT r.id, (SELECT max(step) + 1 FROM kept_release_history h WHERE h.release_id = r.id), r.stage, r.bundle, now(), 'command:migrate',
                'A release went live under an earlier schema.'
            FROM releases r JOIN kept_releases k USING (id) WHERE r.stage <> k.stage;
        ALTER TABLE releases ENABLE TRIGGER USER;
        ALTER TABLE release_approvals ENABLE TRIGGER USER;
        ALTER TABLE release_history ENABLE TRIGGER USER;
        DROP TABLE kept_releases, kept_release_approvals, kept_release_history, kept_bundles;
    END IF;
    IF to_regclass('kept_decisions') IS NOT NULL THEN
        ALTER TABLE decisions DISABLE TRIGGER USER;
        UPDATE decisions d SET event_id = k.event_id, release_id = k.release_id, trigger = k.trigger, selection_probability = k.selection_probability,
            conditions = k.conditions FROM kept_decisions k WHERE k.id = d.id;
        ALTER TABLE decisions ENABLE TRIGGER USER;
        FOR later IN SELECT DISTINCT date_trunc('month', decided_at AT TIME ZONE 'UTC')::date AS month FROM kept_shadow_verdicts LOOP
            -- An id is minted at the receipt, which may be in the month before the decision.
            PERFORM make_month_partitions((later.month - interval '1 month')::date, 2);
        END LOOP;
        INSERT INTO shadow_verdicts SELECT * FROM kept_shadow_verdicts;
        INSERT INTO pool_availability SELECT * FROM kept_pool_availability;
        DROP TABLE kept_decisions, kept_shadow_verdicts, kept_pool_availability;
    END IF;
    IF to_regclass('kept_release_shares') IS NOT NULL THEN
        ALTER TABLE releases DISABLE TRIGGER USER;
        ALTER TABLE release_history DISABLE TRIGGER USER;
        ALTER TABLE change_reviews DISABLE TRIGGER USER;
        UPDATE change_reviews r SET live_bundles = k.live_bundles FROM kept_review_bundles k WHERE k.id = r.id;
        UPDATE releases r SET share_by = k.share_by, share_since = k.share_since FROM kept_release_shares k WHERE k.id = r.id;
        UPDATE release_history h SET share = k.share, gates = k.gates FROM kept_history_shares k WHERE (k.release_id, k.step) = (h.release_id, h.step);
        INSERT INTO rules_off SELECT * FROM kept_rules_off;
        INSERT INTO rule_mutes SELECT * FROM kept_rule_mutes;
        ALTER TABLE releases ENABLE TRIGGER USER;
        ALTER TABLE release_history ENABLE TRIGGER USER;
        ALTER TABLE change_reviews ENABLE TRIGGER USER;
        DROP TABLE kept_review_bundles, kept_release_shares, kept_history_shares, kept_rules_off, kept_rule_mutes;
    END IF;
END $$;
