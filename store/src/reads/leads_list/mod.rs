//! The list of leads: one row for each lead and workflow, latest decision first.
//!
//! Hand-written SQL: a keyset list whose filters and order the reader chooses.

mod filter;

use chrono::{DateTime, Utc};
use engine::action::Action;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::Result;
use crate::ingest;
use crate::pool::Store;
use crate::reads::keyset;

pub use filter::{
    FigurePart, LeadListCursor, LeadListFilter, LeadListPosition, LeadListSort, QueueFilter, RuleFilter,
};

/// Number of rows on a page.
pub const PAGE_ROWS: usize = 50;
/// Maximum number of rows to search for a page if no index covers the filter; each costs a lookup.
pub const SEARCHED_ROWS: i64 = 5_000;
/// Number of rows at which counting stops.
pub const COUNTED_ROWS: usize = 1_000;

/// A lead in a workflow.
#[derive(Clone, Debug, FromRow)]
pub struct LeadListRow {
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The latest decision by the rules.
    pub last_decision_id: Uuid,
    /// `as_of` of the first decision.
    pub first_as_of: DateTime<Utc>,
    /// The verdict or the decision that counts, which determines the order of the list.
    pub effective_id: Uuid,
    /// When the verdict was given, or `as_of` of the decision.
    pub effective_at: DateTime<Utc>,
    /// The action that counts: a person's, or that of the latest decision.
    pub effective_action: String,
    /// Action of the latest decision by the rules.
    pub last_action: String,
    /// ID of the rule that made the latest decision; `None` for the default.
    pub last_rule_id: Option<String>,
    /// Confidence of the latest decision.
    pub last_confidence: Option<f64>,
    /// Version of the rule set.
    pub last_rule_version: i32,
    /// The queue that the lead waits in.
    pub queue: Option<String>,
    /// When the lead entered the queue.
    pub queued_at: Option<DateTime<Utc>>,
    /// The lead's name.
    pub name: Option<String>,
    /// The lead's company.
    pub company: Option<String>,
    /// The lead's e-mail address.
    pub email: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
    /// Address of the person the lead is assigned to.
    pub assignee: Option<String>,
    /// Stage of the latest outcome.
    pub stage: Option<String>,
    /// When the person was erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// Source of the first event.
    pub source: String,
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct LeadListPage {
    /// The rows, in list order.
    pub rows: Vec<LeadListRow>,
    /// Cursors of the adjacent pages. If the search was cut off, the next one continues where it stopped.
    pub beside: keyset::AdjacentPages<LeadListPosition>,
    /// Whether the search stopped at its limit.
    pub cut: bool,
}

/// Returns a page of at most `limit` leads that pass the filter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(
    store: &Store,
    filter: &LeadListFilter,
    sort: LeadListSort,
    cursor: LeadListCursor,
    limit: usize,
) -> Result<LeadListPage> {
    let filter = &named(store, filter).await?;
    // A filter on the first decision's time is only indexed in that order.
    let sort = LeadListSort { by_first: sort.by_first || filter.has_period(), ..sort };
    let window = Window { filter, sort, cursor };
    let mut rows: Vec<LeadListRow> = search(&window, limit).build_query_as().fetch_all(store.pool()).await?;
    let is_full = rows.len() > limit;
    let place = |row: &LeadListRow| LeadListPosition {
        first_as_of: sort.by_first.then_some(row.first_as_of),
        effective: row.effective_id,
    };
    let beside = keyset::turn(&mut rows, limit, &cursor, sort.order, place);
    let mut page = LeadListPage { rows, beside, cut: false };
    if !is_full && let Some(end) = end_of_search(store, &window).await? {
        page.cut = true;
        if window.is_ascending() {
            page.beside.newer = Some(LeadListCursor::After(end));
        } else {
            page.beside.older = Some(LeadListCursor::Before(end));
        }
    }
    Ok(page)
}

/// Counts the actions that count for the newest [`COUNTED_ROWS`] leads that pass the filter, ignoring its action, and returns
/// whether there are more. Where no index covers the filter, the leads are searched for among the newest [`SEARCHED_ROWS`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn counts(store: &Store, filter: &LeadListFilter) -> Result<(Vec<(Action, usize)>, bool)> {
    let filter = LeadListFilter { action: None, ..named(store, filter).await? };
    let sort = LeadListSort { by_first: filter.has_period(), ..LeadListSort::default() };
    let window = Window { filter: &filter, sort, cursor: LeadListCursor::Start };
    let mut query = QueryBuilder::new("SELECT effective_action, count(*) FROM (");
    if filter.is_searched() {
        query.push("SELECT s.effective_action FROM (");
        push_window(&mut query, "s.*", &window);
        query.push(" LIMIT ").push_bind(SEARCHED_ROWS);
        query.push(") s CROSS JOIN LATERAL (SELECT FROM leads l WHERE l.id = s.lead_id AND ");
        push_searched_conditions(&mut query, &filter);
        query.push(" OFFSET 0) l");
    } else {
        push_window(&mut query, "s.effective_action", &window);
    }
    query.push(" LIMIT ").push_bind(COUNTED_ROWS as i64 + 1).push(") s GROUP BY effective_action");
    let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(store.pool()).await?;
    let counts: Vec<(Action, usize)> = rows
        .into_iter()
        .filter_map(|(action, count)| Some((action.parse().ok()?, usize::try_from(count).ok()?)))
        .collect();
    let is_full = counts.iter().map(|(_, count)| count).sum::<usize>() > COUNTED_ROWS;
    Ok((counts, is_full || end_of_search(store, &window).await?.is_some()))
}

/// Display name of the rule behind a decision.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DecidingRule {
    /// The decision.
    pub decision_id: Uuid,
    /// ID of the rule that fired or, for the default, of the one that could not be evaluated.
    pub rule_id: String,
    /// Display name, if the rule has one.
    pub name: Option<String>,
    /// Whether the rule could not be evaluated.
    pub held: bool,
}

/// Returns the rules that decided or held the rows of a page. Omits rows that no rule matched.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn rules_of(store: &Store, decisions: &[Uuid]) -> Result<Vec<DecidingRule>> {
    Ok(sqlx::query_as(
        "SELECT d.id AS decision_id, coalesce(d.rule_id, d.held_by) AS rule_id, n.name, d.rule_id IS NULL AS held FROM decisions d \
         LEFT JOIN LATERAL (SELECT r.rule->>'name' AS name FROM versions v CROSS JOIN LATERAL jsonb_array_elements(v.body->'rules') AS r (rule) \
           WHERE v.kind = 'rule_set' AND v.name = d.rule_set AND v.version = d.rule_version AND r.rule->>'id' = coalesce(d.rule_id, d.held_by) LIMIT 1) n ON true \
         WHERE d.id = ANY($1) AND coalesce(d.rule_id, d.held_by) IS NOT NULL",
    )
    .bind(decisions)
    .fetch_all(store.pool())
    .await?)
}

/// Returns the sources that leads came from, by name. Jumps from one to the next rather than reading every lead.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn sources(store: &Store) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "WITH RECURSIVE found AS ((SELECT source FROM lead_states ORDER BY source LIMIT 1) \
           UNION ALL SELECT (SELECT s.source FROM lead_states s WHERE s.source > f.source ORDER BY s.source LIMIT 1) FROM found f WHERE f.source IS NOT NULL) \
         SELECT source FROM found WHERE source IS NOT NULL LIMIT 100",
    )
    .fetch_all(store.pool())
    .await?)
}

/// Returns whether there are no leads.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_empty(store: &Store) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT FROM lead_states)").fetch_one(store.pool()).await?)
}

/// Replaces a text that is an e-mail address by the lead it belongs to, which its HMAC identifies without a search.
async fn named(store: &Store, filter: &LeadListFilter) -> Result<LeadListFilter> {
    let mut filter = filter.clone();
    let emails = filter.text.as_deref().map(|text| ingest::email_identities(store.keyring(), text));
    let emails: Vec<Vec<u8>> = emails.into_iter().flatten().map(|(_, _, value)| value).collect();
    if !emails.is_empty() {
        let found: Option<Uuid> = sqlx::query_scalar(
            "SELECT lead_id FROM lead_identities WHERE kind = 'email' AND source = '' AND value_hmac = ANY($1) \
             ORDER BY value_hmac = $2 DESC LIMIT 1",
        )
        .bind(&emails)
        .bind(&emails[0])
        .fetch_optional(store.pool())
        .await?;
        if found.is_some() {
            (filter.lead, filter.text) = (found, None);
        }
    }
    Ok(filter)
}

/// The rows to search for a page.
struct Window<'a> {
    filter: &'a LeadListFilter,
    sort: LeadListSort,
    cursor: LeadListCursor,
}

impl Window<'_> {
    fn is_ascending(&self) -> bool {
        self.cursor.is_ascending(self.sort.order)
    }
}

/// Builds a query for the rows of a page plus one. The lookup of each lead is fenced off (`OFFSET 0`), so that
/// Postgres takes rows from the window one by one and stops once the page is full.
fn search(window: &Window<'_>, limit: usize) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "SELECT s.lead_id, s.workflow_id, s.last_decision_id, s.first_as_of, s.effective_id, s.effective_at, s.effective_action, s.last_action, s.last_rule_id, s.last_confidence, \
         s.last_rule_version, s.queue, s.queued_at, s.source, l.name, l.company, l.email, l.external_id, l.assignee, l.stage, l.erased_at FROM (",
    );
    push_window(&mut query, "s.*", window);
    query
        .push(" LIMIT ")
        .push_bind(SEARCHED_ROWS)
        .push(") s CROSS JOIN LATERAL (SELECT * FROM leads l WHERE l.id = s.lead_id AND ");
    push_searched_conditions(&mut query, window.filter);
    query.push(" OFFSET 0) l");
    push_order(&mut query, window);
    query.push(" LIMIT ").push_bind(limit as i64 + 1);
    query
}

/// Returns the last row searched, if the search stopped at its limit.
async fn end_of_search(store: &Store, window: &Window<'_>) -> Result<Option<LeadListPosition>> {
    if !window.filter.is_searched() {
        return Ok(None);
    }
    let mut query = QueryBuilder::new("");
    push_window(&mut query, "s.first_as_of, s.effective_id", window);
    query.push(" OFFSET ").push_bind(SEARCHED_ROWS - 1).push(" LIMIT 1");
    let end: Option<(DateTime<Utc>, Uuid)> = query.build_query_as().fetch_optional(store.pool()).await?;
    Ok(end.map(|(at, effective)| LeadListPosition {
        first_as_of: window.sort.by_first.then_some(at),
        effective,
    }))
}

fn push_window(query: &mut QueryBuilder<Postgres>, columns: &str, window: &Window<'_>) {
    query.push("SELECT ").push(columns).push(" FROM lead_states s WHERE true");
    if let Some(action) = window.filter.action {
        query.push(" AND s.effective_action = ").push_bind(<&'static str>::from(action));
    }
    match window.cursor {
        LeadListCursor::Start => {}
        LeadListCursor::Before(place) => push_place(query, window, " < ", place),
        LeadListCursor::After(place) => push_place(query, window, " > ", place),
    }
    push_indexed_conditions(query, window.filter);
    push_order(query, window);
}

/// Adds the condition to continue after `place`. A place from a list in another order is ignored.
fn push_place(query: &mut QueryBuilder<Postgres>, window: &Window<'_>, than: &str, place: LeadListPosition) {
    match (window.sort.by_first, place.first_as_of) {
        (true, Some(at)) => {
            query.push(" AND (s.first_as_of, s.effective_id)").push(than).push("(").push_bind(at).push(", ");
            query.push_bind(place.effective).push(")");
        }
        (false, None) => {
            query.push(" AND s.effective_id").push(than).push_bind(place.effective);
        }
        _ => {}
    }
}

fn push_order(query: &mut QueryBuilder<Postgres>, window: &Window<'_>) {
    query.push(match (window.sort.by_first, window.is_ascending()) {
        (false, true) => " ORDER BY s.effective_id",
        (false, false) => " ORDER BY s.effective_id DESC",
        (true, true) => " ORDER BY s.first_as_of, s.effective_id",
        (true, false) => " ORDER BY s.first_as_of DESC, s.effective_id DESC",
    });
}

/// Adds the conditions that an index covers.
fn push_indexed_conditions(query: &mut QueryBuilder<Postgres>, filter: &LeadListFilter) {
    if let Some(workflow) = filter.workflow {
        query.push(" AND s.workflow_id = ").push_bind(workflow);
    }
    match filter.queue {
        Some(QueueFilter::Any) => drop(query.push(" AND s.queue IS NOT NULL")),
        Some(QueueFilter::None) => drop(query.push(" AND s.queue IS NULL")),
        Some(queue) => drop(query.push(" AND s.queue = ").push_bind(<&'static str>::from(queue))),
        None => {}
    }
    if let Some(from) = filter.from {
        query.push(" AND s.first_as_of >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND s.first_as_of < ").push_bind(to);
    }
    if let Some(assignee) = &filter.assignee {
        // Evaluated once, by the index of a person's leads.
        query.push(" AND s.lead_id = ANY(ARRAY(SELECT id FROM leads WHERE assignee = ");
        query.push_bind(assignee.clone()).push("))");
    }
    if let Some(lead) = filter.lead {
        query.push(" AND s.lead_id = ").push_bind(lead);
    }
}

/// Adds the conditions that require a search.
fn push_searched_conditions(query: &mut QueryBuilder<Postgres>, filter: &LeadListFilter) {
    query.push("(true");
    if filter.queue.is_none() && filter.lead.is_none() {
        // A merged lead is part of the one that remains. It stands for itself only while it waits for a person.
        query.push(" AND NOT EXISTS (SELECT FROM lead_aliases a WHERE a.lead_id = s.lead_id)");
    }
    match &filter.rule {
        Some(RuleFilter::Rule(rule)) => drop(query.push(" AND s.last_rule_id = ").push_bind(rule.clone())),
        Some(RuleFilter::Default) => drop(query.push(" AND s.last_rule_id IS NULL")),
        None => {}
    }
    if let Some(source) = &filter.source {
        query.push(" AND s.source = ").push_bind(source.clone());
    }
    if let Some(confidence) = filter.confidence {
        query.push(" AND s.last_confidence >= ").push_bind(confidence);
    }
    if let Some(stage) = filter.stage {
        query.push(" AND l.stage = ").push_bind(<&'static str>::from(stage));
    }
    if let Some(text) = &filter.text {
        let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        query.push(" AND (l.name ILIKE ").push_bind(pattern.clone());
        query.push(" OR l.company ILIKE ").push_bind(pattern.clone());
        query.push(" OR l.email ILIKE ").push_bind(pattern.clone());
        query.push(" OR l.external_id ILIKE ").push_bind(pattern).push(")");
    }
    match filter.counts {
        Some(FigurePart::Qualified) => drop(query.push(QUALIFIED)),
        Some(FigurePart::Judged) => drop(query.push(PASSED_ON).push(JUDGED)),
        Some(FigurePart::FalsePositive) => drop(query.push(PASSED_ON).push(REFUSED_FIRST)),
        Some(FigurePart::Assigned) => drop(query.push(ASSIGNED)),
        Some(FigurePart::Converted) => drop(query.push(ASSIGNED).push(CONVERTED)),
        None => {}
    }
    query.push(")");
}

// Must match the interpretation of stages in `engine::control::outcome`.
const QUALIFIED: &str = " AND EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = ANY(ARRAY(SELECT s.lead_id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = s.lead_id)) AND o.stage IN ('accepted', 'sales_qualified', 'opportunity', 'won'))";
const CONVERTED: &str = " AND EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = ANY(ARRAY(SELECT s.lead_id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = s.lead_id)) AND o.stage IN ('opportunity', 'won'))";
const JUDGED: &str = " AND EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = ANY(ARRAY(SELECT s.lead_id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = s.lead_id)) AND o.stage <> 'touched')";
const REFUSED_FIRST: &str = " AND (SELECT o.stage IN ('rejected', 'disqualified', 'lost') FROM standing_outcomes o WHERE o.lead_id = ANY(ARRAY(SELECT s.lead_id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = s.lead_id)) AND o.stage <> 'touched' \
    ORDER BY o.at, o.id LIMIT 1)";
const PASSED_ON: &str = " AND EXISTS (SELECT FROM decisions d WHERE d.lead_id = ANY(ARRAY(SELECT s.lead_id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = s.lead_id)) AND d.workflow_id = s.workflow_id AND d.action IN ('advance', 'assign') \
    AND d.mode IN ('live', 'assign_review', 'historical'))";
const ASSIGNED: &str = " AND EXISTS (SELECT FROM decisions d WHERE d.lead_id = ANY(ARRAY(SELECT s.lead_id UNION ALL SELECT a.lead_id FROM lead_aliases a WHERE a.merged_into = s.lead_id)) AND d.workflow_id = s.workflow_id AND d.action = 'assign' \
    AND d.mode IN ('live', 'assign_review', 'historical'))";
