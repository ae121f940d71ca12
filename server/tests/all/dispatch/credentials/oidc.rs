//! The same tests against a real OpenID provider, npm's `oidc-provider`, which is installed once into `~/.cache/meshline`. They need
//! Node.js 20, npm and its registry, so they run on demand: `cargo test -p server --test all oidc -- --ignored`.

use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use destinations::AccessTokens as _;
use serde_json::{Value, json};

use super::{TwoProcesses, all_equal};

/// The installed version.
const VERSION: &str = "9.13.3";

/// A running provider. Dropping it stops the process.
struct Provider {
    process: Child,
    /// The provider's description of itself.
    about: Value,
}

impl Provider {
    fn start() -> Self {
        let folder = install();
        let script = folder.join("provider.mjs");
        std::fs::write(&script, include_str!("provider.mjs")).unwrap();
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is required");
        let mut line = String::new();
        std::io::BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, about: serde_json::from_str(&line).expect("the provider starts") }
    }

    fn grant(&self) -> Value {
        json!({
            "grant": "refresh_token", "token_url": self.about["token_url"], "client_id": self.about["client_id"],
            "client_secret": self.about["client_secret"], "refresh_token": self.about["refresh_token"],
        })
    }

    async fn get(&self, what: &str, token: Option<&str>) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(self.about[what].as_str().unwrap());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn install() -> PathBuf {
    let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = home.join(format!(".cache/meshline/oidc-provider@{VERSION}"));
    if !folder.join("node_modules/oidc-provider").is_dir() {
        std::fs::create_dir_all(&folder).unwrap();
        let package = format!("oidc-provider@{VERSION}");
        let status = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(package)
            .stdout(Stdio::null())
            .status()
            .expect("npm is required");
        assert!(status.success(), "npm could not install oidc-provider");
    }
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "installs oidc-provider from npm"]
async fn two_processes_make_one_refresh_at_a_real_provider() {
    let provider = Provider::start();
    let processes = TwoProcesses::new(&provider.grant()).await;
    let tokens = processes.asked_together().await;
    assert!(all_equal(&tokens));
    assert_eq!(provider.get("counts_url", None).await, json!({"granted": 1, "refused": 0}));
    assert_eq!(provider.get("me_url", Some(tokens[0].secret())).await, json!({"sub": "sales"}));

    // The refresh token was replaced; using the first one again would have revoked the grant.
    let renewed = futures::join!(processes.first.replace(&tokens[0]), processes.second.replace(&tokens[0]));
    let renewed = [renewed.0.unwrap(), renewed.1.unwrap()];
    assert!(all_equal(&renewed) && renewed[0] != tokens[0]);
    assert_eq!(provider.get("counts_url", None).await, json!({"granted": 2, "refused": 0}));
    assert_eq!(provider.get("me_url", Some(renewed[0].secret())).await, json!({"sub": "sales"}));
}
