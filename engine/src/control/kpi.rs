//! The key figures of the dashboards.
//!
//! Definitions, where more than one was possible:
//!
//! * A lead belongs to the period of its **first decision's `as_of`**, for every figure and regardless of when
//!   its outcomes happened. The figures of a period therefore change while its leads are being worked, and a
//!   period is mature only [`MATURITY_DAYS`] after its end.
//! * **MQL→SQL** counts leads, not outcomes: a lead that was accepted and then became an opportunity counts
//!   once, and a lead that was accepted and later lost still counts.
//! * **Time-to-SQL** runs from the first event's `occurred_at` to the earliest outcome that counts for MQL→SQL.
//!   It is not available for a lead with only one of the two times, or with an outcome before its event; the
//!   latter are also counted separately, because they point to a wrong clock or import. A time of zero is
//!   valid.
//! * **False-positive rate** uses only the earliest verdict: a lead that was accepted and later lost is not a
//!   false positive; a lead that was rejected and later accepted is one. Leads without a verdict are not
//!   counted at all.
//! * **The funnel** is nested: a stage counts the leads that the system advanced or assigned and that reached
//!   this stage or a later one. Leads passed on by a person are not included.
//! * **AE conversion** counts leads that the system itself *assigned*, since an advanced lead has no AE to
//!   convert it. A lead converts with an opportunity or a win: `accepted` is only a promise, and `lost` does
//!   not prove that there was an opportunity.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calibration::Reliability;
use super::outcome::OutcomeStage;
use crate::action::Action;

/// The days after which a lead's outcome is assumed to be known.
pub const MATURITY_DAYS: i64 = 21;

/// The data of one lead that the figures are computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadRecord {
    /// `as_of` of the lead's first decision.
    pub first_decided_as_of: DateTime<Utc>,
    /// `occurred_at` of the lead's first event, if the source reported it.
    pub first_occurred_at: Option<DateTime<Utc>>,
    /// The action of the first decision.
    pub first_action: Action,
    /// Whether the system, rather than a person, advanced or assigned the lead in any decision.
    pub auto: bool,
    /// Whether the system, rather than a person, assigned the lead in any decision. Implies `auto`.
    pub auto_assigned: bool,
    /// The confidence of the decision in which the system first advanced or assigned the lead.
    pub confidence: Option<f64>,
    /// The outcomes with their times, earliest first. Of two outcomes at the same time, the first in the list
    /// counts as earlier.
    pub outcomes: Vec<(OutcomeStage, DateTime<Utc>)>,
}

/// A half-open time range that includes `from` and excludes `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The start, inclusive.
    pub from: DateTime<Utc>,
    /// The end, exclusive.
    pub to: DateTime<Utc>,
}

impl Period {
    /// Returns whether a time is in the period.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }

    /// Returns whether every lead of the period has had [`MATURITY_DAYS`] to reach an outcome.
    pub fn is_mature(&self, now: DateTime<Utc>) -> bool {
        now - self.to >= TimeDelta::days(MATURITY_DAYS)
    }
}

/// A ratio with its numerator and denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// The leads in the numerator.
    pub numerator: u64,
    /// The leads in the denominator.
    pub denominator: u64,
    /// The ratio, 0 to 1; `None` if the denominator is zero.
    pub value: Option<f64>,
}

impl Ratio {
    /// Creates the ratio of `numerator` to `denominator`.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        let value = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        Self { numerator, denominator, value }
    }
}

/// The time that leads took, and the leads for which it is not available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Durations {
    /// The leads with a time.
    pub count: u64,
    /// The median in seconds; for an even count, the mean of the two middle values.
    pub median_s: Option<f64>,
    /// The mean in seconds.
    pub mean_s: Option<f64>,
    /// The leads of the period without a time: no outcome that counts, no time for the first event, or a
    /// negative time.
    pub not_available: u64,
    /// The leads in `not_available` with an outcome before their first event.
    pub negative: u64,
}

/// The key figures of one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kpis {
    /// The leads first decided in the period.
    pub leads: u64,
    /// The same leads by the action of their first decision.
    pub by_first_action: BTreeMap<Action, u64>,
    /// Leads that an AE accepted or that became an opportunity, of all leads.
    pub mql_to_sql: Ratio,
    /// The time from the first event to the first acceptance or opportunity.
    pub time_to_sql: Durations,
    /// Leads the system advanced or assigned whose first verdict is negative, of those with a verdict.
    pub false_positive_rate: Ratio,
    /// Leads the system assigned that became an opportunity, of all that it assigned.
    pub ae_conversion: Ratio,
    /// The number of leads at each stage.
    pub funnel: Funnel,
    /// The accuracy of the decisions to advance or assign leads, by confidence.
    pub reliability: Reliability,
}

/// The number of leads at each stage; every stage is a subset of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Funnel {
    /// The leads first decided in the period.
    pub decided: u64,
    /// The leads that the system advanced or assigned.
    pub passed_on: u64,
    /// Of those, the leads that an AE accepted or that got further.
    pub accepted: u64,
    /// The leads that became sales-qualified or got further.
    pub sales_qualified: u64,
    /// The leads that became an opportunity or got further.
    pub opportunity: u64,
    /// The leads that were won.
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

/// Computes the figures for the leads first decided in `period` and ignores all other leads.
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
        // `min_by_key` returns the first of equal elements, as the docs of `outcomes` promise.
        self.outcomes.iter().copied().filter(|(stage, _)| wanted(*stage)).min_by_key(|(_, at)| *at)
    }
}

/// Returns the median and mean in seconds; `None` if `times` is empty.
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
        let reliability = summarise(&leads, &period()).reliability;
        assert_eq!((reliability.judged(), reliability.bins[9].right), (2, 1));
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
