//! Paginated list of the audit log, newest first.
//!
//! Hand-written SQL: a keyset list of a partitioned log, and look-ups over the tables that its subjects name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::change::Kind;
use serde_json::Value as Json;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::Result;
use crate::keyring::CiphertextLocation;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of entries on a page.
pub const PAGE_ROWS: usize = 50;
/// Maximum number of entries to search for a page, whatever the filter.
pub const SEARCHED_ROWS: usize = 20_000;

/// Actions that are only shown on request, because they would hide everything else.
const SIGN_INS: [&str; 2] = ["person.sign_in", "person.sign_out"];
/// Maximum number of named objects that a search text may stand for; a longer text narrows them down.
const NAMED: i64 = 200;

/// Filters the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Prefix of the actor: `person:0199…` matches one person, `command:` all commands, `key:` all programs.
    pub actor: Option<String>,
    /// The part of the action before the dot, for example `person` or `workflow`.
    pub area: Option<String>,
    /// Text that an entry shows, or the object that it concerns.
    pub search: Option<AuditSearch>,
    /// Only acts from this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Only acts before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Excludes signing in and out.
    pub without_sign_ins: bool,
}

impl AuditFilter {
    /// Returns whether entries have to be searched one by one. A period alone only bounds the log.
    fn is_searched(&self) -> bool {
        self.actor.is_some() || self.area.is_some() || self.search.is_some() || self.without_sign_ins
    }
}

/// A search text with everything that it may stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Lower-case text that names, details and actors may contain; `None` if the text identifies an object.
    pub text: Option<String>,
    /// Objects with a matching name, as the log writes subjects: `person:0199…`, `change:4`.
    pub subjects: Vec<String>,
    /// People and keys with a matching name.
    pub actors: Vec<String>,
    /// Actions with a matching description.
    pub actions: Vec<String>,
}

/// Finds what a search text may stand for. `subject` is the object that the text identifies, if it is a link, a number or
/// an ID; `actions` are those whose description matches.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn audit_search(
    store: &Store,
    text: &str,
    subject: Option<String>,
    actions: Vec<String>,
) -> Result<AuditSearch> {
    if let Some(subject) = subject {
        return Ok(AuditSearch { subjects: vec![subject], ..AuditSearch::default() });
    }
    let text = text.to_lowercase();
    let number: Option<i64> = text.strip_prefix('#').unwrap_or(&text).parse().ok();
    if let Some(number) = number {
        let subjects = vec![format!("change:{number}"), format!("release:{number}")];
        return Ok(AuditSearch { subjects, ..AuditSearch::default() });
    }
    if text.parse::<Uuid>().is_ok() {
        // An ID on its own names an object of any kind, a request, or an object that the details name.
        return Ok(AuditSearch { text: Some(text), ..AuditSearch::default() });
    }
    let subjects: Vec<String> = sqlx::query_scalar(
        "SELECT subject FROM ( \
           SELECT 'person:' || id AS subject, name || ' ' || email AS text FROM people \
           UNION ALL SELECT 'key:' || id, name FROM api_keys \
           UNION ALL SELECT 'change:' || number, title FROM changes \
           UNION ALL SELECT 'release:' || r.number, coalesce(c.title, '') || ' ' || w.title FROM releases r JOIN workflows w ON w.id = r.workflow_id LEFT JOIN changes c ON c.id = r.change_id \
           UNION ALL SELECT 'workflow:' || name, title FROM workflows \
           UNION ALL SELECT 'workflow_id:' || id, title FROM workflows \
           UNION ALL SELECT kind || ':' || name, title FROM version_titles \
           UNION ALL SELECT 'destination:' || name, title FROM destinations WHERE title IS NOT NULL \
           UNION ALL SELECT 'upload:' || id, file_name FROM uploads \
           UNION ALL SELECT 'run:' || run_id, file_name FROM uploads WHERE run_id IS NOT NULL \
         ) named WHERE strpos(lower(text), $1) > 0 LIMIT $2",
    )
    .bind(&text)
    .bind(NAMED)
    .fetch_all(store.pool())
    .await?;
    let is_actor = |subject: &&String| subject.starts_with("person:") || subject.starts_with("key:");
    let actors = subjects.iter().filter(is_actor).cloned().collect();
    Ok(AuditSearch { text: Some(text), subjects, actors, actions })
}

/// Returns the display names of objects in the audit log, by subject: `change:4`, `key:0199…`, `workflow_id:0199…`. Omits
/// objects that have no name or no longer exist, and saved views, whose names are their owners' own business.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn names_of_subjects(store: &Store, subjects: &[String]) -> Result<BTreeMap<String, String>> {
    if subjects.is_empty() {
        return Ok(BTreeMap::new());
    }
    let of = |kind: &str| -> Vec<String> {
        let own = subjects.iter().filter_map(|subject| subject.strip_prefix(kind)?.strip_prefix(':'));
        own.map(str::to_owned).collect()
    };
    let ids = |kind: &str| -> Vec<Uuid> { of(kind).iter().filter_map(|id| id.parse().ok()).collect() };
    let numbers = |kind: &str| -> Vec<i64> { of(kind).iter().filter_map(|id| id.parse().ok()).collect() };
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT 'person:' || id, name FROM people WHERE id = ANY($1) \
         UNION ALL SELECT 'key:' || id, name FROM api_keys WHERE id = ANY($2) \
         UNION ALL SELECT 'change:' || number, title FROM changes WHERE number = ANY($3) AND title <> '' \
         UNION ALL SELECT 'release:' || r.number, coalesce(nullif(c.title, ''), w.title) FROM releases r JOIN workflows w ON w.id = r.workflow_id LEFT JOIN changes c ON c.id = r.change_id WHERE r.number = ANY($4) \
         UNION ALL SELECT 'workflow:' || name, title FROM workflows WHERE name = ANY($5) \
         UNION ALL SELECT 'workflow_id:' || id, title FROM workflows WHERE id = ANY($6) \
         UNION ALL SELECT 'lead:' || id, coalesce(name, company, email) FROM leads WHERE id = ANY($7) AND coalesce(name, company, email) IS NOT NULL \
         UNION ALL SELECT 'upload:' || id, file_name FROM uploads WHERE id = ANY($8) \
         UNION ALL SELECT 'run:' || run_id, max(file_name) FROM uploads WHERE run_id = ANY($9) GROUP BY run_id \
         UNION ALL SELECT 'run_kind:' || id, kind FROM runs WHERE id = ANY($9)",
    )
    .bind(ids("person"))
    .bind(ids("key"))
    .bind(numbers("change"))
    .bind(numbers("release"))
    .bind(of("workflow"))
    .bind(ids("workflow_id"))
    .bind(ids("lead"))
    .bind(ids("upload"))
    .bind(ids("run"))
    .fetch_all(store.pool())
    .await?;
    Ok(rows.into_iter().collect())
}

/// An audit entry, its override and lead, the sealed reason, and the lead's wrapped key.
type SealedReason = (Uuid, Uuid, Uuid, Vec<u8>, Option<Vec<u8>>);

/// Returns the reasons that people gave for acts, by entry. Reasons are not part of the log: those about leads are encrypted
/// and disappear with the lead, and comments on changes belong to the change.
///
/// # Errors
/// Returns an error if the database fails or a reason cannot be decrypted.
pub async fn reasons_of(store: &Store, entries: &[AuditEntry]) -> Result<BTreeMap<Uuid, String>> {
    let mut reasons = BTreeMap::new();
    let about = |area: &'static str| entries.iter().filter(move |entry| entry.action.starts_with(area));
    let verdicts: Vec<&AuditEntry> = about("queue.").filter(|entry| entry.lead_id.is_some()).collect();
    if !verdicts.is_empty() {
        let rows: Vec<SealedReason> = sqlx::query_as(
            "SELECT a.entry, o.id, o.lead_id, o.reason, l.data_key FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) AS a (entry, decision, at, actor) \
             JOIN overrides o ON o.decision_id = a.decision AND o.at = a.at JOIN leads l ON l.id = o.lead_id",
        )
        .bind(verdicts.iter().map(|entry| entry.id).collect::<Vec<_>>())
        .bind(verdicts.iter().map(|entry| entry.uuid("decision")).collect::<Vec<_>>())
        .bind(verdicts.iter().map(|entry| entry.at).collect::<Vec<_>>())
        .bind(verdicts.iter().map(|entry| entry.actor.clone()).collect::<Vec<_>>())
        .fetch_all(store.pool())
        .await?;
        for (entry, row, lead, reason, key) in rows {
            let Some(key) = key else { continue };
            let key = store.keyring().unwrap_data_key(lead, &key)?;
            let reason = key.open(&reason, CiphertextLocation { column: "overrides.reason", row })?;
            reasons.insert(entry, String::from_utf8_lossy(&reason).into_owned());
        }
    }
    let changes: Vec<&AuditEntry> = about("change.").collect();
    if !changes.is_empty() {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT a.entry, r.comment FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS a (entry, subject, at) \
             JOIN changes c ON 'change:' || c.number = a.subject JOIN change_reviews r ON r.change_id = c.id AND r.at = a.at WHERE r.comment <> ''",
        )
        .bind(changes.iter().map(|entry| entry.id).collect::<Vec<_>>())
        .bind(changes.iter().map(|entry| entry.subject.clone()).collect::<Vec<_>>())
        .bind(changes.iter().map(|entry| entry.at).collect::<Vec<_>>())
        .fetch_all(store.pool())
        .await?;
        reasons.extend(rows);
    }
    reasons.retain(|_, reason| !reason.is_empty());
    Ok(reasons)
}

/// An entry in the audit log.
#[derive(Clone, Debug, FromRow)]
pub struct AuditEntry {
    /// Unique ID.
    pub id: Uuid,
    /// When the act happened.
    pub at: DateTime<Utc>,
    /// The actor, for example `person:0199…`, `key:0199…` or `command:import`.
    pub actor: String,
    /// Roles that the actor held.
    pub roles: Vec<String>,
    /// The action, for example `person.add`.
    pub action: String,
    /// The subject, for example `person:0199…`.
    pub subject: String,
    /// The lead that the act concerns.
    pub lead_id: Option<Uuid>,
    /// Further details.
    pub detail: Option<Json>,
    /// ID of the request.
    pub request_id: String,
}

impl AuditEntry {
    /// Returns a member of the details that is an ID.
    fn uuid(&self, name: &str) -> Option<Uuid> {
        self.detail.as_ref()?.get(name)?.as_str()?.parse().ok()
    }

    /// Returns the kind and the name of the version that the act concerns.
    pub fn version(&self) -> Option<(Kind, &str)> {
        let (kind, name) = self.subject.split_once(':')?;
        Some((kind.parse().ok()?, name))
    }
}

/// Cursor into the log, which is ordered by entry ID.
pub type AuditCursor = keyset::Cursor<Uuid>;

/// A page of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The entries, in list order.
    pub entries: Vec<AuditEntry>,
    /// Cursors of the adjacent pages. If the search was cut off, the next one continues where it stopped.
    pub beside: keyset::AdjacentPages<Uuid>,
    /// Whether the search stopped after [`SEARCHED_ROWS`] entries, before the page was full.
    pub cut: bool,
}

/// Selects entries that match a search: by what they name, or by a text that their row shows. Details match by their texts,
/// but not by hashes and IDs, which rows do not show; an ID matches exactly.
const MATCHES: &str = "(subject = ANY($10) OR actor = ANY($11) OR action = ANY($12) \
   OR request_id = $13 OR (strpos($13, ':') > 0 AND starts_with(subject, $13)) OR split_part(subject, ':', 2) = $13 OR lead_id::text = $13 \
   OR (subject !~ ':([0-9a-f]{8}-|[0-9]+$)' AND strpos(translate(lower(subject), ':_-', '   '), translate($13, ':_-', '   ')) > 0) \
   OR (starts_with(actor, 'command:') AND strpos(lower(actor), $13) > 0) \
   OR (lead_id IS NOT NULL AND EXISTS (SELECT FROM leads l WHERE l.id = near.lead_id AND strpos(lower(concat_ws(' ', l.name, l.company, l.email, l.external_id)), $13) > 0)) \
   OR (strpos(lower(detail::text), $13) > 0 AND EXISTS (SELECT FROM jsonb_path_query(detail, '$.** ? (@.type() == \"string\")') AS found (value) \
     WHERE strpos(lower(found.value #>> '{}'), $13) > 0 AND found.value #>> '{}' !~ '^(sha256:|[0-9a-f]{8}-)')))";

/// Returns a page of the log with at most `limit` entries.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn audit_log(
    store: &Store,
    filter: &AuditFilter,
    order: Order,
    cursor: AuditCursor,
    limit: usize,
) -> Result<AuditPage> {
    let (is_searched, is_ascending) = (filter.is_searched(), cursor.is_ascending(order));
    let window = |columns: &str, rest: &str| {
        let place = match cursor {
            AuditCursor::Start => "$1::uuid IS NULL",
            AuditCursor::Before(_) => "id < $1",
            AuditCursor::After(_) => "id > $1",
        };
        let direction = if is_ascending { "ASC" } else { "DESC" };
        // An ID starts with the time of the act, so the period selects partitions.
        let period = "($3::timestamptz IS NULL OR id >= uuid_v7_floor($3)) AND ($4::timestamptz IS NULL OR id < uuid_v7_floor($4))";
        format!("SELECT {columns} FROM audit_log WHERE {place} AND {period} ORDER BY id {direction} {rest}")
    };
    let at = match cursor {
        AuditCursor::Start => None,
        AuditCursor::Before(id) | AuditCursor::After(id) => Some(id),
    };
    let near = window("id, at, actor, roles, action, subject, lead_id, detail, request_id", "LIMIT $2");
    let direction = if is_ascending { "ASC" } else { "DESC" };
    let search = filter.search.clone().unwrap_or_default();
    let mut entries: Vec<AuditEntry> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT * FROM ({near}) near WHERE ($5::text IS NULL OR starts_with(actor, $5)) AND ($6::text IS NULL OR starts_with(action, $6 || '.')) \
           AND (NOT $7 OR action <> ALL($8)) AND (NOT $9 OR {MATCHES}) ORDER BY id {direction} LIMIT $14"
    )))
    .bind(at)
    .bind(if is_searched { SEARCHED_ROWS } else { limit + 1 } as i64)
    .bind(filter.from)
    .bind(filter.to)
    .bind(&filter.actor)
    .bind(&filter.area)
    .bind(filter.without_sign_ins)
    .bind(SIGN_INS.as_slice())
    .bind(filter.search.is_some())
    .bind(search.subjects)
    .bind(search.actors)
    .bind(search.actions)
    .bind(search.text)
    .bind(limit as i64 + 1)
    .fetch_all(store.pool())
    .await?;
    let is_full = entries.len() > limit;
    let beside = keyset::turn(&mut entries, limit, &cursor, order, |entry| entry.id);
    let mut page = AuditPage { entries, beside, cut: false };
    if is_full || !is_searched {
        return Ok(page);
    }
    let end: Option<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(window("id", "OFFSET $2 LIMIT 1")))
        .bind(at)
        .bind(SEARCHED_ROWS as i64 - 1)
        .bind(filter.from)
        .bind(filter.to)
        .fetch_optional(store.pool())
        .await?;
    if let Some(end) = end {
        page.cut = true;
        if is_ascending {
            page.beside.newer = Some(AuditCursor::After(end));
        } else {
            page.beside.older = Some(AuditCursor::Before(end));
        }
    }
    Ok(page)
}
