//! Floods of attempts to sign in, and guessing from many addresses.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use store::actor::Role;
use store::people;

use crate::support::{PASSWORD, TestApp, location, text};

/// Returns a client that connects from this loopback address.
fn client(from: Ipv4Addr) -> Client {
    Client::builder()
        .local_address(Some(IpAddr::V4(from)))
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

async fn sign_in(address: &str, client: &Client, email: &str, password: &str) -> (StatusCode, String) {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", password)])
        .finish();
    let request = client
        .post(format!("{address}/actions/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(form);
    let response = request.send().await.unwrap();
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        assert_eq!(response.headers()["retry-after"], "5");
    }
    (response.status(), location(&response).to_owned())
}

const SIGNED_IN: &str = "/";
const REFUSED: &str = "/sign-in";

#[tokio::test]
async fn a_flood_of_attempts_does_not_keep_out_people_on_known_networks() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let home = client(Ipv4Addr::new(127, 7, 0, 1));
    let first = sign_in(&app.address, &home, "ana@acme.example", PASSWORD).await;
    assert_eq!(first, (StatusCode::SEE_OTHER, SIGNED_IN.to_owned()));
    let mut tries = Vec::new();
    for n in 0..60_u8 {
        let from = client(Ipv4Addr::new(127, 8, n, 1));
        for account in 0..10 {
            let (from, address) = (from.clone(), app.address.clone());
            tries.push(tokio::spawn(async move {
                let body = format!("email=x{account}-{n}%40acme.example&password=wrong+wrong+wrong");
                let request = from
                    .post(format!("{address}/actions/sign-in"))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("sec-fetch-site", "same-origin")
                    .body(body);
                request.send().await.unwrap().status()
            }));
        }
    }
    let right = sign_in(&app.address, &home, "ana@acme.example", PASSWORD);
    let right =
        tokio::time::timeout(Duration::from_secs(30), right).await.expect("an answer during the flood");
    assert_eq!(right, (StatusCode::SEE_OTHER, SIGNED_IN.to_owned()));
    let mut refused = 0;
    for one in tries {
        let status = one.await.unwrap();
        assert!(matches!(status, StatusCode::SEE_OTHER | StatusCode::TOO_MANY_REQUESTS), "{status}");
        refused += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused > 100, "only {refused} of 600 were refused without a hash");
}

#[tokio::test]
async fn one_address_tries_fifty_passwords_whatever_the_accounts() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let from = client(Ipv4Addr::new(127, 8, 0, 1));
    for n in 0..50 {
        sign_in(&app.address, &from, &format!("x{n}@acme.example"), "wrong wrong wrong").await;
    }
    let refused = sign_in(&app.address, &from, "ana@acme.example", PASSWORD).await;
    assert_eq!(refused, (StatusCode::SEE_OTHER, REFUSED.to_owned()));
    let elsewhere = client(Ipv4Addr::new(127, 8, 0, 2));
    let right = sign_in(&app.address, &elsewhere, "ana@acme.example", PASSWORD).await;
    assert_eq!(right, (StatusCode::SEE_OTHER, SIGNED_IN.to_owned()));
}

#[tokio::test]
async fn guesses_from_many_addresses_lock_an_account_for_unknown_networks_only() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let home = client(Ipv4Addr::new(127, 7, 0, 1));
    sign_in(&app.address, &home, "ana@acme.example", PASSWORD).await;
    for n in 0..25 {
        let from = client(Ipv4Addr::new(127, 8, 1, n));
        for _ in 0..4 {
            sign_in(&app.address, &from, "ana@acme.example", "wrong wrong wrong").await;
        }
    }
    let new = client(Ipv4Addr::new(127, 8, 2, 1));
    let refused = sign_in(&app.address, &new, "ana@acme.example", PASSWORD).await;
    assert_eq!(refused, (StatusCode::SEE_OTHER, REFUSED.to_owned()));
    let right = sign_in(&app.address, &home, "ana@acme.example", PASSWORD).await;
    assert_eq!(right, (StatusCode::SEE_OTHER, SIGNED_IN.to_owned()));
}

#[tokio::test]
async fn a_lock_survives_overlong_passwords_other_accounts_and_another_process() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut browser = app.browser();
    for _ in 0..5 {
        browser.sign_in("ana@acme.example", "wrong wrong wrong", None).await;
    }
    let long = "x".repeat(1_100);
    for n in 0..200 {
        let answer = browser.sign_in(&format!("x{n}@acme.example"), &long, None).await;
        assert_eq!(location(&answer), REFUSED);
    }
    let counts: i64 = sqlx::query_scalar("SELECT count(*) FROM sign_in_attempts")
        .fetch_one(app.store().pool())
        .await
        .unwrap();
    assert_eq!(counts, 3, "overlong passwords are not counted");
    let home = client(Ipv4Addr::LOCALHOST);
    for address in [&app.address, &app.second_process().await] {
        let refused = sign_in(address, &home, "ana@acme.example", PASSWORD).await;
        assert_eq!(refused, (StatusCode::SEE_OTHER, REFUSED.to_owned()));
    }
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    assert!(text(&mut browser, "/sign-in").await.contains("Too many wrong passwords."));
    // The audit row is written after the response.
    let ana = people::by_email(app.store(), "ana@acme.example").await.unwrap().unwrap().id;
    let recorded = async {
        loop {
            let rows: Vec<String> =
                sqlx::query_scalar("SELECT subject FROM audit_log WHERE action = 'person.lock_sign_in'")
                    .fetch_all(app.store().pool())
                    .await
                    .unwrap();
            if !rows.is_empty() {
                return rows;
            }
            tokio::task::yield_now().await;
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(10), recorded).await.expect("an audit row");
    assert_eq!(rows, [format!("person:{ana}")]);
}
