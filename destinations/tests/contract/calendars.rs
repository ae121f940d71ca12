//! Two people's calendars on a real server, and access to the files on its disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use chrono::{DateTime, TimeDelta, Utc};
use destinations::testing::radicale::{PASSWORD, Radicale, USER};
use destinations::{Destination, open};
use engine::canonical::Digest;
use serde_json::{Value as Json, json};

use crate::chaos::{Chaos, nowhere};
use crate::suite::{Keeps, Subject, Truth};

pub const JANE: &str = "/sales/jane/";
pub const JOHN: &str = "/sales/john/";

/// Starts a server with two people's calendars.
pub async fn server() -> Radicale {
    let server = Radicale::start();
    assert_eq!(
        (server.calendar("jane").await.as_str(), server.calendar("john").await.as_str()),
        (JANE, JOHN)
    );
    server
}

pub fn settings(address: SocketAddr) -> Json {
    json!({
        "url": format!("http://{address}/"), "user": USER, "time_zone": "Europe/Berlin", "timeout_seconds": 4,
        "calendars": {"jane@acme.example": JANE, "john@acme.example": JOHN},
    })
}

pub fn calendars(settings: &Json) -> Box<dyn Destination> {
    open("caldav", settings, Some(PASSWORD.as_bytes())).unwrap()
}

/// Returns the calendars as a subject of the contract suite.
pub async fn subject() -> Subject {
    let server = server().await;
    let chaos = Chaos::before(server.address).await;
    Subject {
        destination: calendars(&settings(chaos.address)),
        unreachable: calendars(&settings(nowhere().await)),
        chaos,
        truth: Box::new(server),
        secret: PASSWORD,
        is_readable: true,
        keeps: Keeps::LastState,
        write_mark: |request| format!("PUT {JANE}{}.ics", hex(request.effect.remote_key)),
    }
}

pub fn hex(digest: Digest) -> String {
    digest.to_string().replace("sha256:", "")
}

/// An event read from disk: its properties by name, without parameters.
#[derive(Clone, Debug)]
pub struct Seen {
    pub calendar: &'static str,
    pub properties: BTreeMap<String, String>,
}

impl Seen {
    pub fn is_live(&self) -> bool {
        self.properties["STATUS"] != "CANCELLED"
    }

    pub fn start(&self) -> DateTime<Utc> {
        instant(&self.properties["DTSTART"])
    }

    pub fn end(&self) -> DateTime<Utc> {
        instant(&self.properties["DTEND"])
    }

    pub fn key(&self) -> String {
        format!("sha256:{}", self.properties["X-MESHLINE-EFFECT"])
    }
}

pub fn instant(text: &str) -> DateTime<Utc> {
    chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
}

/// Returns all events that we wrote.
pub fn seen(server: &Radicale) -> Vec<Seen> {
    let mut seen = Vec::new();
    for calendar in [JANE, JOHN] {
        for (_, text) in server.objects(calendar) {
            let event = text.split("BEGIN:VEVENT\n").nth(1).unwrap();
            let lines = event.lines().filter_map(|line| line.split_once(':'));
            let properties: BTreeMap<String, String> = lines
                .map(|(name, value)| (name.split(';').next().unwrap().to_owned(), value.to_owned()))
                .collect();
            if properties.contains_key("X-MESHLINE-EFFECT") {
                seen.push(Seen { calendar, properties });
            }
        }
    }
    seen
}

pub fn live(server: &Radicale) -> Vec<Seen> {
    seen(server).into_iter().filter(Seen::is_live).collect()
}

#[async_trait::async_trait]
impl Truth for Radicale {
    async fn events(&self) -> Vec<String> {
        seen(self).iter().map(Seen::key).collect()
    }

    async fn current(&self, remote_key: Digest) -> Option<(String, Json)> {
        let uid = format!("{}@meshline", hex(remote_key));
        let seen = seen(self).into_iter().find(|seen| seen.properties["UID"] == uid)?;
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let summary =
            seen.properties["SUMMARY"].replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
        let body = json!({
            "summary": summary, "start": stamp(seen.start()), "end": stamp(seen.end()),
            "status": seen.properties["STATUS"].to_lowercase(), "calendar": seen.calendar,
        });
        Some((seen.key(), body))
    }
}

/// Puts a person's own event into a calendar.
pub async fn own_event(server: &Radicale, calendar: &str, name: &str, properties: &str) {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:{name}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:{name}\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        properties.replace('\n', "\r\n")
    );
    server.put(&format!("{calendar}{name}.ics"), &text).await;
}

pub fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Blocks a calendar from now for some days.
pub async fn block(server: &Radicale, calendar: &str, days: i64) {
    let (start, end) = (Utc::now() - TimeDelta::days(1), Utc::now() + TimeDelta::days(days));
    own_event(server, calendar, "away", &format!("DTSTART:{}\nDTEND:{}", shown(start), shown(end))).await;
}
