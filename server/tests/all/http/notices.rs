//! Sales leadership is notified when a workflow is stopped and resumed: on the home page and by e-mail.

use server::signals::Signals;
use server::tasks::{JobResources, NoticeMail, schedule};
use service::mail::SmtpMailer;
use store::Actor;
use store::actor::Role;
use store::control::kill::{self, StopScope};
use tokio_util::sync::CancellationToken;

use crate::mail::{MailServer, unfolded};
use crate::support::TestApp;

const FROM: &str = "Meshline <meshline@acme.example>";

/// Runs due jobs with this mail server until the returned guard is dropped.
fn jobs(app: &TestApp, mail_server: Option<&str>) -> tokio_util::sync::DropGuard {
    let stop = CancellationToken::new();
    let letters = mail_server.map(|url| NoticeMail {
        mail: SmtpMailer::new(url, FROM).unwrap(),
        origin: "https://meshline.acme.example".into(),
    });
    let means = JobResources { letters, data_dir: None };
    let (store, shutdown, signals) = (app.store().clone(), stop.clone(), Signals::default());
    tokio::spawn(async move { schedule::run(store, means, signals.jobs(), shutdown).await });
    stop.drop_guard()
}

/// Makes the job and failed notices due immediately.
async fn hurry(app: &TestApp) {
    for statement in [
        "UPDATE notices SET due_at = now() - interval '1 second'",
        "UPDATE jobs SET due_at = now() - interval '1 second' WHERE name = 'notices'",
    ] {
        sqlx::query(statement).execute(app.store().pool()).await.unwrap();
    }
}

/// Waits until a query returns true.
async fn until(app: &TestApp, query: &'static str) {
    for _ in 0..200 {
        if sqlx::query_scalar::<_, bool>(query).fetch_one(app.store().pool()).await.unwrap() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never: {query}");
}

fn inbound() -> StopScope {
    StopScope::Workflow("inbound-form".into())
}

#[tokio::test]
async fn sales_leaders_get_one_e_mail_per_stop_and_resume() {
    let app = TestApp::start().await;
    app.person("lea@acme.example", &[Role::SalesLeader, Role::Revops]).await;
    app.person("sam@acme.example", &[Role::Sdr]).await;
    let gone = app.person("gone@acme.example", &[Role::SalesLeader]).await;
    let server = MailServer::start().await;
    let _jobs = jobs(&app, Some(&server.url));
    kill::kill(app.store(), &Actor::command("test"), &inbound(), "Leads go to the wrong owners")
        .await
        .unwrap();
    // Stopping twice notifies once.
    kill::kill(app.store(), &Actor::command("test"), &inbound(), "Again").await.unwrap();
    hurry(&app).await;
    let letters = server.letters(2).await;
    let of = |letters: &[String], who: &str| -> Vec<String> {
        letters.iter().map(|letter| unfolded(letter)).filter(|letter| letter.contains(who)).collect()
    };
    let [letter] = of(&letters, "lea@acme.example").try_into().unwrap();
    assert!(letter.contains("Subject: Inbound form is stopped"), "{letter}");
    assert!(
        letter.contains("Leads go to the wrong owners") && letter.contains("https://meshline.acme.example/")
    );
    assert!(of(&letters, "sam@acme.example").is_empty());

    store::people::set_disabled(app.store(), &Actor::command("test"), gone, true).await.unwrap();
    kill::resume(app.store(), &Actor::command("test"), &inbound(), "The owners are right again")
        .await
        .unwrap();
    hurry(&app).await;
    let letters = server.letters(3).await;
    hurry(&app).await;
    until(&app, "SELECT due_at > now() FROM jobs WHERE name = 'notices'").await;
    assert_eq!(server.letters(3).await.len(), 3, "no one is notified twice");
    assert_eq!(of(&letters, "Subject: Inbound form was resumed").len(), 1);
    assert_eq!(of(&letters, "gone@acme.example").len(), 1, "deactivated people are no longer notified");
}

#[tokio::test]
async fn a_rejected_e_mail_is_retried() {
    let app = TestApp::start().await;
    app.person("lea@acme.example", &[Role::SalesLeader]).await;
    kill::kill(app.store(), &Actor::command("test"), &StopScope::All, "An outage").await.unwrap();
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let broken = jobs(&app, Some(&format!("smtp://{nobody}")));
    until(&app, "SELECT attempts = 1 AND last_error IS NOT NULL AND due_at > now() FROM notices").await;
    until(&app, "SELECT NOT succeeded FROM jobs WHERE name = 'notices'").await;
    drop(broken);
    let server = MailServer::start().await;
    let _jobs = jobs(&app, Some(&server.url));
    hurry(&app).await;
    let [letter] = server.letters(1).await.try_into().unwrap();
    assert!(unfolded(&letter).contains("Every workflow is stopped"), "{letter}");
}

#[tokio::test]
async fn without_a_mail_server_the_home_page_shows_the_notice() {
    let app = TestApp::start().await;
    let mut lea = app.signed_in("lea@acme.example", &[Role::SalesLeader]).await;
    let mut sam = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    kill::kill(app.store(), &Actor::command("test"), &inbound(), "Leads go to the wrong owners")
        .await
        .unwrap();
    let _jobs = jobs(&app, None);
    until(&app, "SELECT coalesce(bool_or(succeeded), false) FROM jobs WHERE name = 'notices'").await;
    let page = lea.get("/").await.text().await.unwrap();
    assert!(page.contains("is stopped.") && page.contains("Leads go to the wrong owners"), "{page}");
    kill::resume(app.store(), &Actor::command("test"), &inbound(), "The owners are right again")
        .await
        .unwrap();
    let page = lea.get("/").await.text().await.unwrap();
    assert!(
        page.contains("Inbound form was resumed.") && page.contains("The owners are right again"),
        "{page}"
    );
    assert!(!sam.get("/").await.text().await.unwrap().contains("was resumed."));
    kill::kill(app.store(), &Actor::command("test"), &inbound(), "Once more").await.unwrap();
    let page = lea.get("/").await.text().await.unwrap();
    assert!(!page.contains("was resumed.") && page.contains("Once more"), "{page}");
}
