//! Resolves the time zones that a calendar object refers to.
//!
//! A `TZID` is a name that only its object has to understand (RFC 5545 §3.8.3.1). In practice it is an IANA name, one with a
//! vendor's prefix, a Windows name, or a name that nothing but the object's `VTIMEZONE` explains.

use std::collections::HashMap;
use std::str::FromStr as _;

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue,
};
use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{GapInfo, Tz};

use super::recurrence::{self, Until};

/// The largest offsets that are in use, ahead of and behind UTC.
const MAX_AHEAD: TimeDelta = TimeDelta::hours(14);
const MAX_BEHIND: TimeDelta = TimeDelta::hours(12);

/// A time zone of an event.
#[derive(Clone, Copy, Debug)]
pub enum Zone<'z> {
    /// A zone of the IANA database.
    Iana(Tz),
    /// A zone that its calendar object defines.
    Defined(&'z Observances),
    /// A zone that is neither known nor defined. Its times may be anywhere on Earth.
    Unknown,
}

impl Zone<'_> {
    /// The zone of UTC times.
    pub const UTC: Self = Self::Iana(Tz::UTC);

    /// Returns the instant of a local time, or the earliest possible one if the zone is unknown. Of times that occur twice, the
    /// first is meant; times that do not exist are read with the offset before the gap (RFC 5545 §3.3.5).
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Iana(zone) => iana_instant(*zone, local),
            Self::Defined(observances) => observances.instant(local),
            Self::Unknown => local.and_utc() - MAX_AHEAD,
        }
    }

    /// Returns the instant of a local time, or the latest possible one if the zone is unknown.
    pub fn latest(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Unknown => local.and_utc() + MAX_BEHIND,
            _ => self.instant(local),
        }
    }

    /// Returns the local time of an instant. Inverts [`Zone::instant`] where the zone is unknown.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Iana(zone) => at.with_timezone(zone).naive_local(),
            Self::Defined(observances) => at.naive_utc() + observances.offset(at),
            Self::Unknown => at.naive_utc() + MAX_AHEAD,
        }
    }
}

fn iana_instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    if let Some(at) = zone.from_local_datetime(&local).earliest() {
        return at.to_utc();
    }
    let before = GapInfo::new(&local, &zone).and_then(|gap| gap.begin).map(|(_, offset)| offset.fix());
    let before = before.map_or(0, |offset| offset.local_minus_utc());
    local.and_utc() - TimeDelta::seconds(before.into())
}

/// The time zones of one calendar object.
pub struct Zones {
    /// The zone of times without a zone, and of all-day events.
    default: Tz,
    defined: HashMap<String, Observances>,
}

impl Zones {
    /// Reads the definitions in a calendar object, with their changes up to an instant.
    pub fn of(calendar: &ICalendar, default: Tz, until: DateTime<Utc>) -> Self {
        let mut defined = HashMap::new();
        for zone in calendar.timezones() {
            let name = zone.property(&ICalendarProperty::Tzid).and_then(|entry| entry.values.first());
            let Some(name) = name.and_then(ICalendarValue::as_text) else { continue };
            if let Some(observances) = Observances::of(calendar, zone, until) {
                defined.insert(name.to_owned(), observances);
            }
        }
        Self { default, defined }
    }

    /// Returns the zone of times without a `TZID`.
    pub fn floating(&self) -> Zone<'_> {
        Zone::Iana(self.default)
    }

    /// Returns the zone with this name.
    ///
    /// The IANA database knows more about a place than a definition that was written once. Only abbreviations, such as EST, mean
    /// different things to different programs, so their definition is preferred.
    pub fn named(&self, name: &str) -> Zone<'_> {
        let name = name.trim();
        let iana = iana(name);
        let defined = self.defined.get(name).map(Zone::Defined);
        if let (Some(zone), true) = (iana, name.contains('/') || defined.is_none()) {
            return Zone::Iana(zone);
        }
        defined.or_else(|| known_elsewhere(name).map(Zone::Iana)).unwrap_or(Zone::Unknown)
    }
}

/// Finds an IANA name, also behind a vendor's prefix such as `/freeassociation.sourceforge.net/`.
fn iana(name: &str) -> Option<Tz> {
    let find = |name: &str| {
        let found = Tz::from_str(name).ok();
        found.or_else(|| {
            chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied()
        })
    };
    find(name).or_else(|| {
        let starts = name.match_indices('/').map(|(at, _)| at + 1);
        starts.filter_map(|start| find(&name[start..])).next()
    })
}

/// Finds a name that other programs use, such as those of Windows.
fn known_elsewhere(name: &str) -> Option<Tz> {
    match calcard::common::timezone::Tz::from_str(name).ok()? {
        calcard::common::timezone::Tz::Tz(zone) => Some(zone),
        _ => None,
    }
}

/// The offsets of a zone that a calendar object defines, and when they change.
#[derive(Clone, Debug)]
pub struct Observances {
    /// Sorted by time.
    changes: Vec<OffsetChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OffsetChange {
    at: DateTime<Utc>,
    before: TimeDelta,
    after: TimeDelta,
}

impl Observances {
    /// Returns `None` if the definition is incomplete.
    fn of(calendar: &ICalendar, zone: &ICalendarComponent, until: DateTime<Utc>) -> Option<Self> {
        let mut changes = Vec::new();
        for id in &zone.component_ids {
            let observance = calendar.component_by_id(*id)?;
            if matches!(
                observance.component_type,
                ICalendarComponentType::Standard | ICalendarComponentType::Daylight
            ) {
                changes.extend(changes_of(observance, until)?);
            }
        }
        changes.sort_unstable();
        (!changes.is_empty()).then_some(Self { changes })
    }

    fn offset(&self, at: DateTime<Utc>) -> TimeDelta {
        let next = self.changes.partition_point(|change| change.at <= at);
        match next.checked_sub(1).and_then(|last| self.changes.get(last)) {
            Some(change) => change.after,
            // Before the first onset, nothing is defined; the offset that it changes is the best that is known.
            None => self.changes.first().map_or(TimeDelta::zero(), |change| change.before),
        }
    }

    fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let offsets = self.changes.iter().flat_map(|change| [change.before, change.after]);
        let fitting = offsets
            .map(|offset| (local.and_utc() - offset, offset))
            .filter(|(at, offset)| self.offset(*at) == *offset);
        if let Some((first, _)) = fitting.min() {
            return first;
        }
        let gap = self.changes.iter().find(|change| {
            local.and_utc() - change.before >= change.at && local.and_utc() - change.after < change.at
        });
        local.and_utc() - gap.map_or(TimeDelta::zero(), |change| change.before)
    }
}

/// Returns the changes to an observance: its first onset, and its repetitions.
fn changes_of(observance: &ICalendarComponent, until: DateTime<Utc>) -> Option<Vec<OffsetChange>> {
    let value = |name| observance.property(&name).and_then(|entry| entry.values.first());
    let offset = |name| {
        let offset = value(name)?.as_partial_date_time()?;
        let minutes = i64::from(offset.tz_hour?) * 60 + i64::from(offset.tz_minute.unwrap_or_default());
        Some(TimeDelta::minutes(if offset.tz_minus { -minutes } else { minutes }))
    };
    let (before, after) = (offset(ICalendarProperty::Tzoffsetfrom)?, offset(ICalendarProperty::Tzoffsetto)?);
    let start = value(ICalendarProperty::Dtstart)?.as_partial_date_time()?.to_date_time()?.date_time;
    let mut onsets = vec![start];
    for entry in &observance.entries {
        for value in &entry.values {
            match (&entry.name, value) {
                (ICalendarProperty::Rdate, ICalendarValue::PartialDateTime(at)) => {
                    onsets.push(at.to_date_time()?.date_time);
                }
                (ICalendarProperty::Rrule, ICalendarValue::RecurrenceRule(rule)) => {
                    let instant = |local: NaiveDateTime| local.and_utc() - before;
                    let rule_until = Until::of(rule, false);
                    let is_over =
                        |local| instant(local) > until || rule_until.is_before(local, instant(local));
                    onsets.extend(recurrence::repeat(rule, start, is_over).ok()?);
                }
                _ => {}
            }
        }
    }
    let change = |onset: NaiveDateTime| OffsetChange { at: onset.and_utc() - before, before, after };
    Some(onsets.into_iter().map(change).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: &str = "BEGIN:VCALENDAR\nVERSION:2.0\n\
        BEGIN:VTIMEZONE\nTZID:Our Office\n\
        BEGIN:STANDARD\nDTSTART:16011028T030000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010325T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n\
        END:VTIMEZONE\n\
        BEGIN:VTIMEZONE\nTZID:EST\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:-0530\nTZOFFSETTO:-0530\nEND:STANDARD\nEND:VTIMEZONE\n\
        END:VCALENDAR\n";

    fn zones(text: &str) -> Zones {
        let until = "2028-01-01T00:00:00Z".parse().unwrap();
        Zones::of(&ICalendar::parse(text).unwrap(), Tz::Europe__Berlin, until)
    }

    fn instant(zone: Zone<'_>, local: &str) -> String {
        zone.instant(local.parse().unwrap()).format("%m-%dT%H:%M").to_string()
    }

    #[test]
    fn names_of_many_programs_are_known() {
        let zones = zones("BEGIN:VCALENDAR\nEND:VCALENDAR\n");
        for (name, zone) in [
            ("Europe/Berlin", Tz::Europe__Berlin),
            ("europe/berlin", Tz::Europe__Berlin),
            ("/freeassociation.sourceforge.net/America/New_York", Tz::America__New_York),
            ("/freeassociation.sourceforge.net/Tzfile/America/New_York", Tz::America__New_York),
            ("/citadel.org/20190914_1/America/Argentina/Buenos_Aires", Tz::America__Argentina__Buenos_Aires),
            ("/mozilla.org/20050126_1/Europe/Berlin", Tz::Europe__Berlin),
            ("tzone://Microsoft/Utc", Tz::UTC),
            ("W. Europe Standard Time", Tz::Europe__Berlin),
            ("Eastern Standard Time", Tz::America__New_York),
            ("UTC", Tz::UTC),
        ] {
            let found = zones.named(name);
            let local = "2026-07-07T09:00:00".parse().unwrap();
            assert_eq!(found.instant(local), Zone::Iana(zone).instant(local), "{name}: {found:?}");
        }
        assert!(matches!(zones.named("Customized Time Zone"), Zone::Unknown));
    }

    #[test]
    fn a_definition_explains_its_name() {
        let zones = zones(ZONES);
        let office = zones.named("Our Office");
        for local in [
            "2026-01-15T10:00:00",
            "2026-07-15T10:00:00",
            "2026-03-29T01:59:59",
            "2026-03-29T02:30:00",
            "2026-03-29T03:00:00",
            "2026-10-25T02:30:00",
            "2026-10-25T03:00:00",
        ] {
            assert_eq!(instant(office, local), instant(Zone::Iana(Tz::Europe__Berlin), local), "{local}");
            let local = local.parse().unwrap();
            let at = office.instant(local);
            assert_eq!(office.local(at), Zone::Iana(Tz::Europe__Berlin).local(at), "{local}");
        }
        assert_eq!(instant(zones.named("EST"), "2026-01-15T10:00:00"), "01-15T15:30");
    }

    #[test]
    fn times_in_a_gap_keep_the_offset_before_it() {
        let berlin = Zone::Iana(Tz::Europe__Berlin);
        assert_eq!(instant(berlin, "2026-03-29T02:30:00"), "03-29T01:30");
        assert_eq!(instant(berlin, "2026-10-25T02:30:00"), "10-25T00:30");
    }

    #[test]
    fn an_unknown_zone_covers_every_place() {
        let local: NaiveDateTime = "2026-12-07T09:00:00".parse().unwrap();
        for zone in [Tz::Pacific__Kiritimati, Tz::Etc__GMTPlus12, Tz::Europe__Berlin] {
            let at = Zone::Iana(zone).instant(local);
            assert!(Zone::Unknown.instant(local) <= at && at <= Zone::Unknown.latest(local), "{zone}");
        }
    }
}
