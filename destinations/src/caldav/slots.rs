//! Finds the first free slot. Pure: the caller provides the clock and the calendar.

use std::collections::HashSet;

use chrono::{
    DateTime, Datelike as _, Days, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc, Weekday,
};
use chrono_tz::Tz;

/// A half-open span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan {
    /// The first instant of the span.
    pub start: DateTime<Utc>,
    /// The first instant after the span.
    pub end: DateTime<Utc>,
}

impl TimeSpan {
    /// Returns whether the two spans share an instant. An empty span shares none.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end && !self.is_empty() && !other.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// The hours in which meetings can take place.
#[derive(Clone, Debug)]
pub struct MeetingHours {
    /// The time zone of the hours.
    pub zone: Tz,
    /// The days of the week.
    pub days: HashSet<Weekday>,
    /// The start of the working day.
    pub from: NaiveTime,
    /// The end of the working day. Must be later than `from`.
    pub to: NaiveTime,
}

/// Returns the first span of `length` within working hours and `window` that overlaps nothing in `busy`.
///
/// Meetings start at fixed steps from the start of the working day: every half hour if the length is a multiple of half an hour,
/// otherwise every quarter. Local times that do not exist because of daylight saving time are skipped; of times that occur twice,
/// the first is used.
pub fn first_free(
    hours: &MeetingHours,
    length: TimeDelta,
    window: TimeSpan,
    busy: &[TimeSpan],
) -> Option<TimeSpan> {
    let step = TimeDelta::minutes(if length.num_minutes() % 30 == 0 { 30 } else { 15 });
    let busy = merged(busy);
    let last_day = window.end.with_timezone(&hours.zone).date_naive();
    let mut day = window.start.with_timezone(&hours.zone).date_naive();
    while day <= last_day {
        if hours.days.contains(&day.weekday())
            && let Some(closes) = instant(hours.zone, day.and_time(hours.to))
        {
            let mut local = day.and_time(hours.from);
            while local < day.and_time(hours.to) {
                if let Some(start) = instant(hours.zone, local) {
                    let slot = TimeSpan { start, end: start + length };
                    let fits = slot.start >= window.start && slot.end <= window.end.min(closes);
                    if fits && is_free(&slot, &busy) {
                        return Some(slot);
                    }
                }
                local += step;
            }
        }
        day = day.checked_add_days(Days::new(1))?;
    }
    None
}

fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    zone.from_local_datetime(&local).earliest().map(|at| at.to_utc())
}

/// Merges overlapping spans and sorts them.
fn merged(busy: &[TimeSpan]) -> Vec<TimeSpan> {
    let mut sorted: Vec<TimeSpan> = busy.iter().copied().filter(|span| !span.is_empty()).collect();
    sorted.sort_unstable();
    let mut merged: Vec<TimeSpan> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

fn is_free(slot: &TimeSpan, busy: &[TimeSpan]) -> bool {
    let next = busy.partition_point(|span| span.end <= slot.start);
    busy.get(next).is_none_or(|span| span.start >= slot.end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn span(start: &str, end: &str) -> TimeSpan {
        TimeSpan { start: at(start), end: at(end) }
    }

    fn hours(zone: Tz) -> MeetingHours {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri].into();
        MeetingHours { zone, days, from: time(9), to: time(17) }
    }

    const HALF: TimeDelta = TimeDelta::minutes(30);
    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    #[test]
    fn the_first_slot_starts_at_the_next_half_hour_of_a_working_day() {
        let first = |from: &str| {
            first_free(&hours(BERLIN), HALF, span(from, "2026-12-31T00:00:00Z"), &[]).unwrap().start
        };
        assert_eq!(first("2026-11-27T10:01:00Z"), at("2026-11-27T10:30:00Z"));
        assert_eq!(first("2026-11-27T15:30:00Z"), at("2026-11-27T15:30:00Z"), "ends with the working day");
        assert_eq!(first("2026-11-27T15:31:00Z"), at("2026-11-30T08:00:00Z"), "skips the weekend");
    }

    #[test]
    fn working_hours_follow_daylight_saving_time() {
        let window = span("2026-10-23T15:00:00Z", "2026-11-30T00:00:00Z");
        let start = first_free(&hours(BERLIN), HALF, window, &[]).unwrap().start;
        assert_eq!(start, at("2026-10-26T08:00:00Z"), "the Monday after summer time ended");
        let window = span("2026-03-27T16:00:00Z", "2026-04-30T00:00:00Z");
        let start = first_free(&hours(BERLIN), HALF, window, &[]).unwrap().start;
        assert_eq!(start, at("2026-03-30T07:00:00Z"), "the Monday after it began");
    }

    #[test]
    fn nonexistent_local_times_are_skipped() {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let night = MeetingHours { days: [Weekday::Sun].into(), from: time(2), to: time(4), ..hours(BERLIN) };
        let spring = span("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
        assert_eq!(first_free(&night, HALF, spring, &[]).unwrap().start, at("2026-03-29T01:00:00Z"));
        let autumn = span("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
        assert_eq!(first_free(&night, HALF, autumn, &[]).unwrap().start, at("2026-10-25T00:00:00Z"));
    }

    #[test]
    fn empty_and_adjacent_spans_do_not_block() {
        let window = span("2026-11-23T08:00:00Z", "2026-11-24T00:00:00Z");
        let busy = [
            span("2026-11-23T08:10:00Z", "2026-11-23T08:10:00Z"),
            span("2026-11-23T08:30:00Z", "2026-11-23T09:00:00Z"),
            span("2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z"),
        ];
        assert_eq!(
            first_free(&hours(BERLIN), HALF, window, &busy).unwrap().start,
            at("2026-11-23T08:00:00Z")
        );
    }

    proptest! {
        #[test]
        fn a_slot_is_the_first_free_one_in_hours_and_window(
            start in 0_i64..31_536_000,
            length in prop::sample::select(vec![15_i64, 20, 30, 45, 60, 90]),
            window in 3_600_i64..1_209_600,
            busy in prop::collection::vec((-86_400_i64..1_209_600, 0_i64..90_000), 0..40),
            zone in prop::sample::select(vec![BERLIN, chrono_tz::America::New_York, chrono_tz::Asia::Kolkata, chrono_tz::Australia::Lord_Howe]),
        ) {
            let start = at("2026-01-01T00:00:00Z") + TimeDelta::seconds(start);
            let window = TimeSpan { start, end: start + TimeDelta::seconds(window) };
            let busy: Vec<TimeSpan> = busy.into_iter().map(|(from, length)| {
                let start = start + TimeDelta::seconds(from);
                TimeSpan { start, end: start + TimeDelta::seconds(length) }
            }).collect();
            let (hours, length) = (hours(zone), TimeDelta::minutes(length));
            let allowed = |slot: &TimeSpan| {
                let (from, to) = (slot.start.with_timezone(&zone).naive_local(), slot.end.with_timezone(&zone).naive_local());
                slot.start >= window.start && slot.end <= window.end && hours.days.contains(&from.weekday())
                    && from.time() >= hours.from && to.time() <= hours.to && from.date() == to.date()
                    && !busy.iter().any(|other| other.overlaps(slot))
            };
            let found = first_free(&hours, length, window, &busy);
            prop_assert!(found.as_ref().is_none_or(allowed));
            prop_assert!(found.is_none_or(|slot| slot.end - slot.start == length));
            // No earlier quarter hour that could be a start is allowed.
            let step = if length.num_minutes() % 30 == 0 { 1800 } else { 900 };
            let end = found.map_or(window.end, |slot| slot.start);
            let mut tried = DateTime::from_timestamp(window.start.timestamp() / 900 * 900, 0).unwrap();
            while tried < end {
                let slot = TimeSpan { start: tried, end: tried + length };
                let local = tried.with_timezone(&zone).naive_local();
                if (local.time() - hours.from).num_seconds() % step == 0 {
                    prop_assert!(!allowed(&slot), "{slot:?} comes before {found:?}");
                }
                tried += TimeDelta::minutes(15);
            }
        }
    }
}
