//! Repeats a local time by a recurrence rule (RFC 5545 §3.3.10).
//!
//! Rules are expanded in local time, without a zone, and each occurrence is then converted by itself. That is what the standard
//! asks for, and it works for zones that only their calendar object defines.

use calcard::icalendar::{ICalendarFrequency, ICalendarRecurrenceRule};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use super::busy::UnreadableEvent;

/// The maximum number of occurrences of one rule: half a century of daily occurrences. A rule with more before the time in
/// question is unreadable.
const OCCURRENCES: usize = 20_480;

/// The end of a rule. The last occurrence may be at exactly this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The rule has no end, or a number of occurrences.
    Never,
    /// The end is an instant.
    Instant(DateTime<Utc>),
    /// The end is a time in the zone of the series.
    Local(NaiveDateTime),
    /// The end is a whole day in the zone of the series.
    Day(NaiveDate),
}

impl Until {
    /// Reads the end of a rule of timed or all-day events.
    pub fn of(rule: &ICalendarRecurrenceRule, is_all_day: bool) -> Self {
        let Some(until) = &rule.until else { return Self::Never };
        let Some(read) = until.to_date_time() else { return Self::Never };
        if is_all_day || !until.has_time() {
            return Self::Day(read.date_time.date());
        }
        match read.offset {
            Some(offset) => {
                let local = read.date_time.and_local_timezone(offset);
                local.earliest().map_or(Self::Never, |at| Self::Instant(at.to_utc()))
            }
            None => Self::Local(read.date_time),
        }
    }

    /// Returns whether the rule ends before an occurrence, given in local time and as an instant.
    pub fn is_before(&self, local: NaiveDateTime, at: DateTime<Utc>) -> bool {
        match self {
            Self::Never => false,
            Self::Instant(until) => *until < at,
            // The standard asks for UTC, so a program without a zone may mean either.
            Self::Local(until) => *until < local && until.and_utc() < at,
            Self::Day(until) => *until < local.date(),
        }
    }
}

/// Returns the local times at which a rule repeats from `start` on, until `is_over`. The end of the rule is up to the caller.
///
/// # Errors
/// Returns [`UnreadableEvent`] if the rule is invalid or has too many occurrences.
pub fn repeat(
    rule: &ICalendarRecurrenceRule,
    start: NaiveDateTime,
    is_over: impl Fn(NaiveDateTime) -> bool,
) -> Result<Vec<NaiveDateTime>, UnreadableEvent> {
    let mut endless = ICalendarRecurrenceRule { until: None, ..rule.clone() };
    if !matches!(rule.freq, ICalendarFrequency::Monthly | ICalendarFrequency::Yearly) {
        // "The second Monday" has no meaning within a week or a day, and programs ignore the number.
        for day in &mut endless.byday {
            day.ordwk = None;
        }
    }
    let count = rule.count.filter(|count| *count > 0);
    let endless: RRule<Unvalidated> = endless.to_string().parse().map_err(|_| UnreadableEvent)?;
    let start = start.and_utc().with_timezone(&Tz::UTC);
    let endless = endless.validate(start).map_err(|_| UnreadableEvent)?;
    let mut found = Vec::new();
    for at in &RRuleSet::new(start).rrule(endless).limit() {
        let local = at.naive_utc();
        if is_over(local) {
            return Ok(found);
        }
        found.push(local);
        if found.len() > OCCURRENCES {
            return Err(UnreadableEvent);
        }
    }
    // An endless rule that ends was given up by the library.
    let is_complete = count.is_some_and(|count| found.len() >= count as usize);
    if is_complete { Ok(found) } else { Err(UnreadableEvent) }
}

#[cfg(test)]
mod tests {
    use calcard::icalendar::{ICalendar, ICalendarProperty, ICalendarValue};

    use super::*;

    fn rule(text: &str) -> ICalendarRecurrenceRule {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:{text}\nEND:VEVENT\nEND:VCALENDAR\n");
        let calendar = ICalendar::parse(text).unwrap();
        let event = calendar.components.iter().find(|component| component.component_type.is_event()).unwrap();
        match event.property(&ICalendarProperty::Rrule).unwrap().values.first() {
            Some(ICalendarValue::RecurrenceRule(rule)) => (**rule).clone(),
            other => panic!("{other:?}"),
        }
    }

    fn days(text: &str) -> Result<Vec<String>, UnreadableEvent> {
        let end: NaiveDateTime = "2026-12-20T00:00:00".parse().unwrap();
        let found = repeat(&rule(text), "2026-12-07T09:00:00".parse().unwrap(), |local| local >= end)?;
        Ok(found.into_iter().map(|local| local.format("%d").to_string()).collect())
    }

    #[test]
    fn rules_repeat() {
        assert_eq!(days("FREQ=WEEKLY;BYDAY=MO,WE").unwrap(), ["07", "09", "14", "16"]);
        assert_eq!(days("FREQ=WEEKLY;BYDAY=1MO").unwrap(), ["07", "14"]);
        assert_eq!(days("FREQ=DAILY;COUNT=2").unwrap(), ["07", "08"]);
        assert_eq!(days("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2").unwrap(), ["14"]);
    }

    #[test]
    fn rules_that_cannot_be_followed_are_unreadable() {
        assert_eq!(days("FREQ=SECONDLY"), Err(UnreadableEvent));
        assert_eq!(days("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), Err(UnreadableEvent));
    }

    #[test]
    fn the_end_includes_the_last_occurrence() {
        let at: DateTime<Utc> = "2026-12-07T08:00:00Z".parse().unwrap();
        let local: NaiveDateTime = "2026-12-07T09:00:00".parse().unwrap();
        let is_before = |until: &str, is_all_day| {
            Until::of(&rule(&format!("FREQ=DAILY;UNTIL={until}")), is_all_day).is_before(local, at)
        };
        assert!(!is_before("20261207T080000Z", false));
        assert!(is_before("20261207T075959Z", false));
        assert!(!is_before("20261207", false));
        assert!(is_before("20261206", false));
        assert!(!is_before("20261207T090000", false));
        assert!(is_before("20261207T075959", false));
        assert!(!is_before("20261207T000000Z", true));
        assert!(is_before("20261206T230000Z", true));
    }
}
