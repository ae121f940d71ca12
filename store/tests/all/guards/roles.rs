//! `check_person_role` and `role_counts`: from when approvals in a role count, and who can make them count earlier.

use super::support::{ANA, BEN, CHANGE, Guards, SAM, draft, sign, submit};

const TOO_NEW: &str =
    "your role was given to you less than a day ago, and no second administrator has confirmed it";

/// Makes a person an administrator on the command line.
fn administrator(id: &str) -> String {
    give(id, "admin", "command:user")
}

fn give(id: &str, role: &str, by: &str) -> String {
    format!(
        "DELETE FROM person_roles WHERE (person_id, role) = ('{id}', '{role}');
         INSERT INTO person_roles (person_id, role, given_by) VALUES ('{id}', '{role}', '{by}');"
    )
}

fn confirm(id: &str, role: &str, by: &str) -> String {
    format!("UPDATE person_roles SET confirmed_by = '{by}' WHERE (person_id, role) = ('{id}', '{role}');")
}

/// A submitted change of ANA's, which BEN, whose role ANA has just given, is to approve. ANA and SAM are administrators.
async fn waiting() -> Guards {
    let setup = [
        draft(CHANGE, "tam"),
        submit(CHANGE),
        administrator(ANA),
        administrator(SAM),
        give(BEN, "revops", &format!("person:{ANA}")),
    ];
    Guards::open(&setup.concat()).await
}

#[tokio::test]
async fn a_role_that_a_person_gave_counts_a_day_later() {
    let mut guards = waiting().await;
    guards.refuses(&sign(CHANGE, BEN, "revops"), TOO_NEW).await;
    let a_day_ago = format!(
        "ALTER TABLE person_roles DISABLE TRIGGER person_roles_check;
         UPDATE person_roles SET since = since - interval '24 hours', counts_from = counts_from - interval '24 hours' WHERE person_id = '{BEN}';
         ALTER TABLE person_roles ENABLE TRIGGER person_roles_check;"
    );
    guards.would_accept(&format!("{a_day_ago}{}", sign(CHANGE, BEN, "revops"))).await;
    let almost = a_day_ago.replace("24 hours", "23 hours 59 minutes");
    guards.refuses(&format!("{almost}{}", sign(CHANGE, BEN, "revops")), TOO_NEW).await;
}

#[tokio::test]
async fn a_role_that_a_command_gave_counts_at_once() {
    let mut guards = waiting().await;
    let approved = format!("{}{}", give(BEN, "revops", "command:user"), sign(CHANGE, BEN, "revops"));
    guards.would_accept(&approved).await;
}

#[tokio::test]
async fn a_second_administrator_makes_a_role_count() {
    let mut guards = waiting().await;
    guards.accepts(&confirm(BEN, "revops", SAM)).await;
    guards.accepts(&sign(CHANGE, BEN, "revops")).await;
    let kept = format!(
        "DO $$ BEGIN ASSERT (SELECT role_given_by = 'person:{ANA}' AND role_since IS NOT NULL FROM change_reviews WHERE person_id = '{BEN}'); END $$"
    );
    guards.accepts(&kept).await;
}

#[tokio::test]
async fn no_one_confirms_alone() {
    let mut guards = waiting().await;
    let other = "another administrator than the one who gave the role must confirm it";
    guards.refuses(&confirm(BEN, "revops", ANA), other).await;
    // A person whom the giver has just made an administrator is no second one.
    let only = "only an administrator confirms a role, a day after becoming one or once confirmed";
    let sock = format!("{}{}", give(SAM, "admin", &format!("person:{ANA}")), confirm(BEN, "revops", SAM));
    guards.refuses(&sock, only).await;
    guards.refuses(&format!("{}{}", administrator(BEN), confirm(BEN, "revops", BEN)), other).await;
    let disabled =
        format!("UPDATE people SET disabled_at = now() WHERE id = '{SAM}';{}", confirm(BEN, "revops", SAM));
    guards.refuses(&disabled, only).await;
}

#[tokio::test]
async fn how_a_role_is_held_cannot_be_made_up() {
    let mut guards = waiting().await;
    let never = "who holds a role, since when and from whom never changes";
    for change in ["since = since - interval '2 days'", "given_by = 'command:user'", "counts_from = NULL"] {
        guards.refuses(&format!("UPDATE person_roles SET {change} WHERE person_id = '{BEN}'"), never).await;
    }
    guards.accepts(&confirm(BEN, "revops", SAM)).await;
    guards.refuses(&confirm(BEN, "revops", SAM), never).await;
    let unnamed = "a role names who gave it, and is confirmed later";
    guards
        .refuses(&format!("INSERT INTO person_roles (person_id, role) VALUES ('{BEN}', 'ae')"), unnamed)
        .await;
    let backdated = format!(
        "INSERT INTO person_roles (person_id, role, given_by, since, counts_from)
         VALUES ('{BEN}', 'ae', 'person:{ANA}', now() - interval '9 days', now() - interval '8 days');
         DO $$ BEGIN ASSERT (SELECT counts_from > now() + interval '23 hours' FROM person_roles WHERE (person_id, role) = ('{BEN}', 'ae')); END $$"
    );
    guards.would_accept(&backdated).await;
}
