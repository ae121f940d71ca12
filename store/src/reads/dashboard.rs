//! The figures of the dashboard, added up by the database. What they mean is said in `engine::control::kpi`, and a test
//! compares the two.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::control::kpi::{Durations, Ratio};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;

/// Bars of the chart and points of a line at most; what lies earlier is left out.
const BUCKETS: i64 = 120;
/// Rows of the table by rule.
const RULES: i64 = 200;
/// Decisions that completeness looks at.
pub const SAMPLE: i64 = 100;

/// Which leads the figures are of: those first decided in a stretch of time, in one workflow or in any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    /// In this workflow.
    pub workflow: Option<Uuid>,
    /// As of this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// As of before this instant.
    pub to: Option<DateTime<Utc>>,
}

/// How wide a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Step {
    /// A day of the viewer.
    Day,
    /// A week of the viewer, from Monday.
    Week,
    /// A month of the viewer.
    Month,
}

/// The figures of a group of leads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Leads.
    pub leads: u64,
    /// Those that an AE accepted or that became an opportunity.
    pub mql_to_sql: Ratio,
    /// How long that took.
    pub time_to_sql: Durations,
    /// Refused of those that were passed on and judged.
    pub false_positives: Ratio,
    /// Opportunities of those that were assigned.
    pub ae_conversion: Ratio,
}

/// The figures of the leads first decided by one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct ByRule {
    /// The workflow.
    pub workflow_id: Uuid,
    /// The rule; `None` by default.
    pub rule_id: Option<String>,
    /// The figures.
    pub figures: Figures,
}

/// Money of the opportunities of a cohort, in one currency.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Pipeline {
    /// The currency; `None` for opportunities without an amount.
    pub currency: Option<String>,
    /// Opportunities.
    pub opportunities: i64,
    /// What they are worth.
    pub created: Option<f64>,
    /// Those that were won.
    pub won_count: i64,
    /// What they brought.
    pub won: Option<f64>,
}

/// Decisions of one action in one bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// First instant of the bar.
    pub from: DateTime<Utc>,
    /// What was decided.
    pub action: Action,
    /// How often.
    pub count: u64,
}

#[derive(FromRow)]
struct Row {
    week: Option<DateTime<Utc>>,
    workflow_id: Option<Uuid>,
    rule_id: Option<String>,
    is_total: i32,
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
}

/// The figures of the whole cohort, and by the rule that first decided.
///
/// # Errors
/// When the database fails.
pub async fn figures(store: &Store, cohort: &Cohort) -> Result<(Figures, Vec<ByRule>)> {
    let mut query = QueryBuilder::new("WITH ");
    push_leads(&mut query, cohort);
    query.push("SELECT NULL::timestamptz AS week, workflow_id, first_rule_id AS rule_id, grouping(workflow_id)::int AS is_total, ");
    query.push(FIGURES).push(" FROM told GROUP BY GROUPING SETS ((), (workflow_id, first_rule_id)) ORDER BY is_total DESC, leads DESC LIMIT ");
    query.push_bind(RULES);
    let rows: Vec<Row> = query.build_query_as().fetch_all(store.pool()).await?;
    let total = rows.iter().find(|row| row.is_total == 1).map(Figures::from).unwrap_or_default();
    let by_rule = rows.into_iter().filter(|row| row.is_total == 0).filter_map(|row| {
        let figures = Figures::from(&row);
        Some(ByRule { workflow_id: row.workflow_id?, rule_id: row.rule_id, figures })
    });
    Ok((total, by_rule.collect()))
}

/// The figures of each week in which leads of the cohort were first decided, in order; `zone` is an IANA name.
///
/// # Errors
/// When the database fails.
pub async fn weeks(store: &Store, cohort: &Cohort, zone: &str) -> Result<Vec<(DateTime<Utc>, Figures)>> {
    let mut query = QueryBuilder::new("WITH ");
    push_leads(&mut query, cohort);
    query.push("SELECT date_trunc('week', first_as_of, ").push_bind(zone.to_owned());
    query.push(") AS week, NULL::uuid AS workflow_id, NULL::text AS rule_id, 1 AS is_total, ").push(FIGURES);
    query.push(" FROM told GROUP BY 1 ORDER BY 1 DESC LIMIT ").push_bind(BUCKETS);
    let rows: Vec<Row> = query.build_query_as().fetch_all(store.pool()).await?;
    Ok(rows.iter().rev().filter_map(|row| Some((row.week?, Figures::from(row)))).collect())
}

/// The money of the cohort's opportunities, by currency, the largest first.
///
/// # Errors
/// When the database fails.
pub async fn pipeline(store: &Store, cohort: &Cohort) -> Result<Vec<Pipeline>> {
    let mut query = QueryBuilder::new("WITH ");
    push_cohort(&mut query, cohort);
    query.push(OPPORTUNITIES).push(
        " SELECT currency, count(*) AS opportunities, sum(created)::float8 AS created, count(*) FILTER (WHERE is_won) AS won_count, \
         sum(brought) FILTER (WHERE is_won)::float8 AS won FROM opportunities GROUP BY currency ORDER BY 3 DESC NULLS LAST LIMIT 20",
    );
    Ok(query.build_query_as().fetch_all(store.pool()).await?)
}

/// What the opportunities of each week's leads are worth, in order; `zone` is an IANA name. One currency alone, since two
/// cannot be added.
///
/// # Errors
/// When the database fails.
pub async fn pipeline_weeks(store: &Store, cohort: &Cohort, currency: &str, zone: &str) -> Result<Vec<(DateTime<Utc>, f64)>> {
    let mut query = QueryBuilder::new("WITH ");
    push_cohort(&mut query, cohort);
    query.push(OPPORTUNITIES).push(" SELECT date_trunc('week', first_as_of, ").push_bind(zone.to_owned());
    query.push("), sum(created)::float8 FROM opportunities WHERE created IS NOT NULL AND currency = ").push_bind(currency.to_owned());
    query.push(" GROUP BY 1 ORDER BY 1 DESC LIMIT ").push_bind(BUCKETS);
    let mut rows: Vec<(DateTime<Utc>, f64)> = query.build_query_as().fetch_all(store.pool()).await?;
    rows.reverse();
    Ok(rows)
}

/// How often each action was decided, bar by bar, in order; simulations and trials are not in it.
///
/// # Errors
/// When the database fails.
pub async fn bars(store: &Store, cohort: &Cohort, step: Step, zone: &str) -> Result<Vec<Bar>> {
    let mut query = QueryBuilder::new("SELECT date_trunc(");
    query.push_bind(<&'static str>::from(step)).push(", d.as_of, ").push_bind(zone.to_owned());
    query.push(") AS bar, d.action, count(*) FROM decisions d WHERE d.mode IN ('live', 'assign_review', 'historical', 'manual')");
    if let Some(workflow) = cohort.workflow {
        query.push(" AND d.workflow_id = ").push_bind(workflow);
    }
    if let Some(from) = cohort.from {
        query.push(" AND d.as_of >= ").push_bind(from);
    }
    if let Some(to) = cohort.to {
        query.push(" AND d.as_of < ").push_bind(to);
    }
    query.push(" GROUP BY 1, 2 ORDER BY 1 DESC LIMIT ").push_bind(BUCKETS * 6);
    let rows: Vec<(DateTime<Utc>, String, i64)> = query.build_query_as().fetch_all(store.pool()).await?;
    let bar = |(from, action, count): &(DateTime<Utc>, String, i64)| Some(Bar { from: *from, action: action.parse().ok()?, count: whole(*count) });
    Ok(rows.iter().rev().filter_map(bar).collect())
}

/// The first and the last `as_of` of all decisions; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn extent(store: &Store) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    let (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) =
        sqlx::query_as("SELECT min(as_of), max(as_of) FROM decisions").fetch_one(store.pool()).await?;
    Ok(first.zip(last))
}

/// The newest decisions of a stretch of time, [`SAMPLE`] at most, without those about people who were erased.
///
/// # Errors
/// When the database fails.
pub async fn sample(store: &Store, cohort: &Cohort) -> Result<Vec<Uuid>> {
    let mut query = QueryBuilder::new("SELECT d.id FROM decisions d JOIN leads l ON l.id = d.lead_id AND l.data_key IS NOT NULL WHERE true");
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

impl From<&Row> for Figures {
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
        }
    }
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// `cohort`: each lead once, with its first decision, if that lies in the stretch.
fn push_cohort(query: &mut QueryBuilder<Postgres>, cohort: &Cohort) {
    query.push("cohort AS (SELECT DISTINCT ON (s.lead_id) s.lead_id, s.workflow_id, s.first_as_of, s.first_rule_id FROM lead_states s WHERE true");
    if let Some(workflow) = cohort.workflow {
        query.push(" AND s.workflow_id = ").push_bind(workflow);
    }
    if let Some(to) = cohort.to {
        query.push(" AND s.first_as_of < ").push_bind(to);
    }
    if let Some(from) = cohort.from {
        query.push(" AND s.first_as_of >= ").push_bind(from);
        if cohort.workflow.is_none() {
            // Another workflow may have decided about the lead before.
            query.push(" AND NOT EXISTS (SELECT FROM lead_states e WHERE e.lead_id = s.lead_id AND e.first_as_of < ").push_bind(from).push(")");
        }
    }
    query.push(" ORDER BY s.lead_id, s.first_as_of), ");
}

/// `opportunities` of the cohort. One may be told of several times; its own stage says what it is worth, the win what it
/// brought.
const OPPORTUNITIES: &str = "opportunities AS (SELECT o.lead_id, coalesce(o.opportunity_id, '') AS opportunity, min(c.first_as_of) AS first_as_of, \
    max(o.currency) AS currency, bool_or(o.stage = 'won') AS is_won, \
    (array_agg(o.amount ORDER BY o.stage = 'opportunity' DESC, o.at DESC NULLS LAST, o.id DESC) FILTER (WHERE o.amount IS NOT NULL))[1] AS created, \
    (array_agg(o.amount ORDER BY o.stage = 'won' DESC, o.at DESC NULLS LAST, o.id DESC) FILTER (WHERE o.amount IS NOT NULL))[1] AS brought \
    FROM outcomes o JOIN cohort c ON c.lead_id = o.lead_id WHERE o.stage IN ('opportunity', 'won') GROUP BY 1, 2)";

/// `told`: the cohort with all that the figures ask of a lead.
fn push_leads(query: &mut QueryBuilder<Postgres>, cohort: &Cohort) {
    push_cohort(query, cohort);
    query.push(
        "outcome AS (SELECT o.lead_id, \
           bool_or(o.stage IN ('accepted', 'sales_qualified', 'opportunity', 'won')) AS qualified, \
           min(o.at) FILTER (WHERE o.stage IN ('accepted', 'sales_qualified', 'opportunity', 'won')) AS qualified_at, \
           bool_or(o.stage IN ('opportunity', 'won')) AS converted, \
           (array_agg(o.stage ORDER BY o.at NULLS LAST, o.id) FILTER (WHERE o.stage <> 'touched'))[1] AS verdict \
         FROM outcomes o JOIN cohort c ON c.lead_id = o.lead_id GROUP BY o.lead_id), \
         passed AS (SELECT d.lead_id, bool_or(d.action = 'assign') AS assigned FROM decisions d JOIN cohort c ON c.lead_id = d.lead_id \
         WHERE d.action IN ('advance', 'assign') AND d.mode IN ('live', 'assign_review', 'historical')",
    );
    if let Some(workflow) = cohort.workflow {
        query.push(" AND d.workflow_id = ").push_bind(workflow);
    }
    query.push(
        " GROUP BY d.lead_id), \
         told AS (SELECT c.workflow_id, c.first_as_of, c.first_rule_id, coalesce(o.qualified, false) AS qualified, coalesce(o.converted, false) AS converted, \
           o.verdict, p.lead_id IS NOT NULL AS passed, coalesce(p.assigned, false) AS assigned, \
           extract(epoch FROM o.qualified_at - l.first_occurred_at)::float8 AS took \
         FROM cohort c JOIN leads l ON l.id = c.lead_id LEFT JOIN outcome o ON o.lead_id = c.lead_id LEFT JOIN passed p ON p.lead_id = c.lead_id) ",
    );
}

/// The figures of a group of `told`.
const FIGURES: &str = "count(*) AS leads, count(*) FILTER (WHERE qualified) AS qualified, \
    count(*) FILTER (WHERE took >= 0) AS timed, count(*) FILTER (WHERE took < 0) AS negative, \
    percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE took >= 0) AS median_s, avg(took) FILTER (WHERE took >= 0) AS mean_s, \
    count(*) FILTER (WHERE passed AND verdict IS NOT NULL) AS judged, \
    count(*) FILTER (WHERE passed AND verdict IN ('rejected', 'disqualified', 'lost')) AS refused, \
    count(*) FILTER (WHERE assigned) AS assigned, count(*) FILTER (WHERE assigned AND converted) AS converted";
