//! An isolated database for each test, on the Postgres server at `MESHLINE_TEST_POSTGRES` (a superuser's URL).
//!
//! Each test binary's process group creates the schema once, in a template database named after the content of the
//! migrations, and every test copies it. `MESHLINE_TEST_TEMPLATE` names a template that several test binaries share;
//! it is created if it does not exist.
//!
//! Hand-written SQL: creating and dropping databases.

use engine::ids::PersonId;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

use crate::actor::{ActorId, Role};
use crate::changes::{self, ChangeScope, ListedChange};
use crate::people::{KeyListFilter, PeopleSort};
use crate::reads::keyset::{Cursor, Order};
use crate::{Actor, Keyring, Store, migrate, people};

/// A test database that is dropped with the value.
pub struct TestDatabase {
    /// URL of the database, as the owner.
    pub url: String,
    /// The application's connection pool.
    pub store: Store,
    server: String,
    name: String,
}

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// Returns the master key of all test databases.
pub fn keyring() -> Keyring {
    Keyring::new(&[42; 32])
}

/// Returns the URL of the Postgres server on which tests create databases.
///
/// # Panics
/// Panics if `MESHLINE_TEST_POSTGRES` is not set, because a database test must not pass without a database.
#[allow(clippy::panic, reason = "a test without its database has to fail")]
pub fn server() -> String {
    std::env::var("MESHLINE_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("MESHLINE_TEST_POSTGRES is not set; `cargo xtask test` starts a Postgres and sets it")
    })
}

#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
impl TestDatabase {
    /// Creates an empty database with the whole schema.
    pub async fn new() -> Self {
        let server = server();
        let template = TEMPLATE.get_or_init(|| make_template(server.clone())).await;
        let name = format!("t_{}", uuid::Uuid::from_bytes(rand::random()).simple());
        let mut admin = PgConnection::connect(&server).await.expect("the test server answers");
        admin
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}")))
            .await
            .expect("a test database");
        let url = with_database(&server, &name);
        let store = Store::connect(&url, keyring()).await.expect("a store");
        Self { url, store, server, name }
    }

    /// Opens a connection as the owner, separate from the application's pool.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("a connection as the owner")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The pool is still open and the runtime may be shutting down, so a thread with a separate runtime drops the
        // database.
        let dropper = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                if let Ok(mut admin) = PgConnection::connect(&server).await {
                    admin
                        .execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
                        .await
                        .ok();
                }
            });
        });
        dropper.join().ok();
    }
}

/// Adds a person with these roles, and returns them as an actor.
///
/// # Panics
/// Panics if the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn person(store: &Store, name: &str, roles: &[Role]) -> Actor {
    let email =
        format!("{}-{}@acme.example", name.to_lowercase(), uuid::Uuid::from_bytes(rand::random()).simple());
    let id = people::add(store, &Actor::command("test"), &email, name, roles).await.expect("a person");
    Actor { who: ActorId::Person(id), roles: roles.to_vec(), ..Actor::command("test") }
}

/// Adds an AE for each of these e-mail addresses that are not taken, and returns those it added.
///
/// # Panics
/// Panics if the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn aes(store: &Store, emails: impl IntoIterator<Item = &str>) -> Vec<PersonId> {
    let mut added = Vec::new();
    for email in emails {
        let name = email.split('@').next().unwrap_or(email);
        match people::add(store, &Actor::command("test"), email, name, &[Role::Ae]).await {
            Ok(id) => added.push(id),
            Err(crate::Error::Duplicate(_)) => {}
            Err(error) => panic!("an AE could not be added: {error}"),
        }
    }
    added
}

/// Returns the API keys, by name.
///
/// # Panics
/// Panics if the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn keys(store: &Store) -> Vec<people::ApiKey> {
    let all = KeyListFilter::default();
    let page =
        people::keys(store, &all, PeopleSort::Name, Order::Newest, Cursor::Start, people::KEY_PAGE_ROWS)
            .await;
    page.expect("keys").keys
}

/// Returns the newest drafts of changes.
///
/// # Panics
/// Panics if the database fails.
#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
pub async fn drafts(store: &Store) -> Vec<ListedChange> {
    let page = changes::list(
        store,
        &ChangeScope::Drafts.into(),
        Order::Newest,
        Cursor::Start,
        changes::CHANGE_PAGE_ROWS,
    )
    .await;
    page.expect("drafts").rows
}

#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
async fn make_template(server: String) -> String {
    let shared = std::env::var("MESHLINE_TEST_TEMPLATE").ok();
    let mut admin = PgConnection::connect(&server).await.expect("the test server answers");
    if let Some(name) = &shared
        && is_there(&mut admin, name).await
    {
        return name.clone();
    }
    let name = shared.unwrap_or_else(|| format!("template_{}", std::process::id()));
    admin
        .execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
        .await
        .expect("no old template");
    admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a template database");
    migrate::up(&with_database(&server, &name), &keyring(), chrono::Utc::now()).await.expect("the schema");
    name
}

#[allow(clippy::expect_used, reason = "a test without its database has to fail")]
async fn is_there(admin: &mut PgConnection, database: &str) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(database)
        .fetch_one(admin)
        .await
        .expect("the list of databases")
}

fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
    query.map_or_else(|| format!("{base}/{name}"), |query| format!("{base}/{name}?{query}"))
}
