//! Signing in and out, and the lifetime of sessions.

use reqwest::{Method, StatusCode};
use store::actor::Role;
use store::{Actor, people};

use crate::support::{PASSWORD, TestApp, location};

#[tokio::test]
async fn a_person_signs_in_reaches_the_requested_page_and_signs_out() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut browser = app.browser();
    let turned_away = browser.get("/leads?action=hold").await;
    assert_eq!(
        (turned_away.status(), location(&turned_away)),
        (StatusCode::SEE_OTHER, "/sign-in?next=/leads%3Faction%3Dhold")
    );
    assert_eq!(browser.get("/sign-in").await.status(), StatusCode::OK);
    let signed_in = browser.sign_in(" ANA@acme.example", PASSWORD, Some("/leads?action=hold")).await;
    assert_eq!((signed_in.status(), location(&signed_in)), (StatusCode::SEE_OTHER, "/leads?action=hold"));
    let cookie = signed_in
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.starts_with("meshline_session="));
    let cookie = cookie.unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=28800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "over plain HTTP a browser would drop it: {cookie}");
    assert_eq!(browser.get("/leads").await.status(), StatusCode::OK);
    let old = browser.cookies.clone();
    assert_eq!(location(&browser.post("/actions/sign-out", &[]).await), "/sign-in");
    assert_eq!(browser.session(), None);
    browser.cookies = old;
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads", "the old cookie is invalid");
}

#[tokio::test]
async fn the_cookie_is_secure_on_https() {
    let app = TestApp::with(server::http::Config { secure_cookies: true, ..Default::default() }).await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let answer = app.browser().sign_in("ana@acme.example", PASSWORD, None).await;
    for cookie in answer.headers().get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-meshline_") && cookie.contains("Secure"), "{cookie}");
        assert!(cookie.contains("Path=/") && !cookie.contains("Domain"), "{cookie}");
    }
    let session = answer.headers()["set-cookie"].to_str().unwrap();
    let (name, value) = session.split(';').next().unwrap().split_once('=').unwrap();
    let open = |name: &str| app.request(Method::GET, "/leads").header("cookie", format!("{name}={value}"));
    assert_eq!(open(name).send().await.unwrap().status(), StatusCode::OK);
    let planted = open("meshline_session").send().await.unwrap();
    assert_eq!(location(&planted), "/sign-in?next=/leads", "a sibling domain can plant only this name");
}

#[tokio::test]
async fn signing_in_creates_a_new_session_id() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let first = browser.session().unwrap().to_owned();
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    let second = browser.session().unwrap().to_owned();
    assert_ne!(first, second);
    browser.cookies.insert("meshline_session".into(), first);
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads", "the first session has ended");
    let mut planted = app.browser();
    planted.cookies.insert("meshline_session".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
    planted.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_ne!(planted.session(), Some("AAAAAAAAAAAAAAAAAAAAAA"), "a planted id is not adopted");
    let stored: Vec<String> = sqlx::query_scalar("SELECT row_to_json(s)::text FROM sessions s")
        .fetch_all(app.store().pool())
        .await
        .unwrap();
    assert_eq!(stored.len(), 2);
    for cookie in [browser.session(), planted.session(), Some(second.as_str())].into_iter().flatten() {
        assert!(
            stored.iter().all(|row| !row.contains(cookie)),
            "the table does not contain usable session ids"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_reveals_nothing_and_keeps_the_input() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    for email in ["ana@acme.example", "nobody@acme.example", "no address"] {
        let mut browser = app.browser();
        let answer = browser.sign_in(email, "wrong wrong wrong", Some("/dashboard")).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/sign-in?next=/dashboard"));
        assert_eq!(browser.session(), None);
        let page = browser.get("/sign-in?next=/dashboard").await.text().await.unwrap();
        assert!(page.contains("The e-mail address or password is wrong."), "{page}");
        assert!(page.contains(email), "{page}");
        assert!(!browser.get("/sign-in").await.text().await.unwrap().contains("is wrong"), "said once");
    }
}

#[tokio::test]
async fn guessing_is_blocked_after_five_attempts() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut browser = app.browser();
    for _ in 0..5 {
        browser.sign_in("ana@acme.example", "wrong wrong wrong", None).await;
    }
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_eq!(browser.session(), None, "signing in is blocked, even with the right password");
    let page = browser.get("/sign-in").await.text().await.unwrap();
    assert!(page.contains("Too many wrong passwords. Try again in 15 minutes."), "{page}");
}

#[tokio::test]
async fn signing_in_redirects_only_within_the_site() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
    ] {
        let answer = app.browser().sign_in("ana@acme.example", PASSWORD, Some(evil)).await;
        assert_eq!(location(&answer), "/", "{evil:?}");
        let answer = app.browser().post("/actions/set-theme", &[("theme", "dark"), ("next", evil)]).await;
        assert_eq!(location(&answer), "/", "{evil:?}");
    }
}

#[tokio::test]
async fn deactivating_a_person_ends_their_sessions() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let id = people::by_email(app.store(), "ana@acme.example").await.unwrap().unwrap().id;
    people::set_disabled(app.store(), &Actor::command("test"), id, true).await.unwrap();
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads");
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads");
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let id = people::by_email(app.store(), "ana@acme.example").await.unwrap().unwrap().id;
    let password = people::Password::parse("another horse battery").unwrap();
    people::set_password(app.store(), &Actor::command("test"), id, password).await.unwrap();
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads");
}

#[tokio::test]
async fn an_idle_session_expires_and_a_used_one_is_extended() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let pool = app.store().pool();
    let left = || async {
        let left: f64 =
            sqlx::query_scalar("SELECT extract(epoch FROM expires_at - now())::float8 FROM sessions")
                .fetch_one(pool)
                .await
                .unwrap();
        left
    };
    assert!((28_700.0..=28_800.0).contains(&left().await));
    sqlx::query("UPDATE sessions SET expires_at = now() + interval '1 hour', seen_at = 'epoch'")
        .execute(pool)
        .await
        .unwrap();
    let used = browser.get("/leads").await;
    assert_eq!(used.status(), StatusCode::OK);
    assert!(used.headers().contains_key("set-cookie"), "the cookie expires with the session");
    assert!(left().await > 28_600.0);
    sqlx::query("UPDATE sessions SET expires_at = now() + interval '1 hour', seen_at = 'epoch'")
        .execute(pool)
        .await
        .unwrap();
    let refresh = app.request(Method::GET, "/leads").header("sec-fetch-dest", "empty");
    let refresh = refresh.header("cookie", browser.cookie_header()).send().await.unwrap();
    assert_eq!(refresh.status(), StatusCode::OK);
    assert!(left().await <= 3_600.0, "an open page does not keep the session alive");
    sqlx::query("UPDATE sessions SET signed_in_at = now() - interval '6 days 23 hours', seen_at = 'epoch'")
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(browser.get("/leads").await.status(), StatusCode::OK);
    assert!((3_500.0..=3_600.0).contains(&left().await), "a week after signing in, it ends");
    sqlx::query("UPDATE sessions SET expires_at = now() - interval '1 second'").execute(pool).await.unwrap();
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads");
    assert_eq!(people::sessions::delete_expired(app.store(), chrono::Utc::now()).await.unwrap(), 1);
}

#[tokio::test]
async fn the_audit_log_records_signing_in_and_out() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    browser.post("/actions/sign-out", &[]).await;
    let acts: Vec<(String, Vec<String>)> =
        sqlx::query_as("SELECT action, roles FROM audit_log WHERE action LIKE 'person.sign%' ORDER BY id")
            .fetch_all(app.store().pool())
            .await
            .unwrap();
    let mut acts: Vec<(&str, &str)> =
        acts.iter().map(|(action, roles)| (action.as_str(), roles[0].as_str())).collect();
    acts.sort_unstable();
    assert_eq!(acts, [("person.sign_in", "sdr"), ("person.sign_out", "sdr")]);
}

#[tokio::test]
async fn a_form_that_comes_when_the_session_is_over_is_kept_and_sent_once_more() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut browser = app.browser();
    let fields =
        [("workflow", "inbound-form"), ("reason", "They \"sell\" to us & <more>"), ("shown[of]", "mine")];
    let asked = browser.post("/actions/decide-lead", &fields).await;
    assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    let page = asked.text().await.unwrap();
    assert!(page.contains("action=\"/sign-in/again\"") && page.contains("Your session has ended"), "{page}");
    let body = hidden(&page, "body");
    let again = |password: &'static str| {
        [("email", "ana@acme.example"), ("password", password), ("path", "/actions/decide-lead")]
    };
    let mut wrong = again("not the password").to_vec();
    wrong.push(("body", &body));
    let refused = browser.post("/sign-in/again", &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("The e-mail address or password is wrong.") && hidden(&page, "body") == body,
        "{page}"
    );
    assert!(!page.contains("not the password"));

    let mut right = again(PASSWORD).to_vec();
    right.push(("body", &body));
    let entered = browser.post("/sign-in/again", &right).await;
    assert_eq!(entered.status(), StatusCode::OK);
    let page = entered.text().await.unwrap();
    assert!(page.contains("action=\"/actions/decide-lead\"") && !page.contains(PASSWORD), "{page}");
    for (name, value) in fields {
        assert_eq!(hidden(&page, name), value);
    }
    assert_eq!(browser.get("/leads").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn passwords_and_files_are_not_kept() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let fields = [("current", "the old one"), ("password", "the new one"), ("again", "the new one")];
    let page = browser.post("/actions/change-password", &fields).await.text().await.unwrap();
    assert!(!page.contains("the+new+one") && !page.contains("the new one"), "{page}");
    assert!(page.contains("href=\"/sign-in\""), "{page}");
    let page = browser.upload("/changes/1/upload", "1", b"company\nInitech\n").await;
    assert_eq!(page.status(), StatusCode::UNAUTHORIZED);
    assert!(page.text().await.unwrap().contains("choose it again"));
    for path in ["/actions/sign-in", "/api/v1/events", "https://evil.example/", ""] {
        let answer = browser.post("/sign-in/again", &[("path", path), ("body", "a=b")]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

#[tokio::test]
async fn a_page_for_other_roles_says_so_with_the_menu_and_reads_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let refused = browser.get("/keys").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = refused.text().await.unwrap();
    assert!(page.contains("<title>Not available to your roles · Meshline</title>"), "{page}");
    assert!(page.contains("aria-label=\"Main\"") && page.contains("Go to home"), "{page}");
    // What is no page of the app has the layout of the pages before signing in.
    let refused = browser.post("/actions/add-key", &[]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = refused.text().await.unwrap();
    assert!(page.contains("class=\"gate\"") && page.contains("Go to home"), "{page}");
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no {name} in {page}"));
    let value = rest.split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
