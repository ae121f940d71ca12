//! API keys.

use engine::ids::ApiKeyId;
use leptos::prelude::*;
use store::people::{self, Scope};

use super::{fields, page_path, parsed, refused};
use crate::actions::{REPEATED, actor, actor_once, allowed, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

const PAGE: &str = "/keys";
/// The maximum length of a key's name in characters, which the database enforces.
const NAME_CHARS: usize = 100;

/// Creates a key and shows its text once.
///
/// # Errors
/// Returns an error if a scope does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "add-key")]
pub async fn add_key(
    /// What the key is for.
    name: String,
    /// What it may do.
    #[server(default)]
    scopes: Vec<String>,
    /// Names the form, so that it makes one key.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<AddKey>()?;
    let wanted: Vec<Scope> = parsed(&scopes, Missing::Scope)?;
    let typed =
        Flash::new(texts().keys_not_created()).value("name", &*name).value("scopes", scopes.join(","));
    let called = name.trim();
    let problems = [
        fields::text("name", called, NAME_CHARS),
        wanted.is_empty().then(|| ("scopes", texts().keys_scopes_missing())),
    ];
    let wrong = fields::wrong(typed.clone(), problems);
    if !wrong.errors.is_empty() {
        return lead_to_with(&page_path(PAGE), &wrong);
    }
    match people::add_key(&request.store, &actor_once(&request, &form)?, called, &wanted).await {
        Ok(key) => {
            let said = texts().keys_created(called);
            lead_to_with(&page_path(PAGE), &Flash::new(said).secret(key))
        }
        Err(store::Error::Repeated) => {
            let said = format!("{REPEATED} {}", texts().keys_created_before(called));
            lead_to_with(&page_path(PAGE), &Flash::new(said))
        }
        Err(store::Error::Duplicate(_)) => {
            let flash = typed.error("name", texts().keys_name_taken());
            lead_to_with(&page_path(PAGE), &flash)
        }
        Err(error) => refused(PAGE, typed, error),
    }
}

/// Revokes a key, which stops working within a second.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "revoke-key")]
pub async fn revoke_key(
    /// The key's id.
    key: String,
) -> Result<(), Error> {
    let request = allowed::<RevokeKey>()?;
    let id: ApiKeyId = key.parse().map_err(|_| Error::NotFound { what: Missing::Key })?;
    let said = match people::revoke_key(&request.store, &actor(&request)?, id).await {
        Ok(()) => texts().keys_was_revoked(),
        Err(store::Error::NotFound(_)) => texts().keys_revoked_before(),
        Err(error) => return Err(error.into()),
    };
    lead_to_with(&page_path(PAGE), &Flash::new(said))
}
