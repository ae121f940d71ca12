//! Calendars on a CalDAV server (RFC 4791). A decision that assigns a lead with a meeting books the meeting in the assignee's
//! calendar, at the first free time.
//!
//! Idempotency: the event's UID and its resource are named after the remote key, so there is one event per lead and calendar.
//! The event stores the effect's key and the decision's sequence number, and is only written on the condition that it has not
//! changed since it was read (`If-None-Match`, `If-Match`). A write reads, takes one step and reads again: see
//! `caldav/plan.rs`.
//!
//! As in any calendar program, a slot is claimed by writing to it, so two writers may claim the same slot at the same moment.
//! Each reads again after its write and moves its own event if it finds a conflict; since both read after writing, at least
//! one of them finds it. A time is never guessed: if no slot is free, or the calendar cannot be understood, nothing is booked
//! and the receipt asks for a person ([`WriteReceipt::to_queue`]).
//!
//! Events have an attendee but no organizer, so no server sends an invitation on its own (RFC 6638).

pub(crate) mod busy;
mod event;
mod lookup;
mod meeting;
mod plan;
mod recurrence;
mod series;
mod settings;
pub(crate) mod slots;
mod wire;
mod xml;
mod zones;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use engine::canonical::Digest;
use engine::effect::Effect;
use engine::sync::backoff::FailureKind;
use rand::Rng as _;
use reqwest::Url;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use self::event::{CalendarEvent, DecisionMark};
use self::meeting::Meeting;
use self::plan::{MeetingGoal, PlanStep, StoredEvent};
pub use self::settings::{CaldavSettings, ClockTime, Day, Days, Minutes, WorkingHours};
use self::slots::{MeetingHours, TimeSpan};
use self::wire::{CaldavServer, Precondition, PutOutcome, StoredObject};
use crate::credentials::Credential;
use crate::destination::{
    ChangeCursor, Changes, ConnectionTestError, Destination, DestinationLimits, Lookup, ReadError,
    RemoteRecord, WriteError, WriteReceipt, WriteRequest,
};
use crate::http;
use crate::http::auth::Auth;
use crate::kinds::OpenError;

/// Writers to one calendar may claim the same slot and then have to move, so a process must not compete with itself.
const IN_FLIGHT: usize = 1;
/// The maximum number of steps of one write; a plain write takes two. A write that needs more is being overtaken constantly.
const STEPS: u32 = 24;
/// The upper bound of the first random wait before a double-booked slot is read again; it doubles with each further wait.
const BASE_WAIT: Duration = Duration::from_millis(25);
/// The limit to which that bound grows.
const MAX_WAIT: Duration = Duration::from_millis(400);

const NO_CALENDAR: &str = "the destination's settings contain no calendar for the assignee";
const GONE: &str =
    "the meeting of this decision is not in the calendar: it was cancelled, or there was no free time";

/// A CalDAV server. Connects on the first write.
pub struct Caldav {
    server: CaldavServer,
    /// The calendars, without duplicates.
    calendars: Vec<Url>,
    /// The lower-case e-mail addresses of each calendar's owner.
    owners: Vec<Vec<String>>,
    /// Maps lower-case e-mail addresses to indexes into `calendars`.
    people: BTreeMap<String, usize>,
    hours: MeetingHours,
    meeting: TimeDelta,
    notice: TimeDelta,
    within: TimeDelta,
    limits: DestinationLimits,
}

/// The outcome of a write, for the receipt.
struct Settled {
    meeting: &'static str,
    status: Option<u16>,
    span: Option<TimeSpan>,
    to_queue: Option<String>,
}

impl Caldav {
    /// Validates settings and credential.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that names the invalid setting or credential.
    pub fn open(settings: &CaldavSettings, credential: Credential<'_>) -> Result<Self, OpenError> {
        let wrong = OpenError::Settings;
        let url = http::address(&settings.url, "set `user`, and use the password as the secret")?;
        let auth = auth(&settings.user, credential)?;
        let hours = settings.hours().map_err(wrong)?;
        let limits = DestinationLimits {
            in_flight: IN_FLIGHT,
            batch: 1,
            timeout: settings.timeout_seconds.duration(),
            retry: settings.retry,
        };
        let server = CaldavServer::new(url, auth, limits.timeout, &settings.allow)?;
        let (mut calendars, mut owners, mut people) =
            (Vec::new(), Vec::<Vec<String>>::new(), BTreeMap::new());
        for (person, path) in &settings.calendars {
            let path = if path.ends_with('/') { path.clone() } else { format!("{path}/") };
            let calendar = Some(&path)
                .filter(|path| path.starts_with('/') && !path.contains(['?', '#']))
                .and_then(|path| server.join(path))
                .ok_or_else(|| wrong("each value in `calendars` must be a path that starts with /".into()))?;
            let number = calendars.iter().position(|known| *known == calendar).unwrap_or_else(|| {
                calendars.push(calendar);
                owners.push(Vec::new());
                calendars.len() - 1
            });
            owners[number].push(person.to_lowercase());
            if people.insert(person.to_lowercase(), number).is_some() {
                return Err(wrong("`calendars` lists a person twice".into()));
            }
        }
        if calendars.is_empty() {
            return Err(wrong("`calendars` must not be empty".into()));
        }
        let meeting = TimeDelta::minutes(settings.meeting_minutes.get());
        let notice = TimeDelta::minutes(settings.notice_minutes.get());
        let within = TimeDelta::days(u8::from(settings.within_days).into());
        Ok(Self { server, calendars, owners, people, hours, meeting, notice, within, limits })
    }

    /// Reads the calendars and takes steps until they match the decision.
    async fn settle(&self, effect: &Effect) -> Result<Settled, WriteError> {
        let uid = event::uid(effect.remote_key);
        let ours = DecisionMark { effect_key: effect.key, order: effect.order };
        let mut goal = self.goal(effect);
        let (mut status, mut wait, mut everywhere) = (None, BASE_WAIT, true);
        for _ in 0..STEPS {
            let stored = self.look_up(&uid, everywhere).await?;
            let done = |meeting, span, to_queue| Settled { meeting, status, span, to_queue };
            let (over, event) = match (plan::next(&stored, ours, &goal, Utc::now()), &goal) {
                (PlanStep::Superseded, _) => {
                    return Ok(done("unchanged: a later decision is in force", None, None));
                }
                (PlanStep::NoMeeting, MeetingGoal::Nothing(reason)) => {
                    return Ok(done("no meeting", None, reason.clone()));
                }
                (PlanStep::Gone, _) => return Ok(done("unchanged", None, Some(GONE.into()))),
                (PlanStep::Kept(own), _) => return Ok(done("kept", Some(stored[own].event.span), None)),
                (PlanStep::Check(own), MeetingGoal::Meeting(calendar)) => {
                    let StoredEvent { event, .. } = &stored[own];
                    if event.span.start <= Utc::now() || !self.is_taken(&stored[own]).await? {
                        return Ok(done("kept", Some(event.span), None));
                    }
                    // The other writer may be about to move: whichever reads again first stays.
                    let drawn = rand::rng().random_range(Duration::ZERO..wait);
                    tokio::time::sleep(drawn).await;
                    wait = (wait * 2).min(MAX_WAIT);
                    if !self.is_taken(&stored[own]).await? {
                        continue;
                    }
                    match self.free(*calendar, &uid).await? {
                        Ok(span) => (Some(own), CalendarEvent { span, ..event.clone() }),
                        Err(reason) => {
                            goal = MeetingGoal::Nothing(Some(reason));
                            continue;
                        }
                    }
                }
                (PlanStep::Rewrite(own), _) => {
                    let CalendarEvent { span, slot_by, .. } = stored[own].event;
                    (Some(own), meeting::event(effect, uid.clone(), ours, slot_by, span))
                }
                (PlanStep::Book(own), MeetingGoal::Meeting(calendar)) => match self
                    .free(*calendar, &uid)
                    .await?
                {
                    Ok(span) => (own, meeting::event(effect, uid.clone(), ours, Some(ours.effect_key), span)),
                    Err(reason) => {
                        goal = MeetingGoal::Nothing(Some(reason));
                        continue;
                    }
                },
                (PlanStep::Cancel(index, mark), _) => (Some(index), stored[index].event.cancelled(mark)),
                (PlanStep::Tombstone, _) => (None, CalendarEvent::tombstone(uid.clone(), ours)),
                (step, _) => {
                    let message = format!("unexpected step {step:?}");
                    return Err(WriteError::new(FailureKind::NeedsPerson, message));
                }
            };
            let put = match over.map(|index| &stored[index]) {
                Some(old) => {
                    let event = CalendarEvent { revision: old.event.revision.saturating_add(1), ..event };
                    self.server
                        .put(&old.at.url, Precondition::Unchanged(&old.at.etag), event.write(Utc::now()))
                        .await?
                }
                None => {
                    let calendar = if let MeetingGoal::Meeting(calendar) = goal { calendar } else { 0 };
                    let url = self.resource(calendar, &uid);
                    self.server.put(&url, Precondition::Absent, event.write(Utc::now())).await?
                }
            };
            if let PutOutcome::Written(code) = put {
                status = Some(code.as_u16());
            }
            // Other writers use the same resource name. A search finds what people have moved, and they are slower.
            everywhere =
                put == PutOutcome::Conflict || !stored.iter().all(|found| self.is_named_by_us(found, &uid));
        }
        let message = format!("the calendars of {} keep changing during the write", self.server.host());
        Err(WriteError::new(FailureKind::Retry, message))
    }

    fn goal(&self, effect: &Effect) -> MeetingGoal {
        match Meeting::wanted(effect) {
            None => MeetingGoal::Nothing(None),
            Some(meeting) => match self.people.get(&meeting.assignee.to_lowercase()) {
                Some(calendar) => MeetingGoal::Meeting(*calendar),
                None => MeetingGoal::Nothing(Some(NO_CALENDAR.into())),
            },
        }
    }

    fn late(&self) -> WriteError {
        let message =
            format!("{} did not finish within {} s", self.server.host(), self.limits.timeout.as_secs());
        WriteError::new(FailureKind::Retry, message)
    }
}

#[async_trait::async_trait]
impl Destination for Caldav {
    fn kind(&self) -> &'static str {
        crate::DestinationKind::Caldav.into()
    }

    fn limits(&self) -> DestinationLimits {
        self.limits
    }

    async fn write(&self, request: &WriteRequest) -> Result<WriteReceipt, WriteError> {
        let effect = &request.effect;
        let uid = event::uid(effect.remote_key);
        let sent = json!({"uid": uid, "effect_key": effect.key, "body": Digest::of(&effect.bytes)});
        let settled = tokio::time::timeout(self.limits.timeout, Box::pin(self.settle(effect))).await;
        match settled {
            Err(_) => Err(WriteError { request: Some(sent), ..self.late() }),
            Ok(Err(error)) => Err(WriteError { request: Some(sent), ..error }),
            Ok(Ok(Settled { meeting, status, span, to_queue })) => {
                let start = span.map(|span| engine::time::stamp(span.start));
                let response = json!({"meeting": meeting, "start": start});
                Ok(WriteReceipt { status, request: sent, response, to_queue })
            }
        }
    }

    async fn find(&self, remote_key: Digest) -> Result<Lookup, ReadError> {
        let uid = event::uid(remote_key);
        let stored = self.in_time(Box::pin(self.look_up(&uid, true))).await?;
        let marked = stored.iter().filter_map(|stored| Some((stored.event.mark?, stored)));
        let shown = marked.max_by_key(|(mark, stored)| (!stored.event.is_cancelled, mark.order));
        Ok(shown
            .map_or(Lookup::Absent, |(mark, stored)| Lookup::Found(self.record(remote_key, mark, stored))))
    }

    async fn changed_since(&self, cursor: ChangeCursor, limit: usize) -> Result<Changes, ReadError> {
        let records = self.in_time(Box::pin(self.changed(cursor, limit))).await?;
        Ok(Changes::page(records, limit))
    }

    async fn test_connection(&self) -> Result<String, ConnectionTestError> {
        for calendar in &self.calendars {
            let described =
                self.server.describe(calendar).await.map_err(|error| ConnectionTestError(error.message))?;
            let failed = |what: &str| {
                Err(ConnectionTestError(format!("{} of {} {what}.", calendar.path(), self.server.host())))
            };
            if !described.is_calendar {
                return failed("is not a calendar");
            }
            if described.may_write == Some(false) {
                return failed("is read-only");
            }
        }
        let count = self.calendars.len();
        let (calendars, are) = if count == 1 { ("calendar", "is") } else { ("calendars", "are") };
        Ok(format!("{} answered; {count} {calendars} {are} there.", self.server.host()))
    }
}

impl Caldav {
    /// Runs a read within the time limit of a write.
    async fn in_time<T>(&self, read: impl Future<Output = Result<T, WriteError>>) -> Result<T, ReadError> {
        match tokio::time::timeout(self.limits.timeout, read).await {
            Ok(read) => read.map_err(|error| ReadError(error.message)),
            Err(_) => Err(ReadError(self.late().message)),
        }
    }

    fn record(
        &self,
        remote_key: Digest,
        mark: DecisionMark,
        stored: &StoredEvent<StoredObject>,
    ) -> RemoteRecord {
        RemoteRecord {
            remote_key,
            effect_key: mark.effect_key,
            order: mark.order,
            changed_at: stored.at.changed_at,
            body: shown_event(&stored.event, self.calendars[stored.calendar].path()),
        }
    }
}

/// Returns how to authenticate to the server.
fn auth(user: &str, credential: Credential<'_>) -> Result<Auth, OpenError> {
    let secret = match credential {
        Credential::Tokens(tokens) if user.is_empty() => return Ok(Auth::Bearer(tokens)),
        Credential::Tokens(_) => {
            return Err(OpenError::Settings(
                "`user` is only for passwords; a credential's access tokens identify the account".into(),
            ));
        }
        credential => credential.secret(),
    };
    if user.is_empty() || user.contains(|char: char| char == ':' || char.is_control()) {
        return Err(OpenError::Settings("`user` must not be empty or contain a colon (RFC 7617)".into()));
    }
    let password = secret
        .and_then(|secret| std::str::from_utf8(secret).ok())
        .filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
        .ok_or_else(|| OpenError::Secret("a CalDAV server needs the user's password".into()))?;
    Ok(Auth::Basic { user: user.to_owned(), password: Zeroizing::new(password.to_owned()) })
}

/// Returns the content of an event as shown in records.
fn shown_event(event: &CalendarEvent, calendar: &str) -> Json {
    json!({
        "summary": event.summary,
        "start": engine::time::stamp(event.span.start),
        "end": engine::time::stamp(event.span.end),
        "status": if event.is_cancelled { "cancelled" } else { "confirmed" },
        "calendar": calendar,
    })
}
