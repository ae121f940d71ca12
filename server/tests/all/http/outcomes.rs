//! `POST /api/v1/outcomes`, and the lead they are about.

use reqwest::{Method, Response};
use serde_json::{Value as Json, json};
use store::people::Scope;

use crate::support::{TestApp, event, problem};

async fn post(app: &TestApp, key: &str, idempotency_key: &str, outcome: &Json) -> Response {
    let request = app
        .request(Method::POST, "/api/v1/outcomes")
        .bearer_auth(key)
        .header("idempotency-key", idempotency_key);
    request.json(outcome).send().await.unwrap()
}

#[tokio::test]
async fn an_outcome_is_recorded_once_and_shown_on_the_lead() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest, Scope::Outcome, Scope::Read]).await;
    let lead =
        app.post_event(&key, "k1", &event("ana")).await.json::<Json>().await.unwrap()["lead_id"].clone();
    let won = json!({
        "email": "ANA@initech.example", "stage": "won", "at": "2025-11-22T09:00:00Z", "by": "jane@corvane.example",
        "amount": 12500.5, "currency": "EUR", "opportunity_id": "006-1", "reason": "=best price",
    });
    let first = post(&app, &key, "o1", &won).await;
    assert_eq!(first.status(), 201);
    let first = first.text().await.unwrap();
    assert_eq!(serde_json::from_str::<Json>(&first).unwrap()["lead_id"], lead);
    let again = post(&app, &key, "o1", &won).await;
    assert_eq!((again.status().as_u16(), again.text().await.unwrap()), (200, first));
    let mut other = won.clone();
    other["stage"] = "lost".into();
    assert_eq!(
        problem(post(&app, &key, "o1", &other).await, 422).await["type"],
        "urn:meshline:problem:key-reused"
    );
    assert_eq!(
        post(&app, &key, "o2", &json!({ "lead_id": lead, "stage": "touched", "at": "2025-11-20T09:00:00Z" }))
            .await
            .status(),
        201
    );

    let path = format!("/api/v1/leads/{}", lead.as_str().unwrap());
    let shown: Json = app.get_api(&key, &path).await.json().await.unwrap();
    assert_eq!(
        (&shown["stage"], &shown["email"], &shown["erased"]),
        (&json!("won"), &json!("ana@initech.example"), &json!(false))
    );
    assert_eq!(shown["outcomes"][0]["stage"], "touched");
    assert_eq!(
        (&shown["outcomes"][1]["amount"], &shown["outcomes"][1]["reason"]),
        (&json!(12500.5), &json!("=best price"))
    );
    assert_eq!(shown["decisions"][0]["action"], "assign");
    assert_eq!(shown["workflows"][0]["decision_id"], shown["decisions"][0]["decision_id"]);
    assert!(shown.get("external_id").is_none() && shown.get("identities").is_none());
}

#[tokio::test]
async fn a_rejected_outcome_gets_the_reason_and_its_key_stays_unused() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest, Scope::Outcome]).await;
    let outcome =
        json!({ "email": "ana@initech.example", "stage": "accepted", "at": "2025-11-22T09:00:00Z" });
    assert_eq!(
        problem(post(&app, &key, "o1", &outcome).await, 422).await["type"],
        "urn:meshline:problem:unknown-lead"
    );
    app.post_event(&key, "k1", &event("ana")).await;
    assert_eq!(post(&app, &key, "o1", &outcome).await.status(), 201);
    for (bad, pointer) in [
        (json!({ "stage": "accepted", "at": "2025-11-22T09:00:00Z" }), ""),
        (json!({ "email": "ana@initech.example", "stage": "sql", "at": "2025-11-22T09:00:00Z" }), "/stage"),
        (json!({ "email": "ana@initech.example", "stage": "won", "at": "2125-11-22T09:00:00Z" }), "/at"),
        (
            json!({ "email": "ana@initech.example", "stage": "won", "at": "2025-11-22T09:00:00Z", "amount": 5 }),
            "/currency",
        ),
        (
            json!({ "email": "ana@initech.example", "stage": "won", "at": "2025-11-22T09:00:00Z", "amount": "5" }),
            "/amount",
        ),
        (json!({ "lead_id": "7", "stage": "won", "at": "2025-11-22T09:00:00Z" }), "/lead_id"),
    ] {
        let problem = problem(post(&app, &key, "o2", &bad).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test]
async fn an_erased_lead_is_shown_empty_and_accepts_no_outcome() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest, Scope::Outcome, Scope::Read]).await;
    let answer: Json = app.post_event(&key, "k1", &event("ana")).await.json().await.unwrap();
    let lead: uuid::Uuid = answer["lead_id"].as_str().unwrap().parse().unwrap();
    store::erasure::erase(app.store(), &store::Actor::command("test"), lead.into(), "They asked")
        .await
        .unwrap();
    let shown: Json = app.get_api(&key, &format!("/api/v1/leads/{lead}")).await.json().await.unwrap();
    assert_eq!((&shown["email"], &shown["erased"]), (&Json::Null, &json!(true)));
    let outcome = json!({ "lead_id": lead, "stage": "accepted", "at": "2025-11-22T09:00:00Z" });
    assert_eq!(
        problem(post(&app, &key, "o1", &outcome).await, 422).await["type"],
        "urn:meshline:problem:erased"
    );
    let path = format!("/api/v1/decisions/{}/replay", answer["decision"]["decision_id"].as_str().unwrap());
    let replay: Json =
        app.request(Method::POST, &path).bearer_auth(&key).send().await.unwrap().json().await.unwrap();
    assert_eq!(replay, json!({ "same": null, "reason": "erased" }));
}
