//! A NUL character in an address or a form is refused at its place on every route, and never fails inside.

use reqwest::{Method, StatusCode};
use serde_json::json;
use server::router::routes;
use store::actor::Role;
use store::people::Scope;
use strum::VariantArray as _;

use crate::support::{TestApp, problem};

#[tokio::test]
async fn every_route_refuses_a_nul_character_in_its_address() {
    let app = TestApp::start().await;
    let browser = app.signed_in("rita@acme.example", Role::VARIANTS).await;
    let key = app.key(&[Scope::Ingest, Scope::Read, Scope::Outcome]).await;
    for (method, route) in routes() {
        let method: Method = method.parse().unwrap();
        let is_api = route.starts_with("/api/");
        let mut path = String::new();
        let mut rest = route.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            path.push_str("a%00b");
            rest = after.split_once('}').unwrap().1;
        }
        path.push_str(rest);
        let has_parameter = path != route;
        let plain = path.replace("a%00b", "1");
        for (address, expected) in
            [(path, StatusCode::NOT_FOUND), (format!("{plain}?q=a%00b"), StatusCode::BAD_REQUEST)]
        {
            if expected == StatusCode::NOT_FOUND && !has_parameter {
                continue;
            }
            let request = app.request(method.clone(), &address).header("sec-fetch-site", "same-origin");
            let request = if is_api {
                request.bearer_auth(&key)
            } else {
                request.header("cookie", browser.cookie_header())
            };
            let form = "application/x-www-form-urlencoded";
            let request =
                if method == Method::POST { request.header("content-type", form).body("") } else { request };
            let status = request.send().await.unwrap().status();
            assert_eq!(status, expected, "{method} {address}");
        }
    }
}

#[tokio::test]
async fn every_form_refuses_a_nul_character_at_its_field() {
    let app = TestApp::start().await;
    let browser = app.signed_in("rita@acme.example", Role::VARIANTS).await;
    let forms = routes().into_iter().filter(|(method, path)| {
        *method == "POST" && (path.starts_with("/actions/") || path == "/sign-in/again")
    });
    let mut seen = 0;
    for (_, path) in forms {
        let request = app.request(Method::POST, &path).header("sec-fetch-site", "same-origin");
        let request = request.header("cookie", browser.cookie_header()).header("accept", "application/json");
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body("other=1&text=a%00b");
        let problem = problem(request.send().await.unwrap(), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "text", "{path}: {problem}");
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[tokio::test]
async fn the_api_refuses_a_nul_character_where_it_stands() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest, Scope::Outcome]).await;
    let at = chrono::Utc::now();
    for (path, body, pointer) in [
        ("/api/v1/events", json!({"kind": "form", "source": "web\0", "payload": {}}), "/source"),
        (
            "/api/v1/events",
            json!({"kind": "form", "source": "web", "lead": {"name": "\0"}, "payload": {}}),
            "/lead/name",
        ),
        ("/api/v1/outcomes", json!({"external_id": "a\0b", "stage": "won", "at": at}), "/external_id"),
        (
            "/api/v1/outcomes",
            json!({"external_id": "7", "stage": "won", "at": at, "reason": "\0"}),
            "/reason",
        ),
    ] {
        let request =
            app.request(Method::POST, path).bearer_auth(&key).header("idempotency-key", "k").json(&body);
        let problem = problem(request.send().await.unwrap(), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}
