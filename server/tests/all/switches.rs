//! Rules that are switched off or muted, outside releases: what the next decisions come to, and what they keep.

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::decision::{Decision, Trigger};
use serde_json::{Value as Json, json};
use service::decide::{Pipeline, Reevaluation};
use service::switches;
use store::actor::Role;
use store::testing::person;
use store::{Actor, Error};

use crate::lead::{Office, good};

const WORKFLOW: &str = "inbound-form";
const RULE: &str = "tam-high-intent";

/// The conditions that a decision keeps, without weights.
fn kept(decision: &Decision) -> Json {
    let conditions = serde_json::to_value(&decision.conditions).unwrap();
    json!({ "rules_off": conditions["rules_off"], "muted": conditions["muted"] })
}

fn off() -> Json {
    json!({ "rules_off": [RULE], "muted": [] })
}

fn muted() -> Json {
    json!({ "rules_off": [], "muted": [RULE] })
}

fn none() -> Json {
    json!({ "rules_off": [], "muted": [] })
}

async fn decided(office: &Office, name: &str, company: &str, at: DateTime<Utc>) -> Decision {
    office.send_at(name, &good(name, company), at).await.unwrap().decision
}

async fn is_the_same(office: &Office, decisions: &[&Decision]) {
    for decision in decisions {
        assert_eq!(office.pipeline.replay(decision.decision_id).await.unwrap().same, Some(true));
    }
}

fn refused(result: Result<(), Error>) -> String {
    match result {
        Err(Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn now(actor: &Actor) -> Actor {
    Actor { now: engine::time::cut(Utc::now()), ..actor.clone() }
}

#[tokio::test]
async fn a_rule_that_is_off_is_passed_over_until_its_time_and_each_decision_keeps_that() {
    let office = Office::open().await;
    let actor = person(office.store(), "Ana", &[Role::Revops]).await;
    let start = Utc::now();
    let before = decided(&office, "p0", "Globex", start).await;
    assert_eq!((before.action, before.rule_id.as_deref()), (Action::Assign, Some(RULE)));
    assert_eq!(kept(&before), none());
    let until = engine::time::cut(start + TimeDelta::hours(1));
    switches::switch_off(office.store(), &now(&actor), WORKFLOW, RULE, " Too eager ", Some(until))
        .await
        .unwrap();
    let during = decided(&office, "p1", "Globex", start + TimeDelta::minutes(1)).await;
    assert_ne!(during.rule_id.as_deref(), Some(RULE));
    assert!(during.trace.iter().all(|entry| entry.rule_id != RULE), "{:?}", during.trace);
    assert_eq!(kept(&during), off());
    // No restart, no job and nobody's act: the time has come.
    let after = decided(&office, "p2", "Globex", until).await;
    assert_eq!((after.rule_id.as_deref(), kept(&after)), (Some(RULE), none()));
    is_the_same(&office, &[&before, &during, &after]).await;
    let bundles: i64 =
        sqlx::query_scalar("SELECT count(*) FROM bundles").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(bundles, 1, "no new bundle comes of it");
    let row: (String, String, Json) =
        sqlx::query_as("SELECT actor, subject, detail FROM audit_log WHERE action = 'rule.switch_off'")
            .fetch_one(office.store().pool())
            .await
            .unwrap();
    assert_eq!((row.0, row.1.as_str()), (actor.who.to_string(), "workflow:inbound-form"));
    assert_eq!((&row.2["rule"], &row.2["reason"]), (&json!(RULE), &json!("Too eager")));
}

#[tokio::test]
async fn a_rule_without_an_end_is_off_until_it_is_switched_on_and_other_processes_decide_so_too() {
    let office = Office::open().await;
    let actor = person(office.store(), "Lea", &[Role::RevopsLead]).await;
    // Another process, which read the workflow before.
    let other = Pipeline::new(office.store().clone());
    let far = Utc::now();
    let first = decided(&office, "p0", "Globex", far).await;
    let again = Reevaluation { lead: first.lead_id, workflow: WORKFLOW.into(), trigger: Trigger::Redecision };
    let at = now(&actor);
    assert_eq!(kept(&other.decide_again(&at, &again).await.unwrap().unwrap()), none());
    switches::switch_off(office.store(), &now(&actor), WORKFLOW, RULE, "Too eager", None).await.unwrap();
    // It has not heard of it: the commit under the next epoch makes it read again.
    let decision = other.decide_again(&at, &again).await.unwrap().unwrap();
    assert_eq!(kept(&decision), off());
    assert_ne!(decision.rule_id.as_deref(), Some(RULE));
    switches::switch_on(office.store(), &now(&actor), WORKFLOW, RULE).await.unwrap();
    switches::switch_on(office.store(), &now(&actor), WORKFLOW, RULE).await.unwrap();
    let on = other.decide_again(&at, &again).await.unwrap().unwrap();
    assert_eq!((on.rule_id.as_deref(), kept(&on)), (Some(RULE), none()));
    is_the_same(&office, &[&decision, &on]).await;
    let acts: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log WHERE action LIKE 'rule.%' ORDER BY id")
            .fetch_all(office.store().pool())
            .await
            .unwrap();
    assert_eq!(acts, ["rule.switch_off", "rule.switch_on"], "what changes nothing is no act");
}

#[tokio::test]
async fn a_mute_concerns_one_account_until_its_time() {
    let office = Office::open().await;
    let actor = person(office.store(), "Ana", &[Role::Revops]).await;
    let start = Utc::now();
    let mut ours = good("p0", "Globex");
    ours.lead.email = None;
    ours.lead.external_id = Some("p0".into());
    ours.lead.domain = Some(" Mail.Globex.example ".into());
    let known = office.send_at("p0", &ours, start).await.unwrap().decision;
    assert_eq!(kept(&known), none());
    let until = engine::time::cut(start + TimeDelta::days(2));
    let reason = "They asked for it";
    switches::mute(
        office.store(),
        &now(&actor),
        WORKFLOW,
        RULE,
        "https://www.Globex.example/",
        reason,
        until,
    )
    .await
    .unwrap();
    let later = start + TimeDelta::minutes(1);
    // By what the event says, by what is stored of the lead, and by its e-mail address.
    let stated = office.send_at("p1", &ours, later).await.unwrap().decision;
    let mut silent = ours.clone();
    silent.lead.domain = None;
    let stored = office.send_at("p2", &silent, later).await.unwrap().decision;
    let mut by_email = good("p3", "Globex");
    by_email.lead.email = Some("p3@Globex.example".into());
    let by_email = office.send_at("p3", &by_email, later).await.unwrap().decision;
    for decision in [&stated, &stored, &by_email] {
        assert_eq!(kept(decision), muted());
        assert_ne!(decision.rule_id.as_deref(), Some(RULE));
    }
    let again = Reevaluation { lead: known.lead_id, workflow: WORKFLOW.into(), trigger: Trigger::Person };
    let at = Actor { now: later, ..actor.clone() };
    let again = office.pipeline.decide_again(&at, &again).await.unwrap().unwrap();
    assert_eq!(kept(&again), muted());
    let mut theirs = good("p4", "Globex");
    theirs.lead.email = Some("p4@initech.example".into());
    let other = office.send_at("p4", &theirs, later).await.unwrap().decision;
    assert_eq!((other.rule_id.as_deref(), kept(&other)), (Some(RULE), none()));
    let after = office.send_at("p5", &ours, until).await.unwrap().decision;
    assert_eq!((after.rule_id.as_deref(), kept(&after)), (Some(RULE), none()));
    is_the_same(&office, &[&stated, &stored, &by_email, &again, &other, &after]).await;
    switches::unmute(office.store(), &now(&actor), WORKFLOW, RULE, "globex.example").await.unwrap();
    let unmuted = office.send_at("p6", &ours, later).await.unwrap().decision;
    assert_eq!(kept(&unmuted), none());
}

#[tokio::test]
async fn what_is_wrong_with_a_switch_is_said_and_changes_nothing() {
    let office = Office::open().await;
    let actor = now(&person(office.store(), "Ana", &[Role::Revops]).await);
    let store = office.store();
    let off = async |rule: &str, reason: &str, until| {
        switches::switch_off(store, &actor, WORKFLOW, rule, reason, until).await
    };
    assert_eq!(refused(off(RULE, "  ", None).await), "give a reason");
    assert_eq!(refused(off(RULE, &"x".repeat(501), None).await), "a reason has at most 500 characters");
    assert_eq!(refused(off(RULE, "No", Some(actor.now)).await), "the last day has already passed");
    assert!(matches!(off("no-such-rule", "No", None).await, Err(Error::NotFound("rule"))));
    let nowhere = switches::switch_off(store, &actor, "nowhere", RULE, "No", None).await;
    assert!(matches!(nowhere, Err(Error::NotFound("workflow"))));
    let mute = async |account: &str, until| {
        switches::mute(store, &actor, WORKFLOW, RULE, account, "No", until).await
    };
    let tomorrow = actor.now + TimeDelta::days(1);
    let said = "name the account by its domain, for example acme.example";
    assert_eq!(refused(mute("Acme", tomorrow).await), said);
    assert_eq!(refused(mute("acme.example", actor.now).await), "the last day has already passed");
    let rows: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM rules_off) + (SELECT count(*) FROM rule_mutes)")
            .fetch_one(store.pool())
            .await
            .unwrap();
    assert_eq!(rows, 0);
}
