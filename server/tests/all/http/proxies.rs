//! Behind a reverse proxy: which client a request comes from.

use reqwest::{Method, StatusCode};
use server::http::{Config, TrustedProxies, parse_network};
use store::actor::Role;

use crate::support::{PASSWORD, TestApp, location, problem};

async fn behind_a_proxy() -> TestApp {
    let trusted_proxies = TrustedProxies::new(vec![parse_network("127.0.0.1").unwrap()]);
    TestApp::with(Config { trusted_proxies, ..Config::default() }).await
}

/// Signs in as the proxy passes it on, and returns where the response leads.
async fn sign_in(app: &TestApp, forwarded_for: &str, password: &str) -> String {
    let request = app
        .request(Method::POST, "/actions/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", forwarded_for)
        .body(format!("email=ana%40acme.example&password={}", password.replace(' ', "+")));
    location(&request.send().await.unwrap()).to_owned()
}

async fn addresses(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT address FROM sessions ORDER BY signed_in_at")
        .fetch_all(app.store().pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn clients_of_a_trusted_proxy_are_told_apart() {
    let app = behind_a_proxy().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    for n in 0..5 {
        // What a client sends itself is further left, and counts for nothing.
        let spoofed = format!("203.0.113.{n}, 198.51.100.7");
        assert_eq!(sign_in(&app, &spoofed, "wrong wrong wrong").await, "/sign-in");
    }
    assert_eq!(sign_in(&app, "198.51.100.7", PASSWORD).await, "/sign-in", "five wrong passwords");
    assert_eq!(sign_in(&app, "198.51.100.8", PASSWORD).await, "/", "another client");
    assert_eq!(addresses(&app).await, ["198.51.100.8"]);
}

#[tokio::test]
async fn without_a_trusted_proxy_the_header_opens_nothing() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    for n in 0..5 {
        sign_in(&app, &format!("203.0.113.{n}"), "wrong wrong wrong").await;
    }
    assert_eq!(sign_in(&app, "203.0.113.99", PASSWORD).await, "/sign-in");
    assert_eq!(addresses(&app).await, [""; 0]);
}

#[tokio::test]
async fn metrics_are_local_only_as_seen_through_the_proxy() {
    let app = behind_a_proxy().await;
    let get = |app: &TestApp| app.request(Method::GET, "/metrics");
    assert_eq!(get(&app).send().await.unwrap().status(), StatusCode::OK, "directly, from this machine");
    problem(get(&app).header("x-forwarded-for", "198.51.100.7").send().await.unwrap(), 401).await;
    problem(get(&app).header("x-forwarded-for", "127.0.0.1").send().await.unwrap(), 401).await;
    // Served over HTTPS by a proxy that adds no header, every client would look local.
    let unknown = TestApp::with(Config { secure_cookies: true, ..Config::default() }).await;
    problem(get(&unknown).send().await.unwrap(), 401).await;
}
