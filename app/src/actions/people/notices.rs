//! Notices about what others did to accounts, in words: for the home page and for letters.

use chrono_tz::Tz;
use service::mail::Email;
use store::Store;
use store::actor::Role;
use store::notices::{Notice, NoticeKind};
use store::people;
use store::reads::frame::names_of_actors;

use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::{roles, series, words};

/// A notice about an account, in words.
pub struct AccountNotice {
    /// What happened, as a sentence without its full stop.
    pub what: String,
    /// Who acted.
    pub by: String,
    /// Whether the account is the reader's own.
    pub is_yours: bool,
    /// The notice.
    pub notice: Notice,
}

impl AccountNotice {
    /// Puts a notice into words; `None` for one that is about a workflow.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn read(store: &Store, notice: Notice) -> store::Result<Option<Self>> {
        let Some(about) = notice.about_id else { return Ok(None) };
        let Ok(kind) = notice.what.parse() else { return Ok(None) };
        let name = people::by_id(store, about.into()).await?.map(|person| person.name).unwrap_or_default();
        let names = names_of_actors(store, std::slice::from_ref(&notice.by_whom)).await?;
        let by = words::actor(&notice.by_whom, &names);
        let is_yours = notice.person_id == about;
        let what = sentence(kind, is_yours, &name, &notice.reason);
        Ok(what.map(|what| Self { what, by, is_yours, notice }))
    }

    /// Returns the page with more about the account.
    pub fn path(&self) -> String {
        match self.notice.about_id {
            Some(id) if !self.is_yours => format!("/people/{id}"),
            _ => "/account".to_owned(),
        }
    }

    /// Writes the letter to the reader. `origin` is the server's public address.
    pub fn letter(&self, origin: &str) -> Email {
        let zone: Tz = self.notice.time_zone.parse().unwrap_or(chrono_tz::UTC);
        let at = Clock { now: self.notice.at, zone }.full(self.notice.at);
        let link = format!("{origin}{}", self.path());
        Email {
            to: self.notice.email.clone(),
            name: self.notice.name.clone(),
            subject: self.what.clone(),
            text: texts().account_notices_letter(&self.notice.name, &self.what, &self.by, at, link),
        }
    }
}

/// Returns what happened to an account; `None` for a kind of notice that is not about accounts.
fn sentence(kind: NoticeKind, is_yours: bool, name: &str, detail: &str) -> Option<String> {
    let roles: Vec<String> =
        detail.split(", ").filter_map(|role| role.parse().ok()).map(roles::title::<Role>).collect();
    let roles = series::all_of(&roles);
    Some(match (kind, is_yours) {
        (NoticeKind::LinkCreated, true) => texts().account_notices_link_created_yours(),
        (NoticeKind::LinkCreated, false) => texts().account_notices_link_created(name),
        (NoticeKind::PasswordSet, true) => texts().account_notices_password_set_yours(),
        (NoticeKind::PasswordSet, false) => texts().account_notices_password_set(name),
        (NoticeKind::RolesChanged, true) if roles.is_empty() => texts().account_notices_roles_removed_yours(),
        (NoticeKind::RolesChanged, false) if roles.is_empty() => texts().account_notices_roles_removed(name),
        (NoticeKind::RolesChanged, true) => texts().account_notices_roles_changed_yours(roles),
        (NoticeKind::RolesChanged, false) => texts().account_notices_roles_changed(name, roles),
        (NoticeKind::RoleConfirmed, true) => texts().account_notices_role_confirmed_yours(roles),
        (NoticeKind::RoleConfirmed, false) => texts().account_notices_role_confirmed(roles, name),
        (NoticeKind::Stopped | NoticeKind::Resumed, _) => return None,
    })
}
