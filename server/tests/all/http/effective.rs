//! What counts for a lead, on every page: a person's verdict before the decision of the rules.

use serde_json::json;
use store::actor::Role;
use store::people::Scope;

use crate::support::{TestApp, event, location, text};

/// Sends a lead that the rules hold. Returns its ID and that of its decision.
async fn held(app: &TestApp) -> (String, String) {
    let key = app.key(&[Scope::Ingest]).await;
    let mut silent = event("kim.silent");
    silent["payload"] = json!({"company": "Initech"});
    app.post_event(&key, "e1", &silent).await;
    let (lead, decision): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("SELECT lead_id, last_decision_id FROM lead_states WHERE queue IS NOT NULL")
            .fetch_one(app.store().pool())
            .await
            .unwrap();
    (lead.to_string(), decision.to_string())
}

/// Returns the value of a hidden field of the form that changes the decision.
fn hidden(page: &str, name: &str) -> String {
    let form = page.split("change-decision").nth(1).unwrap_or_else(|| panic!("no form: {page}"));
    let field = form.split(&format!("name=\"{name}\"")).nth(1).unwrap();
    field.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_verdict_is_the_headline_everywhere_and_can_be_changed_on_the_leads_page() {
    let app = TestApp::start().await;
    let (lead, decision) = held(&app).await;
    let mut jane = app.signed_in("jane@acme.example", &[Role::Ae]).await;
    let mut sam = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let page = format!("/leads/{lead}");
    let shown = text(&mut sam, &page).await;
    assert!(shown.contains("Waiting in the SDR queue") && !shown.contains("Rules:"), "{shown}");
    let list = text(&mut sam, "/leads").await;
    assert!(list.contains("data-a=\"hold\"") && !list.contains("Rules: Hold"), "{list}");

    let fields = [
        ("lead", lead.as_str()),
        ("workflow", "inbound-form"),
        ("decision", &decision),
        ("kind", "change"),
        ("action", "nurture"),
        ("reason", "Next year"),
    ];
    sam.post("/actions/decide-lead", &fields).await;
    let shown = text(&mut sam, &page).await;
    assert!(shown.contains("decided by ") && shown.contains("Next year"), "{shown}");
    assert!(shown.contains("Rules:"), "{shown}");
    let list = text(&mut sam, "/leads?action=nurture").await;
    assert!(list.contains("Rules: Hold") && list.contains("1 lead."), "{list}");
    assert!(text(&mut sam, "/leads?action=hold").await.contains("0 leads."));
    let home = text(&mut sam, "/").await;
    let today = home.split("Decisions today by action").nth(1).unwrap().split("</ul>").next().unwrap();
    assert!(today.contains("Nurture") && !today.contains("Hold"), "{today}");
    let key = app.key(&[Scope::Read]).await;
    let answer: serde_json::Value = app.get_api(&key, &format!("/api/v1{page}")).await.json().await.unwrap();
    let state = &answer["workflows"][0];
    assert_eq!((&state["action"], &state["effective_action"]), (&json!("hold"), &json!("nurture")));

    // RevOps changes it on the lead's page, with a reason.
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let seen = hidden(&text(&mut ana, &page).await, "seen");
    let form = |reason: &'static str, note: &'static str| {
        [
            ("lead", lead.as_str()),
            ("workflow", "inbound-form"),
            ("decision", decision.as_str()),
            ("seen", seen.as_str()),
            ("change_action", "assign"),
            ("assignee", "jane@acme.example"),
            ("change_reason", reason),
            ("note", note),
        ]
    };
    let answer = ana.post("/actions/change-decision", &form("", "She knows them")).await;
    assert_eq!(location(&answer), format!("{page}?workflow=inbound-form"));
    let shown = text(&mut ana, &page).await;
    assert!(shown.contains("Choose a reason; it helps improve the rules."), "{shown}");
    assert!(shown.contains("value=\"She knows them\""), "the input is kept: {shown}");
    ana.post("/actions/change-decision", &form("wrong_person", "She knows them")).await;
    let shown = text(&mut ana, &page).await;
    assert!(shown.contains("Decision changed: assigned to "), "{shown}");
    assert!(shown.contains("Belongs to someone else: She knows them"), "{shown}");
    // The same form from before the change decides nothing.
    sam.post("/actions/change-decision", &form("good_fit", "")).await;
    assert!(text(&mut sam, &page).await.contains("The decision was not changed. "));
    assert!(text(&mut jane, "/").await.contains("Waiting for your answer"));

    let undo = [("lead", lead.as_str()), ("workflow", "inbound-form"), ("next", page.as_str())];
    assert_eq!(location(&ana.post("/actions/give-back-lead", &undo).await), page);
    let shown = text(&mut ana, &page).await;
    assert!(shown.contains("Undone. The earlier decision applies again."), "{shown}");
    assert!(shown.contains("Next year"), "{shown}");
    assert!(!text(&mut jane, "/").await.contains("Waiting for your answer"));
    // An AE cannot change decisions.
    assert!(!text(&mut jane, &page).await.contains("change-decision"));
}
