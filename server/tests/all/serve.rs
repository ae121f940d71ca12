//! What `meshline serve` logs: warnings at start, and failed attempts to sign in.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value as Json;
use store::testing::TestDatabase;
use tempfile::TempDir;

/// The program with a configuration file, and the lines that it logs.
struct Serving {
    process: Child,
    lines: Receiver<Json>,
    _folder: TempDir,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Serving {
    fn start(database: &TestDatabase, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("meshline.toml"), config).unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "2a".repeat(32)).unwrap();
        Command::new("chmod").arg("600").arg(&key).status().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_meshline"))
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path())
            .env("DATABASE_URL", &database.url)
            .env("MESHLINE_KEY_FILE", &key)
            .args(["serve", "--config", "meshline.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let errors = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Json::String(line));
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { process, lines, _folder: folder }
    }

    /// Returns the lines up to the first that contains a text, including it.
    fn until(&self, text: &str) -> Vec<Json> {
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) => lines.push(line),
                Err(_) => panic!("no line with {text:?} in {lines:#?}"),
            }
            if lines.last().is_some_and(|line| line.to_string().contains(text)) {
                return lines;
            }
        }
    }
}

#[tokio::test]
async fn a_failed_sign_in_is_logged_with_the_client_and_a_keyed_hash_of_the_account() {
    let database = TestDatabase::new().await;
    let serving = Serving::start(
        &database,
        "listen = \"127.0.0.1:0\"\npublic-url = \"https://meshline.example\"\ntrusted-proxy = [\"127.0.0.1\", \"10.0.0.0/8\"]\n",
    );
    let started = serving.until("serving");
    assert!(started.iter().all(|line| !line.to_string().contains("public URL")), "{started:?}");
    let address = started.last().unwrap()["fields"]["address"].as_str().unwrap().to_owned();
    let attempt = reqwest::Client::new()
        .post(format!("http://{address}/actions/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "https://meshline.example")
        .header("x-forwarded-for", "203.0.113.1, 198.51.100.7, 10.1.2.3")
        .body("email=ana%40acme.example&password=wrong+wrong+wrong");
    attempt.send().await.unwrap();
    let failed = serving.until("a wrong address or password").pop().unwrap();
    assert_eq!((&failed["level"], &failed["fields"]["peer"]), (&"WARN".into(), &"198.51.100.7".into()));
    let account = failed["fields"]["account"].as_str().unwrap();
    let expected = store::people::attempts::account_hash(database.store.keyring(), "ana@acme.example");
    assert_eq!(account, expected);
    assert_eq!(failed["spans"][0]["peer"], "198.51.100.7", "each line of a request has it: {failed}");
    let text = failed.to_string();
    assert!(!text.contains("acme") && !text.contains("wrong wrong"), "{text}");
}

#[tokio::test]
async fn https_without_a_proxy_that_is_trusted_and_alone_is_warned_about() {
    let database = TestDatabase::new().await;
    let serving =
        Serving::start(&database, "listen = \"0.0.0.0:0\"\npublic-url = \"https://meshline.example\"\n");
    let started = serving.until("serving");
    let warnings: Vec<String> =
        started.iter().filter(|line| line["level"] == "WARN").map(ToString::to_string).collect();
    assert!(warnings.iter().any(|line| line.contains("gets plain HTTP")), "{warnings:?}");
    assert!(warnings.iter().any(|line| line.contains("--trusted-proxy")), "{warnings:?}");
}

#[tokio::test]
async fn a_list_of_breached_passwords_is_read_or_the_server_does_not_start() {
    let database = TestDatabase::new().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "sunny side down\nshort\n").unwrap();
    let start = |path: &std::path::Path| {
        Serving::start(&database, &format!("listen = \"127.0.0.1:0\"\nbreached-list = {path:?}\n"))
    };
    let started = start(file.path()).until("serving");
    assert!(started.iter().any(|line| line["fields"]["passwords"] == 1), "{started:?}");
    start(std::path::Path::new("/nowhere/list.txt")).until("Correct the file or its path");
}

#[tokio::test]
async fn a_proxy_that_is_no_network_is_refused() {
    let database = TestDatabase::new().await;
    let serving = Serving::start(&database, "trusted-proxy = [\"proxy.internal\"]\n");
    serving.until("is not a network such as 10.0.0.0/8");
    let serving = Serving::start(&database, "listen = [\"127.0.0.1:0\"]\n");
    serving.until("takes one value, not a list");
}
