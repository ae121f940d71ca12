//! Reads the parts of a time one after another: weekday, date, time of day, offset.

use chrono::{FixedOffset, NaiveDate, NaiveTime};

use super::read::{DateOrder, TimeProblem};

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

/// A place in a text that states a time.
pub(super) struct Cursor<'t> {
    /// The text from here on.
    pub(super) rest: &'t str,
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

    pub(super) fn is_done(&mut self) -> bool {
        self.spaces();
        // JavaScript writes the name of the zone behind the offset: `GMT+0200 (Central European Summer Time)`.
        if self.rest.starts_with('(') && self.rest.ends_with(')') {
            self.rest = "";
        }
        self.rest.is_empty()
    }

    pub(super) fn skip_weekday(&mut self) {
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
    pub(super) fn date(&mut self, order: Option<DateOrder>) -> Result<NaiveDate, TimeProblem> {
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
    pub(super) fn time(&mut self) -> Option<Option<NaiveTime>> {
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
    pub(super) fn offset(&mut self) -> Option<Option<FixedOffset>> {
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
