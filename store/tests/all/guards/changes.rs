//! `check_change` and `change_is_signed`: how a change moves from draft to approved, and what must not change in between.

use super::support::{
    ANA, BEN, CHANGE, CHECK, CLEO, Guards, OTHER, approve, draft, review, sign, submit, version,
};

const UNSIGNED: &str = "not every role that has to sign has signed";
const THIS: &str = "'list', 'tam', 1, sha256('Initech')";

/// Every state, with the states that may follow it.
const FOLLOWING: &[(&str, &[&str])] = &[
    ("draft", &["draft", "submitted", "withdrawn"]),
    ("submitted", &["approved", "returned", "withdrawn"]),
    ("approved", &[]),
    ("returned", &[]),
    ("withdrawn", &[]),
];

/// Values that the table's own checks accept in a state.
fn whole(state: &str) -> String {
    let closed = if ["approved", "returned", "withdrawn"].contains(&state) { "now()" } else { "NULL" };
    let version = if state == "approved" { "(SELECT id FROM versions LIMIT 1)" } else { "NULL" };
    format!("state = '{state}', submitted_at = now(), closed_at = {closed}, version_id = {version}")
}

/// Creates a change in a state, with the approvals of both roles, bypassing the guards.
async fn in_state(state: &str) -> Guards {
    let mut guards = Guards::open(&format!("{}{}", draft(CHANGE, "tam"), version("NULL", THIS))).await;
    let state = whole(state);
    let roles = "required = '{revops,ae_rep_leader}'";
    let signed = [sign(CHANGE, BEN, "revops"), sign(CHANGE, CLEO, "ae_rep_leader")].concat();
    guards.unguarded(&format!("UPDATE changes SET {state}, {roles}; {signed}")).await;
    guards
}

#[tokio::test]
async fn a_change_begins_as_a_draft() {
    let mut guards = Guards::open("").await;
    let submitted = format!(
        "INSERT INTO changes (id, kind, name, base_version, state, title, why, source, body, hash, required, author_id, created_by, created_at, updated_at, submitted_at)
         VALUES ('{CHANGE}', 'list', 'tam', 0, 'submitted', 'More', '', '', '{{}}', sha256('x'), '{{revops}}', '{ANA}', 'test', now(), now(), now())"
    );
    guards.refuses(&submitted, "a change begins as a draft").await;
    guards.accepts(&draft(CHANGE, "tam")).await;
}

#[tokio::test]
async fn states_follow_each_other_in_one_direction() {
    for (from, following) in FOLLOWING {
        let mut guards = in_state(from).await;
        for (to, _) in FOLLOWING {
            let update = format!("UPDATE changes SET {} WHERE id = '{CHANGE}'", whole(to));
            if following.contains(to) {
                guards.would_accept(&update).await;
            } else {
                let message = format!("a change that is {from} does not become {to}");
                guards.refuses(&update, &message).await;
            }
        }
    }
}

#[tokio::test]
async fn a_change_stays_the_change_it_is() {
    let mut guards = Guards::open(&draft(CHANGE, "tam")).await;
    for set in [
        "id = gen_random_uuid()",
        "number = DEFAULT",
        "kind = 'pool'",
        "name = 'other'",
        "created_at = created_at - interval '1 day'",
        "created_by = 'other'",
        "started_from_id = id",
    ] {
        guards.refuses(&format!("UPDATE changes SET {set}"), "a change stays the change it is").await;
    }
    guards.refuses("DELETE FROM changes", "DELETE on changes is refused: its rows are written once").await;
}

#[tokio::test]
async fn a_draft_is_edited_and_what_was_submitted_is_not() {
    let edits = [
        "base_version = 1",
        "title = 'Less'",
        "why = 'No reason'",
        "source = 'Globex'",
        "body = '[]'",
        "hash = sha256('Globex')",
        "required = '{revops}'",
    ];
    let mut guards = Guards::open(&draft(CHANGE, "tam")).await;
    for set in edits {
        guards.would_accept(&format!("UPDATE changes SET {set}")).await;
    }
    guards.accepts(&submit(CHANGE)).await;
    let author = format!("author_id = '{BEN}'");
    for set in edits.into_iter().chain([author.as_str()]) {
        let update = format!("UPDATE changes SET {set}, state = 'withdrawn', closed_at = now()");
        guards.refuses(&update, "what was submitted never changes").await;
    }
    guards
        .would_accept("UPDATE changes SET state = 'withdrawn', closed_at = now(), updated_at = now()")
        .await;
}

#[tokio::test]
async fn a_change_is_submitted_for_every_role_of_its_kind() {
    let mut guards = Guards::open(&draft(CHANGE, "tam")).await;
    for roles in ["{}", "{ae_rep_leader}"] {
        let submit = submit(CHANGE).replace("{revops,ae_rep_leader}", roles);
        guards.violates(&submit, CHECK, "changes_roles_that_sign").await;
    }
    guards.would_accept(&submit(CHANGE).replace(",ae_rep_leader", "")).await;
}

#[tokio::test]
async fn the_author_is_among_those_who_edited() {
    let mut guards = Guards::open(&draft(CHANGE, "tam")).await;
    // Ben edited the other change, and Ana this one: neither makes Ben an editor of this one.
    guards.accepts(&draft(OTHER, "partners")).await;
    guards
        .accepts(&format!("INSERT INTO change_editors (change_id, person_id) VALUES ('{OTHER}', '{BEN}')"))
        .await;
    guards.accepts(&format!("UPDATE changes SET author_id = '{BEN}' WHERE id = '{CHANGE}'")).await;
    guards.refuses(&submit(CHANGE), "the author of a change has to be one of its editors").await;
    let edited = format!("INSERT INTO change_editors (change_id, person_id) VALUES ('{CHANGE}', '{BEN}');");
    guards.would_accept(&format!("{edited}{}", submit(CHANGE))).await;
}

/// Submits both changes and creates a version for the first one.
async fn both_submitted() -> Guards {
    let mut guards = Guards::open(&format!(
        "{}{}{}{}",
        draft(CHANGE, "tam"),
        submit(CHANGE),
        draft(OTHER, "partners"),
        submit(OTHER)
    ))
    .await;
    guards.unguarded(&version(&format!("'{CHANGE}'"), THIS)).await;
    guards
}

#[tokio::test]
async fn every_role_that_has_to_sign_has_signed_this_very_change() {
    let mut guards = both_submitted().await;
    guards.refuses(&approve(CHANGE), UNSIGNED).await;
    // The other change has the same content, but its approvals count only for itself.
    guards.accepts(&sign(OTHER, BEN, "revops")).await;
    guards.accepts(&sign(OTHER, CLEO, "ae_rep_leader")).await;
    guards.refuses(&approve(CHANGE), UNSIGNED).await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    guards.refuses(&approve(CHANGE), UNSIGNED).await;
    guards.accepts(&sign(CHANGE, CLEO, "ae_rep_leader")).await;
    guards.accepts(&approve(CHANGE)).await;
}

#[tokio::test]
async fn a_request_for_changes_is_no_signature() {
    let mut guards = both_submitted().await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    guards.accepts(&review(CHANGE, CLEO, "'return', NULL, sha256('Initech'), 'No'")).await;
    guards.refuses(&approve(CHANGE), UNSIGNED).await;
}

#[tokio::test]
async fn a_signature_counts_for_the_content_it_was_given_for() {
    let mut guards = both_submitted().await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    // `check_review` refuses such an approval; if it existed, it would not count.
    let other = review(CHANGE, CLEO, "'approve', 'ae_rep_leader', sha256('Globex'), ''");
    guards.unguarded(&other).await;
    guards.refuses(&approve(CHANGE), UNSIGNED).await;
}

#[tokio::test]
async fn a_signature_of_somebody_who_edits_later_counts_no_longer() {
    let mut guards = both_submitted().await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    guards.accepts(&sign(CHANGE, CLEO, "ae_rep_leader")).await;
    let edits =
        |id: &str| format!("INSERT INTO change_editors (change_id, person_id) VALUES ('{id}', '{BEN}');");
    guards.refuses(&format!("{}{}", edits(CHANGE), approve(CHANGE)), UNSIGNED).await;
    // Editing another change does not matter here.
    guards.would_accept(&format!("{}{}", edits(OTHER), approve(CHANGE))).await;
}

#[tokio::test]
async fn the_editors_of_a_change_are_editors_of_one_that_is_started_from_it() {
    let setup = format!("{}; INSERT INTO change_editors VALUES ('{CHANGE}', '{BEN}')", draft(CHANGE, "tam"));
    let mut guards = Guards::open(&setup).await;
    let copy = |from: &str| {
        format!(
            "INSERT INTO changes (id, kind, name, base_version, state, title, why, source, created_by, created_at, updated_at, started_from_id) \
             SELECT '{OTHER}', kind, name, base_version, 'draft', title, why, source, created_by, created_at, updated_at, {from} FROM changes WHERE id = '{CHANGE}'"
        )
    };
    guards.accepts(&copy(&format!("'{CHANGE}'"))).await;
    let editors: Vec<uuid::Uuid> =
        sqlx::query_scalar("SELECT person_id FROM change_editors WHERE change_id = $1::uuid ORDER BY 1")
            .bind(OTHER)
            .fetch_all(&mut guards.owner)
            .await
            .unwrap();
    assert_eq!(editors.iter().map(ToString::to_string).collect::<Vec<_>>(), [ANA, BEN]);
}
