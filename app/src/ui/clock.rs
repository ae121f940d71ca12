//! Instants in the viewer's time zone.

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

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
        let local = at.with_timezone(&self.zone);
        let now = self.now.with_timezone(&self.zone);
        match (now.date_naive() - local.date_naive()).num_days() {
            0 => local.format("Today %H:%M").to_string(),
            1 => local.format("Yesterday %H:%M").to_string(),
            -1 => local.format("Tomorrow %H:%M").to_string(),
            _ if local.year() == now.year() || (now - local).num_days() < 120 => {
                local.format("%-d %b %H:%M").to_string()
            }
            _ => local.format("%-d %b %Y").to_string(),
        }
    }

    /// Like [`Self::day_and_time`], within a sentence: `today 09:02`.
    pub fn in_sentence(&self, at: DateTime<Utc>) -> String {
        let text = self.day_and_time(at);
        let is_word = ["Today", "Yesterday", "Tomorrow"].iter().any(|word| text.starts_with(word));
        if is_word { text.to_lowercase() } else { text }
    }

    /// Formats the age: `just now`, `12 min ago`, `46 h ago`, `5 days ago`, then the day.
    pub fn ago(&self, at: DateTime<Utc>) -> String {
        let past = self.now - at;
        match past.num_minutes() {
            ..0 => self.day_and_time(at),
            0 => "just now".into(),
            minutes @ 1..60 => format!("{minutes}\u{a0}min ago"),
            minutes @ 60..2_880 => format!("{}\u{a0}h ago", minutes / 60),
            minutes @ 2_880..20_160 => format!("{}\u{a0}days ago", minutes / 1_440),
            _ => self.day(at),
        }
    }

    /// Formats the remaining time: `in 12 min`, `in 3 h`, or `now` for the past.
    pub fn until(&self, at: DateTime<Utc>) -> String {
        let seconds = (at - self.now).num_seconds();
        if seconds <= 0 { "now".into() } else { format!("in {}", super::number::duration(seconds as f64)) }
    }

    /// Formats the day, with the year unless it is the current one: `19 Nov`.
    pub fn day(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        let same_year = local.year() == self.now.with_timezone(&self.zone).year();
        local.format(if same_year { "%-d %b" } else { "%-d %b %Y" }).to_string()
    }

    /// Formats the full date and time: `Tue 24 Nov 2026, 09:02:14 CET`.
    pub fn full(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%a %-d %b %Y, %H:%M:%S %Z").to_string()
    }

    /// Renders a `<time>` with the time of day to the second, for instants that are minutes away.
    pub fn second(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        element(at, self.full(at), self.time(at))
    }

    /// Formats the time of day to the second: `09:02:14`.
    pub fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M:%S").to_string()
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
        let is_today =
            self.now.with_timezone(&self.zone).date_naive() == at.with_timezone(&self.zone).date_naive();
        let day = if is_today { "Today".to_owned() } else { self.day(at) };
        element(at, self.full(at), format!("{day} {}", self.time(at)))
    }

    /// Renders a `<time>` with the age.
    pub fn relative(&self, at: DateTime<Utc>) -> impl IntoView + use<> {
        element(at, self.full(at), self.ago(at))
    }
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
