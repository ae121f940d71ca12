//! The nginx configuration in `docs/deploying.md`, run with Debian's nginx in front of the process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use server::http::{Config, TrustedProxies, parse_network};
use store::Actor;
use store::actor::Role;
use store::sync::jobs::{self, JobKind};
use tempfile::TempDir;

use crate::support::{PASSWORD, TestApp, between, location};

const HOST: &str = "meshline.example";
const NGINX: &str = "/usr/sbin/nginx";

/// nginx on ports of its own, with a certificate that it signed itself.
struct Nginx {
    process: Child,
    http: u16,
    https: u16,
    _folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM goes to the master process, which ends its workers. SIGKILL would leave them.
        Command::new("kill").arg(self.process.id().to_string()).status().ok();
        self.process.wait().ok();
    }
}

impl Nginx {
    async fn start(app: &TestApp) -> Self {
        assert!(Path::new(NGINX).is_file(), "this test needs nginx: `cargo xtask test` installs it");
        let folder = tempfile::tempdir().unwrap();
        // The workers run as another user.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        certify(folder.path());
        let (http, https) = (free_port(), free_port());
        let documented = between(include_str!("../../../../docs/deploying.md"), "```nginx\n", "```");
        let at = folder.path().display();
        let mut sites = documented.to_owned();
        for (from, to) in [
            ("    listen [::]:80;\n", String::new()),
            ("    listen [::]:443 ssl http2;\n", String::new()),
            ("listen 80;", format!("listen 127.0.0.1:{http};")),
            ("listen 443 ssl", format!("listen 127.0.0.1:{https} ssl")),
            ("127.0.0.1:3000", app.address.trim_start_matches("http://").to_owned()),
            ("/etc/letsencrypt/live/meshline.example/fullchain.pem", format!("{at}/certificate.pem")),
            ("/etc/letsencrypt/live/meshline.example/privkey.pem", format!("{at}/key.pem")),
        ] {
            assert!(sites.contains(from), "the configuration has no {from}");
            sites = sites.replace(from, &to);
        }
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {at}/{name};\n"))
            .concat();
        let whole = format!(
            "daemon off;\npid {at}/nginx.pid;\nerror_log stderr warn;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}{sites}}}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, whole).unwrap();
        let process = Command::new(NGINX)
            .args(["-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Self { process, http, https, _folder: folder };
        nginx.listening().await;
        nginx
    }

    async fn listening(&mut self) {
        let connected = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.https)).await.is_err() {
                assert!(self.process.try_wait().unwrap().is_none(), "nginx refused the configuration");
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), connected).await.expect("nginx listens");
    }

    /// Returns a client at this loopback address, which reaches the host through nginx.
    fn client(&self, from: Ipv4Addr) -> Client {
        Client::builder()
            .local_address(Some(IpAddr::V4(from)))
            .resolve(HOST, SocketAddr::from(([127, 0, 0, 1], self.https)))
            .tls_danger_accept_invalid_certs(true)
            .redirect(redirect::Policy::none())
            .build()
            .unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.https)
    }
}

fn certify(folder: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args([
            "-days",
            "1",
            "-subj",
            "/CN=meshline.example",
            "-keyout",
            "key.pem",
            "-out",
            "certificate.pem",
        ])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn the_documented_nginx_passes_on_clients_cookies_streams_and_uploads() {
    let config = Config {
        secure_cookies: true,
        origin: Some(format!("https://{HOST}")),
        trusted_proxies: TrustedProxies::new(vec![parse_network("127.0.0.1").unwrap()]),
        ..Config::default()
    };
    let app = TestApp::with(config).await;
    app.person("ana@acme.example", &[Role::Sdr]).await;
    let nginx = Nginx::start(&app).await;
    let client = nginx.client(Ipv4Addr::new(127, 9, 0, 7));

    let plain = client.get(format!("http://127.0.0.1:{}/leads", nginx.http)).header("host", HOST);
    let plain = plain.send().await.unwrap();
    assert_eq!(
        (plain.status(), location(&plain)),
        (StatusCode::MOVED_PERMANENTLY, "https://meshline.example/leads")
    );

    let form = client
        .post(nginx.url("/actions/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", format!("https://{HOST}"))
        .header("x-forwarded-for", "203.0.113.1")
        .body(format!("email=ana%40acme.example&password={}", PASSWORD.replace(' ', "+")));
    let entered = form.send().await.unwrap();
    assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/"));
    assert!(entered.headers().contains_key("strict-transport-security"));
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-meshline_session="), "{cookie}");
    let address: String =
        sqlx::query_scalar("SELECT address FROM sessions").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(address, "127.9.0.7", "the client of nginx, not what it claims, nor nginx");
    let page = client.get(nginx.url("/leads")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let metrics = client.get(nginx.url("/metrics")).send().await.unwrap();
    assert_eq!(metrics.status(), StatusCode::UNAUTHORIZED);

    let stream = client.get(nginx.url("/refresh?topics=jobs")).header("cookie", &cookie);
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    jobs::register(app.store()).await.unwrap();
    jobs::request(app.store(), &Actor::command("test"), JobKind::Backlog).await.unwrap();
    let heard = async {
        let mut said = String::new();
        while !said.contains("data: jobs") {
            said.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard)
        .await
        .expect("an event that nginx does not hold back");

    let upload = client
        .post(nginx.url("/import/upload"))
        .header("cookie", &cookie)
        .header("origin", format!("https://{HOST}"))
        .header("content-type", "multipart/form-data; boundary=b")
        .body(vec![b'x'; 3 * 1024 * 1024]);
    let refused = upload.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "by Meshline, for the role");
    assert!(refused.headers().contains_key("x-request-id"));
}
