//! Instants in the viewer's time zone.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

use crate::texts::texts;

/// The viewer's time and time zone.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The instant that counts as now.
    pub now: DateTime<Utc>,
    /// The viewer's time zone.
    pub zone: Tz,
}

impl Clock {
    /// Formats the day and time: `Today 09:02`, `Yesterday 14:20`, `19 Nov 14:20`, `19 Nov 2025`.
    pub fn day_and_time(&self, at: DateTime<Utc>) -> String {
        match self.days_ago(at) {
            0 => texts().clock_today(self.minute(at)),
            1 => texts().clock_yesterday(self.minute(at)),
            -1 => texts().clock_tomorrow(self.minute(at)),
            _ => self.other_day(at),
        }
    }

    /// Like [`Self::day_and_time`], within a sentence: `today 09:02`.
    pub fn in_sentence(&self, at: DateTime<Utc>) -> String {
        match self.days_ago(at) {
            0 => texts().clock_today_said(self.minute(at)),
            1 => texts().clock_yesterday_said(self.minute(at)),
            -1 => texts().clock_tomorrow_said(self.minute(at)),
            _ => self.other_day(at),
        }
    }

    /// Returns the number of days between an instant's day and today, in the viewer's time zone.
    fn days_ago(&self, at: DateTime<Utc>) -> i64 {
        (self.local(self.now).date_naive() - self.local(at).date_naive()).num_days()
    }

    fn other_day(&self, at: DateTime<Utc>) -> String {
        let (local, now) = (self.local(at), self.local(self.now));
        if local.year() == now.year() || (now - local).num_days() < 120 {
            texts().clock_day_and_time(day(&local), self.minute(at))
        } else {
            day_of_year(&local)
        }
    }

    fn local(&self, at: DateTime<Utc>) -> DateTime<Tz> {
        at.with_timezone(&self.zone)
    }

    /// Formats the time of day to the minute: `09:02`.
    pub fn minute(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%H:%M").to_string()
    }

    /// Formats the age: `just now`, `12 min ago`, `46 h ago`, `5 days ago`, then the day.
    pub fn ago(&self, at: DateTime<Utc>) -> String {
        let past = self.now - at;
        match past.num_minutes() {
            ..0 => self.day_and_time(at),
            0 => texts().clock_just_now(),
            minutes @ 1..60 => texts().clock_minutes_ago(minutes.to_string()),
            minutes @ 60..2_880 => texts().clock_hours_ago((minutes / 60).to_string()),
            minutes @ 2_880..20_160 => texts().clock_days_ago(minutes / 1_440),
            _ => self.day(at),
        }
    }

    /// Formats the remaining time: `in 12 min`, `in 3 h`, or `now` for the past.
    pub fn until(&self, at: DateTime<Utc>) -> String {
        let seconds = (at - self.now).num_seconds();
        if seconds <= 0 {
            texts().clock_now()
        } else {
            texts().clock_until(super::number::duration(seconds as f64))
        }
    }

    /// Formats the day, with the year unless it is the current one: `19 Nov`.
    pub fn day(&self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        if local.year() == self.local(self.now).year() { day(&local) } else { day_of_year(&local) }
    }

    /// Formats the full date and time: `Tue 24 Nov 2026, 09:02:14 CET`.
    pub fn full(&self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        let weekday = texts().clock_weekday(local.weekday().number_from_monday());
        texts().clock_full(weekday, day_of_year(&local), self.time(at), local.format("%Z").to_string())
    }

    /// Formats the full date and the time to the minute: `Tue 24 Nov 2026, 09:02`.
    pub fn long(&self, at: DateTime<Utc>) -> String {
        let local = self.local(at);
        let weekday = texts().clock_weekday(local.weekday().number_from_monday());
        texts().clock_long(weekday, day_of_year(&local), self.minute(at))
    }

    /// Renders a `<time>` with the time of day to the second, for instants that are minutes away.
    pub fn second(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        element(at, self.full(at), self.time(at))
    }

    /// Formats the time of day to the second: `09:02:14`.
    pub fn time(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%H:%M:%S").to_string()
    }

    /// Renders a `<time>` with the day and time.
    pub fn stamp(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        element(at, self.full(at), self.day_and_time(at))
    }

    /// Renders a `<time>` for use within a sentence.
    pub fn stamp_in_sentence(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        element(at, self.full(at), self.in_sentence(at))
    }

    /// Renders a `<time>` with the day and the time to the second: `Today 09:02:14`, `19 Nov 14:20:05`.
    pub fn stamp_second(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        let shown = match self.days_ago(at) {
            0 => texts().clock_today(self.time(at)),
            _ => texts().clock_day_and_time(self.day(at), self.time(at)),
        };
        element(at, self.full(at), shown)
    }

    /// Renders a `<time>` with the age.
    pub fn relative(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        element(at, self.full(at), self.ago(at))
    }
}

/// Formats a day: `19 Nov`.
pub fn day(local: &impl Datelike) -> String {
    texts().clock_day(local.day().to_string(), texts().clock_month(local.month()))
}

/// Formats a day with its year: `19 Nov 2025`.
pub fn day_of_year(local: &impl Datelike) -> String {
    let month = texts().clock_month(local.month());
    texts().clock_day_of_year(local.day().to_string(), month, local.year().to_string())
}

/// Formats a month with its year: `Nov 2025`.
pub fn month_of_year(local: &impl Datelike) -> String {
    texts().clock_month_of_year(texts().clock_month(local.month()), local.year().to_string())
}

fn element(at: DateTime<Utc>, full: String, shown: String) -> impl IntoView {
    view! { <time datetime=engine::time::stamp(at) title=full>{shown}</time> }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn clock() -> Clock {
        Clock { now: "2026-11-24T23:30:00Z".parse().unwrap(), zone: chrono_tz::Europe::Berlin }
    }

    #[test]
    fn days_are_those_of_the_viewer() {
        let shown = |text: &str| clock().day_and_time(text.parse().unwrap());
        assert_eq!(shown("2026-11-24T23:00:00Z"), "Today 00:00");
        assert_eq!(shown("2026-11-24T22:59:00Z"), "Yesterday 23:59");
        assert_eq!(shown("2026-11-25T23:00:00Z"), "Tomorrow 00:00");
        assert_eq!(shown("2026-11-19T13:20:00Z"), "19 Nov 14:20");
        assert_eq!(shown("2024-11-19T13:20:00Z"), "19 Nov 2024");
        assert_eq!(clock().in_sentence("2026-11-24T23:00:00Z".parse().unwrap()), "today 00:00");
        assert_eq!(clock().in_sentence("2026-11-19T13:20:00Z".parse().unwrap()), "19 Nov 14:20");
        assert_eq!(clock().full("2026-11-24T08:02:14Z".parse().unwrap()), "Tue 24 Nov 2026, 09:02:14 CET");
    }

    #[test]
    fn the_past_is_told_in_the_unit_that_fits() {
        let shown = |minutes| clock().ago(clock().now - TimeDelta::minutes(minutes));
        assert_eq!(
            [0, 1, 59, 60, 1_439, 2_879, 2_880].map(shown),
            [
                "just now",
                "1\u{a0}min ago",
                "59\u{a0}min ago",
                "1\u{a0}h ago",
                "23\u{a0}h ago",
                "47\u{a0}h ago",
                "2\u{a0}days ago"
            ]
        );
        assert_eq!(shown(30 * 1_440), "26 Oct");
        assert_eq!(clock().until(clock().now + TimeDelta::minutes(12)), "in 12\u{a0}min");
    }
}
