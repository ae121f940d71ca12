//! The command-line program: its output, its effects and its exit codes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

const RULES: &str = "\
rule_set: inbound-form
fields: {intent_confidence: {type: number, min: 0, max: 1}, company: {type: string}, company_size: {type: integer, unit: employees},
         source: {type: enum, values: [chat, web_form, referral]}, timeframe_days: {type: integer, missing: unknown}}
lists: {tam: [Initech, Globex]}
rules:
  - {id: tam-high-intent, when: 'intent_confidence > 0.85 && company in lists.tam', then: [{assign: {pool: enterprise-ae, meeting: intro}}]}
  - {id: referral, when: 'source == \"referral\"', then: [advance], min_confidence: {source: 0.8}, risk: [quota]}
default: hold
";

const WORKFLOW: &str = "\
workflows:
  offers:
    takes: [{kind: form, source: shop}]
    fields: {price: {type: number, min: 0}}
    map: {price: {from: /payload/Price, extract: number, decimal: point}}
    rules: [{id: large, when: price >= 100, then: [advance]}]
    default: nurture
";

const LEADS: &str = "\
Id,Price,Created,Status,Closed
a,250,2024-01-05,Won,2024-01-09
,40,2024-02-01,Open,
,40,2024-02-01,Open,
b,99,soon,Won,2024-02-02
c,900,2024-03-01,Won,2024-02-20
";

/// A folder, an empty database and the program.
pub struct Desk {
    pub folder: TempDir,
    server: String,
    name: String,
}

impl Desk {
    pub async fn new() -> Self {
        let server = store::testing::server();
        let name = format!("cli_{}", uuid::Uuid::from_bytes(rand::random()).simple());
        let mut admin = PgConnection::connect(&server).await.unwrap();
        admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), server, name }
    }

    /// Drops the database and creates it anew, empty.
    pub async fn recreate(&self) {
        let mut admin = PgConnection::connect(&self.server).await.unwrap();
        for statement in ["DROP DATABASE {} WITH (FORCE)", "CREATE DATABASE {}"] {
            let statement = statement.replace("{}", &self.name);
            admin.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("{}/{}", self.server.rsplit_once('/').unwrap().0, self.name)
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        meshline(self.folder.path()).env("DATABASE_URL", self.url()).args(arguments).output().unwrap()
    }

    pub async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        Command::new("psql").args([&self.server, "-qc", &statement]).output().ok();
    }
}

/// Returns the program in a folder, with an environment that contains only `PATH`.
pub fn meshline(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshline"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("MESHLINE_KEY_FILE", folder.join("key"));
    command
}

#[track_caller]
pub fn ended(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    format!("{out}{err}")
}

#[test]
fn rules_are_simulated_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
    let leads = "company,intent_confidence,intent_confidence__confidence,source,source__confidence\n\
                 Initech,0.9,,chat,\ninitech ,0.9,0.95,referral,0.9\nPine,0.2,,referral,0.7\nPine,0.2,,referral,0.8\nPine,0.2,,chat,\n,0.9,,referral,\n";
    std::fs::write(folder.path().join("leads.csv"), leads).unwrap();
    let run = |leads: &str| {
        meshline(folder.path())
            .args(["simulate", "--rules", "rules.yaml", "--leads", leads])
            .output()
            .unwrap()
    };
    let printed: Json = serde_json::from_str(&ended(&run("leads.csv"), 0)).unwrap();
    let rules = json!([{"id": "tam-high-intent", "action": "assign", "count": 2}, {"id": "referral", "action": "advance", "count": 1}]);
    assert_eq!(printed, json!({"total": 6, "default": 1, "held": 2, "rules": rules}));

    std::fs::write(folder.path().join("bad.csv"), "company,intent_confidence\nInitech,lots\nInitech,0.9\n")
        .unwrap();
    let said = ended(&run("bad.csv"), 4);
    assert!(
        said.contains("\"total\":1") && said.contains("line 2") && said.contains("intent_confidence"),
        "{said}"
    );
    assert!(ended(&run("none.csv"), 2).contains("none.csv"));
    // A file that cannot be read to its end is no file that ends.
    assert!(ended(&run("/proc/self/mem"), 3).contains("cannot be read to its end"));

    std::fs::write(
        folder.path().join("open.csv"),
        "company,intent_confidence\nInitech,0.9\nInitech,\"0.9\nInitech,0.9\n",
    )
    .unwrap();
    let said = ended(&run("open.csv"), 4);
    assert!(
        said.contains("\"total\":2") && said.contains("line 3: The quote opened on line 3 is not closed"),
        "{said}"
    );

    std::fs::write(
        folder.path().join("excel.csv"),
        b"company;intent_confidence\r\nInitech;0,9\r\nGr\xfcn;0,2\r\n;\r\n",
    )
    .unwrap();
    let said = ended(&run("excel.csv"), 0);
    assert!(said.contains("\"total\":2") && said.contains("\"count\":1"), "{said}");
    assert!(
        said.contains("read as Windows-1252, semicolons, decimal commas")
            && said.contains("blank rows skipped: 1"),
        "{said}"
    );
    std::fs::write(folder.path().join("rules.yaml"), RULES.replace("company in", "compny in")).unwrap();
    let said = ended(&run("leads.csv"), 2);
    assert!(said.contains("/rules/0/when at 29") && said.contains("Did you mean `company`?"), "{said}");
}

#[test]
fn help_lists_commands_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| meshline(folder.path()).args(arguments).output().unwrap();
    let help = ended(&run(&["--help"]), 0);
    for word in
        ["serve", "migrate", "demo", "apply", "user", "key", "import", "simulate", "replay", "Exit codes"]
    {
        assert!(help.contains(word), "{word} in {help}");
    }
    ended(&run(&["import"]), 2);
    assert!(ended(&run(&["replay", "--all"]), 2).contains("DATABASE_URL"));
    assert!(
        ended(&run(&["migrate", "--database-url", "postgres://127.0.0.1:1/x"]), 3).contains("not available")
    );
}

#[tokio::test]
async fn flags_override_variables_and_variables_override_the_file() {
    let desk = Desk::new().await;
    desk.file("meshline.toml", &format!("database-url = {:?}\nkey-file = \"from-file\"\n", desk.url()));
    let run = |key: Option<&str>, extra: &[&str]| {
        let mut command = meshline(desk.folder.path());
        command.env_remove("MESHLINE_KEY_FILE").args(["--config", "meshline.toml", "migrate"]).args(extra);
        key.map(|key| command.env("MESHLINE_KEY_FILE", key));
        command.output().unwrap()
    };
    ended(&run(None, &[]), 0);
    assert!(desk.folder.path().join("from-file").exists());
    let said = ended(&run(Some("from-variable"), &[]), 2);
    assert!(said.contains("no key file") && said.contains("MESHLINE_KEY_FILE"), "{said}");
    assert!(
        !desk.folder.path().join("from-variable").exists(),
        "no key is made for a database that has another one"
    );
    let other = desk.file("from-variable", &"1b".repeat(32));
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o604)).unwrap();
    assert!(ended(&run(Some("from-variable"), &[]), 2).contains("chmod 600 from-variable"));
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(ended(&run(Some("from-variable"), &[]), 2).contains("another master key"));
    ended(&run(Some("from-variable"), &["--key-file", "from-file"]), 0);
    desk.file("meshline.toml", "data-base-url = 'x'\n");
    assert!(ended(&run(None, &[]), 2).contains("unknown option `data_base_url`"));
}

/// Every command, as `--help` and with arguments that fail, run with secrets in the configuration file and the environment.
#[test]
fn no_output_holds_a_secret() {
    const SECRET: &str = "s3cr3t-Pa55";
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://meshline:{SECRET}@127.0.0.1:1/x");
    let smtp = format!("smtp://mail:{SECRET}@127.0.0.1:1");
    std::fs::write(
        folder.path().join("meshline.toml"),
        format!("database-url = {url:?}\nsmtp-url = {smtp:?}\nkey-file = \"key\"\n"),
    )
    .unwrap();
    std::fs::write(
        folder.path().join("broken.toml"),
        format!("log = \"info\"\ndatabase-url = \"{url}\nx = 1\n"),
    )
    .unwrap();
    let run = |arguments: &[&str], with_environment: bool| {
        let mut command = meshline(folder.path());
        command.args(arguments);
        if with_environment {
            command.env("DATABASE_URL", &url).env("MESHLINE_SMTP_URL", &smtp);
        }
        let output = command.output().unwrap();
        let said =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(!said.is_empty(), "{arguments:?} printed nothing");
        assert!(!said.contains(SECRET), "{arguments:?} printed a secret: {said}");
        said
    };
    let commands: [&[&str]; 15] = [
        &["serve"],
        &["migrate"],
        &["demo"],
        &["apply", "x.yaml"],
        &["user", "add", "x@example.com", "--name", "X"],
        &["user", "link", "x@example.com"],
        &["key", "add", "x"],
        &["import", "x.csv", "--workflow", "x"],
        &["simulate", "x.yaml", "x.csv"],
        &["replay", "--all"],
        &["erase", "x"],
        &["kill", "x"],
        &["resume", "x"],
        &["user"],
        &["key"],
    ];
    for command in commands {
        for with_environment in [false, true] {
            run(&[command, &["--config", "meshline.toml", "--help"]].concat(), with_environment);
            run(&[command, &["--config", "meshline.toml"]].concat(), with_environment);
        }
        assert!(
            run(&[command, &["--config", "broken.toml"]].concat(), false).contains("broken.toml, line 2")
        );
    }
    assert!(run(&["migrate", "--config", "meshline.toml", "--help"], false).contains("--database-url"));
}

#[tokio::test]
async fn a_file_is_planned_and_applied_and_rows_are_imported_once() {
    let desk = Desk::new().await;
    assert!(ended(&desk.run(&["replay", "--all"]), 2).contains("key"));
    ended(&desk.run(&["migrate"]), 0);
    desk.file("offers.yaml", WORKFLOW);
    desk.file("leads.csv", LEADS);
    assert!(ended(&desk.run(&["apply", "offers.yaml", "--plan"]), 1).contains("rule_set offers"));
    ended(&desk.run(&["apply", "offers.yaml"]), 0);
    let import = [
        "import",
        "leads.csv",
        "--workflow",
        "offers",
        "--map",
        "external_id=Id",
        "--at",
        "Created",
        "--outcome",
        "Status=Won:won@Closed",
    ];
    assert!(ended(&desk.run(&import), 2).contains("not live"));
    assert!(
        ended(&desk.run(&["apply", "offers.yaml", "--bootstrap"]), 0).contains("live    workflow offers")
    );
    assert!(ended(&desk.run(&["apply", "offers.yaml", "--plan"]), 0).contains("No changes"));

    let said = ended(&desk.run(&import), 4);
    assert!(
        said.contains("5 rows: 4 imported, 0 had been imported before, 1 rejected; 2 outcomes recorded"),
        "{said}"
    );
    let rejects = std::fs::read_to_string(desk.folder.path().join("leads.csv.rejects.csv")).unwrap();
    assert!(
        rejects.starts_with("line,column,reason,cells\n5,Created,")
            && rejects.contains("`soon`")
            && rejects.contains("99"),
        "{rejects}"
    );
    let said = ended(&desk.run(&import), 4);
    assert!(
        said.contains("5 rows: 0 imported, 4 had been imported before, 1 rejected; 0 outcomes recorded"),
        "{said}"
    );

    let mut connection = desk.connection().await;
    let decided: Vec<(String, Option<String>, String, String)> =
        sqlx::query_as("SELECT mode, rule_id, action, as_of::date::text FROM decisions ORDER BY as_of")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let row = |rule: Option<&str>, action: &str, day: &str| {
        ("historical".to_owned(), rule.map(str::to_owned), action.to_owned(), day.to_owned())
    };
    let expected = [
        row(Some("large"), "advance", "2024-01-05"),
        row(None, "nurture", "2024-02-01"),
        row(None, "nurture", "2024-02-01"),
        row(Some("large"), "advance", "2024-03-01"),
    ];
    assert_eq!(decided, expected);
    let counts: (i64, i64, i64) = sqlx::query_as("SELECT (SELECT count(*) FROM leads), (SELECT count(*) FROM effects), (SELECT count(*) FROM outcomes)")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(counts, (4, 0, 2), "equal rows without an id are separate leads; an import has no effects");
    assert!(ended(&desk.run(&["replay", "--all"]), 0).contains("4 decisions are identical"));
}

#[tokio::test]
async fn a_person_is_erased_only_when_confirmed() {
    let desk = Desk::new().await;
    ended(&desk.run(&["migrate"]), 0);
    desk.file("offers.yaml", WORKFLOW);
    ended(&desk.run(&["apply", "offers.yaml", "--bootstrap"]), 0);
    desk.file("leads.csv", "Id,Mail,Price\na,ana@x.example,250\nb,ben@x.example,40\n");
    let map = ["--map", "external_id=Id", "--map", "email=Mail"];
    ended(&desk.run(&[&["import", "leads.csv", "--workflow", "offers"][..], &map[..]].concat()), 0);
    let mut connection = desk.connection().await;
    let erased = || {
        sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM leads WHERE erased_at IS NOT NULL AND data_key IS NULL",
        )
    };

    assert!(ended(&desk.run(&["erase", "nobody@x.example", "--yes"]), 2).contains("no lead has this"));
    assert!(
        ended(&desk.run(&["erase", "01920000-0000-7000-8000-000000000000", "--yes"]), 2).contains("lead")
    );
    let said = ended(&desk.run(&["erase", "Ana@X.example"]), 2);
    assert!(
        said.contains("would erase: lead ") && said.contains("2 identities") && said.contains("add --yes"),
        "{said}"
    );
    assert_eq!(erased().fetch_one(&mut connection).await.unwrap(), 0);

    let said = ended(&desk.run(&["erase", "Ana@X.example", "--yes", "--reason", "She asked"]), 0);
    assert!(said.contains("erased: lead ") && said.contains("no destination holds anything"), "{said}");
    assert_eq!(erased().fetch_one(&mut connection).await.unwrap(), 1);
    let lead = said.split("erased: lead ").nth(1).unwrap().lines().next().unwrap();
    assert!(ended(&desk.run(&["erase", lead, "--yes"]), 0).contains("already been erased"));
    let acts: Vec<(String, String)> =
        sqlx::query_as("SELECT actor, action FROM audit_log WHERE action = 'lead.erase'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(acts, [("command:erase".to_owned(), "lead.erase".to_owned())]);
    assert!(ended(&desk.run(&["replay", "--all"]), 0).contains("1 decision"));
}

#[tokio::test]
async fn an_interrupted_import_resumes_to_the_same_result() {
    let desk = Desk::new().await;
    ended(&desk.run(&["migrate"]), 0);
    desk.file("offers.yaml", WORKFLOW);
    ended(&desk.run(&["apply", "offers.yaml", "--bootstrap"]), 0);
    let mut rows = String::from("Id,Price\n");
    for n in 0..2_500 {
        rows.push_str(&format!("lead-{},{}\n", n % 2_000, n % 2_000));
    }
    desk.file("many.csv", &rows);
    let import = ["import", "many.csv", "--workflow", "offers", "--map", "external_id=Id"];
    let mut child =
        meshline(desk.folder.path()).env("DATABASE_URL", desk.url()).args(import).spawn().unwrap();
    let mut connection = desk.connection().await;
    let events = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM events");
    while events().fetch_one(&mut connection).await.unwrap() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = events().fetch_one(&mut connection).await.unwrap();
    assert!((1..2_500).contains(&before), "{before} rows were imported before the kill");
    ended(&desk.run(&import), 0);
    let after: (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM leads)")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(after, (2_500, 2_000), "every row is imported once, including duplicates");
}

#[tokio::test]
async fn people_and_keys_are_added() {
    let desk = Desk::new().await;
    ended(&desk.run(&["migrate"]), 0);
    let link = ended(
        &desk.run(&[
            "user",
            "add",
            "Ana@Corvane.example",
            "--role",
            "revops,revops_lead",
            "--public-url",
            "https://m.example/",
        ]),
        0,
    );
    assert!(link.starts_with("https://m.example/setup/") && link.trim().lines().count() == 1, "{link}");
    ended(&desk.run(&["user", "add", "ana@corvane.example", "--role", "boss"]), 2);
    ended(&desk.run(&["user", "add", "ana", "--role", "sdr"]), 2);
    let key = ended(&desk.run(&["key", "add", "--name", "website", "--scope", "ingest"]), 0);
    assert!(key.starts_with("ml_") && key.trim().lines().count() == 1, "{key}");
    assert!(
        ended(&desk.run(&["key", "add", "--name", "website", "--scope", "ingest"]), 2)
            .contains("already exists")
    );
    let mut connection = desk.connection().await;
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT t::text FROM api_keys t UNION ALL SELECT t::text FROM audit_log t")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert!(kept.iter().all(|row| !row.contains(key.trim())), "the key itself is stored nowhere");
}

#[tokio::test]
async fn a_link_is_printed_only_for_existing_active_people() {
    let desk = Desk::new().await;
    ended(&desk.run(&["migrate"]), 0);
    assert!(
        ended(&desk.run(&["user", "link", "ana@acme.example"]), 2).contains("no person with the address")
    );
    let added = ended(&desk.run(&["user", "add", "ana@acme.example", "--role", "admin"]), 0);
    let link = ended(
        &desk.run(&["user", "link", "Ana@acme.example", "--public-url", "https://meshline.example/"]),
        0,
    );
    assert!(link.starts_with("https://meshline.example/setup/") && link != added, "{link}");
    let mut connection = desk.connection().await;
    connection.execute("UPDATE people SET disabled_at = now()").await.unwrap();
    assert!(ended(&desk.run(&["user", "link", "ana@acme.example"]), 2).contains("is deactivated"));
}

#[tokio::test]
async fn mail_needs_a_sender_and_a_public_url() {
    let desk = Desk::new().await;
    for arguments in [
        &["serve", "--smtp-url", "smtp://127.0.0.1:25"][..],
        &["serve", "--smtp-url", "smtp://127.0.0.1:25", "--mail-from", "a@acme.example"],
        &[
            "serve",
            "--smtp-url",
            "ftp://x",
            "--mail-from",
            "a@acme.example",
            "--public-url",
            "https://a.example",
        ],
    ] {
        ended(&desk.run(arguments), 2);
    }
}

#[tokio::test]
async fn the_demo_fills_only_an_empty_database() {
    let desk = Desk::new().await;
    ended(&desk.run(&["migrate"]), 0);
    let said = ended(&desk.run(&["demo", "--leads", "40"]), 0);
    assert!(said.contains("Demo logins") && said.contains("RevOps lead"), "{said}");
    assert!(ended(&desk.run(&["demo"]), 2).contains("has data already"));
    let mut connection = desk.connection().await;
    let (decided, paused): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM destinations WHERE paused_reason IS NOT NULL)").fetch_one(&mut connection).await.unwrap();
    assert_eq!((decided, paused), (40, 1));
    let warehouse: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_database WHERE datname = current_database() || '_warehouse'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(warehouse, 1);
    let drop = format!("DROP DATABASE {}_warehouse", desk.name);
    connection.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
}
