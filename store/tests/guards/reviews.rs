//! `check_review`: whose signature counts, and for what.

use crate::support::{ANA, BEN, CHANGE, CHECK, CLEO, DORA, Guards, OTHER, SAM, draft, review, sign, submit};

const APPROVE: &str = "'approve', 'revops', sha256('Initech'), ''";
const RETURN: &str = "'return', NULL, sha256('Initech'), 'Too many'";

async fn submitted() -> Guards {
    Guards::open(&format!("{}{}", draft(CHANGE, "tam"), submit(CHANGE))).await
}

#[tokio::test]
async fn only_what_was_submitted_is_signed_and_anything_is_commented_on() {
    let mut guards = Guards::open(&draft(CHANGE, "tam")).await;
    let over = "this change does not wait for sign-off any more";
    guards.refuses(&review(CHANGE, BEN, APPROVE), over).await;
    guards.refuses(&review(CHANGE, BEN, RETURN), over).await;
    // Whoever edited it and holds no role that signs may say something, in any state.
    for person in [ANA, SAM] {
        guards.would_accept(&review(CHANGE, person, "'comment', NULL, NULL, 'Why?'")).await;
    }
    guards.accepts(&submit(CHANGE)).await;
    guards.would_accept(&review(CHANGE, BEN, APPROVE)).await;
    guards.would_accept(&review(CHANGE, BEN, RETURN)).await;
}

#[tokio::test]
async fn what_is_signed_is_what_was_seen() {
    let mut guards = submitted().await;
    let stale = "the change says something else than what was looked at";
    guards.refuses(&review(CHANGE, BEN, "'approve', 'revops', sha256('Globex'), ''"), stale).await;
    guards.refuses(&review(CHANGE, BEN, "'approve', 'revops', NULL, ''"), stale).await;
    guards.refuses(&review(CHANGE, BEN, "'return', NULL, sha256('Globex'), 'No'"), stale).await;
}

#[tokio::test]
async fn nobody_judges_what_they_edited() {
    let mut guards = submitted().await;
    let edited = "whoever had a hand in a change does not sign it: four eyes";
    for values in [APPROVE, RETURN] {
        guards.refuses(&review(CHANGE, ANA, values), edited).await;
    }
    // What somebody edited elsewhere keeps nobody from signing here.
    guards.accepts(&draft(OTHER, "partners")).await;
    let hand = format!("INSERT INTO change_editors (change_id, person_id) VALUES ('{OTHER}', '{BEN}')");
    guards.accepts(&hand).await;
    guards.would_accept(&review(CHANGE, BEN, APPROVE)).await;
}

#[tokio::test]
async fn a_signature_is_in_a_role_that_is_needed_and_held() {
    let mut guards = submitted().await;
    let unneeded = "this change does not need a signature in that role";
    guards.refuses(&sign(CHANGE, SAM, "sdr"), unneeded).await;
    let unheld = "the person does not hold a role that signs this change";
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
    // Sending back asks for no role of its own; that it names none is up to the table's check.
    let named = "'return', 'sdr', sha256('Initech'), 'No'";
    guards.violates(&review(CHANGE, BEN, named), CHECK, "change_reviews_role_signs").await;
}

#[tokio::test]
async fn what_people_said_and_who_edited_stays() {
    let mut guards = submitted().await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    for table in ["change_reviews", "change_editors"] {
        guards.is_written_once("UPDATE", table, &format!("UPDATE {table} SET person_id = '{SAM}'")).await;
        guards.is_written_once("DELETE", table, &format!("DELETE FROM {table}")).await;
    }
}
