-- A minimal row in each table that has a constraint or is part of the log. Inserted without triggers and foreign keys.
INSERT INTO people (id, email, name, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'world@acme.example', 'World', now());
INSERT INTO setup_links (token_hash, person_id, expires_at) VALUES ('x', '00000000-0000-7000-8000-000000000001', now());
INSERT INTO sessions (id_hash, expires_at, person_id, address, agent, signed_in_at, seen_at)
    VALUES ('x', now(), '00000000-0000-7000-8000-000000000001', '', '', now(), now());
INSERT INTO api_keys (id, name, key_hash, scopes, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'key', 'x', '{read}', now());
INSERT INTO settings (name, value) VALUES ('world', '1');
INSERT INTO workflows (id, name, title, definition, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'inbound', 'Inbound', '{}', now());
INSERT INTO changes (id, kind, name, base_version, state, title, why, source, body, hash, created_by, created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000001', 'list', 'tam', 0, 'draft', '', '', '', '{}', sha256('x'), 'test', now(), now());
INSERT INTO change_editors (change_id, person_id) VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001');
INSERT INTO change_reviews (id, change_id, person_id, verdict, role, hash, comment, at) VALUES ('00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'approve', 'revops', sha256('x'), '', now());
INSERT INTO versions (id, kind, name, version, body, hash, change_id, created_at, created_by) VALUES ('00000000-0000-7000-8000-000000000001',
    'list', 'tam', 1, '{}', sha256('x'), '00000000-0000-7000-8000-000000000001', now(), 'test');
INSERT INTO version_titles (kind, name, title) VALUES ('list', 'tam', 'Target accounts');
INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) VALUES (sha256('x'), '00000000-0000-7000-8000-000000000001', '{}', '{}', now());
INSERT INTO releases (id, workflow_id, change_id, bundle, built_at, built_by, stage, stage_since, stage_by, share, in_flight, live_since, created_at, created_by)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', sha256('x'), now(), 'test',
    'live', now(), 'test', 100, 'finish_old', now(), now(), 'test');
INSERT INTO release_approvals (release_id, bundle, role, person_id, at)
    VALUES ('00000000-0000-7000-8000-000000000001', sha256('x'), 'revops', '00000000-0000-7000-8000-000000000001', now());
INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why)
    VALUES ('00000000-0000-7000-8000-000000000001', 1, 'live', sha256('x'), now(), 'test', '');
INSERT INTO rules_off (workflow_id, rule_id, reason, since, by_whom) VALUES ('00000000-0000-7000-8000-000000000001', 'spam', 'Too eager', now(), 'test');
INSERT INTO rule_mutes (workflow_id, rule_id, account, reason, since, until, by_whom)
    VALUES ('00000000-0000-7000-8000-000000000001', 'spam', 'acme.example', 'They asked', now(), now() + interval '1 day', 'test');
INSERT INTO routes (kind, source, workflow_id) VALUES ('form', 'web', '00000000-0000-7000-8000-000000000001');
INSERT INTO pool_availability (pool, person, weight, changed_at, changed_by) VALUES ('ae', 'jane@acme.example', 2, now(), 'test');
INSERT INTO pool_states (name) VALUES ('ae');
INSERT INTO destinations (id, name, kind, settings, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'crm', 'webhook', '{}', now());
INSERT INTO credentials (id, name, configured, grant_text, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'crm', 'x', 'x', now());
INSERT INTO runs (id, kind, work_key, input, created_by, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'import', 'x', '{}', 'test', now());
INSERT INTO uploads (id, person_id, file_name, bytes, created_at)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'leads.csv', 1, now());
INSERT INTO unfinished_uploads (id, person_id, file_name, bytes, received_hash, created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'leads.csv', 1, sha256('x'), now(), now());
INSERT INTO destination_flows (destination_id) VALUES ('00000000-0000-7000-8000-000000000001');
INSERT INTO feature_dictionary (workflow_id, field, value_hash, value) VALUES ('00000000-0000-7000-8000-000000000001', 'field', 'x', 'value');
INSERT INTO leads (id, created_at) VALUES ('00000000-0000-7000-8000-000000000001', now());
INSERT INTO lead_identities (kind, source, value_hmac, lead_id) VALUES ('email', '', 'x', '00000000-0000-7000-8000-000000000001');
INSERT INTO lead_aliases (lead_id, merged_into, at, by_whom)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', now(), 'test');
INSERT INTO lead_merges (id, lead_id, other_lead_id, kind, at, by_whom)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', 'merge', now(), 'test');
INSERT INTO merge_suggestions (lead_id, other_lead_id, event_id, opened_at)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', now());
INSERT INTO lead_states (lead_id, workflow_id, source, first_decision_id, first_as_of, first_action, last_decision_id, last_as_of, last_action, last_rule_version)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'web', '00000000-0000-7000-8000-000000000001', now(), 'hold',
    '00000000-0000-7000-8000-000000000001', now(), 'hold', 1);
INSERT INTO idempotency_keys (scope, key_hmac, body_hmac, result_id, created_at) VALUES ('event:web', 'x', 'x', '00000000-0000-7000-8000-000000000001', now());
INSERT INTO kill_switches (reason, killed_by, killed_at) VALUES ('Bad rule', 'test', now());
INSERT INTO jobs (name, due_at) VALUES ('world', now());
INSERT INTO import_runs (workflow_id, file_hash, as_of) VALUES ('00000000-0000-7000-8000-000000000001', 'x', now());
INSERT INTO outbox (effect_id, destination_id, lead_id, lead_sequence, due_at, workflow_id) VALUES ('00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 1, now(), '00000000-0000-7000-8000-000000000001');
INSERT INTO effect_keys (effect_key, effect_id) VALUES ('x', '00000000-0000-7000-8000-000000000001');
INSERT INTO queue_claims (lead_id, workflow_id, person_id, claimed_at, expires_at) VALUES ('00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', now(), now());
INSERT INTO queue_verdicts (id, decision_id, turn, lead_id, workflow_id, kind, action, override_id, outcome_id, queue, queued_at, person_id, at)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 2, '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', 'give_back', 'hold', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'sdr', now(),
    '00000000-0000-7000-8000-000000000001', now());
INSERT INTO saved_views (id, person_id, page, name, query, created_at)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', '/leads', 'Mine', '', now());
INSERT INTO used_forms (actor, token, request_id, used_at) VALUES ('test', 'x', 'x', now());
INSERT INTO notices (id, person_id, what, reason, by_whom, at, due_at)
    VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'stopped', '', 'test', now(), now());
-- The tables partitioned by month: the current month.
INSERT INTO events (id, lead_id, workflow_id, kind, source, body, received_at, received_from, request_id, hash)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'form', 'web', 'x', now(), 'test', 'x', sha256('x'));
INSERT INTO decisions (id, event_id, lead_id, workflow_id, sequence, epoch, mode, bundle, rule_set, rule_version, action, parameters, risk_tags, because,
    trace, snapshot, effects, as_of, decided_at, hash)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 1, 0,
    'live', sha256('x'), 'inbound', 1, 'hold', '{}', '[]', '[]', '[]', 'x', '[]', now(), now(), sha256('x'));
INSERT INTO shadow_verdicts (id, decision_id, lead_id, workflow_id, release_id, bundle, rule_version, action, parameters, risk_tags, because, trace, snapshot,
    as_of, decided_at)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', sha256('x'), 1, 'hold', '{}', '[]', '[]', '[]', 'x', now(), now());
INSERT INTO features (decision_id, lead_id, workflow_id, catalogue_version, cells)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 1, 'x');
INSERT INTO effects (id, decision_id, lead_id, lead_sequence, destination_id, kind, effect_key, remote_key, body, created_at)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 1, '00000000-0000-7000-8000-000000000001',
    'crm', 'x', 'x', 'x', now());
INSERT INTO deliveries (id, effect_id, decision_id, lead_id, destination_id, attempt, run_lease, result, started_at, finished_at, hash)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', 1, 1, 'delivered', now(), now(), sha256('x'));
INSERT INTO outcomes (id, lead_id, stage, received_at, received_from, hash)
    VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001', 'touched', now(), 'test', sha256('x'));
INSERT INTO overrides (id, decision_id, lead_id, action, reason, by_whom, at, hash) VALUES (uuid_v7_floor(now()), '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', 'reject', 'x', 'test', now(), sha256('x'));
INSERT INTO audit_log (id, at, actor, roles, action, subject, request_id, hash) VALUES (uuid_v7_floor(now()), now(), 'test', '{}', 'test', 'test', 'x', sha256('x'));
