//! The settings of a CalDAV server, validated when they are parsed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveTime, Weekday};
use engine::sync::backoff::RetryPolicy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::slots::MeetingHours;
use crate::kinds::TimeoutSeconds;
use crate::network::NetworkExceptions;

/// The settings of a CalDAV server. Every signed-in user can read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Settings")]
pub struct CaldavSettings {
    /// The URL of the server: http or https, without user and password.
    pub url: String,
    /// The user to sign in as (HTTP Basic, RFC 7617); the password is the secret. Must be able to write to all calendars. Omit it
    /// if the destination uses a credential with access tokens (OAuth).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The calendar of each person who can receive meetings: e-mail address to the path of the collection on the server.
    #[schemars(extend("minProperties" = 1))]
    pub calendars: BTreeMap<String, String>,
    /// The time zone of the working hours, and of events without one, as an IANA name.
    pub time_zone: String,
    /// The hours in which meetings can take place. Default: Monday to Friday, 09:00 to 17:00.
    #[serde(default, skip_serializing_if = "is_default")]
    pub working_hours: WorkingHours,
    /// The length of a meeting, in minutes. Default: 30.
    #[serde(default, skip_serializing_if = "is_default")]
    pub meeting_minutes: Minutes<5, 480, 30>,
    /// The minimum time between booking and start, in minutes. Default: 120.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notice_minutes: Minutes<0, 20_160, 120>,
    /// How many days ahead to look for a free slot. Default: 10.
    #[serde(default, skip_serializing_if = "is_default")]
    pub within_days: Days,
    /// Exceptions to the rules for networks: `plaintext` sends without TLS, `link_local` connects to link-local addresses.
    #[serde(default, skip_serializing_if = "NetworkExceptions::is_empty")]
    pub allow: NetworkExceptions,
    /// The time limit of one write with all its requests, in seconds. Default: 10.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout_seconds: TimeoutSeconds,
    /// The number of attempts per effect and the backoff between them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: RetryPolicy,
}

impl CaldavSettings {
    /// Returns the working hours in their time zone.
    ///
    /// # Errors
    /// Returns a sentence that names the invalid setting.
    pub(super) fn hours(&self) -> Result<MeetingHours, String> {
        let zone = self.time_zone.parse().map_err(|_| {
            format!(
                "`time_zone` must be an IANA name such as Europe/Berlin, not {}",
                self.time_zone.escape_debug()
            )
        })?;
        let WorkingHours { days, from, to } = &self.working_hours;
        if days.is_empty() {
            return Err("`working_hours.days` must not be empty".into());
        }
        if from.0 >= to.0 {
            return Err("`working_hours.from` must be before `working_hours.to`".into());
        }
        if (to.0 - from.0).num_minutes() < self.meeting_minutes.get() {
            return Err("`working_hours` must be at least as long as `meeting_minutes`".into());
        }
        if i64::from(u8::from(self.within_days)) * 24 * 60 <= self.notice_minutes.get() {
            return Err("`notice_minutes` must not exceed `within_days`".into());
        }
        Ok(MeetingHours {
            zone,
            days: days.iter().map(|day| (*day).into()).collect(),
            from: from.0,
            to: to.0,
        })
    }
}

/// The hours in which meetings can take place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkingHours {
    /// The days of the week.
    pub days: BTreeSet<Day>,
    /// The start of the working day, as `HH:MM`.
    pub from: ClockTime,
    /// The end of the working day, as `HH:MM`. Must be later than `from`.
    pub to: ClockTime,
}

impl Default for WorkingHours {
    fn default() -> Self {
        let at = |hour| ClockTime(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default());
        Self {
            days: BTreeSet::from([Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri]),
            from: at(9),
            to: at(17),
        }
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Mon => Self::Mon,
            Day::Tue => Self::Tue,
            Day::Wed => Self::Wed,
            Day::Thu => Self::Thu,
            Day::Fri => Self::Fri,
            Day::Sat => Self::Sat,
            Day::Sun => Self::Sun,
        }
    }
}

/// A time of day, written as `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
pub struct ClockTime(NaiveTime);

impl TryFrom<String> for ClockTime {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        NaiveTime::parse_from_str(&text, "%H:%M")
            .ok()
            .filter(|_| text.len() == 5)
            .map(Self)
            .ok_or_else(|| "write a time of day as HH:MM, from 00:00 to 23:59".into())
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.0.format("%H:%M").to_string()
    }
}

/// A number of minutes from `MIN` to `MAX`, `DEFAULT` unless set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u16", into = "u16")]
#[schemars(with = "u16", extend("minimum" = MIN, "maximum" = MAX))]
pub struct Minutes<const MIN: u16, const MAX: u16, const DEFAULT: u16>(u16);

impl<const MIN: u16, const MAX: u16, const DEFAULT: u16> Minutes<MIN, MAX, DEFAULT> {
    /// Returns the number of minutes.
    pub fn get(self) -> i64 {
        self.0.into()
    }
}

impl<const MIN: u16, const MAX: u16, const DEFAULT: u16> Default for Minutes<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const MIN: u16, const MAX: u16, const DEFAULT: u16> TryFrom<u16> for Minutes<MIN, MAX, DEFAULT> {
    type Error = String;
    fn try_from(minutes: u16) -> Result<Self, String> {
        if (MIN..=MAX).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(format!("between {MIN} and {MAX} minutes"))
        }
    }
}

impl<const MIN: u16, const MAX: u16, const DEFAULT: u16> From<Minutes<MIN, MAX, DEFAULT>> for u16 {
    fn from(minutes: Minutes<MIN, MAX, DEFAULT>) -> Self {
        minutes.0
    }
}

/// A number of days from 1 to 60. Calendars are not reliable any further ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(with = "u8", extend("minimum" = 1, "maximum" = 60))]
pub struct Days(u8);

impl Default for Days {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<u8> for Days {
    type Error = String;
    fn try_from(days: u8) -> Result<Self, String> {
        if (1..=60).contains(&days) { Ok(Self(days)) } else { Err("between 1 and 60 days".into()) }
    }
}

impl From<Days> for u8 {
    fn from(days: Days) -> Self {
        days.0
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
