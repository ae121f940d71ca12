//! Extracts busy times from the events of a calendar.
//!
//! Recurrences are expanded here and not by the server. Radicale's answers to `expand` and to `free-busy-query` (RFC 4791
//! §9.6.5, §7.10) keep the UTC offset that a series began with, so after a change to or from daylight saving time they are an
//! hour off. They also lose exceptions and omit some all-day series.

use calcard::icalendar::dates::{CalendarExpand, TimeOrDelta};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarProperty, ICalendarStatus, ICalendarTransparency, ICalendarValue,
};
use chrono_tz::Tz;

use super::slots::TimeSpan;

/// The numbers of occurrences of one series to expand, tried in order. The first is enough for most series; the last covers
/// half a century of daily occurrences. A series that begins even further before the window is reported as unreadable.
const OCCURRENCES: [usize; 4] = [320, 1_280, 5_120, 20_480];

/// The calendar contains an event whose time cannot be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableEvent;

/// Returns the spans within `window` during which one calendar object (all components with one UID) keeps its owner busy. Returns
/// none if its UID is `except`. Times without a time zone are interpreted in `zone`.
///
/// # Errors
/// Returns [`UnreadableEvent`] if a time cannot be determined, so that a busy slot is never taken for a free one.
pub fn busy(text: &str, zone: Tz, window: TimeSpan, except: &str) -> Result<Vec<TimeSpan>, UnreadableEvent> {
    let calendar = ICalendar::parse(text).map_err(|_| UnreadableEvent)?;
    if calendar.uids().any(|uid| uid == except) {
        return Ok(Vec::new());
    }
    let expanded = expand(&calendar, zone, window).ok_or(UnreadableEvent)?;
    let mut found = Vec::new();
    for event in expanded.events {
        let component = calendar.component_by_id(event.comp_id).ok_or(UnreadableEvent)?;
        let end = match event.end {
            TimeOrDelta::Time(end) => end.to_utc(),
            TimeOrDelta::Delta(length) => {
                event.start.to_utc().checked_add_signed(length).ok_or(UnreadableEvent)?
            }
        };
        let span = TimeSpan { start: event.start.to_utc(), end };
        if blocks(component) && span.overlaps(&window) {
            found.push(span);
        }
    }
    Ok(found)
}

/// Expands all occurrences up to the end of the window or beyond. Returns `None` if some may be missing.
fn expand(calendar: &ICalendar, zone: Tz, window: TimeSpan) -> Option<CalendarExpand> {
    let entries = calendar.components.iter().flat_map(|component| &component.entries);
    let left_out = entries.filter(|entry| entry.name == ICalendarProperty::Exdate);
    let left_out: usize = left_out.map(|entry| entry.values.len()).sum();
    OCCURRENCES
        .iter()
        .find_map(|most| {
            let expanded = calendar.expand_dates(zone, *most);
            let last = expanded.events.iter().map(|event| event.start.to_utc()).max();
            // Excluded and moved occurrences count towards the limit too.
            let is_whole = expanded.events.len() + left_out < *most || last >= Some(window.end);
            (is_whole || !expanded.errors.is_empty()).then_some(expanded)
        })
        .filter(|expanded| expanded.errors.is_empty())
}

/// Returns whether an event makes its owner busy (RFC 5545 §3.8.2.7, §3.8.1.11). An event with a start time and no end does not
/// (§3.6.1).
fn blocks(component: &ICalendarComponent) -> bool {
    let has = |name| component.has_property(name);
    let start = component.property(&ICalendarProperty::Dtstart).and_then(|entry| entry.values.first());
    let begins_at_a_time =
        start.and_then(ICalendarValue::as_partial_date_time).is_some_and(|start| start.has_time());
    component.component_type.is_event()
        && component.transparency() != Some(&ICalendarTransparency::Transparent)
        && component.status() != Some(&ICalendarStatus::Cancelled)
        && (has(&ICalendarProperty::Dtend) || has(&ICalendarProperty::Duration) || !begins_at_a_time)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn read(event: &str) -> Result<Vec<String>, UnreadableEvent> {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let window = TimeSpan { start: at("2026-12-06T00:00:00Z"), end: at("2026-12-20T00:00:00Z") };
        let text = format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:x\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let shown =
            |span: TimeSpan| format!("{}/{}", span.start.format("%d %H:%M"), span.end.format("%d %H:%M"));
        Ok(busy(&text, chrono_tz::Europe::Berlin, window, "ours")?.into_iter().map(shown).collect())
    }

    #[test]
    fn plain_floating_and_all_day_events_block() {
        assert_eq!(read("DTSTART:20261207T090000Z\nDTEND:20261207T093000Z").unwrap(), ["07 09:00/07 09:30"]);
        assert_eq!(read("DTSTART:20261207T090000\nDURATION:PT1H").unwrap(), ["07 08:00/07 09:00"]);
        assert_eq!(read("DTSTART;VALUE=DATE:20261207").unwrap(), ["06 23:00/07 23:00"]);
        assert_eq!(
            read("DTSTART;VALUE=DATE:20261207\nDTEND;VALUE=DATE:20261209").unwrap(),
            ["06 23:00/08 23:00"]
        );
        assert_eq!(
            read("DTSTART;TZID=W. Europe Standard Time:20261207T090000\nDURATION:PT1H").unwrap(),
            ["07 08:00/07 09:00"]
        );
        assert_eq!(
            read("DTSTART;TZID=America/New_York:20261207T090000\nDURATION:PT1H").unwrap(),
            ["07 14:00/07 15:00"]
        );
    }

    #[test]
    fn transparent_cancelled_and_zero_length_events_do_not_block() {
        for free in ["TRANSP:TRANSPARENT\nDURATION:PT1H", "STATUS:CANCELLED\nDURATION:PT1H", "SUMMARY:bell"] {
            assert_eq!(read(&format!("DTSTART:20261207T090000Z\n{free}")).unwrap(), [""; 0], "{free}");
        }
    }

    #[test]
    fn series_keep_their_local_time_and_their_exceptions() {
        let weekly = "DTSTART;TZID=Europe/Berlin:20260601T110000\nDTEND;TZID=Europe/Berlin:20260601T120000\nRRULE:FREQ=WEEKLY";
        assert_eq!(read(weekly).unwrap(), ["07 10:00/07 11:00", "14 10:00/14 11:00"], "started in summer");
        let without = format!("{weekly}\nEXDATE;TZID=Europe/Berlin:20261214T110000");
        assert_eq!(read(&without).unwrap(), ["07 10:00/07 11:00"]);
        let moved = format!(
            "{weekly}\nEND:VEVENT\nBEGIN:VEVENT\nUID:x\nRECURRENCE-ID;TZID=Europe/Berlin:20261214T110000\nDTSTART;TZID=Europe/Berlin:20261215T150000\nDURATION:PT30M"
        );
        assert_eq!(read(&moved).unwrap(), ["07 10:00/07 11:00", "15 14:00/15 14:30"]);
        assert_eq!(
            read("DTSTART;VALUE=DATE:20260604\nRRULE:FREQ=WEEKLY").unwrap(),
            ["09 23:00/10 23:00", "16 23:00/17 23:00"]
        );
        assert_eq!(read("DTSTART:20000101T120000Z\nDURATION:PT5M\nRRULE:FREQ=DAILY").unwrap().len(), 14);
        assert_eq!(
            read("DTSTART:20261207T120000Z\nDURATION:PT5M\nRRULE:FREQ=DAILY;COUNT=3").unwrap().len(),
            3
        );
    }

    #[test]
    fn unreadable_events_are_not_treated_as_free() {
        assert_eq!(read("SUMMARY:never"), Err(UnreadableEvent));
        assert_eq!(
            read("DTSTART:20200101T120000Z\nDURATION:PT5S\nRRULE:FREQ=SECONDLY"),
            Err(UnreadableEvent)
        );
        let window = TimeSpan { start: DateTime::UNIX_EPOCH, end: DateTime::UNIX_EPOCH };
        assert_eq!(busy("BEGIN:VCARD\nEND:VCARD\n", Tz::UTC, window, "ours"), Err(UnreadableEvent));
    }
}
