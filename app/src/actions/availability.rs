//! Weight and absence of pool members.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;
use service::availability::set;
use store::availability::{Availability, MOST_WEIGHT};

use super::{actor, allowed, back_to, lead_to_with};
use crate::error::Error;
use crate::flash::Flash;
use crate::texts::texts;

/// Sets a pool member's weight and absence, then redirects to the pool.
///
/// # Errors
/// Returns an error if the pool does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "set-availability")]
pub async fn set_availability(
    /// The pool's name.
    pool: String,
    /// The member, by e-mail address.
    person: String,
    /// Turns the person has while others have one; empty for those of the pool's version.
    #[server(default)]
    weight: String,
    /// The last day of an absence, as `2026-11-30`; empty for none.
    #[server(default)]
    away: String,
) -> Result<(), Error> {
    let request = allowed::<SetAvailability>()?;
    let back = back_to(None, &format!("/pools/{pool}"));
    let zone = request.viewer.as_ref().map_or(Tz::UTC, |viewer| viewer.time_zone);
    let wanted = match (turns(&weight), end_of(&away, zone)) {
        (Ok(weight), Ok(away_until)) => Availability { weight, away_until },
        (Err(problem), _) | (_, Err(problem)) => return lead_to_with(&back, &Flash::new(problem)),
    };
    match set(&request.store, &actor(&request)?, &pool, &person, &wanted).await {
        Ok(()) => lead_to_with(&back, &Flash::new(texts().stop_availability_saved())),
        Err(error @ store::Error::Refused(_)) => {
            lead_to_with(&back, &Flash::new(Error::from(error).to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn turns(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(weight) if (1..=MOST_WEIGHT).contains(&weight) => Ok(Some(weight)),
            _ => Err(texts().stop_turns_invalid(MOST_WEIGHT.to_string())),
        },
    }
}

/// Returns the end of a day in a time zone, or `None` for an empty text. Where daylight saving skips midnight, the day ends
/// when the next one starts.
pub(super) fn end_of(text: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    let next = day.and_then(|day| day.checked_add_days(Days::new(1)));
    let end = next.and_then(|next| {
        (0..3).find_map(|hour| next.and_hms_opt(hour, 0, 0)?.and_local_timezone(zone).earliest())
    });
    end.map(|end| Some(end.with_timezone(&Utc))).ok_or_else(|| texts().stop_away_invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_ends_with_its_last_day_where_the_person_is_who_sets_it() {
        let end = |text, zone| end_of(text, zone).unwrap().map(|at| at.to_rfc3339());
        assert_eq!(end("2026-11-30", Tz::Europe__Berlin).as_deref(), Some("2026-11-30T23:00:00+00:00"));
        // The clocks were set from midnight to one o'clock.
        assert_eq!(end("2018-11-03", Tz::America__Sao_Paulo).as_deref(), Some("2018-11-04T03:00:00+00:00"));
        assert_eq!(end("  ", Tz::UTC), None);
        assert!(end_of("30.11.2026", Tz::UTC).is_err());
    }

    #[test]
    fn turns_are_a_whole_number_in_range() {
        assert_eq!((turns(" 3 "), turns("")), (Ok(Some(3)), Ok(None)));
        for wrong in ["0", "-1", "1.5", "1001", "two"] {
            assert!(turns(wrong).is_err(), "{wrong}");
        }
    }
}
