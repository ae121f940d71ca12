//! One person: roles, links, and whether they may sign in.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::actor::Role;
use store::people::{self, Holdings, Person, SignInStatus, sessions};
use store::reads::frame::names_of_actors;
use strum::VariantArray as _;

use super::settings::layer_title;
use crate::actions::people::{MakeLink, SetPersonDisabled, SetPersonRoles};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::pages::control::role_terms::RoleTerms;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::form::{CheckboxOption, ask_danger, checks, secret};
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, roles, series, titles, words};

/// Renders the page of one person.
#[component]
pub fn PersonPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::People, move |here| load(here, id, flash))
}

async fn load(here: PageContext, id: String, flash: Flash) -> Result<PageContent> {
    let store = &here.request.store;
    let not_found = || Error::NotFound { what: Missing::Person };
    let id = id.parse().map_err(|_| not_found())?;
    let person = people::by_id(store, id).await?.ok_or_else(not_found)?;
    let may = here.may::<SetPersonRoles>();
    let (browsers, holdings) = tokio::try_join!(
        sessions::count(store, person.id, here.request.now),
        people::holdings(store, person.id)
    )?;
    let terms = people::terms(store, person.id).await?;
    let actors = terms.iter().flat_map(|term| {
        term.given_by.clone().into_iter().chain(term.confirmed_by.map(|by| format!("person:{by}")))
    });
    let names = names_of_actors(store, &actors.collect::<Vec<_>>()).await?;
    let administrator =
        here.request.viewer.as_ref().filter(|_| may).map(|viewer| format!("person:{}", viewer.id));
    let held = RoleTerms { terms, names, administrator, clock: here.clock }.render(&person);
    let is_me = here.request.viewer.as_ref().is_some_and(|viewer| viewer.id == person.id);
    let bar = view! {
        <nav aria-label=texts().people_breadcrumb()><a href="/people">{texts().people_title()}</a>" / "</nav>
        <h1 class="clip">{person.name.clone()}</h1>
        {state(&person)}
    };
    let link = flash.secret_text().map(|link| secret(texts().people_link(), link));
    let change = if may {
        Either::Left(roles(&person))
    } else {
        Either::Right(view! {
            <section aria-labelledby="h-roles">
                <div class="sec-head"><h2 id="h-roles">{texts().people_column_roles()}</h2></div>
                <p>{role_tags(&person)}</p>
                <p class="meta">{texts().people_administrators_only()}</p>
            </section>
        })
    };
    let body = view! {
        {link}
        <div class="account"><div class="stacked-forms">{facts(&person, browsers, is_me)}{may.then(|| signing_in(&person, &holdings, is_me))}</div><div class="stacked-forms">{change}{held}</div></div>
    };
    Ok(PageContent { title: person.name, bar: bar.into_any(), body: body.into_any() })
}

fn facts(person: &Person, browsers: i64, is_me: bool) -> impl IntoView + use<> {
    let id = person.id;
    let signed_in = match browsers {
        0 => texts().people_not_signed_in(),
        n => texts().people_browsers(n, number::count(n)),
    };
    view! {
        <section aria-labelledby="h-who">
            <div class="sec-head"><h2 id="h-who">{texts().people_profile()}</h2></div>
            <dl class="kv">
                <dt>{texts().people_name()}</dt><dd><span class="pair"><span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>{person.name.clone()}</span></dd>
                <dt>{texts().people_email()}</dt><dd>{person.email.clone()}</dd>
                <dt>{texts().people_column_time_zone()}</dt><dd>{person.time_zone.clone()}</dd>
                <dt>{texts().people_signed_in()}</dt><dd>{signed_in}</dd>
            </dl>
            <ul class="links">
                <li><span><a href=format!("/audit?who=person:{id}")>{texts().people_changes_by()}</a></span></li>
                <li><span><a href=format!("/audit?about={id}")>{texts().people_changes_to()}</a></span></li>
                {is_me.then(|| view! { <li><span><a href="/account">{texts().people_your_account()}</a></span></li> })}
            </ul>
        </section>
    }
}

fn roles(person: &Person) -> impl IntoView + use<> {
    let held: Vec<String> = person.roles.iter().map(ToString::to_string).collect();
    view! {
        <section aria-labelledby="h-roles">
            <div class="sec-head"><h2 id="h-roles">{texts().people_column_roles()}</h2></div>
            <form method="post" action=SetPersonRoles::PATH>
                <input type="hidden" name="person" value=person.id.to_string() />
                {role_checks(&held, None)}
                <button class="btn primary">{texts().people_save_roles()}</button>
            </form>
        </section>
    }
}

fn signing_in(person: &Person, holdings: &Holdings, is_me: bool) -> impl IntoView + use<> {
    let id = person.id.to_string();
    let link = (!person.is_disabled).then(|| {
        let words =
            if person.has_password { texts().people_create_link() } else { texts().people_create_invite() };
        view! {
            <form method="post" action=MakeLink::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <p class="meta">{texts().people_create_link_explained()}</p>
                <button class="btn">{icon(Icon::Key)}{words}</button>
            </form>
        }
    });
    // Administrators must not lock themselves out.
    let shut = (!is_me).then(|| {
        if person.is_disabled {
            return Either::Left(view! {
                <form method="post" action=SetPersonDisabled::PATH>
                    <input type="hidden" name="person" value=id.clone() />
                    <input type="hidden" name="disabled" value="false" />
                    <p class="meta">{texts().people_reactivate_explained()}</p>
                    <button class="btn">{texts().people_reactivate()}</button>
                </form>
            });
        }
        let form = view! {
            <form method="post" action=SetPersonDisabled::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <input type="hidden" name="disabled" value="true" />
                <p>{texts().people_deactivate_explained(&person.name)}</p>
                {vacancies(holdings)}
                <button class="btn danger">{texts().people_deactivate(&person.name)}</button>
            </form>
        };
        Either::Right(ask_danger(texts().people_deactivate_title(), false, form))
    });
    view! {
        <section aria-labelledby="h-door">
            <div class="sec-head"><h2 id="h-door">{texts().people_sign_in()}</h2></div>
            <div class="stacked-forms">{link}{shut}</div>
        </section>
    }
}

/// Renders what depends on the person and has to be handed over.
fn vacancies(holdings: &Holdings) -> impl IntoView + use<> {
    let lines = vacant(holdings);
    if lines.is_empty() {
        return Either::Left(view! { <p class="meta">{texts().people_vacant_none()}</p> });
    }
    let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    Either::Right(view! {
        <div class="note" data-a="warn">
            {icon(Icon::Alert)}
            <div>
                <p><strong>{texts().people_vacant()}</strong></p>
                <ul class="bullets">{lines}</ul>
            </div>
        </div>
    })
}

/// Describes what falls vacant, one line for each duty.
fn vacant(holdings: &Holdings) -> Vec<String> {
    let Holdings { pools, layers, approvals, sole_approvals, changes, leads, claims } = holdings;
    let mut lines = Vec::new();
    if !pools.is_empty() {
        let names: Vec<String> = pools.iter().map(|name| titles::pool(name)).collect();
        lines.push(texts().people_vacant_pools(series::all_of(&names)));
    }
    if !layers.is_empty() {
        let names: Vec<String> = layers.iter().map(|name| layer_title(name)).collect();
        lines.push(texts().people_vacant_layers(series::list(names)));
    }
    match (*approvals, *sole_approvals) {
        (0, _) => {}
        (open, 0) => lines.push(texts().people_vacant_approvals(open, number::count(open))),
        (open, sole) => {
            lines.push(texts().people_vacant_sole_approvals(open, number::count(open), number::count(sole)))
        }
    }
    if *changes > 0 {
        lines.push(texts().people_vacant_changes(*changes, number::count(*changes)));
    }
    if *leads > 0 {
        lines.push(texts().people_vacant_leads(*leads, number::count(*leads)));
    }
    if *claims > 0 {
        lines.push(texts().people_vacant_claims(*claims, number::count(*claims)));
    }
    lines
}

/// Renders whether the person can sign in.
pub fn state(person: &Person) -> impl IntoView + use<> {
    let (tone, words) = sign_in_status(person.sign_in_status());
    dotted(tone, words)
}

/// Returns the tone and the label of a sign-in state.
pub fn sign_in_status(status: SignInStatus) -> (&'static str, String) {
    match status {
        SignInStatus::Deactivated => ("bad", texts().people_deactivated()),
        SignInStatus::Invited => ("warn", texts().people_invited()),
        SignInStatus::Active => ("good", texts().people_active()),
    }
}

/// Renders the roles of a person as tags.
pub fn role_tags(person: &Person) -> impl IntoView + use<> {
    if person.roles.is_empty() {
        return Either::Left(view! { <span class="quiet">{texts().people_no_roles()}</span> });
    }
    let tag = |role: &Role| view! { <span class="tag">{roles::title(role)}</span>" " };
    Either::Right(person.roles.iter().map(tag).collect_view())
}

/// Returns a short description of a role.
fn about(role: Role) -> String {
    match role {
        Role::Enablement => texts().people_role_enablement(),
        Role::RepLeader => texts().people_role_rep_leader(),
        Role::Revops => texts().people_role_revops(),
        Role::AeRepLeader => texts().people_role_ae_rep_leader(),
        Role::Integrations => texts().people_role_integrations(),
        Role::RevopsLead => texts().people_role_revops_lead(),
        Role::SalesLeader => texts().people_role_sales_leader(),
        Role::Sdr => texts().people_role_sdr(),
        Role::Ae => texts().people_role_ae(),
        Role::Admin => texts().people_role_admin(),
    }
}

/// Renders a checkbox for each role.
pub fn role_checks(chosen: &[String], error: Option<String>) -> impl IntoView + use<> {
    let all: Vec<CheckboxOption<String>> =
        Role::VARIANTS.iter().map(|role| (role.to_string(), roles::title(role), about(*role))).collect();
    checks(texts().people_column_roles(), "roles", all, chosen, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_vacant_is_said_in_words() {
        assert!(vacant(&Holdings::default()).is_empty());
        let holdings = Holdings {
            pools: vec!["enterprise-ae".into()],
            layers: vec!["rules".into(), "sync".into()],
            approvals: 2,
            sole_approvals: 1,
            leads: 3,
            ..Holdings::default()
        };
        assert_eq!(
            vacant(&holdings),
            [
                "Still gets leads from Enterprise ae",
                "Owns Rules, Execution & sync",
                "2\u{a0}open approvals, 1 of which only they can give",
                "3\u{a0}open leads assigned to them",
            ]
        );
        let shared = Holdings { approvals: 1, ..Holdings::default() };
        assert_eq!(vacant(&shared), ["1\u{a0}open approval that others can also give"]);
    }
}
