//! HTTP: the layers around every page, action and API call.

mod access;
pub(crate) mod admission;
pub(crate) mod arrival;
pub(crate) mod assets;
mod batch_places;
pub(crate) mod body;
mod connections;
mod cookies;
pub(crate) mod csrf;
pub(crate) mod exports;
pub(crate) mod failure;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod health;
mod keys;
mod metrics;
pub(crate) mod nul;
pub(crate) mod pages;
mod plain_page;
mod proxies;
pub(crate) mod refresh;
mod serve;
pub(crate) mod sessions;
pub(crate) mod sign_in_again;
mod streaming;
mod streams;
pub(crate) mod stuck;
pub(crate) mod uploads;

use std::path::PathBuf;
use std::sync::Arc;

use app::actions::throttle::SignInGate;
use app::context::Assets;
use metrics_exporter_prometheus::PrometheusHandle;
use service::change::ChangeViews;
use service::compute::ComputeSlots;
use service::figures::Figures;
use service::run::WorkSlots;
use store::Store;
use store::people::BreachedPasswords;

use self::batch_places::BatchPlaces;
use self::keys::KeyCache;
use self::stuck::StuckPages;
use crate::signals::Signals;
use service::decide::{Intake, Pipeline};
use service::mail::SmtpMailer;

pub use self::access::{Identity, is_bearer};
pub use self::arrival::Arrival;
pub use self::connections::ConnectionLimits;
pub use self::failure::{Failure, FailureKind, Problem, ProblemLocation};
pub use self::proxies::{TrustedProxies, parse_network};
pub use self::serve::{fold_metrics, listen, serve};
pub use self::streams::SessionStreams;

/// How the process serves, according to its options.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The directory of built files. Without it, pages have no styles and scripts.
    pub site_dir: Option<PathBuf>,
    /// The folder for uploaded files. Without it, uploads are refused.
    pub data_dir: Option<PathBuf>,
    /// Whether browsers must send cookies over HTTPS only. Disabled only if pages are served over plain HTTP.
    pub secure_cookies: bool,
    /// The public address, for example `https://meshline.example`. Defaults to the `Host` header.
    pub origin: Option<String>,
    /// The mail server and the sender address. Without them, no letters are sent.
    pub mail: Option<SmtpMailer>,
    /// Passwords that are refused in addition to the common ones.
    pub breached_passwords: Arc<BreachedPasswords>,
    /// The reverse proxies whose `X-Forwarded-For` names the client.
    pub trusted_proxies: TrustedProxies,
    /// Whether `/metrics` is open to every client, instead of only to this machine and keys with the scope `read`.
    pub open_metrics: bool,
    /// Limits for the connections of the main listener.
    pub connections: ConnectionLimits,
}

/// The state shared by all handlers. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The database.
    pub store: Store,
    /// The decision pipeline.
    pub pipeline: Arc<Pipeline>,
    /// The queue of single events that wait for the next commit.
    pub intake: Intake,
    /// The configuration.
    pub config: Arc<Config>,
    /// Built files by their logical names.
    pub assets: Assets,
    keys: Arc<KeyCache>,
    stuck: Arc<StuckPages>,
    pub(crate) batches: Arc<BatchPlaces>,
    /// The signals that notify open pages of changes.
    pub signals: Signals,
    /// The open event streams of each session.
    pub streams: SessionStreams,
    large_forms: Arc<tokio::sync::Semaphore>,
    figures: Figures,
    /// The slots for heavy work, shared by runs and slow figures.
    pub slots: WorkSlots,
    /// The slots for reading and comparing content.
    pub compute: ComputeSlots,
    /// What pages show of the texts of changes.
    pub changes: ChangeViews,
    gate: Arc<SignInGate>,
    metrics: PrometheusHandle,
}

impl State {
    /// Creates the state of a process.
    ///
    /// # Errors
    /// Returns an error if the manifest of built files cannot be read.
    pub fn new(store: Store, pipeline: Arc<Pipeline>, config: Config) -> std::io::Result<Self> {
        let slots = WorkSlots::default();
        let compute = ComputeSlots::default();
        Ok(Self {
            assets: assets::read_manifest(config.site_dir.as_deref())?,
            intake: Intake::new(pipeline.clone()),
            pipeline,
            config: Arc::new(config),
            keys: Arc::default(),
            stuck: Arc::default(),
            batches: Arc::default(),
            signals: Signals::default(),
            streams: SessionStreams::default(),
            large_forms: Arc::new(tokio::sync::Semaphore::new(sign_in_again::LARGE_FORMS)),
            figures: Figures::new(slots.clone()),
            slots,
            changes: ChangeViews::new(store.clone(), compute.clone()),
            compute,
            store,
            gate: Arc::default(),
            metrics: metrics::recorder(),
        })
    }
}
