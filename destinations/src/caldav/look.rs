//! What stands in the calendars, and when their owners are free.

use chrono::{TimeDelta, Utc};
use engine::sync::backoff::Failure;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Url;

use super::event::Event;
use super::plan::Standing;
use super::slots::{self, Span};
use super::wire::Found;
use super::{Caldav, busy, xml};
use crate::destination::WriteError;

/// Calendars that are read at once.
const READS: usize = 4;
/// How much further than its window somebody's busy time is asked for: servers are an hour off where series change with
/// the clock, and a day where they take a whole day for one of UTC.
const MARGIN: TimeDelta = TimeDelta::days(1);

const NO_TIME: &str = "the assignee has no free time for the meeting within the days it may be in";
const NOT_UNDERSTOOD: &str = "the assignee's calendar holds an event of which it cannot be said when it is";

impl Caldav {
    /// Everything that stands under a UID, in all calendars: under the name we give it or, if `everywhere`, wherever
    /// somebody put it.
    pub async fn look_up(&self, uid: &str, everywhere: bool) -> Result<Vec<Standing<Found>>, WriteError> {
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
    ) -> Result<Option<Standing<Found>>, WriteError> {
        let collection = &self.calendars[calendar];
        let found = match self.server.get(&self.resource(calendar, uid)).await? {
            Some(found) => Some(found),
            None if everywhere => self.server.find(collection, uid).await?,
            None => None,
        };
        let Some(found) = found else { return Ok(None) };
        let event = Event::read(&found.data, uid, self.hours.zone).ok_or_else(|| {
            let message = format!("an event of ours in {} cannot be read any more", collection.path());
            WriteError::new(Failure::NeedsPerson, message)
        })?;
        Ok(Some(Standing { calendar, event, at: found }))
    }

    /// Where we put an event.
    pub fn resource(&self, calendar: usize, uid: &str) -> Url {
        let mut url = self.calendars[calendar].clone();
        let name = uid.split('@').next().unwrap_or(uid);
        url.set_path(&format!("{}{name}.ics", url.path()));
        url
    }

    /// Whether an event is where we put it.
    pub fn is_named_by_us(&self, standing: &Standing<Found>, uid: &str) -> bool {
        self.resource(standing.calendar, uid) == standing.at.url
    }

    /// When a calendar's owner is busy; `None` where it cannot be said. The event `except` does not count.
    async fn busy(
        &self,
        calendar: usize,
        window: Span,
        except: &str,
    ) -> Result<Option<Vec<Span>>, WriteError> {
        let asked = Span { start: window.start - MARGIN, end: window.end + MARGIN };
        let objects = self.server.report(&self.calendars[calendar], xml::by_time(asked)).await?;
        let busy = objects.iter().map(|object| busy::busy(&object.data, self.hours.zone, window, except));
        Ok(busy.collect::<Result<Vec<_>, _>>().ok().map(|spans| spans.concat()))
    }

    /// The first free time in a calendar, or why there is none.
    pub async fn free(&self, calendar: usize, uid: &str) -> Result<Result<Span, String>, WriteError> {
        let now = Utc::now();
        let window = Span { start: now + self.notice, end: now + self.within };
        let Some(busy) = self.busy(calendar, window, uid).await? else {
            return Ok(Err(NOT_UNDERSTOOD.into()));
        };
        Ok(slots::first_free(&self.hours, self.meeting, window, &busy).ok_or_else(|| NO_TIME.into()))
    }

    /// Whether somebody else's event lies over this one.
    pub async fn is_taken(&self, standing: &Standing<Found>) -> Result<bool, WriteError> {
        let Event { uid, span, .. } = &standing.event;
        // What cannot be understood has been there before.
        Ok(self.busy(standing.calendar, *span, uid).await?.is_some_and(|busy| !busy.is_empty()))
    }
}
