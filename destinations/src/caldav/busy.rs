//! Extracts busy times from the events of a calendar.
//!
//! Recurrences are expanded here and not by the server. Radicale's answers to `expand` and to `free-busy-query` (RFC 4791
//! §9.6.5, §7.10) keep the UTC offset that a series began with, so after a change to or from daylight saving time they are an
//! hour off. They also lose exceptions and omit some all-day series.

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarParameterName, ICalendarParameterValue,
    ICalendarParticipationStatus, ICalendarProperty, ICalendarStatus, ICalendarTransparency, ICalendarValue,
};
use chrono::TimeDelta;
use chrono_tz::Tz;

use super::series;
use super::slots::TimeSpan;
use super::zones::Zones;

/// How long the changes of a defined time zone are followed beyond the window.
const ZONE_MARGIN: TimeDelta = TimeDelta::days(400);

/// The calendar contains an event whose time cannot be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableEvent;

/// The owner of a calendar.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'o> {
    /// The e-mail addresses, in lower case.
    pub addresses: &'o [String],
    /// The time zone, in which all-day events and times without a time zone are read.
    pub zone: Tz,
}

/// Returns the spans within `window` during which one calendar object (all components with one UID) keeps its owner busy. Returns
/// none if its UID is `except`.
///
/// # Errors
/// Returns [`UnreadableEvent`] if a time cannot be determined, so that a busy slot is never taken for a free one.
pub fn busy(
    text: &str,
    owner: Owner<'_>,
    window: TimeSpan,
    except: &str,
) -> Result<Vec<TimeSpan>, UnreadableEvent> {
    let calendar = ICalendar::parse(text).map_err(|_| UnreadableEvent)?;
    if calendar.uids().any(|uid| uid == except) {
        return Ok(Vec::new());
    }
    let until = window.end.checked_add_signed(ZONE_MARGIN).unwrap_or(window.end);
    let zones = Zones::of(&calendar, owner.zone, until);
    series::occurrences(&calendar, &zones, window, |component| blocks(component, owner.addresses))
}

/// Returns whether an event makes its owner busy (RFC 5545 §3.8.2.7, §3.8.1.11). An invitation that the owner declined does not.
fn blocks(component: &ICalendarComponent, owner: &[String]) -> bool {
    component.transparency() != Some(&ICalendarTransparency::Transparent)
        && component.status() != Some(&ICalendarStatus::Cancelled)
        && !is_declined(component, owner)
}

/// Returns whether the owner is among the attendees and has declined under each address.
fn is_declined(component: &ICalendarComponent, owner: &[String]) -> bool {
    let attendees = component.entries.iter().filter(|entry| entry.name == ICalendarProperty::Attendee);
    let own = attendees.filter(|entry| {
        let address = entry.values.first().and_then(ICalendarValue::as_text).map(bare_address);
        let email = entry.parameter(&ICalendarParameterName::Email).and_then(|value| value.as_text());
        let email = email.map(bare_address);
        address.into_iter().chain(email).any(|address| owner.contains(&address))
    });
    let mut declined = own.map(|entry| {
        let status = entry.parameter(&ICalendarParameterName::Partstat);
        matches!(status, Some(ICalendarParameterValue::Partstat(ICalendarParticipationStatus::Declined)))
    });
    declined.next().is_some_and(|first| first && declined.all(|each| each))
}

/// Returns an address in lower case, without `mailto:`.
fn bare_address(address: &str) -> String {
    let address = address.trim().to_lowercase();
    address.strip_prefix("mailto:").unwrap_or(&address).to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn owner(addresses: &[String]) -> Owner<'_> {
        Owner { addresses, zone: chrono_tz::Europe::Berlin }
    }

    fn read(event: &str) -> Result<Vec<String>, UnreadableEvent> {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let window = TimeSpan { start: at("2026-12-06T00:00:00Z"), end: at("2026-12-20T00:00:00Z") };
        let text = format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:x\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let shown =
            |span: TimeSpan| format!("{}/{}", span.start.format("%d %H:%M"), span.end.format("%d %H:%M"));
        let mut spans = busy(&text, owner(&["jane@acme.example".into()]), window, "ours")?;
        spans.sort_unstable();
        Ok(spans.into_iter().map(shown).collect())
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
    fn an_all_day_event_that_ends_on_its_day_takes_the_day() {
        assert_eq!(
            read("DTSTART;VALUE=DATE:20261207\nDTEND;VALUE=DATE:20261207").unwrap(),
            ["06 23:00/07 23:00"]
        );
        assert_eq!(read("DTSTART;VALUE=DATE:20261207\nDURATION:P2D").unwrap(), ["06 23:00/08 23:00"]);
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
        assert_eq!(busy("BEGIN:VCARD\nEND:VCARD\n", owner(&[]), window, "ours"), Err(UnreadableEvent));
    }

    const SERIES: &str =
        "DTSTART;TZID=Europe/Berlin:20261207T100000\nDTEND;TZID=Europe/Berlin:20261207T110000";

    /// Returns the exception to the occurrence on a day.
    fn exception(day: &str, properties: &str) -> String {
        format!(
            "END:VEVENT\nBEGIN:VEVENT\nUID:x\nRECURRENCE-ID;TZID=Europe/Berlin:202612{day}T100000\n{properties}"
        )
    }

    #[test]
    fn the_end_of_a_series_is_its_last_occurrence() {
        let both = ["07 09:00/07 10:00", "14 09:00/14 10:00"];
        for until in ["20261214T090000Z", "20261214", "20261214T100000", "20261220T235959Z"] {
            assert_eq!(read(&format!("{SERIES}\nRRULE:FREQ=WEEKLY;UNTIL={until}")).unwrap(), both, "{until}");
        }
        for until in ["20261214T085959Z", "20261213", "20261207T090000Z"] {
            assert_eq!(
                read(&format!("{SERIES}\nRRULE:FREQ=WEEKLY;UNTIL={until}")).unwrap(),
                both[..1],
                "{until}"
            );
        }
        let days = "DTSTART;VALUE=DATE:20261207\nRRULE:FREQ=DAILY;UNTIL=";
        for until in ["20261208", "20261208T000000Z"] {
            assert_eq!(read(&format!("{days}{until}")).unwrap(), ["06 23:00/07 23:00", "07 23:00/08 23:00"]);
        }
        assert_eq!(read(&format!("{SERIES}\nRRULE:FREQ=WEEKLY;UNTIL=20261206T090000Z")).unwrap(), [""; 0]);
    }

    #[test]
    fn a_series_of_one_occurrence_is_an_event() {
        let cut = format!("{SERIES}\nRRULE:FREQ=WEEKLY;UNTIL=20261207T090000Z");
        assert_eq!(read(&cut).unwrap(), ["07 09:00/07 10:00"]);
        assert_eq!(read(&format!("{cut}\nTRANSP:TRANSPARENT")).unwrap(), [""; 0]);
        assert_eq!(read(&format!("{SERIES}\nRRULE:FREQ=WEEKLY;COUNT=1")).unwrap(), ["07 09:00/07 10:00"]);
    }

    #[test]
    fn free_events_are_never_unreadable() {
        for free in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"] {
            for odd in ["SUMMARY:never", "DTSTART:20200101T120000Z\nDURATION:PT5S\nRRULE:FREQ=SECONDLY"] {
                assert_eq!(read(&format!("{odd}\n{free}")).unwrap(), [""; 0]);
            }
        }
    }

    #[test]
    fn a_zone_may_be_explained_by_its_object_alone_or_not_at_all() {
        let zone = "END:VEVENT\nBEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:y\nDTSTART:20200101T000000Z";
        let event = "DTSTART;TZID=Customized Time Zone:20261207T040000\nDURATION:PT1H";
        assert_eq!(read(&format!("{event}\n{zone}")).unwrap(), ["07 09:00/07 10:00"]);
        assert_eq!(read(event).unwrap(), ["06 14:00/07 17:00"], "anywhere on Earth");
        assert_eq!(
            read("DTSTART;TZID=/freeassociation.sourceforge.net/America/New_York:20261207T040000\nDURATION:PT1H").unwrap(),
            ["07 09:00/07 10:00"]
        );
    }

    #[test]
    fn an_exception_replaces_its_occurrence_whatever_its_revision() {
        let series = format!("SEQUENCE:3\n{SERIES}\nRRULE:FREQ=WEEKLY;COUNT=2");
        for sequence in [0, 3, 4] {
            let moved = "DTSTART;TZID=Europe/Berlin:20261207T150000\nDURATION:PT1H";
            let moved = exception("07", &format!("SEQUENCE:{sequence}\n{moved}"));
            assert_eq!(
                read(&format!("{series}\n{moved}")).unwrap(),
                ["07 14:00/07 15:00", "14 09:00/14 10:00"]
            );
            let gone = exception("07", &format!("SEQUENCE:{sequence}\nSTATUS:CANCELLED"));
            assert_eq!(read(&format!("{series}\n{gone}")).unwrap(), ["14 09:00/14 10:00"]);
        }
        let twice = [9, 10].map(|day| {
            exception(
                "07",
                &format!("SEQUENCE:{day}\nDTSTART;TZID=Europe/Berlin:202612{day:02}T150000\nDURATION:PT1H"),
            )
        });
        let latest = ["10 14:00/10 15:00", "14 09:00/14 10:00"];
        assert_eq!(read(&format!("{series}\n{}\n{}", twice[0], twice[1])).unwrap(), latest);
        assert_eq!(read(&format!("{series}\n{}\n{}", twice[1], twice[0])).unwrap(), latest);
    }

    #[test]
    fn an_exception_may_apply_to_all_that_follow() {
        let series = format!("{SERIES}\nRRULE:FREQ=DAILY;COUNT=4");
        let from = |properties: &str| {
            exception("09", properties).replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")
        };
        let moved = from("DTSTART;TZID=Europe/Berlin:20261209T120000\nDURATION:PT30M");
        assert_eq!(
            read(&format!("{series}\n{moved}")).unwrap(),
            ["07 09:00/07 10:00", "08 09:00/08 10:00", "09 11:00/09 11:30", "10 11:00/10 11:30"]
        );
        let gone = from("DTSTART;TZID=Europe/Berlin:20261209T100000\nDURATION:PT1H\nSTATUS:CANCELLED");
        assert_eq!(read(&format!("{series}\n{gone}")).unwrap(), ["07 09:00/07 10:00", "08 09:00/08 10:00"]);
    }

    #[test]
    fn dates_are_added_and_left_out() {
        let series = format!("{SERIES}\nRRULE:FREQ=DAILY;COUNT=3");
        for left_out in [
            "EXDATE:20261208T090000Z,20261209T090000Z",
            "EXDATE;TZID=Europe/Berlin:20261208T100000\nEXDATE;TZID=America/New_York:20261209T040000",
            "EXDATE:20261208T100000,20261209T100000",
            "EXDATE;VALUE=DATE:20261208,20261209",
        ] {
            assert_eq!(read(&format!("{series}\n{left_out}")).unwrap(), ["07 09:00/07 10:00"], "{left_out}");
        }
        let added = "RDATE;TZID=America/New_York:20261210T040000\nRDATE;VALUE=PERIOD:20261211T090000Z/PT2H,20261212T090000Z/20261212T120000Z";
        assert_eq!(
            read(&format!("{SERIES}\n{added}")).unwrap(),
            ["07 09:00/07 10:00", "10 09:00/10 10:00", "11 09:00/11 11:00", "12 09:00/12 12:00"]
        );
        assert_eq!(
            read("DTSTART;VALUE=DATE:20261207\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID=Europe/Berlin:20261208T000000").unwrap(),
            ["06 23:00/07 23:00", "08 23:00/09 23:00"]
        );
    }

    #[test]
    fn only_the_owner_can_decline() {
        let invited = |attendees: &str| {
            format!(
                "DTSTART:20261207T090000Z\nDURATION:PT1H\nORGANIZER:mailto:host@else.example\n{attendees}"
            )
        };
        for declined in [
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:host@else.example\nATTENDEE;PARTSTAT=DECLINED:mailto:jane@acme.example",
            "ATTENDEE;PARTSTAT=DECLINED:MAILTO:Jane@Acme.Example",
            "ATTENDEE;PARTSTAT=declined;EMAIL=jane@acme.example:urn:uuid:1",
        ] {
            assert_eq!(read(&invited(declined)).unwrap(), [""; 0], "{declined}");
        }
        for taken in [
            "ATTENDEE;PARTSTAT=DECLINED:mailto:host@else.example\nATTENDEE;PARTSTAT=ACCEPTED:mailto:jane@acme.example",
            "ATTENDEE;PARTSTAT=TENTATIVE:mailto:jane@acme.example",
            "ATTENDEE:mailto:jane@acme.example",
            "ATTENDEE;PARTSTAT=DECLINED:mailto:mary-jane@acme.example",
        ] {
            assert_eq!(read(&invited(taken)).unwrap(), ["07 09:00/07 10:00"], "{taken}");
        }
    }

    #[test]
    fn times_are_those_of_the_owner_across_changes_of_the_clock() {
        let in_march = |event: &str| {
            let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            let window = TimeSpan { start: at("2026-03-28T12:00:00Z"), end: at("2026-03-30T00:00:00Z") };
            let text = format!(
                "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:x\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
            );
            let spans = busy(&text, owner(&[]), window, "ours").unwrap();
            spans
                .into_iter()
                .map(|span| format!("{}/{}", span.start.format("%d %H:%M"), span.end.format("%d %H:%M")))
                .collect::<Vec<_>>()
        };
        assert_eq!(in_march("DTSTART;VALUE=DATE:20260329"), ["28 23:00/29 22:00"], "23 hours");
        let gap = "DTSTART;TZID=Europe/Berlin:20260328T023000\nDTEND;TZID=Europe/Berlin:20260328T030000\nRRULE:FREQ=DAILY";
        assert_eq!(in_march(gap), ["29 01:30/29 02:00"], "the time does not exist");
    }
}
