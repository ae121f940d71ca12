//! The workflows as they decide at this moment, compiled once and shared.

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
use store::workflows::{self, Target};
use store::{Error, Result, Store, releases, switches};

use super::Refusal;
use crate::bundles::Bundles;

/// A live workflow under one release epoch.
#[derive(Debug)]
pub struct Live {
    /// Its id.
    pub id: WorkflowId,
    /// Its name.
    pub name: String,
    /// The release epoch it was read under.
    pub epoch: i64,
    /// The release that is live.
    pub control: Variant,
    /// The release that is being rolled out, and the percentage of leads that it decides.
    pub candidate: Option<(Variant, u8)>,
    /// Releases in the shadow stage: they decide beside the one that counts.
    pub shadows: Vec<Variant>,
    /// Where decisions go.
    pub targets: Vec<(DestinationId, Target)>,
    /// Rules that are switched off or muted. Their times are looked at for each decision.
    pub switches: RuleSwitches,
}

/// A release that decides, or would.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The release.
    pub release: ReleaseId,
    /// Hash of its bundle.
    pub hash: Digest,
    /// What decides.
    pub bundle: Arc<Bundle>,
}

impl Live {
    /// Returns the release that decides about a lead: by its bucket, so that it stays with one release while the share grows.
    pub fn variant_of(&self, lead: LeadId) -> &Variant {
        match &self.candidate {
            Some((candidate, share)) if bucket::is_within(bucket::bucket(self.id, lead), *share) => candidate,
            _ => &self.control,
        }
    }

    /// Returns the releases that decide beside the one that counts: none where history is imported, as they compare live traffic.
    pub fn shadows_of(&self, mode: Mode) -> &[Variant] {
        if mode == Mode::Historical { &[] } else { &self.shadows }
    }

    /// Returns how far back the history of a lead is read, for the release that decides about it and for those in shadow.
    pub fn looks_back(&self, lead: LeadId, mode: Mode) -> Option<TimeDelta> {
        let all = std::iter::once(self.variant_of(lead)).chain(self.shadows_of(mode));
        all.filter_map(|variant| variant.bundle.looks_back()).max()
    }
}

/// Routes, live workflows and feature codes. Every process has its own; a commit under another epoch than the one read here
/// is refused and read again, so a stale entry costs a repetition, never a wrong decision.
pub struct Registry {
    store: Store,
    memory: Memory,
    bundles: Bundles,
    codes: Mutex<HashMap<(WorkflowId, String, String), u32>>,
}

/// What was read of workflows. Whatever is read is as old as the [`Memory::generation`] that it began under: when something is
/// released while it is on its way, it is used once and not remembered.
#[derive(Default)]
struct Memory(RwLock<Remembered>);

#[derive(Default)]
struct Remembered {
    /// Counts how often everything was forgotten.
    generation: u64,
    live: HashMap<String, Arc<Live>>,
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

    fn live(&self, name: &str) -> Option<Arc<Live>> {
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

/// Texts whose codes a process remembers; beyond it the memory starts anew.
const REMEMBERED_CODES: usize = 200_000;

impl Registry {
    /// An empty registry; workflows are read when they are first asked for.
    pub fn new(store: Store, bundles: Bundles) -> Self {
        Self { store, bundles, memory: Memory::default(), codes: Mutex::default() }
    }

    /// The live workflow that takes an event.
    ///
    /// # Errors
    /// Outer: when the database fails. Inner: why no workflow takes it.
    pub async fn route(&self, event: &EventRequest) -> Result<std::result::Result<Arc<Live>, Refusal>> {
        let name = match &event.workflow {
            Some(name) => name.clone(),
            None => match self.routed(event).await? {
                Ok(name) => name,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        self.live(&name).await
    }

    /// The name of the one workflow that takes such events. Only that is remembered: a refusal is looked up again.
    async fn routed(&self, event: &EventRequest) -> Result<std::result::Result<String, Refusal>> {
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
            0 => Err(Refusal::NoRoute { kind: event.kind.to_string(), origin: event.source.clone() }),
            _ => Err(Refusal::AmbiguousRoute(names)),
        })
    }

    /// A live workflow by name.
    ///
    /// # Errors
    /// As [`Registry::route`].
    pub async fn live(&self, name: &str) -> Result<std::result::Result<Arc<Live>, Refusal>> {
        match self.memory.live(name) {
            Some(live) => Ok(Ok(live)),
            None => self.read(name).await,
        }
    }

    /// Forgets what was read of workflows, because something was released.
    pub fn forget(&self) {
        self.memory.forget();
    }

    async fn read(&self, name: &str) -> Result<std::result::Result<Arc<Live>, Refusal>> {
        let generation = self.memory.generation();
        let mut connection = self.store.pool().acquire().await?;
        let Some(workflow) = workflows::by_name(&mut connection, name).await? else {
            return Ok(Err(Refusal::UnknownWorkflow(name.to_owned())));
        };
        let hash = workflow.live_bundle.as_deref().and_then(Digest::from_slice);
        let (Some(release), Some(hash)) = (workflow.live_release, hash) else {
            return Ok(Err(Refusal::NotLive(name.to_owned())));
        };
        let targets = workflows::targets(&mut connection, workflow.definition.0).await?;
        let open = releases::open_of(&mut connection, workflow.id.into()).await?;
        // After the epoch: what is switched in between begins another one.
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
        let live = Arc::new(Live {
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

    async fn variant(&self, release: ReleaseId, hash: Digest) -> Result<Variant> {
        Ok(Variant { release, hash, bundle: self.bundles.get(&hash).await? })
    }

    /// A candidate in the shadow stage; none where its bundle cannot be used, since what only watches must not stop what decides.
    async fn shadow(&self, release: &Release) -> Result<Option<Variant>> {
        match self.variant(release.id, release.bundle).await {
            Ok(variant) => Ok(Some(variant)),
            Err(Error::Corrupt(problem)) => {
                tracing::error!(release.number, workflow = %release.workflow_name, %problem, "a release in the shadow stage was left out");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The codes of texts in feature rows.
    ///
    /// # Errors
    /// When the database fails.
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
