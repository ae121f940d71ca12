//! Settings of the whole organisation.

use reqwest::StatusCode;
use server::http::Config;
use service::mail::SmtpMailer;
use store::actor::Role;
use store::people;
use store::settings::NumberFormat;
use store::{Actor, layers};

use crate::mail::MailServer;
use crate::support::{TestApp, text};

#[tokio::test]
async fn the_organisation_has_a_name_and_defaults_for_new_people() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let fields = [("name", " Acme & Co "), ("zone", "Europe/Berlin"), ("numbers", "dot")];
    admin.post("/actions/set-organisation", &fields).await;
    let page = text(&mut admin, "/leads").await;
    assert!(page.contains("Acme &amp; Co"), "under the brand");
    let ben = app.person("ben@acme.example", &[Role::Sdr]).await;
    let ben = people::by_id(app.store(), ben).await.unwrap().unwrap();
    assert_eq!((ben.time_zone.as_str(), ben.number_format), ("Europe/Berlin", NumberFormat::Dot));
    let ana = people::by_email(app.store(), "ana@acme.example").await.unwrap().unwrap();
    assert_eq!(ana.time_zone, "UTC", "existing people keep their settings");
    admin.post("/actions/set-organisation", &[("name", " "), ("zone", "UTC"), ("numbers", "dot")]).await;
    assert!(text(&mut admin, "/settings").await.contains("Enter a name."));
    let strange = [("name", "Acme"), ("zone", "Mars/Olympus"), ("numbers", "dot")];
    assert_eq!(admin.post("/actions/set-organisation", &strange).await.status(), StatusCode::NOT_FOUND);
    let mut sdr = app.signed_in("cy@acme.example", &[Role::Sdr]).await;
    let page = text(&mut sdr, "/settings").await;
    assert!(page.contains("Administrators can change these.") && !page.contains("/actions/set-o"));
    assert!(text(&mut admin, "/audit?area=settings").await.contains("Changed the organization"));
}

#[tokio::test]
async fn content_and_rules_have_two_different_owners() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    app.person("ina@acme.example", &[Role::Enablement, Role::Revops]).await;
    app.person("ron@acme.example", &[Role::Revops]).await;
    let owners = |rules: &'static str| {
        [("content", "ina@acme.example"), ("rules", rules), ("sync", ""), ("control", "")]
    };
    admin.post("/actions/set-owners", &owners("ina@acme.example")).await;
    let page = text(&mut admin, "/settings").await;
    assert!(page.contains("Content and rules need two different owners, so"), "{page}");
    assert_eq!(layers::owners(app.store()).await.unwrap(), [None, None, None, None]);
    admin.post("/actions/set-owners", &owners("ron@acme.example")).await;
    let [content, rules, sync, _] = layers::owners(app.store()).await.unwrap();
    assert_eq!(
        (content.as_deref(), rules.as_deref(), sync),
        (Some("ina@acme.example"), Some("ron@acme.example"), None)
    );
    let ron = people::by_email(app.store(), "ron@acme.example").await.unwrap().unwrap().id;
    people::set_disabled(app.store(), &Actor::command("test"), ron, true).await.unwrap();
    admin.post("/actions/set-owners", &owners("ron@acme.example")).await;
    assert!(text(&mut admin, "/settings").await.contains("This person cannot sign in. Choose someone else."));
}

#[tokio::test]
async fn a_test_e_mail_goes_to_the_sender_and_the_servers_answer_is_shown() {
    let server = MailServer::start().await;
    let mail = SmtpMailer::new(&server.url, "Meshline <meshline@acme.example>").unwrap();
    let app = TestApp::with(Config { mail: Some(mail), ..Config::default() }).await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    admin.post("/actions/send-test-mail", &[]).await;
    assert!(text(&mut admin, "/settings").await.contains("accepted an e-mail to ana@acme.example"));
    assert!(server.letters(1).await[0].contains("Subject: Test e-mail from Meshline"));
    let mut refused = app.signed_in("refused@acme.example", &[Role::Admin]).await;
    refused.post("/actions/send-test-mail", &[]).await;
    let page = text(&mut refused, "/settings").await;
    assert!(page.contains("rejected the e-mail") && page.contains("nobody here"), "{page}");

    let app = TestApp::start().await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    let page = text(&mut admin, "/settings").await;
    assert!(page.contains("No mail server is configured") && !page.contains("send-test-mail\""));
    admin.post("/actions/send-test-mail", &[]).await;
    assert!(text(&mut admin, "/settings").await.contains("No mail server is configured."));
}
