//! HTTP: what every request goes through before a page, an action or the API sees it, and after.

mod access;
pub(crate) mod admission;
pub(crate) mod again;
pub(crate) mod arrival;
pub(crate) mod assets;
pub(crate) mod body;
mod cookies;
pub(crate) mod csrf;
pub(crate) mod exports;
pub(crate) mod failure;
mod gate;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod health;
mod keys;
mod metrics;
pub(crate) mod pages;
pub(crate) mod refresh;
mod serve;
pub(crate) mod sessions;
pub(crate) mod uploads;

use std::path::PathBuf;
use std::sync::Arc;

use app::actions::throttle::Throttles;
use app::context::Assets;
use metrics_exporter_prometheus::PrometheusHandle;
use service::figures::Figures;
use service::run::WorkSlots;
use store::Store;

use self::keys::KeyCache;
use crate::signals::Signals;
use service::decide::{Intake, Pipeline};
use service::letters::Mail;

pub use self::access::{Identity, is_bearer};
pub use self::arrival::Arrival;
pub use self::failure::{Failure, Kind, Problem, Spot};
pub use self::serve::serve;

/// How the process serves, as its options say.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where the built files are; without it pages come without styles and scripts.
    pub site_dir: Option<PathBuf>,
    /// The folder for files that people upload to import; without it none are taken.
    pub data_dir: Option<PathBuf>,
    /// Whether browsers are told to send cookies over HTTPS only. Off only where pages are served over plain HTTP.
    pub secure_cookies: bool,
    /// The address people see, for example `https://meshline.example`; by default whatever `Host` says.
    pub origin: Option<String>,
    /// Where letters go out, and as whom; without it nobody is written to.
    pub mail: Option<Mail>,
    /// Whether anybody may read `/metrics`, not this machine and keys with the scope `read` alone.
    pub open_metrics: bool,
}

/// What every handler has. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// What is kept.
    pub store: Store,
    /// The way of a lead.
    pub pipeline: Arc<Pipeline>,
    /// Where single events wait for the next commit.
    pub intake: Intake,
    /// Options.
    pub config: Arc<Config>,
    /// Built files by their logical names.
    pub assets: Assets,
    keys: Arc<KeyCache>,
    pub(crate) batches: Arc<tokio::sync::Semaphore>,
    /// Where open pages hear what has changed.
    pub signals: Signals,
    hearers: Arc<tokio::sync::Semaphore>,
    figures: Figures,
    /// Room for heavy work, which runs and slow figures share.
    pub slots: WorkSlots,
    throttles: Arc<Throttles>,
    metrics: PrometheusHandle,
}

/// Batches worked on at a time: each holds its whole body in memory.
const BATCHES: usize = 4;

impl State {
    /// The state of a process.
    ///
    /// # Errors
    /// When the list of built files cannot be read.
    pub fn new(store: Store, pipeline: Arc<Pipeline>, config: Config) -> std::io::Result<Self> {
        let slots = WorkSlots::default();
        Ok(Self {
            assets: assets::read_manifest(config.site_dir.as_deref())?,
            store,
            intake: Intake::new(pipeline.clone()),
            pipeline,
            config: Arc::new(config),
            keys: Arc::default(),
            batches: Arc::new(tokio::sync::Semaphore::new(BATCHES)),
            signals: Signals::default(),
            hearers: Arc::new(tokio::sync::Semaphore::new(refresh::HEARERS)),
            figures: Figures::new(slots.clone()),
            slots,
            throttles: Arc::default(),
            metrics: metrics::recorder(),
        })
    }
}
