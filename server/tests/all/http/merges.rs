//! Merging and erasing in the browser: who may, what the pages say, and what becomes of it.

use engine::control::outcome::OutcomeStage;
use engine::ids::LeadId;
use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use store::actor::Role;
use store::people::Scope;

use crate::support::{Browser, TestApp, event, location, text};

struct Leads {
    key: String,
    /// The lead known by an external ID.
    external: String,
    /// The lead known by an e-mail address.
    email: String,
}

fn form(lead: &Json) -> Json {
    Json::Object(
        event("x")
            .as_object()
            .unwrap()
            .clone()
            .into_iter()
            .map(|(name, value)| if name == "lead" { (name, lead.clone()) } else { (name, value) })
            .collect(),
    )
}

async fn send(app: &TestApp, key: &str, name: &str, lead: &Json) -> String {
    let answer = app.post_event(key, name, &form(lead)).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{name}");
    let body: Json = answer.json().await.unwrap();
    body["lead_id"].as_str().unwrap().to_owned()
}

/// Two leads, and an event that names both.
async fn suggested(app: &TestApp) -> Leads {
    let key = app.key(&[Scope::Ingest, Scope::Outcome, Scope::Read]).await;
    let external =
        send(app, &key, "a", &json!({"external_id": "crm-1", "name": "Ana Ruiz", "company": "Initech"}))
            .await;
    let email = send(app, &key, "b", &json!({"email": "ana@initech.example", "name": "A. Ruiz"})).await;
    assert_ne!(external, email);
    let both = json!({"external_id": "crm-1", "email": "ana@initech.example"});
    assert_eq!(send(app, &key, "c", &both).await, external, "the external id decides");
    Leads { key, external, email }
}

async fn outcome(app: &TestApp, key: &str, lead: &str, stage: &str) {
    let body = json!({"lead_id": lead, "stage": stage, "at": "2026-11-20T10:00:00Z"});
    let request = app.request(reqwest::Method::POST, "/api/v1/outcomes").bearer_auth(key);
    let request = request.header("idempotency-key", format!("{lead}-{stage}")).json(&body);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(app.store().pool()).await.unwrap()
}

async fn acts(app: &TestApp) -> Vec<String> {
    let sql = "SELECT action FROM audit_log WHERE action IN ('lead.merge', 'lead.decline_merge', 'lead.undo_merge', 'lead.erase') ORDER BY id";
    sqlx::query_scalar(sql).fetch_all(app.store().pool()).await.unwrap()
}

/// Returns how many leads the figures count, and how many of them became customers.
async fn counted(app: &TestApp) -> (u64, u64) {
    let cohort = store::reads::dashboard::Cohort::default();
    let limit = std::time::Duration::from_secs(5);
    let report = store::reads::dashboard::report(app.store(), &cohort, "UTC", limit).await.unwrap();
    (report.total.leads, report.total.funnel.won)
}

async fn listed(app: &TestApp) -> usize {
    use store::reads::leads_list::{self, LeadListCursor, LeadListFilter, LeadListSort};
    let page = leads_list::page(
        app.store(),
        &LeadListFilter::default(),
        LeadListSort::default(),
        LeadListCursor::Start,
        50,
    )
    .await
    .unwrap();
    page.rows.len()
}

async fn stage(app: &TestApp, lead: &str) -> Option<String> {
    store::leads::get(app.store(), lead.parse().unwrap()).await.unwrap().stage
}

#[tokio::test]
async fn a_merge_is_compared_accepted_counted_once_and_undone() {
    let app = TestApp::start().await;
    let Leads { key, external, email } = suggested(&app).await;
    outcome(&app, &key, &external, "won").await;
    outcome(&app, &key, &email, "won").await;
    assert_eq!((counted(&app).await, listed(&app).await), ((2, 2), 2));
    let mut rita = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let page = text(&mut rita, "/merges").await;
    assert!(page.contains("1\u{a0}open suggestion") && page.contains("Ana Ruiz"), "{page}");
    let pair = format!("/merges/{external}/{email}");
    assert!(text(&mut rita, &format!("/leads/{external}")).await.contains(&format!("href=\"{pair}\"")));
    let page = text(&mut rita, &pair).await;
    for shown in
        ["ana@initech.example", "crm-1", "A. Ruiz", "Lead to keep", "Keep separate", "ID from website"]
    {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let mut sam = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let page = text(&mut sam, &pair).await;
    assert!(
        !page.contains("Lead to keep") && page.contains("SDR managers and administrators decide"),
        "{page}"
    );

    // Without a reason, nothing happens.
    let fields = [("lead", &*external), ("other", &*email), ("keep", &*external)];
    let answer = rita.post("/actions/accept-merge", &fields).await;
    assert_eq!(location(&answer), pair);
    assert!(text(&mut rita, &pair).await.contains("Give a reason."));
    assert_eq!(number(&app, "SELECT count(*) FROM lead_aliases").await, 0);

    let fields =
        [("lead", &*external), ("other", &*email), ("keep", &*external), ("reason", "Same phone number")];
    let answer = rita.post("/actions/accept-merge", &fields).await;
    assert_eq!(location(&answer), format!("/leads/{external}"));
    assert_eq!(
        (counted(&app).await, listed(&app).await),
        ((1, 1), 1),
        "one person who became a customer once"
    );
    assert_eq!(send(&app, &key, "d", &json!({"email": "ana@initech.example"})).await, external);
    let page = text(&mut rita, &format!("/leads/{email}")).await;
    assert!(
        page.contains("was merged into another one") && page.contains(&format!("href=\"/leads/{external}\""))
    );
    assert!(text(&mut rita, &pair).await.contains("Same phone number"));
    assert!(text(&mut rita, "/merges").await.contains("No duplicates to review"));
    // A second decision changes nothing.
    let answer = rita
        .post("/actions/decline-merge", &[("lead", &external), ("other", &email), ("reason", "No")])
        .await;
    assert_eq!(location(&answer), pair);
    assert_eq!(acts(&app).await, ["lead.merge"]);

    let answer = rita.post("/actions/undo-merge", &[("lead", &*email), ("reason", "Her sister")]).await;
    assert_eq!(location(&answer), format!("/leads/{email}"));
    assert_eq!(send(&app, &key, "e", &json!({"email": "ana@initech.example"})).await, email);
    assert_eq!((counted(&app).await, listed(&app).await), ((2, 2), 2));
    assert_eq!(acts(&app).await, ["lead.merge", "lead.undo_merge"]);
    assert!(text(&mut rita, &pair).await.contains("Merge undone"));
    let page = text(&mut rita, &format!("/leads/{external}")).await;
    assert!(
        page.contains("Another lead was merged in") && page.contains("Merge of another lead undone"),
        "{page}"
    );
}

#[tokio::test]
async fn the_outcome_of_a_merged_lead_counts_for_the_one_that_remains() {
    let app = TestApp::start().await;
    let Leads { key, external, email } = suggested(&app).await;
    outcome(&app, &key, &email, "won").await;
    assert_eq!(stage(&app, &external).await, None);
    let mut rita = app.signed_in("rita@acme.example", &[Role::RepLeader]).await;
    let fields = [("lead", &*external), ("other", &*email), ("keep", &*external), ("reason", "Same person")];
    rita.post("/actions/accept-merge", &fields).await;
    assert_eq!(counted(&app).await, (1, 1));
    assert_eq!(stage(&app, &external).await.as_deref(), Some(<&str>::from(OutcomeStage::Won)));
    rita.post("/actions/undo-merge", &[("lead", &*email), ("reason", "Two people")]).await;
    assert_eq!((stage(&app, &external).await, stage(&app, &email).await.as_deref()), (None, Some("won")));
}

#[tokio::test]
async fn a_chain_of_merges_comes_apart_where_it_was_joined() {
    let app = TestApp::start().await;
    let Leads { key, external: first, email: second } = suggested(&app).await;
    let third = send(&app, &key, "f", &json!({"external_id": "crm-3", "name": "Ana R."})).await;
    let both = json!({"external_id": "crm-3", "email": "ana@initech.example"});
    assert_eq!(send(&app, &key, "g", &both).await, third);
    let mut rita = app.signed_in("rita@acme.example", &[Role::Admin]).await;
    let merge = async |rita: &mut Browser<'_>, lead: &str, other: &str, keep: &str| {
        let fields = [("lead", lead), ("other", other), ("keep", keep), ("reason", "Same person")];
        assert_eq!(location(&rita.post("/actions/accept-merge", &fields).await), format!("/leads/{keep}"));
    };
    merge(&mut rita, &first, &second, &first).await;
    // The second suggestion is about the third lead and what the second has become: the first.
    merge(&mut rita, &third, &second, &third).await;
    let owner = async |text: &str| send(&app, &key, text, &json!({"email": "ana@initech.example"})).await;
    assert_eq!(owner("h").await, third);
    assert_eq!(counted(&app).await.0, 1);
    rita.post("/actions/undo-merge", &[("lead", &*first), ("reason", "No")]).await;
    assert_eq!(owner("i").await, first, "the second lead comes back with the first");
    assert_eq!(counted(&app).await.0, 2);
    rita.post("/actions/undo-merge", &[("lead", &*second), ("reason", "No")]).await;
    assert_eq!(owner("j").await, second);
    assert_eq!(number(&app, "SELECT count(*) FROM lead_merges").await, 4, "appended, never taken back");
}

#[tokio::test]
async fn a_declined_suggestion_is_not_made_again() {
    let app = TestApp::start().await;
    let Leads { key, external, email } = suggested(&app).await;
    let mut rita = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let fields = [("lead", &*external), ("other", &*email), ("reason", "Father and daughter")];
    assert_eq!(location(&rita.post("/actions/decline-merge", &fields).await), "/merges");
    let both = json!({"external_id": "crm-1", "email": "ana@initech.example"});
    assert_eq!(send(&app, &key, "z", &both).await, external);
    let page = text(&mut rita, "/merges").await;
    assert!(page.contains("No duplicates to review") && page.contains("Father and daughter"), "{page}");
    assert_eq!(acts(&app).await, ["lead.decline_merge"]);
    assert_eq!(counted(&app).await.0, 2);
}

#[tokio::test]
async fn a_person_is_erased_with_all_leads_that_are_merged_after_typing_the_name() {
    let app = TestApp::start().await;
    let Leads { key, external, email } = suggested(&app).await;
    let mut ada = app.signed_in("ada@acme.example", &[Role::Admin]).await;
    let fields = [("lead", &*external), ("other", &*email), ("keep", &*external), ("reason", "Same person")];
    ada.post("/actions/accept-merge", &fields).await;
    // One record arrived at a destination.
    sqlx::query(
        "INSERT INTO deliveries (id, effect_id, decision_id, lead_id, destination_id, attempt, run_lease, result, started_at, finished_at, hash) \
         SELECT e.id, e.id, e.decision_id, e.lead_id, e.destination_id, 1, 1, 'delivered', now(), now(), sha256('x') FROM effects e \
         WHERE e.lead_id = $1 LIMIT 1",
    )
    .bind(external.parse::<uuid::Uuid>().unwrap())
    .execute(app.store().pool())
    .await
    .unwrap();
    let path = format!("/leads/{external}/erase");
    let page = text(&mut ada, &path).await;
    for shown in [
        ">Destroyed<",
        ">Kept<",
        "Records at destinations",
        "sha256:",
        "1 other lead of this person",
        "Ana Ruiz",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    for (confirm, reason) in [("Somebody", "She asked"), ("", "She asked"), ("Ana Ruiz", " ")] {
        let answer = ada
            .post("/actions/erase-lead", &[("lead", &*external), ("confirm", confirm), ("reason", reason)])
            .await;
        assert_eq!(location(&answer), path);
    }
    assert_eq!(number(&app, "SELECT count(*) FROM leads WHERE erased_at IS NOT NULL").await, 0);

    let fields = [("lead", &*external), ("confirm", " ana  ruiz"), ("reason", "She asked")];
    let answer = ada.post("/actions/erase-lead", &fields).await;
    assert_eq!(location(&answer), format!("/leads/{external}"));
    let gone = "SELECT count(*) FROM leads WHERE erased_at IS NOT NULL AND data_key IS NULL AND name IS NULL AND email IS NULL";
    assert_eq!(number(&app, gone).await, 2, "the merged lead too");
    assert_eq!(number(&app, "SELECT count(*) FROM lead_identities").await, 0);
    assert_eq!(number(&app, "SELECT count(*) FROM merge_suggestions WHERE reason IS NOT NULL").await, 0);
    let page = text(&mut ada, &format!("/leads/{external}")).await;
    for shown in ["This person was erased", "Records at destinations", "sha256:"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!page.contains("Ana Ruiz") && !page.contains("Erase person…"));
    assert!(text(&mut ada, &path).await.contains("has already been erased"));
    let answer = ada
        .post("/actions/erase-lead", &[("lead", &*external), ("confirm", &*external), ("reason", "Again")])
        .await;
    assert_eq!(location(&answer), path);
    assert_eq!(acts(&app).await, ["lead.merge", "lead.erase"]);
    let again =
        send(&app, &key, "again", &json!({"external_id": "crm-1", "email": "ana@initech.example"})).await;
    assert!(again != external && again != email, "a new lead");
    assert_eq!(counted(&app).await.0, 2);
    let _: LeadId = again.parse().unwrap();
}
