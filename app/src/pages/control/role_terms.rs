//! How a person holds their roles: since when, from whom, and from when approvals in them count.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::people::{Person, RoleTerm};

use crate::actions::people::ConfirmRole;
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::{roles, words};

/// What the list of held roles shows.
pub struct RoleTerms {
    /// The roles.
    pub terms: Vec<RoleTerm>,
    /// The names of those who gave or confirmed them, by the name that the audit log has for them.
    pub names: BTreeMap<String, String>,
    /// The viewer, as the audit log names actors, if they are an administrator.
    pub administrator: Option<String>,
    /// The viewer's clock.
    pub clock: Clock,
}

impl RoleTerms {
    /// Renders the roles, each with the button that confirms it where the viewer may.
    pub fn render(&self, person: &Person) -> impl IntoView + use<> {
        let items = self.terms.iter().map(|term| self.item(person, term)).collect_view();
        (!self.terms.is_empty()).then(|| {
            view! {
                <section aria-labelledby="h-terms">
                    <div class="sec-head"><h2 id="h-terms">{texts().role_terms_heading()}</h2></div>
                    <ul class="plain-list role-terms">{items}</ul>
                </section>
            }
        })
    }

    fn item(&self, person: &Person, term: &RoleTerm) -> impl IntoView + use<> {
        let held = held(term, &self.names, self.clock);
        let waits = term.counts_from.filter(|_| !term.counts(self.clock.now)).map(|from| {
            let confirm = self.may_confirm(person, term).then(|| confirm_form(person, term));
            let hint = (confirm.is_none() && self.administrator.is_some())
                .then(|| view! { <small class="quiet">{texts().role_terms_confirm_other()}</small> });
            view! { <small>{texts().role_terms_counts_from(self.clock.in_sentence(from))}</small>{hint}{confirm} }
        });
        let confirmed = term.confirmed_by.map(|by| {
            let name = words::actor(&format!("person:{by}"), &self.names);
            view! { <small class="quiet">{texts().role_terms_confirmed(name)}</small> }
        });
        view! { <li><span>{held}</span>{waits}{confirmed}</li> }
    }

    fn may_confirm(&self, person: &Person, term: &RoleTerm) -> bool {
        self.administrator.as_ref().is_some_and(|viewer| {
            *viewer != format!("person:{}", person.id) && term.given_by.as_ref() != Some(viewer)
        })
    }
}

/// Describes how a role is held, in a phrase.
fn held(term: &RoleTerm, names: &BTreeMap<String, String>, clock: Clock) -> String {
    match (term.since, &term.given_by) {
        (Some(since), Some(giver)) => {
            let giver = words::actor(giver, names);
            texts().role_terms_since(roles::title(term.role), giver, clock.in_sentence(since))
        }
        _ => texts().role_terms_before(roles::title(term.role)),
    }
}

fn confirm_form(person: &Person, term: &RoleTerm) -> impl IntoView + use<> {
    let label = texts().role_terms_confirm_label(roles::title(term.role), &person.name);
    view! {
        <form method="post" action=ConfirmRole::PATH>
            <input type="hidden" name="person" value=person.id.to_string() />
            <button class="btn small" name="role" value=term.role.to_string() aria-label=label>{texts().role_terms_confirm()}</button>
        </form>
    }
}
