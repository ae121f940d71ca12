//! The figures of the dashboards, and the words that explain them.
//!
//! Interpretations, where more than one reading was possible:
//!
//! * A lead belongs to the period in which its **first decision's `as_of`** lies, for every figure, whenever
//!   its outcomes happened. A period's figures therefore still move while its leads are being worked, and a
//!   period counts as mature only [`MATURITY_DAYS`] after its end.
//! * **MQL→SQL** counts leads, not outcomes: one that was accepted and then became an opportunity counts once,
//!   and one that was accepted and later lost still counts.
//! * **Time-to-SQL** runs from the first event's `occurred_at` to the earliest outcome that counts for
//!   MQL→SQL. A lead with only one of the two times is not available; so is one whose outcome lies before its
//!   event, which is counted apart, because it means that a clock or an import is wrong. Zero is a time.
//! * **False-positive rate** takes the earliest verdict only: accepted and later lost is no false positive,
//!   rejected and later accepted is one. A lead nobody judged is in neither number.
//! * **The funnel** is nested: a stage counts those leads that the system advanced or assigned and that reached it or a
//!   later one. What a person passed on is not in it.
//! * **AE conversion** takes leads the system itself *assigned*; an advanced lead had no AE to convert it. It
//!   converts by an opportunity or a win; `accepted` alone is a promise, and `lost` alone does not prove that
//!   there was an opportunity.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calibration::Reliability;
use super::outcome::OutcomeStage;
use crate::action::Action;

/// Days after which a lead's outcome is taken to be known.
pub const MATURITY_DAYS: i64 = 21;

/// How a figure is explained, in the words of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KpiText {
    /// What the figure is called.
    pub name: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// What is counted below the line, or what a time is averaged over.
    pub denominator: &'static str,
    /// Which leads belong to a period.
    pub cohort: &'static str,
    /// Which times are used.
    pub clock: &'static str,
}

const COHORT: &str = "Leads first decided in the period, whenever their outcome came.";
const OUTCOME_CLOCK: &str =
    "Periods go by as_of of the first decision; outcomes count whenever they happened.";

/// The words for [`Kpis::mql_to_sql`].
pub const MQL_TO_SQL: KpiText = KpiText {
    name: "MQL→SQL",
    formula: "Leads that an AE accepted or that became an opportunity ÷ leads first decided in the period.",
    denominator: "Leads first decided in the period, whatever was decided.",
    cohort: COHORT,
    clock: OUTCOME_CLOCK,
};

/// The words for [`Kpis::time_to_sql`].
pub const TIME_TO_SQL: KpiText = KpiText {
    name: "Time to SQL",
    formula: "Time of the first acceptance or opportunity − time of the first event; median and mean.",
    denominator: "Leads of MQL→SQL with both times; those without and negative times are counted beside it.",
    cohort: COHORT,
    clock: "From occurred_at of the lead's first event to the outcome's own time, in calendar time.",
};

/// The words for [`Kpis::false_positive_rate`].
pub const FALSE_POSITIVE_RATE: KpiText = KpiText {
    name: "False positives",
    formula: "Leads the system advanced or assigned whose first verdict is rejected, disqualified or lost ÷ those with a verdict.",
    denominator: "Leads the system advanced or assigned that somebody judged; a first touch is no verdict.",
    cohort: COHORT,
    clock: OUTCOME_CLOCK,
};

/// The words for [`Kpis::ae_conversion`].
pub const AE_CONVERSION: KpiText = KpiText {
    name: "AE conversion",
    formula: "Leads the system assigned that became an opportunity ÷ leads the system assigned.",
    denominator: "Leads the system assigned by itself, judged or not.",
    cohort: COHORT,
    clock: OUTCOME_CLOCK,
};

/// What the figures need to know of one lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadRecord {
    /// `as_of` of its first decision.
    pub first_decided_as_of: DateTime<Utc>,
    /// `occurred_at` of its first event, where the source said it.
    pub first_occurred_at: Option<DateTime<Utc>>,
    /// What the first decision came to.
    pub first_action: Action,
    /// Whether the system, not a person, advanced or assigned it, by whichever decision.
    pub auto: bool,
    /// Whether the system, not a person, assigned it, by whichever decision. Implies `auto`.
    pub auto_assigned: bool,
    /// How sure the decision was by which the system first advanced or assigned it.
    pub confidence: Option<f64>,
    /// What happened to it and when, earliest first. Of two at the same instant the former counts as earlier.
    pub outcomes: Vec<(OutcomeStage, DateTime<Utc>)>,
}

/// A half-open stretch of time: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The instant after its last.
    pub to: DateTime<Utc>,
}

impl Period {
    /// Whether the instant lies in the period.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether even the youngest lead of the period has had [`MATURITY_DAYS`] to come to an outcome.
    pub fn is_mature(&self, now: DateTime<Utc>) -> bool {
        now - self.to >= TimeDelta::days(MATURITY_DAYS)
    }
}

/// A share, with what it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// Leads above the line.
    pub numerator: u64,
    /// Leads below the line.
    pub denominator: u64,
    /// The share, 0 to 1; `None` when there is nothing to divide by.
    pub value: Option<f64>,
}

impl Ratio {
    /// `numerator` of `denominator`.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        let value = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        Self { numerator, denominator, value }
    }
}

/// How long leads took, with what is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Durations {
    /// Leads with a time.
    pub count: u64,
    /// The middle time in seconds; of an even count the mean of the two middle ones.
    pub median_s: Option<f64>,
    /// The mean in seconds.
    pub mean_s: Option<f64>,
    /// Leads of the period without a time: no outcome that counts, no first event's time, or a negative one.
    pub not_available: u64,
    /// Those among `not_available` whose outcome lies before their first event.
    pub negative: u64,
}

/// The figures of one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kpis {
    /// Leads first decided in the period.
    pub leads: u64,
    /// Those leads by what their first decision came to.
    pub by_first_action: BTreeMap<Action, u64>,
    /// See [`MQL_TO_SQL`].
    pub mql_to_sql: Ratio,
    /// See [`TIME_TO_SQL`].
    pub time_to_sql: Durations,
    /// See [`FALSE_POSITIVE_RATE`].
    pub false_positive_rate: Ratio,
    /// See [`AE_CONVERSION`].
    pub ae_conversion: Ratio,
    /// How far leads came.
    pub funnel: Funnel,
    /// How right the system was about those it passed on, by how sure it was.
    pub reliability: Reliability,
}

/// How far leads came; each stage is part of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Funnel {
    /// Leads first decided in the period.
    pub decided: u64,
    /// Those that the system advanced or assigned.
    pub passed_on: u64,
    /// Those of them that an AE accepted, or that came further.
    pub accepted: u64,
    /// Those that became sales-qualified, or came further.
    pub sales_qualified: u64,
    /// Those that became an opportunity, or came further.
    pub opportunity: u64,
    /// Those that were won.
    pub won: u64,
}

impl Funnel {
    fn count(&mut self, lead: &LeadRecord) {
        let reached = |wanted| u64::from(lead.auto && lead.earliest(wanted).is_some());
        self.decided += 1;
        self.passed_on += u64::from(lead.auto);
        self.accepted += reached(OutcomeStage::is_qualified);
        self.sales_qualified += reached(OutcomeStage::is_sales_qualified);
        self.opportunity += reached(OutcomeStage::is_conversion);
        self.won += reached(|stage| stage == OutcomeStage::Won);
    }
}

/// The figures over the leads that were first decided in `period`; other leads are passed over.
pub fn summarise<'a>(leads: impl IntoIterator<Item = &'a LeadRecord>, period: &Period) -> Kpis {
    let mut kpis = Kpis::default();
    let (mut qualified, mut judged, mut refused, mut assigned, mut converted) = (0, 0, 0, 0, 0);
    let mut times = Vec::new();
    let mut judgements = Vec::new();
    for lead in leads.into_iter().filter(|lead| period.contains(lead.first_decided_as_of)) {
        kpis.leads += 1;
        kpis.funnel.count(lead);
        *kpis.by_first_action.entry(lead.first_action).or_default() += 1;
        let sql_at = lead.earliest(OutcomeStage::is_qualified).map(|(_, at)| at);
        qualified += u64::from(sql_at.is_some());
        match sql_at.zip(lead.first_occurred_at).map(|(sql_at, first)| sql_at - first) {
            Some(took) if took >= TimeDelta::zero() => times.push(took),
            Some(_) => kpis.time_to_sql.negative += 1,
            None => {}
        }
        if lead.auto
            && let Some((verdict, _)) = lead.earliest(OutcomeStage::is_verdict)
        {
            judged += 1;
            refused += u64::from(verdict.is_refusal());
            judgements.extend(lead.confidence.map(|confidence| (confidence, !verdict.is_refusal())));
        }
        if lead.auto_assigned {
            assigned += 1;
            converted += u64::from(lead.earliest(OutcomeStage::is_conversion).is_some());
        }
    }
    kpis.reliability = Reliability::of(judgements);
    kpis.mql_to_sql = Ratio::new(qualified, kpis.leads);
    kpis.false_positive_rate = Ratio::new(refused, judged);
    kpis.ae_conversion = Ratio::new(converted, assigned);
    kpis.time_to_sql.count = times.len() as u64;
    kpis.time_to_sql.not_available = kpis.leads - kpis.time_to_sql.count;
    (kpis.time_to_sql.median_s, kpis.time_to_sql.mean_s) = middle(times);
    kpis
}

impl LeadRecord {
    fn earliest(&self, wanted: fn(OutcomeStage) -> bool) -> Option<(OutcomeStage, DateTime<Utc>)> {
        // `min_by_key` gives the first of equals, which is what `outcomes` promises.
        self.outcomes.iter().copied().filter(|(stage, _)| wanted(*stage)).min_by_key(|(_, at)| *at)
    }
}

/// Median and mean in seconds; `None` of nothing.
fn middle(mut times: Vec<TimeDelta>) -> (Option<f64>, Option<f64>) {
    times.sort_unstable();
    let seconds: Vec<f64> = times.iter().copied().map(TimeDelta::as_seconds_f64).collect();
    let half = seconds.len() / 2;
    let median = match (half.checked_sub(1).and_then(|below| seconds.get(below)), seconds.get(half)) {
        (Some(below), Some(above)) if seconds.len().is_multiple_of(2) => Some(f64::midpoint(*below, *above)),
        (_, middle) => middle.copied(),
    };
    let mean = (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64);
    (median, mean)
}

#[cfg(test)]
mod tests {
    use super::OutcomeStage::*;
    use super::*;

    fn day(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + n)
    }

    fn period() -> Period {
        Period { from: day(0), to: day(30) }
    }

    fn lead(outcomes: &[(OutcomeStage, i64)]) -> LeadRecord {
        LeadRecord {
            first_decided_as_of: day(1),
            first_occurred_at: Some(day(1)),
            first_action: Action::Assign,
            auto: true,
            auto_assigned: true,
            confidence: Some(0.9),
            outcomes: outcomes.iter().map(|(stage, at)| (*stage, day(*at))).collect(),
        }
    }

    #[test]
    fn nothing_gives_no_value_rather_than_zero() {
        let kpis = summarise(&[], &period());
        assert_eq!(kpis, Kpis::default());
        assert_eq!(kpis.mql_to_sql.value, None);
        assert_eq!(kpis.time_to_sql.median_s, None);
    }

    #[test]
    fn a_period_takes_its_first_instant_and_not_its_last() {
        let at = |at| LeadRecord { first_decided_as_of: at, ..lead(&[]) };
        let last = day(30) - TimeDelta::microseconds(1);
        let leads = [at(day(0) - TimeDelta::microseconds(1)), at(day(0)), at(last), at(day(30))];
        assert_eq!(summarise(&leads, &period()).leads, 2);
    }

    #[test]
    fn outcomes_after_the_period_count_for_its_leads() {
        let kpis = summarise(&[lead(&[(Accepted, 300)])], &period());
        assert_eq!(kpis.mql_to_sql, Ratio::new(1, 1));
    }

    #[test]
    fn mql_to_sql_counts_each_lead_once_by_any_of_four_stages() {
        let leads = [
            lead(&[(Accepted, 2), (Opportunity, 3), (Won, 4)]),
            lead(&[(SalesQualified, 2), (Lost, 9)]),
            lead(&[(Rejected, 2), (Accepted, 3)]),
            lead(&[(Touched, 2)]),
            lead(&[(Lost, 2)]),
            lead(&[(Disqualified, 2)]),
            LeadRecord { auto: false, auto_assigned: false, first_action: Action::Hold, ..lead(&[(Won, 2)]) },
            LeadRecord { auto: false, auto_assigned: false, first_action: Action::Reject, ..lead(&[]) },
        ];
        let kpis = summarise(&leads, &period());
        assert_eq!(kpis.mql_to_sql, Ratio { numerator: 4, denominator: 8, value: Some(0.5) });
        assert_eq!(
            kpis.by_first_action,
            BTreeMap::from([(Action::Reject, 1), (Action::Assign, 6), (Action::Hold, 1)])
        );
    }

    #[test]
    fn time_to_sql_takes_the_earliest_outcome_that_counts() {
        let kpis =
            summarise(&[lead(&[(Touched, 2), (Rejected, 3), (Accepted, 5), (Opportunity, 9)])], &period());
        assert_eq!(kpis.time_to_sql.median_s, Some(4.0 * 86_400.0));
        assert_eq!((kpis.time_to_sql.count, kpis.time_to_sql.not_available), (1, 0));
    }

    #[test]
    fn a_time_needs_both_ends_and_must_not_be_negative() {
        let leads = [
            lead(&[(Accepted, 1)]),
            lead(&[(Accepted, 0)]),
            lead(&[(Rejected, 2)]),
            LeadRecord { first_occurred_at: None, ..lead(&[(Accepted, 2)]) },
        ];
        let times = summarise(&leads, &period()).time_to_sql;
        let expected =
            Durations { count: 1, median_s: Some(0.0), mean_s: Some(0.0), not_available: 3, negative: 1 };
        assert_eq!(times, expected);
    }

    #[test]
    fn the_median_of_an_even_count_is_between_the_two_middle_ones() {
        let days = |days: &[i64]| {
            let leads: Vec<_> = days.iter().map(|n| lead(&[(Won, 1 + n)])).collect();
            let times = summarise(&leads, &period()).time_to_sql;
            (times.median_s.unwrap() / 86_400.0, times.mean_s.unwrap() / 86_400.0)
        };
        assert_eq!(days(&[7]), (7.0, 7.0));
        assert_eq!(days(&[9, 1]), (5.0, 5.0));
        assert_eq!(days(&[30, 1, 2]), (2.0, 11.0));
        assert_eq!(days(&[40, 1, 4, 3]), (3.5, 12.0));
    }

    #[test]
    fn false_positives_go_by_the_first_verdict_of_what_the_system_passed_on() {
        let leads = [
            lead(&[(Touched, 2), (Rejected, 3), (Accepted, 4)]),
            lead(&[(Accepted, 2), (Lost, 9)]),
            lead(&[(Lost, 2)]),
            lead(&[(Disqualified, 2)]),
            lead(&[(SalesQualified, 2)]),
            lead(&[(Touched, 2)]),
            lead(&[]),
            LeadRecord { auto: false, auto_assigned: false, ..lead(&[(Rejected, 2)]) },
        ];
        assert_eq!(
            summarise(&leads, &period()).false_positive_rate,
            Ratio { numerator: 3, denominator: 5, value: Some(0.6) }
        );
    }

    #[test]
    fn of_two_verdicts_at_one_instant_the_former_is_first() {
        let rate = |outcomes| summarise(&[lead(outcomes)], &period()).false_positive_rate.numerator;
        assert_eq!(rate(&[(Rejected, 2), (Accepted, 2)]), 1);
        assert_eq!(rate(&[(Accepted, 2), (Rejected, 2)]), 0);
    }

    #[test]
    fn the_funnel_narrows_stage_by_stage() {
        let leads = [
            lead(&[(Accepted, 2), (Opportunity, 3), (Won, 4)]),
            lead(&[(SalesQualified, 2), (Lost, 9)]),
            lead(&[(Won, 2)]),
            lead(&[(Rejected, 2)]),
            LeadRecord { auto: false, auto_assigned: false, ..lead(&[(Won, 2)]) },
        ];
        let expected =
            Funnel { decided: 5, passed_on: 4, accepted: 3, sales_qualified: 3, opportunity: 2, won: 2 };
        assert_eq!(summarise(&leads, &period()).funnel, expected);
    }

    #[test]
    fn reliability_goes_by_the_first_verdict_of_what_the_system_passed_on() {
        let leads = [
            lead(&[(Touched, 2), (Rejected, 3), (Accepted, 4)]),
            lead(&[(Accepted, 2), (Lost, 9)]),
            lead(&[]),
            LeadRecord { confidence: None, ..lead(&[(Accepted, 2)]) },
            LeadRecord { auto: false, auto_assigned: false, ..lead(&[(Rejected, 2)]) },
        ];
        let told = summarise(&leads, &period()).reliability;
        assert_eq!((told.judged(), told.bins[9].right), (2, 1));
    }

    #[test]
    fn ae_conversion_is_of_assigned_leads_judged_or_not() {
        let leads = [
            lead(&[(Opportunity, 2), (Lost, 5)]),
            lead(&[(Won, 2)]),
            lead(&[(Accepted, 2)]),
            lead(&[(Lost, 2)]),
            lead(&[]),
            LeadRecord { auto_assigned: false, first_action: Action::Advance, ..lead(&[(Won, 2)]) },
        ];
        assert_eq!(
            summarise(&leads, &period()).ae_conversion,
            Ratio { numerator: 2, denominator: 5, value: Some(0.4) }
        );
    }

    #[test]
    fn a_period_is_mature_when_its_last_lead_is() {
        assert!(!period().is_mature(day(30 + MATURITY_DAYS) - TimeDelta::seconds(1)));
        assert!(period().is_mature(day(30 + MATURITY_DAYS)));
    }
}
