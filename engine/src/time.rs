//! Timestamps in Meshline's format: UTC, truncated to the microsecond, always with six decimals.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

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
