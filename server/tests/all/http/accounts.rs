//! The first administrator, forgotten passwords, and a person's sessions.

use reqwest::{Method, StatusCode};
use server::http::Config;
use service::mail::SmtpMailer;
use store::actor::Role;
use store::people::{self, Password, first_run_code};
use store::{Actor, Error};

use crate::mail::{MailServer, unfolded};
use crate::support::{Browser, PASSWORD, TestApp, between, location, text};

const PUBLIC: &str = "https://meshline.example";

async fn with_mail() -> (TestApp, MailServer) {
    let server = MailServer::start().await;
    let mail = SmtpMailer::new(&server.url, "Meshline <meshline@acme.example>").unwrap();
    let app =
        TestApp::with(Config { mail: Some(mail), origin: Some(PUBLIC.into()), ..Config::default() }).await;
    (app, server)
}

fn newcomer<'a>(code: &'a str, password: &'a str, again: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("code", code),
        ("name", "Ana Ruiz"),
        ("email", "Ana@acme.example"),
        ("password", password),
        ("again", again),
    ]
}

#[tokio::test]
async fn the_code_creates_only_the_first_administrator() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    assert_eq!(location(&browser.get("/").await), "/sign-in");
    assert!(location(&browser.get("/sign-in").await).ends_with("/first-run"));
    let page = text(&mut browser, "/first-run").await;
    assert!(page.contains("The server printed a line with a code"), "{page}");
    assert!(!page.contains("type=\"password\""));
    let wrong = text(&mut browser, "/first-run?code=00000000000000000000").await;
    assert!(wrong.contains("This is not the code") && !wrong.contains("type=\"password\""));

    let code = first_run_code(app.store().keyring());
    assert_eq!(code.len(), 20);
    for path in ["/", "/sign-in", "/first-run", "/first-run?code=1"] {
        assert!(
            !browser.get(path).await.text().await.unwrap().contains(&code),
            "{path} does not reveal the code"
        );
    }
    let page = format!("/first-run?code={code}");
    assert!(text(&mut browser, &page).await.contains("You can invite everyone else"));
    let guess = browser.post("/actions/first-run", &newcomer("0000", PASSWORD, PASSWORD)).await;
    assert_eq!(guess.status(), StatusCode::NOT_FOUND);
    let differs = browser.post("/actions/first-run", &newcomer(&code, PASSWORD, "another one again")).await;
    assert_eq!(location(&differs), page);
    let again = text(&mut browser, &page).await;
    assert!(
        again.contains("The two passwords differ.")
            && again.contains("Ana Ruiz")
            && !again.contains(PASSWORD)
    );
    assert!(!people::has_people(app.store()).await.unwrap());

    let made = browser.post("/actions/first-run", &newcomer(&code, PASSWORD, PASSWORD)).await;
    assert_eq!((made.status(), location(&made)), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.get("/keys").await.status(), StatusCode::OK, "signed in, as an administrator");
    let ana = people::by_email(app.store(), "ana@acme.example").await.unwrap().unwrap();
    assert_eq!(ana.roles, [Role::Admin]);

    let mut late = app.browser();
    let again = late.post("/actions/first-run", &newcomer(&code, PASSWORD, PASSWORD)).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    assert_eq!(late.session(), None);
    assert_eq!(late.get(&page).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(late.get("/sign-in").await.status(), StatusCode::OK);
    people::set_disabled(app.store(), &Actor::command("test"), ana.id, true).await.expect_err("the last one");
}

#[tokio::test]
async fn of_two_concurrent_requests_one_becomes_the_administrator() {
    let app = TestApp::start().await;
    let code = first_run_code(app.store().keyring());
    let make = |email: &'static str| {
        let password = Password::parse(PASSWORD).unwrap();
        people::add_first_admin(app.store(), Actor::command("test"), &code, email, "Somebody", password)
    };
    let (one, other) = tokio::join!(make("ana@acme.example"), make("eve@evil.example"));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    assert!(matches!(one.and(other), Err(Error::NotFound(_))));
    assert_eq!(people::all(app.store()).await.unwrap().len(), 1);
}

async fn ask(browser: &mut Browser<'_>, email: &str) -> (String, String) {
    let answer = browser.post("/actions/forgot-password", &[("email", email)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let to = location(&answer).to_owned();
    let page = text(browser, &to).await;
    (to, between(&page, "note flash\"", "</div>").to_owned())
}

#[tokio::test]
async fn a_forgotten_password_is_reset_with_a_link_that_works_once() {
    let (app, server) = with_mail().await;
    let mut signed_in = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let mut browser = app.browser();
    assert!(text(&mut browser, "/sign-in").await.contains("href=\"/forgot\""));
    assert!(text(&mut browser, "/forgot").await.contains("Send link"));
    let told = ask(&mut browser, " ANA@acme.example").await;
    assert!(told.1.contains("a link is on its way"));
    let letters = server.letters(1).await;
    let letter = unfolded(&letters[0]);
    assert!(
        letter.contains("To: Somebody <ana@acme.example>")
            && letter.contains("Subject: Reset your Meshline password"),
        "{letter}"
    );
    let token = between(&letter, &format!("{PUBLIC}/setup/"), "\n").trim().to_owned();
    assert_eq!(token.len(), 43);
    let new = "another correct horse";
    let fields = [("token", token.as_str()), ("password", new), ("again", new)];
    assert_eq!(signed_in.get("/leads").await.status(), StatusCode::OK, "requesting a link changes nothing");
    browser.post("/actions/set-password", &fields).await;
    assert_eq!(
        location(&signed_in.get("/leads").await),
        "/sign-in?next=/leads",
        "other browsers are signed out"
    );
    browser.post("/actions/set-password", &fields).await;
    assert!(text(&mut browser, "/sign-in").await.contains("This link has expired or was already used."));
    browser.sign_in("ana@acme.example", new, None).await;
    assert_eq!(browser.get("/leads").await.status(), StatusCode::OK);
    let dump: String = sqlx::query_scalar("SELECT (SELECT json_agg(a) FROM audit_log a)::text")
        .fetch_one(app.store().pool())
        .await
        .unwrap();
    assert!(!dump.contains(&token) && dump.contains("command:forgotten password"));
}

#[tokio::test]
async fn the_answer_is_always_the_same_and_only_active_people_get_a_link() {
    let (app, server) = with_mail().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let ben = app.person("ben@acme.example", &[Role::Sdr]).await;
    people::set_disabled(app.store(), &Actor::command("test"), ben, true).await.unwrap();
    let known = ask(&mut app.browser(), "ana@acme.example").await;
    server.letters(1).await;
    for other in ["ben@acme.example", "nobody@acme.example", "no address", ""] {
        assert_eq!(ask(&mut app.browser(), other).await, known, "{other}");
    }
    // One more request, so that every earlier e-mail arrives before this one.
    ask(&mut app.browser(), "ana@acme.example").await;
    let letters = server.letters(2).await;
    assert!(letters.iter().all(|letter| letter.contains("ana@acme.example")));
    let links: i64 =
        sqlx::query_scalar("SELECT count(*) FROM setup_links").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(links, 2);
}

#[tokio::test]
async fn link_requests_are_throttled_and_revoke_no_link() {
    let (app, server) = with_mail().await;
    let ana = app.person("ana@acme.example", &[Role::Sdr]).await;
    let handed_on =
        people::make_setup_link(app.store(), &Actor::command("test"), ana, people::DEFAULT_VALIDITY)
            .await
            .unwrap();
    let first = ask(&mut app.browser(), "ana@acme.example").await;
    for _ in 0..6 {
        assert_eq!(
            ask(&mut app.browser(), "Ana@acme.example").await,
            first,
            "the answer does not reveal the limit"
        );
    }
    server.letters(3).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(server.letters(3).await.len(), 3);
    let works = people::person_of_setup_link(app.store(), &handed_on, chrono::Utc::now()).await.unwrap();
    assert!(works.is_some(), "an administrator's link keeps working");
}

#[tokio::test]
async fn a_link_ignores_the_host_of_the_request() {
    let (app, server) = with_mail().await;
    app.person("ana@acme.example", &[Role::Admin]).await;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", "ana@acme.example")
        .finish();
    let request = app.request(Method::POST, "/actions/forgot-password").body(form);
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let letter = server.letters(1).await.remove(0);
    assert!(
        !letter.contains("evil.example") && unfolded(&letter).contains(&format!("{PUBLIC}/setup/")),
        "{letter}"
    );

    // Without a configured URL nothing is sent, even with a mail server.
    let mail = SmtpMailer::new(&server.url, "meshline@acme.example").unwrap();
    let app = TestApp::with(Config { mail: Some(mail), ..Config::default() }).await;
    app.person("ana@acme.example", &[Role::Admin]).await;
    let answer = app.browser().post("/actions/forgot-password", &[("email", "ana@acme.example")]).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn without_a_mail_server_people_are_referred_to_an_administrator() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let page = text(&mut app.browser(), "/forgot").await;
    assert!(page.contains("Ask an administrator") && !page.contains("<form"), "{page}");
}

#[tokio::test]
async fn administrators_links_use_the_configured_url() {
    let app = TestApp::with(Config { origin: Some(PUBLIC.into()), ..Config::default() }).await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let ben = app.person("ben@acme.example", &[Role::Sdr]).await;
    let page = format!("/people/{ben}");
    let id = ben.to_string();
    let made = admin.post("/actions/make-link", &[("person", &id)]).await;
    assert_eq!(location(&made), page);
    let sealed = made.headers()["set-cookie"].to_str().unwrap().to_owned();
    let shown = text(&mut admin, &page).await;
    let token = between(&shown, &format!("{PUBLIC}/setup/"), "\"");
    use base64::Engine as _;
    let cookie = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(sealed.strip_prefix("meshline_flash=").unwrap().split(';').next().unwrap())
        .unwrap();
    assert!(!cookie.windows(token.len()).any(|part| part == token.as_bytes()), "the cookie is encrypted");
    people::set_disabled(app.store(), &Actor::command("test"), ben, true).await.unwrap();
    assert!(
        !text(&mut admin, &page).await.contains("/actions/make-link"),
        "not offered for deactivated people"
    );
    admin.post("/actions/make-link", &[("person", &id)]).await;
    let refused = text(&mut admin, &page).await;
    assert!(refused.contains("Reactivate the account first.") && !refused.contains("/setup/"));
}

#[tokio::test]
async fn a_stolen_message_shows_its_key_on_no_other_page_and_in_no_other_session() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let ben = app.person("ben@acme.example", &[Role::Admin]).await;
    let mut thief = app.browser();
    thief.sign_in("ben@acme.example", PASSWORD, None).await;
    admin.post("/actions/add-key", &[("name", "loader"), ("scopes[]", "read")]).await;
    let stolen = admin.cookies["meshline_flash"].clone();
    let shown = "class=\"label secret\"";
    for (session, page) in [(true, format!("/people/{ben}")), (false, "/keys".to_owned())] {
        let browser = if session { &mut admin } else { &mut thief };
        browser.cookies.insert("meshline_flash".into(), stolen.clone());
        let page = text(browser, &page).await;
        assert!(!page.contains(shown) && !page.contains("Copy it now"), "{page}");
    }
    admin.cookies.insert("meshline_flash".into(), stolen);
    assert!(text(&mut admin, "/keys").await.contains(shown));
}

#[tokio::test]
async fn people_see_their_sessions_and_can_end_them() {
    let app = TestApp::start().await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
    let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Safari/604.1";
    let mut here = app.browser().named(firefox);
    let mut phone = app.browser().named(safari);
    let mut third = app.browser().named("curl/8.5.0");
    for browser in [&mut here, &mut phone, &mut third] {
        browser.sign_in("ana@acme.example", PASSWORD, None).await;
    }
    let page = text(&mut here, "/account").await;
    for said in
        ["Firefox on Linux", "Safari on iPhone", "curl", "127.0.0.1", "this browser", "3\u{a0}browsers"]
    {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(page.matches("this browser").count(), 1);
    let (before, _) = page.split_once("Safari on iPhone").unwrap();
    assert!(before.contains("this browser"), "this browser is the first");
    let row = page.split("<tr>").find(|row| row.contains("Safari on iPhone")).unwrap();
    let id = between(row, "name=\"session\" value=\"", "\"").to_owned();

    let mut eve = app.signed_in("eve@acme.example", &[Role::Admin]).await;
    eve.post("/actions/end-session", &[("session", &id)]).await;
    assert_eq!(phone.get("/leads").await.status(), StatusCode::OK, "people cannot end each other's sessions");

    here.post("/actions/end-session", &[("session", &id)]).await;
    assert!(text(&mut here, "/account").await.contains("The browser is signed out."));
    assert_eq!(location(&phone.get("/leads").await), "/sign-in?next=/leads");
    here.post("/actions/end-session", &[("session", &id)]).await;
    assert!(text(&mut here, "/account").await.contains("already signed out"));
    let strange = here.post("/actions/end-session", &[("session", "zz")]).await;
    assert_eq!(strange.status(), StatusCode::NOT_FOUND);

    here.post("/actions/end-other-sessions", &[]).await;
    assert_eq!(location(&third.get("/leads").await), "/sign-in?next=/leads");
    assert_eq!(eve.get("/leads").await.status(), StatusCode::OK);
    let page = text(&mut here, "/account").await;
    assert!(page.contains("1\u{a0}browser") && !page.contains("Sign out other browsers"));
}

#[tokio::test]
async fn people_are_found_and_listed_page_by_page() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let actor = Actor::command("test");
    for n in 0..people::PAGE_ROWS + 5 {
        people::add(app.store(), &actor, &format!("p{n}@acme.example"), "Zed", &[Role::Sdr]).await.unwrap();
    }
    people::add(app.store(), &actor, "asa@acme.example", "Åsa 100%", &[]).await.unwrap();
    let first = text(&mut admin, "/people").await;
    assert!(first.contains("57\u{a0}people") && !first.contains(">Previous<"));
    let next = between(&first, "href=\"/people?before=", "\"").to_owned();
    let second = text(&mut admin, &format!("/people?before={next}")).await;
    assert!(second.contains(">Previous<") && !second.contains(">Next<"));
    let listed = |page: &str| page.matches("<th scope=\"row\"").count();
    assert_eq!((listed(&first), listed(&second)), (people::PAGE_ROWS, 7));
    for (asked, count) in [("åSA", 1), ("%25", 1), ("P5%40acme", 1), ("zaphod", 0)] {
        let found = text(&mut admin, &format!("/people?q={asked}")).await;
        assert_eq!(listed(&found), count, "{asked}");
    }
    assert!(text(&mut admin, "/people?q=zaphod").await.contains("No people match these filters"));
    let mut sdr = app.signed_in("sdr@acme.example", &[Role::Sdr]).await;
    let asa = people::by_email(app.store(), "asa@acme.example").await.unwrap().unwrap();
    let page = text(&mut sdr, &format!("/people/{}", asa.id)).await;
    assert!(page.contains("Administrators can change these.") && !page.contains("/actions/set-person"));
    assert_eq!(sdr.get("/people/nobody").await.status(), StatusCode::NOT_FOUND);
}
