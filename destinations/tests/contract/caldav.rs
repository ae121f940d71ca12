//! Tests of behaviour that only calendars have.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use destinations::testing::radicale::Radicale;
use destinations::{Destination, Lookup, RemoteRecord, WriteReceipt, WriteRequest, open};
use engine::sync::backoff::FailureKind;
use serde_json::{Value as Json, json};

use crate::calendars::{JANE, JOHN, Seen, block, calendars, live, own_event, seen, server, settings, shown};
use crate::chaos::{Chaos, Mode};
use crate::suite::{edited, request};

/// Returns a decision with the given parameters.
fn decided(lead: u128, sequence: i64, action: &str, parameters: Json) -> WriteRequest {
    edited(request(lead, sequence), |body| {
        body["decision"]["action"] = action.into();
        body["decision"]["parameters"] = parameters;
    })
}

fn assigned(lead: u128, sequence: i64, assignee: &str) -> WriteRequest {
    decided(
        lead,
        sequence,
        "assign",
        json!({"assignee": format!("{assignee}@acme.example"), "meeting": "intro"}),
    )
}

fn rejected(lead: u128, sequence: i64) -> WriteRequest {
    decided(lead, sequence, "reject", json!({}))
}

/// Returns a held decision that a person has overridden.
fn judged(lead: u128, sequence: i64, kind: &str, action: &str, parameters: Json) -> WriteRequest {
    let verdict = json!({
        "verdict_id": uuid::Uuid::from_u128(sequence as u128), "kind": kind, "by": "sam@acme.example", "at": "2026-11-22T09:05:00.000000Z",
        "action": action, "parameters": parameters, "reason": null,
    });
    edited(decided(lead, sequence, "hold", json!({})), |body| body["verdict"] = verdict)
}

async fn started() -> (Radicale, Box<dyn Destination>) {
    let server = server().await;
    let destination = calendars(&settings(server.address));
    (server, destination)
}

async fn found(destination: &dyn Destination, request: &WriteRequest) -> RemoteRecord {
    match destination.find(request.effect.remote_key).await.unwrap() {
        Lookup::Found(record) => record,
        other => panic!("{other:?}"),
    }
}

async fn written(destination: &dyn Destination, request: &WriteRequest) -> WriteReceipt {
    destination.write(request).await.unwrap()
}

#[tokio::test]
async fn a_meeting_is_in_working_hours_and_names_the_lead() {
    let (server, destination) = started().await;
    let receipt = written(&*destination, &request(1, 1)).await;
    assert_eq!((receipt.status, receipt.to_queue), (Some(201), None));
    let [seen] = live(&server).try_into().unwrap();
    let local = seen.start().with_timezone(&chrono_tz::Europe::Berlin);
    assert!(
        !matches!(local.weekday(), Weekday::Sat | Weekday::Sun) && (9..17).contains(&local.hour()),
        "{local}"
    );
    assert!(local.minute() % 30 == 0 && seen.start() >= Utc::now() + TimeDelta::minutes(119));
    assert_eq!(seen.end() - seen.start(), TimeDelta::minutes(30));
    assert_eq!(seen.properties["SUMMARY"], "Intro meeting: zoltan-the-lead");
    assert_eq!(seen.properties["ATTENDEE"], "mailto:zoltan-the-lead@beta.example");
    assert_eq!((seen.calendar, seen.properties["TRANSP"].as_str()), (JANE, "OPAQUE"));
}

#[tokio::test]
async fn busy_events_series_and_all_day_events_are_avoided() {
    let (server, destination) = started().await;
    written(&*destination, &request(1, 1)).await;
    let first = live(&server)[0].clone();
    let zone = chrono_tz::Europe::Berlin;
    let day = first.start().with_timezone(&zone).date_naive();
    // A series that began half a year ago at nine: off by an hour if its offset were kept.
    let long_ago = (day - TimeDelta::days(26 * 7)).format("%Y%m%d");
    own_event(
        &server,
        JANE,
        "series",
        &format!("DTSTART;TZID=Europe/Berlin:{long_ago}T090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY"),
    )
    .await;
    let mut next = day + TimeDelta::days(1);
    while matches!(next.weekday(), Weekday::Sat | Weekday::Sun) {
        next += TimeDelta::days(1);
    }
    own_event(&server, JANE, "holiday", &format!("DTSTART;VALUE=DATE:{}", next.format("%Y%m%d"))).await;
    let mut free = next + TimeDelta::days(1);
    while matches!(free.weekday(), Weekday::Sat | Weekday::Sun) {
        free += TimeDelta::days(1);
    }
    let nine = |date: chrono::NaiveDate| {
        date.and_hms_opt(9, 0, 0).unwrap().and_local_timezone(zone).unwrap().to_utc()
    };
    for (name, how) in [("free", "TRANSP:TRANSPARENT"), ("off", "STATUS:CANCELLED")] {
        own_event(&server, JANE, name, &format!("DTSTART:{}\nDURATION:PT8H\n{how}", shown(nine(free)))).await;
    }
    let half = nine(free) + TimeDelta::minutes(10);
    own_event(&server, JANE, "short", &format!("DTSTART:{}\nDURATION:PT5M", shown(half))).await;
    written(&*destination, &request(2, 1)).await;
    let second =
        live(&server).into_iter().find(|seen| seen.key() == request(2, 1).effect.key.to_string()).unwrap();
    assert_eq!(second.start(), nine(free) + TimeDelta::minutes(30));
}

#[tokio::test]
async fn without_free_time_nothing_is_written_and_the_lead_is_queued() {
    let (server, destination) = started().await;
    block(&server, JANE, 30).await;
    let receipt = written(&*destination, &request(1, 1)).await;
    assert!(receipt.to_queue.unwrap().contains("no free time"));
    assert_eq!(receipt.status, None);
    assert!(seen(&server).is_empty());
    let receipt = written(&*destination, &assigned(2, 1, "nobody")).await;
    assert!(receipt.to_queue.unwrap().contains("no calendar"));
    // An occurrence every minute, more than are expanded: the end of the series is unknown.
    let start = (Utc::now() - TimeDelta::days(15)).format("%Y%m%dT%H%M%SZ");
    let endless = format!("DTSTART:{start}\nDURATION:PT1S\nRRULE:FREQ=MINUTELY");
    own_event(&server, JOHN, "endless", &endless).await;
    let mut patient = settings(server.address);
    patient["timeout_seconds"] = 15.into();
    let receipt = written(&*calendars(&patient), &assigned(3, 1, "john")).await;
    assert!(receipt.to_queue.unwrap().contains("cannot be determined"));
    assert!(seen(&server).is_empty());
}

#[tokio::test]
async fn a_later_decision_without_free_time_cancels_the_older_meeting() {
    let (server, destination) = started().await;
    written(&*destination, &request(1, 1)).await;
    block(&server, JOHN, 30).await;
    for _ in 0..2 {
        assert!(written(&*destination, &assigned(1, 2, "john")).await.to_queue.is_some());
        assert!(live(&server).is_empty());
    }
}

#[tokio::test]
async fn a_later_decision_keeps_the_time_of_a_moved_or_renamed_meeting() {
    let (server, destination) = started().await;
    written(&*destination, &request(1, 1)).await;
    let before = live(&server)[0].clone();
    written(&*destination, &request(1, 2)).await;
    let after = live(&server)[0].clone();
    assert_eq!((before.start(), after.key()), (after.start(), request(1, 2).effect.key.to_string()));
    assert!(
        after.properties["SEQUENCE"].parse::<u32>().unwrap() > before.properties["SEQUENCE"].parse().unwrap()
    );
    let [(name, text)] = server.objects(JANE).try_into().unwrap();
    server.delete(&format!("{JANE}{name}")).await;
    let moved = before.start() + TimeDelta::hours(3);
    let text = text
        .replace(&shown(before.end()), &shown(moved + TimeDelta::hours(1)))
        .replace(&shown(before.start()), &shown(moved));
    server.put(&format!("{JANE}mine.ics"), &text.replace('\n', "\r\n")).await;
    written(&*destination, &request(1, 3)).await;
    let [after] = live(&server).try_into().unwrap();
    assert_eq!((after.start(), after.end()), (moved, moved + TimeDelta::hours(1)));
    assert_eq!(after.key(), request(1, 3).effect.key.to_string());
    assert_eq!(server.objects(JANE)[0].0, "mine.ics");
}

#[tokio::test]
async fn a_meeting_moves_with_the_lead_even_after_a_kill() {
    let (server, _) = started().await;
    let chaos = Chaos::before(server.address).await;
    let destination = calendars(&settings(chaos.address));
    written(&*destination, &request(1, 1)).await;
    // The new event is written, but the old one is not yet cancelled.
    let moved = assigned(1, 2, "john");
    chaos.set(Mode::CutAnswersTo(format!("PUT {JOHN}")));
    assert_eq!(destination.write(&moved).await.unwrap_err().failed.failure, FailureKind::Retry);
    assert_eq!(live(&server).len(), 2);
    chaos.set(Mode::Pass);
    written(&*destination, &moved).await;
    let [one] = live(&server).try_into().unwrap();
    assert_eq!((one.calendar, one.key()), (JOHN, moved.effect.key.to_string()));
    let record = found(&*destination, &moved).await;
    assert_eq!((record.order.lead_sequence, record.body["calendar"].as_str()), (2, Some(JOHN)));
    written(&*destination, &request(1, 1)).await;
    assert_eq!(live(&server).len(), 1, "the older decision changes nothing");
    written(&*destination, &assigned(1, 3, "jane")).await;
    let [one] = live(&server).try_into().unwrap();
    assert_eq!(one.calendar, JANE);
}

#[tokio::test]
async fn an_unwanted_meeting_is_cancelled_and_never_returns() {
    let (server, destination) = started().await;
    written(&*destination, &rejected(1, 1)).await;
    assert!(seen(&server).is_empty(), "a first decision without a meeting writes nothing");
    written(&*destination, &request(2, 1)).await;
    let start = live(&server)[0].start();
    written(&*destination, &rejected(2, 2)).await;
    assert!(live(&server).is_empty());
    written(&*destination, &request(2, 1)).await;
    assert!(live(&server).is_empty());
    written(&*destination, &request(3, 1)).await;
    assert_eq!(live(&server)[0].start(), start, "its slot is free again");
    written(&*destination, &rejected(4, 2)).await;
    written(&*destination, &request(4, 1)).await;
    assert_eq!(live(&server).len(), 1, "an older decision that arrives late changes nothing");
    let mark =
        seen(&server).into_iter().find(|seen| seen.key() == rejected(4, 2).effect.key.to_string()).unwrap();
    assert_eq!((mark.start(), mark.properties["SUMMARY"].as_str()), (DateTime::UNIX_EPOCH, "No meeting"));
    written(&*destination, &request(4, 3)).await;
    assert_eq!(live(&server).len(), 2);
    let record = found(&*destination, &request(4, 3)).await;
    assert_eq!((record.order.lead_sequence, record.body["status"].as_str()), (3, Some("confirmed")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_never_double_book_a_person() {
    const LEADS: u128 = 20;
    let server = server().await;
    let mut slow = settings(server.address);
    slow["timeout_seconds"] = 15.into();
    let two = [calendars(&slow), calendars(&slow)];
    let writes = (0..LEADS).map(|lead| {
        let destination = &two[(lead % 2) as usize];
        async move {
            // Retries like the outbox.
            for _ in 0..10 {
                match destination.write(&request(lead, 1)).await {
                    Ok(receipt) => return receipt,
                    Err(error) => assert_eq!(error.failed.failure, FailureKind::Retry, "{error}"),
                }
            }
            panic!("lead {lead} got no meeting");
        }
    });
    let receipts = futures::future::join_all(writes).await;
    assert!(receipts.iter().all(|receipt| receipt.to_queue.is_none()));
    let starts: BTreeSet<_> = live(&server).iter().map(Seen::start).collect();
    assert_eq!((starts.len(), live(&server).len()), (LEADS as usize, LEADS as usize));
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_calendar_pause_the_destination() {
    let server = server().await;
    let wrong = open("caldav", &settings(server.address), Some(b"wrong".as_slice())).unwrap();
    let error = wrong.write(&request(1, 1)).await.unwrap_err();
    assert_eq!((error.status, error.failed.failure), (Some(401), FailureKind::NeedsPerson));
    assert!(error.pause.unwrap().contains("password"));
    assert!(wrong.test_connection().await.is_err());
    server.delete(JOHN).await;
    let destination = calendars(&settings(server.address));
    let error = destination.write(&request(1, 1)).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::NeedsPerson);
    assert!(error.pause.unwrap().contains(JOHN));
    assert!(destination.test_connection().await.unwrap_err().0.contains(JOHN));
}

#[tokio::test]
async fn hostile_names_stay_in_the_title() {
    let (server, destination) = started().await;
    let request = edited(request(1, 1), |body| {
        body["lead"]["name"] = "Bob\r\nEND:VEVENT\nBEGIN:VEVENT\u{2028}X-EVIL:1;,\\n\u{0}".into();
        body["lead"]["company"] = "A\rATTENDEE:mailto:evil@x.example".into();
        body["lead"]["email"] = "bob@beta.example\r\nX-EVIL:1".into();
    });
    written(&*destination, &request).await;
    let [(_, text)] = server.objects(JANE).try_into().unwrap();
    assert_eq!(text.matches("\nBEGIN:VEVENT\n").count(), 1, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(!lines.iter().any(|line| line.starts_with("X-EVIL") || line.starts_with("ATTENDEE")), "{text}");
    let record = found(&*destination, &request).await;
    assert_eq!(
        record.body["summary"],
        "Intro meeting: Bob END:VEVENT BEGIN:VEVENT X-EVIL:1;,\\n, A ATTENDEE:mailto:evil@x.example"
    );
}

#[tokio::test]
async fn an_accepted_lead_is_booked_and_undoing_it_cancels() {
    let (server, destination) = started().await;
    let assigned = json!({"assignee": "jane@acme.example", "meeting": "intro"});
    let accepted = judged(1, 2, "accept", "assign", assigned);
    assert_eq!(written(&*destination, &accepted).await.to_queue, None);
    assert_eq!(live(&server).len(), 1);
    let back = judged(1, 3, "give_back", "hold", json!({"assignee": null}));
    assert_eq!(written(&*destination, &back).await.to_queue, None);
    assert!(live(&server).is_empty());
    // A late repeat does not book it again.
    written(&*destination, &accepted).await;
    assert!(live(&server).is_empty());
}

/// Returns the instant of ten o'clock in Berlin, `days` working days after the first that can be booked.
fn at_ten(days: usize) -> DateTime<Utc> {
    let zone = chrono_tz::Europe::Berlin;
    let tomorrow = Utc::now().with_timezone(&zone).date_naive() + TimeDelta::days(1);
    let mut working =
        tomorrow.iter_days().filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    let ten = working.nth(days).unwrap().and_hms_opt(10, 0, 0).unwrap();
    ten.and_local_timezone(zone).unwrap().to_utc()
}

fn in_berlin(at: DateTime<Utc>) -> String {
    format!("TZID=Europe/Berlin:{}", at.with_timezone(&chrono_tz::Europe::Berlin).format("%Y%m%dT%H%M%S"))
}

/// Returns the time that is booked beside an event, with meetings possible from ten to eleven only. Definitions of time zones may
/// precede the event.
async fn booked_beside(event: &str) -> DateTime<Utc> {
    let server = server().await;
    let mut settings = settings(server.address);
    settings["working_hours"] = json!({"from": "10:00", "to": "11:00"});
    settings["meeting_minutes"] = 60.into();
    // Whatever is left of today is taken.
    let today = format!(
        "DTSTART:{}\nDTEND:{}",
        shown(at_ten(0) - TimeDelta::days(9)),
        shown(at_ten(0) - TimeDelta::hours(2))
    );
    own_event(&server, JANE, "today", &today).await;
    let (zones, event) = event.split_once("BEGIN:EVENT\n").unwrap_or(("", event));
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//EN\n{zones}BEGIN:VEVENT\nUID:event\nDTSTAMP:20260101T000000Z\nSUMMARY:event\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    server.put(&format!("{JANE}event.ics"), &text.replace('\n', "\r\n")).await;
    let receipt = written(&*calendars(&settings), &request(1, 1)).await;
    assert_eq!(receipt.to_queue, None, "{event}");
    live(&server)[0].start()
}

#[tokio::test]
async fn calendars_of_many_programs_are_read_as_their_owners_mean_them() {
    let (first, second, third) = (at_ten(0), at_ten(1), at_ten(2));
    let hour = |at: DateTime<Utc>| {
        format!("DTSTART;{}\nDTEND;{}", in_berlin(at), in_berlin(at + TimeDelta::hours(1)))
    };
    let series = |end: &str| format!("{}\nRRULE:FREQ=DAILY;{end}", hour(first));
    let new_york = (first - TimeDelta::hours(5)).format("%Y%m%dT%H%M%S");
    let zone = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\n";
    let after_weekend =
        |at: DateTime<Utc>| format!("{}", at.with_timezone(&chrono_tz::Europe::Berlin).format("%Y%m%d"));
    // Across a weekend, a daily series has more occurrences than working days.
    let until = shown(second);
    for event in [series(&format!("UNTIL={until}")), series(&format!("UNTIL={}", after_weekend(second)))] {
        assert_eq!(booked_beside(&event).await, third, "{event}");
    }
    let abroad = format!("{zone}BEGIN:EVENT\nDTSTART;TZID=Customized Time Zone:{new_york}\nDURATION:PT1H");
    assert_eq!(booked_beside(&abroad).await, second, "a zone that only its definition explains");
    let cut = format!("{}\nTRANSP:TRANSPARENT\nRRULE:FREQ=WEEKLY;UNTIL={}", hour(first), shown(first));
    assert_eq!(booked_beside(&cut).await, first, "a series of one occurrence, marked as free");
    let week = TimeDelta::days(7);
    let weekly = format!("SEQUENCE:0\n{}\nRRULE:FREQ=WEEKLY;COUNT=4", hour(first - week));
    let exception = |properties: &str| {
        format!(
            "{weekly}\nEND:VEVENT\nBEGIN:VEVENT\nUID:event\nDTSTAMP:20260101T000000Z\nSEQUENCE:1\nRECURRENCE-ID;{}\n{properties}",
            in_berlin(first)
        )
    };
    assert_eq!(booked_beside(&weekly).await, second);
    let moved = exception(&hour(first + TimeDelta::hours(5)));
    assert_eq!(booked_beside(&moved).await, first, "moved away, with a higher SEQUENCE");
    let cancelled = exception(&format!("{}\nSTATUS:CANCELLED", hour(first)));
    assert_eq!(booked_beside(&cancelled).await, first, "cancelled, with a higher SEQUENCE");
    let declined = |status: &str| {
        format!(
            "{}\nORGANIZER:mailto:host@else.example\nATTENDEE;PARTSTAT={status}:mailto:jane@acme.example",
            hour(first)
        )
    };
    assert_eq!(booked_beside(&declined("DECLINED")).await, first);
    assert_eq!(booked_beside(&declined("ACCEPTED")).await, second);
}
