//! The account of the signed-in person.

use chrono_tz::Tz;
use leptos::prelude::*;
use store::people::sessions::{self, SessionIdHash};
use store::people::{self, Preferences};

use super::{fields, page_path};
use crate::actions::connection::leave;
use crate::actions::sign_in::{log_failure, record_lock};
use crate::actions::throttle::PasswordAttempt;
use crate::actions::{actor, allowed, connection, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

const PAGE: &str = "/account";

/// Changes the viewer's password and ends their sessions in other browsers.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "change-password")]
pub async fn change_password(
    /// The current password.
    current: String,
    /// The new one.
    password: String,
    /// The same again.
    again: String,
) -> Result<(), Error> {
    let request = allowed::<ChangePassword>()?;
    let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let connection = connection()?;
    let failed = |field: &str, problem: String| {
        lead_to_with(&page_path(PAGE), &Flash::new(texts().account_not_changed()).error(field, problem))
    };
    let person = (&*viewer.name, &*viewer.email);
    let new = fields::password(&password, &again, person, &request.breached_passwords);
    let Some(place) = connection.gate.enter(&request.store, connection.peer, request.now).await else {
        return Err(Error::Busy { message: texts().gate_sign_in_busy() });
    };
    // Counted like an attempt to sign in: a person who finds an open browser must not guess either.
    let attempt =
        PasswordAttempt::take(&connection.gate, &request.store, &viewer.email, connection.peer, request.now);
    let attempt = match attempt.await? {
        Ok(attempt) => attempt,
        Err(left) => return failed("current", texts().gate_sign_in_too_many(left.num_minutes() + 1)),
    };
    // A wrong password is reported together with the other problems, so that all can be corrected at once.
    let is_right =
        people::check_password(&request.store, &viewer.email, &current, place.lane).await?.is_some();
    if is_right {
        attempt.succeeded(&connection.gate, &request.store, request.now).await?;
    } else {
        log_failure(&request, &connection, &viewer.email);
        if let Some(until) = attempt.locks_until(request.now) {
            record_lock(&request, &viewer.email, until);
        }
    }
    let new = match new {
        Ok(new) if is_right => new,
        new => {
            let wrong = (!is_right).then(|| ("current", texts().account_wrong_password()));
            let problems = new.err().unwrap_or_default();
            let flash = Flash::new(texts().account_not_changed());
            let flash = fields::wrong(flash, wrong.into_iter().chain(problems).map(Some));
            return lead_to_with(&page_path(PAGE), &flash);
        }
    };
    people::set_password(&request.store, &actor(&request)?, viewer.id, new).await?;
    connection.enter(viewer.id, request.now).await?;
    lead_to_with(&page_path(PAGE), &Flash::new(texts().account_password_changed()))
}

/// Signs out one of the viewer's browsers by its session's hash. The current browser works as well.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "end-session")]
pub async fn end_session(
    /// The session's hash, in hexadecimal digits.
    session: String,
) -> Result<(), Error> {
    let request = allowed::<EndSession>()?;
    let id: SessionIdHash = session.parse().map_err(|()| Error::NotFound { what: Missing::Session })?;
    let ended = sessions::end_one(&request.store, &actor(&request)?, id).await;
    if request.viewer.as_ref().and_then(|viewer| viewer.session) == Some(id) {
        leave(&connection()?.session).await.map_err(|_| Error::Unavailable)?;
    }
    let said = match ended {
        Ok(()) => texts().account_signed_out(),
        Err(store::Error::NotFound(_)) => texts().account_signed_out_before(),
        Err(error) => return Err(error.into()),
    };
    lead_to_with(&page_path(PAGE), &Flash::new(said))
}

/// Signs out all of the viewer's browsers except this one.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Result<(), Error> {
    let request = allowed::<EndOtherSessions>()?;
    let this = request.viewer.as_ref().and_then(|viewer| viewer.session).ok_or(Error::SignedOut)?;
    sessions::end_others(&request.store, &actor(&request)?, this).await?;
    lead_to_with(&page_path(PAGE), &Flash::new(texts().account_signed_out_others()))
}

/// Saves how dates and numbers are shown and whether single-key shortcuts are on.
///
/// # Errors
/// Returns an error if the time zone or the number format does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "set-preferences")]
pub async fn set_preferences(
    /// The IANA name of the zone.
    zone: String,
    /// How figures are shown: comma, dot or space.
    numbers: String,
    /// Whether single-key shortcuts are on: an unchecked box sends nothing.
    #[server(default)]
    single_keys: bool,
) -> Result<(), Error> {
    let request = allowed::<SetPreferences>()?;
    let zone: Tz = zone.parse().map_err(|_| Error::NotFound { what: Missing::TimeZone })?;
    let number_format = numbers.parse().map_err(|_| Error::NotFound { what: Missing::NumberFormat })?;
    let chosen = Preferences { time_zone: zone.name(), number_format, single_keys };
    people::set_preferences(&request.store, &actor(&request)?, chosen).await?;
    lead_to_with(&page_path(PAGE), &Flash::new(texts().account_saved()))
}
