//! One's own account.

use chrono_tz::Tz;
use leptos::prelude::*;
use store::people::{self, Password};

use super::page_path;
use crate::actions::{Flash, LocalPath, actor, allowed, door, lead_to_with};
use crate::error::{Error, Result};

const PAGE: &str = "/account";

/// Changes the password of whoever is signed in, and ends their sessions in other browsers.
///
/// # Errors
/// When the database fails.
#[server(prefix = "/actions", endpoint = "change-password")]
pub async fn change_password(
    /// The password until now.
    current: String,
    /// The new one.
    password: String,
    /// The same again.
    again: String,
) -> Result<(), Error> {
    let request = allowed::<ChangePassword>()?;
    let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let door = door()?;
    let failed = |field: &str, problem: String| {
        lead_to_with(&page_path(PAGE), &Flash::new("The password was not changed.").error(field, problem))
    };
    let new = match Password::parse(&password) {
        Err(problem) => return failed("password", problem.to_string()),
        Ok(_) if password != again => return failed("again", "The two passwords differ.".into()),
        Ok(new) => new,
    };
    if let Some(left) = door.throttle.shut_for(&viewer.email, door.peer, request.now) {
        let minutes = left.num_minutes() + 1;
        return failed("current", format!("Too many wrong passwords. Try again in {minutes} minutes."));
    }
    // Counted before it is looked at, as at the door.
    door.throttle.wrong(&viewer.email, door.peer, request.now);
    if people::check_password(&request.store, &viewer.email, &current).await?.is_none() {
        return failed("current", "This is not your password.".into());
    }
    door.throttle.right(&viewer.email, door.peer);
    people::set_password(&request.store, &actor(&request)?, viewer.id, new).await?;
    crate::actions::door::enter(&door.session, viewer.id, request.now)
        .await
        .map_err(|_| Error::Unavailable)?;
    lead_to_with(
        &page_path(PAGE),
        &Flash::new("Your password is changed, and other browsers are signed out."),
    )
}

/// Ends all sessions of whoever is signed in, this one too.
///
/// # Errors
/// When the database fails.
#[server(prefix = "/actions", endpoint = "sign-out-everywhere")]
pub async fn sign_out_everywhere() -> Result<(), Error> {
    let request = allowed::<SignOutEverywhere>()?;
    people::end_sessions(&request.store, &actor(&request)?).await?;
    crate::actions::door::leave(&door()?.session).await.map_err(|_| Error::Unavailable)?;
    let flash = Flash::new("You are signed out in every browser.");
    lead_to_with(&LocalPath::sign_in(&LocalPath::next(None)), &flash)
}

/// Shows times in another zone from now on.
///
/// # Errors
/// When there is no such zone, or the database fails.
#[server(prefix = "/actions", endpoint = "set-time-zone")]
pub async fn set_time_zone(
    /// The IANA name of the zone.
    zone: String,
) -> Result<(), Error> {
    let request = allowed::<SetTimeZone>()?;
    let zone: Tz = zone.parse().map_err(|_| Error::NotFound { what: "time zone".into() })?;
    people::set_time_zone(&request.store, &actor(&request)?, zone.name()).await?;
    lead_to_with(&page_path(PAGE), &Flash::new(format!("Times are shown as they are in {}.", zone.name())))
}
