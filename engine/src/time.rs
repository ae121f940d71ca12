//! Timestamps in Meshline's format: UTC, truncated to the microsecond, always with six decimals.

mod cursor;
mod read;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

pub use read::{
    DateFormatError, DateOrder, TimeFormat, TimePrecision, TimeProblem, TimeReading, read, read_utc,
};

/// Truncates `at` to the microsecond, the precision of Postgres.
pub fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

/// Formats a timestamp as `2026-11-22T09:00:00.012345Z`, the only format used in responses, hashes and files.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Serializes timestamps in the format of [`stamp`]; use it with `#[serde(with = "engine::time::micros")]`.
pub mod micros {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Serializes a timestamp in the format of [`super::stamp`].
    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::stamp(*at))
    }

    /// Deserializes any RFC 3339 timestamp and truncates it to the microsecond.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(super::cut)
    }
}

/// Deserializes instants as programs send them: in any form that [`read()`] knows, but always with an offset from UTC. Use it with
/// `#[serde(deserialize_with = "engine::time::sent::deserialize")]`.
pub mod sent {
    use chrono::{DateTime, Utc};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer};

    use super::{TimePrecision, TimeProblem};

    /// Deserializes an instant.
    ///
    /// # Errors
    /// Returns an error if the text is not an instant, or has no offset.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        instant(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    fn instant(text: &str) -> Result<DateTime<Utc>, String> {
        match super::read_utc(text, false) {
            Ok(read) if read.precision == TimePrecision::Exact => Ok(read.at),
            Ok(_) => Err("the time has no offset from UTC; send it as in 2026-11-22T09:00:00Z".into()),
            Err(TimeProblem::Ambiguous) => {
                Err("it is unclear which number is the month; send the time as in 2026-11-22T09:00:00Z"
                    .into())
            }
            Err(TimeProblem::NotATime) => Err("this is no time; send it as in 2026-11-22T09:00:00Z".into()),
        }
    }

    /// The same for an instant that may be missing.
    pub mod option {
        use chrono::{DateTime, Utc};
        use serde::de::Error as _;
        use serde::{Deserialize as _, Deserializer};

        /// Deserializes an instant, or nothing from `null`.
        ///
        /// # Errors
        /// Returns an error if the text is not an instant, or has no offset.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<DateTime<Utc>>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| super::instant(&text)).transpose().map_err(D::Error::custom)
        }
    }
}
