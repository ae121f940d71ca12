//! Reads what is in the calendars and when their owners are free.

use chrono::{TimeDelta, Utc};
use engine::sync::backoff::FailureKind;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Url;

use super::busy::{self, Owner};
use super::event::{self, CalendarEvent};
use super::plan::StoredEvent;
use super::slots::{self, TimeSpan};
use super::wire::StoredObject;
use super::{Caldav, xml};
use crate::destination::{ChangeCursor, RemoteRecord, WriteError};

/// The number of calendars to read concurrently.
const READS: usize = 4;
/// How far beyond its window busy time is queried. Servers are an hour off for series that cross a daylight saving change, and a
/// day off if they treat all-day events as UTC.
const MARGIN: TimeDelta = TimeDelta::days(1);

const NO_TIME: &str = "the assignee has no free time for a meeting in the configured number of days";
const NOT_UNDERSTOOD: &str = "the assignee's calendar contains an event whose time cannot be determined";

impl Caldav {
    /// Returns everything stored under a UID in all calendars: under the resource name that we use or, if `everywhere`, under any
    /// name.
    pub async fn look_up(
        &self,
        uid: &str,
        everywhere: bool,
    ) -> Result<Vec<StoredEvent<StoredObject>>, WriteError> {
        stream::iter((0..self.calendars.len()).map(|calendar| self.look_in(calendar, uid, everywhere)))
            .buffered(READS)
            .try_filter_map(|found| async { Ok(found) })
            .try_collect()
            .await
    }

    async fn look_in(
        &self,
        calendar: usize,
        uid: &str,
        everywhere: bool,
    ) -> Result<Option<StoredEvent<StoredObject>>, WriteError> {
        let collection = &self.calendars[calendar];
        let found = match self.server.get(&self.resource(calendar, uid)).await? {
            Some(found) => Some(found),
            None if everywhere => self.server.find(collection, uid).await?,
            None => None,
        };
        let Some(found) = found else { return Ok(None) };
        let event = CalendarEvent::read(&found.data, uid, self.hours.zone).ok_or_else(|| {
            let message = format!("one of our events in {} is no longer readable", collection.path());
            WriteError::new(FailureKind::NeedsPerson, message)
        })?;
        Ok(Some(StoredEvent { calendar, event, at: found }))
    }

    /// Returns the URL under which we store an event.
    pub fn resource(&self, calendar: usize, uid: &str) -> Url {
        let mut url = self.calendars[calendar].clone();
        let name = uid.split('@').next().unwrap_or(uid);
        url.set_path(&format!("{}{name}.ics", url.path()));
        url
    }

    /// Returns whether an event is stored under the URL that we use.
    pub fn is_named_by_us(&self, stored: &StoredEvent<StoredObject>, uid: &str) -> bool {
        self.resource(stored.calendar, uid) == stored.at.url
    }

    /// Returns when a calendar's owner is busy, ignoring the event `except`; `None` if that cannot be determined.
    async fn busy(
        &self,
        calendar: usize,
        window: TimeSpan,
        except: &str,
    ) -> Result<Option<Vec<TimeSpan>>, WriteError> {
        let asked = TimeSpan { start: window.start - MARGIN, end: window.end + MARGIN };
        let objects = self.server.report(&self.calendars[calendar], xml::by_time(asked)).await?;
        let owner = Owner { addresses: &self.owners[calendar], zone: self.hours.zone };
        let busy = objects.iter().map(|object| busy::busy(&object.data, owner, window, except));
        Ok(busy.collect::<Result<Vec<_>, _>>().ok().map(|spans| spans.concat()))
    }

    /// Returns the first free slot in a calendar, or the reason there is none.
    pub async fn free(&self, calendar: usize, uid: &str) -> Result<Result<TimeSpan, String>, WriteError> {
        let now = Utc::now();
        let window = TimeSpan { start: now + self.notice, end: now + self.within };
        let Some(busy) = self.busy(calendar, window, uid).await? else {
            return Ok(Err(NOT_UNDERSTOOD.into()));
        };
        Ok(slots::first_free(&self.hours, self.meeting, window, &busy).ok_or_else(|| NO_TIME.into()))
    }

    /// Returns whether someone else's event overlaps this one.
    pub async fn is_taken(&self, stored: &StoredEvent<StoredObject>) -> Result<bool, WriteError> {
        let CalendarEvent { uid, span, .. } = &stored.event;
        // An unreadable event was already there when the slot was chosen.
        Ok(self.busy(stored.calendar, *span, uid).await?.is_some_and(|busy| !busy.is_empty()))
    }

    /// Returns our events that changed after the cursor, in order.
    pub async fn changed(&self, cursor: ChangeCursor, limit: usize) -> Result<Vec<RemoteRecord>, WriteError> {
        let mut changed = Vec::new();
        for (calendar, collection) in self.calendars.iter().enumerate() {
            for member in self.server.members(collection).await? {
                let Some((changed_at, url)) = member.changed_at.zip(self.server.join(&member.href)) else {
                    continue;
                };
                if changed_at >= cursor.at {
                    changed.push((changed_at, calendar, url));
                }
            }
        }
        changed.sort_unstable();
        let mut records = Vec::new();
        for (changed_at, calendar, url) in changed {
            // Changes within one second are sorted by key, so all of that second must be read before the page ends.
            if records.len() >= limit
                && records.last().is_none_or(|last: &RemoteRecord| last.changed_at != Some(changed_at))
            {
                break;
            }
            let Some(found) = self.server.get(&url).await? else { continue };
            let Some(uid) = event::our_uid(&found.data) else { continue };
            let (Some(remote_key), Some(event)) =
                (event::remote_key(&uid), CalendarEvent::read(&found.data, &uid, self.hours.zone))
            else {
                continue;
            };
            if let Some(mark) = event.mark
                && cursor.precedes(changed_at, remote_key)
            {
                let at = StoredObject { changed_at: Some(changed_at), ..found };
                records.push(self.record(remote_key, mark, &StoredEvent { calendar, event, at }));
            }
        }
        records.sort_by_key(|record| (record.changed_at, record.remote_key));
        records.truncate(limit);
        Ok(records)
    }
}
