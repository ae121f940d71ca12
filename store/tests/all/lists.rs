//! Shared features of lists: order, personal views, and forms that act once.

use chrono::{TimeDelta, Utc};
use store::actor::{ActorId, Role};
use store::reads::audit_log::{AuditCursor, AuditFilter, audit_log};
use store::reads::keyset::Order;
use store::testing::TestDatabase;
use store::{Actor, Error, Store, control, people, views};

async fn person(store: &Store, email: &str) -> Actor {
    let command = Actor::command("test");
    let id = people::add(store, &command, email, "Somebody", &[Role::Sdr]).await.unwrap();
    Actor { who: ActorId::Person(id), roles: vec![Role::Sdr], ..command }
}

fn id(actor: &Actor) -> engine::ids::PersonId {
    let ActorId::Person(id) = actor.who else { panic!("a person") };
    id
}

#[tokio::test]
async fn a_view_belongs_to_one_person() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (ana, bob) = (person(store, "ana@acme.example").await, person(store, "bob@acme.example").await);
    views::save(store, &ana, "/leads", "Held", "action=hold").await.unwrap();
    views::save(store, &ana, "/leads", "Held", "action=hold&period=7d").await.unwrap();
    views::save(store, &ana, "/leads", "All", "").await.unwrap();
    views::save(store, &bob, "/leads", "Held", "queue=sdr").await.unwrap();
    let of_ana = views::views(store, id(&ana), "/leads").await.unwrap();
    let told: Vec<_> = of_ana.iter().map(|view| (view.name.as_str(), view.query.as_str())).collect();
    assert_eq!(told, [("All", ""), ("Held", "action=hold&period=7d")]);
    assert!(views::views(store, id(&ana), "/audit").await.unwrap().is_empty());

    let held = of_ana[1].id;
    assert!(matches!(views::rename(store, &bob, held, "Mine").await, Err(Error::NotFound(_))));
    assert!(matches!(views::delete(store, &bob, held).await, Err(Error::NotFound(_))));
    assert!(matches!(views::rename(store, &ana, held, "All").await, Err(Error::Duplicate(_))));
    assert_eq!(views::rename(store, &ana, held, "On hold").await.unwrap().name, "On hold");
    views::delete(store, &ana, held).await.unwrap();
    assert_eq!(views::views(store, id(&ana), "/leads").await.unwrap().len(), 1);
    assert_eq!(views::views(store, id(&bob), "/leads").await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_number_of_views_is_limited() {
    let database = TestDatabase::new().await;
    let ana = person(&database.store, "ana@acme.example").await;
    for n in 0..views::VIEWS {
        views::save(&database.store, &ana, "/leads", &format!("View {n}"), "").await.unwrap();
    }
    let more = views::save(&database.store, &ana, "/leads", "One more", "").await;
    assert!(matches!(more, Err(Error::Refused(_))));
    views::save(&database.store, &ana, "/leads", "View 3", "q=x").await.unwrap();
    views::save(&database.store, &ana, "/audit", "View 3", "").await.unwrap();
    let evil = views::save(&database.store, &ana, "//evil.example", "Evil", "").await;
    assert!(matches!(evil, Err(Error::Refused(_))));
}

/// Performs an action whose only significant effect is its row in the audit log.
async fn set_zone(store: &Store, actor: &Actor, time_zone: &str) -> store::Result<()> {
    let chosen = people::Preferences {
        time_zone,
        number_format: store::settings::NumberFormat::Comma,
        single_keys: true,
    };
    people::set_preferences(store, actor, chosen).await
}

#[tokio::test]
async fn a_form_acts_once_when_submitted_concurrently() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let ana = person(store, "ana@acme.example").await;
    let sent = |request: &str, token: &str| Actor {
        form: Some(token.into()),
        request_id: request.into(),
        ..ana.clone()
    };
    let (one, two) = (sent("r1", "f1"), sent("r2", "f1"));
    let (first, second) = tokio::join!(
        people::add_key(store, &one, "first", &[people::Scope::Read]),
        people::add_key(store, &two, "second", &[people::Scope::Read]),
    );
    assert!(first.is_ok() != second.is_ok());
    assert!(matches!(first.and(second), Err(Error::Repeated)));
    assert_eq!(store::testing::keys(store).await.len(), 1, "and its effect is rolled back");

    // One request may write several rows. Another form, and another person's form of the same name, are independent.
    set_zone(store, &sent("r3", "f2"), "UTC").await.unwrap();
    set_zone(store, &sent("r3", "f2"), "Europe/Berlin").await.unwrap();
    let bob = person(store, "bob@acme.example").await;
    set_zone(store, &Actor { form: Some("f2".into()), ..bob }, "UTC").await.unwrap();

    assert_eq!(control::forget_forms(store, Utc::now() - TimeDelta::days(1)).await.unwrap(), 0);
    assert_eq!(control::forget_forms(store, Utc::now() + TimeDelta::days(1)).await.unwrap(), 3);
}

#[tokio::test]
async fn a_failed_action_leaves_its_form_unused() {
    let database = TestDatabase::new().await;
    let ana = person(&database.store, "ana@acme.example").await;
    let sent = |request: &str| Actor { form: Some("f".into()), request_id: request.into(), ..ana.clone() };
    let refused = people::add_key(&database.store, &sent("r1"), "", &[people::Scope::Read]).await;
    assert!(matches!(refused, Err(Error::Refused(_))));
    people::add_key(&database.store, &sent("r2"), "web", &[people::Scope::Read]).await.unwrap();
}

#[tokio::test]
async fn the_audit_log_is_read_in_either_order() {
    let database = TestDatabase::new().await;
    let ana = person(&database.store, "ana@acme.example").await;
    for n in 1..8 {
        let later = Actor { now: ana.now + TimeDelta::milliseconds(n), ..ana.clone() };
        set_zone(&database.store, &later, "UTC").await.unwrap();
    }
    for filter in [AuditFilter::default(), AuditFilter { area: Some("person".into()), ..Default::default() }]
    {
        let read = async |order| {
            let (mut ids, mut next) = (Vec::new(), Some(AuditCursor::Start));
            while let Some(cursor) = next {
                let page = audit_log(&database.store, &filter, order, cursor, 3).await.unwrap();
                ids.extend(page.entries.iter().map(|entry| entry.id));
                next = if order == Order::Newest { page.beside.older } else { page.beside.newer };
            }
            ids
        };
        let (down, mut up) = (read(Order::Newest).await, read(Order::Oldest).await);
        up.reverse();
        assert_eq!(down.len(), 8);
        assert_eq!(down, up);
    }
}
