//! The chart of decisions by action over time.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc};
use store::reads::dashboard::{BarWidth, Cohort, DecisionBar as Counted};

use crate::texts::texts;
use crate::ui::charts::Chart;
use crate::ui::charts::bars::{ChartBar, STACK, bars};
use crate::ui::clock::{self, Clock};

/// Maximum number of bars; the query returns no more than this.
const BARS: usize = 120;

/// The earliest and the latest `as_of` of all decisions.
pub type DecisionExtent = (DateTime<Utc>, DateTime<Utc>);

/// Returns the bar width for a period: days up to a month, weeks up to half a year, months beyond that.
pub fn step(cohort: &Cohort, (first, last): DecisionExtent) -> BarWidth {
    let from = cohort.from.map_or(first, |from| from.max(first));
    let to = cohort.to.map_or(last, |to| to.min(last));
    match (to - from).num_days() {
        ..=31 => BarWidth::Day,
        32..=190 => BarWidth::Week,
        _ => BarWidth::Month,
    }
}

/// Builds the chart of decisions.
pub fn chart(
    counted: &[Counted],
    cohort: &Cohort,
    step: BarWidth,
    extent: DecisionExtent,
    clock: Clock,
) -> Chart {
    let title = texts().dashboard_decisions(<&str>::from(step));
    bars("decisions", title, &fill(counted, cohort, step, extent, clock), step)
}

/// Returns one bar for each step up to the present, including steps without decisions.
fn fill(
    counted: &[Counted],
    cohort: &Cohort,
    step: BarWidth,
    (first, last): DecisionExtent,
    clock: Clock,
) -> Vec<ChartBar> {
    let local = |at: DateTime<Utc>| at.with_timezone(&clock.zone).date_naive();
    let start = floor(local(cohort.from.map_or(first, |from| from.max(first))), step);
    let end = local(cohort.to.map_or(last, |to| (to - TimeDelta::microseconds(1)).min(last.max(clock.now))));
    let mut days = Vec::new();
    let mut day = start;
    while day <= end && days.len() < BARS {
        days.push(day);
        let Some(next) = following(day, step) else { break };
        day = next;
    }
    let with_year = start.year() != end.year();
    let today = local(clock.now);
    let bar = |day: &NaiveDate| {
        let is_open = *day <= today && following(*day, step).is_none_or(|next| next > today);
        ChartBar { label: label(*day, step, with_year), day: *day, is_open, counts: [0; 6] }
    };
    let mut bars: Vec<ChartBar> = days.iter().map(bar).collect();
    for part in counted {
        let place = days.binary_search(&floor(local(part.from), step));
        let action = STACK.iter().position(|action| *action == part.action);
        if let (Ok(place), Some(action)) = (place, action)
            && let Some(bar) = bars.get_mut(place)
        {
            bar.counts[action] += part.count;
        }
    }
    bars
}

/// Returns the short name of the step that begins on a day.
pub fn label(day: NaiveDate, step: BarWidth, with_year: bool) -> String {
    match step {
        BarWidth::Month => clock::month_of_year(&day),
        _ if with_year => clock::day_of_year(&day),
        _ => clock::day(&day),
    }
}

/// Returns the first day of the bar that contains `day`.
fn floor(day: NaiveDate, step: BarWidth) -> NaiveDate {
    match step {
        BarWidth::Day => day,
        BarWidth::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
        BarWidth::Month => day.with_day(1).unwrap_or(day),
    }
}

pub fn following(day: NaiveDate, step: BarWidth) -> Option<NaiveDate> {
    match step {
        BarWidth::Day => day.checked_add_days(Days::new(1)),
        BarWidth::Week => day.checked_add_days(Days::new(7)),
        BarWidth::Month => day.checked_add_months(Months::new(1)),
    }
}

#[cfg(test)]
mod tests {
    use engine::action::Action;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn every_stretch_has_its_bar() {
        let clock = Clock { now: at("2026-11-24T10:00:00Z"), zone: chrono_tz::Europe::Berlin };
        let extent = (at("2026-10-01T10:00:00Z"), at("2026-11-24T09:00:00Z"));
        let cohort = Cohort {
            from: Some(at("2026-11-15T23:00:00Z")),
            to: Some(at("2026-11-24T23:00:00Z")),
            ..Cohort::default()
        };
        let counted = [Counted { from: at("2026-11-17T23:00:00Z"), action: Action::Hold, count: 3 }];
        assert_eq!(step(&cohort, extent), BarWidth::Day);
        let bars = fill(&counted, &cohort, BarWidth::Day, extent, clock);
        assert_eq!(bars.len(), 9);
        assert_eq!((bars[0].label.as_str(), bars[8].label.as_str()), ("16 Nov", "24 Nov"));
        let day = NaiveDate::from_ymd_opt(2026, 11, 18).unwrap();
        assert_eq!(
            bars[2],
            ChartBar { label: "18 Nov".into(), day, is_open: false, counts: [0, 0, 0, 3, 0, 0] }
        );
        let open: Vec<&str> = bars.iter().filter(|bar| bar.is_open).map(|bar| bar.label.as_str()).collect();
        assert_eq!(open, ["24 Nov"], "today is not over");
        let weeks = fill(&counted, &Cohort::default(), BarWidth::Week, extent, clock);
        assert_eq!(weeks.len(), 9);
        assert!(weeks[8].is_open && !weeks[7].is_open);
        let past = Cohort { to: Some(at("2026-11-23T23:00:00Z")), ..cohort };
        assert!(fill(&counted, &past, BarWidth::Day, extent, clock).iter().all(|bar| !bar.is_open));
        assert_eq!(weeks.iter().map(ChartBar::total).sum::<u64>(), 3);
    }
}
