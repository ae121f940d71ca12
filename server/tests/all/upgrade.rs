//! Processes of `meshline serve` while the schema changes under them, and with logins of different rights.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use store::actor::Role;
use store::testing::TestDatabase;
use tempfile::TempDir;

/// A database and the program.
struct Installation {
    database: TestDatabase,
    folder: TempDir,
}

impl Installation {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "2a".repeat(32)).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { database: TestDatabase::new().await, folder }
    }

    fn command(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshline"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("DATABASE_URL", url).env("MESHLINE_KEY_FILE", self.folder.path().join("key"));
        command.env("HOME", self.folder.path());
        command
    }

    /// Starts a server, and returns it once it listens.
    fn serve(&self, url: &str) -> Server {
        let mut command = self.command(url, &["serve", "--listen", "127.0.0.1:0"]);
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut seen = String::new();
        let address = loop {
            let line = log.next().unwrap_or_else(|| panic!("the server ended: {seen}")).unwrap();
            seen.push_str(&line);
            let Ok(entry) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            if entry["fields"]["message"] == "serving" {
                break entry["fields"]["address"].as_str().unwrap().to_owned();
            }
        };
        // Nothing reads the pipe otherwise, and the server would wait for it.
        std::thread::spawn(move || log.for_each(drop));
        Server { process, address, log: seen }
    }

    /// Runs a command that must end with an exit code, and returns its messages.
    fn ended(&self, url: &str, arguments: &[&str], code: i32) -> String {
        let output = self.command(url, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    }
}

struct Server {
    process: Child,
    address: String,
    /// What it logged until it listened.
    log: String,
}

impl Server {
    async fn ready(&self) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}/readyz", self.address)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test]
async fn two_processes_serve_while_a_migration_that_they_work_with_is_applied() {
    let installation = Installation::new().await;
    let url = installation.database.url.clone();
    let old = installation.serve(&url);
    assert_eq!(old.ready().await.0, 200);

    // Expand: the old process keeps working, and another one of its version may still start.
    let mut owner = installation.database.owner().await;
    owner
        .execute("ALTER TABLE leads ADD COLUMN nickname text; INSERT INTO seaql_migrations VALUES ('9998_expand', 0)")
        .await
        .unwrap();
    let other = installation.serve(&url);
    assert_eq!((old.ready().await.0, other.ready().await.0), (200, 200));

    // Contract: processes that do not know the new column get no more requests, and none of them starts.
    owner
        .execute(
            "INSERT INTO seaql_migrations VALUES ('9999_contract', 0); \
             UPDATE settings SET value = to_jsonb('9998_expand'::text) WHERE name = 'schema_works_from'",
        )
        .await
        .unwrap();
    for server in [&old, &other] {
        let (status, body) = server.ready().await;
        assert!(status == 503 && body.contains("This program is older"), "{status} {body}");
    }
    let said = installation.ended(&url, &["serve", "--listen", "127.0.0.1:0"], 2);
    assert!(said.contains("this program is older"), "{said}");
}

#[tokio::test]
async fn workflows_can_be_stopped_with_a_schema_that_is_a_step_behind() {
    let installation = Installation::new().await;
    let url = installation.database.url.clone();
    store::testing::person(&installation.database.store, "Leader", &[Role::SalesLeader]).await;
    let mut owner = installation.database.owner().await;
    owner
        .execute("DROP TABLE notices; DELETE FROM seaql_migrations WHERE version = '0013_notices'")
        .await
        .unwrap();
    let said = installation.ended(&url, &["serve", "--listen", "127.0.0.1:0"], 2);
    assert!(said.contains("run `meshline migrate`"), "{said}");
    let said = installation.ended(&url, &["kill", "--all", "--reason", "Wrong owners"], 0);
    assert!(said.contains("sales leadership is not notified"), "{said}");
    let stops = store::control::kill::kill_switches(&installation.database.store).await.unwrap();
    assert_eq!(stops.len(), 1);
}

#[tokio::test]
async fn a_server_needs_no_more_than_the_rights_of_the_application() {
    let installation = Installation::new().await;
    let url = installation.database.url.clone();
    let owner = installation.serve(&url);
    let (status, body) = owner.ready().await;
    assert!(status == 200 && body.contains("\nwarning: the database login "), "{status} {body}");
    assert!(owner.log.contains("could change the log"), "{}", owner.log);
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--require-app-login"];
    let said = installation.ended(&url, &arguments, 2);
    assert!(said.contains("only a member of meshline_app"), "{said}");

    let login = format!("login_{}", uuid::Uuid::from_bytes(rand::random()).simple());
    let mut admin = PgConnection::connect(&store::testing::server()).await.unwrap();
    let make = format!("CREATE ROLE {login} LOGIN PASSWORD 'plain' IN ROLE meshline_app");
    admin.execute(AssertSqlSafe(make)).await.unwrap();
    let newest =
        "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'decisions'::regclass";
    let mut connection = installation.database.owner().await;
    let newest: String = sqlx::query_scalar(newest).fetch_one(&mut connection).await.unwrap();
    connection.execute(AssertSqlSafe(format!("DROP TABLE {newest}"))).await.unwrap();
    let mut plain: url::Url = url.parse().unwrap();
    plain.set_username(&login).unwrap();
    plain.set_password(Some("plain")).unwrap();
    let server = installation.serve(plain.as_str());
    let (status, body) = server.ready().await;
    assert!(status == 200 && !body.contains("warning"), "{status} {body}");
    let is_made: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&newest)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(is_made, "the server made {newest} again");
    drop(server);
    // Connections of the server may take a moment to end; they belong to the login.
    admin
        .execute(AssertSqlSafe(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{login}'"
        )))
        .await
        .unwrap();
    admin.execute(AssertSqlSafe(format!("DROP ROLE {login}"))).await.unwrap();
}
