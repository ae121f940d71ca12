//! Periods that a filter can select, in whole days of the viewer's time zone.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

use crate::texts::texts;
use crate::ui::clock::{Clock, day_of_year};
use crate::ui::filters::{Address, FilterOption};

/// Query parameters that hold the period.
pub const NAMES: [&str; 3] = ["period", "from", "to"];

/// The length of [`PeriodKind::Weeks`].
pub const WEEKS: u64 = 12;

/// The kind of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodKind {
    /// A number of days up to and including today.
    Days(u64),
    /// Twelve weeks including the current one, starting on a Monday.
    Weeks,
    /// From one day to another, both included. A missing bound leaves that end open.
    Custom(Option<NaiveDate>, Option<NaiveDate>),
    /// All time.
    All,
}

/// The periods that have a name in addresses.
const NAMED: [(&str, PeriodKind); 5] = [
    ("7d", PeriodKind::Days(7)),
    ("30d", PeriodKind::Days(30)),
    ("90d", PeriodKind::Days(90)),
    ("12w", PeriodKind::Weeks),
    ("all", PeriodKind::All),
];

impl PeriodKind {
    /// Returns the display name.
    fn words(self) -> String {
        let day = |day: NaiveDate| day_of_year(&day);
        match self {
            PeriodKind::Days(days) => texts().period_last_days(days),
            PeriodKind::Weeks => texts().period_last_weeks(WEEKS),
            PeriodKind::All | PeriodKind::Custom(None, None) => texts().period_all_time(),
            PeriodKind::Custom(Some(from), Some(to)) if from == to => day(from),
            PeriodKind::Custom(Some(from), Some(to)) => texts().period_between(day(from), day(to)),
            PeriodKind::Custom(Some(from), None) => texts().period_since(day(from)),
            PeriodKind::Custom(None, Some(to)) => texts().period_until(day(to)),
        }
    }
}

/// A period with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The kind of the period.
    pub span: PeriodKind,
    /// The first day.
    pub first: Option<NaiveDate>,
    /// The day after the last day.
    pub end: Option<NaiveDate>,
    zone: Tz,
}

impl Period {
    /// Returns the period that the URL selects, or `default` if it selects none.
    pub fn read(address: &Address, default: PeriodKind, clock: Clock) -> Self {
        let day = |name: &str| address.parsed::<NaiveDate>(name);
        let named = |name: &str| NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, span)| span);
        let span = match address.get("period").and_then(named) {
            Some(span) => span,
            None if day("from").is_some() || day("to").is_some() => {
                PeriodKind::Custom(day("from"), day("to"))
            }
            None => default,
        };
        Self::new(span, clock)
    }

    /// Creates the period as of now.
    pub fn new(span: PeriodKind, clock: Clock) -> Self {
        let today = clock.now.with_timezone(&clock.zone).date_naive();
        let tomorrow = today.checked_add_days(Days::new(1));
        let back = |days: u64| today.checked_sub_days(Days::new(days));
        let (first, end) = match span {
            PeriodKind::Days(days) => (back(days - 1), tomorrow),
            PeriodKind::Weeks => {
                (back(u64::from(today.weekday().num_days_from_monday()) + (WEEKS - 1) * 7), tomorrow)
            }
            PeriodKind::Custom(from, to) => (from, to.and_then(|to| to.checked_add_days(Days::new(1)))),
            PeriodKind::All => (None, None),
        };
        Self { span, first, end, zone: clock.zone }
    }

    /// Returns the first instant of the period; `None` if its start is open.
    pub fn from(&self) -> Option<DateTime<Utc>> {
        self.first.map(|day| midnight(day, self.zone))
    }

    /// Returns the instant after the last one of the period; `None` if its end is open.
    pub fn to(&self) -> Option<DateTime<Utc>> {
        self.end.map(|day| midnight(day, self.zone))
    }

    /// Returns whether the first day is after the last one, so that nothing can be in the period.
    pub fn is_reversed(&self) -> bool {
        matches!(self.span, PeriodKind::Custom(Some(from), Some(to)) if from > to)
    }

    /// Returns the display name.
    pub fn words(&self) -> String {
        self.span.words()
    }

    /// Returns the display name with its dates, for a file that is read later.
    pub fn exact_words(&self) -> String {
        let last = self.end.and_then(|end| end.pred_opt());
        match (self.name(), self.first, last) {
            (Some(_), Some(from), Some(to)) => {
                let dates = PeriodKind::Custom(Some(from), Some(to)).words();
                texts().period_with_dates(self.words(), dates)
            }
            _ => self.words(),
        }
    }

    /// Returns the value of the `period` parameter; `None` if the URL uses `from` and `to` instead.
    pub fn name(&self) -> Option<&'static str> {
        NAMED.into_iter().find(|(_, span)| *span == self.span).map(|(name, _)| name)
    }

    /// Returns the URL with this period.
    pub fn put(&self, address: &Address) -> Address {
        let bare = address.without(&NAMES);
        match (self.name(), self.span) {
            (Some(name), _) => bare.with("period", name),
            (None, PeriodKind::Custom(from, to)) => {
                let from = from.map_or(bare.clone(), |day| bare.with("from", day.to_string()));
                to.map_or(from.clone(), |day| from.with("to", day.to_string()))
            }
            (None, _) => bare,
        }
    }
}

/// Renders the two date fields of a custom range, with an error if the first day is after the last one. Repeats the input of
/// the address, even if it is not a date.
pub fn dates(period: &Period, address: &Address) -> impl IntoView + use<> {
    let is_wrong = period.is_reversed();
    let (invalid, described) = (is_wrong.then_some("true"), is_wrong.then_some("period-error"));
    let (first, last) = match period.name() {
        // The days of a named period, as a starting point for other dates.
        Some(_) => (period.first, period.end.and_then(|end| end.pred_opt())),
        None => (address.parsed("from"), address.parsed("to")),
    };
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    view! {
        <label>{texts().period_from()}" "<input class="field" type="date" name="from" value=day(first) aria-invalid=invalid aria-describedby=described /></label>
        <label>{texts().period_to()}" "<input class="field" type="date" name="to" value=day(last) aria-invalid=invalid aria-describedby=described /></label>
        {is_wrong.then(|| view! { <p id="period-error" class="tone" data-a="bad" role="alert">{texts().period_reversed()}</p> })}
    }
}

/// Returns the options of the period select.
pub fn choices() -> Vec<FilterOption> {
    NAMED.into_iter().map(|(name, span)| (name.to_owned(), span.words())).collect()
}

/// Returns the first instant of a day, which is later than midnight where daylight saving time starts at midnight.
pub fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let hour = |hour| day.and_hms_opt(hour, 0, 0).and_then(|at| zone.from_local_datetime(&at).earliest());
    hour(0)
        .or_else(|| hour(1))
        .map_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::*;

    fn clock() -> Clock {
        Clock { now: "2026-11-24T23:30:00Z".parse().unwrap(), zone: chrono_tz::Europe::Berlin }
    }

    fn read(pairs: &[(&'static str, &str)]) -> Period {
        let mut query = ParamsMap::new();
        pairs.iter().for_each(|(name, value)| query.insert(*name, (*value).to_owned()));
        Period::read(&Address::read("/leads", &query, &NAMES), PeriodKind::All, clock())
    }

    #[test]
    fn days_begin_where_the_viewer_is() {
        let week = read(&[("period", "7d")]);
        assert_eq!(week.from(), Some("2026-11-18T23:00:00Z".parse().unwrap()));
        assert_eq!(week.to(), Some("2026-11-25T23:00:00Z".parse().unwrap()));
        assert_eq!(week.exact_words(), "Last 7 days (19 Nov 2026 to 25 Nov 2026)");
        let weeks = read(&[("period", "12w")]);
        assert_eq!(weeks.first.map(|day| day.weekday()), Some(chrono::Weekday::Mon));
    }

    #[test]
    fn days_of_ones_own_include_both_ends_and_may_be_open() {
        let own = read(&[("from", "2026-03-01"), ("to", "2026-03-31")]);
        assert_eq!(own.to(), Some("2026-03-31T22:00:00Z".parse().unwrap()));
        assert_eq!(own.words(), "1 Mar 2026 to 31 Mar 2026");
        assert_eq!(
            own.put(&Address::new("/leads").with("period", "7d")).href(),
            "/leads?from=2026-03-01&to=2026-03-31"
        );
        assert!(!own.is_reversed() && !read(&[("from", "2026-03-01"), ("to", "2026-03-01")]).is_reversed());
        assert!(read(&[("from", "2026-03-02"), ("to", "2026-03-01")]).is_reversed());
        assert_eq!(read(&[("from", "2026-03-01")]).to(), None);
        assert_eq!(read(&[("from", "yesterday")]).span, PeriodKind::All);
    }

    #[test]
    fn a_day_without_midnight_begins_at_one() {
        let day = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(
            midnight(day, chrono_tz::America::Sao_Paulo),
            "2018-11-04T03:00:00Z".parse::<DateTime<Utc>>().unwrap()
        );
    }
}
