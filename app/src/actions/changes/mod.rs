//! Change requests: drafting, submitting and approving.

mod draft;
mod list;
mod review;
mod update;

use engine::change::Kind;

use super::LocalPath;
use crate::actions::back_to;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;

pub use self::draft::{SaveChange, StartChange, WithdrawChange, save_change, start_change, withdraw_change};
pub use self::list::{EditEntries, ListUpload, counted, edit_entries, list_file, take_file, upload_target};
pub use self::review::{CommentChange, ReturnChange, SignChange, comment_change, return_change, sign_change};
pub use self::update::{StartOverChange, UpdateChange, start_over_change, update_change};

/// Returns the path of a change's page.
pub fn change_path(number: i64) -> LocalPath {
    back_to(None, &format!("/changes/{number}"))
}

fn kind_named(kind: &str) -> Result<Kind> {
    kind.parse().map_err(|_| Error::NotFound { what: Missing::Kind })
}

/// Redirects to the change's page with the reason for a refusal; passes every other error on.
fn refused(number: i64, flash: Flash, error: store::Error) -> Result<()> {
    match error {
        store::Error::Refused(_) => {
            let message = Error::from(error).to_string();
            super::lead_to_with(&change_path(number), &Flash { message, is_problem: true, ..flash })
        }
        other => Err(other.into()),
    }
}
