//! Managing people and API keys (administrators), and the viewer's own account.

mod account;
pub mod fields;
mod keys;
mod notices;
mod person;

pub use self::account::{
    ChangePassword, EndOtherSessions, EndSession, SetPreferences, change_password, end_other_sessions,
    end_session, set_preferences,
};
pub use self::keys::{AddKey, RevokeKey, add_key, revoke_key};
pub use self::notices::AccountNotice;
pub use self::person::{
    AddPerson, ConfirmRole, MakeLink, SetPersonDisabled, SetPersonRoles, add_person, confirm_role, make_link,
    set_person_disabled, set_person_roles,
};

use crate::actions::{LocalPath, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;

/// Redirects to a page with the reason for a refusal and the submitted values; passes every other error on.
fn refused(page: &str, flash: Flash, error: store::Error) -> Result<()> {
    match error {
        store::Error::Refused(why) => {
            lead_to_with(&page_path(page), &Flash { message: crate::error::sentence(&why), ..flash })
        }
        other => Err(other.into()),
    }
}

fn page_path(page: &str) -> LocalPath {
    back_to(None, page)
}

/// Parses a list of names, then sorts and deduplicates it.
fn parsed<T: std::str::FromStr + Ord>(texts: &[String], what: Missing) -> Result<Vec<T>> {
    let mut all = texts
        .iter()
        .map(|text| text.parse().map_err(|_| Error::NotFound { what }))
        .collect::<Result<Vec<T>>>()?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}
