//! Writes and reads a meeting as an iCalendar event (RFC 5545).

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus,
    ICalendarTransparency, ICalendarValue,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::canonical::Digest;
use engine::effect::DecisionOrder;

use super::series;
use super::slots::TimeSpan;
use super::zones::Zones;

/// How far ahead the changes of a defined time zone are followed.
const ZONE_MARGIN: chrono::TimeDelta = chrono::TimeDelta::days(5 * 366);
/// The maximum length of a text, in characters; anything longer is not a real name.
const TEXT_CHARS: usize = 120;
/// The maximum length of an e-mail address, in characters (RFC 5321 §4.5.3.1.3).
const ADDRESS_CHARS: usize = 254;

const EFFECT: &str = "X-MESHLINE-EFFECT";
const INCARNATION: &str = "X-MESHLINE-INCARNATION";
const SEQUENCE: &str = "X-MESHLINE-SEQUENCE";
const SLOT: &str = "X-MESHLINE-SLOT";

/// The decision that an event carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionMark {
    /// The key of the effect that last wrote the event.
    pub effect_key: Digest,
    /// The position of that effect's decision.
    pub order: DecisionOrder,
}

/// A meeting in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEvent {
    /// The UID, which identifies the lead: see [`uid`].
    pub uid: String,
    /// The decision it carries out; `None` if a calendar program has dropped it.
    pub mark: Option<DecisionMark>,
    /// The key of the effect that chose the time.
    pub slot_by: Option<Digest>,
    /// The revision (`SEQUENCE`), which increases with every write.
    pub revision: i64,
    /// The start and end of the meeting.
    pub span: TimeSpan,
    /// Whether the meeting is cancelled.
    pub is_cancelled: bool,
    /// The title.
    pub summary: String,
    /// The description.
    pub description: Option<String>,
    /// The lead's e-mail address.
    pub attendee: Option<String>,
}

/// Returns the UID of the meeting with a remote key. Its first part names the resource.
pub fn uid(remote_key: Digest) -> String {
    format!("{}@meshline", hex(remote_key))
}

/// Returns the remote key of the meeting with this UID; `None` if it is not one of ours.
pub fn remote_key(uid: &str) -> Option<Digest> {
    Digest::try_from(format!("sha256:{}", uid.strip_suffix("@meshline")?)).ok()
}

/// Returns the UID of a calendar object if it is one of ours.
pub fn our_uid(text: &str) -> Option<String> {
    let calendar = ICalendar::parse(text).ok()?;
    calendar.uids().find(|uid| remote_key(uid).is_some()).map(str::to_owned)
}

/// Returns a digest as hexadecimal digits.
pub fn hex(digest: Digest) -> String {
    digest.to_string().trim_start_matches("sha256:").to_owned()
}

/// Returns whether a calendar object has this UID.
pub fn is_about(text: &str, uid: &str) -> bool {
    ICalendar::parse(text).is_ok_and(|calendar| calendar.uids().any(|found| found == uid))
}

impl CalendarEvent {
    /// Returns a copy that `mark` cancels. Of the lead's data it keeps only the title.
    pub fn cancelled(&self, mark: DecisionMark) -> Self {
        Self { mark: Some(mark), is_cancelled: true, description: None, attendee: None, ..self.clone() }
    }

    /// Returns an event that records a decision without a meeting: cancelled, long past, without personal data.
    pub fn tombstone(uid: String, mark: DecisionMark) -> Self {
        Self {
            uid,
            mark: Some(mark),
            slot_by: None,
            revision: 0,
            span: TimeSpan {
                start: DateTime::UNIX_EPOCH,
                end: DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(1),
            },
            is_cancelled: true,
            summary: "No meeting".into(),
            description: None,
            attendee: None,
        }
    }

    /// Serializes the event as a calendar object, stamped with `now`.
    pub fn write(&self, now: DateTime<Utc>) -> String {
        let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
        let mut text = |name: &str, value: String| {
            event.add_property(ICalendarProperty::Other(name.into()), ICalendarValue::Text(value));
        };
        if let Some(mark) = &self.mark {
            text(EFFECT, hex(mark.effect_key));
            text(INCARNATION, mark.order.incarnation.to_string());
            text(SEQUENCE, mark.order.lead_sequence.to_string());
        }
        if let Some(slot_by) = self.slot_by {
            text(SLOT, hex(slot_by));
        }
        event.add_uid(&self.uid);
        event.add_dtstamp(PartialDateTime::from_utc_timestamp(now.timestamp()));
        event.add_sequence(self.revision);
        event.add_property(ICalendarProperty::Dtstart, instant(self.span.start));
        event.add_property(ICalendarProperty::Dtend, instant(self.span.end));
        event.add_property(ICalendarProperty::Summary, ICalendarValue::Text(self.summary.clone()));
        if let Some(description) = &self.description {
            event.add_property(ICalendarProperty::Description, ICalendarValue::Text(description.clone()));
        }
        if let Some(attendee) = &self.attendee {
            let address = ICalendarValue::Text(format!("mailto:{attendee}"));
            event.add_property(ICalendarProperty::Attendee, address);
        }
        let (status, transparency) = if self.is_cancelled {
            (ICalendarStatus::Cancelled, ICalendarTransparency::Transparent)
        } else {
            (ICalendarStatus::Confirmed, ICalendarTransparency::Opaque)
        };
        event.add_property(ICalendarProperty::Status, ICalendarValue::Status(status));
        event.add_property(ICalendarProperty::Transp, ICalendarValue::Transparency(transparency));
        let mut calendar = ICalendarComponent::new(ICalendarComponentType::VCalendar);
        let text = |value: &str| ICalendarValue::Text(value.into());
        calendar.add_property(ICalendarProperty::Version, text("2.0"));
        calendar.add_property(ICalendarProperty::Prodid, text("-//Meshline//CalDAV//EN"));
        calendar.component_ids = vec![1];
        ICalendar { components: vec![calendar, event] }.to_string()
    }

    /// Parses the event `uid` from a calendar object. Returns `None` if it is missing or has no time. If a person has turned the
    /// meeting into a series, its first occurrence counts. Times without a time zone are interpreted in `zone`.
    pub fn read(text: &str, uid: &str, zone: Tz) -> Option<Self> {
        let calendar = ICalendar::parse(text).ok()?;
        let zones = Zones::of(&calendar, zone, Utc::now() + ZONE_MARGIN);
        let (span, event) = series::first(&calendar, &zones, uid)?;
        let text =
            |name: &ICalendarProperty| Some(event.property(name)?.values.first()?.as_text()?.to_owned());
        let own = |name: &str| text(&ICalendarProperty::Other(name.into()));
        let digest = |name: &str| Digest::try_from(format!("sha256:{}", own(name)?)).ok();
        let number = |name: &str| own(name).and_then(|number| number.parse().ok());
        // Events written before incarnations existed belong to the first one.
        let order = number(SEQUENCE).map(|lead_sequence| DecisionOrder {
            incarnation: number(INCARNATION).unwrap_or_default(),
            lead_sequence,
        });
        let mark = digest(EFFECT).zip(order);
        let revision = event.property(&ICalendarProperty::Sequence).and_then(|entry| entry.values.first());
        Some(Self {
            uid: uid.to_owned(),
            mark: mark.map(|(effect_key, order)| DecisionMark { effect_key, order }),
            slot_by: digest(SLOT),
            revision: revision.and_then(ICalendarValue::as_integer).unwrap_or_default(),
            span,
            is_cancelled: event.status() == Some(&ICalendarStatus::Cancelled),
            summary: text(&ICalendarProperty::Summary).unwrap_or_default(),
            description: text(&ICalendarProperty::Description),
            attendee: text(&ICalendarProperty::Attendee)
                .and_then(|address| Some(address.strip_prefix("mailto:")?.to_owned())),
        })
    }
}

fn instant(at: DateTime<Utc>) -> ICalendarValue {
    ICalendarValue::PartialDateTime(Box::new(PartialDateTime::from_utc_timestamp(at.timestamp())))
}

/// Returns untrusted text as one line that is safe to display: control characters, line breaks of all kinds and bidirectional
/// formatting characters become spaces, runs of spaces collapse, and text that is too long is truncated.
pub fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|char| if is_unprintable(char) { ' ' } else { char }).collect::<String>();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(TEXT_CHARS).collect::<String>().trim_end().to_owned()
}

fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Returns an e-mail address that is safe to put in an event. Rejects unusual addresses instead of repairing them.
pub fn address(text: &str) -> Option<&str> {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "@.!#$%&'*+/=?^_`{|}~-".contains(char);
    (text.len() <= ADDRESS_CHARS && text.chars().all(is_plain) && text.matches('@').count() == 1)
        .then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONE: Tz = chrono_tz::Europe::Berlin;

    fn event(summary: String, description: String) -> CalendarEvent {
        let start: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let order = DecisionOrder { incarnation: 2, lead_sequence: 3 };
        let mark = DecisionMark { effect_key: Digest::of(b"effect"), order };
        CalendarEvent {
            uid: uid(Digest::of(b"record")),
            mark: Some(mark),
            slot_by: Some(Digest::of(b"slot")),
            revision: 7,
            span: TimeSpan { start, end: start + chrono::TimeDelta::minutes(30) },
            is_cancelled: false,
            summary,
            description: Some(description),
            attendee: Some("bob@beta.example".into()),
        }
    }

    #[test]
    fn the_output_is_readable_by_other_programs() {
        let event = event("Intro meeting: Smith; Bob, Acme".into(), "a\nb".into());
        let text = event.write("2026-11-22T08:00:00Z".parse().unwrap()).replace("\r\n ", "");
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "DTSTAMP:20261122T080000Z",
            "DTSTART:20261123T090000Z",
            "DTEND:20261123T093000Z",
            "SEQUENCE:7",
            "SUMMARY:Intro meeting: Smith\\; Bob\\, Acme",
            "DESCRIPTION:a\\nb",
            "ATTENDEE:mailto:bob@beta.example",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "X-MESHLINE-INCARNATION:2",
            "X-MESHLINE-SEQUENCE:3",
            "END:VCALENDAR",
        ] {
            assert!(text.split("\r\n").any(|found| found == line), "{line} is missing from {text}");
        }
    }

    #[test]
    fn events_rewritten_by_calendar_programs_are_read() {
        let uid = uid(Digest::of(b"record"));
        let text = format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID=Europe/Berlin:20261123T110000\nDURATION:PT45M\nBEGIN:VALARM\nTRIGGER:-PT5M\nSUMMARY:x\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let read = CalendarEvent::read(&text, &uid, ZONE).unwrap();
        assert_eq!(
            (read.mark, read.revision, read.is_cancelled, read.summary),
            (None, 0, false, String::new())
        );
        assert_eq!(read.span.start.to_rfc3339(), "2026-11-23T10:00:00+00:00");
        assert_eq!((read.span.end - read.span.start).num_minutes(), 45);
        let cut = text.replace("DURATION:PT45M", "DURATION:PT45M\nRRULE:FREQ=WEEKLY;UNTIL=20261123T100000Z");
        assert_eq!(
            CalendarEvent::read(&cut, &uid, ZONE).unwrap().span,
            read.span,
            "a series of one occurrence"
        );
        let moved = text.replace(
            "BEGIN:VEVENT",
            "BEGIN:VTIMEZONE\nTZID:Here\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT",
        );
        let moved = moved.replace("TZID=Europe/Berlin:20261123T110000", "TZID=Here:20261123T050000");
        assert_eq!(
            CalendarEvent::read(&moved, &uid, ZONE).unwrap().span,
            read.span,
            "a zone that the object defines"
        );
        assert_eq!(CalendarEvent::read(&text, "another", ZONE), None);
        assert_eq!(CalendarEvent::read("no calendar", &uid, ZONE), None);
    }

    #[test]
    fn unusual_addresses_are_rejected() {
        assert_eq!(address("bob+x@beta.example"), Some("bob+x@beta.example"));
        for odd in
            ["", "bob", "a@b@c", "bob@beta.example\r\nX-EVIL:1", "\"b;b\"@beta.example", "b,b@beta.example"]
        {
            assert_eq!(address(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn hostile_names_round_trip_as_text(
            name in prop_oneof![any::<String>(), "[\\\\;,:\"\r\n\t =BEGINDVT\u{85}\u{2028}\u{1F600}-]{0,200}"],
            note in "[\\\\;,:\"\n =BEGINDVT\u{1F600}-]{0,200}",
        ) {
            let name = one_line(&name);
            prop_assert!(!name.chars().any(is_unprintable) && name.chars().count() <= TEXT_CHARS);
            let event = event(format!("Intro meeting: {name}"), format!("Note{note}."));
            let text = event.write(Utc::now());
            prop_assert_eq!(text.lines().filter(|line| line.starts_with("BEGIN:")).count(), 2);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
            prop_assert_eq!(CalendarEvent::read(&text, &event.uid, ZONE), Some(event));
        }
    }
}
