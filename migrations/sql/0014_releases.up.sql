-- Releases: a bundle's way to traffic. They replace `workflows.live_bundle`; approved is not live.

ALTER TABLE bundles ADD CONSTRAINT bundles_hash_workflow_key UNIQUE (hash, workflow_id);

CREATE TABLE releases (
    id uuid CONSTRAINT releases_pkey PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    workflow_id uuid NOT NULL CONSTRAINT releases_workflow_fkey REFERENCES workflows,
    change_id uuid CONSTRAINT releases_change_fkey REFERENCES changes,
    waiver text CONSTRAINT releases_waiver_length CHECK (length(waiver) BETWEEN 1 AND 500),
    bundle bytea NOT NULL,
    base_bundle bytea,
    built_at timestamptz NOT NULL,
    built_by text NOT NULL,
    stage text NOT NULL CONSTRAINT releases_stage_exists CHECK (stage IN
        ('approved', 'scheduled', 'simulation', 'shadow', 'assign_review', 'rollout', 'paused', 'suspended', 'live', 'retired', 'rolled_back')),
    stage_since timestamptz NOT NULL,
    stage_by text NOT NULL,
    stage_why text NOT NULL DEFAULT '' CONSTRAINT releases_stage_why_length CHECK (length(stage_why) <= 5000),
    paused_from text CONSTRAINT releases_pauses_on_its_way CHECK (paused_from IN ('simulation', 'shadow', 'assign_review', 'rollout')),
    share smallint NOT NULL DEFAULT 0 CONSTRAINT releases_share_is_percent CHECK (share BETWEEN 0 AND 100),
    gates jsonb NOT NULL DEFAULT '{}' CONSTRAINT releases_gates_is_object CHECK (jsonb_typeof(gates) = 'object'),
    in_flight text NOT NULL CONSTRAINT releases_in_flight_exists CHECK (in_flight IN ('finish_old', 'decide_again', 'hand_to_people')),
    live_since timestamptz,
    replaced_by uuid CONSTRAINT releases_replaced_by_fkey REFERENCES releases,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT releases_number_key UNIQUE (number),
    CONSTRAINT releases_bundle_fkey FOREIGN KEY (bundle, workflow_id) REFERENCES bundles (hash, workflow_id),
    CONSTRAINT releases_base_bundle_fkey FOREIGN KEY (base_bundle, workflow_id) REFERENCES bundles (hash, workflow_id),
    CONSTRAINT releases_come_from_a_change_or_a_waiver CHECK ((change_id IS NULL) <> (waiver IS NULL)),
    CONSTRAINT releases_paused_from_a_stage CHECK ((stage = 'paused') = (paused_from IS NOT NULL)),
    CONSTRAINT releases_live_has_all_leads CHECK (stage <> 'live' OR share = 100),
    CONSTRAINT releases_live_since_it_went_live CHECK (stage <> 'live' OR live_since IS NOT NULL)
);
COMMENT ON TABLE releases IS 'A bundle''s way to traffic: approved, then in stages, then live, then replaced by the next one.';
COMMENT ON COLUMN releases.change_id IS 'The approved change it comes from; null for the first release of a workflow.';
COMMENT ON COLUMN releases.waiver IS 'Why the first release of a workflow went live without approval.';
COMMENT ON COLUMN releases.base_bundle IS 'The live bundle that it was built on; null for the first release of a workflow.';
COMMENT ON COLUMN releases.built_by IS 'Whose act it was built or rebuilt by, as in the audit log.';
COMMENT ON COLUMN releases.stage_by IS 'Who moved it to its stage, as in the audit log.';
COMMENT ON COLUMN releases.stage_why IS 'Why it was moved there, where that is not the act itself.';
COMMENT ON COLUMN releases.paused_from IS 'The stage in which it continues.';
COMMENT ON COLUMN releases.share IS 'Percent of the leads that it decides.';
COMMENT ON COLUMN releases.gates IS 'Conditions that it must meet to move on, by name.';
COMMENT ON COLUMN releases.in_flight IS 'What happens to leads in flight when it goes live; part of what is approved.';
COMMENT ON COLUMN releases.live_since IS 'When it last went live; null if it never did.';
COMMENT ON COLUMN releases.replaced_by IS 'The release that took its place.';
CREATE UNIQUE INDEX releases_one_is_live ON releases (workflow_id) WHERE stage = 'live';
CREATE INDEX releases_workflow_idx ON releases (workflow_id, number DESC);
CREATE INDEX releases_change_idx ON releases (change_id);
CREATE INDEX releases_replaced_by_idx ON releases (replaced_by);

CREATE TABLE release_approvals (
    release_id uuid NOT NULL CONSTRAINT release_approvals_release_fkey REFERENCES releases,
    bundle bytea NOT NULL CONSTRAINT release_approvals_bundle_fkey REFERENCES bundles,
    role text NOT NULL,
    person_id uuid NOT NULL CONSTRAINT release_approvals_person_fkey REFERENCES people,
    at timestamptz NOT NULL,
    CONSTRAINT release_approvals_pkey PRIMARY KEY (release_id, bundle, role),
    CONSTRAINT release_approvals_one_role_a_person UNIQUE (release_id, bundle, person_id)
);
COMMENT ON TABLE release_approvals IS 'Who approved exactly which bundle of a release, in which role. Written once.';

CREATE TABLE release_history (
    release_id uuid NOT NULL CONSTRAINT release_history_release_fkey REFERENCES releases,
    step integer NOT NULL,
    stage text NOT NULL,
    bundle bytea NOT NULL,
    at timestamptz NOT NULL,
    by_whom text NOT NULL,
    why text NOT NULL,
    CONSTRAINT release_history_pkey PRIMARY KEY (release_id, step)
);
COMMENT ON TABLE release_history IS 'Every stage and every bundle that a release has had. A trigger writes it, nothing else can.';
COMMENT ON COLUMN release_history.step IS 'Counts from 1.';

-- Every bundle so far was live once: the newest is the live release, each earlier one was replaced by the next.
INSERT INTO releases (id, workflow_id, change_id, waiver, bundle, base_bundle, built_at, built_by, stage, stage_since, stage_by, share, in_flight,
        live_since, created_at, created_by)
    SELECT overlay(gen_random_uuid()::text PLACING left(uuid_v7_floor(b.created_at)::text, 13) || '-7' FROM 1 FOR 15)::uuid, b.workflow_id, c.change_id,
        CASE WHEN c.change_id IS NULL THEN 'It was live before releases were recorded.' END, b.hash,
        lag(b.hash) OVER ordered, b.created_at, 'command:migrate', CASE WHEN b.hash = w.live_bundle THEN 'live' ELSE 'retired' END,
        CASE WHEN b.hash = w.live_bundle THEN b.created_at ELSE coalesce(lead(b.created_at) OVER ordered, b.created_at) END,
        'command:migrate', CASE WHEN b.hash = w.live_bundle THEN 100 ELSE 0 END, 'finish_old',
        CASE WHEN lag(b.hash) OVER ordered IS NULL THEN w.first_live_at ELSE b.created_at END, b.created_at, 'command:migrate'
    FROM bundles b JOIN workflows w ON w.id = b.workflow_id
    LEFT JOIN LATERAL (SELECT v.change_id FROM versions v WHERE v.id = ANY (b.version_ids) AND v.change_id IS NOT NULL ORDER BY v.id DESC LIMIT 1) c ON true
    WHERE w.live_bundle IS NOT NULL
    WINDOW ordered AS (PARTITION BY b.workflow_id ORDER BY b.created_at, b.hash)
    ORDER BY b.created_at, b.hash;
UPDATE releases r SET replaced_by = n.next
    FROM (SELECT id, lead(id) OVER (PARTITION BY workflow_id ORDER BY number) AS next FROM releases) n
    WHERE n.id = r.id AND r.stage = 'retired';
INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why)
    SELECT id, 1, 'live', bundle, live_since, stage_by, coalesce(waiver, '') FROM releases
    UNION ALL SELECT id, 2, stage, bundle, stage_since, stage_by, '' FROM releases WHERE stage = 'retired';

ALTER TABLE workflows DROP COLUMN live_bundle;
ALTER TABLE workflows DROP COLUMN first_live_at;
COMMENT ON COLUMN workflows.release_epoch IS 'Counts releases that go live, rollbacks and stops; a decision is committed only under the epoch it was made in.';

CREATE VIEW live_releases AS
    SELECT r.workflow_id, r.id, r.number, r.bundle, b.version_ids, r.live_since FROM releases r JOIN bundles b ON b.hash = r.bundle WHERE r.stage = 'live';
COMMENT ON VIEW live_releases IS 'The release that each live workflow decides by, with the versions in its bundle.';

CREATE VIEW release_parts AS
    SELECT p.release_id, p.kind, p.name, p.version_id, p.version, p.replaces_id, p.replaces FROM releases r CROSS JOIN LATERAL (
        SELECT r.id AS release_id, coalesce(n.kind, o.kind) AS kind, coalesce(n.name, o.name) AS name,
            n.id AS version_id, n.version, o.id AS replaces_id, o.version AS replaces
        FROM (SELECT v.* FROM bundles b JOIN versions v ON v.id = ANY (b.version_ids) WHERE b.hash = r.bundle) n
        FULL JOIN (SELECT v.* FROM bundles b JOIN versions v ON v.id = ANY (b.version_ids) WHERE b.hash = r.base_bundle) o
            ON (o.kind, o.name) = (n.kind, n.name)
        WHERE n.id IS DISTINCT FROM o.id) p;
COMMENT ON VIEW release_parts IS 'What a release changes against the live bundle it was built on: the version of each part, and the one that it replaces.';

-- The moves of `engine::control::release::TRANSITIONS`; a test holds the two together. A pause ends where it began, which `check_release` sees to.
CREATE FUNCTION release_may_move(from_stage text, to_stage text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE from_stage
        WHEN 'approved' THEN to_stage IN ('scheduled', 'simulation', 'live', 'suspended', 'retired')
        WHEN 'scheduled' THEN to_stage IN ('simulation', 'suspended', 'retired')
        WHEN 'simulation' THEN to_stage IN ('shadow', 'paused', 'suspended', 'retired')
        WHEN 'shadow' THEN to_stage IN ('assign_review', 'paused', 'suspended', 'retired')
        WHEN 'assign_review' THEN to_stage IN ('rollout', 'paused', 'suspended', 'retired', 'rolled_back')
        WHEN 'rollout' THEN to_stage IN ('live', 'paused', 'suspended', 'retired', 'rolled_back')
        WHEN 'paused' THEN to_stage IN ('simulation', 'shadow', 'assign_review', 'rollout', 'suspended', 'retired')
        WHEN 'suspended' THEN to_stage IN ('approved', 'retired')
        WHEN 'live' THEN to_stage IN ('retired', 'rolled_back')
        WHEN 'retired' THEN to_stage = 'live'
        ELSE false
    END
$$;
COMMENT ON FUNCTION release_may_move(text, text) IS 'Whether a release may move directly from one stage to the other.';

-- Whether every role that its change requires has approved exactly the bundle that the release has now.
CREATE FUNCTION release_is_approved(wanted uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM unnest(c.required) AS needed (role)
        WHERE NOT EXISTS (SELECT 1 FROM release_approvals a WHERE (a.release_id, a.bundle, a.role) = (r.id, r.bundle, needed.role)))
    FROM releases r JOIN changes c ON c.id = r.change_id WHERE r.id = wanted
$$;

-- An approval counts for exactly one bundle. That of the change itself counts if it was given since the live release went live: what the release
-- was built on is then what the person saw.
CREATE FUNCTION check_release_approval() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER release_approvals_check BEFORE INSERT ON release_approvals FOR EACH ROW EXECUTE FUNCTION check_release_approval();
CREATE TRIGGER release_approvals_no_change BEFORE UPDATE OR DELETE ON release_approvals FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a release must meet to go live: four eyes, every approval for exactly this bundle, built on what is live, no part that nobody approved.
CREATE FUNCTION check_going_live(release releases) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF release.base_bundle IS DISTINCT FROM
            (SELECT r.bundle FROM releases r WHERE r.replaced_by = release.id AND r.live_since IS NOT NULL) THEN
        RAISE EXCEPTION 'this release was built on another bundle than the live one' USING ERRCODE = 'restrict_violation';
    END IF;
    IF release.change_id IS NULL THEN
        IF EXISTS (SELECT 1 FROM releases r WHERE r.workflow_id = release.workflow_id AND r.live_since IS NOT NULL) THEN
            RAISE EXCEPTION 'this workflow has been live, so its releases need approval' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.id >= uuid_v7_floor(release.created_at - interval '1 day') AND a.action = 'release.waive'
                       AND a.subject = 'release:' || release.number) THEN
            RAISE EXCEPTION 'the waiver of this release is not in the audit log' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN;
    END IF;
    IF release_is_approved(release.id) IS NOT TRUE THEN
        RAISE EXCEPTION 'not every required role has approved this bundle' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.person_id = p.id
                   WHERE 'person:' || p.id = release.stage_by AND r.role = 'revops' AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only RevOps may go live with a release' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = release.change_id AND 'person:' || e.person_id = release.stage_by) THEN
        RAISE EXCEPTION 'you edited this change, so someone else must go live with it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM bundles b JOIN versions v ON v.id = ANY (b.version_ids) WHERE b.hash = release.bundle AND v.change_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM releases r JOIN bundles o ON o.hash = r.bundle WHERE r.live_since IS NOT NULL AND v.id = ANY (o.version_ids))) THEN
        RAISE EXCEPTION 'a part of this release was never approved' USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE FUNCTION check_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'approved' OR NEW.live_since IS NOT NULL OR NEW.replaced_by IS NOT NULL THEN
            RAISE EXCEPTION 'a release begins as approved' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.change_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.id = NEW.change_id AND c.state = 'approved') THEN
            RAISE EXCEPTION 'the change of this release is not approved' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.number, NEW.workflow_id, NEW.change_id, NEW.waiver, NEW.in_flight, NEW.created_at, NEW.created_by, NEW.live_since)
            IS DISTINCT FROM (OLD.id, OLD.number, OLD.workflow_id, OLD.change_id, OLD.waiver, OLD.in_flight, OLD.created_at, OLD.created_by, OLD.live_since) THEN
        RAISE EXCEPTION 'what a release is never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.replaced_by IS DISTINCT FROM OLD.replaced_by AND NOT (NEW.stage = 'retired' AND OLD.stage <> 'retired') THEN
        RAISE EXCEPTION 'a release is replaced when it retires' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.bundle, NEW.base_bundle) IS DISTINCT FROM (OLD.bundle, OLD.base_bundle)
            AND NOT (NEW.stage = OLD.stage AND OLD.stage IN ('approved', 'scheduled', 'suspended')) THEN
        RAISE EXCEPTION 'a release that is % is not rebuilt', OLD.stage USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.stage = OLD.stage THEN
        RETURN NEW;
    END IF;
    IF NOT release_may_move(OLD.stage, NEW.stage)
            OR (OLD.stage = 'paused' AND NEW.stage NOT IN ('suspended', 'retired') AND NEW.stage <> OLD.paused_from)
            OR (NEW.stage = 'paused' AND NEW.paused_from <> OLD.stage)
            OR (OLD.stage = 'retired' AND OLD.live_since IS NULL) THEN
        RAISE EXCEPTION 'a release that is % does not become %', OLD.stage, NEW.stage USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.stage = 'live' THEN
        IF OLD.stage <> 'retired' THEN
            PERFORM check_going_live(NEW);
        END IF;
        NEW.live_since := NEW.stage_since;
        NEW.replaced_by := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER releases_check BEFORE INSERT OR UPDATE ON releases FOR EACH ROW EXECUTE FUNCTION check_release();
CREATE TRIGGER releases_no_delete BEFORE DELETE ON releases FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The swap is whole: where a release stops being live, another one is at the end of the transaction.
CREATE FUNCTION check_live_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM releases WHERE workflow_id = NEW.workflow_id AND stage = 'live') THEN
        RAISE EXCEPTION 'a workflow that is live keeps a live release' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER releases_keep_one_live AFTER UPDATE ON releases DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.stage = 'live' AND NEW.stage <> 'live') EXECUTE FUNCTION check_live_release();

-- It runs as the owner of the tables, so that the application can write the history in no other way.
CREATE FUNCTION record_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
CREATE TRIGGER releases_record AFTER INSERT OR UPDATE ON releases FOR EACH ROW EXECUTE FUNCTION record_release();
CREATE TRIGGER release_history_no_change BEFORE UPDATE OR DELETE ON release_history FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION check_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.change_id IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM changes c WHERE c.id = NEW.change_id AND (c.kind, c.name, c.hash, c.base_version + 1) = (NEW.kind, NEW.name, NEW.hash, NEW.version))
                OR NOT change_is_signed(NEW.change_id) THEN
            RAISE EXCEPTION 'not every role that has to sign has signed' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF EXISTS (SELECT 1 FROM live_releases l JOIN versions v ON v.id = ANY (l.version_ids) WHERE v.kind = NEW.kind AND v.name = NEW.name) THEN
        RAISE EXCEPTION 'a live workflow decides by it: this needs a change that was signed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

GRANT SELECT, INSERT, UPDATE ON releases TO meshline_app;
GRANT SELECT, INSERT ON release_approvals TO meshline_app;
GRANT SELECT ON release_history, live_releases, release_parts TO meshline_app;
