//! Instants as Meshline writes them: UTC, cut to the microsecond, always six digits.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

/// `at` cut (not rounded) to the microsecond, which is what Postgres keeps.
pub fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

/// `2026-11-22T09:00:00.012345Z`: the one form in answers, hashes and files.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Serde form of [`stamp`], for `#[serde(with = "engine::time::micros")]`.
pub mod micros {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the instant as [`super::stamp`] does.
    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::stamp(*at))
    }

    /// Reads any RFC 3339 instant and cuts it to the microsecond.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(super::cut)
    }
}
