//! The request as pages and actions see it.

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
use service::change::ChangeViews;
use service::compute::ComputeSlots;
use service::decide::Pipeline;
use store::actor::{ActorId, Role};
use store::people::BreachedPasswords;
use store::people::sessions::SessionIdHash;
use store::settings::NumberFormat;
use store::{Actor, Store};

use crate::flash::Flash;
use service::figures::Figures;
use service::mail::EmailSender;

/// The person who looks at the page.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person's id.
    pub id: PersonId,
    /// The person's name.
    pub name: String,
    /// The address that the person signs in with.
    pub email: String,
    /// The roles held now, not those held when the session began.
    pub roles: Vec<Role>,
    /// The time zone that times are shown in.
    pub time_zone: Tz,
    /// The format that numbers are shown in.
    pub number_format: NumberFormat,
    /// Whether single-key shortcuts are on.
    pub single_keys: bool,
    /// The browser's session.
    pub session: Option<SessionIdHash>,
}

/// The colour theme that a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Theme {
    /// The theme of the operating system.
    #[default]
    Auto,
    /// The light theme.
    Light,
    /// The dark theme.
    Dark,
}

/// Marks a page that the viewer's roles do not include: the page renders without loading its data. Provided as a Leptos
/// context.
#[derive(Clone, Copy, Debug)]
pub struct PageForbidden;

/// Maps logical names of built assets to their hashed files (`main.css` → `pkg/main.1a2b3c.css`).
pub type Assets = Arc<HashMap<String, String>>;

/// The request that pages and actions serve. The server provides it as a Leptos context.
#[derive(Clone)]
pub struct Request {
    /// The store.
    pub store: Store,
    /// The compiled bundles that decisions were made by.
    pub bundles: Bundles,
    /// The decision pipeline, for evaluations that people request.
    pub pipeline: Arc<Pipeline>,
    /// The signed-in person, if any.
    pub viewer: Option<Viewer>,
    /// The id of the request in logs and on error pages.
    pub request_id: String,
    /// The instant that counts as now.
    pub now: DateTime<Utc>,
    /// The chosen colour theme.
    pub theme: Theme,
    /// The built assets.
    pub assets: Assets,
    /// The Content Security Policy nonce of the inline script that starts the islands.
    pub nonce: Arc<str>,
    /// The public address of the server, as configured: `https://meshline.example`.
    pub public_url: Option<Arc<str>>,
    /// The folder for uploaded files; without one, the server accepts no uploads.
    pub data_dir: Option<Arc<Path>>,
    /// Key figures that are computed in the background and cached.
    pub figures: Figures,
    /// The slots for reading, compiling and comparing what people write.
    pub compute: ComputeSlots,
    /// What pages show of the texts of changes.
    pub changes: ChangeViews,
    /// The mail transport; `None` if no mail server is configured.
    pub post: Option<Arc<dyn EmailSender>>,
    /// The installation's list of refused passwords.
    pub breached_passwords: Arc<BreachedPasswords>,
    /// The message that the page shows once after a form was sent.
    pub flash: Option<Flash>,
}

impl Request {
    /// Returns the request that is being served.
    pub fn current() -> Option<Self> {
        use_context::<Self>()
    }

    /// Returns the origin for links that people open elsewhere. Without a configured address, this is the browser's `Host`,
    /// which is fine for the viewer but must not reach other people, because the client controls it.
    pub fn origin(&self) -> String {
        self.public_url.as_ref().map_or_else(origin_of_browser, ToString::to_string)
    }

    /// Returns the actor for store functions that write; `None` without a signed-in person.
    pub fn actor(&self) -> Option<Actor> {
        let viewer = self.viewer.as_ref()?;
        Some(Actor {
            who: ActorId::Person(viewer.id),
            roles: viewer.roles.clone(),
            request_id: self.request_id.clone(),
            now: self.now,
            form: None,
        })
    }
}

/// Returns the origin that the browser used, for example `http://127.0.0.1:3000`.
fn origin_of_browser() -> String {
    let host = use_context::<Parts>()
        .and_then(|parts| parts.headers.get(header::HOST)?.to_str().ok().map(str::to_owned));
    let host = host.unwrap_or_else(|| "127.0.0.1:3000".into());
    let is_local = ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local));
    format!("{}://{host}", if is_local { "http" } else { "https" })
}
