//! The account of the signed-in person.

use chrono_tz::Tz;
use leptos::prelude::*;
use store::people::sessions::{self, SessionIdHash};
use store::people::{self, Preferences};

use super::{fields, page_path};
use crate::actions::{actor, allowed, connection, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;

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
        lead_to_with(
            &page_path(PAGE),
            &Flash::new("Not changed: fix the marked fields.").error(field, problem),
        )
    };
    let new = fields::password(&password, &again);
    // A wrong password is reported together with the other problems, so that all can be corrected at once. Counted before the check, as in sign-in.
    if let Some(left) = connection.throttles.passwords.take(&viewer.email, connection.peer, request.now) {
        let minutes = left.num_minutes() + 1;
        return failed("current", format!("Too many wrong passwords. Try again in {minutes} minutes."));
    }
    let is_right = people::check_password(&request.store, &viewer.email, &current).await?.is_some();
    if is_right {
        connection.throttles.passwords.forget(&viewer.email, connection.peer);
    }
    let new = match new {
        Ok(new) if is_right => new,
        new => {
            let wrong = (!is_right).then(|| ("current", "This is not your current password.".to_owned()));
            let problems = new.err().unwrap_or_default();
            let flash = Flash::new("Not changed: fix the marked fields.");
            let flash = fields::wrong(flash, wrong.into_iter().chain(problems).map(Some));
            return lead_to_with(&page_path(PAGE), &flash);
        }
    };
    people::set_password(&request.store, &actor(&request)?, viewer.id, new).await?;
    connection.enter(viewer.id, request.now).await?;
    lead_to_with(&page_path(PAGE), &Flash::new("Password changed. You are signed out in other browsers."))
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
    let id: SessionIdHash = session.parse().map_err(|()| Error::NotFound { what: "session".into() })?;
    let said = match sessions::end_one(&request.store, &actor(&request)?, id).await {
        Ok(()) => "The browser is signed out.",
        Err(store::Error::NotFound(_)) => "The browser was already signed out.",
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
    lead_to_with(&page_path(PAGE), &Flash::new("You are signed out in every other browser."))
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
    let zone: Tz = zone.parse().map_err(|_| Error::NotFound { what: "time zone".into() })?;
    let number_format = numbers.parse().map_err(|_| Error::NotFound { what: "number format".into() })?;
    let chosen = Preferences { time_zone: zone.name(), number_format, single_keys };
    people::set_preferences(&request.store, &actor(&request)?, chosen).await?;
    lead_to_with(&page_path(PAGE), &Flash::new("Saved."))
}
