//! Saved views of lists.

use leptos::prelude::*;
use store::views::{self, NAME_CHARS, QUERY_CHARS, SavedView};
use uuid::Uuid;

use super::{LocalPath, actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result, sentence};
use crate::flash::Flash;
use crate::lists::LISTS;
use crate::texts::texts;

/// Saves the filters of a list as a named view, then redirects to it.
///
/// # Errors
/// Returns an error if the page does not support views, or if the database fails.
#[server(prefix = "/actions", endpoint = "save-view")]
pub async fn save_view(
    /// The list's path.
    page: String,
    /// What stands after the question mark.
    #[server(default)]
    query: String,
    /// What the view is called.
    name: String,
) -> Result<(), Error> {
    let request = allowed::<SaveView>()?;
    let page = LISTS.iter().map(|list| list.path).find(|known| *known == page);
    let page = page.ok_or(Error::NotFound { what: Missing::List })?;
    let address = if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") };
    let back = LocalPath::parse(&address)
        .ok_or_else(|| Error::Invalid { message: texts().list_tools_wrong_address() })?;
    let name = match named(&name) {
        Ok(name) => name,
        Err(problem) => return lead_to_with(&back, &refused(&problem, name)),
    };
    if query.chars().count() > QUERY_CHARS {
        return lead_to_with(&back, &Flash::new(texts().list_tools_too_many_filters()));
    }
    match views::save(&request.store, &actor(&request)?, page, &name, &query).await {
        Ok(()) => lead_to_with(&back, &Flash::new(texts().list_tools_saved(&name))),
        Err(store::Error::Refused(why)) => {
            lead_to_with(&back, &Flash::new(texts().list_tools_not_saved_because(sentence(&why))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Renames a view.
///
/// # Errors
/// Returns an error if the view does not belong to the viewer, or if the database fails.
#[server(prefix = "/actions", endpoint = "rename-view")]
pub async fn rename_view(
    /// The view's id.
    view: String,
    /// What it is called from now on.
    name: String,
) -> Result<(), Error> {
    let request = allowed::<RenameView>()?;
    let id = id(&view)?;
    let shown = match named(&name) {
        Ok(name) => views::rename(&request.store, &actor(&request)?, id, &name).await,
        Err(problem) => return lead_to_with(&back_to(None, "/leads"), &refused(&problem, name)),
    };
    match shown {
        Ok(view) => lead_to_with(&of(&view), &Flash::new(texts().list_tools_renamed(&view.name))),
        Err(store::Error::Duplicate(_)) => {
            lead_to_with(&back_to(None, "/leads"), &Flash::new(texts().list_tools_renamed_twice()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Deletes a view.
///
/// # Errors
/// Returns an error if the view does not belong to the viewer, or if the database fails.
#[server(prefix = "/actions", endpoint = "delete-view")]
pub async fn delete_view(
    /// The view's id.
    view: String,
) -> Result<(), Error> {
    let request = allowed::<DeleteView>()?;
    let view = views::delete(&request.store, &actor(&request)?, id(&view)?).await?;
    lead_to_with(&of(&view), &Flash::new(texts().list_tools_deleted(&view.name)))
}

fn id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Error::NotFound { what: Missing::View })
}

fn of(view: &SavedView) -> LocalPath {
    let address =
        if view.query.is_empty() { view.page.clone() } else { format!("{}?{}", view.page, view.query) };
    back_to(Some(&address), &view.page)
}

fn refused(problem: &str, typed: String) -> Flash {
    Flash::new(texts().list_tools_not_saved()).error("view-name", problem).value("view-name", typed)
}

/// Trims a view's name and replaces its control characters by spaces.
fn named(text: &str) -> Result<String, String> {
    let name: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match name.chars().count() {
        0 => Err(texts().list_tools_name_missing()),
        count if count > NAME_CHARS => {
            Err(texts().list_tools_name_too_long(count.to_string(), NAME_CHARS.to_string()))
        }
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(named(" On\thold "), Ok("On hold".into()));
        assert!(named(" \n ").is_err());
        assert!(named(&"x".repeat(61)).is_err());
    }
}
