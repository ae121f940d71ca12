//! Reads dates and times as people and systems write them. Every way into Meshline reads times here.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

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
            Self::NotATime => format!("`{text}` is no date; write 2026-11-22 or 2026-11-22T09:00:00Z."),
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

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Returns the index of a name, which may be cut to three letters or more.
fn place_of(word: &str, names: &[&str]) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    let fits = |name: &&str| word.len() >= 3 && name.starts_with(&word);
    names.iter().position(fits)
}

struct Cursor<'t> {
    rest: &'t str,
}

impl<'t> Cursor<'t> {
    fn take_while(&mut self, is: fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn digits(&mut self) -> &'t str {
        self.take_while(|c| c.is_ascii_digit())
    }

    fn word(&mut self) -> &'t str {
        self.take_while(|c| c.is_ascii_alphabetic())
    }

    fn spaces(&mut self) -> bool {
        !self.take_while(|c| c == ' ').is_empty()
    }

    fn take(&mut self, one_of: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|c| one_of.contains(c))?;
        self.rest = &self.rest[1..];
        Some(first)
    }

    fn is_done(&mut self) -> bool {
        self.spaces();
        // JavaScript writes the name of the zone behind the offset: `GMT+0200 (Central European Summer Time)`.
        if self.rest.starts_with('(') && self.rest.ends_with(')') {
            self.rest = "";
        }
        self.rest.is_empty()
    }

    fn skip_weekday(&mut self) {
        let mut ahead = Cursor { rest: self.rest };
        if place_of(ahead.word(), &DAYS).is_some() {
            ahead.take(&['.']);
            let is_over = ahead.take(&[',']).is_some();
            if ahead.spaces() || is_over {
                self.rest = ahead.rest;
            }
        }
    }

    /// Reads the date.
    fn date(&mut self, order: Option<DateOrder>) -> Result<NaiveDate, TimeProblem> {
        let wrong = TimeProblem::NotATime;
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong);
        let built = |year: i32, month, day| NaiveDate::from_ymd_opt(year, month, day).ok_or(wrong);
        let full = |text: &str| if text.len() == 4 { text.parse().map_err(|_| wrong) } else { Err(wrong) };
        let first = self.digits();
        if first.is_empty() {
            let month = place_of(self.word(), &MONTHS).ok_or(wrong)? as u32 + 1;
            self.take(&['.']);
            if !self.spaces() {
                self.take(&['-', '/']).ok_or(wrong)?;
            }
            let day = self.day().ok_or(wrong)?;
            self.take(&[',', '-', '/']);
            self.spaces();
            return built(full(self.digits())?, month, day);
        }
        let separator = self.take(&['-', '/', '.', ' ']);
        match (first.len(), separator) {
            (8, None) if self.rest.starts_with(['T', 't']) => {
                NaiveDate::parse_from_str(first, "%Y%m%d").map_err(|_| wrong)
            }
            (4, Some(separator @ ('-' | '/' | '.'))) => {
                let month = number(self.short())?;
                self.take(&[separator]).ok_or(wrong)?;
                built(full(first)?, month, number(self.short())?)
            }
            (1 | 2, _) if self.rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == ' ') => {
                let mut suffix = Cursor { rest: self.rest };
                if separator.is_none() && matches!(suffix.word(), "st" | "nd" | "rd" | "th") {
                    self.rest = suffix.rest;
                }
                self.spaces();
                let month = place_of(self.word(), &MONTHS).ok_or(wrong)? as u32 + 1;
                self.take(&['.']);
                self.take(&[',']);
                if !self.spaces() {
                    self.take(&['-', '/']).ok_or(wrong)?;
                }
                built(full(self.digits())?, month, number(first)?)
            }
            (1 | 2, Some(separator @ ('-' | '/' | '.'))) => {
                let second = self.short();
                self.take(&[separator]).ok_or(wrong)?;
                let third = self.digits();
                let (a, b) = (number(first)?, number(second)?);
                let is_short = match third.len() {
                    4 => false,
                    2 => true,
                    _ => return Err(wrong),
                };
                let year = |text: &str| -> Result<i32, TimeProblem> {
                    let year: i32 = text.parse().map_err(|_| wrong)?;
                    Ok(match (text.len(), year) {
                        (4, year) => year,
                        (_, 0..70) => 2000 + year,
                        (_, year) => 1900 + year,
                    })
                };
                // Wherever dates have dots between day, month and year, the day comes first.
                let order = order.or((separator == '.').then_some(DateOrder::DayFirst));
                match order {
                    Some(DateOrder::YearFirst) if is_short => built(year(first)?, b, number(third)?),
                    Some(DateOrder::DayFirst) => built(year(third)?, b, a),
                    Some(DateOrder::MonthFirst) => built(year(third)?, a, b),
                    Some(DateOrder::YearFirst) => Err(wrong),
                    None if is_short => Err(TimeProblem::Ambiguous),
                    None if a > 12 => built(year(third)?, b, a),
                    None if b > 12 || a == b => built(year(third)?, a, b),
                    None if a == 0 || b == 0 => Err(wrong),
                    None => Err(TimeProblem::Ambiguous),
                }
            }
            _ => Err(wrong),
        }
    }

    /// Returns one or two digits.
    fn short(&mut self) -> &'t str {
        let digits = self.digits();
        if digits.len() <= 2 { digits } else { "" }
    }

    fn day(&mut self) -> Option<u32> {
        let day = self.short().parse().ok()?;
        let mut suffix = Cursor { rest: self.rest };
        if matches!(suffix.word(), "st" | "nd" | "rd" | "th") {
            self.rest = suffix.rest;
        }
        Some(day)
    }

    /// Reads the time of day, if there is one; returns `None` if it is malformed.
    fn time(&mut self) -> Option<Option<NaiveTime>> {
        let comma = self.take(&[',', ':', 'T', 't']).is_some();
        let space = self.spaces();
        if self.rest.is_empty() {
            return (!comma).then_some(None);
        }
        if !comma && !space {
            return None;
        }
        let mut ahead = Cursor { rest: self.rest };
        if ahead.word().eq_ignore_ascii_case("at") && ahead.spaces() {
            self.rest = ahead.rest;
        }
        let hour = self.digits();
        let (mut hour, minute, second): (u32, u32, &str) = match hour.len() {
            // The basic form: `T140300`.
            4 | 6 if comma => (hour[..2].parse().ok()?, hour[2..4].parse().ok()?, &hour[4..]),
            1 | 2 => {
                let hour = hour.parse().ok()?;
                if self.take(&[':']).is_some() {
                    let minute = self.digits();
                    let second = if self.take(&[':']).is_some() { Some(self.digits()) } else { None };
                    if minute.len() != 2 || second.is_some_and(|second| second.len() != 2) {
                        return None;
                    }
                    (hour, minute.parse().ok()?, second.unwrap_or_default())
                } else {
                    // An hour alone needs `AM` or `PM`.
                    let mut ahead = Cursor { rest: self.rest };
                    ahead.spaces();
                    ahead.half()?;
                    (hour, 0, "")
                }
            }
            _ => return None,
        };
        let has_second = !second.is_empty();
        let second: u32 = if has_second { second.parse().ok()? } else { 0 };
        let mut nanos = 0;
        if has_second && self.rest.starts_with(['.', ',']) {
            self.take(&['.', ',']);
            let fraction = self.digits();
            let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
            nanos = if fraction.is_empty() { return None } else { digits.parse().ok()? };
        }
        let mut ahead = Cursor { rest: self.rest };
        ahead.spaces();
        if let Some(is_afternoon) = ahead.half() {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if is_afternoon { 12 } else { 0 };
            self.rest = ahead.rest;
        }
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanos).map(Some)
    }

    /// Reads `AM` or `PM` and returns whether it is the afternoon.
    fn half(&mut self) -> Option<bool> {
        let half = !matches!(self.take(&['a', 'A', 'p', 'P'])?, 'a' | 'A');
        let has_dot = self.take(&['.']).is_some();
        self.take(&['m', 'M'])?;
        if has_dot {
            self.take(&['.']);
        }
        (!self.rest.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some(half)
    }

    /// Reads the offset from UTC, if there is one; returns `None` if it is malformed.
    fn offset(&mut self) -> Option<Option<FixedOffset>> {
        self.spaces();
        let word = self.word();
        let is_utc = matches!(word.to_ascii_uppercase().as_str(), "Z" | "UTC" | "GMT" | "UT");
        if !word.is_empty() && !is_utc {
            return None;
        }
        let Some(sign) = self.take(&['+', '-']) else {
            return Some(is_utc.then(|| FixedOffset::east_opt(0)).flatten());
        };
        let digits = self.digits();
        let (hours, minutes) = match digits.len() {
            1 | 2 => {
                let minutes = if self.take(&[':']).is_some() { self.digits() } else { "00" };
                (digits, if minutes.len() == 2 { minutes } else { return None })
            }
            4 => digits.split_at(2),
            _ => return None,
        };
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let seconds = (hours * 60 + minutes) * 60;
        let seconds = if sign == '-' { -seconds } else { seconds };
        if minutes > 59 || hours > 18 {
            return None;
        }
        // Some programs repeat the zone by its name: `+0200 CEST`.
        let mut ahead = Cursor { rest: self.rest };
        if ahead.spaces() && !ahead.word().is_empty() {
            self.rest = ahead.rest;
        }
        FixedOffset::east_opt(seconds).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str, format: &TimeFormat) -> Result<(String, TimePrecision), TimeProblem> {
        read(text, format).map(|read| (super::super::stamp(read.at), read.precision))
    }

    #[test]
    fn forms_of_one_instant() {
        use TimePrecision::{Exact, Local};
        for (text, precision) in [
            ("2023-05-01T14:03:00Z", Exact),
            ("2023-05-01t14:03:00z", Exact),
            ("2023-05-01T14:03:00.000+0000", Exact),
            ("2023-05-01T16:03:00.000+0200", Exact),
            ("2023-05-01T14:03:00+00", Exact),
            ("2023-05-01 14:03:00+00", Exact),
            ("2023-05-01 14:03:00.000 UTC", Exact),
            ("2023-05-01 14:03:00 +0000 UTC", Exact),
            ("20230501T140300Z", Exact),
            ("2023-05-01T14:03Z", Exact),
            ("Mon, 01 May 2023 14:03:00 GMT", Exact),
            ("Mon, 1 May 2023 10:03:00 -0400", Exact),
            ("Mon May 01 2023 16:03:00 GMT+0200 (Central European Summer Time)", Exact),
            ("01/May/2023:14:03:00 +0000", Exact),
            ("2023-05-01 14:03", Local),
            ("2023-05-01T14:03:00,000", Local),
            ("2023/05/01 14:03:00", Local),
            ("May 1, 2023 2:03 PM", Local),
            ("May 1, 2023, 2:03:00\u{202f}PM", Local),
            ("May 1, 2023 at 2:03 p.m.", Local),
            ("1 May 2023 14:03", Local),
            ("1st May 2023, 14:03", Local),
            ("1-May-2023 14:03", Local),
            ("Monday, May 1st, 2023 2:03 pm", Local),
            ("01.05.2023 14:03", Local),
            ("1.5.23 14:03", Local),
        ] {
            let expected = ("2023-05-01T14:03:00.000000Z".to_owned(), precision);
            assert_eq!(at(text, &TimeFormat::default()), Ok(expected), "{text}");
        }
        assert_eq!(at("12:30 2023-05-01", &TimeFormat::default()), Err(TimeProblem::NotATime));
        let midnight = at("May 1, 2023 12:05 AM", &TimeFormat::default()).unwrap().0;
        assert_eq!(midnight, "2023-05-01T00:05:00.000000Z");
    }

    #[test]
    fn days_and_numbers() {
        use TimePrecision::{Day, Number};
        let expected = |at: &str, precision| Ok((format!("{at}.000000Z"), precision));
        let read = |text| at(text, &TimeFormat::default());
        for text in ["2023-05-01", "2023/5/1", "01.05.2023", "May 1, 2023", "1 May 2023", "05/05/2023"] {
            let day = if text == "05/05/2023" { "2023-05-05T00:00:00" } else { "2023-05-01T00:00:00" };
            assert_eq!(read(text), expected(day, Day), "{text}");
        }
        assert_eq!(read("45047.58"), expected("2023-05-01T13:55:12", Number));
        assert_eq!(read("45047,58"), expected("2023-05-01T13:55:12", Number));
        assert_eq!(read("45047"), expected("2023-05-01T00:00:00", Number));
        assert_eq!(read("20230501"), expected("2023-05-01T00:00:00", Number));
        assert_eq!(read("1682949780"), expected("2023-05-01T14:03:00", Number));
        assert_eq!(read("1682949780000"), expected("2023-05-01T14:03:00", Number));
        assert_eq!(read("1682949780.5"), Ok(("2023-05-01T14:03:00.500000Z".into(), Number)));
        let plain = TimeFormat { numbers: false, ..TimeFormat::default() };
        for text in ["45047.58", "20230501", "1682949780"] {
            assert_eq!(at(text, &plain), Err(TimeProblem::NotATime), "{text}");
        }
        let berlin = TimeFormat { zone: Tz::Europe__Berlin, ..TimeFormat::default() };
        assert_eq!(at("45047.5", &berlin), expected("2023-05-01T10:00:00", Number));
    }

    #[test]
    fn day_and_month_are_not_guessed() {
        let with = |order| TimeFormat { order, ..TimeFormat::default() };
        let day = |text, order| at(text, &with(order)).map(|(at, _)| at[..10].to_owned());
        for text in ["01/05/2023 14:03", "1/5/2023", "01-05-2023", "24/11/19", "1/5/23"] {
            assert_eq!(day(text, None), Err(TimeProblem::Ambiguous), "{text}");
        }
        assert_eq!(day("24/11/2019", None).as_deref(), Ok("2019-11-24"));
        assert_eq!(day("11/24/2019", None).as_deref(), Ok("2019-11-24"));
        assert_eq!(day("01/05/2023 14:03", Some(DateOrder::DayFirst)).as_deref(), Ok("2023-05-01"));
        assert_eq!(day("01/05/2023 2:03 PM", Some(DateOrder::MonthFirst)).as_deref(), Ok("2023-01-05"));
        assert_eq!(day("23/05/01", Some(DateOrder::YearFirst)).as_deref(), Ok("2023-05-01"));
        assert_eq!(day("2023/05/01", Some(DateOrder::DayFirst)).as_deref(), Ok("2023-05-01"));
        assert_eq!(day("24/11/2019", Some(DateOrder::MonthFirst)), Err(TimeProblem::NotATime));
        for (text, order) in [
            ("DD/MM/YYYY", DateOrder::DayFirst),
            ("dd.mm.yyyy hh:mm", DateOrder::DayFirst),
            ("%m/%d/%Y", DateOrder::MonthFirst),
            ("YYYY-MM-DD", DateOrder::YearFirst),
            ("mdy", DateOrder::MonthFirst),
        ] {
            assert_eq!(text.parse(), Ok(order), "{text}");
        }
        assert!("day".parse::<DateOrder>().is_err() && "".parse::<DateOrder>().is_err());
        assert!(TimeProblem::Ambiguous.sentence("01/05/2023").contains("--date-format"));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "soon",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "12026-11-22",
            "+2026-11-22",
            "2026-11-22 or later",
            "tomorrow",
            "２０２６-11-22",
            "2026-11-22T",
            "2026-11-22T25:00",
            "2026-11-22 9",
            "Marchy 1, 2023",
            "2023-05-01T14:03:00 EST",
            "2023-05-01 +02:00",
            "May 2023",
            "0/0/2023",
            "13:00",
            "2023-05-01 14:60",
            "2023-05-01 13:00 PM",
            "99999",
            "1.2.3.4",
            "-45047",
        ] {
            assert_eq!(at(text, &TimeFormat::default()), Err(TimeProblem::NotATime), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_one_of_the_chosen_zone() {
        let read =
            |text, zone| read(text, &TimeFormat { zone, ..TimeFormat::default() }).unwrap().at.to_rfc3339();
        let berlin = Tz::Europe__Berlin;
        assert_eq!(read("2026-11-02 09:00", Tz::UTC), "2026-11-02T09:00:00+00:00");
        assert_eq!(read("2026-11-02 09:00", berlin), "2026-11-02T08:00:00+00:00");
        assert_eq!(read("2026-07-02", berlin), "2026-07-01T22:00:00+00:00");
        assert_eq!(read("2026-07-02T09:00:00Z", berlin), "2026-07-02T09:00:00+00:00");
        // Clocks go forward at two, and back at three.
        assert_eq!(read("2026-03-29 02:30", berlin), "2026-03-29T01:30:00+00:00");
        assert_eq!(read("2026-10-25 02:30", berlin), "2026-10-25T00:30:00+00:00");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,40}") {
            let _ = read(&text, &TimeFormat::default());
        }

        #[test]
        fn a_written_instant_is_read(seconds in 0_i64..4_000_000_000, form in 0_usize..5) {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let forms = ["%Y-%m-%dT%H:%M:%S%z", "%a, %d %b %Y %H:%M:%S %z", "%B %-d, %Y %-I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"];
            let text = at.format(forms[form]).to_string();
            prop_assert_eq!(read(&text, &TimeFormat::default()).map(|read| read.at), Ok(at), "{}", text);
        }
    }
}
