//! Every check and unique constraint, with rows that it rejects and rows that it just accepts.

use std::collections::BTreeSet;

use engine::change::Kind;
use strum::VariantArray as _;

use super::support::{CHECK, Guards, UNIQUE};

/// A row in each table.
const WORLD: &str = include_str!("world.sql");

/// An id that no row of the world has.
const NEW: &str = "'00000000-0000-7000-8000-000000000009'";

/// A check, its table, and a change to the table's row that the check rejects.
const CHECKS: &[(&str, &str, &str)] = &[
    ("api_keys_name_length", "api_keys", "name = ''"),
    ("api_keys_name_length", "api_keys", "name = repeat('a', 101)"),
    ("api_keys_prefix_is_short", "api_keys", "prefix = repeat('a', 13)"),
    ("api_keys_scopes_exist", "api_keys", "scopes = '{root}'"),
    ("api_keys_scopes_exist", "api_keys", "scopes = '{}'"),
    ("audit_log_hash_is_sha256", "audit_log", "hash = 'x'"),
    ("audit_log_personal_detail_has_a_lead", "audit_log", "personal_detail = 'x'"),
    ("bundles_hash_is_sha256", "bundles", "hash = 'x'"),
    (
        "change_reviews_approval_saw_bundles",
        "change_reviews",
        "verdict = 'return', role = NULL, comment = 'No', live_bundles = '{}'",
    ),
    ("change_reviews_comment_length", "change_reviews", "comment = repeat('a', 5001)"),
    ("change_reviews_role_signs", "change_reviews", "role = NULL"),
    ("change_reviews_role_signs", "change_reviews", "verdict = 'return', comment = 'No'"),
    ("change_reviews_says_something", "change_reviews", "verdict = 'return', role = NULL"),
    ("change_reviews_signs_a_content", "change_reviews", "hash = NULL"),
    (
        "change_reviews_signs_a_content",
        "change_reviews",
        "verdict = 'comment', role = NULL, comment = 'Why?'",
    ),
    ("change_reviews_verdict_exists", "change_reviews", "verdict = 'perhaps', role = NULL, comment = 'Hm'"),
    ("changes_approved_is_a_version", "changes", "version_id = id"),
    ("changes_base_from_nothing", "changes", "base_version = -1"),
    ("changes_body_and_hash", "changes", "body = NULL"),
    ("changes_body_and_hash", "changes", "hash = NULL"),
    ("changes_closed_since", "changes", "closed_at = now()"),
    ("changes_closed_since", "changes", "state = 'withdrawn'"),
    ("changes_hash_is_sha256", "changes", "hash = 'x'"),
    ("changes_name_length", "changes", "name = ''"),
    ("changes_name_length", "changes", "name = repeat('a', 101)"),
    (
        "changes_state_exists",
        "changes",
        "state = 'lost', author_id = id, submitted_at = now(), title = 'T', required = '{revops}'",
    ),
    (
        "changes_submitted_is_whole",
        "changes",
        "state = 'submitted', author_id = id, submitted_at = now(), required = '{revops}'",
    ),
    (
        "changes_submitted_is_whole",
        "changes",
        "state = 'submitted', author_id = id, title = 'T', required = '{revops}'",
    ),
    (
        "changes_submitted_is_whole",
        "changes",
        "state = 'submitted', submitted_at = now(), title = 'T', required = '{revops}'",
    ),
    (
        "changes_submitted_is_whole",
        "changes",
        "state = 'submitted', body = NULL, hash = NULL, author_id = id, submitted_at = now(), title = 'T', required = '{revops}'",
    ),
    ("changes_title_length", "changes", "title = repeat('a', 201)"),
    ("changes_why_length", "changes", "why = repeat('a', 5001)"),
    ("credentials_name_form", "credentials", "name = 'Our CRM'"),
    ("decisions_action_exists", "decisions", "action = 'guess'"),
    ("decisions_conditions_is_object", "decisions", "conditions = '[]'"),
    ("decisions_confidence_range", "decisions", "rule_id = 'r', confidence = -0.1"),
    ("decisions_confidence_range", "decisions", "rule_id = 'r', confidence = 1.1"),
    ("decisions_event_has_its_event", "decisions", "event_id = NULL"),
    ("decisions_event_has_its_event", "decisions", "event_id = NULL, trigger = 'event'"),
    ("decisions_fired_or_default", "decisions", "confidence = 0.5"),
    ("decisions_hash_is_sha256", "decisions", "hash = 'x'"),
    ("decisions_mode_exists", "decisions", "mode = 'dream'"),
    ("decisions_selection_probability_range", "decisions", "selection_probability = 0"),
    ("decisions_selection_probability_range", "decisions", "selection_probability = 1.1"),
    ("decisions_trigger_exists", "decisions", "trigger = 'whim'"),
    ("deliveries_hash_is_sha256", "deliveries", "hash = 'x'"),
    ("deliveries_result_exists", "deliveries", "result = 'lost'"),
    ("destinations_name_form", "destinations", "name = 'A CRM'"),
    ("destinations_secret_or_credential", "destinations", "secret = 'x', credential_id = gen_random_uuid()"),
    ("destinations_title_length", "destinations", "title = ''"),
    ("destinations_title_length", "destinations", "title = repeat('a', 101)"),
    ("events_hash_is_sha256", "events", "hash = 'x'"),
    ("events_kind_exists", "events", "kind = 'rumour'"),
    ("import_runs_notes_object", "import_runs", "notes = '[]'"),
    ("kill_switches_reason_length", "kill_switches", "reason = ''"),
    ("kill_switches_reason_length", "kill_switches", "reason = repeat('a', 501)"),
    (
        "layers_content_and_rules_have_two_owners",
        "layers",
        "content_owner = '00000000-0000-7000-8000-000000000001', rules_owner = '00000000-0000-7000-8000-000000000001'",
    ),
    ("layers_is_one_row", "layers", "id = 2"),
    ("lead_aliases_not_itself", "lead_aliases", "merged_into = lead_id"),
    ("lead_merges_kind_exists", "lead_merges", "kind = 'perhaps'"),
    ("lead_merges_not_itself", "lead_merges", "other_lead_id = lead_id"),
    ("merge_suggestions_closed_with_verdict", "merge_suggestions", "closed_at = now()"),
    ("merge_suggestions_closed_with_verdict", "merge_suggestions", "verdict = 'merged'"),
    ("merge_suggestions_open_has_no_reason", "merge_suggestions", "reason = 'Same person'"),
    (
        "merge_suggestions_reason_length",
        "merge_suggestions",
        "closed_at = now(), verdict = 'merged', reason = repeat('a', 1001)",
    ),
    ("merge_suggestions_verdict_exists", "merge_suggestions", "closed_at = now(), verdict = 'perhaps'"),
    ("lead_identities_kind_exists", "lead_identities", "kind = 'face'"),
    ("lead_states_queue_exists", "lead_states", "queue = 'later', queued_at = now()"),
    ("lead_states_queued_since", "lead_states", "queue = 'sdr'"),
    ("lead_states_suggested_exists", "lead_states", "suggested = 'guess'"),
    (
        "lead_states_verdict_action_exists",
        "lead_states",
        "verdict_id = lead_id, verdict_at = now(), verdict_action = 'guess'",
    ),
    ("lead_states_verdict_is_whole", "lead_states", "verdict_id = lead_id, verdict_at = now()"),
    ("lead_states_verdict_is_whole", "lead_states", "verdict_action = 'hold', verdict_at = now()"),
    ("lead_states_verdict_is_whole", "lead_states", "verdict_id = lead_id, verdict_action = 'hold'"),
    ("leads_erased_is_empty", "leads", "erased_at = now(), data_key = 'x'"),
    ("leads_erased_is_empty", "leads", "erased_at = now(), email = 'x'"),
    ("leads_erased_is_empty", "leads", "erased_at = now(), name = 'x'"),
    ("leads_erased_is_empty", "leads", "erased_at = now(), company = 'x'"),
    ("leads_erased_is_empty", "leads", "erased_at = now(), domain = 'x'"),
    ("leads_erased_is_empty", "leads", "erased_at = now(), external_id = 'x'"),
    ("notices_what_exists", "notices", "what = 'rained'"),
    ("outbox_running_is_leased", "outbox", "leased_until = now()"),
    ("outbox_running_is_leased", "outbox", "state = 'running'"),
    ("outbox_state_exists", "outbox", "state = 'lost'"),
    ("outcomes_amount_has_currency", "outcomes", "amount = 1"),
    ("outcomes_amount_is_finite", "outcomes", "currency = 'EUR', amount = 'NaN'"),
    ("outcomes_amount_is_finite", "outcomes", "currency = 'EUR', amount = 'Infinity'"),
    ("outcomes_amount_is_finite", "outcomes", "currency = 'EUR', amount = -1"),
    ("outcomes_currency_form", "outcomes", "currency = 'euro'"),
    ("outcomes_hash_is_sha256", "outcomes", "hash = 'x'"),
    ("outcomes_stage_exists", "outcomes", "stage = 'lucky'"),
    ("overrides_action_exists", "overrides", "action = 'guess'"),
    ("overrides_hash_is_sha256", "overrides", "hash = 'x'"),
    ("people_email_is_lower_case", "people", "email = 'Ana@acme.example'"),
    ("people_email_is_lower_case", "people", "email = 'ana'"),
    ("people_email_is_lower_case", "people", "email = repeat('a', 320) || '@acme.example'"),
    ("people_name_length", "people", "name = ''"),
    ("people_name_length", "people", "name = repeat('a', 201)"),
    ("people_number_format_exists", "people", "number_format = 'roman'"),
    ("person_roles_role_exists", "person_roles", "role = 'king'"),
    ("pool_availability_pool_length", "pool_availability", "pool = ''"),
    ("pool_availability_pool_length", "pool_availability", "pool = repeat('a', 101)"),
    ("pool_availability_weight_range", "pool_availability", "weight = 0"),
    ("pool_availability_weight_range", "pool_availability", "weight = 1001"),
    ("queue_verdicts_action_exists", "queue_verdicts", "action = 'guess'"),
    ("queue_verdicts_give_back_after_one", "queue_verdicts", "turn = 1"),
    ("queue_verdicts_kind_exists", "queue_verdicts", "kind = 'perhaps'"),
    ("queue_verdicts_queued_since", "queue_verdicts", "queue = NULL"),
    ("queue_verdicts_queued_since", "queue_verdicts", "queued_at = NULL"),
    ("queue_verdicts_turns_count_from_one", "queue_verdicts", "kind = 'accept', turn = 0"),
    ("releases_come_from_a_change_or_a_waiver", "releases", "change_id = NULL"),
    ("releases_come_from_a_change_or_a_waiver", "releases", "waiver = 'Urgent'"),
    ("releases_gates_is_object", "releases", "gates = '[]'"),
    ("releases_in_flight_exists", "releases", "in_flight = 'lost'"),
    ("releases_live_has_all_leads", "releases", "share = 99"),
    ("releases_share_by_and_since", "releases", "share_by = 'test'"),
    ("releases_share_by_and_since", "releases", "share_since = now()"),
    ("rules_off_rule_length", "rules_off", "rule_id = ''"),
    ("rules_off_rule_length", "rules_off", "rule_id = repeat('a', 201)"),
    ("rules_off_reason_length", "rules_off", "reason = ''"),
    ("rules_off_reason_length", "rules_off", "reason = repeat('a', 501)"),
    ("rules_off_until_later", "rules_off", "until = since"),
    ("rule_mutes_rule_length", "rule_mutes", "rule_id = ''"),
    ("rule_mutes_rule_length", "rule_mutes", "rule_id = repeat('a', 201)"),
    ("rule_mutes_reason_length", "rule_mutes", "reason = ''"),
    ("rule_mutes_reason_length", "rule_mutes", "reason = repeat('a', 501)"),
    ("rule_mutes_until_later", "rule_mutes", "until = since"),
    ("rule_mutes_account_is_domain", "rule_mutes", "account = 'Acme.example'"),
    ("rule_mutes_account_is_domain", "rule_mutes", "account = 'ana@acme.example'"),
    ("rule_mutes_account_is_domain", "rule_mutes", "account = repeat('a', 246) || '.example'"),
    ("releases_live_since_it_went_live", "releases", "live_since = NULL"),
    ("releases_paused_from_a_stage", "releases", "stage = 'paused'"),
    ("releases_paused_from_a_stage", "releases", "paused_from = 'rollout'"),
    ("releases_pauses_on_its_way", "releases", "stage = 'paused', paused_from = 'live'"),
    ("releases_share_is_percent", "releases", "stage = 'retired', share = -1"),
    ("releases_share_is_percent", "releases", "stage = 'retired', share = 101"),
    ("releases_stage_exists", "releases", "stage = 'lost'"),
    ("releases_stage_why_length", "releases", "stage_why = repeat('a', 5001)"),
    ("releases_waiver_length", "releases", "change_id = NULL, waiver = ''"),
    ("releases_waiver_length", "releases", "change_id = NULL, waiver = repeat('a', 501)"),
    ("routes_kind_exists", "routes", "kind = 'rumour'"),
    ("routes_source_length", "routes", "source = ''"),
    ("routes_source_length", "routes", "source = repeat('a', 101)"),
    ("runs_cancelled_by_a_person", "runs", "cancelled_by = 'test'"),
    ("runs_cancelled_by_a_person", "runs", "state = 'cancelled', finished_at = now()"),
    ("runs_done_from_nothing", "runs", "done = -1"),
    ("runs_done_has_a_result", "runs", "result = '{}'"),
    ("runs_done_has_a_result", "runs", "state = 'done', finished_at = now()"),
    ("runs_failed_has_an_error", "runs", "error = 'Broken'"),
    ("runs_failed_has_an_error", "runs", "state = 'failed', finished_at = now()"),
    ("runs_kind_exists", "runs", "kind = 'hunch'"),
    ("runs_over_since", "runs", "finished_at = now()"),
    ("runs_over_since", "runs", "state = 'failed', error = 'Broken'"),
    ("runs_running_is_leased", "runs", "leased_until = now()"),
    ("runs_running_is_leased", "runs", "state = 'running'"),
    ("runs_state_exists", "runs", "state = 'lost'"),
    ("runs_total_from_nothing", "runs", "total = -1"),
    ("saved_views_name_length", "saved_views", "name = ''"),
    ("saved_views_name_length", "saved_views", "name = repeat('a', 61)"),
    ("saved_views_page_is_a_path", "saved_views", "page = 'https://elsewhere'"),
    ("saved_views_query_length", "saved_views", "query = repeat('a', 401)"),
    ("shadow_verdicts_action_exists", "shadow_verdicts", "action = 'guess'"),
    ("shadow_verdicts_confidence_range", "shadow_verdicts", "confidence = -0.1"),
    ("shadow_verdicts_confidence_range", "shadow_verdicts", "confidence = 1.1"),
    ("unfinished_uploads_bytes_from_one", "unfinished_uploads", "bytes = 0"),
    ("unfinished_uploads_file_name_length", "unfinished_uploads", "file_name = ''"),
    ("unfinished_uploads_file_name_length", "unfinished_uploads", "file_name = repeat('a', 201)"),
    ("unfinished_uploads_hash_is_sha256", "unfinished_uploads", "received_hash = 'x'"),
    ("unfinished_uploads_received_range", "unfinished_uploads", "received = -1"),
    ("unfinished_uploads_received_range", "unfinished_uploads", "received = bytes + 1"),
    ("uploads_bytes_from_nothing", "uploads", "bytes = -1"),
    ("uploads_file_name_length", "uploads", "file_name = ''"),
    ("uploads_file_name_length", "uploads", "file_name = repeat('a', 201)"),
    ("used_forms_token_length", "used_forms", "token = ''"),
    ("used_forms_token_length", "used_forms", "token = repeat('a', 101)"),
    ("versions_count_from_one", "versions", "version = 0"),
    ("versions_hash_is_sha256", "versions", "hash = 'x'"),
    ("version_kinds_are_approved", "version_kinds", "kind = 'hunch', approvers = '{}'"),
    ("version_titles_name_length", "version_titles", "name = ''"),
    ("version_titles_name_length", "version_titles", "name = repeat('a', 101)"),
    ("version_titles_title_length", "version_titles", "title = ''"),
    ("version_titles_title_length", "version_titles", "title = repeat('a', 101)"),
    ("versions_name_length", "versions", "name = ''"),
    ("versions_name_length", "versions", "name = repeat('a', 101)"),
    ("workflows_name_form", "workflows", "name = 'Inbound form'"),
    ("runs_failed_has_an_error", "runs", "error = 'x'"),
    ("runs_kind_exists", "runs", "kind = 'lost'"),
    ("runs_over_since", "runs", "state = 'failed', error = 'x'"),
];

/// The roles that approve each kind of change, and sets of roles that are insufficient.
const TOO_FEW_ROLES: &[(&str, &str, &[&str])] = &[
    ("map", "{enablement,rep_leader}", &["{}", "{enablement}", "{rep_leader}", "{revops}"]),
    ("catalogue", "{enablement,revops}", &["{}", "{enablement}", "{revops}"]),
    ("rule_set", "{revops}", &["{}", "{ae_rep_leader}"]),
    ("list", "{revops}", &["{}", "{ae_rep_leader}"]),
    ("pool", "{revops}", &["{}", "{ae_rep_leader}"]),
];

/// A unique constraint or index, its table, and the difference of a second row that is still rejected.
const UNIQUES: &[(&str, &str, &str)] = &[
    ("api_keys_key_hash_key", "api_keys", "name = 'other'"),
    ("api_keys_name_key", "api_keys", "key_hash = 'other'"),
    ("change_reviews_a_person_signs_once", "change_reviews", "role = 'ae_rep_leader'"),
    ("change_reviews_a_role_signs_once", "change_reviews", "person_id = gen_random_uuid()"),
    ("changes_number_key", "changes", "name = 'other'"),
    ("credentials_name_key", "credentials", "last_error = 'Other'"),
    ("destinations_name_key", "destinations", "kind = 'other'"),
    ("feature_dictionary_code_key", "feature_dictionary", "field = 'other'"),
    ("installation_is_one", "installation", "id = gen_random_uuid()"),
    ("kill_switches_workflow_key", "kill_switches", "reason = 'Other'"),
    ("people_email_key", "people", "name = 'Other'"),
    ("queue_claims_person_key", "queue_claims", "lead_id = gen_random_uuid()"),
    ("queue_verdicts_once", "queue_verdicts", "override_id = NULL, outcome_id = NULL"),
    ("queue_verdicts_outcome_taken_back_key", "queue_verdicts", "turn = 3, override_id = NULL"),
    ("queue_verdicts_override_taken_back_key", "queue_verdicts", "turn = 3, outcome_id = NULL"),
    ("runs_work_key", "runs", "created_by = 'other'"),
    ("release_approvals_one_role_a_person", "release_approvals", "role = 'ae_rep_leader'"),
    ("releases_number_key", "releases", "stage_why = 'Other'"),
    ("releases_one_is_live", "releases", "number = 1000"),
    ("runs_work_key", "runs", "phase = 'Other'"),
    ("saved_views_name_key", "saved_views", "query = 'q=other'"),
    ("unfinished_uploads_file_key", "unfinished_uploads", "received = 1"),
    ("versions_change_key", "versions", "version = 2"),
    ("versions_kind_name_version_key", "versions", "change_id = NULL"),
    ("workflows_name_key", "workflows", "title = 'Other'"),
];

/// Tables with a primary key.
const KEYED: &[&str] = &[
    "api_keys",
    "audit_log",
    "bundles",
    "change_editors",
    "change_reviews",
    "changes",
    "credentials",
    "decisions",
    "deliveries",
    "destination_flows",
    "destinations",
    "effect_keys",
    "effects",
    "events",
    "feature_dictionary",
    "features",
    "idempotency_keys",
    "import_runs",
    "incarnations",
    "installation",
    "jobs",
    "layers",
    "lead_aliases",
    "lead_identities",
    "lead_merges",
    "lead_states",
    "leads",
    "merge_suggestions",
    "notices",
    "outbox",
    "outcomes",
    "overrides",
    "partitioned_tables",
    "people",
    "person_roles",
    "pool_availability",
    "pool_states",
    "queue_claims",
    "queue_verdicts",
    "release_approvals",
    "release_history",
    "releases",
    "routes",
    "rule_mutes",
    "rules_off",
    "runs",
    "saved_views",
    "sessions",
    "settings",
    "setup_links",
    "unfinished_uploads",
    "uploads",
    "shadow_verdicts",
    "used_forms",
    "version_kinds",
    "version_titles",
    "versions",
    "workflows",
];

/// Second rows that are valid.
const ACCEPTED: &[(&str, &str)] = &[
    (
        "audit_log",
        "id = uuid_v7_floor(now() + interval '1 ms'), personal_detail = 'x', lead_id = gen_random_uuid()",
    ),
    ("change_reviews", "verdict = 'return', role = NULL, comment = 'No'"),
    ("change_reviews", "verdict = 'comment', role = NULL, hash = NULL, comment = 'Why?'"),
    ("changes", "number = 1000, state = 'withdrawn', closed_at = now()"),
    ("decisions", "id = uuid_v7_floor(now() + interval '1 ms'), rule_id = 'r', confidence = 1"),
    ("decisions", "id = uuid_v7_floor(now() + interval '1 ms'), event_id = NULL, trigger = 'timer'"),
    ("lead_states", "lead_id = gen_random_uuid(), queue = 'sdr', queued_at = now(), suggested = 'assign'"),
    ("leads", "email = 'ana@acme.example', name = 'Ana', data_key = 'x'"),
    ("leads", "erased_at = now()"),
    ("outbox", "effect_id = gen_random_uuid(), state = 'running', leased_until = now()"),
    ("outcomes", "id = uuid_v7_floor(now() + interval '1 ms'), amount = 1, currency = 'EUR'"),
    ("change_reviews", "role = 'ae_rep_leader', person_id = gen_random_uuid(), live_bundles = '{}'"),
    (
        "releases",
        "number = 1001, stage = 'approved', share = 0, live_since = NULL, share_by = 'test', share_since = now()",
    ),
    (
        "rules_off",
        "rule_id = repeat('a', 200), reason = repeat('a', 500), until = since + interval '1 second'",
    ),
    (
        "rule_mutes",
        "rule_id = repeat('a', 200), reason = repeat('a', 500), account = repeat('a', 245) || '.example'",
    ),
    ("releases", "number = 1000, stage = 'approved', share = 0, live_since = NULL"),
    ("destinations", "name = 'calendar', credential_id = gen_random_uuid()"),
    ("destinations", "name = 'calendar', secret = 'x'"),
    ("runs", "state = 'cancelled', finished_at = now(), cancelled_by = 'test', cancelled_at = now()"),
    ("runs", "state = 'failed', finished_at = now(), error = 'Broken'"),
    ("unfinished_uploads", "file_name = 'other.csv', received = bytes"),
    ("queue_verdicts", "turn = 1, kind = 'accept'"),
    ("queue_verdicts", "turn = 3, kind = 'accept'"),
    ("runs", "state = 'running', work_key = NULL, leased_until = now()"),
    ("runs", "state = 'failed', error = 'x', finished_at = now()"),
    ("runs", "state = 'cancelled', cancelled_by = 'test', cancelled_at = now(), finished_at = now()"),
];

/// Returns SQL that inserts a copy of a table's row with a difference.
fn copy(table: &str, difference: &str) -> String {
    let change = if difference.is_empty() { String::new() } else { format!("UPDATE copy SET {difference};") };
    format!(
        "CREATE TEMP TABLE copy AS SELECT * FROM {table} ORDER BY {table}::text LIMIT 1; {change}
         DO $$ DECLARE columns text := (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
         BEGIN EXECUTE format('INSERT INTO {table} (%1$s) OVERRIDING SYSTEM VALUE SELECT %1$s FROM copy', columns); END $$; DROP TABLE copy"
    )
}

/// Creates a row in each table, in a transaction without triggers and foreign keys, so that only constraints reject rows.
async fn world() -> Guards {
    let mut guards = Guards::open("").await;
    guards.accepts("SET LOCAL session_replication_role = replica").await;
    guards.accepts("DELETE FROM person_roles; DELETE FROM people").await;
    guards.accepts(WORLD).await;
    let role = "INSERT INTO person_roles (person_id, role, given_by) VALUES ('00000000-0000-7000-8000-000000000001', 'sdr', 'command:test')";
    guards.accepts(role).await;
    guards
}

/// Adds a new id to the difference if the table has one.
fn with_new_id(table: &str, difference: &str) -> String {
    const WITHOUT_ID: &[&str] = &[
        "feature_dictionary",
        "kill_switches",
        "queue_claims",
        "lead_states",
        "outbox",
        "release_approvals",
        "rule_mutes",
        "rules_off",
    ];
    if WITHOUT_ID.contains(&table) || difference.starts_with("id = ") {
        return difference.to_owned();
    }
    format!("id = {NEW}, {difference}")
}

#[tokio::test]
async fn every_check_rejects_its_violations() {
    let mut guards = world().await;
    for (constraint, table, difference) in CHECKS {
        guards.violates(&copy(table, difference), CHECK, constraint).await;
    }
}

#[tokio::test]
async fn a_change_requires_the_approvers_of_its_kind() {
    let listed: BTreeSet<&str> = TOO_FEW_ROLES.iter().map(|(kind, ..)| *kind).collect();
    let kinds: BTreeSet<&str> = Kind::VARIANTS.iter().map(Into::into).collect();
    assert_eq!(listed, kinds, "each kind says which roles are not enough");
    let mut guards = world().await;
    for (kind, enough, too_few) in TOO_FEW_ROLES {
        let submitted = |roles: &str| {
            copy(
                "changes",
                &format!(
                    "id = {NEW}, number = 1000, kind = '{kind}', state = 'submitted', author_id = {NEW}, submitted_at = now(), title = 'T', required = '{roles}'"
                ),
            )
        };
        guards.would_accept(&submitted(enough)).await;
        for roles in *too_few {
            guards.violates(&submitted(roles), CHECK, "changes_roles_that_sign").await;
        }
    }
}

#[tokio::test]
async fn every_unique_constraint_rejects_a_second_row() {
    let mut guards = world().await;
    for (constraint, table, difference) in UNIQUES {
        guards.violates(&copy(table, &with_new_id(table, difference)), UNIQUE, constraint).await;
    }
    for table in KEYED {
        guards.violates(&copy(table, ""), UNIQUE, &format!("{table}_pkey")).await;
    }
}

#[tokio::test]
async fn rows_at_the_edge_of_a_constraint_are_accepted() {
    let mut guards = world().await;
    for (table, difference) in ACCEPTED {
        guards.would_accept(&copy(table, &with_new_id(table, difference))).await;
    }
    // The table of layers has a single row.
    let owners = "UPDATE layers SET content_owner = gen_random_uuid(), rules_owner = gen_random_uuid()";
    guards.would_accept(owners).await;
}
