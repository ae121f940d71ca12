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

pub use filter::{Counts, Cursor, Filter, Place, QueueFilter, RuleFilter, Sort};

/// Number of rows on a page.
pub const PAGE_ROWS: usize = 50;
/// Maximum number of rows to search for a page if no index covers the filter; each costs a lookup.
pub const SEARCHED_ROWS: i64 = 5_000;
/// Number of rows at which counting stops.
pub const COUNTED_ROWS: usize = 1_000;

/// A lead in a workflow.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The latest decision, which determines the order of the list.
    pub last_decision_id: Uuid,
    /// `as_of` of the first decision.
    pub first_as_of: DateTime<Utc>,
    /// `as_of` of the latest decision.
    pub last_as_of: DateTime<Utc>,
    /// Action of the latest decision.
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
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The rows, in list order.
    pub rows: Vec<Row>,
    /// Cursors of the adjacent pages. If the search was cut off, the next one continues where it stopped.
    pub beside: keyset::Beside<Place>,
    /// Whether the search stopped at its limit.
    pub cut: bool,
}

/// Returns a page of at most `limit` leads that pass the filter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(store: &Store, filter: &Filter, sort: Sort, cursor: Cursor, limit: usize) -> Result<Page> {
    let filter = &named(store, filter).await?;
    // A filter on the first decision's time is only indexed in that order.
    let sort = Sort { by_first: sort.by_first || filter.has_period(), ..sort };
    let window = Window { filter, sort, cursor };
    let mut rows: Vec<Row> = search(&window, limit).build_query_as().fetch_all(store.pool()).await?;
    let is_full = rows.len() > limit;
    let place = |row: &Row| Place {
        first_as_of: sort.by_first.then_some(row.first_as_of),
        last_decision: row.last_decision_id,
    };
    let beside = keyset::turn(&mut rows, limit, &cursor, sort.order, place);
    let mut page = Page { rows, beside, cut: false };
    if !is_full && let Some(end) = end_of_search(store, &window).await? {
        page.cut = true;
        if window.is_ascending() {
            page.beside.newer = Some(Cursor::After(end));
        } else {
            page.beside.older = Some(Cursor::Before(end));
        }
    }
    Ok(page)
}

/// Counts the actions among the newest [`COUNTED_ROWS`] leads that pass the filter, ignoring its action, and returns
/// whether there are more. Returns `None` if counting would require a search.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn counts(store: &Store, filter: &Filter) -> Result<Option<(Vec<(Action, usize)>, bool)>> {
    let filter = Filter { action: None, ..named(store, filter).await? };
    if filter.is_searched() {
        return Ok(None);
    }
    let mut query = QueryBuilder::new("SELECT last_action, count(*) FROM (");
    let sort = Sort { by_first: filter.has_period(), ..Sort::default() };
    push_window(&mut query, "s.last_action", &Window { filter: &filter, sort, cursor: Cursor::Start });
    query.push(" LIMIT ").push_bind(COUNTED_ROWS as i64 + 1).push(") s GROUP BY last_action");
    let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(store.pool()).await?;
    let counts: Vec<(Action, usize)> = rows
        .into_iter()
        .filter_map(|(action, count)| Some((action.parse().ok()?, usize::try_from(count).ok()?)))
        .collect();
    let more = counts.iter().map(|(_, count)| count).sum::<usize>() > COUNTED_ROWS;
    Ok(Some((counts, more)))
}

/// Display name of the rule behind a decision.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RuleOf {
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
pub async fn rules_of(store: &Store, decisions: &[Uuid]) -> Result<Vec<RuleOf>> {
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

/// Returns whether there are no leads.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_empty(store: &Store) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT FROM lead_states)").fetch_one(store.pool()).await?)
}

/// Replaces a text that is an e-mail address by the lead it belongs to, which its HMAC identifies without a search.
async fn named(store: &Store, filter: &Filter) -> Result<Filter> {
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
    filter: &'a Filter,
    sort: Sort,
    cursor: Cursor,
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
        "SELECT s.lead_id, s.workflow_id, s.last_decision_id, s.first_as_of, s.last_as_of, s.last_action, s.last_rule_id, s.last_confidence, \
         s.last_rule_version, s.queue, s.queued_at, l.name, l.company, l.email, l.external_id, l.assignee, l.stage, l.erased_at FROM (",
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
async fn end_of_search(store: &Store, window: &Window<'_>) -> Result<Option<Place>> {
    if !window.filter.is_searched() {
        return Ok(None);
    }
    let mut query = QueryBuilder::new("");
    push_window(&mut query, "s.first_as_of, s.last_decision_id", window);
    query.push(" OFFSET ").push_bind(SEARCHED_ROWS - 1).push(" LIMIT 1");
    let end: Option<(DateTime<Utc>, Uuid)> = query.build_query_as().fetch_optional(store.pool()).await?;
    Ok(end
        .map(|(at, last_decision)| Place { first_as_of: window.sort.by_first.then_some(at), last_decision }))
}

fn push_window(query: &mut QueryBuilder<Postgres>, columns: &str, window: &Window<'_>) {
    query.push("SELECT ").push(columns).push(" FROM lead_states s WHERE true");
    if let Some(action) = window.filter.action {
        query.push(" AND s.last_action = ").push_bind(<&'static str>::from(action));
    }
    match window.cursor {
        Cursor::Start => {}
        Cursor::Before(place) => push_place(query, window, " < ", place),
        Cursor::After(place) => push_place(query, window, " > ", place),
    }
    push_indexed_conditions(query, window.filter);
    push_order(query, window);
}

/// Adds the condition to continue after `place`. A place from a list in another order is ignored.
fn push_place(query: &mut QueryBuilder<Postgres>, window: &Window<'_>, than: &str, place: Place) {
    match (window.sort.by_first, place.first_as_of) {
        (true, Some(at)) => {
            query
                .push(" AND (s.first_as_of, s.last_decision_id)")
                .push(than)
                .push("(")
                .push_bind(at)
                .push(", ");
            query.push_bind(place.last_decision).push(")");
        }
        (false, None) => {
            query.push(" AND s.last_decision_id").push(than).push_bind(place.last_decision);
        }
        _ => {}
    }
}

fn push_order(query: &mut QueryBuilder<Postgres>, window: &Window<'_>) {
    query.push(match (window.sort.by_first, window.is_ascending()) {
        (false, true) => " ORDER BY s.last_decision_id",
        (false, false) => " ORDER BY s.last_decision_id DESC",
        (true, true) => " ORDER BY s.first_as_of, s.last_decision_id",
        (true, false) => " ORDER BY s.first_as_of DESC, s.last_decision_id DESC",
    });
}

/// Adds the conditions that an index covers.
fn push_indexed_conditions(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
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
fn push_searched_conditions(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    query.push("(true");
    match &filter.rule {
        Some(RuleFilter::Rule(rule)) => drop(query.push(" AND s.last_rule_id = ").push_bind(rule.clone())),
        Some(RuleFilter::Default) => drop(query.push(" AND s.last_rule_id IS NULL")),
        None => {}
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
        Some(Counts::Qualified) => drop(query.push(QUALIFIED)),
        Some(Counts::Judged) => drop(query.push(PASSED_ON).push(JUDGED)),
        Some(Counts::FalsePositive) => drop(query.push(PASSED_ON).push(REFUSED_FIRST)),
        Some(Counts::Assigned) => drop(query.push(ASSIGNED)),
        Some(Counts::Converted) => drop(query.push(ASSIGNED).push(CONVERTED)),
        None => {}
    }
    query.push(")");
}

// Must match the interpretation of stages in `engine::control::outcome`.
const QUALIFIED: &str = " AND EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = s.lead_id AND o.stage IN ('accepted', 'sales_qualified', 'opportunity', 'won'))";
const CONVERTED: &str = " AND EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = s.lead_id AND o.stage IN ('opportunity', 'won'))";
const JUDGED: &str =
    " AND EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = s.lead_id AND o.stage <> 'touched')";
const REFUSED_FIRST: &str = " AND (SELECT o.stage IN ('rejected', 'disqualified', 'lost') FROM standing_outcomes o WHERE o.lead_id = s.lead_id AND o.stage <> 'touched' \
    ORDER BY o.at, o.id LIMIT 1)";
const PASSED_ON: &str = " AND EXISTS (SELECT FROM decisions d WHERE d.lead_id = s.lead_id AND d.workflow_id = s.workflow_id AND d.action IN ('advance', 'assign') \
    AND d.mode IN ('live', 'assign_review', 'historical'))";
const ASSIGNED: &str = " AND EXISTS (SELECT FROM decisions d WHERE d.lead_id = s.lead_id AND d.workflow_id = s.workflow_id AND d.action = 'assign' \
    AND d.mode IN ('live', 'assign_review', 'historical'))";
