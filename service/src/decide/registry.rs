//! The live workflows, compiled once and shared.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::TimeDelta;
use engine::bundle::Bundle;
use engine::canonical::Digest;
use engine::control::bucket;
use engine::control::release::Stage;
use engine::control::switches::RuleSwitches;
use engine::decision::Mode;
use engine::event::{EventKind, EventRequest};
use engine::ids::{DestinationId, LeadId, ReleaseId, WorkflowId};
use store::releases::Release;
use store::workflows::{self, WorkflowTarget};
use store::{Error, Result, Store, releases, switches};

use super::SignalRefusal;
use crate::bundles::Bundles;

/// A live workflow under one release epoch.
#[derive(Debug)]
pub struct RoutedWorkflow {
    /// The workflow's id.
    pub id: WorkflowId,
    /// The workflow's name.
    pub name: String,
    /// The release epoch under which the workflow was read.
    pub epoch: i64,
    /// The live release.
    pub control: DecidingRelease,
    /// The release being rolled out, with the percentage of leads that it decides.
    pub candidate: Option<(DecidingRelease, u8)>,
    /// Releases in the shadow stage, which decide alongside the release that counts.
    pub shadows: Vec<DecidingRelease>,
    /// The destinations of decisions.
    pub targets: Vec<(DestinationId, WorkflowTarget)>,
    /// Rules that are switched off or muted. Each decision compares their end times.
    pub switches: RuleSwitches,
}

/// A release that decides, or would decide.
#[derive(Clone, Debug)]
pub struct DecidingRelease {
    /// The release's id.
    pub release: ReleaseId,
    /// The hash of its bundle.
    pub hash: Digest,
    /// The compiled bundle.
    pub bundle: Arc<Bundle>,
}

impl RoutedWorkflow {
    /// Returns the release that decides a lead. It depends on the lead's bucket, so a lead stays with its release while the share
    /// grows.
    pub fn variant_of(&self, lead: LeadId) -> &DecidingRelease {
        match &self.candidate {
            Some((candidate, share)) if bucket::is_within(bucket::bucket(self.id, lead), *share) => candidate,
            _ => &self.control,
        }
    }

    /// Returns the releases that decide alongside the one that counts. Returns none for imported history, since shadows compare
    /// live traffic.
    pub fn shadows_of(&self, mode: Mode) -> &[DecidingRelease] {
        if mode == Mode::Historical { &[] } else { &self.shadows }
    }

    /// Returns how far back to read the lead's history, for the release that decides it and for shadow releases.
    pub fn looks_back(&self, lead: LeadId, mode: Mode) -> Option<TimeDelta> {
        let all = std::iter::once(self.variant_of(lead)).chain(self.shadows_of(mode));
        all.filter_map(|variant| variant.bundle.looks_back()).max()
    }
}

/// Caches routes, live workflows and feature codes for one process. The database rejects a commit under an outdated epoch and the
/// entry is read again, so a stale entry costs a retry, never a wrong decision.
#[derive(Clone)]
pub struct Registry {
    store: Store,
    memory: Arc<Memory>,
    bundles: Bundles,
    codes: Arc<Mutex<FeatureCodes>>,
}

/// Codes of text values, by workflow, field and text.
type FeatureCodes = HashMap<(WorkflowId, String, String), u32>;

/// Cached workflows. An entry belongs to the [`Memory::generation`] in which its read began. If a release changes during the
/// read, the entry is used once and not cached.
#[derive(Default)]
struct Memory(RwLock<Remembered>);

#[derive(Default)]
struct Remembered {
    /// Counts how often the cache was cleared.
    generation: u64,
    live: HashMap<String, Arc<RoutedWorkflow>>,
    routes: HashMap<Trigger, String>,
}

/// The kind and the source of an event.
type Trigger = (EventKind, String);

impl Memory {
    fn generation(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    fn route(&self, trigger: &Trigger) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).routes.get(trigger).cloned()
    }

    fn live(&self, name: &str) -> Option<Arc<RoutedWorkflow>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).live.get(name).cloned()
    }

    fn keep(&self, generation: u64, keep: impl FnOnce(&mut Remembered)) {
        let mut remembered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.generation == generation {
            keep(&mut remembered);
        }
    }

    fn forget(&self) {
        let mut remembered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let generation = remembered.generation + 1;
        *remembered = Remembered { generation, ..Remembered::default() };
    }
}

/// Maximum number of cached codes. The cache starts over when it is full.
const REMEMBERED_CODES: usize = 200_000;

impl Registry {
    /// Creates an empty registry. Workflows are read on first use.
    pub fn new(store: Store, bundles: Bundles) -> Self {
        Self { store, bundles, memory: Arc::default(), codes: Arc::default() }
    }

    /// Returns the same registry, filled through another store.
    pub(crate) fn on(&self, store: Store) -> Self {
        Self { bundles: self.bundles.on(store.clone()), store, ..self.clone() }
    }

    /// Returns the live workflow that accepts an event.
    ///
    /// # Errors
    /// The outer result is an error if the database fails. The inner result gives the reason why no workflow accepts the event.
    pub async fn route(
        &self,
        event: &EventRequest,
    ) -> Result<std::result::Result<Arc<RoutedWorkflow>, SignalRefusal>> {
        let name = match &event.workflow {
            Some(name) => name.clone(),
            None => match self.routed(event).await? {
                Ok(name) => name,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        self.live(&name).await
    }

    /// Returns the name of the only workflow that accepts such events. Caches only this case: a refusal is looked up again.
    async fn routed(&self, event: &EventRequest) -> Result<std::result::Result<String, SignalRefusal>> {
        let trigger = (event.kind, event.source.clone());
        if let Some(name) = self.memory.route(&trigger) {
            return Ok(Ok(name));
        }
        let generation = self.memory.generation();
        let mut names = workflows::routed(&self.store, event.kind, &event.source).await?;
        Ok(match names.len() {
            1 => {
                let name = names.remove(0);
                self.memory.keep(generation, |kept| drop(kept.routes.insert(trigger, name.clone())));
                Ok(name)
            }
            0 => Err(SignalRefusal::NoRoute { kind: event.kind.to_string(), origin: event.source.clone() }),
            _ => Err(SignalRefusal::AmbiguousRoute(names)),
        })
    }

    /// Returns a live workflow by name.
    ///
    /// # Errors
    /// Same as [`Registry::route`].
    pub async fn live(&self, name: &str) -> Result<std::result::Result<Arc<RoutedWorkflow>, SignalRefusal>> {
        match self.memory.live(name) {
            Some(live) => Ok(Ok(live)),
            None => self.read(name).await,
        }
    }

    /// Clears cached workflows after a release.
    pub fn forget(&self) {
        self.memory.forget();
    }

    async fn read(&self, name: &str) -> Result<std::result::Result<Arc<RoutedWorkflow>, SignalRefusal>> {
        let generation = self.memory.generation();
        let mut connection = self.store.pool().acquire().await?;
        let Some(workflow) = workflows::by_name(&mut connection, name).await? else {
            return Ok(Err(SignalRefusal::UnknownWorkflow(name.to_owned())));
        };
        let hash = workflow.live_bundle.as_deref().and_then(Digest::from_slice);
        let (Some(release), Some(hash)) = (workflow.live_release, hash) else {
            return Ok(Err(SignalRefusal::NotLive(name.to_owned())));
        };
        let targets = workflows::targets(&mut connection, workflow.definition.0).await?;
        let open = releases::open_of(&mut connection, workflow.id.into()).await?;
        // Read after the epoch: a switch that changes in between begins another epoch.
        let switches = switches::of_workflow(&mut connection, workflow.id.into()).await?.into();
        drop(connection);
        let (mut candidate, mut shadows) = (None, Vec::new());
        for release in open {
            match release.stage {
                Stage::Rollout => {
                    let share = u8::try_from(release.share).unwrap_or_default();
                    candidate = Some((self.variant(release.id, release.bundle).await?, share));
                }
                Stage::Shadow => shadows.extend(self.shadow(&release).await?),
                _ => {}
            }
        }
        let live = Arc::new(RoutedWorkflow {
            id: workflow.id.into(),
            name: name.to_owned(),
            epoch: workflow.release_epoch,
            control: self.variant(release.into(), hash).await?,
            candidate,
            shadows,
            targets,
            switches,
        });
        self.memory.keep(generation, |kept| drop(kept.live.insert(name.to_owned(), live.clone())));
        Ok(Ok(live))
    }

    async fn variant(&self, release: ReleaseId, hash: Digest) -> Result<DecidingRelease> {
        Ok(DecidingRelease { release, hash, bundle: self.bundles.get(&hash).await? })
    }

    /// Returns a candidate in the shadow stage, or `None` if its bundle is unusable: a shadow must not stop the release that
    /// decides.
    async fn shadow(&self, release: &Release) -> Result<Option<DecidingRelease>> {
        match self.variant(release.id, release.bundle).await {
            Ok(variant) => Ok(Some(variant)),
            Err(Error::Corrupt(problem)) => {
                tracing::error!(release.number, workflow = %release.workflow_name, %problem, "a release in the shadow stage was left out");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the codes of texts in feature rows.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn codes(
        &self,
        workflow: WorkflowId,
        texts: BTreeSet<(String, String)>,
    ) -> Result<HashMap<(String, String), u32>> {
        let mut known = HashMap::with_capacity(texts.len());
        let mut unknown = BTreeSet::new();
        {
            let codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
            for (field, text) in texts {
                match codes.get(&(workflow, field.clone(), text.clone())) {
                    Some(code) => {
                        known.insert((field, text), *code);
                    }
                    None => {
                        unknown.insert((field, text));
                    }
                }
            }
        }
        if unknown.is_empty() {
            return Ok(known);
        }
        let mut connection = self.store.pool().acquire().await?;
        let made = store::ingest::feature_codes(&mut connection, workflow, &unknown).await?;
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() + made.len() > REMEMBERED_CODES {
            codes.clear();
        }
        for ((field, text), code) in made {
            let code =
                u32::try_from(code).map_err(|_| Error::Corrupt("a feature code is negative".into()))?;
            codes.insert((workflow, field.clone(), text.clone()), code);
            known.insert((field, text), code);
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_release_is_not_remembered_after_it() {
        let memory = Memory::default();
        let trigger = (EventKind::Form, "website".to_owned());
        let began = memory.generation();
        memory.forget();
        memory.keep(began, |kept| drop(kept.routes.insert(trigger.clone(), "the old one".into())));
        assert_eq!(memory.route(&trigger), None);
        memory.keep(memory.generation(), |kept| {
            drop(kept.routes.insert(trigger.clone(), "the new one".into()))
        });
        assert_eq!(memory.route(&trigger).as_deref(), Some("the new one"));
        memory.forget();
        assert_eq!(memory.route(&trigger), None);
    }
}
