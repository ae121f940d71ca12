//! `/api/v1/decisions`.

use reqwest::Method;
use serde_json::{Value as Json, json};
use store::people::Scope;

use crate::support::{TestApp, event, problem};

async fn with_decisions(count: usize) -> (TestApp, String, Vec<Json>) {
    let app = Box::pin(TestApp::start()).await;
    let key = app.key(&[Scope::Ingest, Scope::Read]).await;
    let mut decisions = Vec::new();
    for n in 0..count {
        let answer: Json =
            app.post_event(&key, &format!("k{n}"), &event(&format!("p{n}"))).await.json().await.unwrap();
        decisions.push(answer["decision"].clone());
    }
    (app, key, decisions)
}

#[tokio::test]
async fn a_decision_is_shown_as_answered_and_replays_identically() {
    let (app, key, decisions) = with_decisions(1).await;
    let path = format!("/api/v1/decisions/{}", decisions[0]["decision_id"].as_str().unwrap());
    let shown: Json = app.get_api(&key, &path).await.json().await.unwrap();
    assert_eq!(shown, decisions[0]);
    let replay = app.request(Method::POST, &format!("{path}/replay")).bearer_auth(&key).send().await.unwrap();
    assert_eq!(replay.json::<Json>().await.unwrap(), json!({ "same": true }));
    for nowhere in ["01990000-0000-7000-8000-000000000000", "7", "%00", "%FF", "{x}"] {
        problem(app.get_api(&key, &format!("/api/v1/decisions/{nowhere}")).await, 404).await;
        problem(app.get_api(&key, &format!("/api/v1/leads/{nowhere}")).await, 404).await;
        let path = format!("/api/v1/decisions/{nowhere}/replay");
        problem(app.request(Method::POST, &path).bearer_auth(&key).send().await.unwrap(), 404).await;
    }
}

#[tokio::test]
async fn pages_have_no_gaps_or_repeats() {
    let (app, key, decisions) = with_decisions(7).await;
    let mut wanted: Vec<&Json> = decisions.iter().map(|decision| &decision["decision_id"]).collect();
    wanted.reverse();
    let mut found = Vec::new();
    let mut path = "/api/v1/decisions?limit=3&action=assign".to_owned();
    loop {
        let response = app.get_api(&key, &path).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let page: Json = response.json().await.unwrap();
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["decision_id"].clone()));
        let Some(next) = page["next"].as_str() else {
            assert_eq!(link, None);
            break;
        };
        assert_eq!(
            link.unwrap(),
            format!("</api/v1/decisions?limit=3&action=assign&after={next}>; rel=\"next\"")
        );
        path = format!("/api/v1/decisions?limit=3&action=assign&after={next}");
    }
    assert_eq!(found.iter().collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn filters_narrow_and_invalid_ones_are_rejected() {
    let (app, key, decisions) = with_decisions(2).await;
    let count = |query: String| {
        let (app, key) = (&app, &key);
        async move {
            let page: Json =
                app.get_api(key, &format!("/api/v1/decisions?{query}")).await.json().await.unwrap();
            page["items"].as_array().unwrap_or_else(|| panic!("{query}: {page}")).len()
        }
    };
    let workflow = decisions[0]["workflow"].as_str().unwrap();
    assert_eq!(count(format!("workflow={workflow}&mode=live&rule_id=tam-high-intent")).await, 2);
    assert_eq!(count("workflow=other".into()).await, 0);
    assert_eq!(count("action=hold".into()).await, 0);
    assert_eq!(count(format!("lead_id={}", decisions[0]["lead_id"].as_str().unwrap())).await, 1);
    assert_eq!(count("from=2020-01-01T00:00:00Z&to=2999-01-01T00:00:00Z".into()).await, 2);
    assert_eq!(count("to=2020-01-01T00:00:00%2B02:00".into()).await, 0);
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("action=tag", "action"),
        ("mode=dead", "mode"),
        ("from=soon", "from"),
        ("lead_id=7", "lead_id"),
        ("after=x", "after"),
        ("worklfow=x", "worklfow"),
        ("workflow=", "workflow"),
        ("format=xml", "format"),
        ("limit=1&limit=2", "limit"),
    ] {
        let problem = problem(app.get_api(&key, &format!("/api/v1/decisions?{query}")).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], parameter, "{query}");
    }
    let nul = problem(app.get_api(&key, "/api/v1/decisions?workflow=%00").await, 400).await;
    assert_eq!(nul["errors"][0]["pointer"], "workflow");
}

#[tokio::test]
async fn a_list_is_available_as_csv_and_ndjson() {
    let (app, key, decisions) = with_decisions(2).await;
    let get = |path: &str, accept: &str| {
        app.request(Method::GET, path).bearer_auth(&key).header("accept", accept).send()
    };
    let csv = get("/api/v1/decisions?limit=1", "text/csv").await.unwrap();
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(csv.headers().contains_key("link"));
    let csv = csv.text().await.unwrap();
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert!(rows[0].starts_with("decision_id,lead_id,event_id,workflow,mode,"), "{csv}");
    assert!(rows[1].starts_with(decisions[1]["decision_id"].as_str().unwrap()), "{csv}");
    let ndjson = get("/api/v1/decisions?format=ndjson", "*/*").await.unwrap();
    assert_eq!(ndjson.headers()["content-type"], "application/x-ndjson");
    let lines: Vec<Json> =
        ndjson.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, [decisions[1].clone(), decisions[0].clone()]);
    problem(get("/api/v1/decisions", "image/png").await.unwrap(), 406).await;
}
