//! How administrators manage people and keys, and how people manage their own accounts.

use reqwest::StatusCode;
use store::actor::Role;
use store::people;
use store::reads::keyset::Order;

use super::changes::{begin, save};
use crate::support::{PASSWORD, TestApp, between, location, text};

#[tokio::test]
async fn an_administrator_adds_and_deactivates_a_person() {
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
    assert!(text(&mut admin, &bens).await.contains("Roles of Ben Ode: RevOps."));
    admin.post("/actions/set-person-disabled", &[("person", &id), ("disabled", "true")]).await;
    assert!(text(&mut admin, &bens).await.contains("is deactivated and signed out everywhere"));
    assert_eq!(location(&other.get("/leads").await), "/sign-in?next=/leads", "signed out at once");
    let log = text(&mut admin, "/audit").await;
    for act in ["Added a person", "Changed roles", "Deactivated a user", "Created a password link"] {
        assert!(log.contains(act), "{act}");
    }
    assert!(!log.contains(&token));
}

#[tokio::test]
async fn a_role_that_an_administrator_gives_counts_once_a_second_one_confirms_it() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let mut olu = app.signed_in("olu@acme.example", &[Role::Admin]).await;
    let mut rev = app.signed_in("rev@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let id = people::by_email(app.store(), "ben@acme.example").await.unwrap().unwrap().id.to_string();
    let bens = format!("/people/{id}");
    ana.post("/actions/set-person-roles", &[("person", &id), ("roles[]", "sdr"), ("roles[]", "revops")])
        .await;
    let number = begin(&mut rev, "list", "partners").await;
    save(&mut rev, number, "1", "Initech\n", "submit").await;
    let (change, number) = (format!("/changes/{number}"), number.to_string());

    let page = text(&mut ben, &change).await;
    assert!(page.contains("You can approve as RevOps from") && !page.contains("Approve as RevOps"), "{page}");
    let hash = between(&page, "name=\"hash\" value=\"", "\"").to_owned();
    let approval = [("number", &*number), ("hash", &*hash), ("role", "revops"), ("comment", "")];
    ben.post("/actions/sign-change", &approval).await;
    let page = text(&mut ben, &change).await;
    assert!(page.contains("no second administrator has confirmed it"), "{page}");

    let confirm = [("person", &*id), ("role", "revops")];
    assert!(
        !text(&mut ana, &bens).await.contains("Confirm RevOps"),
        "an administrator cannot confirm a role that they gave"
    );
    ana.post("/actions/confirm-role", &confirm).await;
    assert!(text(&mut ana, &bens).await.contains("Another administrator than the one who gave the role"));
    assert!(text(&mut olu, "/").await.contains("has these roles now: RevOps and SDR"));
    assert!(text(&mut olu, &bens).await.contains("Confirm RevOps"));
    olu.post("/actions/confirm-role", &confirm).await;
    assert!(text(&mut olu, &bens).await.contains("can now approve as"));

    assert!(text(&mut ben, &change).await.contains("Approve as RevOps"));
    ben.post("/actions/sign-change", &approval).await;
    assert!(text(&mut ben, &change).await.contains("Role given by"), "since when the approver has the role");
    assert!(text(&mut ben, "/").await.contains("Your role RevOps was confirmed"));
}

#[tokio::test]
async fn errors_are_shown_at_their_field_and_input_is_kept() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    for (fields, said) in [
        (vec![("name", "Ben"), ("email", "no address"), ("roles[]", "sdr")], "Enter a valid e-mail address."),
        (
            vec![("name", "Ben"), ("email", "ANA@acme.example"), ("roles[]", "sdr")],
            "A person with this address already exists.",
        ),
        (vec![("name", "Ben"), ("email", "ben@acme.example")], "Choose at least one role."),
        (vec![("name", " "), ("email", "ben@acme.example"), ("roles[]", "sdr")], "Enter a name."),
    ] {
        let answer = admin.post("/actions/add-person", &fields).await;
        assert_eq!(location(&answer), "/people");
        let page = text(&mut admin, "/people").await;
        assert!(page.contains(said), "{said}");
        assert!(page.contains("Not added: "));
    }
    assert_eq!(people::all(app.store()).await.unwrap().len(), 1);
    let id = people::all(app.store()).await.unwrap()[0].id.to_string();
    admin.post("/actions/set-person-disabled", &[("person", &id), ("disabled", "true")]).await;
    let page = text(&mut admin, &format!("/people/{id}")).await;
    assert!(page.contains("At least one person must remain an administrator."));
    let strange = admin.post("/actions/set-person-roles", &[("person", &id), ("roles[]", "king")]).await;
    assert_eq!(strange.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    admin.post("/actions/add-key", &[("name", "warehouse"), ("scopes[]", "read")]).await;
    let page = text(&mut admin, "/keys").await;
    let key = format!("ml_{}", between(&page, "ml_", "\""));
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::OK);
    assert!(!text(&mut admin, "/keys").await.contains(&key));
    admin.post("/actions/add-key", &[("name", "warehouse"), ("scopes[]", "read")]).await;
    assert!(text(&mut admin, "/keys").await.contains("Another key has or had this name."));
    admin.post("/actions/add-key", &[("name", "web")]).await;
    assert!(text(&mut admin, "/keys").await.contains("Choose at least one scope."));
    let id = store::testing::keys(app.store()).await[0].id.to_string();
    admin.post("/actions/revoke-key", &[("key", &id)]).await;
    let page = text(&mut admin, "/keys").await;
    let rows = between(&page, "<tbody", "</tbody>");
    assert!(page.contains("Key revoked.") && rows.contains("Revoked"), "{rows}");
    // Keys are cached for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::UNAUTHORIZED);
    admin.post("/actions/revoke-key", &[("key", &id)]).await;
    assert!(text(&mut admin, "/keys").await.contains("already revoked"));
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
    assert!(text(&mut here, "/account").await.contains("This is not your current password."));
    here.post("/actions/change-password", &change(PASSWORD, "another")).await;
    assert!(text(&mut here, "/account").await.contains("The two passwords differ."));
    assert_eq!(elsewhere.get("/leads").await.status(), StatusCode::OK, "nothing has changed so far");
    here.post("/actions/change-password", &change(PASSWORD, new)).await;
    assert!(text(&mut here, "/account").await.contains("Password changed."));
    assert_eq!(location(&elsewhere.get("/leads").await), "/sign-in?next=/leads");
    elsewhere.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_eq!(elsewhere.session(), None, "the old session is invalid");
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
async fn times_and_figures_follow_the_account_settings() {
    let app = TestApp::start().await;
    let mut here = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    assert!(text(&mut here, "/account").await.contains("checked"), "single keys are on at first");
    here.post("/actions/set-preferences", &[("zone", "Asia/Tokyo"), ("numbers", "dot")]).await;
    let page = text(&mut here, "/account").await;
    assert!(page.contains("JST") && !page.contains("checked"));
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

#[tokio::test]
async fn resubmitting_a_form_adds_one_person_and_says_so() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let page = text(&mut admin, "/people").await;
    let form = between(&page, "name=\"form\" value=\"", "\"").to_owned();
    assert!(form.ends_with(".add-person"), "{form}");
    let fields = [("name", "Ben Ode"), ("email", "ben@acme.example"), ("roles[]", "sdr"), ("form", &form)];
    admin.post("/actions/add-person", &fields).await;
    let ben = people::by_email(app.store(), "ben@acme.example").await.unwrap().unwrap();
    let bens = format!("/people/{}", ben.id);
    assert!(text(&mut admin, &bens).await.contains("/setup/"));
    let again = admin.post("/actions/add-person", &fields).await;
    assert_eq!((again.status(), location(&again)), (StatusCode::SEE_OTHER, &*bens));
    let page = text(&mut admin, &bens).await;
    assert!(page.contains("The form was submitted twice") && !page.contains("/setup/"), "{page}");
    // The same form with another address has no effect either.
    let other = [("name", "Cem"), ("email", "cem@acme.example"), ("roles[]", "sdr"), ("form", &form)];
    admin.post("/actions/add-person", &other).await;
    assert_eq!(people::all(app.store()).await.unwrap().len(), 2);
    // A new form with a known address is rejected with the reason.
    let fresh =
        [("name", "Ben"), ("email", "ben@acme.example"), ("roles[]", "sdr"), ("form", "other.add-person")];
    admin.post("/actions/add-person", &fresh).await;
    assert!(text(&mut admin, "/people").await.contains("A person with this address already exists."));
}

#[tokio::test]
async fn people_are_filtered_sorted_and_exported() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    for (email, name, role) in [
        ("zoe@acme.example", "Zoe", Role::Ae),
        ("ben@acme.example", "Ben", Role::Sdr),
        ("cem@acme.example", "Cem", Role::Ae),
    ] {
        people::add(app.store(), &store::Actor::command("test"), email, name, &[role]).await.unwrap();
    }
    let ben = people::by_email(app.store(), "ben@acme.example").await.unwrap().unwrap();
    people::set_disabled(app.store(), &store::Actor::command("test"), ben.id, true).await.unwrap();
    let names = |file: &str| -> Vec<String> {
        file.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
    };
    let file = text(&mut admin, "/people.csv").await;
    assert!(file.starts_with("Id,Name,E-mail,State,Roles,Time zone,Added\r\n"), "{file}");
    assert_eq!(names(&file), ["Ben", "Cem", "Somebody", "Zoe"]);
    assert!(file.contains("ben@acme.example,Deactivated,SDR,UTC,"));
    for (query, found) in [
        ("sort=name.oldest", &["Zoe", "Somebody", "Cem", "Ben"][..]),
        ("sort=added", &["Cem", "Ben", "Zoe", "Somebody"]),
        ("sort=added.oldest", &["Somebody", "Zoe", "Ben", "Cem"]),
        ("role=ae", &["Cem", "Zoe"]),
        ("state=deactivated", &["Ben"]),
        ("state=active", &["Somebody"]),
        // Saved views have the earlier name.
        ("state=open", &["Somebody"]),
        ("q=EM%40", &["Cem"]),
        ("role=king&state=odd", &["Ben", "Cem", "Somebody", "Zoe"]),
    ] {
        assert_eq!(names(&text(&mut admin, &format!("/people.csv?{query}")).await), found, "{query}");
    }
    let page = text(&mut admin, "/people?role=ae&sort=added").await;
    assert!(
        page.contains("2\u{a0}people")
            && page.contains("Save this view")
            && page.contains("/people.csv?role=ae&amp;sort=added")
    );
}

#[tokio::test]
async fn paging_people_forward_and_back_misses_no_one() {
    let app = TestApp::start().await;
    for n in 0..7 {
        // Pairs share a name.
        let name = format!("P{}", n / 2);
        people::add(
            app.store(),
            &store::Actor::command("test"),
            &format!("p{n}@acme.example"),
            &name,
            &[Role::Ae],
        )
        .await
        .unwrap();
    }
    for by in [people::PeopleSort::Name, people::PeopleSort::Added] {
        for order in [Order::Newest, Order::Oldest] {
            let read = async |cursor| {
                people::page(app.store(), &people::PeopleFilter::default(), by, order, cursor, 3)
                    .await
                    .unwrap()
            };
            let (mut seen, mut cursor) = (Vec::new(), Some(people::PeopleCursor::Start));
            while let Some(at) = cursor {
                let page = read(at).await;
                assert_eq!(page.total, 7);
                seen.push(page.people.iter().map(|person| person.email.clone()).collect::<Vec<_>>());
                cursor = page.beside.on(order);
            }
            assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1], "{by:?} {order:?}");
            let mut all: Vec<String> = seen.concat();
            let from_a = (order == Order::Newest) == (by == people::PeopleSort::Name);
            let (first, last) = if from_a {
                ("p0@acme.example", "p6@acme.example")
            } else {
                ("p6@acme.example", "p0@acme.example")
            };
            assert!(
                all[0] == first || by == people::PeopleSort::Name && all[..2].contains(&first.to_owned()),
                "{all:?}"
            );
            assert!(
                all[6] == last || by == people::PeopleSort::Name && all[5..].contains(&last.to_owned()),
                "{all:?}"
            );
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 7, "each once");
        }
    }
}
