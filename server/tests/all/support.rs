//! The process on its own port, and the browsers and programs that call it.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::ids::PersonId;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value as Json, json};
use server::http::{self, Config, State};
use server::router::router;
use server::signals::Signals;
use server::tasks::{listen, marks, runs, streams};
use service::change::ChangeViews;
use service::decide::Pipeline;
use service::run::RunContext;
use store::actor::Role;
use store::people::{self, Password, Scope};
use store::{Actor, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::lead::Office;

/// The password of every person in these tests.
pub const PASSWORD: &str = "correct horse battery";

/// The process, with the demo's workflow live.
pub struct TestApp {
    /// The database, and a pipeline next to that of the process.
    pub office: Office,
    /// The address that the process listens on.
    pub address: String,
    client: Client,
    context: RunContext,
    signals: Signals,
    /// What the process shows of the texts of changes.
    pub changes: ChangeViews,
    _data: TempDir,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl TestApp {
    /// Starts the process.
    pub async fn start() -> Self {
        Box::pin(Self::with(Config::default())).await
    }

    /// Starts the process with options.
    pub async fn with(config: Config) -> Self {
        let office = Box::pin(Office::open()).await;
        let store = office.store().clone();
        Box::pin(Self::serving(office, store, config)).await
    }

    /// Starts the process without the tasks that work on runs.
    pub async fn without_runs() -> Self {
        let office = Box::pin(Office::open()).await;
        let store = office.store().clone();
        Box::pin(Self::server(office, store, Config::default())).await
    }

    /// Starts the process on its own connection to the office's database.
    pub async fn serving(office: Office, store: Store, config: Config) -> Self {
        let app = Box::pin(Self::server(office, store, config)).await;
        tokio::spawn(runs::run(app.run_context(), app.signals.clone(), app.stop.clone()));
        app
    }

    /// Returns the context of runs in this process.
    pub fn run_context(&self) -> RunContext {
        self.context.clone()
    }

    async fn server(office: Office, store: Store, config: Config) -> Self {
        let pipeline = Arc::new(Pipeline::new(store.ingestion()));
        let data = tempfile::tempdir().unwrap();
        let config = Config { data_dir: Some(data.path().to_owned()), ..config };
        let data_dir = config.data_dir.clone();
        let state = State::new(store, pipeline.clone(), config).unwrap();
        let pipeline = Arc::new(pipeline.in_background());
        let context =
            RunContext { pipeline, data_dir, slots: state.slots.clone(), compute: state.compute.clone() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let (signals, changes) = (state.signals.clone(), state.changes.clone());
        tokio::spawn(listen::run(state.store.background(), signals.clone(), stop.clone()));
        tokio::spawn(marks::run(state.store.background(), stop.clone()));
        tokio::spawn(streams::run(state.store.access(), state.streams.clone(), stop.clone()));
        let connections = state.config.connections.clone();
        tokio::spawn(http::serve(listener, router(state), connections, stop.clone().cancelled_owned()));
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self {
            office,
            address,
            client,
            context,
            signals,
            changes,
            _data: data,
            stop: stop.clone(),
            _guard: stop.drop_guard(),
        }
    }

    /// Starts another process on the same database, and returns its address.
    pub async fn second_process(&self) -> String {
        let pipeline = Arc::new(Pipeline::new(self.store().clone()));
        let state = State::new(self.store().clone(), pipeline, Config::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let connections = state.config.connections.clone();
        tokio::spawn(http::serve(listener, router(state), connections, self.stop.clone().cancelled_owned()));
        address
    }

    /// Stops the process as a signal would.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Closes all connections to the database for good.
    pub async fn disconnect(&self) {
        let store = self.store();
        for store in [store.clone(), store.access(), store.ingestion(), store.background()] {
            store.pool().close().await;
        }
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        self.office.store()
    }

    /// Returns a request without credentials.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    /// Creates an API key with these scopes.
    pub async fn key(&self, scopes: &[Scope]) -> String {
        let name = format!("{scopes:?} {}", uuid::Uuid::from_bytes(rand::random()));
        people::add_key(self.store(), &Actor::command("test"), &name, scopes).await.unwrap()
    }

    /// Creates a person with a password.
    pub async fn person(&self, email: &str, roles: &[Role]) -> PersonId {
        let actor = Actor::command("test");
        let id = people::add(self.store(), &actor, email, "Somebody", roles).await.unwrap();
        people::set_password(self.store(), &actor, id, Password::parse(PASSWORD).unwrap()).await.unwrap();
        id
    }

    /// Returns a browser without cookies.
    pub fn browser(&self) -> Browser<'_> {
        Browser { app: self, cookies: BTreeMap::new(), agent: "test" }
    }

    /// Creates a person with these roles and returns a browser in which they are signed in.
    pub async fn signed_in(&self, email: &str, roles: &[Role]) -> Browser<'_> {
        self.person(email, roles).await;
        let mut browser = self.browser();
        let answer = browser.sign_in(email, PASSWORD, None).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/"));
        browser
    }

    /// Posts an event.
    pub async fn post_event(&self, key: &str, idempotency_key: &str, event: &Json) -> Response {
        self.request(Method::POST, "/api/v1/events")
            .bearer_auth(key)
            .header("Idempotency-Key", idempotency_key)
            .json(event)
            .send()
            .await
            .unwrap()
    }

    /// Sends a GET request to the API.
    pub async fn get_api(&self, key: &str, path: &str) -> Response {
        self.request(Method::GET, path).bearer_auth(key).send().await.unwrap()
    }
}

/// A browser without scripts that keeps cookies and submits forms.
pub struct Browser<'a> {
    app: &'a TestApp,
    /// The cookies.
    pub cookies: BTreeMap<String, String>,
    agent: &'static str,
}

impl Browser<'_> {
    /// Sets the user agent.
    pub fn named(self, agent: &'static str) -> Self {
        Self { agent, ..self }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Response {
        self.send(self.app.request(Method::GET, path)).await
    }

    /// Submits a form from one of our pages.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.post_from(path, fields, &[("sec-fetch-site", "same-origin")]).await
    }

    /// Submits a form with headers that state its origin.
    pub async fn post_from(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let request = self.app.request(Method::POST, path).headers(headers).body(body);
        self.send(
            request.header("content-type", "application/x-www-form-urlencoded").header("accept", "text/html"),
        )
        .await
    }

    /// Submits a form with a file from one of our pages.
    pub async fn upload(&mut self, path: &str, revision: &str, file: &[u8]) -> Response {
        self.upload_in_mode(path, revision, "add", file).await
    }

    /// Uploads a file whose entries are added to the list (`add`) or replace it (`replace`).
    pub async fn upload_in_mode(&mut self, path: &str, revision: &str, mode: &str, file: &[u8]) -> Response {
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"revision\"\r\n\r\n{revision}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"mode\"\r\n\r\n{mode}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = self.app.request(Method::POST, path).header("sec-fetch-site", "same-origin").body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        self.send(request.header("accept", "text/html")).await
    }

    /// Uploads a file to import.
    pub async fn upload_import(&mut self, name: &str, file: &[u8]) -> Response {
        let mut body =
            format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = self
            .app
            .request(Method::POST, "/import/upload")
            .header("sec-fetch-site", "same-origin")
            .body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        self.send(request.header("accept", "text/html")).await
    }

    /// Sends bytes as a script of a page of ours does.
    pub async fn post_bytes(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Response {
        let request = self.app.request(Method::POST, path).header("sec-fetch-site", "same-origin").body(body);
        self.send(request.header("content-type", kind).header("accept", "application/json")).await
    }

    /// Signs in.
    pub async fn sign_in(&mut self, email: &str, password: &str, next: Option<&str>) -> Response {
        let mut fields = vec![("email", email), ("password", password)];
        fields.extend(next.map(|next| ("next", next)));
        self.post("/actions/sign-in", &fields).await
    }

    /// Returns the value of the `Cookie` header.
    pub fn cookie_header(&self) -> String {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// Returns the session cookie.
    pub fn session(&self) -> Option<&str> {
        self.cookies.get("meshline_session").map(String::as_str)
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let cookies = self.cookie_header();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies) };
        let response = request.header("user-agent", self.agent).send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

/// Returns the target of a redirect.
pub fn location(response: &Response) -> &str {
    response.headers().get(LOCATION).map_or("", |location| location.to_str().unwrap())
}

/// Returns the problem document of a rejected request, after checking its form.
pub async fn problem(response: Response, status: u16) -> Json {
    let (got, id) =
        (response.status().as_u16(), response.headers()["x-request-id"].to_str().unwrap().to_owned());
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
    let problem: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["instance"], format!("urn:uuid:{id}"));
    let members: Vec<&str> = problem.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["type", "title", "status", "detail", "instance", "errors"]);
    problem
}

/// Returns an event of a new lead at a target account, with high intent.
pub fn event(name: &str) -> Json {
    json!({
        "kind": "form", "source": "website", "lead": { "email": format!("{name}@initech.example"), "company": "Initech" },
        "payload": {
            "company": "Initech", "company_size": "51-200 employees", "role": "VP Sales",
            "message": "We would like to book a demo and talk pricing; please send a quote this quarter.",
        },
    })
}

/// Returns the text of a page between two others.
pub fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let start = page.find(before).unwrap_or_else(|| panic!("no {before} in {page}")) + before.len();
    let end = page[start..].find(after).unwrap() + start;
    &page[start..end]
}

/// Returns the text of a page, which must exist.
pub async fn text(browser: &mut Browser<'_>, path: &str) -> String {
    let response = browser.get(path).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}
