//! The table of who may call what, line by line, as everybody there is.

use std::collections::BTreeSet;

use app::access::{ACCESS, Caller, Denied, Need, check};
use reqwest::{Method, Response, StatusCode};
use server::router::routes;
use store::actor::Role;
use store::people::Scope;
use strum::VariantArray as _;

use crate::support::{Browser, TestApp, location};

#[test]
fn the_router_and_the_table_list_the_same() {
    let routes = routes();
    let routed: BTreeSet<(&str, &str)> =
        routes.iter().map(|(method, path)| (*method, path.as_str())).collect();
    let listed: BTreeSet<(&str, &str)> =
        ACCESS.iter().map(|line| (line.method.as_str(), line.path)).collect();
    assert_eq!(routed, listed);
}

/// A request of each line that is as good as empty: what counts is who is let in, not what comes of it.
fn example(path: &str) -> String {
    path.replace("{id}", "01990000-0000-7000-8000-000000000000")
        .replace("{token}", "nothing")
        .replace("{*file}", "nothing.css")
}

/// Whether somebody was let in: everything but the ways of being refused.
fn is_in(response: &Response) -> bool {
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => false,
        StatusCode::SEE_OTHER => !location(response).starts_with("/sign-in"),
        _ => true,
    }
}

async fn as_browser(browser: &mut Browser<'_>, method: &Method, path: &str) -> Response {
    if method == Method::GET { browser.get(path).await } else { browser.post(path, &[]).await }
}

fn is_ours(path: &str) -> bool {
    // These act on the session itself; `sessions` and `setup` test them.
    !path.starts_with("/actions/sign-") && !path.starts_with("/actions/set-password")
}

#[tokio::test]
async fn every_line_lets_in_every_role_as_it_says() {
    let app = TestApp::start().await;
    for role in Role::VARIANTS {
        let mut browser = app.signed_in(&format!("{role}@acme.example"), &[*role]).await;
        for line in ACCESS.iter().filter(|line| is_ours(line.path)) {
            let response = as_browser(&mut browser, &line.method, &example(line.path)).await;
            let local = matches!(line.need, Need::ScopeOrLocal(_));
            let allowed = check(&line.method, line.path, &Caller::Person(vec![*role]), local).is_ok();
            assert_eq!(
                is_in(&response),
                allowed,
                "{role}: {} {} gave {}",
                line.method,
                line.path,
                response.status()
            );
        }
    }
}

#[tokio::test]
async fn every_line_lets_in_every_scope_as_it_says() {
    let app = TestApp::start().await;
    for scope in Scope::VARIANTS {
        let key = app.key(&[*scope]).await;
        for line in ACCESS.iter().filter(|line| is_ours(line.path)) {
            let request = app.request(line.method.clone(), &example(line.path)).bearer_auth(&key);
            let response = request.header("x-forwarded-for", "192.0.2.7").send().await.unwrap();
            let allowed = check(&line.method, line.path, &Caller::Key(vec![*scope]), false);
            assert_eq!(
                is_in(&response),
                allowed.is_ok(),
                "{scope}: {} {} gave {}",
                line.method,
                line.path,
                response.status()
            );
            if allowed == Err(Denied::Forbidden) {
                assert_eq!(response.status(), StatusCode::FORBIDDEN, "{}", line.path);
            }
        }
    }
}

#[tokio::test]
async fn nobody_and_a_bad_key_get_in_only_where_anybody_does() {
    let app = TestApp::start().await;
    for key in [None, Some("ml_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), Some("x")] {
        for line in ACCESS.iter().filter(|line| is_ours(line.path)) {
            let request =
                app.request(line.method.clone(), &example(line.path)).header("x-forwarded-for", "192.0.2.7");
            let request = match key {
                Some(key) => request.bearer_auth(key),
                None => request,
            };
            let response = request.send().await.unwrap();
            assert_eq!(
                is_in(&response),
                line.need == Need::Anyone,
                "{} {} gave {}",
                line.method,
                line.path,
                response.status()
            );
        }
    }
}

#[tokio::test]
async fn a_key_that_was_taken_back_opens_nothing() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Read]).await;
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::OK);
    let id = store::people::keys(app.store()).await.unwrap().remove(0).id;
    store::people::revoke_key(app.store(), &store::Actor::command("test"), id).await.unwrap();
    // A key is taken at its word for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let response = app.get_api(&key, "/api/v1/decisions").await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_method_is_told_which_there_are() {
    let app = TestApp::start().await;
    for (method, path, allow) in [
        (Method::GET, "/api/v1/events", "POST"),
        (Method::DELETE, "/api/v1/decisions", "GET, HEAD"),
        (Method::OPTIONS, "/api/v1/decisions", "GET, HEAD"),
        (Method::PUT, "/healthz", "GET, HEAD"),
    ] {
        let response = app.request(method, path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allow, "{path}");
        crate::support::problem(response, 405).await;
    }
}
