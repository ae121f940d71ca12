//! Expands calendar objects into occurrences: single events, series, and the exceptions to them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarPeriod,
    ICalendarProperty, ICalendarStatus, ICalendarValue,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::busy::UnreadableEvent;
use super::recurrence::{self, Until};
use super::slots::TimeSpan;
use super::zones::{Zone, Zones};

/// How much further than the window a series is expanded, in local time: more than any offset.
const MARGIN: TimeDelta = TimeDelta::days(2);

/// A point in time as an event gives it.
#[derive(Clone, Copy, Debug)]
struct Moment<'z> {
    local: NaiveDateTime,
    zone: Zone<'z>,
    is_date: bool,
}

impl<'z> Moment<'z> {
    /// Reads a value. Times without a zone are in `floating`.
    fn of(
        value: &PartialDateTime,
        entry: &ICalendarEntry,
        zones: &'z Zones,
        floating: Zone<'z>,
    ) -> Option<Self> {
        let read = value.to_date_time()?;
        let local = read.date_time;
        if !value.has_time() {
            return Some(Self { local, zone: zones.floating(), is_date: true });
        }
        if let Some(offset) = read.offset {
            let local = local.and_local_timezone(offset).earliest()?.naive_utc();
            return Some(Self { local, zone: Zone::UTC, is_date: false });
        }
        let name = entry.parameter(&ICalendarParameterName::Tzid).and_then(|name| name.as_text());
        let zone = name.map_or(floating, |name| zones.named(name));
        Some(Self { local, zone, is_date: false })
    }

    fn property(
        component: &ICalendarComponent,
        name: &ICalendarProperty,
        zones: &'z Zones,
        floating: Zone<'z>,
    ) -> Option<Self> {
        let entry = component.property(name)?;
        Self::of(entry.values.first()?.as_partial_date_time()?, entry, zones, floating)
    }

    fn instant(&self) -> DateTime<Utc> {
        self.zone.instant(self.local)
    }
}

/// The length of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// A number of whole days.
    Days(TimeDelta),
    /// A length of time. Over a change of the clock, programs disagree on whether the elapsed time or the clock counts.
    Time { elapsed: TimeDelta, clock: TimeDelta },
}

/// The time of an event, without its repetitions.
#[derive(Clone, Copy, Debug)]
struct Timing<'z> {
    start: Moment<'z>,
    length: Length,
}

impl<'z> Timing<'z> {
    fn of(component: &ICalendarComponent, zones: &'z Zones) -> Result<Self, UnreadableEvent> {
        let floating = zones.floating();
        let start = Moment::property(component, &ICalendarProperty::Dtstart, zones, floating);
        let start = start
            .or_else(|| Moment::property(component, &ICalendarProperty::RecurrenceId, zones, floating))
            .ok_or(UnreadableEvent)?;
        // An end without a zone may mean that of the start or that of the owner: the later counts.
        let end = [start.zone, floating]
            .into_iter()
            .filter_map(|zone| Moment::property(component, &ICalendarProperty::Dtend, zones, zone))
            .max_by_key(Moment::instant);
        let duration = match component.property(&ICalendarProperty::Duration).and_then(|it| it.values.first())
        {
            Some(ICalendarValue::Duration(duration)) => {
                Some(duration.to_time_delta().ok_or(UnreadableEvent)?)
            }
            _ => None,
        };
        Ok(Self { start, length: length(&start, end, duration) })
    }

    /// Returns the time of the occurrence that starts at a local time. The longer of the two lengths counts, so that a busy time
    /// is never taken for a free one.
    fn at(&self, local: NaiveDateTime) -> Option<TimeSpan> {
        span(self.start.zone, local, self.length)
    }
}

fn length(start: &Moment<'_>, end: Option<Moment<'_>>, duration: Option<TimeDelta>) -> Length {
    let one_day = TimeDelta::days(1);
    match (end, duration) {
        (Some(end), _) if start.is_date && end.is_date => {
            // Programs that end a day's event on the same day mean the whole day.
            Length::Days((end.local - start.local).max(one_day))
        }
        (Some(end), _) => {
            let end = end.zone.latest(end.local);
            Length::Time { elapsed: end - start.instant(), clock: start.zone.local(end) - start.local }
        }
        (None, Some(duration)) if start.is_date => Length::Days(duration.max(one_day)),
        (None, Some(duration)) => Length::Time { elapsed: duration, clock: duration },
        (None, None) if start.is_date => Length::Days(one_day),
        // RFC 5545 §3.6.1: the event ends at its start.
        (None, None) => Length::Time { elapsed: TimeDelta::zero(), clock: TimeDelta::zero() },
    }
}

fn span(zone: Zone<'_>, local: NaiveDateTime, length: Length) -> Option<TimeSpan> {
    let start = zone.instant(local);
    let end = match length {
        Length::Days(days) => zone.latest(local.checked_add_signed(days)?),
        Length::Time { elapsed, clock } if elapsed <= TimeDelta::zero() && clock <= TimeDelta::zero() => {
            start
        }
        Length::Time { elapsed, clock } => {
            zone.latest(local.checked_add_signed(clock)?).max(start.checked_add_signed(elapsed)?)
        }
    };
    Some(TimeSpan { start, end })
}

/// Identifies occurrences of a series: by instant or, where either side has no time, by day.
#[derive(Default)]
struct Identities {
    instants: HashSet<DateTime<Utc>>,
    days: HashSet<NaiveDate>,
}

impl Identities {
    fn insert(&mut self, moment: &Moment<'_>, of_days: bool) {
        if moment.is_date || of_days {
            self.days.insert(moment.local.date());
        } else {
            self.instants.insert(moment.instant());
        }
    }

    fn contains(&self, local: NaiveDateTime, at: DateTime<Utc>) -> bool {
        self.instants.contains(&at) || self.days.contains(&local.date())
    }
}

/// An exception that applies to all later occurrences too.
struct Shift<'c, 'z> {
    from: DateTime<Utc>,
    /// How far occurrences move, in local time.
    by: TimeDelta,
    timing: Timing<'z>,
    component: &'c ICalendarComponent,
}

/// Returns the spans of all occurrences that overlap the window and of which `counts` holds.
///
/// Components of which it does not hold are never the reason for an error.
///
/// # Errors
/// Returns [`UnreadableEvent`] if a time cannot be determined.
pub fn occurrences(
    calendar: &ICalendar,
    zones: &Zones,
    window: TimeSpan,
    counts: impl Fn(&ICalendarComponent) -> bool,
) -> Result<Vec<TimeSpan>, UnreadableEvent> {
    let mut objects: BTreeMap<&str, Vec<&ICalendarComponent>> = BTreeMap::new();
    for component in calendar.components.iter().filter(|component| component.component_type.is_event()) {
        objects.entry(component.uid().unwrap_or_default()).or_default().push(component);
    }
    let mut found = Vec::new();
    for components in objects.into_values() {
        Object::of(&components, zones).expand(zones, window, &counts, &mut found)?;
    }
    found.retain(|span| span.overlaps(&window));
    Ok(found)
}

/// Returns the span of the event `uid`, or of its first occurrence, and the component that describes it.
pub fn first<'c>(
    calendar: &'c ICalendar,
    zones: &Zones,
    uid: &str,
) -> Option<(TimeSpan, &'c ICalendarComponent)> {
    let events = calendar.components.iter().filter(|component| component.component_type.is_event());
    let events: Vec<_> = events.filter(|component| component.uid() == Some(uid)).collect();
    let object = Object::of(&events, zones);
    let component = object.master.or_else(|| object.exceptions.first().copied())?;
    let timing = Timing::of(component, zones).ok()?;
    Some((timing.at(timing.start.local)?, component))
}

/// The components with one UID: an event or a series, and its exceptions.
struct Object<'c> {
    master: Option<&'c ICalendarComponent>,
    /// One per occurrence, the latest revision of each.
    exceptions: Vec<&'c ICalendarComponent>,
}

impl<'c> Object<'c> {
    fn of(components: &[&'c ICalendarComponent], zones: &Zones) -> Self {
        let (exceptions, masters): (Vec<_>, Vec<_>) =
            components.iter().copied().partition(|component| component.is_recurrence_override());
        let mut latest: BTreeMap<Option<DateTime<Utc>>, Vec<&ICalendarComponent>> = BTreeMap::new();
        for component in exceptions {
            let id = recurrence_id(component, zones, zones.floating());
            let same = latest.entry(id.map(|id| id.instant())).or_default();
            // Exceptions whose occurrence is unknown are kept: each may be a meeting of its own.
            if id.is_some() && same.first().is_some_and(|known| revision(known) < revision(component)) {
                same.clear();
            }
            if id.is_none() || same.is_empty() {
                same.push(component);
            }
        }
        let master = masters.into_iter().rev().max_by_key(|component| revision(component));
        Self { master, exceptions: latest.into_values().flatten().collect() }
    }

    fn expand(
        &self,
        zones: &Zones,
        window: TimeSpan,
        counts: &impl Fn(&ICalendarComponent) -> bool,
        found: &mut Vec<TimeSpan>,
    ) -> Result<(), UnreadableEvent> {
        for component in self.exceptions.iter().filter(|component| counts(component)) {
            let timing = Timing::of(component, zones)?;
            found.push(timing.at(timing.start.local).ok_or(UnreadableEvent)?);
        }
        let Some(master) = self.master else { return Ok(()) };
        let applies_on = |component: &ICalendarComponent| is_this_and_future(component) && counts(component);
        if !counts(master) && !self.exceptions.iter().any(|component| applies_on(component)) {
            return Ok(());
        }
        let timing = Timing::of(master, zones)?;
        let zone = timing.start.zone;
        let shifts = self.shifts(zones, &timing);
        let excluded = self.excluded(zones, &timing);
        // An occurrence may be moved into the window from behind it.
        let back = shifts.iter().map(|shift| -shift.by).max().unwrap_or_default().max(TimeDelta::zero());
        let end = window.end.naive_utc().checked_add_signed(MARGIN + back).ok_or(UnreadableEvent)?;
        for (local, period) in starts(master, zones, &timing, end)? {
            let at = zone.instant(local);
            if excluded.contains(local, at) {
                continue;
            }
            let shift = shifts.iter().rev().find(|shift| shift.from < at);
            let (component, local, length) = match shift {
                Some(shift) => (
                    shift.component,
                    local.checked_add_signed(shift.by).ok_or(UnreadableEvent)?,
                    shift.timing.length,
                ),
                None => (master, local, period.unwrap_or(timing.length)),
            };
            if counts(component) {
                found.push(span(zone, local, length).ok_or(UnreadableEvent)?);
            }
        }
        Ok(())
    }

    /// Returns the exceptions that move what comes after them too, in order.
    fn shifts<'z>(&self, zones: &'z Zones, series: &Timing<'z>) -> Vec<Shift<'c, 'z>> {
        let zone = series.start.zone;
        let shift = |component: &&'c ICalendarComponent| {
            let id = recurrence_id(component, zones, zone)?;
            let timing = Timing::of(component, zones).ok()?;
            let local =
                if timing.start.is_date { timing.start.local } else { zone.local(timing.start.instant()) };
            let by = local - if id.is_date { id.local } else { zone.local(id.instant()) };
            Some(Shift { from: id.instant(), by, timing, component })
        };
        let mut shifts: Vec<_> = self
            .exceptions
            .iter()
            .filter(|component| is_this_and_future(component))
            .filter_map(shift)
            .collect();
        shifts.sort_by_key(|shift| shift.from);
        shifts
    }

    /// Returns the occurrences that the series itself does not have: those that are excluded, and those with an exception.
    fn excluded(&self, zones: &Zones, series: &Timing<'_>) -> Identities {
        let (zone, is_date) = (series.start.zone, series.start.is_date);
        let mut excluded = Identities::default();
        for component in &self.exceptions {
            if let Some(id) = recurrence_id(component, zones, zone) {
                excluded.insert(&id, is_date);
            }
        }
        let Some(master) = self.master else { return excluded };
        for entry in master.entries.iter().filter(|entry| entry.name == ICalendarProperty::Exdate) {
            for value in entry.values.iter().filter_map(ICalendarValue::as_partial_date_time) {
                if let Some(moment) = Moment::of(value, entry, zones, zone) {
                    excluded.insert(&moment, is_date);
                }
            }
        }
        excluded
    }
}

/// Returns the local times at which the occurrences of a series start up to `end`, and the length of those that have their own.
fn starts(
    master: &ICalendarComponent,
    zones: &Zones,
    series: &Timing<'_>,
    end: NaiveDateTime,
) -> Result<BTreeMap<NaiveDateTime, Option<Length>>, UnreadableEvent> {
    let Moment { local: start, zone, is_date } = series.start;
    let mut found = BTreeMap::new();
    let mut has_start = true;
    for rule in values(master, &ICalendarProperty::Rrule).map(|(value, _)| value) {
        let ICalendarValue::RecurrenceRule(rule) = rule else { return Err(UnreadableEvent) };
        let until = Until::of(rule, is_date);
        let is_over = |local| local > end || until.is_before(local, zone.instant(local));
        let repeated = recurrence::repeat(rule, start, is_over)?;
        // The start is an occurrence even if the rule does not produce it, unless the series was cut short before it.
        has_start &= !until.is_before(start, zone.instant(start));
        found.extend(repeated.into_iter().map(|local| (local, None)));
    }
    if has_start {
        found.insert(start, None);
    }
    let local = |moment: &Moment<'_>| {
        if is_date && !moment.is_date {
            moment.local.date().and_time(NaiveTime::MIN)
        } else if moment.is_date {
            moment.local
        } else {
            zone.local(moment.instant())
        }
    };
    for (value, entry) in values(master, &ICalendarProperty::Rdate) {
        let moment = |value: &PartialDateTime| Moment::of(value, entry, zones, zone).ok_or(UnreadableEvent);
        let (start, length) = match value {
            ICalendarValue::PartialDateTime(value) => (moment(value)?, None),
            ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => {
                let (start, end) = (moment(start)?, moment(end)?);
                (start, Some(length(&start, Some(end), None)))
            }
            ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => {
                let (start, duration) = (moment(start)?, duration.to_time_delta().ok_or(UnreadableEvent)?);
                (start, Some(length(&start, None, Some(duration))))
            }
            _ => return Err(UnreadableEvent),
        };
        // Of two lengths at one time, the longer counts.
        let known = found.entry(local(&start)).or_insert(length);
        if *known != length {
            *known = Some(known.unwrap_or(series.length).longer(length.unwrap_or(series.length)));
        }
    }
    Ok(found)
}

impl Length {
    fn longer(self, other: Self) -> Self {
        let elapsed = |length: &Self| match length {
            Self::Days(days) => *days,
            Self::Time { elapsed, .. } => *elapsed,
        };
        if elapsed(&other) > elapsed(&self) { other } else { self }
    }
}

fn values<'c>(
    component: &'c ICalendarComponent,
    name: &ICalendarProperty,
) -> impl Iterator<Item = (&'c ICalendarValue, &'c ICalendarEntry)> {
    let entries = component.entries.iter().filter(move |entry| entry.name == *name);
    entries.flat_map(|entry| entry.values.iter().map(move |value| (value, entry)))
}

fn recurrence_id<'z>(
    component: &ICalendarComponent,
    zones: &'z Zones,
    floating: Zone<'z>,
) -> Option<Moment<'z>> {
    Moment::property(component, &ICalendarProperty::RecurrenceId, zones, floating)
}

fn is_this_and_future(component: &ICalendarComponent) -> bool {
    component
        .property(&ICalendarProperty::RecurrenceId)
        .is_some_and(|entry| entry.has_parameter(&ICalendarParameterName::Range))
}

/// Orders the revisions of a component: by `SEQUENCE`, then by time, then cancelled last.
fn revision(component: &ICalendarComponent) -> (i64, Option<NaiveDateTime>, Reverse<bool>) {
    let value = |name| component.property(&name).and_then(|entry| entry.values.first());
    let sequence = value(ICalendarProperty::Sequence).and_then(ICalendarValue::as_integer);
    let stamp = value(ICalendarProperty::Dtstamp).and_then(ICalendarValue::as_partial_date_time);
    let stamp = stamp.and_then(|stamp| Some(stamp.to_date_time()?.date_time));
    (sequence.unwrap_or_default(), stamp, Reverse(component.status() == Some(&ICalendarStatus::Cancelled)))
}
