//! Who a lead is: ids that are none, spellings of one address, and what two leads cannot share.

use chrono::{TimeDelta, Utc};
use engine::event::{EventRequest, LeadInput};
use engine::ids::LeadId;
use serde_json::json;
use service::decide::OutcomeSignal;
use store::outcomes::{OutcomeInput, OutcomeSubject};

use crate::lead::{Office, form, receipt};

fn event(lead: LeadInput) -> EventRequest {
    EventRequest { lead, ..form("Ana", "Initech", &json!({})) }
}

fn with_email(email: &str) -> EventRequest {
    event(LeadInput { email: Some(email.into()), ..LeadInput::default() })
}

fn with_id(id: &str, email: &str) -> EventRequest {
    event(LeadInput { external_id: Some(id.into()), email: Some(email.into()), ..LeadInput::default() })
}

async fn leads(office: &Office, events: &[EventRequest]) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for event in events {
        let key = format!("k{}", uuid::Uuid::from_bytes(rand::random()));
        leads.push(office.send(&key, event).await.unwrap().lead_id);
    }
    leads
}

async fn email_of(office: &Office, lead: LeadId) -> Option<String> {
    store::leads::get(office.store(), lead).await.unwrap().email
}

#[tokio::test]
async fn people_who_share_a_placeholder_or_a_rounded_id_are_two_leads() {
    let office = Office::open().await;
    for id in ["1.23457E+18", "undefined", "null", "0", "[object Object]", "N/A"] {
        let tag = id.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let (ana, ben) = (format!("ana@{tag}.example"), format!("ben@{tag}.example"));
        let found = leads(&office, &[with_id(id, &ana), with_id(id, &ben), with_id(id, &ana)]).await;
        assert_ne!(found[0], found[1], "{id}");
        assert_eq!(found[0], found[2], "{id}: the address identifies the lead");
        assert_eq!(email_of(&office, found[0]).await, Some(ana), "{id}");
        assert_eq!(email_of(&office, found[1]).await, Some(ben), "{id}");
        assert_eq!(store::leads::get(office.store(), found[0]).await.unwrap().external_id, None);
    }
}

#[tokio::test]
async fn spellings_of_one_address_are_one_lead_for_events_and_outcomes() {
    let office = Office::open().await;
    let spellings = [
        "ana@x.example",
        "<ana@x.example>",
        "mailto:ana@x.example",
        "Ana <Ana@X.example>",
        "\u{200b}ana@x.example\u{feff}",
        "ana@x.example,",
        "ana@x.example.",
        "ana@x。example",
        "mailto:ana%40x.example?subject=hi",
    ];
    let found = leads(&office, &spellings.map(with_email)).await;
    assert!(found.iter().all(|lead| *lead == found[0]), "{found:?}");
    assert_eq!(email_of(&office, found[0]).await.as_deref(), Some("ana@x.example"));
    let domains = [
        "ana@münchen.example",
        "ana@mu\u{308}nchen.example",
        "ana@xn--mnchen-3ya.example",
        "ANA@MÜNCHEN.EXAMPLE",
    ];
    let found = leads(&office, &domains.map(with_email)).await;
    assert!(found.iter().all(|lead| *lead == found[0]), "{found:?}");
    for (n, email) in ["Ana <ana@x.example>", "ana@mu\u{308}nchen.example."].into_iter().enumerate() {
        let input = OutcomeInput {
            stage: "won".parse().unwrap(),
            at: Some(Utc::now()),
            by: None,
            amount: None,
            currency: None,
            opportunity_id: None,
            reason: None,
        };
        let signal = OutcomeSignal {
            scope: "outcome".into(),
            key: format!("o{n}"),
            body: Vec::new(),
            subject: OutcomeSubject::Email(email.into()),
            input,
        };
        let at = receipt(Utc::now(), engine::decision::Mode::Live);
        let taken = office.pipeline.record_outcomes(&at, &[signal]).await.unwrap();
        assert!(taken[0].is_ok(), "{email}: {taken:?}");
    }
}

#[tokio::test]
async fn a_lead_that_was_identified_by_another_form_of_its_address_is_still_found() {
    let office = Office::open().await;
    let first = leads(&office, &[with_email("ana@münchen.example")]).await[0];
    // Addresses were once compared as they were written, in lower case.
    let plain = office.store().keyring().lookup("identity:email", "ana@münchen.example".as_bytes());
    let moved =
        sqlx::query("UPDATE lead_identities SET value_hmac = $1 WHERE kind = 'email'").bind(plain.as_slice());
    assert_eq!(moved.execute(&mut office.database.owner().await).await.unwrap().rows_affected(), 1);
    let again =
        leads(&office, &[with_email("Ana@München.example"), with_email("ana@xn--mnchen-3ya.example")]).await;
    assert_eq!(again, [first, first], "the old form leads to the lead, and adds the new one");
}

#[tokio::test]
async fn the_address_of_one_lead_does_not_move_onto_another() {
    let office = Office::open().await;
    let found = leads(
        &office,
        &[with_id("7", "ana@x.example"), with_email("ben@x.example"), with_id("7", "ben@x.example")],
    )
    .await;
    let [ana, ben] = [found[0], found[1]];
    assert_eq!(found[2], ana, "the id names the lead");
    assert_eq!(email_of(&office, ana).await.as_deref(), Some("ana@x.example"));
    assert_eq!(email_of(&office, ben).await.as_deref(), Some("ben@x.example"));
    // The same where all of it comes at once.
    let events =
        [with_id("8", "cleo@x.example"), with_id("9", "dan@x.example"), with_id("9", "cleo@x.example")];
    let signals = events
        .into_iter()
        .enumerate()
        .map(|(n, event)| service::decide::Signal { key: format!("b{n}"), event });
    let at = receipt(Utc::now() + TimeDelta::seconds(1), engine::decision::Mode::Live);
    let taken = office.pipeline.take(&at, signals.collect()).await.unwrap();
    let of = |n: usize| match &taken[n] {
        Ok(service::decide::SignalResult::New(answer)) => answer.lead_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(of(1), of(2));
    assert_eq!(email_of(&office, of(1)).await.as_deref(), Some("dan@x.example"));
    let suggested: Vec<(uuid::Uuid, uuid::Uuid)> =
        sqlx::query_as("SELECT lead_id, other_lead_id FROM merge_suggestions ORDER BY opened_at")
            .fetch_all(office.store().pool())
            .await
            .unwrap();
    assert_eq!(suggested, [(ana.0, ben.0), (of(1).0, of(0).0)]);
}

#[tokio::test]
async fn blank_and_invisible_names_are_no_names_and_white_space_is_folded() {
    let office = Office::open().await;
    let named = |name: &str, company: &str| {
        event(LeadInput {
            external_id: Some("7".into()),
            name: Some(name.into()),
            company: Some(company.into()),
            email: Some(String::new()),
            ..LeadInput::default()
        })
    };
    let lead = leads(&office, &[named("Ana\tSilva\n", "Init\nech")]).await[0];
    for (name, company) in [("", "  "), ("\u{200b}", "\u{3164}"), ("\u{202e}", "\t")] {
        assert_eq!(leads(&office, &[named(name, company)]).await, [lead]);
    }
    let profile = store::leads::get(office.store(), lead).await.unwrap();
    assert_eq!((profile.name.as_deref(), profile.company.as_deref()), (Some("Ana Silva"), Some("Init ech")));
    leads(&office, &[named("\u{202e}avliS anA", "Initech")]).await;
    let profile = store::leads::get(office.store(), lead).await.unwrap();
    assert_eq!(
        profile.name.as_deref(),
        Some("avliS anA"),
        "a control of the text's direction is no part of a name"
    );
}
