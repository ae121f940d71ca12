//! Access to what is read from a calendar, for comparisons with other programs.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::caldav::busy::{Owner, busy};
use crate::caldav::slots::{MeetingHours, TimeSpan, first_free};

/// A calendar object, its owner, and the time in question.
pub struct CalendarQuestion<'q> {
    /// The text of the calendar object.
    pub text: &'q str,
    /// The owner's addresses, in lower case.
    pub addresses: &'q [String],
    /// The owner's time zone.
    pub zone: Tz,
    /// The start of the window.
    pub start: DateTime<Utc>,
    /// The end of the window.
    pub end: DateTime<Utc>,
}

impl CalendarQuestion<'_> {
    /// Returns the busy times as pairs of start and end; `None` if one cannot be determined.
    pub fn busy(&self) -> Option<Vec<(DateTime<Utc>, DateTime<Utc>)>> {
        let mut spans = self.spans()?;
        spans.sort_unstable();
        Some(spans.into_iter().map(|span| (span.start, span.end)).collect())
    }

    /// Returns the slot that a meeting of this length would get, on any day of the week from 8 to 18 o'clock.
    pub fn slot(&self, length: TimeDelta) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let at = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        let week = (0..7).filter_map(|day| chrono::Weekday::try_from(day).ok());
        let hours = MeetingHours { zone: self.zone, days: week.collect(), from: at(8), to: at(18) };
        first_free(&hours, length, self.window(), &self.spans()?).map(|slot| (slot.start, slot.end))
    }

    fn spans(&self) -> Option<Vec<TimeSpan>> {
        let owner = Owner { addresses: self.addresses, zone: self.zone };
        busy(self.text, owner, self.window(), "").ok()
    }

    fn window(&self) -> TimeSpan {
        TimeSpan { start: self.start, end: self.end }
    }
}
