//! Reads calendars from standard input, one JSON object per line, and prints their busy times and the slot that a meeting would
//! get. `cargo xtask differ calendars` compares them with what Python's libraries make of the same calendars.

#![allow(clippy::expect_used, reason = "a program for comparisons may stop at the first error")]

use std::io::BufRead as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use destinations::testing::calendars::CalendarQuestion;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Line {
    text: String,
    addresses: Vec<String>,
    zone: String,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    minutes: i64,
}

fn main() {
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line.expect("a line")).expect("a calendar");
        let question = CalendarQuestion {
            text: &line.text,
            addresses: &line.addresses,
            zone: line.zone.parse().expect("a time zone"),
            start: line.start,
            end: line.end,
        };
        let pair = |(start, end): (DateTime<Utc>, DateTime<Utc>)| {
            [start, end].map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
        };
        let busy = question.busy().map(|spans| spans.into_iter().map(pair).collect::<Vec<_>>());
        let slot = question.slot(TimeDelta::minutes(line.minutes)).map(pair);
        println!("{}", json!({ "busy": busy, "slot": slot }));
    }
}
