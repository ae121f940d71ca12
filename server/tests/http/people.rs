//! What administrators do about people and keys, and everybody about their own account.

use reqwest::StatusCode;
use store::actor::Role;
use store::people;

use crate::support::{PASSWORD, TestApp, between, location, text};

#[tokio::test]
async fn an_administrator_lets_somebody_in_and_shuts_them_out() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let person =
        [("name", " Ben Ode "), ("email", "Ben@acme.example"), ("roles[]", "sdr"), ("roles[]", "ae")];
    let added = admin.post("/actions/add-person", &person).await;
    let ben = people::by_email(app.store(), "ben@acme.example").await.unwrap().unwrap();
    let bens = format!("/people/{}", ben.id);
    assert_eq!((added.status(), location(&added)), (StatusCode::SEE_OTHER, &*bens));
    let page = text(&mut admin, &bens).await;
    let token = between(&page, "/setup/", "\"").to_owned();
    assert!(!text(&mut admin, &bens).await.contains("/setup/"), "the link is shown once");
    assert_eq!((ben.name.as_str(), ben.roles.as_slice()), ("Ben Ode", &[Role::Sdr, Role::Ae][..]));

    let mut other = app.browser();
    let fields = [("token", token.as_str()), ("password", PASSWORD), ("again", PASSWORD)];
    other.post("/actions/set-password", &fields).await;
    other.sign_in("ben@acme.example", PASSWORD, None).await;
    assert_eq!(other.get("/leads").await.status(), StatusCode::OK);

    let id = ben.id.to_string();
    admin.post("/actions/set-person-roles", &[("person", &id), ("roles[]", "revops")]).await;
    assert!(text(&mut admin, &bens).await.contains("Ben Ode now has: RevOps."));
    admin.post("/actions/set-person-disabled", &[("person", &id), ("disabled", "true")]).await;
    assert!(text(&mut admin, &bens).await.contains("cannot sign in any more"));
    assert_eq!(location(&other.get("/leads").await), "/sign-in?next=/leads", "signed out at once");
    let log = text(&mut admin, "/audit").await;
    for act in ["Added a person", "Changed roles", "Shut a person out", "Made a link to set a password"] {
        assert!(log.contains(act), "{act}");
    }
    assert!(!log.contains(&token));
}

#[tokio::test]
async fn what_cannot_be_right_is_said_at_its_field_and_kept() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    for (fields, said) in [
        (vec![("name", "Ben"), ("email", "no address"), ("roles[]", "sdr")], "This is no e-mail address."),
        (
            vec![("name", "Ben"), ("email", "ANA@acme.example"), ("roles[]", "sdr")],
            "Somebody with this address is there already.",
        ),
        (vec![("name", "Ben"), ("email", "ben@acme.example")], "Give the person at least one role."),
        (
            vec![("name", " "), ("email", "ben@acme.example"), ("roles[]", "sdr")],
            "Say what the person is called.",
        ),
    ] {
        let answer = admin.post("/actions/add-person", &fields).await;
        assert_eq!(location(&answer), "/people");
        let page = text(&mut admin, "/people").await;
        assert!(page.contains(said), "{said}");
        assert!(page.contains("Nobody was added."));
    }
    assert_eq!(people::all(app.store()).await.unwrap().len(), 1);
    let id = people::all(app.store()).await.unwrap()[0].id.to_string();
    admin.post("/actions/set-person-disabled", &[("person", &id), ("disabled", "true")]).await;
    let page = text(&mut admin, &format!("/people/{id}")).await;
    assert!(page.contains("Somebody has to remain who is an administrator."));
    let strange = admin.post("/actions/set-person-roles", &[("person", &id), ("roles[]", "king")]).await;
    assert_eq!(strange.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_taken_back() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    admin.post("/actions/add-key", &[("name", "warehouse"), ("scopes[]", "read")]).await;
    let page = text(&mut admin, "/keys").await;
    let key = format!("ml_{}", between(&page, "ml_", "\""));
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::OK);
    assert!(!text(&mut admin, "/keys").await.contains(&key));
    admin.post("/actions/add-key", &[("name", "warehouse"), ("scopes[]", "read")]).await;
    assert!(text(&mut admin, "/keys").await.contains("There is or was a key of this name."));
    admin.post("/actions/add-key", &[("name", "web")]).await;
    assert!(text(&mut admin, "/keys").await.contains("Choose what the key may do."));
    let id = people::keys(app.store()).await.unwrap()[0].id.to_string();
    admin.post("/actions/revoke-key", &[("key", &id)]).await;
    let page = text(&mut admin, "/keys").await;
    assert!(page.contains("The key does not work any more.") && page.contains("Taken back"));
    // A key is taken at its word for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::UNAUTHORIZED);
    admin.post("/actions/revoke-key", &[("key", &id)]).await;
    assert!(text(&mut admin, "/keys").await.contains("taken back before"));
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_signs_other_browsers_out() {
    let app = TestApp::start().await;
    let mut here = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let mut elsewhere = app.browser();
    elsewhere.sign_in("ana@acme.example", PASSWORD, None).await;
    assert!(text(&mut here, "/account").await.contains("2\u{a0}browsers"));
    let new = "another correct horse";
    let change = |current, again| [("current", current), ("password", new), ("again", again)];
    here.post("/actions/change-password", &change("not the password", new)).await;
    assert!(text(&mut here, "/account").await.contains("This is not your password."));
    here.post("/actions/change-password", &change(PASSWORD, "another")).await;
    assert!(text(&mut here, "/account").await.contains("The two passwords differ."));
    assert_eq!(elsewhere.get("/leads").await.status(), StatusCode::OK, "nothing was changed so far");
    here.post("/actions/change-password", &change(PASSWORD, new)).await;
    assert!(text(&mut here, "/account").await.contains("Your password is changed"));
    assert_eq!(location(&elsewhere.get("/leads").await), "/sign-in?next=/leads");
    elsewhere.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_eq!(elsewhere.session(), None, "the old one opens nothing");
    elsewhere.sign_in("ana@acme.example", new, None).await;
}

#[tokio::test]
async fn guessing_the_old_password_is_throttled_like_signing_in() {
    let app = TestApp::start().await;
    let mut here = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    for _ in 0..5 {
        let guess = [("current", "a wrong password"), ("password", PASSWORD), ("again", PASSWORD)];
        here.post("/actions/change-password", &guess).await;
    }
    let right =
        [("current", PASSWORD), ("password", "another correct horse"), ("again", "another correct horse")];
    here.post("/actions/change-password", &right).await;
    assert!(text(&mut here, "/account").await.contains("Too many wrong passwords."));
}

#[tokio::test]
async fn times_and_figures_are_shown_as_one_chose() {
    let app = TestApp::start().await;
    let mut here = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    assert!(text(&mut here, "/account").await.contains("checked"), "single keys are on at first");
    here.post("/actions/set-preferences", &[("zone", "Asia/Tokyo"), ("numbers", "dot")]).await;
    let page = text(&mut here, "/account").await;
    assert!(page.contains("JST there") && !page.contains("checked"));
    assert!(between(&page, "value=\"dot\"", "</option>").contains("selected"));
    for strange in [[("zone", "Mars/Olympus"), ("numbers", "dot")], [("zone", "UTC"), ("numbers", "roman")]] {
        let answer = here.post("/actions/set-preferences", &strange).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
    let key = app.key(&[people::Scope::Ingest]).await;
    let taken = app.post_event(&key, "one", &crate::support::event("pat")).await;
    let lead: serde_json::Value = taken.json().await.unwrap();
    let page = text(&mut here, &format!("/leads/{}", lead["lead_id"].as_str().unwrap())).await;
    let confidences = page.split('>').filter(|piece| piece.starts_with("0,") || piece.starts_with("0."));
    assert!(confidences.clone().count() > 0 && confidences.into_iter().all(|one| one.starts_with("0,")));
}
