//! Forms submitted from other sites.

use reqwest::{Method, StatusCode};
use store::actor::Role;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_form_from_another_site_does_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let evil: [&[(&'static str, &str)]; 5] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site")],
        &[],
    ];
    for headers in evil {
        let answer = browser.post_from("/actions/sign-out", &[], headers).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{headers:?}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("This form came from another site.")
                && page.contains("Quote this ID to support: <code>"),
            "{page}"
        );
        assert_eq!(browser.get("/leads").await.status(), StatusCode::OK, "still signed in");
    }
    let ours = app.address.clone();
    let answer = browser.post_from("/actions/sign-out", &[], &[("origin", &ours)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "an older browser, from one of our pages");
}

#[tokio::test]
async fn signing_in_from_another_site_is_rejected() {
    let app = TestApp::start().await;
    app.person("mallory@acme.example", &[Role::Sdr]).await;
    let mut browser = app.browser();
    let fields = [("email", "mallory@acme.example"), ("password", PASSWORD)];
    let answer = browser.post_from("/actions/sign-in", &fields, &[("origin", "https://evil.example")]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(browser.session(), None);
}

#[tokio::test]
async fn actions_reject_get_requests() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    for action in ["sign-in", "sign-out", "set-password", "set-theme"] {
        let path = format!("/actions/{action}?theme=dark&email=a&password=b&token=c&again=d");
        assert_eq!(browser.get(&path).await.status(), StatusCode::METHOD_NOT_ALLOWED, "{action}");
    }
}

#[tokio::test]
async fn actions_accept_only_forms() {
    let app = TestApp::start().await;
    let post = |kind: &'static str, body: &'static str| {
        app.request(Method::POST, "/actions/set-theme")
            .header("content-type", kind)
            .header("sec-fetch-site", "same-origin")
            .body(body)
    };
    assert_eq!(
        post("application/json", "{}").send().await.unwrap().status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(form, "theme=pink").send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post(form, "colour=dark").send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
    let answer = post(form, "theme=dark&next=/dashboard").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("meshline_theme=dark; "));
}
