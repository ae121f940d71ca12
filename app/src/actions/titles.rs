//! Titles of lists, pools and destinations.

use engine::change::Kind;
use leptos::prelude::*;
use service::titles::set_title;
use store::titles::TitledObject;

use super::{LocalPath, actor, allowed, back_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Sets the title of a versioned item, then redirects to its page.
///
/// # Errors
/// Returns an error if the kind does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "set-version-title")]
pub async fn set_version_title(
    /// Its kind.
    kind: String,
    /// Its name.
    name: String,
    /// The title; empty for its name in words.
    #[server(default)]
    title: String,
) -> Result<(), Error> {
    let request = allowed::<SetVersionTitle>()?;
    let kind: Kind = kind.parse().map_err(|_| Error::NotFound { what: Missing::Kind })?;
    let back = back_to(None, &format!("{}/{name}", kind.spec().path));
    titled(&request, &back, TitledObject::Version(kind, &name), &title).await
}

/// Sets the title of a destination, then redirects to the destinations.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "set-destination-title")]
pub async fn set_destination_title(
    /// The destination's name.
    destination: String,
    /// The title; empty for its name.
    #[server(default)]
    title: String,
) -> Result<(), Error> {
    let request = allowed::<SetDestinationTitle>()?;
    titled(&request, &back_to(None, "/sync"), TitledObject::Destination(&destination), &title).await
}

async fn titled(request: &Request, back: &LocalPath, what: TitledObject<'_>, title: &str) -> Result<()> {
    match set_title(&request.store, &actor(request)?, what, title).await {
        Ok(()) => lead_to_with(back, &Flash::new(texts().titles_saved())),
        Err(error @ store::Error::Refused(_)) => {
            lead_to_with(back, &Flash::new(Error::from(error).to_string()))
        }
        Err(error) => Err(error.into()),
    }
}
