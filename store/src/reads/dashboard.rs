//! The figures of the dashboard, aggregated by the database. `engine::control::kpi` defines their meaning, and a test
//! compares the two.
//!
//! Hand-written SQL: reports that aggregate the log.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::control::calibration::{CalibrationBin, FINE_BINS, Reliability};
use engine::control::kpi::{Durations, Funnel, Ratio};
use serde::Deserialize;
use serde_json::Value as Json;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::pool::Store;

/// Maximum number of bars in the chart and points on a line; earlier ones are omitted.
const BUCKETS: i64 = 120;
/// Maximum number of rows in the table by rule.
const RULES: i64 = 200;
/// Maximum number of currencies in one organisation.
const CURRENCIES: i64 = 20;
/// Upper bound on clock skew, with a margin: an ID is minted from the time of receipt, which is at most
/// `limits::FUTURE_MINUTES` before the decision's `as_of`.
const SLACK: TimeDelta = TimeDelta::hours(1);
/// Number of decisions sampled for completeness.
pub const SAMPLE: i64 = 100;

/// The leads that figures cover: those first decided in a period, in one workflow or in any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cohort {
    /// Only this workflow. Setting it is worthwhile even if there is only one, since no lead has to be looked up in
    /// others.
    pub workflow: Option<Uuid>,
    /// Earliest `as_of`, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Latest `as_of`, exclusive.
    pub to: Option<DateTime<Utc>>,
    /// Start of the lines, if earlier than `from`.
    pub line_from: Option<DateTime<Utc>>,
    /// Distance between two points of the lines.
    pub line_step: BarWidth,
}

/// Width of a bar, or distance between two points of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum BarWidth {
    /// A day in the viewer's time zone.
    Day,
    /// A week in the viewer's time zone, starting on Monday.
    #[default]
    Week,
    /// A month in the viewer's time zone.
    Month,
}

/// Figures for a group of leads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KeyFigures {
    /// Number of leads.
    pub leads: u64,
    /// Share of leads that an AE accepted or that became an opportunity.
    pub mql_to_sql: Ratio,
    /// Time until then.
    pub time_to_sql: Durations,
    /// Share rejected, of the leads that were passed on and judged.
    pub false_positives: Ratio,
    /// Share that became opportunities, of the leads that were assigned.
    pub ae_conversion: Ratio,
    /// Number of leads that reached each stage.
    pub funnel: Funnel,
}

/// Figures for the leads that one rule decided first.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleFigures {
    /// The workflow.
    pub workflow_id: Uuid,
    /// ID of the rule; `None` for the default.
    pub rule_id: Option<String>,
    /// Figures of those leads.
    pub figures: KeyFigures,
}

/// Figures for a cohort.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FigureReport {
    /// Figures for all of its leads.
    pub total: KeyFigures,
    /// Figures by the rule that first decided, most leads first.
    pub by_rule: Vec<RuleFigures>,
    /// Figures by the day, week or month of the first decision, in order, starting at `line_from`.
    pub points: Vec<(DateTime<Utc>, KeyFigures)>,
    /// Accuracy for the leads passed on, by confidence.
    pub reliability: Reliability,
    /// Confidence of the latest decision about each lead, in [`FINE_BINS`] bins from 0 to 1. Rules that do not depend
    /// on a field have no confidence.
    pub confidences: [u64; FINE_BINS],
}

/// Value of a cohort's opportunities in one currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineValue {
    /// The currency; `None` for opportunities without an amount.
    pub currency: Option<String>,
    /// Number of opportunities.
    pub opportunities: i64,
    /// Total value of the opportunities.
    pub created: f64,
    /// Number of opportunities won.
    pub won_count: i64,
    /// Total value of the opportunities won.
    pub won: f64,
    /// Value of the opportunities by the day, week or month of their lead, in order, starting at `line_from`.
    pub points: Vec<(DateTime<Utc>, f64)>,
}

/// Number of decisions with one action in one bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionBar {
    /// Start of the bar.
    pub from: DateTime<Utc>,
    /// The action that was decided.
    pub action: Action,
    /// Number of decisions.
    pub count: u64,
}

#[derive(Deserialize)]
struct Row {
    /// Result of `grouping()`: one bit for each of period, point and rule that this row aggregates over.
    set: i32,
    in_period: Option<bool>,
    point: Option<DateTime<Utc>>,
    workflow_id: Option<Uuid>,
    rule_id: Option<String>,
    leads: i64,
    qualified: i64,
    timed: i64,
    negative: i64,
    median_s: Option<f64>,
    mean_s: Option<f64>,
    judged: i64,
    refused: i64,
    assigned: i64,
    converted: i64,
    passed: i64,
    accepted: i64,
    sales_qualified: i64,
    opportunity: i64,
    won: i64,
}

/// Leads of the period whose confidence falls into one bin.
#[derive(Deserialize)]
struct BinRow {
    bin: usize,
    leads: u64,
    #[serde(default)]
    confidence_sum: f64,
    #[serde(default)]
    right: u64,
}

/// Returns the figures for a cohort, with days, weeks and months in `zone`, an IANA time zone. The statement is canceled after
/// `limit`.
///
/// # Errors
/// Returns an error if the database fails or the statement exceeds `limit`; see [`is_too_much`].
pub async fn report(store: &Store, cohort: &Cohort, zone: &str, limit: Duration) -> Result<FigureReport> {
    let mut query = QueryBuilder::new("WITH ");
    push_leads(&mut query, cohort, zone);
    query.push(", figures AS (SELECT grouping(in_period, point, workflow_id)::int AS set, in_period, point, workflow_id, first_rule_id AS rule_id, ");
    query.push(FIGURES).push(" FROM told GROUP BY GROUPING SETS ((in_period), (point), (in_period, workflow_id, first_rule_id)) ORDER BY point DESC NULLS FIRST, leads DESC LIMIT ");
    query.push_bind(BUCKETS + RULES).push("), ").push(BINS_OF_TOLD);
    // One statement, so that the leads are scanned only once.
    query.push(
        "SELECT 'figures', to_jsonb(f) FROM figures f UNION ALL SELECT 'judged', to_jsonb(j) FROM judged j \
         UNION ALL SELECT 'sure', to_jsonb(s) FROM sure s",
    );
    let mut tx = roomy(store, limit).await?;
    let rows: Vec<(String, Json)> = query.build_query_as().fetch_all(&mut *tx).await?;
    tx.commit().await?;
    let mut report = FigureReport::default();
    for (kind, row) in rows {
        match kind.as_str() {
            "judged" => {
                let row: BinRow = serde_json::from_value(row)?;
                if let Some(bin) = report.reliability.bins.get_mut(row.bin) {
                    *bin = CalibrationBin {
                        count: row.leads,
                        confidence_sum: row.confidence_sum,
                        right: row.right,
                    };
                }
            }
            "sure" => {
                let row: BinRow = serde_json::from_value(row)?;
                if let Some(bin) = report.confidences.get_mut(row.bin) {
                    *bin = row.leads;
                }
            }
            _ => report.take(&serde_json::from_value(row)?),
        }
    }
    report.points.sort_by_key(|(point, _)| *point);
    report.by_rule.sort_by_key(|row| std::cmp::Reverse(row.figures.leads));
    Ok(report)
}

impl FigureReport {
    fn take(&mut self, row: &Row) {
        let figures = KeyFigures::from(row);
        let in_period = row.in_period == Some(true);
        match (row.set, row.point, row.workflow_id) {
            (0b011, ..) if in_period => self.total = figures,
            (0b101, Some(point), _) => self.points.push((point, figures)),
            (0b010, _, Some(workflow_id)) if in_period => {
                self.by_rule.push(RuleFigures { workflow_id, rule_id: row.rule_id.clone(), figures });
            }
            _ => {}
        }
    }
}

#[derive(FromRow)]
struct MoneyRow {
    currency: Option<String>,
    point: DateTime<Utc>,
    in_period: bool,
    opportunities: i64,
    created: Option<f64>,
    won_count: i64,
    won: Option<f64>,
}

/// Returns the value of the cohort's opportunities by currency, largest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn pipeline(
    store: &Store,
    cohort: &Cohort,
    zone: &str,
    limit: Duration,
) -> Result<Vec<PipelineValue>> {
    let mut query = QueryBuilder::new("WITH ");
    push_cohort(&mut query, cohort, zone);
    // An opportunity may be reported several times: its own stage determines its value, and the win determines what
    // was won.
    query.push(
        "opportunities AS (SELECT c.lead_id, coalesce(o.opportunity_id, '') AS opportunity, c.point, c.in_period, max(o.currency) AS currency, \
         bool_or(o.stage = 'won') AS is_won, \
         (array_agg(o.amount ORDER BY o.stage = 'opportunity' DESC, o.at DESC NULLS LAST, o.id DESC) FILTER (WHERE o.amount IS NOT NULL))[1] AS created, \
         (array_agg(o.amount ORDER BY o.stage = 'won' DESC, o.at DESC NULLS LAST, o.id DESC) FILTER (WHERE o.amount IS NOT NULL))[1] AS brought \
         FROM standing_outcomes o LEFT JOIN lead_aliases a ON a.lead_id = o.lead_id JOIN cohort c ON c.lead_id = coalesce(a.merged_into, o.lead_id) \
         WHERE o.stage IN ('opportunity', 'won') AND o.id >= (SELECT id FROM born) GROUP BY 1, 2, 3, 4) \
         SELECT currency, point, in_period, count(*) AS opportunities, sum(created)::float8 AS created, count(*) FILTER (WHERE is_won) AS won_count, \
         sum(brought) FILTER (WHERE is_won)::float8 AS won FROM opportunities GROUP BY 1, 2, 3 ORDER BY point DESC LIMIT ",
    );
    query.push_bind(BUCKETS * CURRENCIES);
    let mut tx = roomy(store, limit).await?;
    let rows: Vec<MoneyRow> = query.build_query_as().fetch_all(&mut *tx).await?;
    tx.commit().await?;
    let mut by_currency: BTreeMap<Option<String>, PipelineValue> = BTreeMap::new();
    for row in rows.into_iter().rev() {
        let line = by_currency
            .entry(row.currency.clone())
            .or_insert_with(|| PipelineValue { currency: row.currency, ..PipelineValue::default() });
        let created = row.created.unwrap_or_default();
        match line.points.last_mut() {
            Some((point, worth)) if *point == row.point => *worth += created,
            _ => line.points.push((row.point, created)),
        }
        if row.in_period {
            line.opportunities += row.opportunities;
            line.created += created;
            line.won_count += row.won_count;
            line.won += row.won.unwrap_or_default();
        }
    }
    let mut lines: Vec<PipelineValue> = by_currency.into_values().collect();
    lines.sort_by(|a, b| b.created.total_cmp(&a.created));
    Ok(lines)
}

/// Returns how often each action was decided, bar by bar, in order. A person's verdict counts instead of the decision that it
/// is about. Excludes simulations and trials.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn bars(
    store: &Store,
    cohort: &Cohort,
    step: BarWidth,
    zone: &str,
    limit: Duration,
) -> Result<Vec<DecisionBar>> {
    let mut query = QueryBuilder::new("SELECT date_trunc(");
    query.push_bind(<&'static str>::from(step)).push(", d.as_of, ").push_bind(zone.to_owned());
    query.push(") AS bar, coalesce(v.action, d.action) AS action, count(*) FROM decisions d LEFT JOIN standing_verdicts v ON v.decision_id = d.id WHERE d.mode IN ('live', 'assign_review', 'historical', 'manual')");
    if let Some(workflow) = cohort.workflow {
        query.push(" AND d.workflow_id = ").push_bind(workflow);
    }
    if let Some(from) = cohort.from {
        // A decision's `as_of` is at most a few minutes after receipt, and the ID encodes the time of receipt, so
        // earlier months can be skipped.
        query
            .push(" AND d.as_of >= ")
            .push_bind(from)
            .push(" AND d.id >= uuid_v7_floor(")
            .push_bind(from - SLACK)
            .push(")");
    }
    if let Some(to) = cohort.to {
        query.push(" AND d.as_of < ").push_bind(to);
    }
    query.push(" GROUP BY 1, 2 ORDER BY 1 DESC LIMIT ").push_bind(BUCKETS * 6);
    let mut tx = roomy(store, limit).await?;
    let rows: Vec<(DateTime<Utc>, String, i64)> = query.build_query_as().fetch_all(&mut *tx).await?;
    tx.commit().await?;
    let bar = |(from, action, count): &(DateTime<Utc>, String, i64)| {
        Some(DecisionBar { from: *from, action: action.parse().ok()?, count: whole(*count) })
    };
    Ok(rows.iter().rev().filter_map(bar).collect())
}

/// Returns the earliest and latest `as_of` of all decisions, or `None` if there are none.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn extent(store: &Store) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    let (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) =
        sqlx::query_as("SELECT min(as_of), max(as_of) FROM decisions").fetch_one(store.pool()).await?;
    Ok(first.zip(last))
}

/// Returns the newest decisions in a period, at most [`SAMPLE`], excluding those about erased people.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn sample(store: &Store, cohort: &Cohort) -> Result<Vec<Uuid>> {
    let mut query = QueryBuilder::new(
        "SELECT d.id FROM decisions d JOIN leads l ON l.id = d.lead_id AND l.data_key IS NOT NULL WHERE true",
    );
    if let Some(workflow) = cohort.workflow {
        query.push(" AND d.workflow_id = ").push_bind(workflow);
    }
    if let Some(from) = cohort.from {
        query.push(" AND d.as_of >= ").push_bind(from);
    }
    if let Some(to) = cohort.to {
        query.push(" AND d.as_of < ").push_bind(to);
    }
    query.push(" ORDER BY d.as_of DESC LIMIT ").push_bind(SAMPLE);
    Ok(query.build_query_scalar().fetch_all(store.pool()).await?)
}

impl From<&Row> for KeyFigures {
    fn from(row: &Row) -> Self {
        let (leads, timed) = (whole(row.leads), whole(row.timed));
        Self {
            leads,
            mql_to_sql: Ratio::new(whole(row.qualified), leads),
            time_to_sql: Durations {
                count: timed,
                median_s: row.median_s,
                mean_s: row.mean_s,
                not_available: leads - timed,
                negative: whole(row.negative),
            },
            false_positives: Ratio::new(whole(row.refused), whole(row.judged)),
            ae_conversion: Ratio::new(whole(row.converted), whole(row.assigned)),
            funnel: Funnel {
                decided: leads,
                passed_on: whole(row.passed),
                accepted: whole(row.accepted),
                sales_qualified: whole(row.sales_qualified),
                opportunity: whole(row.opportunity),
                won: whole(row.won),
            },
        }
    }
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// Starts a transaction with enough memory to sort and hash a cohort without temporary files, and with a time limit.
async fn roomy(store: &Store, limit: Duration) -> Result<sqlx::Transaction<'static, Postgres>> {
    let mut tx = store.begin().await?;
    sqlx::query("SELECT set_config('work_mem', '64MB', true), set_config('statement_timeout', $1, true)")
        // Zero would disable the limit.
        .bind(format!("{}ms", limit.as_millis().max(1)))
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}

/// Returns whether a figure was abandoned because it took too long to compute.
pub fn is_too_much(error: &Error) -> bool {
    let Error::Unavailable(error) = error else { return false };
    // The SQLSTATE `query_canceled`.
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some("57014")
}

/// Adds `cohort`, which has each lead once with its first decision if that falls into the period (a lead that was merged counts as
/// part of the one that remains), and `born`, a lower
/// bound on the IDs of all their decisions and outcomes.
fn push_cohort(query: &mut QueryBuilder<Postgres>, cohort: &Cohort, zone: &str) {
    let from = cohort.line_from.filter(|line| cohort.from.is_some_and(|from| *line < from)).or(cohort.from);
    query.push("cohort AS MATERIALIZED (SELECT ");
    if cohort.workflow.is_none() {
        query.push("DISTINCT ON (s.lead_id) ");
    }
    query
        .push("s.lead_id, s.workflow_id, s.first_rule_id, s.last_confidence, s.verdict_action, date_trunc(")
        .push_bind(<&'static str>::from(cohort.line_step))
        .push(", s.first_as_of, ")
        .push_bind(zone.to_owned());
    query.push(") AS point, ");
    match cohort.from {
        Some(from) => drop(query.push("s.first_as_of >= ").push_bind(from)),
        None => drop(query.push("true")),
    }
    query.push(" AS in_period FROM lead_states s WHERE NOT EXISTS (SELECT FROM lead_aliases a WHERE a.lead_id = s.lead_id)");
    if let Some(workflow) = cohort.workflow {
        query.push(" AND s.workflow_id = ").push_bind(workflow);
    }
    if let Some(to) = cohort.to {
        query.push(" AND s.first_as_of < ").push_bind(to);
    }
    if let Some(from) = from {
        query.push(" AND s.first_as_of >= ").push_bind(from);
        if cohort.workflow.is_none() {
            // Another workflow may have decided about the lead earlier.
            query.push(" AND NOT EXISTS (SELECT FROM lead_states e WHERE e.lead_id = s.lead_id AND e.first_as_of < ").push_bind(from).push(")");
        }
    }
    if cohort.workflow.is_none() {
        query.push(" ORDER BY s.lead_id, s.first_as_of");
    }
    // The millisecond in the ID of the oldest lead (RFC 9562 §5.7): everything about a lead arrived with it or later.
    query.push(
        "), born AS MATERIALIZED (SELECT (left(replace(lead_id::text, '-', ''), 12) || repeat('0', 20))::uuid AS id \
         FROM ((SELECT lead_id FROM cohort ORDER BY lead_id LIMIT 1) UNION ALL SELECT a.lead_id FROM lead_aliases a JOIN cohort c ON c.lead_id = a.merged_into) f \
         ORDER BY lead_id LIMIT 1), ",
    );
}

/// Adds `told`, the cohort with all columns that the figures need.
fn push_leads(query: &mut QueryBuilder<Postgres>, cohort: &Cohort, zone: &str) {
    push_cohort(query, cohort, zone);
    query.push(
        "outcome AS (SELECT c.lead_id, \
           bool_or(o.stage IN ('accepted', 'sales_qualified', 'opportunity', 'won')) AS qualified, \
           min(o.at) FILTER (WHERE o.stage IN ('accepted', 'sales_qualified', 'opportunity', 'won')) AS qualified_at, \
           bool_or(o.stage IN ('sales_qualified', 'opportunity', 'won')) AS sales_qualified, \
           bool_or(o.stage IN ('opportunity', 'won')) AS converted, bool_or(o.stage = 'won') AS won, \
           (array_agg(o.stage ORDER BY o.at NULLS LAST, o.id) FILTER (WHERE o.stage <> 'touched'))[1] AS verdict \
         FROM standing_outcomes o LEFT JOIN lead_aliases a ON a.lead_id = o.lead_id JOIN cohort c ON c.lead_id = coalesce(a.merged_into, o.lead_id) \
         WHERE o.id >= (SELECT id FROM born) GROUP BY c.lead_id), \
         passed AS (SELECT c.lead_id, bool_or(d.action = 'assign') AS assigned, (array_agg(d.confidence ORDER BY d.id))[1] AS confidence FROM decisions d \
         LEFT JOIN lead_aliases a ON a.lead_id = d.lead_id JOIN cohort c ON c.lead_id = coalesce(a.merged_into, d.lead_id) \
         WHERE d.id >= (SELECT id FROM born) AND d.action IN ('advance', 'assign') AND d.mode IN ('live', 'assign_review', 'historical')",
    );
    if let Some(workflow) = cohort.workflow {
        query.push(" AND d.workflow_id = ").push_bind(workflow);
    }
    query.push(
        " GROUP BY c.lead_id), \
         told AS (SELECT c.workflow_id, c.point, c.in_period, c.first_rule_id, c.last_confidence, p.confidence, \
           coalesce(o.sales_qualified, false) AS sales_qualified, coalesce(o.won, false) AS won, coalesce(o.qualified, false) AS qualified, \
           coalesce(o.converted, false) AS converted, o.verdict, p.lead_id IS NOT NULL AS passed, coalesce(c.verdict_action IN ('advance', 'assign'), p.lead_id IS NOT NULL) AS onward, coalesce(p.assigned, false) AS assigned, \
           extract(epoch FROM o.qualified_at - l.first_occurred_at)::float8 AS took \
         FROM cohort c LEFT JOIN outcome o ON o.lead_id = c.lead_id LEFT JOIN passed p ON p.lead_id = c.lead_id \
         LEFT JOIN leads l ON l.id = c.lead_id AND o.qualified_at IS NOT NULL)",
    );
}

/// Selects the figures for a group of rows of `told`.
const FIGURES: &str = "count(*) AS leads, count(*) FILTER (WHERE qualified) AS qualified, \
    count(*) FILTER (WHERE took >= 0) AS timed, count(*) FILTER (WHERE took < 0) AS negative, \
    percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE took >= 0) AS median_s, avg(took) FILTER (WHERE took >= 0) AS mean_s, \
    count(*) FILTER (WHERE passed AND verdict IS NOT NULL) AS judged, \
    count(*) FILTER (WHERE passed AND verdict IN ('rejected', 'disqualified', 'lost')) AS refused, \
    count(*) FILTER (WHERE assigned) AS assigned, count(*) FILTER (WHERE assigned AND converted) AS converted, \
    count(*) FILTER (WHERE onward) AS passed, count(*) FILTER (WHERE onward AND qualified) AS accepted, \
    count(*) FILTER (WHERE onward AND sales_qualified) AS sales_qualified, \
    count(*) FILTER (WHERE onward AND converted) AS opportunity, count(*) FILTER (WHERE onward AND won) AS won";

/// Defines `judged` and `sure`, the leads of the period by confidence, with 10 and 20 bins as in
/// `engine::control::calibration::bin_index`.
const BINS_OF_TOLD: &str = "judged AS (SELECT least(floor(confidence * 10)::int, 9) AS bin, count(*) AS leads, sum(confidence) AS confidence_sum, \
    count(*) FILTER (WHERE verdict NOT IN ('rejected', 'disqualified', 'lost')) AS \"right\" FROM told \
    WHERE in_period AND confidence IS NOT NULL AND verdict IS NOT NULL GROUP BY 1), \
    sure AS (SELECT least(floor(last_confidence * 20)::int, 19) AS bin, count(*) AS leads FROM told \
    WHERE in_period AND last_confidence IS NOT NULL GROUP BY 1) ";
