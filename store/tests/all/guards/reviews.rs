//! `check_review`: whose approvals count, and for which content.

use super::support::{ANA, BEN, CHANGE, CHECK, CLEO, DORA, Guards, OTHER, SAM, draft, review, sign, submit};

const APPROVE: &str = "'approve', 'revops', sha256('Initech'), ''";
const RETURN: &str = "'return', NULL, sha256('Initech'), 'Too many'";

async fn submitted() -> Guards {
    Guards::open(&format!("{}{}", draft(CHANGE, "tam"), submit(CHANGE))).await
}

#[tokio::test]
async fn only_submitted_changes_are_approved_and_any_change_is_commented_on() {
    let mut guards = Guards::open(&draft(CHANGE, "tam")).await;
    let over = "this change no longer waits for approval";
    guards.refuses(&review(CHANGE, BEN, APPROVE), over).await;
    guards.refuses(&review(CHANGE, BEN, RETURN), over).await;
    // Editors and people without an approving role may comment, in any state.
    for person in [ANA, SAM] {
        guards.would_accept(&review(CHANGE, person, "'comment', NULL, NULL, 'Why?'")).await;
    }
    guards.accepts(&submit(CHANGE)).await;
    guards.would_accept(&review(CHANGE, BEN, APPROVE)).await;
    guards.would_accept(&review(CHANGE, BEN, RETURN)).await;
}

#[tokio::test]
async fn an_approval_is_bound_to_the_reviewed_content() {
    let mut guards = submitted().await;
    let stale = "this change was edited since you opened it. Review it again";
    guards.refuses(&review(CHANGE, BEN, "'approve', 'revops', sha256('Globex'), ''"), stale).await;
    guards.refuses(&review(CHANGE, BEN, "'approve', 'revops', NULL, ''"), stale).await;
    guards.refuses(&review(CHANGE, BEN, "'return', NULL, sha256('Globex'), 'No'"), stale).await;
}

#[tokio::test]
async fn editors_do_not_approve_their_own_change() {
    let mut guards = submitted().await;
    let edited = "you edited this change, so someone else must approve it";
    for values in [APPROVE, RETURN] {
        guards.refuses(&review(CHANGE, ANA, values), edited).await;
    }
    // Editing a different change does not matter.
    guards.accepts(&draft(OTHER, "partners")).await;
    let hand = format!("INSERT INTO change_editors (change_id, person_id) VALUES ('{OTHER}', '{BEN}')");
    guards.accepts(&hand).await;
    guards.would_accept(&review(CHANGE, BEN, APPROVE)).await;
}

#[tokio::test]
async fn an_approval_needs_a_role_that_is_required_and_held() {
    let mut guards = submitted().await;
    let unneeded = "this change does not need approval in that role";
    guards.refuses(&sign(CHANGE, SAM, "sdr"), unneeded).await;
    let unheld = "the person does not hold a role that approves this change";
    for (person, role) in [(SAM, "revops"), (CLEO, "revops"), (BEN, "ae_rep_leader"), (DORA, "revops")] {
        guards.refuses(&sign(CHANGE, person, role), unheld).await;
    }
    for person in [SAM, DORA] {
        guards.refuses(&review(CHANGE, person, RETURN), unheld).await;
    }
    for person in [BEN, CLEO] {
        guards.would_accept(&review(CHANGE, person, RETURN)).await;
    }
    guards.accepts(&sign(CHANGE, CLEO, "ae_rep_leader")).await;
    // A request for changes has no role. The table's check enforces that, not the trigger.
    let named = "'return', 'sdr', sha256('Initech'), 'No'";
    guards.violates(&review(CHANGE, BEN, named), CHECK, "change_reviews_role_signs").await;
}

#[tokio::test]
async fn reviews_and_editors_are_written_once() {
    let mut guards = submitted().await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    for table in ["change_reviews", "change_editors"] {
        guards.is_written_once("UPDATE", table, &format!("UPDATE {table} SET person_id = '{SAM}'")).await;
        guards.is_written_once("DELETE", table, &format!("DELETE FROM {table}")).await;
    }
}
