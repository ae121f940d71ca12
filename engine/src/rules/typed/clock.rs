//! Timestamps and durations: parsing, formatting, their parts in a time zone, and arithmetic within CEL's
//! range.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Offset, TimeZone, Timelike, Utc};

const SECOND: i128 = 1_000_000_000;
/// 0001-01-01T00:00:00Z in seconds since 1970.
const FIRST: i128 = -62_135_596_800;
/// The second after 9999-12-31T23:59:59Z.
const AFTER_LAST: i128 = 253_402_300_800;

/// A part of a timestamp or duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
pub enum TimePart {
    /// The day of the month, starting at 1.
    #[strum(serialize = "getDate")]
    Date,
    /// The day of the month, starting at 0.
    #[strum(serialize = "getDayOfMonth")]
    DayOfMonth,
    /// The day of the week, starting at 0 for Sunday.
    #[strum(serialize = "getDayOfWeek")]
    DayOfWeek,
    /// The day of the year, starting at 0.
    #[strum(serialize = "getDayOfYear")]
    DayOfYear,
    /// The year.
    #[strum(serialize = "getFullYear")]
    FullYear,
    /// The hour of the day, or all hours of a duration.
    #[strum(serialize = "getHours")]
    Hours,
    /// The milliseconds of the second.
    #[strum(serialize = "getMilliseconds")]
    Milliseconds,
    /// The minute of the hour, or all minutes of a duration.
    #[strum(serialize = "getMinutes")]
    Minutes,
    /// The month, starting at 0.
    #[strum(serialize = "getMonth")]
    Month,
    /// The second of the minute, or all seconds of a duration.
    #[strum(serialize = "getSeconds")]
    Seconds,
}

/// Returns the timestamp, if it is within CEL's range from the year 1 to the year 9999.
pub fn in_range(nanos: i128) -> Option<i128> {
    (FIRST * SECOND..AFTER_LAST * SECOND).contains(&nanos).then_some(nanos)
}

/// Returns the timestamp for seconds since 1970.
pub fn from_seconds(seconds: i64) -> Option<i128> {
    in_range(i128::from(seconds) * SECOND)
}

/// Returns the whole seconds since 1970.
pub fn seconds(nanos: i128) -> i64 {
    i64::try_from(nanos.div_euclid(SECOND)).unwrap_or(i64::MAX)
}

/// Parses RFC 3339.
pub fn timestamp(text: &str) -> Option<i128> {
    let is_plain = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
    // Leap seconds are not supported.
    let at =
        DateTime::parse_from_rfc3339(text).ok().filter(|at| is_plain && at.nanosecond() < 1_000_000_000)?;
    in_range(i128::from(at.timestamp()) * SECOND + i128::from(at.timestamp_subsec_nanos()))
}

/// Formats a timestamp as RFC 3339 in UTC, with as many decimals as needed.
pub fn timestamp_text(nanos: i128) -> String {
    let Some(at) = utc(nanos) else { return String::new() };
    format!("{}{}Z", at.format("%Y-%m-%dT%H:%M:%S"), fraction(nanos.rem_euclid(SECOND)))
}

/// Parses durations such as `1h30m`, `-1.5s` or `250ms`.
pub fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i128 = 0;
    while !rest.is_empty() || total == 0 {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (whole, after) = rest.split_at(digits(rest));
        let (broken, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("", after),
        };
        if whole.len() + broken.len() == 0 || whole.len() > 20 {
            return None;
        }
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let unit = unit_nanos(unit)?;
        // Digits after the eighteenth are less than a nanosecond in every unit.
        let broken = &broken[..broken.len().min(18)];
        let parts: i128 = if broken.is_empty() { 0 } else { broken.parse().ok()? };
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total += whole * unit + parts * unit / 10_i128.pow(u32::try_from(broken.len()).ok()?);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    i64::try_from(sign * total).ok()
}

fn unit_nanos(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        _ => return None,
    })
}

/// Formats a duration in seconds, such as `60.001s`.
pub fn duration_text(nanos: i64) -> String {
    let all = i128::from(nanos).abs();
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}{}s", all / SECOND, fraction(all % SECOND))
}

/// Formats a fraction: `.001` for a million nanoseconds.
fn fraction(nanos: i128) -> String {
    if nanos == 0 {
        return String::new();
    }
    format!(".{}", format!("{nanos:09}").trim_end_matches('0'))
}

/// Returns a part of a duration, truncated to a whole number.
pub fn part_of_duration(nanos: i64, part: TimePart) -> Option<i64> {
    Some(match part {
        TimePart::Hours => nanos / 3_600_000_000_000,
        TimePart::Minutes => nanos / 60_000_000_000,
        TimePart::Seconds => nanos / 1_000_000_000,
        TimePart::Milliseconds => nanos % 1_000_000_000 / 1_000_000,
        _ => return None,
    })
}

/// Returns a part of a timestamp in a time zone; `None` if the zone does not exist.
pub fn part(nanos: i128, part: TimePart, zone: Option<&str>) -> Option<i64> {
    let utc = utc(nanos)?;
    let local: NaiveDateTime = match zone {
        None => utc.naive_utc(),
        Some(zone) => utc.with_timezone(&offset(zone, utc)?).naive_local(),
    };
    Some(match part {
        TimePart::Date => i64::from(local.day()),
        TimePart::DayOfMonth => i64::from(local.day0()),
        TimePart::DayOfWeek => i64::from(local.weekday().num_days_from_sunday()),
        TimePart::DayOfYear => i64::from(local.ordinal0()),
        TimePart::FullYear => i64::from(local.year()),
        TimePart::Hours => i64::from(local.hour()),
        TimePart::Milliseconds => i64::from(local.nanosecond() / 1_000_000),
        TimePart::Minutes => i64::from(local.minute()),
        TimePart::Month => i64::from(local.month0()),
        TimePart::Seconds => i64::from(local.second()),
    })
}

/// Returns whether a time zone is known: an IANA name, or an offset such as `-09:30`.
pub fn is_zone(zone: &str) -> bool {
    fixed(zone).is_some() || zone.parse::<chrono_tz::Tz>().is_ok()
}

fn offset(zone: &str, at: DateTime<Utc>) -> Option<FixedOffset> {
    if let Some(offset) = fixed(zone) {
        return Some(offset);
    }
    let zone: chrono_tz::Tz = zone.parse().ok()?;
    Some(zone.offset_from_utc_datetime(&at.naive_utc()).fix())
}

/// Parses `+02:00`, `-09:30` or `02:00`.
fn fixed(zone: &str) -> Option<FixedOffset> {
    let (sign, digits) = match zone.strip_prefix(['+', '-']) {
        Some(digits) => (if zone.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, zone),
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |text: &str, below: i32| {
        let is_plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i32>().ok().filter(|n| is_plain && *n < below)
    };
    FixedOffset::east_opt(sign * (number(hours, 24)? * 3_600 + number(minutes, 60)? * 60))
}

fn utc(nanos: i128) -> Option<DateTime<Utc>> {
    let below = u32::try_from(nanos.rem_euclid(SECOND)).ok()?;
    DateTime::from_timestamp(i64::try_from(nanos.div_euclid(SECOND)).ok()?, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, nanos) in [
            ("0", 0),
            ("1h30m", 5_400_000_000_000),
            ("-1.5s", -1_500_000_000),
            ("1h34us", 3_600_000_034_000),
            ("+.5ms", 500_000),
            ("1.ms", 1_000_000),
            ("0s", 0),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
        ] {
            assert_eq!(duration(text), Some(nanos), "{text}");
        }
        for text in [
            "",
            "-",
            "1",
            "s",
            "1d",
            "1h 30m",
            ".s",
            "1..5s",
            "9223372036854775808ns",
            "999999999999999999999h",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!(duration_text(60_001_000_000), "60.001s");
        assert_eq!(duration_text(-500_000_000), "-0.5s");
        assert_eq!(duration_text(i64::MIN), "-9223372036.854775808s");
    }

    #[test]
    fn points_are_read_and_written() {
        for text in [
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "2026-02-28T12:30:00.5Z",
        ] {
            assert_eq!(timestamp(text).map(timestamp_text).as_deref(), Some(text));
        }
        assert_eq!(timestamp("2023-08-26T12:39:00-07:00"), timestamp("2023-08-26T19:39:00Z"));
        for text in [
            "0000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "2026-02-30T00:00:00Z",
            "2026-02-28",
            "2026-02-28 12:30:00Z",
            "2016-12-31T23:59:60Z",
            "",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn zones_by_name_and_offset() {
        let at = timestamp("2026-07-01T23:30:00Z").unwrap();
        assert_eq!(part(at, TimePart::Hours, Some("Europe/Berlin")), Some(1));
        assert_eq!(part(at, TimePart::Date, Some("+00:30")), Some(2));
        assert_eq!(part(at, TimePart::Date, Some("-09:30")), Some(1));
        for zone in ["Europe/Atlantis", "", "+25:00", "2", "+02:60", "++02:00"] {
            assert!(!is_zone(zone), "{zone}");
            assert_eq!(part(at, TimePart::Date, Some(zone)), None, "{zone}");
        }
    }
}
