//! People, their links and their keys in the database.

use store::actor::Role;
use store::people::{self, DEFAULT_VALIDITY, HashLane, Password, Scope};
use store::settings::NumberFormat;
use store::testing::TestDatabase;
use store::{Actor, Error};
use uuid::Uuid;

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
        people::check_password(store, "ana@acme.example", "correct horse battery", HashLane::Known)
            .await
            .unwrap()
            .is_some()
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
    assert_eq!(found.prefix.as_deref(), key.get(..7), "no more of the key than needed to recognise it");
    assert_eq!((found.created_by.as_deref(), found.last_used_at), (Some("command:test"), None));
}

#[tokio::test]
async fn the_use_of_a_key_is_recorded_to_the_minute() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let secret = people::add_key(store, &actor(), "loader", &[Scope::Read]).await.unwrap();
    let read = async || people::key_by_secret(store, &secret).await.unwrap().unwrap();
    let first = engine::time::cut(chrono::Utc::now());
    let unused = read().await;
    people::record_key_use(store, &unused, first).await.unwrap();
    assert_eq!(read().await.last_used_at, Some(first));
    // Another process still holds the key as it was before: its use within the minute is not written again.
    people::record_key_use(store, &unused, first + chrono::TimeDelta::seconds(59)).await.unwrap();
    assert_eq!(read().await.last_used_at, Some(first));
    let later = first + chrono::TimeDelta::seconds(61);
    people::record_key_use(store, &read().await, later).await.unwrap();
    assert_eq!(read().await.last_used_at, Some(later));
}

#[tokio::test]
async fn what_depends_on_a_person_is_known_before_they_are_deactivated() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let ana =
        people::add(store, &actor(), "ana@acme.example", "Ana", &[Role::Ae, Role::Revops]).await.unwrap();
    let ben = people::add(store, &actor(), "ben@acme.example", "Ben", &[Role::Revops]).await.unwrap();
    assert!(people::holdings(store, ana).await.unwrap().is_empty());
    let run =
        async |sql: &'static str, id: Uuid| sqlx::query(sql).bind(id).execute(store.pool()).await.unwrap();
    run("UPDATE layers SET rules_owner = $1", ana.0).await;
    run(
        "INSERT INTO leads (id, assignee, created_at) VALUES ($1, 'ana@acme.example', now())",
        Uuid::from_u128(1),
    )
    .await;
    run(
        "INSERT INTO leads (id, assignee, stage, created_at) VALUES ($1, 'ana@acme.example', 'won', now())",
        Uuid::from_u128(2),
    )
    .await;
    let eve = people::add(store, &actor(), "eve@acme.example", "Eve", &[Role::Revops]).await.unwrap();
    run(
        "INSERT INTO changes (id, kind, name, base_version, state, title, why, source, body, hash, required, author_id, created_by, created_at, updated_at) \
         VALUES (gen_random_uuid(), 'pool', 'enterprise', 0, 'draft', 'A pool', '', '', '{}', sha256(''), '{revops}', $1, 'test', now(), now())",
        eve.0,
    )
    .await;
    run("INSERT INTO change_editors SELECT id, $1 FROM changes", eve.0).await;
    run("UPDATE changes SET state = 'submitted', submitted_at = now() WHERE author_id = $1", eve.0).await;
    let held = people::holdings(store, ana).await.unwrap();
    assert_eq!(
        (held.layers.as_slice(), held.leads),
        (["rules".to_owned()].as_slice(), 1),
        "a lead that was won is closed"
    );
    assert_eq!((held.approvals, held.sole_approvals), (1, 0), "Ben can approve it, too");
    people::set_disabled(store, &actor(), ben, true).await.unwrap();
    let held = people::holdings(store, ana).await.unwrap();
    assert_eq!((held.approvals, held.sole_approvals), (1, 1));
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
    use store::reads::audit_log::{AuditCursor, AuditFilter, PAGE_ROWS, audit_log, audit_search};
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
    let search = audit_search(store, "%", None, Vec::new()).await.unwrap();
    assert_eq!(count(AuditFilter { search: Some(search), ..Default::default() }).await, 0, "no pattern");
    let (from, to) =
        (by_ana.now + chrono::TimeDelta::milliseconds(10), by_ana.now + chrono::TimeDelta::milliseconds(13));
    let period = AuditFilter { from: Some(from), to: Some(to), ..Default::default() };
    assert_eq!(count(period.clone()).await, 3, "the end is not included");
    assert_eq!(count(AuditFilter { area: Some("key".into()), ..period }).await, 0);
}

#[tokio::test]
async fn the_audit_log_is_searched_by_what_its_rows_show() {
    use store::reads::audit_log::{
        AuditCursor, AuditFilter, PAGE_ROWS, audit_log, audit_search, names_of_subjects,
    };
    use store::reads::keyset::Order::Newest;
    let database = TestDatabase::new().await;
    let store = &database.store;
    let felix =
        people::add(store, &actor(), "felix@acme.example", "Felix Brunner", &[Role::Revops]).await.unwrap();
    let by_felix = Actor { who: store::actor::ActorId::Person(felix), roles: vec![Role::Revops], ..actor() };
    people::add_key(store, &by_felix, "Zapier 4", &[people::Scope::Ingest]).await.unwrap();
    people::record_session(store, &by_felix, "person.sign_in").await.unwrap();
    let mut connection = store.pool().acquire().await.unwrap();
    for number in [4, 14] {
        store::changes::log(&mut connection, &by_felix, "change.comment", number, serde_json::json!({}))
            .await
            .unwrap();
    }
    let entry = |action: &'static str, subject: &'static str, detail| store::control::Audit {
        action,
        subject,
        lead: None,
        detail,
    };
    let switched =
        serde_json::json!({"rule": "target-account", "reason": "Wrong segment", "hash": "sha256:felix"});
    store::control::audit(&mut connection, &actor(), entry("rule.switch_off", "workflow:inbound", switched))
        .await
        .unwrap();
    store::control::audit(
        &mut connection,
        &actor(),
        entry("version.begin", "list:target_accounts", serde_json::json!({})),
    )
    .await
    .unwrap();
    drop(connection);
    let found = async |text: &str, subject: Option<&str>, acts: &[&str]| {
        let acts = acts.iter().map(|act| (*act).to_owned()).collect();
        let search = audit_search(store, text, subject.map(str::to_owned), acts).await.unwrap();
        let filter = AuditFilter { search: Some(search), without_sign_ins: true, ..Default::default() };
        let page = audit_log(store, &filter, Newest, AuditCursor::Start, PAGE_ROWS).await.unwrap();
        let mut acts: Vec<String> = page
            .entries
            .into_iter()
            .map(|entry| format!("{} {}", entry.action, entry.subject.split(':').next().unwrap()))
            .collect();
        acts.sort_unstable();
        acts
    };
    let by_and_about = ["change.comment change", "change.comment change", "key.add key", "person.add person"];
    assert_eq!(
        found("felix", None, &[]).await,
        by_and_about,
        "as subject and as actor, but not within a hash"
    );
    assert_eq!(found("Zapier", None, &[]).await, ["key.add key"]);
    for text in ["#4", "4"] {
        assert_eq!(
            found(text, None, &[]).await,
            ["change.comment change"],
            "{text}: neither #14 nor digits of IDs"
        );
    }
    assert_eq!(found("", Some("change:14"), &[]).await, ["change.comment change"]);
    assert_eq!(found("Target accounts", None, &[]).await, ["version.begin list"]);
    assert_eq!(found("wrong segment", None, &[]).await, ["rule.switch_off workflow"]);
    assert_eq!(found("comment", None, &["change.comment"]).await.len(), 2);
    assert_eq!(found(&felix.to_string(), None, &[]).await, ["person.add person"]);
    assert!(found("nothing like this", None, &[]).await.is_empty());

    let all = audit_log(store, &AuditFilter::default(), Newest, AuditCursor::Start, PAGE_ROWS).await.unwrap();
    let subjects: Vec<String> = all.entries.iter().map(|entry| entry.subject.clone()).collect();
    let names = names_of_subjects(store, &subjects).await.unwrap();
    let named: Vec<&str> = names.values().map(String::as_str).collect();
    assert!(named.contains(&"Felix Brunner") && named.contains(&"Zapier 4"), "{named:?}");
    let with_sign_ins = AuditFilter { area: Some("person".into()), ..Default::default() };
    let without = AuditFilter { without_sign_ins: true, ..with_sign_ins.clone() };
    let count = async |filter| {
        audit_log(store, &filter, Newest, AuditCursor::Start, PAGE_ROWS).await.unwrap().entries.len()
    };
    assert_eq!((count(with_sign_ins).await, count(without).await), (2, 1));
}

#[tokio::test]
async fn a_role_that_is_kept_stays_as_it_was_given() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let admin = store::testing::person(store, "Ada", &[Role::Admin]).await;
    let id = people::add(store, &admin, "ben@acme.example", "Ben", &[Role::Sdr]).await.unwrap();
    let before = people::terms(store, id).await.unwrap();
    assert_eq!(before[0].given_by.as_deref(), Some(&*admin.who.to_string()));
    assert!(!before[0].counts(chrono::Utc::now()));
    people::set_roles(store, &admin, id, &[Role::Sdr, Role::Revops]).await.unwrap();
    let after = people::terms(store, id).await.unwrap();
    assert_eq!(after.iter().find(|term| term.role == Role::Sdr), before.first());
    let other = store::testing::person(store, "Olu", &[Role::Admin]).await;
    assert!(matches!(people::confirm(store, &admin, id, Role::Revops).await, Err(Error::Refused(_))));
    people::confirm(store, &other, id, Role::Revops).await.unwrap();
    let confirmed = people::terms(store, id).await.unwrap();
    assert!(confirmed.iter().any(|term| term.role == Role::Revops && term.counts(chrono::Utc::now())));
    let again = people::confirm(store, &other, id, Role::Revops).await;
    assert!(matches!(again, Err(Error::NotFound("role"))));
}

#[tokio::test]
async fn what_administrators_do_to_an_account_is_told_to_its_owner_and_the_others() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let ada = store::testing::person(store, "Ada", &[Role::Admin]).await;
    let olu = store::testing::person(store, "Olu", &[Role::Admin]).await;
    let sam = store::testing::person(store, "Sam", &[Role::Sdr]).await;
    let felix = store::testing::person(store, "Felix", &[Role::Revops]).await.person().unwrap();
    let password = || Password::parse("correct horse battery").unwrap();
    people::set_password(store, &actor(), felix, password()).await.unwrap();
    let told = async |who: engine::ids::PersonId| {
        let mut all = store::notices::of_person(store, who, chrono::Utc::now()).await.unwrap();
        // Those of one instant have no order.
        all.sort_by_key(|notice| notice.what.clone());
        all.into_iter().map(|notice| (notice.what, notice.reason)).collect::<Vec<_>>()
    };
    assert_eq!(told(felix).await, [], "a first password takes nothing from anyone");
    people::make_setup_link(store, &ada, felix, DEFAULT_VALIDITY).await.unwrap();
    people::set_password(store, &ada, felix, password()).await.unwrap();
    people::set_roles(store, &ada, felix, &[Role::Sdr, Role::Revops]).await.unwrap();
    people::confirm(store, &olu, felix, Role::Sdr).await.unwrap();
    let notice = |what: &str, detail: &str| (what.to_owned(), detail.to_owned());
    let (link, password) = (notice("link_created", ""), notice("password_set", ""));
    let (confirmed, roles) = (notice("role_confirmed", "sdr"), notice("roles_changed", "revops, sdr"));
    let everything = [link.clone(), password.clone(), confirmed.clone(), roles.clone()];
    assert_eq!(told(felix).await, everything);
    assert_eq!(told(olu.person().unwrap()).await, [link, password, roles], "not of what she did herself");
    assert_eq!(told(ada.person().unwrap()).await, [confirmed]);
    assert_eq!(told(sam.person().unwrap()).await, []);
}
