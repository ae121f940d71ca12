//! Reads dates and times as people and systems write them. Every way into Meshline reads times here.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::cursor::Cursor;

/// Maximum length of a text that can be a time.
const CHARS: usize = 80;
/// The serial numbers that spreadsheets give to the days from 1970 to 2099.
const SERIALS: std::ops::Range<f64> = 25_569.0..73_051.0;

/// The order of day, month and year where all three are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `31/12/2026`.
    DayFirst,
    /// `12/31/2026`.
    MonthFirst,
    /// `2026/12/31`, and `26/12/31`.
    YearFirst,
}

impl DateOrder {
    /// Returns the order as a format.
    pub fn format(self) -> &'static str {
        match self {
            Self::DayFirst => "DD/MM/YYYY",
            Self::MonthFirst => "MM/DD/YYYY",
            Self::YearFirst => "YYYY/MM/DD",
        }
    }
}

impl fmt::Display for DateOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.format())
    }
}

/// The error for a format that does not name day, month and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date format names day, month and year, as in DD/MM/YYYY, MM/DD/YYYY or YYYY-MM-DD")]
pub struct DateFormatError;

impl FromStr for DateOrder {
    type Err = DateFormatError;

    /// Parses a format such as `DD/MM/YYYY`, `%d.%m.%y` or `mdy`. Only the order of the letters counts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut order = String::new();
        for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
            if matches!(letter, 'd' | 'm' | 'y') && !order.contains(letter) {
                order.push(letter);
            }
        }
        match order.as_str() {
            "dmy" => Ok(Self::DayFirst),
            "mdy" => Ok(Self::MonthFirst),
            "ymd" => Ok(Self::YearFirst),
            _ => Err(DateFormatError),
        }
    }
}

/// How times are read that leave something open.
#[derive(Clone, Copy, Debug)]
pub struct TimeFormat {
    /// The time zone of times without an offset.
    pub zone: Tz,
    /// The order of day and month, if it is known.
    pub order: Option<DateOrder>,
    /// Whether plain numbers are times: a spreadsheet's serial number, or seconds or milliseconds since 1970.
    pub numbers: bool,
}

impl Default for TimeFormat {
    fn default() -> Self {
        Self { zone: Tz::UTC, order: None, numbers: true }
    }
}

/// What a text says about an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePrecision {
    /// The text names the instant, with its offset.
    Exact,
    /// The text has no offset.
    Local,
    /// The text has no time of day, so midnight counts.
    Day,
    /// The text is a number, which could be something else.
    Number,
}

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeReading {
    /// The instant.
    pub at: DateTime<Utc>,
    /// What the text says about it.
    pub precision: TimePrecision,
}

/// Why a text is not read as a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeProblem {
    /// The text is no date or time in a known form.
    NotATime,
    /// Day and month, or the year, could be either of the numbers.
    Ambiguous,
}

impl TimeProblem {
    /// Returns the problem as a sentence that says how to fix it.
    pub fn sentence(self, text: &str) -> String {
        match self {
            Self::NotATime => format!("`{text}` is not a date; write 2026-11-22 or 2026-11-22T09:00:00Z."),
            Self::Ambiguous => format!(
                "`{text}` could be two dates. Choose the date format, DD/MM/YYYY or MM/DD/YYYY (`--date-format` on the command line), or write 2026-11-22."
            ),
        }
    }
}

/// Reads a date or a time. When clocks go back, the earlier of two possible instants applies. A local time that is skipped when
/// clocks go forward counts as one hour later.
///
/// # Errors
/// Returns why the text is not read.
pub fn read(text: &str, format: &TimeFormat) -> Result<TimeReading, TimeProblem> {
    let (moment, precision) = parse(text, format.order, format.numbers)?;
    let at = match moment {
        Moment::Instant(at) => at,
        Moment::Local(local) => in_zone(local, format.zone).ok_or(TimeProblem::NotATime)?,
    };
    Ok(TimeReading { at, precision })
}

/// Reads a date or a time like [`read()`], in UTC where the text has no offset. It needs no time zones, whose tables are large.
///
/// # Errors
/// Returns why the text is not read.
pub fn read_utc(text: &str, numbers: bool) -> Result<TimeReading, TimeProblem> {
    let (moment, precision) = parse(text, None, numbers)?;
    let at = match moment {
        Moment::Instant(at) => at,
        Moment::Local(local) => local.and_utc(),
    };
    Ok(TimeReading { at, precision })
}

/// A time as a text states it.
enum Moment {
    Instant(DateTime<Utc>),
    Local(NaiveDateTime),
}

fn parse(
    text: &str,
    order: Option<DateOrder>,
    numbers: bool,
) -> Result<(Moment, TimePrecision), TimeProblem> {
    let text: String = text.trim().chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    if text.len() > CHARS || !text.is_ascii() {
        return Err(TimeProblem::NotATime);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&text)
        && text.as_bytes().get(4) == Some(&b'-')
    {
        return Ok((Moment::Instant(at.to_utc()), TimePrecision::Exact));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && text.bytes().filter(|byte| !byte.is_ascii_digit()).count() < 2
    {
        let moment = if numbers { number(&text) } else { None };
        return moment.map(|moment| (moment, TimePrecision::Number)).ok_or(TimeProblem::NotATime);
    }
    let mut cursor = Cursor { rest: &text };
    cursor.skip_weekday();
    let date = cursor.date(order)?;
    let time = cursor.time().ok_or(TimeProblem::NotATime)?;
    let offset = match time {
        Some(_) => cursor.offset().ok_or(TimeProblem::NotATime)?,
        None => None,
    };
    if !cursor.is_done() {
        return Err(TimeProblem::NotATime);
    }
    let local = date.and_time(time.unwrap_or(NaiveTime::MIN));
    Ok(match (offset, time) {
        (Some(offset), _) => {
            let at = offset.from_local_datetime(&local).single().ok_or(TimeProblem::NotATime)?;
            (Moment::Instant(at.to_utc()), TimePrecision::Exact)
        }
        (None, Some(_)) => (Moment::Local(local), TimePrecision::Local),
        (None, None) => (Moment::Local(local), TimePrecision::Day),
    })
}

fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let later = local.checked_add_signed(TimeDelta::hours(1))?;
    let at = zone.from_local_datetime(&local).earliest();
    at.or_else(|| zone.from_local_datetime(&later).earliest()).map(|at| at.to_utc())
}

/// Reads a number: a spreadsheet's serial, `20261122`, or the time since 1970.
fn number(text: &str) -> Option<Moment> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_whole = digits == text.len();
    Some(match digits {
        5 => {
            let serial: f64 =
                text.replace(',', ".").parse().ok().filter(|serial| SERIALS.contains(serial))?;
            // A serial number is exact to a second at best.
            let seconds = (serial * 86_400.0).round() as i64;
            let day_zero = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
            Moment::Local(day_zero.checked_add_signed(TimeDelta::seconds(seconds))?)
        }
        8 if is_whole => {
            let is_usual = ("19000101".."21000101").contains(&text);
            let date = NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| is_usual)?;
            Moment::Local(date.and_time(NaiveTime::MIN))
        }
        10 => {
            let (seconds, fraction) = text.split_at(digits);
            let micros = format!("{:0<6}", fraction.get(1..).unwrap_or_default());
            let micros: i64 = micros.get(..6)?.parse().ok()?;
            Moment::Instant(DateTime::from_timestamp_micros(
                seconds.parse::<i64>().ok()? * 1_000_000 + micros,
            )?)
        }
        13 if is_whole => Moment::Instant(DateTime::from_timestamp_millis(text.parse().ok()?)?),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
