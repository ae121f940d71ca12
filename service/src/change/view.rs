//! What the page of a change shows of its texts, computed once for each content.
//!
//! Reading, compiling, comparing and merging the largest texts takes seconds. The first viewer of a content starts the computation in
//! a slot, others wait for the same one, and later views compute nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::canonical::{self, Digest};
use engine::change::kinds::TextFormat;
use engine::change::{self, ComparisonSummary, Kind, KnownPerson, LineComparison, TextProblem};
use engine::rules::pick::Pool;
use quick_cache::sync::Cache;
use quick_cache::{OptionsBuilder, Weighter};
use serde_json::Value as Json;
use sqlx::PgConnection;
use store::actor::Role;
use store::changes::{self, Change, ChangeHead, ChangeState};
use store::workflows::{self, Version};
use store::{Store, people};

use super::names::AssigneeNames;
use super::reading::{read, text_of};
use super::update::{MergePreview, preview_merge};
use crate::compute::ComputeSlots;
use crate::error::{Error, Result};

/// Bytes of all cached views together: the largest list, and dozens of large rule sets.
const CACHED_BYTES: u64 = 96 * 1024 * 1024;
/// Number of views that the cache is laid out for.
const CACHED: usize = 256;

/// What a page shows of the texts of a change.
#[derive(Debug)]
pub struct ChangeView {
    /// The text of the change.
    pub source: String,
    /// The problems of a draft; `None` once the change is submitted.
    pub problems: Option<Vec<TextProblem>>,
    /// The roles that submitting a draft would require; `None` once the change is submitted.
    pub approvers: Option<Vec<Role>>,
    /// Differences from the base version; `None` if the text cannot be read.
    pub comparison: Option<ComparisonSummary>,
    /// The text against that of the base version. `None` for lists, whose comparison has every entry.
    pub lines: Option<LineComparison>,
    /// The text against that of another person's draft that this one was split from.
    pub other: Option<LineComparison>,
    /// What bringing an outdated change up to date comes to.
    pub merge: Option<MergePreview>,
    /// Names of the people in the content.
    pub names: AssigneeNames,
    /// The base version's pool and that of the change.
    pub pools: [Option<Pool>; 2],
    entries: Entries,
    /// The people whom the content names, or could name, as they were when it was read.
    people: BTreeMap<String, KnownPerson>,
    assignees: Vec<String>,
}

/// A change with the view of the content that it has.
pub struct ViewedChange {
    /// The change without its content.
    pub change: ChangeHead,
    /// What the page shows of the content.
    pub view: Arc<ChangeView>,
}

/// The entries of a list that contain a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundEntries {
    /// The first of them.
    pub shown: Vec<String>,
    /// The number of all that contain the text.
    pub found: usize,
    /// The number of entries in the list.
    pub total: usize,
}

impl FoundEntries {
    /// Returns the entries that contain a text in any case, and how many there are. Keeps the first `limit` of them.
    pub fn among<'a>(entries: impl Iterator<Item = &'a str>, sought: &str, limit: usize) -> Self {
        let sought = sought.trim().to_lowercase();
        let mut all = Self::default();
        for entry in entries {
            all.total += 1;
            if sought.is_empty() || entry.to_lowercase().contains(&sought) {
                all.found += 1;
                if all.shown.len() < limit {
                    all.shown.push(entry.to_owned());
                }
            }
        }
        all
    }
}

/// The views of one process. Cheap to clone.
#[derive(Clone)]
pub struct ChangeViews(Arc<Inner>);

struct Inner {
    store: Store,
    slots: ComputeSlots,
    views: Cache<Digest, Arc<ChangeView>, ByBytes>,
    computed: AtomicU64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Digest, Arc<ChangeView>> for ByBytes {
    fn weight(&self, _: &Digest, view: &Arc<ChangeView>) -> u64 {
        view.bytes() as u64
    }
}

impl ChangeViews {
    /// Creates an empty cache.
    pub fn new(store: Store, slots: ComputeSlots) -> Self {
        let options = OptionsBuilder::new()
            .estimated_items_capacity(CACHED)
            .weight_capacity(CACHED_BYTES)
            // A shard would be too small for the largest list.
            .shards(1)
            .build();
        let views = options.map_or_else(
            |_| Cache::with_weighter(CACHED, CACHED_BYTES, ByBytes),
            |options| Cache::with_options(options, ByBytes, Default::default(), Default::default()),
        );
        Self(Arc::new(Inner { store, slots, views, computed: AtomicU64::default() }))
    }

    /// Returns how often a view was computed.
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// Returns a change with the view of its content.
    ///
    /// # Errors
    /// Returns [`Error::Busy`] if it has to be computed and no slot is free.
    pub async fn get(&self, number: i64) -> Result<ViewedChange> {
        loop {
            let (change, key) = self.key(number).await?;
            let view = self.cached(key, &change).await?;
            let Some(view) = view else { continue };
            if self.is_current(&change, &view).await? {
                return Ok(ViewedChange { change, view });
            }
            self.0.views.remove(&key);
        }
    }

    /// Returns the entries of a list's view that contain a text.
    ///
    /// # Errors
    /// Returns [`Error::Busy`] if there is something to search and no slot is free.
    pub async fn entries(&self, view: &Arc<ChangeView>, sought: &str, limit: usize) -> Result<FoundEntries> {
        if sought.trim().is_empty() {
            let total = view.entries.ends.len();
            let shown = view.entries.iter().take(limit).map(str::to_owned).collect();
            return Ok(FoundEntries { shown, found: total, total });
        }
        let (view, sought) = (view.clone(), sought.to_owned());
        self.0.slots.run(0, async move || FoundEntries::among(view.entries.iter(), &sought, limit)).await
    }

    /// Returns the view of a key, or `None` if the change was saved since the key was made.
    async fn cached(&self, key: Digest, change: &ChangeHead) -> Result<Option<Arc<ChangeView>>> {
        if let Some(view) = self.0.views.get(&key) {
            return Ok(Some(view));
        }
        let (all, change) = (self.clone(), change.clone());
        // In a task of its own, so that the computation is not lost if the viewer leaves.
        let task = tokio::spawn(async move {
            let compute = async {
                let (store, bytes) = (all.0.store.clone(), change.source_bytes);
                all.0.computed.fetch_add(1, Ordering::Relaxed);
                all.0.slots.run(bytes, async move || compute(&store, &change).await).await?.map(Arc::new)
            };
            all.0.views.get_or_insert_async(&key, compute).await
        });
        match task.await.map_err(|_| Error::Interrupted)? {
            Ok(view) => Ok(Some(view)),
            Err(Error::Store(store::Error::Raced)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns a change with a hash of all that its view depends on, except for the people in it.
    async fn key(&self, number: i64) -> Result<(ChangeHead, Digest)> {
        let mut connection = self.0.store.pool().acquire().await?;
        let change = changes::head_by_number(&mut connection, number).await?;
        let other = match change.started_from {
            Some(number) => {
                let other = changes::head_by_number(&mut connection, number).await?;
                Some((other.state.to_string(), other.revision))
            }
            None => None,
        };
        let live = workflows::live_with(&mut connection, change.kind, Some(&change.name)).await?;
        let live: Vec<_> = live.into_iter().map(|live| (live.name, live.version_ids)).collect();
        let versions = workflows::count_versions(&mut connection).await?;
        let parts = (
            (change.id, change.revision, change.hash, change.state.to_string()),
            (change.base_version, change.newest_version, other, live, versions),
        );
        let key = canonical::digest(&parts)?;
        Ok((change, key))
    }

    /// Returns whether the people in a view are the same as now.
    async fn is_current(&self, change: &ChangeHead, view: &ChangeView) -> Result<bool> {
        if change.kind.spec().assignees.is_none() {
            return Ok(true);
        }
        let mut connection = self.0.store.pool().acquire().await?;
        Ok(people::known_assignees(&mut connection, &view.assignees).await? == view.people)
    }
}

impl ChangeView {
    /// Returns roughly how much memory the view takes.
    fn bytes(&self) -> usize {
        let marks = self.problems.as_ref().map_or(0, Vec::len) * 300;
        let lines = [&self.lines, &self.other].into_iter().flatten().count() * 200_000;
        4_096 + self.source.len() + self.entries.text.len() + self.entries.ends.len() * 4 + marks + lines
    }
}

/// Computes a view.
///
/// # Errors
/// Returns [`store::Error::Raced`] if the change was saved in the meantime.
async fn compute(store: &Store, head: &ChangeHead) -> Result<ChangeView> {
    let (mut change, base, other) = {
        let mut connection = store.pool().acquire().await?;
        let change = changes::by_number(&mut connection, head.number).await?;
        if change.revision != head.revision || change.state != head.state {
            return Err(store::Error::Raced.into());
        }
        let base = base_of(&mut connection, &change).await?;
        let other = other_text(&mut connection, &change).await?;
        (change, base, other)
    };
    let (kind, is_draft) = (change.kind, change.state == ChangeState::Draft);
    let merge = preview_merge(store, &change).await?;
    let (mut problems, mut approvers) = (None, None);
    if is_draft {
        // The content is read from the text again. A long list would otherwise be in memory twice.
        change.body = None;
        let reading = read(store, kind, &change.name, &change.source).await?;
        approvers = Some(reading.approvers(kind));
        problems = Some(reading.draft.marks);
        change.body = reading.draft.body;
    }
    let base_body = base.as_ref().map(|base| &base.body);
    let bodies = || base_body.into_iter().chain(&change.body);
    let assignees: Vec<String> =
        bodies().flat_map(|body| change::assignees(kind, body)).map(|assignee| assignee.email).collect();
    let people = match kind.spec().assignees {
        Some(_) => people::known_assignees(&mut *store.pool().acquire().await?, &assignees).await?,
        None => BTreeMap::new(),
    };
    let names = AssigneeNames::from(&people);
    let comparison = change.body.as_ref().map(|body| change::compare(kind, base_body, body));
    let pool = |body: Option<&Json>| match kind {
        Kind::Pool => body.and_then(|body| serde_json::from_value(body.clone()).ok()),
        _ => None,
    };
    Ok(ChangeView {
        problems,
        approvers,
        comparison: comparison.map(|found| found.summary(|difference| names.difference(difference))),
        lines: match (kind.spec().text, &base) {
            (TextFormat::Lines, _) => None,
            (TextFormat::Yaml, None) => Some(LineComparison::new("", &change.source)),
            (TextFormat::Yaml, Some(base)) => Some(LineComparison::new(&text_of(base)?, &change.source)),
        },
        other: other.map(|other| LineComparison::new(&other, &change.source)),
        merge,
        pools: [pool(base_body), pool(change.body.as_ref())],
        entries: Entries::of(kind, change.body.as_ref()),
        source: change.source,
        names,
        people,
        assignees,
    })
}

async fn base_of(connection: &mut PgConnection, change: &Change) -> Result<Option<Version>> {
    Ok(match change.base_version {
        0 => None,
        version => Some(workflows::version(connection, change.kind, &change.name, version).await?),
    })
}

/// Returns the text of the draft that this draft was split from when two people edited it.
async fn other_text(connection: &mut PgConnection, change: &Change) -> Result<Option<String>> {
    let (ChangeState::Draft, Some(number)) = (change.state, change.started_from) else { return Ok(None) };
    if changes::head_by_number(connection, number).await?.state != ChangeState::Draft {
        return Ok(None);
    }
    Ok(Some(changes::by_number(connection, number).await?.source))
}

/// The entries of a list in one text, since a million strings would take three times as much memory.
#[derive(Debug, Default)]
struct Entries {
    text: String,
    /// The end of each entry in `text`.
    ends: Vec<u32>,
}

impl Entries {
    fn of(kind: Kind, body: Option<&Json>) -> Self {
        let mut all = Self::default();
        if kind != Kind::List {
            return all;
        }
        for entry in list_entries(body) {
            all.text.push_str(entry);
            // The text of a list is limited to much less.
            all.ends.push(u32::try_from(all.text.len()).unwrap_or(u32::MAX));
        }
        all
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, end)| self.text.get(start as usize..*end as usize))
    }
}

/// Returns the entries of a list's content.
pub fn list_entries(body: Option<&Json>) -> impl Iterator<Item = &str> {
    let all = body.and_then(|body| body.get("entries")).and_then(Json::as_array);
    all.into_iter().flatten().filter_map(Json::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_are_found_in_any_case_and_counted() {
        let body = json!({ "entries": ["Acme", "acme.example", "", "Globex", "Café ACME"] });
        let entries = Entries::of(Kind::List, Some(&body));
        assert!(entries.iter().eq(list_entries(Some(&body))));
        let found = FoundEntries::among(entries.iter(), " ACME ", 2);
        let shown = ["Acme", "acme.example"].map(str::to_owned).to_vec();
        assert_eq!(found, FoundEntries { shown, found: 3, total: 5 });
        assert_eq!(FoundEntries::among(entries.iter(), "", 1).found, 5);
    }
}
