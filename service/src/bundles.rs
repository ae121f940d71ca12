//! Bundles, assembled from their versions and compiled once. A bundle never changes, so a cached compilation never expires.

use std::sync::Arc;

use engine::bundle::{Bundle, BundlePart, BundleSource};
use engine::canonical::Digest;
use engine::content::MapFile;
use engine::rules::{RuleDefinition, RuleSetFile};
use quick_cache::sync::Cache;
use store::workflows::{self, Version};
use store::{Error, Result, Store};

/// Number of bundles to cache for decisions, including list entries: the live ones, and those that replays use.
const DECIDING: usize = 32;
/// Number of bundles to cache for explanations, without list entries: those behind the leads that people are viewing.
const READABLE: usize = 128;

/// The compiled bundles of one process. Cheap to clone. When several callers request the same bundle, only one compiles it.
#[derive(Clone)]
pub struct Bundles {
    store: Store,
    deciding: Arc<Cache<Digest, Arc<Bundle>>>,
    readable: Arc<Cache<Digest, Arc<ReadableBundle>>>,
}

/// A bundle for explaining decisions, compiled without list entries and kept beside the texts that it was compiled from.
pub struct ReadableBundle {
    /// The compiled bundle. Its lists are empty, since each decision's snapshot holds their answers.
    pub bundle: Bundle,
    /// The rules as they were written, with tables expanded into rules.
    pub file: RuleSetFile,
    /// How fields are read from events.
    pub map: MapFile,
}

impl ReadableBundle {
    /// Returns a rule and its number, counted from 1.
    pub fn rule(&self, id: &str) -> Option<(usize, &RuleDefinition)> {
        let index = self.file.rules.iter().position(|rule| rule.id == id)?;
        Some((index + 1, self.file.rules.get(index)?))
    }

    /// Returns the name of a rule, or its id if it has no name.
    pub fn title(&self, id: &str) -> String {
        self.rule(id).and_then(|(_, rule)| rule.name.clone()).unwrap_or_else(|| id.to_owned())
    }
}

impl Bundles {
    /// Creates an empty cache over a store.
    pub fn new(store: Store) -> Self {
        Self { store, deciding: Arc::new(Cache::new(DECIDING)), readable: Arc::new(Cache::new(READABLE)) }
    }

    /// Returns the same cache, filled through another store.
    #[must_use]
    pub fn on(&self, store: Store) -> Self {
        Self { store, ..self.clone() }
    }

    /// Returns a bundle by its hash, live or not.
    ///
    /// # Errors
    /// Returns [`Error::NotFound`] if no bundle has this hash, and [`Error::Corrupt`] if it does not compile.
    pub async fn get(&self, hash: &Digest) -> Result<Arc<Bundle>> {
        self.deciding.get_or_insert_async(hash, self.load(hash)).await
    }

    /// Returns a bundle for explaining the decisions that it made.
    ///
    /// # Errors
    /// Same as [`Bundles::get`].
    pub async fn readable(&self, hash: &Digest) -> Result<Arc<ReadableBundle>> {
        self.readable.get_or_insert_async(hash, self.load_readable(hash)).await
    }

    async fn load(&self, hash: &Digest) -> Result<Arc<Bundle>> {
        let parts = workflows::bundle(&mut *self.store.pool().acquire().await?, hash).await?;
        let source = assemble(hash, parts.versions.into_iter().map(part))?;
        compile_off_thread(*hash, source).await.map(Arc::new)
    }

    async fn load_readable(&self, hash: &Digest) -> Result<Arc<ReadableBundle>> {
        let parts = workflows::bundle_without_entries(&mut *self.store.pool().acquire().await?, hash).await?;
        let source = assemble(hash, parts)?;
        let (file, map) = (source.rule_set.1.written_out(), source.map.1.clone());
        let bundle = compile_off_thread(*hash, source).await?;
        Ok(Arc::new(ReadableBundle { bundle, file, map }))
    }
}

fn part(version: Version) -> BundlePart {
    let Version { kind, name, version, body, .. } = version;
    BundlePart { kind, name, version, body }
}

fn assemble(hash: &Digest, parts: impl IntoIterator<Item = BundlePart>) -> Result<BundleSource> {
    BundleSource::assemble(parts).map_err(|problem| Error::Corrupt(format!("the bundle {hash}: {problem}")))
}

/// Compiles on a blocking thread: a large rule set takes seconds, which must not delay other requests.
async fn compile_off_thread(hash: Digest, source: BundleSource) -> Result<Bundle> {
    let compiled = tokio::task::spawn_blocking(move || Bundle::compile(source)).await;
    let compiled = compiled.map_err(|error| Error::Corrupt(format!("the bundle {hash}: {error}")))?;
    compiled.map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::Corrupt(format!("the bundle {hash} does not compile: {}", problems.join("; ")))
    })
}
