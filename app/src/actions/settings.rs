//! Settings that administrators choose for the whole organisation.

use chrono_tz::Tz;
use leptos::prelude::*;
use store::settings::{self, Organisation};
use store::{Error as StoreError, layers, people};

use super::people::fields;
use service::mail::Email;

use super::{LocalPath, actor, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

const PAGE: &str = "/settings";
/// The maximum length of the organisation's name in characters; the menu shows it below the product's name.
const NAME_CHARS: usize = 60;

/// Sets the organisation's name and the display defaults for new people.
///
/// # Errors
/// Returns an error if the time zone or the number format does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "set-organisation")]
pub async fn set_organisation(
    /// What it is called.
    name: String,
    /// The IANA name of the zone.
    zone: String,
    /// How figures are shown: comma, dot or space.
    numbers: String,
) -> Result<(), Error> {
    let request = allowed::<SetOrganisation>()?;
    let zone: Tz = zone.parse().map_err(|_| Error::NotFound { what: Missing::TimeZone })?;
    let number_format = numbers.parse().map_err(|_| Error::NotFound { what: Missing::NumberFormat })?;
    let typed = Flash::new(texts().settings_not_saved()).value("name", &*name);
    let wrong = fields::wrong(typed, [fields::text("name", &name, NAME_CHARS)]);
    if !wrong.errors.is_empty() {
        return lead_to_with(&page(), &wrong);
    }
    let organisation =
        Organisation { name: name.trim().to_owned(), time_zone: zone.name().to_owned(), number_format };
    settings::set_organisation(&request.store, &actor(&request)?, &organisation).await?;
    lead_to_with(&page(), &Flash::new(texts().settings_saved()))
}

/// Sets the owner of each layer by address; an empty address leaves the layer without an owner.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "set-owners")]
pub async fn set_owners(
    /// For content.
    #[server(default)]
    content: String,
    /// For rules.
    #[server(default)]
    rules: String,
    /// For execution and sync.
    #[server(default)]
    sync: String,
    /// For control.
    #[server(default)]
    control: String,
) -> Result<(), Error> {
    let request = allowed::<SetOwners>()?;
    let chosen = [("content", &content), ("rules", &rules), ("sync", &sync), ("control", &control)];
    let mut typed = Flash::new(texts().settings_not_saved());
    for (field, address) in chosen {
        typed = typed.value(field, address);
    }
    let mut wrong = typed.clone();
    for (field, address) in chosen.into_iter().filter(|(_, address)| !address.is_empty()) {
        if people::by_email(&request.store, address).await?.is_none_or(|person| person.is_disabled) {
            wrong = wrong.error(field, texts().settings_owner_inactive());
        }
    }
    if !wrong.errors.is_empty() {
        return lead_to_with(&page(), &wrong);
    }
    match layers::set_owners(&request.store, &actor(&request)?, [&content, &rules, &sync, &control]).await {
        Ok(()) => lead_to_with(&page(), &Flash::new(texts().settings_owners_saved())),
        // The database enforces this rule, so the form does not check it first.
        Err(StoreError::Refused(_)) => {
            lead_to_with(&page(), &typed.error("rules", texts().settings_two_owners_why()))
        }
        Err(error) => Err(error.into()),
    }
}

/// E-mails a test letter to the viewer and shows the mail server's response.
///
/// # Errors
/// Returns an error if the caller is not signed in.
#[server(prefix = "/actions", endpoint = "send-test-mail")]
pub async fn send_test_mail() -> Result<(), Error> {
    let request = allowed::<SendTestMail>()?;
    let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let Some(post) = &request.post else {
        return lead_to_with(&page(), &Flash::new(texts().settings_mail_missing()));
    };
    let letter = Email {
        to: viewer.email.clone(),
        name: viewer.name.clone(),
        subject: texts().settings_test_subject(),
        text: texts().settings_test_text(&viewer.name),
    };
    let said = match post.send(letter).await {
        Ok(()) => texts().settings_test_sent(&viewer.email),
        Err(why) => {
            tracing::warn!(request_id = request.request_id, why, "a test letter was not taken");
            texts().settings_test_rejected(&why)
        }
    };
    lead_to_with(&page(), &Flash::new(said))
}

fn page() -> LocalPath {
    back_to(None, PAGE)
}
