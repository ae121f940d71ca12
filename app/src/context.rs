//! What every page and action knows about the request it serves.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::ids::PersonId;
use http::header;
use http::request::Parts;
use leptos::prelude::use_context;
use service::Bundles;
use service::decide::Pipeline;
use store::actor::{Role, Who};
use store::people::sessions::IdHash;
use store::settings::NumberFormat;
use store::{Actor, Store};

use service::figures::Figures;
use service::letters::Post;

/// The person who looks at the page.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who.
    pub id: PersonId,
    /// What the person is called.
    pub name: String,
    /// Address the person signs in with.
    pub email: String,
    /// Roles held now, not when the session began.
    pub roles: Vec<Role>,
    /// Times are shown in it.
    pub time_zone: Tz,
    /// Figures are shown so.
    pub number_format: NumberFormat,
    /// Whether single keys do something on pages.
    pub single_keys: bool,
    /// The browser's session.
    pub session: Option<IdHash>,
}

/// The colours a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Provided as a Leptos context where the person's roles do not include the page: it is rendered without being loaded.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// Logical names of built assets and the hashed files they are in (`main.css` → `pkg/main.1a2b3c.css`).
pub type Assets = Arc<HashMap<String, String>>;

/// One request, as pages and actions see it. Provided as a Leptos context by the server.
#[derive(Clone)]
pub struct Request {
    /// What is kept.
    pub store: Store,
    /// The compiled bundles that decisions were made by.
    pub bundles: Bundles,
    /// The way of a lead, for what people have decided again.
    pub pipeline: Arc<Pipeline>,
    /// Who looks; `None` when nobody is signed in.
    pub viewer: Option<Viewer>,
    /// Names the request in logs and on error pages.
    pub request_id: String,
    /// The instant that counts as now.
    pub now: DateTime<Utc>,
    /// Chosen colours.
    pub theme: Theme,
    /// Built assets.
    pub assets: Assets,
    /// Allows the inline script that starts the islands (Content Security Policy nonce).
    pub nonce: Arc<str>,
    /// The address people reach the server under, as the configuration has it: `https://meshline.example`.
    pub public_url: Option<Arc<str>>,
    /// The folder for files that people upload; none are taken without.
    pub data_dir: Option<Arc<Path>>,
    /// Figures that are computed beside requests and kept.
    pub figures: Figures,
    /// The way to people's mailboxes; `None` where no mail server is configured.
    pub post: Option<Arc<dyn Post>>,
    /// Said once at the top of the next page, after a form was sent.
    pub flash: Option<String>,
}

impl Request {
    /// The request that is being served.
    pub fn current() -> Option<Self> {
        use_context::<Self>()
    }

    /// The address before a path of ours, for a link that somebody opens elsewhere. Where none is configured it is the one
    /// that the browser came to, good for whoever looks and nobody else: `Host` says what its sender likes.
    pub fn origin(&self) -> String {
        self.public_url.as_ref().map_or_else(origin_of_browser, ToString::to_string)
    }

    /// Who acts, for writing store functions; `None` when nobody is signed in.
    pub fn actor(&self) -> Option<Actor> {
        let viewer = self.viewer.as_ref()?;
        Some(Actor {
            who: Who::Person(viewer.id),
            roles: viewer.roles.clone(),
            request_id: self.request_id.clone(),
            now: self.now,
            form: None,
        })
    }
}

/// The address before the path as the browser has it, for example `http://127.0.0.1:3000`.
fn origin_of_browser() -> String {
    let host = use_context::<Parts>()
        .and_then(|parts| parts.headers.get(header::HOST)?.to_str().ok().map(str::to_owned));
    let host = host.unwrap_or_else(|| "127.0.0.1:3000".into());
    let is_local = ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local));
    format!("{}://{host}", if is_local { "http" } else { "https" })
}
