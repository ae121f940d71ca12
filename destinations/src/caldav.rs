//! Calendars on a CalDAV server (RFC 4791): a decision that assigns a lead with a meeting books it in the assignee's
//! calendar, at the first time that is free.
//!
//! Idempotency: the event's UID and its resource are named after the remote key, so that there is one a lead and calendar;
//! it bears the effect's key and the decision's sequence, and is only ever written on the condition that it is still what
//! was read (`If-None-Match`, `If-Match`). A write is a loop of look and step: see `caldav/plan.rs`.
//!
//! A time is taken as any calendar program takes it: by writing. So two writers may take one at the same moment. Each
//! looks again after its write, and whoever then sees another's event over its own moves; since both look after they
//! wrote, at least one sees it. A time is never guessed: where none is free, or where the calendar cannot be understood,
//! nothing is booked and the receipt says that a person has to be asked ([`Receipt::to_queue`]).
//!
//! Events have an attendee and no organizer: no server sends an invitation of its own accord (RFC 6638).

mod busy;
mod event;
mod look;
mod plan;
mod settings;
mod slots;
mod told;
mod wire;
mod xml;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use engine::canonical::Digest;
use engine::sync::backoff::Failure;
use rand::Rng as _;
use reqwest::Url;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use self::event::{Event, Mark};
use self::plan::{Standing, Step, Wish};
pub use self::settings::{ClockTime, Day, Days, Minutes, Settings, WorkingHours};
use self::slots::{Hours, Span};
use self::told::Told;
use self::wire::{Only, Put, Server};
use crate::destination::{Destination, Limits, ReadError, Receipt, Record, Request, TestFailed, WriteError};
use crate::http;
use crate::kinds::OpenError;

/// Two writers in one calendar may take one time, and then have to move: a process is not to compete with itself.
const IN_FLIGHT: usize = 1;
/// Steps of one write; a plain one takes two. Whoever needs more is being overtaken all the time.
const STEPS: u32 = 24;
/// Bound of the first wait before a time that two have taken is looked at again; it doubles with each further one.
const BASE_WAIT: Duration = Duration::from_millis(25);
/// The bound never exceeds this.
const MAX_WAIT: Duration = Duration::from_millis(400);

const NO_CALENDAR: &str = "the assignee has no calendar in the settings of this destination";
const GONE: &str =
    "the meeting of this decision does not stand: somebody cancelled it, or there was no time for it";

/// A CalDAV server, connected when it is first written to.
pub struct Caldav {
    server: Server,
    /// The calendars, each once.
    calendars: Vec<Url>,
    /// E-mail address, in small letters, to the number of the calendar.
    people: BTreeMap<String, usize>,
    hours: Hours,
    meeting: TimeDelta,
    notice: TimeDelta,
    within: TimeDelta,
    limits: Limits,
}

/// What became of a write, for the receipt.
struct Done {
    told: &'static str,
    status: Option<u16>,
    span: Option<Span>,
    to_queue: Option<String>,
}

impl Caldav {
    /// Checks settings and password.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with them.
    pub fn open(settings: &Settings, secret: Option<&[u8]>) -> Result<Self, OpenError> {
        let wrong = OpenError::Settings;
        let url = http::address(&settings.url, "the settings have `user`, and the password is the secret")?;
        if settings.user.is_empty() || settings.user.contains(|char: char| char == ':' || char.is_control()) {
            return Err(wrong("`user` must not be empty or hold a colon (RFC 7617)".into()));
        }
        let password = secret
            .and_then(|secret| std::str::from_utf8(secret).ok())
            .filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
            .ok_or_else(|| OpenError::Secret("a CalDAV server needs the user's password".into()))?;
        let hours = settings.hours().map_err(wrong)?;
        let limits = Limits {
            in_flight: IN_FLIGHT,
            timeout: settings.timeout_seconds.duration(),
            retry: settings.retry,
        };
        let password = Zeroizing::new(password.to_owned());
        let server = Server::new(url, settings.user.clone(), password, limits.timeout)?;
        let (mut calendars, mut people) = (Vec::new(), BTreeMap::new());
        for (person, path) in &settings.calendars {
            let path = if path.ends_with('/') { path.clone() } else { format!("{path}/") };
            let calendar = Some(&path)
                .filter(|path| path.starts_with('/') && !path.contains(['?', '#']))
                .and_then(|path| server.join(path))
                .ok_or_else(|| {
                    wrong("`calendars` gives each person the path of a calendar, from /".into())
                })?;
            let number = calendars.iter().position(|known| *known == calendar).unwrap_or_else(|| {
                calendars.push(calendar);
                calendars.len() - 1
            });
            if people.insert(person.to_lowercase(), number).is_some() {
                return Err(wrong("`calendars` names a person twice".into()));
            }
        }
        if calendars.is_empty() {
            return Err(wrong("`calendars` names no calendar".into()));
        }
        let meeting = TimeDelta::minutes(settings.meeting_minutes.get());
        let notice = TimeDelta::minutes(settings.notice_minutes.get());
        let within = TimeDelta::days(u8::from(settings.within_days).into());
        Ok(Self { server, calendars, people, hours, meeting, notice, within, limits })
    }

    /// Looks and steps until all is as the decision asks.
    async fn settle(&self, request: &Request, told: &Told) -> Result<Done, WriteError> {
        let uid = event::uid(request.remote_key);
        let ours = Mark { effect_key: request.effect_key, lead_sequence: request.lead_sequence };
        let mut wish = self.wish(told);
        let (mut status, mut wait, mut everywhere) = (None, BASE_WAIT, true);
        for _ in 0..STEPS {
            let standing = self.look_up(&uid, everywhere).await?;
            let done = |told, span, to_queue| Done { told, status, span, to_queue };
            let (over, event) = match (plan::next(&standing, ours, &wish, Utc::now()), &wish) {
                (Step::Superseded, _) => {
                    return Ok(done("left as it was: a later decision stands", None, None));
                }
                (Step::NoMeeting, Wish::Nothing(reason)) => {
                    return Ok(done("no meeting", None, reason.clone()));
                }
                (Step::Gone, _) => return Ok(done("left as it was", None, Some(GONE.into()))),
                (Step::Stands(own), _) => return Ok(done("stands", Some(standing[own].event.span), None)),
                (Step::Check(own), Wish::Meeting(calendar)) => {
                    let Standing { event, .. } = &standing[own];
                    if event.span.start <= Utc::now() || !self.is_taken(&standing[own]).await? {
                        return Ok(done("stands", Some(event.span), None));
                    }
                    // The other one may be about to move: whoever looks again first is left alone.
                    let drawn = rand::rng().random_range(Duration::ZERO..wait);
                    tokio::time::sleep(drawn).await;
                    wait = (wait * 2).min(MAX_WAIT);
                    if !self.is_taken(&standing[own]).await? {
                        continue;
                    }
                    match self.free(*calendar, &uid).await? {
                        Ok(span) => (Some(own), Event { span, ..event.clone() }),
                        Err(reason) => {
                            wish = Wish::Nothing(Some(reason));
                            continue;
                        }
                    }
                }
                (Step::Keep(own), _) => {
                    let Event { span, slot_by, .. } = standing[own].event;
                    (Some(own), told.event(uid.clone(), ours, slot_by, span))
                }
                (Step::Book(own), Wish::Meeting(calendar)) => match self.free(*calendar, &uid).await? {
                    Ok(span) => (own, told.event(uid.clone(), ours, Some(ours.effect_key), span)),
                    Err(reason) => {
                        wish = Wish::Nothing(Some(reason));
                        continue;
                    }
                },
                (Step::Cancel(index, mark), _) => (Some(index), standing[index].event.cancelled(mark)),
                (Step::Tombstone, _) => (None, Event::tombstone(uid.clone(), ours)),
                (step, _) => {
                    let message = format!("{step:?} does not follow");
                    return Err(WriteError::new(Failure::NeedsPerson, message));
                }
            };
            let put = match over.map(|index| &standing[index]) {
                Some(old) => {
                    let event = Event { revision: old.event.revision.saturating_add(1), ..event };
                    self.server.put(&old.at.url, Only::IfStill(&old.at.etag), event.write(Utc::now())).await?
                }
                None => {
                    let calendar = if let Wish::Meeting(calendar) = wish { calendar } else { 0 };
                    let url = self.resource(calendar, &uid);
                    self.server.put(&url, Only::IfNew, event.write(Utc::now())).await?
                }
            };
            if let Put::Written(code) = put {
                status = Some(code.as_u16());
            }
            // Another writer gives the name that we give: a search is for what people have done, and they are slower.
            everywhere =
                put == Put::Changed || !standing.iter().all(|found| self.is_named_by_us(found, &uid));
        }
        let message = format!("others change the calendars of {} all the time", self.server.host());
        Err(WriteError::new(Failure::Retry, message))
    }

    fn wish(&self, told: &Told) -> Wish {
        match told.meeting() {
            None => Wish::Nothing(None),
            Some((_, assignee)) => match self.people.get(&assignee.to_lowercase()) {
                Some(calendar) => Wish::Meeting(*calendar),
                None => Wish::Nothing(Some(NO_CALENDAR.into())),
            },
        }
    }

    fn late(&self) -> WriteError {
        let message =
            format!("{} did not finish within {} s", self.server.host(), self.limits.timeout.as_secs());
        WriteError::new(Failure::Retry, message)
    }
}

#[async_trait::async_trait]
impl Destination for Caldav {
    fn kind(&self) -> &'static str {
        crate::Kind::Caldav.into()
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn write(&self, request: &Request) -> Result<Receipt, WriteError> {
        let uid = event::uid(request.remote_key);
        let sent = json!({"uid": uid, "effect_key": request.effect_key, "body": Digest::of(&request.body)});
        let told: Told = serde_json::from_slice(&request.body).map_err(|_| {
            let message = "the effect's body is not in a form that this version writes";
            WriteError::new(Failure::NeedsPerson, message)
        })?;
        let settled = tokio::time::timeout(self.limits.timeout, Box::pin(self.settle(request, &told))).await;
        match settled {
            Err(_) => Err(WriteError { request: Some(sent), ..self.late() }),
            Ok(Err(error)) => Err(WriteError { request: Some(sent), ..error }),
            Ok(Ok(Done { told, status, span, to_queue })) => {
                let start = span.map(|span| engine::time::stamp(span.start));
                let response = json!({"meeting": told, "start": start});
                Ok(Receipt { status, request: sent, response, to_queue })
            }
        }
    }

    async fn read_back(&self, remote_key: Digest) -> Result<Option<Record>, ReadError> {
        let uid = event::uid(remote_key);
        let looked = tokio::time::timeout(self.limits.timeout, Box::pin(self.look_up(&uid, true))).await;
        let standing = match looked {
            Ok(standing) => standing.map_err(|error| ReadError::Failed(error.message))?,
            Err(_) => return Err(ReadError::Failed(self.late().message)),
        };
        let marked = standing.iter().filter_map(|standing| Some((standing.event.mark?, standing)));
        let shown = marked.max_by_key(|(mark, standing)| (!standing.event.is_cancelled, mark.lead_sequence));
        Ok(shown.map(|(mark, standing)| Record {
            effect_key: mark.effect_key,
            lead_sequence: mark.lead_sequence,
            body: shown_event(&standing.event, self.calendars[standing.calendar].path()),
        }))
    }

    async fn test_connection(&self) -> Result<String, TestFailed> {
        for calendar in &self.calendars {
            let described =
                self.server.describe(calendar).await.map_err(|error| TestFailed(error.message))?;
            let failed = |what: &str| {
                Err(TestFailed(format!("{} of {} {what}.", calendar.path(), self.server.host())))
            };
            if !described.is_calendar {
                return failed("is no calendar");
            }
            if described.may_write == Some(false) {
                return failed("may be read and not written to");
            }
        }
        let count = self.calendars.len();
        let (calendars, are) = if count == 1 { ("calendar", "is") } else { ("calendars", "are") };
        Ok(format!("{} answered; {count} {calendars} {are} there.", self.server.host()))
    }
}

/// An event as records show it.
fn shown_event(event: &Event, calendar: &str) -> Json {
    json!({
        "summary": event.summary,
        "start": engine::time::stamp(event.span.start),
        "end": engine::time::stamp(event.span.end),
        "status": if event.is_cancelled { "cancelled" } else { "confirmed" },
        "calendar": calendar,
    })
}
