//! People, their links and their keys in the database.

use store::actor::Role;
use store::people::{self, DEFAULT_VALIDITY, Password, Scope};
use store::settings::NumberFormat;
use store::testing::TestDatabase;
use store::{Actor, Error};

fn actor() -> Actor {
    Actor::command("test")
}

#[tokio::test]
async fn a_person_is_found_by_address_whatever_its_case() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let id = people::add(store, &actor(), " Ana@Acme.Example", " Ana ", &[Role::Ae, Role::Sdr, Role::Ae])
        .await
        .unwrap();
    let found = people::by_email(store, "ANA@acme.example").await.unwrap().unwrap();
    assert_eq!((found.id, found.email.as_str(), found.name.as_str()), (id, "ana@acme.example", "Ana"));
    assert_eq!(found.roles, [Role::Sdr, Role::Ae], "without duplicates, in the order of the roles");
    assert_eq!((found.is_disabled, found.has_password, found.time_zone.as_str()), (false, false, "UTC"));
    assert_eq!(people::by_id(store, id).await.unwrap(), Some(found.clone()));
    assert_eq!(people::all(store).await.unwrap(), [found]);
    assert_eq!(people::by_email(store, "nobody").await.unwrap(), None);
}

#[tokio::test]
async fn an_address_is_valid_and_unique() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    people::add(store, &actor(), "ana@acme.example", "Ana", &[]).await.unwrap();
    let again = people::add(store, &actor(), "ANA@acme.example", "Other", &[]).await;
    assert!(matches!(again, Err(Error::Duplicate(name)) if name == "people_email_key"));
    assert!(matches!(people::add(store, &actor(), "ana", "Ana", &[]).await, Err(Error::Refused(_))));
    let nameless = people::add(store, &actor(), "ben@acme.example", "  ", &[]).await;
    assert!(matches!(nameless, Err(Error::Refused(name)) if name == "people_name_length"));
}

#[tokio::test]
async fn roles_are_replaced_as_a_whole() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let id = people::add(store, &actor(), "ana@acme.example", "Ana", &[Role::Sdr]).await.unwrap();
    people::set_roles(store, &actor(), id, &[Role::Admin, Role::Revops]).await.unwrap();
    assert_eq!(people::by_id(store, id).await.unwrap().unwrap().roles, [Role::Revops, Role::Admin]);
    let nobody = uuid::Uuid::nil().into();
    assert!(matches!(people::set_roles(store, &actor(), nobody, &[]).await, Err(Error::NotFound("person"))));
}

#[tokio::test]
async fn the_database_contains_no_password_token_or_key() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let id = people::add(store, &actor(), "ana@acme.example", "Ana", &[Role::Sdr]).await.unwrap();
    let token = people::make_setup_link(store, &actor(), id, DEFAULT_VALIDITY).await.unwrap();
    let key = people::add_key(store, &actor(), "loader", &[Scope::Ingest, Scope::Read, Scope::Ingest])
        .await
        .unwrap();
    people::set_password(store, &actor(), id, Password::parse("correct horse battery").unwrap())
        .await
        .unwrap();
    assert!(
        people::check_password(store, "ana@acme.example", "correct horse battery").await.unwrap().is_some()
    );
    let dump: String = sqlx::query_scalar(
        "SELECT concat((SELECT json_agg(p) FROM people p), (SELECT json_agg(s) FROM setup_links s), (SELECT json_agg(k) FROM api_keys k), \
         (SELECT json_agg(a) FROM audit_log a))",
    )
    .fetch_one(store.pool())
    .await
    .unwrap();
    for secret in ["correct horse battery", &token, &key] {
        assert!(!dump.contains(secret), "{dump}");
    }
    for act in ["person.add", "person.make_setup_link", "person.set_password", "key.add"] {
        assert!(dump.contains(act), "{act}: {dump}");
    }
    let found = people::key_by_secret(store, &key).await.unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.scopes.as_slice()),
        ("loader", [Scope::Ingest, Scope::Read].as_slice())
    );
    assert_eq!(key.len(), 46);
}

#[tokio::test]
async fn a_key_has_a_unique_name_and_a_scope() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    people::add_key(store, &actor(), "loader", &[Scope::Ingest]).await.unwrap();
    let again = people::add_key(store, &actor(), "loader", &[Scope::Read]).await;
    assert!(matches!(again, Err(Error::Duplicate(name)) if name == "api_keys_name_key"));
    let scopeless = people::add_key(store, &actor(), "nothing", &[]).await;
    assert!(matches!(scopeless, Err(Error::Refused(name)) if name == "api_keys_scopes_exist"));
    let id = store::testing::keys(store).await.remove(0).id;
    people::revoke_key(store, &actor(), id).await.unwrap();
    assert!(store::testing::keys(store).await[0].revoked_at.is_some());
    assert!(matches!(people::revoke_key(store, &actor(), id).await, Err(Error::NotFound("key"))));
}

#[tokio::test]
async fn an_administrator_always_remains() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let ana = people::add(store, &actor(), "ana@acme.example", "Ana", &[Role::Admin]).await.unwrap();
    let ben =
        people::add(store, &actor(), "ben@acme.example", "Ben", &[Role::Admin, Role::Sdr]).await.unwrap();
    people::set_disabled(store, &actor(), ben, true).await.unwrap();
    assert!(matches!(people::set_roles(store, &actor(), ana, &[Role::Sdr]).await, Err(Error::Refused(_))));
    assert!(matches!(people::set_disabled(store, &actor(), ana, true).await, Err(Error::Refused(_))));
    assert_eq!(people::by_id(store, ana).await.unwrap().unwrap().roles, [Role::Admin], "nothing has changed");
    people::set_disabled(store, &actor(), ben, false).await.unwrap();
    // Two people remove each other's role at the same moment: one of them must fail.
    let (one, other) = (actor(), actor());
    let (first, second) =
        tokio::join!(people::set_roles(store, &one, ana, &[]), people::set_roles(store, &other, ben, &[]));
    assert_eq!([first.is_ok(), second.is_ok()].into_iter().filter(|done| *done).count(), 1);
    let admins =
        people::all(store).await.unwrap().into_iter().filter(|person| person.roles.contains(&Role::Admin));
    assert_eq!(admins.count(), 1);
}

#[tokio::test]
async fn the_audit_log_is_paged_and_filtered_by_actor_and_action() {
    use store::reads::audit_log::{AuditCursor, AuditFilter, PAGE_ROWS, audit_log};
    use store::reads::keyset::Order::Newest;
    let database = TestDatabase::new().await;
    let store = &database.store;
    let ana = people::add(store, &actor(), "ana@acme.example", "Ana", &[Role::Admin]).await.unwrap();
    let by_ana = Actor { who: store::actor::ActorId::Person(ana), roles: vec![Role::Admin], ..actor() };
    for n in 0..PAGE_ROWS + 7 {
        let moment =
            Actor { now: by_ana.now + chrono::TimeDelta::milliseconds(n as i64 + 1), ..by_ana.clone() };
        let time_zone = if n % 2 == 0 { "Europe/Berlin" } else { "UTC" };
        let chosen = people::Preferences { time_zone, number_format: NumberFormat::Dot, single_keys: false };
        people::set_preferences(store, &moment, chosen).await.unwrap();
    }
    let found = people::by_id(store, ana).await.unwrap().unwrap();
    assert_eq!((found.number_format, found.single_keys), (NumberFormat::Dot, false));
    let everything = AuditFilter::default();
    let first = audit_log(store, &everything, Newest, AuditCursor::Start, PAGE_ROWS).await.unwrap();
    assert_eq!((first.entries.len(), first.cut), (PAGE_ROWS, false));
    let second = audit_log(store, &everything, Newest, first.beside.older.unwrap(), PAGE_ROWS).await.unwrap();
    assert_eq!((second.entries.len(), second.beside.older, second.cut), (8, None, false));
    let all: Vec<_> = first.entries.iter().chain(&second.entries).map(|entry| (entry.at, entry.id)).collect();
    assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "newest first, without duplicates");
    let last = second.entries.last().unwrap();
    assert_eq!((last.action.as_str(), last.actor.as_str()), ("person.add", "command:test"));
    let count = async |filter: AuditFilter| {
        audit_log(store, &filter, Newest, AuditCursor::Start, PAGE_ROWS).await.unwrap().entries.len()
    };
    assert_eq!(count(AuditFilter { actor: Some("command:".into()), ..Default::default() }).await, 1);
    assert_eq!(
        count(AuditFilter { actor: Some(format!("person:{ana}")), ..Default::default() }).await,
        PAGE_ROWS
    );
    assert_eq!(
        count(AuditFilter { area: Some("pers".into()), ..Default::default() }).await,
        0,
        "an area is a whole word"
    );
    assert_eq!(count(AuditFilter { area: Some("person".into()), ..Default::default() }).await, PAGE_ROWS);
    assert_eq!(count(AuditFilter { subject: Some("%".into()), ..Default::default() }).await, 0, "no pattern");
}
