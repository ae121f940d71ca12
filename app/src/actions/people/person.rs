//! Adding, deactivating and reactivating people.

use engine::ids::PersonId;
use leptos::prelude::*;
use store::Store;
use store::actor::Role;
use store::control::is_used;
use store::people::{self, Person};

use super::{fields, page_path, parsed, refused};
use crate::actions::{LocalPath, REPEATED, actor, actor_once, allowed, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::roles;

const PAGE: &str = "/people";

/// Adds a person and shows the link to set a password.
///
/// # Errors
/// Returns an error if a role does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "add-person")]
pub async fn add_person(
    /// What the person is called.
    name: String,
    /// The address the person signs in with.
    email: String,
    /// The roles.
    #[server(default)]
    roles: Vec<String>,
    /// Names the form, so that it adds one person.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<AddPerson>()?;
    let held: Vec<Role> = parsed(&roles, Missing::Role)?;
    let typed = Flash::new(texts().people_not_added())
        .value("name", &*name)
        .value("email", &*email)
        .value("roles", roles.join(","));
    let called = name.trim();
    let actor = actor_once(&request, &form)?;
    let is_taken = people::by_email(&request.store, &email).await?.is_some();
    if is_taken && is_used(&request.store, &actor).await? {
        return again(&request, &email, called).await;
    }
    let problems = [
        fields::name(called),
        fields::email(&email).or_else(|| is_taken.then(|| ("email", texts().people_email_taken()))),
        held.is_empty().then(|| ("roles", texts().people_role_missing())),
    ];
    let wrong = fields::wrong(typed.clone(), problems);
    let wrong = match wrong.errors.keys().map(String::as_str).collect::<Vec<_>>()[..] {
        ["roles"] => Flash { message: texts().people_not_added_role(), ..wrong },
        _ => wrong,
    };
    if !wrong.errors.is_empty() {
        return lead_to_with(&page_path(PAGE), &wrong);
    }
    let id = match people::add(&request.store, &actor, &email, called, &held).await {
        Ok(id) => id,
        Err(store::Error::Repeated) => return again(&request, &email, called).await,
        // Another request added the person first, or the form was sent twice.
        Err(store::Error::Duplicate(_)) if is_used(&request.store, &actor).await? => {
            return again(&request, &email, called).await;
        }
        Err(store::Error::Duplicate(_)) => {
            return lead_to_with(&page_path(PAGE), &typed.error("email", texts().people_email_taken()));
        }
        Err(error) => return refused(PAGE, typed, error),
    };
    show_link(&request, id, texts().people_added(called)).await
}

/// Responds to a form that was sent twice: links to the person's page and explains how to get another link.
async fn again(request: &Request, email: &str, called: &str) -> Result<()> {
    let person = people::by_email(&request.store, email).await?;
    let page = person.map_or_else(|| page_path(PAGE), |person| page_of(person.id));
    let said = format!("{REPEATED} {}", texts().people_added_before(called));
    lead_to_with(&page, &Flash::new(said))
}

/// Creates a new link for a person and shows it. Earlier links stop working.
///
/// # Errors
/// Returns an error if the person does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "make-link")]
pub async fn make_link(
    /// The person's id.
    person: String,
) -> Result<(), Error> {
    let request = allowed::<MakeLink>()?;
    let person = find(&request.store, &person).await?;
    if person.is_disabled {
        let said = texts().people_link_refused(&person.name);
        return lead_to_with(&page_of(person.id), &Flash::new(said));
    }
    show_link(&request, person.id, texts().people_link_created(&person.name)).await
}

/// Replaces a person's roles.
///
/// # Errors
/// Returns an error if the person or a role does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "set-person-roles")]
pub async fn set_person_roles(
    /// The person's id.
    person: String,
    /// The roles.
    #[server(default)]
    roles: Vec<String>,
) -> Result<(), Error> {
    let request = allowed::<SetPersonRoles>()?;
    let roles: Vec<Role> = parsed(&roles, Missing::Role)?;
    let person = find(&request.store, &person).await?;
    match people::set_roles(&request.store, &actor(&request)?, person.id, &roles).await {
        Ok(()) => {
            let titles = roles::list(&roles);
            let said = if roles.is_empty() {
                texts().people_roles_removed(&person.name)
            } else {
                texts().people_roles_saved(&person.name, titles)
            };
            lead_to_with(&page_of(person.id), &Flash::new(said))
        }
        Err(error) => refused(page_of(person.id).as_str(), Flash::default(), error),
    }
}

/// Confirms a role that another administrator gave, so that approvals in it count at once.
///
/// # Errors
/// Returns an error if the person or the role does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "confirm-role")]
pub async fn confirm_role(
    /// The person's id.
    person: String,
    /// The role.
    role: String,
) -> Result<(), Error> {
    let request = allowed::<ConfirmRole>()?;
    let role: Role = role.parse().map_err(|_| Error::NotFound { what: Missing::Role })?;
    let person = find(&request.store, &person).await?;
    let said = match people::confirm(&request.store, &actor(&request)?, person.id, role).await {
        Ok(()) => texts().role_terms_was_confirmed(roles::title(role), &person.name),
        Err(store::Error::NotFound("role")) => texts().role_terms_nothing_to_confirm(),
        Err(error) => return refused(page_of(person.id).as_str(), Flash::default(), error),
    };
    lead_to_with(&page_of(person.id), &Flash::new(said))
}

/// Deactivates a person with immediate effect, or reactivates them.
///
/// # Errors
/// Returns an error if the person does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "set-person-disabled")]
pub async fn set_person_disabled(
    /// The person's id.
    person: String,
    /// Whether to deactivate the person.
    disabled: bool,
) -> Result<(), Error> {
    let request = allowed::<SetPersonDisabled>()?;
    let person = find(&request.store, &person).await?;
    match people::set_disabled(&request.store, &actor(&request)?, person.id, disabled).await {
        Ok(()) if disabled => {
            let said = texts().people_was_deactivated(&person.name);
            lead_to_with(&page_of(person.id), &Flash::new(said))
        }
        Ok(()) => {
            lead_to_with(&page_of(person.id), &Flash::new(texts().people_was_reactivated(&person.name)))
        }
        Err(error) => refused(page_of(person.id).as_str(), Flash::default(), error),
    }
}

fn page_of(person: PersonId) -> LocalPath {
    page_path(&format!("{PAGE}/{person}"))
}

async fn find(store: &Store, id: &str) -> Result<Person> {
    let not_found = || Error::NotFound { what: Missing::Person };
    let id: PersonId = id.parse().map_err(|_| not_found())?;
    people::by_id(store, id).await?.ok_or_else(not_found)
}

/// Passes the link to the next page, the only place that shows it: the link itself is not stored.
async fn show_link(request: &Request, person: PersonId, said: String) -> Result<()> {
    let token =
        people::make_setup_link(&request.store, &actor(request)?, person, people::DEFAULT_VALIDITY).await?;
    let flash = Flash::new(said).secret(format!("{}/setup/{token}", request.origin()));
    lead_to_with(&page_of(person), &flash)
}
